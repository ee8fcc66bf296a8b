//! Which promises were rejected with nobody to hear of it?
//!
//! A rejection may be handled until the promise jobs that are queued have run. After that the first
//! one that was not is what the invocation fails with, at once, instead of waiting for its time
//! limit.

use std::cell::RefCell;

use rquickjs::{Ctx, Persistent, Runtime, Value};

/// A promise and its reason.
type Rejection = (Persistent<Value<'static>>, Persistent<Value<'static>>);

thread_local! {
    static UNHANDLED: RefCell<Vec<Rejection>> = const { RefCell::new(Vec::new()) };
}

/// Learns of every rejection from now on.
pub(crate) fn track(runtime: &Runtime) {
    runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
        if handled {
            forget(&ctx, &promise);
        } else {
            let rejection = (
                Persistent::save(&ctx, promise),
                Persistent::save(&ctx, reason),
            );
            UNHANDLED.with_borrow_mut(|unhandled| unhandled.push(rejection));
        }
    })));
}

/// A promise that was rejected found its handler.
fn forget<'js>(ctx: &Ctx<'js>, promise: &Value<'js>) {
    let is_it = |saved: &Persistent<Value<'static>>| {
        let saved = saved.clone().restore(ctx);
        saved.is_ok_and(|saved| saved == *promise)
    };
    UNHANDLED.with_borrow_mut(|unhandled| {
        if let Some(index) = unhandled.iter().position(|(saved, _)| is_it(saved)) {
            unhandled.swap_remove(index);
        }
    });
}

/// The reason of the first rejection that nobody has handled. The others go with it.
pub(crate) fn take<'js>(ctx: &Ctx<'js>) -> Option<Value<'js>> {
    if UNHANDLED.with_borrow(Vec::is_empty) {
        return None;
    }
    let (_, reason) = UNHANDLED.take().into_iter().next()?;
    reason.restore(ctx).ok()
}
