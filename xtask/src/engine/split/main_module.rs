//! What becomes of the main core module?

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, ImportSection, MemArg, Module, RawSection, RefType,
    TableType, TypeSection, ValType,
};
use wasmparser::{DataKind, ExternalKind, Operator, Parser, Payload, TypeRef};

use super::{image_module, memory_of};

/// The name of main's export that returns its memory.
pub(super) const SNAPSHOT: &str = "sandglass:snapshot";
/// The name of main's export that allocates for the host.
pub(super) const REALLOC: &str = "cabi_realloc";
/// The name of the module whose table main fills with its [`REALLOC`].
pub(super) const TRAMPOLINE: &str = "sandglass:trampoline";

/// The table of the trampoline.
pub(super) fn trampoline_table() -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: Some(1),
        shared: false,
    }
}

/// The main core module, rewritten.
pub(super) struct Main {
    /// Its index among the component's core modules.
    pub(super) index: u32,
    pub(super) module: Vec<u8>,
    pub(super) initial_image: Vec<u8>,
    pub(super) stack_top: u32,
    pub(super) pages: u64,
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
    realloc: u32,
}

/// Surveys a core module; `None` when it has no memory of its own and so is not main.
fn survey(wasm: &[u8]) -> Result<Option<Survey>> {
    let mut memory = None;
    let (mut types, mut imported_functions, mut functions) = (0, 0, 0);
    let (mut mutable_globals, mut segments) = (Vec::new(), Vec::new());
    let mut realloc = None;
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
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if (export.name, export.kind) == (REALLOC, ExternalKind::Func) {
                        realloc = Some(export.index);
                    }
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
        realloc: realloc.context("the engine does not export cabi_realloc")?,
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
pub(super) fn rewrite(index: u32, wasm: &[u8]) -> Result<Option<Main>> {
    let Some(survey) = survey(wasm)? else {
        return Ok(None);
    };
    let [(_, stack_top), ..] = survey.mutable_globals[..] else {
        bail!("the engine has no stack pointer");
    };
    let mut behind = BehindTrampoline;
    let mut module = Module::new();
    let mut code = CodeSection::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                let mut types = TypeSection::new();
                behind
                    .parse_type_section(&mut types, section)
                    .map_err(infallible)?;
                types.ty().function([], [ValType::I32]);
                module.section(&types);
            }
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                behind
                    .parse_import_section(&mut imports, section)
                    .map_err(infallible)?;
                imports.import(
                    "image",
                    "memory",
                    EntityType::Memory(memory_of(survey.memory.initial)),
                );
                imports.import(TRAMPOLINE, "table", EntityType::Table(trampoline_table()));
                module.section(&imports);
            }
            Payload::FunctionSection(section) => {
                let mut functions = FunctionSection::new();
                behind
                    .parse_function_section(&mut functions, section)
                    .map_err(infallible)?;
                functions.function(survey.types);
                module.section(&functions);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                behind
                    .parse_export_section(&mut exports, section)
                    .map_err(infallible)?;
                let snapshot = survey.imported_functions + survey.functions;
                exports.export(SNAPSHOT, ExportKind::Func, snapshot);
                module.section(&exports);
            }
            Payload::ElementSection(section) => {
                let mut elements = ElementSection::new();
                behind
                    .parse_element_section(&mut elements, section)
                    .map_err(infallible)?;
                // After main's own, which wasmtime lays out when it compiles.
                let realloc = [survey.realloc];
                elements.active(
                    Some(0),
                    &ConstExpr::i32_const(0),
                    Elements::Functions(realloc[..].into()),
                );
                module.section(&elements);
            }
            Payload::MemorySection(_)
            | Payload::DataCountSection { .. }
            | Payload::DataSection(_)
            | Payload::CodeSectionStart { .. }
            | Payload::CustomSection(_) => {}
            Payload::CodeSectionEntry(body) => {
                behind
                    .parse_function_body(&mut code, body)
                    .map_err(infallible)?;
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

/// The trampoline's table is imported and so is table 0; main's own comes after it.
struct BehindTrampoline;

impl Reencode for BehindTrampoline {
    type Error = std::convert::Infallible;

    fn table_index(&mut self, table: u32) -> Result<u32, Error<Self::Error>> {
        Ok(table + 1)
    }
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
