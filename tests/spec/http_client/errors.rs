//! How it fails.

use serde_json::json;

use super::{rejecting, resolving};
use crate::harness::ports;
use crate::harness::upstream::{Upstream, answer};
use crate::harness::{async_lambda, check, failed, returned};

const NAME_AND_MESSAGE: &str = "[error.name, error.message]";

fn upstream() -> Upstream {
    Upstream::start(|_| answer(404, "not here"))
}

#[test]
fn a_status_outside_2xx_rejects_with_a_status_code_error() {
    check(
        rejecting(&upstream(), "httpClient(url)", NAME_AND_MESSAGE),
        returned(json!(["StatusCodeError", "404 - \"not here\""])),
    );
}

#[test]
fn a_status_code_error_shows_a_json_body_as_json() {
    let upstream = Upstream::start(|_| answer(404, r#"{"a":1}"#));
    check(
        rejecting(
            &upstream,
            "httpClient(url, { json: true })",
            NAME_AND_MESSAGE,
        ),
        returned(json!(["StatusCodeError", "404 - {\"a\":1}"])),
    );
}

#[test]
fn a_status_code_error_carries_the_response() {
    let of_error = "[error.statusCode, error.error, error.response.statusCode, error.response.body, \
                    error.options.method, error.options.simple, error instanceof Error]";
    check(
        rejecting(&upstream(), "httpClient.put(url)", of_error),
        returned(json!([404, "not here", 404, "not here", "PUT", true, true])),
    );
}

#[test]
fn a_status_code_error_that_is_not_caught_is_a_failure() {
    check(
        resolving(&upstream(), "httpClient(url)"),
        failed("404 - \"not here\""),
    );
}

#[test]
fn a_redirect_that_is_not_followed_is_a_status_code_error() {
    let upstream = Upstream::start(|_| answer(302, "moved"));
    check(
        rejecting(&upstream, "httpClient.post(url)", NAME_AND_MESSAGE),
        returned(json!(["StatusCodeError", "302 - \"moved\""])),
    );
}

#[test]
fn a_refused_connection_rejects_with_a_request_error() {
    let port = ports::free();
    let code = "try { await httpClient(input.payload); } catch (error) {
                  callback(null, [error.name, error.message, error.cause.code, error.error.code, error.options.uri]);
                }";
    let url = format!("http://127.0.0.1:{port}/");
    let case = async_lambda(code)
        .payload(json!(url))
        .allow(&[&format!("127.0.0.1:{port}")]);
    let message = format!("Error: connect ECONNREFUSED 127.0.0.1:{port}");
    check(
        case,
        returned(json!([
            "RequestError",
            message,
            "ECONNREFUSED",
            "ECONNREFUSED",
            url
        ])),
    );
}

#[test]
fn a_connection_that_is_closed_rejects_with_a_request_error() {
    let upstream = Upstream::start_async(|_| async { None });
    let case = rejecting(
        &upstream,
        "httpClient(url)",
        "[error.name, error.message, error.cause.code]",
    );
    check(
        case,
        returned(json!([
            "RequestError",
            "Error: socket hang up",
            "ECONNRESET"
        ])),
    );
}

#[test]
fn a_url_without_a_scheme_is_named() {
    check(
        rejecting(
            &upstream(),
            "httpClient('www.mywebsite.com/auth')",
            NAME_AND_MESSAGE,
        ),
        returned(json!([
            "RequestError",
            "Error: Invalid URI \"www.mywebsite.com/auth\""
        ])),
    );
}

#[test]
fn a_missing_url_is_named() {
    check(
        rejecting(
            &upstream(),
            "httpClient({ method: 'GET' })",
            NAME_AND_MESSAGE,
        ),
        returned(json!([
            "RequestError",
            "Error: options.uri is a required argument"
        ])),
    );
    for call in [
        "httpClient(undefined)",
        "httpClient(process.env['UNSET'], { method: 'GET' })",
    ] {
        check(
            rejecting(&upstream(), call, NAME_AND_MESSAGE),
            returned(json!([
                "Error",
                "undefined is not a valid uri or options object."
            ])),
        );
    }
}

#[test]
fn another_scheme_is_refused() {
    check(
        rejecting(
            &upstream(),
            "httpClient('ftp://example.com/a')",
            NAME_AND_MESSAGE,
        ),
        returned(json!(["RequestError", "Error: Invalid protocol: ftp:"])),
    );
}

#[test]
fn a_timeout_rejects_with_a_request_error() {
    let upstream = Upstream::start_async(|_| std::future::pending());
    let case = rejecting(
        &upstream,
        "httpClient(url, { timeout: 50 })",
        "[error.name, error.message, error.cause.code]",
    );
    check(
        case,
        returned(json!([
            "RequestError",
            "Error: ESOCKETTIMEDOUT",
            "ESOCKETTIMEDOUT"
        ])),
    );
}

#[test]
fn an_object_body_without_json_is_an_argument_error() {
    let case = rejecting(
        &upstream(),
        "httpClient.post(url, { body: { a: 1 } })",
        "[error.name, error.message, error.cause.message]",
    );
    let message = "Argument error, options.body.";
    check(
        case,
        returned(json!([
            "RequestError",
            format!("Error: {message}"),
            message
        ])),
    );
}

#[test]
fn a_malformed_header_is_refused() {
    for headers in ["{ 'a b': '1' }", "{ a: 'x\\r\\nevil: 1' }", "{ '': '1' }"] {
        let call = format!("httpClient(url, {{ headers: {headers} }})");
        let case = rejecting(&upstream(), &call, "error.name");
        let result = crate::harness::result_of(&case);
        assert!(
            result == "RequestError" || result == "TypeError",
            "{headers}: {result}"
        );
    }
}

#[test]
fn a_malformed_method_is_refused() {
    let upstream = upstream();
    let case = rejecting(
        &upstream,
        "httpClient(url, { method: 'GE T' })",
        "error.name",
    );
    let result = crate::harness::result_of(&case);
    assert!(
        result == "RequestError" || result == "TypeError",
        "{result}"
    );
    assert!(upstream.received().is_empty());
}

#[test]
fn a_host_that_does_not_resolve_rejects_with_a_request_error() {
    let code = "try { await httpClient('http://does-not-exist.invalid/'); } catch (error) {
                  callback(null, [error.name, error.message, error.cause.code]); }";
    let case = async_lambda(code).allow(&["does-not-exist.invalid"]);
    check(
        case,
        returned(json!([
            "RequestError",
            "Error: getaddrinfo ENOTFOUND does-not-exist.invalid",
            "ENOTFOUND"
        ])),
    );
}

#[test]
fn no_option_switches_the_check_of_certificates_off() {
    let upstream = Upstream::start_with_unknown_certificate(|_| answer(200, "in the clear"));
    let rule = upstream.rule();
    for options in [
        "{}",
        "{ rejectUnauthorized: false }",
        "{ strictSSL: false }",
        "{ agentOptions: { rejectUnauthorized: false } }",
    ] {
        let code = format!(
            "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
             try {{ callback(null, await httpClient(input.payload, {options})); }}
             catch (error) {{ callback(null, [error.name, error.message, error.cause.code]); }}"
        );
        let case = async_lambda(&code)
            .payload(json!(format!("https://{rule}/")))
            .allow(&[&rule]);
        let expected = json!([
            "RequestError",
            "Error: invalid peer certificate: UnknownIssuer",
            "EPROTO"
        ]);
        check(case, returned(expected));
    }
    assert!(upstream.received().is_empty());
}
