//! How does an address speak TLS?
//!
//! TLS 1.3 and 1.2 by rustls. Which HTTP is spoken the client chooses in the handshake (ALPN, RFC
//! 7301): HTTP/2 or HTTP/1.1. A certificate that is replaced is shown from the next handshake on;
//! connections that are open stay.

mod certificate;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::watched::Watched;
pub(crate) use certificate::Certificate;
pub use certificate::CertificateError;

/// How long a handshake may take, however long the headers of a request may.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// What every handshake begins with (RFC 8446, section 5.1).
const HANDSHAKE_RECORD: u8 = 22;
/// What is read of a request that is not encrypted, so that its client gets to read the answer.
const DISCARD_MAX: u64 = 64 * 1024;

/// Shakes hands with clients.
#[derive(Clone)]
pub(crate) struct Tls(TlsAcceptor);

impl Tls {
    /// With this certificate, or the one that takes its place.
    pub(crate) fn new(certificate: &Arc<Certificate>) -> Self {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.3 and 1.2")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(certificate) as _);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self(TlsAcceptor::from(Arc::new(config)))
    }

    /// Agrees with a client on how to encrypt what follows.
    ///
    /// # Errors
    /// When the client does not speak TLS, or none that is safe, or takes too long.
    pub(super) async fn shake_hands(
        &self,
        stream: Watched,
        time: Duration,
    ) -> io::Result<TlsStream<Watched>> {
        let handshake = async {
            match stream.first_byte().await? {
                Some(HANDSHAKE_RECORD) | None => self.0.accept(stream).await,
                Some(_) => Err(refuse(stream).await),
            }
        };
        let ended = tokio::time::timeout(time.min(HANDSHAKE_MAX), handshake).await;
        ended.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Tells a client that speaks plain HTTP what to do instead.
async fn refuse(mut stream: Watched) -> io::Error {
    let body = concat!(
        r#"{"errorCode":"com.liveperson.faas.es.badinput","#,
        r#""errorMsg":"this address speaks HTTPS only: ask with https://"}"#
    );
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let told = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await?;
        // Closing a connection with unread data would take the answer away.
        tokio::io::copy(&mut stream.take(DISCARD_MAX), &mut tokio::io::sink()).await
    };
    match told.await {
        Ok(_) => io::Error::new(io::ErrorKind::InvalidData, "the client does not speak TLS"),
        Err(error) => error,
    }
}
