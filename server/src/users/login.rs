//! Is this the person with that name?
//!
//! One door for every way to log in with a password. Whether a name is unknown, its password wrong,
//! or the user disabled, the answer is the same and takes as long. The audit log has who was not let
//! in and why; a name that is nobody's is not in it, since people type passwords there.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use sandglass_runtime::AccountId;

use super::throttle::{Attempt, Throttle, TooEarly};
use super::{PasswordError, Passwords, User};
use crate::audit::{AuditAction, AuditEntry, Origin, SignedEntry, Tallies};
use crate::auth::{Actor, AppId, Permissions, TokenHash};
use crate::clock::now_ms;
use crate::oauth::Grant;
use crate::registry::Current;

/// What logging in takes.
pub(crate) struct Logins {
    registry: Arc<Current>,
    passwords: Passwords,
    throttle: Throttle,
    tallies: Arc<Tallies>,
}

/// What a service user logs in with (spec 3.3): who it is, an installed app, and the id and the text
/// of a token that was made for the service user.
pub(crate) struct BotKeys<'a> {
    pub(crate) login_name: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) token_id: &'a str,
    pub(crate) token: &'a str,
}

/// With what a service user has logged in.
pub(crate) struct ShownKeys {
    pub(crate) app: AppId,
    pub(crate) token: TokenHash,
    /// What both the token and the user may.
    pub(crate) permissions: Permissions,
}

/// Why somebody is not logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginError {
    /// There is no such user with that password, or with those keys.
    #[error("the login name or the password is wrong")]
    Wrong,
    /// There were too many attempts of late.
    #[error("too many attempts to log in: try again in {seconds} s")]
    Wait { seconds: u64 },
}

impl Logins {
    pub(crate) fn new(registry: Arc<Current>, passwords: Passwords, tallies: Arc<Tallies>) -> Self {
        Self {
            registry,
            passwords,
            throttle: Throttle::default(),
            tallies,
        }
    }

    /// Checks a name and a password. What comes of a success is for the caller to put on record.
    pub(crate) async fn log_in(
        &self,
        account: &AccountId,
        (login_name, password): (&str, &str),
        origin: &Origin,
    ) -> Result<Arc<User>, LoginError> {
        let (attempt, found) = self.begin(account, login_name, origin)?;
        let hash = found.as_ref().and_then(|user| user.password.as_ref());
        let verified = self.passwords.verify(hash, password).await;
        let fits = verified.map_err(|busy| {
            self.hold_off(account, found.as_deref(), origin);
            LoginError::from(busy)
        })?;
        // Looked at again, since the user may have changed while the password was checked.
        let now = self.user(account, login_name);
        match (&found, now) {
            (Some(before), Some(user)) if fits && user.enabled && user.id == before.id => {
                self.throttle.succeeded(&attempt);
                Ok(user)
            }
            _ => {
                let because = match (&found, fits) {
                    (None, _) => "unknown-name",
                    (Some(_), true) => "disabled",
                    (Some(_), false) => "wrong-password",
                };
                self.refuse(account, found.as_deref(), because, origin);
                Err(LoginError::Wrong)
            }
        }
    }

    /// Checks the keys of a service user. Each is found by its hash or compared by it, and all of them
    /// are looked at, whichever are wrong.
    pub(crate) fn log_in_bot(
        &self,
        account: &AccountId,
        keys: &BotKeys<'_>,
        origin: &Origin,
    ) -> Result<(Arc<User>, ShownKeys), LoginError> {
        let (attempt, found) = self.begin(account, keys.login_name, origin)?;
        let registry = self.registry.load();
        let app = registry.apps().find(account.as_str(), keys.client_id);
        let app = app.filter(|app| app.is_secret(keys.client_secret));
        let hash = TokenHash::of(keys.token.as_bytes());
        let token = registry.token(&hash);
        let token = token.filter(|token| token.id.as_str() == keys.token_id);
        if let (Some(user), Some(app), Some(token)) = (&found, app, token)
            && token.user.as_ref() == Some(&user.id)
            && app.grants.has(Grant::ClientCredentials)
            && user.enabled
        {
            self.throttle.succeeded(&attempt);
            let shown = ShownKeys {
                app: app.id.clone(),
                token: hash,
                permissions: token.permissions.and(user.permissions),
            };
            return Ok((Arc::clone(user), shown));
        }
        let because = match &found {
            None => "unknown-name",
            Some(user) if !user.enabled => "disabled",
            Some(_) => "wrong-keys",
        };
        self.refuse(account, found.as_deref(), because, origin);
        Err(LoginError::Wrong)
    }

    /// Begins an attempt, unless it comes too early.
    fn begin(
        &self,
        account: &AccountId,
        login_name: &str,
        origin: &Origin,
    ) -> Result<(Attempt, Option<Arc<User>>), LoginError> {
        let found = self.user(account, login_name);
        let address = origin.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let attempt = self
            .throttle
            .attempt(account, login_name, address, now_ms());
        match attempt {
            Ok(attempt) => Ok((attempt, found)),
            Err(early) => {
                self.hold_off(account, found.as_deref(), origin);
                Err(early.into())
            }
        }
    }

    fn hold_off(&self, account: &AccountId, user: Option<&User>, origin: &Origin) {
        let entry = AuditEntry::new(AuditAction::UserSignInHeldOff, account);
        self.note(entry, account, user, origin);
    }

    fn refuse(
        &self,
        account: &AccountId,
        user: Option<&User>,
        because: &'static str,
        origin: &Origin,
    ) {
        let entry = AuditEntry::new(AuditAction::UserSignInFailed, account);
        self.note(entry.detail("because", because), account, user, origin);
    }

    /// Puts on record who was not let in. In an account that does not exist nobody would read it.
    fn note(
        &self,
        mut entry: AuditEntry,
        account: &AccountId,
        user: Option<&User>,
        origin: &Origin,
    ) {
        if self.registry.load().account(account.as_str()).is_none() {
            return;
        }
        if let Some(user) = user {
            entry = entry.target(user.id.as_str(), &user.login_name);
        }
        let signed = SignedEntry {
            entry,
            actor: Actor::nobody(),
            origin: origin.clone(),
        };
        self.tallies.note(signed, now_ms());
    }

    fn user(&self, account: &AccountId, login_name: &str) -> Option<Arc<User>> {
        let registry = self.registry.load();
        registry.users().by_login(account, login_name).cloned()
    }
}

impl From<TooEarly> for LoginError {
    fn from(early: TooEarly) -> Self {
        let seconds = early.wait_ms.div_ceil(1_000);
        Self::Wait { seconds }
    }
}

impl From<PasswordError> for LoginError {
    fn from(_: PasswordError) -> Self {
        // Too many passwords are being checked; nothing else can go wrong with an old one.
        Self::Wait { seconds: 1 }
    }
}
