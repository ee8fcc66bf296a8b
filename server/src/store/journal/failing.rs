//! Which lambdas fail?

use rusqlite::{Connection, Row, params};
use sandglass_runtime::LogLevel;

use super::rollup::{BUCKET_MS, Span, totals};
use super::words::{self, Owner};

/// How the log entry about a failure begins.
const RECEIVED_ERROR: &str = "Received Error - ";
/// The latest errors of a lambda among which that is looked for.
const LATEST: usize = 20;

/// A lambda that failed, by its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failing {
    pub(crate) lambda: i64,
    pub(crate) failures: u64,
    pub(crate) invocations: u64,
    /// Milliseconds since the Unix epoch.
    pub(crate) last_at: u64,
    pub(crate) last_message: Option<String>,
}

/// The lambdas of an account that failed in a time, those that failed most often first.
///
/// Rows with failures have an index of their own: what went well is read of those lambdas only that
/// are told.
pub(crate) fn failing(
    connection: &Connection,
    span: &Span,
    most: usize,
) -> rusqlite::Result<Vec<Failing>> {
    let mut statement = connection.prepare_cached(
        "SELECT lambda, sum(failed) AS failures, max(bucket)
         FROM rollups INDEXED BY rollups_failed
         WHERE account = ?1 AND bucket BETWEEN ?2 AND ?3 AND lambda > 0 AND failed > 0
         GROUP BY lambda ORDER BY failures DESC, lambda LIMIT ?4",
    )?;
    let [account, _, first, last] = span.keys();
    let row = |row: &Row<'_>| {
        let number = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        Ok(Failing {
            lambda: row.get(0)?,
            failures: number(1)?,
            invocations: 0,
            last_at: number(2)? * BUCKET_MS,
            last_message: None,
        })
    };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found = statement.query_map(params![account, first, last, most], row)?;
    let mut failing = found.collect::<rusqlite::Result<Vec<_>>>()?;
    for failing in &mut failing {
        let of_lambda = Span {
            lambda: Some(failing.lambda),
            ..*span
        };
        failing.invocations = totals(connection, &of_lambda)?.iter().sum();
        if let Some((at, message)) = last_failure(connection, failing)? {
            failing.last_at = at;
            failing.last_message = Some(message);
        }
    }
    Ok(failing)
}

/// When a lambda's failure was logged last, and as what, unless that was before the failures that are
/// told.
fn last_failure(
    connection: &Connection,
    failing: &Failing,
) -> rusqlite::Result<Option<(u64, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, message FROM logs_text CROSS JOIN logs ON logs.id = logs_text.rowid
         WHERE logs_text MATCH ?1 ORDER BY logs_text.rowid DESC",
    )?;
    let errors = words::matching(
        Owner::Lambda(failing.lambda),
        &[LogLevel::Error],
        None,
        None,
    );
    let mut latest = statement.query([errors])?;
    for _ in 0..LATEST {
        let Some(row) = latest.next()? else { break };
        let at = row.get::<_, i64>(0)?.cast_unsigned();
        let reason = row.get_ref(1)?.as_str()?.strip_prefix(RECEIVED_ERROR);
        if let Some(reason) = reason.filter(|_| at >= failing.last_at) {
            return Ok(Some((at, reason.to_owned())));
        }
    }
    Ok(None)
}
