//! Which lambdas fail?

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rollup::{BUCKET_MS, Span};

/// How the log entry about a failure begins.
const RECEIVED_ERROR: &str = "Received Error - ";
/// The latest entries of a lambda among which that is looked for.
const LATEST: i64 = 50;

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
pub(crate) fn failing(
    connection: &Connection,
    span: &Span,
    most: usize,
) -> rusqlite::Result<Vec<Failing>> {
    let mut statement = connection.prepare_cached(
        "SELECT lambda, sum(failed) AS failures, sum(failed + succeeded),
                max(bucket) FILTER (WHERE failed > 0)
         FROM (SELECT lambda, bucket, succeeded,
                      unknown + coding_failure + platform_failure + timeout AS failed
               FROM rollups
               WHERE account = ?1 AND lambda > 0 AND bucket BETWEEN ?2 AND ?3)
         GROUP BY lambda HAVING failures > 0 ORDER BY failures DESC, lambda LIMIT ?4",
    )?;
    let [account, _, first, last] = span.keys();
    let row = |row: &Row<'_>| {
        let number = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        Ok(Failing {
            lambda: row.get(0)?,
            failures: number(1)?,
            invocations: number(2)?,
            last_at: number(3)? * BUCKET_MS,
            last_message: None,
        })
    };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found = statement.query_map(params![account, first, last, most], row)?;
    let mut failing = found.collect::<rusqlite::Result<Vec<_>>>()?;
    for failing in &mut failing {
        if let Some((at, message)) = last_failure(connection, failing.lambda)?
            && at >= failing.last_at
        {
            failing.last_at = at;
            failing.last_message = Some(message);
        }
    }
    Ok(failing)
}

/// When a lambda's failure was logged last, and as what.
fn last_failure(connection: &Connection, lambda: i64) -> rusqlite::Result<Option<(u64, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, substr(message, length(?2) + 1) FROM
             (SELECT id, at, message FROM logs WHERE lambda = ?1 AND level = 'Error'
              ORDER BY id DESC LIMIT ?3)
         WHERE substr(message, 1, length(?2)) = ?2 ORDER BY id DESC LIMIT 1",
    )?;
    let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?));
    statement
        .query_row(params![lambda, RECEIVED_ERROR, LATEST], row)
        .optional()
}
