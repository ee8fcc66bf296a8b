//! How is an invocation sealed that waits?
//!
//! AES-256-GCM as for secrets, but with a key for each text, which HKDF (RFC 5869, with SHA-256) makes
//! of the server's key, the account, the invocation and which of its texts it is. So a text opens only
//! where it belongs, and however many invocations there are, no key seals more than the few attempts of
//! one: random nonces are good for 2^32 seals under one key, which secrets never reach and
//! invocations would.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::SecretKey;

/// What all keys of this kind are made with.
const PURPOSE: &[u8] = b"sandglass queue 1";

/// Seals and opens the texts of invocations that wait.
pub(crate) struct QueueSealer {
    prk: Prk,
    random: SystemRandom,
}

/// Which text of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Body,
    Answer,
}

/// Which text of whose invocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLabel<'a> {
    /// The account's row.
    pub(crate) account: i64,
    /// The invocation's UUID.
    pub(crate) uuid: &'a str,
    pub(crate) part: Part,
}

impl QueueSealer {
    pub(super) fn new(key: &SecretKey) -> Self {
        Self {
            prk: Salt::new(HKDF_SHA256, PURPOSE).extract(key.expose()),
            random: SystemRandom::new(),
        }
    }

    /// Seals a text; `None` when the system has no randomness.
    pub(crate) fn seal(&self, label: QueueLabel<'_>, text: &str) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let mut sealed = Vec::with_capacity(text.len() + super::SEAL_BYTES);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(text.as_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .key(label)
            .seal_in_place_separate_tag(nonce, Aad::empty(), &mut sealed[NONCE_LEN..])
            .ok()?;
        sealed.extend_from_slice(tag.as_ref());
        Some(sealed)
    }

    /// Opens a text; `None` when it was sealed with another key or for another place, or was changed.
    pub(crate) fn open(&self, label: QueueLabel<'_>, sealed: &[u8]) -> Option<String> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .key(label)
            .open_in_place(nonce, Aad::empty(), &mut text);
        let length = opened.ok()?.len();
        text.truncate(length);
        String::from_utf8(text).ok()
    }

    fn key(&self, label: QueueLabel<'_>) -> LessSafeKey {
        let part = match label.part {
            Part::Body => b"body",
            Part::Answer => &b"answer"[..],
        };
        let account = label.account.to_le_bytes();
        // The first is of a fixed length, the last one of a few, so no two labels are alike.
        let info = [&account, label.uuid.as_bytes(), b"\0", part];
        let key = self.prk.expand(&info, &AES_256_GCM);
        LessSafeKey::new(UnboundKey::from(key.expect("32 bytes are few for HKDF")))
    }
}

#[cfg(test)]
impl QueueSealer {
    /// One with a key of its own.
    pub(crate) fn sample() -> Self {
        Self::new(&SecretKey::generate().expect("the system has randomness"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: QueueLabel<'static> = QueueLabel {
        account: 1,
        uuid: "0d5e6c0a",
        part: Part::Body,
    };

    fn sealer() -> QueueSealer {
        QueueSealer::sample()
    }

    #[test]
    fn what_was_sealed_opens_and_no_two_seals_are_alike() {
        let sealer = sealer();
        for text in ["", "{\"payload\":1}"] {
            let sealed = sealer.seal(LABEL, text).unwrap();
            assert_eq!(sealer.open(LABEL, &sealed).as_deref(), Some(text));
            assert_eq!(sealed.len(), text.len() + super::super::SEAL_BYTES);
            assert_ne!(sealer.seal(LABEL, text).unwrap(), sealed);
        }
    }

    #[test]
    fn a_change_of_any_bit_is_noticed() {
        let sealer = sealer();
        let sealed = sealer.seal(LABEL, "text").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sealer.open(LABEL, &changed), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(sealer.open(LABEL, &sealed[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_text_opens_only_where_it_belongs() {
        let sealer = sealer();
        let sealed = sealer.seal(LABEL, "text").unwrap();
        let part = Part::Answer;
        for label in [
            QueueLabel {
                account: 2,
                ..LABEL
            },
            QueueLabel {
                uuid: "other",
                ..LABEL
            },
            QueueLabel { part, ..LABEL },
        ] {
            assert_eq!(sealer.open(label, &sealed), None, "{label:?}");
        }
        assert_eq!(super::tests::sealer().open(LABEL, &sealed), None);
    }
}
