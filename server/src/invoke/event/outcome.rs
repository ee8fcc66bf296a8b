//! What is answered to an event?

use bytes::Bytes;
use http::StatusCode;
use sandglass_runtime::LogLevel;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::invoke::Answer;
use crate::status::{CUSTOMER_CODING, Generation, LambdaFailure, Problem};

/// What came of one lambda.
pub(super) struct Ran {
    pub(super) uuid: String,
    /// When it ended, in milliseconds since the Unix epoch.
    pub(super) timestamp: u64,
    pub(super) result: Result<Option<Bytes>, Failure>,
}

/// Why a lambda has no result.
pub(super) enum Failure {
    Lambda(LambdaFailure),
    Platform(Problem),
}

/// One element of the answer.
#[derive(Serialize)]
struct Element<'a> {
    uuid: &'a str,
    timestamp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(flatten)]
    error: Option<Said<'a>>,
}

/// An error in the words of a generation.
#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    First {
        #[serde(rename = "errorCode")]
        code: &'a str,
        #[serde(rename = "errorMsg")]
        message: &'a str,
    },
    Second {
        code: &'a str,
        message: &'a str,
    },
}

/// The answer of an event of which a lambda failed.
#[derive(Serialize)]
struct Failed<'a> {
    #[serde(flatten)]
    first: Said<'a>,
    #[serde(rename = "errorLogs")]
    error_logs: Vec<Note<'a>>,
}

/// What came of a lambda, in the form of a log entry.
#[derive(Serialize)]
struct Note<'a> {
    level: LogLevel,
    message: &'static str,
    extras: [Element<'a>; 1],
    timestamp: u64,
}

impl Ran {
    /// Whether the server failed, not the lambda.
    pub(super) fn is_platforms(&self) -> bool {
        matches!(self.result, Err(Failure::Platform(_)))
    }

    pub(super) fn into_problem(self) -> Problem {
        match self.result {
            Err(Failure::Platform(problem)) => problem,
            _ => Problem::Host,
        }
    }
}

/// The list of results, or the first failure. What the platform failed at comes before what a lambda did:
/// the caller may ask again.
pub(super) fn tell(failure_status: StatusCode, generation: Generation, ran: &[Ran]) -> Answer {
    let failures = || ran.iter().filter_map(|ran| ran.result.as_ref().err());
    let platform = failures().find_map(|failure| match failure {
        Failure::Platform(problem) => Some(problem.status()),
        Failure::Lambda(_) => None,
    });
    let elements = ran.iter().map(|ran| element(generation, ran));
    let Some(first) = failures().find(|failure| match failure {
        Failure::Platform(_) => true,
        Failure::Lambda(_) => platform.is_none(),
    }) else {
        return Answer::of(StatusCode::OK, &elements.collect::<Vec<_>>());
    };
    let notes = elements.map(|element| Note {
        level: match element.error {
            Some(_) => LogLevel::Error,
            None => LogLevel::Info,
        },
        message: match element.error {
            Some(_) => "A lambda of this event has failed",
            None => "A lambda of this event has returned",
        },
        timestamp: element.timestamp,
        extras: [element],
    });
    let failed = Failed {
        error_logs: notes.collect(),
        first: said(generation, first),
    };
    Answer::of(platform.unwrap_or(failure_status), &failed)
}

fn element(generation: Generation, ran: &Ran) -> Element<'_> {
    let (result, error) = match &ran.result {
        Ok(result) => (result.as_deref(), None),
        Err(failure) => (None, Some(said(generation, failure))),
    };
    Element {
        uuid: &ran.uuid,
        timestamp: ran.timestamp,
        result: result.map(|json| serde_json::from_slice(json).expect("the runtime checked it")),
        error,
    }
}

fn said(generation: Generation, failure: &Failure) -> Said<'_> {
    let (code, message) = match failure {
        Failure::Lambda(failure) => (failure.code, CUSTOMER_CODING),
        Failure::Platform(problem) => (problem.code(), "the server could not run this lambda"),
    };
    let code = generation.code(code);
    match generation {
        Generation::First => Said::First { code, message },
        Generation::Second => Said::Second { code, message },
    }
}
