//! Which promises were rejected with nobody to hear of it?
//!
//! A rejection may be handled until the promise jobs that are queued have run. Those that were not are
//! reported then: to the lambda, if it listens to them, or the invocation fails with the first, at once,
//! instead of waiting for its time limit.

use std::cell::{Cell, RefCell};

use rquickjs::{Ctx, Persistent, Runtime, Value};

use crate::host;

/// A promise and its reason.
type Rejection = (Persistent<Value<'static>>, Persistent<Value<'static>>);

thread_local! {
    /// Whether there may be something to report. What no promise is rejected in writes to nothing here.
    static HAS_NEWS: Cell<bool> = const { Cell::new(false) };
    static UNHANDLED: RefCell<Vec<Rejection>> = const { RefCell::new(Vec::new()) };
    /// Promises that found their handler after they may have been reported.
    static LATE: RefCell<Vec<Persistent<Value<'static>>>> = const { RefCell::new(Vec::new()) };
}

/// Learns of every rejection from now on.
pub(crate) fn track(runtime: &Runtime) {
    runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
        HAS_NEWS.set(true);
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
        match unhandled.iter().position(|(saved, _)| is_it(saved)) {
            Some(index) => drop(unhandled.remove(index)),
            None => LATE.with_borrow_mut(|late| late.push(Persistent::save(ctx, promise.clone()))),
        }
    });
}

/// Reports what was rejected since the last time, and what was handled late. `false` when nothing was.
pub(crate) fn report(ctx: &Ctx<'_>) -> bool {
    if !HAS_NEWS.get() {
        return false;
    }
    HAS_NEWS.set(false);
    let late = LATE.take();
    let unhandled = UNHANDLED.take();
    for promise in &late {
        if let Ok(promise) = promise.clone().restore(ctx) {
            host::report_handled(ctx, promise);
        }
    }
    for (promise, reason) in unhandled.iter().cloned() {
        if let (Ok(promise), Ok(reason)) = (promise.restore(ctx), reason.restore(ctx)) {
            host::report_rejection(ctx, reason, promise);
        }
    }
    !late.is_empty() || !unhandled.is_empty()
}
