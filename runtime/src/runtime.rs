//! What is there once a process?
//!
//! The compiled engine, the pool of sandboxes, the hosts, and the lambdas that are loaded now.

use std::collections::HashMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sandglass_host_abi::artifact::Artifact;
use sandglass_host_abi::{
    ArtifactDigest, ByteSize, EngineDigest, HttpClient, LambdaInvoker, LogSink, Policy, SecretStore,
};
use tokio::sync::Semaphore;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::code_cache::CodeCache;
use crate::egress::NoHttp;
use crate::engine::EngineFiles;
use crate::hosts::Hosts;
use crate::image::{Base, ImageError};
use crate::lambda::{Code, Lambda, Loaded};
use crate::linking;
use crate::sandbox::Sandbox;
use crate::source_map::SourceMaps;
use crate::stores::{ArtifactStore, ArtifactStoreError};

/// The host stack of one sandbox. Deep JavaScript recursion is stopped by QuickJS's own check,
/// which measures the C stack in linear memory; this is generous, so that the check comes first.
const WASM_STACK_BYTES: usize = 24 << 20;
/// The stack that a sandbox's fiber runs on: the above, and room for the host's functions. Only
/// what is touched is ever resident.
const FIBER_STACK_BYTES: usize = WASM_STACK_BYTES + (2 << 20);

/// One a process; a clone shares the engine, the pool and the code.
#[derive(Clone)]
pub struct Runtime {
    pub(crate) shared: Arc<Shared>,
}

/// What every lambda of a runtime shares.
pub(crate) struct Shared {
    pub(crate) wasmtime: Engine,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) instances: AtomicUsize,
    /// Counts uses, to tell which loaded lambda was used least recently.
    pub(crate) uses: AtomicU64,
    /// Turns to load a lambda, one a processor: more at once would only hold more memory.
    pub(crate) loads: Arc<Semaphore>,
    pub(crate) source_maps: SourceMaps,
    component: Component,
    invocations: Linker<Sandbox>,
    /// The engine with the blank image, for builds.
    pub(crate) blank: InstancePre<Sandbox>,
    pub(crate) base: Base,
    digest: EngineDigest,
    artifacts: Option<Box<dyn ArtifactStore>>,
    code_cache: CodeCache,
    codes: Mutex<HashMap<ArtifactDigest, Weak<Code>>>,
    loaded: Mutex<Vec<Weak<Code>>>,
    loaded_max: usize,
    instances_max: usize,
    memory_max: ByteSize,
}

/// Puts a runtime together.
pub struct RuntimeBuilder {
    http_client: Box<dyn HttpClient>,
    secrets: Option<Box<dyn SecretStore>>,
    lambdas: Option<Box<dyn LambdaInvoker>>,
    log_sink: Option<Box<dyn LogSink>>,
    artifacts: Option<Box<dyn ArtifactStore>>,
    code_cache: Option<PathBuf>,
    code_cache_max: ByteSize,
    instances_max: usize,
    loaded_max: usize,
    memory_max: ByteSize,
}

/// Why there is no runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The directory for native code cannot be used.
    #[error("the code cache cannot be used")]
    CodeCache(#[source] std::io::Error),
    /// wasmtime refused the configuration or the engine.
    #[error("the engine could not be set up")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<wasmtime::Error> for BuildError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Engine(error.into_boxed_dyn_error())
    }
}

/// Why a lambda could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The artifact was built for another engine. Compile it again from the source that it holds.
    #[error("the artifact was built for engine {artifact}, this runtime has engine {runtime}")]
    OtherEngine {
        /// The artifact's engine.
        artifact: EngineDigest,
        /// The runtime's engine.
        runtime: EngineDigest,
    },
    /// The artifact could not be read.
    #[error(transparent)]
    Store(#[from] ArtifactStoreError),
    /// The artifact's image is damaged or is no image.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// wasmtime refused the image.
    #[error("the image does not fit the engine")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Loading was cut short: the artifact store panicked, or the tokio runtime shut down.
    #[error("loading was interrupted")]
    Interrupted,
}

impl From<wasmtime::Error> for LoadError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Engine(error.into_boxed_dyn_error())
    }
}

/// What a runtime holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RuntimeUsage {
    /// Lambdas that are loaded.
    pub loaded_lambdas: usize,
    /// Sandboxes that exist.
    pub instances: usize,
    /// Sandboxes that may exist at once.
    pub instances_max: usize,
}

impl Runtime {
    /// Starts a runtime that has no hosts and no secrets, and drops logs.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder {
            http_client: Box::new(NoHttp),
            secrets: None,
            lambdas: None,
            log_sink: None,
            artifacts: None,
            code_cache: None,
            code_cache_max: ByteSize::mib(8 * 1_024),
            instances_max: 1_024,
            loaded_max: 1_000,
            memory_max: ByteSize::mib(256),
        }
    }

    /// Loads a lambda; its artifact stays in memory. Paid once a deployment.
    ///
    /// # Errors
    /// When the artifact was built for another engine or its image is damaged.
    pub async fn load(&self, artifact: Artifact, policy: Policy) -> Result<Lambda, LoadError> {
        let code = Arc::new(Code::pinned(artifact));
        code.loaded(&self.shared).await?;
        Ok(Lambda::new(self.shared.clone(), code, policy))
    }

    /// Loads a lambda that is run and then forgotten, such as a draft. Nothing of it is written to the
    /// code cache, no other lambda is unloaded for it, and it is unloaded with its last handle.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub async fn load_apart(
        &self,
        artifact: Artifact,
        policy: Policy,
    ) -> Result<Lambda, LoadError> {
        let code = Arc::new(Code::pinned(artifact));
        code.load_apart(&self.shared).await?;
        Ok(Lambda::new(self.shared.clone(), code, policy))
    }

    /// A lambda that is loaded from the artifact store at its first use, and again after it was
    /// unloaded to make room. Its artifact must be in the store when it is used.
    pub fn lambda(&self, digest: ArtifactDigest, policy: Policy) -> Lambda {
        let mut codes = self
            .shared
            .codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let code = codes
            .get(&digest)
            .and_then(Weak::upgrade)
            .unwrap_or_else(|| {
                codes.retain(|_, code| code.strong_count() > 0);
                let code = Arc::new(Code::stored(digest.clone()));
                codes.insert(digest, Arc::downgrade(&code));
                code
            });
        Lambda::new(self.shared.clone(), code, policy)
    }

    /// The engine that artifacts must have been built for.
    pub fn engine_digest(&self) -> &EngineDigest {
        &self.shared.digest
    }

    /// What the runtime holds now.
    pub fn usage(&self) -> RuntimeUsage {
        let loaded = self
            .shared
            .loaded
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        RuntimeUsage {
            loaded_lambdas: loaded.iter().filter(|code| code.strong_count() > 0).count(),
            instances: self.shared.instances.load(Ordering::Relaxed),
            instances_max: self.shared.instances_max,
        }
    }
}

impl Shared {
    /// Reads an artifact from the store. Blocks.
    pub(crate) fn read_artifact(&self, digest: &ArtifactDigest) -> Result<Artifact, LoadError> {
        match &self.artifacts {
            Some(store) => Ok(store.read(digest)?),
            None => Err(ArtifactStoreError::NotFound(digest.clone()).into()),
        }
    }

    /// Makes an artifact's image ready to be instantiated. Blocks.
    pub(crate) fn link(&self, artifact: &Artifact) -> Result<Loaded, LoadError> {
        self.link_with(artifact, &self.code_cache)
    }

    /// The same with another place for its native code.
    pub(crate) fn link_with(
        &self,
        artifact: &Artifact,
        cache: &CodeCache,
    ) -> Result<Loaded, LoadError> {
        let header = artifact.header();
        if header.engine != self.digest {
            let artifact = header.engine.clone();
            return Err(LoadError::OtherEngine {
                artifact,
                runtime: self.digest.clone(),
            });
        }
        if u64::from(header.memory_pages) * 65_536 > self.memory_max.get() {
            return Err(ImageError::TooLarge(self.memory_max).into());
        }
        let image = || Ok(self.base.decode(artifact.image(), header.memory_pages)?);
        let name = artifact.digest().as_str();
        let module = cache.get::<wasmtime::Module, LoadError>(&self.wasmtime, name, image)?;
        let mut linker = self.invocations.clone();
        linker.root().module("image", &module)?;
        let pre = linker.instantiate_pre(&self.component)?;
        let invoke = self.component.get_export_index(None, "invoke");
        let missing = || wasmtime::Error::msg("the engine does not export `invoke`");
        Ok(Loaded {
            pre,
            invoke: invoke.ok_or_else(missing)?,
            bundle: header.bundle.is_some().then(|| header.file_name.clone()),
        })
    }

    /// Remembers that a lambda was loaded, and unloads the least recently used ones past the bound.
    pub(crate) fn made_room_for(&self, code: &Arc<Code>) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|code| code.strong_count() > 0);
        loaded.push(Arc::downgrade(code));
        while loaded.len() > self.loaded_max {
            let oldest = loaded
                .iter()
                .enumerate()
                .min_by_key(|(_, code)| code.upgrade().map_or(0, |code| code.last_use()));
            let Some((index, _)) = oldest else { return };
            if let Some(code) = loaded.swap_remove(index).upgrade() {
                code.unload();
            }
        }
    }
}

impl RuntimeBuilder {
    /// Replaces the HTTP client; without one, every request is refused.
    #[must_use]
    pub fn http_client(mut self, client: impl HttpClient) -> Self {
        self.http_client = Box::new(client);
        self
    }

    /// Replaces the secret store; without one there are no secrets.
    #[must_use]
    pub fn secrets(mut self, store: impl SecretStore) -> Self {
        self.secrets = Some(Box::new(store));
        self
    }

    /// Lets lambdas call one another; without it they cannot.
    #[must_use]
    pub fn lambdas(mut self, invoker: impl LambdaInvoker) -> Self {
        self.lambdas = Some(Box::new(invoker));
        self
    }

    /// Receives log entries while lambdas run, besides the copy in each report.
    #[must_use]
    pub fn log_sink(mut self, sink: impl LogSink) -> Self {
        self.log_sink = Some(Box::new(sink));
        self
    }

    /// Where [`Runtime::lambda`] finds artifacts.
    #[must_use]
    pub fn artifacts(mut self, store: impl ArtifactStore) -> Self {
        self.artifacts = Some(Box::new(store));
        self
    }

    /// A directory for native code: a cache that may be deleted at any time. Only its owner may be
    /// able to write to it. Without one, the engine is compiled whenever a runtime is built.
    #[must_use]
    pub fn code_cache(mut self, directory: impl Into<PathBuf>) -> Self {
        self.code_cache = Some(directory.into());
        self
    }

    /// The most that the code cache may hold, 8 GiB by default: enough for about 10,000 lambdas.
    /// Past it, code that was not loaded for longest is deleted, and made again when it is needed.
    #[must_use]
    pub fn code_cache_max(mut self, bytes: ByteSize) -> Self {
        self.code_cache_max = bytes;
        self
    }

    /// Sandboxes that may exist at once; 1,024 by default. More cost address space, and speed up
    /// runtimes with that many hot lambdas.
    #[must_use]
    pub fn instances_max(mut self, instances: usize) -> Self {
        self.instances_max = instances.max(1);
        self
    }

    /// Lambdas that stay loaded; 1,000 by default. Each costs some memory and some of the process's
    /// memory mappings, of which Linux allows 65,530 by default.
    #[must_use]
    pub fn loaded_lambdas_max(mut self, lambdas: usize) -> Self {
        self.loaded_max = lambdas.max(1);
        self
    }

    /// The most memory that any policy may grant a sandbox; 256 MiB by default.
    #[must_use]
    pub fn memory_max(mut self, memory: ByteSize) -> Self {
        self.memory_max = memory;
        self
    }

    /// Builds the runtime. Compiles the engine, which takes most of a second, unless the code cache
    /// has it.
    ///
    /// # Errors
    /// When the code cache cannot be used, or the pool does not fit the address space.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let wasmtime = Engine::new(&self.config())?;
        let files = EngineFiles::embedded();
        let name = files.digest.as_str();
        let code_cache = match self.code_cache {
            Some(directory) => CodeCache::open(directory, self.code_cache_max, name)
                .map_err(BuildError::CodeCache)?,
            None => CodeCache::none(),
        };
        let component: Component = code_cache.get(&wasmtime, name, || {
            Ok::<_, BuildError>(files.component.clone())
        })?;
        let mut builds = linking::for_builds(&wasmtime)?;
        let blank_name = format!("{name}-blank");
        let blank: wasmtime::Module = code_cache.get(&wasmtime, &blank_name, || {
            Ok::<_, BuildError>(files.blank.clone())
        })?;
        builds.root().module("image", &blank)?;
        let shared = Shared {
            invocations: linking::for_invocations(&wasmtime)?,
            blank: builds.instantiate_pre(&component)?,
            base: files.base(),
            hosts: Arc::new(Hosts {
                http_client: self.http_client,
                secrets: self.secrets,
                lambdas: self.lambdas,
                log_sink: self.log_sink,
                library: files.library,
            }),
            instances: AtomicUsize::new(0),
            uses: AtomicU64::new(1),
            loads: Arc::new(Semaphore::new(processors())),
            source_maps: SourceMaps::default(),
            artifacts: self.artifacts,
            codes: Mutex::default(),
            loaded: Mutex::default(),
            loaded_max: self.loaded_max,
            instances_max: self.instances_max,
            memory_max: self.memory_max,
            digest: files.digest,
            code_cache,
            component,
            wasmtime,
        };
        Ok(Runtime {
            shared: Arc::new(shared),
        })
    }

    fn config(&self) -> Config {
        let instances = u32::try_from(self.instances_max).unwrap_or(u32::MAX);
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(instances)
            .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
            .total_memories(instances)
            .total_tables(instances.saturating_mul(TABLES))
            .total_stacks(instances)
            .max_core_instances_per_component(CORE_INSTANCES)
            .max_tables_per_component(TABLES)
            .max_memories_per_component(1)
            .max_component_instance_size(1 << 20)
            .max_core_instance_size(1 << 20)
            .max_memory_size(self.memory_max.as_usize())
            .table_elements(20_000)
            .max_unused_warm_slots(instances)
            .linear_memory_keep_resident(2 << 20)
            .table_keep_resident(64 << 10)
            .async_stack_keep_resident(64 << 10)
            .pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
            .consume_fuel(true)
            .wasm_component_model_async(true)
            .max_wasm_stack(WASM_STACK_BYTES)
            .async_stack_size(FIBER_STACK_BYTES)
            .generate_address_map(false);
        config
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Core instances of one sandbox: the image, main, and the two that wire a component together.
const CORE_INSTANCES: u32 = 8;
/// Tables of one sandbox.
const TABLES: u32 = 4;
