//! What of the past is kept no longer?
//!
//! Deleted in small batches, so that no change waits long for one.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::rollup::BUCKET_MS;
use super::{ENTRY_BYTES, MINUTE_MS};
use crate::clock::now_ms;
use crate::config::JournalConfig;

/// Rows deleted of a table in one transaction.
const BATCH: i64 = 2_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Deletes some of what is kept no longer; whether there is more to delete.
pub(in crate::store) fn sweep(
    connection: &mut Connection,
    keep: &JournalConfig,
) -> rusqlite::Result<bool> {
    let tx = connection.transaction()?;
    let cutoff = now_ms().saturating_sub(u64::from(keep.retention_days) * DAY_MS);
    let mut more = sweep_invocations(&tx, keep, cutoff)?;
    more |= sweep_logs(&tx, keep, cutoff)?;
    more |= sweep_rollups(&tx, keep)?;
    tx.commit()?;
    Ok(more)
}

fn sweep_invocations(
    tx: &Transaction<'_>,
    keep: &JournalConfig,
    cutoff: u64,
) -> rusqlite::Result<bool> {
    let Some((first, last)) = bounds(tx)? else {
        return Ok(false);
    };
    // Ids grow with time, so the first invocation that is young enough ends the old ones.
    let young = "SELECT id FROM invocations WHERE at >= ?1 ORDER BY id LIMIT 1";
    let young: Option<i64> = tx
        .query_row(young, [cutoff as i64], |row| row.get(0))
        .optional()?;
    let kept_max = i64::try_from(keep.invocations_max).unwrap_or(i64::MAX);
    let boundary = young
        .unwrap_or(last + 1)
        .max(last.saturating_sub(kept_max) + 1);
    let step = boundary.min(first + BATCH);
    if step > first {
        tx.execute("DELETE FROM invocations WHERE id < ?1", [step])?;
    }
    Ok(step < boundary)
}

fn bounds(connection: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql = "SELECT (SELECT min(id) FROM invocations), (SELECT max(id) FROM invocations)";
    connection.query_row(sql, [], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?))
    })
}

/// Log entries go with their invocation, or before it when they take too much room together.
fn sweep_logs(tx: &Transaction<'_>, keep: &JournalConfig, cutoff: u64) -> rusqlite::Result<bool> {
    let kept = "SELECT coalesce(min(id), 9223372036854775807) FROM invocations";
    let kept: i64 = tx.query_row(kept, [], |row| row.get(0))?;
    let bytes = "SELECT coalesce(sum(bytes), 0) FROM log_minutes";
    let bytes: i64 = tx.query_row(bytes, [], |row| row.get(0))?;
    let mut excess = bytes
        .cast_unsigned()
        .saturating_sub(keep.logs_bytes_max.get());
    let mut oldest = tx.prepare_cached(
        "SELECT id, invocation, at, octet_length(message) + octet_length(extras) FROM logs
         ORDER BY id LIMIT ?1",
    )?;
    let mut rows = oldest.query([BATCH])?;
    let (mut boundary, mut count) = (0, 0);
    let mut minutes: BTreeMap<i64, u64> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (id, invocation): (i64, i64) = (row.get(0)?, row.get(1)?);
        let at = row.get::<_, i64>(2)?.cast_unsigned();
        if invocation >= kept && at >= cutoff && excess == 0 {
            break;
        }
        let bytes = row.get::<_, i64>(3)?.cast_unsigned() + ENTRY_BYTES;
        excess = excess.saturating_sub(bytes);
        *minutes.entry((at / MINUTE_MS) as i64).or_default() += bytes;
        (boundary, count) = (id + 1, count + 1);
    }
    if count > 0 {
        delete_logs(tx, boundary, &minutes)?;
    }
    Ok(count == BATCH)
}

fn delete_logs(
    tx: &Transaction<'_>,
    boundary: i64,
    minutes: &BTreeMap<i64, u64>,
) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM logs WHERE id < ?1", [boundary])?;
    tx.execute("DELETE FROM logs_text WHERE rowid < ?1", [boundary])?;
    let mut less = tx.prepare_cached(
        "UPDATE log_minutes SET bytes = max(0, bytes - ?2), first = max(first, ?3)
         WHERE minute = ?1",
    )?;
    for (minute, bytes) in minutes {
        less.execute(params![minute, *bytes as i64, boundary])?;
    }
    tx.execute("DELETE FROM log_minutes WHERE last < ?1", [boundary])?;
    Ok(())
}

fn sweep_rollups(tx: &Transaction<'_>, keep: &JournalConfig) -> rusqlite::Result<bool> {
    let cutoff = now_ms().saturating_sub(u64::from(keep.reports_days) * DAY_MS) / BUCKET_MS;
    let deleted = tx.execute(
        "DELETE FROM rollups WHERE (account, lambda, bucket) IN
             (SELECT account, lambda, bucket FROM rollups WHERE bucket < ?1 LIMIT ?2)",
        params![cutoff as i64, BATCH],
    )?;
    Ok(deleted as i64 == BATCH)
}
