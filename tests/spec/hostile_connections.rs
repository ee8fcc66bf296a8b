//! Whatever comes over a connection, it gets a clear error or its connection is closed, and nobody
//! else waits for it.

mod windows;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use reqwest::Method;
use sandglass_runtime::ByteSize;
use serde_json::json;

use crate::harness::http2::{
    self, Http2, RawHttp2, frame, get, header_block, integer, request_block,
};
use crate::harness::server::{ACCOUNT, TestServer, start, start_with};
use crate::harness::{block_on, tokio};

const HEADERS_MAX: usize = 100;
const STREAMS_MAX: u32 = 100;

/// Others are served, and soon.
#[track_caller]
fn check_others_are_served(server: &TestServer) {
    let begun = Instant::now();
    let reply = server.plain(Method::GET, "/healthz").send();
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

/// Nothing so far was answered with the server's own failure.
#[track_caller]
fn check_no_500(server: &TestServer) {
    let page = server.plain(Method::GET, "/metrics").send().text;
    let failed = |line: &&str| line.starts_with("sandglass_") && line.contains("\"500\"");
    assert_eq!(page.lines().find(failed), None);
}

fn connect(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// Sends bytes and reads until the server hangs up.
fn raw(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = connect(server);
    // The server may answer and hang up before it has read everything.
    let _ = stream.write_all(bytes);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

/// Waits until so many connections are open, besides the one that asks.
#[track_caller]
fn wait_for_connections(server: &TestServer, count: usize) {
    let line = format!("sandglass_connections {}", count + 1);
    let there = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        let page = server.plain(Method::GET, "/metrics").send().text;
        page.lines().any(|found| found == line)
    });
    assert!(there, "{line}");
}

#[test]
fn a_request_may_have_a_hundred_header_fields_and_not_one_more() {
    let server = start();
    let ask = |fields: usize| {
        // With those of host and connection.
        let more: String = (2..fields).map(|n| format!("x-{n}: a\r\n")).collect();
        let head = "GET /healthz HTTP/1.1\r\nhost: tests\r\nconnection: close\r\n";
        raw(&server, format!("{head}{more}\r\n").as_bytes())
    };
    let fits = ask(HEADERS_MAX);
    assert!(fits.starts_with("HTTP/1.1 200 "), "{fits}");
    let flood = ask(HEADERS_MAX + 1);
    assert!(flood.starts_with("HTTP/1.1 431 "), "{flood}");
    check_others_are_served(&server);
}

#[test]
fn the_headers_of_http_2_may_be_as_large_as_the_limit_and_not_a_byte_larger() {
    let server = start_with(|config| config.header_bytes_max = ByteSize::kib(8));
    let origin = server.url.trim_start_matches("http://").to_owned();
    // A field counts its name, its value and 32 bytes (RFC 9113, section 6.5.2).
    let fields = [
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", &origin),
        (":path", "/healthz"),
        ("x-fill", ""),
    ];
    let used: usize = fields
        .iter()
        .map(|(name, value)| name.len() + value.len() + 32)
        .sum();
    let room = 8 * 1024 - used;
    let client = Http2::plain(&server.url);
    let ask = |bytes: usize| {
        let mut request = get(&format!("{}/healthz", server.url));
        let value = "a".repeat(bytes).parse().unwrap();
        request.headers_mut().insert("x-fill", value);
        client.send(request).status
    };
    assert_eq!(ask(room), 200);
    assert_eq!(ask(room + 1), 431);
    check_others_are_served(&server);
}

#[test]
fn headers_that_trickle_end_the_connection_in_either_version() {
    let server = start_with(|config| config.header_timeout_ms = 300);
    // The last one is a header field of 10,000 bytes (RFC 7541, section 6.2.2) in a frame of its own.
    let block = request_block("GET", "/healthz", &[]);
    let open = frame(http2::HEADERS, http2::END_STREAM, 1, &block);
    let field = &[&[0, 1][..], b"a", &integer(10_000), &[b'a'; 10_000]].concat();
    let more = frame(http2::CONTINUATION, http2::END_HEADERS, 1, field);
    for (at_once, bit_by_bit) in [
        (
            &b"GET /healthz HTTP/1.1\r\nhost: tests\r\nx-slow: "[..],
            &[b'a'; 10_000][..],
        ),
        (b"", http2::PREFACE),
        (
            http2::PREFACE,
            &frame(http2::HEADERS, 0, 1, &[b'a'; 10_000]),
        ),
        (&[http2::PREFACE, &open].concat(), &more),
    ] {
        let mut stream = connect(&server);
        stream.write_all(at_once).unwrap();
        // Writing fails once the server has hung up.
        let is_closed = bit_by_bit.iter().any(|byte| {
            std::thread::sleep(Duration::from_millis(25));
            stream.write_all(&[*byte]).is_err()
        });
        assert!(is_closed, "{at_once:?}");
    }
    check_no_500(&server);
}

#[test]
fn a_connection_that_is_idle_is_closed_in_either_version() {
    let server = start_with(|config| config.header_timeout_ms = 300);
    let mut silent = connect(&server);
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    let client = Http2::plain(&server.url);
    assert_eq!(
        client.send(get(&format!("{}/healthz", server.url))).status,
        200
    );
    client.end().expect("it is closed with GOAWAY");
    // A client that only keeps the connection open is still there after a while.
    let mut patient = RawHttp2::connect(&server.url);
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(100));
        patient
            .send(&frame(http2::PING, 0, 0, b"theretoo"))
            .unwrap();
        assert!(patient.next_of(&[http2::PING]).is_some());
    }
}

#[test]
fn a_body_that_trickles_is_408_in_http_2_as_well() {
    let server = start_with(|config| config.body_timeout_ms = 200);
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let client = Http2::plain(&server.url);
    let first = Frame::data(Bytes::from_static(b"{\"payload\":"));
    let body = futures::stream::iter([Ok(first)]).chain(futures::stream::pending());
    let body = StreamBody::new(body).boxed_unsync();
    let (url, token) = (&server.url, &server.admin_token);
    let reply = client.send(http2::invocation_with(url, &lambda, token, body));
    assert_eq!(reply.status, 408, "{reply:?}");
    assert!(reply.json()["errorCode"].is_string(), "{reply:?}");
    assert_eq!(client.send(get(&format!("{url}/healthz"))).status, 200);
}

#[test]
fn who_asks_and_never_reads_is_hung_up_on() {
    let server = start_with(|config| config.header_timeout_ms = 500);
    let lambda = server.deploy_body("large", "callback(null, 'x'.repeat(8000000))");
    let body = r#"{"payload":{}}"#;
    let head = format!(
        "POST /api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x HTTP/1.1\r\n\
         host: tests\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
        server.admin_token,
        body.len()
    );
    let mut deaf = connect(&server);
    deaf.write_all(head.as_bytes()).unwrap();
    // In HTTP/2 a client says how much it takes: nothing, here.
    let mut closed = RawHttp2::connect(&server.url);
    closed
        .send(&frame(http2::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]))
        .unwrap();
    let bearer = format!("Bearer {}", server.admin_token);
    let path = format!("/api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    let block = request_block("POST", &path, &[("authorization", &bearer)]);
    closed
        .send(&frame(http2::HEADERS, http2::END_HEADERS, 1, &block))
        .unwrap();
    closed
        .send(&frame(http2::DATA, http2::END_STREAM, 1, body.as_bytes()))
        .unwrap();
    wait_for_connections(&server, 2);
    wait_for_connections(&server, 0);
    check_no_500(&server);
}

#[test]
fn who_has_logs_sent_and_never_reads_is_hung_up_on() {
    let server = start_with(|config| config.header_timeout_ms = 500);
    // More than what two sockets hold.
    let entry = "for (let n = 0; n < 25; n++) console.info('x'.repeat(10000)); callback(null, 1)";
    let lambda = server.deploy_body("talks", entry);
    for _ in 0..60 {
        assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);
    }
    server.logs(&lambda, 100);
    std::thread::sleep(Duration::from_secs(1));
    let head = format!(
        "GET /api/account/{ACCOUNT}/logs/export HTTP/1.1\r\nhost: tests\r\n\
         authorization: Bearer {}\r\n\r\n",
        server.admin_token
    );
    let mut deaf = connect(&server);
    deaf.write_all(head.as_bytes()).unwrap();
    let mut status = [0; 12];
    deaf.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    wait_for_connections(&server, 0);
}

#[test]
fn requests_that_are_taken_back_at_once_end_the_connection() {
    let server = start();
    let mut raw = RawHttp2::connect(&server.url);
    let block = request_block("GET", "/healthz", &[]);
    let mut flood = Vec::new();
    for stream in (1..4_000).step_by(2) {
        let flags = http2::END_STREAM | http2::END_HEADERS;
        flood.extend(frame(http2::HEADERS, flags, stream, &block));
        flood.extend(frame(
            http2::RST_STREAM,
            0,
            stream,
            &http2::CANCEL.to_be_bytes(),
        ));
    }
    // The server may hang up before it has read everything.
    let _ = raw.send(&flood);
    let goodbye = raw.next_of(&[http2::GOAWAY]).expect("it says why");
    assert_eq!(goodbye.error(), http2::ENHANCE_YOUR_CALM);
    check_others_are_served(&server);
}

#[test]
fn a_connection_may_have_a_hundred_requests_open_and_not_one_more() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let mut raw = RawHttp2::connect(&server.url);
    let bearer = format!("Bearer {}", server.admin_token);
    let path = format!("/api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    let block = request_block("POST", &path, &[("authorization", &bearer)]);
    let stream = |n: u32| 2 * n + 1;
    // None of them has its body yet, so all of them are open.
    for n in 0..STREAMS_MAX {
        raw.send(&frame(
            http2::HEADERS,
            http2::END_HEADERS,
            stream(n),
            &block,
        ))
        .unwrap();
    }
    raw.send(&frame(http2::PING, 0, 0, b"all fine")).unwrap();
    let first = raw.next_of(&[http2::RST_STREAM, http2::GOAWAY, http2::PING]);
    assert_eq!(
        first.expect("it is open").kind,
        http2::PING,
        "none was refused"
    );
    raw.send(&frame(
        http2::HEADERS,
        http2::END_HEADERS,
        stream(STREAMS_MAX),
        &block,
    ))
    .unwrap();
    let refused = raw.next_of(&[http2::RST_STREAM, http2::GOAWAY]).unwrap();
    assert_eq!(
        (refused.kind, refused.stream),
        (http2::RST_STREAM, stream(STREAMS_MAX))
    );
    assert_eq!(refused.error(), http2::REFUSED_STREAM);
    check_others_are_served(&server);
    // The others are as they were.
    let body = br#"{"payload":{}}"#;
    raw.send(&frame(http2::DATA, http2::END_STREAM, stream(0), body))
        .unwrap();
    let answered = raw.next_of(&[http2::HEADERS]).unwrap();
    assert_eq!(answered.stream, stream(0));
}

#[test]
fn headers_that_never_end_close_the_connection() {
    let server = start();
    let mut raw = RawHttp2::connect(&server.url);
    let block = request_block("GET", "/healthz", &[]);
    let mut flood = frame(http2::HEADERS, http2::END_STREAM, 1, &block);
    let more = header_block(&[("x-more", &"a".repeat(1_000))]);
    for _ in 0..5_000 {
        flood.extend(frame(http2::CONTINUATION, 0, 1, &more));
    }
    // The server may hang up before it has read everything.
    let _ = raw.send(&flood);
    if let Some(goodbye) = raw.next_of(&[http2::GOAWAY]) {
        assert_eq!(goodbye.error(), http2::ENHANCE_YOUR_CALM);
    }
    assert!(
        raw.next_of(&[http2::HEADERS]).is_none(),
        "it was not answered"
    );
    check_others_are_served(&server);
}

#[test]
fn floods_of_pings_and_settings_keep_nobody_waiting() {
    let server = start();
    for (kind, payload) in [(http2::PING, &b"12345678"[..]), (http2::SETTINGS, b"")] {
        let flood = frame(kind, 0, 0, payload).repeat(10_000);
        let mut deaf = RawHttp2::connect(&server.url);
        // Nobody reads the answers, so at some point the server stops reading.
        let flooding = std::thread::spawn(move || {
            for _ in 0..20 {
                if deaf.send_for(&flood, Duration::from_millis(200)).is_err() {
                    break;
                }
            }
        });
        for _ in 0..10 {
            check_others_are_served(&server);
        }
        flooding.join().unwrap();
    }
}

#[test]
fn what_breaks_the_rules_of_http_2_ends_its_connection_or_its_request() {
    let server = start();
    let block = request_block("GET", "/healthz", &[]);
    let ends = http2::END_STREAM | http2::END_HEADERS;
    let on_stream_1 =
        |fields: &[(&str, &str)]| frame(http2::HEADERS, ends, 1, &header_block(fields));
    let get = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/healthz"),
    ];
    let with = |more: &[(&str, &str)]| on_stream_1(&[&get[..], more].concat());
    for broken in [
        vec![255; 64],
        frame(http2::HEADERS, ends, 0, &block),
        frame(http2::HEADERS, ends, 2, &block),
        frame(http2::DATA, 0, 1, b"a body without a head"),
        frame(http2::HEADERS, ends, 1, &[0x80]),
        frame(http2::HEADERS, ends, 1, &[0xff; 64]),
        frame(http2::PING, 0, 0, b"short"),
        frame(http2::SETTINGS, 0, 0, &[0, 4, 255, 255, 255, 255]),
        frame(http2::CONTINUATION, http2::END_HEADERS, 1, &block),
        frame(http2::DATA, 0, 0, &[0; 20_000]),
        on_stream_1(&[(":method", "GET")]),
        on_stream_1(&[
            (":path", "/healthz"),
            ("x-a", "b"),
            (":method", "GET"),
            (":scheme", "http"),
        ]),
        with(&[("X-Upper", "case")]),
        with(&[("connection", "close")]),
        with(&[("transfer-encoding", "chunked")]),
        with(&[("x-line", "a\r\nb: c")]),
        with(&[("content-length", "5")]),
    ] {
        let mut raw = RawHttp2::connect(&server.url);
        raw.send(&broken).unwrap();
        let end = raw.next_of(&[http2::RST_STREAM, http2::GOAWAY, http2::HEADERS]);
        let refused = |end: &http2::Frame| end.kind != http2::HEADERS || end.payload != [0x88];
        assert!(end.as_ref().is_none_or(refused), "{broken:?}: {end:?}");
        check_others_are_served(&server);
    }
    check_no_500(&server);
}

#[test]
fn a_request_within_a_request_is_never_answered() {
    let server = start();
    let inner = "GET /readyz HTTP/1.1\r\nhost: tests\r\n\r\n";
    let (length, post) = (
        inner.len(),
        "POST /healthz HTTP/1.1\r\nhost: tests\r\nconnection: close\r\n",
    );
    for (head, body) in [
        (
            format!("content-length: {length}\r\ncontent-length: 0\r\n"),
            inner,
        ),
        (format!("content-length: {length}, 0\r\n"), inner),
        (format!("content-length: +{length}\r\n"), inner),
        ("transfer-encoding: chunked, identity\r\n".to_owned(), inner),
        ("transfer-encoding: xchunked\r\n".to_owned(), inner),
        ("transfer-encoding : chunked\r\n".to_owned(), inner),
        (
            "x-a: b\r\n transfer-encoding: chunked\r\n".to_owned(),
            inner,
        ),
        (
            "transfer-encoding: chunked\r\n".to_owned(),
            "fffffffffffffffff\r\n",
        ),
        ("transfer-encoding: chunked\r\n".to_owned(), "-1\r\n"),
        ("transfer-encoding: chunked\r\n".to_owned(), "0x0\r\n\r\n"),
        ("\0: a\r\n".to_owned(), inner),
    ] {
        let reply = raw(&server, format!("{post}{head}\r\n{body}").as_bytes());
        assert!(!reply.contains("ready"), "{head}: {reply}");
        assert!(reply.starts_with("HTTP/1.1 4"), "{head}: {reply}");
        assert!(reply.matches("HTTP/1.1 ").count() == 1, "{head}: {reply}");
    }
    // Where both are there, the chunks decide and the connection ends (RFC 9112, section 6.1).
    let both = "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let reply = raw(&server, format!("{post}{both}").as_bytes());
    assert!(reply.starts_with("HTTP/1.1 4"), "{reply}");
    check_no_500(&server);
}

#[test]
fn no_trick_with_a_path_leads_anywhere() {
    let server = start();
    server.deploy_body("hello", "callback(null, 'hello')");
    let long = format!("/{}", "a".repeat(60_000));
    let account = format!("/api/account/{ACCOUNT}");
    let paths = [
        "//healthz",
        "/healthz/",
        "/./healthz",
        "/../healthz",
        "/healthz%00",
        "/%68ealthz",
        "/healthz;a",
        "/HEALTHZ",
        "/api/account/../../healthz",
        "/api/account/%2e%2e/lambdas",
        &long,
    ]
    .map(str::to_owned);
    let names = [
        "/lambdas/%2e%2e/secrets",
        "/lambdas/..%2f..%2fhealthz/invoke",
        "/lambdas//invoke",
        "/lambdas/hello%00/invoke",
        "/lambdas/%ff/invoke",
        "/lambdas/%/invoke",
        "/lambdas/hello/invoke/",
        "/secrets/..%2fadmin.token",
        "/whitelist/%0d%0aset-cookie%3a%20a",
        "/../10000002/lambdas",
    ]
    .map(|path| format!("{account}{path}"));
    let client = Http2::plain(&server.url);
    for path in paths.iter().chain(&names) {
        let head = format!("GET {path} HTTP/1.1\r\nhost: tests\r\nconnection: close\r\n\r\n");
        let reply = raw(&server, head.as_bytes());
        assert!(reply.starts_with("HTTP/1.1 4"), "{path:.80}: {reply}");
        let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        assert!(
            body.starts_with('{') && body.ends_with('}'),
            "{path:.80}: {reply}"
        );
        let reply = client.send(get(&format!("{}{path}", server.url)));
        assert!((400..500).contains(&reply.status), "{path:.80}: {reply:?}");
        assert!(reply.json().is_object(), "{path:.80}: {reply:?}");
    }
    check_no_500(&server);
}

#[test]
fn a_target_that_is_no_path_is_refused_or_is_its_path() {
    let server = start();
    for (line, status) in [
        ("OPTIONS * HTTP/1.1", "4"),
        ("CONNECT example.com:443 HTTP/1.1", "4"),
        ("TRACE /healthz HTTP/1.1", "4"),
        ("GET http://elsewhere.example/nothing HTTP/1.1", "404"),
        ("GET http://elsewhere.example/healthz HTTP/1.1", "200"),
        ("GET healthz HTTP/1.1", "4"),
        ("GET /healthz\u{e4} HTTP/1.1", "4"),
        ("GET /health z HTTP/1.1", "4"),
        ("GET /healthz HTTP/1.1 ", "4"),
        ("GET /healthz HTTP/3.0", "4"),
        ("G\u{1}T /healthz HTTP/1.1", "4"),
        ("GET /healthz#a?b HTTP/1.1", "200"),
    ] {
        let head = format!("{line}\r\nhost: tests\r\nconnection: close\r\n\r\n");
        let reply = raw(&server, head.as_bytes());
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status}")),
            "{line}: {reply}"
        );
    }
    check_no_500(&server);
}

/// Connections that say nothing, or half of something.
fn idlers(server: &TestServer, count: usize) -> Vec<TcpStream> {
    let says = [
        &b""[..],
        b"GET /healthz HTTP/1.1\r\nx-slow: ",
        b"PRI * HTTP/2.0\r\n",
        http2::PREFACE,
    ];
    let open = |n: usize| {
        let mut stream = connect(server);
        stream.write_all(says[n % says.len()]).unwrap();
        stream
    };
    (0..count).map(open).collect()
}

#[test]
fn whoever_opens_connections_and_says_nothing_keeps_nobody_out() {
    let server = start_with(|config| config.connections_max = 8);
    let lambda = server.deploy_body("slow", "setTimeout(callback, 3000, null, 'finished')");
    let running = tokio().spawn(server.invoke(&lambda, json!({})).send_async());
    let idle = idlers(&server, 64);
    for _ in 0..3 {
        let begun = Instant::now();
        let reply = server.plain(Method::GET, "/healthz").send();
        assert_eq!(reply.status, 200, "{reply:?}");
        // Those before it in the queue have to be let in and to go: a second for each eight.
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{:?}",
            begun.elapsed()
        );
    }
    let reply = block_on(running).unwrap().unwrap();
    assert_eq!(
        reply.text, "\"finished\"",
        "whoever has a request is not sent away"
    );
    drop(idle);
}

#[test]
fn at_the_limit_of_connections_nobody_is_sent_away() {
    let server = start_with(|config| config.connections_max = 5);
    let mut idle = idlers(&server, 4);
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(server.plain(Method::GET, "/healthz").send().status, 200);
    let mut first = idle.remove(0);
    first
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: tests\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut reply = String::new();
    first.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
}
