//! What do the library's JavaScript modules need that JavaScript cannot do, or not fast enough?
//!
//! One module, `sandglass:native`, which only the engine's own modules can import. Its functions
//! trust their callers about types; strings must be well-formed.

mod buffers;
mod bytes;
mod calls;
mod ciphers;
mod compression;
mod curves;
pub(crate) mod files;
mod hashing;
mod inspection;
mod key_derivation;
mod languages;
mod network;
mod numbers;
mod signing;
mod storage;
mod text;
mod time_zones;
pub(crate) mod urls;

use rquickjs::module::{Declarations, Exports, ModuleDef};
use rquickjs::{Ctx, Exception, Function, Result, TypedArray};

/// The module `sandglass:native`.
pub(crate) struct Native;

/// Declares and exports the same functions under the same names.
macro_rules! natives {
    ($($name:literal => $function:path,)*) => {
        impl ModuleDef for Native {
            fn declare<'js>(declarations: &Declarations<'js>) -> Result<()> {
                $(declarations.declare($name)?;)*
                Ok(())
            }

            fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> Result<()> {
                $(exports.export($name, Function::new(ctx.clone(), $function)?.with_name($name)?)?;)*
                Ok(())
            }
        }
    };
}

natives! {
    "activeTimers" => crate::timers::active,
    "aesCtr" => ciphers::ctr,
    "asciiDecode" => buffers::ascii_decode,
    "asyncContext" => crate::async_context::read,
    "base64Decode" => bytes::base64_decode,
    "base64Encode" => bytes::base64_encode,
    "brotliOpen" => compression::open_brotli,
    "bytesCompare" => buffers::compare,
    "bytesIndexOf" => buffers::index_of,
    "chacha20" => ciphers::chacha20,
    "cipherCbc" => ciphers::cbc,
    "cipherEcb" => ciphers::ecb,
    "collate" => languages::collate,
    "curveAgree" => curves::agree,
    "curvePoint" => curves::point,
    "curvePublicKey" => curves::public_key,
    "curveSign" => curves::sign_hash,
    "curveVerify" => curves::verify_hash,
    "decode" => text::decode,
    "digest" => hashing::digest,
    "domainToASCII" => urls::domain_to_ascii,
    "domainToUnicode" => urls::domain_to_unicode,
    "encodingName" => text::encoding_name,
    "endInvocation" => crate::process::end_invocation,
    "fileList" => files::list,
    "fileRead" => files::read,
    "formParse" => urls::form_parse,
    "formSerialize" => urls::form_serialize,
    "ghash" => ciphers::ghash,
    "hexDecode" => bytes::hex_decode,
    "hexEncode" => bytes::hex_encode,
    "hkdf" => key_derivation::hkdf,
    "hmac" => hashing::hmac,
    "httpSend" => network::send,
    "isPrime" => numbers::is_prime,
    "keyWrap" => ciphers::key_wrap,
    "lambdaInvoke" => calls::invoke,
    "latin1Decode" => bytes::latin1_decode,
    "latin1Encode" => bytes::latin1_encode,
    "legacyDecode" => text::legacy_decode,
    "memoryUsage" => crate::process::memory_usage,
    "namespace" => crate::library::namespace,
    "onEnd" => crate::process::on_end,
    "pbkdf2" => key_derivation::pbkdf2,
    "poly1305" => ciphers::poly1305,
    "power" => numbers::power,
    "promiseDetails" => inspection::promise_details,
    "proxyDetails" => inspection::proxy_details,
    "randomFill" => bytes::random_fill,
    "randomPrime" => numbers::random_prime,
    "randomSecret" => bytes::random_secret,
    "rsaGenerate" => numbers::rsa_generate,
    "rsaPrivate" => numbers::rsa_private,
    "scrypt" => key_derivation::scrypt,
    "secretRead" => storage::read,
    "secretUpdate" => storage::update,
    "segment" => languages::segment,
    "setAsyncContext" => crate::async_context::write,
    "sign" => signing::sign,
    "urlParse" => urls::parse,
    "urlSet" => urls::set,
    "utf16Decode" => buffers::utf16_decode,
    "utf16Encode" => buffers::utf16_encode,
    "utf8ByteLength" => text::utf8_byte_length,
    "utf8Decode" => text::utf8_decode,
    "utf8Encode" => text::utf8_encode,
    "utf8EncodeInto" => text::utf8_encode_into,
    "verify" => signing::verify,
    "zlibClose" => compression::close,
    "zlibCrc32" => compression::crc32,
    "zlibOpen" => compression::open,
    "zlibParams" => compression::params,
    "zlibReset" => compression::reset,
    "zlibWrite" => compression::write,
    "zoneOffset" => time_zones::offset,
}

/// The bytes of a view, which must not be detached.
fn bytes_of<'a>(ctx: &Ctx<'_>, view: &'a TypedArray<'_, u8>) -> Result<&'a [u8]> {
    view.as_bytes()
        .ok_or_else(|| Exception::throw_type(ctx, "the ArrayBuffer is detached"))
}
