//! Where does a test keep its files?

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::io::Errno;
use rustix::process::{Pid, getpid, test_kill_process};
use tempfile::TempDir;

/// A new directory, deleted when it is dropped.
pub(crate) fn directory() -> TempDir {
    tempfile::tempdir_in(run()).expect("there is room for temporary files")
}

/// The directory of this run, under the target directory: on the same disk as the code cache, whose
/// files are linked from here. What a run leaves that is killed, or in its statics, the next one
/// deletes, and `cargo clean` does.
pub(crate) fn run() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| {
        let runs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runs");
        fs::create_dir_all(&runs).expect("the directory can be made");
        for run in fs::read_dir(&runs).expect("it can be read") {
            let run = run.expect("it can be read").path();
            if is_over(&run) {
                // Another run may be at it too.
                let _ = fs::remove_dir_all(run);
            }
        }
        let run = runs.join(getpid().to_string());
        fs::create_dir_all(&run).expect("the directory can be made");
        run
    })
}

/// Whether no process but this one can be using the directory, which is named by its process.
fn is_over(run: &Path) -> bool {
    let name = run.file_name().and_then(|name| name.to_str());
    let process = name.and_then(|name| Pid::from_raw(name.parse().ok()?));
    process.is_none_or(|id| id == getpid() || test_kill_process(id) == Err(Errno::SRCH))
}
