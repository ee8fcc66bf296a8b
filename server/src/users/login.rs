//! Is this the person with that name?
//!
//! One door for every way to log in with a password. Whether a name is unknown, its password wrong,
//! or the user disabled, the answer is the same and takes as long.

use std::net::IpAddr;
use std::sync::Arc;

use sandglass_runtime::AccountId;

use super::throttle::{Throttle, TooEarly};
use super::{PasswordError, Passwords, User};
use crate::clock::now_ms;
use crate::registry::Current;

/// What logging in takes.
pub(crate) struct Logins {
    registry: Arc<Current>,
    passwords: Passwords,
    throttle: Throttle,
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
    pub(crate) fn new(registry: Arc<Current>, passwords: Passwords) -> Self {
        Self {
            registry,
            passwords,
            throttle: Throttle::default(),
        }
    }

    /// Checks a name and a password.
    pub(crate) async fn log_in(
        &self,
        account: &AccountId,
        (login_name, password): (&str, &str),
        address: IpAddr,
    ) -> Result<Arc<User>, LoginError> {
        let attempt = self
            .throttle
            .attempt(account, login_name, address, now_ms())?;
        let found = self.user(account, login_name);
        let hash = found.as_ref().and_then(|user| user.password.as_ref());
        let fits = self.passwords.verify(hash, password).await?;
        // Looked at again, since the user may have changed while the password was checked.
        let now = self.user(account, login_name);
        match (found, now) {
            (Some(before), Some(user)) if fits && user.enabled && user.id == before.id => {
                self.throttle.succeeded(&attempt);
                Ok(user)
            }
            _ => Err(LoginError::Wrong),
        }
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
