//! When does which timer fire?
//!
//! Deadlines are kept relative until an invocation runs: a timer that the top level started is
//! pending at the start of every invocation, as if the top level had just been evaluated.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rquickjs::{Ctx, Function, Persistent, Result};

use crate::phase;

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
    repeat: Option<Duration>,
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

/// Starts a timer; returns its id. Delays follow Node.js: at least 1 ms, and 1 ms when they do not
/// fit 31 bits.
pub(crate) fn start<'js>(
    ctx: Ctx<'js>,
    callback: Function<'js>,
    delay_ms: f64,
    repeat: bool,
) -> u32 {
    let delay_ms = if (1.0..=2_147_483_647.0).contains(&delay_ms) {
        delay_ms
    } else {
        1.0
    };
    let delay = Duration::from_millis(delay_ms as u64);
    let callback = Persistent::save(&ctx, callback);
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
                repeat: repeat.then_some(delay),
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

/// Takes the callback of the first timer that is due now, and winds up its next round.
pub(crate) fn take_due<'js>(ctx: &Ctx<'js>) -> Option<Result<Function<'js>>> {
    let callback = TIMERS.with_borrow_mut(|timers| {
        let now = timers.now();
        let entry = timers
            .queue
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let ((_, id), timer) = entry.remove_entry();
        let callback = timer.callback.clone();
        match timer.repeat {
            Some(interval) => timers.schedule(id, now + interval, timer),
            None => {
                timers.due_by_id.remove(&id);
            }
        }
        Some(callback)
    })?;
    Some(callback.restore(ctx))
}
