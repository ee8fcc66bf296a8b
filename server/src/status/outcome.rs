//! How did an invocation end, and what is said of it?

use bytes::Bytes;
use sandglass_runtime::{FailureKind, Limit, Limits, Outcome};

use crate::store::InvocationState;

/// How an invocation ended, in one word, for the journal and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutcomeName {
    Returned,
    Threw,
    RuntimeError,
    Unfinished,
    Crashed,
    ExceededTime,
    ExceededMemory,
    ExceededStack,
    ExceededLog,
    ExceededHttp,
    ExceededSize,
    ExceededOther,
    /// The server could not run it.
    HostFailed,
    /// Whoever waited for it went away, which ended it.
    Abandoned,
}

impl OutcomeName {
    pub(crate) const COUNT: usize = Self::ALL.len();
    pub(crate) const ALL: [Self; 14] = [
        Self::Returned,
        Self::Threw,
        Self::RuntimeError,
        Self::Unfinished,
        Self::Crashed,
        Self::ExceededTime,
        Self::ExceededMemory,
        Self::ExceededStack,
        Self::ExceededLog,
        Self::ExceededHttp,
        Self::ExceededSize,
        Self::ExceededOther,
        Self::HostFailed,
        Self::Abandoned,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Threw => "threw",
            Self::RuntimeError => "runtime_error",
            Self::Unfinished => "unfinished",
            Self::Crashed => "crashed",
            Self::ExceededTime => "exceeded_time",
            Self::ExceededMemory => "exceeded_memory",
            Self::ExceededStack => "exceeded_stack",
            Self::ExceededLog => "exceeded_log",
            Self::ExceededHttp => "exceeded_http",
            Self::ExceededSize => "exceeded_size",
            Self::ExceededOther => "exceeded_other",
            Self::HostFailed => "host_failed",
            Self::Abandoned => "abandoned",
        }
    }

    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Returned(_) => Self::Returned,
            Outcome::Threw(failure) => match failure.kind {
                FailureKind::Custom => Self::Threw,
                FailureKind::RuntimeError => Self::RuntimeError,
                FailureKind::Unfinished => Self::Unfinished,
                _ => Self::Crashed,
            },
            Outcome::Exceeded(limit) => match limit {
                Limit::Fuel | Limit::WallClock => Self::ExceededTime,
                Limit::Memory => Self::ExceededMemory,
                Limit::Stack => Self::ExceededStack,
                Limit::Log | Limit::LogEntries => Self::ExceededLog,
                Limit::HttpRequests | Limit::HttpRequestBody | Limit::HttpResponseBody => {
                    Self::ExceededHttp
                }
                Limit::Payload | Limit::Result => Self::ExceededSize,
                _ => Self::ExceededOther,
            },
            _ => Self::Crashed,
        }
    }

    /// How the platform's reports count it.
    pub(crate) const fn state(self) -> InvocationState {
        match self {
            Self::Returned => InvocationState::Succeeded,
            Self::Unfinished | Self::ExceededTime => InvocationState::Timeout,
            Self::Crashed | Self::HostFailed => InvocationState::PlatformFailure,
            Self::Abandoned => InvocationState::Unknown,
            _ => InvocationState::CodingFailure,
        }
    }

    /// The platform's error code.
    const fn code(self) -> &'static str {
        match self {
            Self::Returned | Self::Threw => code!("handler.custom-failure"),
            Self::Unfinished | Self::ExceededTime => code!("handler.executiontime-exceeded"),
            Self::ExceededLog => code!("handler.log-limit-reached"),
            _ => code!("handler.runtime-exception"),
        }
    }
}

/// How a lambda failed, by its own doing.
#[derive(Debug)]
pub(crate) struct LambdaFailure {
    pub(crate) code: &'static str,
    /// The lambda's own words; not for callers from outside.
    pub(crate) message: String,
    /// The JavaScript stack; may be empty.
    pub(crate) stack: String,
}

/// What a caller from outside is told instead of a lambda's own words.
pub(crate) const CUSTOMER_CODING: &str =
    "Function Invocation failed due to an issue caused by customer coding";

/// The platform waits its 30 s for a callback that can never come, and then says this.
const TOO_LONG: &str = "Lambda Execution is taking too long";

/// The result of an invocation, or how the lambda failed.
pub(crate) fn settle(outcome: Outcome, limits: &Limits) -> Result<Option<Bytes>, LambdaFailure> {
    let code = OutcomeName::of(&outcome).code();
    match outcome {
        Outcome::Returned(result) => Ok(result.map(|json| {
            let text: Box<str> = json.into();
            Bytes::from(String::from(text))
        })),
        Outcome::Threw(failure) => Err(LambdaFailure {
            code,
            message: match failure.kind {
                FailureKind::Unfinished => format!("{TOO_LONG}: {}", failure.message),
                _ => failure.message,
            },
            stack: failure.stack,
        }),
        Outcome::Exceeded(limit) => Err(LambdaFailure {
            code,
            message: limit.message(limits),
            stack: String::new(),
        }),
        _ => Err(LambdaFailure {
            code,
            message: "the lambda ended in an unknown way".to_owned(),
            stack: String::new(),
        }),
    }
}
