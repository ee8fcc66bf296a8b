//! How are logs watched as they are written?
//!
//! By server-sent events (WHATWG HTML, section 9.2), as much of them as our server sends.

use std::time::Duration;

use reqwest::Response;
use sandglass_server::LogLine;

use super::parse;
use crate::exit::Failure;

/// The server says something every few seconds; one that is silent for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A tail has no end of its own.
pub(super) const NO_TIMEOUT: Duration = Duration::from_secs(u32::MAX as u64);

/// Events on their way.
pub(crate) struct Tail {
    response: Response,
    received: Vec<u8>,
}

/// What the server says.
#[derive(Debug)]
pub(crate) enum Event {
    /// Somebody logged something.
    Log(Box<LogLine>),
    /// Nothing is lost up to this entry.
    At(i64),
    /// There will be no other event on this connection.
    End,
}

impl Tail {
    pub(super) fn new(response: Response) -> Self {
        Self {
            response,
            received: Vec::new(),
        }
    }

    /// The next event; [`Event::End`] when the connection ends, however it ends.
    pub(crate) async fn next(&mut self) -> Result<Event, Failure> {
        loop {
            while let Some(end) = self.received.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.received.drain(..end + 2).collect();
                if let Some(event) = event(&String::from_utf8_lossy(&block))? {
                    return Ok(event);
                }
            }
            match tokio::time::timeout(SILENCE_MAX, self.response.chunk()).await {
                Ok(Ok(Some(chunk))) => self.received.extend_from_slice(&chunk),
                Ok(Ok(None) | Err(_)) | Err(_) => return Ok(Event::End),
            }
        }
    }
}

fn event(block: &str) -> Result<Option<Event>, Failure> {
    let field = |name: &str| {
        let mut values = block.lines().filter_map(|line| line.strip_prefix(name));
        values.next().and_then(|value| value.strip_prefix(": "))
    };
    match (field("event"), field("data"), field("id")) {
        (Some("log"), Some(data), _) => Ok(Some(Event::Log(Box::new(parse(data.as_bytes())?)))),
        (Some(_), ..) => Ok(Some(Event::End)),
        (None, _, Some(id)) => Ok(id.parse().ok().map(Event::At)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_apart() {
        let log = "id: 7\nevent: log\ndata: {\"id\":7,\"requestId\":\"r\",\"timestamp\":1,\
                   \"level\":\"Info\",\"message\":\"m\",\"extras\":[],\"outcome\":\"returned\"}\n\n";
        assert!(matches!(event(log), Ok(Some(Event::Log(line))) if line.id == 7));
        let beat = event("id: 9\n: nothing new\n\n");
        assert!(matches!(beat, Ok(Some(Event::At(9)))));
        let dropped = event("event: dropped\ndata: {}\n\n");
        assert!(matches!(dropped, Ok(Some(Event::End))));
        assert!(matches!(event(": only a comment\n\n"), Ok(None)));
    }
}
