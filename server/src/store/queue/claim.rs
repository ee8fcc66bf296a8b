//! Which invocations may run now?

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use super::Kept;
use crate::admission::Sharing;

/// An invocation whose turn it is.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) account: i64,
    pub(crate) lambda: String,
    pub(crate) request_id: String,
    pub(crate) body: Kept,
    /// Attempts, this one included.
    pub(crate) attempts: u32,
    pub(crate) retries: u32,
    pub(crate) traceparent: Option<String>,
    pub(crate) tracestate: Option<String>,
}

/// What there is room for, and who has how much of it.
#[derive(Debug)]
pub(crate) struct ClaimRoom {
    pub(crate) free: usize,
    /// By account.
    pub(crate) held: HashMap<i64, u64>,
    pub(crate) sharing: Sharing,
}

impl ClaimRoom {
    /// Whether the account gets a place.
    fn take(&mut self, account: i64) -> bool {
        let held = self.held.entry(account).or_default();
        let lets = self.sharing.lets(*held, self.free as u64);
        if lets {
            *held += 1;
            self.free -= 1;
        }
        lets
    }
}

/// Takes the invocations that are due and have room, of each account in turn, beginning after the
/// account `after`.
pub(crate) fn claim(
    tx: &Connection,
    now: u64,
    mut room: ClaimRoom,
    after: i64,
) -> rusqlite::Result<Vec<Claimed>> {
    let mut lines = Vec::new();
    for account in accounts_waiting(tx, now, after)? {
        lines.push((account, due(tx, account, now, room.free)?.into_iter()));
    }
    let mut claimed = Vec::new();
    while !lines.is_empty() {
        lines.retain_mut(|(account, line)| {
            // There is never more room than before, so who gets none now gets none later.
            let next = match line.len() {
                0 => None,
                _ => room.take(*account).then(|| line.next()).flatten(),
            };
            claimed.extend(next);
            next.is_some()
        });
    }
    let sql = format!(
        "UPDATE queue SET state = 'running', attempts = attempts + 1 WHERE id = ?1
         RETURNING {CLAIMED}"
    );
    let mut begin = tx.prepare_cached(&sql)?;
    let claimed = claimed.into_iter();
    claimed
        .map(|id| begin.query_row([id], claimed_row))
        .collect()
}

pub(super) const CLAIMED: &str =
    "id, uuid, account, lambda, request_id, body, sealed_body, attempts, retries,
                       traceparent, tracestate";

pub(super) fn claimed_row(row: &Row<'_>) -> rusqlite::Result<Claimed> {
    Ok(Claimed {
        id: row.get(0)?,
        uuid: row.get(1)?,
        account: row.get(2)?,
        lambda: row.get(3)?,
        request_id: row.get(4)?,
        body: Kept::read(row, (5, 6))?.unwrap_or_else(|| Kept::Plain(String::new())),
        attempts: row.get(7)?,
        retries: row.get(8)?,
        traceparent: row.get(9)?,
        tracestate: row.get(10)?,
    })
}

/// The accounts for which something is due, from the one after `after` on and around. Skips from
/// account to account, so that a long queue of one costs nothing.
fn accounts_waiting(tx: &Connection, now: u64, after: i64) -> rusqlite::Result<Vec<i64>> {
    let sql = "WITH RECURSIVE found (account) AS (
                   SELECT min(account) FROM queue WHERE state = 'waiting'
                   UNION ALL
                   SELECT (SELECT min(account) FROM queue
                           WHERE state = 'waiting' AND account > found.account)
                   FROM found WHERE account IS NOT NULL
               )
               SELECT account FROM found WHERE account IS NOT NULL
                   AND (SELECT min(due_at) FROM queue
                        WHERE state = 'waiting' AND queue.account = found.account) <= ?1
               ORDER BY account <= ?2, account";
    let mut statement = tx.prepare_cached(sql)?;
    let accounts = statement.query_map(params![now as i64, after], |row| row.get(0))?;
    accounts.collect()
}

fn due(tx: &Connection, account: i64, now: u64, most: usize) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT id FROM queue WHERE state = 'waiting' AND account = ?1 AND due_at <= ?2
               ORDER BY due_at, id LIMIT ?3";
    let mut statement = tx.prepare_cached(sql)?;
    let ids = statement.query_map(params![account, now as i64, most as i64], |row| row.get(0))?;
    ids.collect()
}

/// When the next invocation is due that is not due yet.
pub(crate) fn next_due(connection: &Connection, now: u64) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT min(due_at) FROM queue WHERE state = 'waiting' AND due_at > ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let due_at: Option<i64> = statement.query_row([now as i64], |row| row.get(0))?;
    Ok(due_at.map(i64::cast_unsigned))
}
