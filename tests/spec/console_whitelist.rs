//! Who reads the whitelist can ask what would become of a request, and why.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{Reply, TestServer, check_error, start, start_with};

fn ask(server: &TestServer, url: &str) -> Reply {
    let call = server.call(Method::POST, "/whitelist/test");
    call.json(&json!({ "url": url })).send()
}

#[track_caller]
fn verdict(server: &TestServer, url: &str) -> Value {
    let reply = ask(server, url);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

fn allow(server: &TestServer, rule: &str) {
    let rule = rule.replace(':', "%3A").replace('/', "%2F");
    let put = server
        .call(Method::PUT, &format!("/whitelist/{rule}"))
        .send();
    assert_eq!(put.status, 204, "{put:?}");
}

#[test]
fn a_url_that_no_rule_allows_is_told_the_rule_that_would() {
    let server = start();
    let answer = verdict(&server, "https://API.example.com:8443/path#x");
    assert_eq!(
        answer,
        json!({
            "allowed": false, "scheme": "https", "host": "api.example.com", "port": 8443,
            "reason": "api.example.com is not on the whitelist: the rule `api.example.com:8443` would \
                       allow it.",
            "missingRule": "api.example.com:8443", "addresses": [],
        })
    );
}

#[test]
fn a_url_that_a_rule_allows_is_told_the_rule_and_the_addresses() {
    let server = start();
    allow(&server, "*.example.com");
    allow(&server, "http://127.0.0.1:8080");
    let answer = verdict(&server, "http://127.0.0.1:8080/x");
    assert_eq!(
        answer,
        json!({
            "allowed": true, "scheme": "http", "host": "127.0.0.1", "port": 8080,
            "rule": "http://127.0.0.1:8080",
            "reason": "The rule `http://127.0.0.1:8080` allows it.",
            "addresses": [{ "address": "127.0.0.1", "kind": "loopback", "allowed": true }],
        })
    );
    allow(&server, "localhost");
    let named = verdict(&server, "https://localhost/");
    assert_eq!(
        (&named["allowed"], &named["port"]),
        (&json!(true), &json!(443))
    );
    let addresses = named["addresses"].as_array().expect("a list");
    assert!(!addresses.is_empty() && addresses.iter().all(|one| one["allowed"] == true));
}

#[test]
fn an_address_that_lambdas_may_not_reach_is_refused_with_what_is_there() {
    let server = start_with(|config| config.egress.allow_private_addresses = false);
    allow(&server, "10.0.0.1");
    allow(&server, "169.254.169.254");
    let internal = verdict(&server, "http://10.0.0.1/");
    assert_eq!(internal["allowed"], false, "{internal}");
    let address =
        json!({ "address": "10.0.0.1", "kind": "private", "allowed": false, "reason": "private" });
    assert_eq!(internal["addresses"], json!([address]));
    let reason = internal["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("which lambdas may not reach: private."),
        "{reason}"
    );
    let metadata = verdict(&server, "http://169.254.169.254/latest");
    assert_eq!(metadata["addresses"][0]["reason"], "link-local or metadata");
}

#[test]
fn a_host_that_does_not_resolve_is_told_so() {
    let server = start();
    allow(&server, "no-such-host.invalid");
    let answer = verdict(&server, "https://no-such-host.invalid/");
    assert_eq!(answer["allowed"], false, "{answer}");
    let error = "the host no-such-host.invalid does not resolve";
    assert_eq!(answer["resolveError"], error);
    assert_eq!(answer["rule"], "no-such-host.invalid");
}

#[test]
fn what_is_no_url_and_who_may_not_read_the_whitelist_are_refused() {
    let server = start();
    for url in [
        "",
        "example.com",
        "ftp://example.com/",
        "https://",
        "http://a.example:0/",
    ] {
        check_error(&ask(&server, url), 400, "es.badinput");
    }
    for (role, status) in [("admin", 200), ("developer", 200), ("invocation", 403)] {
        let call = server.call(Method::POST, "/whitelist/test");
        let call = call.bearer(&server.token(role));
        let reply = call.json(&json!({ "url": "https://a.example/" })).send();
        assert_eq!(reply.status, status, "{role}");
    }
}
