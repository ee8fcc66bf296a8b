//! How is a server called at little cost?
//!
//! The load generator shares the machine with the server, so each microsecond that it spends is
//! missing from the figure. This client keeps its connection, writes requests that were put
//! together before, and reads answers with a `content-length`; nothing else of HTTP/1.1.

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
        let length = body.len();
        Self(
            format!(
                "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .into_bytes(),
        )
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
    /// When the connection ends, or the answer has no `content-length`.
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
        while self.received.len() < head.end {
            self.read_more().await?;
        }
        ensure!(
            self.received.len() == head.end,
            "the server sent more than one answer"
        );
        Ok(Answer {
            status: head.status,
            body: &self.received[head.body_start..],
        })
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
    end: usize,
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
            Some(length) => length?,
            None if status == 204 => 0,
            None => bail!("the answer has no content-length: {head:?}"),
        };
        Ok(Self {
            status,
            body_start,
            end: body_start + length,
        })
    }
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
        assert_eq!(Head::parse(b"HTTP/1.1 204 No Content", 9).unwrap().end, 9);
        let head = Head::parse(b"HTTP/1.1 901 \r\nContent-Length: 7", 40).unwrap();
        assert_eq!((head.status, head.end), (901, 47));
    }
}
