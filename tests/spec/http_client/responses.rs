//! What comes back.

use serde_json::json;

use super::{calling, resolving};
use crate::harness::upstream::{Upstream, answer, with_header};
use crate::harness::{check, returned};

#[test]
fn it_resolves_with_the_body() {
    let upstream = Upstream::start(|_| answer(200, "ä€😀"));
    check(resolving(&upstream, "httpClient(url)"), returned("ä€😀"));
}

#[test]
fn a_body_is_text_unless_json_was_asked_for() {
    let json_answer = || {
        with_header(
            answer(200, r#"{"a":1}"#),
            "content-type",
            "application/json",
        )
    };
    let upstream = Upstream::start(move |_| json_answer());
    check(
        resolving(&upstream, "httpClient(url)"),
        returned(r#"{"a":1}"#),
    );
    check(
        resolving(&upstream, "httpClient(url, { json: true })"),
        returned(json!({ "a": 1 })),
    );
}

#[test]
fn json_that_is_not_json_stays_text() {
    let upstream = Upstream::start(|_| answer(200, "not {json"));
    check(
        resolving(&upstream, "httpClient(url, { json: true })"),
        returned("not {json"),
    );
}

#[test]
fn an_empty_answer_to_a_json_request_is_undefined() {
    let upstream = Upstream::start(|_| answer(204, ""));
    check(
        resolving(
            &upstream,
            "httpClient(url, { json: true }).then(b => typeof b)",
        ),
        returned("undefined"),
    );
    check(resolving(&upstream, "httpClient(url)"), returned(""));
}

#[test]
fn the_full_response_has_status_headers_body_and_request() {
    let upstream = Upstream::start(|_| with_header(answer(201, "made"), "X-Made", "yes"));
    let code = "const r = await httpClient.post(url + '/things', { resolveWithFullResponse: true });
                callback(null, [r.statusCode, r.statusMessage, r.headers['x-made'], r.body, r.request.method, r.request.uri.pathname])";
    check(
        calling(&upstream, code),
        returned(json!([201, "Created", "yes", "made", "POST", "/things"])),
    );
}

#[test]
fn the_full_response_is_a_result_that_json_can_say() {
    let upstream = Upstream::start(|_| with_header(answer(200, "body"), "x-a", "1"));
    let case = resolving(
        &upstream,
        "httpClient(url + '/p', { resolveWithFullResponse: true, headers: { 'x-b': '2' } })",
    );
    let result = crate::harness::result_of(&case);
    assert_eq!(result["statusCode"], 200, "{result}");
    assert_eq!(result["body"], "body");
    assert_eq!(result["headers"]["x-a"], "1");
    assert_eq!(result["request"]["method"], "GET");
    assert_eq!(result["request"]["headers"]["x-b"], "2");
    assert_eq!(result["request"]["uri"]["pathname"], "/p");
    assert_eq!(result.as_object().unwrap().len(), 4, "{result}");
}

#[test]
fn with_simple_false_any_status_resolves() {
    for status in [400, 404, 418, 500, 503] {
        let upstream = Upstream::start(move |_| answer(status, "body"));
        check(
            resolving(&upstream, "httpClient(url, { simple: false })"),
            returned("body"),
        );
        check(
            resolving(
                &upstream,
                "httpClient(url, { simple: false, resolveWithFullResponse: true }).then(r => r.statusCode)",
            ),
            returned(status),
        );
    }
}

#[test]
fn every_2xx_is_a_success() {
    for status in [200, 201, 202, 204, 206, 299] {
        let upstream = Upstream::start(move |_| answer(status, ""));
        check(resolving(&upstream, "httpClient(url)"), returned(""));
    }
}

#[test]
fn an_encoding_of_null_gives_a_buffer() {
    let upstream = Upstream::start(|_| answer(200, vec![0, 255, 128]));
    check(
        resolving(
            &upstream,
            "httpClient(url, { encoding: null }).then(b => [Buffer.isBuffer(b), ...b])",
        ),
        returned(json!([true, 0, 255, 128])),
    );
}

#[test]
fn other_encodings_are_honoured() {
    let upstream = Upstream::start(|_| answer(200, vec![228, 98]));
    check(
        resolving(&upstream, "httpClient(url, { encoding: 'latin1' })"),
        returned("äb"),
    );
    check(
        resolving(&upstream, "httpClient(url, { encoding: 'hex' })"),
        returned("e462"),
    );
    check(
        resolving(&upstream, "httpClient(url, { encoding: 'base64' })"),
        returned("5GI="),
    );
}

#[test]
fn repeated_headers_are_joined_and_cookies_are_a_list() {
    let upstream = Upstream::start(|_| {
        let first = with_header(with_header(answer(200, ""), "x-a", "1"), "x-a", "2");
        with_header(with_header(first, "set-cookie", "a=1"), "set-cookie", "b=2")
    });
    check(
        resolving(
            &upstream,
            "httpClient(url, { resolveWithFullResponse: true }).then(r => [r.headers['x-a'], r.headers['set-cookie']])",
        ),
        returned(json!(["1, 2", ["a=1", "b=2"]])),
    );
}

#[test]
fn head_resolves_with_the_headers() {
    let upstream = Upstream::start(|_| with_header(answer(200, ""), "x-a", "1"));
    check(
        resolving(
            &upstream,
            "httpClient.head(url).then(headers => headers['x-a'])",
        ),
        returned("1"),
    );
}

/// Redirects `/` to `/there` once.
fn redirecting(status: u16) -> Upstream {
    Upstream::start(move |received| match received.target.as_str() {
        "/there" => answer(200, format!("{} {}", received.method, received.text())),
        _ => with_header(answer(status, "moved"), "location", "/there"),
    })
}

#[test]
fn get_and_head_follow_redirects() {
    for status in [301, 302, 303, 307, 308] {
        let upstream = redirecting(status);
        check(
            resolving(&upstream, "httpClient(url + '/')"),
            returned("GET "),
        );
        assert_eq!(upstream.received().len(), 2);
        let upstream = redirecting(status);
        let head = "httpClient.head(url + '/', { resolveWithFullResponse: true })";
        check(
            resolving(&upstream, &format!("{head}.then(r => r.statusCode)")),
            returned(200),
        );
        let methods: Vec<_> = upstream.received().into_iter().map(|r| r.method).collect();
        assert_eq!(methods, ["HEAD", "HEAD"]);
    }
}

#[test]
fn a_post_is_not_redirected() {
    let upstream = redirecting(302);
    check(
        resolving(
            &upstream,
            "httpClient.post(url + '/', { simple: false, body: 'x', resolveWithFullResponse: true }).then(r => r.statusCode)",
        ),
        returned(302),
    );
    assert_eq!(upstream.received().len(), 1);
}

#[test]
fn all_redirects_are_followed_when_that_is_asked_for() {
    let upstream = redirecting(302);
    check(
        resolving(
            &upstream,
            "httpClient.post(url + '/', { followAllRedirects: true, body: 'x' })",
        ),
        returned("GET "),
    );
    let upstream = redirecting(307);
    check(
        resolving(
            &upstream,
            "httpClient.post(url + '/', { followAllRedirects: true, body: 'x' })",
        ),
        returned("POST x"),
    );
}

#[test]
fn redirects_are_not_followed_when_that_is_asked_for() {
    let upstream = redirecting(302);
    check(
        resolving(
            &upstream,
            "httpClient(url + '/', { followRedirect: false, simple: false, resolveWithFullResponse: true }).then(r => [r.statusCode, r.headers.location])",
        ),
        returned(json!([302, "/there"])),
    );
}

#[test]
fn after_ten_redirects_it_gives_up() {
    let upstream = Upstream::start(|_| with_header(answer(302, ""), "location", "/again"));
    let case = super::rejecting(
        &upstream,
        "httpClient(url + '/')",
        "[error.name, error.message.replace(/http.*/, 'URL')]",
    );
    check(
        case,
        returned(json!([
            "RequestError",
            "Error: Exceeded maxRedirects. Probably stuck in a redirect loop URL"
        ])),
    );
    assert_eq!(upstream.received().len(), 11);
}

/// Sets a cookie of each kind at `/login` and redirects to `/account/there`.
fn setting_cookies() -> Upstream {
    Upstream::start(|received| match received.target.as_str() {
        "/login" => [
            "session=s1; Path=/; HttpOnly",
            "there=t1; Path=/account",
            "elsewhere=e1; Path=/other",
            "secure=1; Path=/; Secure",
            "foreign=1; Domain=example.com; Path=/",
            "over=1; Max-Age=0; Path=/",
        ]
        .iter()
        .fold(
            with_header(answer(302, ""), "location", "/account/there"),
            |answer, cookie| with_header(answer, "set-cookie", cookie),
        ),
        _ => answer(200, received.header("cookie").to_owned()),
    })
}

#[test]
fn a_jar_collects_cookies_over_a_redirect_and_sends_them() {
    let code = "const jar = httpClient.jar();
                const first = await httpClient(url + '/login', { jar });
                const again = await httpClient(url + '/other', { jar, headers: { cookie: 'own=1' } });
                const host = new URL(url).origin;
                callback(null, [first, again, jar.getCookieString(url + '/'), jar.getCookieString(host + '/account/x'),
                  jar.getCookieString('http://example.com/'), await httpClient(url + '/account')])";
    check(
        calling(&setting_cookies(), code),
        returned(json!([
            "there=t1; session=s1",
            "own=1; elsewhere=e1; session=s1",
            "session=s1",
            "there=t1; session=s1",
            "",
            ""
        ])),
    );
}

#[test]
fn a_jar_of_true_is_shared_by_the_invocation_and_ends_with_it() {
    let upstream = setting_cookies();
    let case = calling(
        &upstream,
        "const before = await httpClient(url + '/', { jar: true });
         await httpClient(url + '/login', { jar: true });
         callback(null, [before, await httpClient.defaults({ jar: true })(url + '/')])",
    );
    let lambda = case.load();
    for _ in 0..2 {
        let report = crate::harness::block_on(lambda.invoke(case.invocation()));
        let report = report.expect("the host does not fail");
        assert_eq!(
            crate::harness::outcome(&report),
            returned(json!(["", "session=s1"]))
        );
    }
}

#[test]
fn a_cookie_is_read_from_its_text_and_put_into_a_jar() {
    let code = "const cookie = httpClient.cookie('name=va=lue; Path=/a; Domain=Example.com; Secure; HttpOnly');
                const jar = httpClient.jar(); jar.setCookie(httpClient.cookie('b=2'), url); jar.setCookie('a=1; Path=/', url);
                jar.setCookie('b=3', url);
                callback(null, [cookie.key, cookie.value, cookie.path, cookie.domain, cookie.secure, cookie.httpOnly, cookie.cookieString(),
                  String(cookie), jar.getCookieString(url), jar.getCookies(url).length, await httpClient(url, { jar })])";
    check(
        calling(&setting_cookies(), code),
        returned(json!([
            "name",
            "va=lue",
            "/a",
            "example.com",
            true,
            true,
            "name=va=lue",
            "name=va=lue; Domain=example.com; Path=/a; Secure; HttpOnly",
            "b=3; a=1",
            2,
            "b=3; a=1"
        ])),
    );
}

#[test]
fn a_redirect_to_another_host_takes_no_credentials_along() {
    let _there =
        Upstream::start(|received| answer(200, received.header("authorization").to_owned()))
            .known_as(&["there.example.net"]);
    let here =
        Upstream::start(|_| with_header(answer(302, ""), "location", "https://there.example.net/"))
            .known_as(&["here.example.net"]);
    let case = resolving(
        &here,
        "httpClient('https://here.example.net/', { auth: { bearer: 't0ken' } })",
    )
    .allow(&["here.example.net", "there.example.net"]);
    check(case, returned(""));
    assert_eq!(here.only_request().header("authorization"), "Bearer t0ken");
}

#[test]
fn a_compressed_answer_is_decompressed_when_that_was_asked_for() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all("compressed ä".as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    let upstream = Upstream::start(move |_| {
        with_header(answer(200, bytes.clone()), "content-encoding", "gzip")
    });
    check(
        resolving(&upstream, "httpClient(url, { gzip: true })"),
        returned("compressed ä"),
    );
    check(
        resolving(
            &upstream,
            "httpClient(url, { encoding: null }).then(b => [b[0], b[1]])",
        ),
        returned(json!([0x1f, 0x8b])),
    );
}
