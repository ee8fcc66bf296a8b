//! How do rows align?

use std::fmt;

use super::style::BOLD;
use super::visible;

/// Left-aligned columns, two spaces apart.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    indent: usize,
    width_max: usize,
}

impl Table {
    /// An empty table. Without headings it prints rows only.
    pub(crate) fn new<const N: usize>(header: [&'static str; N]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
            indent: 0,
            width_max: usize::MAX,
        }
    }

    /// Moves the whole table to the right.
    #[must_use]
    pub(crate) fn indented(mut self, spaces: usize) -> Self {
        self.indent = spaces;
        self
    }

    /// Cuts lines at that width, for a terminal that would wrap them.
    #[must_use]
    pub(crate) fn within(mut self, width: usize) -> Self {
        self.width_max = width;
        self
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(
            cells
                .iter()
                .map(|cell| visible(cell).replace(['\n', '\t'], " "))
                .collect(),
        );
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn cut(&self, line: String) -> String {
        let width = self.width_max.saturating_sub(self.indent);
        match line.char_indices().nth(width) {
            Some(_) => line
                .chars()
                .take(width.saturating_sub(1))
                .chain(['…'])
                .collect(),
            None => line,
        }
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self
            .rows
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .max(self.header.len());
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let header = self
                .header
                .get(column)
                .map_or(0, |name| name.chars().count());
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(header)
        };
        (0..columns).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let indent = " ".repeat(self.indent);
        if !self.header.is_empty() {
            let header = self.cut(aligned(self.header.iter().copied(), &widths));
            writeln!(f, "{indent}{BOLD}{header}{BOLD:#}")?;
        }
        for row in &self.rows {
            let row = self.cut(aligned(row.iter().map(String::as_str), &widths));
            writeln!(f, "{indent}{row}")?;
        }
        Ok(())
    }
}

fn aligned<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let padded = cells
        .zip(widths)
        .map(|(cell, width)| format!("{cell:<width$}"));
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(table: &Table) -> String {
        anstream::adapter::strip_str(&table.to_string()).to_string()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["NAME", "STATE", ""]);
        table.row(["hello-world".into(), "live".into(), "greets".into()]);
        table.row(["ä".into(), "modified".into(), String::new()]);
        assert_eq!(
            plain(&table),
            "NAME         STATE\nhello-world  live      greets\nä            modified\n"
        );
    }

    #[test]
    fn a_line_is_cut_where_the_terminal_ends() {
        let mut table = Table::new([]).indented(2).within(10);
        table.row(["1234".into(), "78".into()]);
        table.row(["1234".into(), "789".into()]);
        assert_eq!(plain(&table), "  1234  78\n  1234  7…\n");
    }

    #[test]
    fn a_table_without_headings_is_its_rows() {
        let mut table = Table::new([]).indented(2);
        assert!(table.is_empty());
        table.row(["fuel".into(), "12".into()]);
        table.row(["wall".into(), "1\n2".into()]);
        assert_eq!(plain(&table), "  fuel  12\n  wall  1 2\n");
    }
}
