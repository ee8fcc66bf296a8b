//! How is a place in a file shown?
//!
//! As rustc does: the file with line and column, the line itself, and a caret below the column.

use std::fmt;

use super::style::{CYAN, RED};
use super::visible;

/// The most characters of a source line that are shown: bundled code comes in very long lines.
const WIDTH_MAX: usize = 100;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// From 1; 0 when unknown.
    pub(crate) line: u32,
    /// In characters, from 1; 0 when unknown.
    pub(crate) column: u32,
    /// Empty when unknown.
    pub(crate) source_line: String,
}

impl Place {
    /// The place of a byte offset in a text.
    pub(crate) fn in_text(file: &str, text: &str, offset: usize) -> Self {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[..offset].matches('\n').count() + 1;
        let column = text[line_start..offset].chars().count() + 1;
        Self {
            file: file.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            source_line: text[line_start..]
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let margin = " ".repeat(self.line.to_string().len());
        let file = visible(&self.file);
        write!(f, "{margin}{CYAN}-->{CYAN:#} {file}")?;
        match (self.line, self.column) {
            (0, _) => return writeln!(f),
            (line, 0) => writeln!(f, ":{line}")?,
            (line, column) => writeln!(f, ":{line}:{column}")?,
        }
        if self.source_line.trim().is_empty() {
            return Ok(());
        }
        let (text, indent) = window(&self.source_line, self.column);
        writeln!(f, "{margin} {CYAN}|{CYAN:#}")?;
        writeln!(f, "{CYAN}{} |{CYAN:#} {text}", self.line)?;
        match self.column {
            0 => Ok(()),
            _ => writeln!(f, "{margin} {CYAN}|{CYAN:#} {indent}{RED}^{RED:#}"),
        }
    }
}

/// The part of the line that is shown, and the blanks that bring a caret below the column.
fn window(source_line: &str, column: u32) -> (String, String) {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let characters: Vec<char> = source_line.chars().map(clean).collect();
    let caret = (column.max(1) as usize - 1).min(characters.len());
    let start = match characters.len() > WIDTH_MAX {
        true => caret
            .saturating_sub(WIDTH_MAX / 2)
            .min(characters.len() - WIDTH_MAX),
        false => 0,
    };
    let end = (start + WIDTH_MAX).min(characters.len());
    let mut text: String = characters[start..end].iter().collect();
    let mut indent = " ".repeat(caret - start);
    if start > 0 {
        text.insert_str(0, "… ");
        indent.push_str("  ");
    }
    if end < characters.len() {
        text.push_str(" …");
    }
    (text, indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(place: &Place) -> String {
        anstream::adapter::strip_str(&place.to_string()).to_string()
    }

    fn place(line: u32, column: u32, source_line: &str) -> Place {
        Place {
            file: "a.js".into(),
            line,
            column,
            source_line: source_line.into(),
        }
    }

    #[test]
    fn the_caret_stands_below_the_column() {
        let shown = plain(&place(12, 4, "\tx ]"));
        assert_eq!(shown, "  --> a.js:12:4\n   |\n12 |  x ]\n   |    ^\n");
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        assert_eq!(plain(&place(0, 0, "")), " --> a.js\n");
        assert_eq!(plain(&place(3, 0, "")), " --> a.js:3\n");
        assert_eq!(plain(&place(3, 9, "")), " --> a.js:3:9\n");
        assert_eq!(
            plain(&place(3, 99, "x")),
            " --> a.js:3:99\n  |\n3 | x\n  |  ^\n"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let line = format!("{}!{}", "a".repeat(5_000), "b".repeat(5_000));
        let shown = plain(&place(1, 5_001, &line));
        let lines: Vec<&str> = shown.lines().collect();
        let caret = lines[3].chars().position(|c| c == '^');
        assert_eq!(lines[2].chars().position(|c| c == '!'), caret);
        assert!(lines[2].chars().count() < 120, "{shown}");
    }

    #[test]
    fn a_byte_offset_becomes_a_line_and_a_column() {
        let found = Place::in_text("c.toml", "a = 1\nä = x\n", 11);
        assert_eq!((found.line, found.column), (2, 5));
        assert_eq!(found.source_line, "ä = x");
        assert_eq!(Place::in_text("c.toml", "", 9).line, 1);
    }
}
