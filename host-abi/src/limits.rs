//! How far may an invocation go?

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{ByteSize, Fuel};

/// The bounds of one invocation. Each has a reasoned default; none can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Execution time, in fuel. The default lasts about 30 s of CPU on a 2026 server core, so that
    /// work and waiting share the platform's 30 s.
    pub fuel: Fuel,
    /// Linear memory, everything that the JavaScript engine holds included. The platform's 256 MiB.
    pub memory: ByteSize,
    /// From checkout to outcome, waiting included. The platform's 30 s.
    #[serde(with = "millis")]
    pub wall_clock: Duration,
    /// HTTP requests that one invocation may start.
    pub http_requests: u32,
    /// HTTP requests, and calls of other lambdas, that one invocation may have open at once; further
    /// ones wait their turn.
    pub http_in_flight: u32,
    /// The body of one outgoing request.
    pub http_request_body: ByteSize,
    /// The body of one response, after decompression.
    pub http_response_body: ByteSize,
    /// The bodies of requests and the inputs of calls that are not answered yet, together: what the
    /// host holds for a lambda that starts many at once.
    pub http_buffered: ByteSize,
    /// Reads and updates of secrets.
    pub secret_calls: u32,
    /// Calls of other lambdas by an invocation from outside and all that it leads to, together.
    pub lambda_calls: u32,
    /// How many lambdas may call one another in a row, beginning with a call from outside.
    pub call_depth: u32,
    /// Log entries.
    pub log_entries: u32,
    /// Bytes of log messages and extras together.
    pub log: ByteSize,
    /// The input, as JSON.
    pub payload: ByteSize,
    /// The result, as JSON.
    pub result: ByteSize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: Fuel::new(400_000_000_000),
            memory: ByteSize::mib(256),
            wall_clock: Duration::from_secs(30),
            http_requests: 200,
            http_in_flight: 20,
            http_request_body: ByteSize::mib(8),
            http_response_body: ByteSize::mib(16),
            http_buffered: ByteSize::mib(32),
            secret_calls: 200,
            lambda_calls: 100,
            call_depth: 8,
            log_entries: 1_000,
            log: ByteSize::kib(256),
            payload: ByteSize::mib(4),
            result: ByteSize::mib(8),
        }
    }
}

/// Names a limit that an invocation ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::fuel`].
    Fuel,
    /// [`Limits::memory`].
    Memory,
    /// [`Limits::wall_clock`].
    WallClock,
    /// The WebAssembly stack, where the JavaScript engine's own check did not come first.
    Stack,
    /// [`Limits::http_requests`].
    HttpRequests,
    /// [`Limits::http_request_body`].
    HttpRequestBody,
    /// [`Limits::http_response_body`].
    HttpResponseBody,
    /// [`Limits::http_buffered`].
    HttpBuffered,
    /// [`Limits::secret_calls`].
    SecretCalls,
    /// [`Limits::lambda_calls`].
    LambdaCalls,
    /// [`Limits::log_entries`].
    LogEntries,
    /// [`Limits::log`].
    Log,
    /// [`Limits::payload`].
    Payload,
    /// [`Limits::result`].
    Result,
}

impl Limit {
    /// The limit's name, as in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::WallClock => "wall_clock",
            Self::Stack => "stack",
            Self::HttpRequests => "http_requests",
            Self::HttpRequestBody => "http_request_body",
            Self::HttpResponseBody => "http_response_body",
            Self::HttpBuffered => "http_buffered",
            Self::SecretCalls => "secret_calls",
            Self::LambdaCalls => "lambda_calls",
            Self::LogEntries => "log_entries",
            Self::Log => "log",
            Self::Payload => "payload",
            Self::Result => "result",
        }
    }

    /// A sentence for the person whose lambda ran into it, with the value that was in force.
    pub fn message(self, limits: &Limits) -> String {
        match self {
            Self::Fuel => format!(
                "Lambda Execution is taking too long: it used up its {} units of fuel",
                limits.fuel
            ),
            Self::WallClock => format!(
                "Lambda Execution is taking too long: no result after {} ms",
                limits.wall_clock.as_millis()
            ),
            Self::Memory => format!(
                "the lambda needed more than its {} of memory",
                limits.memory
            ),
            Self::Stack => {
                "the lambda's call stack is exhausted: it recursed too deeply".to_owned()
            }
            Self::HttpRequests => {
                format!(
                    "the lambda started more than {} HTTP requests",
                    limits.http_requests
                )
            }
            Self::HttpRequestBody => {
                format!(
                    "an HTTP request body was larger than {}",
                    limits.http_request_body
                )
            }
            Self::HttpResponseBody => {
                format!(
                    "an HTTP response body was larger than {}",
                    limits.http_response_body
                )
            }
            Self::HttpBuffered => format!(
                "the bodies of open HTTP requests and calls were larger than {} together",
                limits.http_buffered
            ),
            Self::SecretCalls => format!(
                "the lambda read or updated secrets more than {} times",
                limits.secret_calls
            ),
            Self::LambdaCalls => format!(
                "the lambda and those that it called made more than {} calls of other lambdas",
                limits.lambda_calls
            ),
            Self::LogEntries => {
                format!("the lambda logged more than {} entries", limits.log_entries)
            }
            Self::Log => format!("the lambda logged more than {}", limits.log),
            Self::Payload => format!("the input is larger than {}", limits.payload),
            Self::Result => format!("the result is larger than {}", limits.result),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}
