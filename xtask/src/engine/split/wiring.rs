//! How do the parts of the component hang together?
//!
//! `wit-component` wires a component for a main module that brings its own memory: imports that
//! need the memory go through a module of stubs ("shim"), whose table a third module ("fixups")
//! fills when main is there. Here the memory comes first, so each import is lowered before main is
//! instantiated, and main gets it directly. Only one thing still comes too late: main's
//! `cabi_realloc`, which the host calls to return strings and lists. A trampoline stands in for it,
//! a module of one function that calls through a table of one element, which main fills.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent, component_utils};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, Component,
    ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentImportSection,
    ComponentSectionId, ComponentTypeRef, ComponentTypeSection, ComponentValType, CoreTypeSection,
    EntityType, ExportKind, ExportSection, Function, FunctionSection, InstanceSection, Module,
    ModuleArg, ModuleSection, ModuleType, PrimitiveValType, RawSection, TableSection, TypeSection,
    ValType,
};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ExternalKind, Instance, Parser, Payload, Validator,
    WasmFeatures,
};

use super::main_module::{self, Main, REALLOC, SNAPSHOT, TRAMPOLINE, trampoline_table};
use super::memory_of;

/// The core instances that come before all others.
const IMAGE: u32 = 0;
const TRAMPOLINE_INSTANCE: u32 = 1;
/// The trampoline's function is the first core function, the image's memory the first memory.
const TRAMPOLINE_FUNCTION: u32 = 0;
const IMAGE_MEMORY: u32 = 0;

/// Rewires a component around its main module, which it rewrites.
pub(super) fn rewire(component: &[u8]) -> Result<(Vec<u8>, Main)> {
    let mut wiring = Wiring::default();
    let mut rewired = Component::new();
    wiring
        .parse_component(&mut rewired, Parser::new(0), component)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let instance = wiring
        .new_main
        .context("the component exports no function")?;
    export_snapshot(&mut rewired, instance)?;
    let main = wiring.main.context("the component has no main module")?;
    Ok((rewired.finish(), main))
}

/// A core function as the component defined it.
enum CoreFunction {
    /// A lowered import or a built-in of the component model.
    Canonical(CanonicalFunction),
    /// An export of a core instance.
    Export { instance: u32, name: String },
}

/// A core instance as the component defined it.
enum CoreInstance {
    /// A module's, with the instances that it was given.
    Instantiated(Vec<(String, u32)>),
    /// A bundle of core items.
    Bundle(Vec<(String, ExternalKind, u32)>),
}

/// What the component held so far. Everything of the core is remembered; it is written, in another
/// order, before the first function is lifted. The rest is copied as it comes.
#[derive(Default)]
struct Wiring {
    main: Option<Main>,
    modules: u32,
    functions: Vec<CoreFunction>,
    instances: Vec<CoreInstance>,
    /// Core functions that were written, by their former index.
    written: BTreeMap<u32, u32>,
    functions_written: u32,
    /// Main's instance, formerly and once it is written.
    old_main: Option<u32>,
    new_main: Option<u32>,
    depth: u32,
}

impl Wiring {
    fn core_module(&mut self, component: &mut Component, wasm: &[u8]) -> Result<()> {
        if self.main.is_none()
            && let Some(main) = main_module::rewrite(self.modules, wasm)?
        {
            component.section(&RawSection {
                id: ComponentSectionId::CoreModule as u8,
                data: &main.module,
            });
            self.main = Some(main);
        }
        self.modules += 1;
        Ok(())
    }

    fn core_instance(&mut self, instance: Instance<'_>) {
        let index = self.instances.len() as u32;
        self.instances.push(match instance {
            Instance::Instantiate { module_index, args } => {
                if self.main.as_ref().map(|main| main.index) == Some(module_index) {
                    self.old_main = Some(index);
                }
                let arguments = args.iter().map(|arg| (arg.name.to_owned(), arg.index));
                CoreInstance::Instantiated(arguments.collect())
            }
            Instance::FromExports(exports) => {
                let items = exports
                    .iter()
                    .map(|export| (export.name.to_owned(), export.kind, export.index));
                CoreInstance::Bundle(items.collect())
            }
        });
    }

    /// Copies the aliases of component items; remembers those of core functions. Those of memories
    /// and tables are not needed any more.
    fn aliases(
        &mut self,
        component: &mut Component,
        section: wasmparser::ComponentAliasSectionReader<'_>,
    ) -> Result<(), Error<anyhow::Error>> {
        let mut copied = ComponentAliasSection::new();
        for alias in section {
            let alias = alias?;
            match alias {
                ComponentAlias::CoreInstanceExport {
                    kind,
                    instance_index,
                    name,
                } => {
                    if kind == ExternalKind::Func {
                        self.functions.push(CoreFunction::Export {
                            instance: instance_index,
                            name: name.to_owned(),
                        });
                    }
                }
                other => {
                    copied.alias(component_utils::component_alias(self, other)?);
                }
            }
        }
        if !copied.is_empty() {
            component.section(&copied);
        }
        Ok(())
    }

    fn canonicals(
        &mut self,
        component: &mut Component,
        section: wasmparser::ComponentCanonicalSectionReader<'_>,
    ) -> Result<(), Error<anyhow::Error>> {
        let mut lifted = CanonicalFunctionSection::new();
        for function in section {
            let function = function?;
            if !matches!(function, CanonicalFunction::Lift { .. }) {
                self.functions.push(CoreFunction::Canonical(function));
                continue;
            }
            if self.new_main.is_none() {
                self.write_core(component)?;
            }
            self.alias_mains_exports(component)
                .map_err(Error::UserError)?;
            component_utils::parse_component_canonical(self, &mut lifted, function)?;
        }
        if !lifted.is_empty() {
            component.section(&lifted);
        }
        Ok(())
    }

    /// Writes everything of the core: image, trampoline, lowered functions, main.
    fn write_core(&mut self, component: &mut Component) -> Result<(), Error<anyhow::Error>> {
        let main = self.main.as_ref().ok_or_else(|| no_main("module"))?;
        let (main_module, pages) = (0, main.pages);
        write_image_and_trampoline(component, pages);
        self.functions_written = TRAMPOLINE_FUNCTION + 1;
        let Some(CoreInstance::Instantiated(arguments)) =
            self.old_main.map(|main| &self.instances[main as usize])
        else {
            return Err(no_main("instance"));
        };
        let arguments = arguments.clone();
        let mut lowered = CanonicalFunctionSection::new();
        let mut instances = InstanceSection::new();
        let mut given = vec![
            ("image".to_owned(), ModuleArg::Instance(IMAGE)),
            (
                TRAMPOLINE.to_owned(),
                ModuleArg::Instance(TRAMPOLINE_INSTANCE),
            ),
        ];
        for (name, bundle) in arguments {
            let mut exports = Vec::new();
            for (export, function) in self.bundle(bundle).map_err(Error::UserError)? {
                let function = self.resolve(function).map_err(Error::UserError)?;
                component_utils::parse_component_canonical(self, &mut lowered, function)?;
                exports.push((export, ExportKind::Func, self.functions_written));
                self.functions_written += 1;
            }
            let instance = TRAMPOLINE_INSTANCE + 1 + instances.len();
            instances.export_items(exports);
            given.push((name, ModuleArg::Instance(instance)));
        }
        self.new_main = Some(TRAMPOLINE_INSTANCE + 1 + instances.len());
        instances.instantiate(main_module, given);
        component.section(&lowered).section(&instances);
        Ok(())
    }

    /// The functions that a bundle held.
    fn bundle(&self, instance: u32) -> Result<Vec<(String, u32)>> {
        let CoreInstance::Bundle(items) = &self.instances[instance as usize] else {
            bail!("main is given the instance of another module");
        };
        let functions = items.iter().map(|(name, kind, index)| match kind {
            ExternalKind::Func => Ok((name.clone(), *index)),
            _ => bail!("main imports {name}, which is no function"),
        });
        functions.collect()
    }

    /// What a function comes down to: itself, or what the fixups put behind the shim's stub.
    fn resolve(&self, function: u32) -> Result<CanonicalFunction> {
        let (shim, stub) = match &self.functions[function as usize] {
            CoreFunction::Canonical(function) => return Ok(function.clone()),
            CoreFunction::Export { instance, name } => (*instance, name),
        };
        let fixups = self.instances.iter().find_map(|instance| match instance {
            CoreInstance::Bundle(items) => items
                .iter()
                .any(|(_, kind, _)| *kind == ExternalKind::Table)
                .then_some(items),
            CoreInstance::Instantiated(_) => None,
        });
        let behind = fixups
            .into_iter()
            .flatten()
            .find(|(name, kind, _)| *kind == ExternalKind::Func && name == stub)
            .map(|(_, _, index)| &self.functions[*index as usize]);
        match behind {
            Some(CoreFunction::Canonical(function)) => Ok(function.clone()),
            _ => bail!("nothing stands behind the stub {stub} of core instance {shim}"),
        }
    }

    /// Makes main's exports that were asked for since the last time core functions again.
    fn alias_mains_exports(&mut self, component: &mut Component) -> Result<()> {
        let new_main = self.new_main.context("main is not instantiated")?;
        let mut aliases = ComponentAliasSection::new();
        for (old, function) in (0..).zip(&self.functions) {
            if let CoreFunction::Export { instance, name } = function
                && Some(*instance) == self.old_main
                && !self.written.contains_key(&old)
            {
                aliases.alias(Alias::CoreInstanceExport {
                    instance: new_main,
                    kind: ExportKind::Func,
                    name,
                });
                self.written.insert(old, self.functions_written);
                self.functions_written += 1;
            }
        }
        if !aliases.is_empty() {
            component.section(&aliases);
        }
        Ok(())
    }
}

fn no_main(what: &str) -> Error<anyhow::Error> {
    Error::UserError(anyhow::anyhow!("the component has no main {what}"))
}

impl Reencode for Wiring {
    type Error = anyhow::Error;

    /// Until main is there, the only core function that a canonical option can name is its realloc.
    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        if let Some(written) = self.written.get(&function) {
            return Ok(*written);
        }
        match &self.functions[function as usize] {
            CoreFunction::Export { name, .. } if name == REALLOC => Ok(TRAMPOLINE_FUNCTION),
            _ => Err(Error::UserError(anyhow::anyhow!(
                "core function {function} is needed before main is instantiated"
            ))),
        }
    }

    fn memory_index(&mut self, _memory: u32) -> Result<u32, Error<Self::Error>> {
        Ok(IMAGE_MEMORY)
    }
}

impl ReencodeComponent for Wiring {
    fn parse_component_payload(
        &mut self,
        component: &mut Component,
        payload: Payload<'_>,
        whole: &[u8],
    ) -> Result<(), Error<Self::Error>> {
        if self.depth > 0 {
            return component_utils::parse_component_payload(self, component, payload, whole);
        }
        match payload {
            Payload::ModuleSection {
                unchecked_range, ..
            } => self
                .core_module(component, &whole[unchecked_range])
                .map_err(Error::UserError),
            Payload::InstanceSection(section) => {
                for instance in section {
                    self.core_instance(instance?);
                }
                Ok(())
            }
            Payload::ComponentAliasSection(section) => self.aliases(component, section),
            Payload::ComponentCanonicalSection(section) => self.canonicals(component, section),
            Payload::CustomSection(_) => Ok(()),
            other => component_utils::parse_component_payload(self, component, other, whole),
        }
    }

    fn push_depth(&mut self) {
        self.depth += 1;
    }

    fn pop_depth(&mut self) {
        self.depth -= 1;
    }
}

/// Imports the image and instantiates it and the trampoline, before all other core instances.
fn write_image_and_trampoline(component: &mut Component, pages: u64) {
    let trampoline = trampoline();
    let mut image_type = ModuleType::new();
    image_type.export("memory", EntityType::Memory(memory_of(pages)));
    let mut types = CoreTypeSection::new();
    types.ty().module(&image_type);
    let mut imports = ComponentImportSection::new();
    imports.import("image", ComponentTypeRef::Module(0));
    let mut instances = InstanceSection::new();
    // Main is core module 0, the trampoline 1, the image 2.
    instances
        .instantiate::<[(&str, ModuleArg); 0], &str>(2, [])
        .instantiate::<[(&str, ModuleArg); 0], &str>(1, []);
    let mut aliases = ComponentAliasSection::new();
    aliases
        .alias(Alias::CoreInstanceExport {
            instance: IMAGE,
            kind: ExportKind::Memory,
            name: "memory",
        })
        .alias(Alias::CoreInstanceExport {
            instance: TRAMPOLINE_INSTANCE,
            kind: ExportKind::Func,
            name: REALLOC,
        });
    component
        .section(&ModuleSection(&trampoline))
        .section(&types)
        .section(&imports)
        .section(&instances)
        .section(&aliases);
}

/// A module whose one function calls, with its own arguments, whatever main put into its table.
fn trampoline() -> Module {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut tables = TableSection::new();
    tables.table(trampoline_table());
    let mut exports = ExportSection::new();
    exports
        .export(REALLOC, ExportKind::Func, 0)
        .export("table", ExportKind::Table, 0);
    let mut function = Function::new([]);
    let mut body = function.instructions();
    (0..4).for_each(|parameter| {
        body.local_get(parameter);
    });
    body.i32_const(0).call_indirect(0, 0).end();
    let mut code = CodeSection::new();
    code.function(&function);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&exports)
        .section(&code);
    module
}

/// Lifts main's snapshot function and exports it.
fn export_snapshot(component: &mut Component, main: u32) -> Result<()> {
    let indices = index_spaces(&component.clone().finish())?;
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::CoreInstanceExport {
        instance: main,
        kind: ExportKind::Func,
        name: SNAPSHOT,
    });
    let mut types = ComponentTypeSection::new();
    types
        .defined_type()
        .list(ComponentValType::Primitive(PrimitiveValType::U8));
    types
        .function()
        .params::<_, ComponentValType>([])
        .result(Some(ComponentValType::Type(indices.types)));
    let mut lifted = CanonicalFunctionSection::new();
    lifted.lift(
        indices.core_functions,
        indices.types + 1,
        [CanonicalOption::Memory(IMAGE_MEMORY)],
    );
    let mut exports = ComponentExportSection::new();
    exports.export(
        "snapshot",
        ComponentExportKind::Func,
        indices.functions,
        None,
    );
    component
        .section(&aliases)
        .section(&types)
        .section(&lifted)
        .section(&exports);
    Ok(())
}

/// The next free index of each kind.
struct Indices {
    types: u32,
    core_functions: u32,
    functions: u32,
}

fn index_spaces(component: &[u8]) -> Result<Indices> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut indices = None;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        if let (Payload::End(_), Some(types)) = (&payload, validator.types(0)) {
            indices = Some(Indices {
                types: types.component_type_count(),
                core_functions: types.function_count(),
                functions: types.component_function_count(),
            });
        }
        validator.payload(&payload)?;
    }
    indices.context("the component has no end")
}
