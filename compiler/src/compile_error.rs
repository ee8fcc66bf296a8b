//! Why is there no artifact?

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Source;

/// Why there is no artifact, with the place in the user's source where there is one.
///
/// `Display` gives one line: `hello.js:3:5: message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompileError {
    /// Which kind of mistake.
    pub kind: CompileErrorKind,
    /// A sentence for people.
    pub message: String,
    /// The source's file name.
    pub file: String,
    /// From 1; 0 when unknown.
    pub line: u32,
    /// In characters, from 1; 0 when unknown.
    pub column: u32,
    /// The text of that line, cut at 1,000 characters; empty when unknown.
    pub source_line: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

/// Which kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CompileErrorKind {
    /// The source or its environment breaks a rule (size, encoding, names).
    Source,
    /// It does not parse.
    Syntax,
    /// It imports what is not there, or cannot be bundled.
    Import,
    /// The top level threw.
    Threw,
    /// There is no function named `lambda`.
    LambdaMissing,
    /// The top level used the network or a secret.
    NotAtBuildTime,
    /// It ran into a build limit.
    Exceeded,
    /// The host failed; not the user's mistake.
    Host,
}

/// Minified code is one line of up to 100,000 characters.
const SOURCE_LINE_CHARACTERS_MAX: usize = 1_000;

/// A place in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
}

impl CompileError {
    /// An error about a file as a whole.
    pub(crate) fn new(
        kind: CompileErrorKind,
        file: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            message: message.into(),
            file: file.into(),
            line: 0,
            column: 0,
            source_line: String::new(),
            hint: String::new(),
        }
    }

    /// The same error at a place in its source. A place that the source does not have is left out.
    pub(crate) fn at(mut self, source: &Source, place: Place) -> Self {
        if let Some(text) = source.line(place.line) {
            self.line = place.line;
            self.column = place.column;
            self.source_line = shown(text);
        }
        self
    }

    /// The same error with advice.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// As much of a line as an error shows.
pub(crate) fn shown(line: &str) -> String {
    line.chars().take(SOURCE_LINE_CHARACTERS_MAX).collect()
}

/// All that is wrong with a source, as far as it could be found out: at least one mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mistakes {
    /// The one that a build fails for.
    pub(crate) first: Box<CompileError>,
    /// At most as many as are told at once.
    pub(crate) others: Vec<CompileError>,
}

impl Mistakes {
    /// How many are told at once: whoever sees as many has begun anew before the last.
    pub(crate) const MAX: usize = 20;

    /// The mistakes, the first one first.
    pub(crate) fn into_all(self) -> Vec<CompileError> {
        std::iter::once(*self.first).chain(self.others).collect()
    }
}

impl From<CompileError> for Mistakes {
    fn from(first: CompileError) -> Self {
        let (first, others) = (first.into(), Vec::new());
        Self { first, others }
    }
}

impl From<Mistakes> for CompileError {
    fn from(mistakes: Mistakes) -> Self {
        *mistakes.first
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            f.write_str(&self.file)?;
            if self.line > 0 {
                write!(f, ":{}:{}", self.line, self.column)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_place() {
        let source = Source::new("hello.js", "first\n  second").unwrap();
        let error = CompileError::new(CompileErrorKind::Syntax, "hello.js", "expected `,`");
        assert_eq!(error.to_string(), "hello.js: expected `,`");
        let error = error.at(&source, Place { line: 2, column: 3 });
        assert_eq!(error.to_string(), "hello.js:2:3: expected `,`");
        assert_eq!(error.source_line, "  second");
    }

    #[test]
    fn a_place_that_the_source_does_not_have_is_left_out() {
        let source = Source::new("hello.js", "first").unwrap();
        for line in [0, 2] {
            let error = CompileError::new(CompileErrorKind::Threw, "hello.js", "no");
            let error = error.at(&source, Place { line, column: 3 });
            assert_eq!((error.line, error.column), (0, 0));
        }
    }
}
