//! Which tests passed before?
//!
//! One file a module in `expected/`, one line a test that passes, sorted. Of a file of the web platform's tests, and of a
//! package's own, the line also says how many subtests pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::own;
use crate::scoreboard::Kind;
use crate::verdict;

/// The name of the list of tests that continuous integration leaves out.
const SLOW: &str = "slow";

/// The expectations of this repository.
pub(crate) struct Expected {
    folder: PathBuf,
    /// Of each group, the passing tests with the subtests that pass.
    groups: BTreeMap<String, BTreeMap<String, u32>>,
}

/// What differs from what was expected.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What should have passed and did not.
    pub(crate) lost: Vec<String>,
    /// What passes now, too.
    pub(crate) won: Vec<String>,
}

impl Expected {
    /// Reads them.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn read() -> Result<Self> {
        let folder = own::folder().join("expected");
        let mut groups = BTreeMap::new();
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let text = fs::read_to_string(&path)?;
            groups.insert(stem.replace('+', "/"), parse(&text));
        }
        Ok(Self { folder, groups })
    }

    /// How many subtests of a test must pass, or 1 when it has none; `None` when it need not pass.
    pub(crate) fn of(&self, group: &str, name: &str) -> Option<u32> {
        self.groups.get(group)?.get(name).copied()
    }

    /// Whether continuous integration runs a test: it is expected to pass, and quick.
    pub(crate) fn of_subset(&self, group: &str, name: &str) -> bool {
        let slow = self.groups.get(SLOW);
        let is_slow = slow.is_some_and(|slow| slow.contains_key(&format!("{group}/{name}")));
        !is_slow && self.of(group, name).is_some()
    }

    /// Compares what was run with what was expected of it.
    pub(crate) fn compare(&self, results: &[verdict::Result]) -> Difference {
        let mut difference = Difference::default();
        for result in results {
            let passes = passes(result);
            let expected = self.of(&result.group, &result.name).unwrap_or(0);
            let told = || match &result.subtests {
                None => format!("{}/{}", result.group, result.name),
                Some(_) => format!(
                    "{}/{}: {passes} subtests, {expected} expected",
                    result.group, result.name
                ),
            };
            if passes < expected {
                difference.lost.push(told());
            } else if passes > expected {
                difference.won.push(told());
            }
        }
        difference
    }

    /// Takes the results for what is expected from now on, and writes them. A group that was not run stays.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write(&mut self, results: &[verdict::Result]) -> Result<()> {
        let run: BTreeSet<&String> = results.iter().map(|result| &result.group).collect();
        for group in run {
            let of = results.iter().filter(|result| result.group == *group);
            let passing = of.map(|result| (result.name.clone(), passes(result)));
            let passing: BTreeMap<_, _> = passing.filter(|(_, passes)| *passes > 0).collect();
            let path = self.folder.join(format!("{}.txt", group.replace('/', "+")));
            fs::write(&path, text(&passing, group))
                .with_context(|| format!("{} cannot be written", path.display()))?;
            self.groups.insert(group.clone(), passing);
        }
        self.write_slow(results)
    }

    /// Remembers which of the tests that pass are slow.
    fn write_slow(&self, results: &[verdict::Result]) -> Result<()> {
        let mut slow = self.groups.get(SLOW).cloned().unwrap_or_default();
        for result in results {
            let name = format!("{}/{}", result.group, result.name);
            match result.is_slow() && passes(result) > 0 {
                true => slow.insert(name, 1),
                false => slow.remove(&name),
            };
        }
        let path = self.folder.join(format!("{SLOW}.txt"));
        fs::write(&path, text(&slow, SLOW))
            .with_context(|| format!("{} cannot be written", path.display()))
    }
}

/// How many subtests passed, or 1 for a test without.
fn passes(result: &verdict::Result) -> u32 {
    match &result.subtests {
        Some(subtests) if result.reachable() => subtests.passed,
        Some(_) => 0,
        None => u32::from(result.passed()),
    }
}

fn parse(text: &str) -> BTreeMap<String, u32> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let counted = line
                .rsplit_once(' ')
                .and_then(|(name, passes)| Some((name.to_owned(), passes.parse().ok()?)));
            counted.unwrap_or_else(|| (line.to_owned(), 1))
        })
        .collect()
}

fn text(passing: &BTreeMap<String, u32>, group: &str) -> String {
    let lines = passing.iter().map(|(name, passes)| match Kind::of(group) {
        Kind::Node => format!("{name}\n"),
        Kind::Web | Kind::Package => format!("{name} {passes}\n"),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Subtests, Verdict};

    fn expected(group: &str, text: &str) -> Expected {
        let groups = BTreeMap::from([(group.to_owned(), parse(text))]);
        Expected {
            folder: PathBuf::new(),
            groups,
        }
    }

    fn result(group: &str, name: &str, passed: bool, subtests: Option<u32>) -> verdict::Result {
        let message = String::new();
        verdict::Result {
            group: group.to_owned(),
            name: name.to_owned(),
            verdict: match passed {
                true => Verdict::Passed,
                false => Verdict::Failed {
                    reason: crate::reasons::Reason::Threw,
                    message,
                },
            },
            subtests: subtests.map(|passed| Subtests {
                passed,
                ..Subtests::default()
            }),
            millis: 0,
            fuel_millions: 0,
        }
    }

    #[test]
    fn a_test_that_no_longer_passes_is_lost_and_a_new_one_won() {
        let expected = expected("url", "a.js\nb.js\n");
        let results = [
            result("url", "a.js", true, None),
            result("url", "b.js", false, None),
            result("url", "c.js", true, None),
        ];
        let Difference { lost, won } = expected.compare(&results);
        assert_eq!(lost, ["url/b.js"]);
        assert_eq!(won, ["url/c.js"]);
    }

    #[test]
    fn of_the_web_platforms_tests_the_subtests_count() {
        let expected = expected("web/url", "a.any.js?x y 3\n");
        let same = [result("web/url", "a.any.js?x y", false, Some(3))];
        assert_eq!(expected.compare(&same), Difference::default());
        let fewer = [result("web/url", "a.any.js?x y", false, Some(2))];
        assert_eq!(expected.compare(&fewer).lost.len(), 1);
    }

    #[test]
    fn what_was_not_run_is_not_lost() {
        assert_eq!(
            expected("url", "a.js\n").compare(&[]),
            Difference::default()
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let passing =
            BTreeMap::from([("a.any.js?1-10".to_owned(), 12), ("b.any.js".to_owned(), 1)]);
        assert_eq!(parse(&text(&passing, "web/url")), passing);
    }
}
