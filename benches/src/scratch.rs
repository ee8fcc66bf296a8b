//! Where do the benches keep files?

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

/// A directory of one run under the target directory, so on a real disk. Deleted when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty directory.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = target_directory()?.join(format!("bench-data/{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self(path))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in the directory.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be deleted stays under the target directory, where `cargo clean` finds it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The target directory: a bench runs as `target/<profile>/deps/<name>`.
///
/// # Errors
/// When the running program is somewhere else.
pub fn target_directory() -> Result<PathBuf> {
    profile_directory()?
        .parent()
        .map(Path::to_owned)
        .context("a profile directory has a parent")
}

/// The directory of the profile that this bench was built with; `sandglass` lies there too.
///
/// # Errors
/// When the running program is somewhere else.
pub fn profile_directory() -> Result<PathBuf> {
    let program = std::env::current_exe().context("finding the running bench")?;
    let profile = program.parent().and_then(Path::parent);
    profile
        .map(Path::to_owned)
        .context("a bench runs as target/<profile>/deps/<name>")
}
