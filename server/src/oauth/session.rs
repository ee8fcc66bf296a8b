//! What is open, and for whom?
//!
//! A session is what a login or an app's authorization gave: tokens that end together. Requests find
//! the session of an access token here, without SQL. Everything else of it is in the database, which
//! is also what says whether a refresh token was exchanged before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::{ACCESS_MS, REFRESH_MS};
use crate::auth::{AppId, SessionId, TokenHash, TokenText, UserId};
use crate::store::{SessionTokenRow, TokenKind};

/// How often tokens that have expired are forgotten, in milliseconds.
const FORGET_MS: u64 = 60_000;

/// A login, or an app's authorization.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    /// `None` for somebody who logged in without an app.
    pub(crate) app: Option<AppId>,
    /// What the app was given leave for; empty without one.
    pub(crate) scope: String,
    /// The token that a service user logged in with, which bounds what the session may do.
    pub(crate) token: Option<TokenHash>,
    /// Milliseconds since the Unix epoch.
    pub(crate) created_at: u64,
}

/// How much of what its user may do a token of a session opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opens {
    /// All of it.
    Everything,
    /// Invocations, and nothing else.
    Invocations,
}

/// What an access token opens.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) session: Arc<Session>,
    pub(crate) opens: Opens,
    /// Milliseconds since the Unix epoch.
    pub(crate) expires_at: u64,
}

/// The access tokens of all sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    open: RwLock<HashMap<TokenHash, Access>>,
    forgot_at: AtomicU64,
}

/// The tokens that a session begins with or goes on with.
pub(crate) struct NewTokens {
    pub(crate) access: TokenText,
    pub(crate) refresh: TokenText,
}

/// The same as rows.
pub(crate) struct SessionTokens {
    pub(crate) access: SessionTokenRow,
    pub(crate) refresh: SessionTokenRow,
}

impl Sessions {
    /// What an access token opens now.
    pub(crate) fn get(&self, token: &TokenHash, now: u64) -> Option<Access> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let access = open.get(token)?;
        (access.expires_at > now).then(|| access.clone())
    }

    /// Lets a token open the API.
    pub(crate) fn add(&self, token: TokenHash, access: Access, now: u64) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(self.forgot_at.load(Ordering::Relaxed)) > FORGET_MS {
            open.retain(|_, access| access.expires_at > now);
            self.forgot_at.store(now, Ordering::Relaxed);
        }
        open.insert(token, access);
    }

    /// Lets the access tokens of a session live longer.
    pub(crate) fn prolong(&self, session: &SessionId, until: u64) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let own = open
            .values_mut()
            .filter(|access| access.session.id == *session);
        own.for_each(|access| access.expires_at = until);
    }

    /// Ends these tokens, whatever their sessions.
    pub(crate) fn drop_tokens(&self, tokens: &[TokenHash]) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.retain(|hash, _| !tokens.contains(hash));
    }

    /// Ends the sessions for which it holds.
    pub(crate) fn end(&self, which: impl Fn(&Session) -> bool) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, access| !which(&access.session));
    }
}

impl NewTokens {
    /// New tokens; `None` when the system has no randomness.
    pub(crate) fn generate() -> Option<Self> {
        Some(Self {
            access: TokenText::access()?,
            refresh: TokenText::refresh()?,
        })
    }

    /// As they are kept.
    pub(crate) fn rows(&self, session: &SessionId, now: u64) -> SessionTokens {
        let row = |token: &TokenText, kind, expires_at| SessionTokenRow {
            hash: token.hash().0,
            session: session.as_str().to_owned(),
            kind,
            expires_at,
        };
        SessionTokens {
            access: row(&self.access, TokenKind::Access, now + ACCESS_MS),
            refresh: row(&self.refresh, TokenKind::Refresh, now + REFRESH_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(expires_at: u64) -> Access {
        let session = Arc::new(Session {
            id: SessionId::generate(),
            user: UserId::generate(),
            app: None,
            scope: String::new(),
            token: None,
            created_at: 1,
        });
        Access {
            session,
            opens: Opens::Everything,
            expires_at,
        }
    }

    #[test]
    fn a_token_opens_until_it_expires_or_its_session_ends() {
        let sessions = Sessions::default();
        let (one, two) = (TokenHash::of(b"1"), TokenHash::of(b"2"));
        sessions.add(one, access(100), 1);
        let other = access(200);
        sessions.add(two, other.clone(), 1);
        assert!(sessions.get(&one, 99).is_some());
        assert!(sessions.get(&one, 100).is_none());
        sessions.end(|session| session.id == other.session.id);
        assert!(sessions.get(&one, 99).is_some() && sessions.get(&two, 99).is_none());
        sessions.prolong(&sessions.get(&one, 99).unwrap().session.id, 300);
        assert!(sessions.get(&one, 299).is_some());
    }

    #[test]
    fn what_has_expired_is_forgotten() {
        let sessions = Sessions::default();
        sessions.add(TokenHash::of(b"1"), access(100), 1);
        sessions.add(TokenHash::of(b"2"), access(1_000_000), FORGET_MS + 200);
        let open = sessions.open.read().unwrap();
        assert_eq!(open.len(), 1);
    }
}
