//! Who did what to which thing, when: every change is on record, and the record can be verified.

mod access;
mod check;
mod complete;
mod lambdas;
mod schedules;
mod sign_ins;
mod tamper;

use std::path::Path;

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::binary::{Ran, Serving, run, sandglass};
use crate::harness::server::{ACCOUNT, Call, TestServer, check_error, config, open, start};
use crate::harness::{block_on, temporary};

/// Verifies the log of a data directory with the command.
fn verify(data_dir: &Path) -> Ran {
    let mut command = sandglass(&["audit", "verify", "--data-dir"]);
    command.arg(data_dir);
    run(command)
}

/// The rows of an account's audit log, the latest first.
#[track_caller]
fn rows(server: &TestServer, query: &str) -> Vec<Value> {
    let reply = server.call(Method::GET, &format!("/audit{query}")).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["entries"].as_array().expect("a list").clone()
}

/// The members of these rows, of which texts are shown without their quotes.
fn members(rows: &[Value], name: &str) -> Vec<String> {
    let text = |row: &Value| match &row[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.iter().map(text).collect()
}

#[track_caller]
fn put_secret(server: &TestServer, key: &str) {
    let call = server.call(Method::PUT, &format!("/secrets/{key}"));
    assert_eq!(call.json(&json!({ "value": 1 })).send().status, 204);
}

#[test]
fn each_change_is_on_record_with_who_what_and_from_where() {
    let server = start();
    let done = |method: Method, path: &str, body: Value| {
        let call = server.call(method, path).header("x-request-id", "asked-7");
        let reply = match body {
            Value::Null => call.send(),
            body => call.json(&body).send(),
        };
        assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
        reply
    };
    done(Method::PUT, "/secrets/KEY", json!({ "value": "first" }));
    done(Method::PUT, "/secrets/KEY", json!({ "value": "second" }));
    done(Method::GET, "/secrets/KEY", Value::Null);
    done(Method::DELETE, "/secrets/KEY", Value::Null);
    done(Method::PUT, "/whitelist/a.example.com", Value::Null);
    done(Method::DELETE, "/whitelist/a.example.com", Value::Null);
    let token = done(
        Method::POST,
        "/tokens",
        json!({ "name": "crm", "permissions": ["invocation"] }),
    );
    let token = token.json()["id"].as_str().unwrap().to_owned();
    done(Method::DELETE, &format!("/tokens/{token}"), Value::Null);
    let key = done(Method::POST, "/context-keys", json!({ "name": "bots" }));
    let key = key.json()["id"].as_str().unwrap().to_owned();
    done(Method::DELETE, &format!("/context-keys/{key}"), Value::Null);

    let mut rows = rows(&server, "");
    rows.reverse();
    assert_eq!(
        members(&rows, "action"),
        [
            "account.create",
            "user.create",
            "token.create",
            "secret.put",
            "secret.put",
            "secret.read",
            "secret.delete",
            "whitelist.add",
            "whitelist.remove",
            "token.create",
            "token.delete",
            "context-key.create",
            "context-key.delete",
        ]
    );
    assert_eq!(members(&rows[..3], "actorKind"), ["operator"; 3]);
    let rows = &rows[1..];
    for row in &rows[2..] {
        assert_eq!(row["actorKind"], "token", "{row}");
        assert_eq!(row["actorName"], "admin.token", "{row}");
        assert_eq!(row["actorId"], rows[1]["targetId"], "{row}");
        assert_eq!(row["account"], ACCOUNT, "{row}");
        assert_eq!(row["address"], "127.0.0.1", "{row}");
        assert_eq!(row["requestId"], "asked-7", "{row}");
    }
    let names = members(&rows[2..], "targetName");
    let expected = ["KEY", "KEY", "KEY", "KEY"];
    assert_eq!(names[..4], expected);
    assert_eq!(names[4..6], ["a.example.com", "a.example.com"]);
    assert_eq!(names[6..], ["crm", "crm", "bots", "bots"]);
    assert_eq!(rows[8]["details"], json!({ "permissions": "invocation" }));
    assert_eq!(
        (&rows[8]["targetId"], &rows[9]["targetId"]),
        (&json!(token), &json!(token))
    );
    assert_eq!(
        (&rows[10]["targetId"], &rows[11]["targetId"]),
        (&json!(key), &json!(key))
    );
}

#[test]
fn what_was_refused_or_failed_leaves_no_row() {
    let server = start();
    let before = rows(&server, "").len();
    let developer = server.token("developer");
    let too_long = json!({ "value": "x".repeat(10_001) });
    for (call, status) in [
        (server.call(Method::DELETE, "/secrets/none"), 404),
        (server.call(Method::GET, "/secrets/none"), 404),
        (
            server.call(Method::PUT, "/secrets/KEY").json(&too_long),
            400,
        ),
        (
            server.call(Method::DELETE, "/whitelist/none.example.com"),
            404,
        ),
        (
            server.call(Method::PUT, "/secrets/KEY").bearer(&developer),
            403,
        ),
        (
            server.call(Method::PUT, "/secrets/KEY").bearer("nobody"),
            401,
        ),
    ] {
        let reply = call.send();
        assert_eq!(reply.status, status, "{reply:?}");
    }
    assert_eq!(rows(&server, "").len(), before + 1, "the token alone");
}

#[test]
fn no_value_of_a_secret_and_no_token_is_in_the_log() {
    let server = start();
    let value = "correct horse battery staple";
    let put = server.call(Method::PUT, "/secrets/KEY");
    assert_eq!(put.json(&json!({ "value": value })).send().status, 204);
    let shown = server.call(Method::GET, "/secrets/KEY").send();
    assert!(shown.text.contains(value), "{shown:?}");
    let token = server.token("invocation");
    let export = server.call(Method::GET, "/audit/export").send();
    assert_eq!(export.status, 200, "{export:?}");
    assert!(export.text.contains("secret.read"), "{export:?}");
    for hidden in [value, token.as_str(), server.admin_token.as_str()] {
        assert!(!export.text.contains(hidden), "{export:?}");
    }
}

#[test]
fn what_lambdas_do_with_secrets_is_not_in_the_log() {
    let server = start();
    let lambda = server.deploy(
        "counts",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) {
           const secrets = Toolbelt.SecretClient();
           const { value } = await secrets.readSecret('KEY');
           await secrets.updateSecret({ key: 'KEY', value: value + 1 });
           callback(null, value);
         }",
    );
    put_secret(&server, "KEY");
    let before = rows(&server, "").len();
    assert_eq!(server.invoke(&lambda, json!({})).send().text, "1");
    assert_eq!(server.invoke(&lambda, json!({})).send().text, "2");
    assert_eq!(rows(&server, "").len(), before);
}

#[test]
fn rows_are_found_by_who_what_and_when() {
    let server = start();
    for key in ["a", "b", "c"] {
        put_secret(&server, key);
    }
    server.token("developer");
    let all = rows(&server, "");
    let found = |query: &str| members(&rows(&server, query), "id");
    let ids = members(&all, "id");
    assert_eq!(found("?action=secret.put"), ids[1..4]);
    assert_eq!(found("?action=secret"), ids[1..4]);
    assert_eq!(found("?target=b"), ids[2..3]);
    assert_eq!(found("?actor=admin.token"), ids[..4]);
    let actor = all[0]["actorId"].as_str().unwrap();
    assert_eq!(
        found(&format!("?actor={actor}&action=secret&target=a")),
        ids[3..4]
    );
    assert!(found("?actor=nobody").is_empty());
    let at = |row: usize| all[row]["at"].as_u64().unwrap();
    assert_eq!(found(&format!("?from={}&action=token", at(0))), ids[..1]);
    assert!(found(&format!("?from={}", at(0) + 1)).is_empty());
    assert!(found(&format!("?to={}", at(ids.len() - 1))).is_empty());
}

#[test]
fn pages_follow_each_other_to_the_first_row() {
    let server = start();
    for key in ["a", "b", "c"] {
        put_secret(&server, key);
    }
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let path = format!("/audit?limit=2&cursor={cursor}");
        let page = server.call(Method::GET, &path).send().json();
        seen.extend(members(page["entries"].as_array().unwrap(), "id"));
        match page["next"].as_u64() {
            Some(next) => cursor = next.to_string(),
            None => break,
        }
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1"]);
}

#[test]
fn a_query_that_cannot_be_is_refused() {
    let server = start();
    for (query, says) in [
        ("?limit=0", "1 to 500"),
        ("?limit=501", "1 to 500"),
        ("?limit=-1", "limit"),
        ("?limit=x", "limit"),
        ("?cursor=x", "cursor"),
        ("?from=yesterday", "from"),
        ("?from=2&to=1", "later"),
        ("?actor=%ff", "malformed"),
    ] {
        let reply = server.call(Method::GET, &format!("/audit{query}")).send();
        let message = check_error(&reply, 400, "es.badinput");
        assert!(message.contains(says), "{query}: {message}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
    assert_eq!(rows(&server, "?limit=500").len(), 3);
    assert_eq!(rows(&server, "?limit=1").len(), 1);
    let refused = server.call(Method::GET, "/activity?limit=501").send();
    check_error(&refused, 400, "es.badinput");
}

#[test]
fn the_log_is_for_administrators_and_the_activity_for_developers_too() {
    let server = start();
    put_secret(&server, "KEY");
    let status = |role: &str, path: &str| {
        let call = server.call(Method::GET, path);
        call.bearer(&server.token(role)).send().status
    };
    for path in ["/audit", "/audit/export"] {
        let statuses = ["admin", "developer", "invocation"].map(|role| status(role, path));
        assert_eq!(statuses, [200, 403, 403], "{path}");
    }
    let statuses = ["admin", "developer", "invocation"].map(|role| status(role, "/activity"));
    assert_eq!(statuses, [200, 200, 403]);
}

#[test]
fn the_activity_is_short_and_without_what_is_about_access() {
    let server = start();
    put_secret(&server, "KEY");
    server.call(Method::PUT, "/whitelist/a.example.com").send();
    server.token("developer");
    server
        .call(Method::POST, "/context-keys")
        .json(&json!({ "name": "x" }))
        .send();
    let page = server.call(Method::GET, "/activity").send().json();
    let entries = page["entries"].as_array().unwrap();
    assert_eq!(members(entries, "action"), ["whitelist.add", "secret.put"]);
    assert_eq!(members(entries, "target"), ["a.example.com", "KEY"]);
    assert_eq!(members(entries, "actor"), ["admin.token", "admin.token"]);
    let names: Vec<_> = entries[0].as_object().unwrap().keys().collect();
    assert!(
        !names
            .iter()
            .any(|name| ["hash", "address", "details"].contains(&name.as_str()))
    );
    let page = server.call(Method::GET, "/activity?limit=1").send().json();
    let path = format!("/activity?cursor={}", page["next"]);
    let page = server.call(Method::GET, &path).send().json();
    assert_eq!(
        members(page["entries"].as_array().unwrap(), "action"),
        ["secret.put"]
    );
}

#[test]
fn the_chain_is_whole_when_many_change_things_at_once() {
    let server = start();
    let puts = (0..40).map(|n| {
        let call = server.call(Method::PUT, &format!("/secrets/key-{n}"));
        call.json(&json!({ "value": n })).send_async()
    });
    for reply in block_on(futures::future::join_all(puts)) {
        assert_eq!(reply.unwrap().status, 204);
    }
    let ran = verify(&server.data_dir);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.starts_with("whole: 43 rows, up to row 43"),
        "{ran:?}"
    );
}

/// The program in the documentation.
fn python() -> String {
    let page = include_str!("../../docs/audit.md");
    let (_, code) = page
        .split_once("```python\n")
        .expect("the page has a program");
    code.split_once("```").expect("it ends").0.to_owned()
}

#[track_caller]
fn verified_by_python(export: &str) -> Result<String, String> {
    let directory = temporary::directory();
    let file = directory.path().join("audit.jsonl");
    std::fs::write(&file, export).unwrap();
    let ran = std::process::Command::new("python3")
        .args(["-c", &python()])
        .arg(&file)
        .output()
        .expect("python3 can be run");
    match ran.status.success() {
        true => Ok(String::from_utf8(ran.stdout).unwrap()),
        false => Err(String::from_utf8(ran.stderr).unwrap()),
    }
}

#[test]
fn anybody_can_verify_an_export_with_the_program_in_the_documentation() {
    let server = start();
    put_secret(&server, "KEY");
    let body = json!({ "name": "q\"\\\u{1}ä\u{2028}😀", "permissions": ["admin"] });
    let made = server.call(Method::POST, "/tokens").json(&body).send();
    assert_eq!(made.status, 201, "{made:?}");
    let export = server.call(Method::GET, "/audit/export").send();
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    let whole = verified_by_python(&export.text).unwrap();
    assert!(whole.starts_with("whole up to row 5, "), "{whole}");

    let lines: Vec<_> = export.text.lines().collect();
    assert_eq!(lines.len(), 6);
    let changed = export.text.replace("secret.put", "secret.pit");
    let changed = verified_by_python(&changed).unwrap_err();
    assert_eq!(changed.trim(), "row 4 was changed");
    let removed = [&lines[..1], &lines[2..]].concat().join("\n");
    let removed = verified_by_python(&removed).unwrap_err();
    assert_eq!(removed.trim(), "row 3 does not follow row 1");
    for cut in [&lines[1..], &lines[..5]] {
        assert!(verified_by_python(&cut.join("\n")).is_err(), "{cut:?}");
    }
}

#[test]
fn the_command_lists_exports_and_verifies_on_a_running_server() {
    let server = start();
    put_secret(&server, "KEY");
    let command = |arguments: &[&str]| {
        let mut command = sandglass(arguments);
        command.env("SANDGLASS_DATA", &server.data_dir);
        run(command)
    };
    let list = command(&["audit", "--action", "secret"]);
    assert_eq!(list.code, 0, "{list:?}");
    assert!(
        list.out.contains("secret.put") && list.out.contains("KEY"),
        "{list:?}"
    );
    assert!(!list.out.contains("token.create"), "{list:?}");
    let json = command(&["audit", "--json", "-n", "1"]).json();
    assert_eq!(json["entries"][0]["action"], "secret.put");

    let export = command(&["audit", "export"]);
    let file = server.data_dir.join("audit.jsonl");
    std::fs::write(&file, &export.out).unwrap();
    let last = json["entries"][0]["hash"].as_str().unwrap();
    for arguments in [
        &["audit", "verify"][..],
        &["audit", "verify", file.to_str().unwrap()],
    ] {
        let ran = command(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains(last), "{ran:?}");
    }
    let mut online = sandglass(&["audit", "verify", "--json", "--server", &server.url]);
    online.env("SANDGLASS_TOKEN", &server.admin_token);
    let verdict = run(online).json();
    assert_eq!(
        (&verdict["rows"], &verdict["lastHash"]),
        (&json!(4), &json!(last))
    );

    std::fs::write(&file, export.out.replace("KEY", "YEK")).unwrap();
    let ran = command(&["audit", "verify", file.to_str().unwrap()]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("row 4 was changed"), "{ran:?}");
    let ran = command(&["audit", "verify", "/nowhere/audit.jsonl"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn an_account_learns_of_anothers_rows_nothing_but_their_links() {
    let directory = temporary::directory();
    let server = open(config(directory.path())).unwrap();
    put_secret(&server, "of-the-first");
    server.stop();
    // Whoever deletes the file gets a new token, here for the account that is made next.
    std::fs::remove_file(directory.path().join("admin.token")).unwrap();
    let mut second = config(directory.path());
    second.account = "20000002".parse().unwrap();
    let server = open(second).unwrap();
    let get = |path: &str| {
        let url = format!("{}/api/account/20000002{path}", server.url);
        Call::new(Method::GET, url)
            .bearer(&server.admin_token)
            .send()
    };
    let listed = get("/audit").json();
    let actions = members(listed["entries"].as_array().unwrap(), "action");
    assert_eq!(actions, ["token.create", "user.create", "account.create"]);
    let export = get("/audit/export").text;
    assert!(
        !export.contains("of-the-first") && !export.contains(ACCOUNT),
        "{export}"
    );
    let first: Value = serde_json::from_str(export.lines().next().unwrap()).unwrap();
    let mut names: Vec<_> = first.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["hash", "id", "previous"], "{first}");
    verified_by_python(&export).unwrap();
}

#[test]
fn a_server_that_is_killed_leaves_a_whole_log() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    let serving = Serving::start(&data_dir);
    for n in 0..5 {
        let call = serving.call(Method::PUT, &format!("/secrets/key-{n}"));
        assert_eq!(call.json(&json!({ "value": n })).send().status, 204);
    }
    serving.kill();
    let ran = verify(&data_dir);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("whole: 8 rows"), "{ran:?}");
    Serving::start(&data_dir).terminate();
    let ran = verify(&data_dir);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// The database of a stopped server.
fn database(data_dir: &Path) -> Connection {
    Connection::open(data_dir.join("sandglass.db")).unwrap()
}
