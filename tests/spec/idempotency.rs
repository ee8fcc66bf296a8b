//! A request with an id of its caller runs once, however often it is sent.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::harness::server::{
    ACCOUNT, Call, Reply, TestServer, check_error, config, open, start, start_with,
};
use crate::harness::{block_on, tokio};

/// What the platform's own client sends: hexadecimal digits in the form of a UUID, and none.
const ID: &str = "0e1b9c6e-aaaa-bbbb-cccc-dddddddddddd";
const EVENT: &str = "conversational_command";
const RANDOM: &str = "callback(null, Math.random())";

/// An invocation with an id of its caller's.
fn invoke(server: &TestServer, lambda: &str, id: &str) -> Call {
    let call = server.invoke(lambda, json!({ "a": 1 }));
    call.header("x-request-id", id)
}

fn is_replayed(reply: &Reply) -> bool {
    assert!(["", "true"].contains(&reply.header("idempotent-replayed")));
    reply.header("idempotent-replayed") == "true"
}

#[test]
fn a_retry_gets_the_first_ones_outcome_and_is_told_so() {
    let server = start();
    let lambda = server.deploy_body("random", RANDOM);
    let first = invoke(&server, &lambda, ID).send();
    assert_eq!(first.status, 200, "{first:?}");
    assert!(!is_replayed(&first));
    let retry = invoke(&server, &lambda, ID).send();
    assert!(is_replayed(&retry), "{retry:?}");
    assert_eq!(retry.text, first.text);
    for header in ["content-type", "x-request-id"] {
        assert_eq!(retry.header(header), first.header(header));
    }
    assert_eq!(retry.header("x-request-id"), ID);
}

#[test]
fn whatever_differs_is_another_request() {
    let server = start();
    let lambda = server.deploy_body("random", RANDOM);
    let other = server.deploy_body("other", RANDOM);
    let token = server.token("invocation");
    let first = invoke(&server, &lambda, ID).send();
    let path = format!("/lambdas/{lambda}/invoke?v=1&externalSystem=other");
    let body = json!({ "timestamp": 0, "headers": [], "payload": { "a": 1 } });
    let elsewhere = server.call(reqwest::Method::POST, &path).json(&body);
    for another in [
        invoke(&server, &lambda, "another-id"),
        invoke(&server, &other, ID),
        server
            .invoke(&lambda, json!({ "a": 2 }))
            .header("x-request-id", ID),
        invoke(&server, &lambda, ID).bearer(&token),
        elsewhere.header("x-request-id", ID),
        server
            .test_run(&lambda, json!({ "a": 1 }))
            .header("x-request-id", ID),
    ] {
        let reply = another.clone().send();
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(!is_replayed(&reply), "{another:?}");
        assert_ne!(reply.text, first.text);
    }
}

#[test]
fn without_an_id_of_its_caller_every_request_runs() {
    let server = start();
    let lambda = server.deploy_body("random", RANDOM);
    let one = server.invoke(&lambda, json!({})).send();
    let two = server.invoke(&lambda, json!({})).send();
    assert!(!is_replayed(&one) && !is_replayed(&two));
    assert_ne!(one.text, two.text);
}

#[test]
fn the_failure_of_a_lambda_is_an_outcome_whatever_its_status() {
    for status in [901, 500] {
        let server = start_with(|config| config.failure_status = status);
        let lambda = server.deploy_body("fails", "callback(new Error(String(Math.random())))");
        let ask = || {
            let call = server.test_run(&lambda, json!({}));
            call.header("x-request-id", ID).send()
        };
        let (first, retry) = (ask(), ask());
        let message = check_error(&first, status, "handler.custom-failure");
        assert!(is_replayed(&retry), "{retry:?}");
        assert_eq!(
            check_error(&retry, status, "handler.custom-failure"),
            message
        );
    }
}

#[test]
fn an_event_that_is_sent_again_runs_its_lambdas_once() {
    let server = start();
    let make = |name: &str, body: &str| {
        server.make_for("conversational_command", name);
        server.deploy_body(name, body)
    };
    let happen = |id: &str| {
        let path = "/events/conversational_command/invoke?v=1&skillId=&externalSystem=x";
        let call = server.call(Method::POST, path);
        call.json(&json!({ "payload": {} }))
            .header("x-request-id", id)
            .send()
    };
    make("one", "console.info('ran'); callback(null, Math.random())");
    let (first, retry) = (happen("a"), happen("a"));
    assert_eq!(first.status, 200, "{first:?}");
    assert!(!is_replayed(&first) && is_replayed(&retry));
    assert_eq!(retry.text, first.text);
    // One of which a lambda failed has an outcome too.
    make("two", "callback(new Error('no luck'))");
    let (failed, retry) = (happen("b"), happen("b"));
    check_error(&failed, 901, "handler.custom-failure");
    assert!(!is_replayed(&failed) && is_replayed(&retry));
    assert_eq!((retry.status, &retry.text), (901, &failed.text));
    assert_eq!(server.logs("one", 2).len(), 2, "for each request once");
}

#[test]
fn what_did_not_run_is_not_remembered() {
    let server = start_with(|config| config.rates.lambda.in_flight = 1);
    let missing = invoke(&server, "late", ID).send();
    check_error(&missing, 404, "es.missinglambda");
    let late = server.deploy_body("late", "setTimeout(callback, 400, null, 'late')");
    let running = tokio().spawn(invoke(&server, &late, "other").send_async());
    wait_until_running(&server);
    let full = invoke(&server, &late, ID).send();
    check_error(&full, 429, "es.toomanyrequests");
    assert_eq!(block_on(running).unwrap().unwrap().status, 200);
    let runs = invoke(&server, &late, ID).send();
    assert_eq!((runs.status, runs.text.as_str()), (200, "\"late\""));
    assert!(!is_replayed(&runs));
}

#[test]
fn a_retry_that_comes_while_the_first_one_runs_waits_for_it() {
    let server = start_with(|config| config.rates.lambda.in_flight = 1);
    let lambda = server.deploy_body(
        "slow",
        "setTimeout(() => callback(null, Math.random()), 200)",
    );
    let all: Vec<_> = (0..4)
        .map(|_| tokio().spawn(invoke(&server, &lambda, ID).send_async()))
        .collect();
    let all: Vec<_> = all
        .into_iter()
        .map(|reply| block_on(reply).unwrap().unwrap())
        .collect();
    assert!(all.iter().all(|reply| reply.status == 200), "{all:?}");
    assert!(all.iter().all(|reply| reply.text == all[0].text), "{all:?}");
    assert_eq!(all.iter().filter(|reply| is_replayed(reply)).count(), 3);
}

#[test]
fn an_invocation_whose_client_hangs_up_runs_on_for_the_retry() {
    let server = start();
    let lambda = server.deploy_body(
        "slow",
        "setTimeout(() => callback(null, Math.random()), 300)",
    );
    let body = r#"{"payload":{}}"#;
    let head = format!(
        "POST /api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x HTTP/1.1\r\n\
         host: sandglass\r\nauthorization: Bearer {}\r\nx-request-id: {ID}\r\n\
         content-length: {}\r\n\r\n{body}",
        server.admin_token,
        body.len()
    );
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    wait_until_running(&server);
    drop(stream);
    let path = format!("/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    let retry = || {
        let call = server.call(reqwest::Method::POST, &path).body(body);
        call.header("x-request-id", ID).send()
    };
    let (first, second) = (retry(), retry());
    assert_eq!(first.status, 200, "{first:?}");
    assert!(is_replayed(&first), "{first:?}");
    assert_eq!(first.text, second.text);
}

#[test]
fn an_outcome_is_remembered_for_the_window_and_no_longer() {
    let server = start_with(|config| config.idempotency.window_ms = 1_500);
    let lambda = server.deploy_body("random", RANDOM);
    invoke(&server, &lambda, ID).send();
    assert!(is_replayed(&invoke(&server, &lambda, ID).send()));
    std::thread::sleep(Duration::from_millis(1_550));
    assert!(!is_replayed(&invoke(&server, &lambda, ID).send()));
}

#[test]
fn as_many_outcomes_are_remembered_as_the_limit_and_not_one_more() {
    let server = start_with(|config| config.idempotency.entries_max = 2);
    let lambda = server.deploy_body("random", RANDOM);
    let replayed = |id| is_replayed(&invoke(&server, &lambda, id).send());
    assert!(!replayed("a") && !replayed("b"));
    assert!(replayed("a") && replayed("b"));
    assert!(!replayed("c"));
    assert!(replayed("b") && replayed("c"));
    assert!(!replayed("a"), "the oldest made room");
}

#[test]
fn a_restart_forgets_outcomes() {
    let server = start();
    let lambda = server.deploy_body("random", RANDOM);
    let first = invoke(&server, &lambda, ID).send();
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    let second = invoke(&again, &lambda, ID).send();
    assert!(!is_replayed(&second));
    assert_ne!(first.text, second.text);
    again.stop();
}

/// A lambda of an event, which is live.
fn deploy_for_event(server: &TestServer, name: &str, body: &str) {
    let code = format!("function lambda(input, callback) {{ {body}\n}}");
    let new = json!({
        "name": name, "version": -1, "description": "", "eventId": EVENT,
        "implementation": { "code": code, "dependencies": [], "environmentVariables": [] },
    });
    let made = server.call(Method::POST, "/lambdas?v=1").json(&new).send();
    assert_eq!(made.status, 201, "{made:?}");
    server.deploy_body(name, body);
}

/// An event with an id of its caller's.
fn happen(server: &TestServer, id: &str) -> Call {
    let path = format!("/events/{EVENT}/invoke?v=1&externalSystem=tests");
    let call = server.call(Method::POST, &path).header("x-request-id", id);
    call.json(&json!({ "payload": {} }))
}

#[test]
fn an_event_that_is_sent_again_gets_the_outcome_of_all_its_lambdas() {
    let server = start();
    deploy_for_event(&server, "one", RANDOM);
    deploy_for_event(&server, "two", RANDOM);
    let (first, retry) = (happen(&server, ID).send(), happen(&server, ID).send());
    assert_eq!(first.json().as_array().expect("a list").len(), 2);
    assert!(!is_replayed(&first) && is_replayed(&retry), "{retry:?}");
    assert_eq!(retry.text, first.text);
    let other = happen(&server, "another").send();
    assert!(
        !is_replayed(&other) && other.text != first.text,
        "{other:?}"
    );
}

#[test]
fn an_event_that_is_sent_again_while_it_runs_waits_for_it() {
    let server = start();
    let body = "console.info('ran'); setTimeout(callback, 400, null, Math.random())";
    deploy_for_event(&server, "slow", body);
    let first = tokio().spawn(happen(&server, ID).send_async());
    wait_until_running(&server);
    let retry = happen(&server, ID).send();
    let first = block_on(first).unwrap().unwrap();
    assert!(!is_replayed(&first) && is_replayed(&retry), "{retry:?}");
    assert_eq!(retry.text, first.text);
    assert_eq!(server.logs("slow", 1).len(), 1);
}

#[test]
fn an_event_for_which_the_server_had_no_place_runs_when_it_is_sent_again() {
    let server = start_with(|config| {
        config.max_concurrent = 1;
        config.queue_max = 0;
    });
    let busy = server.deploy_body("busy", "setTimeout(callback, 400, null, 1)");
    deploy_for_event(&server, "late", RANDOM);
    let running = tokio().spawn(server.invoke(&busy, json!({})).send_async());
    wait_until_running(&server);
    check_error(&happen(&server, ID).send(), 429, "es.toomanyrequests");
    assert_eq!(block_on(running).unwrap().unwrap().status, 200);
    let runs = happen(&server, ID).send();
    assert_eq!(runs.status, 200, "{runs:?}");
    assert!(!is_replayed(&runs));
    assert!(is_replayed(&happen(&server, ID).send()));
}

#[test]
fn the_second_generation_gets_the_first_ones_outcome_in_its_own_words() {
    let server = start();
    let random = server.deploy_body("random", RANDOM);
    let fails = server.deploy_body("fails", "console.info('ran'); callback(new Error('no'))");
    let ask = |lambda: &str| {
        let call = server.call(Method::POST, &format!("/lambdas/{lambda}/invoke"));
        let call = call
            .header("lp-eventsource", "tests")
            .header("x-request-id", ID);
        call.json(&json!({ "payload": {} })).send()
    };
    let (first, retry) = (ask(&random), ask(&random));
    assert!(is_replayed(&retry) && retry.text == first.text, "{retry:?}");
    let (first, retry) = (ask(&fails), ask(&fails));
    assert_eq!(
        first.json()["code"],
        "com.customer.faas.function.threw-error"
    );
    assert!(is_replayed(&retry) && retry.text == first.text, "{retry:?}");
    assert_eq!(
        server.logs("fails", 2).len(),
        2,
        "its own and that of the failure"
    );
}

fn wait_until_running(server: &TestServer) {
    let running = || {
        let page = server.plain(reqwest::Method::GET, "/metrics").send().text;
        page.lines().any(|line| line == "sandglass_running 1")
    };
    while !running() {
        std::thread::sleep(Duration::from_millis(1));
    }
}
