//! Elliptic curves, which the host works on. Nothing is `undefined`.

use rquickjs::{Ctx, Exception, Result, TypedArray};

use super::bytes_of;
use crate::sandglass::toolbelt::curves::{self, Curve};

/// The public key of a private one.
pub(super) fn public_key<'js>(
    ctx: Ctx<'js>,
    name: String,
    private: TypedArray<'js, u8>,
) -> Result<Option<TypedArray<'js, u8>>> {
    let made = curves::public_key(curve(&ctx, &name)?, bytes_of(&ctx, &private)?);
    array(ctx, made)
}

/// The uncompressed form of a point.
pub(super) fn point<'js>(
    ctx: Ctx<'js>,
    name: String,
    encoded: TypedArray<'js, u8>,
) -> Result<Option<TypedArray<'js, u8>>> {
    let made = curves::point(curve(&ctx, &name)?, bytes_of(&ctx, &encoded)?);
    array(ctx, made)
}

/// What both sides of an agreement come to.
pub(super) fn agree<'js>(
    ctx: Ctx<'js>,
    name: String,
    private: TypedArray<'js, u8>,
    public: TypedArray<'js, u8>,
) -> Result<Option<TypedArray<'js, u8>>> {
    let made = curves::agree(
        curve(&ctx, &name)?,
        bytes_of(&ctx, &private)?,
        bytes_of(&ctx, &public)?,
    );
    array(ctx, made)
}

/// The ECDSA signature of a hash.
pub(super) fn sign_hash<'js>(
    ctx: Ctx<'js>,
    name: String,
    private: TypedArray<'js, u8>,
    hash: TypedArray<'js, u8>,
) -> Result<Option<TypedArray<'js, u8>>> {
    let made = curves::sign_hash(
        curve(&ctx, &name)?,
        bytes_of(&ctx, &private)?,
        bytes_of(&ctx, &hash)?,
    );
    array(ctx, made)
}

/// Whether a signature is one of a hash.
pub(super) fn verify_hash<'js>(
    ctx: Ctx<'js>,
    name: String,
    public: TypedArray<'js, u8>,
    hash: TypedArray<'js, u8>,
    signature: TypedArray<'js, u8>,
) -> Result<bool> {
    let (public, hash) = (bytes_of(&ctx, &public)?, bytes_of(&ctx, &hash)?);
    Ok(curves::verify_hash(
        curve(&ctx, &name)?,
        public,
        hash,
        bytes_of(&ctx, &signature)?,
    ))
}

fn curve(ctx: &Ctx<'_>, name: &str) -> Result<Curve> {
    match name {
        "prime256v1" => Ok(Curve::P256),
        "secp384r1" => Ok(Curve::P384),
        "secp521r1" => Ok(Curve::P521),
        "secp256k1" => Ok(Curve::Secp256k1),
        "x25519" => Ok(Curve::X25519),
        "x448" => Ok(Curve::X448),
        "ed25519" => Ok(Curve::Ed25519),
        "ed448" => Ok(Curve::Ed448),
        _ => Err(Exception::throw_type(ctx, "unknown curve")),
    }
}

fn array<'js>(ctx: Ctx<'js>, bytes: Option<Vec<u8>>) -> Result<Option<TypedArray<'js, u8>>> {
    bytes.map(|bytes| TypedArray::new(ctx, bytes)).transpose()
}
