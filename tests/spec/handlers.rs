//! A lambda settles by its callback, or by what it returns when it takes no callback; what nobody
//! handles ends it at once.

use sandglass_runtime::FailureKind;
use serde_json::{Value, json};

use crate::harness::{Expected, check, failed, outcome, returned, source};

#[test]
fn a_lambda_without_a_callback_settles_by_what_it_returns() {
    for (code, result) in [
        (
            "async function lambda(input) { return { a: 1 }; }",
            json!({ "a": 1 }),
        ),
        ("async function lambda(input) { return null; }", Value::Null),
        (
            "async function lambda({ payload }) { return payload; }",
            json!({}),
        ),
        ("function lambda(input) { return 5; }", json!(5)),
        (
            "function lambda(input) { return Promise.resolve('later'); }",
            json!("later"),
        ),
        ("const lambda = async (input) => input.payload;", json!({})),
    ] {
        check(source(code), returned(result));
    }
    check(
        source("async function lambda(input) { }"),
        Expected::ReturnedNothing,
    );
    check(
        source("async function lambda(input) { throw new Error('no'); }"),
        failed("no"),
    );
    let type_error = source("async function lambda(input) { return null.a; }").run();
    assert!(
        matches!(
            outcome(&type_error),
            Expected::Threw(FailureKind::RuntimeError, _)
        ),
        "{type_error:?}"
    );
}

#[test]
fn a_lambda_with_a_callback_settles_by_it_alone() {
    for code in [
        "async function lambda(input, callback) { setTimeout(() => callback(null, 1), 1); return 2; }",
        "async function lambda(input = {}, callback = undefined) { setTimeout(() => callback(null, 1), 1); return 2; }",
        "function lambda(...given) { setTimeout(() => given[1](null, 1), 1); }",
        "function lambda() { const callback = arguments[1]; setTimeout(() => callback(null, 1), 1); }",
    ] {
        check(source(code), returned(1));
    }
}

#[test]
fn a_rejection_that_nobody_handles_fails_the_invocation_at_once() {
    for code in [
        "Promise.reject(new Error('lost'))",
        "(async () => { await null; throw new Error('lost'); })()",
        "new Promise((resolve, reject) => setTimeout(() => reject(new Error('lost')), 1))",
        "Promise.resolve().then(() => { throw new Error('lost'); })",
    ] {
        let waiting = "setTimeout(() => callback(null, 'late'), 60000)";
        let code = format!("function lambda(input, callback) {{ {code}; {waiting}; }}");
        let report = check(source(&code), failed("lost"));
        let stack = match &report.outcome {
            sandglass_runtime::Outcome::Threw(failure) => &failure.stack,
            other => panic!("{other:?}"),
        };
        assert!(stack.contains("lambda.js:1:"), "{stack}");
    }
}

#[test]
fn a_rejection_that_is_handled_in_time_is_nobodys_failure() {
    for code in [
        "Promise.reject(new Error('caught')).catch(() => callback(null, 1))",
        "const p = Promise.reject(new Error('caught')); Promise.resolve().then(() => p.catch(() => callback(null, 1)))",
        "Promise.allSettled([Promise.reject(new Error('a'))]).then(() => callback(null, 1))",
        "callback(null, 1); Promise.reject(new Error('after'))",
    ] {
        let code = format!("function lambda(input, callback) {{ {code}; }}");
        check(source(&code), returned(1));
    }
}

#[test]
fn a_rejection_at_the_top_level_fails_the_build() {
    let code = "Promise.reject(new Error('too early'));\nfunction lambda() {}";
    let error = source(code).compile().unwrap_err();
    assert_eq!(error.to_string(), "lambda.js:1:15: Error: too early");
}
