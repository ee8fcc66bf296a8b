//! How is work done that takes long?
//!
//! Cryptography cannot be stopped half way. Work that was begun for an invocation which has ended
//! meanwhile keeps its place until it is done, so that no number of such invocations has more
//! threads than the machine has cores.

use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

/// Places for long work, of the whole process: as many as there are cores.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Does work on a thread of its own, once there is a place for it, first come, first served.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> wasmtime::Result<T> {
    let place = PLACES.acquire().await?;
    let worked = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(place);
        done
    });
    Ok(worked.await?)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    use super::*;

    #[derive(Default)]
    struct Seen {
        at_once: AtomicUsize,
        most: AtomicUsize,
        begun: AtomicUsize,
    }

    #[tokio::test]
    async fn work_of_invocations_that_have_ended_keeps_its_place() {
        let cores = available_parallelism().unwrap().get();
        let seen = Arc::new(Seen::default());
        let (end, ended) = mpsc::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        let begin = || {
            let (seen, ended) = (seen.clone(), ended.clone());
            apart(move || {
                seen.begun.fetch_add(1, Ordering::SeqCst);
                let at_once = seen.at_once.fetch_add(1, Ordering::SeqCst) + 1;
                seen.most.fetch_max(at_once, Ordering::SeqCst);
                let _ = ended.lock().unwrap().recv();
                seen.at_once.fetch_sub(1, Ordering::SeqCst);
            })
        };
        // Each is given up while it works, or while it waits for a place.
        for _ in 0..cores + 3 {
            let given_up = tokio::time::timeout(Duration::from_millis(20), begin()).await;
            assert!(given_up.is_err());
        }
        while seen.begun.load(Ordering::SeqCst) < cores {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for _ in 0..=cores {
            end.send(()).unwrap();
        }
        begin().await.unwrap();
        assert_eq!(seen.begun.load(Ordering::SeqCst), cores + 1);
        assert_eq!(seen.most.load(Ordering::SeqCst), cores);
    }
}
