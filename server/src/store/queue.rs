//! How are invocations kept that nobody waits for?
//!
//! A row is `waiting` until it is claimed, `running` while an attempt is under way, and then
//! `succeeded`, `dead` or `waiting` again. Triggers keep the sums of each account, so that no bound
//! costs a count. Texts are sealed before they come here; what a release before sealed nothing of is
//! readable until [`unsealed`] has found it.

mod claim;
mod kept;
mod look;

use rusqlite::{Connection, OptionalExtension, params};

use super::schedules;
use claim::{CLAIMED, claimed_row};
pub(crate) use claim::{ClaimRoom, Claimed, claim, next_due};
pub(crate) use kept::{Kept, Unsealed, put_sealed, unsealed};
pub(crate) use look::{
    QueueChange, QueueFilter, QueueRow, delete_queued, list_queue, queued, redrive,
};

/// Rows removed in one transaction, so that no change waits long for a sweep.
const SWEEP_MAX: u32 = 1_000;

/// The tables.
pub(super) const TABLES: &str = "
    CREATE TABLE queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid TEXT NOT NULL UNIQUE,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        lambda TEXT NOT NULL,
        request_id TEXT NOT NULL,
        key BLOB,
        body TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        interruptions INTEGER NOT NULL DEFAULT 0,
        retries INTEGER NOT NULL,
        accepted_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        ended_at INTEGER,
        expires_at INTEGER,
        status INTEGER,
        answer TEXT,
        answer_bytes INTEGER,
        bytes INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX queue_by_key ON queue (account, key) WHERE key IS NOT NULL;
    CREATE INDEX queue_by_account ON queue (account, id);
    CREATE INDEX queue_by_state ON queue (account, state, id);
    CREATE INDEX queue_due_by_account ON queue (account, due_at) WHERE state = 'waiting';
    CREATE INDEX queue_due ON queue (due_at) WHERE state = 'waiting';
    CREATE INDEX queue_running ON queue (id) WHERE state = 'running';
    CREATE INDEX queue_expiring ON queue (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE queue_sums (
        account INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
        pending INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT;
    CREATE TRIGGER queue_added AFTER INSERT ON queue BEGIN
        INSERT INTO queue_sums (account, pending, bytes)
        VALUES (new.account, new.state IN ('waiting', 'running'), new.bytes)
        ON CONFLICT (account) DO UPDATE
        SET pending = pending + excluded.pending, bytes = bytes + excluded.bytes;
    END;
    CREATE TRIGGER queue_changed AFTER UPDATE OF state, bytes ON queue BEGIN
        UPDATE queue_sums SET bytes = bytes + new.bytes - old.bytes,
            pending = pending + (new.state IN ('waiting', 'running'))
                              - (old.state IN ('waiting', 'running'))
        WHERE account = new.account;
    END;
    CREATE TRIGGER queue_removed AFTER DELETE ON queue BEGIN
        UPDATE queue_sums SET bytes = bytes - old.bytes,
            pending = pending - (old.state IN ('waiting', 'running'))
        WHERE account = old.account;
    END;
";

/// What came with sealed texts and traces.
pub(super) const SEALED: &str = "
    ALTER TABLE queue ADD COLUMN sealed_body BLOB;
    ALTER TABLE queue ADD COLUMN sealed_answer BLOB;
    ALTER TABLE queue ADD COLUMN traceparent TEXT;
    ALTER TABLE queue ADD COLUMN tracestate TEXT;
";

/// An invocation to be kept.
#[derive(Debug)]
pub(crate) struct NewQueued {
    pub(crate) uuid: String,
    pub(crate) account: i64,
    /// The lambda's UUID.
    pub(crate) lambda: String,
    pub(crate) request_id: String,
    /// What makes the request this one, when its caller gave it an id.
    pub(crate) key: Option<[u8; 32]>,
    pub(crate) body: Kept,
    pub(crate) retries: u32,
    pub(crate) at: u64,
    /// The trace that it is a part of (W3C Trace Context).
    pub(crate) traceparent: Option<String>,
    pub(crate) tracestate: Option<String>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Enqueued {
    Added,
    /// The same request is kept already, by these UUIDs.
    Known(Vec<KnownQueued>),
    /// The account has too many, or too large ones.
    Full,
}

/// An invocation that is kept already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KnownQueued {
    pub(crate) uuid: String,
    pub(crate) lambda: String,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// For good: the answer and until when it is kept.
    Succeeded { answer: KeptAnswer, keep_ms: u64 },
    /// For good, after the last attempt.
    Dead { answer: KeptAnswer, keep_ms: u64 },
    /// To be tried again at that time.
    Retry { answer: KeptAnswer, due_at: u64 },
    /// It did not even begin: to be tried at that time, as if nothing had been.
    Postponed { due_at: u64 },
}

/// An answer as it is kept.
#[derive(Debug)]
pub(crate) struct KeptAnswer {
    pub(crate) status: u16,
    /// JSON; `None` when it is too large to be kept.
    pub(crate) json: Option<Kept>,
    pub(crate) bytes: u64,
}

impl KeptAnswer {
    fn kept(&self) -> u64 {
        self.json.as_ref().map_or(0, Kept::bytes)
    }
}

/// Keeps the invocations of one request, all of one account, unless one of them is kept already or
/// the account would have too much.
pub(crate) fn enqueue(
    tx: &Connection,
    new: &[NewQueued],
    pending_max: u64,
    bytes_max: u64,
) -> rusqlite::Result<Enqueued> {
    let Some(first) = new.first() else {
        return Ok(Enqueued::Added);
    };
    let known = known(tx, new)?;
    if !known.is_empty() {
        return Ok(Enqueued::Known(known));
    }
    let (pending, bytes) = queue_sums(tx, first.account)?;
    let more: u64 = new.iter().map(|new| new.body.bytes()).sum();
    if pending + new.len() as u64 > pending_max || bytes + more > bytes_max {
        return Ok(Enqueued::Full);
    }
    for new in new {
        add(tx, new)?;
    }
    Ok(Enqueued::Added)
}

fn known(tx: &Connection, new: &[NewQueued]) -> rusqlite::Result<Vec<KnownQueued>> {
    let sql = "SELECT uuid, lambda FROM queue WHERE account = ?1 AND key = ?2";
    let mut statement = tx.prepare_cached(sql)?;
    let keyed = new.iter().filter(|new| new.key.is_some());
    let known = keyed.filter_map(|new| {
        let found = statement.query_row(params![new.account, new.key], |row| {
            Ok(KnownQueued {
                uuid: row.get(0)?,
                lambda: row.get(1)?,
            })
        });
        found.optional().transpose()
    });
    known.collect()
}

fn add(tx: &Connection, new: &NewQueued) -> rusqlite::Result<()> {
    let sql = "INSERT INTO queue (uuid, account, lambda, request_id, key, body, sealed_body, state,
                                  retries, accepted_at, due_at, bytes, traceparent, tracestate)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', ?8, ?9, ?9, ?10, ?11, ?12)";
    let (plain, sealed) = new.body.columns();
    let added = tx.prepare_cached(sql)?.execute(params![
        new.uuid,
        new.account,
        new.lambda,
        new.request_id,
        new.key,
        plain.unwrap_or_default(),
        sealed,
        new.retries,
        new.at as i64,
        new.body.bytes() as i64,
        new.traceparent,
        new.tracestate,
    ]);
    added.map(drop)
}

/// The invocations of an account that wait or run, and the bytes of all.
pub(crate) fn queue_sums(connection: &Connection, account: i64) -> rusqlite::Result<(u64, u64)> {
    let sql = "SELECT pending, bytes FROM queue_sums WHERE account = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let sums = statement.query_row([account], |row| {
        Ok((
            row.get::<_, i64>(0)?.cast_unsigned(),
            row.get::<_, i64>(1)?.cast_unsigned(),
        ))
    });
    Ok(sums.optional()?.unwrap_or((0, 0)))
}

/// Notes how an attempt ended.
pub(crate) fn end(
    tx: &Connection,
    row: &Claimed,
    ending: &Ending,
    now: u64,
) -> rusqlite::Result<()> {
    match ending {
        Ending::Succeeded { answer, keep_ms } => {
            // Its body is of no more use.
            let sql = "UPDATE queue SET body = '', sealed_body = NULL WHERE id = ?1";
            tx.execute(sql, [row.id])?;
            note(tx, row.id, answer, answer.kept())?;
            settle(tx, row, ("succeeded", now, now + keep_ms))
        }
        Ending::Dead { answer, keep_ms } => {
            note(tx, row.id, answer, answer.kept() + row.body.bytes())?;
            settle(tx, row, ("dead", now, now + keep_ms))
        }
        Ending::Retry { answer, due_at } => {
            note(tx, row.id, answer, answer.kept() + row.body.bytes())?;
            let sql = "UPDATE queue SET state = 'waiting', due_at = ?2 WHERE id = ?1";
            tx.execute(sql, params![row.id, *due_at as i64]).map(drop)
        }
        Ending::Postponed { due_at } => {
            let sql = "UPDATE queue SET state = 'waiting', due_at = ?2, attempts = attempts - 1
                       WHERE id = ?1";
            tx.execute(sql, params![row.id, *due_at as i64]).map(drop)
        }
    }
}

/// Notes the answer of an attempt, and how much is kept of the invocation now.
fn note(tx: &Connection, id: i64, answer: &KeptAnswer, bytes: u64) -> rusqlite::Result<()> {
    let sql = "UPDATE queue SET status = ?2, answer = ?3, sealed_answer = ?4, answer_bytes = ?5,
                   bytes = ?6
               WHERE id = ?1";
    let (plain, sealed) = match &answer.json {
        Some(json) => json.columns(),
        None => (None, None),
    };
    let noted = tx.prepare_cached(sql)?.execute(params![
        id,
        answer.status,
        plain,
        sealed,
        answer.bytes as i64,
        bytes as i64,
    ]);
    noted.map(drop)
}

fn settle(
    tx: &Connection,
    row: &Claimed,
    (state, now, expires_at): (&str, u64, u64),
) -> rusqlite::Result<()> {
    let sql = "UPDATE queue SET state = ?2, ended_at = ?3, expires_at = ?4 WHERE id = ?1";
    let (at, until) = (now as i64, expires_at as i64);
    tx.execute(sql, params![row.id, state, at, until])?;
    schedules::run_ended(tx, &row.uuid, state == "succeeded", now)
}

/// After a start: what ran when the last server ended waits again, its attempt not counted. What
/// was interrupted too often is dead, since it may be what ends servers. Returns how many there
/// were.
pub(crate) fn recover(
    tx: &Connection,
    now: u64,
    interruptions_max: u32,
    dead: impl Fn(&Claimed) -> KeptAnswer,
    keep_ms: u64,
) -> rusqlite::Result<usize> {
    let sql = format!("SELECT {CLAIMED}, interruptions FROM queue WHERE state = 'running'");
    let mut statement = tx.prepare(&sql)?;
    let rows = statement.query_map([], |row| Ok((claimed_row(row)?, row.get::<_, u32>(11)?)))?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    for (row, interruptions) in &rows {
        if *interruptions >= interruptions_max {
            let answer = dead(row);
            note(tx, row.id, &answer, answer.kept() + row.body.bytes())?;
            settle(tx, row, ("dead", now, now + keep_ms))?;
        } else {
            let sql = "UPDATE queue SET state = 'waiting', due_at = ?2, attempts = attempts - 1,
                           interruptions = interruptions + 1
                       WHERE id = ?1";
            tx.execute(sql, params![row.id, now as i64])?;
        }
    }
    Ok(rows.len())
}

/// Deletes what is kept no longer; whether there may be more to delete.
pub(super) fn sweep(connection: &Connection, now: u64) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM queue WHERE id IN
                   (SELECT id FROM queue WHERE expires_at <= ?1 LIMIT ?2)";
    let deleted = connection.execute(sql, params![now as i64, SWEEP_MAX])?;
    Ok(deleted == SWEEP_MAX as usize)
}

#[cfg(test)]
mod tests;
