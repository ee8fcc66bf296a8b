//! What is wrong with a source that does not parse, and what else?
//!
//! The parser stops at most mistakes. So the line of the one where it stopped is left out, and the rest
//! is parsed again: a few times, and only where the line stands for itself. A line that opens a bracket
//! for those that follow cannot be left out, since all of these would look wrong without it.

use std::collections::BTreeMap;

use oxc::allocator::Allocator;
use oxc::diagnostics::OxcDiagnostic;
use oxc::parser::Parser;

use super::hints::{self, Mistake};
use super::{source_type, speculation};
use crate::compile_error::Mistakes;
use crate::{CompileError, CompileErrorKind, Source};

/// How often the rest is parsed again.
const ROUNDS_MAX: usize = 8;
/// The longest source of which the rest is: parsing the worst of these as often takes less than parsing the
/// worst of all sources once.
const AGAIN_BYTES_MAX: usize = 20_000;

/// What the parser says of one place.
struct Said {
    message: String,
    help: Option<String>,
}

/// By their places in the source, in bytes.
type Found = BTreeMap<usize, Said>;

/// What the parser said of a source and what else is wrong with it; nothing when it said nothing.
pub(super) fn told<'a>(
    source: &Source,
    said: impl IntoIterator<Item = &'a OxcDiagnostic>,
) -> Option<Mistakes> {
    let mut found = collected(said);
    let mut stopped_at = *found.last_key_value()?.0;
    let mut text = source.code().to_owned();
    for _ in 0..ROUNDS_MAX {
        let Some((rest, more)) = without_line(source, &text, stopped_at) else {
            break;
        };
        let end = line_of(&rest, stopped_at).1;
        // What it says of a place before, it says for want of the line.
        let Some((next, _)) = more.last_key_value().filter(|(at, _)| **at >= end) else {
            break;
        };
        (text, stopped_at) = (rest, *next);
        found.extend(more.into_iter().filter(|(at, _)| *at >= end));
    }
    let mut errors = found
        .into_iter()
        .map(|(offset, said)| syntax_error(source, offset, &said));
    let first = errors.next()?.into();
    let others = errors.take(Mistakes::MAX - 1).collect();
    Some(Mistakes { first, others })
}

fn collected<'a>(said: impl IntoIterator<Item = &'a OxcDiagnostic>) -> Found {
    let mut found = Found::new();
    for diagnostic in said {
        found.entry(offset(diagnostic)).or_insert_with(|| Said {
            message: diagnostic.message.to_string(),
            help: diagnostic.help.as_deref().map(str::to_owned),
        });
    }
    found
}

fn offset(diagnostic: &OxcDiagnostic) -> usize {
    let label = diagnostic.labels.first();
    label.map_or(0, |label| label.offset() as usize)
}

/// The text without the line around a place, and what is wrong with that; `None` when the line cannot be
/// left out. It was a statement or a part of one: of both, what lets the parser get further is right.
fn without_line(source: &Source, text: &str, at: usize) -> Option<(String, Found)> {
    let (start, end) = line_of(text, at);
    let line = &text[start..end];
    if text.len() > AGAIN_BYTES_MAX || !stands_for_itself(line) {
        return None;
    }
    let part = " ".repeat(line.len());
    let statement = format!(";{}", &part[1..]);
    let tried = [part, statement].map(|instead| {
        let rest = format!("{}{instead}{}", &text[..start], &text[end..]);
        let found = parsed(source, &rest)?;
        Some((rest, found))
    });
    let far = |found: &Found| found.last_key_value().map_or(usize::MAX, |(at, _)| *at);
    let [part, statement] = tried;
    match (part?, statement?) {
        (part, statement) if far(&part.1) >= far(&statement.1) => Some(part),
        (_, statement) => Some(statement),
    }
}

fn parsed(source: &Source, text: &str) -> Option<Found> {
    speculation::check(text).ok()?;
    let arena = Allocator::default();
    let parsed = Parser::new(&arena, text, source_type(source.file_name())).parse();
    Some(collected(parsed.diagnostics.errors()))
}

/// Where the line of a place begins and ends, without what ends it.
fn line_of(text: &str, at: usize) -> (usize, usize) {
    let at = text.floor_char_boundary(at);
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline);
    (start, end)
}

/// Whether each bracket of a line is closed in it, and nothing goes on in the next one.
fn stands_for_itself(line: &str) -> bool {
    let mut open = Vec::new();
    for character in line.chars() {
        let closes = match character {
            '(' | '[' | '{' => {
                open.push(character);
                continue;
            }
            ')' => '(',
            ']' => '[',
            '}' => '{',
            '`' => return false,
            _ => continue,
        };
        if open.pop() != Some(closes) {
            return false;
        }
    }
    let goes_on = line.contains("/*") || line.contains("*/") || line.trim_end().ends_with('\\');
    open.is_empty() && !line.trim().is_empty() && !goes_on
}

fn syntax_error(source: &Source, offset: usize, said: &Said) -> CompileError {
    let mistake = Mistake::new(source.code(), offset, &said.message);
    let hint = match (mistake.hint(), &said.help) {
        (Some(hint), _) => hint.to_owned(),
        (None, Some(help)) => hints::lowercase(help),
        (None, None) => String::new(),
    };
    source
        .error(CompileErrorKind::Syntax, mistake.message())
        .at(source, source.place(offset))
        .with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    /// The places of all mistakes, in order.
    fn places(code: &str) -> Vec<(u32, u32)> {
        let found = check(&Source::new("a.js", code).unwrap()).unwrap_err();
        let all = found.into_all();
        all.iter().map(|error| (error.line, error.column)).collect()
    }

    #[test]
    fn each_line_with_a_mistake_is_told() {
        let code = "let a = ;\nlet ok = 1;\n  f(a b);\n\nlet ä = '😀'; let c = ;";
        assert_eq!(places(code), [(1, 9), (3, 7), (5, 22)]);
        let within =
            "function lambda() {\n  let a = ;\n  if (a)\n    b = = 1;\n  else c();\n  d e;\n}";
        assert_eq!(places(within), [(2, 11), (4, 9), (6, 4)]);
        let object = "const a = {\n  b: ,\n  c: 1,\n  d: ;\n};";
        assert_eq!(places(object), [(2, 6), (4, 6)]);
    }

    #[test]
    fn no_mistake_is_made_up() {
        for code in [
            "f(a b, {\n  c: 1,\n});\nlet d = 2;",
            "if (a b) {\n  c();\n} else {\n  d();\n}",
            "let a = 'open;\nlet b = 2;",
            "let a = `open ${b c} \n still }`;\nlet b = 2;",
            "a b; /* until\n here */ let c;",
            "for (;;) \n  let = ;\nwhile (1) f();",
            "x = [\n  1 2,\n  3,\n];",
            "function f() {\n  g(;\n}\nlet a;",
            "let a = ",
            "function f() { a;",
        ] {
            assert_eq!(places(code).len(), 1, "{code}: {:?}", places(code));
        }
    }

    #[test]
    fn of_a_long_source_the_first_is_told() {
        let of = |bytes: usize| {
            let code = "let a = ;\nlet b = ;\n//";
            format!("{code}{}", "x".repeat(bytes - code.len()))
        };
        assert_eq!(places(&of(AGAIN_BYTES_MAX)).len(), 2);
        assert_eq!(places(&of(AGAIN_BYTES_MAX + 1)).len(), 1);
    }

    #[test]
    fn as_many_are_told_as_somebody_reads() {
        let lines = |count: usize| "let a = ;\n".repeat(count);
        assert_eq!(places(&lines(ROUNDS_MAX + 1)).len(), ROUNDS_MAX + 1);
        assert_eq!(places(&lines(ROUNDS_MAX + 2)).len(), ROUNDS_MAX + 1);
        let returns = |count: usize| "return 1;\n".repeat(count);
        assert_eq!(places(&returns(Mistakes::MAX)).len(), Mistakes::MAX);
        assert_eq!(places(&returns(Mistakes::MAX + 1)).len(), Mistakes::MAX);
    }
}
