//! How is an app told what it did wrong?

use std::borrow::Cow;

use http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::reply::{self, Reply};
use crate::status::Problem;

/// An error of RFC 6749: of an authorization (section 4.1.2.1) or of a token (section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OauthError {
    pub(super) code: Code,
    pub(super) description: Cow<'static, str>,
}

/// The errors by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    /// RFC 7009, section 2.2.1.
    UnsupportedTokenType,
    AccessDenied,
    /// OpenID Connect Core, section 3.1.2.6.
    LoginRequired,
    TemporarilyUnavailable,
    ServerError,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    error_description: &'a str,
}

impl Code {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl OauthError {
    pub(super) fn new(code: Code, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: description.into(),
        }
    }

    /// The answer of the token endpoint and its like.
    pub(crate) fn reply(&self) -> Reply {
        let body = Body {
            error: self.code.as_str(),
            error_description: &self.description,
        };
        let mut reply = no_store(reply::json(self.code.status(), &body));
        let header = match self.code {
            Code::InvalidClient => Some((WWW_AUTHENTICATE, "Basic realm=\"sentinel\"")),
            Code::TemporarilyUnavailable => Some((RETRY_AFTER, "1")),
            _ => None,
        };
        if let Some((name, value)) = header {
            let value = HeaderValue::from_static(value);
            reply.headers_mut().insert(name, value);
        }
        reply
    }

    /// The server failed, and its log says how.
    pub(super) fn host(error: &(dyn std::error::Error + 'static)) -> Self {
        let _ = Problem::host(error);
        Self::new(Code::ServerError, "the server failed; its log says how")
    }
}

/// An answer with a token in it is nobody else's (RFC 6749, section 5.1).
pub(super) fn no_store(mut reply: Reply) -> Reply {
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("pragma", HeaderValue::from_static("no-cache"));
    reply
}
