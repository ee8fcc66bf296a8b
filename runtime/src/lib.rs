//! How does a lambda run?
//!
//! Every invocation runs in a brand-new wasmtime sandbox that is thrown away afterwards:
//! [`Runtime`] (one a process) loads an [`Artifact`] under a [`Policy`] into a [`Lambda`];
//! [`Lambda::invoke`] takes a fresh [`Instance`], runs one [`Invocation`] in it and returns a
//! [`Report`].

mod ciphers;
mod code_cache;
mod curves;
mod domains;
mod egress;
mod encodings;
mod engine;
mod evaluate;
mod hashing;
mod hosts;
pub mod image;
mod invocation;
mod key_derivation;
mod lambda;
mod languages;
mod linking;
mod masking;
mod numbers;
mod repeat;
mod report;
mod runtime;
mod sandbox;
mod signing;
mod source_map;
mod stores;
mod time_zones;
mod trace;

pub use sandglass_host_abi::*;

pub use egress::{AddressPolicy, AddressVerdict, Egress, EgressConfig, EgressError, NoHttp};
pub use engine::{engine_modules, engine_packages};
pub use evaluate::{BuildInput, EvaluateError, Evaluation, Rejection, RejectionKind};
pub use invocation::{Invocation, InvocationError};
pub use lambda::{Instance, InvokeError, Lambda};
pub use repeat::{Conditions, Exchange, Import};
pub use report::{Failure, FailureKind, Outcome, Report, Usage};
pub use runtime::{BuildError, LoadError, Runtime, RuntimeBuilder, RuntimeUsage};
pub use source_map::{SourceMap, SourcePlace};
pub use stores::{ArtifactStore, ArtifactStoreError, FixedSecrets, MemoryArtifacts};
pub use trace::{RequestDetails, TraceContext, TracedRequest};
