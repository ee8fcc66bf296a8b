//! Where do a project's files come from?

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// A project's files.
#[derive(Debug, Clone)]
pub enum Files {
    /// Nothing but these: text by path, relative to the project, with `/`.
    Memory(BTreeMap<String, String>),
    /// A folder, with its `node_modules` and those of the folders around it.
    Folder(PathBuf),
}

/// Where files in memory seem to be. No such folder needs to exist.
const NOWHERE: &str = "/sandglass-project";

/// What may be left out of the path of an import, in the order in which it is tried. The last one is
/// native code, which is found in order to be refused.
pub(crate) const EXTENSIONS: [&str; 8] = [
    ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json", ".node",
];

/// TypeScript imports a file by the name that it has once it is compiled.
const WRITTEN_AS: [(&str, &str); 3] = [(".js", ".ts"), (".mjs", ".mts"), (".cjs", ".cts")];

impl Files {
    /// The folder that relative paths start from.
    pub(crate) fn root(&self) -> PathBuf {
        match self {
            Self::Memory(_) => PathBuf::from(NOWHERE),
            Self::Folder(folder) => folder.clone(),
        }
    }

    /// The text of a file, by its path relative to the project.
    pub fn read(&self, path: &str) -> Option<String> {
        match self {
            Self::Memory(files) => files.get(path).cloned(),
            Self::Folder(folder) => std::fs::read_to_string(folder.join(path)).ok(),
        }
    }

    /// The file in memory that `specifier` means in `importer`.
    pub(crate) fn find(&self, importer: &str, specifier: &str) -> Option<String> {
        let Self::Memory(files) = self else {
            return None;
        };
        let folder = importer.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = normal(&Path::new(folder).join(specifier))?;
        let ended = ["", "/index"]
            .into_iter()
            .flat_map(|name| EXTENSIONS.map(|extension| format!("{path}{name}{extension}")));
        let written = WRITTEN_AS
            .iter()
            .filter_map(|(now, then)| Some(format!("{}{then}", path.strip_suffix(now)?)));
        std::iter::once(path.clone())
            .chain(ended)
            .chain(written)
            .find(|path| files.contains_key(path))
    }
}

/// The same for rolldown.
pub(crate) fn aliases() -> Vec<(String, Vec<String>)> {
    WRITTEN_AS
        .iter()
        .map(|(now, then)| {
            (
                (*now).to_owned(),
                vec![(*now).to_owned(), (*then).to_owned()],
            )
        })
        .collect()
}

/// `path` relative to `root`, with `/`; as it is when it lies elsewhere.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let path = normal(path).unwrap_or_else(|| path.to_string_lossy().into_owned());
    let root = normal(root).unwrap_or_default();
    match path.strip_prefix(&root) {
        Some(inside) if inside.starts_with('/') => inside[1..].to_owned(),
        _ => path,
    }
}

/// A path without `.` and `..`; `None` when it leaves its root.
fn normal(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir | Component::Prefix(_) | Component::RootDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::Normal(part) => parts.push(part.to_str()?),
        }
    }
    let start = if path.is_absolute() { "/" } else { "" };
    Some(format!("{start}{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Files {
        Files::Memory(
            names
                .iter()
                .map(|name| ((*name).to_owned(), String::new()))
                .collect(),
        )
    }

    #[test]
    fn an_import_is_found_as_node_and_typescript_find_it() {
        let project = files(&["lib/a.js", "lib/b.ts", "lib/index.js", "data.json", "c.mts"]);
        for (importer, specifier, found) in [
            ("main.js", "./lib/a.js", Some("lib/a.js")),
            ("main.js", "./lib/a", Some("lib/a.js")),
            ("lib/a.js", "./b.js", Some("lib/b.ts")),
            ("lib/a.js", "./b", Some("lib/b.ts")),
            ("lib/a.js", "../data.json", Some("data.json")),
            ("main.js", "./c.mjs", Some("c.mts")),
            ("main.js", "./lib", Some("lib/index.js")),
            ("lib/a.js", ".", Some("lib/index.js")),
            ("main.js", "./d", None),
            ("main.js", "../../data.json", None),
        ] {
            assert_eq!(
                project.find(importer, specifier).as_deref(),
                found,
                "{specifier} in {importer}"
            );
        }
    }

    #[test]
    fn a_path_is_relative_to_the_project_when_it_lies_in_it() {
        let root = Path::new("/a/b");
        assert_eq!(relative(root, Path::new("/a/b/c/../d.js")), "d.js");
        assert_eq!(relative(root, Path::new("/a/bc/d.js")), "/a/bc/d.js");
    }
}
