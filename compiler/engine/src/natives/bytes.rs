//! Between bytes and the texts that stand for them, as Node.js reads and writes these.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, Result, TypedArray};

use super::bytes_of;
use crate::phase;

/// Takes what `base64_decode` leaves of a text: any number of digits, left-over bits ignored.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

pub(super) fn base64_encode<'js>(
    ctx: Ctx<'js>,
    data: TypedArray<'js, u8>,
    url_safe: bool,
) -> Result<String> {
    let data = bytes_of(&ctx, &data)?;
    Ok(if url_safe {
        BASE64_URL_SAFE_NO_PAD.encode(data)
    } else {
        BASE64_STANDARD.encode(data)
    })
}

/// Decodes both alphabets, up to the first `=`, skipping everything that is not a digit.
pub(super) fn base64_decode(ctx: Ctx<'_>, text: String) -> Result<TypedArray<'_, u8>> {
    let mut digits: Vec<u8> = text
        .bytes()
        .take_while(|&byte| byte != b'=')
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            _ => (byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/').then_some(byte),
        })
        .collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    let data = LENIENT
        .decode(digits)
        .expect("only whole groups of digits are left");
    TypedArray::new(ctx, data)
}

pub(super) fn hex_encode<'js>(ctx: Ctx<'js>, data: TypedArray<'js, u8>) -> Result<String> {
    let digit = |nibble: u8| char::from(HEX_DIGITS[usize::from(nibble)]);
    let data = bytes_of(&ctx, &data)?;
    Ok(data
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)])
        .collect())
}

/// Decodes pairs of digits up to the first that is none.
pub(super) fn hex_decode(ctx: Ctx<'_>, text: String) -> Result<TypedArray<'_, u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16);
    let pair = |pair: &[u8]| u8::try_from(nibble(pair[0])? << 4 | nibble(pair[1])?).ok();
    let data: Vec<u8> = text.as_bytes().chunks_exact(2).map_while(pair).collect();
    TypedArray::new(ctx, data)
}

pub(super) fn latin1_decode<'js>(ctx: Ctx<'js>, data: TypedArray<'js, u8>) -> Result<String> {
    Ok(bytes_of(&ctx, &data)?
        .iter()
        .copied()
        .map(char::from)
        .collect())
}

/// Keeps the low byte of every UTF-16 unit.
pub(super) fn latin1_encode(ctx: Ctx<'_>, text: String) -> Result<TypedArray<'_, u8>> {
    let data: Vec<u8> = text
        .encode_utf16()
        .map(|unit| unit.to_le_bytes()[0])
        .collect();
    TypedArray::new(ctx, data)
}

/// How many random bytes the host gives at most; more are stretched from a seed of its.
const HOST_BYTES_MAX: usize = 64;

/// Fresh random bytes for what must not lie in a snapshot, even if it is not random there: keys, and what
/// hides a message.
pub(super) fn random_secret(
    ctx: Ctx<'_>,
    length: usize,
    what_for: Opt<String>,
) -> Result<TypedArray<'_, u8>> {
    let what = what_for
        .0
        .as_deref()
        .unwrap_or("a new key or a random part of a message");
    phase::require_invocation(&ctx, what)?;
    random_fill(ctx, length)
}

/// Fresh random bytes. Each call asks the host: nothing random may be left over in a snapshot.
/// Many are the stream of ChaCha20 (RFC 8439) under a key from the host, so that making them is the
/// guest's own work, which its fuel pays for.
pub(super) fn random_fill(ctx: Ctx<'_>, length: usize) -> Result<TypedArray<'_, u8>> {
    let mut data = vec![0; length];
    let filled = if length <= HOST_BYTES_MAX {
        getrandom::fill(&mut data)
    } else {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map(|()| ChaCha20Rng::from_seed(key).fill_bytes(&mut data))
    };
    filled.map_err(|error| Exception::throw_internal(&ctx, &format!("no randomness: {error}")))?;
    TypedArray::new(ctx, data)
}
