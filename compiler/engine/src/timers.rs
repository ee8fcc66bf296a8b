//! When does which timer fire?
//!
//! Deadlines are kept relative until an invocation runs: a timer that the top level started is
//! pending at the start of every invocation, as if the top level had just been evaluated.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rquickjs::{Ctx, Function, Persistent, Result, Value};

use crate::{async_context, phase};

/// When a timer fires: time since the start of the invocation, then the order of creation.
type Due = (Duration, u32);

#[derive(Default)]
struct Timers {
    started: Option<Instant>,
    last_id: u32,
    queue: BTreeMap<Due, Timer>,
    due_by_id: BTreeMap<u32, Due>,
}

struct Timer {
    callback: Persistent<Function<'static>>,
    /// What the code that started it was in.
    context: Persistent<Value<'static>>,
    repeat: Option<Duration>,
    /// Whether the invocation waits for it.
    is_referred: bool,
    /// Whether it has no delay at all.
    is_immediate: bool,
}

thread_local! {
    static TIMERS: RefCell<Timers> = RefCell::default();
}

impl Timers {
    /// Reads the clock once, at the first use of a timer in an invocation.
    fn begin(&mut self) {
        self.started.get_or_insert_with(Instant::now);
    }

    fn now(&self) -> Duration {
        self.started
            .map_or(Duration::ZERO, |started| started.elapsed())
    }

    fn schedule(&mut self, id: u32, at: Duration, timer: Timer) {
        self.queue.insert((at, id), timer);
        self.due_by_id.insert(id, (at, id));
    }
}

/// Starts a timer; returns its id. The delay is whole, and none at all for what runs next.
pub(crate) fn start<'js>(
    ctx: Ctx<'js>,
    callback: Function<'js>,
    delay_ms: f64,
    repeat: bool,
    is_referred: bool,
) -> u32 {
    let delay = Duration::from_millis(delay_ms as u64);
    let callback = Persistent::save(&ctx, callback);
    let context = Persistent::save(&ctx, async_context::get(&ctx));
    TIMERS.with_borrow_mut(|timers| {
        if phase::is_invocation() {
            timers.begin();
        }
        timers.last_id += 1;
        let id = timers.last_id;
        let at = timers.now() + delay;
        timers.schedule(
            id,
            at,
            Timer {
                callback,
                context,
                repeat: repeat.then_some(delay),
                is_referred,
                is_immediate: delay.is_zero(),
            },
        );
        id
    })
}

/// Stops a timer; unknown ids are ignored.
pub(crate) fn stop(id: u32) {
    let stopped = TIMERS.with_borrow_mut(|timers| {
        let due = timers.due_by_id.remove(&id)?;
        timers.queue.remove(&due)
    });
    drop(stopped);
}

/// Says whether the invocation waits for a timer; unknown ids are ignored.
pub(crate) fn refer(id: u32, is_referred: bool) {
    TIMERS.with_borrow_mut(|timers| {
        let due = timers.due_by_id.get(&id);
        if let Some(timer) = due.and_then(|due| timers.queue.get_mut(due)) {
            timer.is_referred = is_referred;
        }
    });
}

/// Whether there is a timer that the invocation waits for.
pub(crate) fn any_referred() -> bool {
    TIMERS.with_borrow(|timers| timers.queue.values().any(|timer| timer.is_referred))
}

/// `activeTimers()` of `sandglass:native`: how many timers and how many immediates are waited for.
pub(crate) fn active() -> Vec<u32> {
    TIMERS.with_borrow(|timers| {
        let count = |is_immediate: bool| {
            let counted = timers
                .queue
                .values()
                .filter(|timer| timer.is_referred && timer.is_immediate == is_immediate);
            u32::try_from(counted.count()).unwrap_or(u32::MAX)
        };
        vec![count(false), count(true)]
    })
}

/// Starts the clock for timers that the top level left pending.
pub(crate) fn enter_invocation() {
    TIMERS.with_borrow_mut(|timers| {
        if !timers.queue.is_empty() {
            timers.begin();
        }
    });
}

/// How long until the next timer is due; `None` when there is none.
pub(crate) fn next_in() -> Option<Duration> {
    TIMERS.with_borrow(|timers| {
        let ((at, _), _) = timers.queue.first_key_value()?;
        Some(at.saturating_sub(timers.now()))
    })
}

/// A callback and the context that it belongs to.
type Callback<'js> = (Function<'js>, Value<'js>);

/// Takes the callback of the first timer that is due now, and winds up its next round.
pub(crate) fn take_due<'js>(ctx: &Ctx<'js>) -> Option<Result<Callback<'js>>> {
    let (callback, context) = TIMERS.with_borrow_mut(|timers| {
        let now = timers.now();
        let entry = timers
            .queue
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let ((_, id), timer) = entry.remove_entry();
        let due = (timer.callback.clone(), timer.context.clone());
        match timer.repeat {
            Some(interval) => timers.schedule(id, now + interval, timer),
            None => {
                timers.due_by_id.remove(&id);
            }
        }
        Some(due)
    })?;
    let restored = callback.restore(ctx);
    Some(restored.and_then(|callback| Ok((callback, context.restore(ctx)?))))
}
