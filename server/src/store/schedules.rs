//! How are schedules and their runs kept?
//!
//! A run is a row of the queue, made in the same transaction that moves its schedule on: none is
//! made twice, and none is lost.

use rusqlite::{Connection, OptionalExtension, Row, params};

/// The tables.
pub(super) const TABLES: &str = "
    CREATE TABLE schedules (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid TEXT NOT NULL UNIQUE,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        lambda TEXT NOT NULL REFERENCES lambdas (uuid) ON DELETE CASCADE,
        cron TEXT NOT NULL,
        time_zone TEXT NOT NULL,
        description TEXT NOT NULL,
        headers TEXT NOT NULL,
        payload TEXT NOT NULL,
        active INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        next_at INTEGER,
        last_at INTEGER,
        last_failed INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX schedules_by_account ON schedules (account, id);
    CREATE INDEX schedules_by_lambda ON schedules (lambda);
    CREATE INDEX schedules_due ON schedules (next_at) WHERE active = 1;
    CREATE TABLE schedule_runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        schedule INTEGER NOT NULL REFERENCES schedules ON DELETE CASCADE,
        due_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        note TEXT NOT NULL,
        invocation TEXT,
        ended_at INTEGER
    ) STRICT;
    CREATE INDEX schedule_runs_by_schedule ON schedule_runs (schedule, id);
    CREATE INDEX schedule_runs_by_invocation
        ON schedule_runs (invocation) WHERE invocation IS NOT NULL;
";

/// A schedule.
#[derive(Debug, Clone)]
pub(crate) struct ScheduleRow {
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) account: i64,
    /// The lambda's UUID.
    pub(crate) lambda: String,
    pub(crate) cron: String,
    pub(crate) time_zone: String,
    pub(crate) description: String,
    /// JSON.
    pub(crate) headers: String,
    /// JSON.
    pub(crate) payload: String,
    pub(crate) active: bool,
    pub(crate) created_by: String,
    pub(crate) created_at: u64,
    pub(crate) updated_at: u64,
    pub(crate) next_at: Option<u64>,
    pub(crate) last_at: Option<u64>,
    pub(crate) last_failed: bool,
}

/// What became of one time at which a schedule was due.
#[derive(Debug, Clone)]
pub(crate) struct RunRow {
    pub(crate) due_at: u64,
    /// `started`, `succeeded`, `failed`, `skipped` or `missed`.
    pub(crate) state: String,
    /// For people; empty when there is nothing to say.
    pub(crate) note: String,
    /// The UUID of the invocation, when there was one.
    pub(crate) invocation: Option<String>,
    pub(crate) ended_at: Option<u64>,
}

const SELECT: &str =
    "SELECT id, uuid, account, lambda, cron, time_zone, description, headers, payload,
                             active, created_by, created_at, updated_at, next_at, last_at,
                             last_failed
                      FROM schedules";

fn read(row: &Row<'_>) -> rusqlite::Result<ScheduleRow> {
    let time = |index: usize| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let maybe = |index: usize| {
        let value = row.get::<_, Option<i64>>(index)?;
        Ok::<_, rusqlite::Error>(value.map(i64::cast_unsigned))
    };
    Ok(ScheduleRow {
        id: row.get(0)?,
        uuid: row.get(1)?,
        account: row.get(2)?,
        lambda: row.get(3)?,
        cron: row.get(4)?,
        time_zone: row.get(5)?,
        description: row.get(6)?,
        headers: row.get(7)?,
        payload: row.get(8)?,
        active: row.get(9)?,
        created_by: row.get(10)?,
        created_at: time(11)?,
        updated_at: time(12)?,
        next_at: maybe(13)?,
        last_at: maybe(14)?,
        last_failed: row.get(15)?,
    })
}

/// Adds a schedule unless the account has that many; whether it did.
pub(crate) fn add_schedule(
    tx: &Connection,
    new: &ScheduleRow,
    account_max: u64,
) -> rusqlite::Result<bool> {
    if count_schedules(tx, new.account)? >= account_max {
        return Ok(false);
    }
    let sql = "INSERT INTO schedules (uuid, account, lambda, cron, time_zone, description, headers, payload,
                                      active, created_by, created_at, updated_at, next_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12)";
    tx.execute(
        sql,
        params![
            new.uuid,
            new.account,
            new.lambda,
            new.cron,
            new.time_zone,
            new.description,
            new.headers,
            new.payload,
            new.active,
            new.created_by,
            new.created_at as i64,
            new.next_at.map(u64::cast_signed),
        ],
    )?;
    Ok(true)
}

/// How many schedules an account has.
pub(crate) fn count_schedules(connection: &Connection, account: i64) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM schedules WHERE account = ?1";
    let count: i64 = connection.query_row(sql, [account], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Changes what a user can change of a schedule, and when it is due next if that is said; whether
/// it was there.
pub(crate) fn change_schedule(
    tx: &Connection,
    row: &ScheduleRow,
    next_at: Option<u64>,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE schedules SET cron = ?3, time_zone = ?4, description = ?5, headers = ?6,
                   payload = ?7, active = ?8, updated_at = ?9, next_at = coalesce(?10, next_at)
               WHERE account = ?1 AND uuid = ?2";
    let changed = tx.execute(
        sql,
        params![
            row.account,
            row.uuid,
            row.cron,
            row.time_zone,
            row.description,
            row.headers,
            row.payload,
            row.active,
            row.updated_at as i64,
            next_at.map(u64::cast_signed),
        ],
    )?;
    Ok(changed > 0)
}

/// Deletes a schedule with its history; whether it was there. What runs finishes.
pub(crate) fn delete_schedule(tx: &Connection, account: i64, uuid: &str) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM schedules WHERE account = ?1 AND uuid = ?2";
    Ok(tx.execute(sql, params![account, uuid])? > 0)
}

/// The schedules of an account, oldest first.
pub(crate) fn schedules(
    connection: &Connection,
    account: i64,
) -> rusqlite::Result<Vec<ScheduleRow>> {
    let sql = format!("{SELECT} WHERE account = ?1 ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([account], read)?.collect()
}

/// One schedule of an account.
pub(crate) fn schedule(
    connection: &Connection,
    account: i64,
    uuid: &str,
) -> rusqlite::Result<Option<ScheduleRow>> {
    let sql = format!("{SELECT} WHERE account = ?1 AND uuid = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row(params![account, uuid], read).optional()
}

/// The history of a schedule, latest first.
pub(crate) fn runs(connection: &Connection, schedule: i64) -> rusqlite::Result<Vec<RunRow>> {
    let sql = "SELECT due_at, state, note, invocation, ended_at FROM schedule_runs
               WHERE schedule = ?1 ORDER BY id DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([schedule], |row| {
        Ok(RunRow {
            due_at: row.get::<_, i64>(0)?.cast_unsigned(),
            state: row.get(1)?,
            note: row.get(2)?,
            invocation: row.get(3)?,
            ended_at: row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned),
        })
    })?;
    rows.collect()
}

/// Schedules that are due, those first that have been for longest.
pub(crate) fn due_schedules(
    tx: &Connection,
    now: u64,
    most: u32,
) -> rusqlite::Result<Vec<ScheduleRow>> {
    let sql = format!("{SELECT} WHERE active = 1 AND next_at <= ?1 ORDER BY next_at LIMIT ?2");
    let mut statement = tx.prepare_cached(&sql)?;
    statement
        .query_map(params![now as i64, most], read)?
        .collect()
}

/// When the next schedule is due.
pub(crate) fn next_schedule(tx: &Connection) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT min(next_at) FROM schedules WHERE active = 1";
    let next_at: Option<i64> = tx.query_row(sql, [], |row| row.get(0))?;
    Ok(next_at.map(i64::cast_unsigned))
}

/// Moves a schedule on to its next time.
pub(crate) fn move_on(tx: &Connection, id: i64, next_at: Option<u64>) -> rusqlite::Result<()> {
    let sql = "UPDATE schedules SET next_at = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?
        .execute(params![id, next_at.map(u64::cast_signed)])
        .map(drop)
}

/// Whether a run of the schedule has begun and not ended.
pub(crate) fn is_running(tx: &Connection, schedule: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM schedule_runs WHERE schedule = ?1 AND state = 'started'";
    tx.prepare_cached(sql)?.exists([schedule])
}

/// Notes what becomes of a time at which a schedule was due; the oldest notes make room.
pub(crate) fn add_run(
    tx: &Connection,
    schedule: i64,
    run: &RunRow,
    runs_max: u32,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO schedule_runs (schedule, due_at, state, note, invocation, ended_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    tx.prepare_cached(sql)?.execute(params![
        schedule,
        run.due_at as i64,
        run.state,
        run.note,
        run.invocation,
        run.ended_at.map(u64::cast_signed),
    ])?;
    let sql = "DELETE FROM schedule_runs WHERE id IN
                   (SELECT id FROM schedule_runs WHERE schedule = ?1
                    ORDER BY id DESC LIMIT -1 OFFSET ?2)";
    tx.prepare_cached(sql)?
        .execute(params![schedule, runs_max])?;
    if run.state == "started" {
        let sql = "UPDATE schedules SET last_at = ?2 WHERE id = ?1";
        tx.execute(sql, params![schedule, run.due_at as i64])?;
    }
    Ok(())
}

/// Notes that the invocation of a run, if it is one's, has ended.
pub(super) fn run_ended(
    tx: &Connection,
    invocation: &str,
    succeeded: bool,
    now: u64,
) -> rusqlite::Result<()> {
    let state = if succeeded { "succeeded" } else { "failed" };
    let sql = "UPDATE schedule_runs SET state = ?2, ended_at = ?3 WHERE invocation = ?1
               RETURNING schedule";
    let mut statement = tx.prepare_cached(sql)?;
    let schedule = statement
        .query_row(params![invocation, state, now as i64], |row| {
            row.get::<_, i64>(0)
        })
        .optional()?;
    if let Some(schedule) = schedule {
        let sql = "UPDATE schedules SET last_failed = ?2 WHERE id = ?1";
        tx.execute(sql, params![schedule, !succeeded])?;
    }
    Ok(())
}
