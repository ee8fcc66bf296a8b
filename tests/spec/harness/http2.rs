//! How does a test speak HTTP/2: as a client should, or frame by frame?

use std::convert::Infallible;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

use super::server::{ACCOUNT, Reply};
use super::{block_on, tokio as shared};

/// The body of a request.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A connection of a client that keeps to the rules.
pub(crate) struct Http2 {
    sender: SendRequest<Body>,
    connection: JoinHandle<hyper::Result<()>>,
}

impl Http2 {
    /// Begins to speak on a stream.
    pub(crate) fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        block_on(async {
            let io = TokioIo::new(stream);
            let (sender, connection) = handshake(TokioExecutor::new(), io).await.expect("HTTP/2");
            let connection = shared().spawn(connection);
            Self { sender, connection }
        })
    }

    /// With prior knowledge, unencrypted.
    pub(crate) fn plain(url: &str) -> Self {
        let address = url.trim_start_matches("http://").to_owned();
        let stream = block_on(tokio::net::TcpStream::connect(address)).expect("it accepts");
        Self::over(stream)
    }

    /// Sends a request; it is on its way when this returns.
    pub(crate) fn begin(
        &self,
        request: Request<Body>,
    ) -> JoinHandle<hyper::Result<Response<Incoming>>> {
        let sent = self.sender.clone().send_request(request);
        shared().spawn(sent)
    }

    /// Sends a request and reads the answer.
    #[track_caller]
    pub(crate) fn send(&self, request: Request<Body>) -> Reply {
        let begun = self.begin(request);
        block_on(async {
            let response = begun.await.expect("no panic").expect("an answer");
            read(response).await
        })
    }

    /// Waits until the server has closed the connection, and tells whether it did so in peace.
    pub(crate) fn end(self) -> hyper::Result<()> {
        let Self { connection, .. } = self;
        block_on(connection).expect("no panic")
    }
}

/// Reads an answer to its end.
pub(crate) async fn read(response: Response<Incoming>) -> Reply {
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("it is whole").to_bytes();
    assert!(
        head.extensions.get::<hyper::ext::ReasonPhrase>().is_none(),
        "HTTP/2 has no reason phrases"
    );
    Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        text: String::from_utf8(body.to_vec()).expect("it is text"),
    }
}

/// A request without a body.
pub(crate) fn get(uri: &str) -> Request<Body> {
    let request = Request::get(uri).body(Full::default().boxed_unsync());
    request.expect("a valid request")
}

/// An invocation by somebody with a token.
pub(crate) fn invocation(origin: &str, lambda: &str, token: &str) -> Request<Body> {
    let body = Full::from(r#"{"timestamp":0,"headers":[],"payload":{}}"#);
    invocation_with(origin, lambda, token, body.boxed_unsync())
}

/// The same with another body.
pub(crate) fn invocation_with(
    origin: &str,
    lambda: &str,
    token: &str,
    body: Body,
) -> Request<Body> {
    let uri =
        format!("{origin}/api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    let request = Request::post(uri).header("authorization", format!("Bearer {token}"));
    request.body(body).expect("a valid request")
}

/// RFC 9113, section 6: the types of frames, some of their flags, and some errors.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

/// What a client of HTTP/2 begins with: the preface and empty settings.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A frame as it was received.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The error of a RST_STREAM or GOAWAY.
    pub(crate) fn error(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        let code = self.payload[at..at + 4].try_into().expect("four bytes");
        u32::from_be_bytes(code)
    }
}

/// A frame to send.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A header block in which nothing is compressed (RFC 7541, section 6.2.2).
pub(crate) fn header_block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.extend(integer(text.len()));
            block.extend(text.bytes());
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541, section 5.1).
pub(crate) fn integer(value: usize) -> Vec<u8> {
    if value < 127 {
        return vec![value as u8];
    }
    let mut bytes = vec![127];
    let mut rest = value - 127;
    while rest >= 128 {
        bytes.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    bytes.push(rest as u8);
    bytes
}

/// The pseudo headers of a request, with more behind them.
pub(crate) fn request_block(method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let pseudo = [
        (":method", method),
        (":scheme", "http"),
        (":authority", "tests"),
        (":path", path),
    ];
    header_block(&[&pseudo, more].concat())
}

/// A connection of a client that does as it pleases.
pub(crate) struct RawHttp2(TcpStream);

impl RawHttp2 {
    /// Connects and sends the preface.
    pub(crate) fn connect(url: &str) -> Self {
        let stream = TcpStream::connect(url.trim_start_matches("http://")).expect("it accepts");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a valid time");
        let mut raw = Self(stream);
        raw.send(PREFACE).expect("it reads");
        raw
    }

    /// Sends bytes. The server may have hung up already.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// The same, and gives up when the server takes nothing for so long.
    pub(crate) fn send_for(&mut self, bytes: &[u8], time: Duration) -> io::Result<()> {
        self.0.set_write_timeout(Some(time))?;
        self.0.write_all(bytes)
    }

    /// The next frame; `None` when the server has closed the connection.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload).ok()?;
        Some(Frame {
            kind,
            flags,
            stream: u32::from_be_bytes(stream),
            payload,
        })
    }

    /// The next frame of one of these kinds; `None` when the connection was closed before.
    pub(crate) fn next_of(&mut self, kinds: &[u8]) -> Option<Frame> {
        std::iter::from_fn(|| self.next()).find(|frame| kinds.contains(&frame.kind))
    }
}
