//! Is this the person with that name?
//!
//! One door for every way to log in with a password. Whether a name is unknown, its password wrong,
//! or the user disabled, the answer is the same and takes as long. The audit log has who was not let
//! in and why; a name that is nobody's is not in it, since people type passwords there.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use sandglass_runtime::AccountId;

use super::throttle::{Throttle, TooEarly};
use super::{PasswordError, Passwords, User};
use crate::audit::{AuditAction, AuditEntry, Origin, SignedEntry, Tallies};
use crate::auth::Actor;
use crate::clock::now_ms;
use crate::registry::Current;

/// What logging in takes.
pub(crate) struct Logins {
    registry: Arc<Current>,
    passwords: Passwords,
    throttle: Throttle,
    tallies: Arc<Tallies>,
}

/// Why somebody is not logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginError {
    /// There is no such user with that password.
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
        let found = self.user(account, login_name);
        let address = origin.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let attempt = self
            .throttle
            .attempt(account, login_name, address, now_ms());
        let refused = |action, because| {
            self.note(account, found.as_deref(), (action, because), origin);
        };
        let held_off = |error: LoginError| {
            refused(AuditAction::UserSignInHeldOff, "too-many-attempts");
            error
        };
        let attempt = attempt.map_err(|early| held_off(early.into()))?;
        let hash = found.as_ref().and_then(|user| user.password.as_ref());
        let verified = self.passwords.verify(hash, password).await;
        let fits = verified.map_err(|busy| held_off(busy.into()))?;
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
                refused(AuditAction::UserSignInFailed, because);
                Err(LoginError::Wrong)
            }
        }
    }

    /// Puts on record who was not let in. In an account that does not exist nobody would read it.
    fn note(
        &self,
        account: &AccountId,
        user: Option<&User>,
        (action, because): (AuditAction, &'static str),
        origin: &Origin,
    ) {
        if self.registry.load().account(account.as_str()).is_none() {
            return;
        }
        let mut entry = AuditEntry::new(action, account).detail("because", because);
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
