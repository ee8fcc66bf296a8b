//! A draft, and what is live, can be run for somebody who watches: in a sandbox like any other, with a
//! report of everything.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use sandglass_server::RateConfig;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::harness::server::{Reply, TestServer, check_error, start, start_with};
use crate::harness::upstream::{Upstream, answer};
use crate::harness::{block_on, tokio as shared};

/// A plain lambda with this body, on its second line.
fn plain(body: &str) -> String {
    format!("async function lambda(input, callback) {{\n{body}\n}}")
}

fn draft(server: &TestServer, body: &Value) -> Reply {
    server.call(Method::POST, "/run").json(body).send()
}

/// The report of a draft with this code and this payload.
#[track_caller]
fn run(server: &TestServer, code: &str, payload: Value) -> Value {
    let body = json!({ "code": code, "input": { "headers": [], "payload": payload } });
    let reply = draft(server, &body);
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.json()["invocationId"], reply.header("x-request-id"));
    reply.json()
}

/// How often anything was invoked, for the account's figures, after those of the past were written.
fn invocations(server: &TestServer, marker: &str) -> u64 {
    // An invocation with a log entry is written with all that came before.
    let path = format!("/lambdas/{marker}/invoke?v=1&externalSystem=tests");
    let body = json!({ "timestamp": 0, "headers": [], "payload": {} });
    let reply = server.call(Method::POST, &path).json(&body).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    server.logs(marker, 1);
    let counts = server.call(Method::GET, "/reports/invocationCounts").send();
    counts.json()[0]["successfulInvocations"]
        .as_u64()
        .unwrap_or(0)
}

#[test]
fn a_draft_runs_without_being_saved_and_all_is_told() {
    let server = start();
    let code = plain(
        "console.debug('seen', 1);
         console.info('Hello ' + process.env.NAME + ' in ' + process.env.BRAND_ID);
         callback(null, { got: input.payload });",
    );
    let body = json!({
        "code": code, "fileName": "draft.js", "environment": { "NAME": "Ada" },
        "input": { "timestamp": 0, "headers": [{ "key": "a", "value": "b" }], "payload": [1] },
    });
    let report = draft(&server, &body).json();
    assert_eq!(report["outcome"], "returned", "{report}");
    assert_eq!(report["result"], json!({ "got": [1] }));
    assert_eq!(report.get("error"), None);
    let logs = report["logs"].as_array().expect("a list");
    let said: Vec<_> = logs
        .iter()
        .map(|log| (&log["level"], &log["message"]))
        .collect();
    assert_eq!(
        said,
        [
            (&json!("Debug"), &json!("seen")),
            (&json!("Info"), &json!("Hello Ada in 10000001")),
        ]
    );
    assert_eq!(logs[0]["extras"], json!([1]));
    let usage = &report["usage"];
    for (used, max) in [
        ("fuel", "fuelMax"),
        ("wallMs", "wallMsMax"),
        ("memoryPeak", "memoryMax"),
    ] {
        let (used, max) = (usage[used].as_f64().unwrap(), usage[max].as_f64().unwrap());
        assert!(used > 0.0 && used < max, "{usage}");
    }
    assert!(usage["buildMs"].as_f64().unwrap() > 0.0, "{usage}");
    assert_eq!(
        (&usage["httpRequests"], &usage["httpRequestsMax"]),
        (&json!(0), &json!(200))
    );
    let lambdas = server.call(Method::GET, "/lambdas").send().json();
    assert_eq!(lambdas, json!([]));
}

#[test]
fn an_exception_names_its_place_and_shows_the_line() {
    let server = start();
    let report = run(&server, &plain("  null.missing;"), json!({}));
    assert_eq!(report["outcome"], "threw", "{report}");
    let error = &report["error"];
    assert_eq!(
        (&error["name"], &error["blame"]),
        (&json!("TypeError"), &json!("guest"))
    );
    assert_eq!(
        error["code"],
        "com.liveperson.faas.handler.runtime-exception"
    );
    assert_eq!(
        (&error["fileName"], &error["line"]),
        (&json!("index.js"), &json!(2))
    );
    assert_eq!(error["sourceLine"], "  null.missing;");
    assert!(
        error["stack"].as_str().unwrap().contains("index.js:2"),
        "{error}"
    );
    let last = report["logs"].as_array().unwrap().last().unwrap();
    assert!(
        last["message"]
            .as_str()
            .unwrap()
            .starts_with("Received Error - "),
        "{last}"
    );
}

#[test]
fn a_source_that_does_not_build_is_an_answer_with_the_mistake() {
    let server = start();
    let report = run(
        &server,
        "function lambda(input, callback) {\n  callback(;\n}",
        json!({}),
    );
    assert_eq!(report["outcome"], "notBuilt", "{report}");
    let error = &report["error"];
    assert_eq!(
        (&error["fileName"], &error["line"]),
        (&json!("index.js"), &json!(2))
    );
    assert_eq!(error["sourceLine"], "  callback(;");
    assert_eq!((report.get("usage"), &report["logs"]), (None, &json!([])));
    let thrown = run(
        &server,
        "const lambda = () => 1;\nthrow new Error('top');",
        json!({}),
    );
    assert_eq!(
        (&thrown["outcome"], &thrown["error"]["line"]),
        (&json!("notBuilt"), &json!(2))
    );
}

#[test]
fn a_draft_has_the_limits_of_a_deployed_lambda() {
    let server = start_with(|config| config.limits.wall_clock = Duration::from_millis(300));
    let report = run(&server, &plain("setTimeout(callback, 60000);"), json!({}));
    assert_eq!(
        (&report["outcome"], &report["error"]["limit"]),
        (&json!("exceeded"), &json!("wall_clock"))
    );
    assert_eq!(report["usage"]["wallMsMax"], 300.0);
    let fuel = run(&server, &plain("for (;;);"), json!({}));
    assert_eq!(fuel["outcome"], "exceeded", "{fuel}");
}

#[test]
fn each_request_is_told_with_its_timing_also_one_that_was_refused() {
    let server = start();
    let upstream = Upstream::start(|_| answer(201, "12345"));
    let rule = format!("/whitelist/{}", upstream.rule());
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);
    let code = plain(
        "const { HTTPClient } = require('lp-faas-toolbelt').Toolbelt;
         const http = HTTPClient();
         await http(input.payload.good, { method: 'POST', body: 'abc', resolveWithFullResponse: true });
         try { await http(input.payload.bad); } catch (error) { callback(null, 'refused'); }",
    );
    let good = upstream.url("/path?q=1");
    let report = run(
        &server,
        &code,
        json!({ "good": good, "bad": "https://other.example/x" }),
    );
    assert_eq!(report["result"], "refused", "{report}");
    let requests = report["requests"].as_array().expect("a list");
    assert_eq!(requests.len(), 2, "{report}");
    let first = &requests[0];
    assert_eq!(
        (&first["method"], &first["url"]),
        (&json!("POST"), &json!(good))
    );
    assert_eq!((&first["status"], first.get("error")), (&json!(201), None));
    assert_eq!(
        (&first["bytesSent"], &first["bytesReceived"]),
        (&json!(3), &json!(5))
    );
    let (start, took) = (
        first["startMs"].as_f64().unwrap(),
        first["durationMs"].as_f64().unwrap(),
    );
    let wall = report["usage"]["wallMs"].as_f64().unwrap();
    assert!(
        start >= 0.0 && took > 0.0 && start + took <= wall + 5.0,
        "{report}"
    );
    let second = &requests[1];
    assert_eq!(second["url"], "https://other.example/x");
    let error = second["error"].as_str().unwrap();
    assert!(
        error.contains("other.example") && error.contains("whitelist"),
        "{error}"
    );
    assert_eq!(
        upstream.only_request().header("traceparent"),
        "",
        "it is not traced"
    );
}

#[test]
fn a_request_that_the_run_did_not_outlive_is_told_too() {
    let server = start_with(|config| config.limits.wall_clock = Duration::from_millis(500));
    let upstream = Upstream::start_async(|_| async {
        std::future::pending::<()>().await;
        None
    });
    let rule = format!("/whitelist/{}", upstream.rule());
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);
    let code = plain("callback(null, await (await fetch(input.payload.url)).text());");
    let report = run(&server, &code, json!({ "url": upstream.url("/") }));
    assert_eq!(report["outcome"], "exceeded", "{report}");
    let request = &report["requests"][0];
    assert_eq!(request.get("status"), None, "{request}");
    assert!(
        request["error"].as_str().unwrap().contains("ended"),
        "{request}"
    );
    assert!(request["durationMs"].as_f64().unwrap() > 100.0, "{request}");
}

#[test]
fn a_thousand_requests_are_told_and_not_one_more() {
    let server = start_with(|config| config.limits.http_requests = 2_000);
    let code = plain(
        "for (let at = 0; at < input.payload; at += 1) await fetch('https://other.example/' + at);
         callback(null, 'done');",
    );
    for (sent, told) in [(1_000, 1_000), (1_001, 1_000)] {
        let report = run(&server, &code, json!(sent));
        assert_eq!(report["result"], "done", "{report}");
        assert_eq!(report["usage"]["httpRequests"], sent);
        let requests = report["requests"].as_array().expect("a list");
        assert_eq!(requests.len(), told);
        assert_eq!(requests[999]["url"], "https://other.example/999");
    }
}

#[test]
fn secrets_can_be_used_and_are_masked_in_all_that_is_told() {
    let server = start();
    let upstream = Upstream::start(|_| answer(200, ""));
    let rule = format!("/whitelist/{}", upstream.rule());
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);
    let put = server.call(Method::PUT, "/secrets/crm");
    assert!(
        put.json(&json!({ "value": "hunter2-hunter2" }))
            .send()
            .status
            < 300
    );
    let code = plain(
        "const { SecretClient } = require('lp-faas-toolbelt').Toolbelt;
         const { value } = await SecretClient().readSecret('crm');
         console.info('it is ' + value);
         await fetch(input.payload.url + '?key=' + value);
         throw new Error('with ' + value);",
    );
    let report = run(&server, &code, json!({ "url": upstream.url("/") }));
    assert_eq!(report["outcome"], "threw", "{report}");
    assert!(upstream.only_request().target.contains("hunter2-hunter2"));
    assert!(!report.to_string().contains("hunter2"), "{report}");
    assert!(report.to_string().contains("?key=***"), "{report}");
}

#[test]
fn a_draft_of_a_lambda_is_called_like_it_and_is_none_of_its_invocations() {
    let server = start();
    let lambda = server.deploy_body("hello", "console.info('live'); callback(null, 'live')");
    let body = json!({
        "code": plain("callback(null, process.env.LAMBDA_UUID);"), "lambda": lambda,
        "input": { "payload": {} },
    });
    let report = draft(&server, &body).json();
    assert_eq!(report["result"], json!(lambda), "{report}");
    assert_eq!(invocations(&server, &lambda), 1);
    let live = server.invoke(&lambda, json!({})).send();
    assert_eq!(live.text, "\"live\"");
    let unknown =
        json!({ "code": plain("callback()"), "lambda": "nobody", "input": { "payload": 1 } });
    check_error(&draft(&server, &unknown), 404, "es.notfound");
}

#[test]
fn it_is_on_record_who_ran_which_draft() {
    let server = start();
    let code = plain("callback(null, 1);");
    run(&server, &code, json!({}));
    let page = server
        .call(Method::GET, "/audit?action=lambda.run-draft")
        .send()
        .json();
    let rows = page["entries"]
        .as_array()
        .or(page["rows"].as_array())
        .expect("a list");
    assert_eq!(rows.len(), 1, "{page}");
    let hash = ring::digest::digest(&ring::digest::SHA256, code.as_bytes());
    let hash: String = hash
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(rows[0]["details"]["source"], json!(hash), "{page}");
    assert_eq!(rows[0]["actorName"], "admin.token");
    run(&server, "no lambda", json!({}));
    let again = server
        .call(Method::GET, "/audit?action=lambda.run-draft")
        .send()
        .json();
    assert_eq!(again, page, "what does not build is not run");
}

#[test]
fn a_draft_leaves_nothing_on_the_disk_and_takes_no_place_among_the_loaded() {
    let server = start();
    let kept = |directory: &str| {
        let entries = std::fs::read_dir(server.data_dir.join(directory)).expect("it is there");
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (kept("artifacts"), kept("code-cache"));
    run(&server, &plain("callback(null, 1);"), json!({}));
    assert_eq!((kept("artifacts"), kept("code-cache")), before);
    let metrics = server.plain(Method::GET, "/metrics").send().text;
    assert!(metrics.contains("sandglass_loaded_lambdas 0"), "{metrics}");
}

#[test]
fn drafts_count_against_the_bounds_of_the_account_and_not_against_those_of_a_lambda() {
    let server = start_with(|config| {
        let mut once = RateConfig::default();
        (once.per_second, once.burst) = (1, 1);
        config.rates.lambda = once;
    });
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let body =
        json!({ "code": plain("callback(null, 1);"), "lambda": lambda, "input": { "payload": 1 } });
    assert_eq!(draft(&server, &body).status, 200);
    check_error(&draft(&server, &body), 429, "es.toomanyrequests");
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);

    let server = start_with(|config| {
        let mut twice = RateConfig::default();
        (twice.per_second, twice.burst) = (1, 2);
        config.rates.account = twice;
    });
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    assert_eq!(draft(&server, &body_of("callback(null, 1);")).status, 200);
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);
    let refused = draft(&server, &body_of("callback(null, 1);"));
    let message = check_error(&refused, 429, "es.toomanyrequests");
    assert!(message.starts_with("the account"), "{message}");
}

fn body_of(body: &str) -> Value {
    json!({ "code": plain(body), "input": { "payload": {} } })
}

#[test]
fn as_many_drafts_run_at_once_as_the_operator_allows_and_not_one_more() {
    let server = start_with(|config| config.builds.drafts_max = 1);
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, wait) = (Arc::clone(&began), Arc::clone(&go));
    let upstream = Upstream::start_async(move |_| {
        let (told, wait) = (Arc::clone(&told), Arc::clone(&wait));
        async move {
            told.notify_one();
            wait.notified().await;
            Some(answer(200, "done"))
        }
    });
    let rule = format!("/whitelist/{}", upstream.rule());
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);
    let url = upstream.url("/");
    let slow = body_of(&format!(
        "callback(null, await (await fetch('{url}')).text());"
    ));
    let first = server.call(Method::POST, "/run").json(&slow);
    let first = shared().spawn(first.send_async());
    block_on(began.notified());
    let refused = draft(&server, &body_of("callback(null, 1);"));
    check_error(&refused, 429, "es.toomanyrequests");
    go.notify_one();
    let first = block_on(first).expect("it ran").expect("an answer");
    assert_eq!(first.json()["result"], "done", "{first:?}");
    assert_eq!(draft(&server, &body_of("callback(null, 1);")).status, 200);
}

#[test]
fn what_is_live_is_run_with_the_same_report_and_is_an_invocation() {
    let server = start();
    let lambda = server.deploy_body(
        "hello",
        "console.info('said'); callback(null, input.payload)",
    );
    let path = format!("/lambdas/{lambda}/run");
    let body = json!({ "timestamp": 0, "headers": [], "payload": { "a": 1 } });
    let reply = server.call(Method::POST, &path).json(&body).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    let report = reply.json();
    assert_eq!(
        (&report["outcome"], &report["result"]),
        (&json!("returned"), &json!({ "a": 1 }))
    );
    assert_eq!(report["logs"][0]["message"], "said");
    assert_eq!(report["usage"].get("buildMs"), None);
    assert_eq!(report["requests"], json!([]));
    assert_eq!(invocations(&server, &lambda), 2);
    let bad = server.call(Method::POST, &path).json(&json!({})).send();
    check_error(&bad, 400, "es.badinput");
    let missing = server
        .call(Method::POST, "/lambdas/nobody/run")
        .json(&body)
        .send();
    check_error(&missing, 404, "es.missinglambda");
}

#[test]
fn a_draft_takes_a_developer_and_what_is_live_whoever_may_invoke() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let live = format!("/lambdas/{lambda}/run");
    let body = json!({ "payload": {} });
    for (role, drafts, lives) in [
        ("admin", 403, 403),
        ("developer", 200, 200),
        ("invocation", 403, 200),
    ] {
        let token = server.token(role);
        let run = |path: &str, body: &Value| {
            server
                .call(Method::POST, path)
                .bearer(&token)
                .json(body)
                .send()
                .status
        };
        assert_eq!(
            run("/run", &body_of("callback(null, 1);")),
            drafts,
            "{role}"
        );
        assert_eq!(run(&live, &body), lives, "{role}");
    }
}

#[test]
fn a_reserved_variable_and_an_input_that_is_none_are_refused() {
    let server = start();
    let reserved = json!({
        "code": plain("callback()"), "environment": { "BRAND_ID": "x" }, "input": { "payload": 1 },
    });
    check_error(&draft(&server, &reserved), 400, "es.badinput");
    for input in [json!({}), json!([]), json!({ "headers": {}, "payload": 1 })] {
        let body = json!({ "code": plain("callback()"), "input": input });
        check_error(&draft(&server, &body), 400, "es.badinput");
    }
}
