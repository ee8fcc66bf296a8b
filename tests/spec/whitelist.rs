//! A lambda reaches the hosts that are on its whitelist, and no others.

use sandglass_runtime::{AllowedHosts, Policy, Runtime};
use sandglass_runtime::{Egress, EgressConfig};
use serde_json::{Value, json};

use crate::harness::upstream::{Upstream, answer, with_header};
use crate::harness::{
    Case, async_lambda, block_on, builder, check, failed, outcome, result_of, returned,
};

/// Asks for a URL and calls back with the status code and the body.
fn asking(url: &str) -> Case {
    let options = "{ simple: false, resolveWithFullResponse: true }";
    let code = format!(
        "const {{ statusCode, body }} = await httpClient(input.payload, {options}); \
         callback(null, {{ statusCode, body }})"
    );
    async_lambda(&code).payload(json!(url))
}

#[track_caller]
fn check_refused(case: &Case, host: &str) {
    let result = result_of(case);
    assert_eq!(result["statusCode"], 403, "{result}");
    let body = result["body"].as_str().unwrap();
    assert!(body.contains(host), "{body}");
    assert!(body.contains("whitelist"), "{body}");
    assert!(
        body.contains("sandglass allow"),
        "it says how to allow the host: {body}"
    );
}

#[test]
fn nothing_is_allowed_by_default() {
    check_refused(&asking("https://www.liveperson.com/"), "www.liveperson.com");
    let upstream = Upstream::start(|_| answer(200, "reached"));
    check_refused(&asking(&upstream.url("/")), &upstream.rule());
    assert!(upstream.received().is_empty());
}

#[test]
fn a_refusal_has_its_reason_in_the_body_and_in_a_header() {
    let code = "const response = await httpClient('https://www.liveperson.com', {
                  simple: false, resolveWithFullResponse: true });
                const { statusCode, statusMessage, headers, body } = response;
                callback(null, { statusCode, statusMessage, headers, body });";
    let expected = json!({
        "statusCode": 403,
        "statusMessage": "Forbidden",
        "headers": {
            "content-type": "text/plain; charset=utf-8",
            "x-sandglass-error": "host-not-allowed",
        },
        "body": "Domain is not whitelisted: www.liveperson.com. \
                 Allow it with: sandglass allow add www.liveperson.com\n",
    });
    check(async_lambda(code), returned(expected));
}

#[test]
fn the_seeds_template_takes_its_403_branch() {
    let code = "const response = await httpClient('https://www.liveperson.com', {
                  method: 'GET', headers: {}, simple: false, resolveWithFullResponse: true });
                switch (response.statusCode) {
                  case 200: return callback(null, 200);
                  case 403: return callback(new Error('Domain is not whitelisted'), null);
                }";
    check(async_lambda(code), failed("Domain is not whitelisted"));
}

#[test]
fn with_simple_true_the_refusal_is_a_status_code_error() {
    let code = "try { await httpClient('https://example.org/'); } catch (error) {
                  callback(null, [error.name, error.statusCode]); }";
    check(
        async_lambda(code),
        returned(json!(["StatusCodeError", 403])),
    );
}

#[test]
fn with_json_true_the_refusal_is_readable_too() {
    let code = "const r = await httpClient('https://example.org/', { json: true, simple: false, resolveWithFullResponse: true });
                callback(null, [r.statusCode, JSON.stringify(r.body).includes('example.org')])";
    check(async_lambda(code), returned(json!([403, true])));
}

#[test]
fn an_allowed_host_is_reached() {
    let _upstream = Upstream::start(|_| answer(200, "reached")).known_as(&["allowed.example.com"]);
    let case = asking("https://allowed.example.com/").allow(&["allowed.example.com"]);
    check(
        case,
        returned(json!({ "statusCode": 200, "body": "reached" })),
    );
}

#[test]
fn a_rule_is_for_its_host_alone() {
    let _upstream = Upstream::start(|_| answer(200, "reached")).known_as(&[
        "exact.example.net",
        "www.exact.example.net",
        "notexact.example.net",
    ]);
    for host in [
        "www.exact.example.net",
        "notexact.example.net",
        "exact.example.net.evil.org",
    ] {
        check_refused(
            &asking(&format!("https://{host}/")).allow(&["exact.example.net"]),
            host,
        );
    }
}

#[test]
fn a_wildcard_is_for_the_names_below() {
    let _upstream = Upstream::start(|_| answer(200, "reached")).known_as(&[
        "a.wild.example.net",
        "a.b.wild.example.net",
        "wild.example.net",
    ]);
    let reached = json!({ "statusCode": 200, "body": "reached" });
    for host in [
        "a.wild.example.net",
        "a.b.wild.example.net",
        "A.Wild.Example.NET",
    ] {
        let case = asking(&format!("https://{host}/")).allow(&["*.wild.example.net"]);
        check(case, returned(reached.clone()));
    }
    for host in ["wild.example.net", "evilwild.example.net"] {
        check_refused(
            &asking(&format!("https://{host}/")).allow(&["*.wild.example.net"]),
            host,
        );
    }
}

#[test]
fn a_port_or_a_scheme_narrows_a_rule() {
    let _upstream = Upstream::start(|_| answer(200, "reached")).known_as(&["narrow.example.net"]);
    let asks = |url: &str, rule: &str| result_of(&asking(url).allow(&[rule]))["statusCode"].clone();
    for (url, rule, status) in [
        ("http://narrow.example.net/", "narrow.example.net", 200),
        ("https://narrow.example.net/", "narrow.example.net", 200),
        (
            "https://narrow.example.net:8443/",
            "narrow.example.net",
            403,
        ),
        (
            "https://narrow.example.net:8443/",
            "narrow.example.net:8443",
            200,
        ),
        (
            "https://narrow.example.net/",
            "narrow.example.net:8443",
            403,
        ),
        (
            "https://narrow.example.net/",
            "https://narrow.example.net",
            200,
        ),
        (
            "http://narrow.example.net/",
            "https://narrow.example.net",
            403,
        ),
    ] {
        assert_eq!(asks(url, rule), Value::from(status), "{url} with {rule}");
    }
}

#[test]
fn a_name_cannot_be_dressed_up() {
    for url in [
        "https://allowed.example.com@evil.example.org/",
        "https://evil.example.org/?allowed.example.com",
        "https://evil.example.org#@allowed.example.com/",
        "https://evil.example.org\\@allowed.example.com/",
        "https://allowed.example.com.evil.example.org/",
        "https://allowed.example.com%2eevil.example.org/",
    ] {
        let case = async_lambda(
            "try { const r = await httpClient(input.payload, { simple: false, resolveWithFullResponse: true });
               callback(null, r.statusCode) } catch (error) { callback(null, error.name) }",
        )
        .payload(json!(url))
        .allow(&["allowed.example.com"]);
        let result = result_of(&case);
        assert!(result == 403 || result == "RequestError", "{url}: {result}");
    }
}

#[test]
fn a_host_header_of_another_name_is_refused() {
    let upstream = Upstream::start(|_| answer(200, "reached"));
    let code = "try { await httpClient(input.payload, { headers: { host: 'internal.example.org' } }); callback(null, 'sent') }
                catch (error) { callback(null, error.name) }";
    let case = async_lambda(code)
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()]);
    check(case, returned("RequestError"));
    assert!(upstream.received().is_empty());
}

#[test]
fn a_redirect_to_a_host_that_is_not_allowed_is_refused() {
    let secret = Upstream::start(|_| answer(200, "secret"));
    let location = secret.url("/");
    let upstream = Upstream::start(move |_| with_header(answer(302, ""), "location", &location));
    check_refused(
        &asking(&upstream.url("/")).allow(&[&upstream.rule()]),
        &secret.rule(),
    );
    assert!(secret.received().is_empty());
}

#[test]
fn a_redirect_to_another_scheme_is_refused() {
    for location in [
        "file:///etc/passwd",
        "ftp://example.org/",
        "javascript:alert(1)",
    ] {
        let upstream = Upstream::start(move |_| with_header(answer(302, ""), "location", location));
        let code = "try { await httpClient(input.payload); callback(null, 'followed') } catch (error) { callback(null, 'refused') }";
        let case = async_lambda(code)
            .payload(json!(upstream.url("/")))
            .allow(&[&upstream.rule()]);
        check(case, returned("refused"));
    }
}

/// A runtime whose client has its defaults: no private addresses.
fn strict() -> Runtime {
    block_on(async {
        let egress = Egress::new(EgressConfig::default()).expect("the client builds");
        builder()
            .http_client(egress)
            .instances_max(2)
            .build()
            .unwrap()
    })
}

#[test]
fn private_addresses_are_refused_by_default_even_when_their_name_is_allowed() {
    let upstream = Upstream::start(|_| answer(200, "reached"));
    let port = upstream.rule().rsplit_once(':').unwrap().1.to_owned();
    let runtime = strict();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        "10.0.0.1".to_owned(),
        "172.16.0.1".to_owned(),
        "192.168.0.1".to_owned(),
        "169.254.169.254".to_owned(),
        "0.0.0.0".to_owned(),
        "[fe80::1]".to_owned(),
        "[fd00::1]".to_owned(),
    ] {
        let case = async_lambda(
            "try { await httpClient(input.payload); callback(null, 'reached') }
             catch (error) { callback(null, [error.name, error.message]) }",
        )
        .payload(json!(format!("http://{host}/")));
        // Canonical, as the whitelist wants addresses.
        let url = url::Url::parse(&format!("http://{host}/")).unwrap();
        let rule = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let case = case.allow(&[rule]);
        let report = block_on(async {
            case.load_into(&runtime)
                .await
                .invoke(case.invocation())
                .await
                .unwrap()
        });
        let crate::harness::Expected::Returned(result) = outcome(&report) else {
            panic!("{host}: {report:?}")
        };
        assert_ne!(result, "reached", "{host}");
        let bare = host
            .rsplit_once(&format!(":{port}"))
            .map_or(host.as_str(), |(bare, _)| bare);
        assert!(
            result[1]
                .as_str()
                .unwrap()
                .contains(bare.trim_matches(['[', ']']))
                || bare.contains("ffff"),
            "{host}: {result}"
        );
    }
    assert!(upstream.received().is_empty());
}

#[test]
fn numeric_names_for_private_addresses_are_the_addresses() {
    let upstream = Upstream::start(|_| answer(200, "reached"));
    let port = upstream.rule().rsplit_once(':').unwrap().1.to_owned();
    for host in ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1."] {
        let case = asking(&format!("http://{host}:{port}/")).allow(&["example.com"]);
        check_refused(&case, "127.0.0.1");
    }
    assert!(upstream.received().is_empty());
}

#[test]
fn a_runtime_without_a_client_reaches_nothing() {
    let upstream = Upstream::start(|_| answer(200, "reached"));
    let runtime = block_on(async { Runtime::builder().instances_max(2).build().unwrap() });
    let case = async_lambda(
        "try { await httpClient(input.payload); callback(null, 'reached') } catch (e) { callback(null, 'refused') }",
    )
    .payload(json!(upstream.url("/")))
    .allow(&[&upstream.rule()]);
    let report = block_on(async {
        case.load_into(&runtime)
            .await
            .invoke(case.invocation())
            .await
            .unwrap()
    });
    assert_eq!(outcome(&report), returned("refused"));
    assert!(upstream.received().is_empty());
}

#[test]
fn the_default_policy_is_empty() {
    assert_eq!(Policy::default().allowed_hosts, AllowedHosts::default());
    assert!(AllowedHosts::default().is_empty());
}
