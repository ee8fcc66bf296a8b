//! A request is one trace from its caller through the lambda to whom the lambda asks, and a collector
//! is told of it.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use reqwest::Method;
use sandglass_server::{Config, TelemetryConfig};
use serde_json::json;

use crate::harness::server::{TestServer, start, start_with};
use crate::harness::upstream::{Upstream, answer};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const ASKS: &str = "const { HTTPClient } = require('lp-faas-toolbelt').Toolbelt;
    async function lambda(input, callback) {
        const { url, headers } = input.payload;
        callback(null, await HTTPClient()(url, { method: 'GET', headers }));
    }";

/// A collector that takes everything, and a server that sends to it.
fn collected(sample_ratio: f64) -> (Upstream, TestServer) {
    collected_with(sample_ratio, |_| {})
}

fn collected_with(sample_ratio: f64, change: impl FnOnce(&mut Config)) -> (Upstream, TestServer) {
    let collector = Upstream::start(|_| answer(200, ""));
    let endpoint = collector.url("");
    let server = start_with(|config| {
        config.telemetry = Some(TelemetryConfig {
            sample_ratio,
            ..telemetry(&endpoint, 50)
        });
        change(config);
    });
    (collector, server)
}

fn telemetry(endpoint: &str, export_interval_ms: u64) -> TelemetryConfig {
    TelemetryConfig {
        export_interval_ms,
        service_name: "tested".to_owned(),
        ..TelemetryConfig::to(endpoint)
    }
}

/// Somebody whom lambdas ask, and a lambda that does.
fn asked(server: &TestServer) -> (Upstream, String) {
    let upstream = Upstream::start(|_| answer(200, "\"fine\""));
    let rule = format!("/whitelist/{}", upstream.rule());
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);
    (upstream, server.deploy("asks", ASKS))
}

/// The spans of a trace once there are so many.
#[track_caller]
fn spans(collector: &Upstream, trace: &str, n: usize) -> Vec<Span> {
    for _ in 0..500 {
        let found: Vec<_> = all_spans(collector)
            .into_iter()
            .filter(|span| hex(&span.trace_id) == trace)
            .collect();
        if found.len() >= n {
            return found;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("there are not {n} spans: {:?}", all_spans(collector));
}

fn all_spans(collector: &Upstream) -> Vec<Span> {
    let exports = collector.received().into_iter().map(|export| {
        assert_eq!(
            (export.method.as_str(), export.target.as_str()),
            ("POST", "/v1/traces")
        );
        assert_eq!(export.header("content-type"), "application/x-protobuf");
        ExportTraceServiceRequest::decode(export.body).expect("an export is OTLP")
    });
    let resources = exports.flat_map(|export| export.resource_spans);
    let scopes = resources.flat_map(|resource| {
        let attributes = resource.resource.expect("it says who it is").attributes;
        let name = attributes.iter().find(|one| one.key == "service.name");
        assert!(format!("{name:?}").contains("tested"), "{name:?}");
        resource.scope_spans
    });
    scopes.flat_map(|scope| scope.spans).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn only(spans: &[Span], kind: SpanKind) -> &Span {
    let mut found = spans.iter().filter(|span| span.kind == kind as i32);
    let first = found.next().expect("a span of the kind");
    assert!(found.next().is_none(), "{spans:?}");
    first
}

#[track_caller]
fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|one| one.key == key);
    let value = found.unwrap_or_else(|| panic!("no {key}: {span:?}"));
    format!("{:?}", value.value)
}

#[test]
fn one_trace_goes_from_the_caller_through_the_lambda_to_whom_it_asks() {
    let (collector, server) = collected(0.0);
    let (upstream, lambda) = asked(&server);
    let call = server
        .invoke(&lambda, json!({ "url": upstream.url("/secret/path?q=1") }))
        .header("traceparent", PARENT)
        .header("tracestate", "vendor=abc");
    assert_eq!(call.send().status, 200);
    let spans = spans(&collector, TRACE, 3);
    let request = only(&spans, SpanKind::Server);
    let invocation = only(&spans, SpanKind::Internal);
    let outgoing = only(&spans, SpanKind::Client);
    assert_eq!(hex(&request.parent_span_id), "b7ad6b7169203331");
    assert_eq!(invocation.parent_span_id, request.span_id);
    assert_eq!(outgoing.parent_span_id, invocation.span_id);
    assert_eq!(
        request.name,
        "POST /api/account/{account}/lambdas/{lambda}/invoke"
    );
    assert!(attribute(request, "http.response.status_code").contains("200"));
    assert_eq!(invocation.name, "invoke");
    assert!(attribute(invocation, "lambda.name").contains("asks"));
    assert!(attribute(invocation, "outcome").contains("returned"));
    assert!(attribute(outgoing, "server.address").contains("127.0.0.1"));
    assert!(!format!("{spans:?}").contains("secret"), "no path is told");
    assert!(request.start_time_unix_nano <= invocation.start_time_unix_nano);
    assert!(outgoing.end_time_unix_nano <= request.end_time_unix_nano);
    let received = upstream.only_request();
    let carried = format!("00-{TRACE}-{}-01", hex(&outgoing.span_id));
    assert_eq!(received.header("traceparent"), carried);
    assert_eq!(received.header("tracestate"), "vendor=abc");
}

#[test]
fn every_lambda_of_an_event_is_in_the_trace_of_the_event() {
    let (collector, server) = collected(0.0);
    let (upstream, _) = asked(&server);
    for name in ["first", "second"] {
        server.make_for("conversational_command", name);
        server.deploy(name, ASKS);
    }
    let path = "/events/conversational_command/invoke?v=1&externalSystem=x";
    let payload = json!({ "payload": { "url": upstream.url("/") } });
    let call = server.call(Method::POST, path).json(&payload);
    assert_eq!(call.header("traceparent", PARENT).send().status, 200);
    let spans = spans(&collector, TRACE, 5);
    let request = only(&spans, SpanKind::Server);
    assert_eq!(
        request.name,
        "POST /api/account/{account}/events/{event}/invoke"
    );
    let mut carried = Vec::new();
    for name in ["first", "second"] {
        let invoked = invoked(&spans, name);
        assert_eq!(invoked.parent_span_id, request.span_id);
        let is_its = |span: &&Span| span.parent_span_id == invoked.span_id;
        let outgoing = spans.iter().find(is_its).expect("its request");
        carried.push(format!("00-{TRACE}-{}-01", hex(&outgoing.span_id)));
    }
    let received = upstream.received();
    let mut received: Vec<_> = received.iter().map(|r| r.header("traceparent")).collect();
    carried.sort();
    received.sort_unstable();
    assert_eq!(received, carried);
}

#[test]
fn a_lambda_that_is_tried_out_is_in_the_trace_in_both_generations() {
    for path in [
        "/lambdas/tried/invoke?v=1&userId=me",
        "/functions/tried/test",
    ] {
        let (collector, server) = collected(0.0);
        server.deploy_body("tried", "callback(null, 1)");
        let call = server.call(Method::POST, path);
        let call = call.json(&json!({ "payload": {} }));
        assert_eq!(call.header("traceparent", PARENT).send().status, 200);
        let spans = spans(&collector, TRACE, 2);
        let request = only(&spans, SpanKind::Server);
        assert_eq!(invoked(&spans, "tried").parent_span_id, request.span_id);
    }
}

#[test]
fn a_lambda_that_another_calls_is_in_its_trace() {
    let (collector, server) = collected(0.0);
    let (upstream, asks) = asked(&server);
    let calls = server.deploy(
        "calls",
        "const { Toolbelt } = require('lp-faas-toolbelt');
        async function lambda({ payload: [uuid, payload] }, callback) {
            callback(null, await Toolbelt.OrchestratorClient().invoke([{ uuid, payload }], 9000));
        }",
    );
    let call = server
        .invoke(&calls, json!([asks, { "url": upstream.url("/") }]))
        .header("traceparent", PARENT)
        .header("tracestate", "vendor=abc");
    assert_eq!(call.send().status, 200);
    let spans = spans(&collector, TRACE, 4);
    let (caller, called) = (invoked(&spans, "calls"), invoked(&spans, "asks"));
    let outgoing = only(&spans, SpanKind::Client);
    assert_eq!(called.parent_span_id, caller.span_id);
    assert_eq!(outgoing.parent_span_id, called.span_id);
    let received = upstream.only_request();
    let carried = format!("00-{TRACE}-{}-01", hex(&outgoing.span_id));
    assert_eq!(received.header("traceparent"), carried);
    assert_eq!(received.header("tracestate"), "vendor=abc");
}

#[test]
fn an_invocation_that_nobody_waits_for_is_in_the_trace_of_its_request_at_each_attempt() {
    let (collector, server) = collected_with(0.0, |config| config.queue.backoff_ms = 10);
    let fails = server.deploy_body("fails", "callback(new Error('no luck'))");
    let call = server.invoke(&fails, json!({}));
    let call = call
        .header("traceparent", PARENT)
        .header("prefer", "respond-async; retries=1");
    assert_eq!(call.send().status, 202);
    let spans = spans(&collector, TRACE, 3);
    let request = only(&spans, SpanKind::Server);
    let attempts: Vec<_> = spans.iter().filter(|span| span.name == "invoke").collect();
    assert_eq!(attempts.len(), 2);
    for attempt in &attempts {
        assert_eq!(attempt.parent_span_id, request.span_id);
    }
    assert_ne!(attempts[0].span_id, attempts[1].span_id);
}

/// The span of the invocation of a lambda.
#[track_caller]
fn invoked<'a>(spans: &'a [Span], lambda: &str) -> &'a Span {
    let is_its =
        |span: &&Span| span.name == "invoke" && attribute(span, "lambda.name").contains(lambda);
    spans
        .iter()
        .find(is_its)
        .expect("the span of its invocation")
}

#[test]
fn a_lambda_may_say_itself_which_trace_it_is_in() {
    let (_collector, server) = collected(1.0);
    let (upstream, lambda) = asked(&server);
    let own = "00-11111111111111111111111111111111-2222222222222222-00";
    let payload = json!({ "url": upstream.url("/"), "headers": { "traceparent": own } });
    assert_eq!(server.invoke(&lambda, payload).send().status, 200);
    assert_eq!(upstream.only_request().header("traceparent"), own);
}

#[test]
fn a_trace_that_is_not_recorded_is_carried_on_and_not_sent() {
    let (collector, server) = collected(0.0);
    let (upstream, lambda) = asked(&server);
    let unsampled = PARENT.replace("-01", "-00");
    let call = |parent: &str| {
        let call = server.invoke(&lambda, json!({ "url": upstream.url("/") }));
        assert_eq!(call.header("traceparent", parent).send().status, 200);
    };
    call(&unsampled);
    let carried = upstream.only_request().header("traceparent").to_owned();
    assert!(
        carried.starts_with(&format!("00-{TRACE}-")) && carried.ends_with("-00"),
        "{carried}"
    );
    // Later than the others, so that those were had they been sent.
    call(&PARENT.replace("0af7", "ffff"));
    spans(&collector, &TRACE.replace("0af7", "ffff"), 3);
    assert_eq!(all_spans(&collector).len(), 3);
}

#[test]
fn without_a_callers_trace_a_new_one_begins_and_all_requests_are_in_one() {
    let (collector, server) = collected(1.0);
    server.call(Method::GET, "/lambdas").send();
    server.call(Method::GET, "/nowhere").send();
    let invalid = server
        .call(Method::GET, "/secrets")
        .header("traceparent", "nonsense");
    assert_eq!(invalid.send().status, 200);
    let found = (0..500).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        let spans = all_spans(&collector);
        (spans.len() >= 3).then_some(spans)
    });
    let spans = found.expect("each request is a span");
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "GET /api/account/{account}/lambdas",
            "GET",
            "GET /api/account/{account}/secrets"
        ]
    );
    assert!(
        spans.iter().all(|span| span.parent_span_id.is_empty()),
        "{spans:?}"
    );
    assert_ne!(spans[0].trace_id, spans[1].trace_id);
}

#[test]
fn a_failure_is_told_by_its_kind_and_without_its_words() {
    let (collector, server) = collected(1.0);
    let lambda = server.deploy_body("fails", "throw new Error('private words')");
    let call = server
        .invoke(&lambda, json!({}))
        .header("traceparent", PARENT);
    assert_eq!(call.send().status, 901);
    let spans = spans(&collector, TRACE, 2);
    let invocation = only(&spans, SpanKind::Internal);
    assert!(attribute(invocation, "outcome").contains("threw"));
    assert!(!format!("{spans:?}").contains("private"), "{spans:?}");
}

#[test]
fn what_waits_is_sent_before_the_server_ends() {
    let collector = Upstream::start(|_| answer(200, ""));
    let endpoint = collector.url("");
    let server = start_with(|config| {
        config.telemetry = Some(telemetry(&endpoint, 3_600_000));
    });
    server.call(Method::GET, "/lambdas").send();
    server.stop();
    assert_eq!(all_spans(&collector).len(), 1);
}

#[test]
fn a_collector_that_is_not_there_disturbs_nobody() {
    let server = start_with(|config| {
        config.telemetry = Some(telemetry("http://127.0.0.1:9", 10));
    });
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    for _ in 0..20 {
        assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);
    }
    server.stop();
}

#[test]
fn without_a_collector_nothing_is_added_to_requests() {
    let server = start();
    let (upstream, lambda) = asked(&server);
    let call = server.invoke(&lambda, json!({ "url": upstream.url("/") }));
    assert_eq!(call.header("traceparent", PARENT).send().status, 200);
    assert_eq!(upstream.only_request().header("traceparent"), "");
}
