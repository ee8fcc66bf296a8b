//! What did a lambda say?

use sandglass_runtime::{AccountId, InvocationId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Admin;
use crate::store::{self, LogFilter, LogRow, StoreError};

/// The most entries in one answer; the platform's export has 500.
const LIMIT_MAX: u32 = 500;
const LIMIT: u32 = 100;

/// Which log entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// Only entries after the one with this id, oldest first: pass the last page's `last` to
    /// follow. Without it, the latest entries.
    pub after: Option<i64>,
    /// At most so many, up to 500. By default 100.
    pub limit: Option<u32>,
    /// Only those of one request.
    pub request_id: Option<InvocationId>,
}

/// Log entries, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct LogPage {
    /// The entries.
    pub entries: Vec<LogLine>,
    /// The id of the last one; without entries, the one that was asked to be after.
    pub last: i64,
}

/// One log entry.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LogLine {
    /// Grows from entry to entry.
    pub id: i64,
    /// The invocation.
    pub request_id: String,
    /// Milliseconds since the Unix epoch.
    pub timestamp: u64,
    /// `Info`, `Warn` or `Error`.
    pub level: String,
    /// The first argument, as text.
    pub message: String,
    /// The further arguments: a JSON array.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub extras: Box<RawValue>,
    /// How the invocation ended.
    pub outcome: String,
}

/// Why there are no logs to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogsError {
    /// There is no such lambda.
    #[error("there is no lambda {0}")]
    NoSuchLambda(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Admin {
    /// What a lambda logged, everything that was answered before this call included. `Debug`
    /// entries are never kept.
    ///
    /// # Errors
    /// When there is no such lambda, or the database fails.
    pub async fn logs(
        &self,
        account: &AccountId,
        lambda: &str,
        query: &LogQuery,
    ) -> Result<LogPage, LogsError> {
        let missing = || LogsError::NoSuchLambda(lambda.to_owned());
        let account = self.account(account).ok_or_else(missing)?;
        let filter = LogFilter {
            lambda: account.lambda(lambda).ok_or_else(missing)?.row.id,
            after: query.after,
            request_id: query.request_id.as_ref().map(|id| id.as_str().to_owned()),
            limit: query.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX),
        };
        let rows = move |connection: &rusqlite::Connection| store::logs(connection, &filter);
        let rows = self.parts().store.read("read logs", rows).await?;
        let last = rows.last().map(|row| row.id).or(query.after).unwrap_or(0);
        Ok(LogPage {
            entries: rows.into_iter().map(line).collect(),
            last,
        })
    }
}

fn line(row: LogRow) -> LogLine {
    LogLine {
        id: row.id,
        request_id: row.request_id,
        timestamp: row.at,
        level: row.level,
        message: row.message,
        extras: RawValue::from_string(row.extras).unwrap_or_else(|_| RawValue::NULL.to_owned()),
        outcome: row.outcome,
    }
}
