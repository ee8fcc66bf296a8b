//! Who invokes lambdas by the clock?
//!
//! One task sleeps until the next schedule is due, and then moves all that are due on in one
//! transaction: what is to run becomes an invocation of the queue in the same transaction, so no
//! run is lost or made twice, whatever happens. The database knows when each is due, so a restart
//! forgets nothing.

mod when;

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::value::RawValue;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::admin::{ScheduleHeader, ScheduleHeaders};
use crate::app::App;
use crate::clock::now_ms;
use crate::config::{QueueConfig, SchedulesConfig};
use crate::queue;
use crate::registry::{Registry, State};
use crate::secrets::QueueSealer;
use crate::store::{self, Enqueued, NewQueued, RunRow, ScheduleRow, StoreError};

pub use when::WhenError;
pub(crate) use when::{CRON_CHARS_MAX, UTC, When};

/// The clock may be set, so nobody sleeps longer than this.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// How long to wait after the database failed.
const AGAIN: Duration = Duration::from_secs(1);
/// Schedules moved on in one transaction, so that no change waits for long.
const BATCH: u32 = 100;

/// What is known of schedules outside of the database.
pub(crate) struct Schedules {
    pub(crate) config: SchedulesConfig,
    /// Somebody changed a schedule.
    pub(crate) changed: Notify,
}

impl Schedules {
    pub(crate) fn new(config: SchedulesConfig) -> Self {
        Self {
            config,
            changed: Notify::new(),
        }
    }
}

/// Runs schedules until the server stops.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        let sleep = match tick(&app).await {
            Ok(next) => next.map_or(SLEEP_MAX, until).min(SLEEP_MAX),
            Err(StoreError::Closed) => break,
            Err(error) => {
                tracing::error!(%error, "schedules could not be run");
                AGAIN
            }
        };
        tokio::select! {
            biased;
            _ = stop.changed() => break,
            () = app.schedules.changed.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

fn until(at: u64) -> Duration {
    Duration::from_millis(at.saturating_sub(now_ms()))
}

/// Moves on what is due; says when the next is.
async fn tick(app: &App) -> Result<Option<u64>, StoreError> {
    let (registry, schedules) = (app.registry.load_full(), Arc::clone(&app.schedules));
    let queue = Arc::clone(&app.queue);
    let sealer = Arc::clone(app.admin.parts().vault.queue());
    let rows = move |tx: &Connection| {
        let clock = Tick {
            now: now_ms(),
            registry: &registry,
            schedules: &schedules.config,
            queue: &queue.config,
            sealer: &sealer,
        };
        let change = "run schedules";
        clock
            .run(tx)
            .map_err(|source| StoreError::Sqlite { change, source })
    };
    let store = &app.admin.parts().store;
    let (next, enqueued) = store.transact("run schedules", rows, |done| done).await?;
    if enqueued {
        app.queue.added.notify_one();
    }
    Ok(next)
}

/// All that one look at the clock takes.
struct Tick<'a> {
    now: u64,
    registry: &'a Registry,
    schedules: &'a SchedulesConfig,
    queue: &'a QueueConfig,
    sealer: &'a QueueSealer,
}

impl Tick<'_> {
    fn run(&self, tx: &Connection) -> rusqlite::Result<(Option<u64>, bool)> {
        let mut enqueued = false;
        for row in store::due_schedules(tx, self.now, BATCH)? {
            enqueued |= self.move_on(tx, &row)?;
        }
        Ok((store::next_schedule(tx)?, enqueued))
    }

    /// Whether there is an invocation more.
    fn move_on(&self, tx: &Connection, row: &ScheduleRow) -> rusqlite::Result<bool> {
        let Ok(when) = When::read(&row.cron, &row.time_zone) else {
            // Of a release that knew more than this one; looked at again when somebody changes it.
            tracing::error!(schedule.id = row.uuid, "a schedule cannot be read");
            store::move_on(tx, row.id, None)?;
            return Ok(false);
        };
        let due = row.next_at.unwrap_or(self.now);
        let plan = when.plan(due, self.now, self.schedules.catch_up_ms());
        store::move_on(tx, row.id, plan.next)?;
        if !is_deployed(self.registry, row.account, &row.lambda) {
            // It is shown as paused, and runs again when the lambda is deployed.
            return Ok(false);
        }
        if let Some((count, first)) = plan.missed {
            let times = match count {
                1 => "1 time".to_owned(),
                when::MISSED_MAX => format!("{count} times or more"),
                count => format!("{count} times"),
            };
            let note = format!("the server was down: missed {times}");
            self.note(tx, row, ended("missed", first, note, self.now))?;
        }
        match plan.run {
            Some(due) => self.begin(tx, row, due),
            None => Ok(false),
        }
    }

    fn begin(&self, tx: &Connection, row: &ScheduleRow, due: u64) -> rusqlite::Result<bool> {
        let skip = |note: &str| ended("skipped", due, note.to_owned(), self.now);
        if store::is_running(tx, row.id)? {
            self.note(tx, row, skip("the run before had not ended"))?;
            return Ok(false);
        }
        let uuid = Uuid::new_v4().to_string();
        let sealed = queue::seal_body(self.sealer, (row.account, &uuid), &body(row, due));
        let Some(body) = sealed else {
            self.note(tx, row, skip("the server had no random numbers"))?;
            return Ok(false);
        };
        let new = NewQueued {
            uuid: uuid.clone(),
            account: row.account,
            lambda: row.lambda.clone(),
            request_id: uuid.clone(),
            key: None,
            body,
            // The next run comes anyway.
            retries: 0,
            at: self.now,
            traceparent: None,
            tracestate: None,
        };
        let QueueConfig {
            account_max,
            account_bytes_max,
            ..
        } = self.queue;
        match store::enqueue(tx, &[new], *account_max, account_bytes_max.get())? {
            Enqueued::Full => {
                self.note(tx, row, skip("the queue of the account is full"))?;
                Ok(false)
            }
            Enqueued::Added | Enqueued::Known(_) => {
                let run = RunRow {
                    due_at: due,
                    state: "started".to_owned(),
                    note: String::new(),
                    invocation: Some(uuid),
                    ended_at: None,
                };
                self.note(tx, row, run)?;
                Ok(true)
            }
        }
    }

    fn note(&self, tx: &Connection, row: &ScheduleRow, run: RunRow) -> rusqlite::Result<()> {
        store::add_run(tx, row.id, &run, self.schedules.runs_max)
    }
}

fn ended(state: &str, due_at: u64, note: String, now: u64) -> RunRow {
    RunRow {
        due_at,
        state: state.to_owned(),
        note,
        invocation: None,
        ended_at: Some(now),
    }
}

/// Whether a lambda, by its UUID, can be invoked.
pub(crate) fn is_deployed(registry: &Registry, account: i64, lambda: &str) -> bool {
    let mut accounts = registry.accounts();
    let account = accounts.find(|known| known.row == account && known.enabled);
    let entry = account.and_then(|account| account.lambda(lambda));
    entry.is_some_and(|entry| matches!(entry.state, State::Live(_)))
}

/// The platform's body of an invocation.
fn body(row: &ScheduleRow, due: u64) -> String {
    #[derive(serde::Serialize)]
    struct Body<'a> {
        timestamp: u64,
        headers: Vec<ScheduleHeader>,
        payload: &'a RawValue,
    }
    let headers: ScheduleHeaders = serde_json::from_str(&row.headers).unwrap_or_default();
    let body = Body {
        timestamp: due,
        headers: headers.into_list(),
        payload: serde_json::from_str(&row.payload).unwrap_or(RawValue::NULL),
    };
    serde_json::to_string(&body).expect("the keys are strings")
}
