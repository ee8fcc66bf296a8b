//! Where does a build's native part run, when not in this process?
//!
//! In a process for each source: confined before it reads the source, ended after it. One is kept
//! ready, so that a build need not wait for it to start.

mod child;
mod ended;
pub(crate) mod wire;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use sandglass_runtime::ByteSize;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::compile_error::Mistakes;
use crate::prepare::Prepared;
use crate::{CompileErrorKind, Source};
use child::{Child, StartError};
use ended::Ended;
use wire::Request;

/// The bounds of one source's native part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerLimits {
    /// Processor time, in whole seconds: a part of one counts as one.
    pub cpu: Duration,
    /// From the request to the answer.
    pub wall_clock: Duration,
    /// Memory beyond what a worker has that waits for a source, its stacks included: of the parser's
    /// 512 MiB, the deepest source that it accepts touches a part.
    pub memory: ByteSize,
}

impl Default for WorkerLimits {
    /// 10 s of processor time, 30 s in all, 512 MiB.
    fn default() -> Self {
        Self {
            cpu: Duration::from_secs(10),
            wall_clock: Duration::from_secs(30),
            memory: ByteSize::mib(512),
        }
    }
}

impl WorkerLimits {
    fn cpu_seconds(&self) -> u64 {
        self.cpu.as_secs() + u64::from(self.cpu.subsec_nanos() > 0)
    }
}

/// Processes that parse and bundle, for [`Compiler::with_workers`](crate::Compiler::with_workers). A
/// clone shares them. All of them end with the last clone, and with this process, however it ends.
#[derive(Clone)]
pub struct Workers(Arc<Pool>);

struct Pool {
    limits: WorkerLimits,
    spawner: Spawner,
    /// The one that is kept ready.
    ahead: Mutex<Option<JoinHandle<Result<Child, StartError>>>>,
}

impl Workers {
    /// This process's executable, also when its file has been replaced since.
    pub const THIS_EXECUTABLE: &str = "/proc/self/exe";

    /// Workers that run an executable whose `main` begins with
    /// [`run_if_worker`](crate::run_if_worker).
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn new(executable: impl Into<PathBuf>, limits: WorkerLimits) -> io::Result<Self> {
        let pool = Pool {
            limits,
            spawner: Spawner::start(executable.into(), limits)?,
            ahead: Mutex::default(),
        };
        Ok(Self(Arc::new(pool)))
    }

    /// Starts a worker now, if none is ready, for the next build. Without it the first build waits
    /// for its worker to start.
    ///
    /// Must be called on a tokio runtime with time and I/O enabled.
    pub fn start_ahead(&self) {
        let mut ahead = self.ahead();
        if ahead.is_none() {
            *ahead = Some(tokio::spawn(self.0.spawner.start_one()));
        }
    }

    /// Prepares a source in a process of its own.
    pub(crate) async fn prepare(&self, source: &Source) -> Result<Prepared, Mistakes> {
        let host = |message: String| source.error(CompileErrorKind::Host, message);
        let request = Request {
            file_name: source.file_name().to_owned(),
            code: source.code().to_owned(),
            bundled: source.bundle().is_some(),
        };
        let request = wire::frame(&request).map_err(|error| host(error.to_string()))?;
        let mut child = self.checkout().await.map_err(|error| host(chain(&error)))?;
        let answer = child.ask(&request).await;
        tokio::spawn(child.end());
        self.start_ahead();
        let settled = answer.and_then(|answer| wire::settle(source, &answer).ok_or(Ended::Garbage));
        settled.unwrap_or_else(|ended| Err(ended.error(source, &self.0.limits).into()))
    }

    /// The worker that is ready, or a new one.
    async fn checkout(&self) -> Result<Child, StartError> {
        let ahead = self.ahead().take();
        if let Some(ahead) = ahead
            && let Ok(Ok(mut child)) = ahead.await
            && child.is_alive()
        {
            return Ok(child);
        }
        self.0.spawner.start_one().await
    }

    fn ahead(&self) -> MutexGuard<'_, Option<JoinHandle<Result<Child, StartError>>>> {
        self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn chain(error: &StartError) -> String {
    match std::error::Error::source(error) {
        Some(cause) if matches!(error, StartError::Spawn(_)) => format!("{error}: {cause}"),
        _ => error.to_string(),
    }
}

/// A wish for a process, where its pipes are to be waited for, and where it is sent to.
type Wish = (Handle, oneshot::Sender<io::Result<Child>>);

/// The thread that starts processes. These die with the thread that started them, so it has to live
/// as long as they may.
struct Spawner(mpsc::Sender<Wish>);

impl Spawner {
    fn start(executable: PathBuf, limits: WorkerLimits) -> io::Result<Self> {
        let (sender, wishes) = mpsc::channel();
        std::thread::Builder::new()
            .name("sandglass-builds".into())
            .spawn(move || spawn_all(&wishes, &executable, &limits))?;
        Ok(Self(sender))
    }

    /// Starts a process and waits until it is ready.
    fn start_one(&self) -> impl Future<Output = Result<Child, StartError>> + Send + 'static {
        let (sender, receiver) = oneshot::channel();
        // When the thread is gone, the sender is too, and the receiver knows.
        _ = self.0.send((Handle::current(), sender));
        async {
            let child = receiver.await.map_err(|_| StartError::NoSpawner)?;
            child.map_err(StartError::Spawn)?.ready().await
        }
    }
}

fn spawn_all(wishes: &mpsc::Receiver<Wish>, executable: &Path, limits: &WorkerLimits) {
    for (runtime, sender) in wishes {
        let _runtime = runtime.enter();
        // Whoever went away does not need it; it ends when it is dropped.
        _ = sender.send(Child::spawn(executable, limits));
    }
}
