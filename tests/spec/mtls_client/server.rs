//! Servers on loopback that ask for a certificate, and those who make certificates for them.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};

use futures::future::BoxFuture;
use http_body_util::BodyExt;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{HandshakeKind, RootCertStore, ServerConfig};
use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::harness::upstream::{Answer, Received};
use crate::harness::{block_on, tokio as shared};

/// Who vouches for certificates.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(super) struct Certified {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) certificate_pem: String,
    pub(super) key: KeyPair,
}

/// Vouches for the servers.
pub(super) static SERVERS: LazyLock<Authority> = LazyLock::new(|| Authority::new("servers"));
/// Vouches for the lambdas.
pub(super) static LAMBDAS: LazyLock<Authority> = LazyLock::new(|| Authority::new("lambdas"));
/// The certificate of the tests' lambdas.
pub(super) static LAMBDA: LazyLock<Certified> = LazyLock::new(|| LAMBDAS.issue("lambda.test"));

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        Self(CertifiedIssuer::self_signed(params, key).expect("it signs itself"))
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a name, or for an address.
    pub(super) fn issue(&self, name: &str) -> Certified {
        self.issue_for(KeyPair::generate().expect("a key can be made"), name)
    }

    /// The same for a key that is there already.
    pub(super) fn issue_for(&self, key: KeyPair, name: &str) -> Certified {
        let params = CertificateParams::new([name.to_owned()]).expect("a valid name");
        let certificate = params.signed_by(&key, &self.0).expect("it signs");
        Certified::of(&certificate, key)
    }
}

impl Certified {
    fn of(certificate: &rcgen::Certificate, key: KeyPair) -> Self {
        Self {
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            key,
        }
    }

    /// A certificate that nobody vouches for but itself.
    pub(super) fn by_itself(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.self_signed(&key).expect("it signs itself");
        Self::of(&certificate, key)
    }

    pub(super) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

/// A request and the certificate of who sent it.
#[derive(Clone)]
pub(super) struct Arrived {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) is_resumed: bool,
    pub(super) request: Received,
}

/// A server that answers those whom `LAMBDAS` vouches for; stops when dropped.
pub(super) struct Server {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    accepting: JoinHandle<()>,
}

type Handler = dyn Fn(Received) -> BoxFuture<'static, Answer> + Send + Sync;

impl Server {
    /// With a certificate for its address by `SERVERS`.
    pub(super) fn start(handler: impl Fn(Received) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_as(&SERVERS.issue("127.0.0.1"), handler)
    }

    /// With this certificate.
    pub(super) fn start_as(
        own: &Certified,
        handler: impl Fn(Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::listen(own, move |received| ready(handler(received)))
    }

    /// One that takes a request and never answers.
    pub(super) fn start_silent() -> Self {
        Self::listen(&SERVERS.issue("127.0.0.1"), |_| std::future::pending())
    }

    fn listen<F>(own: &Certified, handler: impl Fn(Received) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |received| Box::pin(handler(received)));
        let arrived = Arc::default();
        let listener = block_on(TcpListener::bind("127.0.0.1:0")).expect("loopback has ports");
        let address = listener.local_addr().expect("the listener is bound");
        let tls = TlsAcceptor::from(Arc::new(config(own)));
        let accepting = shared().spawn(accept(listener, tls, handler, Arc::clone(&arrived)));
        Self {
            address,
            arrived,
            accepting,
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    pub(super) fn rule(&self) -> String {
        self.address.to_string()
    }

    /// The requests so far.
    pub(super) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("no test panics with it").clone()
    }

    /// The only request so far.
    #[track_caller]
    pub(super) fn only_request(&self) -> Received {
        let mut arrived = self.arrived();
        assert_eq!(arrived.len(), 1);
        arrived.remove(0).request
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn config(own: &Certified) -> ServerConfig {
    let provider = Arc::new(ring::default_provider());
    let mut clients = RootCertStore::empty();
    clients
        .add(LAMBDAS.0.der().clone())
        .expect("an authority's certificate");
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(clients), Arc::clone(&provider))
            .build()
            .expect("there is an authority");
    let key = PrivateKeyDer::try_from(own.key.serialize_der()).expect("it was made so");
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.certificate.clone()], key)
        .expect("the key is the certificate's")
}

async fn accept(
    listener: TcpListener,
    tls: TlsAcceptor,
    handler: Arc<Handler>,
    log: Arc<Mutex<Vec<Arrived>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (handler, log, tls) = (Arc::clone(&handler), Arc::clone(&log), tls.clone());
        tokio::spawn(async move {
            match tls.accept(stream).into_fallible().await {
                Ok(stream) => converse(stream, &*handler, &log).await,
                Err((_, stream)) => hang_up(stream).await,
            }
        });
    }
}

/// Lets the client read why: closing a connection with unread data would take the reason away.
async fn hang_up(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let _ = copy(&mut stream, &mut sink()).await;
}

async fn converse(
    stream: tokio_rustls::server::TlsStream<TcpStream>,
    handler: &Handler,
    log: &Mutex<Vec<Arrived>>,
) {
    let connection = stream.get_ref().1;
    let certificates = connection.peer_certificates();
    let certificate = certificates.expect("one is required")[0]
        .clone()
        .into_owned();
    let is_resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let certificate = certificate.clone();
        async move {
            let (head, body) = request.into_parts();
            let request = Received {
                method: head.method.to_string(),
                target: head.uri.to_string(),
                headers: head.headers,
                body: body.collect().await.expect("it arrives").to_bytes(),
            };
            let arrived = Arrived {
                certificate,
                is_resumed,
                request: request.clone(),
            };
            log.lock().expect("no test panics with it").push(arrived);
            Ok::<_, Infallible>(handler(request).await)
        }
    });
    // Lambdas hang up on purpose.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
