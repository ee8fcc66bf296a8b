//! What is sent.

use serde_json::{Value, json};

use super::{calling, resolving};
use crate::harness::upstream::{Received, Upstream, answer};
use crate::harness::{check, returned};

/// Sends one request and returns it as it arrived.
#[track_caller]
fn sent(expression: &str) -> Received {
    let upstream = Upstream::start(|_| answer(200, "ok"));
    check(
        calling(
            &upstream,
            &format!("await {expression}; callback(null, 'sent')"),
        ),
        returned("sent"),
    );
    upstream.only_request()
}

#[track_caller]
fn check_line(expression: &str, line: &str) {
    let received = sent(expression);
    assert_eq!(
        format!("{} {}", received.method, received.target),
        line,
        "of {expression}"
    );
}

#[test]
fn it_can_be_called_in_each_of_its_forms() {
    check_line("httpClient(url + '/a')", "GET /a");
    check_line("httpClient(url + '/a', {})", "GET /a");
    check_line("httpClient({ uri: url + '/a' })", "GET /a");
    check_line("httpClient({ url: url + '/a' })", "GET /a");
    check_line("httpClient(url + '/a', { method: 'POST' })", "POST /a");
    check_line(
        "httpClient({ url: url + '/a', method: 'patch' })",
        "PATCH /a",
    );
    check_line("httpClient(new URL(url + '/a').href)", "GET /a");
}

#[test]
fn it_has_a_method_for_each_http_method() {
    for (name, method) in [
        ("get", "GET"),
        ("post", "POST"),
        ("put", "PUT"),
        ("patch", "PATCH"),
        ("del", "DELETE"),
        ("delete", "DELETE"),
        ("head", "HEAD"),
        ("options", "OPTIONS"),
    ] {
        check_line(
            &format!("httpClient.{name}(url + '/a')"),
            &format!("{method} /a"),
        );
        check_line(
            &format!("httpClient.{name}({{ uri: url + '/a' }})"),
            &format!("{method} /a"),
        );
    }
}

#[test]
fn it_has_the_other_members_of_request() {
    let upstream = Upstream::start(|_| answer(200, "ok"));
    let members = "['jar', 'cookie', 'defaults'].map(name => typeof httpClient[name])";
    check(
        calling(&upstream, &format!("callback(null, {members})")),
        returned(json!(["function", "function", "function"])),
    );
}

#[test]
fn defaults_make_a_client_of_its_own() {
    let expression = "httpClient.defaults({ headers: { 'x-a': '1' }, baseUrl: url })('/a', { headers: { 'x-b': '2' } })";
    let received = sent(expression);
    assert_eq!((received.header("x-a"), received.header("x-b")), ("1", "2"));
    assert_eq!(received.target, "/a");
}

#[test]
fn headers_are_sent_as_given() {
    let received = sent(
        "httpClient(url, { headers: { 'X-Custom': 'value', accept: 'text/plain', 'x-n': 5 } })",
    );
    assert_eq!(received.header("x-custom"), "value");
    assert_eq!(received.header("accept"), "text/plain");
    assert_eq!(received.header("x-n"), "5");
}

#[test]
fn no_user_agent_is_sent_but_the_lambdas_own() {
    for call in [
        "httpClient(url)",
        "httpClient.post(url, { json: { a: 1 } })",
    ] {
        let received = sent(call);
        assert!(!received.headers.contains_key("user-agent"), "of {call}");
    }
    let received = sent("httpClient(url, { headers: { 'User-Agent': 'mine' } })");
    assert_eq!(received.header("user-agent"), "mine");
}

#[test]
fn a_text_body_is_sent_as_it_is() {
    let received = sent("httpClient.post(url, { body: 'ä€😀' })");
    assert_eq!(received.text(), "ä€😀");
    assert_eq!(received.header("content-length"), "9");
    assert_eq!(received.header("content-type"), "");
}

#[test]
fn a_buffer_body_is_sent_byte_for_byte() {
    let received = sent("httpClient.post(url, { body: Buffer.from([0, 255, 128, 10]) })");
    assert_eq!(received.body[..], [0, 255, 128, 10]);
}

#[test]
fn json_true_sends_an_object_and_asks_for_one() {
    let received = sent("httpClient.post(url, { json: true, body: { a: [1, 'ä'] } })");
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("accept"), "application/json");
    assert_eq!(received.text(), r#"{"a":[1,"ä"]}"#);
}

#[test]
fn a_json_object_is_the_body() {
    let received = sent("httpClient.post(url, { json: { a: 1 } })");
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("accept"), "application/json");
    assert_eq!(received.text(), r#"{"a":1}"#);
}

#[test]
fn json_without_a_body_only_asks_for_json() {
    let received = sent("httpClient(url, { json: true })");
    assert_eq!(received.header("accept"), "application/json");
    assert_eq!(received.header("content-type"), "");
    assert!(received.body.is_empty());
}

#[test]
fn json_headers_of_the_users_own_stay() {
    let received = sent(
        "httpClient.post(url, { json: { a: 1 }, headers: { Accept: 'application/hal+json', 'Content-Type': 'application/merge-patch+json' } })",
    );
    assert_eq!(received.header("accept"), "application/hal+json");
    assert_eq!(
        received.header("content-type"),
        "application/merge-patch+json"
    );
}

#[test]
fn a_form_is_url_encoded() {
    let received =
        sent("httpClient.post(url, { form: { a: 'b c', d: ['x', 'y'], e: \"it's (1)*!\" } })");
    assert_eq!(
        received.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        received.text(),
        "a=b%20c&d%5B0%5D=x&d%5B1%5D=y&e=it%27s%20%281%29%2A%21"
    );
    assert_eq!(
        received.header("content-length"),
        received.body.len().to_string()
    );
}

#[test]
fn a_form_may_be_text_already() {
    let received = sent("httpClient.post(url, { form: 'a=1&b=2' })");
    assert_eq!(received.text(), "a=1&b=2");
    assert_eq!(
        received.header("content-type"),
        "application/x-www-form-urlencoded"
    );
}

#[test]
fn a_query_is_added_to_the_url() {
    check_line(
        "httpClient(url + '/q', { qs: { a: [1, 2], b: 'x y' } })",
        "GET /q?a%5B0%5D=1&a%5B1%5D=2&b=x%20y",
    );
    check_line(
        "httpClient(url + '/q?z=1', { qs: { a: 1 } })",
        "GET /q?z=1&a=1",
    );
    check_line("httpClient(url + '/q?a=1', { qs: { a: 2 } })", "GET /q?a=2");
    check_line(
        "httpClient(url + '/q', { qs: { a: { b: 1 } } })",
        "GET /q?a%5Bb%5D=1",
    );
    check_line("httpClient(url + '/q', { qs: {} })", "GET /q");
}

#[test]
fn credentials_become_an_authorization_header() {
    for (options, expected) in [
        ("{ auth: { user: 'u', pass: 'p' } }", "Basic dTpw"),
        (
            "{ auth: { username: 'u', password: 'ä' } }",
            "Basic dTrDpA==",
        ),
        ("{ auth: { bearer: 't0ken' } }", "Bearer t0ken"),
        ("{ auth: { bearer: () => 'made' } }", "Bearer made"),
    ] {
        let received = sent(&format!("httpClient(url, {options})"));
        assert_eq!(received.header("authorization"), expected, "of {options}");
    }
}

#[test]
fn credentials_in_the_url_become_an_authorization_header_too() {
    let received = sent("httpClient(url.replace('://', '://u:p%40@') + '/a')");
    assert_eq!(received.header("authorization"), "Basic dTpwQA==");
}

#[test]
fn a_base_url_is_put_before_the_path() {
    check_line("httpClient('/b', { baseUrl: url + '/a' })", "GET /a/b");
    check_line("httpClient('b', { baseUrl: url + '/a/' })", "GET /a/b");
    check_line("httpClient({ uri: '', baseUrl: url + '/a' })", "GET /a");
}

#[test]
fn gzip_asks_for_compression() {
    assert!(
        sent("httpClient(url, { gzip: true })")
            .header("accept-encoding")
            .contains("gzip")
    );
    assert_eq!(sent("httpClient(url)").header("accept-encoding"), "");
}

#[test]
fn a_fragment_is_not_sent() {
    check_line("httpClient(url + '/a?b=1#fragment')", "GET /a?b=1");
}

#[test]
fn paths_are_escaped_where_they_must_be() {
    check_line("httpClient(url + '/ä b')", "GET /%C3%A4%20b");
}

#[test]
fn the_host_header_is_the_urls() {
    let upstream = Upstream::start(|_| answer(200, "ok"));
    check(resolving(&upstream, "httpClient(url)"), returned("ok"));
    assert_eq!(upstream.only_request().header("host"), upstream.rule());
}

#[test]
fn the_options_of_the_caller_are_not_changed() {
    let upstream = Upstream::start(|_| answer(200, "{}"));
    let code = "const options = { method: 'POST', json: true, body: { a: 1 }, headers: {} };
                const before = JSON.stringify(options); await httpClient(url, options);
                callback(null, JSON.stringify(options) === before)";
    check(calling(&upstream, code), returned(true));
}

#[test]
fn a_request_is_a_promise_and_more() {
    let upstream = Upstream::start(|_| answer(200, "ok"));
    let code = "let last = ''; const p = httpClient(url);
                const body = await p.then(b => b + '!').catch(() => 'no').finally(() => { last = 'finally'; });
                callback(null, [body, last, await p.promise()])";
    check(
        calling(&upstream, code),
        returned(Value::from(vec!["ok!", "finally", "ok"])),
    );
}
