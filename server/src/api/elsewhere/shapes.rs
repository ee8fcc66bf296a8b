//! What do an invocation and its answers look like?
//!
//! The code that serves them works on text that it does not take apart, so their shapes stand here.

#![expect(dead_code, reason = "only the schemas are used")]

use schemars::JsonSchema;
use serde_json::Value;

/// What a lambda is invoked with. What is not named here reaches the lambda as it is.
#[derive(JsonSchema)]
#[schemars(rename = "Invocation")]
pub(in crate::api) struct InvocationBody {
    /// Any number; clients send milliseconds, seconds or 0.
    #[schemars(default)]
    timestamp: Option<f64>,
    #[schemars(default)]
    headers: Option<Vec<Header>>,
    /// Any JSON.
    payload: Value,
}

/// A header for the lambda.
#[derive(JsonSchema)]
#[schemars(rename = "InvocationHeader")]
struct Header {
    key: String,
    value: String,
}

/// What a lambda called back with. Nothing at all when that was nothing.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum InvocationResult {
    /// For who tries a lambda out.
    Tried(Tried),
    /// For a system: any JSON.
    Bare(Value),
}

/// A result with the logs.
#[derive(JsonSchema)]
#[schemars(rename = "TriedInvocation")]
pub(in crate::api) struct Tried {
    /// Any JSON; left out when the lambda called back with nothing.
    #[schemars(default)]
    result: Value,
    logs: Vec<LoggedEntry>,
}

/// A log entry of an invocation.
#[derive(JsonSchema)]
pub(in crate::api) struct LoggedEntry {
    level: String,
    message: String,
    extras: Vec<Value>,
    /// Milliseconds since the Unix epoch.
    timestamp: u64,
}

/// An invocation that is in the queue.
#[derive(JsonSchema)]
#[schemars(rename = "AcceptedInvocation")]
pub(super) struct Accepted {
    id: String,
    state: String,
}

/// What came of one lambda of an event: a result, or the error of the caller's generation.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct EventElement {
    uuid: String,
    /// When it ended, in milliseconds since the Unix epoch.
    timestamp: u64,
    /// Any JSON; left out when the lambda called back with nothing.
    #[schemars(default)]
    result: Value,
}

/// How the server is.
#[derive(JsonSchema)]
#[schemars(rename = "ServerStatus")]
pub(super) struct Status {
    status: String,
}
