//! How does a secret stay out of the logs?
//!
//! What an invocation read from the secret store, or wrote to it, is replaced by `***` wherever its
//! logs and its error tell of it: as it stands, as JSON writes it, percent-encoded, and in base64,
//! wherever in the encoded text it begins. It is found in one pass over the text, however many
//! secrets there are. An invocation without secrets, or without logs, pays nothing.
//!
//! A value of fewer than [`CHARS_MIN`] characters is left alone: hiding it would hide every `1`. Of a
//! secret that is an object or an array, the strings and numbers in it are what is hidden.

use std::borrow::Cow;
use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sandglass_host_abi::{LogEntry, Secret};
use serde_json::value::RawValue;

use crate::report::Failure;

/// What stands for a secret.
const MASK: &str = "***";
/// The same as JSON.
const MASK_JSON: &str = "\"***\"";
/// The shortest value that is hidden, in characters.
const CHARS_MIN: usize = 4;
/// Past so many bytes, a value is looked for in its most usual forms only.
const EVERY_FORM_BYTES: usize = 512;
/// All forms of all secrets together, so that no lambda makes the host build more. Past it, nothing
/// that the invocation said is shown at all.
const FORMS_BYTES_MAX: usize = 256 * 1024;

/// What an invocation knows and must not tell.
#[derive(Default)]
pub(crate) struct Masks {
    secrets: Vec<Secret>,
    matcher: Option<Matcher>,
}

enum Matcher {
    /// There is nothing long enough to be hidden.
    Nothing,
    Forms(Box<AhoCorasick>),
    /// There is too much to look for.
    Everything,
}

impl Masks {
    /// From now on, this is hidden.
    pub(crate) fn add(&mut self, secret: Secret) {
        if !self.secrets.contains(&secret) {
            self.secrets.push(secret);
            self.matcher = None;
        }
    }

    /// Whether there is nothing to hide.
    pub(crate) fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Masks a log entry.
    pub(crate) fn entry(&mut self, entry: &mut LogEntry) {
        if self.is_empty() {
            return;
        }
        let matcher = self.matcher();
        matcher.mask(&mut entry.message);
        if let Some(masked) = matcher.masked_json(entry.extras.get()) {
            // What cannot be read as JSON any more is not shown.
            let hidden = || RawValue::from_string(format!("[{MASK_JSON}]")).expect("valid JSON");
            entry.extras = RawValue::from_string(masked).unwrap_or_else(|_| hidden());
        }
    }

    /// Masks a text.
    pub(crate) fn text(&mut self, text: &mut String) {
        if !self.is_empty() {
            self.matcher().mask(text);
        }
    }

    /// Masks what a lambda's error says.
    pub(crate) fn failure(&mut self, failure: &mut Failure) {
        if self.is_empty() {
            return;
        }
        let matcher = self.matcher();
        for text in [&mut failure.name, &mut failure.message, &mut failure.stack] {
            matcher.mask(text);
        }
    }

    fn matcher(&mut self) -> &Matcher {
        let secrets = &self.secrets;
        self.matcher.get_or_insert_with(|| Matcher::of(secrets))
    }
}

impl Matcher {
    fn of(secrets: &[Secret]) -> Self {
        let mut forms = Forms::default();
        for secret in secrets {
            let json = secret.expose_json();
            if json.starts_with(['{', '[']) {
                forms.add(json);
            }
            for token in tokens(json) {
                match token {
                    Token::String { text, key: false } => forms.add(&unquoted(text)),
                    Token::Scalar(text) if !matches!(text, "true" | "false" | "null") => {
                        forms.add(text);
                    }
                    _ => {}
                }
            }
        }
        forms.matcher()
    }

    fn mask(&self, text: &mut String) {
        if let Some(masked) = self.masked(text) {
            *text = masked;
        }
    }

    /// The text without secrets; `None` when it has none.
    fn masked(&self, text: &str) -> Option<String> {
        let forms = match self {
            Self::Nothing => return None,
            Self::Everything => return (!text.is_empty()).then(|| MASK.to_owned()),
            Self::Forms(forms) => forms,
        };
        let mut masked = None;
        let mut from = 0;
        for found in forms.find_iter(text) {
            let masked = masked.get_or_insert_with(|| String::with_capacity(text.len()));
            masked.push_str(&text[from..found.start()]);
            masked.push_str(MASK);
            from = found.end();
        }
        masked.map(|mut masked: String| {
            masked.push_str(&text[from..]);
            masked
        })
    }

    /// The same for JSON, which stays JSON.
    fn masked_json(&self, json: &str) -> Option<String> {
        if matches!(self, Self::Nothing) {
            return None;
        }
        let mut changed = false;
        let mut masked = String::with_capacity(json.len());
        for token in tokens(json) {
            let (Token::String { text, .. } | Token::Scalar(text) | Token::Between(text)) = token;
            let hidden = match token {
                Token::String { text, .. } => self.masked_string(text),
                Token::Scalar(text) => self.masked(text).map(|_| MASK_JSON.to_owned()),
                Token::Between(_) => None,
            };
            changed |= hidden.is_some();
            masked.push_str(hidden.as_deref().unwrap_or(text));
        }
        changed.then_some(masked)
    }

    /// The same for one JSON string with its quotes.
    fn masked_string(&self, quoted: &str) -> Option<String> {
        match serde_json::from_str::<Cow<'_, str>>(quoted) {
            Ok(text) => self
                .masked(&text)
                .map(|masked| serde_json::Value::from(masked).to_string()),
            // Half of a surrogate pair is JSON, but no text that could be searched.
            Err(_) => Some(MASK_JSON.to_owned()),
        }
    }
}

/// All that is looked for.
#[derive(Default)]
struct Forms {
    texts: BTreeSet<String>,
    bytes: usize,
}

impl Forms {
    fn add(&mut self, value: &str) {
        if value.chars().nth(CHARS_MIN - 1).is_none() || self.bytes > FORMS_BYTES_MAX {
            return;
        }
        let escaped = json_escaped(value);
        if value.len() <= EVERY_FORM_BYTES {
            self.insert(json_escaped(&escaped));
            self.insert(percent_encoded(value, b"-_.!~*'()", "%20"));
            self.insert(percent_encoded(value, b"-_.*", "+"));
            for offset in 0..3 {
                self.insert(encoded_at(offset, value, &URL_SAFE));
                self.insert(encoded_at(offset, value, &STANDARD));
            }
        } else {
            self.insert(encoded_at(0, value, &STANDARD));
        }
        self.insert(escaped);
        self.insert(value.to_owned());
    }

    fn insert(&mut self, form: String) {
        let bytes = form.len();
        if bytes > 0 && self.texts.insert(form) {
            self.bytes += bytes;
        }
    }

    fn matcher(self) -> Matcher {
        if self.texts.is_empty() {
            return Matcher::Nothing;
        }
        if self.bytes > FORMS_BYTES_MAX {
            return Matcher::Everything;
        }
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            // Quick to build: it is used for one invocation's logs.
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(&self.texts);
        // It fails past two thousand million states only.
        matcher.map_or(Matcher::Everything, |forms| Matcher::Forms(Box::new(forms)))
    }
}

/// A value as JSON writes it, without the quotes.
fn json_escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A value percent-encoded (RFC 3986, section 2.1), but for letters, digits and `plain`.
fn percent_encoded(value: &str, plain: &[u8], space: &str) -> String {
    use std::fmt::Write as _;

    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b' ' => encoded.push_str(space),
            byte if byte.is_ascii_alphanumeric() || plain.contains(&byte) => {
                encoded.push(char::from(byte));
            }
            byte => write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail"),
        }
    }
    encoded
}

/// Those characters of base64 (RFC 4648, section 4) that a value has alone when it begins `offset`
/// bytes, modulo three, into what is encoded. Its first and last bits share characters with others.
fn encoded_at(offset: usize, value: &str, base64: &impl base64::Engine) -> String {
    let encoded = base64.encode([&b"\0\0"[..offset], value.as_bytes()].concat());
    let first = (offset * 8).div_ceil(6);
    let last = (offset + value.len()) * 8 / 6;
    let whole = &encoded[first..last];
    if whole.len() < CHARS_MIN {
        return String::new();
    }
    whole.to_owned()
}

/// A piece of JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A string with its quotes; whether it is the key of a member.
    String { text: &'a str, key: bool },
    /// A number, `true`, `false` or `null`.
    Scalar(&'a str),
    /// Punctuation and white space.
    Between(&'a str),
}

/// The pieces of JSON text that is known to be valid; together they are the text.
fn tokens(json: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = json;
    std::iter::from_fn(move || {
        let first = *rest.as_bytes().first()?;
        let length = match first {
            b'"' => string_length(rest),
            first if is_between(first) => run(rest, is_between),
            _ => run(rest, |byte| !is_between(byte) && byte != b'"'),
        };
        let (text, after) = rest.split_at(length);
        rest = after;
        Some(match first {
            b'"' => Token::String {
                text,
                key: after.trim_ascii_start().starts_with(':'),
            },
            first if is_between(first) => Token::Between(text),
            _ => Token::Scalar(text),
        })
    })
}

fn is_between(byte: u8) -> bool {
    matches!(
        byte,
        b'{' | b'}' | b'[' | b']' | b':' | b',' | b' ' | b'\t' | b'\n' | b'\r'
    )
}

/// How many bytes at the beginning are of a kind. All that JSON separates its tokens by is ASCII.
fn run(text: &str, kind: impl Fn(u8) -> bool) -> usize {
    let end = text.bytes().position(|byte| !kind(byte));
    end.unwrap_or(text.len())
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// The text of a JSON string; as it stands when it is no text that Rust knows.
fn unquoted(quoted: &str) -> Cow<'_, str> {
    serde_json::from_str(quoted).unwrap_or_else(|_| Cow::Borrowed(quoted.trim_matches('"')))
}

#[cfg(test)]
mod tests;
