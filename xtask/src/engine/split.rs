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
//! 3. The function is lifted and exported as `snapshot`.
//!
//! Engines that keep state outside linear memory are refused: a start function, passive segments,
//! `memory.init`, `data.drop`, or an instruction that changes a table.

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::reencode::{
    Error, Reencode, ReencodeComponent, RoundtripReencoder, component_utils,
};
use wasm_encoder::{
    Alias, BlockType, CanonicalFunctionSection, CanonicalOption, CodeSection, Component,
    ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentImportSection,
    ComponentSectionId, ComponentTypeRef, ComponentTypeSection, ComponentValType, CoreTypeSection,
    DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstanceSection, MemArg, MemorySection, MemoryType, Module, ModuleArg, ModuleType,
    PrimitiveValType, RawSection, TypeSection, ValType,
};
use wasmparser::{DataKind, Instance, Operator, Parser, Payload, TypeRef, Validator, WasmFeatures};

/// The name of main's export that returns its memory.
const SNAPSHOT: &str = "sandglass:snapshot";

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
    let mut split = Split::default();
    let mut engine = Component::new();
    split
        .parse_component(&mut engine, Parser::new(0), component)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let main = split
        .main
        .context("the component has no core module with a memory")?;
    let instance = split
        .main_instance
        .context("the main module is not instantiated")?;
    export_snapshot(&mut engine, instance)?;
    let component = engine.finish();
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

/// The main core module, rewritten.
struct Main {
    index: u32,
    module: Vec<u8>,
    initial_image: Vec<u8>,
    stack_top: u32,
    pages: u64,
}

/// What a first reading of the main module finds.
struct Survey {
    memory: wasmparser::MemoryType,
    types: u32,
    imported_functions: u32,
    functions: u32,
    /// Mutable globals with their initial values.
    mutable_globals: Vec<(u32, i32)>,
    segments: Vec<(u32, Vec<u8>)>,
}

/// Surveys a core module; `None` when it has no memory of its own and so is not main.
fn survey(wasm: &[u8]) -> Result<Option<Survey>> {
    let mut memory = None;
    let (mut types, mut imported_functions, mut functions) = (0, 0, 0);
    let (mut mutable_globals, mut segments) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::MemorySection(section) => {
                memory = section.into_iter().next().transpose()?;
            }
            Payload::TypeSection(section) => types = section.count(),
            Payload::FunctionSection(section) => functions = section.count(),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported_functions += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::GlobalSection(section) => {
                for (index, global) in (0..).zip(section) {
                    let global = global?;
                    if global.ty.mutable {
                        mutable_globals.push((index, constant(&global.init_expr)?));
                    }
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    let segment = segment?;
                    let DataKind::Active {
                        memory_index: 0,
                        offset_expr,
                    } = segment.kind
                    else {
                        bail!("the engine has a passive data segment");
                    };
                    segments.push((
                        constant(&offset_expr)?.cast_unsigned(),
                        segment.data.to_vec(),
                    ));
                }
            }
            Payload::StartSection { .. } => bail!("the engine has a start function"),
            Payload::CodeSectionEntry(body) => refuse_hidden_state(&body)?,
            _ => {}
        }
    }
    let Some(memory) = memory else {
        return Ok(None);
    };
    Ok(Some(Survey {
        memory,
        types,
        imported_functions,
        functions,
        mutable_globals,
        segments,
    }))
}

fn constant(expression: &wasmparser::ConstExpr<'_>) -> Result<i32> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value),
        other => bail!("the engine has an initial value that is not an i32 constant: {other:?}"),
    }
}

fn refuse_hidden_state(body: &wasmparser::FunctionBody<'_>) -> Result<()> {
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        let hidden = matches!(
            operator,
            Operator::MemoryInit { .. }
                | Operator::DataDrop { .. }
                | Operator::TableSet { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
                | Operator::ElemDrop { .. }
        );
        ensure!(
            !hidden,
            "the engine keeps state outside its memory: {operator:?}"
        );
    }
    Ok(())
}

/// Rewrites a core module if it is main.
fn rewrite_main(index: u32, wasm: &[u8]) -> Result<Option<Main>> {
    let Some(survey) = survey(wasm)? else {
        return Ok(None);
    };
    let [(_, stack_top), ..] = survey.mutable_globals[..] else {
        bail!("the engine has no stack pointer");
    };
    let mut roundtrip = RoundtripReencoder;
    let mut module = Module::new();
    let mut code = CodeSection::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                let mut types = TypeSection::new();
                roundtrip
                    .parse_type_section(&mut types, section)
                    .map_err(infallible)?;
                types.ty().function([], [ValType::I32]);
                module.section(&types);
            }
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                roundtrip
                    .parse_import_section(&mut imports, section)
                    .map_err(infallible)?;
                imports.import(
                    "image",
                    "memory",
                    EntityType::Memory(memory_of(survey.memory.initial)),
                );
                module.section(&imports);
            }
            Payload::FunctionSection(section) => {
                let mut functions = FunctionSection::new();
                roundtrip
                    .parse_function_section(&mut functions, section)
                    .map_err(infallible)?;
                functions.function(survey.types);
                module.section(&functions);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                roundtrip
                    .parse_export_section(&mut exports, section)
                    .map_err(infallible)?;
                let snapshot = survey.imported_functions + survey.functions;
                exports.export(SNAPSHOT, ExportKind::Func, snapshot);
                module.section(&exports);
            }
            Payload::MemorySection(_)
            | Payload::DataCountSection { .. }
            | Payload::DataSection(_)
            | Payload::CodeSectionStart { .. }
            | Payload::CustomSection(_) => {}
            Payload::CodeSectionEntry(body) => {
                code.raw(body.as_bytes());
                if code.len() == survey.functions {
                    code.function(&snapshot_function(&survey.mutable_globals));
                    module.section(&code);
                }
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection {
                        id,
                        data: &wasm[range],
                    });
                }
            }
        }
    }
    Ok(Some(Main {
        index,
        module: module.finish(),
        initial_image: image_module(survey.memory.initial, &survey.segments),
        stack_top: stack_top.cast_unsigned(),
        pages: survey.memory.initial,
    }))
}

fn infallible(error: Error<std::convert::Infallible>) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

/// Traps unless every mutable global has its initial value; then grows memory by a page, stores
/// there the list (address 0, old size), and returns its address.
fn snapshot_function(mutable_globals: &[(u32, i32)]) -> Function {
    let word = |offset| MemArg {
        align: 2,
        offset,
        memory_index: 0,
    };
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    for (global, initial) in mutable_globals {
        code.global_get(*global).i32_const(*initial).i32_ne();
        code.if_(BlockType::Empty).unreachable().end();
    }
    code.i32_const(1)
        .memory_grow(0)
        .local_tee(0)
        .i32_const(-1)
        .i32_eq();
    code.if_(BlockType::Empty).unreachable().end();
    code.local_get(0).i32_const(16).i32_shl().local_set(0);
    code.local_get(0).i32_const(0).i32_store(word(0));
    code.local_get(0).local_get(0).i32_store(word(4));
    code.local_get(0).end();
    function
}

/// Copies the outer component, with the image in front.
#[derive(Default)]
struct Split {
    main: Option<Main>,
    modules: u32,
    instances: u32,
    image_is_in: bool,
    main_instance: Option<u32>,
    depth: u32,
}

impl Reencode for Split {
    type Error = anyhow::Error;
}

impl Split {
    fn bring_in_image(&mut self, component: &mut Component) -> Result<()> {
        let pages = self
            .main
            .as_ref()
            .context("no core module with a memory comes first")?
            .pages;
        let mut module_type = ModuleType::new();
        module_type.export("memory", EntityType::Memory(memory_of(pages)));
        let mut types = CoreTypeSection::new();
        types.ty().module(&module_type);
        let mut imports = ComponentImportSection::new();
        imports.import("image", ComponentTypeRef::Module(0));
        let mut instances = InstanceSection::new();
        instances.instantiate::<[(&str, ModuleArg); 0], &str>(self.modules, []);
        component
            .section(&types)
            .section(&imports)
            .section(&instances);
        self.image_is_in = true;
        Ok(())
    }

    fn core_module(&mut self, component: &mut Component, wasm: &[u8]) -> Result<()> {
        let index = self.modules;
        self.modules += 1;
        let id = ComponentSectionId::CoreModule as u8;
        if self.main.is_none()
            && let Some(main) = rewrite_main(index, wasm)?
        {
            component.section(&RawSection {
                id,
                data: &main.module,
            });
            self.main = Some(main);
        } else {
            component.section(&RawSection { id, data: wasm });
        }
        Ok(())
    }
}

impl ReencodeComponent for Split {
    fn instance_index(&mut self, instance: u32) -> u32 {
        instance + 1
    }

    fn parse_component_payload(
        &mut self,
        component: &mut Component,
        payload: Payload<'_>,
        whole: &[u8],
    ) -> Result<(), Error<Self::Error>> {
        if self.depth == 0 {
            match &payload {
                Payload::ModuleSection {
                    unchecked_range, ..
                } => {
                    return self
                        .core_module(component, &whole[unchecked_range.clone()])
                        .map_err(Error::UserError);
                }
                Payload::InstanceSection(_) if !self.image_is_in => {
                    self.bring_in_image(component).map_err(Error::UserError)?;
                }
                Payload::CustomSection(_) => return Ok(()),
                _ => {}
            }
        }
        component_utils::parse_component_payload(self, component, payload, whole)
    }

    fn parse_instance(
        &mut self,
        instances: &mut InstanceSection,
        instance: Instance<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let index = self.instances;
        self.instances += 1;
        let main = self.main.as_ref().map(|main| main.index);
        match instance {
            Instance::Instantiate { module_index, args } if Some(module_index) == main => {
                self.main_instance = Some(index + 1);
                let image = ("image".to_owned(), ModuleArg::Instance(0));
                let args = args
                    .iter()
                    .map(|arg| (arg.name.to_owned(), ModuleArg::Instance(arg.index + 1)));
                instances.instantiate(module_index, args.chain([image]).collect::<Vec<_>>());
                Ok(())
            }
            other => component_utils::parse_instance(self, instances, other),
        }
    }

    fn push_depth(&mut self) {
        self.depth += 1;
    }

    fn pop_depth(&mut self) {
        self.depth -= 1;
    }
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
    aliases.alias(Alias::CoreInstanceExport {
        instance: main,
        kind: ExportKind::Memory,
        name: "memory",
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
        [CanonicalOption::Memory(indices.memories)],
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
    memories: u32,
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
                memories: types.memory_count(),
            });
        }
        validator.payload(&payload)?;
    }
    let indices = indices.context("the component has no end")?;
    ensure!(indices.memories > 0, "the component has no memory");
    Ok(indices)
}
