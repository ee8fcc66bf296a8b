//! A lambda may recurse deeply, and past that it gets a `RangeError` that it can catch.

use sandglass_runtime::{Fuel, Limit};
use serde_json::json;

use crate::harness::{Case, Expected, async_lambda, check, lambda, outcome, returned, source};

const DEEP: &str = "function deep(n) { return n === 0 ? 0 : 1 + deep(n - 1); } \
                    function endless(n) { return 1 + endless(n + 1); } ";

fn recursive(body: &str) -> Case {
    source(&format!(
        "{DEEP} function lambda(input, callback) {{ {body} }}"
    ))
}

#[test]
fn eight_thousand_plain_frames_work() {
    check(recursive("callback(null, deep(8000))"), returned(8_000));
}

#[test]
fn past_the_stack_a_range_error_is_thrown_that_the_lambda_can_catch() {
    let case = recursive(
        "try { endless(0); } catch (error) {
           callback(null, [error instanceof RangeError, error.name, deep(1000)]);
         }",
    );
    check(case, returned(json!([true, "RangeError", 1000])));
}

#[test]
fn a_range_error_that_is_not_caught_is_the_outcome() {
    let report = recursive("endless(0)").run();
    let Expected::Threw(_, message) = outcome(&report) else {
        panic!("{report:?}")
    };
    assert!(message.contains("call stack"), "{message}");
}

#[test]
fn recursion_in_a_promise_job_gets_the_same_range_error() {
    let case = source(&format!(
        "{DEEP} async function lambda(input, callback) {{
           await null;
           try {{ endless(0); }} catch (error) {{ callback(null, [error.name, deep(8000)]); }}
         }}"
    ));
    check(case, returned(json!(["RangeError", 8000])));
}

#[test]
fn recursion_in_a_timer_gets_the_same_range_error() {
    let case = recursive(
        "setTimeout(() => {
           try { endless(0); } catch (error) { callback(null, [error.name, deep(8000)]); }
         }, 1);",
    );
    check(case, returned(json!(["RangeError", 8000])));
}

/// Recursion inside the engine's own C code may end as a `RangeError`, as a `SyntaxError` of the
/// parser, or at the wall; never in a result, and never in the host.
#[test]
fn recursion_inside_the_engine_is_stopped() {
    let bodies = [
        "let a = []; for (let i = 0; i < 1e6; i += 1) a = [a]; callback(null, JSON.stringify(a))",
        "callback(null, JSON.parse('['.repeat(1e6) + ']'.repeat(1e6)))",
        "callback(null, new RegExp('('.repeat(1e6) + ')'.repeat(1e6)).test('x'))",
        "callback(null, eval('('.repeat(1e5) + ')'.repeat(1e5)))",
        "const o = {}; o.toString = () => `${o}`; callback(null, `${o}`)",
        "const a = []; a[0] = a; callback(null, a.flat(Infinity).length)",
        "let p = {}; for (let i = 0; i < 1e5; i += 1) p = new Proxy(p, {}); callback(null, p.x ?? 0)",
        "let f = () => 1; for (let i = 0; i < 1e5; i += 1) f = f.bind(null); callback(null, f())",
        "const s = [1, 2]; s.sort(function c() { return [1, 2].sort(c)[0]; }); callback(null, s)",
    ];
    for body in bodies {
        let report = lambda(body)
            .limits(|l| l.fuel = Fuel::new(5_000_000_000))
            .run();
        let stopped = match outcome(&report) {
            Expected::Threw(..) => true,
            Expected::Exceeded(limit) => {
                matches!(limit, Limit::Stack | Limit::Memory | Limit::Fuel)
            }
            Expected::Returned(_) | Expected::ReturnedNothing => false,
        };
        assert!(stopped, "{:?} of {body}", report.outcome);
    }
    check(
        lambda("callback(null, 'the host is well')"),
        returned("the host is well"),
    );
}

#[test]
fn an_endless_chain_of_awaits_does_not_need_stack() {
    let case = async_lambda(
        "async function count(n) { await null; return n === 0 ? 'done' : count(n - 1); }
         callback(null, await count(20000));",
    );
    check(case, returned("done"));
}
