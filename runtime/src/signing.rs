//! Which code makes and checks a signature, and what does it cost?
//!
//! `ring`. It takes keys of the usual strengths only, and works at once on all of the data: both
//! are bounded here, so that no signature holds a thread for long.

use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use sandglass_host_abi::bindings::sandglass::toolbelt::crypto::{SignatureError, SignatureScheme};

use crate::hosts::HASH_FUEL_PER_BYTE;

/// A private RSA key of 4096 bits, the largest that ring takes, has less than 2,400 bytes.
const KEY_BYTES_MAX: usize = 4_096;
/// What is signed at once: some milliseconds of hashing.
const DATA_BYTES_MAX: usize = 1 << 20;

/// Fuel for one operation on P-256 or Ed25519, some tens of microseconds.
const FAST_CURVE_FUEL: u64 = 2_000_000;
/// Fuel for one operation on P-384, about a millisecond.
const SLOW_CURVE_FUEL: u64 = 20_000_000;

/// Refuses what would take too long.
pub(crate) fn check_sizes(key: &[u8], data: &[u8]) -> Result<(), SignatureError> {
    if key.len() > KEY_BYTES_MAX {
        let why = format!("it is longer than {KEY_BYTES_MAX} bytes");
        return Err(SignatureError::InvalidKey(why));
    }
    if data.len() > DATA_BYTES_MAX {
        return Err(SignatureError::DataTooLarge(DATA_BYTES_MAX as u32));
    }
    Ok(())
}

/// What a signature costs. The work of RSA grows with the cube of the key's length: a millisecond or
/// two for 2048 bits, which are 1,190 bytes in DER.
pub(crate) fn fuel_to_sign(scheme: SignatureScheme, key: &[u8], data: &[u8]) -> u64 {
    let key_bytes = key.len() as u64;
    let fuel = curve_fuel(scheme).unwrap_or(key_bytes.pow(3) / 50);
    fuel + data.len() as u64 * HASH_FUEL_PER_BYTE
}

/// What checking a signature costs. With RSA's small public exponents, the square of the length.
pub(crate) fn fuel_to_verify(scheme: SignatureScheme, key: &[u8], data: &[u8]) -> u64 {
    let key_bytes = key.len() as u64;
    let fuel = curve_fuel(scheme).unwrap_or(key_bytes.pow(2) * 10);
    fuel + data.len() as u64 * HASH_FUEL_PER_BYTE
}

fn curve_fuel(scheme: SignatureScheme) -> Option<u64> {
    match scheme {
        SignatureScheme::EcdsaP256Sha256 | SignatureScheme::Ed25519 => Some(FAST_CURVE_FUEL),
        SignatureScheme::EcdsaP384Sha384 => Some(SLOW_CURVE_FUEL),
        _ => None,
    }
}

/// The signature of `data`.
pub(crate) fn sign(
    scheme: SignatureScheme,
    key: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, SignatureError> {
    match scheme {
        SignatureScheme::RsaPkcs1Sha256 => rsa(&signature::RSA_PKCS1_SHA256, key, data),
        SignatureScheme::RsaPkcs1Sha384 => rsa(&signature::RSA_PKCS1_SHA384, key, data),
        SignatureScheme::RsaPkcs1Sha512 => rsa(&signature::RSA_PKCS1_SHA512, key, data),
        SignatureScheme::RsaPssSha256 => rsa(&signature::RSA_PSS_SHA256, key, data),
        SignatureScheme::RsaPssSha384 => rsa(&signature::RSA_PSS_SHA384, key, data),
        SignatureScheme::RsaPssSha512 => rsa(&signature::RSA_PSS_SHA512, key, data),
        SignatureScheme::EcdsaP256Sha256 => {
            ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, 32, key, data)
        }
        SignatureScheme::EcdsaP384Sha384 => {
            ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, 48, key, data)
        }
        SignatureScheme::Ed25519 => Ok(ed25519(key)?.sign(data).as_ref().to_vec()),
    }
}

fn rsa(
    padding: &'static dyn signature::RsaEncoding,
    key: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, SignatureError> {
    let key = RsaKeyPair::from_der(key).map_err(invalid)?;
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(padding, &SystemRandom::new(), data, &mut signature)
        .map_err(invalid)?;
    Ok(signature)
}

fn ecdsa(
    algorithm: &'static signature::EcdsaSigningAlgorithm,
    number_bytes: usize,
    key: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, SignatureError> {
    let random = SystemRandom::new();
    let (number, point) = key.split_at(number_bytes.min(key.len()));
    let key = EcdsaKeyPair::from_private_key_and_public_key(algorithm, number, point, &random)
        .map_err(invalid)?;
    let signature = key.sign(&random, data).map_err(invalid)?;
    Ok(signature.as_ref().to_vec())
}

fn ed25519(seed: &[u8]) -> Result<Ed25519KeyPair, SignatureError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(invalid)
}

/// The public key of a seed.
pub(crate) fn ed25519_public_key(seed: &[u8]) -> Result<Vec<u8>, SignatureError> {
    Ok(ed25519(seed)?.public_key().as_ref().to_vec())
}

fn invalid(why: impl std::fmt::Display) -> SignatureError {
    SignatureError::InvalidKey(why.to_string())
}

/// Whether `signature` is one of `data`.
pub(crate) fn verify(scheme: SignatureScheme, key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    let algorithm: &'static dyn signature::VerificationAlgorithm = match scheme {
        SignatureScheme::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        SignatureScheme::RsaPkcs1Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        SignatureScheme::RsaPkcs1Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        SignatureScheme::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
        SignatureScheme::RsaPssSha384 => &signature::RSA_PSS_2048_8192_SHA384,
        SignatureScheme::RsaPssSha512 => &signature::RSA_PSS_2048_8192_SHA512,
        SignatureScheme::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_FIXED,
        SignatureScheme::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_FIXED,
        SignatureScheme::Ed25519 => &signature::ED25519,
    };
    let key = signature::UnparsedPublicKey::new(algorithm, key);
    key.verify(data, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn ed25519_is_that_of_rfc_8032() {
        let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let public = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        assert_eq!(ed25519_public_key(&seed).unwrap(), public);
        let signature = sign(SignatureScheme::Ed25519, &seed, &[0x72]).unwrap();
        assert_eq!(signature[..4], hex("92a009a9"));
        assert!(verify(
            SignatureScheme::Ed25519,
            &public,
            &[0x72],
            &signature
        ));
        assert!(!verify(
            SignatureScheme::Ed25519,
            &public,
            &[0x73],
            &signature
        ));
    }

    #[test]
    fn what_is_too_large_is_refused_and_what_is_no_key_is_none() {
        let at = (vec![0; KEY_BYTES_MAX], vec![0; DATA_BYTES_MAX]);
        assert!(check_sizes(&at.0, &at.1).is_ok());
        assert!(check_sizes(&[at.0.as_slice(), &[0]].concat(), &[]).is_err());
        assert!(check_sizes(&[], &[at.1.as_slice(), &[0]].concat()).is_err());
        for scheme in [
            SignatureScheme::RsaPssSha256,
            SignatureScheme::EcdsaP384Sha384,
            SignatureScheme::Ed25519,
        ] {
            assert!(sign(scheme, b"no key", b"").is_err(), "{scheme:?}");
            assert!(!verify(scheme, b"no key", b"", b""), "{scheme:?}");
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(byte).collect()
    }
}
