//! The value of a secret is read by administrators only, and never without a trace.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::binary::{Ran, run, sandglass};
use crate::harness::server::{TestServer, check_error, config, open, start};
use crate::harness::temporary;

fn put(server: &TestServer, key: &str, value: &Value) -> u16 {
    let call = server.call(Method::PUT, &format!("/secrets/{key}"));
    call.json(&json!({ "value": value })).send().status
}

/// The names of the secrets that the audit log says were read, the latest first.
fn reads(server: &TestServer) -> Vec<String> {
    let page = server.call(Method::GET, "/audit?action=secret.read").send();
    let entries = page.json()["entries"].as_array().unwrap().clone();
    let name = |row: Value| row["targetName"].as_str().unwrap().to_owned();
    entries.into_iter().map(name).collect()
}

#[test]
fn an_administrator_reads_any_value_as_it_was_put() {
    let server = start();
    for value in [
        json!("text"),
        json!("ä\n\"\u{1}"),
        json!(1.5),
        json!({ "token": "a", "list": [1, null, true] }),
        Value::Null,
    ] {
        assert_eq!(put(&server, "KEY", &value), 204);
        let reply = server.call(Method::GET, "/secrets/KEY").send();
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json(), json!({ "key": "KEY", "value": value }));
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    assert_eq!(reads(&server), ["KEY"; 5]);
}

#[test]
fn nobody_else_reads_a_value() {
    let server = start();
    assert_eq!(put(&server, "KEY", &json!("correct horse")), 204);
    let developer = server.token("developer");
    let invocation = server.token("invocation");
    for (token, status) in [
        (developer.as_str(), 403),
        (&invocation, 403),
        ("nobody", 401),
    ] {
        let reply = server
            .call(Method::GET, "/secrets/KEY")
            .bearer(token)
            .send();
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(!reply.text.contains("correct horse"), "{reply:?}");
    }
    assert!(reads(&server).is_empty());
}

#[test]
fn the_list_has_no_values() {
    let server = start();
    assert_eq!(put(&server, "KEY", &json!("correct horse")), 204);
    let list = server.call(Method::GET, "/secrets").send();
    assert!(!list.text.contains("correct horse"), "{list:?}");
    let entry = &list.json()[0];
    let mut names: Vec<_> = entry.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["createdAt", "key", "updatedAt"]);
}

#[test]
fn a_secret_that_is_not_there_is_not_found_and_leaves_no_trace() {
    let server = start();
    for path in ["/secrets/NONE", "/secrets/none.at.all", "/secrets/a%20b"] {
        let reply = server.call(Method::GET, path).send();
        assert!(matches!(reply.status, 400 | 404), "{reply:?}");
    }
    let reply = server.call(Method::GET, "/secrets/NONE").send();
    let message = check_error(&reply, 404, "es.notfound");
    assert_eq!(message, "there is no secret NONE");
    assert!(reads(&server).is_empty());
}

#[test]
fn a_deleted_secret_is_read_no_more() {
    let server = start();
    assert_eq!(put(&server, "KEY", &json!("x")), 204);
    assert_eq!(server.call(Method::GET, "/secrets/KEY").send().status, 200);
    let deleted = server.call(Method::DELETE, "/secrets/KEY").send();
    assert_eq!(deleted.status, 204);
    assert_eq!(server.call(Method::GET, "/secrets/KEY").send().status, 404);
    assert_eq!(reads(&server).len(), 1);
}

#[test]
fn where_the_log_takes_no_row_there_is_no_value() {
    let directory = temporary::directory();
    let server = open(config(directory.path())).unwrap();
    assert_eq!(put(&server, "KEY", &json!("correct horse")), 204);
    server.stop();
    let database = rusqlite::Connection::open(directory.path().join("sandglass.db")).unwrap();
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON audit WHEN new.action LIKE 'secret.%'
                  BEGIN SELECT raise(ABORT, 'the disk is full'); END";
    database.execute_batch(refuse).unwrap();
    drop(database);
    let server = open(config(directory.path())).unwrap();
    let reply = server.call(Method::GET, "/secrets/KEY").send();
    check_error(&reply, 500, "es.general");
    assert!(!reply.text.contains("correct horse"), "{reply:?}");
    assert_eq!(put(&server, "KEY", &json!("changed")), 500);
    assert_eq!(put(&server, "OTHER", &json!("new")), 500);
    let deleted = server.call(Method::DELETE, "/secrets/KEY").send();
    assert_eq!(deleted.status, 500);
    let list = server.call(Method::GET, "/secrets").send().json();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    server.stop();

    let database = rusqlite::Connection::open(directory.path().join("sandglass.db")).unwrap();
    database.execute_batch("DROP TRIGGER full").unwrap();
    drop(database);
    let server = open(config(directory.path())).unwrap();
    let reply = server.call(Method::GET, "/secrets/KEY").send().json();
    assert_eq!(reply["value"], "correct horse");
}

#[test]
fn a_key_has_a_hundred_characters_and_a_value_ten_thousand() {
    let server = start();
    assert_eq!(put(&server, &"k".repeat(100), &json!(1)), 204);
    assert_eq!(put(&server, &"k".repeat(101), &json!(1)), 400);
    for key in ["with.dot", "with%20space", "with%2Fslash", "%C3%A4"] {
        assert_eq!(put(&server, key, &json!(1)), 400, "{key}");
    }
    assert_eq!(put(&server, "A-z_0", &json!("ä".repeat(10_000))), 204);
    assert_eq!(put(&server, "A-z_0", &json!("ä".repeat(10_001))), 400);
    let kept = server.call(Method::GET, "/secrets/A-z_0").send().json();
    assert_eq!(kept["value"].as_str().unwrap().chars().count(), 10_000);
}

#[test]
fn the_command_shows_a_value_to_administrators() {
    let server = start();
    let object = json!({ "token": "x", "n": 1 });
    assert_eq!(put(&server, "TEXT", &json!("a \u{1b}[1mvalue")), 204);
    assert_eq!(put(&server, "OBJECT", &object), 204);
    let show = |token: &str, arguments: &[&str]| -> Ran {
        let mut command = sandglass(&[&["secret", "show"], arguments].concat());
        command.env("SANDGLASS_SERVER", &server.url);
        command.env("SANDGLASS_TOKEN", token);
        run(command)
    };
    let admin = server.admin_token.as_str();
    assert_eq!(show(admin, &["TEXT"]).out, "a \u{1b}[1mvalue\n");
    assert_eq!(show(admin, &["OBJECT", "--yes"]).json(), object);
    let json = show(admin, &["OBJECT", "--yes", "--json"]).json();
    assert_eq!(json, json!({ "key": "OBJECT", "value": object }));
    assert_eq!(reads(&server), ["OBJECT", "OBJECT", "TEXT"]);
    let developer = server.token("developer");
    let refused = show(&developer, &["TEXT", "--yes"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(!refused.out.contains("value"), "{refused:?}");
    assert_eq!(show(admin, &["NONE"]).code, 4);
}
