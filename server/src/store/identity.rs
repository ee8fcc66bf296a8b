//! How are users, apps, sessions and signing keys kept?
//!
//! Of a token, its SHA-256 only; of a password, its argon2id hash; of a signing key, what the data
//! directory's key has sealed.
//!
//! Nobody installs the console, so there is no row of it in `apps`, and its sessions refer to none: their
//! scope, which no other app can have, says whose they are.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::oauth::{CONSOLE, CONSOLE_SCOPE};

/// A user.
#[derive(Clone)]
pub(crate) struct UserRow {
    pub(crate) id: String,
    pub(crate) account: i64,
    pub(crate) login_name: String,
    pub(crate) display_name: String,
    pub(crate) permissions: String,
    /// A PHC string; `None` for a service user.
    pub(crate) password: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) created_at: u64,
    pub(crate) changed_at: u64,
}

/// An installed app.
#[derive(Clone)]
pub(crate) struct AppRow {
    pub(crate) id: String,
    pub(crate) account: i64,
    pub(crate) name: String,
    pub(crate) description: String,
    /// Names with spaces between, as in a scope.
    pub(crate) grants: String,
    /// A JSON array.
    pub(crate) redirect_uris: String,
    /// `None` for a public client, which can keep no secret.
    pub(crate) secret_hash: Option<[u8; 32]>,
    pub(crate) created_at: u64,
    pub(crate) changed_at: u64,
}

/// What somebody who logged in, or an app in the name of somebody, has: tokens that end together.
#[derive(Clone)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) user: String,
    /// `None` for somebody who logged in without an app.
    pub(crate) app: Option<String>,
    pub(crate) csrf_hash: Option<[u8; 32]>,
    pub(crate) scope: String,
    pub(crate) created_at: u64,
    pub(crate) expires_at: u64,
    /// The hash of the token that a service user logged in with.
    pub(crate) token: Option<[u8; 32]>,
}

/// A token of a session.
#[derive(Clone)]
pub(crate) struct SessionTokenRow {
    pub(crate) hash: [u8; 32],
    pub(crate) session: String,
    pub(crate) kind: TokenKind,
    pub(crate) expires_at: u64,
}

/// What a token of a session is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Opens the API.
    Access,
    /// Is exchanged for new tokens, once.
    Refresh,
    /// Was exchanged; whoever shows it again has stolen it, or was stolen from.
    Spent,
    /// Keeps a login alive.
    Login,
    /// Invokes, and opens nothing else.
    Invoke,
}

/// A key that signs for an account, sealed.
pub(crate) struct SigningKeyRow {
    pub(crate) kid: String,
    pub(crate) account: i64,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created_at: u64,
}

impl TokenKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Spent => "spent",
            Self::Login => "login",
            Self::Invoke => "invoke",
        }
    }

    fn of(text: &str) -> Option<Self> {
        use TokenKind::{Access, Invoke, Login, Refresh, Spent};
        let all = [Access, Refresh, Spent, Login, Invoke];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Adds a user, or puts it in the place of the one with its id.
pub(crate) fn put_user(tx: &Connection, user: &UserRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO users
               (id, account, login_name, display_name, permissions, password, enabled, created_at,
                changed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (id) DO UPDATE SET
                   login_name = excluded.login_name, display_name = excluded.display_name,
                   permissions = excluded.permissions, password = excluded.password,
                   enabled = excluded.enabled, changed_at = excluded.changed_at";
    let values = params![
        user.id,
        user.account,
        user.login_name,
        user.display_name,
        user.permissions,
        user.password,
        user.enabled,
        user.created_at as i64,
        user.changed_at as i64
    ];
    tx.execute(sql, values).map(drop)
}

/// Deletes a user, and with it its sessions and tokens.
pub(crate) fn delete_user(tx: &Connection, id: &str) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM users WHERE id = ?1", [id])
        .map(drop)
}

/// Every user.
pub(crate) fn users(connection: &Connection) -> rusqlite::Result<Vec<UserRow>> {
    let mut statement = connection.prepare(
        "SELECT id, account, login_name, display_name, permissions, password, enabled, created_at,
                changed_at FROM users",
    )?;
    let row = |row: &Row<'_>| {
        Ok(UserRow {
            id: row.get(0)?,
            account: row.get(1)?,
            login_name: row.get(2)?,
            display_name: row.get(3)?,
            permissions: row.get(4)?,
            password: row.get(5)?,
            enabled: row.get(6)?,
            created_at: time(row, 7)?,
            changed_at: time(row, 8)?,
        })
    };
    statement.query_map([], row)?.collect()
}

/// Adds an app.
pub(crate) fn add_app(tx: &Connection, app: &AppRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO apps
               (id, account, name, description, grants, redirect_uris, secret_hash, created_at,
                changed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let values = params![
        app.id,
        app.account,
        app.name,
        app.description,
        app.grants,
        app.redirect_uris,
        app.secret_hash,
        app.created_at as i64,
        app.changed_at as i64
    ];
    tx.execute(sql, values).map(drop)
}

/// Changes what an app says of itself and where browsers may be sent back to, and leaves its secret.
pub(crate) fn change_app(tx: &Connection, app: &AppRow) -> rusqlite::Result<()> {
    let sql = "UPDATE apps SET name = ?2, description = ?3, redirect_uris = ?4, changed_at = ?5
               WHERE id = ?1";
    let AppRow {
        id,
        name,
        description,
        redirect_uris,
        ..
    } = app;
    let at = app.changed_at as i64;
    tx.execute(sql, params![id, name, description, redirect_uris, at])
        .map(drop)
}

/// Gives an app another secret, and leaves everything else.
pub(crate) fn set_app_secret(
    tx: &Connection,
    id: &str,
    hash: &[u8; 32],
    at: u64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE apps SET secret_hash = ?2, changed_at = ?3 WHERE id = ?1";
    tx.execute(sql, params![id, hash, at as i64]).map(drop)
}

/// Deletes an app, and with it the sessions that it has.
pub(crate) fn delete_app(tx: &Connection, id: &str) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM apps WHERE id = ?1", [id]).map(drop)
}

/// Every app.
pub(crate) fn apps(connection: &Connection) -> rusqlite::Result<Vec<AppRow>> {
    let mut statement = connection.prepare(
        "SELECT id, account, name, description, grants, redirect_uris, secret_hash, created_at,
                changed_at FROM apps",
    )?;
    let row = |row: &Row<'_>| {
        Ok(AppRow {
            id: row.get(0)?,
            account: row.get(1)?,
            name: row.get(2)?,
            description: row.get(3)?,
            grants: row.get(4)?,
            redirect_uris: row.get(5)?,
            secret_hash: row.get(6)?,
            created_at: time(row, 7)?,
            changed_at: time(row, 8)?,
        })
    };
    statement.query_map([], row)?.collect()
}

/// Adds a session.
pub(crate) fn add_session_of_user(tx: &Connection, session: &SessionRow) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO sessions (id, user, app, csrf_hash, scope, created_at, expires_at, token)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let app = session.app.as_deref().filter(|app| *app != CONSOLE);
    let values = params![
        session.id,
        session.user,
        app,
        session.csrf_hash,
        session.scope,
        session.created_at as i64,
        session.expires_at as i64,
        session.token
    ];
    tx.execute(sql, values).map(drop)
}

/// Adds a token to a session.
pub(crate) fn add_session_token(tx: &Connection, token: &SessionTokenRow) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO session_tokens (hash, session, kind, expires_at) VALUES (?1, ?2, ?3, ?4)";
    let expires_at = token.expires_at as i64;
    let kind = token.kind.as_str();
    tx.execute(sql, params![token.hash, token.session, kind, expires_at])
        .map(drop)
}

/// Notes that a refresh token was exchanged.
pub(crate) fn spend(tx: &Connection, hash: &[u8; 32]) -> rusqlite::Result<()> {
    let sql = "UPDATE session_tokens SET kind = 'spent' WHERE hash = ?1";
    tx.execute(sql, params![hash]).map(drop)
}

/// Lets a session and its tokens of one kind live longer.
pub(crate) fn prolong(
    tx: &Connection,
    session: &str,
    kinds: &[TokenKind],
    until: u64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE sessions SET expires_at = ?2 WHERE id = ?1";
    tx.execute(sql, params![session, until as i64])?;
    let sql = "UPDATE session_tokens SET expires_at = ?3 WHERE session = ?1 AND kind = ?2";
    for kind in kinds {
        tx.execute(sql, params![session, kind.as_str(), until as i64])?;
    }
    Ok(())
}

/// The token with that hash, whatever it is good for, and its session.
pub(crate) fn session_token(
    tx: &Connection,
    hash: &[u8; 32],
) -> rusqlite::Result<Option<(SessionTokenRow, SessionRow)>> {
    let sql = "SELECT hash, session, kind, session_tokens.expires_at,
                      id, user, app, csrf_hash, scope, created_at, sessions.expires_at, token
               FROM session_tokens JOIN sessions ON sessions.id = session WHERE hash = ?1";
    tx.query_row(sql, params![hash], |row| {
        Ok((token_of(row)?, session_of(row, 4)?))
    })
    .optional()
}

/// Every token that opens the API, with its session.
pub(crate) fn access_tokens(
    connection: &Connection,
    now: u64,
) -> rusqlite::Result<Vec<(SessionTokenRow, SessionRow)>> {
    let mut statement = connection.prepare(
        "SELECT hash, session, kind, session_tokens.expires_at,
                id, user, app, csrf_hash, scope, created_at, sessions.expires_at, token
         FROM session_tokens JOIN sessions ON sessions.id = session
         WHERE kind IN ('access', 'invoke') AND session_tokens.expires_at > ?1",
    )?;
    let row = |row: &Row<'_>| Ok((token_of(row)?, session_of(row, 4)?));
    statement.query_map([now as i64], row)?.collect()
}

/// Ends the oldest tokens of a session that only invoke, until that many are left; which ones those were.
pub(crate) fn end_oldest_invoke_tokens(
    tx: &Connection,
    session: &str,
    left: usize,
) -> rusqlite::Result<Vec<[u8; 32]>> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM session_tokens WHERE hash IN
         (SELECT hash FROM session_tokens WHERE session = ?1 AND kind = 'invoke'
          ORDER BY expires_at DESC, hash LIMIT -1 OFFSET ?2)
         RETURNING hash",
    )?;
    let hashes = statement.query_map(params![session, left as i64], |row| row.get(0))?;
    hashes.collect()
}

/// The sessions of a user that have not expired, oldest first.
pub(crate) fn sessions_of_user(
    connection: &Connection,
    user: &str,
    now: u64,
) -> rusqlite::Result<Vec<SessionRow>> {
    let mut statement = connection.prepare(
        "SELECT id, user, app, csrf_hash, scope, created_at, expires_at, token FROM sessions
         WHERE user = ?1 AND expires_at > ?2 ORDER BY created_at, id",
    )?;
    let row = |row: &Row<'_>| session_of(row, 0);
    statement
        .query_map(params![user, now as i64], row)?
        .collect()
}

/// Ends a session.
pub(crate) fn end_session(tx: &Connection, id: &str) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM sessions WHERE id = ?1", [id])
        .map(drop)
}

/// Ends the oldest sessions of a user until that many are left; which ones those were.
pub(crate) fn end_oldest_sessions(
    tx: &Connection,
    user: &str,
    left: usize,
) -> rusqlite::Result<Vec<String>> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM sessions WHERE id IN
         (SELECT id FROM sessions WHERE user = ?1 ORDER BY created_at DESC, id LIMIT -1 OFFSET ?2)
         RETURNING id",
    )?;
    let ids = statement.query_map(params![user, left as i64], |row| row.get(0))?;
    ids.collect()
}

/// Ends every session of a user.
pub(crate) fn end_sessions_of_user(tx: &Connection, user: &str) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM sessions WHERE user = ?1", [user])
        .map(drop)
}

/// Deletes sessions and tokens that have expired, a few at a time; whether there are more.
pub(super) fn sweep(connection: &Connection, now: u64) -> rusqlite::Result<bool> {
    const AT_ONCE: usize = 1_000;
    let sessions = "DELETE FROM sessions WHERE id IN
                    (SELECT id FROM sessions WHERE expires_at <= ?1 LIMIT ?2)";
    let tokens = "DELETE FROM session_tokens WHERE hash IN
                  (SELECT hash FROM session_tokens WHERE expires_at <= ?1 LIMIT ?2)";
    let deleted = connection.execute(sessions, params![now as i64, AT_ONCE as i64])?
        + connection.execute(tokens, params![now as i64, AT_ONCE as i64])?;
    Ok(deleted >= AT_ONCE)
}

/// Adds a signing key.
pub(crate) fn add_signing_key(tx: &Connection, key: &SigningKeyRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO signing_keys (kid, account, sealed, created_at) VALUES (?1, ?2, ?3, ?4)";
    let created_at = key.created_at as i64;
    tx.execute(sql, params![key.kid, key.account, key.sealed, created_at])
        .map(drop)
}

/// Deletes a signing key.
pub(crate) fn delete_signing_key(tx: &Connection, kid: &str) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM signing_keys WHERE kid = ?1", [kid])
        .map(drop)
}

/// Every signing key, oldest first.
pub(crate) fn signing_keys(connection: &Connection) -> rusqlite::Result<Vec<SigningKeyRow>> {
    let mut statement = connection.prepare(
        "SELECT kid, account, sealed, created_at FROM signing_keys ORDER BY created_at, kid",
    )?;
    let row = |row: &Row<'_>| {
        Ok(SigningKeyRow {
            kid: row.get(0)?,
            account: row.get(1)?,
            sealed: row.get(2)?,
            created_at: time(row, 3)?,
        })
    };
    statement.query_map([], row)?.collect()
}

fn token_of(row: &Row<'_>) -> rusqlite::Result<SessionTokenRow> {
    let kind: String = row.get(2)?;
    let unknown = || {
        let kind = format!("{kind:?} is no kind of token").into();
        rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, kind)
    };
    Ok(SessionTokenRow {
        hash: row.get(0)?,
        session: row.get(1)?,
        kind: TokenKind::of(&kind).ok_or_else(unknown)?,
        expires_at: time(row, 3)?,
    })
}

fn session_of(row: &Row<'_>, from: usize) -> rusqlite::Result<SessionRow> {
    let scope: String = row.get(from + 4)?;
    let installed: Option<String> = row.get(from + 2)?;
    let of_console = scope.split(' ').any(|word| word == CONSOLE_SCOPE);
    Ok(SessionRow {
        id: row.get(from)?,
        user: row.get(from + 1)?,
        app: installed.or_else(|| of_console.then(|| CONSOLE.to_owned())),
        csrf_hash: row.get(from + 3)?,
        scope,
        created_at: time(row, from + 5)?,
        expires_at: time(row, from + 6)?,
        token: row.get(from + 7)?,
    })
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}
