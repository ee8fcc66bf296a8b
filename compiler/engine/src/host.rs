//! Which natives does the prelude get?
//!
//! Two objects that only the prelude and the protocol see. Users reach them through what these
//! build on them.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use rquickjs::function::IntoArgs;
use rquickjs::prelude::Func;
use rquickjs::{Ctx, Exception, Function, Object, Persistent, Result, Value};

use crate::exceptions::Thrown;
use crate::sandglass::toolbelt::logging::{self, Level};
use crate::sandglass::toolbelt::outcome::{Failure, FailureKind};
use crate::{async_context, engine, event_loop, library, timers};

thread_local! {
    /// Seeded from the host at the first draw of each invocation, never carried over.
    static RANDOM: RefCell<Option<fastrand::Rng>> = const { RefCell::new(None) };
    static ORIGIN: Cell<Option<Instant>> = const { Cell::new(None) };
    static UNCAUGHT: RefCell<Option<Persistent<Function<'static>>>> = const { RefCell::new(None) };
}

/// Forgets everything that differs between invocations.
pub(crate) fn enter_invocation() {
    RANDOM.set(None);
    // Where `None` is not all zeros it lies on a page of its own, which is not to be written to for nothing.
    if ORIGIN.get().is_some() {
        ORIGIN.set(None);
    }
}

/// Hands an exception that no JavaScript caught, out of a timer, to the protocol.
pub(crate) fn report_uncaught<'js>(ctx: &Ctx<'js>, thrown: Value<'js>) {
    report(ctx, (thrown,));
}

/// Hands it a rejection that nobody handled.
pub(crate) fn report_rejection<'js>(ctx: &Ctx<'js>, reason: Value<'js>, promise: Value<'js>) {
    report(ctx, (reason, promise));
}

/// Tells it that a promise, which may have been reported, was handled after all.
pub(crate) fn report_handled<'js>(ctx: &Ctx<'js>, promise: Value<'js>) {
    let reason = Value::new_undefined(ctx.clone());
    report(ctx, (reason, promise, true));
}

fn report<'js>(ctx: &Ctx<'js>, what: impl IntoArgs<'js>) {
    let report = UNCAUGHT
        .with_borrow(Clone::clone)
        .expect("the prelude registered it");
    let reported = report
        .restore(ctx)
        .and_then(|report| report.call::<_, ()>(what));
    if reported.is_err() {
        let Thrown {
            name,
            message,
            stack,
        } = Thrown::catch(ctx);
        let kind = FailureKind::RuntimeError;
        event_loop::settle(Err(Failure {
            kind,
            name,
            message,
            stack,
        }));
    }
}

/// The object that the prelude is called with.
pub(crate) fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    host.set("log", Func::from(log))?;
    host.set("random", Func::from(random))?;
    host.set("now", Func::from(now))?;
    host.set("startTimer", Func::from(timers::start))?;
    host.set("referTimer", Func::from(timers::refer))?;
    host.set("stopTimer", Func::from(timers::stop))?;
    host.set("tick", Func::from(engine::note_tick))?;
    host.set("asyncContext", Func::from(async_context::read))?;
    host.set("setAsyncContext", Func::from(async_context::write))?;
    host.set("require", Func::from(library::require))?;
    host.set("namespace", Func::from(library::namespace))?;
    Ok(host)
}

/// The object that the protocol is called with.
pub(crate) fn protocol<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    host.set("succeed", Func::from(succeed))?;
    host.set("fail", Func::from(fail))?;
    host.set("onUncaught", Func::from(on_uncaught))?;
    Ok(host)
}

/// Settles with a result. What JSON cannot express is no result; what `toJSON` throws is thrown.
fn succeed<'js>(ctx: Ctx<'js>, result: Value<'js>) -> Result<()> {
    let json = ctx.json_stringify(result)?;
    event_loop::settle(Ok(json.map(|json| json.to_string()).transpose()?));
    Ok(())
}

fn fail(crash: bool, name: String, message: String, stack: String) {
    let kind = if crash {
        FailureKind::RuntimeError
    } else {
        FailureKind::Custom
    };
    event_loop::settle(Err(Failure {
        kind,
        name,
        message,
        stack,
    }));
}

fn log(level: u8, message: String, extras: String) {
    let level = match level {
        0 => Level::Debug,
        1 => Level::Info,
        2 => Level::Warn,
        _ => Level::Error,
    };
    logging::log(level, &message, &extras);
}

/// `Math.random()`: 53 random bits, from 0 up to but not including 1.
fn random(ctx: Ctx<'_>) -> Result<f64> {
    RANDOM.with_borrow_mut(|random| match random {
        Some(random) => Ok(random.f64()),
        None => {
            let seed = getrandom::u64()
                .map_err(|error| Exception::throw_internal(&ctx, &error.to_string()))?;
            Ok(random.insert(fastrand::Rng::with_seed(seed)).f64())
        }
    })
}

/// Milliseconds since just before the first call of this invocation: never 0, which programs take for no time.
fn now() -> f64 {
    let now = Instant::now();
    let before = now.checked_sub(Duration::from_micros(1)).unwrap_or(now);
    let origin = ORIGIN.get().unwrap_or(before);
    ORIGIN.set(Some(origin));
    now.duration_since(origin).as_secs_f64() * 1_000.0
}

fn on_uncaught<'js>(ctx: Ctx<'js>, report: Function<'js>) {
    UNCAUGHT.set(Some(Persistent::save(&ctx, report)));
}
