//! How are contexts kept: developer keys, namespaces, sessions and their properties?
//!
//! A session whose time has passed is as good as gone from that moment on: no query sees it, and
//! what is saved under its name begins anew. The sweep removes its rows later.

use rusqlite::{Connection, OptionalExtension, Row, params};

/// Sessions removed in one transaction, so that no change waits long for a sweep.
const SWEEP_MAX: u32 = 250;

/// A developer key. The key itself is kept nowhere, only its SHA-256.
#[derive(Debug, Clone)]
pub(crate) struct ContextKeyRow {
    pub(crate) id: String,
    pub(crate) account: i64,
    pub(crate) name: String,
    pub(crate) hash: [u8; 32],
    pub(crate) created_at: u64,
    pub(crate) last_used_at: Option<u64>,
}

/// A namespace, as it is listed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamespaceRow {
    pub(crate) name: String,
    /// ISO 8601, UTC, with milliseconds.
    pub(crate) created_at: String,
    pub(crate) ttl_seconds: Option<u64>,
}

/// A namespace, as it is saved in.
pub(crate) struct OpenNamespace {
    pub(crate) id: i64,
    pub(crate) ttl_seconds: Option<u64>,
}

/// How much a session holds.
pub(crate) struct SessionSums {
    pub(crate) properties: u64,
    /// Names and values.
    pub(crate) bytes: u64,
}

/// Adds a developer key.
pub(crate) fn add_context_key(tx: &Connection, key: &ContextKeyRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO context_keys (id, account, name, hash, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let at = key.created_at as i64;
    tx.execute(sql, params![key.id, key.account, key.name, key.hash, at])
        .map(drop)
}

/// Deletes a developer key.
pub(crate) fn delete_context_key(tx: &Connection, account: i64, id: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM context_keys WHERE account = ?1 AND id = ?2";
    tx.execute(sql, params![account, id]).map(drop)
}

/// Every developer key.
pub(crate) fn context_keys(connection: &Connection) -> rusqlite::Result<Vec<ContextKeyRow>> {
    let mut statement = connection
        .prepare("SELECT id, account, name, hash, created_at, last_used_at FROM context_keys")?;
    let row = |row: &Row<'_>| {
        Ok(ContextKeyRow {
            id: row.get(0)?,
            account: row.get(1)?,
            name: row.get(2)?,
            hash: row.get(3)?,
            created_at: row.get::<_, i64>(4)?.cast_unsigned(),
            last_used_at: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        })
    };
    statement.query_map([], row)?.collect()
}

/// Notes when developer keys were last used.
pub(crate) fn touch_context_keys(tx: &Connection, used: &[(String, u64)]) -> rusqlite::Result<()> {
    let sql = "UPDATE context_keys SET last_used_at = ?2 WHERE id = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    for (id, at) in used {
        statement.execute(params![id, *at as i64])?;
    }
    Ok(())
}

/// The namespaces of an account, by name.
pub(crate) fn namespaces(
    connection: &Connection,
    account: i64,
) -> rusqlite::Result<Vec<NamespaceRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch'), ttl_seconds
         FROM context_namespaces WHERE account = ?1 AND deleted = 0 ORDER BY name",
    )?;
    let row = |row: &Row<'_>| {
        Ok(NamespaceRow {
            name: row.get(0)?,
            created_at: row.get(1)?,
            ttl_seconds: seconds(row, 2)?,
        })
    };
    statement.query_map([account], row)?.collect()
}

/// The namespace of that name.
pub(crate) fn namespace(
    connection: &Connection,
    account: i64,
    name: &str,
) -> rusqlite::Result<Option<OpenNamespace>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, ttl_seconds FROM context_namespaces
         WHERE account = ?1 AND name = ?2 AND deleted = 0",
    )?;
    let row = |row: &Row<'_>| {
        Ok(OpenNamespace {
            id: row.get(0)?,
            ttl_seconds: seconds(row, 1)?,
        })
    };
    statement.query_row(params![account, name], row).optional()
}

/// Adds a namespace.
pub(crate) fn add_namespace(
    tx: &Connection,
    account: i64,
    name: &str,
    at: u64,
) -> rusqlite::Result<OpenNamespace> {
    let sql = "INSERT INTO context_namespaces (account, name, created_at) VALUES (?1, ?2, ?3)";
    tx.execute(sql, params![account, name, at as i64])?;
    Ok(OpenNamespace {
        id: tx.last_insert_rowid(),
        ttl_seconds: None,
    })
}

/// How many sessions a namespace has; those whose time has passed count until they are swept.
pub(crate) fn count_sessions(tx: &Connection, namespace: i64) -> rusqlite::Result<u64> {
    let sql = "SELECT sessions FROM context_namespaces WHERE id = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    let sessions: i64 = statement.query_row([namespace], |row| row.get(0))?;
    Ok(sessions.cast_unsigned())
}

/// Says how long what is saved in a namespace from now on is kept.
pub(crate) fn set_ttl(tx: &Connection, id: i64, seconds: Option<u64>) -> rusqlite::Result<()> {
    let sql = "UPDATE context_namespaces SET ttl_seconds = ?2 WHERE id = ?1";
    tx.execute(sql, params![id, seconds.map(u64::cast_signed)])
        .map(drop)
}

/// Deletes a namespace with all that is in it.
pub(crate) fn delete_namespace(tx: &Connection, account: i64, name: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE context_namespaces SET deleted = 1
               WHERE account = ?1 AND name = ?2 AND deleted = 0";
    tx.execute(sql, params![account, name]).map(drop)
}

/// The bytes of all sessions of an account.
pub(crate) fn account_bytes(tx: &Connection, account: i64) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(sum(bytes), 0) FROM context_namespaces
               WHERE account = ?1 AND deleted = 0";
    let mut statement = tx.prepare_cached(sql)?;
    let bytes: i64 = statement.query_row([account], |row| row.get(0))?;
    Ok(bytes.cast_unsigned())
}

/// The session of that name, unless its time has passed, in which case it is removed.
pub(crate) fn session(
    tx: &Connection,
    namespace: i64,
    name: &str,
    at: u64,
) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id, expires_at <= ?3 FROM context_sessions
               WHERE namespace = ?1 AND name = ?2";
    let mut statement = tx.prepare_cached(sql)?;
    let found = statement
        .query_row(params![namespace, name, at as i64], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<bool>>(1)?))
        })
        .optional()?;
    match found {
        Some((id, Some(true))) => {
            tx.execute("DELETE FROM context_sessions WHERE id = ?1", [id])?;
            Ok(None)
        }
        Some((id, _)) => Ok(Some(id)),
        None => Ok(None),
    }
}

/// Adds a session without properties.
pub(crate) fn add_session(tx: &Connection, namespace: i64, name: &str) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO context_sessions (namespace, name, bytes) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?
        .insert(params![namespace, name, name.len() as i64])
}

/// Notes how large a session is now and how long it is kept.
pub(crate) fn resize_session(
    tx: &Connection,
    id: i64,
    bytes: u64,
    expires_at: Option<u64>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE context_sessions SET bytes = octet_length(name) + ?2, expires_at = ?3
               WHERE id = ?1";
    let expires_at = expires_at.map(u64::cast_signed);
    tx.prepare_cached(sql)?
        .execute(params![id, bytes as i64, expires_at])
        .map(drop)
}

/// Sets a property; its value is JSON.
pub(crate) fn set_property(
    tx: &Connection,
    session: i64,
    name: &str,
    value: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO context_properties (session, name, value) VALUES (?1, ?2, ?3)
               ON CONFLICT (session, name) DO UPDATE SET value = excluded.value";
    tx.prepare_cached(sql)?
        .execute(params![session, name, value])
        .map(drop)
}

/// How much a session holds.
pub(crate) fn session_sums(tx: &Connection, session: i64) -> rusqlite::Result<SessionSums> {
    let sql = "SELECT count(*), coalesce(sum(octet_length(name) + octet_length(value)), 0)
               FROM context_properties WHERE session = ?1";
    tx.prepare_cached(sql)?.query_row([session], |row| {
        Ok(SessionSums {
            properties: row.get::<_, i64>(0)?.cast_unsigned(),
            bytes: row.get::<_, i64>(1)?.cast_unsigned(),
        })
    })
}

/// Deletes a property; the session stays, and is kept no longer than before.
pub(crate) fn delete_property(tx: &Connection, session: i64, name: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM context_properties WHERE session = ?1 AND name = ?2";
    tx.execute(sql, params![session, name])?;
    let bytes = session_sums(tx, session)?.bytes as i64;
    let sql = "UPDATE context_sessions SET bytes = octet_length(name) + ?2 WHERE id = ?1";
    tx.execute(sql, params![session, bytes]).map(drop)
}

/// Deletes a session.
pub(crate) fn delete_session(tx: &Connection, session: i64) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM context_sessions WHERE id = ?1", [session])
        .map(drop)
}

/// The properties of a session, by name; `None` when there is no such session.
pub(crate) fn properties(
    connection: &Connection,
    account: i64,
    (namespace, session): (&str, &str),
    at: u64,
) -> rusqlite::Result<Option<Vec<(String, String)>>> {
    let mut statement = connection.prepare_cached(
        "SELECT property.name, property.value
         FROM context_namespaces AS namespace
         JOIN context_sessions AS session ON session.namespace = namespace.id
         LEFT JOIN context_properties AS property ON property.session = session.id
         WHERE account = ?1 AND namespace.name = ?2 AND deleted = 0 AND session.name = ?3
           AND (expires_at IS NULL OR expires_at > ?4)
         ORDER BY property.name",
    )?;
    let mut rows = statement.query(params![account, namespace, session, at as i64])?;
    let mut properties = None;
    while let Some(row) = rows.next()? {
        let properties = properties.get_or_insert_with(Vec::new);
        // A session without properties is one row without a name.
        if let Some(name) = row.get(0)? {
            properties.push((name, row.get(1)?));
        }
    }
    Ok(properties)
}

/// The value of a property.
pub(crate) fn property(
    connection: &Connection,
    account: i64,
    (namespace, session, name): (&str, &str, &str),
    at: u64,
) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT value
         FROM context_namespaces AS namespace
         JOIN context_sessions AS session ON session.namespace = namespace.id
         JOIN context_properties AS property ON property.session = session.id
         WHERE account = ?1 AND namespace.name = ?2 AND deleted = 0 AND session.name = ?3
           AND property.name = ?4 AND (expires_at IS NULL OR expires_at > ?5)",
    )?;
    let wanted = params![account, namespace, session, name, at as i64];
    statement.query_row(wanted, |row| row.get(0)).optional()
}

/// The names of a namespace's sessions; `None` when there is no such namespace.
pub(crate) fn sessions(
    connection: &Connection,
    account: i64,
    namespace: &str,
    at: u64,
) -> rusqlite::Result<Option<Vec<String>>> {
    let mut statement = connection.prepare_cached(
        "SELECT session.name
         FROM context_namespaces AS namespace
         LEFT JOIN context_sessions AS session
           ON session.namespace = namespace.id AND (expires_at IS NULL OR expires_at > ?3)
         WHERE account = ?1 AND namespace.name = ?2 AND deleted = 0
         ORDER BY session.name",
    )?;
    let mut rows = statement.query(params![account, namespace, at as i64])?;
    let mut sessions = None;
    while let Some(row) = rows.next()? {
        sessions
            .get_or_insert_with(Vec::new)
            .extend(row.get::<_, Option<String>>(0)?);
    }
    Ok(sessions)
}

/// Removes rows of sessions whose time has passed and of namespaces that were deleted; whether there
/// is more to remove.
pub(super) fn sweep(connection: &mut Connection, at: u64) -> rusqlite::Result<bool> {
    let tx = connection.transaction()?;
    let expired = tx.execute(
        "DELETE FROM context_sessions WHERE id IN (
             SELECT id FROM context_sessions WHERE expires_at <= ?1 LIMIT ?2)",
        params![at as i64, SWEEP_MAX],
    )?;
    let left_behind = tx.execute(
        "DELETE FROM context_sessions WHERE id IN (
             SELECT session.id FROM context_namespaces AS namespace
             JOIN context_sessions AS session ON session.namespace = namespace.id
             WHERE deleted = 1 LIMIT ?1)",
        [SWEEP_MAX],
    )?;
    tx.execute(
        "DELETE FROM context_namespaces WHERE deleted = 1 AND sessions = 0",
        [],
    )?;
    tx.commit()?;
    Ok(expired.max(left_behind) >= SWEEP_MAX as usize)
}

fn seconds(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(index)?.map(i64::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut connection).unwrap();
        connection
            .execute_batch("PRAGMA foreign_keys = ON")
            .unwrap();
        super::super::create_account(&connection, "acc", 1).unwrap();
        connection
    }

    /// Saves one property `p` in each of so many sessions.
    fn fill(connection: &Connection, namespace: &str, sessions: u32, expires_at: Option<u64>) {
        let namespace = add_namespace(connection, 1, namespace, 5).unwrap().id;
        for number in 0..sessions {
            let session = add_session(connection, namespace, &format!("s{number}")).unwrap();
            set_property(connection, session, "p", "[1]").unwrap();
            resize_session(connection, session, 4, expires_at).unwrap();
        }
    }

    fn count(connection: &Connection, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_session_is_gone_from_the_moment_on_at_which_its_time_has_passed() {
        let connection = database();
        fill(&connection, "n", 1, Some(100));
        let found = |at| {
            let all = properties(&connection, 1, ("n", "s0"), at).unwrap();
            let one = property(&connection, 1, ("n", "s0", "p"), at).unwrap();
            let sessions = sessions(&connection, 1, "n", at).unwrap().unwrap();
            (all.is_some(), one.is_some(), sessions.len())
        };
        assert_eq!(found(99), (true, true, 1));
        assert_eq!(found(100), (false, false, 0));
        let id = namespace(&connection, 1, "n").unwrap().unwrap().id;
        assert!(session(&connection, id, "s0", 99).unwrap().is_some());
        assert!(session(&connection, id, "s0", 100).unwrap().is_none());
        assert_eq!(count(&connection, "context_properties"), 0);
    }

    #[test]
    fn a_sweep_removes_what_has_expired_or_was_deleted_and_nothing_else() {
        let mut connection = database();
        fill(&connection, "kept", 3, None);
        fill(&connection, "later", 3, Some(101));
        fill(&connection, "over", SWEEP_MAX + 1, Some(100));
        fill(&connection, "deleted", 3, None);
        delete_namespace(&connection, 1, "deleted").unwrap();
        assert!(sweep(&mut connection, 100).unwrap(), "one is left");
        assert!(!sweep(&mut connection, 100).unwrap());
        assert_eq!(count(&connection, "context_sessions"), 6);
        assert_eq!(count(&connection, "context_properties"), 6);
        let names: Vec<_> = namespaces(&connection, 1)
            .unwrap()
            .into_iter()
            .map(|namespace| namespace.name)
            .collect();
        assert_eq!(names, ["kept", "later", "over"]);
        assert_eq!(count(&connection, "context_namespaces"), 3);
        let sessions = |name| {
            let id = namespace(&connection, 1, name).unwrap().unwrap().id;
            count_sessions(&connection, id).unwrap()
        };
        assert_eq!((sessions("kept"), sessions("over")), (3, 0));
        assert_eq!(account_bytes(&connection, 1).unwrap(), 6 * 6);
    }

    #[test]
    fn a_deleted_namespace_makes_room_for_another_of_its_name_at_once() {
        let connection = database();
        fill(&connection, "n", 2, None);
        assert_eq!(account_bytes(&connection, 1).unwrap(), 2 * 6);
        delete_namespace(&connection, 1, "n").unwrap();
        assert!(sessions(&connection, 1, "n", 1).unwrap().is_none());
        assert_eq!(account_bytes(&connection, 1).unwrap(), 0);
        add_namespace(&connection, 1, "n", 6).unwrap();
        let none: Option<Vec<String>> = Some(Vec::new());
        assert_eq!(sessions(&connection, 1, "n", 1).unwrap(), none);
    }

    #[test]
    fn the_time_of_a_namespaces_creation_is_iso_8601_to_the_millisecond() {
        let connection = database();
        add_namespace(&connection, 1, "n", 1_767_323_045_042).unwrap();
        let namespaces = namespaces(&connection, 1).unwrap();
        assert_eq!(namespaces[0].created_at, "2026-01-02T03:04:05.042Z");
    }
}
