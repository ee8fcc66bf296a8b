//! What a lambda was bundled with is not lost by saving, running, copying or restoring its text.

use reqwest::Method;
use sandglass_compiler::pack;
use serde_json::{Value, json};

use crate::harness::block_on;
use crate::harness::server::{Reply, TestServer, start};
use crate::harness::steps::{body, make_live};
use crate::harness::temporary;

/// Imports a file that only the bundle has.
const ENTRY: &str = "import { greet } from './greet';\nexport const lambda = (input) => greet(input.payload.name);\n";
const GREET: &str = "export const greet = (name: string): string => `Hello ${name}`;\n";
/// Imports nothing.
const ALONE: &str = "export const lambda = () => 'alone';\n";

/// Deploys the lambda as the command line does it.
fn deployed(server: &TestServer) -> Value {
    let directory = temporary::directory();
    std::fs::write(directory.path().join("greeter.ts"), ENTRY).unwrap();
    std::fs::write(directory.path().join("greet.ts"), GREET).unwrap();
    let source = block_on(pack(&directory.path().join("greeter.ts"))).unwrap();
    let lambda = json!({
        "name": "greeter",
        "fileName": "greeter.ts",
        "code": source.code(),
        "bundle": source.bundle().unwrap(),
    });
    let reply = server.call(Method::POST, "/deploy").json(&lambda).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(greeted(server, "greeter"), "\"Hello Ada\"");
    read(server, "greeter")
}

fn greeted(server: &TestServer, lambda: &str) -> String {
    let invoked = server.invoke(lambda, json!({ "name": "Ada" })).send();
    assert_eq!(invoked.status, 200, "{invoked:?}");
    invoked.text
}

fn read(server: &TestServer, lambda: &str) -> Value {
    let path = format!("/lambdas/{lambda}");
    server.call(Method::GET, &path).send().json()
}

fn get(server: &TestServer, path: &str) -> Reply {
    let path = format!("/lambdas/greeter{path}");
    server.call(Method::GET, &path).send()
}

fn put(server: &TestServer, lambda: &Value, code: &str) -> Reply {
    let mut changed = lambda.clone();
    changed["implementation"]["code"] = json!(code);
    let call = server.call(Method::PUT, "/lambdas/greeter");
    call.json(&changed).send()
}

/// Whether each version has a bundle, the latest first.
fn bundled(server: &TestServer) -> Vec<bool> {
    let versions = get(server, "/versions").json();
    let versions = versions.as_array().unwrap().iter();
    versions
        .map(|one| one["bundled"].as_bool().unwrap())
        .collect()
}

#[test]
fn a_text_that_still_imports_what_it_was_bundled_with_is_not_saved_without_it() {
    let server = start();
    let lambda = deployed(&server);
    let refused = put(&server, &lambda, &format!("{ENTRY}// changed"));
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.text.contains("./greet"), "{}", refused.text);
    assert_eq!(bundled(&server), [true]);
}

#[test]
fn another_text_is_without_the_bundle_and_the_version_before_keeps_it() {
    let server = start();
    let lambda = deployed(&server);
    let bundle = get(&server, "/versions/1/bundle").json();
    assert!(bundle["code"].as_str().unwrap().contains("Hello"));

    let saved = put(&server, &lambda, ALONE);
    assert_eq!(saved.status, 202, "{saved:?}");
    assert_eq!(bundled(&server), [false, true]);
    assert_eq!(get(&server, "/versions/2/bundle").status, 404);
    make_live(&server, "greeter");
    assert_eq!(greeted(&server, "greeter"), "\"alone\"");

    let path = "/lambdas/greeter/versions/1/restore";
    let restored = server.call(Method::POST, path).send();
    assert_eq!(restored.status, 200, "{restored:?}");
    assert_eq!(bundled(&server), [true, false, true]);
    make_live(&server, "greeter");
    assert_eq!(greeted(&server, "greeter"), "\"Hello Ada\"");
    assert_eq!(get(&server, "/versions/3/bundle").json(), bundle);
}

#[test]
fn other_variables_keep_the_bundle() {
    let server = start();
    let mut lambda = deployed(&server);
    let variables = json!([{ "key": "A", "value": "1" }]);
    lambda["implementation"]["environmentVariables"] = variables;
    let saved = put(&server, &lambda, ENTRY);
    assert_eq!(saved.status, 202, "{saved:?}");
    assert_eq!(bundled(&server), [true, true]);
    make_live(&server, "greeter");
    assert_eq!(greeted(&server, "greeter"), "\"Hello Ada\"");
}

#[test]
fn a_draft_of_the_text_as_it_was_saved_runs_with_its_bundle() {
    let server = start();
    deployed(&server);
    let run = |code: &str| {
        let input = json!({ "payload": { "name": "Ada" } });
        let draft = json!({
            "code": code, "fileName": "greeter.ts", "lambda": "greeter", "input": input,
        });
        server.call(Method::POST, "/run").json(&draft).send().json()
    };
    let ran = run(ENTRY);
    assert_eq!(
        (&ran["outcome"], &ran["result"]),
        (&json!("returned"), &json!("Hello Ada"))
    );
    assert_eq!(run(&format!("{ENTRY}//"))["outcome"], "notBuilt");
}

#[test]
fn a_lambda_is_made_anew_with_its_file_name_and_its_bundle() {
    let server = start();
    deployed(&server);
    let bundle = get(&server, "/versions/1/bundle").json();
    let mut copy = body("copy", -1, ENTRY);
    copy["fileName"] = json!("greeter.ts");
    let create = |lambda: &Value| {
        server
            .call(Method::POST, "/lambdas")
            .json(lambda)
            .send()
            .status
    };
    assert_eq!(create(&copy), 400, "without it, its import is missing");
    copy["bundle"] = bundle;
    assert_eq!(create(&copy), 201);
    make_live(&server, "copy");
    assert_eq!(greeted(&server, "copy"), "\"Hello Ada\"");
    let version = server.call(Method::GET, "/lambdas/copy/versions/1").send();
    assert_eq!(version.json()["fileName"], "greeter.ts");
}
