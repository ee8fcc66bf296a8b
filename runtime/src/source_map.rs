//! Which place of the user's files does a place of a bundle come from?

use oxc_sourcemap::OwnedSourceMap;

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

    fn look_up(
        &self,
        table: &[&[oxc_sourcemap::Token]],
        line: u32,
        column: u32,
    ) -> Option<SourcePlace> {
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

/// Splits `    at f (bundle.js:3:5)` around its place; a column that is missing is 1.
fn split<'a>(line: &'a str, bundle: &str) -> Option<(&'a str, (u32, u32), &'a str)> {
    let name = format!("{bundle}:");
    let start = line.find(&name)?;
    let (before, rest) = (&line[..start], &line[start + name.len()..]);
    if !before.is_empty() && !before.ends_with([' ', '(']) {
        return None;
    }
    let (row, rest) = number(rest)?;
    match rest.strip_prefix(':').and_then(number) {
        Some((column, rest)) => Some((before, (row, column), rest)),
        None => Some((before, (row, 1), rest)),
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
    fn what_is_no_source_map_is_none() {
        for text in ["", "{}", "[]", r#"{"version":3,"mappings":"!!"}"#] {
            assert!(
                SourceMap::parse(text).is_none_or(|map| map.place(1, 1).is_none()),
                "{text}"
            );
        }
    }
}
