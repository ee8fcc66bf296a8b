//! What is an outgoing request, and who sends it?

use std::fmt;
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
    /// As whom to answer a server that asks for a certificate.
    pub identity: Option<ClientIdentity>,
}

/// What a lambda shows of itself in the TLS handshake of one request, and whom it believes there
/// beside those whom the host trusts. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    certificate_chain: String,
    private_key: String,
    trusted_certificates: Option<String>,
}

impl ClientIdentity {
    /// The longest PEM text of a part.
    pub const PEM_MAX: ByteSize = ByteSize::kib(64);

    /// Takes texts in PEM. What they hold is for the [`HttpClient`] to find out.
    ///
    /// # Errors
    /// [`HttpError::InvalidCertificate`] or [`HttpError::InvalidPrivateKey`] when a text is larger
    /// than [`ClientIdentity::PEM_MAX`].
    pub fn new(
        certificate_chain: String,
        private_key: String,
        trusted_certificates: Option<String>,
    ) -> Result<Self, HttpError> {
        if let Some(why) = too_large("certificate chain", &certificate_chain) {
            return Err(HttpError::InvalidCertificate(why));
        }
        if let Some(why) = too_large("private key", &private_key) {
            return Err(HttpError::InvalidPrivateKey(why));
        }
        let trusted = trusted_certificates.as_deref().unwrap_or_default();
        if let Some(why) = too_large("text of trusted certificates", trusted) {
            return Err(HttpError::InvalidCertificate(why));
        }
        Ok(Self {
            certificate_chain,
            private_key,
            trusted_certificates,
        })
    }

    /// The certificate of the lambda and those that lead to its authority, in PEM.
    pub fn certificate_chain(&self) -> &str {
        &self.certificate_chain
    }

    /// The key of the first certificate, in PEM.
    pub fn expose_private_key(&self) -> &str {
        &self.private_key
    }

    /// Authorities that may vouch for the server, or its own certificates, in PEM.
    pub fn trusted_certificates(&self) -> Option<&str> {
        self.trusted_certificates.as_deref()
    }

    /// The bytes of all texts.
    pub fn bytes(&self) -> usize {
        let trusted = self.trusted_certificates.as_deref().unwrap_or_default();
        self.certificate_chain.len() + self.private_key.len() + trusted.len()
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

fn too_large(part: &str, pem: &str) -> Option<String> {
    let max = ClientIdentity::PEM_MAX;
    (pem.len() > max.as_usize()).then(|| format!("the {part} is larger than {max}"))
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
    /// The method or a header is malformed, or an identity is for a URL that is not `https`.
    #[error("invalid request: {0}")]
    InvalidRequest(String),
    /// A certificate of the request's identity cannot be used.
    #[error("invalid certificate: {0}")]
    InvalidCertificate(String),
    /// The private key of the request's identity cannot be used.
    #[error("invalid private key: {0}")]
    InvalidPrivateKey(String),
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
/// Must not follow redirects: each hop comes back to the whitelist as a request of its own. A client
/// that cannot show an [identity](HttpRequest::identity) fails rather than send without it.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends one request and reads the whole response. Dropping the future aborts the exchange.
    fn send(&self, request: PermittedRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>>;
}

impl<T: HttpClient> HttpClient for std::sync::Arc<T> {
    fn send(&self, request: PermittedRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        T::send(self, request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(chain: usize, key: usize, trusted: usize) -> Result<ClientIdentity, HttpError> {
        let text = |length| "x".repeat(length);
        ClientIdentity::new(text(chain), text(key), Some(text(trusted)))
    }

    #[test]
    fn an_identity_is_bounded_at_its_limit_and_one_past_it() {
        let max = ClientIdentity::PEM_MAX.as_usize();
        assert_eq!(identity(max, max, max).map(|i| i.bytes()), Ok(3 * max));
        let certificate =
            |part| HttpError::InvalidCertificate(format!("the {part} is larger than 64 KiB"));
        let key = HttpError::InvalidPrivateKey("the private key is larger than 64 KiB".into());
        let chain = certificate("certificate chain");
        let trusted = certificate("text of trusted certificates");
        assert_eq!(identity(max + 1, 1, 1), Err(chain));
        assert_eq!(identity(1, max + 1, 1), Err(key));
        assert_eq!(identity(1, 1, max + 1), Err(trusted));
    }
}
