//! How many tests passed, module by module?

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;

use crate::catalog::Catalog;
use crate::suites;
use crate::verdict::Result;

/// What the best-scoring peer publishes for all of Node.js: passed, reachable.
pub(crate) const PEER: (u32, u32) = (3_085, 4_295);

/// The counts of a module, or of a folder of the web platform's tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Score {
    /// Tests, or subtests, that passed.
    pub(crate) passed: u32,
    /// Those that could.
    pub(crate) reachable: u32,
    /// All of them; files, where subtests are counted.
    pub(crate) all: u32,
}

impl Score {
    /// Passed of reachable, in percent.
    pub(crate) fn percent(self) -> f64 {
        match self.reachable {
            0 => 100.0,
            reachable => 100.0 * f64::from(self.passed) / f64::from(reachable),
        }
    }

    /// The percentage for people. Only all is 100 %.
    pub(crate) fn told(self) -> String {
        let percent = (self.percent() * 10.0).floor() / 10.0;
        match self.reachable {
            0 => "-".to_owned(),
            _ => format!("{percent:.1}"),
        }
    }

    fn add(&mut self, result: &Result) {
        self.all += 1;
        match &result.subtests {
            Some(subtests) if result.reachable() => {
                self.passed += subtests.passed;
                self.reachable += subtests.all;
            }
            _ => {
                self.passed += u32::from(result.passed());
                self.reachable += u32::from(result.reachable());
            }
        }
    }

    /// The sum of some scores.
    pub(crate) fn sum<'a>(scores: impl IntoIterator<Item = &'a Self>) -> Self {
        scores.into_iter().fold(Self::default(), |sum, score| Self {
            passed: sum.passed + score.passed,
            reachable: sum.reachable + score.reachable,
            all: sum.all + score.all,
        })
    }
}

/// The scores of all groups, by name; those of the web platform's folders begin with `web/`.
pub(crate) fn scores(results: &[Result]) -> BTreeMap<String, Score> {
    let mut scores = BTreeMap::<String, Score>::new();
    for result in results {
        scores.entry(result.group.clone()).or_default().add(result);
    }
    scores
}

/// Whose tests a group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A module of Node.js.
    Node,
    /// A folder of the web platform's.
    Web,
    /// A package of npm.
    Package,
}

impl Kind {
    /// That of a group.
    pub(crate) fn of(group: &str) -> Self {
        match group {
            group if group.starts_with("web/") => Self::Web,
            group if group.starts_with(suites::GROUPS) => Self::Package,
            _ => Self::Node,
        }
    }
}

/// The tables for a terminal.
pub(crate) fn tables(results: &[Result], catalog: &Catalog) -> String {
    let scores = scores(results);
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut text = String::new();
    for (kind, title) in [
        (Kind::Node, "module"),
        (Kind::Web, "web platform, subtests"),
        (Kind::Package, "package, its own tests"),
    ] {
        let of: Vec<_> = scores
            .iter()
            .filter(|(group, _)| Kind::of(group) == kind)
            .collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(
            text,
            "\n{title:36} {:>7} {:>9} {:>6} {:>7}  peer",
            "passed", "reachable", "all", "%"
        );
        for (group, score) in &of {
            let peer = catalog.modules.iter().find(|module| module.name == **group);
            let peer = peer.and_then(|module| module.peer);
            line(&mut text, group, **score, peer, colours);
        }
        let sum = Score::sum(of.iter().map(|(_, score)| *score));
        line(
            &mut text,
            "all",
            sum,
            (kind == Kind::Node).then_some(PEER),
            colours,
        );
    }
    text
}

fn line(text: &mut String, group: &str, score: Score, peer: Option<(u32, u32)>, colours: bool) {
    let percent = score.percent();
    let colour = match percent {
        _ if !colours => "",
        95.0.. => "\x1b[32m",
        80.0.. => "\x1b[33m",
        _ => "\x1b[31m",
    };
    let end = if colours { "\x1b[0m" } else { "" };
    let Score {
        passed,
        reachable,
        all,
    } = score;
    let peer = peer.map_or(String::new(), |(passed, all)| format!("{passed}/{all}"));
    let _ = writeln!(
        text,
        "{group:36} {passed:>7} {reachable:>9} {all:>6} {colour}{percent:>7.1}{end}  {peer}"
    );
}
