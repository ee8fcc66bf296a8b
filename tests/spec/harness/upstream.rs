//! What do lambdas talk to? A real HTTP server on loopback whose answers a test decides.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::{block_on, hosts, tokio as shared};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// A header's value; empty when the header is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }
}

/// What the server answers.
pub(crate) type Answer = Response<Full<Bytes>>;

/// An answer with a body.
pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status.try_into().expect("a valid status code");
    response
}

/// The same answer with one more header.
pub(crate) fn with_header(mut answer: Answer, name: &str, value: &str) -> Answer {
    let name: HeaderName = name.parse().expect("a valid header name");
    answer
        .headers_mut()
        .append(name, HeaderValue::from_str(value).expect("a valid value"));
    answer
}

/// A running server; stops when dropped.
pub(crate) struct Upstream {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    accepting: JoinHandle<()>,
}

type Handler = dyn Fn(Received) -> BoxFuture<'static, Option<Answer>> + Send + Sync;

impl Upstream {
    /// Starts a server that answers at once.
    pub(crate) fn start(handler: impl Fn(Received) -> Answer + Send + Sync + 'static) -> Self {
        let handler = Arc::new(handler);
        Self::start_async(move |received| {
            let handler = Arc::clone(&handler);
            async move { Some(handler(received)) }
        })
    }

    /// Starts a server that takes its time, or closes the connection with `None`.
    pub(crate) fn start_async<F>(handler: impl Fn(Received) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Answer>> + Send + 'static,
    {
        Self::listen(None, handler)
    }

    fn listen<F>(
        tls: Option<TlsAcceptor>,
        handler: impl Fn(Received) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Option<Answer>> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |received| Box::pin(handler(received)));
        let received = Arc::default();
        let listener = block_on(TcpListener::bind("127.0.0.1:0")).expect("loopback has ports");
        let address = listener.local_addr().expect("the listener is bound");
        let accepting = shared().spawn(accept(listener, tls, handler, Arc::clone(&received)));
        Self {
            address,
            received,
            accepting,
        }
    }

    /// Starts a server over TLS that nobody vouches for but itself.
    pub(crate) fn start_with_unknown_certificate(
        handler: impl Fn(Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let own = rcgen::generate_simple_self_signed(names).expect("the names are valid");
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("it was made so");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .expect("the key is the certificate's");
        let tls = TlsAcceptor::from(Arc::new(config));
        Self::listen(Some(tls), move |received| {
            std::future::ready(Some(handler(received)))
        })
    }

    /// Makes the server reachable for lambdas under these names, whatever the scheme.
    pub(crate) fn known_as(self, names: &[&str]) -> Self {
        names
            .iter()
            .for_each(|name| hosts::resolve_as(name, self.address));
        self
    }

    /// The URL of a path on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The whitelist rule for this server.
    pub(crate) fn rule(&self) -> String {
        self.address.to_string()
    }

    /// The requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .expect("no test panics with it")
            .clone()
    }

    /// The only request so far.
    #[track_caller]
    pub(crate) fn only_request(&self) -> Received {
        let mut received = self.received();
        assert_eq!(received.len(), 1, "{received:#?}");
        received.remove(0)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: Arc<Handler>,
    log: Arc<Mutex<Vec<Received>>>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (handler, log, tls) = (Arc::clone(&handler), Arc::clone(&log), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => converse(stream, &*handler, &log).await,
                // A client that does not trust the server hangs up here.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        converse(stream, &*handler, &log).await;
                    }
                }
            }
        });
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    handler: &Handler,
    log: &Mutex<Vec<Received>>,
) {
    let service = service_fn(|request| serve(request, handler, log));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Lambdas hang up and tests close connections on purpose.
    let _ = connection.await;
}

/// A handler that wants the connection closed.
#[derive(Debug)]
struct HangUp;

impl std::fmt::Display for HangUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the test hangs up")
    }
}

impl std::error::Error for HangUp {}

impl From<Infallible> for HangUp {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

async fn serve(
    request: hyper::Request<Incoming>,
    handler: &Handler,
    log: &Mutex<Vec<Received>>,
) -> Result<Answer, HangUp> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| HangUp)?.to_bytes();
    let received = Received {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        body,
    };
    log.lock()
        .expect("no test panics with it")
        .push(received.clone());
    handler(received).await.ok_or(HangUp)
}
