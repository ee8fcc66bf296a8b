//! A disabled account keeps all that it has, and nothing of it can be used until it is enabled.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::harness::sentinel::form;
use crate::harness::server::{check_error, config, open, start};

#[test]
fn nothing_opens_a_disabled_account_and_everything_does_when_it_is_enabled() {
    let server = start();
    let acme = server.account("acme");
    let lambda = acme.deploy_body("hello", "callback(null, 1)");
    let bearer = acme.login().send().json()["bearer"]
        .as_str()
        .unwrap()
        .to_owned();
    let app = json!({ "client_name": "crm", "grant_types": ["client_credentials"] });
    let app = acme.call(Method::POST, "/apps").json(&app).send().json();
    let key = acme
        .call(Method::POST, "/context-keys")
        .json(&json!({ "name": "crm" }));
    let key = key.send().json();
    let key = key["key"].as_str().unwrap().to_owned();
    let parameters = form(&[
        ("grant_type", "client_credentials"),
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", app["client_secret"].as_str().unwrap()),
    ]);
    let app_token = || {
        let path = "/sentinel/api/account/acme/app/token?v=2.0";
        let call = server.plain(Method::POST, path);
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        call.body(parameters.clone()).send()
    };
    let jwt = app_token().json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let statuses = || {
        let context = server.plain(Method::GET, "/v1/account/acme/");
        [
            acme.invoke(&lambda).send().status,
            acme.invoke(&lambda).bearer(&bearer).send().status,
            acme.invoke(&lambda).bearer(&jwt).send().status,
            acme.call(Method::GET, "/users").send().status,
            acme.login().send().status,
            app_token().status,
            context.header("maven-api-key", &key).send().status,
        ]
    };
    assert_eq!(statuses()[..6], [200; 6]);
    let in_context = statuses()[6];
    assert_ne!(in_context, 403);

    assert_eq!(server.set_enabled("acme", false)["enabled"], false);
    assert_eq!(statuses(), [403; 7]);
    let said = check_error(&acme.invoke(&lambda).send(), 403, "es.forbidden");
    assert_eq!(
        said,
        "the account is disabled: ask the operator of this server"
    );
    // Others are as they were.
    let own = server.deploy_body("hello", "callback(null, 2)");
    assert_eq!(server.invoke(&own, json!({})).send().text, "2");

    assert_eq!(server.set_enabled("acme", true)["enabled"], true);
    assert_eq!(statuses()[..6], [200; 6]);
    assert_eq!(statuses()[6], in_context);
}

#[test]
fn a_disabled_account_stays_so_over_a_restart_and_both_are_on_record() {
    let server = start();
    let acme = server.account("acme");
    server.set_enabled("acme", false);
    // Twice is once.
    server.set_enabled("acme", false);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    let list = |token: &str| {
        let call = again.plain(Method::GET, "/api/account/acme/audit");
        call.bearer(token).send()
    };
    assert_eq!(list(&acme.token).status, 403);
    again.set_enabled("acme", true);
    let log = list(&acme.token).text;
    for action in ["account.disable", "account.enable"] {
        assert_eq!(log.matches(action).count(), 1, "{log}");
    }
}

#[test]
fn what_waits_in_the_queue_of_a_disabled_account_waits_on() {
    let server = start();
    let acme = server.account("acme");
    let lambda = acme.deploy_body("hello", "console.info('ran'); callback(null, 1)");
    let sent = acme
        .invoke(&lambda)
        .header("prefer", "respond-async")
        .send();
    assert_eq!(sent.status, 202, "{sent:?}");
    let state = || {
        let path = sent.header("location");
        let reply = server.plain(Method::GET, path).bearer(&acme.token).send();
        reply.json()["state"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let until = |wanted: &dyn Fn() -> bool| {
        let reached = (0..2_000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            wanted()
        });
        assert!(reached, "it is {}", state());
    };
    until(&|| state() == "succeeded");
    server.set_enabled("acme", false);
    let database = rusqlite::Connection::open(server.data_dir.join("sandglass.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    // Due once more: time is what tests fake.
    let again = "UPDATE queue SET state = 'waiting', due_at = 0, attempts = 0, expires_at = NULL";
    assert_eq!(database.execute(again, []).unwrap(), 1);
    let own = server.deploy_body("hello", "callback(null, 2)");
    // Makes the queue look at what is due.
    server
        .invoke(&own, json!({}))
        .header("prefer", "respond-async")
        .send();
    let due_at = || -> i64 {
        let sql = "SELECT due_at FROM queue ORDER BY id LIMIT 1";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    until(&|| due_at() > 0);
    server.set_enabled("acme", true);
    assert_eq!(state(), "waiting");
    let logs = acme
        .call(Method::GET, &format!("/lambdas/{lambda}/logs"))
        .send()
        .json();
    assert_eq!(logs["entries"].as_array().unwrap().len(), 1, "{logs}");
}

#[test]
fn no_schedule_of_a_disabled_account_runs() {
    let server = start();
    let acme = server.account("acme");
    let lambda = acme.deploy_body("hello", "callback(null, 1)");
    let new = json!({ "lambdaUUID": lambda, "cronExpression": "* * * * *" });
    let made = acme.call(Method::POST, "/schedules?v=1").json(&new).send();
    let id = made.json()["uuid"].as_str().unwrap().to_owned();
    server.set_enabled("acme", false);
    let database = rusqlite::Connection::open(server.data_dir.join("sandglass.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    assert_eq!(
        database
            .execute("UPDATE schedules SET next_at = 1", [])
            .unwrap(),
        1
    );
    // Another account's schedule makes the clock look.
    let own = server.deploy_body("hello", "callback(null, 2)");
    let new = json!({ "lambdaUUID": own, "cronExpression": "0 0 1 1 *" });
    let other = server
        .call(Method::POST, "/schedules?v=1")
        .json(&new)
        .send();
    assert_eq!(other.status, 201, "{other:?}");
    let next_at = || -> i64 {
        let sql = "SELECT next_at FROM schedules ORDER BY id LIMIT 1";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let moved_on = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        next_at() > 1
    });
    assert!(moved_on);
    server.set_enabled("acme", true);
    let path = format!("/schedules/{id}/history");
    let history = acme.call(Method::GET, &path).send().json();
    assert_eq!(history, json!([]));
}
