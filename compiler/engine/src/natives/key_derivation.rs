//! Keys from passwords and from other keys, which the host derives.

use rquickjs::{Ctx, Result, TypedArray};

use super::{bytes_of, hashing};
use crate::sandglass::toolbelt::key_derivation::{self, ScryptCost};

/// PBKDF2.
pub(super) fn pbkdf2<'js>(
    ctx: Ctx<'js>,
    name: String,
    password: TypedArray<'js, u8>,
    salt: TypedArray<'js, u8>,
    iterations: u32,
    bytes: u32,
) -> Result<TypedArray<'js, u8>> {
    let algorithm = hashing::algorithm(&ctx, &name)?;
    let (password, salt) = (bytes_of(&ctx, &password)?, bytes_of(&ctx, &salt)?);
    let key = key_derivation::pbkdf2(algorithm, password, salt, iterations, bytes);
    TypedArray::new(ctx, key)
}

/// HKDF; `undefined` when too much is asked for.
pub(super) fn hkdf<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: TypedArray<'js, u8>,
    salt: TypedArray<'js, u8>,
    info: TypedArray<'js, u8>,
    bytes: u32,
) -> Result<Option<TypedArray<'js, u8>>> {
    let algorithm = hashing::algorithm(&ctx, &name)?;
    let (key, salt) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &salt)?);
    let key = key_derivation::hkdf(algorithm, key, salt, bytes_of(&ctx, &info)?, bytes);
    key.map(|key| TypedArray::new(ctx, key)).transpose()
}

/// scrypt with N = 2 to the power of `log_n`; `undefined` when the cost is none.
pub(super) fn scrypt<'js>(
    ctx: Ctx<'js>,
    password: TypedArray<'js, u8>,
    salt: TypedArray<'js, u8>,
    cost: Vec<u32>,
    bytes: u32,
) -> Result<Option<TypedArray<'js, u8>>> {
    let &[log_n, r, p] = cost.as_slice() else {
        return Ok(None);
    };
    let cost = ScryptCost {
        log_n: log_n.min(64) as u8,
        r,
        p,
    };
    let (password, salt) = (bytes_of(&ctx, &password)?, bytes_of(&ctx, &salt)?);
    let key = key_derivation::scrypt(password, salt, cost, bytes);
    key.map(|key| TypedArray::new(ctx, key)).transpose()
}
