//! How is a password kept and checked?
//!
//! By argon2id with the parameters that OWASP's Password Storage Cheat Sheet names first: 19 MiB,
//! two passes, one lane. That takes some tens of milliseconds of a processor, so it runs on threads
//! of its own, only a few at once, and what comes when too many wait is told to come back.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::Semaphore;

/// The shortest password, in characters: NIST SP 800-63B asks for 15 where it is the only factor
/// and no limit slows a guesser down, and for 8 otherwise.
const CHARS_MIN: usize = 12;
/// The longest password, in bytes: no more work for the server than a passphrase needs.
const BYTES_MAX: usize = 1_024;
/// Passwords that may wait to be checked.
const WAITING_MAX: usize = 64;
const SALT_BYTES: usize = 16;
/// What the password of somebody who does not exist is checked against: zeros, which are no
/// password's hash, with the parameters that real ones have.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What is kept of a password: its argon2id hash as a PHC string. Prints as `[redacted]`.
#[derive(Clone)]
pub(crate) struct PasswordHash(String);

/// Hashes passwords within its bounds. A clone shares them.
#[derive(Clone)]
pub(crate) struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Why a password was not hashed or checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("a password has at least {CHARS_MIN} characters and at most {BYTES_MAX} bytes")]
    Length,
    #[error("a password must not be the login name")]
    LoginName,
    #[error("too many passwords are being checked: try again")]
    Busy,
    #[error("no random numbers")]
    Random,
}

impl PasswordHash {
    /// A hash as the database has it.
    pub(crate) fn from_row(text: String) -> Self {
        Self(text)
    }

    /// The hash as the database has it.
    pub(crate) fn as_row(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Checks a new password against the rules: a length, and nothing that a guesser tries first. No
/// rules of composition, which make passwords no better (NIST SP 800-63B, section 3.1.1.2).
pub(crate) fn check(password: &str, login_name: &str) -> Result<(), PasswordError> {
    if password.chars().count() < CHARS_MIN || password.len() > BYTES_MAX {
        return Err(PasswordError::Length);
    }
    if super::folded(password) == super::folded(login_name) {
        return Err(PasswordError::LoginName);
    }
    Ok(())
}

impl Passwords {
    /// As many at once as there are processors.
    pub(crate) fn new() -> Self {
        let at_once = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            running: Arc::new(Semaphore::new(at_once)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// Hashes a password that was checked against the rules.
    pub(crate) async fn hash(&self, password: &str) -> Result<PasswordHash, PasswordError> {
        let mut bytes = [0; SALT_BYTES];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| PasswordError::Random)?;
        let salt = phc::Salt::new(&bytes).map_err(|_| PasswordError::Random)?;
        let password = password.to_owned();
        self.run(move || hash_with(password.as_bytes(), &salt).expect("the parameters fit"))
            .await
    }

    /// Whether it is the password. Without a hash it never is, and finding out takes as long.
    pub(crate) async fn verify(
        &self,
        hash: Option<&PasswordHash>,
        password: &str,
    ) -> Result<bool, PasswordError> {
        if password.len() > BYTES_MAX {
            return Ok(false);
        }
        let exists = hash.is_some();
        let hash = hash.map_or(NOBODY, PasswordHash::as_row).to_owned();
        let password = password.to_owned();
        let fits = move || {
            let verified = Argon2::default().verify_password(password.as_bytes(), hash.as_str());
            verified.is_ok() && exists
        };
        self.run(fits).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _waits = self
            .waiting
            .try_acquire()
            .map_err(|_| PasswordError::Busy)?;
        let running = Arc::clone(&self.running).acquire_owned().await;
        let running = running.expect("the semaphore is never closed");
        let work = move || {
            // Held to the end of the work, even when whoever asked has gone away.
            let _running = running;
            work()
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => Ok(result),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

fn hash_with(password: &[u8], salt: &phc::Salt) -> argon2::password_hash::Result<PasswordHash> {
    let hash: phc::PasswordHash =
        Argon2::default().hash_password_with_salt(password, salt.as_ref())?;
    Ok(PasswordHash(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.as_row().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(format!("{hash:?}"), "[redacted]");
        let verify = async |hash, password| passwords.verify(hash, password).await.unwrap();
        assert!(verify(Some(&hash), "correct horse battery").await);
        assert!(!verify(Some(&hash), "Correct horse battery").await);
        for nobody in ["", "correct horse battery"] {
            assert!(!verify(None, nobody).await, "{nobody:?}");
        }
        let parameters = |hash: &str| hash.split('$').take(4).collect::<String>();
        assert_eq!(parameters(NOBODY), parameters(hash.as_row()));
        assert!(phc::PasswordHash::new(NOBODY).is_ok());
        let again = passwords.hash("correct horse battery").await.unwrap();
        assert_ne!(hash.as_row(), again.as_row());
    }

    #[test]
    fn a_password_has_a_length_and_is_not_the_login_name() {
        assert_eq!(check("elevenchars", "ada"), Err(PasswordError::Length));
        assert_eq!(check("twelve chars", "ada"), Ok(()));
        assert_eq!(check(&"x".repeat(BYTES_MAX), "ada"), Ok(()));
        assert_eq!(
            check(&"x".repeat(BYTES_MAX + 1), "ada"),
            Err(PasswordError::Length)
        );
        let same = check("Ada@example.com", "ada@EXAMPLE.com");
        assert_eq!(same, Err(PasswordError::LoginName));
    }

    #[tokio::test]
    async fn what_comes_when_too_many_wait_is_told_so() {
        let passwords = Passwords::new();
        let all = passwords.waiting.clone();
        let _held = all.try_acquire_many(WAITING_MAX as u32).unwrap();
        assert_eq!(passwords.verify(None, "x").await, Err(PasswordError::Busy));
    }
}
