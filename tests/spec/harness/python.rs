//! Where are the packages that a test needs from PyPI?

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// What to do when there is no Python, or one without its standard modules.
const HINT: &str = "the tests need Python 3.11 or newer with its module venv: \
                    on Debian and Ubuntu, `apt-get install python3 python3-venv`";

/// The folder of an environment in which pip has installed what `requirements.txt` pins, by hashes.
///
/// What was installed from the same file, by the same Python, stays from run to run.
pub(crate) fn environment() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|held| held.into_inner());
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/requirements.txt");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let wanted = fs::read_to_string(&pinned).expect("it is committed") + &version();
    let done = folder.join("installed.txt");
    if fs::read_to_string(&done).is_ok_and(|done| done == wanted) {
        return folder;
    }
    let mut make = Command::new("python3");
    succeed(make.args(["-m", "venv", "--clear"]).arg(&folder), HINT);
    let mut install = Command::new(folder.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--require-hashes"]);
    install.args([
        "--no-deps",
        "--only-binary",
        ":all:",
        "--disable-pip-version-check",
    ]);
    let hint =
        "the packages of tests/clients/requirements.txt come from PyPI, for Python 3.11 or newer";
    succeed(install.arg("--requirement").arg(&pinned), hint);
    fs::write(done, wanted).expect("it can be written");
    folder
}

/// What the interpreter says of itself.
fn version() -> String {
    let asked = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable, sys.version)"])
        .output();
    let said = asked.unwrap_or_else(|error| panic!("python3: {error}; {HINT}"));
    String::from_utf8(said.stdout).expect("it prints UTF-8")
}

fn succeed(command: &mut Command, hint: &str) {
    let status = command.status();
    let status = status.unwrap_or_else(|error| panic!("{command:?}: {error}; {hint}"));
    assert!(status.success(), "{command:?}: {status}; {hint}");
}
