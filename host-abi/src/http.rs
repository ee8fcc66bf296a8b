//! What is an outgoing request, and who sends it?

use std::time::Duration;

use crate::{ByteSize, PermittedRequest};

/// A boxed future, as the host traits return it.
pub type BoxFuture<'a, T> = futures::future::BoxFuture<'a, T>;

/// A request as the lambda asked for it, before the whitelist was consulted. Only
/// [`AllowedHosts::permit`](crate::AllowedHosts::permit) turns it into something that a client
/// takes.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// An RFC 9110 method token.
    pub method: String,
    /// An absolute URL.
    pub url: String,
    /// Names and values in sending order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// Whether to ask for a compressed response and decompress it.
    pub decompress: bool,
    /// How long the whole exchange may take; `None` leaves the client's own bound.
    pub timeout: Option<Duration>,
    /// The largest response body to accept, after decompression.
    pub response_body_max: ByteSize,
}

/// A whole response.
#[derive(Debug, Clone)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// Names in lower case, in the order in which they arrived.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why no response arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The whitelist does not allow this host.
    #[error("the host {0} is not on the whitelist")]
    HostNotAllowed(String),
    /// The name resolves to an address that lambdas may not reach.
    #[error("the host {0} resolves to an address that lambdas may not reach")]
    AddressRefused(String),
    /// The URL is not an absolute `http` or `https` URL.
    #[error("invalid URL: {0}")]
    InvalidUrl(String),
    /// The method or a header is malformed.
    #[error("invalid request: {0}")]
    InvalidRequest(String),
    /// The name does not resolve.
    #[error("the host {0} does not resolve")]
    DnsFailed(String),
    /// No connection; the code comes first, as in `ECONNREFUSED 127.0.0.1:80`.
    #[error("{0}")]
    ConnectionFailed(String),
    /// TLS failed.
    #[error("{0}")]
    TlsFailed(String),
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The response body is larger than [`HttpRequest::response_body_max`]. Ends the invocation.
    #[error("the response body is too large")]
    ResponseTooLarge,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Sends requests for lambdas. Receives only what the whitelist permitted.
///
/// Must not follow redirects: each hop comes back to the whitelist as a request of its own.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends one request and reads the whole response. Dropping the future aborts the exchange.
    fn send(&self, request: PermittedRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>>;
}
