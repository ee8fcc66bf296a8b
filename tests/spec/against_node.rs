//! Lambdas do in Node.js what they do in a sandbox, given the same time, chance and answers.

use std::path::Path;
use std::time::Duration;

use sandglass_compiler::against_node::{Difference, Node, Repeated, first_difference};
use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::{Conditions, Invocation, Outcome, Report};
use serde_json::{Value, json};

use crate::examples;
use crate::harness::binary::{run, sandglass as command};
use crate::harness::temporary;
use crate::harness::upstream::{Upstream, answer, with_header};
use crate::harness::{Case, async_lambda, block_on, npm, runtime, source};

/// Examples that do something else in Node.js on purpose: where they first differ, and why.
const ON_PURPOSE: &[(&str, &str, &str)] = &[(
    "salesforce-query",
    "requests[3].headers.accept-language",
    "the engine has jsforce as browsers do, over fetch; in Node.js it sends through a client of its own",
)];

const CONDITIONS: Conditions = Conditions {
    unix_ms: 1_788_000_000_123,
    seed: [7; 32],
};

/// Runs a case in a sandbox and in Node.js, which finds the packages that come with Sandglass.
fn compared(case: &Case) -> (Report, Option<Difference>) {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/engine/packages");
    let beside = npm::installed("engine-packages", &packages).join(&case.file_name);
    let runtime = runtime();
    block_on(async {
        let mut source = Source::new(case.file_name.clone(), case.code.clone()).unwrap();
        for (name, value) in &case.environment {
            source = source.env(name.clone(), value.clone()).unwrap();
        }
        let artifact = Compiler::new(runtime).compile(&source).await.unwrap();
        let lambda = runtime.load(artifact, case.policy.clone()).await.unwrap();
        let invocation = Invocation::json(case.input.clone()).unwrap();
        let invocation = invocation.repeatable(CONDITIONS);
        let report = lambda.invoke(invocation).await.unwrap();
        if matches!(report.outcome, Outcome::Exceeded(_)) {
            return (report, None);
        }
        let node = Node::find().await.unwrap();
        let repeated = Repeated {
            input: &case.input,
            conditions: CONDITIONS,
            exchanges: &report.exchanges,
        };
        let ran = node
            .run(&source, &beside, repeated, Duration::from_secs(60))
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", case.file_name));
        let difference = first_difference(&report, &ran);
        (report, difference)
    })
}

#[track_caller]
fn same(case: &Case) -> Report {
    let (report, difference) = compared(case);
    assert_eq!(difference, None, "{}\n{report:?}", case.code);
    report
}

#[test]
fn every_example_does_the_same_in_node() {
    let _world = examples::the_world();
    for name in examples::names() {
        let (case, _) = examples::read(&name);
        let (report, difference) = compared(&case);
        let on_purpose = ON_PURPOSE.iter().find(|(known, ..)| *known == name);
        assert_eq!(
            difference.as_ref().map(|found| found.path.as_str()),
            on_purpose.map(|(_, path, _)| *path),
            "{name}: {difference:#?}\n{:?}",
            report.outcome
        );
    }
}

#[test]
fn time_chance_and_answers_are_the_same_on_both_sides() {
    let upstream = Upstream::start(|received| {
        let said = format!(
            "{} {} {}",
            received.method,
            received.target,
            received.text()
        );
        with_header(
            answer(200, said),
            "x-answer",
            "ä".escape_unicode().to_string().as_str(),
        )
    });
    let code = "
        const http = require('http');
        const crypto = require('crypto');
        const get = url => new Promise((resolve, reject) => http.get(url, answer => {
          let text = '';
          answer.on('data', part => { text += part; });
          answer.on('end', () => resolve([answer.statusCode, answer.headers['x-answer'], text]));
        }).on('error', reject));
        async function lambda({ payload }) {
          const begun = [Date.now(), new Date().toISOString()];
          const posted = await fetch(payload.url + '/a', { method: 'POST', body: JSON.stringify({ b: 'ä' }), headers: { 'x-b': 'c' } });
          const answers = [await posted.text(), posted.headers.get('x-answer'), await get(payload.url + '/d?e=f')];
          const refused = await (await fetch('http://example.com/')).status;
          const order = [];
          await Promise.all([30, 10, 20].map(ms => new Promise(done => setTimeout(() => { order.push([ms, Date.now()]); done(); }, ms))));
          const bytes = new Uint8Array(5);
          globalThis.crypto.getRandomValues(bytes);
          return { begun, answers, refused, order, random: [Math.random(), Math.random(), crypto.randomBytes(5).toString('hex'),
            crypto.randomBytes(100).toString('base64'), crypto.randomUUID(), crypto.randomInt(1000), [...bytes]] };
        }";
    let case = source(code)
        .allow(&[&upstream.rule()])
        .payload(json!({ "url": upstream.url("") }));
    let report = same(&case);
    let Outcome::Returned(Some(result)) = &report.outcome else {
        panic!("{report:?}")
    };
    let result: Value = serde_json::from_str(result.get()).unwrap();
    assert_eq!(
        result["begun"],
        json!([1_788_000_000_123_u64, "2026-08-29T10:40:00.123Z"])
    );
    assert_eq!(
        result["order"],
        json!([
            [10, 1_788_000_000_133_u64],
            [20, 1_788_000_000_143_u64],
            [30, 1_788_000_000_153_u64]
        ])
    );
    assert_eq!(result["refused"], 403);
    assert_eq!(upstream.received().len(), 2, "Node.js has sent something");
}

#[test]
fn failures_logs_secrets_and_the_toolbelt_are_compared() {
    same(
        &async_lambda(
            "console.info('the secret', await secretClient.readSecret('key'), new Error('logged'));
             await httpClient.get('http://example.com/');",
        )
        .secret("key", json!({ "a": 1 })),
    );
    same(&source("function lambda() { null.x; }"));
    same(&source(
        "async function lambda() { throw new RangeError('out'); }",
    ));
    same(&source(
        "function lambda(input, callback) { setTimeout(() => {}, 5); }",
    ));
    same(&source(
        "export const lambda = async ({ payload }) => [typeof payload, import.meta !== undefined];",
    ));
}

#[test]
fn the_first_difference_is_shown_by_its_place() {
    let of = |code: &str| compared(&source(code)).1.expect("they differ");
    let result = of("async function lambda() { return { a: [1, { of: process.arch }] }; }");
    assert_eq!(result.path, "result.a[1].of");
    assert_eq!(result.sandbox, Some(json!("wasm32")));
    assert!(result.node.is_some_and(|node| node != "wasm32"));
    let logs = of("async function lambda() { console.info('on', process.arch); }");
    assert_eq!(logs.path, "logs[0].extras[0]");
    let request =
        of("async function lambda() { await fetch('http://example.com/' + process.arch); }");
    assert_eq!(
        (request.path.as_str(), request.sandbox),
        ("requests[0].url", Some(json!("http://example.com/wasm32")))
    );
}

/// The command, where there is a Node.js.
fn sandglass(arguments: &[&str]) -> std::process::Command {
    let mut command = command(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command
}

#[test]
fn the_command_compares_says_what_differs_and_fails_then() {
    let folder = temporary::directory();
    let file = folder.path().join("machine.js");
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        "async function lambda() { return { arch: process.arch }; }",
    )
    .unwrap();
    let told = run(sandglass(&["run", path, "--against-node"]));
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.contains("different: result.arch"), "{told:?}");
    assert!(told.err.contains("sandbox  \"wasm32\""), "{told:?}");
    let json = run(sandglass(&["run", path, "--against-node", "--json"]));
    let verdict = &json.json()["againstNode"];
    assert_eq!((json.code, &verdict["same"]), (1, &json!(false)));
    assert_eq!(verdict["difference"]["path"], "result.arch");

    std::fs::write(
        &file,
        "async function lambda() { return Math.random() + Date.now(); }",
    )
    .unwrap();
    let told = run(sandglass(&["run", path, "--against-node"]));
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.err.contains("same: result, logs and requests"),
        "{told:?}"
    );

    std::fs::write(
        &file,
        "const _ = require('lodash'); async function lambda() { return _.now(); }",
    )
    .unwrap();
    let told = run(sandglass(&["run", path, "--against-node"]));
    assert_eq!(told.code, 4, "{told:?}");
    assert!(
        told.err.contains("does not find the package lodash"),
        "{told:?}"
    );

    let mut without = sandglass(&["run", path, "--against-node"]);
    without.env("PATH", folder.path());
    let told = run(without);
    assert_eq!(told.code, 4, "{told:?}");
    assert!(
        told.err.contains("no `node` in PATH") && told.err.contains("nodejs.org"),
        "{told:?}"
    );
}
