//! Where does a file think that it lies?
//!
//! In a lambda's own file system, whose root is the project: `__filename`, `__dirname` and `import.meta.url`
//! of each file are put in as text, since all files become one. Nothing of the path outside of the project
//! shows, so that a build is the same wherever it takes place.

use std::path::Path;

use oxc::semantic::SemanticBuilder;
use oxc::transformer_plugins::{ReplaceGlobalDefines, ReplaceGlobalDefinesConfig};
use rolldown_ecmascript::EcmaAst;
use url::Url;

use crate::files;

/// What a file may ask for about itself.
const NAMES: [&str; 3] = ["__filename", "__dirname", "import.meta"];

/// The path of a file in the lambda's file system. One of a package above the project is where a package of
/// the project would be.
fn own_path(root: &Path, file: &Path) -> String {
    let relative = files::relative(root, file);
    let inside = match relative.find("node_modules/") {
        Some(start) if relative.starts_with('/') => &relative[start..],
        _ if relative.starts_with('/') => relative.rsplit('/').next().unwrap_or_default(),
        _ => &relative,
    };
    format!("/{inside}")
}

/// Puts a file's own path in wherever it asks for it.
pub(crate) fn put_in(mut ast: EcmaAst, root: &Path, file: &Path) -> EcmaAst {
    if !NAMES.iter().any(|name| ast.source().contains(name)) {
        return ast;
    }
    let path = own_path(root, file);
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
    let folder = if folder.is_empty() { "/" } else { folder };
    let url = Url::from_file_path(&path)
        .map(String::from)
        .unwrap_or_default();
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let defines = [
        ("__filename", text(&path)),
        ("__dirname", text(folder)),
        ("import.meta.filename", text(&path)),
        ("import.meta.dirname", text(folder)),
        ("import.meta.url", text(&url)),
    ];
    let defines = defines.map(|(name, value)| (name.to_owned(), value));
    let Ok(defines) = ReplaceGlobalDefinesConfig::new(&defines) else {
        return ast;
    };
    ast.program.with_mut(|fields| {
        let scoping = SemanticBuilder::new()
            .build(fields.program)
            .semantic
            .into_scoping();
        let _ = ReplaceGlobalDefines::new(fields.allocator, defines).build(scoping, fields.program);
    });
    ast
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_of_where_the_project_lies() {
        let root = Path::new("/home/ada/shop");
        for (file, own) in [
            ("/home/ada/shop/index.js", "/index.js"),
            ("/home/ada/shop/lib/a b.js", "/lib/a b.js"),
            ("/home/ada/shop/node_modules/x/y.js", "/node_modules/x/y.js"),
            ("/home/ada/node_modules/x/y.js", "/node_modules/x/y.js"),
            ("/home/ada/shared/z.js", "/z.js"),
        ] {
            assert_eq!(own_path(root, Path::new(file)), own, "{file}");
        }
    }
}
