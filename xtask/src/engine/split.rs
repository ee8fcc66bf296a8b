//! How does one compiled engine serve every lambda?
//!
//! The engine's component is rewritten so that it no longer defines its linear memory but imports
//! it, from a core module named `image`. A lambda is then a code-free module of one memory and one
//! data segment, and the engine itself is compiled once.
//!
//! 1. The main core module loses its memory and data; it imports `image.memory`, goes on exporting
//!    it, and gains a function that returns the whole memory, to be lifted as `list<u8>`. That
//!    function traps unless every mutable global is back at its initial value: only memory is kept.
//! 2. The component imports the core module `image`, instantiates it first, and hands it to main.
//!    Since the memory is there before main is, main gets its imports directly, and the two modules
//!    by which a component usually ties that knot are left out: each would cost every invocation a
//!    core instance. What is left of the knot is one function, see [`wiring`].
//! 3. The function is lifted and exported as `snapshot`.
//!
//! Engines that keep state outside linear memory are refused: a start function, passive segments,
//! `memory.init`, `data.drop`, or an instruction that changes a table.

mod main_module;
mod wiring;

use anyhow::Result;
use wasm_encoder::{DataSection, ExportKind, ExportSection, MemorySection, MemoryType, Module};
use wasmparser::{Validator, WasmFeatures};

/// An engine and the memory that it starts with.
pub(crate) struct Engine {
    /// The component, which imports its memory.
    pub(crate) component: Vec<u8>,
    /// The memory that the component was linked with, as a core module.
    pub(crate) initial_image: Vec<u8>,
    /// Where the C stack begins; below lies nothing that outlives a call.
    pub(crate) stack_top: u32,
}

/// Splits a component into an engine and its initial memory.
pub(crate) fn split(component: &[u8]) -> Result<Engine> {
    let (component, main) = wiring::rewire(component)?;
    Validator::new_with_features(WasmFeatures::all()).validate_all(&component)?;
    Ok(Engine {
        component,
        initial_image: main.initial_image,
        stack_top: main.stack_top,
    })
}

/// A core module of one memory and its data.
pub(crate) fn image_module(pages: u64, segments: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut memories = MemorySection::new();
    memories.memory(memory_of(pages));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    let mut data = DataSection::new();
    for (offset, bytes) in segments {
        let offset = wasm_encoder::ConstExpr::i32_const(offset.cast_signed());
        data.active(0, &offset, bytes.iter().copied());
    }
    let mut module = Module::new();
    module.section(&memories).section(&exports).section(&data);
    module.finish()
}

fn memory_of(pages: u64) -> MemoryType {
    MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}
