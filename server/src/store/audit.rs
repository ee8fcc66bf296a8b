//! How is the audit log kept?
//!
//! Rows are only ever added; triggers of the database refuse everything else. Whoever prunes takes a
//! trigger away and puts it back in one transaction.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde_json::value::RawValue;

use crate::audit::{ACCESS, AuditAction, AuditEntry, AuditRecord, Head, SignedEntry};
use crate::clock::now_ms;

const COLUMNS: &str = "id, at, account, actor_kind, actor_id, actor_name, action, target_kind,
    target_id, target_name, details, address, request_id, previous, hash";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Rows deleted in one transaction, so that no change waits long for a prune.
const PRUNE_MAX: u64 = 50_000;

/// Which rows are wanted, the latest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditFilter {
    /// Rows of this account, and those of the whole server.
    pub(crate) account: String,
    /// The id or the name of who did it.
    pub(crate) actor: Option<String>,
    /// An action, or the kind of thing that actions are done to.
    pub(crate) action: Option<String>,
    /// The id or the name of the thing.
    pub(crate) target: Option<String>,
    /// Milliseconds since the Unix epoch, this one included.
    pub(crate) from: Option<u64>,
    /// Milliseconds since the Unix epoch, this one excluded.
    pub(crate) to: Option<u64>,
    /// Only rows before this one.
    pub(crate) before: Option<u64>,
    /// Leaves out what is about access.
    pub(crate) without_access: bool,
    pub(crate) limit: u32,
}

/// Writes a row at the end of the log.
pub(crate) fn append_audit(tx: &Connection, signed: &SignedEntry) -> rusqlite::Result<()> {
    let row = AuditRecord::following(audit_head(tx)?, now_ms(), signed);
    let mut statement = tx.prepare_cached(
        "INSERT INTO audit (id, at, account, actor_kind, actor_id, actor_name, action, target_kind,
                            target_id, target_name, details, address, request_id, previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    let values = params![
        row.id.cast_signed(),
        row.at.cast_signed(),
        row.account,
        row.actor_kind,
        row.actor_id,
        row.actor_name,
        row.action,
        row.target_kind,
        row.target_id,
        row.target_name,
        row.details.get(),
        row.address,
        row.request_id,
        row.previous,
        row.hash,
    ];
    statement.execute(values).map(drop)
}

/// The end of the log.
pub(crate) fn audit_head(connection: &Connection) -> rusqlite::Result<Head> {
    let sql = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1";
    let row = |row: &Row<'_>| {
        Ok(Head {
            id: row.get::<_, i64>(0)?.cast_unsigned(),
            hash: row.get(1)?,
        })
    };
    let head = connection.prepare_cached(sql)?.query_row([], row);
    head.optional().map(Option::unwrap_or_default)
}

/// The hash of a row.
pub(crate) fn audit_hash(connection: &Connection, id: u64) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT hash FROM audit WHERE id = ?1";
    let hash = connection.query_row(sql, [id.cast_signed()], |row| row.get(0));
    hash.optional()
}

/// The rows that are wanted, the latest first.
pub(crate) fn audit_page(
    connection: &Connection,
    filter: &AuditFilter,
) -> rusqlite::Result<Vec<AuditRecord>> {
    let kinds = ACCESS.map(|kind| format!("'{kind}'")).join(", ");
    let sql = format!(
        "SELECT {COLUMNS} FROM audit
         WHERE account IN (:account, '') AND id < :before AND at >= :from AND at < :to
           AND (:actor IS NULL OR :actor IN (actor_id, actor_name))
           AND (:action IS NULL OR :action IN (action, target_kind))
           AND (:target IS NULL OR :target IN (target_id, target_name))
           AND (:all OR target_kind NOT IN ({kinds}))
         ORDER BY id DESC LIMIT :limit"
    );
    let at_most = |number: Option<u64>| number.map_or(i64::MAX, saturate);
    let (before, to) = (at_most(filter.before), at_most(filter.to));
    let (from, all) = (saturate(filter.from.unwrap_or(0)), !filter.without_access);
    let values: &[(&str, &dyn ToSql)] = &[
        (":account", &filter.account),
        (":before", &before),
        (":from", &from),
        (":to", &to),
        (":actor", &filter.actor),
        (":action", &filter.action),
        (":target", &filter.target),
        (":all", &all),
        (":limit", &filter.limit),
    ];
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(values, record)?.collect()
}

/// The rows after one and up to another, of all accounts, the earliest first.
pub(crate) fn audit_rows(
    connection: &Connection,
    (after, last): (u64, u64),
    limit: u32,
) -> rusqlite::Result<Vec<AuditRecord>> {
    let sql =
        format!("SELECT {COLUMNS} FROM audit WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![saturate(after), saturate(last), limit], record)?;
    rows.collect()
}

/// Hands every row on, the earliest first, for as long as they are wanted.
pub(crate) fn each_audit_row(
    connection: &Connection,
    mut wanted: impl FnMut(AuditRecord) -> bool,
) -> rusqlite::Result<()> {
    let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY id");
    let mut statement = connection.prepare(&sql)?;
    for row in statement.query_map([], record)? {
        if !wanted(row?) {
            break;
        }
    }
    Ok(())
}

/// Deletes what is older than so many days, when there is a day of it, and leaves a row that says
/// where the log was cut; whether there is more to delete.
pub(super) fn prune(connection: &mut Connection, keep_days: u32) -> rusqlite::Result<bool> {
    if keep_days == 0 {
        return Ok(false);
    }
    let old = now_ms().saturating_sub(u64::from(keep_days) * DAY_MS);
    let tx = connection.transaction()?;
    let Some(first) = first_worth_deleting(&tx, old.saturating_sub(DAY_MS))? else {
        return Ok(false);
    };
    let sql = "SELECT min(id) FROM audit WHERE at >= ?1";
    let kept: Option<i64> = tx.query_row(sql, [saturate(old)], |row| row.get(0))?;
    let head = audit_head(&tx)?;
    // The last row stays, of which the anchor speaks.
    let old_last = kept.map_or(head.id, i64::cast_unsigned).min(head.id) - 1;
    if old_last < first {
        return Ok(false);
    }
    let last = old_last.min(first + PRUNE_MAX - 1);
    let hash = audit_hash(&tx, last)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    delete_up_to(&tx, last)?;
    let entry = AuditEntry::of_server(AuditAction::AuditPrune)
        .detail("firstId", first)
        .detail("lastId", last)
        .detail("lastHash", hash);
    append_audit(&tx, &entry.by_operator())?;
    tx.commit()?;
    Ok(last < old_last)
}

/// The first row, when it is older than that and more than the trace of a prune.
fn first_worth_deleting(tx: &Connection, old: u64) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT id FROM audit WHERE at < ?1 AND action <> ?2 ORDER BY id LIMIT 1";
    let values = params![saturate(old), AuditAction::AuditPrune.as_str()];
    let found: Option<i64> = tx.query_row(sql, values, |row| row.get(0)).optional()?;
    if found.is_none() {
        return Ok(None);
    }
    let first = tx.query_row("SELECT min(id) FROM audit", [], |row| row.get::<_, i64>(0));
    first.map(|id| Some(id.cast_unsigned()))
}

fn delete_up_to(tx: &Connection, last: u64) -> rusqlite::Result<()> {
    let sql = "SELECT sql FROM sqlite_schema WHERE name = 'audit_rows_stay'";
    let trigger: String = tx.query_row(sql, [], |row| row.get(0))?;
    tx.execute_batch("DROP TRIGGER audit_rows_stay")?;
    tx.execute("DELETE FROM audit WHERE id <= ?1", [saturate(last)])?;
    tx.execute_batch(&trigger)
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    let details = RawValue::from_string(row.get(10)?);
    Ok(AuditRecord {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        at: row.get::<_, i64>(1)?.cast_unsigned(),
        account: row.get(2)?,
        actor_kind: row.get(3)?,
        actor_id: row.get(4)?,
        actor_name: row.get(5)?,
        action: row.get(6)?,
        target_kind: row.get(7)?,
        target_id: row.get(8)?,
        target_name: row.get(9)?,
        // The hash of such a row is wrong, and whoever verifies the log is told.
        details: details.unwrap_or_else(|_| RawValue::NULL.to_owned()),
        address: row.get(11)?,
        request_id: row.get(12)?,
        previous: row.get(13)?,
        hash: row.get(14)?,
    })
}

fn saturate(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::store::migrate(&mut connection).unwrap();
        connection
    }

    fn append(connection: &Connection, account: &str, name: &str) {
        let entry = AuditEntry::new(AuditAction::SecretPut, &account.parse().unwrap());
        append_audit(connection, &entry.target("", name).by_operator()).unwrap();
    }

    #[test]
    fn rows_are_added_and_neither_changed_nor_deleted_nor_replaced() {
        let connection = database();
        append(&connection, "acc", "a");
        append(&connection, "acc", "b");
        for sql in [
            "UPDATE audit SET actor_name = 'x' WHERE id = 1",
            "DELETE FROM audit WHERE id = 2",
            "DELETE FROM audit",
            "REPLACE INTO audit SELECT * FROM audit WHERE id = 1",
            "INSERT INTO audit SELECT 1, at, account, actor_kind, actor_id, actor_name, action,
                 target_kind, target_id, target_name, details, address, request_id, previous, hash
             FROM audit WHERE id = 2",
        ] {
            let error = connection.execute(sql, []).unwrap_err().to_string();
            assert!(error.contains("the audit log"), "{sql}: {error}");
        }
        let rows = audit_rows(&connection, (0, u64::MAX), 10).unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.computed_hash() == row.hash));
    }

    #[test]
    fn each_filter_finds_its_rows() {
        let connection = database();
        for (account, name) in [("one", "a"), ("one", "b"), ("two", "a")] {
            append(&connection, account, name);
        }
        let entry = AuditEntry::new(AuditAction::TokenCreate, &"one".parse().unwrap());
        append_audit(&connection, &entry.target("id", "crm").by_operator()).unwrap();
        let find = |change: &dyn Fn(&mut AuditFilter)| {
            let mut filter = AuditFilter {
                account: "one".to_owned(),
                limit: 10,
                ..AuditFilter::default()
            };
            change(&mut filter);
            let rows = audit_page(&connection, &filter).unwrap();
            rows.iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(find(&|_| ()), [4, 2, 1]);
        assert_eq!(find(&|f| f.actor = text("operator")), [4, 2, 1]);
        assert!(find(&|f| f.actor = text("nobody")).is_empty());
        assert_eq!(find(&|f| f.action = text("secret")), [2, 1]);
        assert_eq!(find(&|f| f.action = text("token.create")), [4]);
        assert_eq!(find(&|f| f.target = text("id")), [4]);
        assert_eq!(find(&|f| f.target = text("a")), [1]);
        assert_eq!(find(&|f| f.before = Some(4)), [2, 1]);
        assert_eq!(find(&|f| f.limit = 1), [4]);
        assert_eq!(find(&|f| f.without_access = true), [2, 1]);
        assert!(find(&|f| f.from = Some(u64::MAX)).is_empty());
        assert!(find(&|f| f.to = Some(1)).is_empty());
    }

    #[test]
    fn a_prune_keeps_what_is_young_and_says_where_it_cut() {
        let mut connection = database();
        let trigger = "SELECT count(*) FROM sqlite_schema WHERE name = 'audit_rows_stay'";
        for age_days in [9_u64, 8, 3] {
            append(&connection, "acc", "a");
            let id = audit_head(&connection).unwrap().id;
            grow_old(&connection, id, age_days);
        }
        assert!(!prune(&mut connection, 0).unwrap());
        // The first row is past 9 days, but not by a day.
        assert!(!prune(&mut connection, 9).unwrap());
        assert_eq!(audit_head(&connection).unwrap().id, 3);
        assert!(!prune(&mut connection, 5).unwrap());
        let rows = audit_rows(&connection, (0, u64::MAX), 10).unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(rows[1].action, "audit.prune");
        let details = rows[1].details.get();
        assert!(details.contains("\"lastId\":2"), "{details}");
        assert!(details.contains(&rows[0].previous), "{details}");
        let triggers: i64 = connection.query_row(trigger, [], |row| row.get(0)).unwrap();
        assert_eq!(triggers, 1);
        assert!(!prune(&mut connection, 5).unwrap());
        assert_eq!(audit_head(&connection).unwrap().id, 4);
    }

    /// Gives a row another time; the chain does not matter to a prune.
    fn grow_old(connection: &Connection, id: u64, days: u64) {
        let sql = "SELECT sql FROM sqlite_schema WHERE name = 'audit_rows_stay_as_they_are'";
        let trigger: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        let at = now_ms() - days * DAY_MS - 1;
        connection
            .execute_batch(&format!(
                "DROP TRIGGER audit_rows_stay_as_they_are;
                 UPDATE audit SET at = {at} WHERE id = {id}; {trigger}"
            ))
            .unwrap();
    }
}
