//! How is a secret sealed?
//!
//! AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in front of the ciphertext. What the
//! value belongs to is authenticated with it, so a sealed value that was moved to another account,
//! another name or another version does not open. Random nonces are good for 2^32 seals under one
//! key, far more than people and lambdas change secrets.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use super::SecretKey;

/// Seals and opens values under one key.
pub(super) struct Sealer {
    key: LessSafeKey,
    random: SystemRandom,
}

/// What a value belongs to.
pub(super) struct Label<'a> {
    pub(super) account: &'a str,
    pub(super) key: &'a str,
    pub(super) version: u64,
}

impl Label<'_> {
    fn aad(&self) -> Aad<Vec<u8>> {
        let Self {
            account,
            key,
            version,
        } = self;
        // Neither name can hold the separator.
        Aad::from(format!("sandglass secret 1\0{account}\0{key}\0{version}").into_bytes())
    }
}

impl Sealer {
    pub(super) fn new(key: &SecretKey) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key.expose()).expect("a key has 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            random: SystemRandom::new(),
        }
    }

    /// Seals a value; `None` when the system has no randomness.
    pub(super) fn seal(&self, label: &Label<'_>, value: &str) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let mut text = value.as_bytes().to_vec();
        let sealing = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(sealing, label.aad(), &mut text)
            .ok()?;
        Some([&nonce[..], &text].concat())
    }

    /// Opens a value; `None` when it was not sealed with this key and label, or was changed.
    pub(super) fn open(&self, label: &Label<'_>, sealed: &[u8]) -> Option<String> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(nonce, label.aad(), &mut text).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: Label<'static> = Label {
        account: "acc",
        key: "TOKEN",
        version: 3,
    };

    fn sealer() -> Sealer {
        Sealer::new(&SecretKey::generate().unwrap())
    }

    #[test]
    fn what_was_sealed_opens_and_no_two_seals_are_alike() {
        let sealer = sealer();
        let sealed = sealer.seal(&LABEL, "\"value\"").unwrap();
        assert_eq!(sealer.open(&LABEL, &sealed).as_deref(), Some("\"value\""));
        assert_ne!(sealer.seal(&LABEL, "\"value\"").unwrap(), sealed);
        assert!(!sealed.windows(5).any(|window| window == b"value"));
    }

    #[test]
    fn a_change_of_any_bit_is_noticed() {
        let sealer = sealer();
        let sealed = sealer.seal(&LABEL, "\"value\"").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sealer.open(&LABEL, &changed), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(
                sealer.open(&LABEL, &sealed[..length]),
                None,
                "length {length}"
            );
        }
    }

    #[test]
    fn a_value_opens_only_where_it_belongs() {
        let sealer = sealer();
        let sealed = sealer.seal(&LABEL, "\"value\"").unwrap();
        let elsewhere = [
            Label {
                account: "other",
                ..LABEL
            },
            Label {
                key: "OTHER",
                ..LABEL
            },
            Label {
                version: 2,
                ..LABEL
            },
        ];
        for label in elsewhere {
            assert_eq!(sealer.open(&label, &sealed), None);
        }
        assert_eq!(super::tests::sealer().open(&LABEL, &sealed), None);
    }
}
