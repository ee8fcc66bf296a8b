//! What `util.inspect` shows and no JavaScript can see.

use rquickjs::promise::PromiseState;
use rquickjs::{Array, Ctx, Null, Promise, Result, Value};

/// `[state]` or `[state, result]` of a promise, with 0 for pending, 1 for resolved, 2 for rejected.
pub(super) fn promise_details<'js>(ctx: Ctx<'js>, promise: Promise<'js>) -> Result<Array<'js>> {
    let details = Array::new(ctx.clone())?;
    let state = promise.state();
    details.set(
        0,
        match state {
            PromiseState::Pending => 0,
            PromiseState::Resolved => 1,
            PromiseState::Rejected => 2,
        },
    )?;
    match promise.result::<Value>() {
        None => {}
        Some(Ok(value)) => details.set(1, value)?,
        Some(Err(_)) => details.set(1, ctx.catch())?,
    }
    Ok(details)
}

/// `[target, handler]` of a proxy, both `null` once it is revoked; `undefined` for any other value.
pub(super) fn proxy_details<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Result<Option<Array<'js>>> {
    let Some(proxy) = value.as_proxy() else {
        return Ok(None);
    };
    let details = Array::new(ctx.clone())?;
    let (Ok(target), Ok(handler)) = (proxy.target(), proxy.handler()) else {
        ctx.catch();
        details.set(0, Null)?;
        details.set(1, Null)?;
        return Ok(Some(details));
    };
    details.set(0, target)?;
    details.set(1, handler)?;
    Ok(Some(details))
}
