//! What the answer to an event says when not all went well, to clients of either generation.

use reqwest::Method;
use serde_json::{Value, json};

use super::{COMMAND, deploy, happen};
use crate::harness::server::{Call, TestServer, check_error, start, start_with};

const CUSTOMER: &str = "Function Invocation failed due to an issue caused by customer coding";

/// Deploys a lambda that fails by itself between two that do not; their UUIDs.
fn three(server: &TestServer) -> [String; 3] {
    let deploy = |name: &str, body: &str| deploy(server, name, (COMMAND, &[]), body);
    [
        deploy("first", "callback(null, 'fine')"),
        deploy("second", "callback(new Error('a private matter'))"),
        deploy("third", "callback()"),
    ]
}

/// An event in the second generation's form.
fn second(server: &TestServer, event: &str) -> Call {
    server
        .call(Method::POST, &format!("/events/{event}/invoke"))
        .header("LP-EventSource", "tests")
        .json(&json!({ "payload": {} }))
}

/// What the answer tells of each lambda, without the times.
fn told(answer: &Value) -> Vec<Value> {
    let notes = answer["errorLogs"].as_array().expect("there is a list");
    notes
        .iter()
        .map(|note| {
            assert_eq!(note["extras"][0]["timestamp"], note["timestamp"]);
            let mut ran = note["extras"][0].clone();
            ran.as_object_mut().unwrap().remove("timestamp").unwrap();
            json!([note["level"], ran])
        })
        .collect()
}

#[test]
fn a_failing_lambda_fails_the_event_and_hides_no_others_result() {
    let server = start();
    let [first, failing, third] = three(&server);
    let reply = happen(&server, COMMAND, "", &json!({})).send();
    let said = check_error(&reply, 901, "handler.custom-failure");
    assert_eq!(said, CUSTOMER);
    let answer = reply.json();
    let code = "com.liveperson.faas.handler.custom-failure";
    assert_eq!(
        told(&answer),
        [
            json!(["Info", { "uuid": first, "result": "fine" }]),
            json!(["Error", { "uuid": failing, "errorCode": code, "errorMsg": CUSTOMER }]),
            json!(["Info", { "uuid": third }]),
        ]
    );
    assert!(!reply.text.contains("private"), "{reply:?}");
}

#[test]
fn the_answer_has_only_fields_that_the_platforms_java_client_takes() {
    let server = start();
    three(&server);
    let answer = happen(&server, COMMAND, "", &json!({})).send().json();
    let fields: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["errorCode", "errorMsg", "errorLogs"]);
}

#[test]
fn of_several_failures_the_first_one_is_told() {
    let server = start();
    deploy(&server, "one", (COMMAND, &[]), "callback(null, 1)");
    deploy(&server, "two", (COMMAND, &[]), "input.payload.a.b");
    deploy(&server, "three", (COMMAND, &[]), "callback(new Error('x'))");
    let reply = happen(&server, COMMAND, "", &json!({})).send();
    check_error(&reply, 901, "handler.runtime-exception");
    assert_eq!(told(&reply.json()).len(), 3);
}

#[test]
fn the_cause_is_in_the_logs_of_the_lambda_that_failed() {
    let server = start();
    three(&server);
    happen(&server, COMMAND, "", &json!({})).send();
    let logs = server.logs("second", 1);
    assert_eq!(logs[0]["message"], "Received Error - a private matter");
}

#[test]
fn the_status_of_a_failure_is_the_one_that_is_configured() {
    let server = start_with(|config| config.failure_status = 500);
    three(&server);
    let reply = happen(&server, COMMAND, "", &json!({})).send();
    check_error(&reply, 500, "handler.custom-failure");
}

#[test]
fn the_second_generation_gets_the_same_list() {
    let server = start();
    deploy(&server, "one", (COMMAND, &[]), "callback(null, 1)");
    let reply = second(&server, COMMAND).send();
    assert_eq!((reply.status, &reply.json()[0]["result"]), (200, &json!(1)));
    let path = format!("/events/{COMMAND}/isImplemented?userId=me");
    let asked = server
        .call(Method::GET, &path)
        .header("LP-EventSource", "Unknown");
    assert_eq!(asked.send().text, r#"{"implemented":true}"#);
}

#[test]
fn the_second_generation_gets_errors_in_its_own_words() {
    let server = start();
    let [_, failing, _] = three(&server);
    let reply = second(&server, COMMAND).send();
    assert_eq!(reply.status, 901, "{reply:?}");
    let answer = reply.json();
    let code = "com.customer.faas.function.threw-error";
    assert_eq!(
        (&answer["code"], &answer["message"]),
        (&json!(code), &json!(CUSTOMER))
    );
    assert_eq!(
        told(&answer)[1],
        json!(["Error", { "uuid": failing, "code": code, "message": CUSTOMER }])
    );
    let malformed = second(&server, COMMAND).body("{").send();
    assert_eq!(malformed.status, 400, "{malformed:?}");
    assert_eq!(malformed.json()["code"], "com.liveperson.faas.evg.invalid");
    let stranger = second(&server, COMMAND).bearer("nonsense").send();
    assert_eq!(stranger.status, 401, "{stranger:?}");
    assert!(stranger.json()["message"].is_string(), "{stranger:?}");
    assert!(stranger.header("www-authenticate").starts_with("Bearer"));
}

#[test]
fn a_request_of_neither_generation_is_400() {
    let server = start();
    for query in ["", "?v=2", "?v="] {
        let path = format!("/events/{COMMAND}/invoke{query}");
        let call = server
            .call(Method::POST, &path)
            .json(&json!({ "payload": 1 }));
        let said = check_error(&call.send(), 400, "es.badinput");
        assert_eq!(
            said,
            "the query needs v=1, or the request the header LP-EventSource"
        );
    }
    // The second generation's client asks for this without its header.
    for (query, status) in [("", 200), ("?v=2", 400), ("?v=", 400)] {
        let path = format!("/events/{COMMAND}/isImplemented{query}");
        let asked = server.call(Method::GET, &path).send();
        assert_eq!(asked.status, status, "{query}: {asked:?}");
    }
}

#[test]
fn a_body_that_is_not_an_invocation_is_400_whether_the_event_has_lambdas_or_not() {
    let server = start();
    deploy(&server, "one", (COMMAND, &[]), "callback(null, 1)");
    for event in [COMMAND, "other"] {
        for body in ["", "{", "[]", "{}", "{\"payload\":1,\"headers\":{}}"] {
            let reply = happen(&server, event, "", &json!(1)).body(body).send();
            check_error(&reply, 400, "es.badinput");
        }
    }
}

#[test]
fn each_address_takes_its_method() {
    let server = start();
    let path = format!("/events/{COMMAND}/invoke?v=1");
    let reply = server.call(Method::GET, &path).send();
    assert_eq!((reply.status, reply.header("allow")), (405, "POST"));
    let path = format!("/events/{COMMAND}/isImplemented?v=1");
    let reply = server.call(Method::POST, &path).send();
    assert_eq!((reply.status, reply.header("allow")), (405, "GET"));
    let path = "/events/%zz/invoke?v=1";
    assert_eq!(server.call(Method::POST, path).send().status, 400);
}
