//! Which JavaScript modules does the engine ship, and where does their source come from?
//!
//! `compiler/engine/js/library.toml` lists them. A module is our own file in `js/modules`, a file of a
//! published crate, or one of Node.js's own in `js/node`, adapted by a few exact edits. The crate is
//! pinned in `compiler/engine/library`, fetched by cargo, and none of its source is kept here. The files
//! of Node.js, which no registry has, are kept as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A module of the engine's library, ready to be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    /// The absolute specifier by which it is imported.
    pub(crate) name: String,
    /// What `require` gives for it.
    pub(crate) require: Require,
    /// ECMAScript module source.
    pub(crate) source: String,
}

/// What `require` gives for a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Require {
    /// Nothing: the module is for the engine's own modules.
    #[default]
    Internal,
    /// The module's namespace.
    Namespace,
    /// Its `default` export.
    Default,
}

impl Require {
    /// The first byte of what the host serves for the module, as the engine's `library.rs` reads
    /// it.
    pub(crate) fn first_byte(self) -> u8 {
        match self {
            Self::Internal => 0,
            Self::Namespace => 1,
            Self::Default => 2,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Library {
    /// The crate that `file`s are taken from.
    package: String,
    /// The folder of that crate.
    root: PathBuf,
    module: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    require: Require,
    /// A file of the crate.
    file: Option<PathBuf>,
    /// A file of ours, in `js/modules`.
    own: Option<PathBuf>,
    /// A file of Node.js's own, in `js/node`: a CommonJS module, named as `require` names it there.
    node: Option<PathBuf>,
    /// Removes from the first text up to, not including, the second; to the end when that is empty.
    #[serde(default)]
    cut: Vec<(String, String)>,
    /// Replaces every occurrence of the first text by the second.
    #[serde(default)]
    replace: Vec<(String, String)>,
}

/// Reads the library of the engine whose source lies in `engine_dir`.
///
/// # Errors
/// When the list does not parse or names a module twice, a file is missing, the crate cannot be
/// fetched, or an edit no longer fits its file.
pub(crate) fn collect(engine_dir: &Path) -> Result<Vec<Module>> {
    let list = engine_dir.join("js/library.toml");
    let library: Library = toml::from_str(&read(&list)?)
        .with_context(|| format!("{} is malformed", list.display()))?;
    let package = package_dir(&engine_dir.join("library"), &library.package)?;
    let places = [
        package.join(&library.root),
        engine_dir.join("js/modules"),
        engine_dir.join("js/node"),
    ];
    let mut modules = Vec::with_capacity(library.module.len());
    for entry in library.module {
        let module = module(&places, entry)?;
        let taken = modules
            .iter()
            .any(|other: &Module| other.name == module.name);
        ensure!(!taken, "the library has two modules named {}", module.name);
        modules.push(module);
    }
    modules.extend(locales(&engine_dir.join("js/locales"))?);
    Ok(modules)
}

/// The data of languages: each part of each file of JSON, as a module that holds it as text.
fn locales(folder: &Path) -> Result<Vec<Module>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    let mut modules = Vec::new();
    for file in files {
        let locale = file.file_stem().context("a file has a name")?;
        let parts: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&read(&file)?)
            .with_context(|| format!("{} is malformed", file.display()))?;
        for (part, data) in parts {
            modules.push(Module {
                name: format!("sandglass:locale/{}.{part}", locale.to_string_lossy()),
                require: Require::Internal,
                source: format!(
                    "export default {};",
                    serde_json::to_string(&compact(data.get()))?
                ),
            });
        }
    }
    Ok(modules)
}

/// The text with escapes of JSON for what does not fit into a byte, if it is shorter so: otherwise QuickJS
/// keeps two bytes for each character.
fn compact(json: &str) -> String {
    let escaped: String = json
        .chars()
        .map(|c| match c {
            '\0'..='\u{FF}' => c.to_string(),
            _ => {
                let mut units = [0; 2];
                let units = c.encode_utf16(&mut units);
                units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
        })
        .collect();
    match escaped.len() < 2 * json.encode_utf16().count() {
        true => escaped,
        false => json.to_owned(),
    }
}

fn module([package, own, node]: &[PathBuf; 3], entry: Entry) -> Result<Module> {
    let file = match (&entry.file, &entry.own, &entry.node) {
        (Some(file), None, None) => package.join(file),
        (None, Some(file), None) => own.join(file),
        (None, None, Some(file)) => node.join(file),
        _ => bail!("{} needs one of `file`, `own` and `node`", entry.name),
    };
    let mut source = read(&file)?;
    for (from, until) in &entry.cut {
        source = cut(&source, from, until).with_context(|| misfit(&entry.name, &file, from))?;
    }
    for (old, new) in &entry.replace {
        ensure!(source.contains(old), misfit(&entry.name, &file, old));
        source = source.replace(old, new);
    }
    if let Some(file) = entry.node {
        source = from_common_js(&file.with_extension("").display().to_string(), &source);
    }
    Ok(Module {
        name: entry.name,
        require: entry.require,
        source,
    })
}

/// A CommonJS module of Node.js's as an ECMAScript module, with what Node.js has around it. Lines keep
/// their numbers.
fn from_common_js(name: &str, source: &str) -> String {
    format!(
        "import {{ define, internalBinding, primordials, require }} from 'sandglass:crypto/loader'; \
         const module = define('{name}'); {source}\nexport default module.exports;\n"
    )
}

fn cut(source: &str, from: &str, until: &str) -> Option<String> {
    let (before, rest) = source.split_once(from)?;
    if until.is_empty() {
        return Some(before.to_owned());
    }
    let (_, after) = rest.split_once(until)?;
    Some(format!("{before}{until}{after}"))
}

fn misfit(name: &str, file: &Path, text: &str) -> String {
    format!(
        "an edit of {name} does not fit {}: {text:?}",
        file.display()
    )
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Where cargo keeps the source of a package that the crate in `pin` depends on; fetched if need be.
///
/// # Errors
/// When it cannot be fetched, or the lock file does not have it.
pub(crate) fn package_dir(pin: &Path, package: &str) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        manifest_path: PathBuf,
    }
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--locked",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(pin.join("Cargo.toml"))
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(
        output.status.success(),
        "cargo cannot fetch {package}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let found = metadata
        .packages
        .into_iter()
        .find(|found| found.name == package);
    let manifest = found
        .with_context(|| format!("{package} is not pinned"))?
        .manifest_path;
    Ok(manifest
        .parent()
        .context("a manifest lies in a folder")?
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_nodes_keeps_its_lines() {
        let module = from_common_js("internal/a", "'use strict';\nmodule.exports = { a: 1 };");
        let lines: Vec<_> = module.lines().collect();
        assert!(lines[0].ends_with("define('internal/a'); 'use strict';"));
        assert_eq!(
            lines[1..],
            [
                "module.exports = { a: 1 };",
                "export default module.exports;"
            ]
        );
    }

    #[test]
    fn cutting_keeps_the_second_marker() {
        assert_eq!(
            cut("a <x> b <y> c", "<x>", "<y>").as_deref(),
            Some("a <y> c")
        );
        assert_eq!(cut("a <y> b <x> c", "<x>", "<y>"), None);
        assert_eq!(cut("a <x> b", "<x>", "").as_deref(), Some("a "));
    }

    #[test]
    fn every_module_of_the_engine_can_be_collected() {
        let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/engine");
        let modules = collect(&engine).unwrap();
        let kind = |name: &str| {
            modules
                .iter()
                .find(|module| module.name == name)
                .unwrap()
                .require
        };
        assert_eq!(kind("crypto").first_byte(), 2);
        assert_eq!(kind("sandglass:url").first_byte(), 0);
    }
}
