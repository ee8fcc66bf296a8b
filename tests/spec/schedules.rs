//! Lambdas are invoked by the clock, over restarts, never twice for one time, and what was missed
//! is made up for by one rule.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use sandglass_server::{Config, TelemetryConfig};
use serde_json::{Value, json};

use crate::harness::binary::{self, sandglass};
use crate::harness::server::{Reply, TestServer, check_error, config, open, start};
use crate::harness::upstream::{Upstream, answer};

const MINUTE: u64 = 60_000;
/// Never due while a test runs.
const YEARLY: &str = "0 0 1 1 *";

fn create(server: &TestServer, body: &Value) -> Reply {
    let call = server.call(Method::POST, "/schedules?v=1");
    call.json(body).send()
}

/// Makes a schedule and returns its id.
#[track_caller]
fn schedule(server: &TestServer, lambda: &str, cron: &str) -> String {
    let reply = create(
        server,
        &json!({ "lambdaUUID": lambda, "cronExpression": cron }),
    );
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json()["uuid"].as_str().unwrap().to_owned()
}

#[track_caller]
fn get(server: &TestServer, path: &str) -> Value {
    let reply = server
        .call(Method::GET, &format!("/schedules{path}"))
        .send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

fn put(server: &TestServer, id: &str, change: &Value) -> Reply {
    let path = format!("/schedules/{id}");
    server.call(Method::PUT, &path).json(change).send()
}

/// The history of a schedule once its latest run has ended.
#[track_caller]
fn history(server: &TestServer, id: &str, runs: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let history = get(server, &format!("/{id}/history"));
        let all = history.as_array().expect("a list").clone();
        if all.len() >= runs && all.iter().all(|run| run["state"] != "started") {
            return all;
        }
        assert!(begun.elapsed() < Duration::from_secs(70), "{all:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis() as u64
}

/// Makes a schedule due at a moment of the test's choice: time is what tests fake.
fn make_due(data_dir: &Path, id: &str, at: u64) {
    let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let sql = "UPDATE schedules SET next_at = ?2 WHERE uuid = ?1";
    let changed = database.execute(sql, rusqlite::params![id, at as i64]);
    assert_eq!(changed.unwrap(), 1);
}

/// Stops a server, makes a schedule due in the past, and starts the server again.
fn miss(server: TestServer, id: &str, ago: u64, change: impl FnOnce(&mut Config)) -> TestServer {
    let data_dir = server.data_dir.clone();
    let directory = server.stop();
    make_due(&data_dir, id, now() - ago);
    let mut config = config(&data_dir);
    change(&mut config);
    let again = open(config).unwrap();
    // Lives as long as the process, which clears its directory.
    std::mem::forget(directory);
    again
}

#[test]
fn a_schedule_is_made_as_the_platforms_own_command_makes_it() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let reply = create(
        &server,
        &json!({
            "timestamp": 0, "uuid": "", "lambdaUUID": lambda,
            "cronExpression": "0 8 * * MON-FRI", "isActive": true,
        }),
    );
    assert_eq!(reply.status, 201, "{reply:?}");
    let made = reply.json();
    assert_eq!(
        (
            &made["lambdaUUID"],
            &made["cronExpression"],
            &made["isActive"]
        ),
        (&json!(lambda), &json!("0 8 * * MON-FRI"), &json!(true))
    );
    assert_eq!(made["createdBy"], "admin.token");
    assert_eq!(
        (&made["didLastExecutionFail"], &made["lastExecution"]),
        (&json!(false), &Value::Null)
    );
    let next = made["nextExecution"].as_str().unwrap();
    assert!(next.ends_with("T08:00:00Z"), "{next}");
    assert_eq!(made["timeZone"], "Etc/UTC");
    let id = made["uuid"].as_str().unwrap();
    assert_eq!(get(&server, ""), json!([made]));
    assert_eq!(get(&server, &format!("/{id}")), made);
}

#[test]
fn the_second_generations_names_are_understood() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let reply = create(
        &server,
        &json!({
            "functionUuid": lambda, "cronExpression": "30 2 * * *", "timeZone": "Europe/Berlin",
            "description": "at night", "isActive": false,
            "invocationBody": { "headers": { "a": "b" }, "payload": { "n": [1] } },
        }),
    );
    let made = reply.json();
    assert_eq!(
        (
            &made["timeZone"],
            &made["description"],
            &made["nextExecution"]
        ),
        (&json!("Europe/Berlin"), &json!("at night"), &Value::Null)
    );
    assert_eq!(
        made["invocationBody"],
        json!({ "headers": { "a": "b" }, "payload": { "n": [1] } }),
        "as it was sent"
    );
}

#[test]
fn a_schedule_can_be_changed_paused_resumed_and_deleted() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let other = server.deploy_body("other", "callback(null, 1)");
    let id = schedule(&server, &lambda, YEARLY);
    let before = get(&server, &format!("/{id}"));
    let paused = put(&server, &id, &json!({ "isActive": false })).json();
    assert_eq!(
        (&paused["isActive"], &paused["nextExecution"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(paused["cronExpression"], YEARLY, "what is left out stays");
    let resumed = put(&server, &id, &json!({ "isActive": true })).json();
    assert_eq!(resumed["nextExecution"], before["nextExecution"]);
    let change =
        json!({ "cronExpression": "@hourly", "timeZone": "Asia/Tokyo", "lambdaUUID": "hello" });
    let changed = put(&server, &id, &change).json();
    assert_ne!(changed["nextExecution"], before["nextExecution"]);
    let moved = put(&server, &id, &json!({ "lambdaUUID": other }));
    assert_eq!(moved.status, 400, "{moved:?}");
    let path = format!("/schedules/{id}");
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(get(&server, ""), json!([]));
    for reply in [
        server.call(Method::GET, &path).send(),
        server.call(Method::DELETE, &path).send(),
        server.call(Method::GET, &format!("{path}/history")).send(),
        put(&server, &id, &json!({})),
    ] {
        check_error(&reply, 404, "es.notfound");
    }
}

#[test]
fn what_cannot_be_a_schedule_is_refused_with_what_to_do() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let refused = |change: Value| {
        let mut body = json!({ "lambdaUUID": lambda, "cronExpression": YEARLY });
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        check_error(&create(&server, &body), 400, "es.badinput")
    };
    for (change, said) in [
        (
            json!({ "cronExpression": "* * * * * *" }),
            "6 fields and not 5",
        ),
        (json!({ "cronExpression": "61 * * * *" }), "out of bounds"),
        (json!({ "cronExpression": "@reboot" }), "@hourly"),
        (json!({ "cronExpression": "0 0 31 2 *" }), "never due"),
        (
            json!({ "cronExpression": null }),
            "cronExpression is missing",
        ),
        (json!({ "timeZone": "Mars/Olympus" }), "IANA"),
        (json!({ "lambdaUUID": null }), "lambdaUUID is missing"),
        (json!({ "lambdaUUID": "nowhere" }), "no lambda nowhere"),
        (json!({ "isActive": "yes" }), "isActive"),
    ] {
        let message = refused(change.clone());
        let known = message.contains(said) || said == "isActive" && message.contains("boolean");
        assert!(known, "{change}: {message}");
    }
    assert_eq!(get(&server, ""), json!([]));
}

#[test]
fn each_part_of_a_schedule_may_be_as_long_as_its_limit_and_not_one_character_more() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let id = schedule(&server, &lambda, YEARLY);
    let status = |change: Value| put(&server, &id, &change).status;
    let description = |chars: usize| json!({ "description": "ä".repeat(chars) });
    assert_eq!(status(description(200)), 200);
    assert_eq!(status(description(201)), 400);
    let payload = |chars: usize| json!({ "invocationBody": { "payload": "ä".repeat(chars - 2) } });
    assert_eq!(status(payload(8_000)), 200);
    assert_eq!(status(payload(8_001)), 400);
    let cron = |chars: usize| json!({ "cronExpression": format!("{:<chars$}", YEARLY) });
    assert_eq!(status(cron(120)), 200);
    assert_eq!(status(cron(121)), 400);
}

#[test]
fn an_account_may_have_as_many_schedules_as_the_limit_and_not_one_more() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let ids: Vec<_> = (0..10)
        .map(|_| schedule(&server, &lambda, YEARLY))
        .collect();
    let body = json!({ "lambdaUUID": lambda, "cronExpression": YEARLY });
    let message = check_error(&create(&server, &body), 400, "es.badinput");
    assert!(message.contains("10 schedules"), "{message}");
    let path = format!("/schedules/{}", ids[0]);
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    schedule(&server, &lambda, YEARLY);
}

#[test]
fn an_expression_can_be_asked_when_it_is_due() {
    let server = start();
    let path = "/next?cron=0%2012%20*%20*%20*&timeZone=Europe/Berlin&count=3";
    let next = get(&server, path);
    assert_eq!(next["description"], "At 12:00.");
    assert_eq!(next["timeZone"], "Europe/Berlin");
    assert_eq!(next["next"].as_array().unwrap().len(), 3);
    assert_eq!(
        get(&server, "/next?cron=@daily")["next"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    for bad in [
        "/next",
        "/next?cron=x",
        "/next?cron=@daily&timeZone=x",
        "/next?cron=@daily&count=x",
    ] {
        let reply = server.call(Method::GET, &format!("/schedules{bad}")).send();
        assert_eq!(reply.status, 400, "{reply:?}");
    }
}

#[test]
fn a_schedule_runs_when_it_is_due_with_its_payload_and_notes_how_it_went() {
    let server = start();
    let lambda = server.deploy_body(
        "works",
        "console.info(JSON.stringify(input)); callback(null, 1)",
    );
    let fails = server.deploy_body("fails", "callback(new Error('no luck'))");
    let body = json!({
        "lambdaUUID": lambda, "cronExpression": "* * * * *",
        "invocationBody": { "headers": [{ "key": "a", "value": "b" }], "payload": { "n": 1 } },
    });
    let id = create(&server, &body).json()["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    let failing = schedule(&server, &fails, "* * * * *");
    let paused = schedule(&server, &lambda, "* * * * *");
    put(&server, &paused, &json!({ "isActive": false }));

    // The one test that waits for the clock, a minute at most.
    let run = history(&server, &id, 1).remove(0);
    assert_eq!(run["state"], "succeeded", "{run}");
    let due = run["dueAt"].as_str().unwrap();
    assert!(due.ends_with(":00Z"), "{due}");
    let logs = server.logs(&lambda, 1);
    assert_eq!(logs.len(), 1, "the paused one did not run");
    assert_eq!(logs[0]["requestId"], run["invocation"]);
    let input: Value = serde_json::from_str(logs[0]["message"].as_str().unwrap()).unwrap();
    assert_eq!(input["payload"], json!({ "n": 1 }));
    assert_eq!(input["headers"], json!([{ "key": "a", "value": "b" }]));
    assert_eq!(input["timestamp"].as_u64().unwrap() % MINUTE, 0);
    let seen = get(&server, &format!("/{id}"));
    assert_eq!(
        (&seen["lastExecution"], &seen["didLastExecutionFail"]),
        (&json!(due), &json!(false))
    );
    assert_eq!(history(&server, &failing, 1)[0]["state"], "failed");
    let failed = get(&server, &format!("/{failing}"));
    assert_eq!(failed["didLastExecutionFail"], true);
    assert_eq!(
        get(&server, &format!("/{paused}"))["lastExecution"],
        Value::Null
    );
}

#[test]
fn of_the_runs_that_were_missed_only_the_latest_is_made_up_for() {
    let server = start();
    let lambda = server.deploy_body("works", "callback(null, 1)");
    let id = schedule(&server, &lambda, "* * * * *");
    let server = miss(server, &id, 30 * MINUTE, |_| {});
    let runs = history(&server, &id, 2);
    assert_eq!(runs[0]["state"], "succeeded", "{runs:?}");
    assert_eq!(runs.last().unwrap()["state"], "missed");
    let note = runs.last().unwrap()["note"].as_str().unwrap();
    assert!(
        note.contains("missed 29") || note.contains("missed 30"),
        "{note}"
    );
    let next = get(&server, &format!("/{id}"))["nextExecution"].clone();
    assert_ne!(next, Value::Null);
    server.stop();
}

#[test]
fn a_run_is_a_trace_of_its_own() {
    let collector = Upstream::start(|_| answer(200, ""));
    let server = start();
    let lambda = server.deploy_body("by-clock", "callback(null, 1)");
    let id = schedule(&server, &lambda, "* * * * *");
    let server = miss(server, &id, 5 * MINUTE, |config| {
        let telemetry = TelemetryConfig::to(collector.url(""));
        config.telemetry = Some(TelemetryConfig {
            export_interval_ms: 50,
            ..telemetry
        });
    });
    history(&server, &id, 2);
    server.stop();
    let exports = collector.received();
    let told = |text: &str| {
        let mut bodies = exports.iter().map(|export| &export.body);
        bodies.any(|body| body.windows(text.len()).any(|part| part == text.as_bytes()))
    };
    assert!(told("by-clock") && told("returned"));
}

#[test]
fn what_was_missed_longer_ago_than_the_limit_is_not_made_up_for() {
    for (cron, catch_up, state) in [(YEARLY, 400 * 24 * 60, "succeeded"), (YEARLY, 10, "missed")] {
        let server = start();
        let lambda = server.deploy_body("works", "callback(null, 1)");
        let id = schedule(&server, &lambda, cron);
        let server = miss(server, &id, 366 * 24 * 60 * MINUTE, |config| {
            config.schedules.catch_up_minutes = catch_up;
        });
        let runs = history(&server, &id, 1);
        assert_eq!(runs[0]["state"], state, "{runs:?}");
        server.stop();
    }
}

#[test]
fn a_run_that_is_due_while_the_one_before_still_runs_is_skipped() {
    let server = start();
    let lambda = server.deploy_body("slow", "setTimeout(callback, 1500, null, 1)");
    let id = schedule(&server, &lambda, YEARLY);
    let due = |at: u64| {
        make_due(&server.data_dir, &id, at);
        // Somebody changed a schedule, so the clock is looked at.
        assert_eq!(
            put(&server, &id, &json!({ "description": "due" })).status,
            200
        );
    };
    due(now() - 1_000);
    let running = || get(&server, &format!("/{id}/history"))[0]["state"] == "started";
    while !running() {
        std::thread::sleep(Duration::from_millis(5));
    }
    due(now() - 1_000);
    let runs = history(&server, &id, 2);
    assert_eq!(
        (&runs[0]["state"], &runs[1]["state"]),
        (&json!("skipped"), &json!("succeeded"))
    );
    assert_eq!(runs[0]["note"], "the run before had not ended");
    due(now() - 1_000);
    assert_eq!(history(&server, &id, 3)[0]["state"], "succeeded");
}

#[test]
fn a_history_keeps_as_many_runs_as_the_limit_and_not_one_more() {
    let server = crate::harness::server::start_with(|config| config.schedules.runs_max = 2);
    let lambda = server.deploy_body("works", "callback(null, 1)");
    let id = schedule(&server, &lambda, YEARLY);
    for runs in [1, 2, 2] {
        let before = get(&server, &format!("/{id}"))["lastExecution"].clone();
        make_due(&server.data_dir, &id, now() - 1_000);
        put(&server, &id, &json!({ "description": "due" }));
        while get(&server, &format!("/{id}"))["lastExecution"] == before {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(history(&server, &id, runs).len(), runs);
    }
}

#[test]
fn schedules_survive_a_restart_and_go_with_their_lambda() {
    let server = start();
    let lambda = server.deploy_body("works", "callback(null, 1)");
    let id = schedule(&server, &lambda, YEARLY);
    let before = get(&server, &format!("/{id}"));
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    assert_eq!(get(&again, &format!("/{id}")), before);
    again.deploy_body("works", "callback(null, 2)");
    assert_eq!(
        get(&again, &format!("/{id}")),
        before,
        "a new version changes nothing"
    );
    again.undeploy("works");
    let deleted = again.call(Method::DELETE, "/lambdas/works").send();
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(get(&again, ""), json!([]));
    again.stop();
}

#[test]
fn a_schedule_rests_while_its_lambda_is_not_deployed_and_says_why() {
    let server = start();
    let lambda = server.deploy_body("works", "callback(null, 1)");
    let id = schedule(&server, &lambda, YEARLY);
    let before = get(&server, &format!("/{id}"));
    let deployment = |method| {
        let path = format!("/deployments/{lambda}");
        let reply = server.call(method, &path).send();
        assert!((200..300).contains(&reply.status), "{reply:?}");
    };
    let look = || get(&server, &format!("/{id}"));
    let wait = |deployed: bool| {
        let begun = Instant::now();
        while look().get("pausedReason").is_none() != deployed {
            assert!(begun.elapsed() < Duration::from_secs(20), "{}", look());
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    deployment(Method::DELETE);
    wait(false);
    let paused = look();
    assert_eq!(
        (&paused["isActive"], &paused["nextExecution"]),
        (&json!(true), &Value::Null)
    );
    make_due(&server.data_dir, &id, now() - 1_000);
    put(&server, &id, &json!({ "description": "due" }));
    let body = json!({ "lambdaUUID": lambda, "cronExpression": YEARLY });
    let message = check_error(&create(&server, &body), 400, "es.badinput");
    assert!(message.contains("is not deployed"), "{message}");
    deployment(Method::POST);
    wait(true);
    assert_eq!(look()["nextExecution"], before["nextExecution"]);
    assert_eq!(
        get(&server, &format!("/{id}/history")),
        json!([]),
        "nothing ran meanwhile"
    );
}

#[test]
fn the_command_manages_schedules() {
    let server = start();
    server.deploy_body("works", "callback(null, 1)");
    let run = |arguments: &[&str]| {
        let mut command = sandglass(&[&["schedule"], arguments].concat());
        command.env("SANDGLASS_SERVER", &server.url);
        command.env("SANDGLASS_TOKEN", &server.admin_token);
        let ran = binary::run(command);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran
    };
    let zone = ["--time-zone", "Europe/Berlin", "--payload", "{\"n\":1}"];
    let added = run(&[&["add", "works", YEARLY], &zone[..]].concat());
    let id = added.out.trim();
    let list = run(&["list"]);
    assert!(
        list.out.contains(id) && list.out.contains("active"),
        "{list:?}"
    );
    run(&["pause", id]);
    assert!(run(&["list"]).out.contains("paused"));
    run(&["resume", id]);
    let next = run(&["next", "@daily"]);
    assert_eq!(next.out.lines().count(), 5, "{next:?}");
    make_due(&server.data_dir, id, now() - 1_000);
    run(&["pause", id]);
    assert!(run(&["runs", id, "--json"]).json().is_array());
    run(&["remove", id]);
    assert_eq!(run(&["list", "--json"]).json(), json!([]));
}
