//! Which place of the user's files does a place of a bundle come from?
//!
//! A map may come with a deployment and is not trusted: what is kept of it is bounded, a place is
//! found by a binary search, and only so many places of a report are looked up.

mod kept;

use std::borrow::Cow;
use std::cell::Cell;

use oxc_sourcemap::OwnedSourceMap;
use sandglass_host_abi::LogEntry;
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use kept::SourceMaps;

/// Mappings of a map, at most; a bundle of a megabyte has some hundred thousand.
const MAPPINGS_MAX: usize = 500_000;
/// Files that went into a bundle, at most.
const FILES_MAX: usize = 20_000;
/// The longest path of a file, in bytes.
const FILE_BYTES_MAX: usize = 1_024;
/// Places of one stack, or of the logs of one invocation, that are looked up; others stay.
const PLACES_MAX: u32 = 1_000;

/// A source map (ECMA-426) of a bundle.
#[derive(Debug)]
pub struct SourceMap {
    /// In the order of the bundle.
    mappings: Box<[Mapping]>,
    files: Box<[Box<str>]>,
}

/// From here on the bundle comes from there. Lines and columns from 0.
#[derive(Debug)]
struct Mapping {
    bundle: (u32, u32),
    file: Option<u32>,
    source: (u32, u32),
}

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

/// The part of a map that says how large it is.
#[derive(Deserialize)]
struct Size<'a> {
    #[serde(borrow)]
    mappings: Cow<'a, str>,
}

impl SourceMap {
    /// Reads a source map; `None` when the text is none, or more than 500,000 mappings, 20,000
    /// files or 1,024 bytes of a file's path.
    pub fn parse(json: &str) -> Option<Self> {
        let size: Size<'_> = serde_json::from_str(json).ok()?;
        let ends = size.mappings.bytes().filter(|byte| b",;".contains(byte));
        if ends.count() >= MAPPINGS_MAX {
            return None;
        }
        let map = OwnedSourceMap::from_json_string(json).ok()?;
        let files: Box<[Box<str>]> = map.get_sources().map(Into::into).collect();
        if files.len() > FILES_MAX || files.iter().any(|file| file.len() > FILE_BYTES_MAX) {
            return None;
        }
        let mut mappings: Box<[Mapping]> = map
            .get_tokens()
            .map(|token| Mapping {
                bundle: (token.get_dst_line(), token.get_dst_col()),
                file: token.get_source_id(),
                source: (token.get_src_line(), token.get_src_col()),
            })
            .collect();
        mappings.sort_by_key(|mapping| mapping.bundle);
        Some(Self { mappings, files })
    }

    /// Where a place of the bundle, counted from 1, comes from; `None` for the bundler's own code.
    pub fn place(&self, line: u32, column: u32) -> Option<SourcePlace> {
        let (line, column) = (line.checked_sub(1)?, column.saturating_sub(1));
        let after = self
            .mappings
            .partition_point(|mapping| mapping.bundle <= (line, column));
        let mapping = self.mappings[..after].last()?;
        if mapping.bundle.0 != line {
            return None;
        }
        let file = self.files.get(mapping.file? as usize)?;
        let (line, column) = mapping.source;
        Some(SourcePlace {
            file: file.to_string(),
            line: line.saturating_add(1),
            column: column.saturating_add(1),
        })
    }

    /// A stack whose frames name the user's files instead of `bundle`. Frames of the bundler's own
    /// code are left out, and so are those past the thousandth of the bundle.
    pub fn stack(&self, bundle: &str, stack: &str) -> String {
        let budget = Budget::default();
        let lines = stack.lines().filter_map(|line| {
            let Some((before, (row, column), after)) = split(line, bundle) else {
                return Some(line.to_owned());
            };
            let place = budget.spend().then(|| self.place(row, column))?;
            let SourcePlace { file, line, column } = place?;
            Some(format!("{before}{file}:{line}:{column}{after}"))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Makes the places of `bundle` that log entries mention, in stacks for instance, places of the
    /// user's files; the first thousand of them.
    pub fn logs(&self, bundle: &str, entries: &mut [LogEntry]) {
        let budget = Budget::default();
        let text = |(row, column)| {
            let place = budget.spend().then(|| self.place(row, column))?;
            let SourcePlace { file, line, column } = place?;
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
}

/// How many places may still be looked up.
struct Budget(Cell<u32>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(PLACES_MAX))
    }
}

impl Budget {
    fn spend(&self) -> bool {
        let left = self.0.get().checked_sub(1);
        self.0.set(left.unwrap_or(0));
        left.is_some()
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

    fn map_of(file: &str, mappings: &str) -> Option<SourceMap> {
        let json =
            format!(r#"{{"version":3,"sources":["{file}"],"names":[],"mappings":"{mappings}"}}"#);
        SourceMap::parse(&json)
    }

    fn entry(message: &str, extras: &str) -> LogEntry {
        LogEntry {
            level: sandglass_host_abi::LogLevel::Info,
            message: message.to_owned(),
            extras: RawValue::from_string(extras.to_owned()).unwrap(),
            timestamp: 0,
        }
    }

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

    #[test]
    fn a_map_has_as_many_mappings_and_as_long_a_path_as_it_may_and_no_more() {
        let mappings = |n: usize| vec!["AAAA"; n].join(",");
        assert!(map_of("a.ts", &mappings(MAPPINGS_MAX)).is_some());
        assert!(map_of("a.ts", &mappings(MAPPINGS_MAX + 1)).is_none());
        assert!(map_of("a.ts", &";".repeat(MAPPINGS_MAX)).is_none());
        assert!(map_of(&"a".repeat(FILE_BYTES_MAX), "AAAA").is_some());
        assert!(map_of(&"a".repeat(FILE_BYTES_MAX + 1), "AAAA").is_none());
    }

    #[test]
    fn places_past_the_thousandth_stay() {
        let map = map_of(&"f".repeat(FILE_BYTES_MAX), "AAAA").unwrap();
        let mut entries = [
            entry(&".a:1 ".repeat(PLACES_MAX as usize - 1), "[]"),
            entry(".a:1 .a:1 .a:1", "[]"),
        ];
        map.logs(".a", &mut entries);
        assert!(!entries[0].message.contains(".a:1"));
        assert!(entries[1].message.ends_with(":1:1 .a:1 .a:1"));
        let stack = map.stack(".a", &"at .a:1\n".repeat(5_000));
        assert_eq!(stack.lines().count(), PLACES_MAX as usize);
    }

    #[test]
    fn a_place_beyond_all_numbers_is_the_last() {
        // The VLQ of 2^31 - 1 for the line and the column of the source.
        let map = map_of("a.ts", "AA+/////D+/////D,CA+/////DA");
        assert!(map.is_none_or(|map| map.place(1, 9).is_some_and(|place| place.line > 1)));
    }
}
