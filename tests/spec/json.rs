//! JSON is read and written as Node.js does, also what is unusual, and however deep it is.

use std::path::Path;

use serde_json::Value;

use crate::harness::node::{run_in_node, same_answers};
use crate::harness::{lambda, result_of, source};

const PROBES: &str = include_str!("json/probes.cjs");

#[test]
fn json_is_that_of_node() {
    let ours = result_of(&source(PROBES));
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let node = run_in_node(
        here,
        "new Promise(done => require('./spec/json/probes.cjs').lambda({}, (_, out) => done(out)))",
    );
    let (ours, node) = (by_place(&ours), by_place(&node));
    same_answers("JSON", &ours, &node);
}

/// The answers of a list by their places.
fn by_place(answers: &Value) -> Value {
    let answers = answers.as_array().expect("a list of answers").iter();
    answers
        .enumerate()
        .map(|(place, answer)| (place.to_string(), answer.clone()))
        .collect()
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
