//! Which code works on elliptic curves, and what does it cost?
//!
//! RustCrypto's crates for each curve. Ring, which is faster on those that it has, makes the signatures that
//! JSON Web Tokens need (`signing.rs`); here are all others, and agreements.

use ed448_goldilocks::elliptic_curve::bigint::U448;
use ed448_goldilocks::elliptic_curve::scalar::FromUintUnchecked as _;
use ed448_goldilocks::{Ed448, MontgomeryPoint, Scalar};
use sandglass_host_abi::bindings::sandglass::toolbelt::curves::Curve;

use crate::signing;

/// What one operation on a curve costs: its time, side by side with the fuel that runs in it.
pub(crate) fn fuel(curve: Curve) -> u64 {
    match curve {
        Curve::X25519 | Curve::Ed25519 => 2_000_000,
        Curve::P256 | Curve::Secp256k1 => 5_000_000,
        Curve::X448 | Curve::Ed448 => 15_000_000,
        Curve::P384 => 20_000_000,
        Curve::P521 => 30_000_000,
    }
}

/// The same for each curve in the form of Weierstrass, whose crates have the same interface.
macro_rules! weierstrass {
    ($name:ident, $number_bytes:literal) => {
        mod $name {
            use super::*;
            use ::$name as curve;
            use curve::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
            use curve::elliptic_curve::sec1::ToSec1Point as _;

            pub(super) fn public_key(private: &[u8]) -> Option<Vec<u8>> {
                let key = secret(private)?.public_key();
                Some(key.to_sec1_point(false).as_bytes().to_vec())
            }

            pub(super) fn point(encoded: &[u8]) -> Option<Vec<u8>> {
                let key = curve::PublicKey::from_sec1_bytes(encoded).ok()?;
                Some(key.to_sec1_point(false).as_bytes().to_vec())
            }

            pub(super) fn agree(private: &[u8], public: &[u8]) -> Option<Vec<u8>> {
                let public = curve::PublicKey::from_sec1_bytes(public).ok()?;
                let shared = curve::ecdh::diffie_hellman(
                    secret(private)?.to_nonzero_scalar(),
                    public.as_affine(),
                );
                Some(shared.raw_secret_bytes().to_vec())
            }

            pub(super) fn sign(private: &[u8], hash: &[u8]) -> Option<Vec<u8>> {
                let key =
                    curve::ecdsa::SigningKey::from_slice(&padded(private, $number_bytes)?).ok()?;
                let signature: curve::ecdsa::Signature =
                    key.sign_prehash(&long_enough(hash, $number_bytes)).ok()?;
                Some(signature.to_bytes().to_vec())
            }

            pub(super) fn verify(public: &[u8], hash: &[u8], signature: &[u8]) -> bool {
                let key = curve::ecdsa::VerifyingKey::from_sec1_bytes(public);
                let signature = curve::ecdsa::Signature::from_slice(signature);
                let (Ok(key), Ok(signature)) = (key, signature) else {
                    return false;
                };
                // Of two signatures that differ in a sign only, some crates take one and all others both.
                let hash = long_enough(hash, $number_bytes);
                key.verify_prehash(&hash, &signature.normalize_s()).is_ok()
            }

            fn secret(private: &[u8]) -> Option<curve::SecretKey> {
                curve::SecretKey::from_slice(&padded(private, $number_bytes)?).ok()
            }
        }
    };
}

weierstrass!(p256, 32);
weierstrass!(p384, 48);
weierstrass!(p521, 66);
weierstrass!(k256, 32);

/// A number with as many zeros before it as its curve wants; nothing when it is too long.
fn padded(number: &[u8], bytes: usize) -> Option<Vec<u8>> {
    let zeros = bytes.checked_sub(number.len())?;
    Some([vec![0; zeros].as_slice(), number].concat())
}

/// FIPS 186-5 takes a short hash as a small number; the crates want it to be half as long as the curve's.
fn long_enough(hash: &[u8], number_bytes: usize) -> Vec<u8> {
    let wanted = number_bytes.min(64);
    padded(hash, wanted).unwrap_or_else(|| hash.to_vec())
}

/// How long keys of X448 are.
const X448_BYTES: usize = 56;

/// A point times a private key as RFC 7748, section 5, decodes it.
fn x448(private: &[u8], point: MontgomeryPoint) -> Option<Vec<u8>> {
    let mut number: [u8; X448_BYTES] = private.try_into().ok()?;
    number[0] &= 252;
    number[X448_BYTES - 1] |= 128;
    let number = Scalar::<Ed448>::from_uint_unchecked(U448::from_le_slice(&number));
    Some((&point * &number).0.to_vec())
}

/// The public key of a private one.
pub(crate) fn public_key(curve: Curve, private: &[u8]) -> Option<Vec<u8>> {
    match curve {
        Curve::P256 => p256::public_key(private),
        Curve::P384 => p384::public_key(private),
        Curve::P521 => p521::public_key(private),
        Curve::Secp256k1 => k256::public_key(private),
        Curve::X25519 => {
            let key = x25519_dalek::x25519(
                private.try_into().ok()?,
                x25519_dalek::X25519_BASEPOINT_BYTES,
            );
            Some(key.to_vec())
        }
        Curve::X448 => x448(private, MontgomeryPoint::GENERATOR),
        Curve::Ed25519 => signing::ed25519_public_key(private).ok(),
        Curve::Ed448 => signing::ed448_public_key(private).ok(),
    }
}

/// The uncompressed form of a point.
pub(crate) fn point(curve: Curve, encoded: &[u8]) -> Option<Vec<u8>> {
    match curve {
        Curve::P256 => p256::point(encoded),
        Curve::P384 => p384::point(encoded),
        Curve::P521 => p521::point(encoded),
        Curve::Secp256k1 => k256::point(encoded),
        _ => None,
    }
}

/// What both sides come to.
pub(crate) fn agree(curve: Curve, private: &[u8], public: &[u8]) -> Option<Vec<u8>> {
    match curve {
        Curve::P256 => p256::agree(private, public),
        Curve::P384 => p384::agree(private, public),
        Curve::P521 => p521::agree(private, public),
        Curve::Secp256k1 => k256::agree(private, public),
        Curve::X25519 => {
            let shared = x25519_dalek::x25519(private.try_into().ok()?, public.try_into().ok()?);
            (shared != [0; 32]).then(|| shared.to_vec())
        }
        Curve::X448 => {
            let point = MontgomeryPoint(public.try_into().ok()?);
            let shared = x448(private, point).filter(|_| !point.is_low_order())?;
            (shared != [0; X448_BYTES]).then_some(shared)
        }
        Curve::Ed25519 | Curve::Ed448 => None,
    }
}

/// The ECDSA signature of a hash.
pub(crate) fn sign_hash(curve: Curve, private: &[u8], hash: &[u8]) -> Option<Vec<u8>> {
    match curve {
        Curve::P256 => p256::sign(private, hash),
        Curve::P384 => p384::sign(private, hash),
        Curve::P521 => p521::sign(private, hash),
        Curve::Secp256k1 => k256::sign(private, hash),
        _ => None,
    }
}

/// Whether a signature is one of a hash.
pub(crate) fn verify_hash(curve: Curve, public: &[u8], hash: &[u8], signature: &[u8]) -> bool {
    match curve {
        Curve::P256 => p256::verify(public, hash, signature),
        Curve::P384 => p384::verify(public, hash, signature),
        Curve::P521 => p521::verify(public, hash, signature),
        Curve::Secp256k1 => k256::verify(public, hash, signature),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_one_with_either_sign() {
        let private = [7; 32];
        let public = public_key(Curve::Secp256k1, &private).unwrap();
        let made = sign_hash(Curve::Secp256k1, &private, &[9; 32]).unwrap();
        let (r, s) = ::k256::ecdsa::Signature::from_slice(&made)
            .unwrap()
            .split_scalars();
        let other = ::k256::ecdsa::Signature::from_scalars(*r, -*s).unwrap();
        for signature in [made, other.to_bytes().to_vec()] {
            assert!(verify_hash(Curve::Secp256k1, &public, &[9; 32], &signature));
            assert!(!verify_hash(
                Curve::Secp256k1,
                &public,
                &[8; 32],
                &signature
            ));
        }
    }

    #[test]
    fn both_sides_of_x448_come_to_the_same_and_no_point_of_low_order_does() {
        assert!(
            public_key(Curve::X448, &[5; 32]).is_none(),
            "it is too short"
        );
        let alice = [5; 56];
        let bob = [6; 56];
        let agreed = |ours: &[u8], theirs: &[u8]| {
            agree(Curve::X448, ours, &public_key(Curve::X448, theirs).unwrap()).unwrap()
        };
        assert_eq!(agreed(&alice, &bob), agreed(&bob, &alice));
        assert!(agree(Curve::X448, &alice, &[0; 56]).is_none());
    }

    #[test]
    fn what_is_no_key_is_none() {
        for curve in [Curve::P256, Curve::P384, Curve::P521, Curve::Secp256k1] {
            assert!(public_key(curve, &[0; 32]).is_none());
            assert!(public_key(curve, &[255; 67]).is_none());
            assert!(point(curve, &[4; 65]).is_none() && point(curve, &[]).is_none());
            assert!(agree(curve, &[1; 32], &[4; 65]).is_none());
            assert!(!verify_hash(curve, &[4; 65], &[1; 32], &[1; 64]));
        }
    }
}
