//! What is there once a lambda, and once an invocation?

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use sandglass_host_abi::bindings::LambdaPre;
use sandglass_host_abi::bindings::sandglass::toolbelt::outcome;
use sandglass_host_abi::{Artifact, ArtifactDigest, Limit, Policy, bindings};
use serde_json::value::RawValue;
use wasmtime::{PoolConcurrencyLimitError, Store, Trap};

use crate::invocation::{Invocation, next_id};
use crate::report::{Failure, FailureKind, Outcome, Report};
use crate::runtime::{LoadError, Shared};
use crate::sandbox::{self, LimitReached, Sandbox};

/// A guest that computes without pause gives way to others after this much fuel: some tens of
/// microseconds.
pub(crate) const FUEL_SLICE: u64 = 1_000_000;

/// A lambda under a policy. Cheap to clone.
#[derive(Clone)]
pub struct Lambda {
    shared: Arc<Shared>,
    code: Arc<Code>,
    policy: Arc<Policy>,
}

/// A lambda's code, loaded or not, under any policy.
pub(crate) struct Code {
    digest: ArtifactDigest,
    /// Kept when the artifact is in no store.
    pinned: Option<Artifact>,
    loaded: RwLock<Option<Arc<Loaded>>>,
    /// Held while the code is loaded, so that it is loaded once.
    loading: Mutex<()>,
    last_use: AtomicU64,
}

/// A lambda's code, ready to be instantiated.
pub(crate) struct Loaded {
    pub(crate) pre: LambdaPre<Sandbox>,
}

/// One sandbox. It can be used once: [`Instance::invoke`] takes it by value.
pub struct Instance {
    store: Store<Sandbox>,
    bindings: bindings::Lambda,
    policy: Arc<Policy>,
    started: Instant,
    _counted: Counted,
}

/// Why an invocation has no report. None of these is the lambda's doing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// All sandboxes are in use. Try again later.
    #[error("all sandboxes are in use")]
    Busy,
    /// The lambda could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The host failed.
    #[error("the sandbox could not be run")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<wasmtime::Error> for InvokeError {
    fn from(error: wasmtime::Error) -> Self {
        match error.is::<PoolConcurrencyLimitError>() {
            true => Self::Busy,
            false => Self::Host(error.into_boxed_dyn_error()),
        }
    }
}

impl Lambda {
    pub(crate) fn new(shared: Arc<Shared>, code: Arc<Code>, policy: Policy) -> Self {
        Self {
            shared,
            code,
            policy: Arc::new(policy),
        }
    }

    /// The digest of the lambda's artifact.
    pub fn digest(&self) -> &ArtifactDigest {
        &self.code.digest
    }

    /// The policy that it runs under.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The same lambda under another policy. The code is shared.
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        Self {
            policy: Arc::new(policy),
            ..self.clone()
        }
    }

    /// Takes a fresh sandbox. The invocation's wall clock starts here.
    ///
    /// # Errors
    /// [`InvokeError::Busy`] when all sandboxes are in use; otherwise when the lambda cannot be
    /// loaded.
    pub async fn checkout(&self) -> Result<Instance, InvokeError> {
        let started = Instant::now();
        let loaded = self.code.loaded(&self.shared).await?;
        let shared = &self.shared;
        let context = sandbox::context(&self.policy, next_id());
        let sandbox = Sandbox::new(shared.hosts.clone(), self.policy.clone(), context);
        let mut store = new_store(&shared.wasmtime, sandbox, self.policy.limits.fuel.units())?;
        let counted = Counted::new(shared.clone());
        let bindings = loaded.pre.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            bindings,
            policy: self.policy.clone(),
            started,
            _counted: counted,
        })
    }

    /// Runs one invocation in a fresh sandbox. Dropping the future ends the invocation at once.
    ///
    /// Must be called on a tokio runtime with time enabled.
    ///
    /// # Errors
    /// When there is no sandbox or the host fails. What the lambda does is in the report.
    pub async fn invoke(&self, invocation: Invocation) -> Result<Report, InvokeError> {
        self.checkout().await?.invoke(invocation).await
    }
}

/// A store with its bounds set.
pub(crate) fn new_store(
    engine: &wasmtime::Engine,
    sandbox: Sandbox,
    fuel: u64,
) -> wasmtime::Result<Store<Sandbox>> {
    let mut store = Store::new(engine, sandbox);
    store.limiter(|sandbox| &mut sandbox.memory);
    store.set_fuel(fuel)?;
    store.fuel_async_yield_interval(Some(FUEL_SLICE))?;
    Ok(store)
}

impl Instance {
    /// Runs one invocation; the sandbox is gone afterwards.
    ///
    /// # Errors
    /// When the host fails. What the lambda does is in the report.
    pub async fn invoke(mut self, invocation: Invocation) -> Result<Report, InvokeError> {
        let limits = self.policy.limits;
        if let Some(id) = invocation.id {
            self.store.data_mut().context = sandbox::context(&self.policy, id);
        }
        let mut cpu = Duration::ZERO;
        let outcome = if invocation.input.len() as u64 > limits.payload.get() {
            Outcome::Exceeded(Limit::Payload)
        } else {
            let bindings = &self.bindings;
            let input = invocation.input;
            let run = self
                .store
                .run_concurrent(async |accessor| bindings.call_invoke(accessor, input).await);
            let deadline = tokio::time::Instant::from_std(self.started + limits.wall_clock);
            match tokio::time::timeout_at(deadline, Metered { run, cpu: &mut cpu }).await {
                Ok(Ok(Ok(answer))) => answered(answer, limits.result.get()),
                Ok(Ok(Err(error)) | Err(error)) => stopped(error)?,
                Err(_) => Outcome::Exceeded(Limit::WallClock),
            }
        };
        let left = self.store.get_fuel().unwrap_or_default();
        let fuel = limits.fuel.units().saturating_sub(left);
        let usage = self.store.data().usage(fuel, self.started.elapsed(), cpu);
        let sandbox = self.store.data_mut();
        let logs = std::mem::take(&mut sandbox.logs);
        let id = sandbox.context.invocation.clone();
        Ok(Report {
            id,
            outcome,
            usage,
            logs,
        })
    }
}

/// What the guest answered. It is not trusted to have answered JSON.
fn answered(answer: Result<Option<String>, outcome::Failure>, result_max: u64) -> Outcome {
    match answer {
        Ok(None) => Outcome::Returned(None),
        Ok(Some(json)) if json.len() as u64 > result_max => Outcome::Exceeded(Limit::Result),
        Ok(Some(json)) => match RawValue::from_string(json) {
            Ok(json) => Outcome::Returned(Some(json)),
            Err(_) => Outcome::Threw(crash("the engine returned a result that is not JSON")),
        },
        Err(outcome::Failure {
            kind,
            name,
            message,
            stack,
        }) => {
            let kind = match kind {
                outcome::FailureKind::Custom => FailureKind::Custom,
                outcome::FailureKind::RuntimeError => FailureKind::RuntimeError,
                outcome::FailureKind::Unfinished => FailureKind::Unfinished,
            };
            Outcome::Threw(Failure {
                kind,
                name,
                message,
                stack,
            })
        }
    }
}

fn crash(message: &str) -> Failure {
    Failure {
        kind: FailureKind::Crashed,
        name: String::new(),
        message: message.to_owned(),
        stack: String::new(),
    }
}

/// What stopped the guest: a limit, or a trap of its own.
pub(crate) fn stopped(error: wasmtime::Error) -> Result<Outcome, InvokeError> {
    if let Some(LimitReached(limit)) = error.downcast_ref() {
        return Ok(Outcome::Exceeded(*limit));
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Ok(Outcome::Exceeded(Limit::Fuel)),
        Some(Trap::StackOverflow) => Ok(Outcome::Exceeded(Limit::Stack)),
        Some(trap) => {
            tracing::warn!(%trap, "the engine trapped; the sandbox held");
            Ok(Outcome::Threw(crash(
                "the JavaScript engine crashed; the sandbox held",
            )))
        }
        None => Err(error.into()),
    }
}

impl Code {
    pub(crate) fn pinned(artifact: Artifact) -> Self {
        Self::new(artifact.digest().clone(), Some(artifact))
    }

    pub(crate) fn stored(digest: ArtifactDigest) -> Self {
        Self::new(digest, None)
    }

    fn new(digest: ArtifactDigest, pinned: Option<Artifact>) -> Self {
        let (loaded, loading) = (RwLock::default(), Mutex::default());
        Self {
            digest,
            pinned,
            loaded,
            loading,
            last_use: AtomicU64::new(0),
        }
    }

    /// The loaded code; loads it when it is not.
    pub(crate) async fn loaded(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
    ) -> Result<Arc<Loaded>, LoadError> {
        self.last_use.store(
            shared.uses.fetch_add(1, Ordering::Relaxed),
            Ordering::Relaxed,
        );
        if let Some(loaded) = self.get() {
            return Ok(loaded);
        }
        let (code, shared) = (self.clone(), shared.clone());
        let loading = tokio::task::spawn_blocking(move || code.load(&shared));
        loading
            .await
            .expect("loading does not panic, and the runtime outlives it")
    }

    fn get(&self) -> Option<Arc<Loaded>> {
        self.loaded
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn load(self: &Arc<Self>, shared: &Shared) -> Result<Arc<Loaded>, LoadError> {
        let _once = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = self.get() {
            return Ok(loaded);
        }
        let loaded = Arc::new(match &self.pinned {
            Some(artifact) => shared.link(artifact)?,
            None => shared.link(&shared.read_artifact(&self.digest)?)?,
        });
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Some(loaded.clone());
        shared.made_room_for(self);
        Ok(loaded)
    }

    pub(crate) fn unload(&self) {
        self.loaded
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    pub(crate) fn last_use(&self) -> u64 {
        self.last_use.load(Ordering::Relaxed)
    }
}

/// Counts a sandbox while it exists.
struct Counted(Arc<Shared>);

impl Counted {
    fn new(shared: Arc<Shared>) -> Self {
        shared.instances.fetch_add(1, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.instances.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Adds up the CPU time that a future's thread spends in it.
struct Metered<'a, F> {
    run: F,
    cpu: &'a mut Duration,
}

impl<F: Future> Future for Metered<'_, F> {
    type Output = F::Output;

    #[allow(unsafe_code, reason = "pin projection")]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `run` is pinned whenever `self` is, and is never moved out.
        let this = unsafe { self.get_unchecked_mut() };
        let before = thread_cpu();
        // SAFETY: as above.
        let polled = unsafe { Pin::new_unchecked(&mut this.run) }.poll(context);
        *this.cpu += thread_cpu().saturating_sub(before);
        polled
    }
}

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}
