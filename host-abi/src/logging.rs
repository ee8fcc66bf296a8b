//! What does a lambda say, and who listens?

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::InvocationContext;

/// How important a log entry is, spelled as on the platform's wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LogLevel {
    /// `console.debug`; shown in test runs, never stored.
    Debug,
    /// `console.info` and `console.log`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`.
    Error,
}

impl LogLevel {
    /// The level's name: `Debug`, `Info`, `Warn` or `Error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "Debug",
            Self::Info => "Info",
            Self::Warn => "Warn",
            Self::Error => "Error",
        }
    }
}

/// One log entry of an invocation, in the shape of the platform's API:
/// `{"level","message","extras","timestamp"}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogEntry {
    /// How important.
    pub level: LogLevel,
    /// The first argument, as text.
    pub message: String,
    /// The further arguments: a JSON array.
    pub extras: Box<RawValue>,
    /// Milliseconds since the Unix epoch, stamped by the host.
    pub timestamp: u64,
}

/// Receives log entries while lambdas run, beside the copy in each report.
///
/// Called on the invocation's thread: implementations must not block.
pub trait LogSink: Send + Sync + 'static {
    /// Takes one entry.
    fn record(&self, context: &InvocationContext, entry: &LogEntry);
}
