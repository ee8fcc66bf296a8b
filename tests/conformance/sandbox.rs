//! How is a test run in a sandbox?
//!
//! The shim is a lambda, compiled and loaded once; each test is an invocation of it, in a sandbox of its own, with
//! the test's files as its payload. What a test did is in what the shim calls back with, and in how the invocation ended.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::artifact::{Bundle, FileBytes};
use sandglass_runtime::{
    ByteSize, Failure, FailureKind, Fuel, Invocation, Lambda, Limit, Limits, LogEntry, Outcome,
    Policy, Report, Runtime,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::own;
use crate::reasons::Reason;
use crate::verdict::Verdict;

/// The shim, and other lambdas that run tests, ready to do so.
pub(crate) struct Sandboxes {
    runtime: Runtime,
    lambda: Lambda,
    others: BTreeMap<String, Lambda>,
}

/// What came of one invocation.
pub(crate) struct Run {
    pub(crate) verdict: Verdict,
    pub(crate) logs: Vec<LogEntry>,
    /// The whole error, for people.
    pub(crate) stack: String,
    pub(crate) millis: u64,
    pub(crate) fuel: u64,
}

/// What the shim calls back with.
#[derive(Deserialize)]
pub(crate) struct Told {
    status: String,
    #[serde(default)]
    message: String,
}

impl Sandboxes {
    /// Compiles the shim for the engine of this build.
    ///
    /// # Errors
    /// When the engine cannot be set up, or the shim does not compile.
    pub(crate) async fn start(folder: &Path) -> Result<Self> {
        let runtime = Runtime::builder()
            .code_cache(folder.join("code-cache"))
            .code_cache_max(ByteSize::mib(512))
            .memory_max(ByteSize::mib(MEMORY_MIB))
            .instances_max(64)
            .build()
            .context("the engine cannot be set up")?;
        let shim = Source::new("conformance.js", own::text("shim/lambda.js")?)?;
        let lambda = loaded(&runtime, &shim).await?;
        let others = BTreeMap::new();
        Ok(Self {
            runtime,
            lambda,
            others,
        })
    }

    /// Compiles another lambda that runs tests.
    ///
    /// # Errors
    /// When it does not compile.
    pub(crate) async fn also(&mut self, name: &str, source: &Source) -> Result<()> {
        let lambda = loaded(&self.runtime, source).await?;
        self.others.insert(name.to_owned(), lambda);
        Ok(())
    }

    /// Runs one test by the shim, with what it finds as its payload.
    ///
    /// # Errors
    /// When the host fails: no test can cause that.
    pub(crate) async fn run(&self, payload: &Value) -> Result<Run> {
        run(&self.lambda, payload).await
    }

    /// Runs one test of `fs`, by the shim as a lambda that has the test's files as its own.
    ///
    /// # Errors
    /// When the host fails, or the files are more than a lambda may have.
    pub(crate) async fn run_with_files(&self, payload: &Value) -> Result<Run> {
        let code = own::text("shim/lambda.js")?;
        let bundle = Bundle {
            code: code.clone(),
            map: String::new(),
            module: false,
            requires: vec!["fs".to_owned(), "fs/promises".to_owned()],
            files: own_files(payload),
        };
        let source = Source::new("conformance.js", code)?.with_bundle(bundle)?;
        run(&loaded(&self.runtime, &source).await?, payload).await
    }

    /// Runs one test by another lambda.
    ///
    /// # Errors
    /// When the host fails: no test can cause that.
    pub(crate) async fn run_by(&self, name: &str, payload: &Value) -> Result<Run> {
        let lambda = self.others.get(name);
        run(lambda.context("the lambda is compiled")?, payload).await
    }
}

/// The files of a payload, as a lambda has them below `/`.
fn own_files(payload: &Value) -> BTreeMap<String, FileBytes> {
    let files = payload["files"].as_object().into_iter().flatten();
    let bytes = |file: &Value| match (file.as_str(), file["base64"].as_str()) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (None, Some(base64)) => BASE64_STANDARD.decode(base64).ok(),
        (None, None) => None,
    };
    files
        .filter_map(|(path, file)| {
            let path = path.trim_start_matches('/').to_owned();
            Some((path, FileBytes(bytes(file)?)))
        })
        .collect()
}

async fn loaded(runtime: &Runtime, source: &Source) -> Result<Lambda> {
    let artifact = Compiler::new(runtime).compile(source).await?;
    let policy = Policy {
        limits: limits(),
        ..Policy::default()
    };
    Ok(runtime.load_apart(artifact, policy).await?)
}

async fn run(lambda: &Lambda, payload: &Value) -> Result<Run> {
    let input = json!({ "timestamp": 0, "headers": [], "payload": payload });
    let invocation = Invocation::json(input.to_string())?;
    Ok(told(lambda.invoke(invocation).await?))
}

/// What a test may have of memory: some times the longest text there can be, which some tests make.
const MEMORY_MIB: u64 = 1024;

/// Some seconds of CPU in fuel, which is exact: what passes here passes on a slow machine. The wall clock is
/// for what waits for ever.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.fuel = Fuel::new(150_000_000_000);
    limits.memory = ByteSize::mib(MEMORY_MIB);
    limits.wall_clock = Duration::from_secs(120);
    limits.log_entries = 200_000;
    limits.log = ByteSize::mib(64);
    limits.payload = ByteSize::mib(32);
    limits
}

fn told(report: Report) -> Run {
    let (verdict, stack) = verdict(&report.outcome);
    Run {
        verdict,
        logs: report.logs,
        stack,
        millis: u64::try_from(report.usage.wall.as_millis()).unwrap_or(u64::MAX),
        fuel: report.usage.fuel,
    }
}

fn verdict(outcome: &Outcome) -> (Verdict, String) {
    match outcome {
        Outcome::Returned(result) => {
            let told = result
                .as_ref()
                .map(|result| serde_json::from_str::<Told>(result.get()));
            (returned(told.and_then(Result::ok)), String::new())
        }
        Outcome::Threw(failure) => (threw(failure), failure.stack.clone()),
        Outcome::Exceeded(limit) => (exceeded(*limit), String::new()),
        _ => (
            failed(Reason::Harness, "an outcome that the harness does not know"),
            String::new(),
        ),
    }
}

pub(crate) fn returned(told: Option<Told>) -> Verdict {
    let Some(Told { status, message }) = told else {
        return failed(
            Reason::Harness,
            "the harness did not say what came of the test",
        );
    };
    match status.as_str() {
        "passed" => Verdict::Passed,
        "skipped" => Verdict::Skipped { message },
        "uncalled" => failed(Reason::Calls, &message),
        _ => failed(Reason::Threw, &message),
    }
}

fn threw(failure: &Failure) -> Verdict {
    let Failure {
        kind,
        name,
        message,
        ..
    } = failure;
    let told = match name.is_empty() {
        true => message.clone(),
        false => format!("{name}: {message}"),
    };
    match kind {
        FailureKind::Crashed => failed(Reason::Crashed, &told),
        FailureKind::Unfinished => failed(Reason::Harness, &told),
        _ => failed(Reason::of(name, message), &told),
    }
}

fn exceeded(limit: Limit) -> Verdict {
    failed(Reason::Limit, &limit.message(&limits()))
}

fn failed(reason: Reason, message: &str) -> Verdict {
    Verdict::Failed {
        reason,
        message: message.to_owned(),
    }
}
