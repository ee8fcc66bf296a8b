//! Behind proxies that the operator trusts, a request comes from whom they saw, and from nobody whom
//! a client would like to be.

use reqwest::Method;
use sandglass_server::ForwardedHeader;
use serde_json::{Value, json};

use crate::harness::sentinel::PASSWORD;
use crate::harness::server::{Call, TestServer, start, start_with};

/// A server that trusts a proxy on this machine, which is where tests come from.
fn behind_a_proxy(header: ForwardedHeader) -> TestServer {
    start_with(|config| {
        config.proxies.trusted = vec!["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        config.proxies.header = header;
    })
}

/// The address that the audit log has of a change with this header.
#[track_caller]
fn recorded(server: &TestServer, header: (&str, &str)) -> Value {
    let put = server.call(Method::PUT, "/whitelist/a.example.com");
    let put = put.header(header.0, header.1).send();
    assert_eq!(put.status, 204, "{put:?}");
    let rows = server
        .call(Method::GET, "/audit?limit=1&action=whitelist")
        .send();
    let delete = server.call(Method::DELETE, "/whitelist/a.example.com");
    assert_eq!(delete.send().status, 204);
    rows.json()["entries"][0]["address"].clone()
}

fn guess(server: &TestServer, name: &str, forwarded_for: &str) -> u16 {
    let body = json!({ "username": name, "password": "a wrong password" });
    let call: Call = server.call(Method::POST, "/login").bearer("");
    let call = call.header("x-forwarded-for", forwarded_for);
    call.json(&body).send().status
}

#[test]
fn by_default_no_header_is_believed() {
    let server = start();
    for header in [
        ("x-forwarded-for", "198.51.100.1"),
        ("forwarded", "for=198.51.100.1"),
        ("x-real-ip", "198.51.100.1"),
    ] {
        assert_eq!(recorded(&server, header), "127.0.0.1", "{header:?}");
    }
}

#[test]
fn the_audit_log_has_whom_the_proxy_saw() {
    let server = behind_a_proxy(ForwardedHeader::XForwardedFor);
    for (header, expected) in [
        ("198.51.100.1", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("2001:db8::7", "2001:db8::7"),
        ("198.51.100.1, nobody", "127.0.0.1"),
    ] {
        let recorded = recorded(&server, ("x-forwarded-for", header));
        assert_eq!(recorded, expected, "{header}");
    }
    let other = ("forwarded", "for=198.51.100.1");
    assert_eq!(recorded(&server, other), "127.0.0.1");
}

#[test]
fn the_header_of_rfc_7239_is_read_where_the_proxies_write_it() {
    let server = behind_a_proxy(ForwardedHeader::Forwarded);
    let header = (
        "forwarded",
        "for=203.0.113.9, for=\"[2001:db8::7]:4711\";proto=https",
    );
    assert_eq!(recorded(&server, header), "2001:db8::7");
    let other = ("x-forwarded-for", "198.51.100.1");
    assert_eq!(recorded(&server, other), "127.0.0.1");
}

#[test]
fn who_guesses_behind_a_proxy_slows_down_themselves_and_nobody_else() {
    let server = behind_a_proxy(ForwardedHeader::XForwardedFor);
    server.user("ada", &["developer"]);
    // Each time somebody else, if what stands on the left were believed.
    for number in 0..50 {
        let forwarded_for = format!("203.0.113.{number}, 198.51.100.1");
        let status = guess(&server, &format!("name {number}"), &forwarded_for);
        assert_eq!(status, 401, "{number}");
    }
    assert_eq!(
        guess(&server, "one more", "203.0.113.200, 198.51.100.1"),
        429
    );
    assert_eq!(guess(&server, "one more", "198.51.100.2"), 401);
    let body = json!({ "username": "ada", "password": PASSWORD });
    let call = server.call(Method::POST, "/login").bearer("");
    let login = call.header("x-forwarded-for", "198.51.100.2").json(&body);
    assert_eq!(login.send().status, 200);
}

#[test]
fn without_a_trusted_proxy_nobody_guesses_as_somebody_else() {
    let server = start();
    for number in 0..50 {
        let forwarded_for = format!("203.0.113.{number}");
        let status = guess(&server, &format!("name {number}"), &forwarded_for);
        assert_eq!(status, 401, "{number}");
    }
    assert_eq!(guess(&server, "one more", "203.0.113.200"), 429);
}
