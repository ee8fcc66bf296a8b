//! Which code computes a hash?
//!
//! `ring`, and for MD5, which it rightly lacks, the RustCrypto crate.

use md5::{Digest as _, Md5};
use ring::{digest, hmac};
use sandglass_host_abi::bindings::sandglass::toolbelt::crypto::Algorithm;

/// A hash or an HMAC that is not finished yet.
pub(crate) enum Hashing {
    Digest(digest::Context),
    Hmac(hmac::Context),
    Md5(Md5),
    /// The inner hash, and the key padded for the outer one.
    HmacMd5(Md5, [u8; MD5_BLOCK]),
}

const MD5_BLOCK: usize = 64;

impl Hashing {
    /// Starts a hash.
    pub(crate) fn digest(algorithm: Algorithm) -> Self {
        match ring_algorithm(algorithm) {
            Some(algorithm) => Self::Digest(digest::Context::new(algorithm.digest_algorithm())),
            None => Self::Md5(Md5::new()),
        }
    }

    /// Starts an RFC 2104 HMAC under `key`.
    pub(crate) fn hmac(algorithm: Algorithm, key: &[u8]) -> Self {
        match ring_algorithm(algorithm) {
            Some(algorithm) => Self::Hmac(hmac::Context::with_key(&hmac::Key::new(algorithm, key))),
            None => Self::hmac_md5(key),
        }
    }

    /// RFC 2104, section 2.
    fn hmac_md5(key: &[u8]) -> Self {
        let mut block = [0; MD5_BLOCK];
        match key.len() {
            0..=MD5_BLOCK => block[..key.len()].copy_from_slice(key),
            _ => block[..16].copy_from_slice(&Md5::digest(key)),
        }
        let pad = |with: u8| block.map(|byte| byte ^ with);
        Self::HmacMd5(Md5::new().chain_update(pad(0x36)), pad(0x5c))
    }

    /// Adds data.
    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Digest(context) => context.update(data),
            Self::Hmac(context) => context.update(data),
            Self::Md5(context) | Self::HmacMd5(context, _) => context.update(data),
        }
    }

    /// The hash: 16, 20, 32, 48 or 64 bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Digest(context) => context.finish().as_ref().to_vec(),
            Self::Hmac(context) => context.sign().as_ref().to_vec(),
            Self::Md5(context) => context.finalize().to_vec(),
            Self::HmacMd5(inner, outer) => Md5::new()
                .chain_update(outer)
                .chain_update(inner.finalize())
                .finalize()
                .to_vec(),
        }
    }
}

fn ring_algorithm(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        Algorithm::Md5 => None,
        Algorithm::Sha1 => Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        Algorithm::Sha256 => Some(hmac::HMAC_SHA256),
        Algorithm::Sha384 => Some(hmac::HMAC_SHA384),
        Algorithm::Sha512 => Some(hmac::HMAC_SHA512),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(algorithm: Algorithm, data: &[u8]) -> Vec<u8> {
        let mut hashing = Hashing::digest(algorithm);
        data.chunks(2).for_each(|chunk| hashing.update(chunk));
        hashing.finish()
    }

    fn hmac(algorithm: Algorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
        let mut hashing = Hashing::hmac(algorithm, key);
        data.chunks(7).for_each(|chunk| hashing.update(chunk));
        hashing.finish()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn digests_are_those_of_the_standards() {
        assert_eq!(
            hex(&digest(Algorithm::Md5, b"abc")),
            "900150983cd24fb0d6963f7d28e17f72"
        );
        let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
        assert_eq!(hex(&digest(Algorithm::Sha1, b"abc")), sha1);
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&digest(Algorithm::Sha256, b"abc")), sha256);
        assert_eq!(digest(Algorithm::Sha384, b"abc").len(), 48);
        assert_eq!(digest(Algorithm::Sha512, b"abc").len(), 64);
    }

    /// RFC 2202, section 2, test cases 2 and 6.
    #[test]
    fn hmac_md5_is_that_of_rfc_2202() {
        let short = hmac(Algorithm::Md5, b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&short), "750c783e6ab0b503eaa86e310a5db738");
        let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let long = hmac(Algorithm::Md5, &[0xaa; 80], data);
        assert_eq!(hex(&long), "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    }
}
