//! The invoke route answers as the platform's gateway does.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{ACCOUNT, check_error, start, start_with};
use crate::harness::upstream::{Upstream, answer};

const CUSTOMER_CODING: &str =
    "Function Invocation failed due to an issue caused by customer coding";

#[test]
fn an_external_system_gets_the_raw_result() {
    let server = start();
    let hello = server.deploy_body(
        "hello",
        "console.info('hi'); callback(null, `Hello ${input.payload.name}`)",
    );
    let reply = server.invoke(&hello, json!({ "name": "Ada" })).send();
    assert_eq!((reply.status, reply.text.as_str()), (200, "\"Hello Ada\""));
    assert!(
        reply.header("content-type").starts_with("application/json"),
        "{reply:?}"
    );
}

#[test]
fn an_external_system_that_does_not_name_itself_is_one_too() {
    let server = start();
    let hello = server.deploy_body("hello", "callback(null, { a: [1, null] })");
    for query in ["v=1&skillId=&externalSystem=unknown", "v=1&externalSystem="] {
        let path = format!("/lambdas/{hello}/invoke?{query}");
        let reply = server
            .call(Method::POST, &path)
            .json(&json!({ "payload": null }))
            .send();
        assert_eq!(
            (reply.status, reply.text.as_str()),
            (200, r#"{"a":[1,null]}"#),
            "{query}"
        );
    }
}

#[test]
fn a_manual_test_gets_the_result_and_the_logs() {
    let server = start();
    let lambda = server.deploy_body(
        "logs",
        "console.debug('d', 1); console.info('i'); callback(null, 5)",
    );
    let reply = server.test_run(&lambda, json!({})).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    let body = reply.json();
    assert_eq!(body["result"], 5);
    let logs = body["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 2, "{body}");
    assert_eq!(logs[0]["level"], "Debug");
    assert_eq!(
        (&logs[0]["message"], &logs[0]["extras"]),
        (&json!("d"), &json!([1]))
    );
    assert!(logs[0]["timestamp"].as_u64().unwrap() > 1_700_000_000_000);
}

#[test]
fn a_lambda_without_a_result_answers_nothing() {
    let server = start();
    let lambda = server.deploy_body("nothing", "callback()");
    let reply = server.invoke(&lambda, json!({})).send();
    assert!(matches!(reply.status, 200 | 204), "{reply:?}");
    assert_eq!(reply.text, "");
    let test = server.test_run(&lambda, json!({})).send().json();
    assert_eq!(test, json!({ "logs": [] }));
}

#[test]
fn a_lambda_may_be_called_by_its_uuid_or_its_name() {
    let server = start();
    let uuid = server.deploy_body("by-name", "callback(null, 'here')");
    assert_eq!(server.invoke(&uuid, json!({})).send().text, "\"here\"");
    assert_eq!(server.invoke("by-name", json!({})).send().text, "\"here\"");
}

#[test]
fn the_body_reaches_the_lambda_as_it_was_posted() {
    let server = start();
    let echo = server.deploy_body("echo", "callback(null, input)");
    let path = format!("/lambdas/{echo}/invoke?v=1&externalSystem=x");
    for body in [
        json!({ "timestamp": 1_700_000_000_000_u64, "headers": [{ "key": "a", "value": "b" }], "payload": { "x": "ä€😀" } }),
        json!({ "timestamp": 0, "payload": null }),
        json!({ "payload": [1, 2] }),
    ] {
        let reply = server.call(Method::POST, &path).json(&body).send();
        assert_eq!(reply.json(), body);
    }
}

#[test]
fn a_failing_lambda_is_901_and_its_message_stays_inside() {
    let server = start();
    for (name, body, code) in [
        (
            "custom",
            "callback(new Error('a secret cause'))",
            "handler.custom-failure",
        ),
        (
            "thrown",
            "throw new Error('a secret cause')",
            "handler.custom-failure",
        ),
        ("crashed", "null.secret", "handler.runtime-exception"),
    ] {
        let lambda = server.deploy_body(name, body);
        let reply = server.invoke(&lambda, json!({})).send();
        assert_eq!(check_error(&reply, 901, code), CUSTOMER_CODING);
        assert!(!reply.text.contains("secret"), "{reply:?}");
    }
}

#[test]
fn a_manual_test_of_a_failing_lambda_shows_the_message_and_the_logs() {
    let server = start();
    let lambda = server.deploy_body(
        "fails",
        "console.info('before'); callback(new Error('the cause'))",
    );
    let reply = server.test_run(&lambda, json!({})).send();
    assert_eq!(
        check_error(&reply, 901, "handler.custom-failure"),
        "the cause"
    );
    let logs = &reply.json()["errorLogs"];
    assert_eq!(logs[0]["message"], "before");
    assert_eq!(logs[1]["message"], "Received Error - the cause");
    assert_eq!(logs[1]["level"], "Error");
}

#[test]
fn a_lambda_that_takes_too_long_is_901_with_the_platforms_text() {
    let server = start_with(|config| {
        config.limits.fuel = sandglass_runtime::Fuel::new(20_000_000);
        config.limits.wall_clock = std::time::Duration::from_millis(200);
    });
    let looping = server.deploy_body("loops", "for (;;) {}");
    let waiting = server.deploy_body("waits", "setTimeout(callback, 60000)");
    let forgetful = server.deploy_body("forgets", "");
    for lambda in [looping, waiting, forgetful] {
        let reply = server.test_run(&lambda, json!({})).send();
        let message = check_error(&reply, 901, "handler.executiontime-exceeded");
        assert!(
            message.contains("Lambda Execution is taking too long"),
            "{message}"
        );
        let reply = server.invoke(&lambda, json!({})).send();
        check_error(&reply, 901, "handler.executiontime-exceeded");
    }
}

#[test]
fn a_lambda_that_can_never_call_back_is_901_at_once_and_its_log_says_why() {
    let server = start();
    let forgetful = server.deploy_body("forgets", "console.info('begun')");
    let begun = Instant::now();
    let reply = server.invoke(&forgetful, json!({})).send();
    let took = begun.elapsed();
    assert_eq!(
        check_error(&reply, 901, "handler.executiontime-exceeded"),
        CUSTOMER_CODING
    );
    let limit = sandglass_runtime::Limits::default().wall_clock;
    assert!(took < limit / 3, "{took:?} of {limit:?}");
    let logs = server.logs(&forgetful, 2);
    assert_eq!(logs[0]["message"], "begun", "{logs:?}");
    assert_eq!(logs[1]["level"], "Error", "{logs:?}");
    let message = logs[1]["message"].as_str().unwrap();
    assert!(
        message.contains("nothing is pending any more and the callback was not called"),
        "{message}"
    );
}

#[test]
fn a_lambda_that_logs_too_much_is_901_with_the_platforms_code() {
    let server = start_with(|config| config.limits.log_entries = 3);
    let lambda = server.deploy_body("chatty", "for (;;) console.info('again')");
    check_error(
        &server.invoke(&lambda, json!({})).send(),
        901,
        "handler.log-limit-reached",
    );
}

#[test]
fn a_lambda_that_needs_too_much_memory_is_901() {
    let server = start_with(|c| c.limits.memory = sandglass_runtime::ByteSize::mib(24));
    let lambda = server.deploy_body(
        "hoards",
        "const a = []; for (;;) a.push(new Uint8Array(65536).fill(1))",
    );
    let reply = server.test_run(&lambda, json!({})).send();
    let message = check_error(&reply, 901, "handler.runtime-exception");
    assert!(message.contains("memory"), "{message}");
}

#[test]
fn clients_that_cannot_take_901_get_what_the_operator_sets() {
    let server = start_with(|config| config.failure_status = 500);
    let lambda = server.deploy_body("fails", "callback(new Error('x'))");
    let reply = server.invoke(&lambda, json!({})).send();
    check_error(&reply, 500, "handler.custom-failure");
}

#[test]
fn a_lambda_that_is_not_deployed_is_404_with_the_text_that_clients_look_for() {
    let server = start();
    let uuid = "00000000-0000-4000-8000-000000000000";
    let reply = server.invoke(uuid, json!({})).send();
    assert_eq!(reply.status, 404, "{reply:?}");
    let body = reply.json();
    let message = body["errorMsg"].as_str().unwrap();
    assert!(
        message.contains(&format!("There is no {uuid} deployed on {ACCOUNT}")),
        "{message}"
    );
    let code = body["errorCode"].as_str().unwrap();
    assert!(code.starts_with("com.liveperson.faas.es."), "{code}");
}

#[test]
fn a_malformed_body_is_400() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let path = format!("/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    for body in [
        "",
        "{",
        "nonsense",
        "{\"payload\": }",
        "{\"payload\":1} trailing",
        "\u{feff}{}",
    ] {
        let call = server
            .call(Method::POST, &path)
            .header("content-type", "application/json");
        check_error(&call.body(body).send(), 400, "es.badinput");
    }
    let invalid = server
        .call(Method::POST, &path)
        .body(vec![b'"', 0xff, b'"'])
        .send();
    check_error(&invalid, 400, "es.badinput");
}

#[test]
fn the_version_is_required_as_the_platform_requires_it() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    for query in ["", "?v=2", "?v="] {
        let path = format!("/lambdas/{lambda}/invoke{query}");
        let reply = server
            .call(Method::POST, &path)
            .json(&json!({ "payload": {} }))
            .send();
        check_error(&reply, 400, "es.badinput");
    }
}

#[test]
fn another_method_is_405() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = server
            .call(method, &format!("/lambdas/{lambda}/invoke?v=1"))
            .send();
        assert_eq!(reply.status, 405, "{reply:?}");
        assert!(reply.header("allow").contains("POST"), "{reply:?}");
    }
}

#[test]
fn a_path_that_does_not_exist_is_404() {
    let server = start();
    for path in [
        "/index.html",
        "/api",
        "/api/account/10000001",
        "/favicon.ico",
        "/api/account/10000001/lambdas/x/y/z",
    ] {
        let reply = server
            .plain(Method::GET, path)
            .bearer(&server.admin_token)
            .send();
        assert_eq!(reply.status, 404, "{path}: {reply:?}");
    }
}

#[test]
fn the_request_id_of_the_caller_comes_back_and_stands_with_the_logs() {
    let server = start();
    let lambda = server.deploy_body("logs", "console.info('hi'); callback(null, 1)");
    let id = "c9a9ab8f-72bf-3e2a-f0c9-ffffffffffff"; // Hexadecimal, but no UUIDv4.
    let reply = server
        .invoke(&lambda, json!({}))
        .header("x-request-id", id)
        .send();
    assert_eq!(reply.header("x-request-id"), id);
    let kept = server.logs(&lambda, 1);
    assert_eq!(kept[0]["requestId"], id);
    let own = server.invoke(&lambda, json!({})).send();
    assert!(!own.header("x-request-id").is_empty(), "{own:?}");
}

#[test]
fn a_request_without_an_id_of_its_caller_is_an_invocation_of_its_own() {
    let server = start();
    let lambda = server.deploy_body("dice", "callback(null, Math.random())");
    let call = || server.invoke(&lambda, json!({})).send().text;
    assert_ne!(call(), call());
}

#[test]
fn every_invocation_has_a_sandbox_of_its_own() {
    let server = start();
    let lambda = server.deploy(
        "counter",
        "let n = 0; function lambda(input, callback) { n += 1; globalThis.m = (globalThis.m ?? 0) + 1; callback(null, [n, globalThis.m]); }",
    );
    for _ in 0..20 {
        assert_eq!(server.invoke(&lambda, json!({})).send().text, "[1,1]");
    }
}

#[test]
fn connections_are_kept_alive() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let url = format!(
        "{}/api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x",
        server.url
    );
    crate::harness::block_on(async {
        let client = crate::harness::server::http_client().unwrap();
        for _ in 0..10 {
            let request = client
                .post(&url)
                .bearer_auth(&server.admin_token)
                .body("{\"payload\":{}}");
            assert_eq!(request.send().await.unwrap().text().await.unwrap(), "1");
        }
    });
    let page = server.plain(Method::GET, "/metrics").send();
    assert_eq!(page.status, 200);
}

#[test]
fn a_lambda_reaches_what_the_whitelist_allows_from_the_next_invocation_on() {
    let upstream = Upstream::start(|_| answer(200, "reached"));
    let server = start();
    let lambda = server.deploy(
        "fetches",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) {
           const r = await Toolbelt.HTTPClient()(input.payload, { simple: false, resolveWithFullResponse: true });
           callback(null, r.statusCode);
         }",
    );
    let ask = || {
        server
            .invoke(&lambda, json!(upstream.url("/")))
            .send()
            .json()
    };
    assert_eq!(ask(), 403);
    let rule = format!("/whitelist/{}", upstream.rule().replace(':', "%3A"));
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);
    assert_eq!(ask(), 200);
    assert_eq!(server.call(Method::DELETE, &rule).send().status, 204);
    assert_eq!(ask(), 403);
}

#[test]
fn a_lambda_reads_and_updates_the_accounts_secrets() {
    let server = start();
    let lambda = server.deploy(
        "counts",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) {
           const secrets = Toolbelt.SecretClient();
           const { value } = await secrets.readSecret('count');
           await secrets.updateSecret({ key: 'count', value: { n: value.n + 1 } });
           callback(null, value.n);
         }",
    );
    assert_eq!(
        server
            .call(Method::PUT, "/secrets/count")
            .json(&json!({ "value": { "n": 1 } }))
            .send()
            .status,
        204
    );
    let count = || -> Value { server.invoke(&lambda, json!({})).send().json() };
    assert_eq!((count(), count(), count()), (json!(1), json!(2), json!(3)));
}

#[test]
fn a_lambdas_requests_say_whose_they_are() {
    let upstream = Upstream::start(|_| answer(200, "ok"));
    let server = start();
    let rule = format!("/whitelist/{}", upstream.rule().replace(':', "%3A"));
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);
    let lambda = server.deploy(
        "asks",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) {
           await Toolbelt.HTTPClient()(input.payload);
           await Toolbelt.HTTPClient().post(input.payload, { headers: { 'x-own': '1' } });
           await Toolbelt.HTTPClient()(input.payload, { headers: { 'User-Agent': 'my own' } });
           callback();
         }",
    );
    let reply = server.invoke(&lambda, json!(upstream.url("/"))).send();
    assert_eq!(reply.text, "", "{reply:?}");
    let platform = format!("LP-Lambda-{lambda}");
    let sent = upstream.received();
    let sent: Vec<_> = ["lp-url", "user-agent", "x-own"]
        .map(|name| sent.iter().map(|r| r.header(name)).collect::<Vec<_>>())
        .into();
    assert_eq!(
        sent,
        [
            [ACCOUNT, ACCOUNT, ACCOUNT],
            [&platform, &platform, "my own"],
            ["", "1", ""]
        ]
    );
}
