//! How are past invocations kept?

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::now_ms;
use crate::config::JournalConfig;
use crate::journal::Entry;

/// Invocations deleted in one transaction, so that no change waits long for a sweep.
const SWEEP_MAX: i64 = 50_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// One log entry with the invocation that it belongs to.
pub(crate) struct LogRow {
    pub(crate) id: i64,
    pub(crate) request_id: String,
    pub(crate) at: u64,
    pub(crate) level: String,
    pub(crate) message: String,
    pub(crate) extras: String,
    pub(crate) outcome: String,
}

/// Which log entries are wanted.
#[derive(Debug, Clone)]
pub(crate) struct LogFilter {
    pub(crate) lambda: i64,
    /// Only entries after that one; without it, the latest ones.
    pub(crate) after: Option<i64>,
    pub(crate) request_id: Option<String>,
    pub(crate) limit: u32,
}

/// Writes entries in one transaction.
pub(super) fn write(connection: &mut Connection, entries: &[Entry]) -> rusqlite::Result<()> {
    let tx = connection.transaction()?;
    {
        let mut invocation = tx.prepare_cached(
            "INSERT INTO invocations (lambda, version, request_id, at, outcome, wall_us, cpu_us,
                                      fuel, memory_peak, http_requests)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        let mut log = tx.prepare_cached(
            "INSERT INTO logs (invocation, lambda, request_id, at, level, message, extras, outcome)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for entry in entries {
            let usage = &entry.usage;
            let id = invocation.insert(params![
                entry.lambda,
                entry.version as i64,
                entry.request_id.as_str(),
                entry.at as i64,
                entry.outcome,
                usage.wall.as_micros() as i64,
                usage.cpu.as_micros() as i64,
                usage.fuel as i64,
                usage.memory_peak as i64,
                usage.http_requests,
            ])?;
            for line in &entry.logs {
                log.execute(params![
                    id,
                    entry.lambda,
                    entry.request_id.as_str(),
                    line.timestamp as i64,
                    line.level.as_str(),
                    line.message,
                    line.extras.get(),
                    entry.outcome,
                ])?;
            }
        }
    }
    tx.commit()
}

/// Deletes what is kept no longer; whether there is more to delete.
pub(super) fn sweep(connection: &mut Connection, keep: &JournalConfig) -> rusqlite::Result<bool> {
    let tx = connection.transaction()?;
    let cutoff = now_ms().saturating_sub(u64::from(keep.retention_days) * DAY_MS) as i64;
    let Some((first, last)) = bounds(&tx)? else {
        return Ok(false);
    };
    // Ids grow with time, so the first invocation that is young enough ends the old ones.
    let young = "SELECT id FROM invocations WHERE at >= ?1 ORDER BY id LIMIT 1";
    let young: Option<i64> = tx.query_row(young, [cutoff], |row| row.get(0)).optional()?;
    let kept_max = i64::try_from(keep.invocations_max).unwrap_or(i64::MAX);
    let boundary = young
        .unwrap_or(last + 1)
        .max(last.saturating_sub(kept_max) + 1);
    let step = boundary.min(first + SWEEP_MAX);
    if step > first {
        tx.execute("DELETE FROM invocations WHERE id < ?1", [step])?;
        tx.execute("DELETE FROM logs WHERE invocation < ?1", [step])?;
    }
    tx.commit()?;
    Ok(step < boundary)
}

fn bounds(connection: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql = "SELECT (SELECT min(id) FROM invocations), (SELECT max(id) FROM invocations)";
    connection.query_row(sql, [], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?))
    })
}

/// The log entries of one lambda, oldest first.
pub(crate) fn logs(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Vec<LogRow>> {
    let order = if filter.after.is_some() {
        "ASC"
    } else {
        "DESC"
    };
    let sql = format!(
        "SELECT id, request_id, at, level, message, extras, outcome FROM logs
         WHERE lambda = ?1 AND id > ?2 AND (?3 IS NULL OR request_id = ?3)
         ORDER BY id {order} LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(LogRow {
            id: row.get(0)?,
            request_id: row.get(1)?,
            at: row.get::<_, i64>(2)?.cast_unsigned(),
            level: row.get(3)?,
            message: row.get(4)?,
            extras: row.get(5)?,
            outcome: row.get(6)?,
        })
    };
    let after = filter.after.unwrap_or(0);
    let wanted = params![filter.lambda, after, filter.request_id, filter.limit];
    let mut rows: Vec<_> = statement
        .query_map(wanted, row)?
        .collect::<Result<_, _>>()?;
    if filter.after.is_none() {
        rows.reverse();
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use sandglass_runtime::{LogEntry, LogLevel, Usage};

    use super::*;

    fn entry(number: u64, at: u64) -> Entry {
        let line = LogEntry {
            level: LogLevel::Info,
            message: format!("message {number}"),
            extras: serde_json::value::RawValue::from_string("[1]".to_owned()).unwrap(),
            timestamp: at,
        };
        Entry {
            lambda: 1,
            version: 1,
            request_id: format!("r{number}").parse().unwrap(),
            at,
            outcome: "returned",
            usage: Usage::default(),
            logs: vec![line],
        }
    }

    fn database(entries: &[Entry]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut connection).unwrap();
        write(&mut connection, entries).unwrap();
        connection
    }

    fn ids(connection: &Connection, filter: LogFilter) -> Vec<i64> {
        logs(connection, &filter)
            .unwrap()
            .iter()
            .map(|row| row.id)
            .collect()
    }

    #[test]
    fn logs_come_oldest_first_and_can_be_followed() {
        let entries: Vec<_> = (1..=5).map(|number| entry(number, number)).collect();
        let connection = database(&entries);
        let all = LogFilter {
            lambda: 1,
            after: None,
            request_id: None,
            limit: 3,
        };
        assert_eq!(ids(&connection, all.clone()), [3, 4, 5]);
        assert_eq!(
            ids(
                &connection,
                LogFilter {
                    after: Some(1),
                    ..all.clone()
                }
            ),
            [2, 3, 4]
        );
        let one = LogFilter {
            request_id: Some("r2".to_owned()),
            ..all.clone()
        };
        assert_eq!(ids(&connection, one), [2]);
        assert!(ids(&connection, LogFilter { lambda: 2, ..all }).is_empty());
    }

    #[test]
    fn a_sweep_keeps_the_young_and_no_more_than_the_maximum() {
        let now = now_ms();
        let mut entries: Vec<_> = (1..=3).map(|number| entry(number, 1)).collect();
        entries.extend((4..=10).map(|number| entry(number, now)));
        let mut connection = database(&entries);
        let all = LogFilter {
            lambda: 1,
            after: Some(0),
            request_id: None,
            limit: 100,
        };
        let keep = JournalConfig {
            invocations_max: 100,
            ..JournalConfig::default()
        };
        assert!(!sweep(&mut connection, &keep).unwrap());
        assert_eq!(ids(&connection, all.clone()), (4..=10).collect::<Vec<_>>());
        let keep = JournalConfig {
            invocations_max: 2,
            ..JournalConfig::default()
        };
        assert!(!sweep(&mut connection, &keep).unwrap());
        assert_eq!(ids(&connection, all), [9, 10]);
    }
}
