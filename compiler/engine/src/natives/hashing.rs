//! Hashing, which the host does at native speed.

use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, Result, TypedArray};

use super::bytes_of;
use crate::sandglass::toolbelt::crypto::{self, Algorithm};

pub(super) fn digest<'js>(
    ctx: Ctx<'js>,
    name: String,
    data: TypedArray<'js, u8>,
    bytes: Opt<Option<u32>>,
) -> Result<TypedArray<'js, u8>> {
    let hash = crypto::digest(
        algorithm(&ctx, &name)?,
        bytes_of(&ctx, &data)?,
        bytes.0.flatten(),
    );
    TypedArray::new(ctx, hash)
}

pub(super) fn hmac<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: TypedArray<'js, u8>,
    data: TypedArray<'js, u8>,
) -> Result<TypedArray<'js, u8>> {
    let algorithm = algorithm(&ctx, &name)?;
    let hash = crypto::hmac(algorithm, bytes_of(&ctx, &key)?, bytes_of(&ctx, &data)?);
    TypedArray::new(ctx, hash)
}

/// The hash function of a name.
pub(super) fn algorithm(ctx: &Ctx<'_>, name: &str) -> Result<Algorithm> {
    match name {
        "md5" => Ok(Algorithm::Md5),
        "sha1" => Ok(Algorithm::Sha1),
        "sha256" => Ok(Algorithm::Sha256),
        "sha384" => Ok(Algorithm::Sha384),
        "sha512" => Ok(Algorithm::Sha512),
        "sha224" => Ok(Algorithm::Sha224),
        "sha512-224" => Ok(Algorithm::Sha512T224),
        "sha512-256" => Ok(Algorithm::Sha512T256),
        "sha3-224" => Ok(Algorithm::Sha3T224),
        "sha3-256" => Ok(Algorithm::Sha3T256),
        "sha3-384" => Ok(Algorithm::Sha3T384),
        "sha3-512" => Ok(Algorithm::Sha3T512),
        "shake128" => Ok(Algorithm::Shake128),
        "shake256" => Ok(Algorithm::Shake256),
        "ripemd160" => Ok(Algorithm::Ripemd160),
        "blake2b512" => Ok(Algorithm::Blake2b512),
        "blake2s256" => Ok(Algorithm::Blake2s256),
        _ => Err(Exception::throw_type(ctx, "unknown hash function")),
    }
}
