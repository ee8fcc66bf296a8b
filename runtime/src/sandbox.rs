//! What does one invocation hold, and how far has it gone?

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sandglass_host_abi::{InvocationContext, InvocationId, Limit, LogEntry, LogLevel, Policy};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, StoreContextMut};
use wasmtime_wasi::clocks::WasiClocksCtx;
use wasmtime_wasi::random::WasiRandomCtx;

use crate::hosts::Hosts;
use crate::report::Usage;

/// The state of one store, thrown away with it.
pub(crate) struct Sandbox {
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) context: Arc<InvocationContext>,
    pub(crate) logs: Vec<LogEntry>,
    pub(crate) log_bytes: u64,
    pub(crate) memory: MemoryLimiter,
    pub(crate) http: HttpUse,
    /// Made when they are first used; most invocations never do.
    pub(crate) clocks: Option<WasiClocksCtx>,
    pub(crate) random: Option<WasiRandomCtx>,
    pub(crate) table: ResourceTable,
}

/// How much of its HTTP an invocation has used.
#[derive(Default)]
pub(crate) struct HttpUse {
    pub(crate) requests: u32,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) in_flight: Option<Arc<Semaphore>>,
}

/// An invocation ran into a limit: the error that unwinds the sandbox.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the limit {0} is reached")]
pub(crate) struct LimitReached(pub(crate) Limit);

impl Sandbox {
    pub(crate) fn new(
        hosts: Arc<Hosts>,
        policy: Arc<Policy>,
        context: Arc<InvocationContext>,
    ) -> Self {
        let memory = MemoryLimiter {
            bytes_max: policy.limits.memory.as_usize(),
            peak_bytes: 0,
        };
        Self {
            hosts,
            policy,
            context,
            logs: Vec::new(),
            log_bytes: 0,
            memory,
            http: HttpUse::default(),
            clocks: None,
            random: None,
            table: ResourceTable::new(),
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
        let entry = LogEntry {
            level,
            message,
            extras: json_array(extras),
            timestamp: now_ms(),
        };
        if let Some(sink) = &self.hosts.log_sink {
            sink.record(&self.context, &entry);
        }
        self.logs.push(entry);
        Ok(())
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

/// The context of an invocation under a policy.
pub(crate) fn context(policy: &Policy, invocation: InvocationId) -> Arc<InvocationContext> {
    Arc::new(InvocationContext {
        invocation,
        account: policy.account.clone(),
        lambda: policy.lambda.clone(),
    })
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

/// Burns fuel for work that the host does on the guest's behalf.
pub(crate) fn charge(mut store: StoreContextMut<'_, Sandbox>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?;
    store.set_fuel(left.saturating_sub(fuel))?;
    if fuel > left {
        return Err(LimitReached(Limit::Fuel).into());
    }
    Ok(())
}
