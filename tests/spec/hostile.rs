//! What hostile code tried once, and what became of it. Each test is named after the way in.

use std::time::Duration;

use sandglass_compiler::CompileErrorKind;
use sandglass_runtime::{Limit, Outcome};
use serde_json::json;

use crate::harness::upstream::{Upstream, answer};
use crate::harness::{
    async_lambda, check, exceeded, failed, lambda, log_lines, result_of, returned, source,
};

#[test]
fn hashing_in_a_loop_does_not_hold_the_thread() {
    let code = "const { createHash } = require('crypto');
                for (;;) createHash('sha256').update('a').digest('hex')";
    let case = lambda(code).limits(|l| l.wall_clock = Duration::from_millis(200));
    check(case, exceeded(Limit::WallClock));
}

#[test]
fn hashing_much_at_once_does_not_hold_the_thread() {
    let code = "const { createHash } = require('crypto');
                const much = Buffer.alloc(30 << 20);
                for (;;) createHash('md5').update(much).digest('hex')";
    let case = lambda(code).limits(|l| l.wall_clock = Duration::from_millis(200));
    check(case, exceeded(Limit::WallClock));
}

#[test]
fn random_bytes_are_paid_for_by_the_byte() {
    let draw = |bytes: usize| {
        let code = format!("callback(null, require('crypto').randomBytes({bytes}).length)");
        lambda(&code).run().usage.fuel
    };
    assert!(draw(4 << 20) > draw(1 << 20) + (3 << 20) * 8);
}

#[test]
fn an_endless_error_message_is_shortened() {
    let report = lambda("callback(new Error('m'.repeat(5e6)))").run();
    let Outcome::Threw(failure) = &report.outcome else {
        panic!("{:?}", report.outcome)
    };
    assert!(failure.message.len() < 17_000 && failure.stack.len() < 33_000);
    assert!(report.logs[0].message.len() < 17_000);
}

#[test]
fn an_interval_that_is_always_due_does_not_keep_answers_waiting() {
    let upstream = Upstream::start(|_| answer(200, "answered"));
    let code =
        "setInterval(() => { const until = Date.now() + 4; while (Date.now() < until); }, 1);
                callback(null, await httpClient(input.payload))";
    let case = async_lambda(code)
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()]);
    check(case, returned("answered"));
}

#[test]
fn a_top_level_cannot_settle_every_invocation() {
    for start in ["queueMicrotask", "process.nextTick"] {
        let code = format!("{start}(() => {{ throw new Error('early') }}); function lambda() {{}}");
        let error = source(&code).compile().unwrap_err();
        assert_eq!(error.kind, CompileErrorKind::Threw, "{error:?}");
        assert!(error.message.contains("early"), "{error:?}");
    }
}

#[test]
fn half_a_surrogate_pair_is_logged_and_reported() {
    let report = check(
        lambda("console.info(input.payload); callback(new Error('\\ud800'))").payload(json!("x")),
        failed("\u{fffd}"),
    );
    assert_eq!(log_lines(&report)[0], "Info x []");
    let report = lambda("console.info('\\ud800', '\\udfff'); callback()").run();
    assert_eq!(log_lines(&report), ["Info \u{fffd} [\"\\udfff\"]"]);
}

#[test]
fn an_error_whose_getters_throw_is_still_a_failure() {
    let code = "const error = new Error('x');
                Object.defineProperty(error, 'message', { get() { throw 1 } });
                callback(error)";
    check(lambda(code), failed(""));
}

#[test]
fn the_engines_own_modules_cannot_be_imported() {
    let code = "const names = ['sandglass:native', 'sandglass:url', 'sandglass:toolbelt/http_client'];
                const tried = names.map((name) => import(name).then(() => 'imported', () => 'refused'));
                callback(null, await Promise.all(tried))";
    assert_eq!(
        result_of(&async_lambda(code)),
        json!(["refused", "refused", "refused"])
    );
}

#[test]
fn two_lambdas_do_not_share_what_their_top_levels_drew() {
    let drawn = |comment: &str| {
        let code = format!(
            "const drawn = require('crypto').randomBytes(8).toString('hex'); // {comment}
             function lambda(input, callback) {{ callback(null, drawn); }}"
        );
        result_of(&source(&code))
    };
    assert_eq!(drawn("one"), drawn("one"));
    assert_ne!(drawn("one"), drawn("two"));
}
