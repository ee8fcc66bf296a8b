//! When is a lambda more than one script, and what is it then?
//!
//! A plain script that requires nothing but the engine's own modules is evaluated as it was written.
//! Everything else (modules, TypeScript, several files, packages) is bundled into one script first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use sandglass_bundler::{BundleError, Files, Project};
use sandglass_runtime::artifact::Bundle;

use crate::compile_error::{Mistakes, shown};
use crate::syntax::{self, Findings};
use crate::{CompileError, CompileErrorKind, Source, own_files};

/// How deeply the syntax tree of a source that is bundled may be nested: far deeper than people
/// nest, and than programs do that write programs. rolldown walks the tree by recursion, on a stack
/// that has room for some times as much.
const DEPTH_MAX: u32 = 5_000;

/// The modules that come with the engine.
pub(crate) static PROVIDED: LazyLock<Arc<BTreeMap<String, bool>>> =
    LazyLock::new(|| Arc::new(sandglass_runtime::engine_modules()));

/// What a script may ask for about itself, which is put in when it is bundled.
const OWN_PATH: [&str; 2] = ["__dirname", "__filename"];

/// Reads a lambda from disk: a file, or a folder with a `package.json` that names its `main` file,
/// or with a file `index` or `lambda`. What it imports from files beside it and from `node_modules`
/// is bundled; with `fs` it reads the files that `files` in `package.json` names.
///
/// # Errors
/// When a file cannot be read, does not parse, or imports what is not there; with the place.
pub async fn pack(path: &Path) -> Result<Source, CompileError> {
    let entry = entry(path)?;
    let code = std::fs::read(&entry)
        .map_err(|error| unreadable(&entry, format!("cannot be read: {error}")))?;
    let source = Source::from_utf8(entry.to_string_lossy(), code)?;
    let findings = checked(&source).await?;
    let entry = std::path::absolute(&entry)
        .map_err(|error| unreadable(&entry, format!("cannot be found: {error}")))?;
    let root = root(&entry);
    let requires = findings.requires.iter();
    let requires: Vec<String> = requires.map(|require| require.name().to_owned()).collect();
    let reads = own_files::are_read(&requires) && own_files::are_named(&root);
    if !reads && !is_needed(&source, &findings) {
        return Ok(source);
    }
    let name = entry.strip_prefix(&root).unwrap_or(&entry);
    let name = name.to_string_lossy().replace('\\', "/");
    let bundled = bundled(source, &findings, Files::Folder(root), name).await;
    Ok(bundled?)
}

/// Bundles a source that needs it and has not been, from itself alone.
pub(crate) async fn alone(source: Source, findings: &Findings) -> Result<Source, Mistakes> {
    if source.bundle().is_some() || !is_needed(&source, findings) {
        return Ok(source);
    }
    let name = source.file_name().to_owned();
    let files = BTreeMap::from([(name.clone(), source.code().to_owned())]);
    bundled(source, findings, Files::Memory(files), name).await
}

/// Parses a source on a thread that may wait.
pub(crate) async fn checked(source: &Source) -> Result<Findings, Mistakes> {
    let parsed = source.clone();
    tokio::task::spawn_blocking(move || syntax::check(&parsed))
        .await
        .map_err(|_| source.error(CompileErrorKind::Host, "the parser was interrupted"))?
}

/// Whether a source is more than a plain script that requires nothing but the engine's own modules.
pub(crate) fn is_needed(source: &Source, findings: &Findings) -> bool {
    findings.module
        || OWN_PATH.iter().any(|name| source.code().contains(name))
        || matches!(syntax::extension(source.file_name()), "ts" | "mts" | "cts")
        || findings
            .requires
            .iter()
            .any(|require| !PROVIDED.contains_key(require.name()))
}

async fn bundled(
    source: Source,
    findings: &Findings,
    files: Files,
    entry: String,
) -> Result<Source, Mistakes> {
    if findings.depth > DEPTH_MAX {
        let message = "the source is nested too deeply to be bundled";
        let error = source.error(CompileErrorKind::Import, message);
        return Err(error
            .with_hint("give inner expressions names of their own")
            .into());
    }
    let folder = match &files {
        Files::Folder(folder) => Some(folder.clone()),
        Files::Memory(_) => None,
    };
    let project = Project {
        files: files.clone(),
        entry,
        entry_suffix: suffix(findings).to_owned(),
        provided: PROVIDED.clone(),
        module: findings.module,
        browser: false,
    };
    let bundle = match sandglass_bundler::bundle(project).await {
        Ok(bundle) => bundle,
        Err(error) => return Err(bundle_error(&source, &files, error).await),
    };
    let mut bundle = Bundle {
        code: bundle.code,
        map: bundle.map,
        module: findings.module,
        requires: bundle.provided,
        files: BTreeMap::new(),
    };
    own_files::add(&mut bundle, folder.as_ref())?;
    Ok(source.with_bundle(bundle)?)
}

/// What makes the lambda visible outside of its file.
fn suffix(findings: &Findings) -> &'static str {
    match (findings.module, findings.exports_lambda) {
        (true, false) if findings.declares_lambda => "\nexport { lambda };",
        (true, _) => "",
        (false, _) => {
            "\nif (typeof lambda === 'function' && module.exports) module.exports.lambda = lambda;"
        }
    }
}

async fn bundle_error(source: &Source, files: &Files, mut error: BundleError) -> Mistakes {
    let syntax = syntax_error(files, &error).await;
    let others = std::mem::take(&mut error.others);
    let mut first = import_error(source, error);
    if let Some(syntax) = syntax {
        (first.kind, first.message, first.hint) = (syntax.kind, syntax.message, syntax.hint);
    }
    let others = others.into_iter().take(Mistakes::MAX - 1);
    Mistakes {
        first: first.into(),
        others: others.map(|error| import_error(source, error)).collect(),
    }
}

fn import_error(source: &Source, error: BundleError) -> CompileError {
    let kind = CompileErrorKind::Import;
    let mut told = source.error(kind, error.message).with_hint(error.hint);
    if !error.file.is_empty() {
        told.file = error.file;
    }
    told.line = error.line;
    told.column = error.column;
    told.source_line = shown(&error.source_line);
    told
}

/// What does not parse is said in the same words, whether it is the entry or a file that it imports.
async fn syntax_error(files: &Files, error: &BundleError) -> Option<CompileError> {
    let is_code =
        ["js", "mjs", "cjs", "ts", "mts", "cts"].contains(&syntax::extension(&error.file));
    let text = is_code.then(|| files.read(&error.file)).flatten()?;
    let source = Source::new(error.file.as_str(), text).ok()?;
    let said = CompileError::from(checked(&source).await.err()?);
    // Elsewhere it is another mistake than the bundler's.
    ((said.line, said.column) == (error.line, error.column)).then_some(said)
}

/// The file that a lambda starts from.
fn entry(path: &Path) -> Result<PathBuf, CompileError> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let package = std::fs::read(path.join("package.json")).unwrap_or_default();
    let package: serde_json::Value = serde_json::from_slice(&package).unwrap_or_default();
    let main = package["main"].as_str().map(|main| path.join(main));
    let usual = ["index", "lambda"].into_iter().flat_map(|name| {
        ["js", "mjs", "cjs", "ts", "mts", "cts"].map(|end| path.join(format!("{name}.{end}")))
    });
    main.into_iter()
        .chain(usual)
        .find(|file| file.is_file())
        .ok_or_else(|| {
            unreadable(path, "has no file to start from".to_owned())
                .with_hint("name it index.js, or name it as `main` in package.json")
        })
}

/// The folder of the nearest `package.json`, or the file's own.
fn root(entry: &Path) -> PathBuf {
    let own = entry.parent().unwrap_or(Path::new("/"));
    let package = entry
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("package.json").is_file());
    package.unwrap_or(own).to_owned()
}

fn unreadable(path: &Path, why: String) -> CompileError {
    let message = format!("{} {why}", path.display());
    CompileError::new(CompileErrorKind::Source, "", message)
}
