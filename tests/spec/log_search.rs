//! Logs are found by level, time, text, lambda and request, a page at a time.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, start, start_with};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A server on which `one` and `two` said a few things.
fn talkative() -> TestServer {
    let server = start();
    let code = "for (const [level, ...said] of input.payload) console[level](...said);
                callback(null, 1)";
    for name in ["one", "two"] {
        server.deploy_body(name, code);
    }
    say(&server, "one", "r-1", json!([["info", "order 17 is paid"]]));
    say(
        &server,
        "one",
        "r-2",
        json!([["warn", "order 18 is late"], ["error", "Order 18 failed", { "why": "café\nclosed" }]]),
    );
    say(
        &server,
        "two",
        "r-3",
        json!([["info", "nothing to do"], ["error", "failed again"]]),
    );
    server
}

#[track_caller]
fn say(server: &TestServer, lambda: &str, request: &str, what: Value) {
    let call = server.invoke(lambda, what).header("x-request-id", request);
    assert_eq!(call.send().status, 200);
}

#[track_caller]
fn search(server: &TestServer, query: &str) -> Value {
    let reply = server.call(Method::GET, &format!("/logs?{query}")).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

#[track_caller]
fn messages(server: &TestServer, query: &str) -> Vec<String> {
    let found = search(server, query);
    let entries = found["entries"].as_array().expect("a list").iter();
    entries
        .map(|entry| entry["message"].as_str().expect("a text").to_owned())
        .collect()
}

#[test]
fn without_a_filter_the_latest_of_all_lambdas_come_first() {
    let server = talkative();
    let found = search(&server, "");
    let first = &found["entries"][0];
    assert_eq!(first["message"], "failed again");
    assert_eq!(first["lambda"], "two");
    assert_eq!(first["requestId"], "r-3");
    assert_eq!(first["level"], "Error");
    assert_eq!(first["outcome"], "returned");
    assert!(first["lambdaUUID"].as_str().unwrap().len() == 36, "{first}");
    assert_eq!(found["entries"].as_array().unwrap().len(), 5);
    assert_eq!(found["cursor"], Value::Null);
}

#[test]
fn each_filter_narrows_the_search_and_all_of_them_together() {
    let server = talkative();
    let uuid = search(&server, "lambda=one")["entries"][0]["lambdaUUID"].clone();
    assert_eq!(messages(&server, "lambda=two").len(), 2);
    let by_uuid = format!("lambda={}&level=Info", uuid.as_str().unwrap());
    assert_eq!(messages(&server, &by_uuid), ["order 17 is paid"]);
    let errors = ["failed again", "Order 18 failed"];
    assert_eq!(messages(&server, "level=Error"), errors);
    assert_eq!(messages(&server, "level=error&level=Warn").len(), 3);
    assert_eq!(messages(&server, "requestId=r-2").len(), 2);
    let all = "lambda=one&level=Error&requestId=r-2&text=order";
    assert_eq!(messages(&server, all), ["Order 18 failed"]);
    assert!(messages(&server, "lambda=two&requestId=r-2").is_empty());
    assert!(messages(&server, "requestId=r-9").is_empty());
}

#[test]
fn a_text_is_found_by_its_words_in_messages_and_extras() {
    let server = talkative();
    assert_eq!(messages(&server, "text=ORDER+18").len(), 2);
    assert_eq!(messages(&server, "text=cafe"), ["Order 18 failed"]);
    assert_eq!(messages(&server, "text=closed"), ["Order 18 failed"]);
    assert_eq!(messages(&server, "text=%2218+is%22"), ["order 18 is late"]);
    assert!(messages(&server, "text=%22is+18%22").is_empty());
    assert!(messages(&server, "text=ord").is_empty(), "words, not parts");
    for odd in ["a*", "NOT+x", "said:order", "x%27)--", "%22%22order", "AND"] {
        search(&server, &format!("text={odd}"));
    }
}

#[test]
fn a_page_ends_with_where_to_go_on() {
    let server = talkative();
    let mut query = "limit=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let found = search(&server, &query);
        pages.push(found["entries"].as_array().unwrap().len());
        let Some(cursor) = found["cursor"].as_i64() else {
            break;
        };
        query = format!("limit=2&cursor={cursor}");
    }
    assert_eq!(pages, [2, 2, 1]);
}

#[test]
fn a_time_has_a_start_and_an_end_and_a_longest_span() {
    let server = talkative();
    let found = search(&server, "");
    let time = |index: usize| found["entries"][index]["timestamp"].as_u64().unwrap();
    let (first, last) = (time(4), time(0));
    let within = format!("start={first}&end={}", last + 1);
    assert_eq!(messages(&server, &within).len(), 5);
    assert!(messages(&server, &format!("end={first}")).is_empty());
    assert!(messages(&server, &format!("start={}", last + 1)).is_empty());
    let week = |more: u64| format!("start={first}&end={}", first + 7 * DAY_MS + more);
    assert_eq!(messages(&server, &week(0)).len(), 5);
    refused(&server, &week(1), "at most 7 days");
    refused(&server, "start=2&end=1", "after the end");
}

#[track_caller]
fn refused(server: &TestServer, query: &str, why: &str) {
    let reply = server.call(Method::GET, &format!("/logs?{query}")).send();
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.text.contains(why), "{reply:?}");
}

#[test]
fn the_longest_span_is_a_setting() {
    let server = start_with(|config| config.journal.search_days_max = 1);
    refused(
        &server,
        &format!("start=0&end={}", DAY_MS + 1),
        "at most 1 days",
    );
    search(&server, &format!("start=0&end={DAY_MS}"));
}

#[test]
fn a_search_that_makes_no_sense_is_told_what_would() {
    let server = start();
    refused(&server, "level=Fatal", "there are Info, Warn and Error");
    refused(&server, "start=yesterday", "start is");
    refused(&server, "text=...", "no word");
    refused(&server, &format!("text={}", "x".repeat(1_001)), "1000");
    refused(&server, "requestId=a%20b", "requestId is");
    let unknown = server.call(Method::GET, "/logs?lambda=nobody").send();
    assert_eq!(unknown.status, 404, "{unknown:?}");
}

#[test]
fn logs_are_kept_up_to_the_moment_of_failure() {
    let server = start_with(|config| {
        config.limits.wall_clock = std::time::Duration::from_millis(300);
    });
    let lambda = server.deploy_body("endless", "console.info('begun'); for (;;) {}");
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 901);
    let found = search(&server, "lambda=endless");
    assert_eq!(found["entries"][1]["message"], "begun", "{found}");
    assert_eq!(found["entries"][0]["level"], "Error", "{found}");
}

#[test]
fn logs_of_a_deleted_lambda_are_still_found() {
    let server = talkative();
    server.undeploy("two");
    let deleted = server.call(Method::DELETE, "/lambdas/two").send();
    assert_eq!(deleted.status, 204);
    let found = search(&server, "text=again");
    assert_eq!(found["entries"][0]["message"], "failed again");
    assert_eq!(found["entries"][0]["lambdaUUID"], Value::Null);
}
