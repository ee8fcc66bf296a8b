//! What is a token?

use std::fmt;
use std::sync::atomic::AtomicU64;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use sandglass_runtime::AccountId;

use super::Permissions;
use super::UserId;
use super::id::id;

id! {
    /// The id of a token, by which people speak of it. It opens nothing.
    TokenId
}

/// A token as the server knows it.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) id: TokenId,
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
    pub(crate) created_at: u64,
    /// Milliseconds since the Unix epoch; 0 for never.
    pub(crate) last_used_at: AtomicU64,
    /// The service user that it acts for, whose permissions bound its own.
    pub(crate) user: Option<UserId>,
}

/// The SHA-256 of a token. A token has 256 random bits, so its hash needs neither salt nor
/// stretching, and a table lookup by it tells an attacker's clock nothing about the token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

/// What a token that only invokes begins with, and no other.
pub(crate) const INVOKE_PREFIX: &str = "sgi_";

/// A token itself: `sg_` and 32 random bytes in base64url. Shown once, kept nowhere.
pub(crate) struct TokenText(String);

impl TokenHash {
    pub(crate) fn of(token: &[u8]) -> Self {
        let hash = digest(&SHA256, token);
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl TokenText {
    /// A new token; `None` when the system has no randomness.
    pub(crate) fn generate() -> Option<Self> {
        Self::with_prefix("sg_")
    }

    /// A new access token: hexadecimal, as the platform's are (spec 3.1).
    pub(crate) fn access() -> Option<Self> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self(
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    /// A new refresh token.
    pub(crate) fn refresh() -> Option<Self> {
        Self::with_prefix("sgr_")
    }

    /// A new token that only invokes.
    pub(crate) fn invoke() -> Option<Self> {
        Self::with_prefix(INVOKE_PREFIX)
    }

    /// A new secret of an app.
    pub(crate) fn app_secret() -> Option<Self> {
        Self::with_prefix("sgs_")
    }

    /// A new text that is as hard to guess and says nothing.
    pub(crate) fn nonce() -> Option<Self> {
        Self::with_prefix("")
    }

    /// A new secret text of the same strength that says by its beginning what it is.
    pub(super) fn with_prefix(prefix: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.as_bytes())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_not_shown() {
        let (one, two) = (
            TokenText::generate().unwrap(),
            TokenText::generate().unwrap(),
        );
        assert_ne!(one.expose(), two.expose());
        assert!(one.expose().starts_with("sg_") && one.expose().len() == 46);
        assert_eq!(format!("{one:?} {:?}", one.hash()), "[redacted] [redacted]");
    }

    /// Does not compile once such a text has a `==`, which would take as long as two texts agree.
    #[test]
    fn secret_texts_are_compared_by_their_hashes_only() {
        trait Compared<A> {
            fn is_not() {}
        }
        struct WithEq;
        impl<T> Compared<()> for T {}
        impl<T: PartialEq> Compared<WithEq> for T {}
        <TokenText as Compared<_>>::is_not();
        <crate::users::PasswordHash as Compared<_>>::is_not();
    }

    #[test]
    fn a_hash_is_the_sha256_of_the_text() {
        let hash = TokenHash::of(b"");
        assert_eq!(hash.0[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
