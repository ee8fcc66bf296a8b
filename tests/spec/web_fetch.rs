//! `fetch` and its classes behave as those of Node.js do, behind the whitelist.

use serde_json::{Value, json};

use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{Case, async_lambda, check, lambda, log_lines, returned};

/// An async lambda that calls back with what its body returns; `url` is the upstream's, which it may
/// reach.
fn fetching(upstream: &Upstream, body: &str) -> Case {
    let wrapped =
        format!("const url = input.payload; callback(null, await (async () => {{ {body} }})())");
    async_lambda(&wrapped)
        .payload(json!(upstream.url("")))
        .allow(&[&upstream.rule()])
}

/// The same for what needs no upstream.
#[track_caller]
fn gives(body: &str, expected: Value) {
    let wrapped = format!("callback(null, await (async () => {{ {body} }})())");
    check(async_lambda(&wrapped), returned(expected));
}

fn redirect(status: u16, to: &str) -> Answer {
    with_header(answer(status, "moved"), "location", to)
}

#[test]
fn a_response_has_its_status_headers_and_body() {
    let upstream = Upstream::start(|_| with_header(answer(201, r#"{"a":"ä"}"#), "X-Made", "yes"));
    let code = "const r = await fetch(url + '/path?q=1#hash');
                return [r.status, r.ok, r.statusText, r.headers.get('x-made'), await r.json(), r.bodyUsed,
                  r.url === url + '/path?q=1', r.redirected, r.type, r instanceof Response]";
    check(
        fetching(&upstream, code),
        returned(json!([
            201, true, "Created", "yes", { "a": "ä" }, true, true, false, "basic", true
        ])),
    );
    let request = upstream.only_request();
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "/path?q=1")
    );
    assert_eq!(request.header("accept"), "*/*");
    assert_eq!(request.header("accept-encoding"), "gzip, deflate");
    assert_eq!(request.header("user-agent"), "node");
}

#[test]
fn a_request_sends_its_method_headers_and_body() {
    let upstream = Upstream::start(|received| answer(200, received.body));
    let code = "const init = { method: 'put', headers: { 'X-Mine': ' a ', accept: 'text/plain' }, body: 'wörld' };
                return (await fetch(new Request(url, init))).text()";
    check(fetching(&upstream, code), returned("wörld"));
    let request = upstream.only_request();
    assert_eq!(request.method, "PUT");
    assert_eq!(request.header("x-mine"), "a");
    assert_eq!(request.header("accept"), "text/plain");
    assert_eq!(request.header("content-type"), "text/plain;charset=UTF-8");
    assert_eq!(request.header("content-length"), "6");
}

#[test]
fn a_body_may_be_whatever_a_body_may_be() {
    let upstream = Upstream::start(|received| {
        let kind = received.header("content-type").to_owned();
        answer(200, format!("{kind}|{}", received.text()))
    });
    let code = "const post = async (body, more) => (await fetch(url, { method: 'POST', body, ...more })).text();
                return [
                  await post(new URLSearchParams({ a: '1 2' })),
                  await post(new TextEncoder().encode('bytes').buffer),
                  await post(Buffer.from('buffer')),
                  await post(new Blob(['blob'], { type: 'x/y' })),
                  await post(ReadableStream.from([new TextEncoder().encode('str'), new TextEncoder().encode('eam')]), { duplex: 'half' }),
                ]";
    check(
        fetching(&upstream, code),
        returned(json!([
            "application/x-www-form-urlencoded;charset=UTF-8|a=1+2",
            "|bytes",
            "|buffer",
            "x/y|blob",
            "|stream",
        ])),
    );
}

#[test]
fn a_form_is_sent_as_multipart() {
    let upstream = Upstream::start(|_| answer(200, ""));
    let code = "const body = new FormData();
                body.append('a', '1');
                body.append('f', new Blob(['data'], { type: 'x/y' }), 'f.bin');
                return (await fetch(url, { method: 'POST', body })).status";
    check(fetching(&upstream, code), returned(200));
    let request = upstream.only_request();
    let boundary = request
        .header("content-type")
        .strip_prefix("multipart/form-data; boundary=")
        .expect("it says how the parts are separated");
    assert_eq!(
        request.text(),
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.bin\"\r\n\
             Content-Type: x/y\r\n\r\ndata\r\n--{boundary}--\r\n"
        )
    );
}

#[test]
fn the_body_of_a_response_is_a_stream_too() {
    let upstream = Upstream::start(|_| answer(200, "x".repeat(150_000)));
    let code = "const r = await fetch(url), reader = r.body.getReader(), sizes = [];
                for (;;) {
                  const { done, value } = await reader.read();
                  if (done) return [sizes, r.bodyUsed];
                  sizes.push(value.length);
                }";
    check(
        fetching(&upstream, code),
        returned(json!([[65_536, 65_536, 18_928], true])),
    );
}

#[test]
fn a_body_is_read_once_and_a_clone_once_more() {
    let upstream = Upstream::start(|_| answer(200, "text"));
    let code =
        "const r = await fetch(url), copy = r.clone(), seen = [await r.text(), await copy.text()];
                try { await r.json(); } catch (error) { seen.push(error.name, error.message); }
                try { r.clone(); } catch (error) { seen.push(error.name); }
                return seen";
    check(
        fetching(&upstream, code),
        returned(json!([
            "text",
            "text",
            "TypeError",
            "Body is unusable: Body has already been read",
            "TypeError"
        ])),
    );
}

#[test]
fn a_compressed_answer_is_decompressed() {
    let upstream = Upstream::start(|_| {
        use std::io::Write as _;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"plain").unwrap();
        with_header(
            answer(200, gzip.finish().unwrap()),
            "content-encoding",
            "gzip",
        )
    });
    check(
        fetching(&upstream, "return (await fetch(url)).text()"),
        returned("plain"),
    );
}

fn maze(received: Received) -> Answer {
    match received.target.as_str() {
        "/end" => answer(
            200,
            format!(
                "{} {} {}",
                received.method,
                received.header("content-type"),
                received.text()
            ),
        ),
        "/loop" => redirect(302, "/loop"),
        "/nowhere" => answer(302, "no location"),
        "/ftp" => redirect(302, "ftp://example.com/"),
        path => redirect(path[1..].parse().unwrap(), "/end"),
    }
}

#[test]
fn redirects_are_followed_by_the_rules_of_their_status() {
    let upstream = Upstream::start(maze);
    let code = "const post = async path => (await fetch(url + path, { method: 'POST', body: 'b' })).text();
                const r = await fetch(url + '/301');
                return [r.redirected, r.url === url + '/end', await r.text(), await post('/302'), await post('/303'),
                  await post('/307'), await post('/308')]";
    check(
        fetching(&upstream, code),
        returned(json!([
            true,
            true,
            "GET  ",
            "GET  ",
            "GET  ",
            "POST text/plain;charset=UTF-8 b",
            "POST text/plain;charset=UTF-8 b"
        ])),
    );
}

#[test]
fn redirects_may_be_seen_or_refused_and_end() {
    let upstream = Upstream::start(maze);
    let code = "const failing = async (path, init) => {
                  try { await fetch(url + path, init); } catch (error) { return `${error}: ${error.cause.message}`; }
                };
                const manual = await fetch(url + '/302', { redirect: 'manual' });
                return [manual.status, manual.headers.get('location'), (await fetch(url + '/nowhere')).status,
                  await failing('/302', { redirect: 'error' }), await failing('/loop'), await failing('/ftp')]";
    check(
        fetching(&upstream, code),
        returned(json!([
            302,
            "/end",
            302,
            "TypeError: fetch failed: unexpected redirect",
            "TypeError: fetch failed: redirect count exceeded",
            "TypeError: fetch failed: URL scheme must be a HTTP(S) scheme",
        ])),
    );
    let loops = upstream
        .received()
        .iter()
        .filter(|request| request.target == "/loop")
        .count();
    assert_eq!(loops, 21);
}

#[test]
fn credentials_do_not_follow_a_redirect_to_another_origin() {
    let other = Upstream::start(|_| answer(200, "other"));
    let target = other.url("/");
    let upstream = Upstream::start(move |_| redirect(302, &target));
    let code = "return (await fetch(url, { headers: { authorization: 'Bearer x', cookie: 'a=b', 'x-kept': '1' } })).text()";
    let case = fetching(&upstream, code).allow(&[&upstream.rule(), &other.rule()]);
    check(case, returned("other"));
    let first = upstream.only_request();
    assert_eq!(
        (first.header("authorization"), first.header("cookie")),
        ("Bearer x", "a=b")
    );
    let second = other.only_request();
    assert_eq!(
        (second.header("authorization"), second.header("cookie")),
        ("", "")
    );
    assert_eq!(second.header("x-kept"), "1");
}

#[test]
fn a_host_that_is_not_allowed_answers_403_and_says_how_to_allow_it() {
    let upstream = Upstream::start(|_| redirect(302, "http://elsewhere.example/"));
    let code = "const r = await fetch(url);
                return [r.status, r.ok, r.statusText, r.headers.get('x-sandglass-error'), await r.text()]";
    check(
        fetching(&upstream, code),
        returned(json!([
            403,
            false,
            "Forbidden",
            "host-not-allowed",
            "Domain is not whitelisted: elsewhere.example. Allow it with: sandglass allow add elsewhere.example\n"
        ])),
    );
}

#[test]
fn a_failure_of_the_network_is_a_type_error_with_its_cause() {
    let gone = {
        let upstream = Upstream::start(|_| answer(200, ""));
        upstream.rule()
    };
    let code = format!(
        "try {{ await fetch('http://{gone}/'); }} catch (error) {{
           callback(null, [error.name, error.message, error.cause.code, error.cause.syscall]);
         }}"
    );
    check(
        async_lambda(&code).allow(&[&gone]),
        returned(json!([
            "TypeError",
            "fetch failed",
            "ECONNREFUSED",
            "connect"
        ])),
    );
}

#[test]
fn a_request_ends_with_its_signal() {
    let upstream = Upstream::start_async(|_| async {
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        None
    });
    let code = "const failing = async signal => {
                  try { await fetch(url, { signal }); } catch (error) { return error.name ?? error; }
                };
                const controller = new AbortController();
                setTimeout(() => controller.abort('enough'), 5);
                return [await failing(AbortSignal.timeout(5)), await failing(AbortSignal.abort()), await failing(controller.signal)]";
    check(
        fetching(&upstream, code),
        returned(json!(["TimeoutError", "AbortError", "enough"])),
    );
}

#[test]
fn fetching_at_the_top_level_fails_the_build() {
    let case = crate::harness::source(
        "const page = fetch('http://example.com/').catch(() => {});
         function lambda(input, callback) { callback(null, 'never'); }",
    );
    let error = case.compile().unwrap_err().to_string();
    assert!(
        error.contains("the network cannot be used while the lambda is being built"),
        "{error}"
    );
}

#[test]
fn headers_compare_names_without_case_and_join_values() {
    gives(
        "const h = new Headers([['B', '1'], ['a', ' x '], ['b', '2']]);
         h.append('Set-Cookie', 'c=1'); h.append('set-cookie', 'd=2');
         const seen = [[...h], h.get('B'), h.has('A'), h.get('none'), h.getSetCookie()];
         h.delete('b'); h.set('a', 'y');
         seen.push([...new Headers(h).keys()], h.get('a'));
         try { h.set('a b', '1'); } catch (error) { seen.push(error.message); }
         try { h.set('a', 'x\\ny'); } catch (error) { seen.push(error.name); }
         return seen",
        json!([
            [
                ["a", "x"],
                ["b", "1, 2"],
                ["set-cookie", "c=1"],
                ["set-cookie", "d=2"]
            ],
            "1, 2",
            true,
            null,
            ["c=1", "d=2"],
            ["a", "set-cookie", "set-cookie"],
            "y",
            "Headers: \"a b\" is an invalid header name.",
            "TypeError"
        ]),
    );
}

#[test]
fn the_headers_of_a_received_response_cannot_be_changed() {
    let upstream = Upstream::start(|_| answer(200, ""));
    let code = "const r = await fetch(url);
                try { r.headers.set('a', 'b'); } catch (error) { return error.name; }";
    check(fetching(&upstream, code), returned("TypeError"));
}

#[test]
fn a_response_may_be_made_by_hand() {
    gives(
        "const r = Response.json({ a: 1 }, { status: 418 }), moved = Response.redirect('http://x.example/y', 307);
         const seen = [r.status, r.headers.get('content-type'), await r.json(), moved.status, moved.headers.get('location'),
           Response.error().type, new Response().body, await new Response().text(), new Response('x').ok];
         try { new Response('x', { status: 204 }); } catch (error) { seen.push(error.name); }
         try { new Response('x', { status: 99 }); } catch (error) { seen.push(error.name); }
         return seen",
        json!([
            418,
            "application/json",
            { "a": 1 },
            307,
            "http://x.example/y",
            "error",
            null,
            "",
            true,
            "TypeError",
            "RangeError"
        ]),
    );
}

#[test]
fn a_request_that_makes_no_sense_is_refused() {
    gives(
        "const refused = (...args) => { try { new Request(...args); } catch (error) { return error.message; } };
         return [refused('no url'), refused('http://a:b@x.example'), refused('http://x.example', { body: 'x' }),
           refused('http://x.example', { method: 'CONNECT' }), refused('http://x.example', { redirect: 'sometimes' })]",
        json!([
            "Failed to parse URL from no url",
            "Request cannot be constructed from a URL that includes credentials: http://a:b@x.example",
            "Request with GET/HEAD method cannot have body.",
            "'CONNECT' HTTP method is unsupported.",
            "Request: 'sometimes' is not a redirect mode; use one of follow, error, manual."
        ]),
    );
}

#[test]
fn the_console_shows_what_a_response_is() {
    let report = check(
        lambda("console.info(require('util').inspect(new Response('x'))); callback()"),
        crate::harness::Expected::ReturnedNothing,
    );
    let line = log_lines(&report).remove(0);
    assert!(
        line.contains("Response {") && line.contains("status: 200"),
        "{line}"
    );
}
