//! How is one worker started, asked and ended?

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::WorkerLimits;
use super::ended::Ended;
use super::wire::{self, ANSWER_BYTES_MAX, FrameError};
use crate::worker::{ARGUMENT, Assignment};

/// How long a worker may take until it is ready, on a machine that has much else to do.
const START: Duration = Duration::from_secs(30);
/// How long the end of a process that closed its pipe may take.
const END: Duration = Duration::from_secs(2);
/// What is read of the last words of a process.
const LAST_WORDS_BYTES_MAX: u64 = 8 << 10;

/// All of its environment. One thread of each kind is enough for one source, and each has a large
/// stack that counts as memory; and memory counts when it is used, not when it is set aside.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("RAYON_NUM_THREADS", "1"),
    ("TOKIO_WORKER_THREADS", "1"),
    ("MIMALLOC_ARENA_EAGER_COMMIT", "0"),
];

/// Why a worker did not start; not the fault of any source.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error("the executable for builds cannot be run")]
    Spawn(#[source] io::Error),
    #[error("the process for builds is not ready after {} s", START.as_secs())]
    Late,
    #[error("the executable for builds cannot be used: {source}{}", said(.words))]
    Unusable {
        source: FrameError,
        /// What it said on its way out.
        words: String,
    },
    #[error("the thread that starts processes for builds is gone")]
    NoSpawner,
}

fn said(words: &str) -> String {
    match words.trim() {
        "" => String::new(),
        words => format!(" ({words})"),
    }
}

/// A process that prepares one source. Dropping it ends it.
pub(super) struct Child {
    process: tokio::process::Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    wall_clock: Duration,
}

impl Child {
    /// Starts a process. It dies with the thread that calls this.
    pub(super) fn spawn(program: &Path, limits: &WorkerLimits) -> io::Result<Self> {
        let assignment = Assignment {
            parent: std::process::id(),
            cpu_seconds: limits.cpu_seconds(),
            memory_bytes: limits.memory.get(),
        };
        let mut process = Command::new(program)
            .arg0("sandglass")
            .arg(ARGUMENT)
            .arg(serde_json::to_string(&assignment)?)
            .env_clear()
            .envs(ENVIRONMENT)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let pipes = (
            process.stdin.take(),
            process.stdout.take(),
            process.stderr.take(),
        );
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        Ok(Self {
            process,
            stdin,
            stdout,
            stderr,
            wall_clock: limits.wall_clock,
        })
    }

    /// Waits until it has confined itself and is ready for a source.
    pub(super) async fn ready(mut self) -> Result<Self, StartError> {
        match timeout(START, wire::receive(&mut self.stdout, 0)).await {
            Ok(Ok(_)) => Ok(self),
            Ok(Err(source)) => Err(StartError::Unusable {
                source,
                words: self.last_words().await,
            }),
            Err(_) => Err(StartError::Late),
        }
    }

    /// Whether it is still there: it may have been ended from outside while it had nothing to do.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Sends a request and reads the answer.
    pub(super) async fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, Ended> {
        let Self { stdin, stdout, .. } = self;
        let asked = async {
            let sent = stdin.write_all(request).await;
            sent.map_err(|_| FrameError::Ended)?;
            wire::receive(stdout, ANSWER_BYTES_MAX).await
        };
        match timeout(self.wall_clock, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(FrameError::Garbage)) => Err(Ended::Garbage),
            Ok(Err(FrameError::Ended)) => Err(self.ended().await),
            Err(_) => Err(Ended::Late),
        }
    }

    /// How it came to its end.
    async fn ended(&mut self) -> Ended {
        let status: Option<ExitStatus> = match timeout(END, self.process.wait()).await {
            Ok(Ok(status)) => Some(status),
            _ => None,
        };
        let words = self.last_words().await;
        tracing::warn!(?status, words, "a process for builds ended on a source");
        status.map_or(Ended::Garbage, |status| Ended::of(status, &words))
    }

    async fn last_words(&mut self) -> String {
        let mut words = Vec::new();
        let read = (&mut self.stderr).take(LAST_WORDS_BYTES_MAX);
        // What came in time is all that is wanted.
        _ = timeout(END, { read }.read_to_end(&mut words)).await;
        String::from_utf8_lossy(&words).into_owned()
    }

    /// Ends the process and waits for it, so that nothing is left of it.
    pub(super) async fn end(mut self) {
        self.kill();
        _ = self.process.wait().await;
    }

    fn kill(&self) {
        // Without an id it has been waited for, and the number may be somebody else's.
        let id = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            // There is nothing to do when it is gone.
            _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}
