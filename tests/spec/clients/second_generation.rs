//! `liveperson-functions-client` with events, and with services of the platform's second generation,
//! which it tells by their names.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::clients::{Platform, SECOND_GATEWAY, SECOND_UI};
use crate::harness::server::{ACCOUNT, TestServer, check_error, config, open, start};

const EVENT: &str = "controllerbot_messaging_ttr";
/// What a caller outside learns of a lambda's own failure.
const CUSTOMER_CODING: &str =
    "Function Invocation failed due to an issue caused by customer coding";

/// A lambda of the event, which is live.
fn deploy_for_event(server: &TestServer, name: &str, body: &str) -> String {
    let new = json!({
        "name": name, "version": -1, "description": "A test", "eventId": EVENT,
        "implementation": { "code": format!("function lambda(input, callback) {{ {body}\n}}") },
    });
    let made = server.call(Method::POST, "/lambdas?v=1").json(&new).send();
    assert_eq!(made.status, 201, "{made:?}");
    let lambda = made.json()["uuid"].as_str().expect("a UUID").to_owned();
    let path = format!("/deployments/{lambda}?v=1");
    let begun = server.call(Method::POST, &path).send();
    assert_eq!(begun.status, 202, "{begun:?}");
    let path = format!("/lambdas/{lambda}");
    for _ in 0..1000 {
        let shown = server.call(Method::GET, &path).send().json();
        if shown["state"] == "Productive" {
            return lambda;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{name} is not live");
}

fn invoke(payload: &Value) -> Value {
    json!(["invoke", { "eventId": EVENT, "body": { "payload": payload }, "skillId": "", "failOnErrorStatusCode": true }])
}

fn second_generation() -> Platform {
    Platform::start_with(|config| {
        config
            .domains
            .insert("faasGW".to_owned(), SECOND_GATEWAY.to_owned());
        config
            .domains
            .insert("faasUI".to_owned(), SECOND_UI.to_owned());
    })
}

#[test]
fn an_event_is_invoked_and_asked_for_in_both_generations() {
    for platform in [Platform::start(), second_generation()] {
        let (app, server) = (platform.server.machine(), &platform.server);
        let body = "callback(null, { hello: input.payload.name })";
        let lambda = deploy_for_event(server, "greets", body);
        let is_implemented = |event: &str| json!(["isImplemented", { "eventId": event }]);
        let nobody =
            json!(["invoke", { "eventId": "conversational_command", "body": { "payload": {} } }]);
        let calls = json!([
            invoke(&json!({ "name": "Ada" })),
            nobody,
            is_implemented(EVENT),
            is_implemented("conversational_command"),
        ]);
        let said = platform.client(&app, &calls);
        let answers = said[0]["value"]["body"].as_array().expect("a list");
        assert_eq!(answers.len(), 1, "{said:?}");
        assert_eq!(
            (&answers[0]["uuid"], &answers[0]["result"]),
            (&json!(lambda), &json!({ "hello": "Ada" }))
        );
        assert!(answers[0]["timestamp"].is_number(), "{said:?}");
        assert_eq!(said[1]["value"]["body"], json!([]));
        assert_eq!(
            (&said[2]["value"], &said[3]["value"]),
            (&json!(true), &json!(false))
        );
    }
}

#[test]
fn a_lambda_of_an_event_that_fails_is_a_faas_lambda_error_in_both_generations() {
    for (platform, code, message) in [
        (Platform::start(), "errorCode", "errorMsg"),
        (second_generation(), "code", "message"),
    ] {
        let app = platform.server.machine();
        let body = "callback(new Error('no luck'))";
        deploy_for_event(&platform.server, "fails", body);
        let mut lenient = invoke(&json!({}));
        lenient[1]["failOnErrorStatusCode"] = json!(false);
        let said = platform.client(&app, &json!([lenient, invoke(&json!({}))]));
        let answer = &said[0]["value"];
        assert_eq!(answer["status"], 901, "{said:?}");
        let told = match code {
            "code" => "com.customer.faas.function.threw-error",
            _ => "com.liveperson.faas.handler.custom-failure",
        };
        assert_eq!(
            (&answer["body"][code], &answer["body"][message]),
            (&json!(told), &json!(CUSTOMER_CODING))
        );
        assert_eq!(said[1]["names"][0], "FaaSLambdaError");
        let told = said[1]["error"].as_str().expect("a text");
        let begin = format!("Failed to invoke lambda for event: \"{EVENT}\": Failed on request: ");
        assert!(told.starts_with(&begin), "{told}");
    }
}

#[test]
fn functions_are_listed_for_a_user_who_may_read_them() {
    let platform = second_generation();
    let server = &platform.server;
    let lambda = server.deploy_body("greets", "callback(null, 1)");
    let bearer = server.bearer(&server.user("ada", &["developer"]));
    let list = |state: &str, name: &str| json!(["getFunctions", { "state": [state], "functionName": name }]);
    let calls = json!([
        list("Productive", "greet"),
        list("Productive", "other"),
        list("Draft", "greet")
    ]);
    let said = platform.client_with(json!({ "auth": { "bearer": bearer }, "calls": calls }));
    let found = said[0]["value"]["body"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{said:?}");
    assert_eq!(
        (&found[0]["uuid"], &found[0]["name"], &found[0]["state"]),
        (&json!(lambda), &json!("greets"), &json!("Productive"))
    );
    assert_eq!(said[1]["value"]["body"], json!([]));
    assert_eq!(said[2]["value"]["body"], json!([]));

    let call = json!(["getFunctions", { "state": [], "failOnErrorStatusCode": true }]);
    let said = platform.client(&server.machine(), &json!([call]));
    assert_eq!(said[0]["names"][0], "FaaSGetFunctionsError");
    let told = said[0]["error"].as_str().expect("a text");
    let begin = format!("Failed to get functions from account Id \"{ACCOUNT}\".: ");
    assert!(
        told.starts_with(&begin) && told.contains("403 - Forbidden"),
        "{told}"
    );
}

#[test]
fn a_lambda_is_invoked_and_its_errors_have_the_codes_of_the_second_generation() {
    let platform = second_generation();
    let (app, server) = (platform.server.machine(), &platform.server);
    let greets = server.deploy_body("greets", "console.info('asked'); callback(null, 'success')");
    let fails = server.deploy_body("fails", "callback(new Error('no luck'))");
    let crashes = server.deploy_body("crashes", "input.payload.a.b.c = 1");
    let missing = "0e1b9c6e-1111-4222-8333-444444444444";
    let call =
        |lambda: &str| json!(["invoke", { "lambdaUuid": lambda, "body": { "payload": {} } }]);
    let calls = [&greets, &fails, &crashes, missing].map(call);
    let said = platform.client(&app, &json!(calls));
    let answer = |at: usize| json!([said[at]["value"]["status"], said[at]["value"]["body"]]);
    let error = |code: &str, message: &str| json!({ "code": code, "message": message });
    assert_eq!(answer(0), json!([200, "success"]));
    assert_eq!(server.logs("greets", 1)[0]["message"], "asked");
    let threw = error("com.customer.faas.function.threw-error", CUSTOMER_CODING);
    assert_eq!(answer(1), json!([901, threw]));
    let crashed = error(
        "com.customer.faas.function.js-runtime-error",
        CUSTOMER_CODING,
    );
    assert_eq!(answer(2), json!([901, crashed]));
    let told = format!("There is no {missing} deployed on {ACCOUNT}");
    let gone = error("com.liveperson.faas.function.not-found", &told);
    assert_eq!(answer(3), json!([404, gone]));
}

#[test]
fn a_client_that_wants_the_errors_of_the_first_generation_gets_them() {
    let platform = second_generation();
    let (app, server) = (platform.server.machine(), &platform.server);
    let fails = server.deploy_body("fails", "callback(new Error('no luck'))");
    let call = json!({ "lambdaUuid": fails, "body": { "payload": {} }, "v1CompError": true });
    let said = platform.client(&app, &json!([["invoke", call]]));
    assert_eq!(
        said[0]["value"]["body"],
        json!({
            "errorCode": "com.liveperson.faas.handler.custom-failure", "errorMsg": CUSTOMER_CODING,
        })
    );
}

/// A lambda for each failure that there is in the second generation, and its codes there and in the
/// first one, as the client translates them: two of them end in a tab.
fn failing(server: &TestServer) -> Vec<(String, u16, &'static str, &'static str)> {
    let deploy = |name: &str, body: &str| server.deploy_body(name, body);
    vec![
        (
            deploy("throws", "callback(new Error('no luck'))"),
            901,
            "com.customer.faas.function.threw-error",
            "com.liveperson.faas.handler.custom-failure",
        ),
        (
            deploy("crashes", "input.payload.a.b.c = 1"),
            901,
            "com.customer.faas.function.js-runtime-error",
            "com.liveperson.faas.handler.runtime-exception",
        ),
        (
            deploy("never", "return"),
            901,
            "com.customer.faas.function.execution-exceeded",
            "com.liveperson.faas.handler.executiontime-exceeded\t",
        ),
        (
            deploy("talks", "for (;;) console.info('again')"),
            901,
            "com.liveperson.faas.function.runtime.limit-reached",
            "com.liveperson.faas.handler.log-limit-reached\t",
        ),
        (
            "0e1b9c6e-1111-4222-8333-444444444444".to_owned(),
            404,
            "com.liveperson.faas.function.not-found",
            "com.liveperson.faas.es.missinglambda",
        ),
    ]
}

#[test]
fn each_failure_has_the_code_of_the_second_generation_and_the_client_knows_the_firsts() {
    let platform = second_generation();
    let (app, server) = (platform.server.machine(), &platform.server);
    let failing = failing(server);
    let call = |lambda: &str, first: bool| {
        json!(["invoke", {
            "lambdaUuid": lambda, "body": { "payload": {} }, "v1CompError": first,
        }])
    };
    let hello = server.deploy_body("hello", "callback(null, 1)");
    let no_payload =
        |first: bool| json!(["invoke", { "lambdaUuid": hello, "body": {}, "v1CompError": first }]);
    let mut calls: Vec<_> = failing
        .iter()
        .map(|(lambda, ..)| call(lambda, false))
        .collect();
    calls.push(no_payload(false));
    calls.extend(failing.iter().map(|(lambda, ..)| call(lambda, true)));
    calls.push(no_payload(true));
    let said = platform.client(&app, &json!(calls));
    let invalid = (
        String::new(),
        400,
        "com.liveperson.faas.evg.invalid",
        "com.liveperson.faas.es.badinput",
    );
    let all: Vec<_> = failing.into_iter().chain([invalid]).collect();
    for (at, (_, status, second, first)) in all.iter().enumerate() {
        let own = &said[at]["value"];
        assert_eq!(own["status"], *status, "{second}: {said:?}");
        assert_eq!(own["body"]["code"], *second, "{said:?}");
        assert!(own["body"]["message"].is_string(), "{said:?}");
        let translated = &said[all.len() + at]["value"]["body"];
        assert_eq!(translated["errorCode"], *first, "{said:?}");
        assert_eq!(translated["errorMsg"], own["body"]["message"], "{said:?}");
    }
}

#[test]
fn what_the_server_itself_fails_at_is_general_in_both_generations() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    for artifact in std::fs::read_dir(data_dir.join("artifacts")).expect("there are some") {
        let artifact = artifact.expect("it is readable").path();
        std::fs::write(artifact, "damaged").expect("it can be written");
    }
    let server = open(config(&data_dir)).expect("it starts");
    let first = server.invoke(&lambda, json!({})).send();
    check_error(&first, 500, "es.general");
    let call = server.call(Method::POST, &format!("/lambdas/{lambda}/invoke"));
    let call = call.header("lp-eventsource", "tests");
    let second = call.json(&json!({ "payload": {} })).send();
    assert_eq!(second.status, 500, "{second:?}");
    assert_eq!(second.json()["code"], "com.liveperson.faas.evg.general");
}
