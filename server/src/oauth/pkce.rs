//! Is whoever shows a code the one who asked for it?
//!
//! RFC 7636, with the method S256 and no other: a plain challenge is its own verifier, and protects
//! against nobody who saw the request (RFC 9700, section 2.1.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// The only method that is taken.
pub(super) const METHOD: &str = "S256";
/// The base64 of a SHA-256.
const CHALLENGE_CHARS: usize = 43;

/// What an authorization request is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Challenge(String);

impl Challenge {
    /// Reads a challenge; the error says what is wrong with it.
    pub(super) fn parse(challenge: &str, method: Option<&str>) -> Result<Self, &'static str> {
        if method != Some(METHOD) {
            return Err("code_challenge_method must be S256");
        }
        let is_hash = URL_SAFE_NO_PAD
            .decode(challenge)
            .is_ok_and(|hash| hash.len() == 32);
        match is_hash && challenge.len() == CHALLENGE_CHARS {
            true => Ok(Self(challenge.to_owned())),
            false => Err("code_challenge must be the base64url of a SHA-256, without padding"),
        }
    }

    /// Whether it was made of that verifier (section 4.6).
    pub(super) fn fits(&self, verifier: &str) -> bool {
        let unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let valid = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
        let made = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        valid && made.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_fits() {
        let challenge = Challenge::parse(CHALLENGE, Some("S256")).unwrap();
        assert!(challenge.fits(VERIFIER));
        assert!(!challenge.fits(&VERIFIER.replace('d', "e")));
        assert!(!challenge.fits(CHALLENGE));
        for length in [42, 129] {
            let verifier = "a".repeat(length);
            let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            let challenge = Challenge::parse(&hash, Some("S256")).unwrap();
            assert!(!challenge.fits(&verifier), "{length}");
        }
        for length in [43, 128] {
            let verifier = "a".repeat(length);
            let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            let challenge = Challenge::parse(&hash, Some("S256")).unwrap();
            assert!(challenge.fits(&verifier), "{length}");
        }
    }

    #[test]
    fn another_method_and_no_hash_are_refused() {
        assert!(Challenge::parse(CHALLENGE, None).is_err());
        assert!(Challenge::parse(CHALLENGE, Some("plain")).is_err());
        for text in ["", "short", &CHALLENGE[1..], &format!("{CHALLENGE}=")] {
            assert!(Challenge::parse(text, Some("S256")).is_err(), "{text}");
        }
    }
}
