//! Hashing, which the host does at native speed.

use rquickjs::{Ctx, Exception, Result, TypedArray};

use super::bytes_of;
use crate::sandglass::toolbelt::crypto::{self, Algorithm};

pub(super) fn digest<'js>(
    ctx: Ctx<'js>,
    name: String,
    data: TypedArray<'js, u8>,
) -> Result<TypedArray<'js, u8>> {
    let hash = crypto::digest(algorithm(&ctx, &name)?, bytes_of(&ctx, &data)?);
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

fn algorithm(ctx: &Ctx<'_>, name: &str) -> Result<Algorithm> {
    match name {
        "md5" => Ok(Algorithm::Md5),
        "sha1" => Ok(Algorithm::Sha1),
        "sha256" => Ok(Algorithm::Sha256),
        "sha384" => Ok(Algorithm::Sha384),
        "sha512" => Ok(Algorithm::Sha512),
        _ => Err(Exception::throw_type(ctx, "unknown hash function")),
    }
}
