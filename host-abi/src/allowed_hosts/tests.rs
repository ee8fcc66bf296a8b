use super::*;
use crate::ByteSize;

fn allowed(rules: &[&str]) -> AllowedHosts {
    rules
        .iter()
        .map(|rule| rule.parse::<HostRule>().expect(rule))
        .collect()
}

fn get(url: &str) -> HttpRequest {
    HttpRequest {
        method: "GET".into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        decompress: false,
        timeout: None,
        response_body_max: ByteSize::mib(1),
        identity: None,
    }
}

fn permits(rule: &str, url: &str) -> bool {
    allowed(&[rule]).permit(get(url)).is_ok()
}

fn refusal(rule: &str) -> String {
    rule.parse::<HostRule>().expect_err(rule).to_string()
}

fn with_header(name: &str, value: &[u8]) -> Result<PermittedRequest, HttpError> {
    let mut request = get("http://api.example.com:8080/");
    request.headers = vec![("a".into(), b"1".to_vec()), (name.into(), value.to_vec())];
    allowed(&["api.example.com:8080"]).permit(request)
}

#[test]
fn nothing_is_allowed_by_default() {
    let error = AllowedHosts::default()
        .permit(get("https://example.com/"))
        .unwrap_err();
    assert_eq!(error, HttpError::HostNotAllowed("example.com".into()));
}

#[test]
fn an_exact_rule_allows_that_host_only() {
    assert!(permits(
        "api.example.com",
        "https://api.example.com/v1?q=1#f"
    ));
    assert!(permits("api.example.com", "http://API.Example.COM./"));
    for other in [
        "https://example.com/",
        "https://v2.api.example.com/",
        "https://xapi.example.com/",
        "https://api.example.com.evil.org/",
        "https://api.example.comx/",
    ] {
        assert!(!permits("api.example.com", other), "{other}");
    }
}

#[test]
fn a_wildcard_allows_every_depth_below_but_not_the_domain() {
    assert!(permits("*.example.com", "https://a.example.com/"));
    assert!(permits("*.example.com", "https://a.b.c.example.com/"));
    for other in [
        "https://example.com/",
        "https://notexample.com/",
        "https://a.example.org/",
        "https://a.example.com.evil.org/",
        "https://example.com.evil.org/",
    ] {
        assert!(!permits("*.example.com", other), "{other}");
    }
    assert!(!permits("*.example.com", "https://.example.com/"));
    assert!(!permits("*.example.com", "https://a..example.com/"));
}

#[test]
fn without_a_port_only_the_ports_of_the_schemes_are_meant() {
    assert!(permits("api.example.com", "http://api.example.com:80/"));
    assert!(permits("api.example.com", "https://api.example.com:443/"));
    assert!(!permits("api.example.com", "https://api.example.com:80/"));
    assert!(!permits("api.example.com", "http://api.example.com:443/"));
    assert!(!permits("api.example.com", "https://api.example.com:8443/"));
    assert!(permits(
        "api.example.com:8443",
        "https://api.example.com:8443/"
    ));
    assert!(permits(
        "api.example.com:8443",
        "http://api.example.com:8443/"
    ));
    assert!(!permits("api.example.com:8443", "https://api.example.com/"));
    assert!(permits("api.example.com:443", "https://api.example.com/"));
}

#[test]
fn a_scheme_narrows_a_rule() {
    assert!(permits(
        "https://api.example.com",
        "https://api.example.com/"
    ));
    assert!(!permits(
        "https://api.example.com",
        "http://api.example.com/"
    ));
    assert!(permits(
        "http://*.example.com:8080",
        "http://a.example.com:8080/"
    ));
    assert!(!permits(
        "http://*.example.com:8080",
        "https://a.example.com:8080/"
    ));
}

#[test]
fn an_address_is_allowed_as_it_is() {
    assert!(permits("127.0.0.1:8080", "http://127.0.0.1:8080/"));
    assert!(permits("[::1]:8080", "http://[::1]:8080/"));
    assert!(permits("[0:0::1]", "http://[::0.0.0.1]/"));
    assert!(!permits("127.0.0.1:8080", "http://127.0.0.2:8080/"));
    assert!(!permits(
        "127.0.0.1:8080",
        "http://[::ffff:127.0.0.1]:8080/"
    ));
    assert!(!permits("localhost:8080", "http://127.0.0.1:8080/"));
}

#[test]
fn an_address_in_another_spelling_is_the_same_address() {
    for spelling in [
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "%31%32%37.1",
    ] {
        let url = format!("http://{spelling}/");
        assert!(permits("127.0.0.1", &url), "{spelling}");
        assert!(!permits("*.example.com", &url), "{spelling}");
    }
}

#[test]
fn no_spelling_of_a_url_hides_its_host() {
    for url in [
        "https://good.example@evil.org/",
        "https://good.example:443@evil.org/",
        "https://good.example%40evil.org/",
        "https://evil.org\\@good.example/",
        "https://evil.org/@good.example",
        "https://evil.org#@good.example",
        "https://evil.org?good.example",
        "https:evil.org/good.example",
        "https:\\\\evil.org\\good.example",
        "https://good.example%2eevil.org/",
        "https://good.example\u{ff0e}evil.org/",
        "https://good.example\t.evil.org/",
        "https://g\u{043e}od.example/",
    ] {
        assert!(!permits("good.example", url), "{url}");
    }
    assert!(permits("good.example", "https://evil.org@good.example/"));
    assert!(permits("good.example", "https://g%6Fod.example/"));
    assert!(permits("good.example", "https:\\\\good.example\\path"));
}

#[test]
fn names_are_compared_in_ascii() {
    assert!(permits("bücher.example", "https://BÜCHER.example/"));
    assert!(permits("bücher.example", "https://xn--bcher-kva.example/"));
    let rule: HostRule = "*.Bücher.example".parse().unwrap();
    assert_eq!(rule.to_string(), "*.xn--bcher-kva.example");
}

#[test]
fn what_is_sent_is_what_was_checked() {
    let request = get("HTTPS://Api.Example.com.:443/a/../b?q=ä#fragment");
    let permitted = allowed(&["api.example.com"]).permit(request).unwrap();
    assert_eq!(
        permitted.url().as_str(),
        "https://api.example.com/b?q=%C3%A4"
    );
    assert_eq!(permitted.request().url, permitted.url().as_str());
    let (url, request) = permitted.into_parts();
    assert_eq!(request.url, url.as_str());
}

#[test]
fn a_refusal_names_the_rule_that_is_missing() {
    for (rules, url, missing) in [
        (&["a.example"][..], "https://b.example/x?y", "b.example"),
        (&["a.example"], "https://a.example:8443/", "a.example:8443"),
        (
            &["https://a.example"],
            "http://a.example/",
            "http://a.example",
        ),
        (
            &["http://a.example:81"],
            "https://a.example:81/",
            "https://a.example:81",
        ),
        (&[], "http://[::1]:8080/", "[::1]:8080"),
        (&[], "http://user:password@a.example/", "a.example"),
    ] {
        let error = allowed(rules).permit(get(url)).unwrap_err();
        assert_eq!(error, HttpError::HostNotAllowed(missing.into()), "{url}");
        assert!(permits(missing, url), "{missing}");
    }
}

#[test]
fn a_url_that_is_none_is_refused_before_the_whitelist_is_asked() {
    for (url, why) in [
        ("", "relative URL without a base"),
        ("www.example.com/auth", "relative URL without a base"),
        (
            "ftp://example.com/",
            r#"the scheme "ftp" is not http or https"#,
        ),
        (
            "file:///etc/passwd",
            r#"the scheme "file" is not http or https"#,
        ),
        ("http://", "empty host"),
        ("http://example.com:99999/", "invalid port number"),
        ("http://example.com:0/", "port 0 cannot be connected to"),
        ("http://1.2.3.256/", "invalid IPv4 address"),
        ("http://[fe80::1%25eth0]/", "invalid IPv6 address"),
        (
            "http://a..b/",
            r#"the host "a..b" has two dots in a row, or one at an end"#,
        ),
        (
            "http://a*b/",
            r#"the host "a*b" has the character '*', which no host name has"#,
        ),
    ] {
        let error = AllowedHosts::default().permit(get(url)).unwrap_err();
        assert_eq!(error, HttpError::InvalidUrl(why.into()), "{url}");
    }
}

#[test]
fn a_url_is_bounded_at_its_limit_and_one_past_it() {
    let url = |length: usize| format!("http://a.example/{}", "x".repeat(length - 17));
    assert!(permits("a.example", &url(URL_BYTES_MAX)));
    assert!(!permits("a.example", &url(URL_BYTES_MAX + 1)));
    let grows_when_encoded = format!("http://a.example/{}", "ä".repeat(URL_BYTES_MAX / 4));
    assert!(!permits("a.example", &grows_when_encoded));
}

#[test]
fn duplicates_are_one_rule_and_exact_rules_come_first() {
    let rules = allowed(&[
        "*.example.com",
        "HTTPS://Api.Example.com:443",
        "https://api.example.com.",
        "https://api.example.com",
    ]);
    let texts: Vec<String> = rules.iter().map(HostRule::to_string).collect();
    assert_eq!(texts, ["https://api.example.com", "*.example.com"]);
    let rule_for = |url| {
        rules
            .rule_for(&Url::parse(url).unwrap())
            .map(HostRule::to_string)
    };
    assert_eq!(
        rule_for("https://api.example.com/").as_deref(),
        Some("https://api.example.com")
    );
    assert_eq!(
        rule_for("http://api.example.com/").as_deref(),
        Some("*.example.com")
    );
    assert_eq!(rule_for("https://example.com/"), None);
}

#[test]
fn a_bad_rule_is_told_what_is_wrong_and_what_to_write() {
    for (rule, message) in [
        (
            "",
            "the rule is empty: write a host name such as api.example.com",
        ),
        (
            "https://a.example/",
            "a rule has no path: write https://a.example",
        ),
        ("a.example/v1", "a rule has no path: write a.example"),
        ("a.example\\v1", "a rule has no path: write a.example"),
        ("a.example?x", "a rule has no query: write a.example"),
        ("a.example#x", "a rule has no fragment: write a.example"),
        (
            "https://u:p@a.example",
            "a rule has no user name or password: write https://a.example",
        ),
        (
            "@a.example",
            "a rule has no user name or password: write a.example",
        ),
        ("/", "a rule has no path: write the host alone"),
        (
            "ftp://a.example",
            "the scheme \"ftp\" is not http or https: write one of these, or leave it out for both",
        ),
        (
            "a.example:http",
            "the port \"http\" is not a number from 1 to 65535: leave it out for ports 80 and 443",
        ),
        (
            "*.*.example.com",
            "the wildcard in \"*.*.example.com\" is not a single `*.` at the start: write \
             *.example.com for every name below example.com",
        ),
        (
            "*.com",
            "the wildcard \"*.com\" is too wide: write it below a domain of at least two labels, \
             such as *.example.com",
        ),
        (
            "https://",
            "the host \"\" is empty: write a name such as api.example.com",
        ),
        (
            ".example.com",
            "the host \".example.com\" starts with a dot: write *.example.com for the names below \
             it",
        ),
        (
            "::1",
            "the host \"::1\" is an IPv6 address: write it in brackets, [::1]",
        ),
        (
            "0x7f.1",
            "the host \"0x7f.1\" is an unusual spelling: write 127.0.0.1",
        ),
        (
            "a.example b.example",
            "the host \"a.example b.example\" has the character ' ': write one name",
        ),
        (
            "a%2eexample",
            "the host \"a%2eexample\" has a percent sign: write the name as it is spoken",
        ),
        (
            "-a.example",
            "the host \"-a.example\" has the label \"-a\", which starts or ends with a hyphen",
        ),
        (
            "[::1]x",
            "the host \"[::1]x\" has text behind its bracket: only a port may follow",
        ),
        (
            "*.127.0.0.1",
            "the host \"*.127.0.0.1\" has a wildcard: an address is allowed as it is, or not at \
             all",
        ),
    ] {
        assert_eq!(refusal(rule), message);
    }
}

#[test]
fn other_bad_rules_are_refused_too() {
    for rule in [
        "*",
        "*.",
        "**.example.com",
        "a*.example.com",
        "a.*.com",
        "*example.com",
        "*.localhost",
        "https://*",
        "*:443",
        "a..example",
        "a.example..",
        ".",
        "a.example:",
        "a.example:0",
        "a.example:65536",
        "a.example:+80",
        "a.example:*",
        "a.example:80:80",
        "[::1",
        "[fe80::1%eth0]",
        "1.2.3.256",
        "1.2.3",
        "https://https://a.example",
        "https:a.example",
        " a.example",
        "a.example\n",
        "a$.example",
        "xn--a.example",
    ] {
        assert!(rule.parse::<HostRule>().is_err(), "{rule:?}");
    }
}

#[test]
fn names_are_bounded_at_their_limits_and_one_past_them() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    assert!(longest.parse::<HostRule>().is_ok());
    assert!(format!("{longest}.").parse::<HostRule>().is_ok());
    assert!(format!("{longest}a").parse::<HostRule>().is_err());
    assert!(format!("{label}a.example").parse::<HostRule>().is_err());
}

#[test]
fn rules_print_in_their_canonical_form() {
    for (text, canonical) in [
        ("API.example.com.", "api.example.com"),
        ("HTTPS://*.Example.com:443", "https://*.example.com"),
        ("http://a.example:0080", "http://a.example"),
        ("a.example:443", "a.example:443"),
        ("[0:0:0:0:0:0:0:1]:8080", "[::1]:8080"),
        ("my_service:9000", "my_service:9000"),
        ("localhost", "localhost"),
    ] {
        assert_eq!(text.parse::<HostRule>().expect(text).to_string(), canonical);
    }
}

#[test]
fn headers_of_the_connection_are_dropped() {
    for name in [
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "keep-alive",
        "TE",
        "trailer",
        "Proxy-Connection",
        "expect",
    ] {
        let permitted = with_header(name, b"1").expect(name);
        assert_eq!(
            permitted.request().headers,
            [("a".to_owned(), b"1".to_vec())],
            "{name}"
        );
    }
}

#[test]
fn headers_that_would_change_the_request_are_refused() {
    for name in [
        "Upgrade",
        "HTTP2-Settings",
        "Proxy-Authorization",
        "proxy-anything",
    ] {
        let error = with_header(name, b"1").expect_err(name);
        assert!(
            matches!(error, HttpError::InvalidRequest(_)),
            "{name}: {error}"
        );
    }
}

#[test]
fn the_host_header_may_only_repeat_the_url() {
    let permitted = with_header("Host", b"API.example.com:8080").unwrap();
    assert_eq!(permitted.request().headers.len(), 1);
    assert_eq!(
        with_header("host", b"internal.example").unwrap_err(),
        HttpError::InvalidRequest(
            "the Host header \"internal.example\" is not the URL's host \
             \"api.example.com:8080\": send the request to that host's own URL, or leave the \
             header out"
                .into()
        )
    );
    assert!(with_header("host", b"api.example.com").is_err());
    let mut request = get("https://a.example/");
    request.headers = vec![("host".into(), b"a.example:443".to_vec())];
    assert!(allowed(&["a.example"]).permit(request).is_ok());
}

#[test]
fn malformed_methods_and_headers_are_refused() {
    for method in [
        "",
        "GE T",
        "GET\r\n",
        "G\u{00c9}T",
        "CONNECT",
        "connect",
        &"A".repeat(65),
    ] {
        let mut request = get("http://a.example/");
        request.method = method.to_owned();
        let error = allowed(&["a.example"]).permit(request).expect_err(method);
        assert!(
            matches!(error, HttpError::InvalidRequest(_)),
            "{method}: {error}"
        );
    }
    for name in ["", "a b", "a:", "a\r\nb", "ä"] {
        assert!(with_header(name, b"1").is_err(), "{name:?}");
    }
    for value in [&b"a\r\nhost: b"[..], b"\n", b"\0", b"\x7f", b"\x1b"] {
        assert!(with_header("b", value).is_err(), "{value:?}");
    }
    assert!(with_header("b", b"\ttab, space and \xc3\xa4").is_ok());
    assert!(with_header("b", b"").is_ok());
}

#[test]
fn a_client_certificate_needs_an_https_url() {
    let identity = crate::ClientIdentity::new("chain".into(), "key".into(), None).unwrap();
    let with_identity = |url| HttpRequest {
        identity: Some(identity.clone()),
        ..get(url)
    };
    let allowed = allowed(&["a.example"]);
    assert!(allowed.permit(with_identity("https://a.example/")).is_ok());
    let why = "a client certificate needs an https URL".to_owned();
    assert_eq!(
        allowed
            .permit(with_identity("http://a.example/"))
            .unwrap_err(),
        HttpError::InvalidRequest(why)
    );
    let error = allowed.permit(with_identity("https://b.example/"));
    assert_eq!(
        error.unwrap_err(),
        HttpError::HostNotAllowed("b.example".into())
    );
}

#[test]
fn headers_are_bounded_at_their_limit_and_one_past_it() {
    // `a: 1` comes first.
    let room = request::HEADER_BYTES_MAX - 2 * request::HEADER_OVERHEAD - "a".len() - "1".len() - 1;
    assert!(with_header("b", &vec![b'x'; room]).is_ok());
    assert!(with_header("b", &vec![b'x'; room + 1]).is_err());
}
