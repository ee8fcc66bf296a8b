//! How does a lambda of several files and packages become one script?
//!
//! [rolldown](https://rolldown.rs) follows the imports from the entry, leaves out what nothing uses,
//! strips types, and writes one file with a source map. This crate says where files come from
//! ([`Files`]), which modules the engine has itself, what stays visible of the entry, and why a
//! module cannot be found, at the line that asks for it.

mod files;
mod imports;
mod impossible;
mod own_path;
mod resolve;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use rolldown::plugin::__inner::SharedPluginable;
use rolldown::{
    Bundler, BundlerOptions, InputItem, OutputFormat, Platform, ResolveOptions, SourceMapType,
    StrictMode, TsConfig,
};
use rolldown_common::{CodeSplittingMode, Output, OutputChunk, SourceMapPathTransform};
use rolldown_error::{BuildDiagnostic, DiagnosticOptions};
use tokio::runtime::Runtime;

pub use files::Files;
pub use resolve::Missing;

use resolve::{Resolve, count};

/// What JSON does not have, though JavaScript has it.
const JSON: &str =
    "JSON has neither comments nor trailing commas, and its names and texts stand in double quotes";

/// What is bundled.
#[derive(Debug, Clone)]
pub struct Project {
    /// Where the files are.
    pub files: Files,
    /// The file that everything starts from, relative to the project, with `/`.
    pub entry: String,
    /// Appended to the entry, behind its last line, so that no place moves.
    pub entry_suffix: String,
    /// The modules that the engine has itself, and whether `require` gives their `default` export,
    /// as it gives the whole of a CommonJS module.
    pub provided: Arc<BTreeMap<String, bool>>,
    /// Whether the outcome is an ECMAScript module; otherwise it is a CommonJS script.
    pub module: bool,
    /// Whether packages give what they have for browsers; otherwise what they have for Node.js.
    pub browser: bool,
}

/// One script, and where each of its places comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bundle {
    /// JavaScript.
    pub code: String,
    /// The source map of `code`, JSON after ECMA-426, with sources relative to the project.
    pub map: String,
    /// The files that went in, relative to the project, in the order of their evaluation.
    pub files: Vec<String>,
    /// The engine's modules that it asks for.
    pub provided: Vec<String>,
}

/// Why there is no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct BundleError {
    /// A sentence for people.
    pub message: String,
    /// The file at fault, relative to the project; empty when there is none.
    pub file: String,
    /// From 1; 0 when unknown.
    pub line: u32,
    /// In characters, from 1; 0 when unknown.
    pub column: u32,
    /// The text of that line; empty when unknown.
    pub source_line: String,
    /// What to do about it; may be empty.
    pub hint: String,
    /// The other modules that cannot be found.
    pub others: Box<[BundleError]>,
}

/// The stack of each thread that bundles. rolldown's walks recurse as deep as the source is nested:
/// this is more than ten times what the deepest that the compiler lets through takes. Only what is
/// touched takes memory.
const STACK_BYTES: usize = 256 << 20;

/// Where bundling takes place, apart from everybody else's threads.
static THREADS: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
    // Fails when somebody else has set the pool up; rolldown then runs on what there is.
    let _ = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK_BYTES)
        .build_global();
    tokio::runtime::Builder::new_multi_thread()
        .thread_name("sandglass-bundler")
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
});

/// Bundles a project.
///
/// # Errors
/// The first of what is wrong: a module that cannot be found, and others that cannot; a file that does
/// not parse, an export that does not exist.
pub async fn bundle(project: Project) -> Result<Bundle, BundleError> {
    let threads = THREADS
        .as_ref()
        .map_err(|error| plain(format!("no threads for the bundler: {error}")))?;
    threads
        .spawn(bundle_here(project))
        .await
        .unwrap_or_else(|_| Err(plain("the bundler broke down on this source")))
}

async fn bundle_here(project: Project) -> Result<Bundle, BundleError> {
    let root = project.files.root();
    let plugin = Arc::new(Resolve::new(project.clone()));
    let plugins: Vec<SharedPluginable> = vec![plugin.clone()];
    let mut bundler = Bundler::with_plugins(options(&project, &root), plugins)
        .map_err(|errors| first(&project, errors.into_vec()))?;
    let output = bundler.generate().await;
    let mut missing = plugin.missing().into_iter();
    if let Some(first) = missing.next() {
        let mut error = first.into_error(&project);
        error.others = missing.map(|other| other.into_error(&project)).collect();
        return Err(error);
    }
    let output = output.map_err(|errors| first(&project, errors.into_vec()))?;
    let chunk = output.assets.iter().find_map(|asset| match asset {
        Output::Chunk(chunk) if chunk.is_entry => Some(chunk),
        _ => None,
    });
    let chunk = chunk.ok_or_else(|| plain("the bundler wrote nothing"))?;
    Ok(finished(&root, chunk, plugin.provided()))
}

fn options(project: &Project, root: &std::path::Path) -> BundlerOptions {
    let entry = root.join(&project.entry).to_string_lossy().into_owned();
    let base = root.to_owned();
    let (host, main_fields) = match project.browser {
        true => ("browser", &["browser", "module", "main"][..]),
        false => ("node", &["main", "module"][..]),
    };
    BundlerOptions {
        input: Some(vec![InputItem {
            name: Some("lambda".into()),
            import: entry,
        }]),
        cwd: Some(root.to_owned()),
        dir: Some(root.to_string_lossy().into_owned()),
        // Node.js, but without its way to make a `require`: the engine has one.
        platform: Some(Platform::Neutral),
        resolve: Some(ResolveOptions {
            condition_names: Some(vec![host.into(), "module-sync".into()]),
            main_fields: Some(main_fields.iter().map(|field| (*field).into()).collect()),
            alias_fields: project.browser.then(|| vec![vec!["browser".into()]]),
            extensions: Some(files::EXTENSIONS.map(str::to_owned).into()),
            extension_alias: Some(files::aliases()),
            ..ResolveOptions::default()
        }),
        format: Some(if project.module {
            OutputFormat::Esm
        } else {
            OutputFormat::Cjs
        }),
        // Sloppy scripts and packages stay sloppy.
        strict: Some(StrictMode::Never),
        sourcemap: Some(SourceMapType::Hidden),
        sourcemap_exclude_sources: Some(true),
        sourcemap_path_transform: Some(SourceMapPathTransform::new(Arc::new(
            move |source, map| {
                let absolute = std::path::Path::new(map)
                    .parent()
                    .map_or_else(|| PathBuf::from(source), |dir| dir.join(source));
                let relative = files::relative(&base, &absolute);
                Box::pin(async move { Ok(relative) })
            },
        ))),
        define: project.browser.then(|| {
            let global = ("window".to_owned(), "globalThis".to_owned());
            std::iter::once(global).collect()
        }),
        // Error names and `constructor.name` are looked at by packages and by people.
        keep_names: Some(true),
        code_splitting: Some(CodeSplittingMode::Bool(false)),
        tsconfig: Some(TsConfig::Auto(false)),
        ..BundlerOptions::default()
    }
}

fn finished(root: &std::path::Path, chunk: &OutputChunk, provided: Vec<String>) -> Bundle {
    Bundle {
        code: chunk.code.clone(),
        map: chunk
            .map
            .as_ref()
            .map(|map| map.to_json_string())
            .unwrap_or_default(),
        files: chunk
            .modules
            .keys
            .iter()
            .map(|id| files::relative(root, std::path::Path::new(id.as_str())))
            .collect(),
        provided,
    }
}

fn first(project: &Project, errors: Vec<BuildDiagnostic>) -> BundleError {
    let root = project.files.root();
    let Some(error) = errors.into_iter().next() else {
        return plain("the bundler failed and did not say why");
    };
    let seen_from = DiagnosticOptions { cwd: root.clone() };
    let message = error.to_message_with(&seen_from);
    let mut told = plain(message.lines().next().unwrap_or_default());
    let diagnostic = error.to_diagnostic_with(&seen_from);
    if let Some((file, line, column, _)) = diagnostic.get_primary_location() {
        told.file = files::relative(&root, &root.join(file));
        let text = project.files.read(&told.file).unwrap_or_default();
        let source_line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        told.line = count(line);
        told.column = count(characters(source_line, column) + 1);
        source_line.clone_into(&mut told.source_line);
    }
    if told.file.ends_with(".json") {
        // The parser of JSON says the place again.
        if let Some(end) = told.message.rfind(" at line ") {
            told.message.truncate(end);
            told.hint = JSON.to_owned();
        }
    }
    told
}

/// How many characters the first `units` code units of UTF-16 are.
fn characters(line: &str, units: usize) -> usize {
    let ends = line.chars().scan(0, |end, character| {
        *end += character.len_utf16();
        Some(*end)
    });
    ends.take_while(|end| *end <= units).count()
}

fn plain(message: impl Into<String>) -> BundleError {
    BundleError {
        message: message.into(),
        file: String::new(),
        line: 0,
        column: 0,
        source_line: String::new(),
        hint: String::new(),
        others: Box::default(),
    }
}
