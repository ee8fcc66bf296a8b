//! May one more invocation run now, and who is next?
//!
//! While a slot is free, taking it is one compare-and-swap. When there is none, invocations wait in
//! a queue for each account; a slot that is given back goes to the accounts that wait in turn, and
//! within one of them to whoever came first. When all places to wait are taken, the newest of the
//! account that has the most of them makes room for an account that has fewer. So the flood of one
//! account costs another no more than its turn.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// Whose turn it is not: what takes all slots when the server stops.
const NOBODY: i64 = i64::MIN;

/// A bounded number of running invocations, with a bounded queue before it.
pub(crate) struct Admission {
    /// The free slots in the upper half, those who wait in the lower one. While somebody waits, no
    /// slot is free: it is handed over.
    state: AtomicU64,
    line: Mutex<Line>,
    slots_max: u32,
    queue_max: usize,
    wait: Duration,
}

/// Leave for one invocation to run; given back when dropped.
#[must_use]
pub(crate) struct Slot<'a>(&'a Admission);

/// There is no room, not even to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many invocations are running")]
pub(crate) struct Full;

const FREE: u64 = 1 << 32;

const fn free(state: u64) -> u64 {
    state >> 32
}

const fn waiting(state: u64) -> u64 {
    state & (FREE - 1)
}

impl Admission {
    pub(crate) fn new(slots_max: usize, queue_max: usize, wait: Duration) -> Self {
        let slots_max = u32::try_from(slots_max).unwrap_or(u32::MAX);
        Self {
            state: AtomicU64::new(u64::from(slots_max) * FREE),
            line: Mutex::default(),
            slots_max,
            queue_max,
            wait,
        }
    }

    /// Takes a slot for an account, by its row, waiting in the queue when there is none.
    pub(crate) async fn admit(&self, account: i64) -> Result<Slot<'_>, Full> {
        if let Some(slot) = self.take_free() {
            return Ok(slot);
        }
        let Some(place) = self.wait_in_line(account, self.queue_max)? else {
            return Ok(Slot(self));
        };
        match tokio::time::timeout(self.wait, place.turn()).await {
            Ok(slot) => slot,
            Err(_) => Err(Full),
        }
    }

    /// Returns when nothing runs; from then on, nothing does.
    pub(crate) async fn idle(&self) {
        for _ in 0..self.slots_max {
            let slot = match self.take_free() {
                Some(slot) => Ok(slot),
                None => match self.wait_in_line(NOBODY, usize::MAX) {
                    Ok(Some(place)) => place.turn().await,
                    Ok(None) | Err(Full) => Ok(Slot(self)),
                },
            };
            // Kept for good: the server is on its way out.
            std::mem::forget(slot);
        }
    }

    /// Invocations that run now.
    pub(crate) fn running(&self) -> usize {
        let free = free(self.state.load(Ordering::Relaxed));
        (u64::from(self.slots_max) - free) as usize
    }

    /// Invocations that wait.
    pub(crate) fn queued(&self) -> usize {
        waiting(self.state.load(Ordering::Relaxed)) as usize
    }

    /// Takes a slot if one is free.
    pub(crate) fn take_free(&self) -> Option<Slot<'_>> {
        let take = |state| (free(state) > 0).then(|| state - FREE);
        let taken = self
            .state
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, take);
        taken.is_ok().then(|| Slot(self))
    }

    /// Takes a place in the queue, or the slot that came free in the meantime: `None`.
    fn wait_in_line(&self, account: i64, queue_max: usize) -> Result<Option<Place<'_>>, Full> {
        let mut line = self.line();
        // From here on nobody gives a slot back without asking the line.
        let take_or_wait = |state| match free(state) {
            0 => Some(state + 1),
            _ => Some(state - FREE),
        };
        let before = self
            .state
            .fetch_update(Ordering::Acquire, Ordering::Acquire, take_or_wait)
            .expect("there is always a next state");
        if free(before) > 0 {
            return Ok(None);
        }
        if line.len >= queue_max {
            let made = line.make_room_for(account);
            // Somebody leaves: who made room, or this one.
            self.state.fetch_sub(1, Ordering::Relaxed);
            if !made {
                return Err(Full);
            }
        }
        let (ticket, turn) = line.join(account);
        drop(line);
        Ok(Some(Place {
            admission: self,
            account,
            ticket,
            turn: Some(turn),
        }))
    }

    fn give_back(&self) {
        let free_one = |state| (waiting(state) == 0).then_some(state + FREE);
        let freed = self
            .state
            .fetch_update(Ordering::Release, Ordering::Relaxed, free_one);
        if freed.is_err() {
            self.hand_over();
        }
    }

    /// Gives a slot to whoever is next, or frees it when they have all gone.
    fn hand_over(&self) {
        let mut line = self.line();
        match line.next() {
            Some(turn) => {
                self.state.fetch_sub(1, Ordering::Release);
                // Who waits takes itself out of the line, under its lock, before it goes away.
                _ = turn.send(Ok(()));
            }
            None => {
                self.state.fetch_add(FREE, Ordering::Release);
            }
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

type Turn = Result<(), Full>;

/// Who waits, by account.
#[derive(Default)]
struct Line {
    accounts: HashMap<i64, VecDeque<(u64, oneshot::Sender<Turn>)>>,
    /// The accounts that wait, the next one first.
    round: VecDeque<i64>,
    len: usize,
    tickets: u64,
}

impl Line {
    fn join(&mut self, account: i64) -> (u64, oneshot::Receiver<Turn>) {
        let (sender, receiver) = oneshot::channel();
        self.tickets += 1;
        self.len += 1;
        let queue = self.accounts.entry(account).or_default();
        if queue.is_empty() {
            self.round.push_back(account);
        }
        queue.push_back((self.tickets, sender));
        (self.tickets, receiver)
    }

    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let account = self.round.pop_front()?;
        let queue = self.accounts.get_mut(&account)?;
        let (_, turn) = queue.pop_front()?;
        self.len -= 1;
        match queue.is_empty() {
            true => _ = self.accounts.remove(&account),
            false => self.round.push_back(account),
        }
        Some(turn)
    }

    /// Sends away the newest of the account with the longest queue, when that is longer than this
    /// account's would be.
    fn make_room_for(&mut self, account: i64) -> bool {
        let own = self.accounts.get(&account).map_or(0, VecDeque::len);
        let longest = self.accounts.iter().max_by_key(|(_, queue)| queue.len());
        let Some((&longest, length)) = longest.map(|(account, queue)| (account, queue.len()))
        else {
            return false;
        };
        if length <= own + 1 {
            return false;
        }
        let queue = self.accounts.get_mut(&longest);
        let Some((_, turn)) = queue.and_then(VecDeque::pop_back) else {
            return false;
        };
        self.len -= 1;
        _ = turn.send(Err(Full));
        true
    }

    /// Whether that one still waited.
    fn leave(&mut self, account: i64, ticket: u64) -> bool {
        let Some(queue) = self.accounts.get_mut(&account) else {
            return false;
        };
        let Some(at) = queue.iter().position(|(known, _)| *known == ticket) else {
            return false;
        };
        queue.remove(at);
        self.len -= 1;
        if queue.is_empty() {
            self.accounts.remove(&account);
            self.round.retain(|known| *known != account);
        }
        true
    }
}

/// A place in the queue; left also by a caller that goes away.
struct Place<'a> {
    admission: &'a Admission,
    account: i64,
    ticket: u64,
    /// Taken when the answer has come.
    turn: Option<oneshot::Receiver<Turn>>,
}

impl<'a> Place<'a> {
    async fn turn(mut self) -> Result<Slot<'a>, Full> {
        let admission = self.admission;
        let Some(turn) = self.turn.as_mut() else {
            return Err(Full);
        };
        let answer = turn.await.unwrap_or(Err(Full));
        self.turn = None;
        answer.map(|()| Slot(admission))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(mut turn) = self.turn.take() else {
            return;
        };
        let mut line = self.admission.line();
        if line.leave(self.account, self.ticket) {
            self.admission.state.fetch_sub(1, Ordering::Relaxed);
        } else if let Ok(Ok(())) = turn.try_recv() {
            // The slot came just when nobody was left to take it.
            drop(line);
            drop(Slot(self.admission));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::JoinHandle;

    use super::*;

    const WAIT: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn past_the_slots_one_waits_and_past_the_queue_one_is_sent_away() {
        let admission = Admission::new(1, 1, WAIT);
        let slot = admission.admit(1).await.unwrap();
        let waiting = admission.admit(1);
        tokio::pin!(waiting);
        assert!(
            tokio::time::timeout(Duration::from_millis(1), &mut waiting)
                .await
                .is_err()
        );
        assert_eq!((admission.running(), admission.queued()), (1, 1));
        assert!(admission.admit(1).await.is_err());
        drop(slot);
        let slot = waiting.await.unwrap();
        assert_eq!((admission.running(), admission.queued()), (1, 0));
        assert!(
            admission.admit(1).await.is_err(),
            "nobody gave the slot back in time"
        );
        assert_eq!(admission.queued(), 0);
        drop(slot);
        assert_eq!(admission.running(), 0);
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_the_queue() {
        let admission = Admission::new(1, 1, WAIT);
        let slot = admission.admit(1).await.unwrap();
        let waiting = tokio::time::timeout(Duration::from_millis(1), admission.admit(1)).await;
        assert!(waiting.is_err());
        assert_eq!(admission.queued(), 0);
        drop(slot);
        assert_eq!(admission.running(), 0);
    }

    #[tokio::test]
    async fn a_slot_that_is_handed_to_somebody_who_just_left_is_not_lost() {
        let admission = Admission::new(1, 4, WAIT);
        let slot = admission.admit(1).await.unwrap();
        let mut left = Box::pin(admission.admit(1));
        assert!(poll_once(&mut left).await.is_none());
        let mut stays = Box::pin(admission.admit(1));
        assert!(poll_once(&mut stays).await.is_none());
        drop(slot);
        drop(left);
        let slot = stays.await.unwrap();
        assert_eq!((admission.running(), admission.queued()), (1, 0));
        drop(slot);
        assert_eq!(admission.running(), 0);
    }

    /// Polls once.
    async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = std::future::ready(()) => None,
        }
    }

    type Waits = JoinHandle<Option<i64>>;

    /// Somebody who waits and, when admitted, says who is.
    async fn join(admission: &Arc<Admission>, account: i64, order: &Arc<Mutex<Vec<i64>>>) -> Waits {
        let (admission, order) = (Arc::clone(admission), Arc::clone(order));
        let waits = tokio::spawn(async move {
            let _slot = admission.admit(account).await.ok()?;
            order.lock().unwrap().push(account);
            tokio::task::yield_now().await;
            Some(account)
        });
        tokio::task::yield_now().await;
        waits
    }

    #[tokio::test]
    async fn accounts_that_wait_take_turns() {
        let admission = Arc::new(Admission::new(1, 100, WAIT));
        let order = Arc::default();
        let slot = admission.admit(1).await.unwrap();
        let mut all = Vec::new();
        for account in [1, 1, 1, 1, 2, 2, 3] {
            all.push(join(&admission, account, &order).await);
        }
        drop(slot);
        for one in all {
            assert!(one.await.unwrap().is_some());
        }
        assert_eq!(*order.lock().unwrap(), [1, 2, 3, 1, 2, 1, 1]);
        assert_eq!((admission.running(), admission.queued()), (0, 0));
    }

    #[tokio::test]
    async fn in_a_full_queue_the_account_with_the_most_makes_room() {
        let admission = Arc::new(Admission::new(1, 4, WAIT));
        let order = Arc::default();
        let slot = admission.admit(1).await.unwrap();
        let mut flood = Vec::new();
        for _ in 0..4 {
            flood.push(join(&admission, 1, &order).await);
        }
        assert!(admission.admit(1).await.is_err(), "it has its share");
        let mut others = Vec::new();
        for _ in 0..2 {
            others.push(join(&admission, 2, &order).await);
        }
        assert_eq!(admission.queued(), 4);
        assert!(admission.admit(2).await.is_err(), "both have two");
        let third = join(&admission, 3, &order).await;
        drop(slot);
        let mut served = 0;
        for one in flood.into_iter().chain(others) {
            served += usize::from(one.await.unwrap().is_some());
        }
        assert_eq!(served, 3);
        assert_eq!(third.await.unwrap(), Some(3));
        assert_eq!((admission.running(), admission.queued()), (0, 0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_slot_is_lost_or_made_when_many_come_and_go_at_once() {
        let admission = Arc::new(Admission::new(3, 50, Duration::from_millis(2)));
        let running = Arc::new(AtomicU64::new(0));
        let tasks: Vec<_> = (0..16)
            .map(|account| {
                let (admission, running) = (Arc::clone(&admission), Arc::clone(&running));
                tokio::spawn(async move {
                    for round in 0..500_u64 {
                        let admit = admission.admit(account);
                        let wait = Duration::from_micros(round % 7 * 50);
                        if let Ok(Ok(_slot)) = tokio::time::timeout(wait, admit).await {
                            assert!(running.fetch_add(1, Ordering::SeqCst) < 3);
                            tokio::task::yield_now().await;
                            running.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!((admission.running(), admission.queued()), (0, 0));
        admission.idle().await;
        assert_eq!(admission.running(), 3);
    }
}
