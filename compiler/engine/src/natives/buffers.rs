//! What do Buffers do with many bytes at once?

use std::cmp::Ordering;

use memchr::memmem;
use rquickjs::{Ctx, Result, TypedArray};

use super::bytes_of;

/// Text of the low seven bits of each byte.
pub(super) fn ascii_decode<'js>(ctx: Ctx<'js>, data: TypedArray<'js, u8>) -> Result<String> {
    let data = bytes_of(&ctx, &data)?;
    Ok(data.iter().map(|byte| char::from(byte & 0x7F)).collect())
}

/// Text of little-endian UTF-16, without an odd byte at the end; `undefined` when half a surrogate
/// pair is among it.
pub(super) fn utf16_decode<'js>(
    ctx: Ctx<'js>,
    data: TypedArray<'js, u8>,
) -> Result<Option<String>> {
    let data = bytes_of(&ctx, &data)?;
    let units = data
        .chunks_exact(2)
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    Ok(char::decode_utf16(units)
        .collect::<std::result::Result<_, _>>()
        .ok())
}

/// Little-endian UTF-16.
pub(super) fn utf16_encode(ctx: Ctx<'_>, text: String) -> Result<TypedArray<'_, u8>> {
    let data: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    TypedArray::new(ctx, data)
}

/// -1, 0 or 1 as the first bytes come before, are the same as, or come behind the others.
pub(super) fn compare<'js>(
    ctx: Ctx<'js>,
    one: TypedArray<'js, u8>,
    other: TypedArray<'js, u8>,
) -> Result<i32> {
    Ok(match bytes_of(&ctx, &one)?.cmp(bytes_of(&ctx, &other)?) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// Where `pattern` begins in `data`: the first place from `offset` on, or the last up to it. Places
/// are multiples of `step`. -1 for nowhere.
pub(super) fn index_of<'js>(
    ctx: Ctx<'js>,
    data: TypedArray<'js, u8>,
    pattern: TypedArray<'js, u8>,
    offset: usize,
    forward: bool,
    step: usize,
) -> Result<f64> {
    let (data, pattern) = (bytes_of(&ctx, &data)?, bytes_of(&ctx, &pattern)?);
    let found = match forward {
        true => first(data, pattern, offset, step),
        false => last(data, pattern, offset, step),
    };
    Ok(found.map_or(-1.0, |place| place as f64))
}

fn first(data: &[u8], pattern: &[u8], offset: usize, step: usize) -> Option<usize> {
    let rest = data.get(offset..)?;
    let finder = memmem::Finder::new(pattern);
    let mut start = 0;
    loop {
        let place = start + finder.find(&rest[start..])?;
        if (offset + place) % step == 0 {
            return Some(offset + place);
        }
        start = place + 1;
    }
}

fn last(data: &[u8], pattern: &[u8], offset: usize, step: usize) -> Option<usize> {
    let mut end = offset.saturating_add(pattern.len()).min(data.len());
    let finder = memmem::FinderRev::new(pattern);
    loop {
        let place = finder.rfind(&data[..end])?;
        if place % step == 0 {
            return Some(place);
        }
        end = place + pattern.len() - 1;
    }
}
