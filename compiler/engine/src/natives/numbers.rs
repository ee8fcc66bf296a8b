//! Arithmetic with large numbers and RSA, which the host does. What went wrong is a text.

use rquickjs::{Ctx, IntoJs, Result, TypedArray, Value};

use super::bytes_of;
use crate::phase;
use crate::sandglass::toolbelt::numbers::{self, NumberError};

/// A power modulo an odd number.
pub(super) fn power<'js>(
    ctx: Ctx<'js>,
    base: TypedArray<'js, u8>,
    exponent: TypedArray<'js, u8>,
    modulus: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let (base, exponent) = (bytes_of(&ctx, &base)?, bytes_of(&ctx, &exponent)?);
    let made = numbers::power(base, exponent, bytes_of(&ctx, &modulus)?);
    bytes(ctx, made)
}

/// A random prime number. It must not be left over in a snapshot.
pub(super) fn random_prime<'js>(ctx: Ctx<'js>, bits: u32, safe: bool) -> Result<Value<'js>> {
    phase::require_invocation(&ctx, "a random prime number")?;
    bytes(ctx, numbers::random_prime(bits, safe))
}

/// Whether a number is prime.
pub(super) fn is_prime<'js>(ctx: Ctx<'js>, candidate: TypedArray<'js, u8>) -> Result<Value<'js>> {
    match numbers::is_prime(bytes_of(&ctx, &candidate)?) {
        Ok(is_prime) => is_prime.into_js(&ctx),
        Err(error) => why(error).into_js(&ctx),
    }
}

/// A new RSA key. It must not be left over in a snapshot.
pub(super) fn rsa_generate<'js>(ctx: Ctx<'js>, bits: u32, exponent: f64) -> Result<Value<'js>> {
    phase::require_invocation(&ctx, "a new key")?;
    self::bytes(ctx, numbers::rsa_generate(bits, exponent as u64))
}

/// A block to the power of the private exponent.
pub(super) fn rsa_private<'js>(
    ctx: Ctx<'js>,
    key: TypedArray<'js, u8>,
    block: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let made = numbers::rsa_private(bytes_of(&ctx, &key)?, bytes_of(&ctx, &block)?);
    bytes(ctx, made)
}

fn bytes<'js>(
    ctx: Ctx<'js>,
    made: std::result::Result<Vec<u8>, NumberError>,
) -> Result<Value<'js>> {
    match made {
        Ok(bytes) => Ok(TypedArray::new(ctx, bytes)?.into_value()),
        Err(error) => why(error).into_js(&ctx),
    }
}

fn why(error: NumberError) -> String {
    match error {
        NumberError::Invalid(why) => why,
        NumberError::TooLarge(bits) => format!("no more than {bits} bits are supported"),
    }
}
