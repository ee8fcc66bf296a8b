//! Was this very request answered already?
//!
//! A client that hears nothing, or of a failure on the way, sends its request again, with the same
//! `x-request-id` and the same body. It gets the first one's outcome: what was done is not done
//! twice. Only a caller that gave an id itself is remembered. The second of two that run at once
//! waits for the first; and a first one whose client hung up runs on, since that client will ask
//! again.
//!
//! Outcomes are the lambda's results and failures. That the server was full, shut down or failed is
//! none: the next try runs. They are kept in memory, so a restart forgets them.

use std::collections::hash_map::Entry as Place;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ring::digest;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::config::IdempotencyConfig;
use crate::invoke::Answer;
use crate::status::Problem;

/// What an outcome takes besides its body.
const OVERHEAD: u64 = 160;

/// An invocation that is under way.
type Running = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;

/// The outcomes of late.
pub(crate) struct Once {
    memory: Arc<Mutex<Memory>>,
    /// What runs on although its client has gone; `None` once the server stops.
    abandoned: Arc<Mutex<Option<JoinSet<()>>>>,
}

/// By what a request is known: a SHA-256 of all that makes it this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The key of these parts, of which none can run into the next.
    pub(crate) fn of<const N: usize>(parts: [&[u8]; N]) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        for part in parts {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let hash = hash.finish();
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// The key of one part of the request.
    pub(crate) fn of_part(&self, part: &[u8]) -> Self {
        Self::of([&self.0, part])
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::hash::Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = self.0.first_chunk().expect("it has 32 bytes");
        state.write_u64(u64::from_ne_bytes(*first));
    }
}

/// A key is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// What is known of a request.
enum Known {
    /// It runs; these wait for it.
    Runs(Vec<oneshot::Sender<Answer>>),
    Ended(Answer),
}

struct Memory {
    known: HashMap<Key, Known, BuildHasherDefault<AsItIs>>,
    /// The outcomes, oldest first, and until when they are kept.
    ended: VecDeque<(Instant, Key)>,
    bytes: u64,
    window: Duration,
    entries_max: usize,
    bytes_max: u64,
}

enum Begin {
    First,
    Wait(oneshot::Receiver<Answer>),
    Ended(Answer),
}

impl Once {
    pub(crate) fn new(config: &IdempotencyConfig) -> Self {
        let memory = Memory {
            known: HashMap::default(),
            ended: VecDeque::new(),
            bytes: 0,
            window: Duration::from_millis(config.window_ms),
            entries_max: config.entries_max,
            bytes_max: config.bytes_max.get(),
        };
        Self {
            memory: Arc::new(Mutex::new(memory)),
            abandoned: Arc::new(Mutex::new(Some(JoinSet::new()))),
        }
    }

    /// Runs a request unless it ran already; the outcome, and whether it is an earlier one's.
    pub(crate) async fn run<F>(
        &self,
        key: Key,
        invoke: impl FnOnce() -> F,
    ) -> Result<(Answer, bool), Problem>
    where
        F: Future<Output = Result<Answer, Problem>> + Send + 'static,
    {
        loop {
            let begin = lock(&self.memory).begin(key);
            match begin {
                Begin::Ended(answer) => return Ok((answer, true)),
                Begin::Wait(ended) => {
                    if let Ok(answer) = ended.await {
                        return Ok((answer, true));
                    }
                    // The first one has no outcome, so this may be the first.
                }
                Begin::First => {
                    let first = First {
                        key,
                        memory: Arc::clone(&self.memory),
                        ended: false,
                    };
                    let held = Held {
                        running: Some(Box::pin(first.run(invoke()))),
                        abandoned: &self.abandoned,
                    };
                    return held.await.map(|answer| (answer, false));
                }
            }
        }
    }

    /// Ends what runs on although its client has gone.
    pub(crate) async fn stop(&self) {
        let abandoned = lock(&self.abandoned).take();
        if let Some(mut abandoned) = abandoned {
            abandoned.shutdown().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first of its kind; forgotten when it goes away without an outcome.
struct First {
    key: Key,
    memory: Arc<Mutex<Memory>>,
    ended: bool,
}

impl First {
    async fn run(
        mut self,
        invoke: impl Future<Output = Result<Answer, Problem>>,
    ) -> Result<Answer, Problem> {
        let answer = invoke.await?;
        self.ended = true;
        let waiting = lock(&self.memory).end(self.key, &answer, Instant::now());
        for other in waiting {
            // Who has gone needs no answer.
            _ = other.send(answer.clone());
        }
        Ok(answer)
    }
}

impl Drop for First {
    fn drop(&mut self) {
        if !self.ended {
            // Whoever waits is told by the end of its channel, and tries itself.
            lock(&self.memory).known.remove(&self.key);
        }
    }
}

/// An invocation as long as its client waits; it is handed on when the client goes.
struct Held<'a> {
    running: Option<Running>,
    abandoned: &'a Mutex<Option<JoinSet<()>>>,
}

impl Future for Held<'_> {
    type Output = Result<Answer, Problem>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = self.running.as_mut() else {
            return Poll::Pending;
        };
        let ended = running.as_mut().poll(context);
        if ended.is_ready() {
            self.running = None;
        }
        ended
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        let Ok(tokio) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if let Some(abandoned) = lock(self.abandoned).as_mut() {
            while abandoned.try_join_next().is_some() {}
            let running = async { drop(running.await) };
            abandoned.spawn_on(running, &tokio);
        }
    }
}

impl Memory {
    fn begin(&mut self, key: Key) -> Begin {
        self.forget_before(Instant::now());
        match self.known.entry(key) {
            Place::Vacant(place) => {
                place.insert(Known::Runs(Vec::new()));
                Begin::First
            }
            Place::Occupied(mut place) => match place.get_mut() {
                Known::Ended(answer) => Begin::Ended(answer.clone()),
                Known::Runs(waiting) => {
                    let (sender, ended) = oneshot::channel();
                    waiting.push(sender);
                    Begin::Wait(ended)
                }
            },
        }
    }

    /// Remembers an outcome, for which the oldest ones make room; returns those who wait for it.
    fn end(&mut self, key: Key, answer: &Answer, now: Instant) -> Vec<oneshot::Sender<Answer>> {
        let waiting = match self.known.remove(&key) {
            Some(Known::Runs(waiting)) => waiting,
            _ => Vec::new(),
        };
        let bytes = bytes(answer);
        if bytes > self.bytes_max || self.entries_max == 0 {
            return waiting;
        }
        while self.bytes + bytes > self.bytes_max || self.ended.len() >= self.entries_max {
            self.forget_oldest();
        }
        self.bytes += bytes;
        self.known.insert(key, Known::Ended(answer.clone()));
        self.ended.push_back((now + self.window, key));
        waiting
    }

    fn forget_before(&mut self, now: Instant) {
        while self.ended.front().is_some_and(|(until, _)| *until <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((_, key)) = self.ended.pop_front() else {
            return;
        };
        if let Some(Known::Ended(answer)) = self.known.remove(&key) {
            self.bytes -= bytes(&answer);
        }
    }
}

fn bytes(answer: &Answer) -> u64 {
    answer.json.len() as u64 + OVERHEAD
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use bytes::Bytes;
    use http::StatusCode;
    use sandglass_runtime::ByteSize;
    use tokio::sync::Notify;

    use super::*;

    fn once(entries_max: usize, bytes_max: u64) -> Once {
        Once::new(&IdempotencyConfig {
            window_ms: 60_000,
            entries_max,
            bytes_max: ByteSize::bytes(bytes_max),
        })
    }

    fn key(text: &str) -> Key {
        Key::of([text.as_bytes()])
    }

    fn answer(text: &str) -> Answer {
        Answer {
            status: StatusCode::OK,
            json: Bytes::copy_from_slice(text.as_bytes()),
        }
    }

    async fn ask(once: &Once, id: &str, text: &'static str) -> (String, bool) {
        let run = once.run(key(id), || Box::pin(async { Ok(answer(text)) }));
        let (answer, replayed) = run.await.unwrap();
        (String::from_utf8(answer.json.to_vec()).unwrap(), replayed)
    }

    #[test]
    fn no_part_of_a_key_runs_into_the_next() {
        assert_ne!(Key::of([b"ab", b"c"]), Key::of([b"a", b"bc"]));
        assert_ne!(Key::of([b"a", b""]), Key::of([b"", b"a"]));
    }

    #[tokio::test]
    async fn the_second_gets_the_first_ones_outcome() {
        let once = once(10, 10_000);
        assert_eq!(ask(&once, "a", "1").await, ("1".to_owned(), false));
        assert_eq!(ask(&once, "a", "2").await, ("1".to_owned(), true));
        assert_eq!(ask(&once, "b", "3").await, ("3".to_owned(), false));
    }

    #[tokio::test]
    async fn past_the_entries_the_oldest_is_forgotten() {
        let once = once(2, 10_000);
        for id in ["a", "b", "c"] {
            ask(&once, id, "1").await;
        }
        assert!(ask(&once, "c", "2").await.1);
        assert!(ask(&once, "b", "2").await.1);
        assert!(!ask(&once, "a", "2").await.1);
        assert_eq!(lock(&once.memory).known.len(), 2);
    }

    #[tokio::test]
    async fn past_the_bytes_the_oldest_is_forgotten_and_what_cannot_fit_is_not_kept() {
        let once = once(10, 2 * (OVERHEAD + 4));
        ask(&once, "a", "1234").await;
        ask(&once, "b", "1234").await;
        assert!(ask(&once, "a", "2").await.1);
        ask(&once, "c", "12345").await;
        assert!(ask(&once, "c", "2").await.1);
        assert!(!ask(&once, "a", "1234").await.1);
        let large: &str = "x".repeat(1_000).leak();
        ask(&once, "d", large).await;
        assert!(!ask(&once, "d", large).await.1);
        let kept: u64 = lock(&once.memory)
            .known
            .values()
            .map(|known| match known {
                Known::Ended(answer) => bytes(answer),
                Known::Runs(_) => 0,
            })
            .sum();
        assert_eq!(lock(&once.memory).bytes, kept);
    }

    #[test]
    fn past_the_window_an_outcome_is_forgotten() {
        let once = once(10, 10_000);
        let now = Instant::now();
        let mut memory = lock(&once.memory);
        assert!(matches!(memory.begin(key("a")), Begin::First));
        memory.end(key("a"), &answer("1"), now);
        memory.forget_before(now + Duration::from_millis(59_999));
        assert!(matches!(memory.begin(key("a")), Begin::Ended(_)));
        memory.forget_before(now + Duration::from_millis(60_000));
        assert!(matches!(memory.begin(key("a")), Begin::First));
        assert_eq!(memory.bytes, 0);
    }

    #[tokio::test]
    async fn one_that_comes_meanwhile_waits_and_a_failure_is_not_remembered() {
        let once = Arc::new(once(10, 10_000));
        let (go, runs) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let start = |fails: bool| {
            let (once, go, runs) = (Arc::clone(&once), Arc::clone(&go), Arc::clone(&runs));
            tokio::spawn(async move {
                let invoke = || -> Running {
                    Box::pin(async move {
                        runs.fetch_add(1, Ordering::Relaxed);
                        go.notified().await;
                        match fails {
                            true => Err(Problem::Host),
                            false => Ok(answer("1")),
                        }
                    })
                };
                once.run(key("a"), invoke)
                    .await
                    .ok()
                    .map(|(_, again)| again)
            })
        };
        let first = start(true);
        tokio::task::yield_now().await;
        let second = start(false);
        let third = start(false);
        tokio::task::yield_now().await;
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        go.notify_one();
        assert_eq!(first.await.unwrap(), None);
        while runs.load(Ordering::Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
        go.notify_one();
        let mut replayed = [second.await.unwrap(), third.await.unwrap()];
        replayed.sort_unstable();
        assert_eq!(replayed, [Some(false), Some(true)]);
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn what_runs_is_not_ended_by_a_client_that_goes() {
        let once = Arc::new(once(10, 10_000));
        let go = Arc::new(Notify::new());
        let (asked, waits) = (Arc::clone(&once), Arc::clone(&go));
        let first = tokio::spawn(async move {
            let invoke = || -> Running {
                Box::pin(async move {
                    waits.notified().await;
                    Ok(answer("1"))
                })
            };
            asked.run(key("a"), invoke).await.map(drop).ok()
        });
        tokio::task::yield_now().await;
        first.abort();
        assert!(first.await.is_err());
        go.notify_one();
        assert_eq!(ask(&once, "a", "2").await, ("1".to_owned(), true));
    }

    #[tokio::test]
    async fn a_server_that_stops_ends_what_was_left_running() {
        let once = Arc::new(once(10, 10_000));
        let asked = Arc::clone(&once);
        let first = tokio::spawn(async move {
            let invoke = || -> Running { Box::pin(std::future::pending()) };
            asked.run(key("a"), invoke).await.map(drop).ok()
        });
        tokio::task::yield_now().await;
        first.abort();
        assert!(first.await.is_err());
        once.stop().await;
        assert!(!ask(&once, "a", "2").await.1);
    }
}
