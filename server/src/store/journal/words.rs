//! Which words does a log entry have, and which does a search ask for?

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
        let phrases: Vec<_> = phrases
            .filter(has_word)
            .map(|phrase| phrase.replace(PART_MARK, " "))
            .collect();
        match phrases.len() {
            0 => Err(WordsError::NoWord),
            1..=PHRASES_MAX => Ok(Self(phrases)),
            _ => Err(WordsError::TooMany),
        }
    }
}

/// Entries of one part of all have a word in common, which bounds what a search looks through: FTS5
/// compares the lists of several words to their ends where these never meet, whatever ids are wanted, but
/// no further than the shortest of them goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part(i64);

/// The entries of a part are so many ids, as a power of two.
const PART_BITS: u32 = 14;
/// The word of a part begins with it: of those for private use, so that nobody says or seeks it.
const PART_MARK: char = '\u{e000}';
/// More words than any entry has.
const FAR: u32 = 100_000_000;

impl Part {
    /// The part that an entry belongs to.
    pub(super) fn of(id: i64) -> Self {
        Self(id >> PART_BITS)
    }

    /// Its first and its last id.
    pub(super) fn ids(self) -> (i64, i64) {
        (
            self.0 << PART_BITS,
            (self.0 << PART_BITS) | ((1 << PART_BITS) - 1),
        )
    }

    fn word(self) -> String {
        format!("{PART_MARK}{}", self.0)
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
/// any of these levels, those of a request if one is named, and those of a part with words if there are
/// any.
pub(super) fn matching(
    owner: Owner,
    levels: &[LogLevel],
    request: Option<&str>,
    said: Option<(&Words, Part)>,
) -> String {
    let mut query = format!("({})", of_owner(owner, levels));
    let mut and = |more: &str| {
        write!(query, " AND ({more})").expect("writing to a string cannot fail");
    };
    if let Some(request) = request {
        and(&of_request(request));
    }
    if let Some((Words(phrases), part)) = said {
        // One group, so that a phrase is looked for in entries of the part only. They hold no quote: those
        // were cut out.
        let phrases = phrases.join("\" \"");
        and(&format!(
            "said : NEAR(\"{}\" \"{phrases}\", {FAR})",
            part.word()
        ));
    }
    query
}

/// Searches each of which is for one list, or few: what all of them find is what is wanted, or more.
pub(super) fn lists(
    owner: Owner,
    levels: &[LogLevel],
    request: Option<&str>,
    words: &Words,
) -> Vec<String> {
    let Words(phrases) = words;
    let pieces = phrases
        .iter()
        .flat_map(|phrase| phrase.split(|letter: char| !letter.is_alphanumeric()));
    let words = pieces
        .filter(|piece| !piece.is_empty())
        .map(|word| format!("said : \"{word}\""));
    std::iter::once(of_owner(owner, levels))
        .chain(request.map(of_request))
        .chain(words)
        .collect()
}

fn of_owner(owner: Owner, levels: &[LogLevel]) -> String {
    let owners: Vec<_> = levels.iter().map(|level| owner.word(*level)).collect();
    format!("scope : ({})", owners.join(" OR "))
}

fn of_request(id: &str) -> String {
    format!("scope : \"{}\"", request_word(id))
}

/// The words of an entry that the lambda said, and that of its part. What JSON escapes would stick to
/// the word after it.
pub(super) fn said(message: &str, extras: &str, part: Part) -> String {
    let mut said = String::with_capacity(message.len() + extras.len() + 16);
    push_said(&mut said, message);
    said.push(' ');
    if extras != "[]" {
        let mut rest = extras;
        while let Some((before, after)) = rest.split_once('\\') {
            push_said(&mut said, before);
            said.push(' ');
            let escape = if after.starts_with('u') { 5 } else { 1 };
            rest = after.get(escape..).unwrap_or_default();
        }
        push_said(&mut said, rest);
        said.push(' ');
    }
    said.push_str(&part.word());
    said
}

/// Nobody says the word of a part.
fn push_said(said: &mut String, text: &str) {
    match text.contains(PART_MARK) {
        true => said.push_str(&text.replace(PART_MARK, " ")),
        false => said.push_str(text),
    }
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
        let words: Words = "order \"not found\"".parse().unwrap();
        let levels = [LogLevel::Warn, LogLevel::Error];
        let part = Part::of(3 << PART_BITS);
        assert_eq!(
            matching(Owner::Lambda(7), &levels, Some("R-1"), Some((&words, part))),
            "(scope : (l7Warn OR l7Error)) AND (scope : \"r522d31\") AND \
             (said : NEAR(\"\u{e000}3\" \"order\" \"not found\", 100000000))"
        );
        assert_eq!(
            lists(Owner::Lambda(7), &levels, Some("R-1"), &words),
            [
                "scope : (l7Warn OR l7Error)",
                "scope : \"r522d31\"",
                "said : \"order\"",
                "said : \"not\"",
                "said : \"found\"",
            ]
        );
        let one = matching(Owner::Account(1), &[LogLevel::Info], None, None);
        assert_eq!(one, "(scope : (a1Info))");
        let scope = scope(1, 7, LogLevel::Error, "R-1");
        assert_eq!(scope, "a1Error l7Error r522d31");
    }

    #[test]
    fn escapes_do_not_stick_to_words() {
        let said = |message, extras| said(message, extras, Part::of(0));
        assert_eq!(said("m", "[]"), "m \u{e000}0");
        let escaped = said("m", r#"["a\nb\u0001c\\d \" e",1]"#);
        assert_eq!(escaped, "m [\"a b c d   e\",1] \u{e000}0");
        assert_eq!(
            said("\u{e000}7", "[\"\u{e000}8\"]"),
            " 7 [\" 8\"] \u{e000}0"
        );
    }

    #[test]
    fn parts_lie_side_by_side() {
        assert_eq!(Part::of(1).ids(), (0, 16_383));
        assert_eq!(Part::of(16_383), Part::of(0));
        assert_eq!(Part::of(16_384).ids(), (16_384, 32_767));
    }
}
