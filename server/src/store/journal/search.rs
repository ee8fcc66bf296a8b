//! Which log entries are wanted, and how are they found among a million?
//!
//! Entries are found by their ids, which grow as they are written. Every way to them is a list in
//! the order of ids: those of an account or a lambda at one level, those of a request, and those
//! with a word. All of these are in the index of words, which takes what is new in batches: an index
//! of a table would have to change a page in another place for each entry. A time is first turned
//! into a span of ids. So a page is read from its place in these lists, and no list is read to its
//! end, unless two long ones never meet.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use sandglass_runtime::LogLevel;

use super::MINUTE_MS;
use super::words::{self, Owner, Words};

/// The texts of one page together, in bytes; one entry more than fits is still whole.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
const KEPT_LEVELS: [LogLevel; 3] = [LogLevel::Info, LogLevel::Warn, LogLevel::Error];

/// One log entry with the invocation that it belongs to.
#[derive(Debug)]
pub(crate) struct LogRow {
    pub(crate) id: i64,
    pub(crate) lambda: i64,
    pub(crate) request_id: String,
    pub(crate) at: u64,
    pub(crate) level: String,
    pub(crate) message: String,
    pub(crate) extras: String,
    pub(crate) outcome: String,
}

/// In which order entries come, and between which others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The oldest first, of those after one, up to another and with it.
    After(i64, i64),
    /// The youngest first, of those before one.
    Before(i64),
}

/// Which log entries are wanted.
#[derive(Debug, Clone)]
pub(crate) struct LogFilter {
    pub(crate) account: i64,
    pub(crate) lambda: Option<i64>,
    /// All of them when it is empty.
    pub(crate) levels: Vec<LogLevel>,
    pub(crate) request_id: Option<String>,
    pub(crate) words: Option<Words>,
    /// Milliseconds since the Unix epoch, from one up to and without the other.
    pub(crate) times: Option<(u64, u64)>,
    pub(crate) order: Order,
    pub(crate) limit: u32,
}

/// The id of the last entry; 0 when there is none.
pub(crate) fn last_log(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT coalesce(max(id), 0) FROM logs", [], |row| {
        row.get(0)
    })
}

/// The entries that are wanted, up to as many as fit a page, and whether there are more.
pub(crate) fn search(
    connection: &Connection,
    filter: &LogFilter,
) -> rusqlite::Result<(Vec<LogRow>, bool)> {
    let Some(query) = query(connection, filter)? else {
        return Ok((Vec::new(), false));
    };
    let mut statement = connection.prepare_cached(&query.sql)?;
    let mut found = statement.query(params_from_iter(query.values))?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = found.next()? {
        if rows.len() as u32 == filter.limit || bytes >= PAGE_BYTES_MAX {
            return Ok((rows, true));
        }
        let row = log_row(row)?;
        bytes += row.message.len() + row.extras.len();
        rows.push(row);
    }
    Ok((rows, false))
}

/// The statement for what is wanted; `None` when there can be nothing.
fn query(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Option<Query>> {
    let Some((first, last)) = ids(connection, filter)? else {
        return Ok(None);
    };
    let direction = filter.direction();
    // CROSS JOIN keeps the index of words on the outside.
    let sql = format!(
        "SELECT id, lambda, request_id, at, level, message, extras, outcome
         FROM logs_text CROSS JOIN logs ON logs.id = logs_text.rowid
         WHERE logs_text MATCH ?1 AND logs_text.rowid BETWEEN ?2 AND ?3 AND at >= ?4 AND at < ?5
         ORDER BY logs_text.rowid {direction} LIMIT ?6"
    );
    let (start, end) = filter.times.unwrap_or((0, i64::MAX as u64));
    // One entry more shows whether there are more.
    let limit = i64::from(filter.limit) + 1;
    let numbers = [first, last, signed(start), signed(end), limit].map(Value::Integer);
    let mut values = vec![Value::Text(filter.matching())];
    values.extend(numbers);
    Ok(Some(Query { sql, values }))
}

fn signed(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// The first and the last id that can be wanted; `None` when there is none.
fn ids(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Option<(i64, i64)>> {
    let (first, last) = match filter.order {
        Order::After(after, upto) => (after.saturating_add(1), upto),
        Order::Before(before) => (0, before.saturating_sub(1)),
    };
    let Some((start, end)) = filter.times else {
        return Ok(Some((first, last)));
    };
    let sql = "SELECT min(first), max(last) FROM log_minutes WHERE minute BETWEEN ?1 AND ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let (from, to) = (
        signed(start / MINUTE_MS),
        signed(end.saturating_sub(1) / MINUTE_MS),
    );
    let span = statement.query_row(params![from, to], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?))
    });
    let span = span.optional()?.flatten();
    Ok(span.map(|(least, most): (i64, i64)| (first.max(least), last.min(most))))
}

/// A statement and its values.
struct Query {
    sql: String,
    values: Vec<Value>,
}

impl LogFilter {
    fn direction(&self) -> &'static str {
        match self.order {
            Order::After(..) => "ASC",
            Order::Before(_) => "DESC",
        }
    }

    /// What is wanted, in the words of the index.
    fn matching(&self) -> String {
        let levels = match self.levels.as_slice() {
            [] => &KEPT_LEVELS,
            levels => levels,
        };
        let owner = match self.lambda {
            Some(lambda) => Owner::Lambda(lambda),
            None => Owner::Account(self.account),
        };
        words::matching(
            owner,
            levels,
            self.request_id.as_deref(),
            self.words.as_ref(),
        )
    }
}

fn log_row(row: &Row<'_>) -> rusqlite::Result<LogRow> {
    Ok(LogRow {
        id: row.get(0)?,
        lambda: row.get(1)?,
        request_id: row.get(2)?,
        at: row.get::<_, i64>(3)?.cast_unsigned(),
        level: row.get(4)?,
        message: row.get(5)?,
        extras: row.get(6)?,
        outcome: row.get(7)?,
    })
}

/// How SQLite goes about it.
#[cfg(test)]
pub(super) fn plan(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Vec<String>> {
    let query = query(connection, filter)?.expect("there is something to be found");
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql))?;
    let steps = statement.query_map(params_from_iter(query.values), |row| row.get(3))?;
    steps.collect()
}
