//! What does the engine do once, before any lambda?
//!
//! It sets up QuickJS and evaluates the prelude; the memory after that is the blank image. It also
//! compiles its JavaScript library to bytecode. Both run in wasmtime with a clock that stands still
//! and random bytes that are not random, so that the same sources give the same bytes.

use std::collections::BTreeMap;

use wasmtime::component::{Component, InstancePre, Linker, Val, WasmList};
use wasmtime::error::Context;
use wasmtime::{Config, Module, Result, Store, bail, format_err};

use super::split::{Engine, image_module};
use crate::library;

/// What comes out.
pub(crate) struct SetUp {
    /// The memory of an engine that is ready for a source, as a core module.
    pub(crate) blank_image: Vec<u8>,
    /// The library: for each module the length of its name (u16), the name, one byte that says how
    /// it may be required, the length of its bytecode (u32), the bytecode; little-endian. Tables
    /// are entered alike, with a byte of their own.
    pub(crate) library: Vec<u8>,
}

/// Sets an engine up.
pub(crate) fn run(engine: &Engine, modules: &[library::Module]) -> Result<SetUp> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let host = Host::new(engine)?;
        let blank_image = host.initialize(engine).await?;
        let ready = host.with_image(&blank_image)?;
        let mut library = Vec::new();
        for module in modules {
            let bytecode = host.compile(&ready, module).await?;
            append(
                &mut library,
                &module.name,
                module.require.first_byte(),
                &bytecode,
            );
        }
        Ok(SetUp {
            blank_image,
            library,
        })
    })
}

/// Appends what the host serves by a name to a library: a byte that says what it is, and its bytes.
pub(crate) fn append(library: &mut Vec<u8>, name: &str, kind: u8, bytes: &[u8]) {
    let name_bytes = u16::try_from(name.len()).expect("names are short");
    let bytes_len = u32::try_from(bytes.len()).expect("modules are small");
    library.extend(name_bytes.to_le_bytes());
    library.extend(name.as_bytes());
    library.push(kind);
    library.extend(bytes_len.to_le_bytes());
    library.extend(bytes);
}

struct Host {
    wasmtime: wasmtime::Engine,
    component: Component,
    linker: Linker<()>,
    initial: InstancePre<()>,
}

impl Host {
    fn new(engine: &Engine) -> Result<Self> {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        config.max_wasm_stack(16 << 20).async_stack_size(24 << 20);
        let wasmtime = wasmtime::Engine::new(&config)?;
        let component = Component::new(&wasmtime, &engine.component)?;
        let linker = linker(&wasmtime, &component)?;
        let initial = link(&wasmtime, &component, &linker, &engine.initial_image)?;
        Ok(Self {
            wasmtime,
            component,
            linker,
            initial,
        })
    }

    fn with_image(&self, image: &[u8]) -> Result<InstancePre<()>> {
        link(&self.wasmtime, &self.component, &self.linker, image)
    }

    async fn initialize(&self, engine: &Engine) -> Result<Vec<u8>> {
        let mut store = Store::new(&self.wasmtime, ());
        let instance = self.initial.instantiate_async(&mut store).await?;
        let initialize = instance.get_typed_func::<(), ()>(&mut store, "initialize")?;
        initialize
            .call_async(&mut store, ())
            .await
            .context("`initialize` failed")?;
        let snapshot = instance.get_typed_func::<(), (WasmList<u8>,)>(&mut store, "snapshot")?;
        let (memory,) = snapshot
            .call_async(&mut store, ())
            .await
            .context("`snapshot` failed")?;
        Ok(dense_image(memory.as_le_slice(&store), engine.stack_top))
    }

    async fn compile(&self, ready: &InstancePre<()>, module: &library::Module) -> Result<Vec<u8>> {
        let mut store = Store::new(&self.wasmtime, ());
        let instance = ready.instantiate_async(&mut store).await?;
        let compile = instance.get_typed_func::<(&str, &str), (Result<Vec<u8>, String>,)>(
            &mut store,
            "compile-module",
        )?;
        let (bytecode,) = compile
            .call_async(&mut store, (&module.name, &module.source))
            .await
            .with_context(|| format!("compiling {} failed", module.name))?;
        bytecode.map_err(|error| format_err!("a library module does not compile: {error}"))
    }
}

/// The memory without its dead stack, as one segment.
fn dense_image(memory: &[u8], stack_top: u32) -> Vec<u8> {
    let start = stack_top & !4095;
    let end = memory
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let dense = memory[start as usize..end.max(start as usize)].to_vec();
    image_module((memory.len() / 65_536) as u64, &[(start, dense)])
}

fn link(
    wasmtime: &wasmtime::Engine,
    component: &Component,
    linker: &Linker<()>,
    image: &[u8],
) -> Result<InstancePre<()>> {
    let mut linker = linker.clone();
    linker
        .root()
        .module("image", &Module::new(wasmtime, image)?)?;
    linker.define_unknown_imports_as_traps(component)?;
    linker.instantiate_pre(component)
}

/// Still clocks, fixed bytes, logging to the terminal; everything else traps.
fn linker(wasmtime: &wasmtime::Engine, component: &Component) -> Result<Linker<()>> {
    let mut linker = Linker::new(wasmtime);
    let interfaces = interfaces(wasmtime, component)?;
    let of = |prefix: &'static str| {
        interfaces
            .keys()
            .filter(move |name| name.starts_with(prefix))
    };
    for name in of("wasi:clocks/wall-clock@") {
        linker.instance(name)?.func_new("now", |_, _, _, results| {
            let fields = [("seconds", Val::U64(0)), ("nanoseconds", Val::U32(0))];
            results[0] = Val::Record(fields.map(|(name, value)| (name.to_owned(), value)).into());
            Ok(())
        })?;
    }
    for name in of("wasi:clocks/monotonic-clock@") {
        linker
            .instance(name)?
            .func_wrap("now", |_, ()| Ok((0_u64,)))?;
    }
    for name in of("wasi:random/random@") {
        if interfaces[name].contains(&"get-random-u64".to_owned()) {
            linker
                .instance(name)?
                .func_wrap("get-random-u64", |_, ()| Ok((0_u64,)))?;
        }
    }
    for name in of("wasi:random/insecure-seed@") {
        linker
            .instance(name)?
            .func_wrap("insecure-seed", |_, ()| Ok(((0_u64, 0_u64),)))?;
    }
    for name in of("sandglass:toolbelt/logging@") {
        linker
            .instance(name)?
            .func_new("log", |_, _, arguments, _| {
                eprintln!("engine: {:?}", &arguments[1]);
                Ok(())
            })?;
    }
    Ok(linker)
}

/// The interfaces that the component imports, with their functions.
fn interfaces(
    wasmtime: &wasmtime::Engine,
    component: &Component,
) -> Result<BTreeMap<String, Vec<String>>> {
    use wasmtime::component::types::ComponentItem;
    let mut interfaces = BTreeMap::new();
    for (name, item) in component.component_type().imports(wasmtime) {
        match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                let functions = instance.exports(wasmtime).map(|(name, _)| name.to_owned());
                interfaces.insert(name.to_owned(), functions.collect());
            }
            ComponentItem::Module(_) if name == "image" => {}
            other => bail!(
                "the engine imports {name}, which is neither an interface nor the image: {other:?}"
            ),
        }
    }
    Ok(interfaces)
}
