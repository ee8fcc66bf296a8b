//! What does `docs/conformance.md` say of the packages' own tests?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;

use super::Suite;
use crate::own;
use crate::verdict::{self, Subtests};

/// The names of tests that are missing in a sandbox, with why that is so; those that nothing explains have no reason.
type Missing<'a> = BTreeMap<&'a str, Vec<String>>;

/// The section of the page.
///
/// # Errors
/// When the list of suites is not what it should be.
pub(crate) fn section(results: &[verdict::Result], in_node: &[verdict::Result]) -> Result<String> {
    let mut section = own::text("document/suites.md")?;
    section.push_str("\n| package | version | tests from | passed | of | in Node.js |\n|---|---|---|---|---|---|\n");
    let suites = super::all()?;
    for suite in &suites {
        let Suite {
            package,
            version,
            from,
            ..
        } = suite;
        let (ours, theirs) = (sum(suite, results), sum(suite, in_node));
        let all = ours.all.max(theirs.all);
        let _ = writeln!(
            section,
            "| {package} | {version} | {from} | {} | {all} | {} |",
            ours.passed, theirs.passed
        );
    }
    for suite in &suites {
        let missing = missing(suite, &failed(suite, results), &failed(suite, in_node));
        if !missing.is_empty() {
            let _ = writeln!(section, "\n**{}**\n", suite.package);
        }
        for (why, tests) in missing {
            let told = match why {
                "" => format!("not explained: {}", tests.join("; ")),
                why => format!("{why}: {}", tests.len()),
            };
            let _ = writeln!(section, "- {told}");
        }
    }
    Ok(section)
}

fn of<'a>(suite: &Suite, results: &'a [verdict::Result]) -> impl Iterator<Item = &'a Subtests> {
    let group = suite.group();
    let of = results.iter().filter(move |result| result.group == group);
    of.filter_map(|result| result.subtests.as_ref())
}

fn sum(suite: &Suite, results: &[verdict::Result]) -> Subtests {
    of(suite, results).fold(Subtests::default(), |mut sum, subtests| {
        sum.passed += subtests.passed;
        sum.all += subtests.all;
        sum
    })
}

fn failed(suite: &Suite, results: &[verdict::Result]) -> BTreeSet<String> {
    let failed = of(suite, results).flat_map(|subtests| &subtests.failed);
    failed.map(|(name, _)| name.clone()).collect()
}

/// What fails in a sandbox and passes in Node.js.
fn missing<'a>(
    suite: &'a Suite,
    ours: &BTreeSet<String>,
    theirs: &BTreeSet<String>,
) -> Missing<'a> {
    let mut missing = Missing::new();
    for name in ours.difference(theirs) {
        let begins = |test: &String| name.starts_with(test.as_str());
        let differs = suite
            .differs
            .iter()
            .find(|differs| differs.tests.iter().any(begins));
        let why = differs.map_or("", |differs| differs.why.as_str());
        missing.entry(why).or_default().push(name.clone());
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_explains_is_named() {
        let suite = r#"
            package = "luxon"
            version = "3.6.1"
            from = "Debian"
            tests = "test"
            differs = [{ why = "the local zone is UTC", tests = ["The local zone"] }]
        "#;
        let suite: Suite = toml::from_str(suite).unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let ours = names(&["The local zone is here", "diff", "format"]);
        let missing = missing(&suite, &ours, &names(&["format"]));
        assert_eq!(missing["the local zone is UTC"], ["The local zone is here"]);
        assert_eq!(missing[""], ["diff"]);
        assert_eq!(missing.len(), 2);
    }
}
