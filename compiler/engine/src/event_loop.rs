//! In which order does an invocation's work happen?
//!
//! Run promise jobs; if the lambda has settled, that is its outcome; else run the next timer that
//! is due, or wait for the next host call or timer. When nothing is pending, the events
//! `beforeExit` and `exit` of `process` are emitted; when nothing has settled then, the lambda can
//! never finish, and that is said at once.

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
use crate::{engine, host, phase, timers};

/// How the lambda settled, as `invoke` returns it.
pub(crate) type Outcome = std::result::Result<Option<String>, Failure>;

/// What a finished host call does with its promise.
type Settle = Box<dyn FnOnce(&Ctx<'_>)>;
type Pending = Pin<Box<dyn Future<Output = Settle>>>;

thread_local! {
    static OUTCOME: Cell<Option<Outcome>> = const { Cell::new(None) };
    static STARTED: RefCell<Vec<Pending>> = const { RefCell::new(Vec::new()) };
}

/// Settles the invocation. The prelude sees to it that only the first call counts.
pub(crate) fn settle(outcome: Outcome) {
    OUTCOME.set(Some(outcome));
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

/// What the top level of a source has settled, which it must not: that would be every invocation's
/// outcome.
pub(crate) fn take_outcome() -> Option<Outcome> {
    OUTCOME.take()
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
    if let Some(outcome) = OUTCOME.take() {
        return outcome;
    }
    wait().await
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
        let (answer, due) = match (in_flight.is_empty(), timers::next_in()) {
            (true, None) => match idle() {
                Some(outcome) => return outcome,
                None => continue,
            },
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
        if let Some(outcome) = OUTCOME.take() {
            return outcome;
        }
    }
}

/// Nothing is pending. As in Node.js, the process says so: what listens to `beforeExit` may start
/// something, what listens to `exit` may still settle.
fn idle() -> Option<Outcome> {
    for event in ["beforeExit", "exit"] {
        engine::with(|ctx| {
            if engine::tell_process(ctx, event).is_err() {
                host::report_uncaught(ctx, ctx.catch());
            }
            engine::run_jobs(ctx);
        });
        if let Some(outcome) = OUTCOME.take() {
            return Some(outcome);
        }
        let started = STARTED.with_borrow(|started| !started.is_empty());
        if started || timers::next_in().is_some() {
            return None;
        }
    }
    Some(Err(unfinished()))
}

/// Rounds up, so that a timer is due when the host wakes us.
fn millis(delay: Duration) -> u32 {
    u32::try_from(delay.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

fn run_timer(ctx: &Ctx<'_>) {
    let Some(callback) = timers::take_due(ctx) else {
        return;
    };
    if callback
        .and_then(|callback| callback.call::<_, ()>(()))
        .is_err()
    {
        let thrown = ctx.catch();
        host::report_uncaught(ctx, thrown);
    }
}

fn unfinished() -> Failure {
    Failure {
        kind: FailureKind::Unfinished,
        name: String::new(),
        message: "nothing is pending any more and the callback was not called".to_owned(),
        stack: String::new(),
    }
}
