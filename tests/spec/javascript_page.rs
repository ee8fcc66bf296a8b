//! `docs/javascript.md` says what is there and what is not.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{lambda, result_of, source};

const PAGE: &str = include_str!("../../docs/javascript.md");

/// All of `module.builtinModules` of Node.js 22, and what it has only with `node:` before the name.
const OF_NODE: &str = "_http_agent _http_client _http_common _http_incoming _http_outgoing _http_server \
    _stream_duplex _stream_passthrough _stream_readable _stream_transform _stream_wrap _stream_writable \
    _tls_common _tls_wrap assert assert/strict async_hooks buffer child_process cluster console constants \
    crypto dgram diagnostics_channel dns dns/promises domain events fs fs/promises http http2 https \
    inspector inspector/promises module net os path path/posix path/win32 perf_hooks process punycode \
    querystring readline readline/promises repl stream stream/consumers stream/promises stream/web \
    string_decoder sys timers timers/promises tls trace_events tty url util util/types v8 vm wasi \
    worker_threads zlib node:sea node:sqlite node:test node:test/reporters";

/// The names in backticks in the first column of the tables with this heading.
fn names(heading: &str) -> Vec<&'static str> {
    names_in(PAGE, heading)
}

fn names_in(page: &'static str, heading: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        if !line.starts_with('|') {
            is_inside = false;
        } else if line.starts_with(&format!("| {heading} |")) {
            is_inside = true;
        } else if is_inside {
            let first = line.split('|').nth(1).expect("a row has columns");
            names.extend(first.split('`').skip(1).step_by(2));
        }
    }
    names
}

#[test]
fn the_page_on_javascript_says_what_is_there() {
    let (globals, modules, missing) = (names("global"), names("module"), names("missing"));
    assert!(globals.len() > 30 && modules.len() > 25 && missing.len() > 25);
    let code = "const { globals, modules, missing } = input.payload;
                const loads = name => { try { return require('node:' + name) !== undefined; } catch { return false; } };
                callback(null, {
                  globals: globals.filter(name => typeof globalThis[name] === 'undefined'),
                  modules: modules.filter(name => !loads(name) || require(name) !== require('node:' + name)),
                  missing: missing.filter(name => typeof globalThis[name] !== 'undefined' || loads(name)),
                })";
    let payload = json!({ "globals": globals, "modules": modules, "missing": missing });
    assert_eq!(
        result_of(&lambda(code).payload(payload)),
        json!({ "globals": [], "modules": [], "missing": [] }),
        "what the page says and is not so"
    );
}

#[test]
fn a_module_of_node_is_there_or_the_build_says_what_to_use_instead() {
    let (_, of_modules) = PAGE.split_once("\n## Node.js\n").unwrap();
    let shipped = sandglass_runtime::engine_modules();
    let of_node = OF_NODE
        .split_whitespace()
        .filter(|name| !shipped.contains_key(name.trim_start_matches("node:")));
    let mut names: BTreeSet<&str> = names_in(of_modules, "missing").into_iter().collect();
    names.extend(of_node);
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let bare = name.trim_start_matches("node:");
        for specifier in [name, &format!("node:{bare}")] {
            let error = source(&format!("require('{specifier}'); function lambda() {{}}"))
                .compile()
                .expect_err(specifier);
            assert_eq!(
                error.to_string(),
                format!("lambda.js:1:1: '{bare}' cannot work in a sandbox")
            );
            assert!(
                !error.hint.is_empty() && !error.hint.contains("npm install"),
                "{specifier}: {error:?}"
            );
        }
    }
    for (name, hint) in [
        ("child_process", "a lambda cannot start processes"),
        ("net", "use the toolbelt's HTTP client or `fetch`"),
    ] {
        let code = format!("require('{name}'); function lambda() {{}}");
        assert_eq!(source(&code).compile().unwrap_err().hint, hint);
    }
    let unknown = source("require('node:pth'); function lambda() {}").compile();
    let unknown = unknown.unwrap_err();
    assert_eq!(unknown.message, "cannot find module 'node:pth'");
    assert!(!unknown.hint.contains("npm"), "{unknown:?}");
}

#[test]
fn the_language_is_that_of_the_page() {
    let code = "const works = text => { try { return (0, eval)(text); } catch (error) { return error.name; } };
                callback(null, [
                  works('class A { #x = 1; static read(a) { return a.#x; } } A.read(new A())'), works('/(?<=a)\\\\p{L}/u.test(\"ab\")'),
                  works('[1, 2].values().map(x => x + 1).toArray()[1]'), works('new Set([1]).union(new Set([2])).size'), works('2n ** 64n > 1n'),
                  works('/[\\\\p{L}--[a-z]]/v'), new Date(2026, 6, 1).getTimezoneOffset(), (1234.5).toLocaleString('de-DE'), 'ä'.localeCompare('z', 'de') > 0])";
    assert_eq!(
        result_of(&lambda(code)),
        json!([1, true, 3, 2, true, "SyntaxError", 0, "1.234,5", false])
    );
}

#[test]
fn a_global_that_the_source_names_is_not_loaded_in_an_invocation() {
    let fuel = |expression: &str| {
        let code =
            format!("function lambda(input, callback) {{ new ({expression})(); callback(); }}");
        source(&code).run().usage.fuel
    };
    let (named, hidden) = (fuel("Headers"), fuel("globalThis['Head' + 'ers']"));
    assert!(named * 2 < hidden, "{named} and {hidden}");
}
