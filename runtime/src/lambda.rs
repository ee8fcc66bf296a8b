//! What is there once a lambda, and once an invocation?

use std::borrow::Cow;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use sandglass_host_abi::bindings::sandglass::toolbelt::outcome;
use sandglass_host_abi::{Artifact, ArtifactDigest, Limit, Policy};
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use wasmtime::component::{ComponentExportIndex, InstancePre, TypedFunc};
use wasmtime::{PoolConcurrencyLimitError, Store, Trap};

use crate::code_cache::CodeCache;
use crate::hosts;
use crate::invocation::Invocation;
use crate::masking::Masks;
use crate::repeat::Repeatable;
use crate::report::{Failure, FailureKind, Outcome, Report};
use crate::runtime::{LoadError, Shared};
use crate::sandbox::{LimitReached, Sandbox};
use crate::source_map::{SourceMap, mentions};

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
    loading: Arc<Mutex<()>>,
    last_use: AtomicU64,
}

/// A lambda's code, ready to be instantiated.
pub(crate) struct Loaded {
    pub(crate) pre: InstancePre<Sandbox>,
    /// Where the engine exports `invoke`. The generated bindings would look up, for every instance,
    /// the functions of a build as well.
    pub(crate) invoke: ComponentExportIndex,
    /// The name by which stacks call the bundle, when the lambda is one.
    pub(crate) bundle: Option<String>,
}

/// `invoke` of the WIT world `sandglass:toolbelt/lambda`.
type Invoke = TypedFunc<(String,), (Result<Option<String>, outcome::Failure>,)>;

/// One sandbox. It can be used once: [`Instance::invoke`] takes it by value.
pub struct Instance {
    store: Store<Sandbox>,
    /// Or the limit that leaves no room for the lambda itself.
    guest: Result<Invoke, Limit>,
    policy: Arc<Policy>,
    started: Instant,
    code: Arc<Code>,
    loaded: Arc<Loaded>,
    counted: Counted,
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

    /// Takes a fresh sandbox, loading the lambda first when it is not loaded. The invocation's wall
    /// clock starts when there is a sandbox.
    ///
    /// # Errors
    /// [`InvokeError::Busy`] when all sandboxes are in use; otherwise when the lambda cannot be
    /// loaded.
    pub async fn checkout(&self) -> Result<Instance, InvokeError> {
        let loaded = self.code.loaded(&self.shared).await?;
        let started = Instant::now();
        let shared = &self.shared;
        let sandbox = Sandbox::new(shared.hosts.clone(), self.policy.clone());
        let mut store = new_store(&shared.wasmtime, sandbox, self.policy.limits.fuel.units())?;
        let counted = Counted::new(shared.clone());
        let guest = match loaded.pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(instance.get_typed_func(&mut store, loaded.invoke)?),
            Err(error) => Err(limit_reached(&error).ok_or(error)?),
        };
        Ok(Instance {
            store,
            guest,
            policy: self.policy.clone(),
            started,
            code: self.code.clone(),
            loaded,
            counted,
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

/// The fuel that a guest has burned, and that the host has burned on its behalf.
pub(crate) fn fuel_used(store: &Store<Sandbox>) -> u64 {
    let sandbox = store.data();
    let left = store.get_fuel().unwrap_or_default();
    let guest = sandbox.policy.limits.fuel.units().saturating_sub(left);
    guest.saturating_add(sandbox.host_fuel)
}

impl Instance {
    /// Runs one invocation; the sandbox is gone afterwards.
    ///
    /// # Errors
    /// When the host fails. What the lambda does is in the report.
    pub async fn invoke(mut self, invocation: Invocation) -> Result<Report, InvokeError> {
        let limits = self.policy.limits;
        let sandbox = self.store.data_mut();
        sandbox.id = invocation.id;
        sandbox.chain = invocation.chain;
        sandbox.trace = invocation.trace;
        sandbox.recorded = invocation.recorded;
        sandbox.repeatable = invocation
            .conditions
            .map(|conditions| Box::new(Repeatable::new(conditions)));
        let (outcome, cpu) = match self.guest {
            Err(limit) => (Outcome::Exceeded(limit), Duration::ZERO),
            Ok(_) if invocation.input.len() as u64 > limits.payload.get() => {
                (Outcome::Exceeded(Limit::Payload), Duration::ZERO)
            }
            Ok(invoke) => {
                let input = invocation.input;
                let run = self.store.run_concurrent(async |accessor| {
                    invoke.call_concurrent(accessor, (input,)).await
                });
                let deadline = tokio::time::Instant::from_std(self.started + limits.wall_clock);
                let (ended, cpu) = metered(tokio::time::timeout_at(deadline, run)).await;
                let outcome = match ended {
                    Ok(Ok(Ok((answer,)))) => {
                        let masks = &mut self.store.data_mut().masks;
                        answered(answer, limits.result.get(), masks)
                    }
                    Ok(Ok(Err(error)) | Err(error)) => stopped(&error),
                    Err(_) => Outcome::Exceeded(Limit::WallClock),
                };
                (outcome, cpu)
            }
        };
        let fuel = fuel_used(&self.store);
        let outcome = match outcome {
            // What the host did for the guest counts too, and it is added up only here.
            _ if fuel > limits.fuel.units() => Outcome::Exceeded(Limit::Fuel),
            outcome => outcome,
        };
        let outcome = match outcome {
            Outcome::Threw(failure) => {
                let (code, shared) = (&self.code, &self.counted.0);
                let failure = self.loaded.at_its_source(failure, code, shared);
                Outcome::Threw(failure.await)
            }
            outcome => outcome,
        };
        let usage = self.store.data().usage(fuel, self.started.elapsed(), cpu);
        let sandbox = self.store.data_mut();
        if let Outcome::Threw(failure) = &outcome
            && !failure.name.is_empty()
        {
            sandbox.log_failure(&failure.message);
        }
        let mut logs = std::mem::take(&mut sandbox.logs);
        let mut requests = std::mem::take(&mut sandbox.traced);
        let id = sandbox.id();
        if let Some(bundle) = &self.loaded.bundle
            && logs.iter().any(|entry| mentions(entry, bundle))
            && let Some(map) = self.code.source_map(&self.counted.0).await
        {
            map.logs(bundle, &mut logs);
        }
        let sandbox = self.store.data_mut();
        let repeatable = sandbox.repeatable.take();
        let masks = &mut sandbox.masks;
        if repeatable.is_none() {
            logs.iter_mut().for_each(|entry| masks.entry(entry));
        }
        requests
            .iter_mut()
            .for_each(|request| hosts::settle(request, masks));
        Ok(Report {
            id,
            outcome,
            usage,
            logs,
            requests,
            exchanges: repeatable.map_or_else(Vec::new, |kept| kept.exchanges),
        })
    }
}

/// What the guest answered. It is not trusted to have answered JSON.
impl Loaded {
    /// The same failure with a stack that names the user's files, when the lambda is a bundle.
    async fn at_its_source(
        &self,
        mut failure: Failure,
        code: &Arc<Code>,
        shared: &Arc<Shared>,
    ) -> Failure {
        if let Some(bundle) = &self.bundle
            && let Some(map) = code.source_map(shared).await
        {
            failure.stack = map.stack(bundle, &failure.stack);
        }
        failure
    }
}

fn answered(
    answer: Result<Option<String>, outcome::Failure>,
    result_max: u64,
    masks: &mut Masks,
) -> Outcome {
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
            let mut failure = Failure {
                kind,
                name,
                message,
                stack,
            };
            // First, so that no secret is cut where it would not be known any more.
            masks.failure(&mut failure);
            let Failure {
                name,
                message,
                stack,
                ..
            } = failure;
            Outcome::Threw(Failure {
                kind,
                name: shortened(name, NAME_BYTES_MAX),
                message: shortened(message, MESSAGE_BYTES_MAX),
                stack: shortened(stack, STACK_BYTES_MAX),
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

/// The longest name of an error that is kept, in bytes.
const NAME_BYTES_MAX: usize = 256;
/// The longest message of an error that is kept, in bytes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// The longest stack of an error that is kept, in bytes.
pub(crate) const STACK_BYTES_MAX: usize = 32 * 1024;

/// The guest chooses its errors' text: as much of it as anybody wants to read.
pub(crate) fn shortened(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push('…');
    }
    text
}

/// The limit that an error stands for, if it does.
pub(crate) fn limit_reached(error: &wasmtime::Error) -> Option<Limit> {
    if let Some(LimitReached(limit)) = error.downcast_ref() {
        return Some(*limit);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Some(Limit::Fuel),
        Some(Trap::StackOverflow) => Some(Limit::Stack),
        _ => None,
    }
}

/// What stopped the guest: a limit, or a mistake of its own. Whatever ends a guest that runs is
/// the guest's doing: a trap, or a value that does not cross the wall.
pub(crate) fn stopped(error: &wasmtime::Error) -> Outcome {
    limit_reached(error).map_or_else(
        || {
            tracing::warn!(error = %format_args!("{error:#}"), "the engine crashed; the sandbox held");
            Outcome::Threw(crash("the JavaScript engine crashed; the sandbox held"))
        },
        Outcome::Exceeded,
    )
}

impl Code {
    pub(crate) fn pinned(artifact: Artifact) -> Self {
        Self::new(artifact.digest().clone(), Some(artifact))
    }

    pub(crate) fn stored(digest: ArtifactDigest) -> Self {
        Self::new(digest, None)
    }

    fn new(digest: ArtifactDigest, pinned: Option<Artifact>) -> Self {
        let (loaded, loading) = (RwLock::default(), Arc::default());
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
        let once = self.loading.clone().lock_owned().await;
        if let Some(loaded) = self.get() {
            return Ok(loaded);
        }
        // A future that is dropped here gives its turn up; work that has begun is finished.
        let turn = shared.loads.clone().acquire_owned().await;
        let (code, shared) = (self.clone(), shared.clone());
        let loading = tokio::task::spawn_blocking(move || {
            let _held = (once, turn);
            code.load(&shared)
        });
        loading.await.map_err(|_| LoadError::Interrupted)?
    }

    /// Loads the code for this handle alone: nothing of it is kept on disk, and no other lambda makes
    /// room for it.
    pub(crate) async fn load_apart(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
    ) -> Result<(), LoadError> {
        let turn = shared.loads.clone().acquire_owned().await;
        let (code, shared) = (self.clone(), shared.clone());
        let loading = tokio::task::spawn_blocking(move || {
            let _held = turn;
            let artifact = code.artifact(&shared)?;
            let loaded = shared.link_with(&artifact, &CodeCache::none())?;
            let mut slot = code.loaded.write().unwrap_or_else(PoisonError::into_inner);
            *slot = Some(Arc::new(loaded));
            Ok(())
        });
        loading.await.map_err(|_| LoadError::Interrupted)?
    }

    fn get(&self) -> Option<Arc<Loaded>> {
        self.loaded
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn load(self: &Arc<Self>, shared: &Shared) -> Result<Arc<Loaded>, LoadError> {
        let loaded = Arc::new(shared.link(&*self.artifact(shared)?)?);
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Some(loaded.clone());
        shared.made_room_for(self);
        Ok(loaded)
    }

    /// The artifact. Blocks when it is in a store.
    fn artifact(&self, shared: &Shared) -> Result<Cow<'_, Artifact>, LoadError> {
        match &self.pinned {
            Some(artifact) => Ok(Cow::Borrowed(artifact)),
            None => Ok(Cow::Owned(shared.read_artifact(&self.digest)?)),
        }
    }

    /// The bundle's source map; `None` when the artifact is gone or its map cannot be read.
    async fn source_map(self: &Arc<Self>, shared: &Arc<Shared>) -> Option<Arc<SourceMap>> {
        let (code, from) = (self.clone(), shared.clone());
        let read = move || {
            let artifact = code.artifact(&from).ok()?;
            SourceMap::parse(&artifact.header().bundle.as_ref()?.map)
        };
        shared.source_maps.get(&self.digest, read).await
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

/// Runs a future and adds up the CPU time that its thread spends in it.
async fn metered<F: Future>(run: F) -> (F::Output, Duration) {
    let mut run = std::pin::pin!(run);
    let mut cpu = Duration::ZERO;
    let output = std::future::poll_fn(|context| {
        let before = thread_cpu();
        let polled = run.as_mut().poll(context);
        cpu += thread_cpu().saturating_sub(before);
        polled
    })
    .await;
    (output, cpu)
}

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}
