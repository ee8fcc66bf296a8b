//! In which order do people put words, and where does one end?
//!
//! By the collations and the breaks of the Unicode CLDR that ICU4X carries with it, the same on every
//! machine. They are on the host, where they cost no image anything.

use std::cmp::Ordering;

use icu_collator::options::{AlternateHandling, CaseLevel, CollatorOptions, Strength};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use icu_locale_core::Locale;
use icu_segmenter::options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions};
use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};
use sandglass_host_abi::bindings::sandglass::toolbelt::languages::{
    Granularity, Segment, Sensitivity,
};

/// The order of two texts; an unknown locale is that of no language.
pub(crate) fn compare(
    locale: &str,
    sensitivity: Sensitivity,
    ignore_punctuation: bool,
    [one, other]: [&str; 2],
) -> Ordering {
    let locale: Locale = locale.parse().unwrap_or(Locale::UNKNOWN);
    let collator = CollatorBorrowed::try_new(
        CollatorPreferences::from(&locale),
        options(sensitivity, ignore_punctuation),
    );
    collator.map_or_else(|_| one.cmp(other), |collator| collator.compare(one, other))
}

fn options(sensitivity: Sensitivity, ignore_punctuation: bool) -> CollatorOptions {
    let mut options = CollatorOptions::default();
    options.strength = Some(match sensitivity {
        Sensitivity::Base | Sensitivity::Case => Strength::Primary,
        Sensitivity::Accent => Strength::Secondary,
        Sensitivity::All => Strength::Tertiary,
    });
    if sensitivity == Sensitivity::Case {
        options.case_level = Some(CaseLevel::On);
    }
    if ignore_punctuation {
        options.alternate_handling = Some(AlternateHandling::Shifted);
    }
    options
}

/// The parts of a text, from the first on, no more of them than `most`.
pub(crate) fn segments(granularity: Granularity, text: &str, most: usize) -> Vec<Segment> {
    match granularity {
        Granularity::Grapheme => {
            let ends = GraphemeClusterSegmenter::new().segment_str(text);
            in_utf16(text, ends.map(|end| (end, false)), most)
        }
        Granularity::Sentence => {
            let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
            let ends = segmenter.segment_str(text).map(|end| (end, false));
            in_utf16(text, ends, most)
        }
        Granularity::Word => {
            let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
            let ends = segmenter.segment_str(text).iter_with_word_type();
            in_utf16(
                text,
                ends.map(|(end, kind)| (end, kind.is_word_like())),
                most,
            )
        }
    }
}

/// Ends in bytes, the first of which is the beginning, as ends in units of UTF-16.
fn in_utf16(text: &str, ends: impl Iterator<Item = (usize, bool)>, most: usize) -> Vec<Segment> {
    let (mut bytes, mut units) = (0, 0);
    ends.filter(|(end, _)| *end > 0)
        .take(most)
        .map(|(end, is_word_like)| {
            units += text[bytes..end].encode_utf16().count() as u32;
            bytes = end;
            Segment {
                end: units,
                is_word_like,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(locale: &str, one: &str, other: &str) -> Ordering {
        compare(locale, Sensitivity::All, false, [one, other])
    }

    #[test]
    fn words_are_ordered_as_their_language_has_it() {
        assert_eq!(order("de", "ä", "z"), Ordering::Less);
        assert_eq!(order("sv", "ä", "z"), Ordering::Greater);
        assert_eq!(order("en-u-kn", "file10", "file9"), Ordering::Greater);
        assert_eq!(order("nonsense!", "a", "b"), Ordering::Less);
        let base = compare("en", Sensitivity::Base, false, ["a", "Á"]);
        assert_eq!(base, Ordering::Equal);
        let punctuation = compare("en", Sensitivity::All, true, ["co-op", "coop"]);
        assert_eq!(punctuation, Ordering::Equal);
    }

    #[test]
    fn a_text_is_divided_in_units_of_utf_16() {
        let ends = |granularity, text| -> Vec<u32> {
            segments(granularity, text, usize::MAX)
                .iter()
                .map(|part| part.end)
                .collect()
        };
        assert_eq!(ends(Granularity::Grapheme, "a👨‍👩‍👧e\u{301}"), [1, 9, 11]);
        assert_eq!(ends(Granularity::Word, "so, yes"), [2, 3, 4, 7]);
        assert_eq!(ends(Granularity::Sentence, "One. Two."), [5, 9]);
        assert!(segments(Granularity::Word, "so, yes", 1)[0].is_word_like);
        assert!(segments(Granularity::Grapheme, "", 1).is_empty());
        for (granularity, text) in [
            (Granularity::Grapheme, "abc"),
            (Granularity::Word, "a b"),
            (Granularity::Sentence, "One. Two. Three."),
        ] {
            let made = |most| segments(granularity, text, most).len();
            assert_eq!((made(2), made(3), made(4)), (2, 3, 3), "{granularity:?}");
        }
    }
}
