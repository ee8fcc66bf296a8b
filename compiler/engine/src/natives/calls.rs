//! Calls of other lambdas, for `OrchestratorClient`.

use rquickjs::{Ctx, Object, Promise, Result};

use crate::sandglass::toolbelt::lambdas::{self, Answer, Call, CallError};
use crate::{event_loop, phase};

/// Calls a lambda by its UUID or name with an input, JSON text, within `timeout` milliseconds.
///
/// Resolves to `{status, headers, body}`, or to `{error, detail}` with the name of the error case.
pub(super) fn invoke(
    ctx: Ctx<'_>,
    lambda: String,
    input: String,
    timeout: Option<u32>,
) -> Result<Promise<'_>> {
    phase::require_invocation(&ctx, "other lambdas")?;
    let call = Call {
        lambda,
        input,
        timeout_ms: timeout,
    };
    event_loop::promise(&ctx, lambdas::invoke(call), |ctx, answer| {
        let object = Object::new(ctx.clone())?;
        match answer {
            Ok(answer) => describe(&object, answer)?,
            Err(error) => explain(&object, error)?,
        }
        Ok(Ok(object.into_value()))
    })
}

fn describe(object: &Object<'_>, answer: Answer) -> Result<()> {
    let headers = Object::new(object.ctx().clone())?;
    for (name, value) in answer.headers {
        headers.set(name, value)?;
    }
    object.set("status", answer.status)?;
    object.set("headers", headers)?;
    object.set("body", answer.body)
}

fn explain(object: &Object<'_>, error: CallError) -> Result<()> {
    let (name, detail) = match error {
        CallError::Unavailable => ("unavailable", String::new()),
        CallError::TooDeep(depth) => ("too-deep", depth.to_string()),
        CallError::InvalidInput(wrong) => ("invalid-input", wrong),
        CallError::TimedOut => ("timed-out", String::new()),
        CallError::Failed(why) => ("failed", why),
    };
    object.set("error", name)?;
    object.set("detail", detail)
}
