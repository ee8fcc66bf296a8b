//! How is a syntax error said to people?
//!
//! The parser names what it expected. This module adds what was found, in the user's own words,
//! and for the mistakes that lambdas are known for, what to do about them.

const TYPESCRIPT: &str = "this looks like TypeScript: give the file a name that ends in .ts";
const PLACEHOLDER: &str = "`...` looks like a placeholder: replace it with code, or remove it";

/// A mistake at one place of the source.
pub(super) struct Mistake<'a> {
    /// The parser's message.
    message: &'a str,
    before: &'a str,
    after: &'a str,
}

impl<'a> Mistake<'a> {
    pub(super) fn new(code: &'a str, offset: usize, message: &'a str) -> Self {
        let (before, after) = code.split_at(code.floor_char_boundary(offset));
        Self {
            message,
            before,
            after,
        }
    }

    /// What is wrong, as a lower-case fragment.
    pub(super) fn message(&self) -> String {
        let found = match token(self.after) {
            "" => "the end of the file".to_owned(),
            token => format!("`{token}`"),
        };
        match self.message {
            message if message.starts_with("Expected a semicolon") => {
                format!("expected `;` but found {found}")
            }
            message if message.starts_with("Unexpected token") => {
                format!("unexpected {}", found.trim_start_matches("the "))
            }
            message if message.starts_with("`await` is only allowed") => {
                "`await` is only allowed in async functions".to_owned()
            }
            message if message.starts_with("Invalid Character") => {
                format!("invalid character {found}")
            }
            message => lowercase(message)
                .replace("found `EOF`", &format!("found {found}"))
                .replace("found `Identifier`", &format!("found {found}")),
        }
    }

    /// Advice for a mistake that is a common one.
    pub(super) fn hint(&self) -> Option<&'static str> {
        let next = self.after.trim_start();
        let previous = last_word(self.before);
        let says = |text| self.message.contains(text);
        if next.starts_with("...") || next.starts_with('…') || ends_in_placeholder(self.before) {
            return Some(PLACEHOLDER);
        }
        if next.starts_with(['“', '”', '„', '‘', '’']) {
            return Some("replace the typographic quotes with ' or \"");
        }
        if next.starts_with('>') && self.before.ends_with("==") {
            return Some("an arrow function is written with `=>`");
        }
        if says("`await`") {
            return Some(
                "write `async` before the function around it; the top level, which is evaluated at \
                 build time, can await in modules only (with `export`, or named .mjs)",
            );
        }
        if says("'return'") {
            return Some("move it into a function: the top level is evaluated once, at build time");
        }
        if says("JSX") {
            return Some("JSX has to be compiled to JavaScript first");
        }
        if says("Type assertion")
            || next.starts_with(':') && (says("semicolon") || says("found `:`"))
            || next.starts_with("enum ")
            || says("semicolon") && TYPESCRIPT_STATEMENTS.contains(&previous)
        {
            return Some(TYPESCRIPT);
        }
        if next.is_empty() && says("found `EOF`") {
            return Some("something that was opened is not closed: look for a missing bracket");
        }
        None
    }
}

const TYPESCRIPT_STATEMENTS: &[&str] = &[
    "abstract",
    "declare",
    "interface",
    "module",
    "namespace",
    "type",
];

/// Our errors are lower-case fragments without a full stop; the parser's are sentences.
pub(super) fn lowercase(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut characters = sentence.chars();
    match (characters.next(), characters.next()) {
        // `JSX…` stays.
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            format!("{}{}", first.to_lowercase(), &sentence[first.len_utf8()..])
        }
        _ => sentence.to_owned(),
    }
}

/// The word or the character with which the text goes on, cut to a length for people.
fn token(text: &str) -> &str {
    let text = text.trim_start();
    let word = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    let one = text.chars().next().map_or(0, char::len_utf8);
    &text[..text.floor_char_boundary(word.max(one).min(40))]
}

fn last_word(text: &str) -> &str {
    let text = text.trim_end();
    &text[text
        .rfind(|c: char| !is_word(c))
        .map_or(0, |at| text[at..].ceil_char_boundary(1) + at)..]
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// Whether the text ends in a `...` that nothing was written for.
fn ends_in_placeholder(text: &str) -> bool {
    text.trim_end().ends_with("...")
}
