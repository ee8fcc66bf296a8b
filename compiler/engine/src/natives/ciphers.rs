//! Encryption, which the host does at native speed. The texts name the enums of `ciphers.wit`.

use rquickjs::{Ctx, Exception, Result, TypedArray, Value};

use super::bytes_of;
use crate::sandglass::toolbelt::ciphers::{self, BlockCipher, CipherError, Counter, Direction};

/// Each block by itself; what went wrong is a text.
pub(super) fn ecb<'js>(
    ctx: Ctx<'js>,
    cipher: String,
    encrypts: bool,
    key: TypedArray<'js, u8>,
    data: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let cipher = block_cipher(&ctx, &cipher)?;
    let made = ciphers::ecb(
        cipher,
        direction(encrypts),
        bytes_of(&ctx, &key)?,
        bytes_of(&ctx, &data)?,
    );
    answer(ctx, made)
}

/// Each block chained to the one before.
pub(super) fn cbc<'js>(
    ctx: Ctx<'js>,
    cipher: String,
    encrypts: bool,
    key: TypedArray<'js, u8>,
    iv: TypedArray<'js, u8>,
    data: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let cipher = block_cipher(&ctx, &cipher)?;
    let (key, iv) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &iv)?);
    let made = ciphers::cbc(cipher, direction(encrypts), key, iv, bytes_of(&ctx, &data)?);
    answer(ctx, made)
}

/// AES in Counter Mode, with a counter of 32 or 128 bits.
pub(super) fn ctr<'js>(
    ctx: Ctx<'js>,
    bits: u32,
    key: TypedArray<'js, u8>,
    start: TypedArray<'js, u8>,
    skip: u32,
    data: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let counter = if bits == 32 {
        Counter::Low32
    } else {
        Counter::All128
    };
    let (key, start) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &start)?);
    let made = ciphers::ctr(counter, key, start, skip, bytes_of(&ctx, &data)?);
    answer(ctx, made)
}

/// GHASH, going on from a state.
pub(super) fn ghash<'js>(
    ctx: Ctx<'js>,
    key: TypedArray<'js, u8>,
    state: TypedArray<'js, u8>,
    data: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let made = ciphers::ghash(
        bytes_of(&ctx, &key)?,
        bytes_of(&ctx, &state)?,
        bytes_of(&ctx, &data)?,
    );
    answer(ctx, made)
}

/// ChaCha20 from a byte of its key stream on.
pub(super) fn chacha20<'js>(
    ctx: Ctx<'js>,
    key: TypedArray<'js, u8>,
    nonce: TypedArray<'js, u8>,
    position: f64,
    data: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let (key, nonce) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &nonce)?);
    let made = ciphers::chacha20(key, nonce, position as u64, bytes_of(&ctx, &data)?);
    answer(ctx, made)
}

/// Poly1305.
pub(super) fn poly1305<'js>(
    ctx: Ctx<'js>,
    key: TypedArray<'js, u8>,
    data: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let made = ciphers::poly1305(bytes_of(&ctx, &key)?, bytes_of(&ctx, &data)?);
    answer(ctx, made)
}

/// AES Key Wrap.
pub(super) fn key_wrap<'js>(
    ctx: Ctx<'js>,
    encrypts: bool,
    key: TypedArray<'js, u8>,
    data: TypedArray<'js, u8>,
) -> Result<Value<'js>> {
    let made = ciphers::key_wrap(
        direction(encrypts),
        bytes_of(&ctx, &key)?,
        bytes_of(&ctx, &data)?,
    );
    answer(ctx, made)
}

fn block_cipher(ctx: &Ctx<'_>, name: &str) -> Result<BlockCipher> {
    match name {
        "aes" => Ok(BlockCipher::Aes),
        "des-ede3" => Ok(BlockCipher::DesEde3),
        "des" => Ok(BlockCipher::Des),
        _ => Err(Exception::throw_type(ctx, "unknown cipher")),
    }
}

fn direction(encrypts: bool) -> Direction {
    if encrypts {
        Direction::Encrypt
    } else {
        Direction::Decrypt
    }
}

/// The bytes, or what went wrong as a text.
fn answer<'js>(
    ctx: Ctx<'js>,
    made: std::result::Result<Vec<u8>, CipherError>,
) -> Result<Value<'js>> {
    let why = match made {
        Ok(bytes) => return Ok(TypedArray::new(ctx, bytes)?.into_value()),
        Err(CipherError::InvalidKey) => "invalid-key",
        Err(CipherError::InvalidLength) => "invalid-length",
    };
    Ok(rquickjs::String::from_str(ctx, why)?.into_value())
}
