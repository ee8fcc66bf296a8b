//! Logs, input, result and secret calls are bounded.

use sandglass_runtime::{ByteSize, Limit, Limits};
use serde_json::json;

use crate::harness::{Case, async_lambda, check, exceeded, lambda, log_lines, returned};

#[test]
fn a_lambda_may_log_as_many_entries_as_its_limit() {
    let case = lambda("for (let i = 0; i < 3; i += 1) console.info(i); callback(null, 'ok')");
    let report = check(case.limits(|l| l.log_entries = 3), returned("ok"));
    assert_eq!(log_lines(&report), ["Info 0 []", "Info 1 []", "Info 2 []"]);
}

#[test]
fn one_entry_more_stops_the_lambda_and_keeps_the_entries_before() {
    let case = lambda("for (let i = 0; i < 4; i += 1) console.info(i); callback(null, 'ok')");
    let report = check(
        case.limits(|l| l.log_entries = 3),
        exceeded(Limit::LogEntries),
    );
    assert_eq!(log_lines(&report), ["Info 0 []", "Info 1 []", "Info 2 []"]);
}

/// Ten bytes of messages and extras: `12345` and `["a"]`.
const TEN_BYTES: &str = "console.info('12345', 'a');";

#[test]
fn a_lambda_may_log_as_many_bytes_as_its_limit() {
    let case = lambda(&format!("{TEN_BYTES} {TEN_BYTES} callback(null, 'ok')"));
    let report = check(case.limits(|l| l.log = ByteSize::bytes(20)), returned("ok"));
    assert_eq!(log_lines(&report).len(), 2);
}

#[test]
fn one_byte_more_stops_the_lambda_and_keeps_the_entries_before() {
    let case = lambda(&format!("{TEN_BYTES} {TEN_BYTES} callback(null, 'ok')"));
    let report = check(
        case.limits(|l| l.log = ByteSize::bytes(19)),
        exceeded(Limit::Log),
    );
    assert_eq!(log_lines(&report), [r#"Info 12345 ["a"]"#]);
}

#[test]
fn characters_past_ascii_count_as_their_bytes() {
    let case = lambda("console.info('ä€😀', 'b'); callback(null, 'ok')"); // 2 + 3 + 4 + 5 bytes
    check(
        case.clone().limits(|l| l.log = ByteSize::bytes(14)),
        returned("ok"),
    );
    check(
        case.limits(|l| l.log = ByteSize::bytes(13)),
        exceeded(Limit::Log),
    );
}

#[test]
fn an_input_may_be_as_large_as_its_limit() {
    let case = lambda("callback(null, input.length)").input("\"12345678\"");
    check(
        case.limits(|l| l.payload = ByteSize::bytes(10)),
        returned(8),
    );
}

#[test]
fn a_larger_input_is_refused() {
    let case = lambda("callback(null, input.length)").input("\"123456789\"");
    check(
        case.limits(|l| l.payload = ByteSize::bytes(10)),
        exceeded(Limit::Payload),
    );
}

#[test]
fn a_result_may_be_as_large_as_its_limit() {
    let case = lambda("callback(null, '12345678')");
    check(
        case.limits(|l| l.result = ByteSize::bytes(10)),
        returned("12345678"),
    );
}

#[test]
fn a_larger_result_is_refused() {
    let case = lambda("callback(null, '123456789')");
    check(
        case.limits(|l| l.result = ByteSize::bytes(10)),
        exceeded(Limit::Result),
    );
}

fn reads(n: u32) -> Case {
    let code = "for (let i = 0; i < input.payload; i += 1) await secretClient.readSecret('key'); \
                callback(null, 'read')";
    let case = async_lambda(code).secret("key", json!(1)).payload(json!(n));
    case.limits(|l| l.secret_calls = 3)
}

#[test]
fn a_lambda_may_call_for_secrets_as_often_as_its_limit() {
    check(reads(3), returned("read"));
}

#[test]
fn one_call_for_a_secret_more_stops_the_lambda() {
    check(reads(4), exceeded(Limit::SecretCalls));
}

#[test]
fn the_default_limits_are_the_documented_ones() {
    let limits = Limits::default();
    let json = serde_json::to_value(limits).unwrap();
    let expected = json!({
        "fuel": 400_000_000_000_u64, "memory": 268_435_456, "wall_clock": 30_000,
        "http_requests": 200, "http_in_flight": 20, "http_request_body": 8_388_608,
        "http_response_body": 16_777_216, "http_buffered": 33_554_432, "secret_calls": 200,
        "lambda_calls": 100, "call_depth": 8, "log_entries": 1_000, "log": 262_144,
        "payload": 4_194_304, "result": 8_388_608,
    });
    assert_eq!(json, expected);
}
