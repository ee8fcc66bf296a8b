//! When may a build run, and where?
//!
//! Each build has one of a few turns, and a bounded number of others wait for theirs: of each account
//! in turn, so that the many lambdas of one do not hold up another. What is done with a source in
//! native code is done in a process of its own, when there is an executable for it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sandglass_compiler::{Compiler, WorkerLimits, Workers};

use crate::admission::{Admission, Holdings, Room, Slot, nobody};
use crate::config::BuildsConfig;

/// The turns of builds.
pub(crate) struct Builds {
    turns: Admission,
    nobody: Arc<Holdings>,
}

/// Leave for one build to run; given back when dropped.
pub(crate) struct Turn<'a> {
    _slot: Slot<'a>,
}

/// There is no turn, and no room to wait for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many builds are waiting: try again")]
pub struct BuildsFull;

impl Builds {
    pub(crate) fn new(at_once: usize, config: &BuildsConfig) -> Self {
        let wait = Duration::from_millis(config.queue_wait_ms);
        Self {
            turns: Admission::new(Room::Builds, (at_once, config.queue_max), wait),
            nobody: nobody(),
        }
    }

    /// Takes a turn for an account, waiting in the queue when there is none.
    pub(crate) async fn turn<'a>(
        &'a self,
        account: &'a Arc<Holdings>,
    ) -> Result<Turn<'a>, BuildsFull> {
        let slot = self.turns.admit(account).await;
        slot.map(|slot| Turn { _slot: slot })
            .map_err(|_| BuildsFull)
    }

    /// Takes a turn whenever there is one: for what nobody waits for.
    pub(crate) async fn turn_at_leisure(&self) -> Turn<'_> {
        let slot = self.turns.admit_at_leisure(&self.nobody).await;
        Turn { _slot: slot }
    }
}

/// The compiler with the processes that the configuration wants, the first of which is on its way.
pub(crate) fn compiler(compiler: Compiler, config: &BuildsConfig) -> io::Result<Compiler> {
    let Some(executable) = &config.worker else {
        return Ok(compiler);
    };
    let mut limits = WorkerLimits::default();
    limits.cpu = Duration::from_secs(config.cpu_seconds);
    limits.wall_clock = Duration::from_millis(config.wall_clock_ms);
    limits.memory = config.memory;
    let workers = Workers::new(executable, limits)?;
    workers.start_ahead();
    Ok(compiler.with_workers(workers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builds(queue_max: usize) -> Builds {
        let config = BuildsConfig {
            queue_max,
            queue_wait_ms: 5_000,
            ..BuildsConfig::default()
        };
        Builds::new(1, &config)
    }

    fn account(row: i64) -> Arc<Holdings> {
        Arc::new(Holdings::new(row, &Arc::default()))
    }

    #[tokio::test(start_paused = true)]
    async fn past_the_turns_one_waits_and_past_the_queue_one_is_sent_away() {
        let (builds, one) = (builds(1), account(1));
        let turn = builds.turn(&one).await.unwrap();
        let waiting = builds.turn(&one);
        tokio::pin!(waiting);
        let soon = Duration::from_millis(1);
        assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
        assert!(builds.turn(&one).await.is_err());
        drop(turn);
        let turn = waiting.await.unwrap();
        assert!(builds.turn(&one).await.is_err(), "no turn was free in time");
        drop(turn);
        assert!(builds.turn(&one).await.is_ok());
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_the_queue() {
        let (builds, one) = (builds(1), account(1));
        let _turn = builds.turn(&one).await.unwrap();
        for _ in 0..3 {
            let soon = Duration::from_millis(1);
            assert!(tokio::time::timeout(soon, builds.turn(&one)).await.is_err());
        }
        assert_eq!(builds.turns.queued(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_takes_no_place_in_the_queue() {
        let (builds, one) = (builds(1), account(1));
        let turn = builds.turn(&one).await.unwrap();
        let leisure = builds.turn_at_leisure();
        tokio::pin!(leisure);
        let long = Duration::from_secs(3_600);
        assert!(tokio::time::timeout(long, &mut leisure).await.is_err());
        let waiting = builds.turn(&one);
        tokio::pin!(waiting);
        let soon = Duration::from_millis(1);
        assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
        assert!(builds.turn(&one).await.is_err(), "there is one place");
        drop(turn);
        drop(leisure.await);
        assert!(waiting.await.is_ok());
    }
}
