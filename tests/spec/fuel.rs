//! The work that sample lambdas need, in fuel: a performance test that is exact on any machine.
//!
//! When the engine changes on purpose, the table below is what this test prints.

use serde_json::json;

use crate::harness::{Case, async_lambda, lambda, source};

/// What a sample burned when it was recorded.
const RECORDED: [(&str, u64); 7] = [
    ("hello", 27_164),
    ("fibonacci of 20", 18_885_587),
    ("sort of 2,000 numbers", 19_473_371),
    ("json round trip of 20 kB", 9_247_232),
    ("regular expressions over 20 kB", 26_870_783),
    ("a hundred awaits", 1_327_490),
    ("hmac of 10 kB", 1_221_054),
];

fn sample(name: &str) -> Case {
    match name {
        "hello" => lambda("callback(null, `Hello ${input.payload.name}`)").payload(json!({ "name": "Ada" })),
        "fibonacci of 20" => source(
            "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
             function lambda(input, callback) { callback(null, fib(20)); }",
        ),
        "sort of 2,000 numbers" => lambda(
            "let seed = 1; const next = () => (seed = (seed * 16807) % 2147483647);
             callback(null, Array.from({ length: 2000 }, next).sort((a, b) => a - b)[0])",
        ),
        "json round trip of 20 kB" => lambda(
            "const rows = Array.from({ length: 400 }, (_, i) => ({ id: i, name: `row ${i}`, tags: ['a', 'b'] }));
             callback(null, JSON.parse(JSON.stringify(rows)).length)",
        ),
        "regular expressions over 20 kB" => lambda(
            "const text = 'the quick brown fox jumps over the lazy dog. '.repeat(450);
             callback(null, [...text.matchAll(/\\b(\\w+)\\s+(fox|dog)\\b/g)].length)",
        ),
        "a hundred awaits" => async_lambda("for (let i = 0; i < 100; i += 1) await i; callback(null, 'done')"),
        "hmac of 10 kB" => lambda(
            "callback(null, require('crypto').createHmac('sha256', 'key').update('x'.repeat(10000)).digest('hex'))",
        ),
        other => panic!("no sample is called {other}"),
    }
}

#[test]
fn sample_lambdas_burn_the_fuel_that_was_recorded() {
    let measured = RECORDED.map(|(name, _)| {
        let report = sample(name).run();
        let done = matches!(
            report.outcome,
            sandglass_runtime::Outcome::Returned(Some(_))
        );
        assert!(done, "{name}: {:?}", report.outcome);
        (name, report.usage.fuel)
    });
    let off = |((_, was), (_, is)): (&(_, u64), &(_, u64))| is.abs_diff(*was) * 100 > was * 3;
    let table = measured
        .map(|(name, fuel)| format!("    ({name:?}, {fuel}),\n"))
        .concat();
    assert!(
        !RECORDED.iter().zip(&measured).any(off),
        "more than 3 % off, now:\n{table}"
    );
}
