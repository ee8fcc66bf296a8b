//! Who runs invocations that nobody waits for?
//!
//! `Prefer: respond-async` (RFC 7240, section 4.1) and schedules put invocations into a table; when
//! the caller has its 202, the row is durable. One task claims what is due, of each account in
//! turn, and runs it in room of its own. An attempt that fails is followed by others, with growing
//! pauses; what fails for good is a dead letter, kept until somebody looks at it. Each invocation
//! runs at least once: one that ran when a server was killed runs again after the next start, under
//! the same id.

use std::sync::Arc;
use std::time::Duration;

use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ring::rand::{SecureRandom as _, SystemRandom};
use rusqlite::Connection;
use sandglass_runtime::{AccountId, Invocation, InvocationId};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::admission::Admission;
use crate::app::App;
use crate::auth::AuthError;
use crate::clock::now_ms;
use crate::config::QueueConfig;
use crate::invoke::{self, Answer};
use crate::once::Key;
use crate::reply::{self, Reply};
use crate::status::Problem;
use crate::store::{self, Claimed, Ending, Enqueued, KeptAnswer, LambdaRow, NewQueued, StoreError};

/// RFC 7240, section 3.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
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
        let room = Admission::new(config.concurrent_max, 0, Duration::ZERO);
        Self {
            added: Notify::new(),
            room,
            config,
        }
    }
}

/// What a caller prefers about an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RespondAsync {
    /// Further attempts after one that failed.
    pub(crate) retries: Option<u32>,
}

impl RespondAsync {
    /// Finds the preference `respond-async` with its parameter `retries` (RFC 7240, section 2:
    /// names have no case, the first of a name counts, and what is not understood is ignored).
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all("prefer").into_iter();
        let mut preferences = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| split(line, ','));
        preferences.find_map(|preference| {
            let mut parts = split(preference, ';').map(str::trim);
            let name = parts.next()?;
            if !name.eq_ignore_ascii_case("respond-async") {
                return None;
            }
            let retries = parts.find_map(|part| {
                let (name, value) = part.split_once('=')?;
                let value = value.trim().trim_matches('"');
                let wanted = name.trim().eq_ignore_ascii_case("retries");
                wanted.then(|| value.parse().ok()).flatten()
            });
            Some(Self { retries })
        })
    }
}

/// The parts of a header's value, whose separator may stand between quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |letter| {
        quoted ^= letter == '"';
        letter == separator && !quoted
    })
}

/// An invocation that somebody wants to hear of later.
pub(crate) struct Wanted<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) lambda: &'a LambdaRow,
    pub(crate) invocation: &'a Invocation,
    /// What makes the request this one, when its caller gave it an id.
    pub(crate) key: Option<Key>,
    pub(crate) retries: Option<u32>,
}

/// Puts an invocation into the queue; when it is durable, answers where its outcome will be.
pub(crate) async fn accept(app: &App, wanted: Wanted<'_>) -> Result<Reply, Problem> {
    let config = &app.queue.config;
    let uuid = Uuid::new_v4().to_string();
    let request_id = wanted.invocation.id().map(InvocationId::as_str);
    let new = NewQueued {
        account: wanted.lambda.account,
        lambda: wanted.lambda.uuid.clone(),
        request_id: request_id.unwrap_or(&uuid).to_owned(),
        key: wanted.key.map(|key| *key.as_bytes()),
        body: wanted.invocation.input().to_owned(),
        retries: wanted
            .retries
            .map_or(config.retries, |retries| retries.min(config.retries_max)),
        at: now_ms(),
        uuid: uuid.clone(),
    };
    let (pending_max, bytes_max) = (config.account_max, config.account_bytes_max.get());
    let rows = move |tx: &Connection| {
        store::enqueue(tx, &new, pending_max, bytes_max).map_err(failed("queue an invocation"))
    };
    let store = &app.admin.parts().store;
    let enqueued = store
        .transact("queue an invocation", rows, |enqueued| enqueued)
        .await
        .map_err(|error| Problem::host(&error))?;
    let accepted = |uuid: &str| accepted(wanted.account, uuid);
    match enqueued {
        Enqueued::Full => Err(Problem::QueueFull),
        Enqueued::Known(uuid) => Ok(reply::replayed(accepted(&uuid))),
        Enqueued::Added => {
            app.queue.added.notify_one();
            Ok(accepted(&uuid))
        }
    }
}

/// RFC 7240, sections 3 and 4.1.
fn accepted(account: &AccountId, uuid: &str) -> Reply {
    let body = serde_json::json!({ "id": uuid, "state": "waiting" });
    let mut reply = reply::json(StatusCode::ACCEPTED, &body);
    let location = format!("/api/account/{}/invocations/{uuid}", account.as_str());
    let location = HeaderValue::try_from(location);
    let headers = reply.headers_mut();
    headers.insert(LOCATION, location.expect("ids are visible ASCII"));
    headers.insert(
        PREFERENCE_APPLIED,
        HeaderValue::from_static("respond-async"),
    );
    reply
}

/// Runs what is due until the server stops, and then waits for what runs, for a while.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>, grace: Duration) {
    let mut running = JoinSet::new();
    let mut last_account = 0;
    if let Err(error) = recover(&app).await {
        tracing::error!(%error, "what ran when the last server ended waits for the next start");
    }
    loop {
        let room = app.queue.config.concurrent_max - running.len();
        let sleep = match claim(&app, room, last_account).await {
            Ok((claimed, next)) => {
                last_account = claimed.last().map_or(last_account, |row| row.account);
                for row in claimed {
                    running.spawn(attempt(Arc::clone(&app), row));
                }
                next.map_or(SLEEP_MAX, until).min(SLEEP_MAX)
            }
            Err(StoreError::Closed) => break,
            Err(error) => {
                tracing::error!(%error, "the queue could not be read");
                AGAIN
            }
        };
        let full = running.len() >= app.queue.config.concurrent_max;
        tokio::select! {
            biased;
            _ = stop.changed() => break,
            Some(ended) = running.join_next() => note_panic(ended),
            () = app.queue.added.notified(), if !full => {}
            () = tokio::time::sleep(sleep), if !full => {}
        }
    }
    let finished = async {
        while let Some(ended) = running.join_next().await {
            note_panic(ended);
        }
    };
    if tokio::time::timeout(grace, finished).await.is_err() {
        tracing::warn!(
            "invocations of the queue were cut off: they run again after the next start"
        );
    }
    running.shutdown().await;
}

fn note_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an invocation of the queue ended in a panic");
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
    let rows = move |tx: &Connection| {
        let dead = KeptAnswer {
            status: 500,
            json: Some(INTERRUPTED.to_owned()),
            bytes: INTERRUPTED.len() as u64,
        };
        store::recover(tx, now_ms(), INTERRUPTIONS_MAX, &dead, keep_ms)
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
    room: usize,
    after: i64,
) -> Result<(Vec<Claimed>, Option<u64>), StoreError> {
    if room == 0 {
        return Ok((Vec::new(), None));
    }
    let rows = move |tx: &Connection| {
        let claim = || {
            Ok((
                store::claim(tx, now_ms(), room, after)?,
                store::next_due(tx)?,
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
    let result = invoke::queued(&app, &row).await;
    let ending = Arc::new(judge(&app.queue.config, &row, result));
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
fn judge(config: &QueueConfig, row: &Claimed, result: Result<Answer, Problem>) -> Ending {
    let now = now_ms();
    let (answer, final_one) = match result {
        Ok(answer) if answer.status.is_success() => {
            return Ending::Succeeded {
                answer: kept(config, answer),
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
    let answer = kept(config, answer);
    if final_one || row.attempts > row.retries {
        let keep_ms = config.dead_letter_ms();
        return Ending::Dead { answer, keep_ms };
    }
    let wait = config.backoff(row.attempts, chance());
    let due_at = now + u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    Ending::Retry { answer, due_at }
}

fn kept(config: &QueueConfig, answer: Answer) -> KeptAnswer {
    let fits = answer.json.len() <= config.outcome_bytes_max.as_usize();
    let json = fits.then(|| String::from_utf8_lossy(&answer.json).into_owned());
    KeptAnswer {
        status: answer.status.as_u16(),
        json,
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

    use super::*;

    fn prefer(lines: &[&str]) -> Option<RespondAsync> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", HeaderValue::from_str(line).unwrap());
        }
        RespondAsync::of(&headers)
    }

    #[test]
    fn a_preference_is_found_in_each_form_that_it_can_have() {
        let plain = Some(RespondAsync { retries: None });
        assert_eq!(prefer(&["respond-async"]), plain);
        assert_eq!(prefer(&["Respond-Async"]), plain);
        assert_eq!(prefer(&["return=minimal, respond-async, wait=10"]), plain);
        assert_eq!(prefer(&["return=minimal", "respond-async"]), plain);
        assert_eq!(prefer(&["respond-async; retries=x"]), plain);
        let five = Some(RespondAsync { retries: Some(5) });
        assert_eq!(prefer(&["respond-async;retries=5"]), five);
        assert_eq!(prefer(&["respond-async; Retries = \"5\", wait=1"]), five);
        assert_eq!(prefer(&[]), None);
        assert_eq!(prefer(&["respond-async-not, wait=5"]), None);
        assert_eq!(prefer(&["x=\"respond-async\""]), None);
        assert_eq!(prefer(&["x=\"a, respond-async, b\""]), None);
    }

    fn row(attempts: u32) -> Claimed {
        Claimed {
            id: 1,
            uuid: "u".to_owned(),
            account: 1,
            lambda: "l".to_owned(),
            request_id: "r".to_owned(),
            body: "{}".to_owned(),
            attempts,
            retries: 2,
        }
    }

    fn answer(status: u16) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            json: Bytes::from_static(b"1234"),
        }
    }

    fn judged(attempts: u32, result: Result<Answer, Problem>) -> &'static str {
        match judge(&QueueConfig::default(), &row(attempts), result) {
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
        let at = QueueConfig {
            outcome_bytes_max: sandglass_runtime::ByteSize::bytes(4),
            ..QueueConfig::default()
        };
        assert_eq!(kept(&at, answer(200)).json.as_deref(), Some("1234"));
        let past = QueueConfig {
            outcome_bytes_max: sandglass_runtime::ByteSize::bytes(3),
            ..at
        };
        let kept = kept(&past, answer(200));
        assert_eq!((kept.json, kept.bytes), (None, 4));
    }
}
