//! Does a lambda do in Node.js what it did in its sandbox?
//!
//! [`Node`] runs it in the Node.js of this machine, under the conditions of a repeatable invocation and
//! with the same answers to what it asks; [`first_difference`] says what came out otherwise. The toolbelt,
//! the console and the rules of settling are the engine's own JavaScript; everything else is Node.js's.
//! Node.js isolates nothing: this is for one's own code.

mod modules;
mod view;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use sandglass_runtime::{Conditions, Exchange};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::bundle::{alone, checked};
use crate::{CompileError, Source};

pub use view::{Difference, first_difference};

/// The oldest Node.js that has what this needs: hooks that say what a module is.
const OLDEST: (u32, u32) = (20, 6);

/// What a lambda did in Node.js.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct NodeRun {
    /// How it settled: `{"returned": JSON}` or `{"threw": {"kind", "name", "message"}}`.
    pub(crate) outcome: Value,
    pub(crate) logs: Vec<Value>,
    pub(crate) asked: Vec<Value>,
}

/// What the harness writes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Ran(NodeRun),
    Lacks { missing: String },
}

/// The Node.js of this machine.
#[derive(Debug, Clone)]
pub struct Node {
    version: String,
}

/// Why a lambda was not run in Node.js.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// There is none.
    #[error("Node.js is not installed: there is no `node` in PATH")]
    Missing(#[source] std::io::Error),
    /// It lacks what is needed.
    #[error("Node.js {0} is too old: {major}.{minor} is needed", major = OLDEST.0, minor = OLDEST.1)]
    TooOld(String),
    /// A package that comes with Sandglass is not installed where Node.js looks for it.
    #[error("Node.js does not find the package {0}, which comes with Sandglass")]
    PackageMissing(String),
    /// The lambda did not end in time.
    #[error("the lambda did not end in Node.js within {} s", .0.as_secs_f64())]
    TooLong(Duration),
    /// It ended without saying what came of the lambda.
    #[error("Node.js ended without an answer: {0}")]
    Silent(String),
    /// It could not be talked to.
    #[error("Node.js could not be run")]
    Io(#[from] std::io::Error),
    /// The source does not parse.
    #[error(transparent)]
    Source(#[from] CompileError),
}

impl NodeError {
    /// What to do about it; may be empty.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing(_) | Self::TooOld(_) => {
                "install Node.js 20 or newer from https://nodejs.org, or put it first in PATH"
            }
            Self::PackageMissing(_) => "run `npm install` with its name beside the lambda",
            Self::TooLong(_) => "give it more time with --timeout",
            _ => "",
        }
    }
}

const HARNESS: &str = concat!(
    include_str!("against_node/harness.mjs"),
    include_str!("against_node/own_files.mjs")
);

impl Node {
    /// Finds Node.js in `PATH`.
    ///
    /// # Errors
    /// When there is none, or it is older than 20.6.
    pub async fn find() -> Result<Self, NodeError> {
        let output = Command::new("node").arg("--version").output().await;
        let output = output.map_err(NodeError::Missing)?;
        let version = String::from_utf8_lossy(&output.stdout);
        let version = version.trim().trim_start_matches('v').to_owned();
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
        let found = (
            numbers.next().unwrap_or(0),
            numbers.next().unwrap_or_default(),
        );
        match found >= OLDEST {
            true => Ok(Self { version }),
            false => Err(NodeError::TooOld(version)),
        }
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Runs a lambda. `beside` is its file: packages that are not part of the source are looked for from
    /// there. `exchanges` are those of the invocation that it is compared with.
    ///
    /// # Errors
    /// When Node.js fails, or the lambda does not end within `at_most`.
    pub async fn run(
        &self,
        source: &Source,
        beside: &Path,
        repeated: Repeated<'_>,
        at_most: Duration,
    ) -> Result<NodeRun, NodeError> {
        let given = given(source, beside, &repeated).await?.to_string();
        let mut node = Command::new("node")
            .args(["--no-warnings", "--input-type=module", "--eval"])
            .arg(HARNESS)
            .env("TZ", "UTC")
            .env_remove("NODE_OPTIONS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut stdin = node.stdin.take().expect("it is piped");
        let talk = async {
            // Node.js may have ended before it has read all of it; then it has said why.
            let _ = stdin.write_all(given.as_bytes()).await;
            drop(stdin);
            node.wait_with_output().await
        };
        let output = tokio::time::timeout(at_most, talk).await;
        let output = output.map_err(|_| NodeError::TooLong(at_most))??;
        match serde_json::from_slice(&output.stdout) {
            Ok(Answer::Ran(run)) => Ok(run),
            Ok(Answer::Lacks { missing }) => Err(NodeError::PackageMissing(missing)),
            Err(_) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let line = said.lines().find(|line| line.contains("Error"));
                Err(NodeError::Silent(line.unwrap_or(said.trim()).to_owned()))
            }
        }
    }
}

/// What is done again.
#[derive(Debug, Clone, Copy)]
pub struct Repeated<'a> {
    /// The input, JSON text.
    pub input: &'a str,
    /// What the invocation found instead of the clock and of chance.
    pub conditions: Conditions,
    /// What it asked and was answered.
    pub exchanges: &'a [Exchange],
}

/// All that the harness is told.
async fn given(
    source: &Source,
    beside: &Path,
    repeated: &Repeated<'_>,
) -> Result<Value, NodeError> {
    let findings = checked(source).await.map_err(CompileError::from)?;
    let source = &alone(source.clone(), &findings)
        .await
        .map_err(CompileError::from)?;
    let (code, module) = match source.bundle() {
        Some(bundle) => (bundle.code.as_str(), bundle.module),
        None => (source.code(), false),
    };
    let modules: BTreeMap<_, _> = modules::TOOLBELTS.iter().copied().collect();
    let Conditions { unix_ms, seed } = repeated.conditions;
    Ok(json!({
        "code": code,
        "module": module,
        "fileName": source.file_name(),
        "takesCallback": findings.takes_callback,
        "beside": std::path::absolute(beside)?,
        "environment": source.environment(),
        "input": repeated.input,
        "conditions": { "unixMs": unix_ms, "seed": seed },
        "exchanges": repeated.exchanges,
        "modules": modules,
        "files": source.bundle().map(|bundle| &bundle.files),
        "packages": sandglass_runtime::engine_packages().keys().collect::<Vec<_>>(),
        "prelude": modules::PRELUDE,
        "protocol": modules::PROTOCOL,
    }))
}
