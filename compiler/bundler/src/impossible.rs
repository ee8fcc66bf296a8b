//! Which modules can never work in a sandbox, and what to use instead?

/// Modules of Node.js that the engine does not have, and what to use instead.
const NODE: &[(&[&str], &str)] = &[
    (
        &["child_process", "cluster"],
        "a lambda cannot start processes",
    ),
    (
        &["dgram", "http2", "net", "tls", "_tls_common", "_tls_wrap"],
        "use the toolbelt's HTTP client or `fetch`",
    ),
    (
        &["dns", "dns/promises"],
        "use the toolbelt's HTTP client or `fetch`, which resolve names",
    ),
    (&["domain"], "use `try` and `catch`"),
    (
        &[
            "_http_agent",
            "_http_client",
            "_http_common",
            "_http_incoming",
            "_http_outgoing",
        ],
        "use `http` or `https`",
    ),
    (
        &["_http_server"],
        "a lambda cannot listen: it is invoked, and its input is its argument",
    ),
    (
        &["inspector", "inspector/promises", "trace_events"],
        "use `console.debug`",
    ),
    (
        &["readline", "readline/promises", "repl"],
        "there is no terminal: the input is the lambda's argument",
    ),
    (&["sea"], "a lambda is no executable"),
    (
        &["sqlite"],
        "there is no file system: use the Context Session Store or a service of yours",
    ),
    (
        &[
            "_stream_duplex",
            "_stream_passthrough",
            "_stream_readable",
            "_stream_transform",
            "_stream_wrap",
            "_stream_writable",
        ],
        "use `stream`",
    ),
    (&["test", "test/reporters"], "run tests with Node.js"),
    (&["v8"], "the engine is QuickJS"),
    (&["vm"], "every lambda has a sandbox of its own already"),
    (&["wasi"], WEB_ASSEMBLY),
    (&["worker_threads"], "a lambda has one thread: use promises"),
];

/// Of these, the ones that Node.js has only with `node:` before the name: without it they are packages.
const ONLY_WITH_PREFIX: [&str; 4] = ["sea", "sqlite", "test", "test/reporters"];

/// Packages that do nothing but find and load native code.
const LOADERS: [&str; 8] = [
    "@mapbox/node-pre-gyp",
    "bindings",
    "detect-libc",
    "node-gyp-build",
    "node-gyp-build-optional-packages",
    "node-pre-gyp",
    "pkg-prebuilds",
    "prebuild-install",
];

pub(crate) const NATIVE: &str =
    "native code cannot run in a sandbox: use a package that is JavaScript only";
const WEB_ASSEMBLY: &str =
    "a lambda cannot load WebAssembly: use a package that is JavaScript only";

/// What to use instead of a module that cannot work, by the name or the path that asks for it.
pub(crate) fn instead(specifier: &str) -> Option<&'static str> {
    if specifier.starts_with('.') {
        return instead_of_file(specifier);
    }
    if LOADERS.contains(&specifier) {
        return Some(NATIVE);
    }
    let name = specifier.strip_prefix("node:").unwrap_or(specifier);
    NODE.iter()
        .find(|(names, _)| names.contains(&name))
        .map(|(_, instead)| *instead)
}

/// The same by the file that was found.
pub(crate) fn instead_of_file(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "node" => Some(NATIVE),
        "wasm" => Some(WEB_ASSEMBLY),
        _ => None,
    }
}

/// The same for what was not found: where tools put native code once they have built it.
pub(crate) fn instead_of_unbuilt(specifier: &str) -> Option<&'static str> {
    let is_unbuilt = ["build/Release/", "build/Debug/"]
        .iter()
        .any(|folder| specifier.contains(folder));
    is_unbuilt.then_some(NATIVE)
}

/// Whether it is a module of Node.js that cannot work.
pub(crate) fn is_of_node(specifier: &str) -> bool {
    let name = specifier.strip_prefix("node:");
    let is_its = name.is_some() || !may_be_package(specifier);
    let name = name.unwrap_or(specifier);
    is_its && NODE.iter().any(|(names, _)| names.contains(&name))
}

/// The CommonJS module that stands in a package for a module of Node.js that cannot work.
pub(crate) fn stand_in(name: &str) -> String {
    let instead = instead(name).unwrap_or_default();
    include_str!("absent.js")
        .replacen("NAME", &format!("{name:?}"), 1)
        .replacen("INSTEAD", &format!("{instead:?}"), 1)
}

/// Whether a package of that name comes before the module of Node.js.
pub(crate) fn may_be_package(specifier: &str) -> bool {
    ONLY_WITH_PREFIX.contains(&specifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_code_is_known_by_its_file_and_by_what_loads_it() {
        for specifier in ["./build/Release/addon.node", "../addon.node", "bindings"] {
            assert_eq!(instead(specifier), Some(NATIVE), "{specifier}");
        }
        assert_eq!(instead_of_file("/a/index.node"), Some(NATIVE));
        assert_eq!(instead_of_unbuilt("../build/Release/addon"), Some(NATIVE));
        // A package may be called so.
        assert_eq!(instead("big.node"), None);
        assert_eq!(instead("./build/release.js"), None);
    }

    #[test]
    fn what_stands_in_for_a_module_says_its_name_and_what_to_use_instead() {
        let code = stand_in("tls");
        assert!(
            code.contains("{ name: \"tls\", instead: \"use the toolbelt's"),
            "{code}"
        );
        assert!(is_of_node("tls") && is_of_node("node:tls") && is_of_node("node:sqlite"));
        assert!(!is_of_node("sqlite") && !is_of_node("bindings") && !is_of_node("tls/"));
    }

    #[test]
    fn a_module_of_node_is_known_with_and_without_its_prefix() {
        assert_eq!(instead("node:net"), instead("net"));
        assert!(instead("net").is_some());
        assert_eq!(instead("net/"), None);
        assert!(may_be_package("test") && !may_be_package("node:test"));
    }
}
