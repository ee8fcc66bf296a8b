//! How does JavaScript source become an artifact?
//!
//! It is parsed (to say early and well what is wrong, and to learn which modules it requires), then
//! evaluated in the sandbox that later serves it; the memory that this leaves is the artifact's
//! image. Nothing of the source ever becomes native code.

mod compile_error;
mod source;
mod syntax;

use std::time::Duration;

use sandglass_runtime::artifact::{Artifact, Header};
use sandglass_runtime::{
    BuildInput, ByteSize, EvaluateError, Fuel, Limit, Limits, Rejection, RejectionKind, Runtime,
};

pub use compile_error::{CompileError, CompileErrorKind};
pub use source::Source;

use compile_error::Place;
use syntax::Findings;

/// Compiles lambdas for the engine of one runtime. Cheap to clone.
#[derive(Clone)]
pub struct Compiler {
    runtime: Runtime,
    limits: Limits,
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
        }
    }

    /// Replaces the limits under which the top level runs.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Compiles a source. The same source, environment and engine give the same artifact, byte for
    /// byte.
    ///
    /// Must be called on a tokio runtime with time enabled.
    ///
    /// # Errors
    /// When the source does not parse, its top level throws or runs into a limit, or it has no
    /// function named `lambda`; with the place in the source.
    pub async fn compile(&self, source: &Source) -> Result<Artifact, CompileError> {
        let parsed = source.clone();
        let findings = tokio::task::spawn_blocking(move || syntax::check(&parsed))
            .await
            .map_err(|_| source.error(CompileErrorKind::Host, "the parser was interrupted"))??;
        let preload: Vec<String> = findings
            .requires
            .iter()
            .map(|require| require.specifier.clone())
            .collect();
        let input = BuildInput {
            file_name: source.file_name(),
            code: source.code(),
            environment: source.environment(),
            preload: &preload,
            limits: &self.limits,
        };
        let evaluated = self.runtime.evaluate(input).await;
        let evaluation =
            evaluated.map_err(|error| self.evaluation_error(source, &findings, error))?;
        let header = Header {
            engine: self.runtime.engine_digest().clone(),
            file_name: source.file_name().to_owned(),
            source_sha256: String::new(),
            environment: source.environment().clone(),
            memory_pages: evaluation.memory_pages,
        };
        Ok(Artifact::assemble(header, source.code(), &evaluation.image))
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
    source
        .error(kind, rejection.message)
        .at(
            source,
            Place {
                line: rejection.line,
                column: rejection.column,
            },
        )
        .with_hint(hint)
}
