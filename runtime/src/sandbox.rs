//! What does one invocation hold, and how far has it gone?

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sandglass_host_abi::{
    CallChain, InvocationContext, InvocationId, Limit, Limits, LogEntry, LogLevel, Policy,
};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::clocks::WasiClocksCtx;
use wasmtime_wasi::random::WasiRandomCtx;

use crate::hosts::Hosts;
use crate::invocation::next_id;
use crate::masking::Masks;
use crate::repeat::Repeatable;
use crate::report::Usage;
use crate::trace::{TraceContext, TracedRequest};

/// The state of one store, thrown away with it.
pub(crate) struct Sandbox {
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) policy: Arc<Policy>,
    /// Given by the caller, or made up when it is first asked for.
    pub(crate) id: Option<InvocationId>,
    pub(crate) logs: Vec<LogEntry>,
    pub(crate) log_bytes: u64,
    pub(crate) memory: MemoryLimiter,
    pub(crate) http: HttpUse,
    pub(crate) secret_calls: u32,
    /// The secrets that it used, which its logs do not tell.
    pub(crate) masks: Masks,
    /// Where in a trace it is, if it is in one.
    pub(crate) trace: Option<TraceContext>,
    /// The requests that it sent, when its trace is recorded or it is itself.
    pub(crate) traced: Vec<TracedRequest>,
    /// Whether somebody watches this invocation.
    pub(crate) recorded: bool,
    /// Made when another lambda is first called, unless the caller gave it.
    pub(crate) chain: Option<CallChain>,
    /// Fuel for work that the host did for the guest.
    pub(crate) host_fuel: u64,
    /// Made when they are first used; most invocations never do.
    pub(crate) clocks: Option<WasiClocksCtx>,
    pub(crate) random: Option<WasiRandomCtx>,
    pub(crate) table: ResourceTable,
    /// Where the random bytes of a build come from; `None` in an invocation.
    pub(crate) build_seed: Option<[u8; 32]>,
    /// What can be done again elsewhere; most invocations cannot.
    pub(crate) repeatable: Option<Box<Repeatable>>,
}

/// How much of its HTTP an invocation has used.
#[derive(Default)]
pub(crate) struct HttpUse {
    pub(crate) requests: u32,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Bytes of the bodies of requests that are not answered yet.
    pub(crate) held: u64,
    pub(crate) in_flight: Option<Arc<Semaphore>>,
}

impl HttpUse {
    /// Counts a body as held until it is answered; returns its size in bytes.
    pub(crate) fn hold(&mut self, body: usize, limits: &Limits) -> Result<u64, LimitReached> {
        let held = body as u64;
        if self.held + held > limits.http_buffered.get() {
            return Err(LimitReached(Limit::HttpBuffered));
        }
        self.held += held;
        Ok(held)
    }

    /// The turns to have a request open.
    pub(crate) fn slots(&mut self, limits: &Limits) -> Arc<Semaphore> {
        let slots = limits.http_in_flight.max(1) as usize;
        let in_flight = self
            .in_flight
            .get_or_insert_with(|| Arc::new(Semaphore::new(slots)));
        in_flight.clone()
    }
}

/// An invocation ran into a limit: the error that unwinds the sandbox.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the limit {0} is reached")]
pub(crate) struct LimitReached(pub(crate) Limit);

impl Sandbox {
    pub(crate) fn new(hosts: Arc<Hosts>, policy: Arc<Policy>) -> Self {
        let memory = MemoryLimiter {
            bytes_max: policy.limits.memory.as_usize(),
            peak_bytes: 0,
        };
        Self {
            hosts,
            policy,
            id: None,
            logs: Vec::new(),
            log_bytes: 0,
            memory,
            http: HttpUse::default(),
            secret_calls: 0,
            masks: Masks::default(),
            trace: None,
            traced: Vec::new(),
            recorded: false,
            chain: None,
            host_fuel: 0,
            clocks: None,
            random: None,
            table: ResourceTable::new(),
            build_seed: None,
            repeatable: None,
        }
    }

    /// Keeps a log entry and passes it on.
    pub(crate) fn log(
        &mut self,
        level: LogLevel,
        message: String,
        extras: String,
    ) -> Result<(), LimitReached> {
        let limits = &self.policy.limits;
        if self.logs.len() >= limits.log_entries as usize {
            return Err(LimitReached(Limit::LogEntries));
        }
        self.log_bytes += (message.len() + extras.len()) as u64;
        if self.log_bytes > limits.log.get() {
            return Err(LimitReached(Limit::Log));
        }
        self.keep(level, message, json_array(extras));
        Ok(())
    }

    /// Says, as the platform does, which error a lambda failed with. Counts against no limit: it
    /// is the host that speaks.
    pub(crate) fn log_failure(&mut self, message: &str) {
        let message = format!("Received Error - {message}");
        self.keep(LogLevel::Error, message, json_array("[]".to_owned()));
    }

    fn keep(&mut self, level: LogLevel, message: String, extras: Box<RawValue>) {
        let entry = LogEntry {
            level,
            message,
            extras,
            timestamp: now_ms(),
        };
        if self.hosts.log_sink.is_some() {
            let context = self.context();
            let mut shown = entry.clone();
            self.masks.entry(&mut shown);
            self.hosts
                .log_sink
                .iter()
                .for_each(|sink| sink.record(&context, &shown));
        }
        self.logs.push(entry);
    }

    /// The invocation's id.
    pub(crate) fn id(&mut self) -> InvocationId {
        self.id.get_or_insert_with(next_id).clone()
    }

    /// What the host traits are told.
    pub(crate) fn context(&mut self) -> InvocationContext {
        InvocationContext {
            invocation: self.id(),
            account: self.policy.account.clone(),
            lambda: self.policy.lambda.clone(),
        }
    }

    pub(crate) fn usage(&self, fuel: u64, wall: Duration, cpu: Duration) -> Usage {
        Usage {
            fuel,
            wall,
            cpu,
            memory_peak: self.memory.peak_bytes as u64,
            http_requests: self.http.requests,
            http_bytes_sent: self.http.bytes_sent,
            http_bytes_received: self.http.bytes_received,
        }
    }
}

/// The guest's text as a JSON array; the guest is not trusted to have sent one.
fn json_array(text: String) -> Box<RawValue> {
    match RawValue::from_string(text) {
        Ok(array) if array.get().starts_with('[') => array,
        _ => RawValue::from_string("[]".to_owned()).expect("valid JSON"),
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Bounds linear memory. Growing past the limit ends the invocation at once: QuickJS is not asked
/// to survive an allocation that failed.
pub(crate) struct MemoryLimiter {
    bytes_max: usize,
    peak_bytes: usize,
}

impl MemoryLimiter {
    /// How many bytes the sandbox has taken; it gives none back.
    pub(crate) fn used(&self) -> u64 {
        self.peak_bytes as u64
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.bytes_max {
            return Err(LimitReached(Limit::Memory).into());
        }
        self.peak_bytes = self.peak_bytes.max(desired);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(LimitReached(Limit::Memory).into())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(true)
    }
}
