//! Between strings and encoded text, by the rules of the WHATWG Encoding standard.
//!
//! UTF-8, UTF-16 and Windows-1252 are decoded here, all others by the host: their tables would be part
//! of every lambda's image.

use std::borrow::Cow;

use rquickjs::{Ctx, Object, Result, TypedArray};

use super::bytes_of;
use crate::sandglass::toolbelt::encodings;

/// Where Windows-1252 differs from Latin-1: 0x80 to 0x9F.
const WINDOWS_1252: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2C6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201C}', '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2DC}', '\u{2122}', '\u{161}', '\u{203A}', '\u{153}', '\u{9D}', '\u{17E}', '\u{178}',
];

pub(super) fn utf8_encode(ctx: Ctx<'_>, text: String) -> Result<TypedArray<'_, u8>> {
    TypedArray::new(ctx, text.into_bytes())
}

pub(super) fn utf8_byte_length(text: String) -> usize {
    text.len()
}

/// Writes as many whole characters as fit. Returns `{read, written}`, UTF-16 units and bytes.
pub(super) fn utf8_encode_into<'js>(
    ctx: Ctx<'js>,
    text: String,
    target: TypedArray<'js, u8>,
) -> Result<Object<'js>> {
    let mut written = bytes_of(&ctx, &target)?.len().min(text.len());
    while !text.is_char_boundary(written) {
        written -= 1;
    }
    if let Some(raw) = target.as_raw().filter(|raw| raw.len >= written) {
        // SAFETY: `raw` describes the live bytes of `target`, at least `written` of them, and
        // `text` is memory of its own.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), raw.ptr.as_ptr(), written) };
    }
    let result = Object::new(ctx)?;
    result.set("read", text[..written].encode_utf16().count())?;
    result.set("written", written)?;
    Ok(result)
}

/// Decodes leniently, with U+FFFD for what is malformed. Keeps a byte order mark.
pub(super) fn utf8_decode<'js>(
    ctx: Ctx<'js>,
    data: TypedArray<'js, u8>,
    start: usize,
    end: usize,
) -> Result<String> {
    let data = bytes_of(&ctx, &data)?;
    let end = end.min(data.len());
    Ok(String::from_utf8_lossy(&data[start.min(end)..end]).into_owned())
}

/// The name of the encoding that a label means; `undefined` for none.
pub(super) fn encoding_name(label: String) -> Option<String> {
    match label.as_str() {
        "utf-8" | "utf8" => Some("utf-8".to_owned()),
        _ => encodings::name(&label),
    }
}

/// Decodes by the name of an encoding of old, from its first state. Returns `{text, read, malformed}`.
pub(super) fn legacy_decode<'js>(
    ctx: Ctx<'js>,
    data: TypedArray<'js, u8>,
    encoding: String,
    is_last: bool,
) -> Result<Object<'js>> {
    let decoded = encodings::decode(&encoding, bytes_of(&ctx, &data)?, is_last);
    let result = Object::new(ctx)?;
    result.set("text", decoded.text)?;
    result.set("read", decoded.read)?;
    result.set("malformed", decoded.malformed)?;
    Ok(result)
}

/// Decodes by a name that `encoding_name` gave; `undefined` for malformed input when `fatal`.
pub(super) fn decode<'js>(
    ctx: Ctx<'js>,
    data: TypedArray<'js, u8>,
    encoding: String,
    fatal: bool,
    keep_mark: bool,
) -> Result<Option<String>> {
    let data = bytes_of(&ctx, &data)?;
    let decoded = match encoding.as_str() {
        "utf-16le" => utf16(data, u16::from_le_bytes),
        "utf-16be" => utf16(data, u16::from_be_bytes),
        "windows-1252" => (data.iter().copied().map(windows_1252).collect(), true),
        _ => match String::from_utf8_lossy(data) {
            Cow::Borrowed(text) => (text.to_owned(), true),
            Cow::Owned(text) => (text, false),
        },
    };
    let (text, well_formed) = decoded;
    if fatal && !well_formed {
        return Ok(None);
    }
    match text.strip_prefix('\u{FEFF}') {
        Some(rest) if !keep_mark => Ok(Some(rest.to_owned())),
        _ => Ok(Some(text)),
    }
}

fn utf16(data: &[u8], unit: fn([u8; 2]) -> u16) -> (String, bool) {
    let pairs = data.chunks_exact(2);
    let whole = pairs.remainder().is_empty();
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let mut well_formed = whole;
    let mut text: String = char::decode_utf16(units)
        .map(|decoded| {
            decoded.unwrap_or_else(|_| {
                well_formed = false;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    if !whole {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    (text, well_formed)
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
