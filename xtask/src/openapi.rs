//! What is the API that the console's client is made of?
//!
//! The document of the server in this tree, as the command prints it. It is committed, so that the console
//! builds without a server; a test holds that it is that of the server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

/// Writes `console/openapi.json`.
///
/// # Errors
/// When the command does not build or run, or the file cannot be written.
pub(crate) fn write() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    // With the whole workspace, whose dependencies are built for the tests already.
    let build = ["build", "--quiet", "--workspace", "--bin", "sandglass"];
    let built = Command::new(cargo).args(build).current_dir(&root).status();
    ensure!(
        built.context("cargo cannot be run")?.success(),
        "the command does not build"
    );
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let printed = Command::new(root.join(target).join("debug/sandglass"))
        .arg("openapi")
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("the command cannot be run")?;
    ensure!(printed.status.success(), "the command failed");
    let file = root.join("console/openapi.json");
    fs::create_dir_all(root.join("console"))?;
    fs::write(&file, printed.stdout).with_context(|| format!("cannot write {}", file.display()))
}
