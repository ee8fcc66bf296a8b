//! Which failure is answered how?
//!
//! The whole table, in one file: every reason not to answer a request with a result, its HTTP
//! status, its error code and its message. The codes are the platform's (spec 1.1) where it has
//! one.
//!
//! | what happened | status | code |
//! |---|---|---|
//! | the lambda called back with an error or threw one | 901 | `handler.custom-failure` |
//! | it crashed: a `TypeError` and the like, memory, stack, another limit | 901 | `handler.runtime-exception` |
//! | it ran out of fuel or time, or can never call back | 901 | `handler.executiontime-exceeded` |
//! | it logged too much | 901 | `handler.log-limit-reached` |
//! | the request is malformed or breaks a rule | 400 | `es.badinput` |
//! | no token, or not a valid one; no developer key | 401 | `es.unauthorized` |
//! | another account's token, or not the permission; not a valid developer key | 403 | `es.forbidden` |
//! | no such lambda; one that is not deployed | 404 | `es.missinglambda`; `es.notdeployed` |
//! | anything else that does not exist | 404 | `es.notfound` |
//! | not a method of that address | 405 | `es.badmethod` |
//! | the body did not come in time | 408 | `es.requesttimeout` |
//! | others keep changing the same lambda; what is to be made is there; a lambda is not in the state for it | 409 | `fm.conflict` |
//! | what is to be saved is so already, in the second generation | 409 | `function.unchanged` |
//! | the body is too large, or what is to be saved | 413 | `es.toolarge` |
//! | what is to be saved is not a lambda | 400 | `fm.contract-error` |
//! | the source does not build | 422 | `fm.build-error` |
//! | the server is full, or the queue of builds; the account or the lambda is past a bound | 429 | `es.toomanyrequests` |
//! | the server failed | 500 | `es.general` |
//! | the server is shutting down | 503 | `es.unavailable` |
//!
//! The Context Session Store's answers have no code: `{"message": …}` (spec 5.10).
//!
//! 901 is what the configuration's `failure_status` says. hyper itself answers what is not HTTP:
//! 400, or 431 when the headers are too large.

use std::borrow::Cow;
use std::error::Error;

use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use sandglass_compiler::CompileError;
use sandglass_runtime::{ArtifactStoreError, ByteSize, InvokeError, LoadError};
use serde::Serialize;

use crate::admin::{ChangeError, DeployError, LogsError, QueueError, SaveError, ScheduleError};
use crate::admission::Full;
use crate::auth::{AuthError, KeyError};
use crate::builds::BuildsFull;
use crate::context::{ContextError, NameError};
use crate::invoke::Answer;
use crate::rates::Limited;
use crate::reply::{self, Reply};

macro_rules! code {
    ($code:literal) => {
        concat!("com.liveperson.faas.", $code)
    };
}

mod outcome;

pub(crate) use outcome::{CUSTOMER_CODING, LambdaFailure, OutcomeName, settle};

/// Seconds until a queue that is full may have room.
const QUEUE_RETRY: u64 = 5;

/// Why a request is not answered with a result, other than by the lambda's own doing.
#[derive(Debug)]
pub(crate) enum Problem {
    NoSuchAddress,
    Method(&'static str),
    BadInput(String),
    Auth(AuthError),
    Key(KeyError),
    LambdaMissing {
        lambda: String,
        account: String,
    },
    NotDeployed {
        lambda: String,
        account: String,
    },
    NotFound(String),
    BodyTimeout,
    BodyTooLarge(ByteSize),
    TooLarge(String),
    Build(Box<CompileError>),
    /// The code is not a lambda, and was not saved.
    Contract(Box<CompileError>),
    Conflict(String),
    /// What was to be saved is so already.
    Unchanged,
    Full,
    BuildsFull(BuildsFull),
    /// The caller has too much of something; some of it has to end first.
    TooMany(String),
    Limited(Limited),
    /// The account has too much in its queue.
    QueueFull,
    Draining,
    /// The server failed; the log says how.
    Host,
}

/// The body of the Context Session Store's errors.
#[derive(Serialize)]
struct ContextBody<'a> {
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    error_code: &'a str,
    error_msg: Cow<'a, str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

/// The members of RFC 9457, section 3.1, and the platform's.
#[derive(Serialize)]
struct Details<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(flatten)]
    platform: Body<'a>,
}

/// Where a source does not build.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    source_line: &'a str,
    hint: &'a str,
}

/// The platform's two generations, which have other words for the same errors (spec 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    First,
    Second,
}

/// The body of the second generation's errors.
#[derive(Serialize)]
struct SecondBody<'a> {
    code: &'a str,
    message: &'a str,
}

impl Generation {
    /// Its code for what the first generation calls `code`.
    pub(crate) fn code(self, code: &'static str) -> &'static str {
        if self == Self::First {
            return code;
        }
        match code {
            code!("es.general") => code!("evg.general"),
            code!("es.badinput") => code!("evg.invalid"),
            code!("es.missinglambda") | code!("es.notdeployed") | code!("es.notfound") => {
                code!("function.not-found")
            }
            code!("fm.contract-error") => code!("fm.validation.code"),
            code!("handler.custom-failure") => "com.customer.faas.function.threw-error",
            code!("handler.runtime-exception") => "com.customer.faas.function.js-runtime-error",
            code!("handler.executiontime-exceeded") => {
                "com.customer.faas.function.execution-exceeded"
            }
            code!("handler.log-limit-reached") => code!("function.runtime.limit-reached"),
            code => code,
        }
    }
}

impl Problem {
    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        self.entry().0
    }

    /// The first generation's code.
    pub(crate) fn code(&self) -> &'static str {
        self.entry().1
    }

    /// The answer in the shape of a generation.
    pub(crate) fn reply_to(&self, generation: Generation) -> Reply {
        if generation == Generation::First {
            return self.reply();
        }
        let (status, code, message) = self.entry();
        let body = SecondBody {
            code: generation.code(code),
            message: &message,
        };
        self.with_header(reply::json(status, &body))
    }

    /// A failure of the server, which is logged here and nowhere else.
    pub(crate) fn host(error: &(dyn Error + 'static)) -> Self {
        let mut causes = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            causes.push_str(": ");
            causes.push_str(&error.to_string());
            cause = error.source();
        }
        tracing::error!(error = causes, blame = "host", "a request failed");
        Self::Host
    }

    /// The answer.
    pub(crate) fn reply(&self) -> Reply {
        let (status, ..) = self.entry();
        self.with_header(reply::json(status, &self.body()))
    }

    fn body(&self) -> Body<'_> {
        let (_, code, message) = self.entry();
        let place = match self {
            Self::Build(error) | Self::Contract(error) => Some(Place {
                file: &error.file,
                line: error.line,
                column: error.column,
                source_line: &error.source_line,
                hint: &error.hint,
            }),
            _ => None,
        };
        Body {
            error_code: code,
            error_msg: message,
            place,
        }
    }

    /// The answer of a route that no client of the platform knows: RFC 9457, with the platform's
    /// members beside it.
    pub(crate) fn details(&self) -> Reply {
        let (status, _, detail) = self.entry();
        let body = Details {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Lambda Failed"),
            status: status.as_u16(),
            detail: &detail,
            platform: self.body(),
        };
        self.with_header(reply::problem(status, &body))
    }

    /// The answer of the Context Session Store.
    pub(crate) fn context_reply(&self) -> Reply {
        let (status, _, message) = self.entry();
        self.with_header(reply::json(status, &ContextBody { message: &message }))
    }

    /// The answer, for who is not on the line.
    pub(crate) fn answer(&self) -> Answer {
        let (status, ..) = self.entry();
        let json = serde_json::to_vec(&self.body()).expect("our answers have string keys");
        Answer {
            status,
            json: json.into(),
        }
    }

    /// Whole seconds until another try may succeed (RFC 9110, section 10.2.3).
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Full | Self::TooMany(_) | Self::Draining => Some(1),
            Self::BuildsFull(_) => Some(5),
            Self::Limited(limited) => Some(limited.retry_after()),
            Self::QueueFull => Some(QUEUE_RETRY),
            _ => None,
        }
    }

    /// The answer with the header that its status asks for.
    fn with_header(&self, mut reply: Reply) -> Reply {
        if let Some(seconds) = self.retry_after() {
            let seconds = HeaderValue::from(seconds);
            reply.headers_mut().insert(RETRY_AFTER, seconds);
        }
        let header = match self {
            Self::Method(allowed) => Some((ALLOW, *allowed)),
            Self::Auth(AuthError::Missing) => Some((WWW_AUTHENTICATE, "Bearer")),
            Self::Auth(AuthError::Invalid) => {
                Some((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""))
            }
            Self::Key(KeyError::Missing) => Some((WWW_AUTHENTICATE, "maven-api-key")),
            _ => None,
        };
        if let Some((name, value)) = header {
            reply
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        reply
    }

    fn entry(&self) -> (StatusCode, &'static str, Cow<'_, str>) {
        let not_deployed = |lambda: &str, account: &str| {
            Cow::from(format!("There is no {lambda} deployed on {account}"))
        };
        match self {
            Self::NoSuchAddress => (
                StatusCode::NOT_FOUND,
                code!("es.notfound"),
                "there is nothing here".into(),
            ),
            Self::Method(allowed) => (
                StatusCode::METHOD_NOT_ALLOWED,
                code!("es.badmethod"),
                format!("this address takes {allowed}").into(),
            ),
            Self::BadInput(message) => (
                StatusCode::BAD_REQUEST,
                code!("es.badinput"),
                message.into(),
            ),
            Self::Auth(error @ (AuthError::Missing | AuthError::Invalid)) => (
                StatusCode::UNAUTHORIZED,
                code!("es.unauthorized"),
                error.to_string().into(),
            ),
            Self::Auth(error) => (
                StatusCode::FORBIDDEN,
                code!("es.forbidden"),
                error.to_string().into(),
            ),
            Self::Key(error @ KeyError::Missing) => (
                StatusCode::UNAUTHORIZED,
                code!("es.unauthorized"),
                error.to_string().into(),
            ),
            Self::Key(error @ KeyError::Invalid) => (
                StatusCode::FORBIDDEN,
                code!("es.forbidden"),
                error.to_string().into(),
            ),
            Self::LambdaMissing { lambda, account } => (
                StatusCode::NOT_FOUND,
                code!("es.missinglambda"),
                not_deployed(lambda, account),
            ),
            Self::NotDeployed { lambda, account } => (
                StatusCode::NOT_FOUND,
                code!("es.notdeployed"),
                not_deployed(lambda, account),
            ),
            Self::NotFound(message) => {
                (StatusCode::NOT_FOUND, code!("es.notfound"), message.into())
            }
            Self::BodyTimeout => (
                StatusCode::REQUEST_TIMEOUT,
                code!("es.requesttimeout"),
                "the body did not come in time".into(),
            ),
            Self::BodyTooLarge(max) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                code!("es.toolarge"),
                format!("the body is larger than {max}").into(),
            ),
            Self::TooLarge(message) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                code!("es.toolarge"),
                message.into(),
            ),
            Self::Build(error) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                code!("fm.build-error"),
                error.message.as_str().into(),
            ),
            Self::Contract(error) => (
                StatusCode::BAD_REQUEST,
                code!("fm.contract-error"),
                error.message.as_str().into(),
            ),
            Self::Unchanged => (
                StatusCode::CONFLICT,
                code!("function.unchanged"),
                "everything is so already".into(),
            ),
            Self::Conflict(message) => (StatusCode::CONFLICT, code!("fm.conflict"), message.into()),
            Self::TooMany(message) => (
                StatusCode::TOO_MANY_REQUESTS,
                code!("es.toomanyrequests"),
                message.into(),
            ),
            Self::Full => (
                StatusCode::TOO_MANY_REQUESTS,
                code!("es.toomanyrequests"),
                "too many invocations are running: try again".into(),
            ),
            Self::BuildsFull(error) => (
                StatusCode::TOO_MANY_REQUESTS,
                code!("es.toomanyrequests"),
                error.to_string().into(),
            ),
            Self::Limited(limited) => (
                StatusCode::TOO_MANY_REQUESTS,
                code!("es.toomanyrequests"),
                limited.to_string().into(),
            ),
            Self::QueueFull => (
                StatusCode::TOO_MANY_REQUESTS,
                code!("es.toomanyrequests"),
                "too many invocations of the account wait, or too large ones: try again later"
                    .into(),
            ),
            Self::Draining => (
                StatusCode::SERVICE_UNAVAILABLE,
                code!("es.unavailable"),
                "the server is shutting down".into(),
            ),
            Self::Host => (
                StatusCode::INTERNAL_SERVER_ERROR,
                code!("es.general"),
                "the server failed; its log says how".into(),
            ),
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<NameError> for Problem {
    fn from(error: NameError) -> Self {
        Self::BadInput(error.to_string())
    }
}

impl From<ContextError> for Problem {
    fn from(error: ContextError) -> Self {
        match error {
            ContextError::NotFound(_) => Self::NotFound(error.to_string()),
            ContextError::BuiltIn(_) | ContextError::Ttl | ContextError::TooMany { .. } => {
                Self::BadInput(error.to_string())
            }
            ContextError::TooLarge { .. } => Self::TooLarge(error.to_string()),
            ContextError::Store(_) => Self::host(&error),
        }
    }
}

impl From<Full> for Problem {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<Limited> for Problem {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::NoSuchAccount(_) | QueueError::NoSuchInvocation(_) => {
                Self::NotFound(error.to_string())
            }
            QueueError::WrongState(_) => Self::Conflict(error.to_string()),
            QueueError::Store(_) => Self::host(&error),
        }
    }
}

impl From<ScheduleError> for Problem {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::NoSuchAccount(_) | ScheduleError::NoSuchSchedule(_) => {
                Self::NotFound(error.to_string())
            }
            ScheduleError::Store(_) => Self::host(&error),
            error => Self::BadInput(error.to_string()),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NoSuchAccount(_) | ChangeError::NotFound { .. } => {
                Self::NotFound(error.to_string())
            }
            ChangeError::Exists(message) => Self::Conflict(message),
            ChangeError::Live(_) => Self::Conflict(error.to_string()),
            ChangeError::Invalid(message) => Self::BadInput(message),
            ChangeError::Busy(_) => Self::TooMany(error.to_string()),
            ChangeError::Random | ChangeError::Store(_) => Self::host(&error),
        }
    }
}

impl From<SaveError> for Problem {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Contract(error) => Self::Contract(error),
            SaveError::Conflict { .. } | SaveError::Active | SaveError::NameTaken(_) => {
                Self::Conflict(error.to_string())
            }
            SaveError::Change(error) => error.into(),
            SaveError::Check(error) => (*error).into(),
            SaveError::Name(_)
            | SaveError::NameIsUuid
            | SaveError::DescriptionTooLong(_)
            | SaveError::SourceTooLong(_)
            | SaveError::Skills { .. }
            | SaveError::Event(_)
            | SaveError::Environment(_)
            | SaveError::TooManyLambdas(_) => Self::BadInput(error.to_string()),
        }
    }
}

impl From<DeployError> for Problem {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Full(error) => Self::BuildsFull(error),
            DeployError::Build(error) => Self::Build(Box::new(error)),
            DeployError::Overtaken | DeployError::Active | DeployError::NeverBuilt(_) => {
                Self::Conflict(error.to_string())
            }
            DeployError::Change(error) => error.into(),
            DeployError::NoSuchVersion(_)
            | DeployError::NoSuchAccount(_)
            | DeployError::NoSuchLambda(_)
            | DeployError::NoSuchVariable(_) => Self::NotFound(error.to_string()),
            DeployError::Name(_)
            | DeployError::NameIsUuid
            | DeployError::DescriptionTooLong(_)
            | DeployError::SourceTooLong(_)
            | DeployError::TooManyLambdas(_)
            | DeployError::TooManyDeployed(_)
            | DeployError::Environment(_) => Self::BadInput(error.to_string()),
            DeployError::Host(_)
            | DeployError::Load(_)
            | DeployError::Artifact(_)
            | DeployError::Store(_) => Self::host(&error),
        }
    }
}

impl From<LogsError> for Problem {
    fn from(error: LogsError) -> Self {
        match error {
            LogsError::NoSuchLambda(_) => Self::NotFound(error.to_string()),
            LogsError::Invalid(message) => Self::BadInput(message),
            LogsError::TooManyTails(_) => Self::TooMany(error.to_string()),
            LogsError::Store(_) => Self::host(&error),
        }
    }
}

/// Why an invocation has no report. A lambda that was deleted while the request was under way is
/// not deployed any more.
pub(crate) fn invoke_problem(error: &InvokeError, lambda: &str, account: &str) -> Problem {
    match error {
        InvokeError::Busy => Problem::Full,
        InvokeError::Load(LoadError::Store(ArtifactStoreError::NotFound(_))) => {
            let (lambda, account) = (lambda.to_owned(), account.to_owned());
            tracing::warn!(lambda.name = lambda, "the artifact of a lambda is gone");
            Problem::NotDeployed { lambda, account }
        }
        error => Problem::host(error),
    }
}

#[cfg(test)]
mod tests;
