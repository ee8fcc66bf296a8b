//! Is it the operator who asks?
//!
//! The operator is whoever may read `operator.token` in the data directory: accounts are theirs, and no
//! administrator of an account can make another one or see which others there are. The token opens
//! nothing of any account. Of the file's text the server keeps the hash.

use http::request::Parts;
use subtle::ConstantTimeEq as _;

use super::{AuthError, TokenHash, TokenText, authenticate, shown};
use crate::registry::Registry;

/// What its text begins with.
const PREFIX: &str = "sgo_";
/// The prefix and 32 bytes in base64.
const LENGTH: usize = 47;

/// What the operator's token is compared with.
pub(crate) struct OperatorKey(TokenHash);

/// Somebody who proved to be the operator.
#[derive(Debug)]
pub(crate) struct Operator(());

impl OperatorKey {
    /// A new token, and its key; `None` when the system has no randomness.
    pub(crate) fn generate() -> Option<(TokenText, Self)> {
        let text = TokenText::with_prefix(PREFIX)?;
        let key = Self(text.hash());
        Some((text, key))
    }

    /// The key of a token that was kept; `None` when it is none.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        let is_one = text.len() == LENGTH && text.starts_with(PREFIX.as_bytes());
        is_one.then(|| Self(TokenHash::of(text)))
    }

    /// Finds out whether the operator sent a request.
    pub(crate) fn authenticate(
        &self,
        parts: &Parts,
        registry: &Registry,
    ) -> Result<Operator, AuthError> {
        let shown = TokenHash::of(shown(parts)?);
        if bool::from(shown.0.ct_eq(&self.0.0)) {
            return Ok(Operator(()));
        }
        authenticate(parts, registry)?;
        Err(AuthError::Operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_token_makes_a_key() {
        let (text, key) = OperatorKey::generate().unwrap();
        let line = format!("{}\n", text.expose());
        assert!(OperatorKey::of(line.as_bytes()).unwrap().0 == key.0);
        let other = TokenText::generate().unwrap();
        for wrong in ["", "\n", "sgo_", &line[..46], other.expose()] {
            assert!(OperatorKey::of(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
    }
}
