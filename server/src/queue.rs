//! Who runs invocations that nobody waits for?
//!
//! `Prefer: respond-async` (RFC 7240, section 4.1) and schedules put invocations into a table; when
//! the caller has its 202, the row is durable. One task claims what is due, of each account in
//! turn and of none so much that others get nothing, and runs it in room of its own. An attempt that fails is followed by others, with growing
//! pauses; what fails for good is a dead letter, kept until somebody looks at it. Each invocation
//! runs at least once: one that ran when a server was killed runs again after the next start, under
//! the same id.

mod accept;
mod texts;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use rusqlite::Connection;
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinSet};

use crate::admission::{Admission, Room, Sharing};
use crate::app::App;
use crate::auth::AuthError;
use crate::clock::now_ms;
use crate::config::QueueConfig;
use crate::invoke::{self, Answer};
use crate::secrets::QueueSealer;
use crate::status::Problem;
use crate::store::{self, ClaimRoom, Claimed, Ending, KeptAnswer, StoreError};

pub(crate) use accept::{RespondAsync, Wanted, accept, accept_event};
pub(crate) use texts::{open_answer, seal_body};

/// The clock may be set, so nobody sleeps longer than this.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// How long to wait after the database failed.
const AGAIN: Duration = Duration::from_secs(1);
/// How long an invocation of a disabled account waits before it is looked at again.
const DISABLED_MS: u64 = 30_000;
/// An invocation that was running this often when a server ended may be what ends servers.
const INTERRUPTIONS_MAX: u32 = 3;
/// The answer of such an invocation.
const INTERRUPTED: &str = "{\"errorCode\":\"com.liveperson.faas.es.general\",\
     \"errorMsg\":\"the server ended each time while it ran\"}";
/// The answer of an invocation whose body does not open.
const SEALED: &str = "{\"errorCode\":\"com.liveperson.faas.es.general\",\
     \"errorMsg\":\"the body was not sealed with this server's key, or was changed\"}";

/// What is known of the queue outside of the database.
pub(crate) struct Queue {
    pub(crate) config: QueueConfig,
    /// Something new is in the queue.
    pub(crate) added: Notify,
    /// Room for what runs.
    pub(crate) room: Admission,
}

impl Queue {
    pub(crate) fn new(config: QueueConfig) -> Self {
        // What the task claims always has room, so nothing ever waits for it.
        let room = Admission::new(Room::Queue, (config.concurrent_max, 0), Duration::ZERO);
        Self {
            added: Notify::new(),
            room,
            config,
        }
    }
}

/// Runs what is due until the server stops, and then waits for what runs, for a while.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>, grace: Duration) {
    let mut running = Running::default();
    let mut last_account = 0;
    if let Err(error) = recover(&app).await {
        tracing::error!(%error, "what ran when the last server ended waits for the next start");
    }
    if let Err(error) = texts::seal_all(&app).await {
        tracing::error!(%error, "what waits unsealed is sealed at the next start");
    }
    loop {
        let room = running.room(&app);
        let sleep = match claim(&app, room, last_account).await {
            Ok((claimed, next)) => {
                last_account = claimed.last().map_or(last_account, |row| row.account);
                for row in claimed {
                    running.begin(&app, row);
                }
                next.map_or(SLEEP_MAX, until).min(SLEEP_MAX)
            }
            Err(StoreError::Closed) => break,
            Err(error) => {
                tracing::error!(%error, "the queue could not be read");
                AGAIN
            }
        };
        let full = running.tasks.len() >= app.queue.config.concurrent_max;
        tokio::select! {
            biased;
            _ = stop.changed() => break,
            true = running.one_ended() => {}
            () = app.queue.added.notified(), if !full => {}
            () = tokio::time::sleep(sleep), if !full => {}
        }
    }
    let finished = async { while running.one_ended().await {} };
    if tokio::time::timeout(grace, finished).await.is_err() {
        tracing::warn!(
            "invocations of the queue were cut off: they run again after the next start"
        );
    }
    running.tasks.shutdown().await;
}

/// The attempts that are under way, and whose they are.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    accounts: HashMap<Id, i64>,
}

impl Running {
    fn begin(&mut self, app: &Arc<App>, row: Claimed) {
        let account = row.account;
        let task = self.tasks.spawn(attempt(Arc::clone(app), row));
        self.accounts.insert(task.id(), account);
    }

    /// Waits until one has ended; false when there is none.
    async fn one_ended(&mut self) -> bool {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return false;
        };
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "an invocation of the queue ended in a panic");
                error.id()
            }
        };
        self.accounts.remove(&id);
        true
    }

    /// What there is room for beside them.
    fn room(&self, app: &App) -> ClaimRoom {
        let mut held = HashMap::new();
        for account in self.accounts.values() {
            *held.entry(*account).or_default() += 1;
        }
        ClaimRoom {
            free: app.queue.config.concurrent_max - self.tasks.len(),
            held,
            sharing: Sharing::among(app.registry.load().accounts().count()),
        }
    }
}

fn until(at: u64) -> Duration {
    Duration::from_millis(at.saturating_sub(now_ms()))
}

fn failed(change: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| StoreError::Sqlite { change, source }
}

async fn recover(app: &App) -> Result<(), StoreError> {
    let keep_ms = app.queue.config.dead_letter_ms();
    let sealer = Arc::clone(app.admin.parts().vault.queue());
    let rows = move |tx: &Connection| {
        let dead = |row: &Claimed| KeptAnswer {
            status: 500,
            json: texts::seal_answer(&sealer, (row.account, &row.uuid), INTERRUPTED),
            bytes: INTERRUPTED.len() as u64,
        };
        store::recover(tx, now_ms(), INTERRUPTIONS_MAX, dead, keep_ms)
            .map_err(failed("recover the queue"))
    };
    let store = &app.admin.parts().store;
    let recovered = store
        .transact("recover the queue", rows, |count| count)
        .await?;
    if recovered > 0 {
        tracing::info!(
            invocations = recovered,
            "what ran when the last server ended runs again"
        );
    }
    Ok(())
}

/// Takes what is due, as far as there is room; says when the next is due.
async fn claim(
    app: &App,
    room: ClaimRoom,
    after: i64,
) -> Result<(Vec<Claimed>, Option<u64>), StoreError> {
    if room.free == 0 {
        return Ok((Vec::new(), None));
    }
    let rows = move |tx: &Connection| {
        let now = now_ms();
        let claim = || {
            Ok((
                store::claim(tx, now, room, after)?,
                store::next_due(tx, now)?,
            ))
        };
        claim().map_err(failed("read the queue"))
    };
    let store = &app.admin.parts().store;
    store
        .transact("read the queue", rows, |claimed| claimed)
        .await
}

/// Runs an invocation once and notes what came of it.
async fn attempt(app: Arc<App>, row: Claimed) {
    let sealer = app.admin.parts().vault.queue();
    let ending = match texts::open_body(sealer, &row) {
        Some(body) => {
            let result = invoke::queued(&app, &row, body).await;
            judge((&app.queue.config, sealer), &row, result)
        }
        None => unreadable((&app.queue.config, sealer), &row),
    };
    let ending = Arc::new(ending);
    let row = Arc::new(row);
    loop {
        let (noted, ended) = (Arc::clone(&row), Arc::clone(&ending));
        let rows = move |tx: &Connection| {
            store::end(tx, &noted, &ended, now_ms()).map_err(failed("note an outcome"))
        };
        let store = &app.admin.parts().store;
        match store.transact("note an outcome", rows, |()| ()).await {
            Ok(()) | Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, invocation.id = row.uuid, "an outcome is not noted yet");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// What follows from the outcome of an attempt.
fn judge(
    (config, sealer): (&QueueConfig, &QueueSealer),
    row: &Claimed,
    result: Result<Answer, Problem>,
) -> Ending {
    let now = now_ms();
    let (answer, final_one) = match result {
        Ok(answer) if answer.status.is_success() => {
            return Ending::Succeeded {
                answer: kept((config, sealer), row, &answer),
                keep_ms: config.outcome_ms(),
            };
        }
        Ok(answer) => (answer, false),
        // It did not begin, so nothing failed.
        Err(problem @ (Problem::Full | Problem::Limited(_))) => {
            let wait = problem.retry_after().unwrap_or(1) * 1_000;
            return Ending::Postponed { due_at: now + wait };
        }
        // Nothing of the account runs until it is enabled again.
        Err(Problem::Auth(AuthError::Disabled)) => {
            let due_at = now + DISABLED_MS;
            return Ending::Postponed { due_at };
        }
        Err(problem) => {
            let missing = matches!(problem, Problem::LambdaMissing { .. });
            (problem.answer(), missing)
        }
    };
    let answer = kept((config, sealer), row, &answer);
    if final_one || row.attempts > row.retries {
        let keep_ms = config.dead_letter_ms();
        return Ending::Dead { answer, keep_ms };
    }
    let wait = config.backoff(row.attempts, chance());
    let due_at = now + u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    Ending::Retry { answer, due_at }
}

/// What follows when the body does not open: another attempt would find it as it is.
fn unreadable((config, sealer): (&QueueConfig, &QueueSealer), row: &Claimed) -> Ending {
    tracing::error!(
        invocation.id = row.uuid,
        "the body of an invocation does not open"
    );
    let answer = Answer {
        status: http::StatusCode::INTERNAL_SERVER_ERROR,
        json: SEALED.into(),
    };
    Ending::Dead {
        answer: kept((config, sealer), row, &answer),
        keep_ms: config.dead_letter_ms(),
    }
}

fn kept(
    (config, sealer): (&QueueConfig, &QueueSealer),
    row: &Claimed,
    answer: &Answer,
) -> KeptAnswer {
    let fits = answer.json.len() <= config.outcome_bytes_max.as_usize();
    let json = fits.then(|| String::from_utf8_lossy(&answer.json));
    KeptAnswer {
        status: answer.status.as_u16(),
        json: json.and_then(|json| texts::seal_answer(sealer, (row.account, &row.uuid), &json)),
        bytes: answer.json.len() as u64,
    }
}

/// From 0 to 1; 1 when the system has no randomness.
fn chance() -> f64 {
    let mut byte = [u8::MAX];
    _ = SystemRandom::new().fill(&mut byte);
    f64::from(byte[0]) / f64::from(u8::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;

    use super::*;
    use crate::store::Kept;

    fn row(attempts: u32) -> Claimed {
        Claimed {
            id: 1,
            uuid: "u".to_owned(),
            account: 1,
            lambda: "l".to_owned(),
            request_id: "r".to_owned(),
            body: Kept::Plain("{}".to_owned()),
            attempts,
            retries: 2,
            traceparent: None,
            tracestate: None,
        }
    }

    fn answer(status: u16) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            json: Bytes::from_static(b"1234"),
        }
    }

    fn sealer() -> QueueSealer {
        QueueSealer::sample()
    }

    fn judged(attempts: u32, result: Result<Answer, Problem>) -> &'static str {
        let config = QueueConfig::default();
        match judge((&config, &sealer()), &row(attempts), result) {
            Ending::Succeeded { .. } => "succeeded",
            Ending::Dead { .. } => "dead",
            Ending::Retry { .. } => "retry",
            Ending::Postponed { .. } => "postponed",
        }
    }

    #[test]
    fn what_fails_is_tried_again_until_no_attempt_is_left() {
        assert_eq!(judged(1, Ok(answer(200))), "succeeded");
        assert_eq!(judged(1, Ok(answer(901))), "retry");
        assert_eq!(judged(2, Err(Problem::Host)), "retry");
        assert_eq!(judged(3, Ok(answer(901))), "dead");
        assert_eq!(judged(3, Err(Problem::Host)), "dead");
    }

    #[test]
    fn what_did_not_begin_is_postponed_and_what_cannot_is_dead_at_once() {
        assert_eq!(judged(9, Err(Problem::Full)), "postponed");
        let (lambda, account) = ("l".to_owned(), "a".to_owned());
        let gone = Problem::LambdaMissing { lambda, account };
        assert_eq!(judged(1, Err(gone)), "dead");
    }

    #[test]
    fn an_outcome_past_its_bound_is_kept_without_its_json() {
        let sealer = sealer();
        let kept = |bytes| {
            let config = QueueConfig {
                outcome_bytes_max: sandglass_runtime::ByteSize::bytes(bytes),
                ..QueueConfig::default()
            };
            let kept = kept((&config, &sealer), &row(1), &answer(200));
            let open = |json| open_answer(&sealer, (1, "u"), &json).unwrap();
            (kept.json.map(open), kept.bytes)
        };
        assert_eq!(kept(4), (Some("1234".to_owned()), 4));
        assert_eq!(kept(3), (None, 4));
    }

    #[test]
    fn a_body_that_does_not_open_is_a_dead_letter_at_once() {
        let sealed = Claimed {
            body: seal_body(&QueueSealer::sample(), (1, "u"), "{}").unwrap(),
            ..row(1)
        };
        let (config, other) = (QueueConfig::default(), QueueSealer::sample());
        assert_eq!(texts::open_body(&other, &sealed), None);
        let ending = unreadable((&config, &other), &sealed);
        assert!(matches!(ending, Ending::Dead { .. }));
    }
}
