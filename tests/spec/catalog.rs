//! Events, samples, templates and snippets are data: they are listed, they work as they are, and an
//! operator can add to them.

mod operator;
mod page;
mod templates;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, start};

/// What a path of the account answers.
#[track_caller]
fn get(server: &TestServer, path: &str) -> Value {
    let reply = server.call(Method::GET, path).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

/// The elements of a list.
#[track_caller]
fn list(server: &TestServer, path: &str) -> Vec<Value> {
    let answer = get(server, path);
    answer.as_array().expect("it is a list").clone()
}

/// A text of an object.
#[track_caller]
fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    let text = object[name].as_str();
    text.unwrap_or_else(|| panic!("{name} of {object}"))
}

#[test]
fn every_event_of_the_platform_is_there_with_its_limit() {
    let server = start();
    let events = list(&server, "/events");
    let found: Vec<_> = events
        .iter()
        .map(|event| {
            let limit = event["lambdaLimit"].as_u64().unwrap();
            (text(event, "eventId"), text(event, "eventName"), limit)
        })
        .collect();
    let expected = [
        (
            "bot_connectors_custom_integration",
            "Third-Party Bots Custom Integration",
            15,
        ),
        (
            "bot_connectors_error_hook",
            "Third-Party Bots Error Hook",
            15,
        ),
        ("bot_connectors_post_hook", "Third-Party Bots Post Hook", 15),
        ("bot_connectors_pre_hook", "Third-Party Bots Pre Hook", 15),
        (
            "controllerbot_messaging_consumer_step_up",
            "Messaging Consumer Step Up",
            1,
        ),
        (
            "controllerbot_messaging_conversation_end",
            "Messaging Conversation End",
            1,
        ),
        (
            "controllerbot_messaging_conversation_idle",
            "Messaging Conversation Idle",
            1,
        ),
        (
            "controllerbot_messaging_conversation_routing",
            "Messaging Conversation Routing",
            1,
        ),
        (
            "controllerbot_messaging_mid_conversation_msg",
            "Messaging Line in Off-Hours",
            1,
        ),
        (
            "controllerbot_messaging_new_conversation",
            "Messaging New Conversation",
            1,
        ),
        (
            "controllerbot_messaging_participants_change",
            "Messaging Participants Change",
            1,
        ),
        ("controllerbot_messaging_ttr", "Messaging TTR", 1),
        ("conversational_command", "Conversational Command", 30),
        (
            "denver_post_survey_email_transcript",
            "Chat Post Survey E-Mail Transcript",
            10,
        ),
        (
            "surveybot_messaging_survey_ended",
            "Messaging Survey Ended",
            1,
        ),
        (
            "surveybot_messaging_survey_started",
            "Messaging Survey Started",
            1,
        ),
    ];
    assert_eq!(found, expected);
    for event in &events {
        let messaging = text(event, "eventId").contains("_messaging_");
        assert_eq!(event["skills"], messaging, "{event}");
    }
}

#[test]
fn an_event_is_read_by_its_id() {
    let server = start();
    let event = get(&server, "/events/conversational_command");
    assert_eq!(text(&event, "eventName"), "Conversational Command");
    assert_eq!(
        event["samplePayload"],
        json!({
            "headers": [],
            "payload": { "conversationId": "4711", "arguments": ["echo", "this", "message"] },
        })
    );
    let unknown = server.call(Method::GET, "/events/other").send();
    assert_eq!(unknown.status, 404, "{unknown:?}");
    assert_eq!(unknown.json()["errorMsg"], "there is no event other");
}

#[test]
fn a_lambda_gets_the_sample_of_every_event_as_it_is_listed() {
    let server = start();
    server.deploy_body("echo", "callback(null, input)");
    for event in list(&server, "/events") {
        let sample = &event["samplePayload"];
        let mut body = sample.clone();
        body["timestamp"] = json!(1_700_000_000_000_u64);
        let invoke = server.call(
            Method::POST,
            "/lambdas/echo/invoke?v=1&externalSystem=tests",
        );
        let reply = invoke.json(&body).send();
        assert_eq!(reply.status, 200, "{event}: {reply:?}");
        assert_eq!(reply.json(), body, "{event}");
        assert!(sample["payload"].is_object(), "{event}");
    }
}

#[test]
fn the_messaging_events_share_one_envelope() {
    let server = start();
    let groups = [
        "end",
        "general",
        "idle",
        "mid",
        "participantChange",
        "routing",
        "start",
        "ttr",
    ];
    let mut checked = 0;
    for event in list(&server, "/events") {
        if !text(&event, "eventId").starts_with("controllerbot_") {
            continue;
        }
        let payload = event["samplePayload"]["payload"].as_object().unwrap();
        let mut found: Vec<_> = payload.keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, groups, "{event}");
        assert!(payload["general"]["cbotEventType"].is_string(), "{event}");
        checked += 1;
    }
    assert_eq!(checked, 8);
}

#[test]
fn who_may_read_lambdas_may_read_the_catalog_and_nobody_else() {
    let server = start();
    for path in [
        "/events",
        "/events/conversational_command",
        "/templates",
        "/templates/http",
        "/snippets",
    ] {
        let status = |token: &str| {
            let reply = server.call(Method::GET, path).bearer(token).send();
            reply.status
        };
        assert_eq!(status(&server.token("developer")), 200, "{path}");
        assert_eq!(status(&server.token("admin")), 200, "{path}");
        assert_eq!(status(&server.token("invocation")), 403, "{path}");
        assert_eq!(status(""), 401, "{path}");
    }
}
