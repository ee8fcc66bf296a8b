//! Who runs the requests of an HTTP/2 connection?
//!
//! Each has a task of its own, so that one that computes does not hold up the others. The tasks
//! belong to the listener, which ends them when it ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::rt::Executor;
use tokio::task::JoinSet;

/// The requests that are under way.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        self.let_go();
        self.tasks().spawn(stream);
    }
}

impl Streams {
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
