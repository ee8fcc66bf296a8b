//! JSON is read and written as Node.js does, also what is unusual, and however deep it is.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{lambda, result_of, source};

const PROBES: &str = include_str!("json/probes.cjs");

#[test]
fn json_is_that_of_node() {
    let ours = result_of(&source(PROBES));
    let run = "require('./spec/json/probes.cjs').lambda({}, (error, out) => console.log(JSON.stringify(out)))";
    let node = Command::new("node")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["-e", run])
        .output()
        .expect("Node.js starts");
    let node: Value = serde_json::from_slice(&node.stdout).expect("it answers as JSON");
    let (ours, node) = (ours.as_array().unwrap(), node.as_array().unwrap());
    assert_eq!(ours.len(), node.len());
    let differing: Vec<_> = node
        .iter()
        .zip(ours)
        .enumerate()
        .filter(|(_, (node, ours))| node != ours)
        .map(|(place, (node, ours))| json!({ "probe": place, "node": node, "ours": ours }))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn what_is_too_deep_is_an_error_and_no_crash() {
    let code = "const said = (run) => { try { return typeof run(); } catch (error) { return error.name; } };
        const deep = (open, close) => said(() => JSON.parse(open.repeat(1_000_000) + '1' + close.repeat(1_000_000)));
        const nest = (wrap) => { let value = 1; for (let depth = 0; depth < 1_000_000; depth += 1) value = wrap(value); return value; };
        // Once something was read that looks the same, objects are read another way.
        const alike = said(() => JSON.parse('[{\"a\":{\"a\":1}},' + '{\"a\":'.repeat(1_000_000) + '1' + '}'.repeat(1_000_000) + ']'));
        callback(null, [deep('[', ']'), deep('{\"a\":', '}'), alike,
          said(() => JSON.stringify(nest((value) => [value]))), said(() => JSON.stringify(nest((value) => ({ value }))))]);";
    let said = result_of(&lambda(code));
    let said = said.as_array().unwrap();
    assert_eq!(said.len(), 5);
    for name in said {
        assert!(
            ["RangeError", "InternalError", "SyntaxError"].contains(&name.as_str().unwrap()),
            "{said:?}"
        );
    }
}

#[test]
fn memory_that_json_needs_counts() {
    let code = "const text = JSON.stringify('x'.repeat(1_000_000)); const kept = [];
        for (;;) kept.push(JSON.parse(`[${Array(20).fill(text).join(',')}]`));";
    let case = lambda(code).limits(|limits| limits.memory = sandglass_runtime::ByteSize::mib(64));
    crate::harness::check(
        case,
        crate::harness::exceeded(sandglass_runtime::Limit::Memory),
    );
}
