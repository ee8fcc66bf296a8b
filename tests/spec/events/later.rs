//! With `Prefer: respond-async`, the lambdas of an event run later, each by itself.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{COMMAND, deploy, happen};
use crate::harness::server::{Reply, TestServer, check_error, start, start_with};

const EVENT: (&str, &[&str]) = (COMMAND, &[]);

fn ask(server: &TestServer, payload: &Value, prefer: &str, id: &str) -> Reply {
    let call = happen(server, COMMAND, "", payload);
    let call = call.header("prefer", prefer).header("x-request-id", id);
    call.send()
}

/// The invocations that an event has led to: their ids, and their lambdas.
#[track_caller]
fn accepted(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 202, "{reply:?}");
    assert_eq!(reply.header("preference-applied"), "respond-async");
    let answer = reply.json();
    assert_eq!(answer["state"], "waiting");
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let list = answer["invocations"].as_array().unwrap().iter();
    list.map(|one| (text(one, "id"), text(one, "lambdaUUID")))
        .collect()
}

/// An invocation once it is in that state.
#[track_caller]
fn wait(server: &TestServer, id: &str, state: &str) -> Value {
    let begun = Instant::now();
    loop {
        let path = format!("/invocations/{id}");
        let seen = server.call(Method::GET, &path).send().json();
        if seen["state"] == state {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{seen}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn each_lambda_of_an_event_has_attempts_and_an_outcome_of_its_own() {
    let server = start_with(|config| config.queue.backoff_ms = 10);
    let fine = deploy(
        &server,
        "fine",
        EVENT,
        "console.info('ran'); callback(null, input.payload)",
    );
    let fails = deploy(
        &server,
        "fails",
        EVENT,
        "console.info('ran'); callback(new Error('no luck'))",
    );
    let reply = ask(&server, &json!([1]), "respond-async; retries=1", "mine");
    let both = accepted(&reply);
    let lambdas: Vec<_> = both.iter().map(|(_, lambda)| lambda.clone()).collect();
    assert_eq!(lambdas, [fine.clone(), fails.clone()], "in their order");
    let done = wait(&server, &both[0].0, "succeeded");
    assert_eq!(
        (&done["result"], &done["attempts"]),
        (&json!([1]), &json!(1))
    );
    let dead = wait(&server, &both[1].0, "dead");
    assert_eq!(
        (&dead["status"], &dead["attempts"]),
        (&json!(901), &json!(2))
    );
    for (lambda, runs) in [(fine, 1), (fails, 2)] {
        let logs = server.logs(&lambda, runs);
        let ran = logs.iter().filter(|entry| entry["message"] == "ran");
        assert_eq!(ran.clone().count(), runs);
        assert!(ran.clone().all(|entry| entry["requestId"] == "mine"));
    }
}

#[test]
fn the_same_event_is_accepted_once() {
    let server = start();
    deploy(&server, "one", EVENT, "callback(null, Math.random())");
    deploy(&server, "other", EVENT, "callback(null, Math.random())");
    let ask = |id: &str| ask(&server, &json!({}), "respond-async", id);
    let (first, retry) = (ask("a"), ask("a"));
    let both = accepted(&first);
    assert_eq!(both.len(), 2);
    assert_eq!(accepted(&retry), both);
    assert_eq!(retry.header("idempotent-replayed"), "true");
    assert_eq!(first.header("idempotent-replayed"), "");
    for (id, _) in &both {
        wait(&server, id, "succeeded");
    }
    // Also when they have ended, and with a lambda that came later.
    deploy(&server, "third", EVENT, "callback(null, 1)");
    assert_eq!(accepted(&ask("a")), both);
    let again = accepted(&ask("b"));
    assert_eq!(again.len(), 3);
    assert!(again.iter().all(|one| !both.contains(one)));
}

#[test]
fn all_lambdas_of_an_event_are_accepted_or_none() {
    let server = start_with(|config| config.queue.account_max = 2);
    let event = |name| deploy(&server, name, EVENT, "setTimeout(callback, 20000, null, 1)");
    event("one");
    event("other");
    let list = || {
        let page = server.call(Method::GET, "/invocations").send().json();
        page["invocations"].as_array().unwrap().len()
    };
    assert_eq!(
        accepted(&ask(&server, &json!(1), "respond-async", "a")).len(),
        2
    );
    let full = ask(&server, &json!(1), "respond-async", "b");
    check_error(&full, 429, "es.toomanyrequests");
    assert_eq!(list(), 2);
    let server = start_with(|config| config.queue.account_max = 1);
    deploy(&server, "one", EVENT, "callback(null, 1)");
    deploy(&server, "other", EVENT, "callback(null, 1)");
    let full = ask(&server, &json!(1), "respond-async", "a");
    check_error(&full, 429, "es.toomanyrequests");
    let page = server.call(Method::GET, "/invocations").send().json();
    assert_eq!(page["invocations"], json!([]), "not even one of them");
}

#[test]
fn an_event_without_lambdas_is_answered_at_once() {
    let server = start();
    let reply = ask(&server, &json!(1), "respond-async", "a");
    assert_eq!((reply.status, reply.text.as_str()), (200, "[]"));
    assert_eq!(reply.header("preference-applied"), "");
}
