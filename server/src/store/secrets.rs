//! How are sealed secrets kept?

use rusqlite::{Connection, OptionalExtension, params};

/// A sealed secret.
pub(crate) struct SecretRow {
    pub(crate) account: String,
    pub(crate) key: String,
    pub(crate) version: u64,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created_at: u64,
    pub(crate) updated_at: u64,
}

/// Adds or replaces a secret.
pub(crate) fn put_secret(tx: &Connection, secret: &SecretRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO secrets (account, key, version, sealed, created_at, updated_at)
               SELECT id, ?2, ?3, ?4, ?5, ?6 FROM accounts WHERE name = ?1
               ON CONFLICT (account, key) DO UPDATE
               SET version = excluded.version, sealed = excluded.sealed,
                   updated_at = excluded.updated_at";
    let SecretRow {
        account,
        key,
        sealed,
        ..
    } = secret;
    let (version, created) = (secret.version as i64, secret.created_at as i64);
    tx.execute(
        sql,
        params![
            account,
            key,
            version,
            sealed,
            created,
            secret.updated_at as i64
        ],
    )
    .map(drop)
}

/// The version of a secret and when it was made.
pub(crate) fn secret_version(
    tx: &Connection,
    account: &str,
    key: &str,
) -> rusqlite::Result<Option<(u64, u64)>> {
    let sql = "SELECT version, secrets.created_at FROM secrets
               JOIN accounts ON accounts.id = account WHERE name = ?1 AND key = ?2";
    let row = |row: &rusqlite::Row<'_>| {
        let (version, created): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((version.cast_unsigned(), created.cast_unsigned()))
    };
    tx.query_row(sql, params![account, key], row).optional()
}

/// How many secrets an account has.
pub(crate) fn count_secrets(tx: &Connection, account: &str) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM secrets JOIN accounts ON accounts.id = account WHERE name = ?1";
    tx.query_row(sql, [account], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
}

/// Deletes a secret; whether there was one.
pub(crate) fn delete_secret(tx: &Connection, account: &str, key: &str) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM secrets WHERE key = ?2
               AND account = (SELECT id FROM accounts WHERE name = ?1)";
    Ok(tx.execute(sql, params![account, key])? > 0)
}

/// Every secret, sealed.
pub(crate) fn secrets(connection: &Connection) -> rusqlite::Result<Vec<SecretRow>> {
    let mut statement = connection.prepare(
        "SELECT accounts.name, key, version, sealed, secrets.created_at, updated_at
         FROM secrets JOIN accounts ON accounts.id = secrets.account",
    )?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(SecretRow {
            account: row.get(0)?,
            key: row.get(1)?,
            version: row.get::<_, i64>(2)?.cast_unsigned(),
            sealed: row.get(3)?,
            created_at: row.get::<_, i64>(4)?.cast_unsigned(),
            updated_at: row.get::<_, i64>(5)?.cast_unsigned(),
        })
    };
    statement.query_map([], row)?.collect()
}
