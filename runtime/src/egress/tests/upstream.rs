//! A server on loopback that answers with the bytes that a test wrote by hand.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    requests: mpsc::UnboundedReceiver<String>,
}

/// What the server does after its answer.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Close,
    Wait,
}

impl Upstream {
    /// Answers every connection with the same bytes and then closes it.
    pub(super) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), Then::Close, None).await
    }

    /// Answers and then keeps the connection open without a word.
    pub(super) async fn hanging_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), Then::Wait, None).await
    }

    /// Answers over TLS, and says whether the session was resumed.
    pub(super) async fn over_tls(config: rustls::ServerConfig) -> Self {
        Self::start(Vec::new(), Then::Close, Some(config)).await
    }

    async fn start(answer: Vec<u8>, then: Then, tls: Option<rustls::ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, requests) = mpsc::unbounded_channel();
        let tls = tls.map(|config| tokio_rustls::TlsAcceptor::from(Arc::new(config)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, heard, tls) = (answer.clone(), heard.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, answer, then, heard).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                let answer = ok(handshake(stream.get_ref().1));
                                serve(stream, answer, then, heard).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, requests }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The next request as it arrived.
    pub(super) async fn request(&mut self) -> String {
        self.requests.recv().await.unwrap()
    }

    /// Whether another request has arrived.
    pub(super) fn is_idle(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }
}

/// A plain response with a body.
pub(super) fn ok(body: &[u8]) -> Vec<u8> {
    with_headers("", body)
}

/// A response with more header lines, each with its line end.
pub(super) fn with_headers(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn handshake(connection: &rustls::ServerConnection) -> &'static [u8] {
    match connection.handshake_kind() {
        Some(rustls::HandshakeKind::Resumed) => b"resumed",
        _ => b"full handshake",
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: Vec<u8>,
    then: Then,
    heard: mpsc::UnboundedSender<String>,
) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut buffer).await {
            Ok(length) if length > 0 => request.extend_from_slice(&buffer[..length]),
            _ => return,
        }
    }
    let _ = heard.send(String::from_utf8_lossy(&request).into_owned());
    // The client may have gone, as when the answer is too large.
    let _ = stream.write_all(&answer).await;
    match then {
        Then::Close => drop(stream.shutdown().await),
        Then::Wait => std::future::pending().await,
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
