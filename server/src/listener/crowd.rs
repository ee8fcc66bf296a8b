//! Who is here, and who makes room?
//!
//! There are so many places for connections and no more. When all are taken, those that wait for
//! their client make room: the ones that were quiet for longest, a few at once. So whoever opens
//! connections and says nothing on them, or says it slowly, keeps nobody out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Nobody is sent away who was not quiet for as long as this: a client that sends one request after
/// the other would lose one.
const QUIET_MIN: Duration = Duration::from_secs(1);
/// How soon to look again for somebody who is quiet.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How often to look whether a connection without requests stays so.
const LOOKS: u32 = 4;
/// One in so many makes room at once, so that a flood is met by more than one place at a time.
const SHARE: usize = 32;

/// The connections that are open at once.
pub(crate) struct Crowd {
    places: Arc<Semaphore>,
    share: usize,
    opened: Instant,
    numbers: AtomicU64,
    present: Mutex<HashMap<u64, Arc<Line>>>,
}

/// One connection in its place, until it is dropped.
pub(super) struct Guest {
    crowd: Arc<Crowd>,
    number: u64,
    line: Arc<Line>,
    _place: OwnedSemaphorePermit,
}

/// What goes on on a connection.
pub(super) struct Line {
    opened: Instant,
    /// Requests under way, from the end of their headers until their answer is made.
    busy: AtomicUsize,
    /// When a request ended last, or the client took bytes; milliseconds since `opened`.
    quiet_since: AtomicU64,
    /// Whether something waits to be sent that the client does not take.
    stuck: AtomicBool,
    leave: Notify,
}

/// A request that is under way, until this is dropped.
pub(super) struct Busy(Arc<Line>);

impl Crowd {
    /// For so many connections.
    pub(crate) fn new(connections_max: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(connections_max)),
            share: connections_max.div_ceil(SHARE),
            opened: Instant::now(),
            numbers: AtomicU64::new(0),
            present: Mutex::default(),
        }
    }

    /// Waits for a place.
    pub(super) async fn admit(self: &Arc<Self>) -> Guest {
        let place = Arc::clone(&self.places).acquire_owned();
        tokio::pin!(place);
        let place = loop {
            tokio::select! {
                biased;
                place = place.as_mut() => break place.expect("the semaphore is never closed"),
                () = self.ask_to_leave() => {}
            }
        };
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let line = Arc::new(Line::new(self.opened));
        self.present().insert(number, Arc::clone(&line));
        Guest {
            crowd: Arc::clone(self),
            number,
            line,
            _place: place,
        }
    }

    /// Sends those away who were quiet for longest, and gives them a moment to go.
    async fn ask_to_leave(&self) {
        let mut quiet: Vec<_> = {
            let present = self.present();
            let quiet = present.values().filter_map(|line| {
                let time = line.quiet_for().filter(|time| *time >= QUIET_MIN)?;
                Some((time, Arc::clone(line)))
            });
            quiet.collect()
        };
        quiet.sort_unstable_by_key(|(time, _)| std::cmp::Reverse(*time));
        for (_, line) in quiet.iter().take(self.share) {
            line.ask_to_leave();
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }

    fn present(&self) -> MutexGuard<'_, HashMap<u64, Arc<Line>>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    pub(super) fn line(&self) -> &Arc<Line> {
        &self.line
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.crowd.present().remove(&self.number);
    }
}

impl Line {
    fn new(opened: Instant) -> Self {
        let line = Self {
            opened,
            busy: AtomicUsize::new(0),
            quiet_since: AtomicU64::new(0),
            stuck: AtomicBool::new(false),
            leave: Notify::new(),
        };
        line.touch();
        line
    }

    /// Something happened just now.
    pub(super) fn touch(&self) {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.quiet_since.store(now, Ordering::Relaxed);
    }

    /// The client took some of what it is sent.
    pub(super) fn took(&self) {
        self.stuck.store(false, Ordering::Relaxed);
        self.touch();
    }

    /// The client takes nothing more for now.
    pub(super) fn takes_nothing(&self) {
        if !self.stuck.swap(true, Ordering::Relaxed) {
            self.touch();
        }
    }

    /// How long nothing has happened; `None` while a request is under way.
    fn quiet_for(&self) -> Option<Duration> {
        match self.busy.load(Ordering::Acquire) {
            0 => Some(self.since()),
            _ => None,
        }
    }

    /// How long everybody has waited for the client; `None` while it waits for an answer.
    fn idle_for(&self) -> Option<Duration> {
        match self.stuck.load(Ordering::Relaxed) {
            true => Some(self.since()),
            false => self.quiet_for(),
        }
    }

    fn since(&self) -> Duration {
        let since = Duration::from_millis(self.quiet_since.load(Ordering::Relaxed));
        self.opened.elapsed().saturating_sub(since)
    }

    /// Ends when the client has let everybody wait for so long.
    pub(super) async fn idle(&self, time: Duration) {
        loop {
            let left = match self.idle_for() {
                None => time,
                Some(quiet) => match time.checked_sub(quiet) {
                    None | Some(Duration::ZERO) => return,
                    Some(left) => left,
                },
            };
            tokio::time::sleep(left).await;
        }
    }

    /// Ends when there was no request for so long, whatever else the client did.
    pub(super) async fn without_requests(&self, time: Duration) {
        let mut looks = 0;
        while looks < LOOKS {
            tokio::time::sleep(time / LOOKS).await;
            looks = match self.busy.load(Ordering::Acquire) {
                0 => looks + 1,
                _ => 0,
            };
        }
    }

    /// Has the client leave.
    pub(super) fn ask_to_leave(&self) {
        self.leave.notify_one();
    }

    /// Ends when the client has to leave.
    pub(super) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Busy {
    pub(super) fn new(line: &Arc<Line>) -> Self {
        line.busy.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(line))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.busy.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for what happens at once, short enough for what never does.
    const A_WHILE: Duration = Duration::from_millis(20);

    async fn admitted(crowd: &Arc<Crowd>) -> Option<Guest> {
        tokio::time::timeout(A_WHILE, crowd.admit()).await.ok()
    }

    async fn was_asked(guest: &Guest) -> bool {
        let asked = guest.line().asked_to_leave();
        tokio::time::timeout(A_WHILE, asked).await.is_ok()
    }

    #[tokio::test]
    async fn at_the_limit_all_stay_and_past_it_the_one_that_was_quiet_for_longest_goes() {
        let crowd = Arc::new(Crowd::new(3));
        let busy = crowd.admit().await;
        let request = Busy::new(busy.line());
        let first = crowd.admit().await;
        tokio::time::sleep(QUIET_MIN).await;
        let second = crowd.admit().await;
        assert!(!was_asked(&first).await, "there is room");
        assert!(admitted(&crowd).await.is_none(), "there is none any more");
        assert!(was_asked(&first).await);
        assert!(!was_asked(&second).await && !was_asked(&busy).await);
        drop(first);
        let third = admitted(&crowd).await.expect("there is room again");
        drop((request, second, third));
        assert_eq!(crowd.present().len(), 1);
    }

    #[tokio::test]
    async fn who_was_active_within_the_second_is_not_sent_away() {
        let crowd = Arc::new(Crowd::new(1));
        let only = crowd.admit().await;
        assert!(admitted(&crowd).await.is_none());
        assert!(!was_asked(&only).await);
    }

    #[tokio::test]
    async fn a_line_is_idle_without_a_request_and_when_its_client_takes_nothing() {
        let line = Arc::new(Line::new(Instant::now()));
        let is_idle = async || {
            tokio::time::timeout(A_WHILE, line.idle(A_WHILE / 4))
                .await
                .is_ok()
        };
        let request = Busy::new(&line);
        assert!(!is_idle().await);
        line.takes_nothing();
        assert!(is_idle().await, "a request alone does not keep it");
        assert_eq!(line.quiet_for(), None, "nor is it sent away for another");
        line.took();
        assert!(!is_idle().await);
        drop(request);
        assert!(is_idle().await);
    }
}
