//! How long may a client let the answer to one HTTP/2 request wait?
//!
//! In HTTP/2 a client says for each answer how much of it it takes. One that takes nothing, and shows
//! on its connection in other ways that it is there, would keep its answer, and what makes it, for
//! ever. So the time is measured for each answer by itself: from when the client could take more until
//! it does. Past the bound the answer is given up and the client is asked to leave, while its other
//! requests are served to their end.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;
use std::time::Duration;

tokio::task_local! {
    /// That of the request whose task this is.
    static CURRENT: Arc<Patience>;
}

const OURS: u8 = 0;
const ASKED: u8 = 1;
const CLIENTS: u8 = 2;
const LOST: u8 = 3;

/// Whose turn it is about one answer. Only the request's own task changes it.
#[derive(Default)]
pub(super) struct Patience(AtomicU8);

impl Patience {
    /// That of the request whose task this is; `None` in HTTP/1, where a connection has one answer at
    /// a time.
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// There is something for the client.
    pub(super) fn clients_turn(&self) {
        self.0.store(ASKED, Ordering::Relaxed);
    }

    /// The client takes more.
    pub(super) fn our_turn(&self) {
        self.0.store(OURS, Ordering::Relaxed);
    }

    /// Whether it was the client that ended it, by taking nothing.
    pub(super) fn is_lost(&self) -> bool {
        self.0.load(Ordering::Relaxed) == LOST
    }

    /// Runs the task of a request to its end, or until its client has let it wait for so long.
    pub(super) async fn watch(task: impl Future<Output = ()>, most: Duration) {
        let patience = Arc::new(Self::default());
        let task = CURRENT.scope(Arc::clone(&patience), task);
        tokio::select! {
            biased;
            () = task => {}
            () = patience.lost(most) => {}
        }
    }

    /// Ends when the client has let the answer wait for so long. It is polled whenever the task is,
    /// so no other wakes it, and there is no timer while it is not the client's turn.
    async fn lost(&self, most: Duration) {
        let mut timer = None;
        poll_fn(|context| {
            match self.0.load(Ordering::Relaxed) {
                CLIENTS => {}
                ASKED => {
                    self.0.store(CLIENTS, Ordering::Relaxed);
                    timer = Some(Box::pin(tokio::time::sleep(most)));
                }
                _ => timer = None,
            }
            match timer.as_mut() {
                Some(timer) => timer.as_mut().poll(context),
                None => Poll::Pending,
            }
        })
        .await;
        self.0.store(LOST, Ordering::Relaxed);
    }
}
