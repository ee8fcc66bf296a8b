//! What is in the folder of the tests?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// The folder `test` of Node.js' sources.
pub(crate) struct Tree {
    root: PathBuf,
    /// Of each file name among the fixtures, where files of that name are, below `fixtures`.
    pub(crate) fixtures: BTreeMap<String, Vec<String>>,
}

impl Tree {
    /// Looks through the folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(root: PathBuf) -> Result<Self> {
        let mut paths = Vec::new();
        walk(&root.join("fixtures"), "", &mut paths)?;
        let mut fixtures = BTreeMap::<String, Vec<String>>::new();
        for path in paths {
            if path.starts_with("wpt/") || path.contains("node_modules/") {
                continue;
            }
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            fixtures.entry(name).or_default().push(path);
        }
        Ok(Self { root, fixtures })
    }

    /// The names of the files right in a folder, sorted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn names(&self, folder: &str) -> Result<Vec<String>> {
        let folder = self.root.join(folder);
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names: Vec<String> = names.collect::<std::io::Result<_>>()?;
        names.sort_unstable();
        Ok(names)
    }

    /// The paths of all files below a folder, relative to it, sorted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn below(&self, folder: &str) -> Result<Vec<String>> {
        below(&self.root.join(folder))
    }

    /// A file's text, if it is there.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.root.join(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A file as the shim takes it: its text, or its bytes in base64 when they are no text.
    pub(crate) fn file(&self, path: &str) -> Option<Value> {
        let bytes = fs::read(self.root.join(path)).ok()?;
        Some(match String::from_utf8(bytes) {
            Ok(text) => Value::String(text),
            Err(error) => json!({ "base64": BASE64_STANDARD.encode(error.as_bytes()) }),
        })
    }

    /// A file's size in bytes; 0 when it is not there.
    pub(crate) fn size(&self, path: &str) -> u64 {
        fs::metadata(self.root.join(path)).map_or(0, |metadata| metadata.len())
    }
}

/// The paths of all files below a folder, relative to it, sorted.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn below(folder: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    walk(folder, "", &mut paths)?;
    paths.sort_unstable();
    Ok(paths)
}

fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
