//! Why did a test fail? One word, derived from what it said.

use serde::Serialize;

/// The classes of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// A module that the engine does not have.
    MissingModule,
    /// A function, class or property that is not there.
    MissingFunction,
    /// Syntax that the engine does not know.
    Syntax,
    /// An error was expected, and none or another one came.
    WrongError,
    /// An assertion about a value.
    WrongResult,
    /// A callback was called more or less often than it must be.
    Calls,
    /// Fuel, memory, or time.
    Limit,
    /// An error that nobody expected.
    Threw,
    /// The engine broke down.
    Crashed,
    /// The harness lacks something: our own mistake.
    Harness,
}

impl Reason {
    /// Its name for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::MissingModule => "missing module",
            Self::MissingFunction => "missing function",
            Self::Syntax => "engine syntax",
            Self::WrongError => "wrong error",
            Self::WrongResult => "wrong result",
            Self::Calls => "calls",
            Self::Limit => "limit",
            Self::Threw => "unexpected error",
            Self::Crashed => "crash",
            Self::Harness => "harness",
        }
    }

    /// Of an error with this name and message.
    pub(crate) fn of(name: &str, message: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        if says(&["the harness", "of the harness"]) {
            return Self::Harness;
        }
        if says(&["Cannot find module", "is not one of the modules"]) {
            return Self::MissingModule;
        }
        match name {
            "SyntaxError" => Self::Syntax,
            "AssertionError" if says(&WRONG_ERROR) => Self::WrongError,
            "AssertionError"
                if says(&[
                    "function should not have been called",
                    "should not be called",
                ]) =>
            {
                Self::Calls
            }
            "AssertionError" => Self::WrongResult,
            "InternalError" if says(&["out of memory", "stack overflow", "interrupted"]) => {
                Self::Limit
            }
            "TypeError" | "ReferenceError" if says(&MISSING) => Self::MissingFunction,
            _ => Self::Threw,
        }
    }
}

const WRONG_ERROR: [&str; 8] = [
    "Missing expected exception",
    "Missing expected rejection",
    "Got unwanted exception",
    "Got unwanted rejection",
    "ERR_",
    "validation function is expected",
    "The error is expected",
    "The input did not match the regular expression",
];

const MISSING: [&str; 7] = [
    "not a function",
    "is not defined",
    "cannot read property",
    "not a constructor",
    "is undefined",
    "is not implemented",
    "parent class must be constructor",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_classed_by_what_it_says() {
        let of = Reason::of;
        assert_eq!(
            of("Error", "Cannot find module 'zlib'"),
            Reason::MissingModule
        );
        assert_eq!(of("TypeError", "not a function"), Reason::MissingFunction);
        assert_eq!(of("TypeError", "Invalid URL"), Reason::Threw);
        assert_eq!(of("SyntaxError", "unexpected token"), Reason::Syntax);
        assert_eq!(
            of("AssertionError", "Missing expected exception."),
            Reason::WrongError
        );
        assert_eq!(of("AssertionError", "1 !== 2"), Reason::WrongResult);
        assert_eq!(
            of(
                "AssertionError",
                "function should not have been called at x"
            ),
            Reason::Calls
        );
        assert_eq!(of("InternalError", "out of memory"), Reason::Limit);
        assert_eq!(
            of("Error", "the harness has no fixture a.pem"),
            Reason::Harness
        );
    }
}
