//! Which words does a log entry have, and which does a search ask for?

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

use sandglass_runtime::LogLevel;

/// The longest text to search for, in characters.
const TEXT_CHARS_MAX: usize = 1_000;
/// The most words and phrases of one search.
const PHRASES_MAX: usize = 32;

/// Words and phrases that an entry must have, all of them. Written with spaces between, phrases in
/// double quotes; capitals and accents do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(Vec<String>);

/// Why a text cannot be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WordsError {
    /// It is too long.
    #[error("the text is longer than {TEXT_CHARS_MAX} characters")]
    TooLong,
    /// It has too many words.
    #[error("the text has more than {PHRASES_MAX} words")]
    TooMany,
    /// It has no word at all.
    #[error("the text has no word: whole words are found, not parts of them")]
    NoWord,
}

impl FromStr for Words {
    type Err = WordsError;

    fn from_str(text: &str) -> Result<Self, WordsError> {
        if text.chars().nth(TEXT_CHARS_MAX).is_some() {
            return Err(WordsError::TooLong);
        }
        // Every other piece stood between quotes.
        let pieces = text.split('"').enumerate();
        let phrases = pieces.flat_map(|(index, piece)| match index % 2 {
            0 => piece.split_whitespace().collect(),
            _ => vec![piece],
        });
        let has_word = |phrase: &&str| phrase.contains(char::is_alphanumeric);
        let phrases: Vec<_> = phrases.filter(has_word).map(str::to_owned).collect();
        match phrases.len() {
            0 => Err(WordsError::NoWord),
            1..=PHRASES_MAX => Ok(Self(phrases)),
            _ => Err(WordsError::TooMany),
        }
    }
}

impl Words {
    /// The search in the words of SQLite's full-text index (FTS5, section 3).
    pub(super) fn matching(&self, scope: &[String]) -> String {
        let mut query = String::new();
        for (index, scope) in scope.iter().enumerate() {
            let and = if index > 0 { " AND " } else { "" };
            write!(query, "{and}(scope : {scope})").expect("writing to a string cannot fail");
        }
        for phrase in &self.0 {
            // It holds no quote: they were cut out.
            write!(query, " AND (said : \"{phrase}\")").expect("writing to a string cannot fail");
        }
        query
    }
}

/// The words of an entry that say whose it is.
pub(super) fn scope(account: i64, lambda: i64, level: LogLevel) -> String {
    format!("a{account} l{lambda} {}", level.as_str())
}

/// The words of an entry that the lambda said. What JSON escapes would stick to the word after it.
pub(super) fn said<'a>(message: &'a str, extras: &str) -> Cow<'a, str> {
    if extras == "[]" {
        return Cow::Borrowed(message);
    }
    let mut said = String::with_capacity(message.len() + extras.len() + 1);
    said.push_str(message);
    said.push(' ');
    let mut rest = extras;
    while let Some((before, after)) = rest.split_once('\\') {
        said.push_str(before);
        said.push(' ');
        let escape = if after.starts_with('u') { 5 } else { 1 };
        rest = after.get(escape..).unwrap_or_default();
    }
    said.push_str(rest);
    Cow::Owned(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(text: &str) -> Result<Vec<String>, WordsError> {
        text.parse::<Words>().map(|words| words.0)
    }

    #[test]
    fn words_and_phrases_are_told_apart() {
        let found = phrases(r#"order-17  "not found" ... again"#).unwrap();
        assert_eq!(found, ["order-17", "not found", "again"]);
        assert_eq!(phrases("\"open").unwrap(), ["open"]);
        for nothing in ["", " ", "\"\"", "... -", "\" - \""] {
            assert_eq!(phrases(nothing), Err(WordsError::NoWord), "{nothing:?}");
        }
    }

    #[test]
    fn a_text_is_bounded() {
        assert!(phrases(&"x".repeat(1_000)).is_ok());
        assert_eq!(phrases(&"x".repeat(1_001)), Err(WordsError::TooLong));
        assert!(phrases(&"x ".repeat(32)).is_ok());
        assert_eq!(phrases(&"x ".repeat(33)), Err(WordsError::TooMany));
    }

    #[test]
    fn escapes_do_not_stick_to_words() {
        assert_eq!(said("m", "[]"), "m");
        let said = said("m", r#"["a\nb\u0001c\\d \" e",1]"#);
        assert_eq!(said, r#"m ["a b c d   e",1]"#);
    }
}
