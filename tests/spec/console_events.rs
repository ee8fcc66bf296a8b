//! A deployment can be watched: an event a step, until the last one.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::block_on;
use crate::harness::server::{ACCOUNT, TestServer, check_error, http_client, start, start_with};

const SOUND: &str = "function lambda(input, callback) { callback(null, 1); }";
const THROWS: &str = "function lambda() {}\nthrow new Error('at the top');";

/// Makes a lambda that is not deployed.
fn save(server: &TestServer, name: &str, code: &str) {
    let new = json!({ "name": name, "version": -1, "implementation": { "code": code } });
    let made = server.call(Method::POST, "/lambdas").json(&new).send();
    assert_eq!(made.status, 201, "{made:?}");
}

fn deploy(server: &TestServer, name: &str) {
    let begun = server
        .call(Method::POST, &format!("/deployments/{name}"))
        .send();
    assert_eq!(begun.status, 202, "{begun:?}");
}

fn watch(server: &TestServer, name: &str) -> Response {
    let url = format!(
        "{}/api/account/{ACCOUNT}/deployments/{name}/events",
        server.url
    );
    let client = http_client().expect("a client");
    let request = client.get(url).bearer_auth(&server.admin_token);
    let response = block_on(request.send()).expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response
}

/// All events until the end: the deployments that they told of.
fn events(response: Response) -> Vec<Value> {
    let text = block_on(async {
        let text = tokio::time::timeout(Duration::from_secs(60), response.text());
        text.await.expect("it ends").expect("the connection holds")
    });
    let events = text
        .split("\n\n")
        .filter(|event| event.starts_with("event: "));
    let data = events.map(|event| event.strip_prefix("event: state\ndata: ").expect("a state"));
    data.map(|data| serde_json::from_str(data).expect("it is JSON"))
        .collect()
}

fn states(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["deploymentState"].as_str().expect("a text"))
        .collect()
}

#[test]
fn each_step_of_a_deployment_is_told_once_and_in_order() {
    // There is one turn to build, and it is taken while the deployment begins to be watched.
    let server = start_with(|config| config.builds_max = 1);
    save(&server, "hello", SOUND);
    let busy = format!("{SOUND}\nfor (let at = 0; at < 3e7; at += 1);");
    save(&server, "busy", &busy);
    deploy(&server, "busy");
    deploy(&server, "hello");
    let told = events(watch(&server, "hello"));
    // However late the watcher comes, it misses nothing from then on.
    let steps = [
        "Build Start",
        "Build Finish",
        "Deploy Start",
        "Deploy Finish",
    ];
    assert!(
        steps.ends_with(&states(&told)) && !told.is_empty(),
        "{told:?}"
    );
    let last = told.last().expect("there is one");
    assert_eq!(
        (&last["lambdaName"], &last["live"]),
        (&json!("hello"), &json!(true))
    );
    let path = "/lambdas/hello/deployments";
    let listed = server.call(Method::GET, path).send().json();
    assert_eq!(&listed[0], last, "it is told as it is listed");
}

#[test]
fn a_deployment_that_is_over_is_told_in_one_event() {
    let server = start();
    server.deploy("hello", SOUND);
    let told = events(watch(&server, "hello"));
    assert_eq!(states(&told), ["Deploy Finish"]);
}

#[test]
fn a_deployment_that_fails_ends_with_the_cause() {
    let server = start();
    save(&server, "broken", THROWS);
    deploy(&server, "broken");
    let told = events(watch(&server, "broken"));
    let last = told.last().expect("there is one");
    assert_eq!(last["deploymentState"], "Build Error", "{told:?}");
    let why = &last["deploymentError"];
    assert!(
        why["errorMsg"].as_str().unwrap().contains("at the top"),
        "{why}"
    );
    assert_eq!(why["place"]["line"], 2, "{why}");
}

#[test]
fn watchers_have_the_places_of_those_who_watch_logs() {
    let server = start_with(|config| config.journal.tails_max = 1);
    server.deploy("hello", SOUND);
    let path = format!("{}/api/account/{ACCOUNT}/logs/tail", server.url);
    let client = http_client().expect("a client");
    let tail = client.get(path).bearer_auth(&server.admin_token);
    let tail = block_on(tail.send()).expect("an answer");
    let refused = server.call(Method::GET, "/deployments/hello/events").send();
    check_error(&refused, 429, "es.toomanyrequests");
    drop(tail);
    // The server notices that the tail is gone when it next has something to say.
    drop(server);
}

#[test]
fn what_was_never_deployed_and_who_may_not_read_are_refused() {
    let server = start();
    save(&server, "saved", SOUND);
    let never = server.call(Method::GET, "/deployments/saved/events").send();
    let message = check_error(&never, 404, "es.notfound");
    assert_eq!(message, "saved was never deployed");
    let missing = server
        .call(Method::GET, "/deployments/nobody/events")
        .send();
    check_error(&missing, 404, "es.notfound");
    let token = server.token("invocation");
    let refused = server.call(Method::GET, "/deployments/saved/events");
    check_error(&refused.bearer(&token).send(), 403, "es.forbidden");
}
