//! Who runs the requests of an HTTP/2 connection?
//!
//! Each has a task of its own, so that one that computes does not hold up the others. The tasks
//! belong to the listener, which ends them when it ends, or when the client takes nothing of the
//! answer for too long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::rt::Executor;
use tokio::task::JoinSet;

use super::patience::Patience;

/// The requests that are under way.
#[derive(Clone)]
pub(super) struct Streams {
    tasks: Arc<Mutex<JoinSet<()>>>,
    /// How long a client may take nothing of an answer.
    quiet_max: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        self.let_go();
        self.tasks().spawn(Patience::watch(stream, self.quiet_max));
    }
}

impl Streams {
    /// None yet.
    pub(super) fn new(quiet_max: Duration) -> Self {
        Self {
            tasks: Arc::default(),
            quiet_max,
        }
    }

    /// Lets go of what has ended, since nobody waits for it.
    pub(super) fn let_go(&self) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
    }

    /// Ends what still runs.
    pub(super) async fn shutdown(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks());
        tasks.shutdown().await;
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
