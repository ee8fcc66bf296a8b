//! How are past invocations kept?
//!
//! Three things of each: a row of its own, its log entries with an index of their words, and its
//! share in the figures of its lambda's five minutes. All are written in one transaction.

mod failing;
mod rollup;
mod search;
mod sweep;
mod words;

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, params};
use sandglass_runtime::LogEntry;

use crate::journal::Entry;

pub(crate) use failing::{Failing, failing};
pub(crate) use rollup::{BUCKET_MS, Figures, InvocationState, Span, figures, sum, totals};
pub(crate) use search::{LogFilter, LogRow, Order, last_log, search};
pub(super) use sweep::sweep;
use words::Part;
pub(crate) use words::Words;

/// What a log entry takes on the disk besides its texts, about.
const ENTRY_BYTES: u64 = 256;
const MINUTE_MS: u64 = 60_000;

/// The log entries of one minute.
struct Minute {
    first: i64,
    last: i64,
    bytes: u64,
}

/// Writes entries in one transaction; returns the id of the last log entry, if there were any.
pub(super) fn write(
    connection: &mut Connection,
    entries: &[Entry],
) -> rusqlite::Result<Option<i64>> {
    let tx = connection.transaction()?;
    let mut minutes = BTreeMap::new();
    write_rows(&tx, entries, &mut minutes)?;
    write_minutes(&tx, &minutes)?;
    rollup::add(&tx, entries)?;
    tx.commit()?;
    Ok(minutes.values().map(|minute| minute.last).max())
}

fn write_rows(
    tx: &Transaction<'_>,
    entries: &[Entry],
    minutes: &mut BTreeMap<u64, Minute>,
) -> rusqlite::Result<()> {
    let mut invocation = tx.prepare_cached(
        "INSERT INTO invocations (lambda, version, request_id, at, outcome, wall_us, cpu_us,
                                  fuel, memory_peak, http_requests)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut log = tx.prepare_cached(
        "INSERT INTO logs (invocation, account, lambda, request_id, at, level, message, extras,
                           outcome)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let mut text =
        tx.prepare_cached("INSERT INTO logs_text (rowid, scope, said) VALUES (?1, ?2, ?3)")?;
    for entry in entries {
        let usage = &entry.usage;
        let id = invocation.insert(params![
            entry.lambda,
            entry.version as i64,
            entry.request_id.as_str(),
            entry.at as i64,
            entry.outcome.as_str(),
            usage.wall.as_micros() as i64,
            usage.cpu.as_micros() as i64,
            usage.fuel as i64,
            usage.memory_peak as i64,
            usage.http_requests,
        ])?;
        for line in &entry.logs {
            let line_id = log.insert(params![
                id,
                entry.account,
                entry.lambda,
                entry.request_id.as_str(),
                line.timestamp as i64,
                line.level.as_str(),
                line.message,
                line.extras.get(),
                entry.outcome.as_str(),
            ])?;
            let request = entry.request_id.as_str();
            let scope = words::scope(entry.account, entry.lambda, line.level, request);
            let said = words::said(&line.message, line.extras.get(), Part::of(line_id));
            text.execute(params![line_id, scope, said])?;
            note_minute(minutes, line_id, line);
        }
    }
    Ok(())
}

fn note_minute(minutes: &mut BTreeMap<u64, Minute>, id: i64, line: &LogEntry) {
    let minute = minutes.entry(line.timestamp / MINUTE_MS).or_insert(Minute {
        first: id,
        last: id,
        bytes: 0,
    });
    minute.last = id;
    minute.bytes += (line.message.len() + line.extras.get().len()) as u64 + ENTRY_BYTES;
}

/// Notes which entries are of which minute, so that a search by time reads no others.
fn write_minutes(tx: &Transaction<'_>, minutes: &BTreeMap<u64, Minute>) -> rusqlite::Result<()> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO log_minutes (minute, first, last, bytes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET first = min(first, excluded.first),
             last = max(last, excluded.last), bytes = bytes + excluded.bytes",
    )?;
    for (minute, Minute { first, last, bytes }) in minutes {
        statement.execute(params![*minute as i64, first, last, *bytes as i64])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
