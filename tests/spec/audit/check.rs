//! An administrator asks the server whether the log is whole.

use reqwest::Method;
use serde_json::{Value, json};

use super::{database, put_secret, rows};
use crate::harness::server::{TestServer, check_error, config, open};
use crate::harness::temporary;

#[track_caller]
fn asked(server: &TestServer) -> Value {
    let reply = server.call(Method::POST, "/audit/verify").send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

#[test]
fn an_administrator_is_told_that_the_log_is_whole_and_how_far_it_goes() {
    let directory = temporary::directory();
    let server = open(config(directory.path())).unwrap();
    for key in ["a", "b"] {
        put_secret(&server, key);
        let last = &rows(&server, "?limit=1")[0];
        let whole = json!({
            "whole": true, "rows": last["id"], "firstId": 1, "lastId": last["id"],
            "lastHash": last["hash"],
        });
        assert_eq!(asked(&server), whole);
    }
}

#[test]
fn an_administrator_is_told_which_row_is_broken_first() {
    let directory = temporary::directory();
    let server = open(config(directory.path())).unwrap();
    put_secret(&server, "a");
    let id = rows(&server, "?limit=1")[0]["id"].as_u64().unwrap();
    put_secret(&server, "b");
    let tampered = format!(
        "DROP TRIGGER audit_rows_stay_as_they_are;
         UPDATE audit SET actor_name = 'nobody' WHERE id = {id}"
    );
    database(directory.path()).execute_batch(&tampered).unwrap();
    let told = json!({
        "whole": false, "rows": 0,
        "broken": format!("row {id} was changed: its hash is not the hash of what it says"),
    });
    assert_eq!(asked(&server), told);
}

#[test]
fn who_does_not_administer_may_not_have_the_log_verified() {
    let directory = temporary::directory();
    let server = open(config(directory.path())).unwrap();
    let call = server.call(Method::POST, "/audit/verify");
    let reply = call.bearer(&server.token("developer")).send();
    check_error(&reply, 403, "es.forbidden");
}
