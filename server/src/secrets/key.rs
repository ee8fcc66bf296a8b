//! What opens the secrets?

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};

const BYTES: usize = 32;

/// The key that seals secrets: 32 bytes, written as base64. Prints as `[redacted]`.
#[derive(Clone)]
pub struct SecretKey([u8; BYTES]);

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key is 32 bytes in base64, for instance from `openssl rand -base64 32`")]
pub struct SecretKeyError;

impl SecretKey {
    /// A new random key; `None` when the system has no randomness.
    pub(crate) fn generate() -> Option<Self> {
        let mut bytes = [0; BYTES];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The key as it stands in its file.
    pub(crate) fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    pub(super) fn expose(&self) -> &[u8; BYTES] {
        &self.0
    }
}

impl FromStr for SecretKey {
    type Err = SecretKeyError;

    fn from_str(text: &str) -> Result<Self, SecretKeyError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| SecretKeyError)?;
        bytes.try_into().map(Self).map_err(|_| SecretKeyError)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_never_shown() {
        let key = SecretKey::generate().unwrap();
        let text = key.to_base64();
        assert_eq!(format!("{text}\n").parse::<SecretKey>().unwrap().0, key.0);
        assert_eq!(format!("{key:?}"), "[redacted]");
        for bad in ["", "short", &text[1..], &format!("{text}AAAA")] {
            assert!(bad.parse::<SecretKey>().is_err(), "{bad:?}");
        }
    }
}
