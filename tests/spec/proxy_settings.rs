//! The whitelist as the platform's own clients know it (spec 1.3 and 7.3).

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{Call, Reply, TestServer, check_error, start};
use crate::harness::upstream::{Upstream, answer};

/// What `lpf add:domain` of the platform's command line sends, to the letter.
fn add(server: &TestServer, domain: &str) -> Call {
    let call = server.call(Method::POST, "/proxy-settings?userId=me&v=1");
    call.json(&json!({ "timestamp": 0, "domain": domain, "id": -1 }))
}

fn list(server: &TestServer) -> Vec<Value> {
    let reply = server
        .call(Method::GET, "/proxy-settings?userId=me&v=1")
        .send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json().as_array().unwrap().clone()
}

/// An error in the platform's form, and in no other.
#[track_caller]
fn platform_error(reply: &Reply, status: u16, code: &str) -> String {
    assert_eq!(reply.header("content-type"), "application/json");
    let body = reply.json();
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["errorCode", "errorMsg"], "{reply:?}");
    check_error(reply, status, code)
}

#[test]
fn a_domain_is_added_listed_and_deleted_by_its_id() {
    let server = start();
    assert_eq!(list(&server), [] as [Value; 0]);
    let added = add(&server, "*.LivePerson.com").send();
    assert_eq!(added.status, 201, "{added:?}");
    let added = added.json();
    let id = added["id"].as_i64().unwrap();
    let expected = json!({ "domain": "*.liveperson.com", "id": id, "name": "*.liveperson.com" });
    assert_eq!(added, expected);
    let other = add(&server, "a-domain.co.uk").send().json();
    assert_ne!(other["id"], added["id"]);
    assert_eq!(list(&server).len(), 2);
    assert!(list(&server).contains(&added) && list(&server).contains(&other));

    let path = format!("/proxy-settings/{id}?userId=me&v=1");
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(list(&server), [other]);
    let again = server.call(Method::DELETE, &path).send();
    platform_error(&again, 404, "es.notfound");
    let new = add(&server, "*.liveperson.com").send().json();
    assert!(
        new["id"].as_i64().unwrap() > id,
        "an id is never given out twice"
    );
}

#[test]
fn it_is_the_same_whitelist_as_that_of_the_other_routes() {
    let server = start();
    server.call(Method::PUT, "/whitelist/a.example.com").send();
    let id = list(&server)[0]["id"].clone();
    assert_eq!(list(&server)[0]["domain"], "a.example.com");
    let rules = server.call(Method::GET, "/whitelist").send().json();
    assert_eq!(rules[0]["id"], id);
    let path = format!("/proxy-settings/{id}");
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(
        server.call(Method::GET, "/whitelist").send().json(),
        json!([])
    );
}

#[test]
fn a_rule_keeps_its_id_over_a_restart() {
    let server = start();
    add(&server, "a.example.com").send();
    add(&server, "b.example.com").send();
    let before = list(&server);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let server = crate::harness::server::open(crate::harness::server::config(&data_dir)).unwrap();
    assert_eq!(list(&server), before);
}

#[test]
fn a_domain_that_is_there_is_refused_with_a_message_of_its_own() {
    let server = start();
    assert_eq!(add(&server, "a.example.com").send().status, 201);
    let again = add(&server, "A.example.com.").send();
    let message = platform_error(&again, 409, "fm.conflict");
    assert_eq!(message, "a.example.com is on the whitelist already");
    assert_eq!(list(&server).len(), 1);
    // The other route says what is to be there, not what is to be made.
    let put = server.call(Method::PUT, "/whitelist/a.example.com").send();
    assert_eq!(put.status, 204, "{put:?}");
}

#[test]
fn what_is_no_domain_is_malformatted() {
    let server = start();
    let label = "a".repeat(64);
    for domain in [
        "",
        "*",
        "*.com",
        "*.*.example.com",
        "a.*.example.com",
        ".example.com",
        "https://example.com/path",
        "example.com?x",
        "me@example.com",
        "ftp://example.com",
        "example.com:0",
        "exa mple.com",
        "example..com",
        "-a.example.com",
        &format!("{label}.example.com"),
    ] {
        let reply = add(&server, domain).send();
        let message = platform_error(&reply, 400, "es.badinput");
        assert!(
            message.starts_with("malformatting in url: "),
            "{domain}: {message}"
        );
    }
    let label = "a".repeat(63);
    assert_eq!(
        add(&server, &format!("{label}.example.com")).send().status,
        201
    );
}

#[test]
fn a_body_that_is_none_is_refused_in_the_platforms_form() {
    let server = start();
    for body in [
        "",
        "null",
        "[\"a.example.com\",-1]",
        "{",
        "{\"id\":-1}",
        "{\"domain\":7,\"id\":-1}",
        "{\"domain\":\"a.example.com\",\"id\":\"-1\"}",
        "{\"domain\":\"a.example.com\",\"id\":5}",
    ] {
        let call = server.call(Method::POST, "/proxy-settings").body(body);
        platform_error(&call.send(), 400, "es.badinput");
    }
    let reply = server.call(Method::DELETE, "/proxy-settings/first").send();
    platform_error(&reply, 400, "es.badinput");
    let large = "x".repeat(64 * 1024);
    let large = add(&server, &large).send();
    platform_error(&large, 413, "es.toolarge");
    assert!(list(&server).is_empty());
}

#[test]
fn administrators_change_it_and_developers_read_it() {
    let server = start();
    add(&server, "a.example.com").send();
    let id = &list(&server)[0]["id"];
    let statuses = |role: &str| {
        let token = server.token(role);
        let path = format!("/proxy-settings/{id}");
        [
            server
                .call(Method::GET, "/proxy-settings")
                .bearer(&token)
                .send()
                .status,
            add(&server, "b.example.com").bearer(&token).send().status,
            server
                .call(Method::DELETE, &path)
                .bearer(&token)
                .send()
                .status,
        ]
    };
    assert_eq!(statuses("developer"), [200, 403, 403]);
    assert_eq!(statuses("invocation"), [403, 403, 403]);
    assert_eq!(statuses("admin"), [200, 201, 204]);
}

#[test]
fn a_thousand_domains_may_be_allowed_and_not_one_more() {
    let server = start();
    let path = server.data_dir.join("sandglass.db");
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let database = rusqlite::Connection::open(path).unwrap();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
                INSERT INTO whitelist (account, rule, created_at)
                SELECT accounts.id, 'h' || i || '.example.com', 1 FROM n, accounts";
    database.execute(fill, []).unwrap();
    drop(database);
    let server = crate::harness::server::open(crate::harness::server::config(&data_dir)).unwrap();
    assert_eq!(add(&server, "last.example.com").send().status, 201);
    let message = platform_error(&add(&server, "more.example.com").send(), 400, "es.badinput");
    assert_eq!(message, "a whitelist can have 1000 rules");
}

#[test]
fn a_change_is_in_force_for_the_next_invocation() {
    let upstream = Upstream::start(|_| answer(200, "reached"));
    let server = start();
    let lambda = server.deploy(
        "fetches",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) {
           const r = await Toolbelt.HTTPClient()(input.payload, { simple: false, resolveWithFullResponse: true });
           callback(null, r.statusCode);
         }",
    );
    let ask = || {
        server
            .invoke(&lambda, json!(upstream.url("/")))
            .send()
            .json()
    };
    assert_eq!(ask(), 403);
    let added = add(&server, &upstream.rule()).send();
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(ask(), 200);
    let path = format!("/proxy-settings/{}", added.json()["id"]);
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(ask(), 403);
}
