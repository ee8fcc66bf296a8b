//! Which code computes a hash?
//!
//! `ring`, and for MD5, which it rightly lacks, the RustCrypto crate.

use md5::{Digest as _, Md5};
use ring::{digest, hmac};
use sandglass_host_abi::bindings::sandglass::toolbelt::crypto::Algorithm;

/// The hash of `data`.
pub(crate) fn digest(algorithm: Algorithm, data: &[u8]) -> Vec<u8> {
    match ring_algorithm(algorithm) {
        Some(algorithm) => digest::digest(algorithm.digest_algorithm(), data)
            .as_ref()
            .to_vec(),
        None => Md5::digest(data).to_vec(),
    }
}

/// The RFC 2104 HMAC of `data` under `key`.
pub(crate) fn hmac(algorithm: Algorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
    match ring_algorithm(algorithm) {
        Some(algorithm) => hmac::sign(&hmac::Key::new(algorithm, key), data)
            .as_ref()
            .to_vec(),
        None => hmac_md5(key, data),
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

/// RFC 2104, section 2, with MD5's block of 64 bytes.
fn hmac_md5(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    match key.len() {
        0..=64 => block[..key.len()].copy_from_slice(key),
        _ => block[..16].copy_from_slice(&Md5::digest(key)),
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Md5::new()
        .chain_update(pad(0x36))
        .chain_update(data)
        .finalize();
    Md5::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

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
