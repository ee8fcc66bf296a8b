//! How much of Node.js and of the web platform is there?
//!
//! The driver is a program of `tests/conformance`: it runs the tests in sandboxes, which no chore knows of.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Builds the driver, with the engine as it is now, and runs it.
///
/// # Errors
/// When it cannot be built, or says so itself: with `--check`, that a test no longer passes.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the workspace")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // The whole workspace, so that the features are those of every other build.
    let built = Command::new(cargo)
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--bin",
            "conformance",
            "--locked",
        ])
        .status()
        .context("cargo does not start")?;
    ensure!(
        built.success(),
        "the driver of the conformance tests does not compile"
    );
    let ran = Command::new(crate::test::debug_build(root).join("conformance"))
        .current_dir(root)
        .args(arguments)
        .status()
        .context("the driver of the conformance tests does not start")?;
    ensure!(ran.success(), "conformance: see above");
    Ok(())
}
