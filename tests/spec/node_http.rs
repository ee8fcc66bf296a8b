//! `http` and `https` send requests as those of Node.js do, behind the whitelist.

use serde_json::json;

use crate::harness::upstream::{Upstream, answer, with_header};
use crate::harness::{Case, async_lambda, check, returned};

/// An async lambda that calls back with what its body returns; `url` is the upstream's, which it may
/// reach. `read(request)` resolves to the answer with its body as text.
fn requesting(upstream: &Upstream, body: &str) -> Case {
    let wrapped = format!(
        "const http = require('http'), url = input.payload;
         const read = request => new Promise((resolve, reject) => {{
           request.on('error', reject);
           request.on('response', response => {{
             let text = '';
             response.setEncoding('utf8').on('data', chunk => {{ text += chunk; }});
             response.on('end', () => resolve(Object.assign(response, {{ text }})));
           }});
         }});
         callback(null, await (async () => {{ {body} }})())"
    );
    async_lambda(&wrapped)
        .payload(json!(upstream.url("")))
        .allow(&[&upstream.rule()])
}

#[test]
fn get_gives_the_answer_as_a_stream() {
    let upstream = Upstream::start(|_| {
        let cookie = with_header(answer(201, "wörld"), "Set-Cookie", "a=1");
        with_header(with_header(cookie, "set-cookie", "b=2"), "X-Made", "yes")
    });
    let code = "const r = await read(http.get(url + '/path?q=1', () => {}));
                return [r.statusCode, r.statusMessage, r.headers['x-made'], r.headers['set-cookie'], r.text, r.complete,
                  r instanceof http.IncomingMessage, r.rawHeaders.includes('x-made')]";
    check(
        requesting(&upstream, code),
        returned(json!([
            201,
            "Created",
            "yes",
            ["a=1", "b=2"],
            "wörld",
            true,
            true,
            true
        ])),
    );
    let request = upstream.only_request();
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "/path?q=1")
    );
}

#[test]
fn a_request_is_written_piece_by_piece() {
    let upstream = Upstream::start(|received| answer(200, received.body));
    let code = "const { hostname, port } = new URL(url);
                const request = http.request({ hostname, port, path: '/p', method: 'POST', auth: 'me:secret', headers: { 'X-One': 1 } });
                request.setHeader('X-Two', ['a', 'b']);
                request.write('he');
                request.write(Buffer.from('ll'));
                request.end('o');
                const seen = [request.getHeader('x-one'), request.getHeaderNames(), request.method, request.path];
                return [...seen, (await read(request)).text]";
    check(
        requesting(&upstream, code),
        returned(json!([
            1,
            ["x-one", "authorization", "x-two"],
            "POST",
            "/p",
            "hello"
        ])),
    );
    let request = upstream.only_request();
    assert_eq!(request.header("authorization"), "Basic bWU6c2VjcmV0");
    assert_eq!(request.header("x-one"), "1");
    assert_eq!(request.headers.get_all("x-two").iter().count(), 2);
    assert_eq!(request.header("content-length"), "5");
}

#[test]
fn streams_are_piped_in_and_out() {
    let upstream = Upstream::start(|received| answer(200, received.body));
    let code = "const { Readable } = require('stream'), { pipeline } = require('stream/promises');
                const request = http.request(url, { method: 'PUT' }), answer = read(request);
                await pipeline(Readable.from(['a', 'b']), request);
                return (await answer).text";
    check(requesting(&upstream, code), returned("ab"));
}

#[test]
fn a_host_that_is_not_allowed_answers_403() {
    let upstream = Upstream::start(|_| answer(200, ""));
    let code = "const r = await read(require('https').get('https://elsewhere.example/x'));
                return [r.statusCode, r.headers['x-sandglass-error'], r.text]";
    check(
        requesting(&upstream, code),
        returned(json!([
            403,
            "host-not-allowed",
            "Domain is not whitelisted: elsewhere.example. Allow it with: sandglass allow add elsewhere.example\n"
        ])),
    );
}

#[test]
fn a_failure_of_the_network_is_an_error_event() {
    let gone = {
        let upstream = Upstream::start(|_| answer(200, ""));
        upstream.rule()
    };
    let code = format!(
        "require('http').get('http://{gone}/').on('error', error => callback(null, [error.code, error.syscall]))"
    );
    check(
        async_lambda(&code).allow(&[&gone]),
        returned(json!(["ECONNREFUSED", "connect"])),
    );
}

#[test]
fn an_unknown_certificate_is_an_error_whatever_the_options_say() {
    let upstream = Upstream::start_with_unknown_certificate(|_| answer(200, "never"));
    let secure = upstream.url("").replace("http://", "https://");
    let code = format!(
        "require('https').get('{secure}', {{ rejectUnauthorized: false }}, () => callback(null, 'answered'))
           .on('error', error => callback(null, error.code))"
    );
    check(
        async_lambda(&code).allow(&[&upstream.rule()]),
        returned("EPROTO"),
    );
}

#[test]
fn a_request_may_be_given_up() {
    let upstream = Upstream::start_async(|_| async {
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        None
    });
    let code = "const failing = request => new Promise(resolve => request.on('error', error => resolve([error.message, error.code])));
                const destroyed = http.get(url), slow = http.get(url, { timeout: 5 }), signal = AbortSignal.timeout(5);
                slow.on('timeout', () => slow.destroy(new Error('too slow')));
                destroyed.destroy();
                return [await failing(destroyed), await failing(slow), await failing(http.get(url, { signal }))]";
    check(
        requesting(&upstream, code),
        returned(json!([
            ["socket hang up", "ECONNRESET"],
            ["too slow", null],
            ["The operation was aborted", "ABORT_ERR"]
        ])),
    );
}

#[test]
fn what_makes_no_sense_without_sockets_is_refused() {
    let upstream = Upstream::start(|_| answer(200, ""));
    let code = "const refused = options => { try { http.request(url, options); } catch (error) { return error.message; } };
                class Proxy extends http.Agent { createConnection() {} }
                return [refused({ socketPath: '/s' }), refused({ agent: new Proxy() }), refused({ headers: { 'a b': 1 } }),
                  refused({ path: '/a b' }), refused({ agent: new http.Agent({ keepAlive: true }) }) ?? 'taken']";
    check(
        requesting(&upstream, code),
        returned(json!([
            "options.socketPath is not supported: a lambda has no sockets of its own",
            "options.agent opens connections itself, and a lambda has no sockets: leave it out",
            "Header name must be a valid HTTP token [\"a b\"]",
            "Request path contains unescaped characters",
            "taken"
        ])),
    );
}
