//! How does what a package's tests need come into one folder?
//!
//! npm installs what is pinned beside the suite's lambda, Debian's source is unpacked among that, as a package is: what a
//! package imports and no sandbox has is no mistake of its own. Nothing is done twice for the same pins.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Suite;
use crate::own;

/// What every suite's lambda may use.
const SHIM: [&str; 3] = ["told.js", "describe.js", "qunit.js"];
/// The suite's own files.
const OWN: [&str; 3] = ["lambda.js", "package.json", "package-lock.json"];
/// Where Debian's source is, below `node_modules`.
const SOURCE: &str = "-source";

/// Has all in `installed`.
///
/// # Errors
/// When npm or Debian's servers do not give what is pinned.
pub(super) fn all(suite: &Suite, folder: &Path, installed: &Path) -> Result<()> {
    fs::create_dir_all(installed)
        .with_context(|| format!("{} cannot be made", installed.display()))?;
    let from = own::folder().join("suites");
    for file in SHIM {
        copy(&from.join(file), &installed.join(file))?;
    }
    for file in OWN {
        copy(&from.join(&suite.package).join(file), &installed.join(file))?;
    }
    packages(suite, installed)?;
    if let Some(source) = &suite.source {
        let name = format!("{}{SOURCE}", suite.package);
        source.unpacked(folder, &installed.join("node_modules").join(name), None)?;
    }
    if suite.slices.is_none() {
        fs::write(installed.join("files.js"), loaders(suite, installed)?)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("{} cannot be copied", from.display()))?;
    Ok(())
}

/// What the lockfile says, once for each of its versions and each version of the source.
fn packages(suite: &Suite, installed: &Path) -> Result<()> {
    let mut pins = fs::read_to_string(installed.join("package-lock.json"))?;
    if let Some(source) = &suite.source {
        pins.push_str(&source.digest);
    }
    let done = installed.join("installed");
    if fs::read_to_string(&done).is_ok_and(|done| done == pins) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(installed.join("node_modules"));
    eprintln!("installing what the tests of {} use", suite.package);
    let status = Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--fetch-retries=5",
        ])
        .current_dir(installed)
        .status()
        .context("npm does not start: is Node.js installed?")?;
    ensure!(status.success(), "npm ci ended with {status}");
    fs::write(&done, pins).with_context(|| format!("{} cannot be written", done.display()))
}

/// A module that has of each file with tests a function that loads it.
fn loaders(suite: &Suite, installed: &Path) -> Result<String> {
    let mut text = "module.exports = {\n".to_owned();
    for file in suite.files(&installed.join(&suite.tests))? {
        let _ = writeln!(
            text,
            "  '{file}': () => require('./{}/{file}'),",
            suite.tests
        );
    }
    text.push_str("};\n");
    Ok(text)
}
