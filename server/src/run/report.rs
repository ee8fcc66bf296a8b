//! What is said of a run?

use std::time::{Duration, SystemTime};

use sandglass_compiler::CompileError;
use sandglass_runtime::{
    FailureKind, InvocationId, Limit, Limits, LogEntry, Outcome, Report, TracedRequest, Usage,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::place::{innermost, line_of};
use crate::admin::Trial;
use crate::invoke::note_failure;
use crate::status::settle;

/// What came of a run, with everything that is known of it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunReport {
    invocation_id: String,
    outcome: RunOutcome,
    /// What the lambda called back with, if it did and there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    result: Option<Box<RawValue>>,
    /// What went wrong, unless it returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RunError>,
    #[schemars(with = "Vec<LogShape>")]
    logs: Vec<LogEntry>,
    /// What it used; there unless it was not built.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<RunUsage>,
    /// The requests that it sent or was not let send, in the order in which it began them; at most 1,000.
    requests: Vec<RunRequest>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum RunOutcome {
    /// The callback was called with a result, or with none.
    Returned,
    /// The lambda failed.
    Threw,
    /// The lambda ran into a limit.
    Exceeded,
    /// The source does not build, so nothing was run.
    NotBuilt,
}

/// Who has to do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum RunBlame {
    /// Whoever sent the input.
    Caller,
    /// The lambda.
    Guest,
    /// This server.
    Host,
}

/// What went wrong in a run.
#[derive(Serialize, JsonSchema, Default)]
#[serde(rename_all = "camelCase")]
struct RunError {
    /// The error's name, such as `TypeError`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    name: String,
    /// For people.
    message: String,
    /// The JavaScript stack, with the user's files and lines.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    stack: String,
    /// The platform's code.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schemars(default)]
    code: &'static str,
    /// The limit that it ran into, by its name in the configuration.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schemars(default)]
    limit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    blame: Option<RunBlame>,
    /// The file of the innermost known place.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// In characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// The text of that line.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_line: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    hint: String,
}

/// An entry of a log.
#[derive(JsonSchema)]
#[schemars(rename = "RunLog")]
#[expect(dead_code, reason = "only its schema is used")]
struct LogShape {
    /// Milliseconds since the Unix epoch.
    timestamp: u64,
    /// `Debug`, `Info`, `Warn` or `Error`.
    level: String,
    message: String,
    /// The further arguments.
    extras: Vec<serde_json::Value>,
}

/// What a run used of what it might.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RunUsage {
    fuel: u64,
    fuel_max: u64,
    /// From checkout to outcome.
    wall_ms: f64,
    wall_ms_max: f64,
    cpu_ms: f64,
    /// In bytes; it starts at the size of the lambda's image.
    memory_peak: u64,
    memory_max: u64,
    http_requests: u32,
    http_requests_max: u32,
    http_bytes_sent: u64,
    http_bytes_received: u64,
    /// How long the build took, waiting for a turn included; of a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    build_ms: Option<f64>,
}

/// A request that a run sent, or was not let send.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RunRequest {
    method: String,
    /// Without a password; secrets in it are masked.
    url: String,
    /// The status of the answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Since the run began.
    start_ms: f64,
    duration_ms: f64,
    bytes_sent: u64,
    bytes_received: u64,
}

/// A report, and when what it is about began.
pub(super) struct Ran {
    pub(super) report: Report,
    pub(super) started: SystemTime,
}

/// What else there is to say about a run.
pub(super) struct Context<'a> {
    limits: &'a Limits,
    source: Option<&'a str>,
    build_time: Option<Duration>,
}

impl<'a> Context<'a> {
    pub(super) fn live(limits: &'a Limits) -> Self {
        Self {
            limits,
            source: None,
            build_time: None,
        }
    }

    pub(super) fn draft(limits: &'a Limits, trial: &'a Trial, build_time: Duration) -> Self {
        Self {
            limits,
            source: Some(&trial.code),
            build_time: Some(build_time),
        }
    }
}

impl RunReport {
    /// Of a run.
    pub(super) fn of(Ran { report, started }: Ran, context: &Context<'_>) -> Self {
        let Report {
            id,
            outcome,
            usage,
            mut logs,
            requests,
            ..
        } = report;
        let (kind, error) = RunError::of(&outcome, context.source);
        let mut result = None;
        let mut failed = None;
        match settle(outcome, context.limits) {
            Ok(json) => result = json.and_then(raw),
            Err(failure) => {
                note_failure(&mut logs, &failure);
                failed = Some(RunError {
                    message: failure.message,
                    stack: failure.stack,
                    code: failure.code,
                    ..error
                });
            }
        }
        Self {
            invocation_id: id.as_str().to_owned(),
            outcome: kind,
            result,
            error: failed,
            logs,
            usage: Some(RunUsage::of(&usage, context)),
            requests: requests
                .into_iter()
                .filter_map(|request| RunRequest::of(request, started))
                .collect(),
        }
    }

    /// Of a source that does not build.
    pub(super) fn not_built(id: &InvocationId, error: &CompileError) -> Self {
        let known = |number: u32| (number > 0).then_some(number);
        let line = known(error.line);
        let error = RunError {
            message: error.message.clone(),
            blame: Some(RunBlame::Guest),
            file_name: Some(error.file.clone()),
            line,
            column: known(error.column),
            source_line: line.map(|_| error.source_line.clone()),
            hint: error.hint.clone(),
            ..RunError::default()
        };
        Self {
            invocation_id: id.as_str().to_owned(),
            outcome: RunOutcome::NotBuilt,
            result: None,
            error: Some(error),
            logs: Vec::new(),
            usage: None,
            requests: Vec::new(),
        }
    }
}

impl RunError {
    /// What an outcome says that the platform's words for it do not.
    fn of(outcome: &Outcome, source: Option<&str>) -> (RunOutcome, Self) {
        match outcome {
            Outcome::Returned(_) => (RunOutcome::Returned, Self::default()),
            Outcome::Exceeded(limit) => {
                let blame = match limit {
                    Limit::Payload => RunBlame::Caller,
                    _ => RunBlame::Guest,
                };
                let error = Self {
                    limit: limit.name(),
                    blame: Some(blame),
                    ..Self::default()
                };
                (RunOutcome::Exceeded, error)
            }
            Outcome::Threw(failure) => {
                let blame = match failure.kind {
                    FailureKind::Crashed => RunBlame::Host,
                    _ => RunBlame::Guest,
                };
                let error = Self {
                    name: failure.name.clone(),
                    blame: Some(blame),
                    ..Self::default()
                };
                (RunOutcome::Threw, error.at(&failure.stack, source))
            }
            _ => (RunOutcome::Threw, Self::default()),
        }
    }

    /// The same at the innermost place that the stack names.
    fn at(mut self, stack: &str, source: Option<&str>) -> Self {
        if let Some(frame) = innermost(stack) {
            self.file_name = Some(frame.file.to_owned());
            self.line = Some(frame.line);
            self.column = (frame.column > 0).then_some(frame.column);
            self.source_line = source.and_then(|source| line_of(source, frame.line));
        }
        self
    }
}

impl RunUsage {
    fn of(usage: &Usage, context: &Context<'_>) -> Self {
        let limits = context.limits;
        Self {
            fuel: usage.fuel,
            fuel_max: limits.fuel.units(),
            wall_ms: ms(usage.wall),
            wall_ms_max: ms(limits.wall_clock),
            cpu_ms: ms(usage.cpu),
            memory_peak: usage.memory_peak,
            memory_max: limits.memory.get(),
            http_requests: usage.http_requests,
            http_requests_max: limits.http_requests,
            http_bytes_sent: usage.http_bytes_sent,
            http_bytes_received: usage.http_bytes_received,
            build_ms: context.build_time.map(ms),
        }
    }
}

impl RunRequest {
    /// `None` of a request that nothing was recorded of.
    fn of(request: TracedRequest, began: SystemTime) -> Option<Self> {
        let details = request.details?;
        let since = request.started.duration_since(began).unwrap_or_default();
        Some(Self {
            method: request.method,
            url: details.url,
            status: request.status.ok(),
            error: details.error,
            start_ms: ms(since),
            duration_ms: ms(request.took),
            bytes_sent: details.bytes_sent,
            bytes_received: details.bytes_received,
        })
    }
}

/// Milliseconds, to the microsecond.
fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// The runtime has made sure that it is JSON.
fn raw(json: bytes::Bytes) -> Option<Box<RawValue>> {
    let text = String::from_utf8(json.into()).ok()?;
    RawValue::from_string(text).ok()
}
