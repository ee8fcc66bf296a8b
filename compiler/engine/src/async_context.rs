//! Which context is the code that runs in?
//!
//! One value, which `quickjs.patch` carries across promise jobs and `timers.rs` across timers. What it means
//! is up to `js/modules/async_hooks.js`.

use std::ptr::NonNull;

use rquickjs::qjs::{JSContext, JSValue};
use rquickjs::{Ctx, Result, Value};

unsafe extern "C" {
    /// Of `quickjs.patch`: the context, owned by the caller.
    fn JS_GetAsyncContext(ctx: *mut JSContext) -> JSValue;
    /// Of `quickjs.patch`: sets the context, which stays the caller's too.
    fn JS_SetAsyncContext(ctx: *mut JSContext, context: JSValue);
}

/// The context that the running code is in; `undefined` outside of all.
pub(crate) fn get<'js>(ctx: &Ctx<'js>) -> Value<'js> {
    let raw: NonNull<JSContext> = ctx.as_raw();
    // SAFETY: `ctx` proves that the context lives; the value that is returned is ours to free.
    unsafe { Value::from_raw(ctx.clone(), JS_GetAsyncContext(raw.as_ptr())) }
}

/// Goes on in another context.
pub(crate) fn set<'js>(ctx: &Ctx<'js>, context: &Value<'js>) {
    let raw: NonNull<JSContext> = ctx.as_raw();
    // SAFETY: as in `get`; the callee counts a reference of its own.
    unsafe { JS_SetAsyncContext(raw.as_ptr(), context.as_raw()) }
}

/// Runs `f` in a context, and goes back to the one before.
pub(crate) fn within<'js, R>(ctx: &Ctx<'js>, context: &Value<'js>, f: impl FnOnce() -> R) -> R {
    let outer = get(ctx);
    set(ctx, context);
    let result = f();
    set(ctx, &outer);
    result
}

/// `asyncContext()` of `sandglass:native`.
pub(crate) fn read(ctx: Ctx<'_>) -> Result<Value<'_>> {
    Ok(get(&ctx))
}

/// `setAsyncContext(context)` of `sandglass:native`.
pub(crate) fn write<'js>(ctx: Ctx<'js>, context: Value<'js>) -> Result<()> {
    set(&ctx, &context);
    Ok(())
}
