//! How does a test run a lambda?
//!
//! A [`Case`] is a lambda in a few lines of JavaScript with its policy and its input; [`check`] runs
//! it once in the real runtime and compares the outcome. All cases share one runtime, since
//! compiling the engine is most of the cost; each is loaded under its own policy and account.

pub(crate) mod accounts;
pub(crate) mod binary;
pub(crate) mod clients;
pub(crate) mod document;
pub(crate) mod documented;
pub(crate) mod hosts;
pub(crate) mod http2;
pub(crate) mod node;
pub(crate) mod npm;
pub(crate) mod page;
pub(crate) mod platform;
pub(crate) mod ports;
pub(crate) mod python;
pub(crate) mod sentinel;
pub(crate) mod server;
pub(crate) mod steps;
pub(crate) mod temporary;
pub(crate) mod tls;
pub(crate) mod two_accounts;
pub(crate) mod upstream;

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sandglass_compiler::{CompileError, Compiler, Source};
use sandglass_runtime::{
    Artifact, ByteSize, FailureKind, Fuel, Invocation, Lambda, Limit, Limits, Outcome, Policy,
    Report, Runtime, RuntimeBuilder, Secret, SecretGrants,
};
use serde_json::{Value, json};

/// The tokio runtime that all tests share.
pub(crate) fn tokio() -> &'static tokio::runtime::Runtime {
    static TOKIO: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    TOKIO.get_or_init(|| tokio::runtime::Runtime::new().expect("threads can be started"))
}

/// Runs a future to its end on the shared tokio runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio().block_on(future)
}

/// Where the engine's native code is kept between test runs.
pub(crate) fn code_cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("code-cache")
}

/// Gives a new code cache the engine's native code, which takes long to make. Links will do: a cache
/// replaces files and changes none.
pub(crate) fn share_engine_code(cache: &Path) {
    let engine = runtime().engine_digest().as_str();
    fs::create_dir_all(cache).expect("the directory can be made");
    for entry in fs::read_dir(code_cache()).expect("the runtime filled it") {
        let entry = entry.expect("it is readable");
        let name = entry.file_name().into_string().expect("it is ASCII");
        if name.starts_with(engine) && !name.ends_with(".tmp") {
            fs::hard_link(entry.path(), cache.join(name)).expect("it can be linked");
        }
    }
}

/// A builder with the tests' hosts: a real HTTP client that may reach loopback, secrets by account.
pub(crate) fn builder() -> RuntimeBuilder {
    Runtime::builder()
        .http_client(hosts::Network)
        .secrets(hosts::AccountSecrets)
        .code_cache(code_cache())
        .code_cache_max(ByteSize::mib(256))
}

/// The sandglass runtime that all tests share.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        block_on(async {
            builder()
                .instances_max(64)
                .build()
                .expect("the runtime builds")
        })
    })
}

/// A compiler whose patience with a top level that never ends is shorter than its default.
pub(crate) fn compiler(runtime: &Runtime) -> Compiler {
    let mut limits = Limits::default();
    limits.fuel = Fuel::new(2_000_000_000);
    limits.memory = ByteSize::mib(128);
    Compiler::new(runtime).with_limits(limits)
}

/// A lambda in a few lines of JavaScript, with its environment, policy, secrets and input.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) file_name: String,
    pub(crate) code: String,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) policy: Policy,
    pub(crate) input: String,
}

/// A plain lambda with this body; `input` and `callback` are in scope.
pub(crate) fn lambda(body: &str) -> Case {
    source(&format!("function lambda(input, callback) {{ {body}\n}}"))
}

/// An `async` lambda with this body; `input`, `callback` and the toolbelt's `httpClient` and
/// `secretClient` are in scope.
pub(crate) fn async_lambda(body: &str) -> Case {
    let toolbelt = "const { Toolbelt } = require('lp-faas-toolbelt'); \
                    const httpClient = Toolbelt.HTTPClient(); \
                    const secretClient = Toolbelt.SecretClient(); ";
    source(&format!(
        "{toolbelt} async function lambda(input, callback) {{ {body}\n}}"
    ))
}

/// A whole source file.
pub(crate) fn source(code: &str) -> Case {
    static ACCOUNTS: AtomicU64 = AtomicU64::new(1);
    let account = format!("account-{}", ACCOUNTS.fetch_add(1, Ordering::Relaxed));
    let account = account.parse().expect("it is a valid account id");
    let policy = Policy {
        account: Some(account),
        ..Policy::default()
    };
    Case {
        file_name: "lambda.js".into(),
        code: code.into(),
        environment: Vec::new(),
        policy,
        input: r#"{"timestamp":0,"headers":[],"payload":{}}"#.into(),
    }
}

impl Case {
    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets the payload.
    pub(crate) fn payload(mut self, payload: Value) -> Self {
        self.input = json!({ "timestamp": 0, "headers": [], "payload": payload }).to_string();
        self
    }

    /// Sets the whole input, JSON text.
    pub(crate) fn input(mut self, input: &str) -> Self {
        self.input = input.into();
        self
    }

    /// Whitelists these hosts.
    pub(crate) fn allow(mut self, rules: &[&str]) -> Self {
        let rules = rules
            .iter()
            .map(|rule| rule.parse().expect("a valid whitelist rule"));
        self.policy.allowed_hosts = rules.collect();
        self
    }

    /// Stores a secret in the case's account and grants all of the account's secrets.
    pub(crate) fn secret(mut self, name: &str, value: Value) -> Self {
        let account = self
            .policy
            .account
            .clone()
            .expect("every case has an account");
        let value = Secret::from_json(value.to_string()).expect("a value is JSON");
        hosts::put_secret(account, name.parse().expect("a valid secret name"), value);
        self.policy.secrets = SecretGrants::all();
        self
    }

    /// Changes limits.
    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.policy.limits);
        self
    }

    /// Compiles the case for a runtime.
    pub(crate) async fn compile_for(&self, runtime: &Runtime) -> Result<Artifact, CompileError> {
        let mut source = Source::new(self.file_name.clone(), self.code.clone())?;
        for (name, value) in &self.environment {
            source = source.env(name.clone(), value.clone())?;
        }
        compiler(runtime).compile(&source).await
    }

    /// Compiles the case for the shared runtime.
    pub(crate) fn compile(&self) -> Result<Artifact, CompileError> {
        block_on(self.compile_for(runtime()))
    }

    /// Compiles and loads the case into a runtime.
    pub(crate) async fn load_into(&self, runtime: &Runtime) -> Lambda {
        let artifact = self
            .compile_for(runtime)
            .await
            .unwrap_or_else(|e| panic!("{e:?}"));
        runtime
            .load(artifact, self.policy.clone())
            .await
            .expect("a fresh artifact loads")
    }

    /// Compiles and loads the case into the shared runtime.
    pub(crate) fn load(&self) -> Lambda {
        block_on(self.load_into(runtime()))
    }

    /// The case's input as an invocation.
    pub(crate) fn invocation(&self) -> Invocation {
        Invocation::json(self.input.clone()).expect("a case's input is JSON")
    }

    /// Runs the case once.
    pub(crate) fn run(&self) -> Report {
        block_on(self.load().invoke(self.invocation())).expect("the host does not fail")
    }
}

/// The outcome that a test expects.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    /// A result.
    Returned(Value),
    /// The callback was called without a result.
    ReturnedNothing,
    /// A failure of that kind with that message.
    Threw(FailureKind, String),
    /// A limit.
    Exceeded(Limit),
}

/// Expects this result.
pub(crate) fn returned(result: impl Into<Value>) -> Expected {
    Expected::Returned(result.into())
}

/// Expects a failure of the lambda's own: it called back with an error or threw one.
pub(crate) fn failed(message: &str) -> Expected {
    Expected::Threw(FailureKind::Custom, message.into())
}

/// Expects a crash: a `TypeError` or the like.
pub(crate) fn crashed(message: &str) -> Expected {
    Expected::Threw(FailureKind::RuntimeError, message.into())
}

/// Expects the lambda to run into that limit.
pub(crate) fn exceeded(limit: Limit) -> Expected {
    Expected::Exceeded(limit)
}

/// Runs a case once, compares its outcome, and returns the report for what else there is to see.
#[track_caller]
pub(crate) fn check(case: Case, expected: Expected) -> Report {
    let report = case.run();
    assert_eq!(
        outcome(&report),
        expected,
        "of {}\nlogs: {:?}",
        case.code,
        report.logs
    );
    report
}

/// A report's outcome in the form in which tests expect it.
pub(crate) fn outcome(report: &Report) -> Expected {
    match &report.outcome {
        Outcome::Returned(Some(json)) => {
            Expected::Returned(serde_json::from_str(json.get()).expect("a result is JSON"))
        }
        Outcome::Returned(None) => Expected::ReturnedNothing,
        Outcome::Threw(failure) => Expected::Threw(failure.kind, failure.message.clone()),
        Outcome::Exceeded(limit) => Expected::Exceeded(*limit),
        other => panic!("an outcome that the tests do not know: {other:?}"),
    }
}

/// The result of a case that returns one.
#[track_caller]
pub(crate) fn result_of(case: &Case) -> Value {
    match outcome(&case.run()) {
        Expected::Returned(value) => value,
        other => panic!("{other:?}, of {}", case.code),
    }
}

/// A report's logs as `Level message extras` lines.
pub(crate) fn log_lines(report: &Report) -> Vec<String> {
    let line = |entry: &sandglass_runtime::LogEntry| {
        format!(
            "{} {} {}",
            entry.level.as_str(),
            entry.message,
            entry.extras.get()
        )
    };
    report.logs.iter().map(line).collect()
}
