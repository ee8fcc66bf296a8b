//! Where are the packages that a test needs from npm?

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The folder of that name in which npm has installed what the lockfile of `pinned` says.
///
/// What was installed from the same lockfile stays from run to run.
pub(crate) fn installed(name: &str, pinned: &Path) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|held| held.into_inner());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("the directory can be made");
    let lock = fs::read(pinned.join("package-lock.json")).expect("it is committed");
    let done = folder.join("installed.json");
    if fs::read(&done).is_ok_and(|done| done == lock) {
        return folder;
    }
    for file in ["package.json", "package-lock.json"] {
        fs::copy(pinned.join(file), folder.join(file)).expect("it can be copied");
    }
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .status()
        .expect("npm can be run");
    assert!(status.success(), "npm ci: {status}");
    fs::write(done, lock).expect("it can be written");
    folder
}
