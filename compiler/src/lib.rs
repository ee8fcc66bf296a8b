//! How does JavaScript source become an artifact?
//!
//! It is parsed (to say early and well what is wrong, and to learn which modules it requires), then
//! evaluated in the sandbox that later serves it; the memory that this leaves is the artifact's
//! image. Nothing of the source ever becomes native code.

pub mod against_node;
mod bundle;
mod compile_error;
mod crypto_parts;
mod own_files;
mod prepare;
mod source;
mod syntax;
mod worker;
mod workers;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sandglass_runtime::artifact::{Artifact, Bundle, FileBytes, Header};
use sandglass_runtime::{
    BuildInput, ByteSize, EvaluateError, Fuel, Limit, Limits, Rejection, RejectionKind, Runtime,
    SourceMap,
};

pub use bundle::pack;
pub use compile_error::{CompileError, CompileErrorKind};
pub use source::Source;
pub use worker::run_if_worker;
pub use workers::{WorkerLimits, Workers};

use compile_error::{Mistakes, Place};
use prepare::{Prepared, prepare};
use syntax::Findings;

/// What a lambda that was not bundled reads with `fs`.
static NO_FILES: BTreeMap<String, FileBytes> = BTreeMap::new();

/// Compiles lambdas for the engine of one runtime. Cheap to clone.
#[derive(Clone)]
pub struct Compiler {
    runtime: Runtime,
    limits: Limits,
    workers: Option<Workers>,
}

impl Compiler {
    /// Compiles for that runtime's engine.
    ///
    /// A top level may burn some seconds' worth of fuel, last 10 s, and use 128 MiB.
    pub fn new(runtime: &Runtime) -> Self {
        let mut limits = Limits::default();
        limits.fuel = Fuel::new(50_000_000_000);
        limits.wall_clock = Duration::from_secs(10);
        limits.memory = ByteSize::mib(128);
        Self {
            runtime: runtime.clone(),
            limits,
            workers: None,
        }
    }

    /// Replaces the limits under which the top level runs.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Parses and bundles in processes of their own, within their limits, instead of in this one. The
    /// artifacts are the same.
    #[must_use]
    pub fn with_workers(mut self, workers: Workers) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Compiles a source. The same source, environment and engine give the same artifact, byte for
    /// byte.
    ///
    /// Must be called on a tokio runtime with time enabled.
    ///
    /// # Errors
    /// When the source does not parse, it or its top level runs into a limit, its top level throws, or
    /// it has no function named `lambda`; with the place in the source.
    pub async fn compile(&self, source: &Source) -> Result<Artifact, CompileError> {
        let Prepared { source, findings } = &self.prepared(source).await?;
        let bundle = source.bundle();
        let specifiers = findings.requires.iter().map(|require| &require.specifier);
        let mut preload: Vec<String> = match bundle {
            Some(bundle) => bundle.requires.clone(),
            None => specifiers.cloned().collect(),
        };
        let globals = findings.globals.iter();
        preload.extend(globals.map(|name| format!("globalThis.{name}")));
        let code: &str = bundle.map_or(source.code(), |bundle| &bundle.code);
        preload.extend(crypto_parts::named(code));
        if findings.uses_salesforce {
            preload.push("jsforce".to_owned());
        }
        let input = BuildInput {
            file_name: source.file_name(),
            code,
            module: bundle.is_some_and(|bundle| bundle.module),
            takes_callback: findings.takes_callback,
            environment: source.environment(),
            preload: &preload,
            files: bundle.map_or(&NO_FILES, |bundle| &bundle.files),
            limits: &self.limits,
        };
        let evaluated = self.runtime.evaluate(input).await;
        let evaluation =
            evaluated.map_err(|error| self.evaluation_error(source, findings, error))?;
        let header = Header {
            engine: self.runtime.engine_digest().clone(),
            file_name: source.file_name().to_owned(),
            source_sha256: String::new(),
            environment: source.environment().clone(),
            memory_pages: evaluation.memory_pages,
            bundle: bundle.cloned(),
        };
        Ok(Artifact::assemble(header, source.code(), &evaluation.image))
    }

    /// Says what is wrong with a source, as far as that can be told without running it.
    ///
    /// # Errors
    /// When the source does not parse, or nothing in it could become a function named `lambda`; with
    /// the place in the source.
    pub async fn check(&self, source: &Source) -> Result<(), CompileError> {
        possible(&self.prepared(source).await?, source)
    }

    /// All that is wrong with a source, as far as that shows cheaply and without running it; the first is
    /// what [`check`](Self::check) says.
    pub async fn mistakes(&self, source: &Source) -> Vec<CompileError> {
        match self.prepared(source).await {
            Ok(prepared) => possible(&prepared, source).err().into_iter().collect(),
            Err(mistakes) => mistakes.into_all(),
        }
    }

    /// Parses and bundles, here or in a process for it.
    async fn prepared(&self, source: &Source) -> Result<Prepared, Mistakes> {
        match &self.workers {
            Some(workers) => workers.prepare(source).await,
            None => prepare(source).await,
        }
    }

    /// Compiles the source that an artifact was built from, with its environment, for this
    /// runtime's engine.
    ///
    /// # Errors
    /// As [`Compiler::compile`].
    pub async fn recompile(&self, artifact: &Artifact) -> Result<Artifact, CompileError> {
        let header = artifact.header();
        let mut source = Source::new(header.file_name.as_str(), artifact.source())?;
        for (name, value) in &header.environment {
            source = source.env(name, value)?;
        }
        if let Some(bundle) = &header.bundle {
            source = source.with_bundle(bundle.clone())?;
        }
        self.compile(&source).await
    }

    fn evaluation_error(
        &self,
        source: &Source,
        findings: &Findings,
        error: EvaluateError,
    ) -> CompileError {
        match error {
            EvaluateError::Rejected(rejection) => rejected(source, findings, rejection),
            EvaluateError::Exceeded(limit) => self.exceeded(source, limit),
            EvaluateError::Crashed => source.error(
                CompileErrorKind::Exceeded,
                "the JavaScript engine crashed on this source",
            ),
            error => {
                let mut message = error.to_string();
                let mut cause = std::error::Error::source(&error);
                while let Some(error) = cause {
                    message = format!("{message}: {error}");
                    cause = error.source();
                }
                source.error(CompileErrorKind::Host, message)
            }
        }
    }

    fn exceeded(&self, source: &Source, limit: Limit) -> CompileError {
        let message = match limit {
            Limit::Fuel | Limit::WallClock => {
                "the top level of the source takes too long: it was stopped".to_owned()
            }
            Limit::Memory => format!(
                "the top level of the source needs more than {} of memory: it was stopped",
                self.limits.memory
            ),
            other => format!(
                "the top level of the source was stopped: {}",
                other.message(&self.limits)
            ),
        };
        source.error(CompileErrorKind::Exceeded, message).with_hint(
            "what stands outside of `lambda` runs once, when the lambda is built: keep it short",
        )
    }
}

/// Whether it can become a lambda at all.
fn possible(Prepared { findings, .. }: &Prepared, source: &Source) -> Result<(), CompileError> {
    // Code may make `lambda` in ways that only running it shows, but hardly without its name.
    match findings.exports_lambda || source.code().contains("lambda") {
        true => Ok(()),
        false => Err(findings.lambda_missing(source)),
    }
}

fn rejected(source: &Source, findings: &Findings, rejection: Rejection) -> CompileError {
    let kind = match rejection.kind {
        RejectionKind::LambdaMissing => return findings.lambda_missing(source),
        RejectionKind::Syntax => CompileErrorKind::Syntax,
        RejectionKind::NotAtBuildTime => CompileErrorKind::NotAtBuildTime,
        _ => CompileErrorKind::Threw,
    };
    let hint = match kind {
        CompileErrorKind::Threw => {
            "what stands outside of `lambda` runs once, when the lambda is built"
        }
        _ => "",
    };
    let error = source.error(kind, rejection.message).with_hint(hint);
    match source.bundle() {
        None => {
            let (line, column) = (rejection.line, rejection.column);
            error.at(source, Place { line, column })
        }
        Some(bundle) => at_its_file(error, source, bundle, rejection.line, rejection.column),
    }
}

/// The same error at the place of a file that went into the bundle.
fn at_its_file(
    mut error: CompileError,
    source: &Source,
    bundle: &Bundle,
    line: u32,
    column: u32,
) -> CompileError {
    let map = SourceMap::parse(&bundle.map);
    let Some(place) = map.and_then(|map| map.place(line, column)) else {
        return error;
    };
    let (line, column) = (place.line, place.column);
    if Path::new(&place.file).file_name() == Path::new(source.file_name()).file_name() {
        return error.at(source, Place { line, column });
    }
    (error.file, error.line, error.column) = (place.file, line, column);
    error
}
