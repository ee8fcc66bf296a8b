//! What became of the invocations that nobody waits for?

use rusqlite::Connection;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Admin, sqlite};
use crate::audit::{AuditAction, AuditEntry, SignedEntry};
use crate::clock::now_ms;
use crate::queue::open_answer;
use crate::secrets::QueueSealer;
use crate::store::{self, QueueChange, QueueFilter, QueueRow, StoreError};

/// Invocations of one page, unless the query says how many.
const PAGE: u32 = 100;
/// Invocations of one page at most.
const PAGE_MAX: u32 = 500;

/// An asynchronous invocation. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InvocationInfo {
    /// Its id.
    pub id: String,
    /// The lambda.
    #[serde(rename = "lambdaUUID")]
    pub lambda_uuid: String,
    /// The id by which its logs are found, the same for every attempt.
    pub request_id: String,
    /// How far it is.
    pub state: QueueState,
    /// Attempts that have begun.
    pub attempts: u32,
    /// Attempts that may follow the first.
    pub retries: u32,
    /// When it was accepted.
    pub accepted_at: u64,
    /// When the next attempt is due, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<u64>,
    /// When the last attempt ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// When it will be forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// The status that the last attempt would have been answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the lambda returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub result: Option<Box<RawValue>>,
    /// How the last attempt failed: the platform's `errorCode` and `errorMsg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub error: Option<Box<RawValue>>,
    /// The size of a result that was too large to be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted_bytes: Option<u64>,
}

/// How far an asynchronous invocation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum QueueState {
    /// Its time has not come, or there is no room yet.
    Waiting,
    /// An attempt is under way.
    Running,
    /// The lambda returned.
    Succeeded,
    /// It failed, and no attempt is left: a dead letter.
    Dead,
}

/// Which invocations are wanted.
#[derive(Debug, Clone, Default)]
pub struct QueueQuery {
    /// Only those in this state.
    pub state: Option<QueueState>,
    /// Only those accepted before the one with this id.
    pub before: Option<String>,
    /// 100 when it is not said, 500 at most.
    pub limit: Option<u32>,
}

/// Some of an account's asynchronous invocations, the latest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct QueuePage {
    /// Without their results; each can be asked for by its id.
    pub invocations: Vec<InvocationInfo>,
    /// What to ask for as `before` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Why an asynchronous invocation was not shown or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// There is no such account.
    #[error("there is no account {0}")]
    NoSuchAccount(AccountId),
    /// There is no such invocation, or none any more.
    #[error("there is no invocation {0}: it may have been kept for as long as outcomes are")]
    NoSuchInvocation(String),
    /// It is in no state for that.
    #[error("{0}")]
    WrongState(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl QueueState {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Dead => "dead",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "waiting" => Self::Waiting,
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            _ => Self::Dead,
        }
    }
}

/// A text that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are waiting, running, succeeded and dead")]
pub struct UnknownQueueState;

impl std::str::FromStr for QueueState {
    type Err = UnknownQueueState;

    fn from_str(text: &str) -> Result<Self, UnknownQueueState> {
        let state = Self::of(text);
        match state.as_str() == text {
            true => Ok(state),
            false => Err(UnknownQueueState),
        }
    }
}

impl Admin {
    /// An asynchronous invocation with its outcome, if it has one.
    ///
    /// # Errors
    /// When there is no such invocation, or the database fails.
    pub async fn invocation(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<InvocationInfo, QueueError> {
        let (account, uuid) = (self.queue_of(account)?, id.to_owned());
        let row = self
            .parts()
            .store
            .read_context("read an invocation", move |rows| {
                store::queued(rows, account, &uuid)
            });
        let row = row.await?;
        let sealer = self.parts().vault.queue();
        row.map(|row| info(row, account, sealer))
            .ok_or_else(|| QueueError::NoSuchInvocation(id.to_owned()))
    }

    /// The asynchronous invocations of an account, the latest first.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn invocations(
        &self,
        account: &AccountId,
        query: &QueueQuery,
    ) -> Result<QueuePage, QueueError> {
        let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
        let account = self.queue_of(account)?;
        let filter = QueueFilter {
            account,
            state: query.state.map(QueueState::as_str),
            before: query.before.clone(),
            limit: limit + 1,
        };
        let store = &self.parts().store;
        let rows = store.read_context("list invocations", move |rows| {
            store::list_queue(rows, &filter)
        });
        let mut rows = rows.await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| row.uuid.clone());
        let sealer = self.parts().vault.queue();
        let brief = |row| InvocationInfo {
            result: None,
            ..info(row, account, sealer)
        };
        Ok(QueuePage {
            invocations: rows.into_iter().map(brief).collect(),
            next,
        })
    }

    /// Tries a dead letter again, with all of its attempts.
    ///
    /// # Errors
    /// When there is no such invocation, it is no dead letter, or the database fails.
    pub async fn redrive_invocation(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<(), QueueError> {
        let (owner, uuid) = (self.queue_of(account)?, id.to_owned());
        let audit = self.sign(AuditEntry::new(AuditAction::QueueRedrive, account).target(id, ""));
        let rows = move |tx: &Connection| {
            let changed = store::redrive(tx, owner, &uuid, now_ms());
            recorded(
                tx,
                changed.map_err(sqlite("try an invocation again"))?,
                audit,
            )
        };
        let store = &self.parts().store;
        let changed = store.transact("try an invocation again", rows, |changed| changed);
        done(
            changed.await?,
            id,
            "only a dead letter can be tried again, and this invocation is none",
        )?;
        self.parts().queue.added.notify_one();
        Ok(())
    }

    /// Deletes an asynchronous invocation; one that waits never runs then.
    ///
    /// # Errors
    /// When there is no such invocation, it is running, or the database fails.
    pub async fn delete_invocation(&self, account: &AccountId, id: &str) -> Result<(), QueueError> {
        let (owner, uuid) = (self.queue_of(account)?, id.to_owned());
        let audit = self.sign(AuditEntry::new(AuditAction::QueueDelete, account).target(id, ""));
        let rows = move |tx: &Connection| {
            let changed = store::delete_queued(tx, owner, &uuid, now_ms());
            recorded(tx, changed.map_err(sqlite("delete an invocation"))?, audit)
        };
        let store = &self.parts().store;
        let changed = store.transact("delete an invocation", rows, |changed| changed);
        done(
            changed.await?,
            id,
            "the invocation is running: delete it when it has ended",
        )
    }

    fn queue_of(&self, id: &AccountId) -> Result<i64, QueueError> {
        let account = self.account(id);
        let account = account.ok_or_else(|| QueueError::NoSuchAccount(id.clone()))?;
        Ok(account.row)
    }
}

/// Writes the audit log, when something changed.
fn recorded(
    tx: &Connection,
    changed: QueueChange,
    audit: SignedEntry,
) -> Result<QueueChange, QueueError> {
    if matches!(changed, QueueChange::Done) {
        audit.write(tx)?;
    }
    Ok(changed)
}

fn done(change: QueueChange, id: &str, wrong: &'static str) -> Result<(), QueueError> {
    match change {
        QueueChange::Done => Ok(()),
        QueueChange::Missing => Err(QueueError::NoSuchInvocation(id.to_owned())),
        QueueChange::WrongState => Err(QueueError::WrongState(wrong)),
    }
}

fn info(row: QueueRow, account: i64, sealer: &QueueSealer) -> InvocationInfo {
    let state = QueueState::of(&row.state);
    let kept = row.answer.is_some();
    let answer = row
        .answer
        .and_then(|answer| open_answer(sealer, (account, &row.uuid), &answer))
        .filter(|json| !json.is_empty());
    let answer = answer.and_then(|json| RawValue::from_string(json).ok());
    let (result, error) = match state {
        QueueState::Succeeded => (answer, None),
        _ => (None, answer),
    };
    let omitted = row.answer_bytes.filter(|bytes| *bytes > 0 && !kept);
    InvocationInfo {
        id: row.uuid,
        lambda_uuid: row.lambda,
        request_id: row.request_id,
        state,
        attempts: row.attempts,
        retries: row.retries,
        accepted_at: row.accepted_at,
        due_at: (state == QueueState::Waiting).then_some(row.due_at),
        ended_at: row.ended_at,
        expires_at: row.expires_at,
        status: row.status,
        result,
        error,
        omitted_bytes: omitted,
    }
}
