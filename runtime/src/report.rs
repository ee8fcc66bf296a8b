//! What came of an invocation?

use std::time::Duration;

use sandglass_host_abi::{ByteSize, Fuel, InvocationId, Limit, LogEntry};
use serde_json::value::RawValue;

use crate::repeat::Exchange;
use crate::trace::TracedRequest;

/// What came of one invocation. A lambda that misbehaves is a value here, not an error.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The invocation.
    pub id: InvocationId,
    /// How it ended.
    pub outcome: Outcome,
    /// What it used.
    pub usage: Usage,
    /// What it logged, up to its end.
    pub logs: Vec<LogEntry>,
    /// The requests that it sent, when it was part of a trace that is recorded, or was recorded itself.
    pub requests: Vec<TracedRequest>,
    /// What it asked its host and was answered, when it was repeatable: as it began to ask.
    pub exchanges: Vec<Exchange>,
}

/// How an invocation ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// The callback was called with a result (JSON), or with none.
    Returned(Option<Box<RawValue>>),
    /// The lambda failed.
    Threw(Failure),
    /// The lambda ran into a limit.
    Exceeded(Limit),
}

/// How a lambda failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which kind of failure.
    pub kind: FailureKind,
    /// The error's `name`, such as `TypeError`; empty when the lambda did not use an `Error`.
    pub name: String,
    /// The error's message, or the value as text.
    pub message: String,
    /// The JavaScript stack, with the user's file and lines; may be empty.
    pub stack: String,
}

/// Which kind of failure, after the platform's error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The lambda called back with an error, or threw an `Error` of its own.
    Custom,
    /// The lambda crashed: a `TypeError`, a `ReferenceError` or the like.
    RuntimeError,
    /// Nothing was pending any more and the callback had not been called.
    Unfinished,
    /// The engine itself broke down; the sandbox held.
    Crashed,
}

/// What an invocation used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Fuel burned.
    pub fuel: u64,
    /// From checkout to outcome.
    pub wall: Duration,
    /// CPU time of the thread while the sandbox ran.
    pub cpu: Duration,
    /// The size of linear memory at its largest, in bytes. It starts at the image's size.
    pub memory_peak: u64,
    /// HTTP requests started.
    pub http_requests: u32,
    /// Bytes of request bodies sent.
    pub http_bytes_sent: u64,
    /// Bytes of response bodies received, after decompression.
    pub http_bytes_received: u64,
}

impl Usage {
    /// Fuel burned, in its unit.
    pub fn fuel(&self) -> Fuel {
        Fuel::new(self.fuel)
    }

    /// The memory peak, in its unit.
    pub fn memory_peak(&self) -> ByteSize {
        ByteSize::bytes(self.memory_peak)
    }
}
