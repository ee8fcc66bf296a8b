//! Which log entries are wanted, and how are they found among a million?
//!
//! Entries are found by their ids, which grow as they are written. Every way to them is a list in
//! the order of ids: those of an account or a lambda at one level, those of a request, and those
//! with a word. A time is first turned into a span of ids. So a page is read from its place in
//! these lists, and no list is read to its end.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use sandglass_runtime::LogLevel;

use super::{MINUTE_MS, Words};

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
    let mut query = match (&filter.request_id, &filter.words) {
        (Some(request), words) => by_request(filter, request, words.as_ref()),
        (None, Some(words)) => by_words(filter, words),
        (None, None) => by_level(filter),
    };
    let (start, end) = filter.times.unwrap_or((0, i64::MAX as u64));
    // One entry more shows whether there are more.
    let limit = i64::from(filter.limit) + 1;
    let common = [first, last, signed(start), signed(end), limit].map(Value::Integer);
    query.values.splice(..0, common);
    Ok(Some(query))
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

/// A statement, whose first five values are the first and the last id, the start, the end, and the
/// limit.
struct Query {
    sql: String,
    values: Vec<Value>,
}

const COLUMNS: &str = "id, lambda, request_id, at, level, message, extras, outcome";
const WITHIN: &str = "logs.id BETWEEN ?1 AND ?2 AND at >= ?3 AND at < ?4";

impl LogFilter {
    fn direction(&self) -> &'static str {
        match self.order {
            Order::After(..) => "ASC",
            Order::Before(_) => "DESC",
        }
    }

    fn levels(&self) -> &[LogLevel] {
        match self.levels.as_slice() {
            [] => &KEPT_LEVELS,
            levels => levels,
        }
    }

    /// `AND level IN (…)`; the names of levels need no quoting.
    fn level_condition(&self) -> String {
        if self.levels.is_empty() {
            return String::new();
        }
        let names: Vec<_> = self
            .levels
            .iter()
            .map(|l| format!("'{}'", l.as_str()))
            .collect();
        format!("AND level IN ({})", names.join(", "))
    }

    fn scope(&self) -> Vec<String> {
        let owner = match self.lambda {
            Some(lambda) => format!("l{lambda}"),
            None => format!("a{}", self.account),
        };
        let levels: Vec<_> = self.levels.iter().map(|level| level.as_str()).collect();
        match levels.as_slice() {
            [] => vec![owner],
            levels => vec![owner, format!("({})", levels.join(" OR "))],
        }
    }
}

/// One list for each level, merged as they are read.
fn by_level(filter: &LogFilter) -> Query {
    let direction = filter.direction();
    let (column, owner) = match filter.lambda {
        Some(lambda) => ("lambda", lambda),
        None => ("account", filter.account),
    };
    let lists: Vec<_> = filter
        .levels()
        .iter()
        .map(|level| {
            let level = level.as_str();
            format!(
                "SELECT {COLUMNS} FROM logs INDEXED BY logs_by_{column}
                 WHERE {column} = ?6 AND level = '{level}' AND {WITHIN}"
            )
        })
        .collect();
    let sql = format!(
        "{} ORDER BY id {direction} LIMIT ?5",
        lists.join(" UNION ALL ")
    );
    let values = vec![Value::Integer(owner)];
    Query { sql, values }
}

fn by_request(filter: &LogFilter, request: &str, words: Option<&Words>) -> Query {
    let direction = filter.direction();
    let mut values = vec![
        Value::Integer(filter.account),
        Value::Text(request.to_owned()),
        filter.lambda.map_or(Value::Null, Value::Integer),
    ];
    let said = match words {
        Some(words) => {
            values.push(Value::Text(words.matching(&filter.scope())));
            "AND EXISTS (SELECT 1 FROM logs_text WHERE rowid = logs.id AND logs_text MATCH ?9)"
        }
        None => "",
    };
    let levels = filter.level_condition();
    let sql = format!(
        "SELECT {COLUMNS} FROM logs INDEXED BY logs_by_request
         WHERE account = ?6 AND request_id = ?7 AND (?8 IS NULL OR lambda = ?8) AND {WITHIN}
             {levels} {said}
         ORDER BY id {direction} LIMIT ?5"
    );
    Query { sql, values }
}

fn by_words(filter: &LogFilter, words: &Words) -> Query {
    let direction = filter.direction();
    // CROSS JOIN keeps the index of words on the outside.
    let sql = format!(
        "SELECT {COLUMNS} FROM logs_text CROSS JOIN logs ON logs.id = logs_text.rowid
         WHERE logs_text MATCH ?6 AND logs_text.rowid BETWEEN ?1 AND ?2 AND at >= ?3 AND at < ?4
         ORDER BY logs_text.rowid {direction} LIMIT ?5"
    );
    let values = vec![Value::Text(words.matching(&filter.scope()))];
    Query { sql, values }
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
