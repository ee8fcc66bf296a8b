//! What is done to lambdas is on record, step by step.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{members, rows};
use crate::harness::server::{TestServer, start};

const ONE: &str = "function lambda(input, callback) { callback(null, 'one'); }";
const THROWS: &str = "function lambda(input, callback) {}\nthrow new Error('at the top');";

#[test]
fn a_deployment_in_one_call_is_on_record_with_what_changed() {
    let server = start();
    let uuid = server.deploy_body("hello", "callback(null, 1)");
    server.deploy_body("hello", "callback(null, 2)");
    let variable = server.call(Method::PUT, "/lambdas/hello/environment/MODE");
    let variable = variable.json(&json!({ "value": "secret-ish" })).send();
    assert_eq!(variable.status, 200, "{variable:?}");
    let broken = json!({ "name": "hello", "fileName": "a.js", "code": "function lambda(" });
    let refused = server.call(Method::POST, "/deploy").json(&broken).send();
    assert_eq!(refused.status, 422, "{refused:?}");
    server.undeploy("hello");
    let deleted = server.call(Method::DELETE, "/lambdas/hello").send();
    assert_eq!(deleted.status, 204, "{deleted:?}");

    let rows = rows(&server, "?action=lambda");
    assert_eq!(
        members(&rows, "action"),
        [
            "lambda.delete",
            "lambda.undeploy",
            "lambda.deploy",
            "lambda.deploy",
            "lambda.deploy"
        ]
    );
    assert_eq!(members(&rows, "targetId"), [uuid.as_str(); 5]);
    assert_eq!(members(&rows, "targetName"), ["hello"; 5]);
    let digest = variable.json()["digest"].clone();
    let changed = json!({ "version": 3, "digest": digest, "variables": ["MODE"] });
    assert_eq!(rows[2]["details"], changed);
    assert_eq!(rows[3]["details"]["variables"], json!([]));
    let versions = rows[2..].iter().map(|row| &row["details"]["version"]);
    assert_eq!(versions.collect::<Vec<_>>(), [3, 2, 1]);
    assert!(!format!("{rows:?}").contains("secret-ish"), "{rows:?}");
}

/// The platform's body of a lambda.
fn body(version: u64, code: &str) -> Value {
    let version = i64::try_from(version).unwrap();
    json!({
        "uuid": "", "version": if version == 0 { -1 } else { version }, "name": "steps",
        "description": "", "state": "Draft",
        "implementation": { "code": code, "dependencies": [], "environmentVariables": [] },
    })
}

#[track_caller]
fn done(server: &TestServer, method: Method, path: &str, body: Option<&Value>) -> Value {
    let call = server.call(method, path);
    let reply = body.map_or(call.clone(), |body| call.json(body)).send();
    assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
    serde_json::from_str(&reply.text).unwrap_or(Value::Null)
}

/// Waits until the latest row about lambdas is of that action.
#[track_caller]
fn wait_for(server: &TestServer, action: &str) -> Value {
    for _ in 0..400 {
        let latest = rows(server, "?action=lambda&limit=1").remove(0);
        if latest["action"] == action {
            return latest;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("no {action}: {:?}", rows(server, ""));
}

#[test]
fn what_is_done_in_steps_is_on_record_step_by_step() {
    let server = start();
    let made = done(&server, Method::POST, "/lambdas?v=1", Some(&body(0, ONE)));
    let uuid = made["uuid"].as_str().unwrap().to_owned();
    let deployment = format!("/deployments/{uuid}?v=1");
    done(&server, Method::POST, &deployment, None);
    let live = wait_for(&server, "lambda.live");
    assert_eq!(live["details"]["version"], 1);
    let lambda = format!("/lambdas/{uuid}?v=1");
    done(&server, Method::PUT, &lambda, Some(&body(1, THROWS)));
    done(&server, Method::POST, &deployment, None);
    let failed = wait_for(&server, "lambda.deploy-failed");
    assert_eq!(failed["details"]["state"], "Build Error");
    let code = "com.liveperson.faas.fm.build-error";
    assert_eq!(failed["details"]["errorCode"], code);
    let versions = format!("/lambdas/{uuid}/versions/1");
    done(&server, Method::POST, &format!("{versions}/restore"), None);
    done(&server, Method::POST, &format!("{versions}/rollback"), None);
    done(&server, Method::DELETE, &deployment, None);

    let mut rows = rows(&server, "?action=lambda");
    rows.reverse();
    assert_eq!(
        members(&rows, "action"),
        [
            "lambda.create",
            "lambda.deploy",
            "lambda.live",
            "lambda.save",
            "lambda.deploy",
            "lambda.deploy-failed",
            "lambda.save",
            "lambda.roll-back",
            "lambda.undeploy",
        ]
    );
    assert_eq!(members(&rows, "targetId"), [uuid.as_str(); 9]);
    assert_eq!(members(&rows, "targetName"), ["steps"; 9]);
    assert_eq!(members(&rows, "actorName"), ["admin.token"; 9]);
    let details = |row: usize| &rows[row]["details"];
    assert_eq!(details(1)["deployment"], details(2)["deployment"]);
    assert_eq!(details(3), &json!({ "version": 2 }));
    assert_eq!(details(6), &json!({ "version": 3, "restored": 1 }));
    assert_eq!(details(7)["version"], 1);
    assert_eq!(details(8), &json!({ "version": 1 }));
}
