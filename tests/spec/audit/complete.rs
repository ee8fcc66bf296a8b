//! Everything that the page of the audit log names is on record when it is done.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{members, rows};
use crate::harness::sentinel::PASSWORD;
use crate::harness::server::{ACCOUNT, TestServer, start};

const PAGE: &str = include_str!("../../../docs/audit.md");
const CODE: &str = "function lambda(input, callback) { callback(null, 1); }";

/// What is on record when nobody does anything, or when a file was tampered with: other tests do that.
const OF_ITSELF: [&str; 2] = ["audit.gap", "audit.prune"];

/// Those about who comes in, each of which a test of `sign_ins` or `console_narrow` does and finds.
const SIGN_INS: &str = concat!(
    include_str!("sign_ins.rs"),
    include_str!("../console_narrow.rs")
);

/// The actions of the page's table.
fn on_the_page() -> BTreeSet<String> {
    let (_, table) = PAGE
        .split_once("| action | details |")
        .expect("it has a table");
    let lines = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let names = lines.filter_map(|line| line.split('`').nth(1));
    names.map(str::to_owned).collect()
}

#[track_caller]
fn done(server: &TestServer, method: Method, path: &str, body: Value) -> Value {
    let call = server.call(method, path);
    let reply = match body {
        Value::Null => call.send(),
        body => call.json(&body).send(),
    };
    assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
    serde_json::from_str(&reply.text).unwrap_or(Value::Null)
}

fn id(made: &Value, name: &str) -> String {
    made[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {made}"))
        .to_owned()
}

/// Waits until the latest row about lambdas is of that action.
#[track_caller]
fn wait_for(server: &TestServer, action: &str) {
    let there = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        rows(server, "?action=lambda&limit=1")[0]["action"] == action
    });
    assert!(there, "no {action}: {:?}", rows(server, ""));
}

/// What can be done to a lambda.
fn lambdas(server: &TestServer) {
    let lambda = |version: i64, code: &str, description: &str| {
        json!({
            "name": "steps", "version": version, "description": description,
            "implementation": { "code": code, "dependencies": [], "environmentVariables": [] },
        })
    };
    let made = done(server, Method::POST, "/lambdas?v=1", lambda(-1, CODE, ""));
    let path = format!("/lambdas/{}", id(&made, "uuid"));
    let deployment = format!("/deployments/{}?v=1", id(&made, "uuid"));
    done(
        server,
        Method::PUT,
        &format!("{path}?v=1"),
        lambda(1, CODE, "described"),
    );
    done(server, Method::POST, &deployment, Value::Null);
    wait_for(server, "lambda.live");
    let broken = format!("{CODE}\nthrow new Error('at the top');");
    done(
        server,
        Method::PUT,
        &format!("{path}?v=1"),
        lambda(1, &broken, "described"),
    );
    done(server, Method::POST, &deployment, Value::Null);
    wait_for(server, "lambda.deploy-failed");
    done(
        server,
        Method::POST,
        &format!("{path}/versions/1/rollback"),
        Value::Null,
    );
    let draft = json!({ "code": CODE, "environment": {}, "input": { "payload": {} } });
    done(server, Method::POST, "/run", draft);
    schedules(server, &id(&made, "uuid"));
    queue(server);
    done(server, Method::DELETE, &deployment, Value::Null);
    done(server, Method::DELETE, &path, Value::Null);
}

fn schedules(server: &TestServer, lambda: &str) {
    let new = json!({ "lambdaUUID": lambda, "cronExpression": "0 0 1 1 *" });
    let made = done(server, Method::POST, "/schedules?v=1", new);
    let path = format!("/schedules/{}", id(&made, "uuid"));
    done(server, Method::PUT, &path, json!({ "isActive": false }));
    done(server, Method::DELETE, &path, Value::Null);
}

/// A dead letter that is tried again, and deleted.
fn queue(server: &TestServer) {
    let lambda = server.deploy_body("fails", "callback(new Error('no luck'))");
    let call = server.invoke(&lambda, json!({}));
    let sent = call.header("prefer", "respond-async; retries=0").send();
    let path = format!("/invocations/{}", id(&sent.json(), "id"));
    let dies = || {
        let dead = (0..2_000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            done(server, Method::GET, &path, Value::Null)["state"] == "dead"
        });
        assert!(dead, "{:?}", done(server, Method::GET, &path, Value::Null));
    };
    dies();
    done(
        server,
        Method::POST,
        &format!("{path}/redrive"),
        Value::Null,
    );
    dies();
    done(server, Method::DELETE, &path, Value::Null);
}

/// What can be done about who comes in.
fn access(server: &TestServer) {
    let user = server.user("ada", &["developer"]);
    server.bearer(&user);
    let path = format!("/users/{}", user.id);
    done(
        server,
        Method::PATCH,
        &path,
        json!({ "displayName": "Ada" }),
    );
    let password = json!({ "password": format!("{PASSWORD} anew") });
    done(server, Method::PUT, &format!("{path}/password"), password);
    done(
        server,
        Method::DELETE,
        &format!("{path}/sessions"),
        Value::Null,
    );
    done(server, Method::DELETE, &path, Value::Null);
    let app = server.machine();
    server.app_jwt(&app);
    let path = format!("/apps/{}", app.id);
    done(
        server,
        Method::PATCH,
        &path,
        json!({ "client_name": "other" }),
    );
    done(server, Method::POST, &format!("{path}/secret"), Value::Null);
    done(server, Method::DELETE, &path, Value::Null);
    let key = done(server, Method::POST, "/signing-keys", Value::Null);
    done(server, Method::POST, "/signing-keys", Value::Null);
    let path = format!("/signing-keys/{}", id(&key, "kid"));
    done(server, Method::DELETE, &path, Value::Null);
    for (path, body) in [
        (
            "/tokens",
            json!({ "name": "crm", "permissions": ["invocation"] }),
        ),
        ("/context-keys", json!({ "name": "bots" })),
    ] {
        let made = done(server, Method::POST, path, body);
        done(
            server,
            Method::DELETE,
            &format!("{path}/{}", id(&made, "id")),
            Value::Null,
        );
    }
}

#[test]
fn every_action_that_the_page_names_is_on_record_when_it_is_done() {
    let server = start();
    lambdas(&server);
    access(&server);
    done(&server, Method::PUT, "/secrets/KEY", json!({ "value": 1 }));
    done(&server, Method::GET, "/secrets/KEY", Value::Null);
    done(&server, Method::DELETE, "/secrets/KEY", Value::Null);
    done(
        &server,
        Method::PUT,
        "/whitelist/a.example.com",
        Value::Null,
    );
    done(
        &server,
        Method::DELETE,
        "/whitelist/a.example.com",
        Value::Null,
    );
    server.set_enabled(ACCOUNT, false);
    server.set_enabled(ACCOUNT, true);

    let mut done: BTreeSet<_> = members(&rows(&server, "?limit=500"), "action")
        .into_iter()
        .collect();
    done.extend(OF_ITSELF.map(str::to_owned));
    let page = on_the_page();
    assert!(page.len() > 30, "{page:?}");
    let elsewhere = |action: &&String| SIGN_INS.contains(&format!("\"{action}\""));
    let missing: Vec<_> = page
        .difference(&done)
        .filter(|action| !elsewhere(action))
        .collect();
    assert!(missing.is_empty(), "not on record: {missing:?}");
}
