//! How does a session get a token that opens less than it?

use std::sync::Arc;

use rusqlite::Connection;

use super::sessions::of_user;
use super::{Admin, ChangeError, sqlite};
use crate::audit::AuditAction;
use crate::auth::{TokenHash, TokenText};
use crate::clock::now_ms;
use crate::oauth::{Access, INVOKE_MS, Opens, Session};
use crate::store::{self, SessionTokenRow, TokenKind};
use crate::users::User;

/// Tokens of one session that only invoke; the oldest makes room.
const INVOKE_TOKENS_MAX: usize = 20;

impl Admin {
    /// A token that only invokes, for an hour and no longer than its session.
    pub(crate) async fn narrow(
        &self,
        session: &Arc<Session>,
        user: &User,
    ) -> Result<TokenText, ChangeError> {
        let now = now_ms();
        let token = TokenText::invoke().ok_or(ChangeError::Random)?;
        let row = SessionTokenRow {
            hash: token.hash().0,
            session: session.id.as_str().to_owned(),
            kind: TokenKind::Invoke,
            expires_at: now + INVOKE_MS,
        };
        let entry = of_user(AuditAction::TokenNarrow, user).detail("session", session.id.as_str());
        let change = "make a token that only invokes";
        let admin = self.clone();
        let rows = move |tx: &Connection| {
            let left = INVOKE_TOKENS_MAX - 1;
            let ended = store::end_oldest_invoke_tokens(tx, &row.session, left)
                .and_then(|ended| store::add_session_token(tx, &row).map(|()| ended))
                .map_err(sqlite(change))?;
            admin.tally(tx, entry)?;
            Ok(ended)
        };
        let registry = self.parts().registry.load_full();
        let (hash, session) = (token.hash(), Arc::clone(session));
        let publish = move |ended: Vec<[u8; 32]>| {
            let ended: Vec<_> = ended.into_iter().map(TokenHash).collect();
            let access = Access {
                session,
                opens: Opens::Invocations,
                expires_at: now + INVOKE_MS,
            };
            registry.sessions().drop_tokens(&ended);
            registry.sessions().add(hash, access, now);
        };
        let store = &self.parts().store;
        store
            .transact::<_, ChangeError, _>(change, rows, publish)
            .await?;
        Ok(token)
    }
}
