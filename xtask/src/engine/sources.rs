//! What went into an engine?

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Everything that the built engine depends on, from the workspace's root.
const SOURCES: [&str; 15] = [
    "compiler/bundler",
    "compiler/engine/Cargo.toml",
    "compiler/engine/Cargo.lock",
    "compiler/engine/platform.h",
    "compiler/engine/brotli.patch",
    "compiler/engine/brotli-decompressor.patch",
    "compiler/engine/quickjs.patch",
    "compiler/engine/zlib-rs.patch",
    "compiler/engine/src",
    "compiler/engine/idna",
    "compiler/engine/js",
    "compiler/engine/library",
    "compiler/engine/packages",
    "toolbelt-wit",
    "rust-toolchain.toml",
];

/// The SHA-256 over the names and contents of all sources, and over the steps that turn them into
/// an engine.
pub(crate) fn digest(root: &Path) -> Result<String> {
    let mut files = Vec::new();
    for source in SOURCES.iter().copied().chain([
        "xtask/src/engine",
        "xtask/src/engine.rs",
        "xtask/src/library.rs",
        "xtask/src/packages.rs",
    ]) {
        walk(&root.join(source), &mut files)?;
    }
    files.sort();
    let mut parts = Vec::new();
    for file in files {
        let name = file.strip_prefix(root).expect("walked from the root");
        parts.push(name.to_string_lossy().into_owned().into_bytes());
        let content = std::fs::read(&file).with_context(|| file.display().to_string())?;
        parts.push((content.len() as u64).to_le_bytes().to_vec());
        parts.push(content);
    }
    Ok(sha256(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

/// The SHA-256 of the concatenated parts, in hexadecimal.
pub(crate) fn sha256(parts: &[&[u8]]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    context
        .finish()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let skipped = ["target", "node_modules"];
    if path
        .file_name()
        .is_some_and(|name| skipped.iter().any(|skip| name == *skip))
    {
        return Ok(());
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            walk(&entry?.path(), files)?;
        }
    } else if path.extension().is_none_or(|extension| extension != "md") {
        files.push(path.to_owned());
    }
    Ok(())
}
