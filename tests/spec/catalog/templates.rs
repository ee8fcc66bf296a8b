//! Every template runs as it was created, without an edit, on a server that allows nothing and has
//! no secrets.

use reqwest::Method;
use serde_json::{Value, json};

use super::{list, text};
use crate::harness::server::{Reply, TestServer, check_error, start};

const CUSTOM: &str = "handler.custom-failure";

/// What a template answers to its sample: its result, or the words of its failure.
fn expected(id: &str) -> Result<Value, &'static str> {
    let says = |text: &str| Ok(json!([{ "type": "systemMessage", "text": text }]));
    match id {
        "chat-post-survey-email-transcript" => Ok(json!([{
            "targetEmail": "quality@example.com",
            "senderName": "Chat transcripts",
            "senderEmail": "no-reply@example.com",
            "subject": "Rated 3 of 5: a chat of John Doe in CustomerCare",
        }])),
        "conversational-command" => Ok(json!("this message")),
        "greeting" => Ok(json!("Hello Ada")),
        "http" => Err("Domain is not whitelisted"),
        "keyword-scanner" => Err(
            "The conversation c840e51e-5f65-4ad4-8d34-5c82b99a2200 could not be scanned. \
             Error while fetching conversation \"c840e51e-5f65-4ad4-8d34-5c82b99a2200\": \
             403 - \"Domain is not whitelisted: api.liveperson.net. \
             Allow it with: sandglass allow add api.liveperson.net\\n\"",
        ),
        "logging" => Ok(json!("Function has finished...")),
        "messaging-consumer-step-up" => {
            says("You are logged in now. Your conversation goes on here.")
        }
        "messaging-conversation-end" => says("Thank you for talking to us. Goodbye!"),
        "messaging-conversation-idle" => says("We are sorry that you have to wait for 5 minutes."),
        "messaging-conversation-routing" => says("We are connecting you to our billing team."),
        "messaging-line-in-off-hours" => says(
            "Nobody is here right now. We will answer in our office hours: \
             Monday to Friday, 9:00 to 17:00.",
        ),
        "messaging-new-conversation" => says("Welcome! Somebody will be with you in a moment."),
        "messaging-participants-change" => says("You are talking to one of our agents now."),
        "messaging-survey-ended" | "messaging-survey-started" => Ok(json!("ok")),
        "messaging-ttr" => says("We see that it is urgent, and will answer within 5 minutes."),
        "replace-files-for-conversation" => Err(
            "The files of c840e51e-5f65-4ad4-8d34-5c82b99a2200 were not replaced. \
             There is no Secret file-storage for this account",
        ),
        "salesforce" => {
            Err("Salesforce cannot be connected to. There is no Secret salesforce for this account")
        }
        "secret-storage" => Err("There is no Secret my-secret for this account"),
        "third-party-bots-custom-integration" => Ok(json!({
            "messages": [
                { "delay": 1, "typing": true },
                "Ada, you wrote: Where is my order?",
                "Write \"agent\" to talk to a person, or \"bye\" to end.",
            ],
            "context": {},
        })),
        "third-party-bots-error-hook" => Ok(json!("ok")),
        "third-party-bots-post-hook" => Ok(json!({
            "messages": [
                "Your order is on its way. (our bot)",
                { "delay": 2, "typing": true },
                "Can I do anything else for you? (our bot)",
            ],
            "context": {},
        })),
        "third-party-bots-pre-hook" => Ok(json!({
            "message": "Where is my order?",
            "convId": "c840e51e-5f65-4ad4-8d34-5c82b99a2200",
            "context": { "lpEvent": {}, "lpSdes": {} },
        })),
        other => panic!("nobody says what {other} answers"),
    }
}

/// Deploys a template with the environment that it comes with, and nothing else.
#[track_caller]
fn deploy(server: &TestServer, template: &Value) {
    let variables = template["environmentVariables"].as_array().unwrap();
    let environment: serde_json::Map<_, _> = variables
        .iter()
        .map(|variable| (text(variable, "key").to_owned(), variable["value"].clone()))
        .collect();
    let id = text(template, "id");
    let body = json!({
        "name": id,
        "fileName": format!("{id}.js"),
        "code": template["code"],
        "environment": environment,
    });
    let reply = server.call(Method::POST, "/deploy").json(&body).send();
    assert_eq!(reply.status, 200, "{id}: {reply:?}");
}

/// Tries a lambda out with a body.
fn test_run(server: &TestServer, lambda: &str, body: &Value) -> Reply {
    let path = format!("/lambdas/{lambda}/invoke?v=1&userId=me");
    server.call(Method::POST, &path).json(body).send()
}

#[test]
fn every_template_of_the_platform_is_there_for_its_event() {
    let server = start();
    let templates = list(&server, "/templates");
    let found = |name: &str, event: &str| {
        templates.iter().any(|template| {
            text(template, "name") == name && template["eventId"].as_str().unwrap_or("") == event
        })
    };
    for (name, event) in [
        (
            "Chat Post Survey E-Mail Transcript",
            "denver_post_survey_email_transcript",
        ),
        ("Conversational Command", "conversational_command"),
        (
            "Keyword Scanner",
            "controllerbot_messaging_conversation_end",
        ),
        (
            "Messaging Conversation End",
            "controllerbot_messaging_conversation_end",
        ),
        (
            "Replace Files for Conversation",
            "controllerbot_messaging_conversation_end",
        ),
        (
            "Messaging Conversation Idle",
            "controllerbot_messaging_conversation_idle",
        ),
        (
            "Messaging Conversation Routing",
            "controllerbot_messaging_conversation_routing",
        ),
        (
            "Messaging Line in Off-Hours",
            "controllerbot_messaging_mid_conversation_msg",
        ),
        (
            "Messaging Consumer Step Up",
            "controllerbot_messaging_consumer_step_up",
        ),
        (
            "Messaging New Conversation",
            "controllerbot_messaging_new_conversation",
        ),
        (
            "Messaging Participants Change",
            "controllerbot_messaging_participants_change",
        ),
        ("Messaging Survey Ended", "surveybot_messaging_survey_ended"),
        (
            "Messaging Survey Started",
            "surveybot_messaging_survey_started",
        ),
        ("Messaging TTR", "controllerbot_messaging_ttr"),
        ("Greeting Template", ""),
        ("HTTP Template", ""),
        ("Logging Template", ""),
        ("Salesforce Template", ""),
        ("Secret Storage Template", ""),
        ("Default Template", "bot_connectors_custom_integration"),
    ] {
        assert!(found(name, event), "{name} for {event:?}");
    }
    let missing = server.call(Method::GET, "/templates/other").send();
    assert_eq!(missing.status, 404, "{missing:?}");
}

#[test]
fn every_event_has_a_template() {
    let server = start();
    let templates = list(&server, "/templates");
    for event in list(&server, "/events") {
        let id = &event["eventId"];
        let has = templates.iter().any(|template| template["eventId"] == *id);
        assert!(has, "{id}");
    }
}

#[test]
fn every_template_runs_as_it_is_with_its_sample() {
    let server = start();
    for template in list(&server, "/templates") {
        deploy(&server, &template);
        let id = text(&template, "id");
        let mut body = template["samplePayload"].clone();
        body["timestamp"] = json!(0);
        let reply = test_run(&server, id, &body);
        match expected(id) {
            Ok(result) => {
                assert_eq!(reply.status, 200, "{id}: {reply:?}");
                assert_eq!(reply.json()["result"], result, "{id}");
            }
            Err(words) => {
                assert_eq!(check_error(&reply, 901, CUSTOM), words, "{id}");
            }
        }
    }
}

#[test]
fn no_template_crashes_on_a_payload_that_it_does_not_know() {
    let server = start();
    for template in list(&server, "/templates") {
        deploy(&server, &template);
        let id = text(&template, "id");
        for payload in [json!(null), json!({}), json!([]), json!("text"), json!(7)] {
            let reply = test_run(&server, id, &json!({ "payload": payload }));
            if reply.status != 200 {
                check_error(&reply, 901, CUSTOM);
            }
        }
    }
}

#[test]
fn a_template_for_an_event_says_what_its_payload_lacks() {
    let server = start();
    for template in list(&server, "/templates") {
        if template["eventId"].is_null() {
            continue;
        }
        deploy(&server, &template);
        let reply = test_run(&server, text(&template, "id"), &json!({ "payload": {} }));
        let said = check_error(&reply, 901, CUSTOM);
        assert!(
            said.starts_with("The payload needs ") || said.starts_with("Please provide"),
            "{said}"
        );
    }
}

#[test]
fn every_snippet_runs_in_a_lambda_as_it_is() {
    let server = start();
    let snippets = list(&server, "/snippets");
    let titles: Vec<_> = snippets
        .iter()
        .map(|snippet| text(snippet, "title"))
        .collect();
    assert_eq!(
        titles,
        [
            "Create Context Session Storage",
            "Delete Context Session Storage",
            "Read Context Session Storage",
            "Update Context Session Storage",
            "Conversation Util",
            "GDPR Util",
            "HTTP",
            "mTLS Request",
            "Read Secret",
            "Salesforce",
            "SDE Util",
            "Update Secret",
        ]
    );
    for snippet in &snippets {
        let (id, code) = (text(snippet, "id"), text(snippet, "code"));
        let code = format!(
            "async function lambda(input, callback) {{\n{code}\ncallback(null, 'done');\n}}"
        );
        server.deploy(id, &code);
        let answer = server.test_run(id, json!({})).send().json();
        assert_eq!(answer["result"], "done", "{id}: {answer}");
        // Nothing is allowed and there is no secret, which is what it says.
        let logs = answer["logs"].as_array().unwrap();
        assert_eq!(logs.len(), 1, "{id}: {logs:?}");
        assert_eq!(logs[0]["level"], "Error", "{id}");
    }
}
