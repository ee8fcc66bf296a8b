//! What does `docs/conformance.md` say?

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::catalog::Catalog;
use crate::own;
use crate::packages;
use crate::reasons::Reason;
use crate::scoreboard::{self, Kind, Score};
use crate::suites;
use crate::verdict::{self, Verdict};

/// How the line of the README begins that tells the scores.
const README_LINE: &str = "Of Node.js' own tests, ";

/// Writes the page, and the scores into the README. `in_node` is what came of the packages' own tests in Node.js.
///
/// # Errors
/// When one of them cannot be written.
pub(crate) fn write(
    results: &[verdict::Result],
    in_node: &[verdict::Result],
    catalog: &Catalog,
) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    write_file(
        &root.join("docs/conformance.md"),
        &page(results, in_node, catalog)?,
    )?;
    let readme = root.join("README.md");
    let text = fs::read_to_string(&readme).context("README.md cannot be read")?;
    write_file(&readme, &with_scores(&text, results))
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// The README with these scores in the line that tells them.
fn with_scores(readme: &str, results: &[verdict::Result]) -> String {
    let scores = scoreboard::scores(results);
    let sum = |kind| {
        let of = scores.iter().filter(|(group, _)| Kind::of(group) == kind);
        Score::sum(of.map(|(_, score)| score))
    };
    let told =
        |Score {
             passed, reachable, ..
         }: Score,
         percent: String| { format!("{passed} of {reachable} ({percent} %)") };
    let (node, web) = (sum(Kind::Node), sum(Kind::Web));
    let line = format!(
        "{README_LINE}{} of those that a sandbox can pass do, and {} of the web platform's:",
        told(node, node.told()),
        told(web, web.told())
    );
    let lines = readme.split_inclusive('\n');
    let lines = lines.map(|old| match old.starts_with(README_LINE) {
        true => format!("{line}\n"),
        false => old.to_owned(),
    });
    lines.collect()
}

fn page(
    results: &[verdict::Result],
    in_node: &[verdict::Result],
    catalog: &Catalog,
) -> Result<String> {
    let scores = scoreboard::scores(results);
    let mut page = own::text("document/introduction.md")?;
    node(&mut page, &scores, catalog);
    unreachable(&mut page, results);
    web(&mut page, &scores);
    if let Some(section) = packages::section()? {
        page.push_str(&section);
    }
    page.push_str(&suites::section(results, in_node)?);
    reasons(&mut page, results);
    node_failures(&mut page, results);
    web_failures(&mut page, results);
    Ok(page)
}

fn of_kind(scores: &BTreeMap<String, Score>, kind: Kind) -> Vec<(&String, &Score)> {
    let of = scores.iter().filter(|(group, _)| Kind::of(group) == kind);
    of.collect()
}

fn node(page: &mut String, scores: &BTreeMap<String, Score>, catalog: &Catalog) {
    page.push_str("\n## Node.js, module by module\n\n");
    page.push_str(
        "| module | passed | reachable | all | % | best peer |\n|---|---|---|---|---|---|\n",
    );
    let of = of_kind(scores, Kind::Node);
    for (group, score) in &of {
        let module = catalog.modules.iter().find(|module| module.name == **group);
        let peer = module
            .and_then(|module| module.peer)
            .map_or(String::new(), peer);
        row(page, group, **score, &peer);
    }
    let sum = Score::sum(of.iter().map(|(_, score)| *score));
    row(page, "**all**", sum, &peer(scoreboard::PEER));
}

fn peer((passed, reachable): (u32, u32)) -> String {
    let score = Score {
        passed,
        reachable,
        all: reachable,
    };
    format!("{passed} / {reachable}, {} %", score.told())
}

fn row(page: &mut String, group: &str, score: Score, peer: &str) {
    let Score {
        passed,
        reachable,
        all,
    } = score;
    let percent = score.told();
    let _ = writeln!(
        page,
        "| {group} | {passed} | {reachable} | {all} | {percent} | {peer} |"
    );
}

fn unreachable(page: &mut String, results: &[verdict::Result]) {
    page.push_str("\n### What counts as unreachable\n\n| a test needs | tests |\n|---|---|\n");
    let mut counts = BTreeMap::<&str, u32>::new();
    for result in results
        .iter()
        .filter(|result| Kind::of(&result.group) == Kind::Node)
    {
        match &result.verdict {
            Verdict::Unreachable { reason } => *counts.entry(reason).or_default() += 1,
            Verdict::Skipped { .. } => *counts.entry(SKIPS).or_default() += 1,
            Verdict::Passed | Verdict::Failed { .. } => {}
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    for (reason, count) in counts {
        let _ = writeln!(page, "| {reason} | {count} |");
    }
}

/// Of a test that says itself that it is not for this platform.
const SKIPS: &str = "another platform: it skips itself";

fn web(page: &mut String, scores: &BTreeMap<String, Score>) {
    page.push_str("\n## The web platform, folder by folder\n\n");
    page.push_str("| folder | subtests passed | of | % | files |\n|---|---|---|---|---|\n");
    let of = of_kind(scores, Kind::Web);
    let sum = Score::sum(of.iter().map(|(_, score)| *score));
    let rows = of
        .iter()
        .map(|(group, score)| (group.trim_start_matches("web/"), **score));
    for (group, score) in rows.chain([("**all**", sum)]) {
        let Score {
            passed,
            reachable,
            all,
        } = score;
        let percent = score.told();
        let _ = writeln!(
            page,
            "| {group} | {passed} | {reachable} | {percent} | {all} |"
        );
    }
}

fn reasons(page: &mut String, results: &[verdict::Result]) {
    page.push_str("\n## Why tests fail\n\nThe class comes from the error alone.\n\n");
    page.push_str("| class | Node.js' tests | files of the web platform's |\n|---|---|---|\n");
    let mut counts = BTreeMap::<Reason, (u32, u32)>::new();
    for result in results {
        let kind = Kind::of(&result.group);
        if let (Verdict::Failed { reason, .. }, true) = (&result.verdict, kind != Kind::Package) {
            let (node, web) = counts.entry(*reason).or_default();
            *if kind == Kind::Web { web } else { node } += 1;
        }
    }
    for (reason, (node, web)) in counts {
        let _ = writeln!(page, "| {} | {node} | {web} |", reason.name());
    }
}

fn node_failures(page: &mut String, results: &[verdict::Result]) {
    page.push_str(
        "\n## Tests of Node.js' that fail\n\n`test-` and `.js` are left out of the names.\n",
    );
    let mut groups = BTreeMap::<&str, BTreeMap<Reason, Vec<&str>>>::new();
    for result in results
        .iter()
        .filter(|result| Kind::of(&result.group) == Kind::Node)
    {
        if let Verdict::Failed { reason, .. } = &result.verdict {
            let name = result
                .name
                .trim_start_matches("test-")
                .trim_end_matches(".js");
            groups
                .entry(&result.group)
                .or_default()
                .entry(*reason)
                .or_default()
                .push(name);
        }
    }
    for (group, reasons) in groups {
        let _ = writeln!(page, "\n**{group}**\n");
        for (reason, names) in reasons {
            let _ = writeln!(page, "- {}: {}", reason.name(), names.join(", "));
        }
    }
}

fn web_failures(page: &mut String, results: &[verdict::Result]) {
    page.push_str(
        "\n## Files of the web platform's with subtests that fail\n\nHow many fail, of how many.\n",
    );
    let mut groups = BTreeMap::<&str, Vec<String>>::new();
    for result in results.iter().filter(|result| result.reachable()) {
        if Kind::of(&result.group) != Kind::Web {
            continue;
        }
        let Some(subtests) = result.subtests.as_ref() else {
            continue;
        };
        if subtests.passed < subtests.all {
            let (failed, all) = (subtests.all - subtests.passed, subtests.all);
            let told = format!("`{}` {failed}/{all}", result.name);
            groups
                .entry(result.group.trim_start_matches("web/"))
                .or_default()
                .push(told);
        }
    }
    for (group, files) in groups {
        let _ = writeln!(page, "\n**{group}**: {}", files.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Subtests;

    fn result(
        group: &str,
        name: &str,
        verdict: Verdict,
        subtests: Option<Subtests>,
    ) -> verdict::Result {
        verdict::Result {
            group: group.to_owned(),
            name: name.to_owned(),
            verdict,
            subtests,
            millis: 0,
            fuel_millions: 0,
        }
    }

    fn results() -> Vec<verdict::Result> {
        let failed = || Verdict::Failed {
            reason: Reason::MissingModule,
            message: String::new(),
        };
        let unreachable = Verdict::Unreachable {
            reason: "a terminal".to_owned(),
        };
        let subtests = Subtests {
            passed: 3,
            all: 4,
            failed: Vec::new(),
        };
        vec![
            result("url", "test-url-a.js", Verdict::Passed, None),
            result("url", "test-url-b.js", failed(), None),
            result("url", "test-url-c.js", unreachable, None),
            result("web/url", "a.any.js", failed(), Some(subtests)),
        ]
    }

    #[test]
    fn the_page_counts_what_passed_of_what_could() {
        let page = page(&results(), &[], &Catalog::read().unwrap()).unwrap();
        for line in [
            "| url | 1 | 2 | 3 | 50.0 | 28 / 29, 96.5 % |",
            "| a terminal | 1 |",
            "| url | 3 | 4 | 75.0 | 1 |",
            "- missing module: url-b",
            "**url**: `a.any.js` 1/4",
        ] {
            assert!(page.contains(line), "{line} is missing in {page}");
        }
    }

    #[test]
    fn the_readme_tells_the_scores_in_its_line() {
        let readme = "# A\n\nOf Node.js' own tests, none\nrest\n";
        assert_eq!(
            with_scores(readme, &results()),
            "# A\n\nOf Node.js' own tests, 1 of 2 (50.0 %) of those that a sandbox can pass do, and 3 of 4 (75.0 %) \
             of the web platform's:\nrest\n"
        );
    }

    #[test]
    fn the_readme_has_that_line() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let readme = fs::read_to_string(root.join("README.md")).unwrap();
        assert_eq!(
            readme
                .lines()
                .filter(|line| line.starts_with(README_LINE))
                .count(),
            1
        );
    }
}
