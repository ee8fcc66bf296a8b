//! How is something opened for a user, and ended?

use std::sync::Arc;

use rusqlite::Connection;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{AppId, SessionId, TokenHash, TokenText, UserId};
use crate::clock::now_ms;
use crate::oauth::{ACCESS_MS, Access, InstalledApp, NewTokens, Opens, REFRESH_MS, Session};
use crate::store::{self, SessionRow, SessionTokenRow, StoreError, TokenKind};
use crate::users::{ShownKeys, User};

/// Sessions of one user; the oldest makes room.
const SESSIONS_MAX: usize = 200;
/// How long a login can be kept alive, in milliseconds: a day.
const LOGIN_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// Something that is open for a user.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// The app that acts for the user; `None` for a login.
    pub app: Option<AppId>,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Milliseconds since the Unix epoch.
    pub expires_at: u64,
}

/// The secrets of a login. Kept nowhere.
pub(crate) struct NewLogin {
    pub(crate) bearer: TokenText,
    pub(crate) session_id: TokenText,
    pub(crate) csrf: TokenText,
}

/// What became of a refresh token that was shown.
pub(crate) enum Refreshed {
    /// It is good, and here is what comes after it.
    Done {
        tokens: NewTokens,
        session: Arc<Session>,
    },
    /// It is not this app's, has expired, or was never made.
    Unknown,
    /// It was shown before, so all that came of it has ended.
    Reused,
}

/// What the rows say of a refresh token.
enum Found {
    Good(SessionRow),
    Unknown,
    Reused(SessionRow),
}

impl Admin {
    /// What is open for a user, oldest first.
    ///
    /// # Errors
    /// When there is no such user, or the database fails.
    pub async fn sessions(
        &self,
        account: &AccountId,
        user: &UserId,
    ) -> Result<Vec<SessionInfo>, ChangeError> {
        let user = self.known_user(account, user)?;
        let (id, now) = (user.id.as_str().to_owned(), now_ms());
        let rows = move |reader: &Connection| store::sessions_of_user(reader, &id, now);
        let store = &self.parts().store;
        let rows = store.read_context("list the sessions", rows).await?;
        Ok(rows.into_iter().map(info).collect())
    }

    /// Ends everything that is open for a user.
    ///
    /// # Errors
    /// When there is no such user, or the database fails.
    pub async fn end_sessions(
        &self,
        account: &AccountId,
        user: &UserId,
    ) -> Result<(), ChangeError> {
        let known = self.known_user(account, user)?;
        let entry = AuditEntry::new(AuditAction::SessionEnd, account)
            .target(known.id.as_str(), &known.login_name);
        let user = known.id.clone();
        let id = user.clone();
        let rows = move |tx: &Connection| {
            Ok(store::end_sessions_of_user(tx, id.as_str()).map_err(sqlite("end sessions"))?)
        };
        let admin = self.clone();
        let publish = move |()| admin.forget_sessions(|session| session.user == user);
        self.change(entry, rows, publish).await
    }

    /// Ends the session of a user who logs out.
    pub(crate) async fn log_out(&self, user: &User, session: &SessionId) -> Result<(), StoreError> {
        let entry = of_user(AuditAction::SessionLogOut, user);
        self.end_session(session, Some(entry)).await
    }

    /// Ends the session that a code got which was shown again, if it is still there.
    pub(crate) async fn end_reused(
        &self,
        session: &SessionId,
        user: &UserId,
        app: &InstalledApp,
    ) -> Result<(), StoreError> {
        let user = self.known_user(&app.account, user).ok();
        let entry = user.map(|user| of_user(AuditAction::TokenReuse, &user).detail("what", "code"));
        self.end_session(session, entry).await
    }

    async fn end_session(
        &self,
        session: &SessionId,
        entry: Option<AuditEntry>,
    ) -> Result<(), StoreError> {
        let (admin, ended) = (self.clone(), session.clone());
        let rows = move |tx: &Connection| {
            store::end_session(tx, ended.as_str()).map_err(sqlite("end a session"))?;
            entry.map_or(Ok(()), |entry| admin.tally(tx, entry))
        };
        let (admin, session) = (self.clone(), session.clone());
        let publish = move |()| admin.forget_sessions(|known| known.id == session);
        let store = &self.parts().store;
        store.transact("end a session", rows, publish).await
    }

    /// Forgets the access tokens of sessions that have ended.
    pub(super) fn forget_sessions(&self, which: impl Fn(&Session) -> bool) {
        self.parts().registry.load().sessions().end(which);
    }

    /// Opens what an app was allowed.
    pub(crate) async fn open_session(
        &self,
        session: Session,
        user: &User,
    ) -> Result<NewTokens, ChangeError> {
        let now = now_ms();
        let tokens = NewTokens::generate().ok_or(ChangeError::Random)?;
        let rows = tokens.rows(&session.id, now);
        let row = row(&session, None, now + REFRESH_MS);
        let entry = of_user(AuditAction::TokenGrant, user)
            .detail("session", session.id.as_str())
            .detail("scope", session.scope.as_str());
        let tokens_of = vec![rows.access, rows.refresh];
        self.open(session, (row, tokens_of), entry).await?;
        Ok(tokens)
    }

    /// Opens what a user gets who logged in, a service user with its keys.
    pub(crate) async fn open_login(
        &self,
        user: &User,
        keys: Option<&ShownKeys>,
    ) -> Result<NewLogin, ChangeError> {
        let secret = || TokenText::access().ok_or(ChangeError::Random);
        let login = NewLogin {
            bearer: secret()?,
            session_id: secret()?,
            csrf: secret()?,
        };
        let now = now_ms();
        let session = Session {
            id: SessionId::generate(),
            user: user.id.clone(),
            app: keys.map(|keys| keys.app.clone()),
            scope: String::new(),
            token: keys.map(|keys| keys.token),
            created_at: now,
        };
        let token = |text: &TokenText, kind| SessionTokenRow {
            hash: text.hash().0,
            session: session.id.as_str().to_owned(),
            kind,
            expires_at: now + ACCESS_MS,
        };
        let tokens = vec![
            token(&login.bearer, TokenKind::Access),
            token(&login.session_id, TokenKind::Login),
        ];
        let row = row(&session, Some(login.csrf.hash()), now + ACCESS_MS);
        let entry = of_user(AuditAction::UserSignIn, user).detail("session", session.id.as_str());
        self.open(session, (row, tokens), entry).await?;
        Ok(login)
    }

    /// Keeps a login alive; whether it still was.
    pub(crate) async fn keep_login(
        &self,
        session_id: &str,
        csrf: &str,
    ) -> Result<bool, StoreError> {
        let now = now_ms();
        let shown = TokenHash::of(session_id.as_bytes());
        let csrf = TokenHash::of(csrf.as_bytes());
        let rows = move |tx: &Connection| {
            let found = store::session_token(tx, &shown.0)?;
            let kept = found.filter(|(token, session)| {
                let same = session
                    .csrf_hash
                    .map(|hash| bool::from(hash.ct_eq(&csrf.0)));
                token.kind == TokenKind::Login && token.expires_at > now && same == Some(true)
            });
            let Some((_, session)) = kept else {
                return Ok(None);
            };
            let until = (now + ACCESS_MS).min(session.created_at + LOGIN_MS_MAX);
            let kinds = [TokenKind::Access, TokenKind::Login];
            store::prolong(tx, &session.id, &kinds, until)?;
            Ok(Some((session.id, until)))
        };
        let rows = move |tx: &Connection| rows(tx).map_err(sqlite("keep a login"));
        let admin = self.clone();
        let publish = move |kept: Option<(String, u64)>| {
            let Some((session, until)) = kept else {
                return false;
            };
            let sessions = Arc::clone(admin.parts().registry.load().sessions());
            sessions.prolong(&SessionId::from_row(session), until);
            true
        };
        let store = &self.parts().store;
        store.transact("keep a login", rows, publish).await
    }

    /// Exchanges a refresh token of an app.
    pub(crate) async fn refresh(
        &self,
        token: &str,
        app: &InstalledApp,
    ) -> Result<Refreshed, ChangeError> {
        let now = now_ms();
        let hash = TokenHash::of(token.as_bytes());
        let tokens = NewTokens::generate().ok_or(ChangeError::Random)?;
        let owner = app.id.as_str().to_owned();
        let (access, refresh) = (tokens.access.hash(), tokens.refresh.hash());
        let exchange = move |tx: &Connection| {
            let Some((token, session)) = store::session_token(tx, &hash.0)? else {
                return Ok(Found::Unknown);
            };
            if session.app.as_deref() != Some(&owner) {
                return Ok(Found::Unknown);
            }
            match token.kind {
                TokenKind::Spent => {
                    store::end_session(tx, &session.id)?;
                    return Ok(Found::Reused(session));
                }
                TokenKind::Refresh if token.expires_at > now => {}
                _ => return Ok(Found::Unknown),
            }
            store::spend(tx, &hash.0)?;
            let next = |hash: TokenHash, kind, expires_at| SessionTokenRow {
                hash: hash.0,
                session: session.id.clone(),
                kind,
                expires_at,
            };
            let until = now + REFRESH_MS;
            store::add_session_token(tx, &next(access, TokenKind::Access, now + ACCESS_MS))?;
            store::add_session_token(tx, &next(refresh, TokenKind::Refresh, until))?;
            // Tokens that were exchanged are known as long as the session is.
            store::prolong(tx, &session.id, &[TokenKind::Spent], until)?;
            Ok(Found::Good(session))
        };
        let change = "exchange a refresh token";
        let (admin, account) = (self.clone(), app.account.clone());
        let rows = move |tx: &Connection| {
            let found = exchange(tx).map_err(sqlite(change))?;
            let (action, session) = match &found {
                Found::Good(session) => (AuditAction::TokenRefresh, session),
                Found::Reused(session) => (AuditAction::TokenReuse, session),
                Found::Unknown => return Ok(found),
            };
            let mut entry = admin.of_session(action, &account, session);
            if action == AuditAction::TokenReuse {
                entry = entry.detail("what", "refresh-token");
            }
            admin.tally(tx, entry)?;
            Ok(found)
        };
        let admin = self.clone();
        let publish = move |found| admin.publish_refresh(found, tokens, now);
        let store = &self.parts().store;
        store
            .transact::<_, ChangeError, _>(change, rows, publish)
            .await
    }

    fn publish_refresh(&self, found: Found, tokens: NewTokens, now: u64) -> Refreshed {
        match found {
            Found::Unknown => Refreshed::Unknown,
            Found::Reused(row) => {
                self.forget_sessions(|session| session.id.as_str() == row.id);
                Refreshed::Reused
            }
            Found::Good(row) => {
                let registry = self.parts().registry.load_full();
                let session = Arc::new(session(row));
                let access = Access {
                    session: Arc::clone(&session),
                    opens: Opens::Everything,
                    expires_at: now + ACCESS_MS,
                };
                registry.sessions().add(tokens.access.hash(), access, now);
                Refreshed::Done { tokens, session }
            }
        }
    }

    /// Ends the session that a token of an app belongs to, if there is one.
    pub(crate) async fn revoke(&self, token: &str, app: &InstalledApp) -> Result<(), StoreError> {
        let hash = TokenHash::of(token.as_bytes());
        let (owner, account) = (app.id.as_str().to_owned(), app.account.clone());
        let change = "revoke a token";
        let admin = self.clone();
        let rows = move |tx: &Connection| {
            let found = store::session_token(tx, &hash.0).map_err(sqlite(change))?;
            let own = found.filter(|(_, session)| session.app.as_deref() == Some(&owner));
            let Some((_, session)) = own else {
                return Ok(None);
            };
            store::end_session(tx, &session.id).map_err(sqlite(change))?;
            let entry = admin.of_session(AuditAction::TokenRevoke, &account, &session);
            admin.tally(tx, entry)?;
            Ok(Some(session.id))
        };
        let admin = self.clone();
        let publish = move |ended: Option<String>| {
            if let Some(id) = ended {
                admin.forget_sessions(|session| session.id.as_str() == id);
            }
        };
        self.parts().store.transact(change, rows, publish).await
    }

    /// What a token of an app is good for now: its kind, its session, and until when.
    pub(crate) async fn look_up(
        &self,
        token: &str,
        app: &AppId,
    ) -> Result<Option<(SessionTokenRow, SessionRow)>, StoreError> {
        let hash = TokenHash::of(token.as_bytes());
        let owner = app.as_str().to_owned();
        let rows = move |reader: &Connection| store::session_token(reader, &hash.0);
        let store = &self.parts().store;
        let found = store.read_context("look a token up", rows).await?;
        Ok(found.filter(|(token, session)| {
            session.app.as_deref() == Some(&owner)
                && token.expires_at > now_ms()
                && matches!(token.kind, TokenKind::Access | TokenKind::Refresh)
        }))
    }

    /// What is done to a session, whose user is of the account of its app.
    fn of_session(
        &self,
        action: AuditAction,
        account: &AccountId,
        session: &SessionRow,
    ) -> AuditEntry {
        let user = UserId::from_row(session.user.clone());
        let name = self.known_user(account, &user);
        let name = name.map_or_else(|_| String::new(), |user| user.login_name.clone());
        AuditEntry::new(action, account)
            .target(user.as_str(), &name)
            .detail("session", session.id.as_str())
    }

    async fn open(
        &self,
        session: Session,
        (row, tokens): (SessionRow, Vec<SessionTokenRow>),
        entry: AuditEntry,
    ) -> Result<(), ChangeError> {
        let now = now_ms();
        let access: Vec<_> = tokens
            .iter()
            .filter(|token| token.kind == TokenKind::Access)
            .map(|token| (TokenHash(token.hash), token.expires_at))
            .collect();
        let rows = move |tx: &Connection| {
            let ended = store::end_oldest_sessions(tx, &row.user, SESSIONS_MAX - 1)?;
            store::add_session_of_user(tx, &row)?;
            tokens
                .iter()
                .try_for_each(|token| store::add_session_token(tx, token))?;
            Ok(ended)
        };
        let change = "open a session";
        let admin = self.clone();
        let rows = move |tx: &Connection| {
            let ended = rows(tx).map_err(sqlite(change))?;
            admin.tally(tx, entry)?;
            Ok(ended)
        };
        let admin = self.clone();
        let publish = move |ended: Vec<String>| {
            admin.forget_sessions(|known| ended.iter().any(|id| id == known.id.as_str()));
            let session = Arc::new(session);
            let registry = admin.parts().registry.load();
            for (token, expires_at) in access {
                let session = Arc::clone(&session);
                let access = Access {
                    session,
                    opens: Opens::Everything,
                    expires_at,
                };
                registry.sessions().add(token, access, now);
            }
        };
        let store = &self.parts().store;
        store
            .transact::<_, ChangeError, _>(change, rows, publish)
            .await
    }
}

/// What is done to something that a user has open. The audit log finds it by the user.
pub(super) fn of_user(action: AuditAction, user: &User) -> AuditEntry {
    AuditEntry::new(action, &user.account).target(user.id.as_str(), &user.login_name)
}

/// A row as requests find it.
pub(crate) fn session(row: SessionRow) -> Session {
    Session {
        id: SessionId::from_row(row.id),
        user: UserId::from_row(row.user),
        app: row.app.map(AppId::from_row),
        scope: row.scope,
        token: row.token.map(TokenHash),
        created_at: row.created_at,
    }
}

fn row(session: &Session, csrf: Option<TokenHash>, expires_at: u64) -> SessionRow {
    SessionRow {
        id: session.id.as_str().to_owned(),
        user: session.user.as_str().to_owned(),
        app: session.app.as_ref().map(|app| app.as_str().to_owned()),
        csrf_hash: csrf.map(|hash| hash.0),
        scope: session.scope.clone(),
        created_at: session.created_at,
        expires_at,
        token: session.token.map(|hash| hash.0),
    }
}

fn info(row: SessionRow) -> SessionInfo {
    SessionInfo {
        id: SessionId::from_row(row.id),
        app: row.app.map(AppId::from_row),
        created_at: row.created_at,
        expires_at: row.expires_at,
    }
}
