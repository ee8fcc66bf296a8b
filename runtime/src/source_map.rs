//! Which place of the user's files does a place of a bundle come from?

use std::borrow::Cow;

use oxc_sourcemap::{OwnedSourceMap, Token};
use sandglass_host_abi::LogEntry;
use serde_json::value::RawValue;

/// A source map (ECMA-426) of a bundle.
#[derive(Debug)]
pub struct SourceMap(OwnedSourceMap);

/// A place in one of the files that went into a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file, relative to its project.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In UTF-16 code units, from 1.
    pub column: u32,
}

impl SourceMap {
    /// Reads a source map; `None` when the text is none.
    pub fn parse(json: &str) -> Option<Self> {
        OwnedSourceMap::from_json_string(json).ok().map(Self)
    }

    /// Where a place of the bundle, counted from 1, comes from; `None` for the bundler's own code.
    pub fn place(&self, line: u32, column: u32) -> Option<SourcePlace> {
        let table = self.0.generate_lookup_table();
        self.look_up(&table, line, column)
    }

    /// A stack whose frames name the user's files instead of `bundle`. Frames of the bundler's own
    /// code are left out.
    pub fn stack(&self, bundle: &str, stack: &str) -> String {
        let table = self.0.generate_lookup_table();
        let lines = stack.lines().filter_map(|line| {
            let Some((before, (row, column), after)) = split(line, bundle) else {
                return Some(line.to_owned());
            };
            let SourcePlace { file, line, column } = self.look_up(&table, row, column)?;
            Some(format!("{before}{file}:{line}:{column}{after}"))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Makes the places of `bundle` that log entries mention, in stacks for instance, places of the
    /// user's files.
    pub fn logs(&self, bundle: &str, entries: &mut [LogEntry]) {
        let table = self.0.generate_lookup_table();
        let text = |(row, column)| {
            let SourcePlace { file, line, column } = self.look_up(&table, row, column)?;
            Some(format!("{file}:{line}:{column}"))
        };
        let quoted = inside_json(bundle);
        for entry in entries {
            if let Cow::Owned(message) = replaced(&entry.message, bundle, text) {
                entry.message = message;
            }
            let json = |place| Some(inside_json(&text(place)?));
            if let Cow::Owned(extras) = replaced(entry.extras.get(), &quoted, json)
                && let Ok(extras) = RawValue::from_string(extras)
            {
                entry.extras = extras;
            }
        }
    }

    fn look_up(&self, table: &[&[Token]], line: u32, column: u32) -> Option<SourcePlace> {
        let (line, column) = (line.checked_sub(1)?, column.saturating_sub(1));
        let token = self.0.lookup_token(table, line, column)?;
        let file = self.0.get_source(token.get_source_id()?)?;
        Some(SourcePlace {
            file: file.to_owned(),
            line: token.get_src_line() + 1,
            column: token.get_src_col() + 1,
        })
    }
}

/// Whether an entry may mention a place of the bundle.
pub(crate) fn mentions(entry: &LogEntry, bundle: &str) -> bool {
    entry.message.contains(bundle) || entry.extras.get().contains(&inside_json(bundle))
}

/// The text as it stands between the quotes of a JSON string.
fn inside_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The text with each place of the bundle, `bundle.js:3:5`, as `place` writes it.
fn replaced<'a>(
    text: &'a str,
    bundle: &str,
    place: impl Fn((u32, u32)) -> Option<String>,
) -> Cow<'a, str> {
    let name = format!("{bundle}:");
    let (mut result, mut done) = (String::new(), 0);
    for (start, _) in text.match_indices(&name) {
        let before = &text[done.min(start)..start];
        if start < done || !(before.is_empty() || before.ends_with([' ', '(', '"', '\n'])) {
            continue;
        }
        let Some((at, after)) = row_and_column(&text[start + name.len()..]) else {
            continue;
        };
        if let Some(place) = place(at) {
            result.push_str(before);
            result.push_str(&place);
            done = text.len() - after.len();
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    result.push_str(&text[done..]);
    Cow::Owned(result)
}

/// Splits `    at f (bundle.js:3:5)` around its place.
fn split<'a>(line: &'a str, bundle: &str) -> Option<(&'a str, (u32, u32), &'a str)> {
    let name = format!("{bundle}:");
    let start = line.find(&name)?;
    let (before, rest) = (&line[..start], &line[start + name.len()..]);
    if !before.is_empty() && !before.ends_with([' ', '(']) {
        return None;
    }
    let (place, after) = row_and_column(rest)?;
    Some((before, place, after))
}

/// Reads `3:5`, or `3` for the first column.
fn row_and_column(text: &str) -> Option<((u32, u32), &str)> {
    let (row, rest) = number(text)?;
    match rest.strip_prefix(':').and_then(number) {
        Some((column, rest)) => Some(((row, column), rest)),
        None => Some(((row, 1), rest)),
    }
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line 2 of the bundle is line 10 of a.ts; its line 3 is the bundler's own.
    const MAP: &str = r#"{"version":3,"sources":["src/a.ts"],"names":[],"mappings":";AASE;A"}"#;

    #[test]
    fn a_place_of_the_bundle_is_one_of_a_file() {
        let map = SourceMap::parse(MAP).unwrap();
        let place = map.place(2, 7).unwrap();
        assert_eq!(
            (&*place.file, place.line, place.column),
            ("src/a.ts", 10, 3)
        );
        assert_eq!(map.place(1, 1), None);
        assert_eq!(map.place(0, 0), None);
        assert_eq!(map.place(100, 1), None);
    }

    #[test]
    fn a_stack_names_files_and_keeps_what_it_does_not_know() {
        let map = SourceMap::parse(MAP).unwrap();
        let stack = "    at f (lambda.ts:2:7)\n    at helper (lambda.ts:1:1)\n    at native\n    at lambda.ts:2";
        assert_eq!(
            map.stack("lambda.ts", stack),
            "    at f (src/a.ts:10:3)\n    at native\n    at src/a.ts:10:3"
        );
    }

    #[test]
    fn a_log_entry_names_files_in_its_message_and_its_extras() {
        let map = SourceMap::parse(MAP).unwrap();
        let entry = |message: &str, extras: &str| LogEntry {
            level: sandglass_host_abi::LogLevel::Info,
            message: message.to_owned(),
            extras: RawValue::from_string(extras.to_owned()).unwrap(),
            timestamp: 0,
        };
        let mut entries = [
            entry(
                "Error: no\n    at f (lambda.ts:2:7)\n    at g (lambda.ts:1:1)",
                r#"[{"z":1.50,"a":"lambda.ts:2"},"x\n    at lambda.ts:2:9)"]"#,
            ),
            entry("other-lambda.ts:2:7 is lambda.ts:no", "[]"),
        ];
        map.logs("lambda.ts", &mut entries);
        let [mapped, kept] = &entries;
        assert_eq!(
            mapped.message,
            "Error: no\n    at f (src/a.ts:10:3)\n    at g (lambda.ts:1:1)"
        );
        assert_eq!(
            mapped.extras.get(),
            r#"[{"z":1.50,"a":"src/a.ts:10:3"},"x\n    at src/a.ts:10:3)"]"#
        );
        assert_eq!(kept.message, "other-lambda.ts:2:7 is lambda.ts:no");
        assert!(mentions(kept, "lambda.ts") && !mentions(kept, "b.ts"));
    }

    #[test]
    fn what_is_no_source_map_is_none() {
        for text in ["", "{}", "[]", r#"{"version":3,"mappings":"!!"}"#] {
            assert!(
                SourceMap::parse(text).is_none_or(|map| map.place(1, 1).is_none()),
                "{text}"
            );
        }
    }
}
