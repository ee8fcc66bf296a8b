//! Which log entries are wanted, and how are they found among a million?
//!
//! Entries are found by their ids, which grow as they are written. Every way to them is a list in
//! the order of ids: those of an account or a lambda at one level, those of a request, and those
//! with a word. All of these are in the index of words, which takes what is new in batches: an index
//! of a table would have to change a page in another place for each entry. A time is first turned
//! into a span of ids. So a page is read from its place in these lists. Long lists of words may seldom
//! meet, or never: they are compared part by part, and a search that found too little in its time says
//! how far it came.

use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use sandglass_runtime::LogLevel;

use super::MINUTE_MS;
use super::words::{self, Owner, Part, Words};

/// The texts of one page together, in bytes; one entry more than fits is still whole.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
const KEPT_LEVELS: [LogLevel; 3] = [LogLevel::Info, LogLevel::Warn, LogLevel::Error];
/// How long a page is looked for before another part is begun.
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

/// The same, as long as somebody is patient: asked before each part but the first.
pub(super) fn search_while(
    connection: &Connection,
    filter: &LogFilter,
    mut patient: impl FnMut() -> bool,
) -> rusqlite::Result<Page> {
    let mut page = Page {
        rows: Vec::new(),
        next: None,
    };
    let Some(mut spans) = Spans::new(connection, filter)? else {
        return Ok(page);
    };
    let mut statement = connection.prepare_cached(&sql(filter))?;
    let mut bytes = 0;
    while let Some(span) = spans.next(connection)? {
        let values = values(filter, span, filter.limit as usize - page.rows.len());
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
        filter.order.direction()
    )
}

/// Its values for one span, of which no more than so many are wanted.
fn values(filter: &LogFilter, span: Span, most: usize) -> Vec<Value> {
    let (start, end) = filter.times.unwrap_or((0, i64::MAX as u64));
    // One entry more shows whether there are more.
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let numbers = [span.first, span.last, signed(start), signed(end), limit].map(Value::Integer);
    std::iter::once(Value::Text(filter.matching(span.part)))
        .chain(numbers)
        .collect()
}

/// Ids to look through at once, both ends included.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: i64,
    last: i64,
    /// The part that they are of; without, they may be of many.
    part: Option<Part>,
}

/// Ids that were not looked through yet, both ends included.
struct Spans {
    first: i64,
    last: i64,
    order: Order,
    /// The lists that have to meet; empty where all ids are looked through at once.
    lists: Vec<String>,
    /// Whether some were looked through. The first page is often found in the first part.
    begun: bool,
}

impl Spans {
    /// `None` when nothing can be wanted.
    fn new(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Option<Self>> {
        let Some((first, last)) = ids(connection, filter)? else {
            return Ok(None);
        };
        // Together, as `min(id), max(id)`, they would be looked for in the whole table.
        let sql = "SELECT (SELECT min(id) FROM logs), (SELECT max(id) FROM logs)";
        let mut statement = connection.prepare_cached(sql)?;
        let kept =
            statement.query_row([], |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?)))?;
        Ok(kept.map(|(least, most): (i64, i64)| Self {
            first: first.max(least),
            last: last.min(most),
            order: filter.order,
            lists: filter.lists(),
            begun: false,
        }))
    }

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

    /// The next ids that may be wanted.
    fn next(&mut self, connection: &Connection) -> rusqlite::Result<Option<Span>> {
        if std::mem::replace(&mut self.begun, true) {
            self.skip(connection)?;
        }
        if !self.is_left() {
            return Ok(None);
        }
        let (first, last) = (self.first, self.last);
        if self.lists.is_empty() {
            self.first = last + 1;
            let part = None;
            return Ok(Some(Span { first, last, part }));
        }
        let part = Part::of(match self.order {
            Order::After(..) => first,
            Order::Before(_) => last,
        });
        let (least, most) = part.ids();
        match self.order {
            Order::After(..) => self.first = most.saturating_add(1),
            Order::Before(_) => self.last = least - 1,
        }
        Ok(Some(Span {
            first: first.max(least),
            last: last.min(most),
            part: Some(part),
        }))
    }

    /// Goes on to the next id that each of the lists may have.
    fn skip(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let direction = self.order.direction();
        let mut next = connection.prepare_cached(&format!(
            "SELECT rowid FROM logs_text WHERE logs_text MATCH ?1 AND rowid BETWEEN ?2 AND ?3
             ORDER BY rowid {direction} LIMIT 1"
        ))?;
        for list in &self.lists {
            if !self.is_left() {
                break;
            }
            let values = params![list, self.first, self.last];
            let id = next.query_row(values, |row| row.get(0)).optional()?;
            match (self.order, id) {
                (Order::After(..), Some(id)) => self.first = id,
                (Order::Before(_), Some(id)) => self.last = id,
                (_, None) => self.first = self.last.saturating_add(1),
            }
        }
        Ok(())
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

impl Order {
    fn direction(self) -> &'static str {
        match self {
            Self::After(..) => "ASC",
            Self::Before(_) => "DESC",
        }
    }
}

impl LogFilter {
    fn levels(&self) -> &[LogLevel] {
        match self.levels.as_slice() {
            [] => &KEPT_LEVELS,
            levels => levels,
        }
    }

    fn owner(&self) -> Owner {
        match self.lambda {
            Some(lambda) => Owner::Lambda(lambda),
            None => Owner::Account(self.account),
        }
    }

    /// What is wanted of a part, in the words of the index.
    fn matching(&self, part: Option<Part>) -> String {
        words::matching(
            self.owner(),
            self.levels(),
            self.request_id.as_deref(),
            self.words.as_ref().zip(part),
        )
    }

    /// The lists that have to meet in what is wanted, where there are words.
    fn lists(&self) -> Vec<String> {
        let lists = |words| {
            let request = self.request_id.as_deref();
            words::lists(self.owner(), self.levels(), request, words)
        };
        self.words.as_ref().map(lists).unwrap_or_default()
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
    let mut spans = Spans::new(connection, filter)?.expect("there is something to be found");
    let span = spans
        .next(connection)?
        .expect("there is something to be found");
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql(filter)))?;
    let values = values(filter, span, 1);
    let steps = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3))?;
    steps.collect()
}
