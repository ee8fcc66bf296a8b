//! What does it take to do again elsewhere what an invocation did?
//!
//! The same clock, the same chance, and the same answers to what it asked its host. So a repeatable
//! invocation has a clock that moves only by the timers that it waits for, random bytes that follow from a
//! seed, and its report holds every exchange with the host. For people who compare engines; a server has
//! no use for it.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sandglass_host_abi::bindings::sandglass::toolbelt::{http, lambdas, secrets};
use serde::Serialize;
use serde_json::{Value, json};
use wasmtime_wasi::p2::bindings::clocks::wall_clock;

/// Exchanges of one invocation that are kept.
const EXCHANGES_MAX: usize = 10_000;

/// What a repeatable invocation finds instead of the clock and of chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions {
    /// When it begins, in milliseconds since the Unix epoch.
    pub unix_ms: u64,
    /// What its random bytes follow from: SHA-256 of the seed, which is thereby replaced, again and again; every
    /// draw begins a new digest.
    pub seed: [u8; 32],
}

/// What a lambda asked its host, and what it was answered, in the form that the engine's own modules see.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Exchange {
    /// Which import it was.
    pub import: Import,
    /// The arguments. Bytes are Base64.
    pub asked: Value,
    /// The answer; null when the invocation ended before there was one.
    pub answer: Value,
    /// How far the invocation's clock was when there was an answer, in milliseconds.
    pub at_ms: f64,
}

/// An import that answers differently from time to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Import {
    /// An HTTP request.
    HttpSend,
    /// A secret that is read.
    SecretRead,
    /// A secret that is updated.
    SecretUpdate,
    /// Another lambda.
    LambdaInvoke,
}

/// The state of a repeatable invocation.
pub(crate) struct Repeatable {
    conditions: Conditions,
    passed: Duration,
    seed: [u8; 32],
    pub(crate) exchanges: Vec<Exchange>,
}

impl Repeatable {
    pub(crate) fn new(conditions: Conditions) -> Self {
        Self {
            conditions,
            passed: Duration::ZERO,
            seed: conditions.seed,
            exchanges: Vec::new(),
        }
    }

    /// The time since the invocation began.
    pub(crate) fn passed(&self) -> Duration {
        self.passed
    }

    /// A timer was waited for.
    pub(crate) fn waited(&mut self, until: Duration) {
        self.passed = self.passed.max(until);
    }

    pub(crate) fn wall_clock(&self) -> wall_clock::Datetime {
        let now = Duration::from_millis(self.conditions.unix_ms) + self.passed;
        wall_clock::Datetime {
            seconds: now.as_secs(),
            nanoseconds: now.subsec_nanos(),
        }
    }

    pub(crate) fn seed(&mut self) -> &mut [u8; 32] {
        &mut self.seed
    }

    /// Keeps what is asked; returns its place.
    pub(crate) fn ask(&mut self, import: Import, asked: Value) -> Option<usize> {
        let place = self.exchanges.len();
        (place < EXCHANGES_MAX).then(|| {
            self.exchanges.push(Exchange {
                import,
                asked,
                answer: Value::Null,
                at_ms: 0.0,
            });
            place
        })
    }

    pub(crate) fn answer(&mut self, place: usize, answer: Value) {
        let at_ms = self.passed.as_secs_f64() * 1_000.0;
        let exchange = &mut self.exchanges[place];
        (exchange.answer, exchange.at_ms) = (answer, at_ms);
    }
}

/// Header values pass as Latin-1 text, a byte a character.
fn headers(headers: &[(String, Vec<u8>)]) -> Value {
    let flat = headers.iter().flat_map(|(name, value)| {
        let value: String = value.iter().copied().map(char::from).collect();
        [name.clone(), value]
    });
    flat.collect()
}

pub(crate) fn request(request: &http::Request) -> Value {
    json!({
        "method": request.method,
        "url": request.url,
        "headers": headers(&request.headers),
        "body": BASE64_STANDARD.encode(&request.body),
    })
}

pub(crate) fn response(answer: &Result<http::Response, http::HttpError>) -> Value {
    use http::HttpError::{
        AddressRefused, ConnectionFailed, DnsFailed, Failed, HostNotAllowed, InvalidCertificate,
        InvalidPrivateKey, InvalidRequest, InvalidUrl, TimedOut, TlsFailed,
    };
    let (error, detail) = match answer {
        Ok(response) => {
            return json!({
                "status": response.status,
                "reason": response.reason,
                "headers": headers(&response.headers),
                "body": BASE64_STANDARD.encode(&response.body),
            });
        }
        Err(HostNotAllowed(host)) => ("host-not-allowed", host.as_str()),
        Err(AddressRefused(host)) => ("address-refused", host.as_str()),
        Err(InvalidUrl(wrong)) => ("invalid-url", wrong.as_str()),
        Err(InvalidRequest(wrong)) => ("invalid-request", wrong.as_str()),
        Err(InvalidCertificate(wrong)) => ("invalid-certificate", wrong.as_str()),
        Err(InvalidPrivateKey(wrong)) => ("invalid-private-key", wrong.as_str()),
        Err(DnsFailed(host)) => ("dns-failed", host.as_str()),
        Err(ConnectionFailed(cause)) => ("connection-failed", cause.as_str()),
        Err(TlsFailed(cause)) => ("tls-failed", cause.as_str()),
        Err(TimedOut) => ("timed-out", ""),
        Err(Failed(what)) => ("failed", what.as_str()),
    };
    json!({ "error": error, "detail": detail })
}

pub(crate) fn secret(answer: Result<&str, &secrets::SecretError>) -> Value {
    use secrets::SecretError::{Failed, Invalid, NotFound};
    match answer {
        Ok(text) => json!(["ok", text]),
        Err(NotFound) => json!(["not-found", ""]),
        Err(Invalid(rule)) => json!(["invalid", rule]),
        Err(Failed(why)) => json!(["failed", why]),
    }
}

pub(crate) fn call(call: &lambdas::Call) -> Value {
    json!({ "lambda": call.lambda, "input": call.input })
}

pub(crate) fn called(answer: &Result<lambdas::Answer, lambdas::CallError>) -> Value {
    use lambdas::CallError::{Failed, InvalidInput, TimedOut, TooDeep, Unavailable};
    let (error, detail) = match answer {
        Ok(answer) => {
            let headers: serde_json::Map<_, _> = answer
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            return json!({ "status": answer.status, "headers": headers, "body": answer.body });
        }
        Err(Unavailable) => ("unavailable", String::new()),
        Err(TooDeep(depth)) => ("too-deep", depth.to_string()),
        Err(InvalidInput(wrong)) => ("invalid-input", wrong.clone()),
        Err(TimedOut) => ("timed-out", String::new()),
        Err(Failed(why)) => ("failed", why.clone()),
    };
    json!({ "error": error, "detail": detail })
}
