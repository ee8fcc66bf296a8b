//! In which order does an invocation's work happen?
//!
//! Run promise jobs; if the lambda has settled, that is its outcome; else run the next timer that
//! is due, or wait for the next host call or timer. When nothing is pending and nothing has
//! settled, the lambda can never finish, and that is said at once.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt};
use rquickjs::{Ctx, Function, IntoJs, Persistent, Promise, Result, Value};

use crate::exceptions::Thrown;
use crate::sandglass::toolbelt::outcome::{Failure, FailureKind};
use crate::sandglass::toolbelt::timers::sleep;
use crate::{async_context, engine, host, phase, process, timers};

/// How the lambda settled, as `invoke` returns it.
pub(crate) type Outcome = std::result::Result<Option<String>, Failure>;

/// What a finished host call does with its promise.
type Settle = Box<dyn FnOnce(&Ctx<'_>)>;
type Pending = Pin<Box<dyn Future<Output = Settle>>>;

thread_local! {
    /// A box, since `None` is all zeros then, and lies beside what else every invocation writes to.
    static OUTCOME: Cell<Option<Box<Outcome>>> = const { Cell::new(None) };
    /// Set by `end`: no JavaScript runs any more.
    static HAS_ENDED: Cell<bool> = const { Cell::new(false) };
    static STARTED: RefCell<Vec<Pending>> = const { RefCell::new(Vec::new()) };
}

/// Why an invocation fails that waits for nothing.
const NEVER_SETTLES: &str = "nothing is pending any more and the callback was not called";

/// Settles the invocation. The prelude sees to it that only the first call counts.
pub(crate) fn settle(outcome: Outcome) {
    if !HAS_ENDED.get() {
        OUTCOME.set(Some(Box::new(outcome)));
    }
}

/// Ends the invocation at once, with what it has settled so far, or else as one that never will.
pub(crate) fn end(message: String) {
    let settled = take_outcome();
    settle(settled.unwrap_or_else(|| Err(unfinished(&message))));
    HAS_ENDED.set(true);
}

/// Whether the invocation was ended from inside.
pub(crate) fn has_ended() -> bool {
    HAS_ENDED.get()
}

/// Starts a host call and returns the promise of its result. `finish` turns the call's output into
/// the value that the promise resolves to, or into the one that it rejects with.
pub(crate) fn promise<'js, F>(
    ctx: &Ctx<'js>,
    call: F,
    finish: impl for<'a> FnOnce(
        &Ctx<'a>,
        F::Output,
    ) -> Result<std::result::Result<Value<'a>, Value<'a>>>
    + 'static,
) -> Result<Promise<'js>>
where
    F: Future + 'static,
{
    let (promise, resolve, reject) = ctx.promise()?;
    let resolve = Persistent::save(ctx, resolve);
    let reject = Persistent::save(ctx, reject);
    let pending: Pending = Box::pin(async move {
        let output = call.await;
        let settle: Settle = Box::new(move |ctx| {
            let settled = match finish(ctx, output) {
                Ok(Ok(value)) => call_with(ctx, resolve, value),
                Ok(Err(value)) => call_with(ctx, reject, value),
                Err(_) => call_with(ctx, reject, ctx.catch()),
            };
            settled.expect("a promise's own functions do not throw");
        });
        settle
    });
    STARTED.with_borrow_mut(|started| started.push(pending));
    Ok(promise)
}

fn call_with<'js>(
    ctx: &Ctx<'js>,
    function: Persistent<Function<'static>>,
    value: impl IntoJs<'js>,
) -> Result<()> {
    function.restore(ctx)?.call((value,))
}

/// What was settled so far. By the top level of a source nothing may be: that would be every
/// invocation's outcome.
pub(crate) fn take_outcome() -> Option<Outcome> {
    OUTCOME.take().map(|outcome| *outcome)
}

/// Runs one invocation from its input to its outcome.
pub(crate) async fn invoke(input: String) -> Outcome {
    phase::enter_invocation();
    host::enter_invocation();
    timers::enter_invocation();
    engine::with(|ctx| {
        if engine::call_lambda(ctx, input).is_err() {
            settle(Err(crashed(Thrown::catch(ctx))));
        }
        engine::run_jobs(ctx);
    });
    let outcome = match take_outcome() {
        Some(outcome) => outcome,
        None => wait().await,
    };
    if process::is_heard() && !has_ended() {
        engine::with(|ctx| process::emit(ctx, "exit"));
    }
    // Who listens may settle what would never have been.
    take_outcome().unwrap_or(outcome)
}

/// The failure of the engine's own JavaScript, such as running out of memory in the prelude.
fn crashed(thrown: Thrown) -> Failure {
    let Thrown {
        name,
        message,
        stack,
    } = thrown;
    Failure {
        kind: FailureKind::RuntimeError,
        name,
        message,
        stack,
    }
}

async fn wait() -> Outcome {
    let mut in_flight = FuturesUnordered::new();
    loop {
        in_flight.extend(STARTED.take());
        // A host call's answer, whether a timer is due, or both.
        let next = timers::next_in().filter(|_| timers::any_referred() || !in_flight.is_empty());
        let (answer, due) = match (in_flight.is_empty(), next) {
            (true, None) => {
                engine::with(|ctx| {
                    process::emit(ctx, "beforeExit");
                    engine::run_jobs(ctx);
                });
                if let Some(outcome) = take_outcome() {
                    return outcome;
                }
                if is_idle() {
                    return Err(unfinished(NEVER_SETTLES));
                }
                continue;
            }
            (true, Some(Duration::ZERO)) => (None, true),
            (true, Some(delay)) => {
                sleep(millis(delay)).await;
                (None, true)
            }
            (false, None) => (in_flight.next().await, false),
            // Also when a timer is due already, the host gets a turn first and its answer, if there
            // is one, is taken: an interval that is always due would keep it waiting for ever.
            (false, Some(delay)) => {
                match select(in_flight.next(), std::pin::pin!(sleep(millis(delay)))).await {
                    Either::Left((answer, _)) => (answer, delay.is_zero()),
                    Either::Right(((), _)) => (None, true),
                }
            }
        };
        engine::with(|ctx| {
            if let Some(settle) = answer {
                settle(ctx);
                engine::run_jobs(ctx);
            }
            if due {
                run_timer(ctx);
                engine::run_jobs(ctx);
            }
        });
        if let Some(outcome) = take_outcome() {
            return outcome;
        }
    }
}

/// Whether neither a host call nor a timer is left.
fn is_idle() -> bool {
    STARTED.with_borrow(Vec::is_empty) && !timers::any_referred()
}

/// Rounds up, so that a timer is due when the host wakes us.
fn millis(delay: Duration) -> u32 {
    u32::try_from(delay.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

fn run_timer(ctx: &Ctx<'_>) {
    let Some(due) = timers::take_due(ctx) else {
        return;
    };
    let called = due.and_then(|(callback, context)| {
        async_context::within(ctx, &context, || callback.call::<_, ()>(()))
    });
    if called.is_err() {
        let thrown = ctx.catch();
        host::report_uncaught(ctx, thrown);
    }
}

fn unfinished(message: &str) -> Failure {
    Failure {
        kind: FailureKind::Unfinished,
        name: String::new(),
        message: message.to_owned(),
        stack: String::new(),
    }
}
