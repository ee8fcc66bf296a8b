//! What waits, and what came of it, lies in the database as secrets do.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use sandglass_server::Config;
use serde_json::json;

use super::{CUSTOM_FAILURE, ECHO, FAILS, accept, look, wait};
use crate::harness::server::{config, open, start_with};

/// Whether any file of a server that has stopped holds this text.
fn is_on_disk(data_dir: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(data_dir).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

#[test]
fn what_waits_and_what_came_of_it_lie_sealed_in_the_database() {
    let server = start_with(|config| config.queue.backoff_ms = 600_000);
    let echo = server.deploy_body("echo", ECHO);
    let fails = server.deploy_body("fails", FAILS);
    let done = accept(&server, &echo, json!("the answer, too"), "respond-async");
    let dead = accept(
        &server,
        &fails,
        json!("a dead letter"),
        "respond-async; retries=0",
    );
    let waits = accept(
        &server,
        &fails,
        json!("waits on"),
        "respond-async; retries=1",
    );
    wait(&server, &done, "succeeded");
    wait(&server, &dead, "dead");
    while look(&server, &waits)["status"] != 901 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let schedule = json!({ "lambdaUUID": echo, "cronExpression": "* * * * *" });
    let made = server
        .call(Method::POST, "/schedules")
        .json(&schedule)
        .send();
    assert_eq!(made.status, 201, "{made:?}");
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    for text in [
        "the answer, too",
        "a dead letter",
        "waits on",
        "custom-failure",
    ] {
        assert!(!is_on_disk(&data_dir, text), "{text}");
    }
    assert!(is_on_disk(&data_dir, "luck"), "what is not sealed is found");
    let again = open(config(&data_dir)).unwrap();
    assert_eq!(look(&again, &done)["result"], "the answer, too");
    assert_eq!(look(&again, &dead)["error"]["errorCode"], CUSTOM_FAILURE);
    again.stop();
}

#[test]
fn what_a_release_before_left_unsealed_runs_and_is_sealed_when_the_server_starts() {
    let server = start_with(|config| config.queue.backoff_ms = 600_000);
    let fails = server.deploy_body("fails", FAILS);
    let id = accept(&server, &fails, json!("mine"), "respond-async; retries=0");
    wait(&server, &id, "dead");
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    // As the release before left it.
    let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap();
    let body = format!("{{\"payload\":\"{}\"}}", "left in plain ".repeat(1_000));
    let answer = "{\"errorCode\":\"left.in.plain\",\"errorMsg\":\"\"}";
    let sql = "UPDATE queue SET body = ?1, answer = ?2, sealed_body = NULL, sealed_answer = NULL";
    assert_eq!(database.execute(sql, [&body, answer]).unwrap(), 1);
    database.close().unwrap();
    assert!(is_on_disk(&data_dir, "left in plain"));

    let again = open(config(&data_dir)).unwrap();
    assert_eq!(look(&again, &id)["error"]["errorCode"], "left.in.plain");
    again.deploy_body("fails", "callback(null, input.payload.length)");
    let redrive = format!("/invocations/{id}/redrive");
    let redriven = again.call(Method::POST, &redrive).send();
    assert_eq!(redriven.status, 204, "{redriven:?}");
    assert_eq!(wait(&again, &id, "succeeded")["result"], 14_000);
    again.stop();
    assert!(!is_on_disk(&data_dir, "left in plain"));
    assert!(!is_on_disk(&data_dir, "left.in.plain"));
}

#[test]
fn what_another_key_has_sealed_is_a_dead_letter_that_says_so() {
    let server = start_with(|config| config.queue.backoff_ms = 600_000);
    let fails = server.deploy_body("fails", FAILS);
    let id = accept(&server, &fails, json!("mine"), "respond-async; retries=0");
    wait(&server, &id, "dead");
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        .parse()
        .unwrap();
    let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap();
    // The keys that sign are sealed too, and made anew where there are none.
    database.execute("DELETE FROM signing_keys", []).unwrap();
    database.close().unwrap();
    let again = open(Config {
        secret_key: Some(key),
        ..config(&data_dir)
    });
    let again = again.unwrap();
    assert_eq!(look(&again, &id).get("error"), None, "it does not open");
    let redrive = format!("/invocations/{id}/redrive");
    assert_eq!(again.call(Method::POST, &redrive).send().status, 204);
    let dead = wait(&again, &id, "dead");
    let message = dead["error"]["errorMsg"].as_str().unwrap();
    assert!(
        message.contains("was not sealed with this server's key"),
        "{dead}"
    );
    again.stop();
}
