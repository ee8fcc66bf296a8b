//! A lambda may send so many requests, so many at once, and so large.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use sandglass_runtime::{ByteSize, Limit};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::harness::upstream::{Upstream, answer, with_header};
use crate::harness::{Case, async_lambda, check, exceeded, returned};

fn requests(upstream: &Upstream, n: usize) -> Case {
    let code = "const all = []; \
                for (let i = 0; i < input.payload.n; i += 1) all.push(await httpClient(input.payload.url)); \
                callback(null, all.length)";
    let payload = json!({ "n": n, "url": upstream.url("/") });
    async_lambda(code)
        .payload(payload)
        .allow(&[&upstream.rule()])
        .limits(|l| l.http_requests = 3)
}

#[test]
fn a_lambda_may_send_as_many_requests_as_its_limit() {
    let upstream = Upstream::start(|_| answer(200, ""));
    let report = check(requests(&upstream, 3), returned(3));
    assert_eq!(report.usage.http_requests, 3);
}

#[test]
fn one_request_more_is_not_sent() {
    let upstream = Upstream::start(|_| answer(200, ""));
    check(requests(&upstream, 4), exceeded(Limit::HttpRequests));
    assert_eq!(upstream.received().len(), 3);
}

#[test]
fn each_hop_of_a_redirect_counts_as_a_request() {
    let upstream = Upstream::start(|_| with_header(answer(302, ""), "location", "/again"));
    let case = async_lambda("callback(null, await httpClient(input.payload))")
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()])
        .limits(|l| l.http_requests = 3);
    check(case, exceeded(Limit::HttpRequests));
    assert_eq!(upstream.received().len(), 3);
}

#[test]
fn further_requests_wait_their_turn() {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&open), Arc::clone(&most));
    let pair = Arc::new(Semaphore::new(0));
    let upstream = Upstream::start_async(move |_| {
        let ((open, most), pair) = (counted.clone(), Arc::clone(&pair));
        async move {
            let now = open.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            // Answers come in pairs: two in flight are needed, and more would show.
            if now % 2 == 0 {
                pair.add_permits(2);
            }
            pair.acquire().await.expect("it is never closed").forget();
            open.fetch_sub(1, Ordering::SeqCst);
            Some(answer(200, "ok"))
        }
    });
    let code = "const all = Array.from({ length: 6 }, () => httpClient(input.payload)); \
                callback(null, (await Promise.all(all)).join())";
    let case = async_lambda(code)
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()])
        .limits(|l| l.http_in_flight = 2);
    check(case, returned("ok,ok,ok,ok,ok,ok"));
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

fn body_of(upstream: &Upstream, bytes: usize) -> Case {
    let code = "callback(null, await httpClient.post(input.payload.url, { body: 'x'.repeat(input.payload.n) }))";
    async_lambda(code)
        .payload(json!({ "url": upstream.url("/"), "n": bytes }))
        .allow(&[&upstream.rule()])
        .limits(|l| l.http_request_body = ByteSize::bytes(10))
}

#[test]
fn a_request_body_may_be_as_large_as_its_limit() {
    let upstream = Upstream::start(|received| answer(200, received.body.len().to_string()));
    check(body_of(&upstream, 10), returned("10"));
}

#[test]
fn a_larger_request_body_is_not_sent() {
    let upstream = Upstream::start(|_| answer(200, ""));
    check(body_of(&upstream, 11), exceeded(Limit::HttpRequestBody));
    assert_eq!(upstream.received().len(), 0);
}

/// Three bodies of four bytes at once, or one after the other.
fn held(upstream: &Upstream, at_once: bool, limit: u64) -> Case {
    let post = "httpClient.post(input.payload, { body: '1234' })";
    let code = match at_once {
        true => format!("await Promise.all([1, 2, 3].map(() => {post}))"),
        false => format!("for (let i = 0; i < 3; i += 1) await {post}"),
    };
    async_lambda(&format!("{code}; callback(null, 'sent')"))
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()])
        .limits(|l| l.http_buffered = ByteSize::bytes(limit))
}

#[test]
fn requests_that_wait_may_hold_as_much_as_the_limit_together() {
    let upstream = Upstream::start(|_| answer(200, ""));
    check(held(&upstream, true, 12), returned("sent"));
}

#[test]
fn requests_that_hold_a_byte_more_together_stop_the_lambda() {
    // Nobody is answered, so all of them are held.
    let upstream = Upstream::start_async(|_| std::future::pending());
    check(held(&upstream, true, 11), exceeded(Limit::HttpBuffered));
}

#[test]
fn a_request_that_was_answered_holds_nothing() {
    let upstream = Upstream::start(|_| answer(200, ""));
    check(held(&upstream, false, 4), returned("sent"));
}

fn answer_to(upstream: &Upstream, options: &str) -> Case {
    async_lambda(&format!(
        "callback(null, (await httpClient(input.payload, {options})).length)"
    ))
    .payload(json!(upstream.url("/")))
    .allow(&[&upstream.rule()])
    .limits(|l| l.http_response_body = ByteSize::kib(1))
}

#[test]
fn a_response_body_may_be_as_large_as_its_limit() {
    let upstream = Upstream::start(|_| answer(200, "x".repeat(1024)));
    let report = check(answer_to(&upstream, "{}"), returned(1024));
    assert_eq!(report.usage.http_bytes_received, 1024);
}

#[test]
fn a_larger_response_body_stops_the_lambda() {
    let upstream = Upstream::start(|_| answer(200, "x".repeat(1025)));
    check(
        answer_to(&upstream, "{}"),
        exceeded(Limit::HttpResponseBody),
    );
}

fn zipped(bytes: usize) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![b'x'; bytes])
        .expect("writing to memory works");
    gzip.finish().expect("writing to memory works")
}

#[test]
fn a_compressed_response_is_measured_after_decompression() {
    for (bytes, expected) in [
        (1024, returned(1024)),
        (1025, exceeded(Limit::HttpResponseBody)),
    ] {
        let upstream = Upstream::start(move |_| {
            with_header(answer(200, zipped(bytes)), "content-encoding", "gzip")
        });
        check(answer_to(&upstream, "{ gzip: true }"), expected);
    }
}

#[test]
fn a_decompression_bomb_stops_the_lambda_and_not_the_host() {
    static BOMB: Mutex<Option<Vec<u8>>> = Mutex::new(None);
    let upstream = Upstream::start(|_| {
        let mut bomb = BOMB.lock().expect("no test panics with it");
        let bytes = bomb.get_or_insert_with(|| zipped(64 << 20)).clone();
        with_header(answer(200, bytes), "content-encoding", "gzip")
    });
    check(
        answer_to(&upstream, "{ gzip: true }"),
        exceeded(Limit::HttpResponseBody),
    );
}
