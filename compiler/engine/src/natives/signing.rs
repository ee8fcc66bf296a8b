//! Signatures, which the host makes and checks at native speed.

use rquickjs::{Ctx, Exception, Result, TypedArray};

use super::bytes_of;
use crate::phase;
use crate::sandglass::toolbelt::crypto::{self, SignatureError, SignatureScheme};

/// The signature of `data`, by a scheme's name. One that draws random numbers must not be left over
/// in a snapshot.
pub(super) fn sign<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: TypedArray<'js, u8>,
    data: TypedArray<'js, u8>,
) -> Result<TypedArray<'js, u8>> {
    let scheme = scheme(&ctx, &name)?;
    if draws_randomness(scheme) {
        phase::require_invocation(&ctx, "a signature that draws random numbers")?;
    }
    let signature = crypto::sign(scheme, bytes_of(&ctx, &key)?, bytes_of(&ctx, &data)?)
        .map_err(|error| explain(&ctx, error))?;
    TypedArray::new(ctx, signature)
}

/// Whether `signature` is one of `data`.
pub(super) fn verify<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: TypedArray<'js, u8>,
    data: TypedArray<'js, u8>,
    signature: TypedArray<'js, u8>,
) -> Result<bool> {
    let (key, data) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &data)?);
    crypto::verify(scheme(&ctx, &name)?, key, data, bytes_of(&ctx, &signature)?)
        .map_err(|error| explain(&ctx, error))
}

fn scheme(ctx: &Ctx<'_>, name: &str) -> Result<SignatureScheme> {
    match name {
        "rsa-pkcs1-sha256" => Ok(SignatureScheme::RsaPkcs1Sha256),
        "rsa-pkcs1-sha384" => Ok(SignatureScheme::RsaPkcs1Sha384),
        "rsa-pkcs1-sha512" => Ok(SignatureScheme::RsaPkcs1Sha512),
        "rsa-pss-sha256" => Ok(SignatureScheme::RsaPssSha256),
        "rsa-pss-sha384" => Ok(SignatureScheme::RsaPssSha384),
        "rsa-pss-sha512" => Ok(SignatureScheme::RsaPssSha512),
        "ecdsa-p256-sha256" => Ok(SignatureScheme::EcdsaP256Sha256),
        "ecdsa-p384-sha384" => Ok(SignatureScheme::EcdsaP384Sha384),
        "ecdsa-p521-sha512" => Ok(SignatureScheme::EcdsaP521Sha512),
        "ed25519" => Ok(SignatureScheme::Ed25519),
        "ed448" => Ok(SignatureScheme::Ed448),
        _ => Err(Exception::throw_type(ctx, "unknown signature scheme")),
    }
}

/// Everything but PKCS#1 v1.5, P-521, Ed25519 and Ed448.
fn draws_randomness(scheme: SignatureScheme) -> bool {
    !matches!(
        scheme,
        SignatureScheme::RsaPkcs1Sha256
            | SignatureScheme::RsaPkcs1Sha384
            | SignatureScheme::RsaPkcs1Sha512
            | SignatureScheme::EcdsaP521Sha512
            | SignatureScheme::Ed25519
            | SignatureScheme::Ed448
    )
}

fn explain(ctx: &Ctx<'_>, error: SignatureError) -> rquickjs::Error {
    let message = match error {
        SignatureError::InvalidKey(why) => format!("the key cannot be used: {why}"),
        SignatureError::DataTooLarge(bytes) => {
            format!("no more than {bytes} bytes can be signed at once")
        }
    };
    Exception::throw_message(ctx, &message)
}
