//! The limits that are in force can be read, with how much of them is used.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, start, start_with};

fn limit(server: &TestServer, name: &str) -> Value {
    let reply = server.call(Method::GET, "/limits").send();
    assert_eq!(reply.status, 200, "{reply:?}");
    let list = reply.json();
    let mut limits = list.as_array().unwrap().iter();
    let found = limits.find(|limit| limit["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {list}")).clone()
}

#[test]
fn they_are_as_the_operator_configured_them() {
    let server = start_with(|config| {
        config.limits.log_entries = 7;
        config.journal.retention_days = 3;
    });
    for (name, max, unit) in [
        ("invocation.log-entries", 7, "pieces"),
        ("logs.retention", 3, "days"),
        ("invocation.time", 30_000, "milliseconds"),
        ("invocation.memory", 256 * 1024 * 1024, "bytes"),
        ("lambda.source", 100_000, "characters"),
        ("lambda.name", 50, "characters"),
        ("secret.key", 100, "characters"),
        ("secret.value", 10_000, "characters"),
    ] {
        let expected = json!({ "name": name, "max": max, "unit": unit });
        assert_eq!(limit(&server, name), expected);
    }
}

#[test]
fn they_say_how_much_is_used() {
    let server = start();
    let used = |name: &str| limit(&server, name)["used"].as_u64();
    let before = ["lambdas", "secrets", "whitelist", "tokens", "context-keys"].map(used);
    assert_eq!(before, [Some(0), Some(0), Some(0), Some(1), Some(0)]);
    server.deploy_body("hello", "callback(null, 1)");
    let put = server.call(Method::PUT, "/secrets/KEY");
    put.json(&json!({ "value": 1 })).send();
    server.call(Method::PUT, "/whitelist/a.example.com").send();
    let key = server.call(Method::POST, "/context-keys");
    key.json(&json!({ "name": "x" })).send();
    let after = ["lambdas", "secrets", "whitelist", "tokens", "context-keys"].map(used);
    assert_eq!(after, [Some(1); 5]);
    assert_eq!(used("lambda.name"), None);
}

#[test]
fn who_only_invokes_does_not_read_them() {
    let server = start();
    let status = |role: &str| {
        let call = server.call(Method::GET, "/limits");
        call.bearer(&server.token(role)).send().status
    };
    assert_eq!(
        ["admin", "developer", "invocation"].map(status),
        [200, 200, 403]
    );
}
