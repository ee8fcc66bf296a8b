//! What does `process` hear of the end of an invocation?
//!
//! `js/modules/process.js` registers one function when it is loaded, which then emits the events. An
//! invocation that never touched `process` so far has none.

use std::cell::RefCell;
use std::mem::MaybeUninit;

use rquickjs::qjs;
use rquickjs::{Ctx, Exception, Function, Persistent, Result};

use crate::{event_loop, host};

thread_local! {
    static ON_END: RefCell<Option<Persistent<Function<'static>>>> = const { RefCell::new(None) };
}

/// `onEnd(listener)` of `sandglass:native`.
pub(crate) fn on_end<'js>(ctx: Ctx<'js>, listener: Function<'js>) {
    ON_END.set(Some(Persistent::save(&ctx, listener)));
}

/// Whether anybody might listen.
pub(crate) fn is_heard() -> bool {
    ON_END.with_borrow(Option::is_some)
}

/// Emits an event, `beforeExit` or `exit`, if anybody might listen.
pub(crate) fn emit(ctx: &Ctx<'_>, event: &str) {
    let Some(listener) = ON_END.with_borrow(Clone::clone) else {
        return;
    };
    let emitted = listener
        .restore(ctx)
        .and_then(|listener| listener.call::<_, ()>((event,)));
    if emitted.is_err() {
        let thrown = ctx.catch();
        host::report_uncaught(ctx, thrown);
    }
}

/// `endInvocation(message)` of `sandglass:native`: ends it at once. What it throws cannot be caught.
pub(crate) fn end_invocation(ctx: Ctx<'_>, message: String) -> Result<()> {
    event_loop::end(message);
    Exception::throw_internal(&ctx, "the invocation has ended");
    let thrown = ctx.catch();
    // SAFETY: `ctx` proves that the context lives; the callee marks the object and keeps nothing.
    unsafe { qjs::JS_SetUncatchableError(ctx.as_raw().as_ptr(), thrown.as_raw()) };
    Err(ctx.throw(thrown))
}

/// `memoryUsage()` of `sandglass:native`: the bytes of the sandbox's memory, and of those that QuickJS uses.
pub(crate) fn memory_usage(ctx: Ctx<'_>) -> Vec<f64> {
    let mut usage = MaybeUninit::<qjs::JSMemoryUsage>::zeroed();
    // SAFETY: `ctx` proves that the runtime lives; the callee fills the structure, for which zeros will do.
    let usage = unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_ComputeMemoryUsage(runtime, usage.as_mut_ptr());
        usage.assume_init()
    };
    let pages = core::arch::wasm32::memory_size(0);
    vec![(pages << 16) as f64, usage.malloc_size as f64]
}
