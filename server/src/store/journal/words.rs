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

/// Whose entries are meant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    Account(i64),
    Lambda(i64),
}

impl Owner {
    /// The word of its entries at one level. Levels are part of it, since two lists as long as those
    /// of an account and of a level would have to be compared to their ends where they seldom meet.
    fn word(self, level: LogLevel) -> String {
        let level = level.as_str();
        match self {
            Self::Account(account) => format!("a{account}{level}"),
            Self::Lambda(lambda) => format!("l{lambda}{level}"),
        }
    }
}

/// The word of a request's entries. A request's id may be any text, so it is written in hexadecimal.
fn request_word(id: &str) -> String {
    let mut word = String::with_capacity(1 + 2 * id.len());
    word.push('r');
    for byte in id.bytes() {
        write!(word, "{byte:02x}").expect("writing to a string cannot fail");
    }
    word
}

/// The words of an entry that say whose it is.
pub(super) fn scope(account: i64, lambda: i64, level: LogLevel, request: &str) -> String {
    let (account, lambda) = (Owner::Account(account), Owner::Lambda(lambda));
    format!(
        "{} {} {}",
        account.word(level),
        lambda.word(level),
        request_word(request)
    )
}

/// A search in the words of SQLite's full-text index (FTS5, section 3): for the entries of an owner at
/// any of these levels, those of a request if one is named, and those with words if there are any.
pub(super) fn matching(
    owner: Owner,
    levels: &[LogLevel],
    request: Option<&str>,
    words: Option<&Words>,
) -> String {
    let owners: Vec<_> = levels.iter().map(|level| owner.word(*level)).collect();
    let mut query = format!("(scope : ({}))", owners.join(" OR "));
    let mut and = |column: &str, text: &str| {
        write!(query, " AND ({column} : \"{text}\")").expect("writing to a string cannot fail");
    };
    if let Some(request) = request {
        and("scope", &request_word(request));
    }
    // They hold no quote: those were cut out.
    let phrases = words.map_or(&[][..], |words| &words.0);
    phrases.iter().for_each(|phrase| and("said", phrase));
    query
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
    fn a_search_names_owner_level_request_and_words() {
        let words = "order \"not found\"".parse().unwrap();
        let levels = [LogLevel::Warn, LogLevel::Error];
        assert_eq!(
            matching(Owner::Lambda(7), &levels, Some("R-1"), Some(&words)),
            "(scope : (l7Warn OR l7Error)) AND (scope : \"r522d31\") AND (said : \"order\") \
             AND (said : \"not found\")"
        );
        let one = matching(Owner::Account(1), &[LogLevel::Info], None, None);
        assert_eq!(one, "(scope : (a1Info))");
        let scope = scope(1, 7, LogLevel::Error, "R-1");
        assert_eq!(scope, "a1Error l7Error r522d31");
    }

    #[test]
    fn escapes_do_not_stick_to_words() {
        assert_eq!(said("m", "[]"), "m");
        let said = said("m", r#"["a\nb\u0001c\\d \" e",1]"#);
        assert_eq!(said, r#"m ["a b c d   e",1]"#);
    }
}
