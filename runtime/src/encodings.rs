//! What do bytes in an encoding of old say?
//!
//! The tables of `encoding_rs` are on the host, where they cost no image anything.

use encoding_rs::{CoderResult, Encoding, REPLACEMENT};
use sandglass_host_abi::bindings::sandglass::toolbelt::encodings::Decoded;

/// The most bytes of a character that can be there without the rest.
const INCOMPLETE_MAX: usize = 3;

/// The name of the encoding that a label means, in lower case.
pub(crate) fn name(label: &str) -> Option<String> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    (encoding != REPLACEMENT).then(|| encoding.name().to_ascii_lowercase())
}

/// Decodes, leaving an incomplete character at the end unless the bytes are the last.
pub(crate) fn decode(name: &str, bytes: &[u8], is_last: bool) -> Decoded {
    let encoding = Encoding::for_label(name.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    let most = if is_last { 0 } else { INCOMPLETE_MAX };
    let mut left = 0;
    loop {
        let whole = &bytes[..bytes.len().saturating_sub(left)];
        let (text, malformed) = run(encoding, whole, true);
        let is_complete = is_last || run(encoding, whole, false).0 == text;
        if is_complete || left == most {
            return Decoded {
                text,
                read: whole.len() as u32,
                malformed,
            };
        }
        left += 1;
    }
}

fn run(encoding: &'static Encoding, bytes: &[u8], is_last: bool) -> (String, bool) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length(bytes.len());
    let mut text = String::with_capacity(room.expect("the bytes are in memory"));
    let (result, _, malformed) = decoder.decode_to_string(bytes, &mut text, is_last);
    debug_assert_eq!(result, CoderResult::InputEmpty);
    (text, malformed)
}

#[cfg(test)]
mod tests {
    use super::{decode, name};

    #[test]
    fn labels_are_those_of_the_standard() {
        assert_eq!(name(" SJIS ").as_deref(), Some("shift_jis"));
        assert_eq!(name("latin1").as_deref(), Some("windows-1252"));
        assert_eq!(name("hz-gb-2312"), None);
        assert_eq!(name("nonsense"), None);
    }

    #[test]
    fn what_is_incomplete_is_left_for_later() {
        let begun = decode("shift_jis", b"a\x82", false);
        assert_eq!((begun.text.as_str(), begun.read), ("a", 1));
        let ended = decode("shift_jis", b"a\x82", true);
        assert_eq!((ended.text.as_str(), ended.read), ("a\u{FFFD}", 2));
        assert!(ended.malformed && !begun.malformed);
        let whole = decode("gb18030", b"\x81\x30\x81\x30", false);
        assert_eq!((whole.text.as_str(), whole.read), ("\u{80}", 4));
        assert_eq!(decode("gb18030", b"\x81\x30\x81", false).read, 0);
    }
}
