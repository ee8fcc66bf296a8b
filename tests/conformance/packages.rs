//! Which packages of npm are imported and used?
//!
//! `packages/results.json` is written by whatever runs them; without it, the page has no such section.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::own;

/// What came of the packages.
#[derive(Deserialize)]
struct Results {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    category: String,
    checks: u32,
    outcome: String,
    reason: Option<String>,
}

/// The section of the page, if there are results.
///
/// # Errors
/// When the results are not what they should be.
pub(crate) fn section() -> Result<Option<String>> {
    let Ok(text) = own::text("packages/results.json") else {
        return Ok(None);
    };
    let results: Results = serde_json::from_str(&text).context("packages/results.json")?;
    Ok(Some(told(&results.packages)))
}

fn told(packages: &[Package]) -> String {
    let works = |package: &&Package| package.outcome == "passed";
    let passed = packages.iter().filter(works).count();
    let mut section = format!(
        "\n## Packages of npm\n\n{passed} of {} packages, imported by a lambda and used, do what they do in Node.js.\n\n\
         | package | version | kind | checks | |\n|---|---|---|---|---|\n",
        packages.len()
    );
    for package in packages {
        let Package {
            name,
            version,
            category,
            checks,
            ..
        } = package;
        let outcome = match (works(&package), &package.reason) {
            (true, _) => "works",
            (false, Some(reason)) => reason,
            (false, None) => "fails",
        };
        let _ = writeln!(
            section,
            "| {name} | {version} | {category} | {checks} | {outcome} |"
        );
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_fails_says_why() {
        let package = |outcome: &str, reason: Option<&str>| Package {
            name: "ms".to_owned(),
            version: "2.1.3".to_owned(),
            category: "string".to_owned(),
            checks: 4,
            outcome: outcome.to_owned(),
            reason: reason.map(str::to_owned),
        };
        let section = told(&[
            package("passed", None),
            package("failed", Some("needs net")),
        ]);
        assert!(section.contains("1 of 2 packages"), "{section}");
        assert!(
            section.contains("| ms | 2.1.3 | string | 4 | works |"),
            "{section}"
        );
        assert!(
            section.contains("| ms | 2.1.3 | string | 4 | needs net |"),
            "{section}"
        );
    }
}
