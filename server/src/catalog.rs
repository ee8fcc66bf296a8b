//! Which events can run a lambda, and what can a lambda be begun with?
//!
//! Events with their samples, templates and snippets for editors are data: one TOML file each. Those
//! in `catalog/` are built in; a directory of the operator adds to them, and takes the place of one
//! by its id. All are read and checked when the server starts, and never again.

mod built_in;
mod event;
mod file;
mod template;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::{Path, PathBuf};

use sandglass_compiler::Compiler;

pub(crate) use event::Event;
pub use event::{EventError, Sample};
use file::File;
pub use template::{Snippet, Template, Variable};

/// All events, templates and snippets, each by its id.
#[derive(Debug)]
pub(crate) struct Catalog {
    events: BTreeMap<String, Event>,
    templates: BTreeMap<String, Template>,
    snippets: BTreeMap<String, Snippet>,
}

/// Why the operator's directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A file or a directory cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// A file breaks a rule.
    #[error("{}:{line}: {message}", path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// The line in it, from 1.
        line: usize,
        /// Which rule, and what to do about it.
        message: String,
    },
    /// There are too many files.
    #[error("{} has more than {} files", path.display(), file::FILES_MAX)]
    TooMany {
        /// The directory.
        path: PathBuf,
    },
}

impl Catalog {
    /// Reads what is built in and, where there is one, the operator's directory.
    pub(crate) fn open(directory: Option<&Path>) -> Result<Self, CatalogError> {
        if let Some(directory) = directory {
            file::is_directory(directory)?;
        }
        let events = collect(built_in::EVENTS, directory, "events", Event::read)?;
        let template = |file: &File| Template::read(file, &events);
        let templates = collect(built_in::TEMPLATES, directory, "templates", template)?;
        let snippets = collect(built_in::SNIPPETS, directory, "snippets", Snippet::read)?;
        Ok(Self {
            events,
            templates,
            snippets,
        })
    }

    /// Builds the operator's templates, so that a mistake shows now, and not to who creates a lambda
    /// of one. Those that are built in are tested.
    pub(crate) async fn check_sources(&self, compiler: &Compiler) -> Result<(), CatalogError> {
        for template in self.templates.values() {
            template.check_source(compiler).await?;
        }
        Ok(())
    }

    /// The event of that id.
    pub(crate) fn event(&self, id: &str) -> Option<&Event> {
        self.events.get(id)
    }

    /// All events, by id.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.values()
    }

    /// The template of that id.
    pub(crate) fn template(&self, id: &str) -> Option<&Template> {
        self.templates.get(id)
    }

    /// All templates, by id.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.values()
    }

    /// All snippets, by id.
    pub(crate) fn snippets(&self) -> impl Iterator<Item = &Snippet> {
        self.snippets.values()
    }
}

/// What is built in, and over it what the operator's directory has of that kind.
fn collect<T>(
    built_in: &[(&'static str, &'static str)],
    directory: Option<&Path>,
    kind: &str,
    read: impl Fn(&File) -> Result<(String, T), CatalogError>,
) -> Result<BTreeMap<String, T>, CatalogError> {
    let built_in = built_in
        .iter()
        .map(|(path, text)| File::built_in(path, text));
    let mut all = layer(built_in.collect(), &read)?;
    if let Some(directory) = directory {
        all.extend(layer(file::of_directory(&directory.join(kind))?, &read)?);
    }
    Ok(all)
}

/// Files of which no two have the same id.
fn layer<T>(
    files: Vec<File>,
    read: impl Fn(&File) -> Result<(String, T), CatalogError>,
) -> Result<BTreeMap<String, T>, CatalogError> {
    let mut layer = BTreeMap::new();
    for file in files {
        let (id, item) = read(&file)?;
        match layer.entry(id) {
            Entry::Vacant(place) => drop(place.insert(item)),
            Entry::Occupied(place) => {
                let message = format!("another file of this directory has the id {}", place.key());
                return Err(file.mistake(0, message));
            }
        }
    }
    Ok(layer)
}

#[cfg(test)]
mod tests;
