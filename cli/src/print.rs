//! How does the command talk?
//!
//! Results go to standard output, everything else to standard error. With `--json` standard
//! output carries JSON only, errors included. Everything that this crate prints passes through
//! here.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this module is for"
)]

pub(crate) mod curl;
pub(crate) mod diagnostic;
pub(crate) mod json;
pub(crate) mod logs;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod time;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{IsTerminal as _, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::exit::{Exit, Failure};
use progress::Progress;
use style::{BOLD, CYAN, HINT, RED, YELLOW};
use table::Table;

/// Prints for people, or with `--json` for scripts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    json: bool,
}

impl Printer {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether scripts are reading.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// One line of a result. Nothing with `--json`.
    pub(crate) fn line(self, text: impl Display) {
        if !self.json {
            write(anstream::stdout(), text, "\n");
        }
    }

    /// One result for scripts, on one line. Nothing without `--json`.
    pub(crate) fn value(self, value: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string(value).expect("our own types have string keys");
            write(std::io::stdout(), text, "\n");
        }
    }

    /// A result that people and scripts read alike, such as a token.
    pub(crate) fn raw(self, text: impl Display) {
        write(std::io::stdout(), text, "\n");
    }

    /// A result that is JSON itself: laid out and coloured on a terminal, untouched for a pipe.
    /// Nothing with `--json`, where it is a part of something larger.
    pub(crate) fn json_text(self, text: &str) {
        if self.json {
            return;
        }
        if std::io::stdout().is_terminal() {
            write(anstream::stdout(), json::pretty(text), "\n");
        } else {
            write(std::io::stdout(), text, "\n");
        }
    }

    /// A result that is text itself: harmless on a terminal, untouched for a pipe. Nothing with
    /// `--json`.
    pub(crate) fn text(self, text: &str) {
        if self.json {
            return;
        }
        match std::io::stdout().is_terminal() {
            true => write(std::io::stdout(), visible(text), "\n"),
            false => write(std::io::stdout(), text, "\n"),
        }
    }

    /// A part of a result that is passed on as it comes.
    pub(crate) fn bytes(self, bytes: &[u8]) {
        progress::make_room();
        if std::io::stdout().write_all(bytes).is_err() {
            std::process::exit(Exit::Host as i32);
        }
    }

    /// A table of results, or `empty` on standard error when it has no rows.
    pub(crate) fn table(self, table: Table, empty: &str) {
        if table.is_empty() {
            self.note(empty);
        } else if !self.json {
            write(anstream::stdout(), table.within(terminal_width()), "");
        }
    }

    /// What was done to what, for a command that has no other result.
    pub(crate) fn done(self, verb: &str, what: impl Display) {
        let what = what.to_string();
        self.note(format_args!("{verb} {what}"));
        self.value(&BTreeMap::from([(verb, what)]));
    }

    /// Something beside the result. Nothing with `--json`.
    pub(crate) fn note(self, text: impl Display) {
        if !self.json {
            write(anstream::stderr(), text, "\n");
        }
    }

    /// A table beside the result. Nothing with `--json`.
    pub(crate) fn side_table(self, table: &Table) {
        if !self.json {
            write(anstream::stderr(), table, "");
        }
    }

    /// Something that may surprise.
    pub(crate) fn warn(self, text: impl Display) {
        self.note(format_args!("{YELLOW}warning{YELLOW:#}: {text}"));
    }

    /// What to try next.
    pub(crate) fn hint(self, text: impl Display) {
        self.note(format_args!("{HINT}hint{HINT:#}: {text}"));
    }

    /// Shows that something is going on, from the moment that it takes long.
    pub(crate) fn progress(self, what: impl Into<String>) -> Progress {
        Progress::start(what.into(), !self.json)
    }

    /// Says what stopped the command; gives its exit code.
    pub(crate) fn failure(self, failure: &Failure) -> ExitCode {
        if self.json {
            self.value(&serde_json::json!({ "error": failure_json(failure) }));
        } else {
            write(anstream::stderr(), FailureText(failure), "");
        }
        failure.exit().into()
    }
}

/// The members of an error for scripts.
pub(crate) fn failure_json(failure: &Failure) -> serde_json::Value {
    let mut error = serde_json::json!({
        "kind": failure.kind,
        "message": format!("{:#}", failure.error),
    });
    if let Some(hint) = &failure.hint {
        error["hint"] = hint.as_str().into();
    }
    if let Some(place) = &failure.place {
        error["file"] = place.file.as_str().into();
        error["line"] = place.line.into();
        error["column"] = place.column.into();
        error["sourceLine"] = place.source_line.as_str().into();
    }
    error
}

struct FailureText<'a>(&'a Failure);

impl Display for FailureText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Failure {
            error,
            hint,
            place,
            kind: _,
        } = self.0;
        let message = visible(&error.to_string());
        writeln!(f, "{RED}error{RED:#}{BOLD}: {message}{BOLD:#}")?;
        if let Some(place) = place {
            write!(f, "{place}")?;
        }
        for cause in error.chain().skip(1) {
            writeln!(
                f,
                "  {CYAN}because{CYAN:#}: {}",
                visible(&cause.to_string())
            )?;
        }
        match hint {
            Some(hint) => writeln!(f, "  {HINT}hint{HINT:#}: {}", visible(hint)),
            None => Ok(()),
        }
    }
}

/// Makes control characters visible, so that no text of a lambda or of a server can steer the
/// terminal. Line breaks and tabs stay.
pub(crate) fn visible(text: &str) -> String {
    let escape = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(escape) {
        return text.to_owned();
    }
    text.chars()
        .fold(String::with_capacity(text.len() + 16), |mut safe, c| {
            if escape(c) {
                safe.extend(c.escape_unicode());
            } else {
                safe.push(c);
            }
            safe
        })
}

/// The columns of the terminal on standard output; without one, as many as it takes.
fn terminal_width() -> usize {
    match rustix::termios::tcgetwinsize(rustix::stdio::stdout()) {
        Ok(size) if size.ws_col > 0 => size.ws_col.into(),
        _ => usize::MAX,
    }
}

/// Ends the process quietly when nobody reads any more, as with `sandglass logs x | head`.
fn write(mut to: impl Write, text: impl Display, end: &str) {
    progress::make_room();
    if write!(to, "{text}{end}").and_then(|()| to.flush()).is_err() {
        std::process::exit(Exit::Host as i32);
    }
}

#[cfg(test)]
mod tests {
    use self::diagnostic::Place;
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(
            visible("a\u{1b}[2Jb\r\nc\t\u{9b}d"),
            "a\\u{1b}[2Jb\\u{d}\nc\t\\u{9b}d"
        );
        assert_eq!(visible("plain ä"), "plain ä");
    }

    #[test]
    fn an_error_names_its_causes_its_place_and_what_to_do() {
        let place = Place {
            file: "a.js".into(),
            line: 2,
            column: 3,
            source_line: "x ]".into(),
        };
        let failure = Failure::build("unexpected token")
            .with_place(place)
            .with_hint("remove it");
        let text = anstream::adapter::strip_str(&FailureText(&failure).to_string()).to_string();
        assert_eq!(
            text,
            "error: unexpected token\n --> a.js:2:3\n  |\n2 | x ]\n  |   ^\n  hint: remove it\n"
        );
        let json = failure_json(&failure);
        assert_eq!(json["kind"], "build");
        assert_eq!(json["line"], 2);
        assert_eq!(json["hint"], "remove it");
    }
}
