//! Whoever changes the log itself is found out.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::{database, put_secret, rows, verify};
use crate::harness::server::{config, open};
use crate::harness::temporary;

/// The log of a stopped server: six rows, of which the last three are about the secrets a to c.
struct Log {
    _directory: TempDir,
    data_dir: PathBuf,
}

fn log() -> Log {
    let directory = temporary::directory();
    let server = open(config(directory.path())).unwrap();
    for key in ["a", "b", "c"] {
        put_secret(&server, key);
    }
    server.stop();
    Log {
        data_dir: directory.path().to_owned(),
        _directory: directory,
    }
}

impl Log {
    /// Does what the triggers would refuse.
    fn tamper(&self, sql: &str) {
        let triggers = "DROP TRIGGER audit_rows_stay; DROP TRIGGER audit_rows_stay_as_they_are;
                        DROP TRIGGER audit_rows_come_last;";
        let connection = database(&self.data_dir);
        connection
            .execute_batch(&format!("{triggers} {sql}"))
            .unwrap();
    }

    #[track_caller]
    fn is_broken(&self, says: &str) {
        let ran = verify(&self.data_dir);
        assert_eq!(ran.code, 4, "{ran:?}");
        assert!(ran.err.contains(says), "{ran:?}");
    }

    fn anchor(&self) -> PathBuf {
        self.data_dir.join("audit.anchor")
    }
}

#[test]
fn the_database_refuses_what_is_not_a_new_row_at_the_end() {
    let log = log();
    let connection = database(&log.data_dir);
    for sql in [
        "UPDATE audit SET actor_name = 'nobody' WHERE id = 3",
        "DELETE FROM audit WHERE id = 6",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 3",
    ] {
        let refused = connection.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("the audit log"), "{sql}: {refused}");
    }
    assert_eq!(verify(&log.data_dir).code, 0);
}

#[test]
fn a_row_that_was_changed_is_named() {
    let log = log();
    log.tamper("UPDATE audit SET actor_name = 'nobody' WHERE id >= 4");
    log.is_broken("row 4 was changed");
}

#[test]
fn a_row_that_was_changed_and_given_a_new_hash_does_not_fit() {
    let log = log();
    log.tamper("UPDATE audit SET actor_name = 'nobody' WHERE id = 4");
    give_hash(&database(&log.data_dir), 4);
    log.is_broken("row 5 does not follow the row before it");
}

#[test]
fn a_row_that_was_deleted_is_missed() {
    let log = log();
    log.tamper("DELETE FROM audit WHERE id = 4");
    log.is_broken("row 5 stands where row 4 must be");
}

#[test]
fn a_first_row_that_was_deleted_is_missed() {
    let log = log();
    log.tamper("DELETE FROM audit WHERE id = 1");
    log.is_broken("the log begins with row 2");
}

#[test]
fn rows_that_changed_places_are_named() {
    let log = log();
    log.tamper(
        "UPDATE audit SET id = 100 WHERE id = 4; UPDATE audit SET id = 4 WHERE id = 5;
         UPDATE audit SET id = 5 WHERE id = 100;",
    );
    log.is_broken("row 4 does not follow the row before it");
}

#[test]
fn a_row_that_was_slipped_in_is_named() {
    let log = log();
    log.tamper(
        "INSERT INTO audit SELECT 7, at, account, actor_kind, actor_id, actor_name, action,
             target_kind, target_id, target_name, details, address, request_id, previous, hash
         FROM audit WHERE id = 6",
    );
    log.is_broken("row 7 does not follow the row before it");
}

#[test]
fn an_end_that_was_cut_off_is_missed() {
    let log = log();
    log.tamper("DELETE FROM audit WHERE id > 4");
    log.is_broken("the log ends with row 4, but row 6 was written");
}

#[test]
fn a_log_that_was_emptied_is_missed() {
    let log = log();
    log.tamper("DELETE FROM audit");
    log.is_broken("the log ends with row 0, but row 6 was written");
}

#[test]
fn a_last_row_that_was_replaced_is_named() {
    let log = log();
    log.tamper("UPDATE audit SET actor_name = 'nobody' WHERE id = 6");
    give_hash(&database(&log.data_dir), 6);
    log.is_broken("row 6 is not the one that was written");
}

#[test]
fn the_anchor_is_private_and_missed_when_it_is_gone_or_damaged() {
    let log = log();
    let mode = std::fs::metadata(log.anchor())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(log.anchor(), "nonsense").unwrap();
    log.is_broken("audit.anchor is damaged");
    std::fs::remove_file(log.anchor()).unwrap();
    log.is_broken("audit.anchor is missing");
}

#[test]
fn a_server_that_finds_its_log_cut_off_says_so_in_the_log_for_good() {
    let log = log();
    log.tamper("DELETE FROM audit WHERE id > 4");
    let server = open(config(&log.data_dir)).unwrap();
    put_secret(&server, "later");
    let gap = &rows(&server, "?action=audit.gap")[0];
    assert_eq!(
        (&gap["id"], &gap["details"]["anchorId"]),
        (&json!(5), &json!(6))
    );
    server.stop();
    log.is_broken("row 5 says that the server found the log changed");
}

#[test]
fn a_server_that_finds_no_anchor_says_so_in_the_log() {
    let log = log();
    std::fs::remove_file(log.anchor()).unwrap();
    open(config(&log.data_dir)).unwrap().stop();
    log.is_broken("row 7 says that the server found the log changed");
}

#[test]
fn a_directory_without_a_log_is_no_whole_log() {
    let directory = temporary::directory();
    let ran = verify(directory.path());
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("--data-dir"), "{ran:?}");
}

#[test]
fn rows_are_pruned_when_the_operator_says_so_and_the_rest_is_still_whole() {
    let log = log();
    let connection = database(&log.data_dir);
    let old = "UPDATE audit SET at = at - 10 * 86400000 WHERE id <= 4";
    log.tamper(old);
    (1..=6).for_each(|id| give_hash(&connection, id));
    let last = hash(&connection, 6);
    std::fs::write(log.anchor(), format!("{:020} {last}\n", 6)).unwrap();
    restore_triggers(&connection);
    drop(connection);
    assert_eq!(verify(&log.data_dir).code, 0);

    let mut keeps = config(&log.data_dir);
    keeps.journal.audit_retention_days = 5;
    let server = open(keeps).unwrap();
    let pruned = || rows(&server, "?action=audit.prune");
    let found = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        !pruned().is_empty()
    });
    assert!(found, "{:?}", rows(&server, ""));
    let prune = pruned().remove(0);
    assert_eq!(prune["details"]["firstId"], 1);
    assert_eq!(prune["details"]["lastId"], 4);
    put_secret(&server, "later");
    server.stop();
    let ran = verify(&log.data_dir);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("whole: 4 rows, up to row 8"), "{ran:?}");
    assert!(ran.err.contains("rows before row 5 were pruned"), "{ran:?}");

    log.tamper("DELETE FROM audit WHERE id = 5");
    log.is_broken("the log begins with row 6");
}

/// Writes the hash that a row must have, by the rules of `docs/audit.md` alone.
fn give_hash(connection: &Connection, id: i64) {
    let previous = match id {
        1 => "0".repeat(64),
        _ => hash(connection, id - 1),
    };
    // What the rows of these tests hold needs no escapes.
    let sql =
        "SELECT '[' || id || ',' || at || ',\"' || account || '\",\"' || actor_kind || '\",\"'
                   || actor_id || '\",\"' || actor_name || '\",\"' || action || '\",\"'
                   || target_kind || '\",\"' || target_id || '\",\"' || target_name || '\",'
                   || details || ',\"' || address || '\",\"' || request_id || '\",\"' || ?2 || '\"]'
               FROM audit WHERE id = ?1";
    let text: String = connection
        .query_row(sql, (id, &previous), |row| row.get(0))
        .unwrap();
    let hash = digest(&SHA256, text.as_bytes());
    let hash: String = hash
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let sql = "UPDATE audit SET previous = ?2, hash = ?3 WHERE id = ?1";
    connection.execute(sql, (id, previous, hash)).unwrap();
}

fn hash(connection: &Connection, id: i64) -> String {
    let sql = "SELECT hash FROM audit WHERE id = ?1";
    connection.query_row(sql, [id], |row| row.get(0)).unwrap()
}

/// Takes the triggers from the database of another server, as they are there.
fn restore_triggers(connection: &Connection) {
    let other = log();
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'";
    let whole = database(&other.data_dir);
    let mut statement = whole.prepare(sql).unwrap();
    let triggers = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    for trigger in triggers {
        connection.execute_batch(&trigger.unwrap()).unwrap();
    }
}
