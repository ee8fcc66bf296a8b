//! What does a file of the web platform's tests need to run?
//!
//! Node.js' rules: a file whose name ends in `.any.js`, `.window.js` or the like, once for each of its variants, unless
//! Node.js' own list of what it skips has it.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::tree::Tree;

/// The folders that are run: those that Node.js runs, without WebAssembly and channels between threads.
pub(crate) const FOLDERS: [&str; 17] = [
    "FileAPI/blob",
    "FileAPI/file",
    "WebCryptoAPI",
    "console",
    "dom/abort",
    "dom/events",
    "encoding",
    "hr-time",
    "html/webappapis/atob",
    "html/webappapis/microtask-queuing",
    "html/webappapis/structured-clone",
    "html/webappapis/timers",
    "performance-timeline",
    "streams",
    "url",
    "user-timing",
    "webidl/ecmascript-binding/es-exceptions",
];

/// Where the tests of the web platform are.
const ROOT: &str = "fixtures/wpt";

/// A file, or a variant of it.
#[derive(Debug, Clone)]
pub(crate) struct WebTest {
    pub(crate) folder: &'static str,
    /// Relative to the folder.
    pub(crate) file: String,
    /// Empty, or `?` and what follows.
    pub(crate) variant: String,
    /// Why no sandbox can pass it, if that is so.
    pub(crate) unreachable: Option<String>,
}

impl WebTest {
    /// Its name within the folder.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.file, self.variant)
    }
}

/// What a file says about itself in comments `// META: key=value`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Meta {
    title: Option<String>,
    scripts: Vec<String>,
    variants: Vec<String>,
}

impl Meta {
    fn parse(text: &str) -> Self {
        let mut meta = Self::default();
        for line in text.lines() {
            let Some(said) = line.strip_prefix("// META: ") else {
                continue;
            };
            let Some((key, value)) = said.split_once('=') else {
                continue;
            };
            let value = value.trim().to_owned();
            match key {
                "title" => meta.title = Some(value),
                "script" => meta.scripts.push(value),
                "variant" => meta.variants.push(value),
                _ => {}
            }
        }
        meta
    }
}

/// All files of all folders.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn tests(tree: &Tree) -> Result<Vec<WebTest>> {
    let mut tests = Vec::new();
    for folder in FOLDERS {
        let skipped = skipped(tree, folder);
        for file in tree.below(&format!("{ROOT}/{folder}"))? {
            if !is_test(&file) {
                continue;
            }
            let text = tree.text(&format!("{ROOT}/{folder}/{file}"));
            let mut variants = Meta::parse(&text.unwrap_or_default()).variants;
            if variants.is_empty() {
                variants.push(String::new());
            }
            let reason = skipped.iter().find(|(pattern, _)| fits(pattern, &file));
            tests.extend(variants.into_iter().map(|variant| WebTest {
                folder,
                file: file.clone(),
                variant,
                unreachable: reason.map(|(_, reason)| reason.clone()),
            }));
        }
    }
    Ok(tests)
}

/// A name with a word between two dots before `js`.
fn is_test(file: &str) -> bool {
    let Some(stem) = file.strip_suffix(".js") else {
        return false;
    };
    let name = stem.rsplit('/').next().unwrap_or(stem);
    let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
    let is_word = kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    !kind.is_empty() && is_word && kind != "helper"
}

/// What Node.js skips in a folder, with its reasons.
fn skipped(tree: &Tree, folder: &str) -> Vec<(String, String)> {
    let status = tree
        .text(&format!("wpt/status/{folder}.json"))
        .unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    let rules = status.as_object().into_iter().flatten();
    let skips =
        rules.filter_map(|(file, rule)| Some((file.clone(), rule["skip"].as_str()?.to_owned())));
    skips.collect()
}

/// Whether a file is what a pattern with at most one star means.
fn fits(pattern: &str, file: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == file,
        Some((begin, end)) => {
            file.len() >= begin.len() + end.len() && file.starts_with(begin) && file.contains(end)
        }
    }
}

/// The payload with which the shim runs a file.
pub(crate) fn payload(test: &WebTest, tree: &Tree, mut files: Map<String, Value>) -> Value {
    let path = format!("/{}/{}", test.folder, test.file);
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let text = tree.text(&format!("{ROOT}{path}")).unwrap_or_default();
    let meta = Meta::parse(&text);
    let mut scripts = vec!["/resources/testharness.js".to_owned()];
    scripts.extend(meta.scripts.iter().map(|script| address(directory, script)));
    scripts.push(path.clone());
    let resources = scripts
        .iter()
        .cloned()
        .chain(resources(tree, directory, &text, &scripts));
    for resource in resources {
        if let Some(file) = tree.file(&format!("{ROOT}{resource}")) {
            files.insert(format!("/node/test/{ROOT}{resource}"), file);
        }
    }
    json!({
        "kind": "web",
        "subject": test.folder,
        "location": format!("http://wpt{}{}", path.replace(".js", ".html"), test.variant),
        "title": meta.title,
        "scripts": scripts,
        "files": files,
    })
}

/// Where a script is that a file names.
fn address(directory: &str, script: &str) -> String {
    let script = match script {
        "/resources/WebIDLParser.js" => "/resources/webidl2/lib/webidl2.js",
        other => other,
    };
    let whole = match script.starts_with('/') {
        true => script.to_owned(),
        false => format!("{directory}/{script}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The files that a file may fetch: those in folders `resources` beside it, and the interfaces that it names.
fn resources(tree: &Tree, directory: &str, text: &str, scripts: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut texts = vec![text.to_owned()];
    texts.extend(
        scripts
            .iter()
            .skip(1)
            .filter_map(|script| tree.text(&format!("{ROOT}{script}"))),
    );
    for part in texts.iter().flat_map(|text| text.split(['\'', '"', '`'])) {
        if part.ends_with(".json") || part.ends_with(".txt") {
            found.push(address(directory, part));
        }
    }
    if texts.iter().any(|text| text.contains("idl_test(")) {
        let interfaces = tree
            .below(&format!("{ROOT}/interfaces"))
            .unwrap_or_default();
        found.extend(
            interfaces
                .into_iter()
                .map(|name| format!("/interfaces/{name}")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_about_itself_is_read() {
        let meta = Meta::parse(
            "// META: title=Some title\n// META: script=/common/subset.js\n// META: script=../a.js\n\
             // META: variant=?1-10\n// META: variant=?11-last\n// META: timeout=long\nlet x;\n",
        );
        assert_eq!(meta.title.as_deref(), Some("Some title"));
        assert_eq!(meta.scripts, ["/common/subset.js", "../a.js"]);
        assert_eq!(meta.variants, ["?1-10", "?11-last"]);
    }

    #[test]
    fn a_test_has_a_kind_in_its_name() {
        assert!(is_test("url-origin.any.js"));
        assert!(is_test("sub/a.https.any.js"));
        assert!(!is_test("resources/encodings.js"));
        assert!(!is_test("a.any.html"));
        assert!(!is_test("x.helper.js"));
    }

    #[test]
    fn a_pattern_has_at_most_one_star() {
        assert!(fits("a.any.js", "a.any.js"));
        assert!(fits("legacy/*", "legacy/b/c.any.js"));
        assert!(fits("*.window.js", "a.window.js"));
        assert!(!fits("*.window.js", "a.any.js"));
    }

    #[test]
    fn a_script_is_named_from_the_root_or_from_its_file() {
        assert_eq!(address("/url", "/common/x.js"), "/common/x.js");
        assert_eq!(
            address("/url/sub", "../resources/y.js"),
            "/url/resources/y.js"
        );
        let parser = address("/url", "/resources/WebIDLParser.js");
        assert_eq!(parser, "/resources/webidl2/lib/webidl2.js");
    }
}
