//! What does a test of Node.js' need to run?

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::catalog::Catalog;
use crate::fixtures;
use crate::own;
use crate::reachability::Rules;
use crate::tree::Tree;

/// A file of `test/parallel`.
#[derive(Debug, Clone)]
pub(crate) struct NodeTest {
    /// The module that it is about.
    pub(crate) module: String,
    /// The file's name.
    pub(crate) file: String,
    /// Why no sandbox can pass it, if that is so.
    pub(crate) unreachable: Option<String>,
}

/// Where the shim believes to be.
const ROOT: &str = "/node/test";

/// The shim's own files, and where tests find them.
const SHIM: [(&str, &str); 10] = [
    ("fs.js", "/node/shim/fs.js"),
    ("node_test.js", "/node/shim/node_test.js"),
    ("web.js", "/node/shim/web.js"),
    ("common/index.js", "/node/test/common/index.js"),
    ("common/fixtures.js", "/node/test/common/fixtures.js"),
    ("common/countdown.js", "/node/test/common/countdown.js"),
    ("common/tick.js", "/node/test/common/tick.js"),
    ("common/arraystream.js", "/node/test/common/arraystream.js"),
    ("common/hijackstdio.js", "/node/test/common/hijackstdio.js"),
    ("common/wpt.js", "/node/test/common/wpt.js"),
];

/// What of Node.js' own `common` is only data and arithmetic: it is used as it is.
const AS_IT_IS: [&str; 1] = ["crypto.js"];

/// All tests of the catalog's modules.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn tests(tree: &Tree, catalog: &Catalog, rules: &Rules) -> Result<Vec<NodeTest>> {
    let mut tests = Vec::new();
    for file in tree.names("parallel")? {
        let Some(module) = catalog.module_of(&file) else {
            continue;
        };
        let text = tree.text(&format!("parallel/{file}")).unwrap_or_default();
        tests.push(NodeTest {
            module: module.name.clone(),
            unreachable: rules.reason(&file, &text).map(str::to_owned),
            file,
        });
    }
    Ok(tests)
}

/// The payload with which the shim runs a test.
pub(crate) fn payload(test: &NodeTest, tree: &Tree, mut files: Map<String, Value>) -> Value {
    let entry = format!("parallel/{}", test.file);
    let text = tree.text(&entry).unwrap_or_default();
    for name in AS_IT_IS {
        let path = format!("common/{name}");
        files.insert(format!("{ROOT}/{path}"), tree.file(&path).into());
    }
    for path in fixtures::named_in(&text, tree) {
        let path = format!("fixtures/{path}");
        files.insert(format!("{ROOT}/{path}"), tree.file(&path).into());
    }
    for other in other_tests(&text) {
        let path = format!("parallel/{other}");
        if let Some(file) = tree.file(&path) {
            files.insert(format!("{ROOT}/{path}"), file);
        }
    }
    files.insert(format!("{ROOT}/{entry}"), Value::String(text));
    json!({
        "kind": "node",
        "subject": test.module,
        "entry": format!("{ROOT}/{entry}"),
        "files": files,
    })
}

/// The shim's own files, as a payload holds them.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn shim() -> Result<Map<String, Value>> {
    let files = SHIM.iter();
    files
        .map(|(file, place)| {
            Ok((
                (*place).to_owned(),
                own::text(&format!("shim/{file}"))?.into(),
            ))
        })
        .collect()
}

/// Other tests that a test requires.
fn other_tests(text: &str) -> Vec<String> {
    let requires = text.split("require('./").skip(1);
    let names = requires.filter_map(|rest| rest.split_once('\'').map(|(name, _)| name));
    names
        .map(|name| match name.ends_with(".js") {
            true => name.to_owned(),
            false => format!("{name}.js"),
        })
        .collect()
}
