//! Which npm packages does the engine ship?
//!
//! `compiler/engine/packages` pins them by npm's own lock file; none of their source is kept here.
//! `packages.toml` says how each is handed to a lambda. Each becomes one module of the library, with
//! everything that it needs but the engine's own modules, so that a lambda's image holds the packages
//! that it uses and no others.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use sandglass_bundler::{Files, Project};
use serde::Deserialize;

use crate::library::{Module, Require};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    package: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    name: String,
    /// The file of the package to start from, when it is not its main one.
    file: Option<String>,
    require: Require,
    /// Whether to take what the package has for browsers.
    #[serde(default)]
    browser: bool,
}

/// The packages as modules of the library, and their versions by name.
pub(crate) struct Packages {
    pub(crate) modules: Vec<Module>,
    pub(crate) versions: BTreeMap<String, String>,
}

/// Installs the packages and makes one module of each. `modules` are the engine's own.
///
/// # Errors
/// When npm is missing or fails, or a package cannot be bundled.
pub(crate) fn collect(root: &Path, modules: &[Module]) -> Result<Packages> {
    let pinned = root.join("compiler/engine/packages");
    let list = fs::read_to_string(pinned.join("packages.toml"))?;
    let List { package: packages } = toml::from_str(&list).context("packages.toml is malformed")?;
    let folder = root.join("target/engine-packages");
    install(&pinned, &folder)?;
    let public = modules
        .iter()
        .filter(|module| module.require != Require::Internal);
    let provided: BTreeMap<String, bool> = public
        .map(|module| (module.name.clone(), module.require == Require::Default))
        .collect();
    let provided = Arc::new(provided);
    let tokio = tokio::runtime::Runtime::new()?;
    let versions = packages
        .iter()
        .map(|package| Ok((package.name.clone(), version(&folder, &package.name)?)))
        .collect::<Result<_>>()?;
    let modules = packages
        .into_iter()
        .map(|package| {
            let name = package.name.clone();
            tokio
                .block_on(module(&folder, package, provided.clone()))
                .with_context(|| format!("the package {name} cannot be bundled"))
        })
        .collect::<Result<_>>()?;
    Ok(Packages { modules, versions })
}

fn version(folder: &Path, name: &str) -> Result<String> {
    #[derive(Deserialize)]
    struct Manifest {
        version: String,
    }
    let manifest = folder.join("node_modules").join(name).join("package.json");
    let manifest: Manifest = serde_json::from_slice(&fs::read(manifest)?)?;
    Ok(manifest.version)
}

/// Installs exactly what the lock file names. No script of a package runs.
fn install(pinned: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let lock = fs::read(pinned.join("package-lock.json"))?;
    let installed = folder.join("installed.json");
    if fs::read(&installed).is_ok_and(|done| done == lock) {
        return Ok(());
    }
    for file in ["package.json", "package-lock.json"] {
        fs::copy(pinned.join(file), folder.join(file))?;
    }
    let status = Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(folder)
        .status()
        .context("npm cannot be run; it comes with Node.js")?;
    ensure!(status.success(), "npm ci failed: {status}");
    fs::write(installed, lock)?;
    Ok(())
}

async fn module(
    folder: &Path,
    package: Package,
    provided: Arc<BTreeMap<String, bool>>,
) -> Result<Module> {
    let Package {
        name,
        file,
        require,
        browser,
    } = package;
    let from = match file {
        Some(file) => format!("{name}/{file}"),
        None => name.clone(),
    };
    let entry = format!("{}.entry.mjs", name.replace('/', "-"));
    let code = match require {
        Require::Namespace => format!("export * from '{from}';\n"),
        _ => format!("import whole from '{from}';\nexport default whole;\n"),
    };
    fs::write(folder.join(&entry), code)?;
    let project = Project {
        files: Files::Folder(folder.to_owned()),
        entry,
        entry_suffix: String::new(),
        provided,
        module: true,
        browser,
    };
    let bundle = sandglass_bundler::bundle(project).await.map_err(|error| {
        anyhow::anyhow!("{}:{}: {} ({})", error.file, error.line, error, error.hint)
    })?;
    Ok(Module {
        name,
        require,
        source: bundle.code,
    })
}
