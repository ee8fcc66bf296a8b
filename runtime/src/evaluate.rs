//! How is a lambda's source evaluated?
//!
//! In the same engine and the same kind of sandbox that later serves it, under limits, once: what
//! is kept is the memory that the evaluation leaves.

use std::collections::BTreeMap;

use sandglass_host_abi::artifact::FileBytes;
use sandglass_host_abi::bindings::sandglass::toolbelt::build::{
    BuildError, BuildErrorKind, Source,
};
use sandglass_host_abi::{EngineDigest, Limit, Limits, LogEntry, Policy};
use wasmtime::component::WasmList;
use wasmtime::{PoolConcurrencyLimitError, Store};

use crate::Runtime;
use crate::lambda::{
    InvokeError, MESSAGE_BYTES_MAX, STACK_BYTES_MAX, fuel_used, limit_reached, new_store, shortened,
};
use crate::sandbox::Sandbox;

const WASM_PAGE: usize = 65_536;

/// What is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct BuildInput<'a> {
    /// The file name that error stacks show.
    pub file_name: &'a str,
    /// The source text.
    pub code: &'a str,
    /// Whether it is an ECMAScript module; otherwise it is a sloppy script.
    pub module: bool,
    /// Whether the lambda's declaration has a parameter for the callback, as far as it is known.
    pub takes_callback: Option<bool>,
    /// `process.env`.
    pub environment: &'a BTreeMap<String, String>,
    /// Library modules to load into the image: what the source requires by a literal name.
    pub preload: &'a [String],
    /// What `fs` reads, by path relative to `/`.
    pub files: &'a BTreeMap<String, FileBytes>,
    /// How far the evaluation may go; the fields about HTTP do not matter, since there is none.
    pub limits: &'a Limits,
}

/// What an evaluation leaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Evaluation {
    /// The image, encoded for an artifact.
    pub image: Vec<u8>,
    /// The image's memory in pages of 64 KiB.
    pub memory_pages: u32,
    /// What the top level logged.
    pub logs: Vec<LogEntry>,
}

/// Why a source cannot be evaluated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The source is at fault.
    #[error("{}", .0.message)]
    Rejected(Rejection),
    /// The top level ran into a limit.
    #[error("the top level ran into the limit {0}")]
    Exceeded(Limit),
    /// The engine crashed; the sandbox held.
    #[error("the JavaScript engine crashed while it evaluated the source; the sandbox held")]
    Crashed,
    /// The host failed.
    #[error(transparent)]
    Host(#[from] InvokeError),
}

impl From<wasmtime::Error> for EvaluateError {
    fn from(error: wasmtime::Error) -> Self {
        match limit_reached(&error) {
            Some(limit) => Self::Exceeded(limit),
            None if error.is::<PoolConcurrencyLimitError>() => Self::Host(InvokeError::Busy),
            None => Self::Crashed,
        }
    }
}

/// What is wrong with a source, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Which kind of mistake.
    pub kind: RejectionKind,
    /// A sentence for people.
    pub message: String,
    /// The line, from 1; 0 when unknown.
    pub line: u32,
    /// The column, from 1; 0 when unknown.
    pub column: u32,
    /// The JavaScript stack; may be empty.
    pub stack: String,
}

/// Which kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The source does not parse.
    Syntax,
    /// The top level threw.
    Threw,
    /// There is no function named `lambda`.
    LambdaMissing,
    /// The top level used something that exists only during an invocation.
    NotAtBuildTime,
}

impl Runtime {
    /// Evaluates a lambda's source and returns the memory that it leaves. For the compiler.
    ///
    /// # Errors
    /// When the source is at fault, runs into a limit, or the host fails.
    pub async fn evaluate(&self, input: BuildInput<'_>) -> Result<Evaluation, EvaluateError> {
        let limits = *input.limits;
        let policy = Policy {
            limits,
            ..Policy::default()
        };
        let mut sandbox = Sandbox::new(self.shared.hosts.clone(), policy.into());
        sandbox.build_seed = Some(seed(&input, self.engine_digest()));
        let mut store = new_store(&self.shared.wasmtime, sandbox, limits.fuel.units())?;
        let run = tokio::time::timeout(limits.wall_clock, self.run(&mut store, input)).await;
        let (image, memory_pages) =
            run.map_err(|_| EvaluateError::Exceeded(Limit::WallClock))??;
        if fuel_used(&store) > limits.fuel.units() {
            return Err(EvaluateError::Exceeded(Limit::Fuel));
        }
        let logs = std::mem::take(&mut store.data_mut().logs);
        Ok(Evaluation {
            image,
            memory_pages,
            logs,
        })
    }

    async fn run(
        &self,
        store: &mut Store<Sandbox>,
        input: BuildInput<'_>,
    ) -> Result<(Vec<u8>, u32), EvaluateError> {
        let instance = self.shared.blank.instantiate_async(&mut *store).await?;
        let prepare = instance
            .get_typed_func::<(Source,), (Result<(), BuildError>,)>(&mut *store, "prepare")?;
        let files = input
            .files
            .iter()
            .map(|(path, file)| (path.clone(), file.0.clone()));
        let source = Source {
            file_name: input.file_name.to_owned(),
            code: input.code.to_owned(),
            module: input.module,
            takes_callback: input.takes_callback,
            environment: input.environment.clone().into_iter().collect(),
            preload: input.preload.to_vec(),
            files: files.collect(),
        };
        let (prepared,) = prepare.call_async(&mut *store, (source,)).await?;
        prepared.map_err(|error| EvaluateError::Rejected(rejection(error)))?;
        let snapshot = instance.get_typed_func::<(), (WasmList<u8>,)>(&mut *store, "snapshot")?;
        let (memory,) = snapshot.call_async(&mut *store, ()).await?;
        let memory = memory.as_le_slice(&*store);
        let pages = u32::try_from(memory.len() / WASM_PAGE).expect("a 32-bit memory");
        Ok((self.shared.base.encode(memory), pages))
    }
}

/// What the random bytes of a build are derived from: they are the same whenever the same lambda
/// is built, and no two lambdas share them.
fn seed(input: &BuildInput<'_>, engine: &EngineDigest) -> [u8; 32] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let variables = input
        .environment
        .iter()
        .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    let files = input
        .files
        .iter()
        .flat_map(|(path, file)| [path.as_bytes(), &file.0]);
    for part in [engine.as_str(), input.file_name, input.code]
        .map(str::as_bytes)
        .into_iter()
        .chain(variables)
        .chain(files)
    {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    context
        .finish()
        .as_ref()
        .try_into()
        .expect("SHA-256 has 32 bytes")
}

fn rejection(error: BuildError) -> Rejection {
    let kind = match error.kind {
        BuildErrorKind::Syntax => RejectionKind::Syntax,
        BuildErrorKind::Threw => RejectionKind::Threw,
        BuildErrorKind::LambdaMissing => RejectionKind::LambdaMissing,
        BuildErrorKind::NotAtBuildTime => RejectionKind::NotAtBuildTime,
    };
    let BuildError {
        message,
        line,
        column,
        stack,
        ..
    } = error;
    let message = shortened(message, MESSAGE_BYTES_MAX);
    let stack = shortened(stack, STACK_BYTES_MAX);
    Rejection {
        kind,
        message,
        line,
        column,
        stack,
    }
}
