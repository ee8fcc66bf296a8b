//! Which strings name things, and what may they look like?
//!
//! Every name is checked once, where it enters, and is trusted from then on.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Why a string is not the name of that kind of thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a valid {kind}: {rule}")]
pub struct NameError {
    kind: &'static str,
    rule: &'static str,
    value: String,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        ///
        /// Cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(value: String) -> Result<Self, NameError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(&value) {
                    Ok(Self(value.into()))
                } else {
                    let value = value.chars().take(120).collect();
                    Err(NameError { kind: $kind, rule: $rule, value })
                }
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(value: &str) -> Result<Self, NameError> {
                value.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.as_str().to_owned()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

name! {
    /// The name of a lambda, unique in its account.
    LambdaName, "lambda name", "1 to 50 letters, digits, `_` or `-`",
    |value| (1..=50).contains(&value.len()) && value.bytes().all(is_word)
}

name! {
    /// The key of a secret.
    SecretName, "secret name", "1 to 100 letters, digits, `_` or `-`",
    |value| (1..=100).contains(&value.len()) && value.bytes().all(is_word)
}

name! {
    /// The id of an account, as it stands in URLs.
    AccountId, "account id", "1 to 64 letters, digits, `_` or `-`",
    |value| (1..=64).contains(&value.len()) && value.bytes().all(is_word)
}

name! {
    /// The id of one invocation: the caller's `x-request-id`, or one that the host made.
    InvocationId, "invocation id", "1 to 128 visible ASCII characters",
    |value| (1..=128).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic())
}

name! {
    /// The SHA-256 of an artifact's bytes (FIPS 180-4), in lower-case hexadecimal.
    ArtifactDigest, "artifact digest", "64 lower-case hexadecimal digits", is_sha256
}

name! {
    /// The SHA-256 over the engine's component, blank image and library, in lower-case hexadecimal.
    EngineDigest, "engine digest", "64 lower-case hexadecimal digits", is_sha256
}

impl ArtifactDigest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256_hex(&[bytes]).into())
    }
}

impl EngineDigest {
    /// The digest of an engine: its component, its blank image and its library.
    pub fn of(component: &[u8], blank_image: &[u8], library: &[u8]) -> Self {
        let component_bytes = (component.len() as u64).to_le_bytes();
        let blank_bytes = (blank_image.len() as u64).to_le_bytes();
        let parts = [
            &component_bytes[..],
            component,
            &blank_bytes,
            blank_image,
            library,
        ];
        Self(sha256_hex(&parts).into())
    }
}

/// The SHA-256 of the concatenated parts, in lower-case hexadecimal.
pub(crate) fn sha256_hex(parts: &[&[u8]]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    context
        .finish()
        .as_ref()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            use fmt::Write as _;
            write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
            hex
        })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_sha256(value: &str) -> bool {
    value.len() == 64
        && value
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lambda_name_has_at_most_fifty_characters() {
        assert!("a".repeat(50).parse::<LambdaName>().is_ok());
        assert!("a".repeat(51).parse::<LambdaName>().is_err());
        assert!("".parse::<LambdaName>().is_err());
    }

    #[test]
    fn a_name_cannot_leave_its_directory() {
        for name in ["..", "a/b", "a\\b", "a.b", "a\0b", "ä"] {
            assert!(name.parse::<LambdaName>().is_err(), "{name:?}");
            assert!(name.parse::<AccountId>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_secret_name_has_at_most_a_hundred_characters() {
        assert!("k".repeat(100).parse::<SecretName>().is_ok());
        assert!("k".repeat(101).parse::<SecretName>().is_err());
    }

    #[test]
    fn an_invocation_id_need_not_be_a_uuid() {
        assert!(
            "0e1b9c6e-aaaa-bbbb-cccc-dddddddddddd"
                .parse::<InvocationId>()
                .is_ok()
        );
        assert!("x".repeat(128).parse::<InvocationId>().is_ok());
        assert!("x".repeat(129).parse::<InvocationId>().is_err());
        assert!("a b".parse::<InvocationId>().is_err());
    }

    #[test]
    fn a_digest_is_the_sha256_of_the_bytes() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(ArtifactDigest::of(b"").as_str(), empty);
        assert!(empty.to_uppercase().parse::<ArtifactDigest>().is_err());
    }
}
