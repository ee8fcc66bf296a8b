//! Which code calculates with large numbers, and what does it cost?
//!
//! `crypto-bigint`, in a time that does not depend on what is secret, and around it `crypto-primes` and the
//! raw operation of `rsa`. Paddings are the guest's: what they reveal, they reveal of the guest's own key.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd, Resize as _};
use crypto_primes::Flavor;
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use getrandom::SysRng;
use rsa::RsaPrivateKey;
use rsa::pkcs1::der::Decode as _;
use rsa::pkcs1::{self, EncodeRsaPrivateKey as _};
use rsa::rand_core::UnwrapErr;
use sandglass_host_abi::bindings::sandglass::toolbelt::numbers::NumberError;

/// The largest number that is worked with.
const BITS_MAX: u32 = 16_384;
/// The largest modulus of RSA that is made.
const RSA_BITS_MAX: u32 = 4_096;
/// The smallest one, as for OpenSSL.
const RSA_BITS_MIN: u32 = 512;
/// The largest random prime.
const PRIME_BITS_MAX: u32 = 4_096;
/// The largest random prime of which half is one too, which takes a hundred times as long.
const SAFE_PRIME_BITS_MAX: u32 = 1_024;

/// Refuses what would take too long.
pub(crate) fn check_sizes(numbers: &[&[u8]]) -> Result<(), NumberError> {
    match numbers
        .iter()
        .any(|number| number.len() > BITS_MAX as usize / 8)
    {
        true => Err(NumberError::TooLarge(BITS_MAX)),
        false => Ok(()),
    }
}

/// What a power costs: the square of the modulus' length for each bit of the exponent. Five milliseconds
/// for 2,048 bits.
pub(crate) fn fuel_for_power(exponent: &[u8], modulus: &[u8]) -> u64 {
    let modulus = modulus.len().max(32) as u64;
    10_000 + modulus.pow(2) * exponent.len().max(8) as u64 * 4
}

/// What a private operation of RSA costs, by the length of its key in DER.
pub(crate) fn fuel_for_private(key: &[u8]) -> u64 {
    (key.len() as u64).pow(3) / 25
}

/// What finding a prime costs on average: some hundred tests, each a power.
pub(crate) fn fuel_for_prime(bits: u32, safe: bool) -> u64 {
    let bytes = u64::from(bits / 8 + 1);
    100_000 + bytes.pow(4) * if safe { 400 } else { 8 }
}

/// What a test for primality costs.
pub(crate) fn fuel_for_test(candidate: &[u8]) -> u64 {
    100_000 + (candidate.len() as u64).pow(3) * 8
}

/// A power modulo an odd number.
pub(crate) fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Result<Vec<u8>, NumberError> {
    let bits = modulus.len() as u32 * 8;
    let number = |bytes: &[u8], bits: u32| {
        BoxedUint::from_be_slice(bytes, bits.max(8))
            .map_err(|error| NumberError::Invalid(error.to_string()))
    };
    let modulus = Option::from(Odd::new(number(modulus, bits)?))
        .ok_or_else(|| NumberError::Invalid("the modulus is even".to_owned()))?;
    let wide = number(base, bits.max(base.len() as u32 * 8))?;
    let exponent = number(exponent, exponent.len() as u32 * 8)?;
    let params = BoxedMontyParams::new(modulus);
    let reduced = wide.rem(params.modulus().as_nz_ref());
    let reduced = reduced
        .try_resize(bits)
        .ok_or_else(|| NumberError::Invalid("the base".to_owned()))?;
    let power = BoxedMontyForm::new(reduced, &params)
        .pow(&exponent)
        .retrieve();
    Ok(power.to_be_bytes().to_vec())
}

/// Refuses primes that would take too long to find, and those that there are none of: with the two highest bits
/// set, no safe prime has 4 or 5.
pub(crate) fn check_prime_bits(bits: u32, safe: bool) -> Result<(), NumberError> {
    let most = match safe {
        true => SAFE_PRIME_BITS_MAX,
        false => PRIME_BITS_MAX,
    };
    if bits > most {
        return Err(NumberError::TooLarge(most));
    }
    if bits < 2 || (safe && bits < 6 && bits != 3) {
        return Err(NumberError::Invalid("bits too small".to_owned()));
    }
    Ok(())
}

/// A random prime number of a length that was checked. Its two highest bits are set, as in OpenSSL's, so that a
/// product of two has the sum of their lengths.
pub(crate) fn random_prime(bits: u32, safe: bool) -> Result<Vec<u8>, NumberError> {
    let flavor = if safe { Flavor::Safe } else { Flavor::Any };
    let candidates = SmallFactorsSieveFactory::<BoxedUint>::new(flavor, bits, SetBits::TwoMsb)
        .map_err(invalid)?;
    let found =
        crypto_primes::sieve_and_find(&mut UnwrapErr(SysRng), candidates, |_, candidate| {
            crypto_primes::is_prime(flavor, candidate)
        });
    let prime = found
        .map_err(invalid)?
        .ok_or_else(|| NumberError::Invalid("there is no such prime".to_owned()))?;
    Ok(minimal(&prime))
}

/// Refuses keys of RSA that would take too long to make, or would be none.
pub(crate) fn check_rsa_bits(bits: u32) -> Result<(), NumberError> {
    if bits > RSA_BITS_MAX {
        return Err(NumberError::TooLarge(RSA_BITS_MAX));
    }
    if bits < RSA_BITS_MIN {
        return Err(NumberError::Invalid("key size too small".to_owned()));
    }
    Ok(())
}

/// Whether a number is prime.
pub(crate) fn is_prime(candidate: &[u8]) -> bool {
    let candidate = BoxedUint::from_be_slice_vartime(candidate);
    candidate.bits() > 1 && crypto_primes::is_prime(Flavor::Any, &candidate)
}

/// A new RSA key of a length that was checked.
pub(crate) fn rsa_generate(bits: u32, exponent: u64) -> Result<Vec<u8>, NumberError> {
    if exponent < 3 || exponent.is_multiple_of(2) {
        return Err(NumberError::Invalid("pub exponent out of range".to_owned()));
    }
    let key = RsaPrivateKey::new_with_exp_unchecked(
        &mut UnwrapErr(SysRng),
        bits as usize,
        exponent.into(),
    )
    .map_err(invalid)?;
    let der = key.to_pkcs1_der().map_err(invalid)?;
    Ok(der.as_bytes().to_vec())
}

/// A block to the power of the private exponent.
pub(crate) fn rsa_private(key: &[u8], block: &[u8]) -> Result<Vec<u8>, NumberError> {
    let parts = pkcs1::RsaPrivateKey::from_der(key).map_err(invalid)?;
    let number = |part: pkcs1::UintRef<'_>| BoxedUint::from_be_slice_vartime(part.as_bytes());
    let primes = vec![number(parts.prime1), number(parts.prime2)];
    let (n, e, d) = (
        number(parts.modulus),
        number(parts.public_exponent),
        number(parts.private_exponent),
    );
    let bytes = parts.modulus.as_bytes().len();
    let key =
        RsaPrivateKey::from_components_with_large_exponent(n, e, d, primes).map_err(invalid)?;
    let precision = rsa::traits::PublicKeyParts::n(&key).bits_precision();
    let block = BoxedUint::from_be_slice(block, precision).map_err(invalid)?;
    let made = rsa::hazmat::rsa_decrypt_and_check(&key, Some(&mut UnwrapErr(SysRng)), &block)
        .map_err(invalid)?;
    let made = minimal(&made);
    Ok([vec![0; bytes - made.len()], made].concat())
}

/// Without leading zeros.
fn minimal(number: &BoxedUint) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    bytes[zeros..].to_vec()
}

fn invalid(error: impl std::fmt::Display) -> NumberError {
    NumberError::Invalid(error.to_string())
}
