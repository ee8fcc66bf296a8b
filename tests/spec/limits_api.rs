//! The limits that are in force can be read, with how much of them is used.

use reqwest::Method;
use sandglass_runtime::ByteSize;
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
        config.queue.retries_max = 4;
        config.queue.outcome_hours = 2;
        config.schedules.catch_up_minutes = 5;
        config.rates.lambda.in_flight = 6;
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
        ("queue.at-once", 64, "pieces"),
        ("queue.outcome", 1024 * 1024, "bytes"),
        ("queue.retries", 4, "pieces"),
        ("queue.backoff", 300_000, "milliseconds"),
        ("queue.outcomes", 7_200_000, "milliseconds"),
        ("queue.dead-letters", 14, "days"),
        ("schedule.expression", 120, "characters"),
        ("schedule.description", 200, "characters"),
        ("schedule.payload", 8_000, "characters"),
        ("schedule.headers", 100, "pieces"),
        ("schedule.runs", 100, "pieces"),
        ("schedule.catch-up", 300_000, "milliseconds"),
        ("request.remembered", 300_000, "milliseconds"),
        ("requests.remembered", 100_000, "pieces"),
        ("requests.remembered-bytes", 64 * 1024 * 1024, "bytes"),
        ("lambda.in-flight", 6, "pieces"),
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
fn they_say_how_much_of_the_queue_and_of_the_schedules_is_used() {
    let server = start_with(|config| {
        config.queue.account_max = 5;
        config.queue.account_bytes_max = ByteSize::bytes(1_000);
        config.schedules.account_max = 3;
    });
    let check = |expected: [(&str, u64, u64); 4]| {
        for (name, max, used) in expected {
            let found = limit(&server, name);
            assert_eq!((&found["max"], &found["used"]), (&json!(max), &json!(used)));
        }
    };
    let share = ("invocations.of-the-account-at-once", 32, 0);
    check([
        ("queue.invocations", 5, 0),
        ("queue.kept", 1_000, 0),
        ("schedules", 3, 0),
        share,
    ]);
    let lambda = server.deploy_body("slow", "setTimeout(callback, 20000, null, 1)");
    let body = r#"{"payload":{}}"#;
    let path = format!("/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    let call = server.call(Method::POST, &path).body(body);
    assert_eq!(call.header("prefer", "respond-async").send().status, 202);
    let schedule = json!({ "lambdaUUID": lambda, "cronExpression": "@yearly" });
    let made = server
        .call(Method::POST, "/schedules")
        .json(&schedule)
        .send();
    assert_eq!(made.status, 201, "{made:?}");
    check([
        ("queue.invocations", 5, 1),
        ("queue.kept", 1_000, body.len() as u64),
        ("schedules", 3, 1),
        share,
    ]);
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
