//! How does a lambda's request reach the internet, and nothing else?
//!
//! A request arrives here when its name is on the whitelist
//! ([`PermittedRequest`]). Then, one step after the other:
//!
//! 1. **Resolve and check.** Every address of the name is checked; one that lambdas may not reach
//!    refuses the request, because whoever can mix such an address into an answer (DNS rebinding)
//!    is not to be trusted with the others.
//! 2. **Connect** to the addresses that were checked. The name is not resolved a second time.
//! 3. **Exchange** one request and one response, over HTTP/1.1. No redirect is followed: each hop
//!    is a new request of the lambda and meets the whitelist. No proxy, no cookies, no retry.
//! 4. **Read** the response while it stays within its bounds, decompressing it on the way if that
//!    was asked for; what is past a bound is never held.
//!
//! **One connection a request.** A kept-alive connection is state that outlives an invocation: with
//! NTLM it is a login, and an upstream that loses count of a body would answer one lambda's
//! question to the next one. So each request gets a client and a connection of its own and asks
//! the server to close it (as Node's default agent does for `request`). TLS sessions are resumed,
//! which saves most of a handshake and carries no authority of a lambda's: one in which a lambda
//! showed a certificate of its own is not.

mod addresses;
mod decode;
mod exchange;
mod failure;
mod tls;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use sandglass_host_abi::{
    BoxFuture, ByteSize, HttpClient, HttpError, HttpResponse, PermittedRequest,
};
use tokio::sync::Semaphore;
use url::Url;

pub use addresses::AddressVerdict;
use addresses::Resolver;
use tls::Tls;

/// Sends lambdas' requests to the internet: the default [`HttpClient`].
#[derive(Debug)]
pub struct Egress {
    resolver: Resolver,
    tls: Tls,
    in_flight: Arc<Semaphore>,
    connect_timeout: Duration,
    timeout: Duration,
    response_headers_max: ByteSize,
}

/// How [`Egress`] behaves. The default reaches public addresses only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressConfig {
    /// Which addresses a whitelisted name may resolve to.
    pub addresses: AddressPolicy,
    /// How long resolving a name may take.
    pub resolve_timeout: Duration,
    /// How long connecting may take, TLS included.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take. A request may ask for less, not for more.
    pub timeout: Duration,
    /// Requests of all lambdas together that may be open at once; further ones wait within their
    /// timeout. Each takes a socket: keep it below the process's limit of open files.
    pub in_flight_max: u32,
    /// Names and values of a response's headers together.
    pub response_headers_max: ByteSize,
    /// Root certificates in PEM to trust beside those of the operating system; empty for none.
    pub root_certificates: Vec<u8>,
}

/// Which addresses a whitelisted name may resolve to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressPolicy {
    /// Hosts of the public internet.
    #[default]
    PublicOnly,
    /// Loopback, private and unique-local addresses too, for tests, local development and internal
    /// services. Link-local addresses and metadata services stay refused.
    AllowPrivate,
}

/// Why [`Egress`] could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// A root certificate is not one, or not in PEM.
    #[error("the root certificates cannot be used")]
    RootCertificates(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// TLS could not be set up.
    #[error("TLS could not be set up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An [`HttpClient`] that sends nothing: every host answers as if it were not on the whitelist.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHttp;

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            addresses: AddressPolicy::default(),
            resolve_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            in_flight_max: 4_096,
            response_headers_max: ByteSize::kib(64),
            root_certificates: Vec::new(),
        }
    }
}

impl Egress {
    /// Sets up the client; reads the operating system's root certificates.
    ///
    /// # Errors
    /// When a root certificate of the configuration cannot be used, or TLS cannot be set up.
    pub fn new(config: EgressConfig) -> Result<Self, EgressError> {
        Ok(Self {
            resolver: Resolver::new(config.addresses, config.resolve_timeout),
            tls: Tls::new(&config.root_certificates)?,
            in_flight: Arc::new(Semaphore::new(config.in_flight_max as usize)),
            connect_timeout: config.connect_timeout,
            timeout: config.timeout,
            response_headers_max: config.response_headers_max,
        })
    }

    async fn exchange(&self, request: PermittedRequest) -> Result<HttpResponse, HttpError> {
        let (url, request) = request.into_parts();
        let _permit = self
            .in_flight
            .acquire()
            .await
            .expect("the semaphore is never closed");
        let addresses = self.resolver.resolve(&url).await?;
        let tls = self.tls.of(request.identity.as_ref())?;
        let client = exchange::client(&addresses, tls, self.connect_timeout)
            .map_err(|e| HttpError::Failed(failure::root_cause(&e)))?;
        let expected = exchange::Expected::of(&request, self.response_headers_max);
        let request = exchange::request(&client, url.clone(), request)?;
        let response = client.execute(request).await;
        let response = response.map_err(|e| failure::of_sending(&e, &url, &addresses))?;
        exchange::read(response, expected).await
    }
}

impl Egress {
    /// What the addresses of a URL's host are, and whether lambdas may reach each of them: what a request
    /// would be told, without sending one. It takes as long as resolving a name may.
    ///
    /// # Errors
    /// When the host does not resolve.
    pub async fn look(&self, url: &Url) -> Result<Vec<AddressVerdict>, HttpError> {
        self.resolver.look(url).await
    }
}

impl HttpClient for Egress {
    fn send(&self, request: PermittedRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        let asked = request.request().timeout;
        let bound = asked.map_or(self.timeout, |asked| asked.min(self.timeout));
        Box::pin(async move {
            let exchange = tokio::time::timeout(bound, self.exchange(request));
            exchange.await.unwrap_or(Err(HttpError::TimedOut))
        })
    }
}

impl HttpClient for NoHttp {
    fn send(&self, request: PermittedRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        let host = request.url().host_str().unwrap_or_default().to_owned();
        Box::pin(async move { Err(HttpError::HostNotAllowed(host)) })
    }
}
