//! Nothing of one invocation can be seen by another, and no lambda sees another lambda.

use std::sync::Arc;

use serde_json::json;

use crate::harness::{Case, Expected, async_lambda, block_on, check, outcome, result_of, returned};
use crate::harness::{runtime, source, tokio};

/// Runs a case three times and expects the same of each.
#[track_caller]
fn check_each_of_three(case: &Case, expected: &Expected) {
    let lambda = case.load();
    for _ in 0..3 {
        let report = block_on(lambda.invoke(case.invocation())).unwrap();
        assert_eq!(outcome(&report), *expected, "of {}", case.code);
    }
}

#[test]
fn a_lambda_cannot_see_what_the_last_invocation_left_in_a_global() {
    let case = source(
        "function lambda(input, callback) {
           const before = [typeof globalThis.left, typeof implicit, typeof Array.left];
           globalThis.left = 1; implicit = 2; Array.left = 3;
           callback(null, before);
         }",
    );
    check_each_of_three(
        &case,
        &returned(json!(["undefined", "undefined", "undefined"])),
    );
}

#[test]
fn a_lambda_cannot_see_what_the_last_invocation_left_in_a_prototype() {
    let case = source(
        "function lambda(input, callback) {
           const before = [({}).polluted ?? 'clean', [].concat([1]).length, 'x'.toUpperCase()];
           Object.prototype.polluted = 'dirty';
           Array.prototype.concat = () => [];
           String.prototype.toUpperCase = () => 'hijacked';
           callback(null, before);
         }",
    );
    check_each_of_three(&case, &returned(json!(["clean", 1, "X"])));
}

#[test]
fn a_lambda_cannot_see_what_the_last_invocation_wrote_to_its_environment() {
    let case = source(
        "function lambda(input, callback) {
           const before = [process.env.MODE, process.env.LEFT ?? null];
           process.env.MODE = 'changed'; process.env.LEFT = 'left';
           callback(null, before);
         }",
    )
    .env("MODE", "set at build time");
    check_each_of_three(&case, &returned(json!(["set at build time", null])));
}

#[test]
fn a_lambda_cannot_see_what_the_last_invocation_left_in_its_own_module() {
    let case = source(
        "let counter = 0; const cache = new Map(); const list = [];
         function lambda(input, callback) {
           counter += 1; cache.set(counter, 'x'); list.push(counter);
           callback(null, [counter, cache.size, list.length]);
         }",
    );
    check_each_of_three(&case, &returned(json!([1, 1, 1])));
}

#[test]
fn a_lambda_cannot_see_what_the_last_invocation_left_in_a_library() {
    let case = source(
        "const crypto = require('crypto'); const { Toolbelt } = require('lp-faas-toolbelt');
         function lambda(input, callback) {
           const before = [crypto.left ?? null, Toolbelt.left ?? null, typeof JSON.parse];
           crypto.left = 1; Toolbelt.left = 2; JSON.parse = 'gone';
           callback(null, before);
         }",
    );
    check_each_of_three(&case, &returned(json!([null, null, "function"])));
}

#[test]
fn a_lambda_cannot_see_a_secret_that_the_last_invocation_read() {
    let case = async_lambda(
        "const before = globalThis.stolen ?? null;
         globalThis.stolen = (await secretClient.readSecret('key')).value;
         callback(null, before);",
    )
    .secret("key", json!("s3cret"));
    check_each_of_three(&case, &returned(json!(null)));
}

#[test]
fn a_lambda_cannot_see_what_a_timer_of_the_last_invocation_would_have_done() {
    let case = source(
        "let fired = 0;
         function lambda(input, callback) {
           setTimeout(() => { fired += 1; }, 1);
           setTimeout(() => callback(null, fired), 5);
           callback(null, fired);
         }",
    );
    check_each_of_three(&case, &returned(0));
}

#[test]
fn a_lambda_cannot_see_the_secrets_of_another_account() {
    let _owner = async_lambda("callback()").secret("key", json!("s3cret"));
    let other = async_lambda("callback(null, (await secretClient.readSecret('key')).value)")
        .secret("other", json!(1));
    let report = other.run();
    let Expected::Threw(_, message) = outcome(&report) else {
        panic!("{report:?}")
    };
    assert_eq!(message, "There is no Secret key for this account");
}

#[test]
fn a_lambda_has_no_door_but_the_toolbelt() {
    let case = source(
        "const doors = ['std', 'os', 'bjson', 'scriptArgs', 'Deno', 'Bun', 'Javy', 'WebAssembly'];
         function lambda(input, callback) {
           callback(null, doors.filter(name => typeof globalThis[name] !== 'undefined'));
         }",
    );
    check(case, returned(json!([])));
}

#[test]
fn the_same_invocation_burns_the_same_fuel_every_time() {
    let case = source(
        "const seen = new Map();
         function lambda(input, callback) {
           for (let i = 0; i < 1000; i += 1) seen.set(`key ${i}`, { i });
           callback(null, [...seen.keys()].sort().length);
         }",
    );
    let lambda = case.load();
    let fuel = || {
        block_on(lambda.invoke(case.invocation()))
            .unwrap()
            .usage
            .fuel
    };
    let first = fuel();
    assert!(first > 0);
    for _ in 0..20 {
        assert_eq!(fuel(), first);
    }
}

#[test]
fn many_lambdas_that_run_at_once_never_see_each_other() {
    const LAMBDAS: usize = 24;
    const ROUNDS: usize = 40;
    let case = |n: usize| {
        source(&format!(
            "const own = 'lambda {n} '.repeat(50); let runs = 0;
             function lambda(input, callback) {{
               runs += 1;
               globalThis.trace = (globalThis.trace ?? '') + own.slice(0, 9);
               const waste = new Uint8Array({n} * 4096).fill({n});
               const answer = [own.slice(0, 9), input.payload, runs, globalThis.trace, waste.length];
               if (input.payload % 3 === 0) setTimeout(() => callback(null, answer), 1);
               else callback(null, answer);
             }}"
        ))
    };
    let lambdas: Arc<Vec<_>> = Arc::new((0..LAMBDAS).map(|n| case(n).load()).collect());
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let lambdas = Arc::clone(&lambdas);
            tokio().spawn(async move {
                for round in 0..ROUNDS {
                    for (n, lambda) in lambdas.iter().enumerate() {
                        let payload = task * 1_000_000 + round * 1_000 + n;
                        let input = json!({ "payload": payload }).to_string();
                        let invocation = sandglass_runtime::Invocation::json(input).unwrap();
                        let report = lambda.invoke(invocation).await.unwrap();
                        let own = &format!("lambda {n} lambda ")[..9];
                        let expected = json!([own, payload, 1, own, n * 4096]);
                        assert_eq!(outcome(&report), Expected::Returned(expected));
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        block_on(task).unwrap();
    }
}

#[test]
fn an_instance_is_used_once() {
    // `Instance::invoke` takes the sandbox by value: this is a promise that the compiler keeps. What
    // is left to see is that a checked-out instance belongs to its lambda and is gone afterwards.
    let case = source("let n = 0; function lambda(input, callback) { callback(null, n += 1); }");
    let lambda = case.load();
    for _ in 0..2 {
        let instance = block_on(lambda.checkout()).unwrap();
        let report = block_on(instance.invoke(case.invocation())).unwrap();
        assert_eq!(outcome(&report), returned(1));
    }
    assert!(runtime().usage().instances_max >= 1);
}

#[test]
fn what_the_top_level_made_is_there_for_every_invocation() {
    let case = source(
        "const table = Array.from({ length: 1000 }, (_, i) => i * i);
         const text = JSON.stringify(table);
         function lambda(input, callback) { callback(null, [table[999], text.length]); }",
    );
    assert_eq!(result_of(&case), json!([998_001, 6_538]));
    check_each_of_three(&case, &returned(json!([998_001, 6_538])));
}
