//! How are accounts, whitelist rules and tokens kept?

use rusqlite::{Connection, OptionalExtension, Row, params};

/// An account.
pub(crate) struct AccountRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) created_at: u64,
    pub(crate) disabled_at: Option<u64>,
}

/// A rule of a whitelist.
pub(crate) struct RuleRow {
    pub(crate) id: i64,
    pub(crate) account: i64,
    pub(crate) rule: String,
    pub(crate) created_at: u64,
}

/// A token. The token itself is kept nowhere, only its SHA-256.
#[derive(Debug, Clone)]
pub(crate) struct TokenRow {
    pub(crate) id: String,
    pub(crate) account: i64,
    pub(crate) name: String,
    pub(crate) permissions: String,
    pub(crate) hash: [u8; 32],
    pub(crate) created_at: u64,
    pub(crate) last_used_at: Option<u64>,
    /// The service user that it acts for, if any.
    pub(crate) user: Option<String>,
}

/// Makes an account, or finds the one of that name.
pub(crate) fn create_account(tx: &Connection, name: &str, at: u64) -> rusqlite::Result<i64> {
    let sql = "SELECT id FROM accounts WHERE name = ?1";
    if let Some(id) = tx.query_row(sql, [name], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let sql = "INSERT INTO accounts (name, created_at) VALUES (?1, ?2)";
    tx.execute(sql, params![name, at as i64])?;
    Ok(tx.last_insert_rowid())
}

/// Every account.
pub(crate) fn accounts(connection: &Connection) -> rusqlite::Result<Vec<AccountRow>> {
    let sql = "SELECT id, name, created_at, disabled_at FROM accounts";
    let mut statement = connection.prepare(sql)?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(AccountRow {
            id: row.get(0)?,
            name: row.get(1)?,
            created_at: row.get::<_, i64>(2)?.cast_unsigned(),
            disabled_at: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
        })
    };
    statement.query_map([], row)?.collect()
}

/// Disables an account from that time on, or enables it.
pub(crate) fn set_disabled(
    tx: &Connection,
    account: i64,
    disabled_at: Option<u64>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE accounts SET disabled_at = ?2 WHERE id = ?1";
    let disabled_at = disabled_at.map(u64::cast_signed);
    tx.execute(sql, params![account, disabled_at]).map(drop)
}

/// Adds a whitelist rule, unless it is there; its row, and whether it was there.
pub(crate) fn add_rule(
    tx: &Connection,
    account: i64,
    rule: &str,
    at: u64,
) -> rusqlite::Result<(RuleRow, bool)> {
    let sql = "INSERT INTO whitelist (account, rule, created_at) VALUES (?1, ?2, ?3)
               ON CONFLICT DO NOTHING";
    let added = tx.execute(sql, params![account, rule, at as i64])?;
    let sql =
        "SELECT id, account, rule, created_at FROM whitelist WHERE account = ?1 AND rule = ?2";
    let row = tx.query_row(sql, params![account, rule], rule_row)?;
    Ok((row, added == 0))
}

/// Deletes a whitelist rule.
pub(crate) fn delete_rule(tx: &Connection, account: i64, rule: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM whitelist WHERE account = ?1 AND rule = ?2";
    tx.execute(sql, params![account, rule]).map(drop)
}

/// Every whitelist rule.
pub(crate) fn rules(connection: &Connection) -> rusqlite::Result<Vec<RuleRow>> {
    let sql = "SELECT id, account, rule, created_at FROM whitelist";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], rule_row)?.collect()
}

fn rule_row(row: &Row<'_>) -> rusqlite::Result<RuleRow> {
    Ok(RuleRow {
        id: row.get(0)?,
        account: row.get(1)?,
        rule: row.get(2)?,
        created_at: row.get::<_, i64>(3)?.cast_unsigned(),
    })
}

/// Adds a token.
pub(crate) fn add_token(tx: &Connection, token: &TokenRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO tokens (id, account, name, permissions, hash, created_at, user)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let at = token.created_at as i64;
    let TokenRow {
        id,
        account,
        name,
        permissions,
        hash,
        user,
        ..
    } = token;
    tx.execute(sql, params![id, account, name, permissions, hash, at, user])
        .map(drop)
}

/// Deletes a token.
pub(crate) fn delete_token(tx: &Connection, account: i64, id: &str) -> rusqlite::Result<()> {
    tx.execute(
        "DELETE FROM tokens WHERE account = ?1 AND id = ?2",
        params![account, id],
    )
    .map(drop)
}

/// Deletes every token of that name.
pub(crate) fn delete_tokens_named(
    tx: &Connection,
    account: i64,
    name: &str,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM tokens WHERE account = ?1 AND name = ?2";
    tx.execute(sql, params![account, name]).map(drop)
}

/// Every token.
pub(crate) fn tokens(connection: &Connection) -> rusqlite::Result<Vec<TokenRow>> {
    let mut statement = connection.prepare(
        "SELECT id, account, name, permissions, hash, created_at, last_used_at, user FROM tokens",
    )?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(TokenRow {
            id: row.get(0)?,
            account: row.get(1)?,
            name: row.get(2)?,
            permissions: row.get(3)?,
            hash: row.get(4)?,
            created_at: row.get::<_, i64>(5)?.cast_unsigned(),
            last_used_at: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
            user: row.get(7)?,
        })
    };
    statement.query_map([], row)?.collect()
}

/// Notes when tokens were last used.
pub(crate) fn touch_tokens(tx: &Connection, used: &[(String, u64)]) -> rusqlite::Result<()> {
    let mut statement = tx.prepare_cached("UPDATE tokens SET last_used_at = ?2 WHERE id = ?1")?;
    for (id, at) in used {
        statement.execute(params![id, *at as i64])?;
    }
    Ok(())
}
