//! What does the server answer to an invocation?
//!
//! The answers of the management API are the server's own types.

use sandglass_host_abi::LogEntry;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What came of an invocation.
#[derive(Debug)]
pub(crate) enum Invoked {
    /// The lambda returned.
    Returned(Returned),
    /// The lambda failed or ran into a limit.
    Failed(LambdaFailure),
}

/// What a lambda returned in a manual test.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Returned {
    /// `None` when the lambda called back without one.
    #[serde(default)]
    pub(crate) result: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) logs: Vec<LogEntry>,
}

/// How a lambda failed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LambdaFailure {
    pub(crate) error_code: String,
    pub(crate) error_msg: String,
    #[serde(default, rename(serialize = "logs"))]
    pub(crate) error_logs: Vec<LogEntry>,
}

/// The lambda's own failure in an error answer; `None` when the server is what failed.
pub(crate) fn lambda_failure(body: &str) -> Option<LambdaFailure> {
    let failure: LambdaFailure = serde_json::from_str(body).ok()?;
    failure
        .error_code
        .starts_with("com.liveperson.faas.handler.")
        .then_some(failure)
}

impl LambdaFailure {
    /// Whether an entry only says once more that the lambda failed, as the platform logs it.
    pub(crate) fn is_repeated_by(&self, entry: &LogEntry) -> bool {
        entry.message.strip_prefix("Received Error - ") == Some(&self.error_msg)
    }

    /// Whether the lambda ran into a limit, by the platform's error codes.
    pub(crate) fn is_limit(&self) -> bool {
        self.error_code.ends_with(".executiontime-exceeded")
            || self.error_code.ends_with("-limit-reached")
            || self.error_code.ends_with("-limit-exceeded")
    }
}
