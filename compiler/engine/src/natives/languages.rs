//! How people order and divide texts, which the host knows.

use rquickjs::{Array, Ctx, Result};

use crate::sandglass::toolbelt::languages::{self, Granularity, Sensitivity};

/// The order of two texts: -1, 0 or 1. Sensitivities count from the least.
pub(super) fn collate(
    locale: String,
    sensitivity: u8,
    ignore_punctuation: bool,
    one: String,
    other: String,
) -> i8 {
    let sensitivity = match sensitivity {
        0 => Sensitivity::Base,
        1 => Sensitivity::Accent,
        2 => Sensitivity::Case,
        _ => Sensitivity::All,
    };
    languages::compare(&locale, sensitivity, ignore_punctuation, &one, &other)
}

/// `[end, isWordLike, …]` of the parts of a text. Granularities count from the finest.
pub(super) fn segment<'js>(ctx: Ctx<'js>, granularity: u8, text: String) -> Result<Array<'js>> {
    let granularity = match granularity {
        0 => Granularity::Grapheme,
        1 => Granularity::Word,
        _ => Granularity::Sentence,
    };
    let flat = Array::new(ctx)?;
    for (at, part) in languages::segments(granularity, &text).iter().enumerate() {
        flat.set(2 * at, part.end)?;
        flat.set(2 * at + 1, u8::from(part.is_word_like))?;
    }
    Ok(flat)
}
