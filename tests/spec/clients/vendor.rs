//! `liveperson-functions-client`: invocations by external systems.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::harness::clients::Platform;
use crate::harness::sentinel::TestApp;
use crate::harness::server::{ACCOUNT, TestServer};
use crate::harness::tokio as shared;
use crate::harness::upstream::{Upstream, answer};

/// What a caller outside learns of a lambda's own failure.
const CUSTOMER_CODING: &str =
    "Function Invocation failed due to an issue caused by customer coding";
const GATEWAY: &str = "va.faasgw.liveperson.net";
const MISSING: &str = "0e1b9c6e-1111-4222-8333-444444444444";
/// As the client makes them: not quite a UUID.
const REQUEST_ID: &str = "0e1b9c6e-aaaa-bbbb-cccc-dddddddddddd";

fn greeting(platform: &Platform) -> String {
    let body = "console.info('asked'); callback(null, { hello: input.payload.name });";
    platform.server.deploy_body("greeting", body)
}

/// A call of a lambda that throws for an answer that is no success.
fn strictly(lambda: &str) -> Value {
    let call = json!({
        "lambdaUuid": lambda, "body": { "payload": {} }, "failOnErrorStatusCode": true,
    });
    json!(["invoke", call])
}

/// A call of a lambda.
fn leniently(lambda: &str) -> Value {
    json!(["invoke", { "lambdaUuid": lambda, "body": { "payload": {} }, "requestId": REQUEST_ID }])
}

/// What it says when a request was answered with an error.
fn failed_on(host: &str, path: &str, answered: &str, body: &Value) -> String {
    format!(
        "Failed on request: https://{host}/api/account/{ACCOUNT}/{path}: \
         Request did not respond with a success status: {answered}. Response body: {body}"
    )
}

/// How often the server refused with this status.
fn refused(server: &TestServer, status: u16) -> u64 {
    let page = server.plain(Method::GET, "/metrics").send().text;
    let start = format!("sandglass_rejected_total{{status=\"{status}\"}} ");
    let line = page.lines().find_map(|line| line.strip_prefix(&start));
    line.map_or(0, |count| count.parse().expect("a count"))
}

#[test]
fn a_lambda_is_invoked_by_its_uuid() {
    let platform = Platform::start();
    let (app, lambda) = (platform.server.machine(), greeting(&platform));
    let body = json!({ "payload": { "name": "Ada" }, "headers": [{ "key": "a", "value": "b" }] });
    let call = json!({ "lambdaUuid": lambda, "body": body, "externalSystem": "crm" });
    let said = platform.client(&app, &json!([["invoke", call]]));
    let answer = &said[0]["value"];
    assert_eq!(answer["body"], json!({ "hello": "Ada" }), "{answer}");
    assert_eq!(
        (&answer["ok"], &answer["status"], &answer["statusText"]),
        (&json!(true), &json!(200), &json!("OK"))
    );
    assert_eq!(platform.server.logs("greeting", 1)[0]["message"], "asked");
}

#[test]
fn a_result_that_is_absent_is_an_empty_body() {
    let platform = Platform::start();
    let app = platform.server.machine();
    let lambda = platform.server.deploy_body("nothing", "callback()");
    let call = json!({ "lambdaUuid": lambda, "body": { "payload": null } });
    let said = platform.client(&app, &json!([["invoke", call]]));
    assert_eq!(said[0]["value"]["ok"], true, "{said:?}");
    assert_eq!(said[0]["value"]["body"], "");
}

#[test]
fn a_lambda_that_fails_is_a_faas_lambda_error() {
    let platform = Platform::start();
    let (app, server) = (platform.server.machine(), &platform.server);
    let fails = server.deploy_body("fails", "callback(new Error('no luck'))");
    let crashes = server.deploy_body("crashes", "input.payload.a.b.c = 1");
    for (lambda, code) in [(fails, "custom-failure"), (crashes, "runtime-exception")] {
        let said = platform.client(&app, &json!([leniently(&lambda), strictly(&lambda)]));
        let body = json!({
            "errorCode": format!("com.liveperson.faas.handler.{code}"), "errorMsg": CUSTOMER_CODING,
        });
        let lenient = &said[0]["value"];
        assert_eq!(
            (&lenient["ok"], &lenient["status"], &lenient["retryCount"]),
            (&json!(false), &json!(901), &json!(0)),
            "{said:?}"
        );
        assert_eq!(lenient["body"], body);
        let path = format!("lambdas/{lambda}/invoke?v=1&skillId=&externalSystem=unknown");
        let why = failed_on(GATEWAY, &path, "901 - unknown", &body);
        assert_eq!(
            said[1]["error"],
            format!("Failed to invoke lambda : {lambda}\": {why}")
        );
        let names = ["FaaSLambdaError", "FaaSRequestError", "HttpRequestError"];
        assert_eq!(said[1]["names"], json!(names));
    }
}

#[test]
fn a_lambda_that_is_not_there_is_a_faas_invoke_error() {
    let platform = Platform::start();
    let app = platform.server.machine();
    let said = platform.client(&app, &json!([strictly(MISSING)]));
    let body = json!({
        "errorCode": "com.liveperson.faas.es.missinglambda",
        "errorMsg": format!("There is no {MISSING} deployed on {ACCOUNT}"),
    });
    let path = format!("lambdas/{MISSING}/invoke?v=1&skillId=&externalSystem=unknown");
    let why = failed_on(GATEWAY, &path, "404 - Not Found", &body);
    assert_eq!(
        said[0]["error"],
        format!("Failed to invoke lambda : {MISSING}\": {why}")
    );
    let names = ["FaaSInvokeError", "FaaSRequestError", "HttpRequestError"];
    assert_eq!(said[0]["names"], json!(names));
}

#[test]
fn a_wrong_secret_is_a_faas_app_jwt_authentication_error() {
    let platform = Platform::start();
    let lambda = greeting(&platform);
    let app = TestApp {
        secret: "wrong".to_owned(),
        ..platform.server.machine()
    };
    let said = platform.client(&app, &json!([leniently(&lambda)]));
    let names = said[0]["names"].as_array().expect("it fails");
    assert_eq!(names[0], "FaaSInvokeError", "{said:?}");
    assert!(
        names.contains(&json!("FaaSAppJWTAuthenticationError")),
        "{said:?}"
    );
    let told = said[0]["error"].as_str().expect("a text");
    assert!(told.contains("401 Unauthorized"), "{told}");
}

#[test]
fn a_service_that_the_domain_api_does_not_know_is_not_found() {
    let platform = Platform::start();
    let lambda = greeting(&platform);
    let app = platform.server.machine();
    let told = json!({
        "config": { "gwCsdsServiceName": "nowhere" },
        "auth": { "clientId": app.id, "clientSecret": app.secret },
        "calls": [leniently(&lambda)],
    });
    let said = platform.client_with(told);
    assert_eq!(
        said[0]["names"],
        json!(["FaaSIsImplementedError", "CSDSDomainNotFound"]),
        "{said:?}"
    );
    let told = said[0]["error"].as_str().expect("a text");
    assert!(
        told.ends_with("Service \"nowhere\" could not be found"),
        "{told}"
    );
}

#[test]
fn the_lambdas_are_listed_for_a_user_who_may_read_them() {
    let platform = Platform::start();
    let server = &platform.server;
    let lambda = greeting(&platform);
    let bearer = server.bearer(&server.user("ada", &["developer"]));
    let list = |state: &str| json!(["getLambdas", { "state": state }]);
    let calls = json!([
        list("Productive"),
        list("Draft"),
        ["getLambdas", { "state": ["Draft", "Productive"] }]
    ]);
    let said = platform.client_with(json!({ "auth": { "bearer": bearer }, "calls": calls }));
    let found = |at: usize| {
        let lambdas = said[at]["value"]["body"].as_array().expect("a list");
        let shown = lambdas.iter().map(|one| json!([one["uuid"], one["state"]]));
        Value::from(shown.collect::<Vec<_>>())
    };
    assert_eq!(found(0), json!([[lambda, "Productive"]]));
    assert_eq!(found(1), json!([]));
    assert_eq!(found(2), found(0));
}

#[test]
fn an_app_may_not_list_the_lambdas() {
    let platform = Platform::start();
    let app = platform.server.machine();
    let call = json!({ "state": "Draft", "failOnErrorStatusCode": true });
    let said = platform.client(&app, &json!([["getLambdas", call]]));
    let body = json!({
        "errorCode": "com.liveperson.faas.es.forbidden",
        "errorMsg": "this needs the permission FaaS-Admin or FaaS-Developer",
    });
    let path = "lambdas/?eventId=&state=Draft&externalSystem=&userId=&v=1";
    let why = failed_on("va.faasui.liveperson.net", path, "403 - Forbidden", &body);
    assert_eq!(
        said[0]["error"],
        format!("Failed to get functions from account Id \"{ACCOUNT}\".: {why}")
    );
    assert_eq!(said[0]["names"][0], "FaaSGetLambdasError");
}

/// A platform with room for one invocation, which is taken until the test lets go of it.
fn full() -> (Platform, Arc<Semaphore>, Upstream) {
    let held = Arc::new(Semaphore::new(0));
    let release = Arc::clone(&held);
    let upstream = Upstream::start_async(move |_| {
        let held = Arc::clone(&held);
        async move {
            held.acquire().await.expect("it is never closed").forget();
            Some(answer(200, "at last"))
        }
    });
    let platform = Platform::start_with(|config| {
        config.max_concurrent = 1;
        config.queue_max = 0;
    });
    let server = &platform.server;
    let waits = server.deploy(
        "waits",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) { callback(null, await Toolbelt.HTTPClient()(input.payload)); }",
    );
    let rule = format!("/whitelist/{}", upstream.rule().replace(':', "%3A"));
    let allowed = server.call(Method::PUT, &rule).send();
    assert_eq!(allowed.status, 204, "{allowed:?}");
    let waiting = server.invoke(&waits, json!(upstream.url("/")));
    shared().spawn(waiting.send_async());
    while upstream.received().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    (platform, release, upstream)
}

#[test]
fn a_full_server_is_asked_four_times_and_then_given_up() {
    let (platform, release, _upstream) = full();
    let (app, lambda) = (platform.server.machine(), greeting(&platform));
    let said = platform.client(&app, &json!([leniently(&lambda)]));
    let answer = &said[0]["value"];
    assert_eq!(
        (&answer["ok"], &answer["status"], &answer["retryCount"]),
        (&json!(false), &json!(429), &json!(3))
    );
    assert_eq!(
        answer["body"]["errorCode"],
        "com.liveperson.faas.es.toomanyrequests"
    );
    assert_eq!(refused(&platform.server, 429), 4);
    release.add_permits(1);
}

#[test]
fn a_server_that_has_room_again_answers_a_retry_and_runs_the_lambda_once() {
    let (platform, release, _upstream) = full();
    let app = platform.server.machine();
    let body = "console.info('ran'); callback(null, 'done')";
    let lambda = platform.server.deploy_body("once", body);
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            while refused(&platform.server, 429) == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
            release.add_permits(1);
        });
        platform.client(&app, &json!([leniently(&lambda)]))
    });
    let answer = &said[0]["value"];
    assert_eq!(
        (&answer["ok"], &answer["body"]),
        (&json!(true), &json!("done")),
        "{answer}"
    );
    assert_eq!(answer["headers"]["x-request-id"], REQUEST_ID);
    assert_eq!(platform.server.logs("once", 1).len(), 1);
}

#[test]
fn a_request_that_is_sent_again_runs_once() {
    let platform = Platform::start();
    let app = platform.server.machine();
    let lambda = platform
        .server
        .deploy_body("random", "callback(null, Math.random())");
    // The body has the time of the call unless it is said, and another body is another request.
    let call = json!({
        "lambdaUuid": lambda, "requestId": REQUEST_ID,
        "body": { "timestamp": 1_700_000_000_000_u64, "payload": {} },
    });
    let said = platform.client(&app, &json!([["invoke", call], ["invoke", call]]));
    let (first, second) = (&said[0]["value"], &said[1]["value"]);
    assert!(first["body"].is_number(), "{said:?}");
    assert_eq!(first["body"], second["body"]);
    assert_eq!(second["headers"]["idempotent-replayed"], "true");
}
