//! `docs/javascript.md` says what is there and what is not.

use serde_json::json;

use crate::harness::{lambda, result_of, source};

const PAGE: &str = include_str!("../../docs/javascript.md");

/// The names in backticks in the first column of the tables with this heading.
fn names(heading: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut is_inside = false;
    for line in PAGE.lines() {
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
fn the_language_is_that_of_the_page() {
    let code = "const works = text => { try { return (0, eval)(text); } catch (error) { return error.name; } };
                callback(null, [
                  works('class A { #x = 1; static read(a) { return a.#x; } } A.read(new A())'), works('/(?<=a)\\\\p{L}/u.test(\"ab\")'),
                  works('[1, 2].values().map(x => x + 1).toArray()[1]'), works('new Set([1]).union(new Set([2])).size'), works('2n ** 64n > 1n'),
                  works('/[\\\\p{L}--[a-z]]/v'), new Date(2026, 6, 1).getTimezoneOffset(), (1234.5).toLocaleString('de-DE'), 'ä'.localeCompare('z', 'de') > 0])";
    assert_eq!(
        result_of(&lambda(code)),
        json!([1, true, 3, 2, true, "SyntaxError", 0, "1234.5", true])
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
