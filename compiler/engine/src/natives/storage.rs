//! The account's secrets, as values for `SecretClient`.

use rquickjs::{Array, Ctx, IntoJs, Promise, Result, Value};

use crate::sandglass::toolbelt::secrets::{self, SecretError};
use crate::{event_loop, phase};

/// Resolves to `[kind, text]`: `["ok", json]`, or why not.
pub(super) fn read(ctx: Ctx<'_>, key: String) -> Result<Promise<'_>> {
    phase::require_invocation(&ctx, "a secret")?;
    event_loop::promise(&ctx, secrets::read(key), |ctx, read| {
        answer(ctx, read).map(Ok)
    })
}

/// Resolves to `[kind, text]`: `["ok", ""]`, or why not.
pub(super) fn update(ctx: Ctx<'_>, key: String, value: String) -> Result<Promise<'_>> {
    phase::require_invocation(&ctx, "a secret")?;
    event_loop::promise(&ctx, secrets::update(key, value), |ctx, updated| {
        answer(ctx, updated.map(|()| String::new())).map(Ok)
    })
}

fn answer<'js>(
    ctx: &Ctx<'js>,
    answer: std::result::Result<String, SecretError>,
) -> Result<Value<'js>> {
    let (kind, text) = match answer {
        Ok(json) => ("ok", json),
        Err(SecretError::NotFound) => ("not-found", String::new()),
        Err(SecretError::Invalid(rule)) => ("invalid", rule),
        Err(SecretError::Failed(why)) => ("failed", why),
    };
    let pair = Array::new(ctx.clone())?;
    pair.set(0, kind)?;
    pair.set(1, text)?;
    pair.into_js(ctx)
}
