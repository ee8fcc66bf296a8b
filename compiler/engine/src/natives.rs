//! What do the library's JavaScript modules need that JavaScript cannot do, or not fast enough?
//!
//! One module, `sandglass:native`, which only the engine's own modules can import. Its functions
//! trust their callers about types; strings must be well-formed.

mod buffers;
mod bytes;
mod calls;
mod hashing;
mod inspection;
mod network;
mod signing;
mod storage;
mod text;
mod time_zones;
mod urls;

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
    "asciiDecode" => buffers::ascii_decode,
    "asyncContext" => crate::async_context::read,
    "base64Decode" => bytes::base64_decode,
    "base64Encode" => bytes::base64_encode,
    "bytesCompare" => buffers::compare,
    "bytesIndexOf" => buffers::index_of,
    "decode" => text::decode,
    "digest" => hashing::digest,
    "domainToASCII" => urls::domain_to_ascii,
    "domainToUnicode" => urls::domain_to_unicode,
    "ed25519PublicKey" => signing::ed25519_public_key,
    "encodingName" => text::encoding_name,
    "endInvocation" => crate::process::end_invocation,
    "formParse" => urls::form_parse,
    "formSerialize" => urls::form_serialize,
    "hexDecode" => bytes::hex_decode,
    "hexEncode" => bytes::hex_encode,
    "hmac" => hashing::hmac,
    "httpSend" => network::send,
    "lambdaInvoke" => calls::invoke,
    "latin1Decode" => bytes::latin1_decode,
    "latin1Encode" => bytes::latin1_encode,
    "memoryUsage" => crate::process::memory_usage,
    "namespace" => crate::library::namespace,
    "onEnd" => crate::process::on_end,
    "promiseDetails" => inspection::promise_details,
    "proxyDetails" => inspection::proxy_details,
    "randomFill" => bytes::random_fill,
    "secretRead" => storage::read,
    "secretUpdate" => storage::update,
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
    "zoneOffset" => time_zones::offset,
}

/// The bytes of a view, which must not be detached.
fn bytes_of<'a>(ctx: &Ctx<'_>, view: &'a TypedArray<'_, u8>) -> Result<&'a [u8]> {
    view.as_bytes()
        .ok_or_else(|| Exception::throw_type(ctx, "the ArrayBuffer is detached"))
}
