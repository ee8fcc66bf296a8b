//! What signs our tokens?
//!
//! RSA keys of 2048 bits, as the platform's clients know RS256 only. Each account has its own, so
//! that none of its administrators touches another account's tokens; they are published together,
//! and what one has signed is good in its account alone. The newest one of an account signs. One
//! that was replaced is still published, so that what it signed can be checked until it has expired.
//! The `rsa` crate makes the keys, since ring cannot; ring signs and verifies.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use getrandom::SysRng;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::UnwrapErr;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::Serialize;

use super::jwt::Verified;

/// The bits of a key: NIST SP 800-57 holds 2048 to be enough until 2030.
const BITS: usize = 2_048;
/// How long a key signs, in milliseconds: 90 days.
pub(crate) const ROTATE_MS: u64 = 90 * 24 * 60 * 60 * 1_000;
/// How long a key that was replaced is still published, in milliseconds: a day, which no token that
/// it signed outlives.
pub(crate) const OVERLAP_MS: u64 = 24 * 60 * 60 * 1_000;

/// A key that signs.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    /// Whose tokens it signs, and no other's.
    pub(crate) account: AccountId,
    pair: KeyPair,
    public: PublicKeyComponents<Vec<u8>>,
    /// Milliseconds since the Unix epoch.
    pub(crate) created_at: u64,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("the signing key is damaged, or was sealed with another key")]
    Damaged,
    #[error("no random numbers")]
    Random,
}

/// The keys of all accounts, and what was verified with them of late.
#[derive(Default)]
pub(crate) struct SigningKeys {
    rings: ArcSwap<HashMap<AccountId, Ring>>,
    pub(super) verified: RwLock<Verified>,
}

/// The keys of one account, oldest first.
type Ring = Vec<Arc<SigningKey>>;

/// A public key (RFC 7517, section 4, and RFC 7518, section 6.3.1).
#[derive(Serialize, JsonSchema)]
pub(super) struct PublicKey<'a> {
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: &'a str,
    n: String,
    e: String,
}

/// Makes a key, as PKCS #8. Takes some tenths of a second of a processor.
pub(crate) fn generate() -> Result<Vec<u8>, KeyError> {
    let key =
        rsa::RsaPrivateKey::new(&mut UnwrapErr(SysRng), BITS).map_err(|_| KeyError::Random)?;
    let document = key.to_pkcs8_der().map_err(|_| KeyError::Damaged)?;
    Ok(document.as_bytes().to_vec())
}

impl SigningKey {
    /// Reads a key from PKCS #8. Its id is its thumbprint (RFC 7638).
    pub(crate) fn new(
        account: &AccountId,
        pkcs8: &[u8],
        created_at: u64,
    ) -> Result<Self, KeyError> {
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Damaged)?;
        let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
        let (e, n) = (encode(&public.e), encode(&public.n));
        let thumbprint = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        Ok(Self {
            kid: encode(digest(&SHA256, thumbprint.as_bytes()).as_ref()),
            account: account.clone(),
            pair,
            public,
            created_at,
        })
    }

    /// Signs by RS256 (RFC 7518, section 3.3).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| KeyError::Random)?;
        Ok(signature)
    }

    pub(super) fn is_signature(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .is_ok()
    }

    pub(super) fn public(&self) -> PublicKey<'_> {
        PublicKey {
            kty: "RSA",
            usage: "sig",
            alg: "RS256",
            kid: &self.kid,
            n: encode(&self.public.n),
            e: encode(&self.public.e),
        }
    }
}

impl SigningKeys {
    /// The keys of an account that are published, oldest first.
    pub(crate) fn published(&self, account: &AccountId, now: u64) -> Ring {
        let rings = self.rings.load();
        let ring = rings.get(account).map_or(&[][..], Vec::as_slice);
        published(ring, now).cloned().collect()
    }

    /// The published keys of all accounts, by their ids: in which order accounts were made is
    /// nobody's business.
    pub(crate) fn all_published(&self, now: u64) -> Vec<Arc<SigningKey>> {
        let rings = self.rings.load();
        let keys = rings.values().flat_map(|ring| published(ring, now));
        let mut keys: Vec<_> = keys.cloned().collect();
        keys.sort_by(|one, other| one.kid.cmp(&other.kid));
        keys
    }

    /// The newest key of an account, unless it has signed for too long.
    pub(crate) fn current(&self, account: &AccountId, now: u64) -> Option<Arc<SigningKey>> {
        let rings = self.rings.load();
        let newest = rings.get(account)?.last()?;
        (newest.created_at + ROTATE_MS > now).then(|| Arc::clone(newest))
    }

    /// The published key with that id, which no two have, of whichever account.
    pub(super) fn find(&self, kid: &str, now: u64) -> Option<Arc<SigningKey>> {
        let rings = self.rings.load();
        let mut keys = rings.values().flat_map(|ring| published(ring, now));
        keys.find(|key| key.kid == kid).cloned()
    }

    /// Puts other keys in the place of an account's; what was verified has to be verified again.
    pub(crate) fn replace(&self, account: &AccountId, mut ring: Ring) {
        ring.sort_by_key(|key| key.created_at);
        let mut rings = HashMap::clone(&self.rings.load());
        rings.insert(account.clone(), ring);
        self.rings.store(Arc::new(rings));
        let mut verified = self
            .verified
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        verified.clear();
    }

    /// All keys of an account, oldest first.
    pub(crate) fn of(&self, account: &AccountId) -> Ring {
        self.rings.load().get(account).cloned().unwrap_or_default()
    }
}

/// Those of an account's keys that sign, or were replaced a short while ago.
fn published(ring: &[Arc<SigningKey>], now: u64) -> impl Iterator<Item = &Arc<SigningKey>> {
    let replaced = ring.iter().skip(1).map(|next| Some(next.created_at));
    let pairs = ring.iter().zip(replaced.chain([None]));
    pairs
        .filter(move |(_, replaced_at)| replaced_at.is_none_or(|at| at + OVERLAP_MS > now))
        .map(|(key, _)| key)
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::LazyLock;

    use super::*;

    static PKCS8: LazyLock<[Vec<u8>; 2]> =
        LazyLock::new(|| [generate().unwrap(), generate().unwrap()]);

    /// One of two keys, made once, as the account `acc` has it.
    pub(in crate::oauth) fn key(which: usize, created_at: u64) -> Arc<SigningKey> {
        key_of("acc", which, created_at)
    }

    /// The same for another account.
    pub(in crate::oauth) fn key_of(account: &str, which: usize, at: u64) -> Arc<SigningKey> {
        let account = account.parse().unwrap();
        Arc::new(SigningKey::new(&account, &PKCS8[which], at).unwrap())
    }

    fn acc() -> AccountId {
        "acc".parse().unwrap()
    }

    #[test]
    fn what_a_key_signs_only_it_verifies() {
        let (one, two) = (key(0, 1), key(1, 1));
        let signature = one.sign(b"message").unwrap();
        assert!(one.is_signature(b"message", &signature));
        assert!(!one.is_signature(b"massage", &signature));
        assert!(!two.is_signature(b"message", &signature));
        assert_ne!(one.kid, two.kid);
    }

    #[test]
    fn a_key_that_was_replaced_is_published_for_a_day_more() {
        let keys = SigningKeys::default();
        assert!(keys.current(&acc(), 0).is_none() && keys.published(&acc(), 0).is_empty());
        keys.replace(&acc(), vec![key(1, 5_000), key(0, 1_000)]);
        let times = |now| {
            let keys = keys.published(&acc(), now);
            keys.iter().map(|key| key.created_at).collect::<Vec<_>>()
        };
        assert_eq!(times(5_000 + OVERLAP_MS - 1), [1_000, 5_000]);
        assert_eq!(times(5_000 + OVERLAP_MS), [5_000]);
        assert_eq!(keys.current(&acc(), 6_000).unwrap().created_at, 5_000);
        assert!(keys.current(&acc(), 5_000 + ROTATE_MS - 1).is_some());
        assert!(keys.current(&acc(), 5_000 + ROTATE_MS).is_none());
        assert!(keys.find(&key(0, 0).kid, 5_000 + OVERLAP_MS).is_none());
    }

    #[test]
    fn accounts_have_keys_of_their_own_that_are_published_together() {
        let keys = SigningKeys::default();
        let other: AccountId = "other".parse().unwrap();
        keys.replace(&acc(), vec![key(0, 1_000)]);
        keys.replace(&other, vec![key_of("other", 1, 5_000)]);
        let all = keys.all_published(6_000);
        let mut kids: Vec<_> = all.iter().map(|key| key.kid.as_str()).collect();
        assert!(kids.is_sorted());
        kids.dedup();
        assert_eq!(kids.len(), 2);
        // The younger key of another account replaces nothing.
        let later = 5_000 + OVERLAP_MS;
        assert_eq!(keys.published(&acc(), later)[0].kid, key(0, 0).kid);
        assert_eq!(keys.find(&key(1, 0).kid, later).unwrap().account, other);
        keys.replace(&acc(), Vec::new());
        assert!(keys.current(&acc(), 6_000).is_none());
        assert_eq!(keys.of(&other).len(), 1);
    }

    #[test]
    fn a_damaged_key_is_refused() {
        assert!(matches!(
            SigningKey::new(&acc(), b"no key", 1),
            Err(KeyError::Damaged)
        ));
    }
}
