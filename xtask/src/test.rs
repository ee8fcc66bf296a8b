//! What must pass before a change lands?
//!
//! Each stage is a command that can also be run by hand; it is printed before it runs. All stages
//! run even when one fails, so that one run shows everything that is wrong.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Cargo's own tests of the whole: name, arguments.
const STAGES: &[(&str, &[&str])] = &[
    ("format", &["fmt", "--all", "--check"]),
    (
        "format of the engine",
        &[
            "fmt",
            "--manifest-path",
            "compiler/engine/Cargo.toml",
            "--check",
        ],
    ),
    (
        "clippy",
        &[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    ),
    (
        "doc",
        &["doc", "--quiet", "--workspace", "--no-deps", "--locked"],
    ),
    (
        "tests",
        &["test", "--workspace", "--locked", "--no-fail-fast"],
    ),
];

/// What the console's own tools check, in its folder, with the program that the stages above built:
/// name, arguments of npm.
const CONSOLE: &[(&str, &[&str])] = &[
    (
        "packages of the console",
        &["ci", "--no-audit", "--no-fund"],
    ),
    ("console, types and style", &["run", "check"]),
    ("console, logic", &["test"]),
    ("console, as committed", &["run", "dist:check"]),
    ("console, in a browser", &["run", "e2e"]),
];

/// Whose dependencies are checked: the workspace's, for the targets in `deny.toml`, and those of the
/// crates that stay out of it, for the engine's target.
const MANIFESTS: [(&str, &str, &[&str]); 3] = [
    ("deny", "Cargo.toml", &[]),
    ("deny of the engine", "compiler/engine/Cargo.toml", ENGINE),
    (
        "deny of its library",
        "compiler/engine/library/Cargo.toml",
        ENGINE,
    ),
];
const ENGINE: &[&str] = &["--target", "wasm32-wasip2"];

/// Where tools are installed that rustup does not bring.
const TOOLS: &str = "target/tools";

/// A build of its own: it neither uses nor disturbs the other one.
const INSTALL_CARGO_DENY: [&str; 10] = [
    "install",
    "--quiet",
    "--locked",
    "cargo-deny",
    "--version",
    "=0.20.2",
    "--root",
    TOOLS,
    "--target-dir",
    "target/tools/build",
];

/// How a stage went.
struct Stage {
    name: String,
    took: Duration,
    ended: Ended,
    printed: Printed,
}

#[derive(PartialEq, Eq)]
enum Ended {
    Passed,
    Failed,
}

/// What is kept of what a stage printed: enough to say at the end of a long run what failed in its middle.
#[derive(Default)]
struct Printed {
    tests: Tests,
    /// The first lines that say that something is wrong.
    wrong: Vec<String>,
    last: VecDeque<String>,
}

/// How many lines of a failed stage are said again, of those that say what is wrong and of the last ones.
const WRONG_MAX: usize = 30;
const LAST_MAX: usize = 30;

/// What is in a line of our tools, of Cargo's or of Playwright's that says what is wrong.
const WRONG: [&str; 6] = [
    "FAILED",
    "NO LONGER",
    "panicked at",
    "error: ",
    "Error: ",
    "error[",
];

/// What the test runners of a stage counted.
#[derive(Default, Clone, Copy)]
struct Tests {
    passed: u64,
    failed: u64,
}

/// Runs everything; closes with the number of tests that passed and failed.
///
/// # Errors
/// When a stage failed.
pub(crate) fn run() -> Result<()> {
    let root = root();
    let mut stages = Vec::new();
    for (name, arguments) in STAGES {
        stages.push(stage(root, name, arguments)?);
    }
    stages.push(conformance(root)?);
    for (name, arguments) in CONSOLE {
        stages.push(npm(root, name, arguments)?);
    }
    if !is_installed(root, "cargo-deny") {
        stages.push(stage(root, "cargo-deny", &INSTALL_CARGO_DENY)?);
    }
    for (name, manifest, target) in MANIFESTS {
        let of = ["deny", "--log-level", "error", "--manifest-path", manifest];
        let checks = [
            "--config",
            "deny.toml",
            "check",
            "bans",
            "licenses",
            "sources",
        ];
        stages.push(stage(root, name, &[&of, target, &checks].concat())?);
    }
    for example in examples(root)? {
        let arguments = [
            "run",
            "--quiet",
            "--locked",
            "--package",
            "sandglass-examples",
            "--example",
        ];
        let arguments: Vec<&str> = arguments.into_iter().chain([example.as_str()]).collect();
        stages.push(stage(root, &format!("example {example}"), &arguments)?);
    }
    summarise(&stages)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace")
}

fn stage(root: &Path, name: &str, arguments: &[&str]) -> Result<Stage> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(root)
        .env("RUSTDOCFLAGS", "-D warnings")
        .env("PATH", std::env::join_paths(paths(root))?);
    timed(name, "cargo", command, arguments)
}

/// Node.js' own tests and the web platform's, as far as they passed before, with the driver that the tests above built.
fn conformance(root: &Path) -> Result<Stage> {
    let mut command = Command::new(debug_build(root).join("conformance"));
    command.current_dir(root);
    timed(
        "conformance",
        "target/debug/conformance",
        command,
        &["--subset", "--check"],
    )
}

/// A stage of the console. Its browser tests run the program that the tests before them built.
fn npm(root: &Path, name: &str, arguments: &[&str]) -> Result<Stage> {
    let mut command = Command::new("npm");
    command
        .current_dir(root.join("console"))
        .env("SANDGLASS_BIN", debug_build(root).join("sandglass"));
    timed(name, "npm", command, arguments)
}

/// Where `cargo test` leaves what it builds.
pub(crate) fn debug_build(root: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root.join(target).join("debug")
}

fn timed(name: &str, program: &str, command: Command, arguments: &[&str]) -> Result<Stage> {
    println!("\n==> {name}: {program} {}", arguments.join(" "));
    let begun = Instant::now();
    let mut screen = std::io::stdout().lock();
    let (ended, printed) = run_command(program, command, arguments, &mut screen)?;
    Ok(Stage {
        name: name.to_owned(),
        took: begun.elapsed(),
        ended,
        printed,
    })
}

/// Runs a command, passes on what it prints, and keeps what the end of the run says of it.
fn run_command(
    program: &str,
    mut command: Command,
    arguments: &[&str],
    screen: &mut impl Write,
) -> Result<(Ended, Printed)> {
    let (output, to) = std::io::pipe()?;
    // On a terminal errors stay where progress can be shown.
    if !std::io::stderr().is_terminal() {
        command.stderr(to.try_clone()?);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(to);
    let mut child = command
        .spawn()
        .with_context(|| format!("{program} does not start: is it installed?"))?;
    // It holds the pipe open as well.
    drop(command);
    let mut printed = Printed::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("the output of a stage cannot be read")?;
        screen.write_all(&line)?;
        screen.write_all(b"\n")?;
        printed.add(&String::from_utf8_lossy(&line));
    }
    let ended = match child.wait()?.success() {
        true => Ended::Passed,
        false => Ended::Failed,
    };
    Ok((ended, printed))
}

impl Printed {
    fn add(&mut self, line: &str) {
        self.tests.add(line);
        self.last.push_back(line.to_owned());
        if self.last.len() <= LAST_MAX {
            return;
        }
        let left = self.last.pop_front().unwrap_or_default();
        let is_wrong = WRONG.iter().any(|wrong| left.contains(wrong));
        if is_wrong && self.wrong.len() < WRONG_MAX {
            self.wrong.push(left);
        }
    }

    /// What is said at the end of a stage that failed.
    fn lines(&self) -> impl Iterator<Item = &String> {
        self.wrong.iter().chain(&self.last)
    }
}

impl Tests {
    /// Adds `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|result| result.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            match count.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

/// The examples, in the order of their names.
fn examples(root: &Path) -> Result<Vec<String>> {
    let directory = root.join("examples");
    let entries = std::fs::read_dir(&directory).context("examples cannot be read")?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn is_installed(root: &Path, program: &str) -> bool {
    paths(root).any(|directory| directory.join(program).is_file())
}

/// Where programs are looked for: in `PATH`, then among the tools.
fn paths(root: &Path) -> impl Iterator<Item = PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    paths.into_iter().chain([root.join(TOOLS).join("bin")])
}

fn summarise(stages: &[Stage]) -> Result<()> {
    let width = stages
        .iter()
        .map(|stage| stage.name.len())
        .max()
        .unwrap_or(0);
    println!("\n{:width$}  {:>8}  result", "stage", "seconds");
    for Stage {
        name, took, ended, ..
    } in stages
    {
        let seconds = took.as_secs_f64();
        match ended {
            Ended::Passed => println!("{name:width$}  {seconds:>8.1}  passed"),
            Ended::Failed => println!("{name:width$}  {seconds:>8.1}  FAILED"),
        }
    }
    let failed: Vec<&str> = stages
        .iter()
        .filter(|s| s.ended == Ended::Failed)
        .map(|s| s.name.as_str())
        .collect();
    for stage in stages.iter().filter(|stage| stage.ended == Ended::Failed) {
        println!("\n==> failed, of what it printed: {}", stage.name);
        stage.printed.lines().for_each(|line| println!("{line}"));
    }
    let counted = stages.iter().map(|stage| stage.printed.tests);
    let tests = counted.fold(Tests::default(), |sum, tests| Tests {
        passed: sum.passed + tests.passed,
        failed: sum.failed + tests.failed,
    });
    println!("\n{} passed, {} failed", tests.passed, tests.failed);
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_counts_of_several_runners_are_added_up() {
        let mut tests = Tests::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 10 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ] {
            tests.add(line);
        }
        assert_eq!((tests.passed, tests.failed), (13, 2));
    }

    #[test]
    fn of_what_failed_the_end_says_what_is_wrong_and_how_it_ended() {
        let failing = "echo test odd ... FAILED; echo error: no 7 >&2; seq 1 100; exit 1";
        let mut screen = Vec::new();
        let (ended, printed) =
            run_command("sh", Command::new("sh"), &["-c", failing], &mut screen).unwrap();
        assert!(ended == Ended::Failed);
        assert!(screen.ends_with(b"\n99\n100\n"));
        let lines: Vec<&String> = printed.lines().collect();
        assert_eq!(lines.len(), 2 + LAST_MAX);
        assert_eq!(lines[..3], ["test odd ... FAILED", "error: no 7", "71"]);
        assert_eq!(lines.last().unwrap().as_str(), "100");
    }

    /// Every `fn` of the workspace's Rust files.
    fn functions(directory: &Path, found: &mut HashSet<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                functions(&path, found);
            } else if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let names = text
                    .split("fn ")
                    .skip(1)
                    .filter_map(|rest| rest.split('(').next());
                found.extend(names.map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_test_that_a_promise_names_exists() {
        let root = root();
        let mut found = HashSet::new();
        functions(root, &mut found);
        let promises = std::fs::read_to_string(root.join("docs/promises.md")).unwrap();
        let missing: Vec<&str> = promises
            .split('`')
            .filter_map(|code| code.split_once("::").map(|_| code))
            .filter(|code| !code.contains(['(', ' ', '\n']) && !code.contains("file::test"))
            .filter(|code| !found.contains(code.rsplit("::").next().unwrap_or_default()))
            .collect();
        assert!(
            missing.is_empty(),
            "docs/promises.md names tests that do not exist: {missing:?}"
        );
    }
}
