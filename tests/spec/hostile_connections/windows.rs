//! A client of HTTP/2 says for each answer how much of it it takes. One that takes nothing for too
//! long loses the answer, and its connection.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{check_no_500, wait_for_connections};
use crate::harness::http2::{self, RawHttp2, frame, request_block};
use crate::harness::server::{ACCOUNT, TestServer, start_with};

/// A client that has asked for the exported logs and takes so many bytes of them.
fn asks_for_logs(server: &TestServer, window: u32) -> RawHttp2 {
    let mut raw = RawHttp2::connect(&server.url);
    let setting = [&[0, 4][..], &window.to_be_bytes()].concat();
    raw.send(&frame(http2::SETTINGS, 0, 0, &setting)).unwrap();
    let bearer = format!("Bearer {}", server.admin_token);
    let path = format!("/api/account/{ACCOUNT}/logs/export");
    let block = request_block("GET", &path, &[("authorization", &bearer)]);
    let ends = http2::END_STREAM | http2::END_HEADERS;
    raw.send(&frame(http2::HEADERS, ends, 1, &block)).unwrap();
    let answered = raw.next_of(&[http2::HEADERS, http2::GOAWAY]).unwrap();
    assert_eq!(answered.kind, http2::HEADERS);
    raw
}

/// A server that has more logs than a client takes at first.
fn talkative(header_timeout_ms: u64) -> TestServer {
    let server = start_with(|config| config.header_timeout_ms = header_timeout_ms);
    let entry = "for (let n = 0; n < 25; n++) console.info('x'.repeat(10000)); callback(null, 1)";
    let lambda = server.deploy_body("talks", entry);
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);
    server.logs(&lambda, 25);
    server
}

#[test]
fn who_opens_no_window_for_an_answer_is_hung_up_on_whatever_else_it_sends() {
    let server = talkative(500);
    // A window of a few bytes is one that the answer does not fit through either.
    for window in [0, 100] {
        let mut raw = asks_for_logs(&server, window);
        let begun = Instant::now();
        // It is there, and says so all the time.
        while raw.send(&frame(http2::PING, 0, 0, b"theretoo")).is_ok() {
            assert!(
                begun.elapsed() < Duration::from_secs(15),
                "it is still open"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        drop(raw);
        wait_for_connections(&server, 0);
    }
    check_no_500(&server);
}

#[test]
fn who_opens_its_window_bit_by_bit_gets_the_whole_answer() {
    let server = talkative(1_000);
    let mut raw = asks_for_logs(&server, 16_384);
    let (mut taken, mut bytes) = (0, 0);
    let begun = Instant::now();
    // More often than the bound, and for longer than it in all.
    while let Some(data) = raw.next_of(&[http2::DATA, http2::RST_STREAM, http2::GOAWAY]) {
        assert_eq!(data.kind, http2::DATA, "after {bytes} bytes");
        bytes += data.payload.len();
        taken += data.payload.len();
        if data.flags & http2::END_STREAM != 0 {
            break;
        }
        if taken >= 16_384 {
            std::thread::sleep(Duration::from_millis(150));
            let more = u32::try_from(taken).unwrap().to_be_bytes();
            for stream in [0, 1] {
                raw.send(&frame(http2::WINDOW_UPDATE, 0, stream, &more))
                    .unwrap();
            }
            taken = 0;
        }
    }
    assert!(bytes > 200_000, "{bytes}");
    assert!(begun.elapsed() > Duration::from_millis(1_500));
}

#[test]
fn who_lets_one_answer_wait_gets_its_others() {
    let server = talkative(500);
    let lambda = server.deploy_body("slow", "setTimeout(callback, 2000, null, 'done')");
    let mut raw = asks_for_logs(&server, 0);
    let bearer = format!("Bearer {}", server.admin_token);
    let path = format!("/api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    let block = request_block("POST", &path, &[("authorization", &bearer)]);
    raw.send(&frame(http2::HEADERS, http2::END_HEADERS, 3, &block))
        .unwrap();
    let body = br#"{"payload":{}}"#;
    raw.send(&frame(http2::DATA, http2::END_STREAM, 3, body))
        .unwrap();
    let window = 100_u32.to_be_bytes();
    raw.send(&frame(http2::WINDOW_UPDATE, 0, 3, &window))
        .unwrap();
    let answered = raw.next_of(&[http2::HEADERS]).expect("it is served");
    assert_eq!((answered.stream, answered.payload[0]), (3, 0x88), "200");
    let done = raw.next_of(&[http2::DATA]).expect("to its end");
    assert_eq!((done.stream, &*done.payload), (3, &b"\"done\""[..]));
}
