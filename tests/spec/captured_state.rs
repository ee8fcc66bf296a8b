//! Nothing that should differ between invocations is captured at build time, also when the top
//! level has already drawn from it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Method;
use sandglass_runtime::Runtime;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, config, open, start};
use crate::harness::{Case, Expected, block_on, builder, outcome, runtime, source, temporary};

const SOURCES: [&str; 8] = [
    "Math.random()",
    "crypto.randomUUID()",
    "crypto.randomBytes(16).toString('hex')",
    "crypto.randomInt(2 ** 40)",
    "[...crypto.getRandomValues(new Uint8Array(16))].join()",
    "globalThis.crypto.randomUUID()",
    "[...globalThis.crypto.getRandomValues(new Uint8Array(16))].join()",
    "crypto.createHash('sha256').update(String(Math.random())).digest('hex')",
];

fn drawing(expression: &str, at_top_level: bool) -> Case {
    let top = if at_top_level {
        format!("const first = {expression};")
    } else {
        String::new()
    };
    source(&format!(
        "const crypto = require('crypto'); {top}
         function lambda(input, callback) {{ callback(null, [{expression}, {expression}]); }}"
    ))
}

async fn draw(case: &Case, runtime: &Runtime, times: usize) -> Vec<Value> {
    let lambda = case.load_into(runtime).await;
    let mut drawn = Vec::new();
    for _ in 0..times {
        let report = lambda.invoke(case.invocation()).await.unwrap();
        let Expected::Returned(Value::Array(pair)) = outcome(&report) else {
            panic!("{report:?}, of {}", case.code)
        };
        drawn.extend(pair);
    }
    drawn
}

fn distinct(values: &[Value]) -> usize {
    values
        .iter()
        .map(Value::to_string)
        .collect::<BTreeSet<_>>()
        .len()
}

#[test]
fn randomness_differs_between_two_invocations() {
    for expression in SOURCES {
        let drawn = block_on(draw(&drawing(expression, false), runtime(), 4));
        assert_eq!(distinct(&drawn), drawn.len(), "{expression}: {drawn:?}");
    }
}

#[test]
fn randomness_differs_when_the_top_level_has_already_drawn() {
    for expression in SOURCES {
        let drawn = block_on(draw(&drawing(expression, true), runtime(), 4));
        assert_eq!(distinct(&drawn), drawn.len(), "{expression}: {drawn:?}");
    }
}

#[test]
fn randomness_differs_across_two_runtimes() {
    block_on(async {
        let other = builder().instances_max(2).build().unwrap();
        for expression in SOURCES {
            for at_top_level in [false, true] {
                let case = drawing(expression, at_top_level);
                let mut drawn = draw(&case, runtime(), 2).await;
                drawn.extend(draw(&case, &other, 2).await);
                assert_eq!(distinct(&drawn), drawn.len(), "{expression}: {drawn:?}");
            }
        }
    });
}

#[test]
fn the_clock_is_live_in_every_invocation() {
    let case = source(
        "const built = Date.now();
         function lambda(input, callback) {
           const [a, b, c] = [Date.now(), new Date().getTime(), performance.now()];
           setTimeout(() => callback(null, [a, b, Date.now() - a, performance.now() - c]), 5);
         }",
    );
    let lambda = case.load();
    let mut last = 0;
    for _ in 0..3 {
        let before = millis();
        let report = block_on(lambda.invoke(case.invocation())).unwrap();
        let Expected::Returned(value) = outcome(&report) else {
            panic!("{report:?}")
        };
        let (first, second) = (value[0].as_u64().unwrap(), value[1].as_u64().unwrap());
        assert!((before..=millis()).contains(&first), "{first} is not now");
        assert!(second >= first && first >= last, "{value}");
        assert!(
            value[2].as_f64().unwrap() >= 4.0,
            "the clock moves while waiting: {value}"
        );
        assert!(
            value[3].as_f64().unwrap() >= 4.0,
            "so does the monotonic one: {value}"
        );
        last = first + 5;
    }
}

fn millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis()
        .try_into()
        .unwrap()
}

#[test]
fn uuids_are_version_four() {
    let case = source(
        "function lambda(input, callback) {
           const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
           const ids = Array.from({ length: 100 }, () => require('crypto').randomUUID());
           callback(null, ids.every(id => shape.test(id)) && new Set(ids).size);
         }",
    );
    assert_eq!(crate::harness::result_of(&case), 100);
}

/// What two invocations draw, each together with the clock.
fn draws_of(server: &TestServer, lambda: &str) -> Vec<Value> {
    let mut drawn = Vec::new();
    for _ in 0..2 {
        let before = millis();
        let reply = server.invoke(lambda, json!({})).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        let mut values = reply.json().as_array().unwrap().clone();
        let now = values.pop().unwrap().as_u64().unwrap();
        assert!((before..=millis()).contains(&now), "{now} is not now");
        drawn.extend(values);
    }
    drawn
}

#[test]
fn two_servers_with_the_same_artifact_draw_differently() {
    let server = start();
    let lambda = server.deploy(
        "draws",
        "const { randomUUID } = require('crypto');
         const built = [Math.random(), randomUUID(), Date.now()];
         function lambda(input, callback) { callback(null, [Math.random(), randomUUID(), Date.now()]); }",
    );
    // A lambda's UUID is in its artifact, so only a copy of the data has the same one.
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let copied = temporary::directory();
    copy(&data_dir, copied.path());
    let servers = [data_dir.as_path(), copied.path()].map(|dir| open(config(dir)).unwrap());

    let digests = servers
        .each_ref()
        .map(|server| server.call(Method::GET, "/lambdas").send().json()[0]["digest"].clone());
    assert!(digests[0].is_string(), "{digests:?}");
    assert_eq!(digests[0], digests[1]);
    let drawn = servers
        .each_ref()
        .map(|server| draws_of(server, &lambda))
        .concat();
    assert_eq!(drawn.len(), 8);
    assert_eq!(distinct(&drawn), drawn.len(), "{drawn:?}");
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
