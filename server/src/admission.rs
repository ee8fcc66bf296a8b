//! May one more invocation run now?

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// A bounded number of running invocations, with a bounded queue before it.
pub(crate) struct Admission {
    slots: Semaphore,
    slots_max: usize,
    queued: AtomicUsize,
    queue_max: usize,
    wait: Duration,
}

/// Leave for one invocation to run; given back when dropped.
pub(crate) struct Slot<'a> {
    _permit: SemaphorePermit<'a>,
}

/// There is no room, not even to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many invocations are running")]
pub(crate) struct Full;

impl Admission {
    pub(crate) fn new(slots_max: usize, queue_max: usize, wait: Duration) -> Self {
        let slots = Semaphore::new(slots_max);
        Self {
            slots,
            slots_max,
            queued: AtomicUsize::new(0),
            queue_max,
            wait,
        }
    }

    /// Takes a slot, waiting in the queue when there is none.
    pub(crate) async fn admit(&self) -> Result<Slot<'_>, Full> {
        match self.slots.try_acquire() {
            Ok(permit) => Ok(Slot { _permit: permit }),
            Err(_) => self.queue().await,
        }
    }

    /// Takes a slot if one is free.
    pub(crate) fn try_admit(&self) -> Option<Slot<'_>> {
        let permit = self.slots.try_acquire().ok()?;
        Some(Slot { _permit: permit })
    }

    async fn queue(&self) -> Result<Slot<'_>, Full> {
        let _place = self.take_place().ok_or(Full)?;
        match tokio::time::timeout(self.wait, self.slots.acquire()).await {
            Ok(Ok(permit)) => Ok(Slot { _permit: permit }),
            _ => Err(Full),
        }
    }

    fn take_place(&self) -> Option<Place<'_>> {
        let next = |queued| (queued < self.queue_max).then_some(queued + 1);
        let taken = self
            .queued
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        taken.is_ok().then(|| Place(&self.queued))
    }

    /// Returns when nothing runs.
    pub(crate) async fn idle(&self) {
        let all = u32::try_from(self.slots_max).unwrap_or(u32::MAX);
        // It is never closed.
        _ = self.slots.acquire_many(all).await;
    }

    /// Invocations that run now.
    pub(crate) fn running(&self) -> usize {
        self.slots_max - self.slots.available_permits()
    }

    /// Invocations that wait.
    pub(crate) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }
}

/// A place in the queue; left also by a caller that goes away.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn past_the_slots_one_waits_and_past_the_queue_one_is_sent_away() {
        let admission = Admission::new(1, 1, Duration::from_secs(5));
        let slot = admission.admit().await.unwrap();
        let waiting = admission.admit();
        tokio::pin!(waiting);
        assert!(
            tokio::time::timeout(Duration::from_millis(1), &mut waiting)
                .await
                .is_err()
        );
        assert_eq!((admission.running(), admission.queued()), (1, 1));
        assert!(admission.admit().await.is_err());
        drop(slot);
        let slot = waiting.await.unwrap();
        assert_eq!((admission.running(), admission.queued()), (1, 0));
        assert!(
            admission.admit().await.is_err(),
            "nobody gave the slot back in time"
        );
        assert_eq!(admission.queued(), 0);
        drop(slot);
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_the_queue() {
        let admission = Admission::new(1, 1, Duration::from_secs(5));
        let _slot = admission.admit().await.unwrap();
        let waiting = tokio::time::timeout(Duration::from_millis(1), admission.admit()).await;
        assert!(waiting.is_err());
        assert_eq!(admission.queued(), 0);
    }
}
