//! Which code computes a hash?
//!
//! `ring` where it has the function, and RustCrypto's crates for all others.

use blake2::{Blake2b512, Blake2s256};
use md5::Md5;
use ring::{digest, hmac};
use ripemd::Ripemd160;
use sandglass_host_abi::bindings::sandglass::toolbelt::crypto::Algorithm;
use sha2::Digest;
use sha2::{Sha224, Sha512_224, Sha512_256};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};
use shake::{ExtendableOutput as _, Shake128, Shake256, Update as _};

/// A hash or an HMAC that is not finished yet.
pub(crate) enum Hashing {
    Digest(digest::Context),
    Hmac(hmac::Context),
    Other(Box<dyn Function>),
    /// The inner hash, and the outer one that waits for it.
    OtherHmac(Box<dyn Function>, Box<dyn Function>),
    Shake128(Box<Shake128>, usize),
    Shake256(Box<Shake256>, usize),
}

impl Hashing {
    /// Starts a hash. `bytes` says how long it is where the function lets one choose.
    pub(crate) fn digest(algorithm: Algorithm, bytes: Option<u32>) -> Self {
        let chosen = bytes.map(|bytes| bytes as usize);
        match algorithm {
            Algorithm::Shake128 => Self::Shake128(Box::default(), chosen.unwrap_or(16)),
            Algorithm::Shake256 => Self::Shake256(Box::default(), chosen.unwrap_or(32)),
            _ => match ring_algorithm(algorithm) {
                Some(algorithm) => Self::Digest(digest::Context::new(algorithm.digest_algorithm())),
                None => Self::Other(other(algorithm)),
            },
        }
    }

    /// Starts an RFC 2104 HMAC under `key`; of a function without an end there is none.
    pub(crate) fn hmac(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        if let Some(algorithm) = ring_algorithm(algorithm) {
            let key = hmac::Key::new(algorithm, key);
            return Some(Self::Hmac(hmac::Context::with_key(&key)));
        }
        let mut block = vec![0; block_bytes(algorithm)?];
        if key.len() <= block.len() {
            block[..key.len()].copy_from_slice(key);
        } else {
            let mut hash = other(algorithm);
            hash.update(key);
            let hash = hash.finalize();
            block[..hash.len()].copy_from_slice(&hash);
        }
        let padded = |with: u8| {
            let pad: Vec<u8> = block.iter().map(|byte| byte ^ with).collect();
            let mut hash = other(algorithm);
            hash.update(&pad);
            hash
        };
        Some(Self::OtherHmac(padded(0x36), padded(0x5c)))
    }

    /// Adds data.
    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Digest(context) => context.update(data),
            Self::Hmac(context) => context.update(data),
            Self::Other(hash) | Self::OtherHmac(hash, _) => hash.update(data),
            Self::Shake128(hash, _) => hash.update(data),
            Self::Shake256(hash, _) => hash.update(data),
        }
    }

    /// The hash, of 16 to 64 bytes unless a length was chosen.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Digest(context) => context.finish().as_ref().to_vec(),
            Self::Hmac(context) => context.sign().as_ref().to_vec(),
            Self::Other(hash) => hash.finalize(),
            Self::OtherHmac(inner, mut outer) => {
                outer.update(&inner.finalize());
                outer.finalize()
            }
            Self::Shake128(hash, bytes) => read(hash.finalize_xof(), bytes),
            Self::Shake256(hash, bytes) => read(hash.finalize_xof(), bytes),
        }
    }
}

impl Clone for Hashing {
    fn clone(&self) -> Self {
        match self {
            Self::Digest(context) => Self::Digest(context.clone()),
            Self::Hmac(context) => Self::Hmac(context.clone()),
            Self::Other(hash) => Self::Other(hash.copy()),
            Self::OtherHmac(inner, outer) => Self::OtherHmac(inner.copy(), outer.copy()),
            Self::Shake128(hash, bytes) => Self::Shake128(hash.clone(), *bytes),
            Self::Shake256(hash, bytes) => Self::Shake256(hash.clone(), *bytes),
        }
    }
}

fn read(mut reader: impl shake::XofReader, bytes: usize) -> Vec<u8> {
    let mut hash = vec![0; bytes];
    reader.read(&mut hash);
    hash
}

/// MD5, whose crate is of the family's release before.
#[derive(Clone, Default)]
struct OldMd5(Md5);

impl Function for OldMd5 {
    fn update(&mut self, data: &[u8]) {
        md5::Digest::update(&mut self.0, data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        md5::Digest::finalize(self.0).to_vec()
    }

    fn copy(&self) -> Box<dyn Function> {
        Box::new(self.clone())
    }
}

/// A hash function by whatever name.
pub(crate) trait Function: Send {
    fn update(&mut self, data: &[u8]);
    fn finalize(self: Box<Self>) -> Vec<u8>;
    fn copy(&self) -> Box<dyn Function>;
}

/// The same for each function of RustCrypto.
macro_rules! functions {
    ($($name:ty),*) => {
        $(impl Function for $name {
            fn update(&mut self, data: &[u8]) {
                Digest::update(self, data);
            }

            fn finalize(self: Box<Self>) -> Vec<u8> {
                Digest::finalize(*self).to_vec()
            }

            fn copy(&self) -> Box<dyn Function> {
                Box::new(self.clone())
            }
        })*
    };
}

functions!(
    Blake2b512, Blake2s256, Ripemd160, Sha224, Sha512_224, Sha512_256, Sha3_224, Sha3_256,
    Sha3_384, Sha3_512
);

/// How many bytes a function without an end is asked for, so that they can be paid for.
pub(crate) fn chosen_bytes(algorithm: Algorithm, bytes: Option<u32>) -> u64 {
    match algorithm {
        Algorithm::Shake128 | Algorithm::Shake256 => bytes.unwrap_or_default().into(),
        _ => 0,
    }
}

/// How long the blocks are that a function works on; of one without an end there is no HMAC.
fn block_bytes(algorithm: Algorithm) -> Option<usize> {
    match algorithm {
        Algorithm::Shake128 | Algorithm::Shake256 => None,
        Algorithm::Sha384 | Algorithm::Sha512 | Algorithm::Sha512T224 | Algorithm::Sha512T256 => {
            Some(128)
        }
        Algorithm::Blake2b512 => Some(128),
        Algorithm::Sha3T224 => Some(144),
        Algorithm::Sha3T256 => Some(136),
        Algorithm::Sha3T384 => Some(104),
        Algorithm::Sha3T512 => Some(72),
        _ => Some(64),
    }
}

/// The functions that ring lacks.
fn other(algorithm: Algorithm) -> Box<dyn Function> {
    match algorithm {
        Algorithm::Sha224 => Box::new(Sha224::default()),
        Algorithm::Sha512T224 => Box::new(Sha512_224::default()),
        Algorithm::Sha512T256 => Box::new(Sha512_256::default()),
        Algorithm::Sha3T224 => Box::new(Sha3_224::default()),
        Algorithm::Sha3T256 => Box::new(Sha3_256::default()),
        Algorithm::Sha3T384 => Box::new(Sha3_384::default()),
        Algorithm::Sha3T512 => Box::new(Sha3_512::default()),
        Algorithm::Ripemd160 => Box::new(Ripemd160::default()),
        Algorithm::Blake2b512 => Box::new(Blake2b512::default()),
        Algorithm::Blake2s256 => Box::new(Blake2s256::default()),
        _ => Box::new(OldMd5::default()),
    }
}

fn ring_algorithm(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        Algorithm::Sha1 => Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        Algorithm::Sha256 => Some(hmac::HMAC_SHA256),
        Algorithm::Sha384 => Some(hmac::HMAC_SHA384),
        Algorithm::Sha512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(algorithm: Algorithm, data: &[u8]) -> Vec<u8> {
        let mut hashing = Hashing::digest(algorithm, None);
        data.chunks(2).for_each(|chunk| hashing.update(chunk));
        hashing.finish()
    }

    fn hmac(algorithm: Algorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
        let mut hashing = Hashing::hmac(algorithm, key).unwrap();
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
