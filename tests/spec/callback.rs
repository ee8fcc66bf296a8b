//! The callback decides, and decides once: the platform's rules, row by row.

use sandglass_runtime::FailureKind;
use serde_json::json;

use crate::harness::{
    Expected, async_lambda, check, crashed, failed, lambda, log_lines, outcome, returned, source,
};

#[test]
fn a_result_may_be_any_json_value() {
    for value in [
        "null",
        "0",
        "-1.5",
        "true",
        "\"text\"",
        "[]",
        "[1,[2]]",
        "{}",
        "{\"a\":{\"b\":null}}",
    ] {
        let expected: serde_json::Value = serde_json::from_str(value).unwrap();
        check(
            lambda(&format!("callback(null, {value})")),
            returned(expected),
        );
    }
}

#[test]
fn an_undefined_error_is_a_success_too() {
    check(lambda("callback(undefined, 'fine')"), returned("fine"));
}

#[test]
fn a_callback_without_a_result_returns_nothing() {
    check(lambda("callback()"), Expected::ReturnedNothing);
    check(lambda("callback(null)"), Expected::ReturnedNothing);
    check(
        lambda("callback(null, undefined)"),
        Expected::ReturnedNothing,
    );
}

#[test]
fn the_first_call_wins_and_the_code_after_it_still_runs() {
    let report = check(
        lambda("callback(null, 'one'); console.info('after'); callback(null, 'two')"),
        returned("one"),
    );
    assert_eq!(log_lines(&report), ["Info after []"]);
}

#[test]
fn the_first_call_wins_over_a_later_error() {
    check(
        lambda("callback(null, 'one'); callback(new Error('two'))"),
        returned("one"),
    );
    check(
        lambda("callback(null, 'one'); throw new Error('two')"),
        returned("one"),
    );
    check(
        lambda("callback(new Error('one')); callback(null, 'two')"),
        failed("one"),
    );
    check(
        async_lambda("callback(null, 'one'); throw new TypeError('two')"),
        returned("one"),
    );
}

#[test]
fn an_error_that_is_not_an_error_warns() {
    let report = check(lambda("callback('whoops')"), failed("whoops"));
    let expected = "Warn Received error in an incorrect format. Please provide an error object to \
                    the callback. [{\"originalFailure\":\"whoops\"}]";
    assert!(
        log_lines(&report).iter().any(|line| line == expected),
        "{:?}",
        log_lines(&report)
    );
}

#[test]
fn an_error_is_the_failure_with_its_message_name_and_stack() {
    let case = source("function lambda(input, callback) {\n  callback(new Error('x'));\n}");
    let report = check(case, failed("x"));
    let sandglass_runtime::Outcome::Threw(failure) = &report.outcome else {
        unreachable!()
    };
    assert_eq!(failure.name, "Error");
    assert!(failure.stack.contains("lambda.js:2"), "{}", failure.stack);
    assert_eq!(log_lines(&report), ["Error Received Error - x []"]);
}

#[test]
fn an_error_of_the_users_own_class_is_custom() {
    let case = source(
        "class QuotaError extends Error { constructor(m) { super(m); this.name = 'QuotaError'; } }
         function lambda(input, callback) { callback(new QuotaError('used up')); }",
    );
    let report = check(case, failed("used up"));
    let sandglass_runtime::Outcome::Threw(failure) = &report.outcome else {
        unreachable!()
    };
    assert_eq!(failure.name, "QuotaError");
}

#[test]
fn a_coding_error_is_a_runtime_exception_wherever_it_comes_from() {
    check(lambda("hpptClient()"), crashed("hpptClient is not defined"));
    check(
        lambda("callback(new TypeError('passed'))"),
        crashed("passed"),
    );
    check(lambda("throw new SyntaxError('thrown')"), crashed("thrown"));
    check(
        async_lambda("throw new ReferenceError('rejected')"),
        crashed("rejected"),
    );
    check(
        lambda("setTimeout(() => { throw new TypeError('in a timer') }, 1)"),
        crashed("in a timer"),
    );
    let report = lambda("input.payload.missing.property").run();
    assert!(
        matches!(
            outcome(&report),
            Expected::Threw(FailureKind::RuntimeError, _)
        ),
        "{report:?}"
    );
}

#[test]
fn any_other_error_before_the_callback_is_custom() {
    check(lambda("throw new Error('thrown')"), failed("thrown"));
    check(
        async_lambda("throw new Error('rejected')"),
        failed("rejected"),
    );
    check(
        async_lambda("await Promise.reject(new Error('awaited'))"),
        failed("awaited"),
    );
    check(
        lambda("setTimeout(() => { throw new Error('in a timer') }, 1)"),
        failed("in a timer"),
    );
    check(lambda("throw 'a string'"), failed("a string"));
}

#[test]
fn the_value_that_an_async_lambda_returns_is_ignored() {
    let report = async_lambda("return 'value'").run();
    assert!(
        matches!(
            outcome(&report),
            Expected::Threw(FailureKind::Unfinished, _)
        ),
        "{report:?}"
    );
    check(
        async_lambda("callback(null, 'called'); return 'value'"),
        returned("called"),
    );
    check(
        lambda("setTimeout(callback, 1, null, 'later'); return 'value'"),
        returned("later"),
    );
}

#[test]
fn a_lambda_that_can_never_call_back_is_told_so_at_once() {
    for body in [
        "",
        "return 1",
        "new Promise(() => {})",
        "setTimeout(() => {}, 1)",
    ] {
        let report = lambda(body).run();
        let Expected::Threw(kind, message) = outcome(&report) else {
            panic!("{report:?}")
        };
        assert_eq!(kind, FailureKind::Unfinished, "{body}: {message}");
        assert!(message.contains("callback"), "{body}: {message}");
    }
    let report = async_lambda("await new Promise(() => {})").run();
    assert!(
        matches!(
            outcome(&report),
            Expected::Threw(FailureKind::Unfinished, _)
        ),
        "{report:?}"
    );
}

#[test]
fn a_result_that_is_not_json_is_a_failure_and_not_a_crash() {
    for body in [
        "const a = {}; a.self = a; callback(null, a)",
        "callback(null, 1n)",
        "callback(null, { toJSON() { throw new TypeError('no') } })",
    ] {
        let report = lambda(body).run();
        assert!(
            matches!(outcome(&report), Expected::Threw(..)),
            "{body}: {report:?}"
        );
    }
}

#[test]
fn a_result_is_what_json_makes_of_it() {
    check(
        lambda(
            "callback(null, { d: new Date(0), u: undefined, n: NaN, m: new Map([[1, 2]]), b: [undefined] })",
        ),
        returned(json!({ "d": "1970-01-01T00:00:00.000Z", "n": null, "m": {}, "b": [null] })),
    );
    check(
        lambda("callback(null, { toJSON: () => 'converted' })"),
        returned("converted"),
    );
    check(
        lambda("callback(null, 'ä€😀\\u0000\\n\"')"),
        returned("ä€😀\u{0}\n\""),
    );
}

#[test]
fn the_input_is_the_one_that_was_posted() {
    let case = lambda("callback(null, input)").input(
        r#"{"timestamp":17,"headers":[{"key":"a","value":"b"}],"payload":{"x":[1,"ä€😀"]}}"#,
    );
    let expected = json!({ "timestamp": 17, "headers": [{ "key": "a", "value": "b" }], "payload": { "x": [1, "ä€😀"] } });
    check(case, returned(expected));
}

#[test]
fn an_input_with_a_prototype_key_pollutes_nothing() {
    let case = lambda("callback(null, [({}).polluted ?? null, input.payload.__proto__.polluted])")
        .input(r#"{"payload":{"__proto__":{"polluted":1}}}"#);
    check(case, returned(json!([null, 1])));
}

#[test]
fn a_promise_that_settles_after_the_callback_does_not_matter() {
    check(
        async_lambda("Promise.reject(new Error('later')); callback(null, 'first')"),
        returned("first"),
    );
}
