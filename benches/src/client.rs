//! How is a server called at little cost?
//!
//! The load generator shares the machine with the server, so each microsecond that it spends is
//! missing from the figure. This client keeps its connection, writes requests that were put
//! together before, and reads answers with a `content-length` or in chunks; nothing else of
//! HTTP/1.1.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request, byte for byte.
#[derive(Debug, Clone)]
pub struct Request(Vec<u8>);

impl Request {
    /// A request with a bearer token and a JSON body; an empty body is none.
    pub fn new(method: &str, path: &str, token: &str, body: &str) -> Self {
        let headers =
            format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
        Self::with_headers(method, path, &headers, body)
    }

    /// A `POST` of a form by nobody in particular.
    pub fn form(path: &str, body: &str) -> Self {
        let headers = "content-type: application/x-www-form-urlencoded\r\n";
        Self::with_headers("POST", path, headers, body)
    }

    /// The same request with one header more.
    #[must_use]
    pub fn header(mut self, header: &str) -> Self {
        let end = find(&self.0, b"\r\n").map_or(0, |end| end + 2);
        self.0.splice(end..end, format!("{header}\r\n").bytes());
        self
    }

    fn with_headers(method: &str, path: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n"
        );
        Self([head.as_bytes(), body.as_bytes()].concat())
    }
}

/// A connection that is kept between requests.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context("connecting to the server")?;
        stream
            .set_nodelay(true)
            .context("switching Nagle's algorithm off")?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends, or the answer does not say how long it is.
    pub async fn send(&mut self, request: &Request) -> Result<Answer<'_>> {
        self.stream
            .write_all(&request.0)
            .await
            .context("sending a request")?;
        self.received.clear();
        let head = loop {
            self.read_more().await?;
            if let Some(end) = find(&self.received, b"\r\n\r\n") {
                break Head::parse(&self.received[..end], end + 4)?;
            }
        };
        match head.end {
            Some(end) => {
                while self.received.len() < end {
                    self.read_more().await?;
                }
                ensure!(
                    self.received.len() == end,
                    "the server sent more than one answer"
                );
            }
            None => self.read_chunks(head.body_start).await?,
        }
        Ok(Answer {
            status: head.status,
            body: &self.received[head.body_start..],
        })
    }

    /// Reads a body that comes in chunks (RFC 9112, section 7.1), and puts it together in its place.
    async fn read_chunks(&mut self, body_start: usize) -> Result<()> {
        let mut body = Vec::new();
        let mut at = body_start;
        loop {
            let end = loop {
                match find(&self.received[at..], b"\r\n") {
                    Some(end) => break at + end,
                    None => self.read_more().await?,
                }
            };
            let size = std::str::from_utf8(&self.received[at..end])?;
            let size = usize::from_str_radix(size, 16).context("a chunk's size is no number")?;
            let start = end + 2;
            while self.received.len() < start + size + 2 {
                self.read_more().await?;
            }
            body.extend_from_slice(&self.received[start..start + size]);
            at = start + size + 2;
            if size == 0 {
                break;
            }
        }
        ensure!(
            self.received.len() == at,
            "the server sent more than one answer"
        );
        self.received.truncate(body_start);
        self.received.extend(body);
        Ok(())
    }

    /// Sends a request and reads the answer of a server that should accept it.
    ///
    /// # Errors
    /// As [`Connection::send`], and when the status is not 2xx; the error shows the body.
    pub async fn accepted(&mut self, request: &Request) -> Result<&[u8]> {
        let Answer { status, body } = self.send(request).await?;
        if !(200..300).contains(&status) {
            bail!(
                "the server answered {status}: {}",
                String::from_utf8_lossy(body)
            );
        }
        Ok(body)
    }

    async fn read_more(&mut self) -> Result<()> {
        let count = self
            .stream
            .read_buf(&mut self.received)
            .await
            .context("reading an answer")?;
        ensure!(count > 0, "the server closed the connection");
        Ok(())
    }
}

struct Head {
    status: u16,
    body_start: usize,
    /// `None` for a body that comes in chunks.
    end: Option<usize>,
}

impl Head {
    fn parse(head: &[u8], body_start: usize) -> Result<Self> {
        let head = std::str::from_utf8(head).context("the answer's head is not ASCII")?;
        let (first, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("not a status line: {first:?}"))?;
        let length = match headers.lines().find_map(content_length) {
            Some(length) => Some(length?),
            None if status == 204 => Some(0),
            None if headers.lines().any(is_chunked) => None,
            None => bail!("the answer does not say how long it is: {head:?}"),
        };
        Ok(Self {
            status,
            body_start,
            end: length.map(|length| body_start + length),
        })
    }
}

fn is_chunked(header: &str) -> bool {
    header.eq_ignore_ascii_case("transfer-encoding: chunked")
}

fn content_length(header: &str) -> Option<Result<usize>> {
    let (name, value) = header.split_once(':')?;
    name.eq_ignore_ascii_case("content-length").then(|| {
        value
            .trim()
            .parse()
            .context("the content-length is not a number")
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Upstream;

    #[tokio::test]
    async fn a_connection_is_kept_between_requests() {
        let upstream = Upstream::start().unwrap();
        let mut connection = Connection::open(upstream.address()).await.unwrap();
        for _ in 0..3 {
            let request = Request::new("GET", "/1", "token", "");
            let answer = connection.send(&request).await.unwrap();
            assert_eq!((answer.status, answer.body), (200, &br#"{"ok":true}"#[..]));
        }
    }

    #[tokio::test]
    async fn the_upstream_answers_when_it_was_told_to() {
        let upstream = Upstream::start().unwrap();
        let mut connection = Connection::open(upstream.address()).await.unwrap();
        let start = std::time::Instant::now();
        let request = Request::new("GET", "/50", "token", "");
        connection.accepted(&request).await.unwrap();
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn an_answer_without_a_length_is_refused() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nserver: x", 0).is_err());
        let empty = Head::parse(b"HTTP/1.1 204 No Content", 9).unwrap();
        assert_eq!(empty.end, Some(9));
        let head = Head::parse(b"HTTP/1.1 901 \r\nContent-Length: 7", 40).unwrap();
        assert_eq!((head.status, head.end), (901, Some(47)));
    }

    #[tokio::test]
    async fn an_answer_in_chunks_is_put_together() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for part in [
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc",
                "\r\n1",
                "0\r\n0123456789abcdef\r\n0\r\n",
                "\r\n",
            ] {
                stream.write_all(part.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
            }
            stream
        });
        let mut connection = Connection::open(address).await.unwrap();
        let request = Request::new("GET", "/", "", "");
        let answer = connection.send(&request).await.unwrap();
        assert_eq!(answer.body, b"abc0123456789abcdef");
        server.await.unwrap();
    }

    #[test]
    fn a_header_comes_before_the_body() {
        let request = Request::new("POST", "/a", "t", "{}").header("prefer: x");
        let text = String::from_utf8(request.0).unwrap();
        assert!(
            text.starts_with("POST /a HTTP/1.1\r\nprefer: x\r\nhost: "),
            "{text}"
        );
        assert!(text.ends_with("\r\ncontent-length: 2\r\n\r\n{}"), "{text}");
    }
}
