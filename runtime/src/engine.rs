//! Which engine is built into this crate?
//!
//! The component, the memory that it starts from and its JavaScript library, as `cargo xtask
//! engine` wrote them.

use std::collections::{BTreeMap, HashMap};

use sandglass_host_abi::EngineDigest;

use crate::image::Base;

const COMPONENT: &[u8] = include_bytes!(concat!(env!("SANDGLASS_ENGINE"), "/component.wasm.zst"));
const BLANK: &[u8] = include_bytes!(concat!(env!("SANDGLASS_ENGINE"), "/blank.wasm.zst"));
const LIBRARY: &[u8] = include_bytes!(concat!(env!("SANDGLASS_ENGINE"), "/library.bin.zst"));

/// The versions of the packages in the library, by name, JSON.
const PACKAGES: &str = include_str!(concat!(env!("SANDGLASS_ENGINE"), "/packages.json"));

/// The engine's files, decompressed.
pub(crate) struct EngineFiles {
    /// The component, which imports its memory as the core module `image`.
    pub(crate) component: Vec<u8>,
    /// The blank image, a core module.
    pub(crate) blank: Vec<u8>,
    /// By name, one byte that says how the module may be required, then its bytecode.
    pub(crate) library: HashMap<String, Vec<u8>>,
    /// The digest of all three.
    pub(crate) digest: EngineDigest,
}

impl EngineFiles {
    /// Decompresses the embedded engine.
    pub(crate) fn embedded() -> Self {
        let component = decompress(COMPONENT);
        let blank = decompress(BLANK);
        let library = decompress(LIBRARY);
        let digest = EngineDigest::of(&component, &blank, &library);
        let library = read_library(&library);
        Self {
            component,
            blank,
            library,
            digest,
        }
    }

    /// The blank image's memory, which every lambda's image is a difference to.
    pub(crate) fn base(&self) -> Base {
        Base::from_module(&self.blank).expect("the engine's build wrote it and its tests read it")
    }
}

/// The modules that every lambda may `require` or `import`, by name without `node:`, and whether
/// `require` gives their `default` export; otherwise it gives all of their exports.
pub fn engine_modules() -> BTreeMap<String, bool> {
    // Which module is for lambdas is said by its first byte; those that the prelude has itself are
    // in no library.
    let library = read_library(&decompress(LIBRARY));
    let public = library
        .into_iter()
        .filter_map(|(name, served)| match served.first() {
            Some(&INTERNAL | &DATA) | None => None,
            Some(kind) => Some((name, *kind == REQUIRE_DEFAULT)),
        });
    let own = ["process", "console"].map(|name| (name.to_owned(), true));
    own.into_iter().chain(public).collect()
}

/// The npm packages that every lambda may `require` or `import` without installing them, with their
/// versions.
pub fn engine_packages() -> BTreeMap<String, String> {
    serde_json::from_str(PACKAGES).expect("the engine's build wrote it")
}

/// The first byte of a module that is not for lambdas.
const INTERNAL: u8 = 0;
/// The first byte of a module of which `require` gives the `default` export.
const REQUIRE_DEFAULT: u8 = 2;
/// The first byte of what is no module at all, but a table of the engine.
const DATA: u8 = 3;

fn read_library(mut rest: &[u8]) -> HashMap<String, Vec<u8>> {
    let mut library = HashMap::new();
    while !rest.is_empty() {
        let name_bytes = usize::from(u16::from_le_bytes(
            take(&mut rest, 2).try_into().expect("2 bytes"),
        ));
        let name =
            String::from_utf8(take(&mut rest, name_bytes).to_vec()).expect("names are ASCII");
        let mut served = take(&mut rest, 1).to_vec();
        let code_bytes = u32::from_le_bytes(take(&mut rest, 4).try_into().expect("4 bytes"));
        served.extend_from_slice(take(&mut rest, code_bytes as usize));
        library.insert(name, served);
    }
    library
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> &'a [u8] {
    let (head, tail) = rest
        .split_at_checked(bytes)
        .expect("the engine's build wrote it whole");
    *rest = tail;
    head
}

fn decompress(bytes: &[u8]) -> Vec<u8> {
    zstd::decode_all(bytes).expect("the engine's build wrote it, and its tests read it")
}

#[cfg(test)]
mod tests {
    use wasmparser::{ComponentTypeRef, Parser, Payload, TypeBounds};

    use super::*;

    /// What a component itself imports, without versions; what lies inside it is its own affair.
    fn imports(component: &[u8]) -> Vec<String> {
        let (mut names, mut depth) = (Vec::new(), 0);
        for payload in Parser::new(0).parse_all(component) {
            match payload.unwrap() {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(section) if depth == 1 => {
                    let imports = section.into_iter().map(Result::unwrap);
                    // A second name for a type of an interface gives nothing to call.
                    let callable = imports
                        .filter(|i| !matches!(i.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))));
                    names.extend(callable.map(|import| without_version(import.name.name)));
                }
                _ => {}
            }
        }
        names.sort_unstable();
        names
    }

    fn without_version(name: &str) -> String {
        name.split('@').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_engine_imports_its_image_the_toolbelt_two_clocks_and_randomness() {
        let expected = [
            "image",
            "sandglass:toolbelt/build",
            "sandglass:toolbelt/ciphers",
            "sandglass:toolbelt/crypto",
            "sandglass:toolbelt/curves",
            "sandglass:toolbelt/domains",
            "sandglass:toolbelt/encodings",
            "sandglass:toolbelt/http",
            "sandglass:toolbelt/key-derivation",
            "sandglass:toolbelt/lambdas",
            "sandglass:toolbelt/languages",
            "sandglass:toolbelt/library",
            "sandglass:toolbelt/logging",
            "sandglass:toolbelt/numbers",
            "sandglass:toolbelt/outcome",
            "sandglass:toolbelt/secrets",
            "sandglass:toolbelt/time-zones",
            "sandglass:toolbelt/timers",
            "wasi:clocks/monotonic-clock",
            "wasi:clocks/wall-clock",
            "wasi:random/insecure-seed",
            "wasi:random/random",
        ];
        assert_eq!(imports(&EngineFiles::embedded().component), expected);
    }
}
