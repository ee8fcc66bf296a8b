//! Where do the benches keep files?

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// A directory of one run under the target directory, so on a real disk. Deleted when dropped; what
/// a run leaves that is killed, the next one deletes.
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
        let all = target_directory()?.join("bench-data");
        for left in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            if is_over(&left.path()) {
                // Another run may be at it too.
                let _ = std::fs::remove_dir_all(left.path());
            }
        }
        let path = all.join(format!("{}-{number}", std::process::id()));
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

/// Whether the process that made the directory, and named it, has ended.
fn is_over(directory: &Path) -> bool {
    let name = directory.file_name().and_then(|name| name.to_str());
    let process = name.and_then(|name| name.split_once('-')?.0.parse().ok());
    let process = process.and_then(Pid::from_raw);
    process.is_some_and(|id| test_kill_process(id) == Err(Errno::SRCH))
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
