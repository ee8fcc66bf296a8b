//! What a client may ask of the server, and what the server says past it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use sandglass_runtime::ByteSize;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::harness::server::{ACCOUNT, TestServer, check_error, start, start_with};
use crate::harness::upstream::{Upstream, answer};
use crate::harness::{block_on, tokio};

#[test]
fn a_body_may_be_as_large_as_the_limit_and_not_a_byte_larger() {
    let server = start_with(|config| config.body_bytes_max = ByteSize::bytes(300));
    let lambda = server.deploy_body("length", "callback(null, input.payload.length)");
    let path = format!("/lambdas/{lambda}/invoke?v=1&externalSystem=x");
    let body = |bytes: usize| format!("{{\"payload\":\"{}\"}}", "x".repeat(bytes - 14));
    let fits = server.call(Method::POST, &path).body(body(300)).send();
    assert_eq!((fits.status, fits.text.as_str()), (200, "286"));
    let large = server.call(Method::POST, &path).body(body(301)).send();
    assert_eq!(large.status, 413, "{large:?}");
    assert!(large.json()["errorCode"].is_string(), "{large:?}");
}

#[test]
fn a_chunked_body_is_bounded_as_well() {
    let server = start_with(|config| config.body_bytes_max = ByteSize::bytes(300));
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let chunks = "10\r\n0123456789abcdef\r\n".repeat(20);
    let head = invoke_head(&server, &lambda, "transfer-encoding: chunked");
    let reply = raw(&server, format!("{head}{chunks}0\r\n\r\n").as_bytes());
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
}

#[test]
fn a_body_that_does_not_arrive_in_time_is_408() {
    let server = start_with(|config| config.body_timeout_ms = 100);
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let head = invoke_head(&server, &lambda, "content-length: 100");
    let reply = raw(&server, format!("{head}{{\"payload\"").as_bytes());
    assert!(reply.starts_with("HTTP/1.1 408"), "{reply}");
}

#[test]
fn headers_that_do_not_arrive_in_time_end_the_connection() {
    let server = start_with(|config| config.header_timeout_ms = 100);
    let reply = raw(
        &server,
        b"POST /api/account HTTP/1.1\r\nhost: x\r\nx-slow: ",
    );
    assert!(
        reply.is_empty() || reply.starts_with("HTTP/1.1 408"),
        "{reply}"
    );
}

#[test]
fn headers_that_are_too_large_are_refused() {
    let server = start_with(|config| config.header_bytes_max = ByteSize::kib(8));
    let large = format!(
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: {}\r\n\r\n",
        "a".repeat(64 << 10)
    );
    let reply = raw(&server, large.as_bytes());
    assert!(reply.starts_with("HTTP/1.1 431"), "{reply}");
}

#[test]
fn nonsense_is_400_and_the_server_lives_on() {
    let server = start();
    for nonsense in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
    ] {
        let reply = raw(&server, nonsense.as_bytes());
        assert!(
            reply.is_empty() || reply.starts_with("HTTP/1.1 4"),
            "{nonsense:?}: {reply}"
        );
    }
    assert_eq!(server.plain(Method::GET, "/healthz").send().status, 200);
}

#[test]
fn a_full_server_answers_429_with_the_time_to_retry() {
    let held = Arc::new(Semaphore::new(0));
    let release = Arc::clone(&held);
    let upstream = Upstream::start_async(move |_| {
        let held = Arc::clone(&held);
        async move {
            held.acquire().await.expect("it is never closed").forget();
            Some(answer(200, "at last"))
        }
    });
    let server = start_with(|config| {
        config.max_concurrent = 2;
        config.queue_max = 0;
    });
    let lambda = server.deploy(
        "waits",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) { callback(null, await Toolbelt.HTTPClient()(input.payload)); }",
    );
    let rule = format!("/whitelist/{}", upstream.rule().replace(':', "%3A"));
    assert_eq!(server.call(Method::PUT, &rule).send().status, 204);

    let url = json!(upstream.url("/"));
    let waiting: Vec<_> = (0..2)
        .map(|_| tokio().spawn(server.invoke(&lambda, url.clone()).send_async()))
        .collect();
    while upstream.received().len() < 2 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let full = server.invoke(&lambda, url).send();
    assert_eq!(full.status, 429, "{full:?}");
    assert!(
        full.header("retry-after").parse::<u32>().unwrap() >= 1,
        "{full:?}"
    );
    assert!(
        full.json()["errorCode"]
            .as_str()
            .unwrap()
            .starts_with("com.liveperson.faas."),
        "{full:?}"
    );

    release.add_permits(2);
    for reply in waiting {
        assert_eq!(block_on(reply).unwrap().unwrap().text, "\"at last\"");
    }
    release.add_permits(1);
    let again = server.invoke(&lambda, json!(upstream.url("/"))).send();
    assert_eq!(again.text, "\"at last\"", "the sandboxes are free again");
}

#[test]
fn an_invocation_may_wait_its_turn() {
    let server = start_with(|config| {
        config.max_concurrent = 1;
        config.queue_max = 16;
        config.queue_wait_ms = 60_000;
    });
    let lambda = server.deploy_body("waits", "setTimeout(callback, 5, null, 'done')");
    let all: Vec<_> = (0..8)
        .map(|_| tokio().spawn(server.invoke(&lambda, json!({})).send_async()))
        .collect();
    for reply in all {
        assert_eq!(block_on(reply).unwrap().unwrap().text, "\"done\"");
    }
}

#[test]
fn a_client_that_hangs_up_ends_its_invocation() {
    let server = start_with(|config| {
        config.max_concurrent = 1;
        config.queue_max = 4;
        config.queue_wait_ms = 60_000;
    });
    let looping = server.deploy_body("loops", "for (;;) {}");
    let hello = server.deploy_body("hello", "callback(null, 'hello')");
    let body = "{\"payload\":{}}";
    let head = invoke_head(
        &server,
        &looping,
        &format!("content-length: {}", body.len()),
    );
    let mut stream = connect(&server);
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    while gauge(&server, "sandglass_running") < 1.0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(stream);
    // The only sandbox: this answers when the loop has been ended, long before its fuel is burned.
    assert_eq!(server.invoke(&hello, json!({})).send().text, "\"hello\"");
}

#[test]
fn a_payload_past_the_lambdas_limit_is_refused() {
    let server = start_with(|config| config.limits.payload = ByteSize::bytes(64));
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let reply = server.invoke(&lambda, json!("x".repeat(100))).send();
    assert!(matches!(reply.status, 400 | 413), "{reply:?}");
}

#[test]
fn a_source_that_is_too_long_is_refused_with_its_reason() {
    let server = start();
    let code = format!(
        "function lambda(input, callback) {{ callback() }} //{}",
        "x".repeat(100_000)
    );
    let body = json!({ "name": "long", "fileName": "long.js", "code": code });
    let reply = server.call(Method::POST, "/deploy").json(&body).send();
    let message = check_error(&reply, 422, "fm.build-error");
    assert!(message.contains("100,000"), "{message}");
}

fn gauge(server: &TestServer, name: &str) -> f64 {
    let page = server.plain(Method::GET, "/metrics").send().text;
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")));
    line.and_then(|line| line.rsplit(' ').next())
        .map_or(0.0, |value| value.parse().unwrap())
}

fn invoke_head(server: &TestServer, lambda: &str, header: &str) -> String {
    format!(
        "POST /api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x HTTP/1.1\r\n\
         host: sandglass\r\nauthorization: Bearer {}\r\n{header}\r\n\r\n",
        server.admin_token
    )
}

fn connect(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// Sends bytes and reads the answer: its head and as much of its body as comes with it.
fn raw(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = connect(server);
    // The server may answer and hang up before it has read everything.
    let _ = stream.write_all(bytes);
    let mut reply = vec![0; 64 << 10];
    let read = stream.read(&mut reply).unwrap_or(0);
    String::from_utf8_lossy(&reply[..read]).into_owned()
}
