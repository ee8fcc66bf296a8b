//! How does somebody watch logs as they are written?
//!
//! A tail reads from the database what was written since it last read, a page at a time, whenever its
//! reader takes more: nothing is buffered for anybody, so that a slow reader costs nothing and no
//! invocation ever waits for one. The entries come as server-sent events (WHATWG HTML, section 9.2),
//! each with its id; who comes back with the last one it saw misses nothing.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::admin::{Admin, LogLine};
use crate::config::JournalConfig;
use crate::store::{LogFilter, Order};

/// How long a tail that has nothing to say stays silent.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long entries are gathered before a tail reads them.
const GATHER: Duration = Duration::from_millis(100);
/// How soon a reader that was cut off is to come back, in milliseconds.
const RETRY_MS: u32 = 2_000;

/// All tails of a server.
pub(crate) struct Tails {
    /// The id of the last log entry that was written.
    written: watch::Sender<i64>,
    ended: watch::Sender<bool>,
    places: Arc<Semaphore>,
    stall: Duration,
}

/// A place among the tails; given back when dropped.
pub(crate) struct Place {
    written: watch::Receiver<i64>,
    ended: watch::Receiver<bool>,
    stall: Duration,
    _permit: OwnedSemaphorePermit,
}

impl Tails {
    pub(crate) fn new(config: &JournalConfig) -> Self {
        Self {
            written: watch::Sender::new(0),
            ended: watch::Sender::new(false),
            places: Arc::new(Semaphore::new(config.tails_max)),
            stall: Duration::from_millis(config.tail_stall_ms),
        }
    }

    /// Says that entries up to this one were written.
    pub(crate) fn written(&self, last: i64) {
        self.written.send_replace(last);
    }

    /// Ends every tail, and those to come.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// A place for one more; `None` when there is none.
    pub(crate) fn open(&self) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place {
            written: self.written.subscribe(),
            ended: self.ended.subscribe(),
            stall: self.stall,
            _permit: permit,
        })
    }
}

impl Place {
    /// Returns when the server ends.
    pub(crate) async fn ended(&mut self) {
        // Without a sender, the server has ended too.
        let _ = self.ended.wait_for(|ended| *ended).await;
    }
}

/// What is watched, and by whom.
pub(crate) struct Watched {
    pub(crate) admin: Admin,
    /// Its order is not looked at.
    pub(crate) filter: LogFilter,
    /// The id of the entry to go on after; without, only what is written from now on.
    pub(crate) after: Option<i64>,
    /// Whether the reader may still see it. Asked again and again, since a tail can outlive a token.
    pub(crate) allowed: Box<dyn Fn() -> bool + Send + Sync>,
}

/// The events of one tail. It ends when the server does, when the reader may not see it any more, or
/// when it did not read on for too long; the last event says which.
pub(crate) fn events(watched: Watched, mut place: Place) -> impl Stream<Item = Bytes> + Send {
    let written = *place.written.borrow_and_update();
    let cursor = watched.after.unwrap_or(written);
    let tail = Tail {
        watched,
        place,
        cursor,
        said: None,
        over: false,
    };
    futures::stream::unfold(tail, |mut tail| async {
        let event = tail.next().await?;
        Some((event, tail))
    })
}

struct Tail {
    watched: Watched,
    place: Place,
    cursor: i64,
    /// When it last had something to say; since then it waits to be asked for more.
    said: Option<Instant>,
    over: bool,
}

/// What to do after waiting.
enum Woken {
    Read,
    Beat,
    Ended,
}

impl Tail {
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        let event = match self.said {
            None => format!("retry: {RETRY_MS}\nid: {}\n\n", self.cursor),
            Some(at) if at.elapsed() > self.place.stall => self.last("dropped", TOO_SLOW),
            Some(_) => self.more().await,
        };
        self.said = Some(Instant::now());
        Some(event.into())
    }

    async fn more(&mut self) -> String {
        loop {
            if *self.place.ended.borrow_and_update() {
                return self.last("end", "the server is shutting down");
            }
            if !(self.watched.allowed)() {
                return self.last("end", "the token is not valid for these logs any more");
            }
            let written = *self.place.written.borrow_and_update();
            if self.cursor < written {
                match self.read(written).await {
                    Some(events) if events.is_empty() => {}
                    Some(events) => return events,
                    None => return self.last("end", "the server failed; its log says how"),
                }
            } else if let Woken::Beat = self.wait().await {
                // An id without data makes no event, but it is where to go on from.
                return format!("id: {}\n: nothing new\n\n", self.cursor);
            }
        }
    }

    /// Waits until there is more to read, or not for too long.
    async fn wait(&mut self) -> Woken {
        let Place { written, ended, .. } = &mut self.place;
        let woken = tokio::select! {
            _ = ended.changed() => Woken::Ended,
            _ = written.changed() => Woken::Read,
            () = tokio::time::sleep(HEARTBEAT) => Woken::Beat,
        };
        if let Woken::Read = woken {
            tokio::time::sleep(GATHER).await;
        }
        woken
    }

    /// The next page up to what was written; empty when none of it is wanted.
    async fn read(&mut self, written: i64) -> Option<String> {
        let filter = LogFilter {
            order: Order::After(self.cursor, written),
            ..self.watched.filter.clone()
        };
        let (lines, next) = match self.watched.admin.written_logs(filter).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "a tail could not read logs");
                return None;
            }
        };
        self.cursor = next.unwrap_or(written);
        let mut events = String::new();
        lines.iter().for_each(|line| event(&mut events, line));
        Some(events)
    }

    /// The last event, which says why there is no other.
    fn last(&mut self, name: &str, why: &str) -> String {
        self.over = true;
        let data = serde_json::json!({ "reason": why, "after": self.cursor });
        format!("event: {name}\ndata: {data}\n\n")
    }
}

const TOO_SLOW: &str = "the reader was too slow: come back with the id of the last entry";

/// One entry. JSON has no line breaks, so that it is one line of data.
fn event(events: &mut String, line: &LogLine) {
    let data = serde_json::to_string(line).expect("an entry has string keys");
    write!(events, "id: {}\nevent: log\ndata: {data}\n\n", line.id)
        .expect("writing to a string cannot fail");
}
