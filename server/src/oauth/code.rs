//! What was agreed to, until the app fetches its tokens?
//!
//! A code is good once, for a minute, and for whom it was made (RFC 6749, section 4.1.2). Shown a
//! second time, it ends what the first time got: one of the two who showed it stole it. Codes are
//! kept in memory only: a restart within that minute costs the user another click.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::pkce::Challenge;
use crate::auth::{AppId, SessionId, TokenHash, TokenText, UserId};

/// How long a code is good, in milliseconds.
const GOOD_MS: u64 = 60_000;
/// How long it is known what a code got, in milliseconds.
const KNOWN_MS: u64 = 10 * 60_000;
/// Codes that are known at once.
const CODES_MAX: usize = 10_000;

/// What a user agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreed {
    pub(super) app: AppId,
    pub(super) user: UserId,
    /// The session that the code's tokens will belong to.
    pub(super) session: SessionId,
    /// The address as the request had it, if it had one.
    pub(super) redirect_uri: Option<String>,
    pub(super) challenge: Option<Challenge>,
    pub(super) scope: String,
    pub(super) nonce: Option<String>,
    /// When the user logged in, in milliseconds since the Unix epoch.
    pub(super) logged_in_at: u64,
}

/// The codes of late.
#[derive(Default)]
pub(crate) struct Codes(Mutex<HashMap<TokenHash, Kept>>);

struct Kept {
    agreed: Arc<Agreed>,
    made_at: u64,
    is_spent: bool,
}

/// What became of a code that was shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It was never made, or is too old.
    Unknown,
    /// It was shown before; this is what it was for.
    Again(Arc<Agreed>),
    /// It is good, this once.
    First(Arc<Agreed>),
}

impl Codes {
    /// Makes a code; `None` when there are too many, or the system has no randomness.
    pub(super) fn make(&self, agreed: Agreed, now: u64) -> Option<TokenText> {
        let text = TokenText::nonce()?;
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() >= CODES_MAX {
            codes.retain(|_, kept| kept.made_at + KNOWN_MS > now);
        }
        if codes.len() >= CODES_MAX {
            return None;
        }
        let kept = Kept {
            agreed: Arc::new(agreed),
            made_at: now,
            is_spent: false,
        };
        codes.insert(text.hash(), kept);
        Some(text)
    }

    /// Spends a code.
    pub(super) fn show(&self, code: &str, now: u64) -> Shown {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kept) = codes.get_mut(&TokenHash::of(code.as_bytes())) else {
            return Shown::Unknown;
        };
        if std::mem::replace(&mut kept.is_spent, true) {
            return Shown::Again(Arc::clone(&kept.agreed));
        }
        match kept.made_at + GOOD_MS > now {
            true => Shown::First(Arc::clone(&kept.agreed)),
            false => Shown::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed() -> Agreed {
        Agreed {
            app: AppId::generate(),
            user: UserId::generate(),
            session: SessionId::generate(),
            redirect_uri: None,
            challenge: None,
            scope: String::new(),
            nonce: None,
            logged_in_at: 1,
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let codes = Codes::default();
        let what = agreed();
        let code = codes.make(what.clone(), 1_000).unwrap();
        let first = codes.show(code.expose(), 1_000 + GOOD_MS - 1);
        assert_eq!(first, Shown::First(Arc::new(what.clone())));
        let again = codes.show(code.expose(), 2_000);
        assert_eq!(again, Shown::Again(Arc::new(what)));
        let late = codes.make(agreed(), 1_000).unwrap();
        assert_eq!(codes.show(late.expose(), 1_000 + GOOD_MS), Shown::Unknown);
        assert_eq!(codes.show("no code", 1_000), Shown::Unknown);
    }

    #[test]
    fn codes_are_bounded_and_forgotten() {
        let codes = Codes::default();
        for _ in 0..CODES_MAX {
            assert!(codes.make(agreed(), 1_000).is_some());
        }
        assert!(codes.make(agreed(), 1_000).is_none());
        assert!(codes.make(agreed(), 1_000 + KNOWN_MS).is_some());
    }
}
