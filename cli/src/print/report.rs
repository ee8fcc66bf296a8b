//! How is the report of an invocation shown?

use sandglass_host_abi::artifact::Artifact;
use sandglass_host_abi::{ByteSize, Limit, Limits, LogEntry};
use sandglass_runtime::{Failure, FailureKind, Outcome, Report, Usage};
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::Duration;

use super::Printer;
use super::style::{BOLD, DIM, RED};
use super::table::Table;
use super::{time, visible};
use crate::commands::run::Verdict;
use crate::exit::Exit;

/// What was run, and what came of it.
pub(crate) struct Run<'a> {
    pub(crate) artifact: &'a Artifact,
    pub(crate) build: Duration,
    pub(crate) limits: &'a Limits,
    pub(crate) report: &'a Report,
    pub(crate) against_node: Option<&'a Verdict>,
}

impl Run<'_> {
    /// Prints it all but the logs, which have been printed while the lambda ran.
    pub(crate) fn print(&self, print: Printer) -> Exit {
        if print.is_json() {
            print.value(&self.json());
        } else {
            self.print_outcome(print);
            print.note("");
            print.side_table(&self.usage());
        }
        exit(&self.report.outcome)
    }

    fn print_outcome(&self, print: Printer) {
        match &self.report.outcome {
            Outcome::Returned(Some(result)) => print.json_text(result.get()),
            Outcome::Returned(None) => print.note(format_args!("{DIM}no result{DIM:#}")),
            Outcome::Threw(failure) => print_thrown(print, failure),
            Outcome::Exceeded(limit) => {
                let message = limit.message(self.limits);
                print.note(format_args!("{RED}limit{RED:#}{BOLD}: {message}{BOLD:#}"));
                if let Some(hint) = limit_hint(*limit) {
                    print.hint(hint);
                }
            }
            other => print.note(format_args!("{other:?}")),
        }
    }

    fn usage(&self) -> Table {
        let usage = &self.report.usage;
        let mut table = Table::new([]).indented(2);
        table.row(["fuel".into(), usage.fuel().to_string()]);
        let (wall, cpu) = (time::span(usage.wall), time::span(usage.cpu));
        table.row(["time".into(), format!("{wall} ({cpu} CPU)")]);
        table.row(["memory".into(), format!("{} at most", usage.memory_peak())]);
        table.row(["http".into(), http_text(usage)]);
        let size = ByteSize::bytes(self.artifact.as_bytes().len() as u64);
        let digest = short(self.artifact.digest().as_str());
        let build = time::span(self.build);
        table.row([
            "artifact".into(),
            format!("{size}, built in {build}, {digest}"),
        ]);
        table
    }

    fn json(&self) -> RunJson<'_> {
        let (result, error) = match &self.report.outcome {
            Outcome::Returned(result) => (Some(result.as_deref()), None),
            Outcome::Threw(failure) => (None, Some(ErrorJson::thrown(failure))),
            Outcome::Exceeded(limit) => (None, Some(ErrorJson::exceeded(*limit, self.limits))),
            _ => (None, None),
        };
        RunJson {
            outcome: outcome_name(&self.report.outcome),
            result,
            error,
            logs: &self.report.logs,
            usage: UsageJson::of(&self.report.usage),
            artifact: ArtifactJson::of(self.artifact, self.build),
            against_node: self.against_node,
        }
    }
}

fn print_thrown(print: Printer, failure: &Failure) {
    let message = visible(&failure.message);
    let text = match failure.name.as_str() {
        "" => message,
        name => format!("{}: {message}", visible(name)),
    };
    print.note(format_args!("{RED}failed{RED:#}{BOLD}: {text}{BOLD:#}"));
    let stack = visible(&failure.stack);
    for line in stack
        .lines()
        .filter(|line| line.trim_start().starts_with("at "))
    {
        print.note(format_args!("{DIM}    {}{DIM:#}", line.trim()));
    }
    if failure.kind == FailureKind::Unfinished {
        print.hint("call `callback(error, result)` once on every path, or return a promise");
    }
}

/// The option that raises the limit, where `run` has one.
fn limit_hint(limit: Limit) -> Option<&'static str> {
    match limit {
        Limit::Fuel => Some("raise it with --fuel, if the lambda is not in an endless loop"),
        Limit::WallClock => Some("raise it with --timeout, if the lambda calls back on every path"),
        Limit::Memory => Some("raise it with --memory"),
        _ => None,
    }
}

/// The exit code that stands for an outcome.
fn exit(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Returned(_) => Exit::Success,
        Outcome::Exceeded(_) => Exit::Limit,
        _ => Exit::LambdaFailed,
    }
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Returned(_) => "returned",
        Outcome::Exceeded(_) => "exceeded",
        _ => "threw",
    }
}

fn http_text(usage: &Usage) -> String {
    let requests = match usage.http_requests {
        0 => return "no requests".to_owned(),
        1 => "1 request".to_owned(),
        n => format!("{n} requests"),
    };
    let sent = ByteSize::bytes(usage.http_bytes_sent);
    let received = ByteSize::bytes(usage.http_bytes_received);
    format!("{requests}, {sent} sent, {received} received")
}

/// Enough of a digest to tell artifacts apart by eye.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[derive(Serialize)]
struct RunJson<'a> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Option<&'a RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson<'a>>,
    logs: &'a [LogEntry],
    usage: UsageJson,
    artifact: ArtifactJson<'a>,
    #[serde(rename = "againstNode", skip_serializing_if = "Option::is_none")]
    against_node: Option<&'a Verdict>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ErrorJson<'a> {
    Thrown {
        kind: &'static str,
        name: &'a str,
        message: &'a str,
        stack: &'a str,
    },
    Exceeded {
        kind: &'static str,
        limit: Limit,
        message: String,
    },
}

impl<'a> ErrorJson<'a> {
    fn thrown(failure: &'a Failure) -> Self {
        let kind = match failure.kind {
            FailureKind::Custom => "custom",
            FailureKind::RuntimeError => "runtime_error",
            FailureKind::Unfinished => "unfinished",
            _ => "crashed",
        };
        let Failure {
            name,
            message,
            stack,
            ..
        } = failure;
        Self::Thrown {
            kind,
            name,
            message,
            stack,
        }
    }

    fn exceeded(limit: Limit, limits: &Limits) -> Self {
        Self::Exceeded {
            kind: "limit",
            limit,
            message: limit.message(limits),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UsageJson {
    fuel: u64,
    wall_us: u128,
    cpu_us: u128,
    memory_peak_bytes: u64,
    http_requests: u32,
    http_bytes_sent: u64,
    http_bytes_received: u64,
}

impl UsageJson {
    fn of(usage: &Usage) -> Self {
        Self {
            fuel: usage.fuel,
            wall_us: usage.wall.as_micros(),
            cpu_us: usage.cpu.as_micros(),
            memory_peak_bytes: usage.memory_peak,
            http_requests: usage.http_requests,
            http_bytes_sent: usage.http_bytes_sent,
            http_bytes_received: usage.http_bytes_received,
        }
    }
}

/// An artifact for scripts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArtifactJson<'a> {
    digest: &'a str,
    bytes: usize,
    build_millis: f64,
}

impl<'a> ArtifactJson<'a> {
    pub(crate) fn of(artifact: &'a Artifact, build: Duration) -> Self {
        let build_millis = build.as_micros() as f64 / 1_000.0;
        Self {
            digest: artifact.digest().as_str(),
            bytes: artifact.as_bytes().len(),
            build_millis,
        }
    }
}
