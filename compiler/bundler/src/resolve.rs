//! Which file does an import mean, and what if there is none?

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rolldown::plugin::{
    HookLoadArgs, HookLoadOutput, HookLoadReturn, HookResolveIdArgs, HookResolveIdOutput,
    HookResolveIdReturn, HookTransformAstArgs, HookTransformAstReturn, HookUsage, Plugin,
    PluginContext, PluginContextResolveOptions, SharedLoadPluginContext,
};
use rolldown_common::{ImportKind, ModuleType, ResolvedExternal};

use crate::imports::Asked;
use crate::{BundleError, Project, files, imports, impossible, own_path, plain};

/// Before the name of a module of the engine that is imported by parts: it has one export, whose
/// properties these are, as with every CommonJS module.
const WHOLE: &str = "\0sandglass:";

/// Before the name of a module of Node.js that cannot work, for which something stands in a package.
const ABSENT: &str = "\0sandglass-absent:";

/// A module that is asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    specifier: String,
    /// What to use instead, when no such module can work in a sandbox.
    instead: Option<&'static str>,
    /// The file that asks, relative to the project.
    importer: String,
    /// The place in that file.
    offset: usize,
    /// Who asked for that file, and so on up to the entry.
    through: Vec<String>,
}

/// The plugin that tells rolldown where modules are.
#[derive(Debug)]
pub(crate) struct Resolve {
    project: Project,
    root: std::path::PathBuf,
    /// Who asked first for each file, by absolute path.
    importers: Mutex<HashMap<String, String>>,
    missing: Mutex<Vec<Missing>>,
    /// The engine's modules that were asked for.
    provided: Mutex<BTreeSet<String>>,
}

impl Resolve {
    pub(crate) fn new(project: Project) -> Self {
        Self {
            root: project.files.root(),
            project,
            importers: Mutex::default(),
            missing: Mutex::default(),
            provided: Mutex::default(),
        }
    }

    /// The modules that are missing, in the order of files and places; of one file's, native code
    /// first, since that is what such a file reads other files for.
    pub(crate) fn missing(&self) -> Vec<Missing> {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing = missing.clone();
        missing.sort_by_cached_key(|missing| {
            let is_native = missing.instead == Some(impossible::NATIVE);
            let place = (!is_native, missing.offset);
            (missing.through.len(), missing.importer.clone(), place)
        });
        missing.dedup();
        missing
    }

    /// The engine's modules that were asked for, by name.
    pub(crate) fn provided(&self) -> Vec<String> {
        let provided = self.provided.lock().unwrap_or_else(PoisonError::into_inner);
        provided.iter().cloned().collect()
    }

    fn relative(&self, path: &str) -> String {
        files::relative(&self.root, Path::new(path))
    }

    fn remember(&self, file: &str, importer: &str) {
        self.importers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(file.to_owned())
            .or_insert_with(|| importer.to_owned());
    }

    fn through(&self, file: &str) -> Vec<String> {
        let importers = self
            .importers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut through = Vec::new();
        let mut file = file;
        while let Some(importer) = importers.get(file)
            && through.len() < 100
        {
            through.push(self.relative(importer));
            file = importer;
        }
        through
    }

    /// Notes that a module is missing. Whoever asked in a `try` is prepared for that, and packages ask for
    /// modules of Node.js that they never use: these find one whose every use is refused.
    fn miss(
        &self,
        specifier: &str,
        importer: &str,
        instead: Option<&'static str>,
    ) -> HookResolveIdOutput {
        let path = self.relative(importer);
        let asked = self
            .project
            .files
            .read(&path)
            .and_then(|text| imports::find(&path, &text, specifier));
        let asked = asked.unwrap_or(Asked {
            offset: 0,
            optional: false,
            conditional: false,
        });
        // A package works without what it asks for only sometimes; a person's own file is told.
        let in_package = path.contains("node_modules/");
        let is_optional = asked.optional || asked.conditional && in_package;
        if !is_optional && in_package && impossible::is_of_node(specifier) {
            let name = specifier.strip_prefix("node:").unwrap_or(specifier);
            return HookResolveIdOutput::from_id(format!("{ABSENT}{name}"));
        }
        if !is_optional {
            let missing = Missing {
                specifier: specifier.to_owned(),
                instead,
                importer: path,
                offset: asked.offset,
                through: self.through(importer),
            };
            self.missing
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(missing);
        }
        external(specifier)
    }

    async fn resolve(
        &self,
        context: &PluginContext,
        specifier: &str,
        importer: &str,
        args: &HookResolveIdArgs<'_>,
    ) -> HookResolveIdReturn {
        let name = specifier.strip_prefix("node:").unwrap_or(specifier);
        if let Some(whole) = self.project.provided.get(name) {
            let mut provided = self.provided.lock().unwrap_or_else(PoisonError::into_inner);
            provided.insert(name.to_owned());
            let by_parts = matches!(args.kind, ImportKind::Import | ImportKind::DynamicImport);
            return Ok(Some(match *whole && by_parts {
                true => HookResolveIdOutput::from_id(format!("{WHOLE}{name}")),
                false => external(name),
            }));
        }
        let instead = impossible::instead(specifier);
        if instead.is_some() && !impossible::may_be_package(specifier) {
            return Ok(Some(self.miss(specifier, importer, instead)));
        }
        let files::Files::Memory(_) = &self.project.files else {
            let options = PluginContextResolveOptions {
                import_kind: args.kind,
                ..PluginContextResolveOptions::default()
            };
            let resolved = context.resolve(specifier, Some(importer), Some(options));
            let found = resolved.await?.ok();
            let found = found.filter(|found| !found.external.is_external());
            let refused = found
                .as_ref()
                .and_then(|found| impossible::instead_of_file(found.id.as_str()));
            return Ok(Some(match found {
                Some(found) if refused.is_none() => {
                    self.remember(found.id.as_str(), importer);
                    HookResolveIdOutput::from_resolved_id(found)
                }
                _ => self.miss(specifier, importer, refused.or(instead)),
            }));
        };
        let found = match specifier.starts_with('.') {
            true => self.project.files.find(&self.relative(importer), specifier),
            false => None,
        };
        Ok(Some(match found {
            Some(path) => {
                let file = self.root.join(path).to_string_lossy().into_owned();
                self.remember(&file, importer);
                HookResolveIdOutput::from_id(file)
            }
            None => self.miss(specifier, importer, instead),
        }))
    }
}

fn external(name: &str) -> HookResolveIdOutput {
    HookResolveIdOutput {
        external: Some(ResolvedExternal::Bool(true)),
        normalize_external_id: Some(false),
        ..HookResolveIdOutput::from_id(name)
    }
}

impl Plugin for Resolve {
    fn name(&self) -> Cow<'static, str> {
        "sandglass".into()
    }

    fn register_hook_usage(&self) -> HookUsage {
        HookUsage::ResolveId | HookUsage::Load | HookUsage::TransformAst
    }

    async fn resolve_id(
        &self,
        context: &PluginContext,
        args: &HookResolveIdArgs<'_>,
    ) -> HookResolveIdReturn {
        match args.importer {
            Some(importer) => self.resolve(context, args.specifier, importer, args).await,
            None => Ok(Some(HookResolveIdOutput::from_id(args.specifier))),
        }
    }

    async fn load(
        &self,
        _context: SharedLoadPluginContext,
        args: &HookLoadArgs<'_>,
    ) -> HookLoadReturn {
        if let Some(name) = args.id.strip_prefix(WHOLE) {
            return Ok(Some(HookLoadOutput {
                code: format!("module.exports = require('{name}');").into(),
                module_type: Some(ModuleType::Js),
                ..HookLoadOutput::default()
            }));
        }
        if let Some(name) = args.id.strip_prefix(ABSENT) {
            return Ok(Some(HookLoadOutput {
                code: impossible::stand_in(name).into(),
                module_type: Some(ModuleType::Js),
                ..HookLoadOutput::default()
            }));
        }
        let path = self.relative(args.id);
        let is_entry = path == self.project.entry;
        let in_memory = matches!(self.project.files, files::Files::Memory(_));
        if !is_entry && !in_memory {
            return Ok(None);
        }
        let Some(mut text) = self.project.files.read(&path) else {
            return Ok(None);
        };
        if is_entry {
            text.push_str(&self.project.entry_suffix);
        }
        Ok(Some(HookLoadOutput {
            code: text.into(),
            module_type: Some(module_type(&path)),
            ..HookLoadOutput::default()
        }))
    }

    async fn transform_ast(
        &self,
        _context: &PluginContext,
        args: HookTransformAstArgs<'_>,
    ) -> HookTransformAstReturn {
        Ok(own_path::put_in(args.ast, &self.root, Path::new(args.id)))
    }
}

fn module_type(path: &str) -> ModuleType {
    match path.rsplit('.').next() {
        Some("ts" | "mts" | "cts") => ModuleType::Ts,
        Some("json") => ModuleType::Json,
        _ => ModuleType::Js,
    }
}

impl Missing {
    /// The error, at the line that asks.
    pub(crate) fn into_error(self, project: &Project) -> BundleError {
        let name = self.specifier.strip_prefix("node:");
        let name = name.unwrap_or(&self.specifier);
        let mut error = match self.instead {
            Some(instead) => {
                let mut error = plain(format!("'{name}' cannot work in a sandbox"));
                error.hint = instead.to_owned();
                error
            }
            None => {
                let mut error = plain(format!("cannot find module '{}'", self.specifier));
                error.hint = self.advice(project);
                error
            }
        };
        if let Some((first, rest)) = self.through.split_first() {
            let chain: Vec<&str> = std::iter::once(first)
                .chain(rest)
                .map(String::as_str)
                .collect();
            error.message = format!(
                "{}, which {} asks for (required by {})",
                error.message,
                self.importer,
                chain.join(", required by ")
            );
        }
        let text = project.files.read(&self.importer).unwrap_or_default();
        let before = &text[..text.floor_char_boundary(self.offset)];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        error.line = count(before.matches('\n').count() + 1);
        error.column = count(before[start..].chars().count() + 1);
        error.source_line = text[start..].lines().next().unwrap_or_default().to_owned();
        error.file = self.importer;
        error
    }

    fn advice(&self, project: &Project) -> String {
        if let Some(instead) = impossible::instead_of_unbuilt(&self.specifier) {
            return instead.to_owned();
        }
        if self.specifier.starts_with("node:") {
            return "check the name: Sandglass has no such module of Node.js".to_owned();
        }
        if self.specifier.starts_with('.') {
            return "check the path: it starts at the file that asks".to_owned();
        }
        let package: Vec<&str> = self.specifier.splitn(3, '/').collect();
        let package = match package.as_slice() {
            [scope, name, ..] if scope.starts_with('@') => format!("{scope}/{name}"),
            [name, ..] => (*name).to_owned(),
            [] => String::new(),
        };
        match project.files {
            files::Files::Folder(_) => format!(
                "run `npm install {package}` beside the lambda, or use one of `sandglass packages`"
            ),
            files::Files::Memory(_) => "use a package that comes with Sandglass (`sandglass \
                                         packages`), or deploy with the command `sandglass \
                                         deploy`, which bundles what npm installed"
                .to_owned(),
        }
    }
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
