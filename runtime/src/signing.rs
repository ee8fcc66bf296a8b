//! Which code makes and checks a signature, and what does it cost?
//!
//! `ring`, and for P-521, which it lacks, `p521`. They take keys of the usual strengths only, and
//! work at once on all of the data: both are bounded here, so that no signature holds a thread for
//! long.

use p521::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use ring::digest;
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
/// Fuel for one operation on P-521: half as much again as on P-384, as the slower of the two takes half
/// as long again. Side by side in a release build, medians of 60: signing takes 1.2 ms and checking
/// 0.6 ms, on P-384 both take 0.8 ms.
const SLOWEST_CURVE_FUEL: u64 = 30_000_000;

/// How long a number of P-521 is.
const P521_NUMBER_BYTES: usize = 66;

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
        SignatureScheme::Ed448 => Some(SLOW_CURVE_FUEL),
        SignatureScheme::EcdsaP521Sha512 => Some(SLOWEST_CURVE_FUEL),
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
        SignatureScheme::EcdsaP521Sha512 => ecdsa_p521(key, data),
        SignatureScheme::Ed25519 => Ok(ed25519(key)?.sign(data).as_ref().to_vec()),
        SignatureScheme::Ed448 => Ok(ed448(key)?.sign_raw(data).to_bytes().to_vec()),
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

/// With the nonce of RFC 6979, so that nothing random is needed.
fn ecdsa_p521(key: &[u8], data: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let (number, point) = key.split_at(P521_NUMBER_BYTES.min(key.len()));
    let key = p521::ecdsa::SigningKey::from_slice(number)
        .map_err(|_| invalid("it is no number of the curve"))?;
    if key.verifying_key().to_sec1_point(false).as_bytes() != point {
        return Err(invalid("its public part is not that of its number"));
    }
    let hash = digest::digest(&digest::SHA512, data);
    let signature: p521::ecdsa::Signature = key.sign_prehash(hash.as_ref()).map_err(invalid)?;
    Ok(signature.to_bytes().to_vec())
}

fn ed25519(seed: &[u8]) -> Result<Ed25519KeyPair, SignatureError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(invalid)
}

/// The public key of a seed.
pub(crate) fn ed25519_public_key(seed: &[u8]) -> Result<Vec<u8>, SignatureError> {
    Ok(ed25519(seed)?.public_key().as_ref().to_vec())
}

fn ed448(seed: &[u8]) -> Result<ed448_goldilocks::SigningKey, SignatureError> {
    ed448_goldilocks::SigningKey::try_from(seed).map_err(|_| invalid("it is no seed"))
}

/// The public key of a seed.
pub(crate) fn ed448_public_key(seed: &[u8]) -> Result<Vec<u8>, SignatureError> {
    Ok(ed448(seed)?.verifying_key().to_bytes().to_vec())
}

fn is_of_ed448(key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    let key = key
        .try_into()
        .ok()
        .and_then(|key| ed448_goldilocks::VerifyingKey::from_bytes(key).ok());
    let signature = ed448_goldilocks::Signature::from_slice(signature);
    match (key, signature) {
        (Some(key), Ok(signature)) => key.verify_raw(&signature, data).is_ok(),
        _ => false,
    }
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
        SignatureScheme::EcdsaP521Sha512 => return is_of_p521(key, data, signature),
        SignatureScheme::Ed25519 => &signature::ED25519,
        SignatureScheme::Ed448 => return is_of_ed448(key, data, signature),
    };
    let key = signature::UnparsedPublicKey::new(algorithm, key);
    key.verify(data, signature).is_ok()
}

/// Points are taken as ring takes them: uncompressed only.
fn is_of_p521(key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    if key.len() != 1 + 2 * P521_NUMBER_BYTES {
        return false;
    }
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(key);
    let signature = p521::ecdsa::Signature::from_slice(signature);
    let (Ok(key), Ok(signature)) = (key, signature) else {
        return false;
    };
    let hash = digest::digest(&digest::SHA512, data);
    key.verify_prehash(hash.as_ref(), &signature).is_ok()
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
            SignatureScheme::EcdsaP521Sha512,
            SignatureScheme::Ed25519,
        ] {
            assert!(sign(scheme, b"no key", b"").is_err(), "{scheme:?}");
            assert!(!verify(scheme, b"no key", b"", b""), "{scheme:?}");
        }
    }

    /// RFC 6979, appendix A.2.7: the private number, its point, and the signature of "sample".
    const RFC_6979: [&str; 3] = [
        "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538",
        "0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4\
         00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
        "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa\
         00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a",
    ];

    fn is_signed_on_p521(point: &[u8], signature: &[u8]) -> bool {
        verify(
            SignatureScheme::EcdsaP521Sha512,
            point,
            b"sample",
            signature,
        )
    }

    #[test]
    fn ecdsa_on_p521_is_that_of_rfc_6979() {
        let [number, point, signature] = RFC_6979.map(hex);
        let key = [number, point.clone()].concat();
        let made = sign(SignatureScheme::EcdsaP521Sha512, &key, b"sample").unwrap();
        assert_eq!(made, signature);
        assert!(is_signed_on_p521(&point, &signature));
    }

    /// Each byte of each part wrong, each length but the right one, numbers out of their range, and
    /// points in the other forms of SEC 1.
    #[test]
    fn what_is_not_of_p521_is_no_key_and_no_signature() {
        let [number, point, signature] = RFC_6979.map(hex);
        for at in 0..signature.len() {
            let mut wrong = signature.clone();
            wrong[at] ^= 1;
            assert!(!is_signed_on_p521(&point, &wrong), "{at}");
            assert!(!is_signed_on_p521(&point, &signature[..at]), "{at}");
        }
        for at in 0..point.len() {
            let mut wrong = point.clone();
            wrong[at] ^= 1;
            assert!(!is_signed_on_p521(&wrong, &signature), "{at}");
            assert!(!is_signed_on_p521(&point[..at], &signature), "{at}");
            let key = [number.as_slice(), &wrong].concat();
            assert!(sign(SignatureScheme::EcdsaP521Sha512, &key, b"").is_err());
        }
        for fill in [0, 0xff] {
            let out_of_range = [fill; P521_NUMBER_BYTES];
            let key = [out_of_range.as_slice(), &point].concat();
            assert!(sign(SignatureScheme::EcdsaP521Sha512, &key, b"").is_err());
            let [r, s] = [0, P521_NUMBER_BYTES].map(|at| &signature[at..at + P521_NUMBER_BYTES]);
            assert!(!is_signed_on_p521(&point, &[&out_of_range, s].concat()));
            assert!(!is_signed_on_p521(&point, &[r, &out_of_range].concat()));
        }
        let x = &point[1..1 + P521_NUMBER_BYTES];
        for compressed in [[&[2], x].concat(), [&[3], x].concat(), vec![0]] {
            assert!(!is_signed_on_p521(&compressed, &signature));
        }
        let hybrid = [&[7], &point[1..]].concat();
        assert!(!is_signed_on_p521(&hybrid, &signature));
    }

    fn hex(text: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(byte).collect()
    }
}
