//! How are invocations kept that nobody waits for?
//!
//! A row is `waiting` until it is claimed, `running` while an attempt is under way, and then
//! `succeeded`, `dead` or `waiting` again. Triggers keep the sums of each account, so that no bound
//! costs a count.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::schedules;

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
    pub(crate) body: String,
    pub(crate) retries: u32,
    pub(crate) at: u64,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Enqueued {
    Added,
    /// The same request is kept already, by that UUID.
    Known(String),
    /// The account has too many, or too large ones.
    Full,
}

/// An invocation whose turn it is.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) account: i64,
    pub(crate) lambda: String,
    pub(crate) request_id: String,
    pub(crate) body: String,
    /// Attempts, this one included.
    pub(crate) attempts: u32,
    pub(crate) retries: u32,
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
    pub(crate) json: Option<String>,
    pub(crate) bytes: u64,
}

impl KeptAnswer {
    fn kept(&self) -> usize {
        self.json.as_ref().map_or(0, String::len)
    }
}

/// An invocation as it is looked at.
#[derive(Debug, Clone)]
pub(crate) struct QueueRow {
    pub(crate) uuid: String,
    pub(crate) lambda: String,
    pub(crate) request_id: String,
    pub(crate) state: String,
    pub(crate) attempts: u32,
    pub(crate) retries: u32,
    pub(crate) accepted_at: u64,
    pub(crate) due_at: u64,
    pub(crate) ended_at: Option<u64>,
    pub(crate) expires_at: Option<u64>,
    pub(crate) status: Option<u16>,
    pub(crate) answer: Option<String>,
    pub(crate) answer_bytes: Option<u64>,
}

/// Which invocations of an account are wanted, newest first.
#[derive(Debug, Clone)]
pub(crate) struct QueueFilter {
    pub(crate) account: i64,
    pub(crate) state: Option<&'static str>,
    /// Only older ones than that.
    pub(crate) before: Option<String>,
    pub(crate) limit: u32,
}

/// What came of a change that somebody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueueChange {
    Done,
    Missing,
    /// It is in no state for that.
    WrongState,
}

/// Keeps an invocation, unless it is kept already or the account has too much.
pub(crate) fn enqueue(
    tx: &Connection,
    new: &NewQueued,
    pending_max: u64,
    bytes_max: u64,
) -> rusqlite::Result<Enqueued> {
    if let Some(key) = new.key {
        let sql = "SELECT uuid FROM queue WHERE account = ?1 AND key = ?2";
        let known = tx.query_row(sql, params![new.account, key], |row| row.get(0));
        if let Some(uuid) = known.optional()? {
            return Ok(Enqueued::Known(uuid));
        }
    }
    let (pending, bytes) = sums(tx, new.account)?;
    if pending >= pending_max || bytes + new.body.len() as u64 > bytes_max {
        return Ok(Enqueued::Full);
    }
    let sql = "INSERT INTO queue (uuid, account, lambda, request_id, key, body, state, retries,
                                  accepted_at, due_at, bytes)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?8, ?8, ?9)";
    tx.prepare_cached(sql)?.execute(params![
        new.uuid,
        new.account,
        new.lambda,
        new.request_id,
        new.key,
        new.body,
        new.retries,
        new.at as i64,
        new.body.len() as i64,
    ])?;
    Ok(Enqueued::Added)
}

/// The invocations of an account that wait or run, and the bytes of all.
fn sums(connection: &Connection, account: i64) -> rusqlite::Result<(u64, u64)> {
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

/// Takes up to `room` invocations that are due, of each account in turn, beginning after the
/// account `after`.
pub(crate) fn claim(
    tx: &Connection,
    now: u64,
    room: usize,
    after: i64,
) -> rusqlite::Result<Vec<Claimed>> {
    let mut lines = Vec::new();
    for account in accounts_waiting(tx, now, after)? {
        lines.push(due(tx, account, now, room)?.into_iter());
    }
    let mut claimed = Vec::new();
    while claimed.len() < room && !lines.is_empty() {
        lines.retain_mut(|line| {
            let next = line.next();
            claimed.extend(next);
            next.is_some()
        });
    }
    claimed.truncate(room);
    let mut begin = tx.prepare_cached(
        "UPDATE queue SET state = 'running', attempts = attempts + 1 WHERE id = ?1
         RETURNING id, uuid, account, lambda, request_id, body, attempts, retries",
    )?;
    let claimed = claimed.into_iter();
    claimed
        .map(|id| begin.query_row([id], claimed_row))
        .collect()
}

fn claimed_row(row: &Row<'_>) -> rusqlite::Result<Claimed> {
    Ok(Claimed {
        id: row.get(0)?,
        uuid: row.get(1)?,
        account: row.get(2)?,
        lambda: row.get(3)?,
        request_id: row.get(4)?,
        body: row.get(5)?,
        attempts: row.get(6)?,
        retries: row.get(7)?,
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

/// When the next invocation is due.
pub(crate) fn next_due(connection: &Connection) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT min(due_at) FROM queue WHERE state = 'waiting'";
    let mut statement = connection.prepare_cached(sql)?;
    let due_at: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(due_at.map(i64::cast_unsigned))
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
            let sql = "UPDATE queue SET body = '', bytes = ?2 WHERE id = ?1";
            tx.execute(sql, params![row.id, answer.kept() as i64])?;
            settle(tx, row, ("succeeded", now, now + keep_ms), answer)
        }
        Ending::Dead { answer, keep_ms } => {
            let kept = answer.kept() + row.body.len();
            let sql = "UPDATE queue SET bytes = ?2 WHERE id = ?1";
            tx.execute(sql, params![row.id, kept as i64])?;
            settle(tx, row, ("dead", now, now + keep_ms), answer)
        }
        Ending::Retry { answer, due_at } => {
            let sql = "UPDATE queue SET state = 'waiting', due_at = ?2, status = ?3, answer = ?4,
                           answer_bytes = ?5, bytes = ?6
                       WHERE id = ?1";
            let kept = (answer.kept() + row.body.len()) as i64;
            let (due_at, bytes) = (*due_at as i64, answer.bytes as i64);
            let KeptAnswer { status, json, .. } = answer;
            tx.execute(sql, params![row.id, due_at, status, json, bytes, kept])
                .map(drop)
        }
        Ending::Postponed { due_at } => {
            let sql = "UPDATE queue SET state = 'waiting', due_at = ?2, attempts = attempts - 1
                       WHERE id = ?1";
            tx.execute(sql, params![row.id, *due_at as i64]).map(drop)
        }
    }
}

fn settle(
    tx: &Connection,
    row: &Claimed,
    (state, now, expires_at): (&str, u64, u64),
    answer: &KeptAnswer,
) -> rusqlite::Result<()> {
    let sql =
        "UPDATE queue SET state = ?2, ended_at = ?3, expires_at = ?4, status = ?5, answer = ?6,
                   answer_bytes = ?7
               WHERE id = ?1";
    let (at, until) = (now as i64, expires_at as i64);
    tx.execute(
        sql,
        params![
            row.id,
            state,
            at,
            until,
            answer.status,
            answer.json,
            answer.bytes as i64
        ],
    )?;
    schedules::run_ended(tx, &row.uuid, state == "succeeded", now)
}

/// After a start: what ran when the last server ended waits again, its attempt not counted. What
/// was interrupted too often is dead, since it may be what ends servers. Returns how many there
/// were.
pub(crate) fn recover(
    tx: &Connection,
    now: u64,
    interruptions_max: u32,
    dead: &KeptAnswer,
    keep_ms: u64,
) -> rusqlite::Result<usize> {
    let mut statement = tx.prepare(
        "SELECT id, uuid, account, lambda, request_id, body, attempts, retries, interruptions
         FROM queue WHERE state = 'running'",
    )?;
    let rows = statement.query_map([], |row| Ok((claimed_row(row)?, row.get::<_, u32>(8)?)))?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    for (row, interruptions) in &rows {
        if *interruptions >= interruptions_max {
            let kept = dead.kept() + row.body.len();
            let sql = "UPDATE queue SET bytes = ?2 WHERE id = ?1";
            tx.execute(sql, params![row.id, kept as i64])?;
            settle(tx, row, ("dead", now, now + keep_ms), dead)?;
        } else {
            let sql = "UPDATE queue SET state = 'waiting', due_at = ?2, attempts = attempts - 1,
                           interruptions = interruptions + 1
                       WHERE id = ?1";
            tx.execute(sql, params![row.id, now as i64])?;
        }
    }
    Ok(rows.len())
}

const SELECT: &str = "SELECT uuid, lambda, request_id, state, attempts, retries, accepted_at,
                             due_at, ended_at, expires_at, status, answer, answer_bytes
                      FROM queue";

fn read(row: &Row<'_>) -> rusqlite::Result<QueueRow> {
    let time = |index: usize| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let maybe = |index: usize| {
        let value = row.get::<_, Option<i64>>(index)?;
        Ok::<_, rusqlite::Error>(value.map(i64::cast_unsigned))
    };
    Ok(QueueRow {
        uuid: row.get(0)?,
        lambda: row.get(1)?,
        request_id: row.get(2)?,
        state: row.get(3)?,
        attempts: row.get(4)?,
        retries: row.get(5)?,
        accepted_at: time(6)?,
        due_at: time(7)?,
        ended_at: maybe(8)?,
        expires_at: maybe(9)?,
        status: row.get(10)?,
        answer: row.get(11)?,
        answer_bytes: maybe(12)?,
    })
}

/// One invocation of an account.
pub(crate) fn queued(
    connection: &Connection,
    account: i64,
    uuid: &str,
) -> rusqlite::Result<Option<QueueRow>> {
    let sql = format!("{SELECT} WHERE account = ?1 AND uuid = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row(params![account, uuid], read).optional()
}

/// Invocations of an account, newest first, without their answers.
pub(crate) fn list_queue(
    connection: &Connection,
    filter: &QueueFilter,
) -> rusqlite::Result<Vec<QueueRow>> {
    let state = match filter.state {
        Some(_) => "state = ?2",
        None => "?2 IS NULL",
    };
    let sql = format!(
        "{SELECT} WHERE account = ?1 AND {state}
             AND id < coalesce((SELECT id FROM queue WHERE uuid = ?3), 9223372036854775807)
         ORDER BY id DESC LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let QueueFilter {
        account,
        state,
        before,
        limit,
    } = filter;
    let rows = statement.query_map(params![account, state, before, limit], read)?;
    rows.collect()
}

/// Tries a dead letter again, with all of its attempts.
pub(crate) fn redrive(
    tx: &Connection,
    account: i64,
    uuid: &str,
    now: u64,
) -> rusqlite::Result<QueueChange> {
    let sql = "UPDATE queue SET state = 'waiting', due_at = ?3, attempts = 0, interruptions = 0,
                   ended_at = NULL, expires_at = NULL
               WHERE account = ?1 AND uuid = ?2 AND state = 'dead'";
    let changed = tx.execute(sql, params![account, uuid, now as i64])?;
    outcome(tx, account, uuid, changed)
}

/// Deletes an invocation that does not run.
pub(crate) fn delete_queued(
    tx: &Connection,
    account: i64,
    uuid: &str,
    now: u64,
) -> rusqlite::Result<QueueChange> {
    let sql = "DELETE FROM queue WHERE account = ?1 AND uuid = ?2 AND state <> 'running'";
    match tx.execute(sql, params![account, uuid])? {
        0 => outcome(tx, account, uuid, 0),
        _ => {
            schedules::run_ended(tx, uuid, false, now)?;
            Ok(QueueChange::Done)
        }
    }
}

fn outcome(
    tx: &Connection,
    account: i64,
    uuid: &str,
    changed: usize,
) -> rusqlite::Result<QueueChange> {
    if changed > 0 {
        return Ok(QueueChange::Done);
    }
    Ok(match queued(tx, account, uuid)? {
        Some(_) => QueueChange::WrongState,
        None => QueueChange::Missing,
    })
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
