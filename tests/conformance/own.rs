//! Where are the driver's own files?
//!
//! In the source tree, read when they are used: to change the shim or a rule needs no build.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// The folder `tests/conformance`.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

/// The text of a file below it.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn text(path: &str) -> Result<String> {
    let path = folder().join(path);
    fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}

/// A table in a file below it.
///
/// # Errors
/// When it cannot be read, or is not what it should be.
pub(crate) fn table<T: serde::de::DeserializeOwned>(path: &str) -> Result<T> {
    toml::from_str(&text(path)?).with_context(|| path.to_owned())
}
