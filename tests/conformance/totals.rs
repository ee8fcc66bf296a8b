//! How many subtests does a file of the web platform's tests have?
//!
//! A file that does not come to its end does not say. `subtests.txt` has what Node.js counts, one line a file:
//! `cargo xtask conformance --in-node --only web --expect` writes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use crate::own;
use crate::verdict;

const FILE: &str = "subtests.txt";

/// The subtests of each file, by folder and name.
pub(crate) struct Totals(BTreeMap<String, u32>);

impl Totals {
    /// Reads them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read() -> Result<Self> {
        let text = own::text(FILE)?;
        let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
        let counts = lines.filter_map(|(name, count)| Some((name.to_owned(), count.parse().ok()?)));
        Ok(Self(counts.collect()))
    }

    /// How many subtests a file has at least, as far as that is known.
    pub(crate) fn of(&self, group: &str, name: &str) -> u32 {
        self.0.get(&format!("{group}/{name}")).copied().unwrap_or(0)
    }

    /// Takes the counts of a run in Node.js.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(mut self, results: &[verdict::Result]) -> Result<()> {
        for result in results.iter().filter(|result| result.reachable()) {
            if let Some(subtests) = &result.subtests {
                self.0
                    .insert(format!("{}/{}", result.group, result.name), subtests.all);
            }
        }
        let mut text = String::new();
        for (name, count) in &self.0 {
            let _ = writeln!(text, "{name} {count}");
        }
        let path = own::folder().join(FILE);
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    }
}
