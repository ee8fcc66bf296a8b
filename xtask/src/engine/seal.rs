//! Which imports does the engine keep?
//!
//! Rust's standard library and the C library import far more of WASI than a lambda may have: the
//! environment, standard streams, an exit. Here each such import becomes a function that traps, so
//! that the component asks its host for nothing but our own world, clocks and random bytes.

use anyhow::{Context, Result, ensure};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Function, FunctionSection, ImportSection, Module, SectionId};
use wasmparser::{FunctionSectionReader, ImportSectionReader, Parser, Payload, TypeRef};

/// The imports that stay; everything else is sealed.
fn stays(module: &str, name: &str) -> bool {
    let interface = module.split('@').next().unwrap_or(module);
    match interface {
        "$root" | "[export]$root" => true,
        "wasi:clocks/wall-clock" | "wasi:clocks/monotonic-clock" => name == "now",
        "wasi:random/random" | "wasi:random/insecure-seed" => true,
        _ => interface.starts_with("sandglass:toolbelt/"),
    }
}

/// Seals a core module: replaces every function import that does not stay by one that traps, and
/// drops debug information.
pub(crate) fn seal(wasm: &[u8]) -> Result<Vec<u8>> {
    let (kept, sealed) = sort_imports(wasm)?;
    let new_index = kept.iter().chain(&sealed).enumerate();
    let mut function_indices = vec![0; kept.len() + sealed.len()];
    for (new, (old, _)) in new_index {
        function_indices[*old as usize] = u32::try_from(new).context("too many imports")?;
    }
    let stub_types = sealed.iter().map(|(_, type_index)| *type_index).collect();
    let mut seal = Seal {
        function_indices,
        stub_types,
    };
    let mut module = Module::new();
    seal.parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(module.finish())
}

/// Function imports as (index, type), those that stay and those that do not.
type Imports = Vec<(u32, u32)>;

fn sort_imports(wasm: &[u8]) -> Result<(Imports, Imports)> {
    let (mut kept, mut sealed) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::ImportSection(section) = payload? else {
            continue;
        };
        for (index, import) in section.into_imports().enumerate() {
            let import = import?;
            let TypeRef::Func(type_index) = import.ty else {
                anyhow::bail!("{}.{} is not a function import", import.module, import.name);
            };
            let stays = stays(import.module, import.name);
            let side = if stays { &mut kept } else { &mut sealed };
            side.push((u32::try_from(index)?, type_index));
        }
    }
    ensure!(
        !kept.is_empty(),
        "the engine imports nothing: is this the engine?"
    );
    Ok((kept, sealed))
}

/// Kept imports come first, then the stubs, then the engine's own functions, whose indices thereby
/// stay what they were.
struct Seal {
    function_indices: Vec<u32>,
    stub_types: Vec<u32>,
}

impl Reencode for Seal {
    type Error = anyhow::Error;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        Ok(self
            .function_indices
            .get(function as usize)
            .copied()
            .unwrap_or(function))
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for import in section.into_imports() {
            let import = import?;
            if stays(import.module, import.name) {
                utils::parse_import(self, imports, import)?;
            }
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        self.stub_types.iter().for_each(|stub| {
            functions.function(*stub);
        });
        utils::parse_function_section(self, functions, section)
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for _ in &self.stub_types {
            let mut stub = Function::new([]);
            stub.instructions().unreachable().end();
            code.function(&stub);
        }
        utils::parse_code_section(self, code, section)
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        if section.name().starts_with("component-type") {
            utils::parse_custom_section(self, module, section)?;
        }
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        _module: &mut Module,
        _after: Option<SectionId>,
        _before: Option<SectionId>,
    ) -> Result<(), Error<Self::Error>> {
        Ok(())
    }
}
