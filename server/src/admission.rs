//! May one more invocation run now, and who is next?
//!
//! While nobody waits, taking a slot is one count and one compare-and-swap. No account may hold so
//! many that others get none, however long its lambdas run; how many, [`share`] says. Whoever gets
//! no slot waits in a queue for each account; a slot that is given back goes to the accounts that
//! wait in turn, and within one of them to whoever came first. When all places to wait are taken,
//! the newest of the account that has the most of them makes room for an account that has fewer. So
//! the flood of one account costs another no more than its turn.

mod line;
mod share;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use line::{Line, Turn};
pub(crate) use share::{Holdings, Room, Sharing};

/// A bounded number of running invocations, with a bounded queue before it.
pub(crate) struct Admission {
    room: Room,
    /// The free slots in the upper half, those who wait in the lower one. While somebody waits, it
    /// changes only under the lock of the line.
    state: AtomicU64,
    line: Mutex<Line>,
    slots_max: u32,
    queue_max: usize,
    wait: Duration,
}

/// Leave for one invocation to run; given back when dropped.
#[must_use]
pub(crate) struct Slot<'a> {
    admission: &'a Admission,
    holdings: &'a Holdings,
}

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
    /// So many slots, and so many places to wait for one, each for so long.
    pub(crate) fn new(room: Room, (slots_max, queue_max): (usize, usize), wait: Duration) -> Self {
        let slots_max = u32::try_from(slots_max).unwrap_or(u32::MAX);
        Self {
            room,
            state: AtomicU64::new(u64::from(slots_max) * FREE),
            line: Mutex::default(),
            slots_max,
            queue_max,
            wait,
        }
    }

    /// Takes a slot for an account, waiting in the queue when there is none for it.
    pub(crate) async fn admit<'a>(&'a self, account: &'a Arc<Holdings>) -> Result<Slot<'a>, Full> {
        if let Some(slot) = self.take_free(account) {
            return Ok(slot);
        }
        let place = match self.wait_in_line(account, self.queue_max)? {
            Stand::Slot(slot) => return Ok(slot),
            Stand::Place(place) => place,
        };
        match tokio::time::timeout(self.wait, place.turn()).await {
            Ok(slot) => slot,
            Err(_) => Err(Full),
        }
    }

    /// Takes a slot for nobody in particular, however long that takes.
    pub(crate) async fn admit_at_leisure<'a>(&'a self, nobody: &'a Arc<Holdings>) -> Slot<'a> {
        loop {
            let slot = match self.take_free(nobody) {
                Some(slot) => Ok(slot),
                None => match self.wait_in_line(nobody, usize::MAX) {
                    Ok(Stand::Slot(slot)) => Ok(slot),
                    Ok(Stand::Place(place)) => place.turn().await,
                    Err(full) => Err(full),
                },
            };
            if let Ok(slot) = slot {
                return slot;
            }
        }
    }

    /// Returns when nothing runs; from then on, nothing does.
    pub(crate) async fn idle(&self) {
        for _ in 0..self.slots_max {
            // Somebody else each time, who holds nothing yet.
            let nobody = nobody();
            // Kept for good: the server is on its way out.
            std::mem::forget(self.admit_at_leisure(&nobody).await);
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

    /// Takes a slot if one is free for that account and nobody waits.
    pub(crate) fn take_free<'a>(&'a self, account: &'a Holdings) -> Option<Slot<'a>> {
        let sharing = account.sharing(self.room);
        // Counted first, so that of several that come at once each sees another number.
        let held = account.add(self.room);
        let take = |state| {
            let may = waiting(state) == 0 && sharing.lets(held, free(state));
            may.then(|| state - FREE)
        };
        let taken = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take);
        if taken.is_err() {
            account.take_away(self.room);
            return None;
        }
        Some(Slot {
            admission: self,
            holdings: account,
        })
    }

    /// Takes a place in the queue, or a slot that came free in the meantime.
    fn wait_in_line<'a>(
        &'a self,
        account: &'a Arc<Holdings>,
        queue_max: usize,
    ) -> Result<Stand<'a>, Full> {
        let mut line = self.line();
        // From here on nobody takes a slot or gives one back without asking the line.
        self.state.fetch_add(1, Ordering::AcqRel);
        let (ticket, turn) = line.join(account);
        // Others of the account may have been counted just before they gave up, so it is asked again
        // who may have what is free.
        self.serve(&mut line);
        if line.len() > queue_max {
            line.send_one_away(account.account());
            self.state.fetch_sub(1, Ordering::AcqRel);
        }
        drop(line);
        let mut place = Place {
            admission: self,
            holdings: account,
            ticket,
            turn: Some(turn),
        };
        match place.answered() {
            Some(Ok(slot)) => Ok(Stand::Slot(slot)),
            Some(Err(full)) => Err(full),
            None => Ok(Stand::Place(place)),
        }
    }

    fn give_back(&self, account: &Holdings) {
        account.take_away(self.room);
        let free_one = |state| (waiting(state) == 0).then_some(state + FREE);
        let freed = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, free_one);
        if freed.is_err() {
            let mut line = self.line();
            self.state.fetch_add(FREE, Ordering::AcqRel);
            self.serve(&mut line);
        }
    }

    /// Gives the free slots to those who wait and may have them.
    fn serve(&self, line: &mut Line) {
        loop {
            let free = free(self.state.load(Ordering::Acquire));
            let may = |account: &Holdings| {
                account
                    .sharing(self.room)
                    .lets(account.held(self.room), free)
            };
            let Some((account, turn)) = line.next(may) else {
                return;
            };
            account.add(self.room);
            self.state.fetch_sub(FREE + 1, Ordering::AcqRel);
            // Who waits takes itself out of the line, under its lock, before it goes away.
            _ = turn.send(Ok(()));
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who takes slots at leisure.
pub(crate) fn nobody() -> Arc<Holdings> {
    Arc::new(Holdings::of_nobody())
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.admission.give_back(self.holdings);
    }
}

/// What standing in line led to.
enum Stand<'a> {
    Slot(Slot<'a>),
    Place(Place<'a>),
}

/// A place in the queue; left also by a caller that goes away.
struct Place<'a> {
    admission: &'a Admission,
    holdings: &'a Arc<Holdings>,
    ticket: u64,
    /// Taken when the answer has come.
    turn: Option<oneshot::Receiver<Turn>>,
}

impl<'a> Place<'a> {
    async fn turn(mut self) -> Result<Slot<'a>, Full> {
        let Some(turn) = self.turn.as_mut() else {
            return Err(Full);
        };
        let answer = turn.await.unwrap_or(Err(Full));
        self.turn = None;
        answer.map(|()| self.slot())
    }

    /// The answer, when it has come already.
    fn answered(&mut self) -> Option<Result<Slot<'a>, Full>> {
        let answer = self.turn.as_mut()?.try_recv().ok()?;
        self.turn = None;
        Some(answer.map(|()| self.slot()))
    }

    fn slot(&self) -> Slot<'a> {
        Slot {
            admission: self.admission,
            holdings: self.holdings,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(mut turn) = self.turn.take() else {
            return;
        };
        let mut line = self.admission.line();
        if line.leave(self.holdings.account(), self.ticket) {
            self.admission.state.fetch_sub(1, Ordering::AcqRel);
        } else if let Ok(Ok(())) = turn.try_recv() {
            // The slot came just when nobody was left to take it.
            drop(line);
            drop(self.slot());
        }
    }
}
