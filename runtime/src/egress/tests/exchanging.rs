use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::upstream::{ok, with_headers};
use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn compressed(url: &str, max: usize) -> HttpRequest {
    let response_body_max = ByteSize::bytes(max as u64);
    HttpRequest {
        decompress: true,
        response_body_max,
        ..request("GET", url)
    }
}

#[tokio::test]
async fn a_response_arrives_whole() {
    let upstream = Upstream::answering(
        "HTTP/1.1 404 Nothing Here\r\nX-B: 1\r\nSet-Cookie: a=1\r\nX-A: \r\nSet-Cookie: b=2\r\n\
         content-length: 5\r\n\r\nhello",
    )
    .await;
    let response = get(&upstream.url()).await.unwrap();
    assert_eq!(
        (response.status, response.reason.as_str()),
        (404, "Nothing Here")
    );
    assert_eq!(
        headers_of(&response),
        [
            ("x-b", "1"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("x-a", ""),
            ("content-length", "5"),
        ]
    );
    assert_eq!(response.body, b"hello");
}

#[tokio::test]
async fn the_standard_phrase_stands_in_where_the_server_sent_none() {
    let upstream = Upstream::answering("HTTP/1.1 503\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(
        get(&upstream.url()).await.unwrap().reason,
        "Service Unavailable"
    );
    let upstream = Upstream::answering("HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(get(&upstream.url()).await.unwrap().reason, "");
}

#[tokio::test]
async fn a_request_is_sent_as_it_was_asked_for_and_no_more() {
    let mut upstream = Upstream::answering(ok(b"")).await;
    let mut asked = request("PATCH", &format!("{}a/b?q=%20#fragment", upstream.url()));
    asked.headers = vec![
        ("X-One".into(), b"1".to_vec()),
        ("content-length".into(), b"999".to_vec()),
        ("transfer-encoding".into(), b"chunked".to_vec()),
        ("connection".into(), b"keep-alive, upgrade".to_vec()),
        ("accept".into(), b"text/plain".to_vec()),
        ("x-two".into(), "ä".into()),
        ("x-one".into(), b"2".to_vec()),
    ];
    asked.body = b"body".to_vec();
    send(asked).await.unwrap();
    let sent = upstream.request().await;
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "PATCH /a/b?q=%20 HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: {}", upstream.address);
    let mut expected = vec![
        "accept: text/plain",
        "connection: close",
        "content-length: 4",
        &host,
        "x-one: 1",
        "x-one: 2",
        "x-two: ä",
    ];
    expected.sort_unstable();
    assert_eq!(lines, expected);
    assert_eq!(body, "body");
}

#[test]
fn every_url_that_is_permitted_can_be_sent() {
    for odd in (' '..='\u{ff}').chain(['€', '\u{10ffff}']) {
        let url = format!("http://a.example/x{odd}y?x{odd}y");
        let permitted = permit(request("GET", &url));
        let uri = permitted.url().as_str().parse::<hyper::Uri>();
        assert!(uri.is_ok(), "{odd:?} {}", permitted.url());
    }
}

#[tokio::test]
async fn a_request_that_may_have_a_body_says_that_it_has_none() {
    let mut upstream = Upstream::answering(ok(b"")).await;
    for (method, says) in [
        ("POST", true),
        ("PUT", true),
        ("GET", false),
        ("DELETE", false),
    ] {
        send(request(method, &upstream.url())).await.unwrap();
        let sent = upstream.request().await;
        assert_eq!(sent.contains("content-length: 0\r\n"), says, "{sent}");
    }
}

#[tokio::test]
async fn a_user_name_in_the_url_becomes_a_header_that_the_lambda_may_override() {
    let mut upstream = Upstream::answering(ok(b"")).await;
    let url = format!("http://user:p%40ss@{}/", upstream.address);
    send(request("GET", &url)).await.unwrap();
    let sent = upstream.request().await;
    assert!(
        sent.contains("authorization: Basic dXNlcjpwQHNz\r\n"),
        "{sent}"
    );
    assert!(!sent.contains("user:"), "{sent}");
    let own = ("authorization".to_owned(), b"Bearer x".to_vec());
    send(HttpRequest {
        headers: vec![own],
        ..request("GET", &url)
    })
    .await
    .unwrap();
    let sent = upstream.request().await;
    assert!(
        sent.contains("authorization: Bearer x\r\n") && !sent.contains("Basic"),
        "{sent}"
    );
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own() {
    let mut upstream = Upstream::hanging_after(ok(b"kept open")).await;
    let egress = Egress::new(local()).unwrap();
    for _ in 0..3 {
        let response = egress
            .send(permit(request("GET", &upstream.url())))
            .await
            .unwrap();
        assert_eq!(response.body, b"kept open");
        // The server reads one request from each connection.
        upstream.request().await;
    }
}

#[tokio::test]
async fn a_redirect_is_returned_and_not_followed() {
    let mut target = Upstream::answering(ok(b"followed")).await;
    let upstream = Upstream::answering(format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        target.url()
    ))
    .await;
    let response = get(&upstream.url()).await.unwrap();
    assert_eq!(response.status, 302);
    assert_eq!(
        headers_of(&response)[0],
        ("location", target.url().as_str())
    );
    assert!(target.is_idle());
}

#[tokio::test]
async fn a_chunked_body_and_one_that_ends_with_the_connection_arrive_whole() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\
         X-Trailer: 1\r\n\r\n",
    )
    .await;
    assert_eq!(get(&upstream.url()).await.unwrap().body, b"abcde");
    let upstream = Upstream::answering("HTTP/1.0 200 OK\r\n\r\nabcde").await;
    assert_eq!(get(&upstream.url()).await.unwrap().body, b"abcde");
}

#[tokio::test]
async fn responses_without_a_body_are_not_waited_for() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\nContent-Encoding: gzip\r\n\r\n";
    let upstream = Upstream::hanging_after(answer).await;
    let mut head = compressed(&upstream.url(), 10);
    head.method = "HEAD".into();
    let response = send(head).await.unwrap();
    assert_eq!(headers_of(&response)[0], ("content-length", "999999999"));
    assert_eq!(response.body, b"");
    let upstream = Upstream::hanging_after("HTTP/1.1 304 Not Modified\r\n\r\n").await;
    assert_eq!(get(&upstream.url()).await.unwrap().status, 304);
}

#[tokio::test]
async fn a_compressed_body_is_decompressed_when_that_was_asked_for() {
    let encoded = gzip(b"hello");
    let mut upstream =
        Upstream::answering(with_headers("Content-Encoding: gzip\r\n", &encoded)).await;
    let response = send(compressed(&upstream.url(), 5)).await.unwrap();
    assert_eq!(response.body, b"hello");
    let length = encoded.len().to_string();
    assert_eq!(
        headers_of(&response),
        [
            ("content-encoding", "gzip"),
            ("content-length", length.as_str())
        ]
    );
    assert!(
        upstream
            .request()
            .await
            .contains("accept-encoding: gzip, deflate\r\n")
    );
    let response = get(&upstream.url()).await.unwrap();
    assert_eq!(response.body, encoded);
    assert!(!upstream.request().await.contains("accept-encoding"));
}

#[tokio::test]
async fn a_lambda_may_ask_for_an_encoding_itself() {
    let mut upstream =
        Upstream::answering(with_headers("Content-Encoding: br\r\n", b"opaque")).await;
    let mut asked = compressed(&upstream.url(), 100);
    asked.headers = vec![("Accept-Encoding".into(), b"br".to_vec())];
    assert_eq!(send(asked).await.unwrap().body, b"opaque");
    let sent = upstream.request().await;
    assert!(
        sent.contains("accept-encoding: br\r\n") && !sent.contains("gzip"),
        "{sent}"
    );
}

#[tokio::test]
async fn a_decompression_bomb_is_bounded_at_the_limit_and_one_past_it() {
    let size = 8 << 20;
    let bomb = gzip(&vec![0; size]);
    assert!(bomb.len() < 16_384);
    let upstream = Upstream::answering(with_headers("Content-Encoding: gzip\r\n", &bomb)).await;
    let at = send(compressed(&upstream.url(), size)).await.unwrap();
    assert_eq!(at.body.len(), size);
    let past = send(compressed(&upstream.url(), size - 1)).await;
    assert_eq!(past.unwrap_err(), HttpError::ResponseTooLarge);
}

#[tokio::test]
async fn a_body_is_bounded_at_the_limit_and_one_past_it() {
    let announced = ok(&[b'x'; 1_000]);
    let chunked = [
        &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n"[..],
        &[b'x'; 1_000],
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    for answer in [announced, chunked] {
        let upstream = Upstream::answering(answer).await;
        let at_most = |max| HttpRequest {
            response_body_max: ByteSize::bytes(max),
            ..request("GET", &upstream.url())
        };
        assert_eq!(send(at_most(1_000)).await.unwrap().body.len(), 1_000);
        assert_eq!(
            send(at_most(999)).await.unwrap_err(),
            HttpError::ResponseTooLarge
        );
    }
}

#[tokio::test]
async fn an_endless_body_ends_at_the_limit() {
    let endless = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &[b'x'; 1 << 21]].concat();
    let upstream = Upstream::hanging_after(endless).await;
    assert_eq!(
        get(&upstream.url()).await.unwrap_err(),
        HttpError::ResponseTooLarge
    );
}

#[tokio::test]
async fn response_headers_are_bounded_at_the_limit_and_one_past_it() {
    // `content-length` and `0`, and `a`, make up the rest.
    let room = 1_024 - "content-length0a".len();
    let config = || EgressConfig {
        response_headers_max: ByteSize::kib(1),
        ..local()
    };
    for (length, fits) in [(room, true), (room + 1, false)] {
        let header = format!("a: {}\r\n", "x".repeat(length));
        let upstream = Upstream::answering(with_headers(&header, b"")).await;
        let response = send_with(config(), request("GET", &upstream.url())).await;
        assert_eq!(response.is_ok(), fits, "{length}");
    }
    for headers in [
        "a: b\r\n".repeat(300),
        format!("a: {}\r\n", "x".repeat(1 << 20)),
    ] {
        let upstream = Upstream::answering(with_headers(&headers, b"")).await;
        let error = get(&upstream.url()).await.unwrap_err();
        assert_eq!(
            error,
            HttpError::Failed("the response's headers are too large".into())
        );
    }
}
