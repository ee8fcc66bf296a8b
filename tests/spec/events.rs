//! An event runs all productive lambdas that it has, and tells what came of each.

mod failures;
mod later;
mod limits;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::block_on;
use crate::harness::server::{Call, Reply, TestServer, check_error, start, start_with};

const COMMAND: &str = "conversational_command";
const MESSAGING: &str = "controllerbot_messaging_new_conversation";

/// Makes a lambda for an event, as clients of the platform do.
fn make(server: &TestServer, name: &str, (event, skills): (&str, &[&str])) -> Reply {
    let body = json!({
        "timestamp": 0, "uuid": "", "version": -1, "name": name, "description": "",
        "state": "Draft", "eventId": event, "skills": skills,
        "implementation": {
            "code": "function lambda(input, callback) { callback(null, 1); }",
            "dependencies": [], "environmentVariables": [],
        },
    });
    let path = "/lambdas?v=1&userId=me";
    server.call(Method::POST, path).json(&body).send()
}

/// Makes a lambda for an event and deploys it with this body; its UUID.
#[track_caller]
fn deploy(server: &TestServer, name: &str, event: (&str, &[&str]), body: &str) -> String {
    let made = make(server, name, event);
    assert_eq!(made.status, 201, "{made:?}");
    server.deploy_body(name, body)
}

/// An event as the platform's clients send it.
fn happen(server: &TestServer, event: &str, skill: &str, payload: &Value) -> Call {
    let path = format!("/events/{event}/invoke?v=1&skillId={skill}&externalSystem=unknown");
    let body = json!({ "timestamp": 0, "headers": [], "payload": payload });
    server.call(Method::POST, &path).json(&body)
}

/// The results of an event, without the times.
#[track_caller]
fn results(server: &TestServer, event: &str, skill: &str) -> Vec<Value> {
    let reply = happen(server, event, skill, &json!({})).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    let list = reply.json();
    let list = list.as_array().expect("it is a list");
    list.iter().map(|ran| ran["result"].clone()).collect()
}

#[track_caller]
fn is_implemented(server: &TestServer, event: &str, skill: &str) -> bool {
    let path = format!("/events/{event}/isImplemented?v=1&skillId={skill}&externalSystem=Unknown");
    let reply = server.call(Method::GET, &path).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer = reply.json();
    assert_eq!(answer.as_object().expect("it is an object").len(), 1);
    answer["implemented"]
        .as_bool()
        .expect("it is true or false")
}

#[test]
fn all_lambdas_of_an_event_run_and_answer_in_the_order_in_which_they_were_made() {
    let server = start();
    let event = (COMMAND, &[][..]);
    let slow = deploy(
        &server,
        "z",
        event,
        "setTimeout(() => callback(null, 'slow'), 100)",
    );
    let quick = deploy(&server, "a", event, "callback(null, input.payload)");
    server.deploy_body("other", "callback(null, 'has no event')");
    let reply = happen(&server, COMMAND, "", &json!({ "arguments": ["x"] })).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut list = reply.json();
    for ran in list.as_array_mut().unwrap() {
        let at = ran["timestamp"].take().as_u64().unwrap();
        assert!(at > 1_700_000_000_000, "milliseconds: {at}");
    }
    assert_eq!(
        list,
        json!([
            { "uuid": slow, "timestamp": null, "result": "slow" },
            { "uuid": quick, "timestamp": null, "result": { "arguments": ["x"] } },
        ])
    );
    // Another version of the first one is still the first one.
    server.deploy_body("z", "callback(null, 'again')");
    let answers = results(&server, COMMAND, "");
    assert_eq!(answers, [json!("again"), json!({})]);
}

#[test]
fn an_event_without_lambdas_answers_an_empty_list_whether_it_is_known_or_not() {
    let server = start();
    server.deploy_body("other", "callback(null, 1)");
    for event in [COMMAND, "conversational_commands", "no%20event"] {
        let reply = happen(&server, event, "", &json!(null)).send();
        assert_eq!((reply.status, &*reply.text), (200, "[]"), "{event}");
        assert!(!is_implemented(&server, event, ""), "{event}");
    }
}

#[test]
fn an_event_is_implemented_as_long_as_it_has_a_productive_lambda() {
    let server = start();
    assert!(!is_implemented(&server, COMMAND, ""));
    deploy(&server, "one", (COMMAND, &[]), "callback(null, 1)");
    assert!(is_implemented(&server, COMMAND, ""));
    // A draft is not productive.
    assert_eq!(make(&server, "draft", (COMMAND, &[])).status, 201);
    assert_eq!(results(&server, COMMAND, ""), [1]);
    server.undeploy("one");
    assert!(!is_implemented(&server, COMMAND, ""));
    assert!(results(&server, COMMAND, "").is_empty());
}

#[test]
fn a_skill_leads_to_the_lambdas_that_have_it() {
    let server = start();
    deploy(
        &server,
        "sales",
        (MESSAGING, &["17", "18"]),
        "callback(null, 'sales')",
    );
    deploy(
        &server,
        "help",
        (MESSAGING, &["19"]),
        "callback(null, 'help')",
    );
    assert_eq!(results(&server, MESSAGING, "18"), ["sales"]);
    assert_eq!(results(&server, MESSAGING, "19"), ["help"]);
    assert!(results(&server, MESSAGING, "1").is_empty());
    // An empty skill is none.
    assert!(results(&server, MESSAGING, "").is_empty());
    assert!(is_implemented(&server, MESSAGING, "17"));
    assert!(!is_implemented(&server, MESSAGING, "1"));
    assert!(!is_implemented(&server, MESSAGING, ""));
}

#[test]
fn a_lambda_without_skills_is_for_all_of_them() {
    let server = start();
    deploy(&server, "all", (MESSAGING, &[]), "callback(null, 'all')");
    for skill in ["", "17"] {
        assert_eq!(results(&server, MESSAGING, skill), ["all"]);
        assert!(is_implemented(&server, MESSAGING, skill));
    }
}

#[test]
fn a_lambda_that_returns_nothing_is_there_without_a_result() {
    let server = start();
    deploy(&server, "nothing", (COMMAND, &[]), "callback()");
    let list = happen(&server, COMMAND, "", &json!({})).send().json();
    let ran = list[0].as_object().unwrap();
    assert_eq!(ran.keys().collect::<Vec<_>>(), ["uuid", "timestamp"]);
}

#[test]
fn the_lambdas_of_an_event_run_at_the_same_time() {
    let server = start();
    for n in 0..4 {
        let body = format!("setTimeout(() => callback(null, {n}), 300)");
        deploy(&server, &format!("l{n}"), (COMMAND, &[]), &body);
    }
    // The first time, all of them are loaded as well.
    results(&server, COMMAND, "");
    let began = Instant::now();
    assert_eq!(results(&server, COMMAND, ""), [0, 1, 2, 3]);
    let took = began.elapsed();
    assert!(took < Duration::from_millis(900), "{took:?}");
}

#[test]
fn an_event_needs_one_place_and_its_lambdas_share_it() {
    let server = start_with(|config| {
        config.max_concurrent = 1;
        config.queue_max = 0;
    });
    for n in 0..3 {
        let body = format!("setTimeout(() => callback(null, {n}), 20)");
        deploy(&server, &format!("l{n}"), (COMMAND, &[]), &body);
    }
    assert_eq!(results(&server, COMMAND, ""), [0, 1, 2]);
}

#[test]
fn an_event_for_which_there_is_no_place_runs_nothing_and_is_429() {
    let server = start_with(|config| {
        config.max_concurrent = 1;
        config.queue_max = 0;
    });
    server.deploy_body("busy", "setTimeout(() => callback(null, 1), 1000)");
    for n in 0..2 {
        let body = "console.info('ran'); callback(null, 1)";
        deploy(&server, &format!("l{n}"), (COMMAND, &[]), body);
    }
    let reply = block_on(async {
        let busy = tokio::spawn(server.invoke("busy", json!({})).send_async());
        tokio::time::sleep(Duration::from_millis(300)).await;
        let reply = happen(&server, COMMAND, "", &json!({})).send_async().await;
        busy.await.unwrap().unwrap();
        reply.unwrap()
    });
    check_error(&reply, 429, "es.toomanyrequests");
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(results(&server, COMMAND, ""), [1, 1]);
    for n in 0..2 {
        assert_eq!(server.logs(&format!("l{n}"), 1).len(), 1);
    }
}

#[test]
fn logs_are_kept_under_the_requests_id_and_debug_is_not() {
    let server = start();
    for name in ["one", "two"] {
        let body = format!("console.debug('d'); console.info('{name}'); callback(null, 1)");
        deploy(&server, name, (COMMAND, &[]), &body);
    }
    happen(&server, COMMAND, "", &json!({}))
        .header("x-request-id", "the-one")
        .send();
    for name in ["one", "two"] {
        let logs = server.logs(name, 1);
        assert_eq!(logs.len(), 1, "{logs:?}");
        assert_eq!(
            (&logs[0]["message"], &logs[0]["requestId"]),
            (&json!(name), &json!("the-one"))
        );
    }
}

#[test]
fn who_may_invoke_may_send_events_and_nobody_else() {
    let server = start();
    deploy(&server, "one", (COMMAND, &[]), "callback(null, 1)");
    let status = |token: &str| {
        let event = happen(&server, COMMAND, "", &json!({}))
            .bearer(token)
            .send();
        let path = format!("/events/{COMMAND}/isImplemented?v=1");
        let asked = server.call(Method::GET, &path).bearer(token).send();
        assert_eq!(event.status, asked.status, "{event:?} {asked:?}");
        event.status
    };
    assert_eq!(status(&server.token("invocation")), 200);
    assert_eq!(status(&server.token("developer")), 200);
    assert_eq!(status(&server.token("admin")), 403);
    assert_eq!(status("nonsense"), 401);
    assert_eq!(status(""), 401);
    let path = format!("/api/account/20000002/events/{COMMAND}/isImplemented?v=1");
    let other = server.plain(Method::GET, &path).bearer(&server.admin_token);
    assert_eq!(other.send().status, 403);
}
