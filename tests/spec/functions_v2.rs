//! Functions are managed as clients of the platform's second generation do.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, start};

const CODE: &str = "async function lambda(input) { console.debug('asked'); return input.payload; }";

fn create(server: &TestServer, name: &str) -> Value {
    let made = server
        .call(Method::POST, "/functions?userId=me")
        .json(&json!({ "name": name, "description": "echoes", "skills": [], "size": "S" }))
        .send();
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

fn save(server: &TestServer, name: &str, code: &str) -> crate::harness::server::Reply {
    server
        .call(Method::PUT, &format!("/functions/{name}/manifest"))
        .json(&json!({ "version": -1, "id": "x", "code": code, "environment": { "A": "1" } }))
        .send()
}

fn productive(server: &TestServer, name: &str) {
    for _ in 0..400 {
        let path = format!("/functions/{name}");
        if server.call(Method::GET, &path).send().json()["state"] == "Productive" {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("{name} is never productive");
}

#[test]
fn a_function_is_made_written_deployed_and_tried() {
    let server = start();
    let made = create(&server, "echo");
    assert_eq!(
        (&made["state"], &made["manifest"]["version"]),
        (&json!("Draft"), &json!(1))
    );
    let saved = save(&server, "echo", CODE);
    assert_eq!(saved.status, 200, "{saved:?}");
    assert_eq!(saved.json()["manifest"]["version"], 2);
    let uuid = made["uuid"].as_str().unwrap();
    let begun = server
        .call(Method::POST, &format!("/deployments/{uuid}"))
        .send();
    assert_eq!(begun.status, 202, "{begun:?}");
    productive(&server, "echo");
    let tried = server
        .call(Method::POST, "/functions/echo/test")
        .json(&json!({ "timestamp": 0, "headers": [], "payload": { "b": 2 } }))
        .send();
    assert_eq!(tried.status, 200, "{tried:?}");
    assert_eq!(tried.json()["result"], json!({ "b": 2 }));
    assert_eq!(tried.json()["logs"][0]["level"], "Debug");
    let read = server.call(Method::GET, "/functions/echo").send().json();
    let versions = read["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(
        (&versions[0]["code"], &versions[0]["environment"]["A"]),
        (&json!(CODE), &json!("1"))
    );
    assert_eq!(
        server.call(Method::GET, "/functions/count").send().text,
        "1"
    );
    assert_eq!(
        server.call(Method::GET, "/deployments/count").send().text,
        "1"
    );
    let listed = server
        .call(Method::GET, "/functions?functionName=ech&state=Productive")
        .send();
    assert_eq!(listed.json().as_array().unwrap().len(), 1);
    assert!(listed.json()[0].get("code").is_none());
}

#[test]
fn what_did_not_change_and_what_is_no_function_is_said_with_a_code_and_a_message() {
    let server = start();
    create(&server, "echo");
    save(&server, "echo", CODE);
    let same = save(&server, "echo", CODE);
    assert_eq!(
        same.json()["code"],
        "com.liveperson.faas.function.unchanged",
        "{same:?}"
    );
    let broken = save(&server, "echo", "async function lambda(input) { return 1;");
    assert_eq!(broken.status, 400, "{broken:?}");
    let code = broken.json()["code"].as_str().unwrap().to_owned();
    assert!(code.contains("validation"), "{code}");
    let missing = server.call(Method::GET, "/functions/nobody").send();
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.json()["code"],
        "com.liveperson.faas.function.not-found"
    );
    assert!(
        missing.json()["message"]
            .as_str()
            .unwrap()
            .contains("nobody")
    );
    let idle = server.call(Method::PATCH, "/deployments/echo").send();
    assert_eq!(idle.status, 409, "{idle:?}");
}

#[test]
fn a_description_and_skills_change_without_a_manifest() {
    let server = start();
    create(&server, "echo");
    let changed = server
        .call(Method::PUT, "/functions/echo")
        .json(&json!({ "description": "other", "isCompV1": false }))
        .send();
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = changed.json();
    assert_eq!(
        (&changed["description"], &changed["manifest"]["version"]),
        (&json!("other"), &json!(1))
    );
}
