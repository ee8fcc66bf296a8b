//! What is noted of an invocation, when it ends and when it does not?

use std::time::SystemTime;

use sandglass_runtime::{Invocation, InvocationId, InvokeError, LogEntry, LogLevel, Report, Usage};

use crate::app::App;
use crate::clock::now_ms;
use crate::journal;
use crate::registry::Entry;
use crate::status::{LambdaFailure, OutcomeName};
use crate::telemetry::{TracePlace, TracedInvocation};

/// How the platform's own log entry about a failure begins.
const RECEIVED_ERROR: &str = "Received Error - ";

/// An invocation that runs. One that has no report is noted when this is dropped: as abandoned,
/// unless it is known to end otherwise.
pub(in crate::invoke) struct Begun<'a> {
    app: &'a App,
    entry: &'a Entry,
    id: Option<InvocationId>,
    outcome: Option<OutcomeName>,
}

impl<'a> Begun<'a> {
    pub(in crate::invoke) fn new(entry: &'a Entry, app: &'a App, invocation: &Invocation) -> Self {
        Self {
            app,
            entry,
            id: invocation.id().cloned(),
            outcome: Some(OutcomeName::Abandoned),
        }
    }

    /// A report is noted with all that it says, and that there was no room is no failure.
    pub(in crate::invoke) fn ends_with(&mut self, report: &Result<Report, InvokeError>) {
        self.outcome = match report {
            Ok(_) | Err(InvokeError::Busy) => None,
            Err(_) => Some(OutcomeName::HostFailed),
        };
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let Some((outcome, request_id)) = self.outcome.zip(self.id.take()) else {
            return;
        };
        let ended = (outcome, Usage::default(), Vec::new());
        let journal = &self.app.journal;
        journal.record(journaled(self.entry, request_id, now_ms(), ended));
    }
}

/// What the journal hears of an invocation.
pub(in crate::invoke) fn journaled(
    entry: &Entry,
    request_id: InvocationId,
    at: u64,
    (outcome, usage, logs): (OutcomeName, Usage, Vec<LogEntry>),
) -> journal::Entry {
    journal::Entry {
        account: entry.row.account,
        lambda: entry.row.id,
        version: entry.live_version(),
        request_id,
        at,
        outcome,
        usage,
        logs,
    }
}

/// Adds the entry that the platform adds to the logs of a failed lambda, unless the engine has: it
/// does for errors that it sees, but it cannot see a limit.
pub(crate) fn note_failure(logs: &mut Vec<LogEntry>, failure: &LambdaFailure) {
    let noted = |entry: &LogEntry| {
        let said = entry.message.strip_prefix(RECEIVED_ERROR);
        entry.level == LogLevel::Error && said.is_some_and(|said| failure.message.ends_with(said))
    };
    if logs.last().is_some_and(noted) {
        return;
    }
    let extras: &[&str] = match failure.stack.as_str() {
        "" => &[],
        stack => &[stack],
    };
    logs.push(LogEntry {
        level: LogLevel::Error,
        message: format!("{RECEIVED_ERROR}{}", failure.message),
        extras: serde_json::value::to_raw_value(extras).expect("text is valid JSON"),
        timestamp: now_ms(),
    });
}

/// Tells the collector of an invocation that was part of a trace.
pub(in crate::invoke) fn note_trace(
    app: &App,
    entry: &Entry,
    (place, started): (&TracePlace, SystemTime),
    report: &Report,
) {
    let Some(telemetry) = &app.telemetry else {
        return;
    };
    let ended = TracedInvocation {
        place,
        started,
        lambda: entry.name.as_str(),
        invocation: report.id.as_str(),
        outcome: OutcomeName::of(&report.outcome),
        fuel: report.usage.fuel,
    };
    telemetry.invocation(&ended, &report.requests);
}
