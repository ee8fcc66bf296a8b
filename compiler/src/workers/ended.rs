//! What is a user told whose source ended its worker?

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::WorkerLimits;
use crate::{CompileError, CompileErrorKind, Source};

/// What the limit on processor time sends, and what ends a process at once.
const SIGXCPU: i32 = rustix::process::Signal::XCPU.as_raw();
const SIGKILL: i32 = rustix::process::Signal::KILL.as_raw();

const SMALLER: &str = "make the source smaller or simpler, or split it into several lambdas";
const AGAIN: &str = "deploy it again; if it ends like this each time, make the source smaller";

/// How a worker ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// It used up its processor time.
    Cpu,
    /// It did not answer in time.
    Late,
    /// It asked for more memory than it may have.
    Memory,
    /// It recursed deeper than its stack.
    Stack,
    /// Somebody else ended it: a person, or the system that was short of memory.
    Killed,
    /// It broke down.
    Crashed(String),
    /// It answered with something else than an answer.
    Garbage,
}

impl Ended {
    /// By how the process ended and what it said last.
    pub(super) fn of(status: ExitStatus, words: &str) -> Self {
        // The words of Rust's standard library.
        if words.contains("memory allocation of ") {
            return Self::Memory;
        }
        if words.contains("has overflowed its stack") {
            return Self::Stack;
        }
        match (status.signal(), status.code()) {
            (Some(SIGXCPU), _) => Self::Cpu,
            (Some(SIGKILL), _) => Self::Killed,
            (Some(signal), _) => Self::Crashed(format!("signal {signal}")),
            (None, code) => Self::Crashed(format!("exit code {}", code.unwrap_or_default())),
        }
    }

    /// What the user is told. It is always about the source: a host that cannot build does not get
    /// as far as asking.
    pub(super) fn error(&self, source: &Source, limits: &WorkerLimits) -> CompileError {
        let (message, hint) = match self {
            Self::Cpu => (
                format!(
                    "parsing and bundling the source takes more than {} s of processor time: it was \
                     stopped",
                    limits.cpu_seconds()
                ),
                SMALLER,
            ),
            Self::Late => (
                format!(
                    "parsing and bundling the source takes longer than {} ms: it was stopped",
                    limits.wall_clock.as_millis()
                ),
                SMALLER,
            ),
            Self::Memory => (
                format!(
                    "parsing and bundling the source needs more than {} of memory: it was stopped",
                    limits.memory
                ),
                SMALLER,
            ),
            Self::Stack => (
                "the source is nested too deeply to be parsed and bundled".to_owned(),
                "give inner expressions names of their own",
            ),
            Self::Killed => (
                "parsing and bundling the source was ended from outside, as the system does when it \
                 is short of memory"
                    .to_owned(),
                AGAIN,
            ),
            Self::Crashed(how) => (
                format!("the parser or the bundler broke down on this source ({how})"),
                SMALLER,
            ),
            Self::Garbage => (
                "the parser or the bundler broke down on this source: its answer makes no sense"
                    .to_owned(),
                SMALLER,
            ),
        };
        source
            .error(CompileErrorKind::Exceeded, message)
            .with_hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_end_is_told_apart() {
        let by = |signal| ExitStatus::from_raw(signal);
        for (status, words, ended) in [
            (by(SIGXCPU), "", Ended::Cpu),
            (by(SIGKILL), "", Ended::Killed),
            (
                by(6),
                "memory allocation of 5368709120 bytes failed\n",
                Ended::Memory,
            ),
            (
                by(6),
                "\nthread 'a' has overflowed its stack\n",
                Ended::Stack,
            ),
            (by(6), "", Ended::Crashed("signal 6".into())),
            (by(11), "", Ended::Crashed("signal 11".into())),
            (
                by(101 << 8),
                "panicked",
                Ended::Crashed("exit code 101".into()),
            ),
        ] {
            assert_eq!(Ended::of(status, words), ended);
        }
    }

    #[test]
    fn each_names_its_limit_and_what_to_do() {
        let source = Source::new("a.js", "").unwrap();
        let limits = WorkerLimits::default();
        for (ended, says) in [
            (Ended::Cpu, "more than 10 s of processor time"),
            (Ended::Late, "longer than 30000 ms"),
            (Ended::Memory, "more than 512 MiB of memory"),
            (Ended::Stack, "nested too deeply"),
            (Ended::Killed, "ended from outside"),
            (Ended::Crashed("signal 11".into()), "(signal 11)"),
            (Ended::Garbage, "makes no sense"),
        ] {
            let error = ended.error(&source, &limits);
            assert_eq!(error.kind, CompileErrorKind::Exceeded);
            assert!(error.message.contains(says), "{error}");
            assert!(!error.hint.is_empty(), "{error}");
        }
    }
}
