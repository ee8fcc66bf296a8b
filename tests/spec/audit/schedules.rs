//! What is done to schedules, to invocations of the queue, and to the description of a lambda is on
//! record.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{members, rows};
use crate::harness::server::{TestServer, start, start_with};

#[track_caller]
fn done(server: &TestServer, method: Method, path: &str, body: &Value) -> Value {
    let reply = server.call(method, path).json(body).send();
    assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
    serde_json::from_str(&reply.text).unwrap_or(Value::Null)
}

#[test]
fn what_is_done_to_schedules_is_on_record() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let new = json!({ "lambdaUUID": lambda, "cronExpression": "0 0 1 1 *" });
    let made = done(&server, Method::POST, "/schedules", &new);
    let path = format!("/schedules/{}", made["uuid"].as_str().unwrap());
    let change = json!({ "cronExpression": "0 0 2 1 *" });
    done(&server, Method::PUT, &path, &change);
    done(&server, Method::DELETE, &path, &Value::Null);
    let rows = rows(&server, "?action=schedule");
    assert_eq!(
        members(&rows, "action"),
        ["schedule.delete", "schedule.change", "schedule.add"]
    );
    for row in &rows {
        assert_eq!(row["targetId"], made["uuid"], "{row}");
    }
    assert_eq!(rows[2]["details"]["cron"], "0 0 1 1 *");
    assert_eq!(rows[1]["details"]["cron"], "0 0 2 1 *");
}

#[test]
fn what_is_done_to_invocations_of_the_queue_is_on_record() {
    let server = start_with(|config| config.queue.backoff_ms = 20);
    let lambda = server.deploy_body("fails", "callback(new Error('no luck'))");
    let send = server.invoke(&lambda, json!(1));
    let sent = send.header("prefer", "respond-async; retries=0").send();
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/invocations/{id}");
    let wait_until_dead = || {
        let begun = Instant::now();
        while server.call(Method::GET, &path).send().json()["state"] != "dead" {
            assert!(begun.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    wait_until_dead();
    done(
        &server,
        Method::POST,
        &format!("{path}/redrive"),
        &Value::Null,
    );
    wait_until_dead();
    done(&server, Method::DELETE, &path, &Value::Null);
    let rows = rows(&server, "?action=queue");
    assert_eq!(members(&rows, "action"), ["queue.delete", "queue.redrive"]);
    assert_eq!(members(&rows, "targetId"), [id.as_str(); 2]);
}

#[test]
fn a_description_is_on_record() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let change = json!({ "description": "other", "skills": [] });
    done(&server, Method::PUT, "/functions/hello", &change);
    let rows = rows(&server, "?action=lambda.describe");
    assert_eq!(members(&rows, "targetId"), [lambda.as_str()]);
    assert_eq!(members(&rows, "targetName"), ["hello"]);
}
