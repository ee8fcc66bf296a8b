//! An invocation that nobody waits for is durable when it is accepted, and runs until it succeeds
//! or no attempt is left.

mod sealed;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use sandglass_runtime::ByteSize;
use sandglass_server::Config;
use serde_json::{Value, json};

use crate::harness::binary::{self, Serving, sandglass};
use crate::harness::server::{
    ACCOUNT, Call, Reply, TestServer, check_error, config, open, start, start_with,
};
use crate::harness::temporary;
use crate::harness::upstream::{Upstream, answer};

const ECHO: &str = "callback(null, input.payload)";
const CUSTOM_FAILURE: &str = "com.liveperson.faas.handler.custom-failure";
const FAILS: &str = "callback(new Error('no luck'))";

/// A server whose retries do not keep the tests waiting.
fn quick(change: impl FnOnce(&mut Config)) -> TestServer {
    start_with(|config| {
        config.queue.backoff_ms = 20;
        change(config);
    })
}

fn send(server: &TestServer, lambda: &str, payload: Value, prefer: &str) -> Call {
    server.invoke(lambda, payload).header("prefer", prefer)
}

/// Sends an invocation that is to be accepted, and returns its id.
#[track_caller]
fn accept(server: &TestServer, lambda: &str, payload: Value, prefer: &str) -> String {
    accepted(&send(server, lambda, payload, prefer).send())
}

#[track_caller]
fn accepted(reply: &Reply) -> String {
    assert_eq!(reply.status, 202, "{reply:?}");
    assert_eq!(reply.header("preference-applied"), "respond-async");
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    let location = format!("/api/account/{ACCOUNT}/invocations/{id}");
    assert_eq!(reply.header("location"), location);
    id
}

fn look(server: &TestServer, id: &str) -> Value {
    let reply = server.call(Method::GET, &format!("/invocations/{id}"));
    let reply = reply.send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

/// An invocation once it is in that state.
#[track_caller]
fn wait(server: &TestServer, id: &str, state: &str) -> Value {
    let begun = Instant::now();
    loop {
        let seen = look(server, id);
        if seen["state"] == state {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{seen}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn listed(server: &TestServer, query: &str) -> Vec<String> {
    let reply = server.call(Method::GET, &format!("/invocations?{query}"));
    let page = reply.send().json();
    let all = page["invocations"].as_array().expect("a list").iter();
    all.map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn it_is_accepted_at_once_and_its_outcome_can_be_asked_for() {
    let server = start();
    let lambda = server.deploy_body(
        "slow",
        "console.info('ran'); setTimeout(callback, 300, null, input.payload)",
    );
    let reply = send(&server, &lambda, json!({ "n": 1 }), "respond-async")
        .header("x-request-id", "mine")
        .send();
    assert_eq!(reply.header("x-request-id"), "mine");
    let id = accepted(&reply);
    let before = look(&server, &id);
    assert!(["waiting", "running"].contains(&before["state"].as_str().unwrap()));
    assert_eq!(before.get("result"), None);
    let done = wait(&server, &id, "succeeded");
    assert_eq!(done["result"], json!({ "n": 1 }));
    assert_eq!(
        (&done["status"], &done["attempts"], &done["lambdaUUID"]),
        (&json!(200), &json!(1), &json!(lambda))
    );
    assert!(done["expiresAt"].as_u64() > done["endedAt"].as_u64());
    let logs = server.logs(&lambda, 1);
    assert_eq!(logs[0]["requestId"], "mine", "{logs:?}");
}

#[test]
fn the_preference_may_stand_among_others_and_what_is_unknown_is_ignored() {
    let server = start();
    let lambda = server.deploy_body("echo", ECHO);
    accept(
        &server,
        &lambda,
        json!(1),
        "return=minimal, Respond-Async; foo=bar, wait=10",
    );
    let unknown = send(&server, &lambda, json!(1), "respond-later").send();
    assert_eq!((unknown.status, unknown.text.as_str()), (200, "1"));
}

#[test]
fn what_would_not_run_at_once_is_not_accepted() {
    let server = start();
    let lambda = server.deploy_body("echo", ECHO);
    let missing = send(&server, "nowhere", json!(1), "respond-async").send();
    check_error(&missing, 404, "es.missinglambda");
    let path = format!("/lambdas/{lambda}/invoke?v=1");
    let bad = server.call(Method::POST, &path).body("{}");
    let bad = bad.header("prefer", "respond-async").send();
    check_error(&bad, 400, "es.badinput");
    let nobody = send(&server, &lambda, json!(1), "respond-async").bearer("");
    check_error(&nobody.send(), 401, "es.unauthorized");
    assert!(listed(&server, "").is_empty());
}

#[test]
fn an_attempt_that_fails_is_repeated_until_one_succeeds_under_the_same_id() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let upstream = Upstream::start(move |_| match counter.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => answer(500, "not yet"),
        _ => answer(200, "now"),
    });
    let server = quick(|_| {});
    let lambda = server.deploy(
        "tries",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) {
             console.info('attempt');
             try { callback(null, await Toolbelt.HTTPClient()(input.payload)); }
             catch (error) { callback(error); } }",
    );
    let rule = format!("/whitelist/{}", upstream.rule().replace(':', "%3A"));
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);
    let id = accept(&server, &lambda, json!(upstream.url("/")), "respond-async");
    let done = wait(&server, &id, "succeeded");
    assert_eq!(
        (&done["result"], &done["attempts"]),
        (&json!("now"), &json!(3))
    );
    let request = done["requestId"].as_str().unwrap();
    let logs = server.logs(&lambda, 3);
    let attempts = logs.iter().filter(|entry| entry["message"] == "attempt");
    assert!(attempts.clone().all(|entry| entry["requestId"] == request));
    assert_eq!(attempts.count(), 3);
}

#[test]
fn what_fails_for_good_is_a_dead_letter_that_can_be_tried_again_and_deleted() {
    let server = quick(|_| {});
    let lambda = server.deploy_body("fails", FAILS);
    let fine = server.deploy_body("echo", ECHO);
    let id = accept(&server, &lambda, json!(1), "respond-async; retries=1");
    let fine = accept(&server, &fine, json!(1), "respond-async");
    let dead = wait(&server, &id, "dead");
    assert_eq!(
        (&dead["attempts"], &dead["status"]),
        (&json!(2), &json!(901))
    );
    assert_eq!(dead["error"]["errorCode"], CUSTOM_FAILURE);
    assert!(!dead["error"].to_string().contains("no luck"), "{dead}");
    wait(&server, &fine, "succeeded");
    assert_eq!(listed(&server, "state=dead"), std::slice::from_ref(&id));

    let redrive = |id: &str| {
        let path = format!("/invocations/{id}/redrive");
        server.call(Method::POST, &path).send()
    };
    check_error(&redrive(&fine), 409, "fm.conflict");
    assert_eq!(redrive(&id).status, 204);
    let again = wait(&server, &id, "dead");
    assert_eq!(again["attempts"], 2);
    assert!(again["endedAt"].as_u64() > dead["endedAt"].as_u64());
    // Mended, the third time is the charm.
    server.deploy_body("fails", ECHO);
    assert_eq!(redrive(&id).status, 204);
    assert_eq!(wait(&server, &id, "succeeded")["result"], 1);

    let path = format!("/invocations/{id}");
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    let gone = server.call(Method::GET, &path).send();
    check_error(&gone, 404, "es.notfound");
    check_error(&redrive(&id), 404, "es.notfound");
}

#[test]
fn a_request_may_ask_for_as_many_retries_as_the_limit_and_no_more() {
    let server = quick(|config| {
        config.queue.retries_max = 3;
        config.queue.backoff_ms = 1;
    });
    let lambda = server.deploy_body("fails", FAILS);
    for (prefer, attempts) in [
        ("respond-async; retries=0", 1),
        ("respond-async", 3),
        ("respond-async; retries=3", 4),
        ("respond-async; retries=4", 4),
        ("respond-async; retries=many", 3),
    ] {
        let id = accept(&server, &lambda, json!(1), prefer);
        assert_eq!(wait(&server, &id, "dead")["attempts"], attempts, "{prefer}");
    }
}

#[test]
fn the_same_request_is_accepted_once() {
    let server = start();
    let lambda = server.deploy_body("random", "callback(null, Math.random())");
    let ask = |id: &str| {
        let call = send(&server, &lambda, json!(1), "respond-async");
        call.header("x-request-id", id).send()
    };
    let (first, retry) = (ask("one"), ask("one"));
    let id = accepted(&first);
    assert_eq!(accepted(&retry), id);
    assert_eq!(retry.header("idempotent-replayed"), "true");
    wait(&server, &id, "succeeded");
    assert_eq!(accepted(&ask("one")), id, "also when it has ended");
    assert_ne!(accepted(&ask("two")), id);
    assert_eq!(listed(&server, "").len(), 2);
}

#[test]
fn an_account_may_have_as_many_waiting_as_the_limit_and_not_one_more() {
    let server = start_with(|config| {
        config.queue.account_max = 2;
        config.queue.concurrent_max = 1;
    });
    let lambda = server.deploy_body("slow", "setTimeout(callback, 1500, null, 1)");
    let first = accept(&server, &lambda, json!(1), "respond-async");
    let second = accept(&server, &lambda, json!(2), "respond-async");
    let full = send(&server, &lambda, json!(3), "respond-async").send();
    check_error(&full, 429, "es.toomanyrequests");
    assert_eq!(full.header("retry-after"), "5");
    // What waits can be taken back, what runs cannot.
    wait(&server, &first, "running");
    let delete = |id: &str| {
        let path = format!("/invocations/{id}");
        server.call(Method::DELETE, &path).send()
    };
    check_error(&delete(&first), 409, "fm.conflict");
    assert_eq!(delete(&second).status, 204);
    accept(&server, &lambda, json!(3), "respond-async");
    wait(&server, &first, "succeeded");
}

#[test]
fn an_account_may_have_as_many_bytes_waiting_as_the_limit_and_not_one_more() {
    let server = start_with(|config| config.queue.account_bytes_max = ByteSize::bytes(1_000));
    let lambda = server.deploy_body("echo", "callback()");
    let body = |bytes: usize| format!("{{\"payload\":\"{}\"}}", "x".repeat(bytes - 14));
    let path = format!("/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    let ask = |bytes| {
        let call = server.call(Method::POST, &path).body(body(bytes));
        call.header("prefer", "respond-async").send()
    };
    check_error(&ask(1_001), 429, "es.toomanyrequests");
    accepted(&ask(1_000));
}

#[test]
fn an_outcome_may_be_as_large_as_the_limit_and_a_larger_one_is_left_out() {
    let server = start_with(|config| config.queue.outcome_bytes_max = ByteSize::bytes(10));
    let lambda = server.deploy_body("echo", ECHO);
    let at = accept(&server, &lambda, json!("12345678"), "respond-async");
    assert_eq!(wait(&server, &at, "succeeded")["result"], "12345678");
    let past = accept(&server, &lambda, json!("123456789"), "respond-async");
    let past = wait(&server, &past, "succeeded");
    assert_eq!(
        (past.get("result"), &past["omittedBytes"]),
        (None, &json!(11))
    );
}

#[test]
fn what_is_in_flight_is_put_off_and_not_counted_as_an_attempt() {
    let server = quick(|config| config.rates.lambda.in_flight = 1);
    let lambda = server.deploy_body("slow", "setTimeout(callback, 600, null, 1)");
    let ids = [(); 2].map(|()| accept(&server, &lambda, json!(1), "respond-async; retries=0"));
    for id in ids {
        assert_eq!(wait(&server, &id, "succeeded")["attempts"], 1);
    }
}

#[test]
fn a_list_has_pages_and_is_for_those_who_may_read_logs() {
    let server = start();
    let lambda = server.deploy_body("echo", ECHO);
    let mut ids = [(); 3].map(|()| accept(&server, &lambda, json!(1), "respond-async"));
    ids.reverse();
    let page = server
        .call(Method::GET, "/invocations?limit=2")
        .send()
        .json();
    assert_eq!(page["next"], ids[1]);
    assert_eq!(
        listed(&server, &format!("before={}", ids[1])),
        [ids[2].clone()]
    );
    let wrong = server.call(Method::GET, "/invocations?state=lost").send();
    assert_eq!(wrong.status, 400, "{wrong:?}");
    let token = server.token("invocation");
    let one = server.call(Method::GET, &format!("/invocations/{}", ids[0]));
    assert_eq!(one.bearer(&token).send().status, 200);
    let list = server.call(Method::GET, "/invocations").bearer(&token);
    assert_eq!(list.send().status, 403);
}

#[test]
fn what_waits_or_has_ended_survives_a_restart() {
    let server = start_with(|config| config.queue.backoff_ms = 600_000);
    let lambda = server.deploy_body("echo", ECHO);
    let fails = server.deploy_body("fails", FAILS);
    let ended = accept(&server, &lambda, json!("kept"), "respond-async");
    wait(&server, &ended, "succeeded");
    let dead = accept(&server, &fails, json!(1), "respond-async; retries=0");
    wait(&server, &dead, "dead");
    let waits = accept(&server, &fails, json!(1), "respond-async; retries=1");
    while look(&server, &waits)["status"] != 901 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let before = look(&server, &waits);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    assert_eq!(look(&again, &ended)["result"], "kept");
    assert_eq!(look(&again, &dead)["state"], "dead");
    assert_eq!(
        (&before["state"], &before["attempts"]),
        (&json!("waiting"), &json!(1))
    );
    assert_eq!(look(&again, &waits), before);
    again.stop();
}

#[test]
fn nothing_that_was_accepted_is_lost_when_the_server_is_killed() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    let serving = Serving::start(&data_dir);
    let code =
        "function lambda(input, callback) { setTimeout(callback, 100, null, input.payload) }";
    let body = json!({ "name": "slow", "fileName": "slow.js", "code": code });
    let deployed = serving.call(Method::POST, "/deploy").json(&body).send();
    assert_eq!(deployed.status, 200, "{deployed:?}");
    let ids: Vec<String> = (0..100)
        .map(|n| {
            let path = "/lambdas/slow/invoke?v=1&externalSystem=x";
            let call = serving.call(Method::POST, path);
            let call = call.json(&json!({ "payload": n }));
            accepted(&call.header("prefer", "respond-async").send())
        })
        .collect();
    serving.kill();

    let again = Serving::start(&data_dir);
    let begun = Instant::now();
    for (n, id) in ids.iter().enumerate() {
        let done = loop {
            let path = format!("/invocations/{id}");
            let seen = again.call(Method::GET, &path).send().json();
            if seen["state"] == "succeeded" {
                break seen;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{seen}");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!((&done["result"], &done["attempts"]), (&json!(n), &json!(1)));
    }
    assert_eq!(again.terminate(), Some(0));
}

#[test]
fn the_command_shows_tries_again_and_deletes() {
    let server = quick(|_| {});
    let lambda = server.deploy_body("fails", FAILS);
    let id = accept(&server, &lambda, json!(1), "respond-async; retries=0");
    wait(&server, &id, "dead");
    let queue = |arguments: &[&str]| {
        let mut command = sandglass(&[&["queue"], arguments].concat());
        command.env("SANDGLASS_SERVER", &server.url);
        command.env("SANDGLASS_TOKEN", &server.admin_token);
        binary::run(command)
    };
    let list = queue(&["list", "--state", "dead"]);
    assert!(
        list.out.contains(&id) && list.out.contains("1 of 1"),
        "{list:?}"
    );
    let shown = queue(&["show", &id]);
    assert!(shown.out.contains("handler.custom-failure"), "{shown:?}");
    assert_eq!(queue(&["retry", &id]).code, 0);
    wait(&server, &id, "dead");
    assert_eq!(queue(&["delete", &id]).code, 0);
    let none = queue(&["list", "--json"]).json();
    assert_eq!(none["invocations"], json!([]));
    assert_ne!(queue(&["show", &id]).code, 0);
}
