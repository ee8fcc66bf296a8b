//! What must pass before a change lands?
//!
//! Each stage is a command that can also be run by hand; it is printed before it runs. All stages
//! run even when one fails, so that one run shows everything that is wrong.

use std::io::{BufRead, BufReader, Write};
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
    tests: Tests,
}

#[derive(PartialEq, Eq)]
enum Ended {
    Passed,
    Failed,
}

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
    let (ended, tests) = run_command(program, command, arguments)?;
    Ok(Stage {
        name: name.to_owned(),
        took: begun.elapsed(),
        ended,
        tests,
    })
}

/// Runs a command, passes on what it prints, and adds up what its test runners counted.
fn run_command(program: &str, mut command: Command, arguments: &[&str]) -> Result<(Ended, Tests)> {
    let mut child = command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{program} does not start: is it installed?"))?;
    let output = child
        .stdout
        .take()
        .context("the output of a stage is not captured")?;
    let mut tests = Tests::default();
    let mut screen = std::io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("the output of a stage cannot be read")?;
        screen.write_all(&line)?;
        screen.write_all(b"\n")?;
        tests.add(&String::from_utf8_lossy(&line));
    }
    drop(screen);
    let ended = match child.wait()?.success() {
        true => Ended::Passed,
        false => Ended::Failed,
    };
    Ok((ended, tests))
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
    let tests = stages.iter().fold(Tests::default(), |sum, stage| Tests {
        passed: sum.passed + stage.tests.passed,
        failed: sum.failed + stage.tests.failed,
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
