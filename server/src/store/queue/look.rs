//! What became of an invocation that is kept, and what can somebody do about it?

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::schedules;
use super::Kept;

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
    pub(crate) answer: Option<Kept>,
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

const SELECT: &str = "SELECT uuid, lambda, request_id, state, attempts, retries, accepted_at,
                             due_at, ended_at, expires_at, status, answer, answer_bytes,
                             sealed_answer
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
        answer: Kept::read(row, (11, 13))?,
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
