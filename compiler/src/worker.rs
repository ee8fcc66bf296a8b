//! What does a process do that was started for the native part of one build?
//!
//! It makes itself ready, gives up everything that it does not need, reads one source, answers, and
//! ends. [`Workers`](crate::Workers) are the other end.

mod confine;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use sandglass_runtime::artifact::Bundle;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::prepare::prepare;
use crate::workers::wire::{self, Answer, REQUEST_BYTES_MAX, Request};
use crate::{CompileError, Source, syntax};
use confine::ConfineError;

/// The first argument of a worker; the second one is its [`Assignment`] as JSON.
pub(crate) const ARGUMENT: &str = "build-worker";

/// A source that takes every way that sources take, so that nothing is left to be set up.
const WARM_UP: &str = "import { URL } from 'url';
export const lambda = (a: string): string => new URL(a).host;";

/// Longer than a worker lives.
const FOR_EVER: Duration = Duration::from_secs(u32::MAX as u64);

/// What a worker is told before it has read anything.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Assignment {
    /// Who started it, and with whom it dies.
    pub(crate) parent: u32,
    pub(crate) cpu_seconds: u64,
    pub(crate) memory_bytes: u64,
}

/// Why a worker cannot work.
#[derive(Debug, thiserror::Error)]
enum WorkerError {
    #[error("this command is for the server's own use")]
    Assignment,
    #[error(transparent)]
    Confine(#[from] ConfineError),
    #[error("a first source was not prepared: {0}")]
    WarmUp(CompileError),
    #[error("the pipe is broken")]
    Pipe(#[from] io::Error),
    #[error("the message cannot be read or written")]
    Message,
}

/// Works for [`Workers`](crate::Workers), when this process was started for that; to be called
/// first in `main`, before there is any other thread and any file is open. `None` otherwise.
pub fn run_if_worker() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    match work(arguments.next()) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            // Nobody is left to be told when even this cannot be written.
            _ = writeln!(io::stderr(), "{error}");
            Some(ExitCode::FAILURE)
        }
    }
}

fn work(assignment: Option<OsString>) -> Result<(), WorkerError> {
    let assignment = assignment.and_then(|text| serde_json::from_str(text.to_str()?).ok());
    let assignment: Assignment = assignment.ok_or(WorkerError::Assignment)?;
    confine::live_with(assignment.parent)?;
    let inherited = confine::inherited_files()?;
    let tokio = runtime()?;
    let warm_up = Source::checked("warm-up.ts".into(), WARM_UP.into());
    tokio
        .block_on(prepare(&warm_up))
        .map_err(|mistakes| WorkerError::WarmUp(mistakes.into()))?;
    confine::limit(&assignment)?;
    confine::give_up_the_system(&inherited)?;
    say(&())?;
    let Some(request) = listen()? else {
        return Ok(());
    };
    say(&tokio.block_on(answer(request)))
}

/// With one thread for the parser, which has its stack before memory is limited.
fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .thread_stack_size(syntax::STACK_BYTES)
        .thread_keep_alive(FOR_EVER)
        .on_thread_start(syntax::has_stack)
        .build()
}

fn say(message: &impl Serialize) -> Result<(), WorkerError> {
    let frame = wire::frame(message).map_err(|_| WorkerError::Message)?;
    let mut out = io::stdout().lock();
    out.write_all(&frame)?;
    Ok(out.flush()?)
}

/// The source; `None` when there is nobody any more who has one.
fn listen() -> Result<Option<Request>, WorkerError> {
    match wire::read(io::stdin().lock(), REQUEST_BYTES_MAX) {
        Ok(bytes) => match wire::message(&bytes) {
            Some(request) => Ok(Some(request)),
            None => Err(WorkerError::Message),
        },
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn answer(request: Request) -> Answer {
    let Request {
        file_name,
        code,
        bundled,
    } = request;
    let source = Source::checked(file_name, code);
    let source = match bundled {
        true => source.with_bundle(nothing()),
        false => Ok(source),
    };
    let prepared = match source {
        Ok(source) => prepare(&source).await,
        Err(error) => Err(error.into()),
    };
    match prepared {
        Ok(prepared) => Answer::Prepared {
            bundle: prepared.source.bundle().filter(|_| !bundled).cloned(),
            findings: prepared.findings,
        },
        Err(mistakes) => Answer::Failed(mistakes),
    }
}

/// Stands for a bundle whose text is of no use here.
fn nothing() -> Bundle {
    Bundle {
        code: String::new(),
        map: String::new(),
        module: false,
        requires: Vec::new(),
        files: BTreeMap::new(),
    }
}
