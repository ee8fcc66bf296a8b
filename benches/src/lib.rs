//! What do the benches share?
//!
//! The benches themselves are the files beside this crate's manifest; each answers one question.
//! Here is what they have in common: the lambdas that they run, a workbench with a runtime and a
//! compiler, an HTTP client that costs little, an upstream that waits, and the printing of figures.

pub mod artifacts;
pub mod client;
pub mod cold_start;
pub mod deploy;
pub mod figures;
pub mod lambdas;
pub mod mode;
pub mod platform;
pub mod resident;
pub mod sandglass;
pub mod scratch;
pub mod served;
pub mod upstream;
pub mod workbench;

pub use artifacts::ArtifactDirectory;
pub use client::{Connection, Request};
pub use figures::{Figures, Samples, Target};
pub use mode::Mode;
pub use sandglass::Sandglass;
pub use scratch::Scratch;
pub use served::Served;
pub use upstream::Upstream;
pub use workbench::Workbench;

/// The allocator of the `sandglass` binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
