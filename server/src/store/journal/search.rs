//! Which log entries are wanted, and how are they found among a million?
//!
//! Entries are found by their ids, which grow as they are written. Every way to them is a list in
//! the order of ids: those of an account or a lambda at one level, those of a request, and those
//! with a word. All of these are in the index of words, which takes what is new in batches: an index
//! of a table would have to change a page in another place for each entry. A time is first turned
//! into a span of ids. So a page is read from its place in these lists. Long lists of words may seldom
//! meet, or never: they are compared span by span, and a search that found too little in its time says
//! how far it came.

use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use sandglass_runtime::LogLevel;

use super::MINUTE_MS;
use super::words::{self, Owner, Words};

/// The texts of one page together, in bytes; one entry more than fits is still whole.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
const KEPT_LEVELS: [LogLevel; 3] = [LogLevel::Info, LogLevel::Warn, LogLevel::Error];
/// Ids that a search for words looks through at first. Each span is twice as long as the one before,
/// since most words are found, or found to be nowhere, at once.
const SPAN_FIRST: i64 = 4_096;
const SPAN_MAX: i64 = 32_768;
/// How long a page is looked for before another span is begun.
const PATIENCE: Duration = Duration::from_millis(3);

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

/// Some of the entries that are wanted.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) rows: Vec<LogRow>,
    /// The id to go on after, or before, as the order is; `None` when there are no more. A page may
    /// have fewer entries than were asked for, or none, and yet not be the last.
    pub(crate) next: Option<i64>,
}

/// The entries that are wanted, up to as many as fit a page or are found in good time.
pub(crate) fn search(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Page> {
    let begun = Instant::now();
    search_while(connection, filter, || begun.elapsed() < PATIENCE)
}

/// The same, as long as somebody is patient: asked before each span but the first.
pub(super) fn search_while(
    connection: &Connection,
    filter: &LogFilter,
    mut patient: impl FnMut() -> bool,
) -> rusqlite::Result<Page> {
    let mut page = Page {
        rows: Vec::new(),
        next: None,
    };
    let Some(mut spans) = spans(connection, filter)? else {
        return Ok(page);
    };
    let mut statement = connection.prepare_cached(&sql(filter))?;
    let (matching, mut bytes) = (filter.matching(), 0);
    while let Some(span) = spans.next() {
        let values = values(
            filter,
            &matching,
            span,
            filter.limit as usize - page.rows.len(),
        );
        if read_span(
            &mut statement,
            &values,
            filter.limit,
            (&mut page.rows, &mut bytes),
        )? {
            page.next = page.rows.last().map(|row| row.id);
            return Ok(page);
        }
        if spans.is_left() && !patient() {
            page.next = Some(spans.place());
            return Ok(page);
        }
    }
    Ok(page)
}

/// Adds the entries of one span; whether the page is full and there are more.
fn read_span(
    statement: &mut CachedStatement<'_>,
    values: &[Value],
    limit: u32,
    (rows, bytes): (&mut Vec<LogRow>, &mut usize),
) -> rusqlite::Result<bool> {
    let mut found = statement.query(rusqlite::params_from_iter(values))?;
    while let Some(row) = found.next()? {
        if rows.len() as u32 == limit || *bytes >= PAGE_BYTES_MAX {
            return Ok(true);
        }
        let row = log_row(row)?;
        *bytes += row.message.len() + row.extras.len();
        rows.push(row);
    }
    Ok(false)
}

/// The statement for what is wanted.
fn sql(filter: &LogFilter) -> String {
    // CROSS JOIN keeps the index of words on the outside.
    format!(
        "SELECT id, lambda, request_id, at, level, message, extras, outcome
         FROM logs_text CROSS JOIN logs ON logs.id = logs_text.rowid
         WHERE logs_text MATCH ?1 AND logs_text.rowid BETWEEN ?2 AND ?3 AND at >= ?4 AND at < ?5
         ORDER BY logs_text.rowid {} LIMIT ?6",
        filter.direction()
    )
}

/// Its values for one span, of which no more than so many are wanted.
fn values(
    filter: &LogFilter,
    matching: &str,
    (first, last): (i64, i64),
    most: usize,
) -> Vec<Value> {
    let (start, end) = filter.times.unwrap_or((0, i64::MAX as u64));
    // One entry more shows whether there are more.
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let numbers = [first, last, signed(start), signed(end), limit].map(Value::Integer);
    std::iter::once(Value::Text(matching.to_owned()))
        .chain(numbers)
        .collect()
}

/// The spans of ids to look through one after the other; `None` when nothing can be wanted.
fn spans(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Option<Spans>> {
    let Some((first, last)) = ids(connection, filter)? else {
        return Ok(None);
    };
    // Together, as `min(id), max(id)`, they would be looked for in the whole table.
    let sql = "SELECT (SELECT min(id) FROM logs), (SELECT max(id) FROM logs)";
    let kept = connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?)))?;
    Ok(kept.map(|(least, most): (i64, i64)| Spans {
        first: first.max(least),
        last: last.min(most),
        length: match filter.words {
            Some(_) => SPAN_FIRST,
            None => i64::MAX,
        },
        order: filter.order,
    }))
}

/// Ids that were not looked through yet, both ends included.
struct Spans {
    first: i64,
    last: i64,
    length: i64,
    order: Order,
}

impl Spans {
    fn is_left(&self) -> bool {
        self.first <= self.last
    }

    /// Where the next span is, as a place that an order has.
    fn place(&self) -> i64 {
        match self.order {
            Order::After(..) => self.first - 1,
            Order::Before(_) => self.last + 1,
        }
    }
}

impl Iterator for Spans {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<(i64, i64)> {
        if !self.is_left() {
            return None;
        }
        let length = self.length;
        self.length = length.max(length.saturating_mul(2).min(SPAN_MAX));
        Some(match self.order {
            Order::After(..) => {
                let first = self.first;
                let last = first.saturating_add(length - 1).min(self.last);
                self.first = last + 1;
                (first, last)
            }
            Order::Before(_) => {
                let last = self.last;
                let first = last.saturating_sub(length - 1).max(self.first);
                self.last = first - 1;
                (first, last)
            }
        })
    }
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
    let span = spans(connection, filter)?.and_then(|mut spans| spans.next());
    let span = span.expect("there is something to be found");
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql(filter)))?;
    let values = values(filter, &filter.matching(), span, 1);
    let steps = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3))?;
    steps.collect()
}
