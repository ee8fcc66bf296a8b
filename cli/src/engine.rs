//! How does a one-shot command get a runtime quickly?

use std::path::PathBuf;

use sandglass_runtime::{AddressPolicy, ByteSize, Egress, EgressConfig, Runtime, RuntimeBuilder};

use crate::exit::{Explain as _, Failure};
use crate::print::Printer;

/// A build and a run are one after the other; the second slot lets the first be cleaned up late.
const INSTANCES: usize = 2;
/// What the user's cache directory may hold of native code: some thousand lambdas.
const CODE_CACHE_MAX: ByteSize = ByteSize::mib(1_024);

/// Prepares a runtime for one lambda. The engine's native code is kept in the user's cache
/// directory, so that only the first command on a machine compiles it.
pub(crate) fn builder() -> RuntimeBuilder {
    let builder = Runtime::builder()
        .instances_max(INSTANCES)
        .loaded_lambdas_max(INSTANCES);
    match cache_directory() {
        Some(directory) => builder.code_cache(directory).code_cache_max(CODE_CACHE_MAX),
        None => builder,
    }
}

/// Builds the runtime, with a word for whoever waits for the engine.
pub(crate) fn build(builder: RuntimeBuilder, print: Printer) -> Result<Runtime, Failure> {
    let _progress = print.progress("Compiling the engine, once for this machine");
    builder.build().doing("cannot start the engine")
}

/// `$XDG_CACHE_HOME/sandglass`, by default `~/.cache/sandglass` (XDG Base Directory
/// Specification 0.8). A relative path there is to be ignored.
fn cache_directory() -> Option<PathBuf> {
    let variable = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))?;
    Some(cache.join("sandglass"))
}

/// A client for hosts that the user allowed.
pub(crate) fn egress(allow_private: bool) -> Result<Egress, Failure> {
    let addresses = match allow_private {
        true => AddressPolicy::AllowPrivate,
        false => AddressPolicy::PublicOnly,
    };
    Egress::new(EgressConfig {
        addresses,
        ..EgressConfig::default()
    })
    .doing("cannot set up the HTTP client")
}
