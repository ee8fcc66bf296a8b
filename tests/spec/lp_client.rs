//! `Toolbelt.LpClient()` finds a service by its name and signs the request to it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::harness::platform::{
    self, app_key, calling, json_answer, only_served, rejecting, served,
};
use crate::harness::upstream::{Received, Upstream, answer};
use crate::harness::{Case, async_lambda, check, result_of, returned};

const NAME_AND_MESSAGE: &str = "[error.name, error.message]";

/// A platform whose services answer with an object.
fn platform() -> Upstream {
    platform::start(|_| json_answer(json!({ "answer": 42 })))
}

/// Calls back with what the client resolves to.
fn resolving(platform: &Upstream, arguments: &str) -> Case {
    calling(
        platform,
        &format!("callback(null, await Toolbelt.LpClient()({arguments}))"),
    )
}

/// RFC 3986, section 2.3: everything but unreserved characters is encoded.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn decode(text: &str) -> String {
    let parsed = form_urlencoded::parse(text.as_bytes()).next();
    parsed.map_or_else(String::new, |(decoded, _)| decoded.into_owned())
}

/// The parameters of a request's `Authorization` header.
#[track_caller]
fn oauth_parameters(request: &Received) -> BTreeMap<String, String> {
    let header = request.header("authorization");
    let parameters = header.strip_prefix("OAuth ").expect("the scheme is OAuth");
    parameters
        .split(", ")
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').expect("a name and a value");
            let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
            (name.to_owned(), decode(value.expect("the value is quoted")))
        })
        .collect()
}

/// RFC 5849, section 3.4.1, of what arrived; `form` is its body where that is signed.
fn base_string(request: &Received, form: &str) -> String {
    let host = request.header("host");
    let url = Url::parse(&format!("http://{host}{}", request.target)).expect("it is a URL");
    let query = url.query_pairs();
    let form = form_urlencoded::parse(form.as_bytes());
    let oauth = oauth_parameters(request);
    let oauth = oauth.iter().filter(|(name, _)| *name != "oauth_signature");
    let mut parameters: Vec<(String, String)> = query
        .chain(form)
        .map(|(name, value)| (encode(&name), encode(&value)))
        .chain(oauth.map(|(name, value)| (encode(name), encode(value))))
        .collect();
    parameters.sort();
    let parameters: Vec<_> = parameters
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let parts = [
        request.method.clone(),
        format!("http://{host}{}", url.path()),
        parameters.join("&"),
    ];
    parts.map(|part| encode(&part)).join("&")
}

/// Checks the signature of a request by an implementation of its own.
#[track_caller]
fn check_signature(request: &Received, form: &str) {
    let key = format!("{}&{}", encode("consumer's secret"), encode("token/secret"));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let signature = &oauth_parameters(request)["oauth_signature"];
    let signature = BASE64_STANDARD.decode(signature).expect("it is Base64");
    let base = base_string(request, form);
    hmac::verify(&key, base.as_bytes(), &signature)
        .unwrap_or_else(|_| panic!("not signed: {base}"));
}

#[test]
fn a_service_is_found_by_its_name_and_asked_with_get() {
    let platform = platform();
    check(
        resolving(
            &platform,
            "LpServices.MSG_HIST, '/path/of/it', { json: true }",
        ),
        returned(json!({ "answer": 42 })),
    );
    let [lookup, call] = platform.received().try_into().expect("two requests");
    assert_eq!(lookup.method, "GET");
    let expected = "/api/account/10000001/service/msgHist/baseURI.json?version=1.0";
    assert_eq!(lookup.target, expected);
    assert_eq!(lookup.header("authorization"), "");
    assert_eq!(
        (call.method.as_str(), call.target.as_str()),
        ("GET", "/path/of/it")
    );
}

#[test]
fn a_request_is_signed_with_oauth_1() {
    let platform = platform();
    resolving(&platform, "'msgHist', '/path', { json: true }").run();
    let request = only_served(&platform);
    check_signature(&request, "");
    let parameters = oauth_parameters(&request);
    let names: Vec<_> = parameters.keys().map(String::as_str).collect();
    let expected = [
        "oauth_consumer_key",
        "oauth_nonce",
        "oauth_signature",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_token",
        "oauth_version",
    ];
    assert_eq!(names, expected);
    assert_eq!(parameters["oauth_consumer_key"], "consumer");
    assert_eq!(parameters["oauth_token"], "t0ken");
    assert_eq!(parameters["oauth_signature_method"], "HMAC-SHA1");
    assert_eq!(parameters["oauth_version"], "1.0");
    let timestamp = Duration::from_secs(parameters["oauth_timestamp"].parse().expect("seconds"));
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    assert!(
        now.abs_diff(timestamp) < Duration::from_secs(60),
        "{timestamp:?}"
    );
}

#[test]
fn the_signature_covers_method_path_query_and_form_and_no_other_body() {
    for (arguments, form) in [
        ("'/a', { method: 'POST', json: true, body: { b: 1 } }", ""),
        ("'/a b/%C3%A4/(c)!*', {}", ""),
        ("'/a?z=1&a=2&a=1&empty=&bare', {}", ""),
        ("'/a?q=x%20y+z&r=%26%3D', {}", ""),
        (
            "'/a', { qs: { list: [1, 2], text: \"it's (a) test!*\" } }",
            "",
        ),
        ("'/a?b=1', { qs: { c: 'ä€😀' } }", ""),
        (
            "'/a', { method: 'post', form: { b: 'c d', e: '&' } }",
            "b=c%20d&e=%26",
        ),
        ("'/a', { method: 'PUT', form: 'b=c+d' }", "b=c+d"),
    ] {
        let platform = platform();
        resolving(&platform, &format!("'smt', {arguments}")).run();
        let request = only_served(&platform);
        assert_eq!(
            request.header("content-type").contains("form"),
            !form.is_empty()
        );
        check_signature(&request, form);
    }
}

#[test]
fn no_nonce_is_used_twice() {
    let platform = platform();
    let case = calling(
        &platform,
        "const client = Toolbelt.LpClient(); await client('smt', '/'); await client('smt', '/');
         callback(null, 'done')",
    );
    let lambda = case.load();
    for _ in 0..2 {
        let invoked = crate::harness::block_on(lambda.invoke(case.invocation()));
        invoked.expect("the host does not fail");
    }
    let served = served(&platform);
    let nonces = served
        .iter()
        .map(|request| oauth_parameters(request)["oauth_nonce"].clone());
    let nonces: std::collections::BTreeSet<_> = nonces.collect();
    assert_eq!((served.len(), nonces.len()), (4, 4));
}

#[test]
fn options_are_those_of_the_http_client() {
    let platform = platform::start(|_| answer(404, "not here"));
    let case = calling(
        &platform,
        "const { statusCode, body } = await Toolbelt.LpClient()('smt', '/a', {
           method: 'DELETE', headers: { 'x-mine': '1' }, simple: false, resolveWithFullResponse: true });
         callback(null, [statusCode, body])",
    );
    check(case, returned(json!([404, "not here"])));
    let request = only_served(&platform);
    assert_eq!(request.method, "DELETE");
    assert_eq!(request.header("x-mine"), "1");
}

#[test]
fn options_may_be_left_out() {
    check(
        resolving(&platform(), "'smt', '/'"),
        returned(r#"{"answer":42}"#),
    );
}

#[test]
fn a_status_outside_2xx_rejects_as_it_does_with_the_http_client() {
    let platform = platform::start(|_| answer(500, "broken"));
    let case = rejecting(
        &platform,
        "await Toolbelt.LpClient()('smt', '/')",
        NAME_AND_MESSAGE,
    );
    check(
        case,
        returned(json!(["StatusCodeError", "500 - \"broken\""])),
    );
}

#[test]
fn another_secret_may_hold_the_key() {
    let platform = platform();
    let mut key = app_key();
    key["consumerKey"] = json!("another");
    let case =
        resolving(&platform, "'smt', '/', { appKeySecretName: 'my-key' }").secret("my-key", key);
    check(case, returned(r#"{"answer":42}"#));
    let parameters = oauth_parameters(&only_served(&platform));
    assert_eq!(parameters["oauth_consumer_key"], "another");
}

#[test]
fn no_path_leads_to_another_host() {
    let platform = platform();
    for path in [
        "'//example.com/a'",
        "'@example.com/a'",
        "'http://example.com/a'",
    ] {
        check(
            resolving(&platform, &format!("'smt', {path}")),
            returned(r#"{"answer":42}"#),
        );
    }
}

#[test]
fn a_service_is_looked_up_once_an_invocation() {
    let platform = platform();
    let case = calling(
        &platform,
        "const call = () => Toolbelt.LpClient()('smt', '/'); await Promise.all([call(), call()]);
         await call(); callback(null, 'done')",
    );
    assert_eq!(result_of(&case), "done");
    assert_eq!((platform.received().len(), served(&platform).len()), (4, 3));
    assert_eq!(result_of(&case), "done");
    assert_eq!((platform.received().len(), served(&platform).len()), (8, 6));
}

#[test]
fn a_service_that_does_not_exist_is_named() {
    let platform = platform();
    let case = rejecting(
        &platform,
        "await Toolbelt.LpClient()('nowhere', '/', {})",
        "[error.code === toolbelt.ErrorCodes.Csds.NotFound, error.code, error.message]",
    );
    let expected = json!([
        true,
        "com.liveperson.faas.csds.domain.not-found",
        "Service \"nowhere\" could not be found."
    ]);
    check(case, returned(expected));
    assert!(served(&platform).is_empty());
}

#[test]
fn a_domain_api_that_fails_is_the_error() {
    let platform = Upstream::start(|_| answer(500, "broken"));
    let case = rejecting(
        &platform,
        "await Toolbelt.LpClient()('smt', '/', {})",
        "[error.code, error.message]",
    );
    let expected = json!(["com.liveperson.faas.csds.op-failed", "500 - \"broken\""]);
    check(case, returned(expected));
}

#[test]
fn the_domain_api_is_the_platforms_unless_it_is_said_otherwise() {
    let code = "try { await Toolbelt.LpClient()('smt', '/'); } catch (error) { callback(null, error.message); }";
    let expected = "403 - \"Domain is not whitelisted: api.liveperson.net. \
                    Allow it with: sandglass allow add api.liveperson.net\\n\"";
    check(
        async_lambda(code).env("BRAND_ID", "10000001"),
        returned(expected),
    );
    let expected = "BRAND_ID is not set: it names the account of the lambda";
    check(async_lambda(code), returned(expected));
}

#[test]
fn a_domain_without_a_scheme_is_reached_over_https() {
    let platform = Upstream::start(|received| match received.target.as_str() {
        "/" => json_answer(json!({ "answer": 42 })),
        _ => json_answer(json!({ "service": "smt", "baseURI": "smt.lp-client.test" })),
    })
    .known_as(&["smt.lp-client.test"]);
    let case = resolving(&platform, "'smt', '/', {}");
    let case = case.allow(&[&platform.rule(), "https://smt.lp-client.test"]);
    check(case, returned(r#"{"answer":42}"#));
}

#[test]
fn a_key_that_cannot_be_read_or_used_is_an_error() {
    let prefix = "Could not fetch App Key credentials from secret storage: ";
    for (secret, message) in [
        ("missing", "There is no Secret missing for this account"),
        (
            "text",
            "Secret text must be JSON with consumerKey, consumerSecret, token, tokenSecret",
        ),
        ("part", "Secret part must be JSON with token, tokenSecret"),
    ] {
        let platform = platform();
        let call =
            format!("await Toolbelt.LpClient()('smt', '/', {{ appKeySecretName: '{secret}' }})");
        let case = rejecting(&platform, &call, "error.message")
            .secret("text", json!("not an object"))
            .secret("part", json!({ "consumerKey": "a", "consumerSecret": "b" }));
        check(case, returned(format!("{prefix}{message}")));
        assert!(served(&platform).is_empty());
    }
}
