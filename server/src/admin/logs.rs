//! What did lambdas say?

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use sandglass_runtime::{AccountId, InvocationId, LogLevel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Admin;
use crate::clock::now_ms;
use crate::registry::Account;
use crate::store::{self, LogFilter, LogRow, Order, StoreError, Words};
use crate::tail::Place;

/// The most entries in one answer; the platform's export has 500.
const LIMIT_MAX: u32 = 500;
const LIMIT: u32 = 100;
/// Entries that an export reads at once.
const EXPORT_PAGE: u32 = 500;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Which log entries of one lambda are wanted.
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

/// Which log entries of an account are wanted. By default the latest of the last days, as many days
/// as one search may span.
#[derive(Debug, Clone, Default)]
pub struct LogSearch {
    /// Only those of this lambda: its UUID or its name.
    pub lambda: Option<String>,
    /// Only those of these levels; all of them when it is empty.
    pub levels: Vec<LogLevel>,
    /// Only those of one request.
    pub request_id: Option<InvocationId>,
    /// Only those with all of these words in their message or extras; phrases in double quotes.
    pub text: Option<String>,
    /// Only those from this time on, in milliseconds since the Unix epoch.
    pub start: Option<u64>,
    /// Only those before this time, in milliseconds since the Unix epoch.
    pub end: Option<u64>,
    /// Where to go on: the `cursor` of the page before.
    pub cursor: Option<i64>,
    /// At most so many, up to 500. By default 100.
    pub limit: Option<u32>,
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

/// Log entries, youngest first. A search for words is answered in good time, with what was found until
/// then: there may be fewer entries than were asked for, or none, and yet a cursor.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct LogsFound {
    /// The entries.
    pub entries: Vec<LogLine>,
    /// Where to go on; `null` when there are no more.
    pub cursor: Option<i64>,
}

/// One log entry.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LogLine {
    /// Grows from entry to entry.
    pub id: i64,
    /// The lambda's UUID; `null` when it was deleted.
    #[serde(default, rename = "lambdaUUID")]
    pub lambda_uuid: Option<String>,
    /// The lambda's name; `null` when it was deleted.
    #[serde(default)]
    pub lambda: Option<String>,
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
    /// The search breaks a rule.
    #[error("{0}")]
    Invalid(String),
    /// No more tails may be open.
    #[error("{0} live tails of logs are open already: close one, or search for logs instead")]
    TooManyTails(usize),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose entries are wanted, and which of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogScope {
    pub(crate) lambda: Option<String>,
    pub(crate) levels: Vec<LogLevel>,
    pub(crate) request_id: Option<InvocationId>,
    pub(crate) text: Option<String>,
}

/// From when to when, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LogTimes {
    pub(crate) start: Option<u64>,
    pub(crate) end: Option<u64>,
}

impl LogTimes {
    /// The span to look through. A request without times is found without one.
    fn of(self, scope: &LogScope, days_max: u32) -> Result<Option<(u64, u64)>, LogsError> {
        match (&scope.request_id, self.start, self.end) {
            (Some(_), None, None) => Ok(None),
            _ => self.span(days_max).map(Some),
        }
    }

    /// The span, when it is one that a search may have.
    fn span(self, days_max: u32) -> Result<(u64, u64), LogsError> {
        let longest = u64::from(days_max) * DAY_MS;
        // What is written while it is searched is of the next millisecond.
        let end = self.end.unwrap_or_else(|| now_ms() + 1);
        let start = self.start.unwrap_or_else(|| end.saturating_sub(longest));
        match end.checked_sub(start) {
            None => Err(LogsError::Invalid("the start is after the end".to_owned())),
            Some(length) if length > longest => Err(LogsError::Invalid(format!(
                "logs are searched over at most {days_max} days at a time: move the start or the end"
            ))),
            Some(_) => Ok((start, end)),
        }
    }
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
        let scope = LogScope {
            lambda: Some(lambda.to_owned()),
            request_id: query.request_id.clone(),
            ..LogScope::default()
        };
        let order = match query.after {
            Some(after) => Order::After(after, i64::MAX),
            None => Order::Before(i64::MAX),
        };
        let filter = LogFilter {
            order,
            limit: query.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX),
            ..self.filter(account, &scope)?
        };
        self.parts().store.flush().await?;
        let (mut entries, _) = self.written_logs(filter).await?;
        if query.after.is_none() {
            entries.reverse();
        }
        let last = entries.last().map(|line| line.id).or(query.after);
        Ok(LogPage {
            entries,
            last: last.unwrap_or(0),
        })
    }

    /// Searches what the lambdas of an account logged, everything that was answered before this call
    /// included.
    ///
    /// # Errors
    /// When there is no such lambda, the search breaks a rule, or the database fails.
    pub async fn search_logs(
        &self,
        account: &AccountId,
        search: &LogSearch,
    ) -> Result<LogsFound, LogsError> {
        let LogSearch {
            start, end, cursor, ..
        } = *search;
        let scope = LogScope {
            lambda: search.lambda.clone(),
            levels: search.levels.clone(),
            request_id: search.request_id.clone(),
            text: search.text.clone(),
        };
        let times = LogTimes { start, end };
        let times = times.of(&scope, self.parts().store.keep().search_days_max)?;
        let filter = LogFilter {
            times,
            order: Order::Before(cursor.unwrap_or(i64::MAX)),
            limit: search.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX),
            ..self.filter(account, &scope)?
        };
        self.parts().store.flush().await?;
        let (entries, cursor) = self.written_logs(filter).await?;
        Ok(LogsFound { entries, cursor })
    }

    /// The platform's export (spec 7.7): `;` between cells, and the oldest entries first, up to as
    /// many as one export has. Made while it is sent.
    pub(crate) async fn export_logs(
        &self,
        account: &AccountId,
        scope: &LogScope,
        times: LogTimes,
    ) -> Result<impl Stream<Item = Bytes> + Send + use<>, LogsError> {
        let keep = self.parts().store.keep();
        let mut filter = self.filter(account, scope)?;
        filter.times = times.of(scope, keep.search_days_max)?;
        self.parts().store.flush().await?;
        let last = self
            .parts()
            .store
            .read_written("read logs", store::last_log)
            .await?;
        filter.order = Order::After(0, last);
        let export = Export {
            admin: self.clone(),
            filter,
            last,
            left: keep.export_rows_max,
            header: true,
        };
        Ok(futures::stream::unfold(export, |mut export| async {
            let chunk = export.next().await?;
            Some((chunk, export))
        }))
    }

    /// A place to watch logs from.
    pub(crate) fn open_tail(&self) -> Result<Place, LogsError> {
        let store = &self.parts().store;
        let full = || LogsError::TooManyTails(store.keep().tails_max);
        store.journal().tails.open().ok_or_else(full)
    }

    /// A page of what was written, and where to go on, if there is more of it.
    pub(crate) async fn written_logs(
        &self,
        filter: LogFilter,
    ) -> Result<(Vec<LogLine>, Option<i64>), StoreError> {
        let account = filter.account;
        let rows = move |connection: &rusqlite::Connection| store::search(connection, &filter);
        let page = self.parts().store.read_written("read logs", rows).await?;
        let registry = self.parts().registry.load_full();
        let account = registry.accounts().find(|known| known.row == account);
        let names = account.map(names).unwrap_or_default();
        let lines = page.rows.into_iter().map(|row| line(row, &names));
        Ok((lines.collect(), page.next))
    }

    /// What is wanted of an account, the latest first.
    pub(crate) fn filter(
        &self,
        account: &AccountId,
        scope: &LogScope,
    ) -> Result<LogFilter, LogsError> {
        let missing = || LogsError::NoSuchLambda(scope.lambda.clone().unwrap_or_default());
        let account = self.account(account).ok_or_else(missing)?;
        let lambda = match &scope.lambda {
            Some(lambda) => Some(account.lambda(lambda).ok_or_else(missing)?.row.id),
            None => None,
        };
        let words = scope.text.as_ref().map(|text| text.parse::<Words>());
        Ok(LogFilter {
            account: account.row,
            lambda,
            levels: scope.levels.clone(),
            request_id: scope.request_id.as_ref().map(|id| id.as_str().to_owned()),
            words: words
                .transpose()
                .map_err(|why| LogsError::Invalid(why.to_string()))?,
            times: None,
            order: Order::Before(i64::MAX),
            limit: LIMIT_MAX,
        })
    }
}

/// An export on its way.
struct Export {
    admin: Admin,
    filter: LogFilter,
    /// The last entry that there was when it began.
    last: i64,
    left: u32,
    header: bool,
}

impl Export {
    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.header) {
            return Some("lambdaUUID;requestID;timestamp;level;message;extras\n".into());
        }
        if self.left == 0 {
            return None;
        }
        self.filter.limit = self.left.min(EXPORT_PAGE);
        let page = self.admin.written_logs(self.filter.clone()).await;
        let (lines, next) = page
            .inspect_err(|error| tracing::error!(%error, "an export of logs broke off"))
            .ok()?;
        self.left = match next {
            Some(after) => {
                self.filter.order = Order::After(after, self.last);
                self.left.saturating_sub(lines.len() as u32)
            }
            None => 0,
        };
        Some(lines.iter().map(csv).collect::<String>().into())
    }
}

fn csv(line: &LogLine) -> String {
    let timestamp = line.timestamp.to_string();
    let cells = [
        line.lambda_uuid.as_deref().unwrap_or_default(),
        &line.request_id,
        &timestamp,
        &line.level,
        &line.message,
        line.extras.get(),
    ];
    cells.map(cell).join(";") + "\n"
}

/// A cell, in quotes where it needs them (RFC 4180, section 2).
fn cell(text: &str) -> String {
    match text.contains([';', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// The UUID and the name of each lambda, by its row.
fn names(account: &Account) -> HashMap<i64, (String, String)> {
    let lambdas = account.lambdas();
    let name = |entry: &&Arc<crate::registry::Entry>| {
        let names = (entry.uuid.to_string(), entry.name.as_str().to_owned());
        (entry.row.id, names)
    };
    lambdas.iter().map(name).collect()
}

fn line(row: LogRow, names: &HashMap<i64, (String, String)>) -> LogLine {
    let (lambda_uuid, lambda) = names.get(&row.lambda).cloned().unzip();
    LogLine {
        id: row.id,
        lambda_uuid,
        lambda,
        request_id: row.request_id,
        timestamp: row.at,
        level: row.level,
        message: row.message,
        extras: RawValue::from_string(row.extras).unwrap_or_else(|_| RawValue::NULL.to_owned()),
        outcome: row.outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_quotes_where_it_needs_them() {
        assert_eq!(cell("plain, text"), "plain, text");
        assert_eq!(cell("a;b"), "\"a;b\"");
        assert_eq!(cell("a\nb"), "\"a\nb\"");
        assert_eq!(cell(r#"["x"]"#), r#""[""x""]""#);
    }

    #[test]
    fn a_span_may_be_as_long_as_is_said_and_no_longer() {
        let span = |start, end| {
            let times = LogTimes {
                start: Some(start),
                end: Some(end),
            };
            times.span(7)
        };
        assert_eq!(span(0, 7 * DAY_MS).unwrap(), (0, 7 * DAY_MS));
        assert!(span(0, 7 * DAY_MS + 1).is_err());
        assert!(span(2, 1).is_err());
        let (start, end) = LogTimes::default().span(7).unwrap();
        assert_eq!(end - start, 7 * DAY_MS);
    }
}
