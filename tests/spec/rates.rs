//! Accounts and lambdas may be invoked as often, and as often at once, as the operator allows.

use std::time::Duration;

use reqwest::Method;
use sandglass_server::{AccountRates, RateConfig};
use serde_json::json;

use crate::harness::server::{ACCOUNT, Reply, TestServer, check_error, start_with};
use crate::harness::{block_on, tokio};

const SLOW: &str = "setTimeout(callback, 500, null, 'done')";

fn rate(per_second: u32, burst: u32) -> RateConfig {
    let mut rate = RateConfig::default();
    (rate.per_second, rate.burst) = (per_second, burst);
    rate
}

fn in_flight(most: u32) -> RateConfig {
    RateConfig {
        in_flight: most,
        ..RateConfig::default()
    }
}

fn invoke(server: &TestServer, lambda: &str) -> Reply {
    server.invoke(lambda, json!({})).send()
}

/// The seconds after which a refused request may be sent again.
fn retry_after(reply: &Reply) -> u64 {
    check_error(reply, 429, "es.toomanyrequests");
    reply.header("retry-after").parse().unwrap()
}

#[test]
fn an_account_may_begin_its_burst_and_not_one_more_and_is_told_when_to_come_back() {
    let server = start_with(|config| {
        // One in ten seconds cannot be said, so a burst makes the wait long enough to be seen.
        config.rates.account = rate(1, 3);
    });
    let hello = server.deploy_body("hello", "callback(null, 1)");
    let other = server.deploy_body("other", "callback(null, 1)");
    for lambda in [&hello, &other, &hello] {
        assert_eq!(invoke(&server, lambda).status, 200);
    }
    let refused = invoke(&server, &other);
    assert_eq!(retry_after(&refused), 1);
    let message = check_error(&refused, 429, "es.toomanyrequests");
    assert!(message.starts_with("the account may begin 1 "), "{message}");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(invoke(&server, &other).status, 200);
}

#[test]
fn a_lambda_past_its_rate_does_not_hold_up_another() {
    let server = start_with(|config| config.rates.lambda = rate(1, 1));
    let hello = server.deploy_body("hello", "callback(null, 1)");
    let other = server.deploy_body("other", "callback(null, 1)");
    assert_eq!(invoke(&server, &hello).status, 200);
    let refused = invoke(&server, &hello);
    let message = check_error(&refused, 429, "es.toomanyrequests");
    assert!(message.starts_with("the lambda may begin 1 "), "{message}");
    assert_eq!(invoke(&server, &other).status, 200);
}

#[test]
fn as_many_may_be_in_flight_as_the_limit_and_not_one_more() {
    let server = start_with(|config| config.rates.lambda = in_flight(2));
    let slow = server.deploy_body("slow", SLOW);
    let hello = server.deploy_body("hello", "callback(null, 1)");
    let running: Vec<_> = (0..2)
        .map(|_| tokio().spawn(server.invoke(&slow, json!({})).send_async()))
        .collect();
    wait_until_running(&server, 2);
    assert_eq!(retry_after(&invoke(&server, &slow)), 1);
    assert_eq!(invoke(&server, &hello).status, 200);
    for reply in running {
        assert_eq!(block_on(reply).unwrap().unwrap().text, "\"done\"");
    }
    assert_eq!(invoke(&server, &slow).text, "\"done\"");
}

#[test]
fn what_waits_for_room_is_in_flight_too() {
    let server = start_with(|config| {
        config.max_concurrent = 1;
        config.rates.account = in_flight(2);
    });
    let slow = server.deploy_body("slow", SLOW);
    let all: Vec<_> = (0..2)
        .map(|_| tokio().spawn(server.invoke(&slow, json!({})).send_async()))
        .collect();
    wait_for(&server, "sandglass_queued 1");
    retry_after(&invoke(&server, &slow));
    for reply in all {
        assert_eq!(block_on(reply).unwrap().unwrap().text, "\"done\"");
    }
}

#[test]
fn an_account_can_have_bounds_of_its_own() {
    let server = start_with(|config| {
        config.rates.account = rate(1, 1);
        let own = AccountRates {
            account: Some(rate(1, 3)),
            ..AccountRates::default()
        };
        let account = ACCOUNT.parse().unwrap();
        config.rates.accounts.insert(account, own);
    });
    let hello = server.deploy_body("hello", "callback(null, 1)");
    for _ in 0..3 {
        assert_eq!(invoke(&server, &hello).status, 200);
    }
    retry_after(&invoke(&server, &hello));
}

#[test]
fn a_called_lambda_counts_as_in_flight() {
    let server = start_with(|config| config.rates.lambda = in_flight(1));
    let slow = server.deploy_body("slow", SLOW);
    let code = "const { Toolbelt } = require('lp-faas-toolbelt');
        async function lambda({ payload: uuid }, callback) {
            const options = { errorStrategy: 'ContinueOnError' };
            const called = [{ uuid, retries: 0 }];
            callback(null, await Toolbelt.OrchestratorClient().invoke(called, 5000, options));
        }";
    let calls = server.deploy("calls", code);
    let running = tokio().spawn(server.invoke(&slow, json!({})).send_async());
    wait_until_running(&server, 1);
    let called = || server.invoke(&calls, json!(slow)).send().json()[0]["statusCode"].clone();
    assert_eq!(called(), 429);
    assert_eq!(block_on(running).unwrap().unwrap().text, "\"done\"");
    assert_eq!(called(), 200);
}

const EVENT: &str = "conversational_command";

/// A lambda of an event, which is live.
fn deploy_for_event(server: &TestServer, name: &str, body: &str) -> String {
    let code = format!("function lambda(input, callback) {{ {body}\n}}");
    let new = json!({
        "name": name, "version": -1, "description": "", "eventId": EVENT,
        "implementation": { "code": code, "dependencies": [], "environmentVariables": [] },
    });
    let made = server.call(Method::POST, "/lambdas?v=1").json(&new).send();
    assert_eq!(made.status, 201, "{made:?}");
    server.deploy_body(name, body)
}

fn happen(server: &TestServer) -> Reply {
    let path = format!("/events/{EVENT}/invoke?v=1&externalSystem=tests");
    let call = server.call(Method::POST, &path);
    call.json(&json!({ "payload": {} })).send()
}

/// A run by hand, as the second generation asks for it.
fn try_out(server: &TestServer, lambda: &str) -> Reply {
    let path = format!("/functions/{lambda}/test");
    let call = server.call(Method::POST, &path);
    call.json(&json!({ "payload": {} })).send()
}

/// Checks that the second generation is refused in its own words.
fn refused_in_second(reply: &Reply) {
    assert_eq!(reply.status, 429, "{reply:?}");
    let code = &reply.json()["code"];
    assert_eq!(code, "com.liveperson.faas.es.toomanyrequests");
    assert_eq!(reply.header("retry-after"), "1");
}

#[test]
fn an_account_may_have_as_many_in_flight_as_the_limit_and_not_one_more() {
    let server = start_with(|config| config.rates.account = in_flight(2));
    let slow = ["one", "two"].map(|name| server.deploy_body(name, SLOW));
    let hello = server.deploy_body("hello", "callback(null, 1)");
    let running = slow.map(|slow| tokio().spawn(server.invoke(&slow, json!({})).send_async()));
    wait_until_running(&server, 2);
    assert_eq!(retry_after(&invoke(&server, &hello)), 1);
    for reply in running {
        assert_eq!(block_on(reply).unwrap().unwrap().text, "\"done\"");
    }
    assert_eq!(invoke(&server, &hello).status, 200);
}

#[test]
fn an_event_counts_for_each_of_its_lambdas() {
    let server = start_with(|config| config.rates.lambda = rate(1, 1));
    let first = deploy_for_event(&server, "first", "callback(null, 1)");
    deploy_for_event(&server, "second", "callback(null, 2)");
    assert_eq!(happen(&server).status, 200);
    retry_after(&happen(&server));
    retry_after(&invoke(&server, &first));

    let server = start_with(|config| config.rates.lambda = in_flight(1));
    let slow = deploy_for_event(&server, "slow", SLOW);
    deploy_for_event(&server, "other", "console.info('ran'); callback(null, 2)");
    let running = tokio().spawn(server.invoke(&slow, json!({})).send_async());
    wait_until_running(&server, 1);
    retry_after(&happen(&server));
    assert_eq!(block_on(running).unwrap().unwrap().status, 200);
    assert_eq!(happen(&server).status, 200);
    // All of them run or none does.
    assert_eq!(server.logs("other", 1).len(), 1);
}

#[test]
fn a_run_by_hand_counts_too() {
    let server = start_with(|config| config.rates.lambda = rate(1, 1));
    let hello = server.deploy_body("hello", "callback(null, 1)");
    assert_eq!(try_out(&server, &hello).status, 200);
    refused_in_second(&try_out(&server, &hello));

    let server = start_with(|config| config.rates.lambda = in_flight(1));
    let slow = server.deploy_body("slow", SLOW);
    let running = tokio().spawn(server.invoke(&slow, json!({})).send_async());
    wait_until_running(&server, 1);
    refused_in_second(&try_out(&server, &slow));
    assert_eq!(block_on(running).unwrap().unwrap().status, 200);
    assert_eq!(try_out(&server, &slow).status, 200);
}

#[test]
fn what_nobody_waits_for_begins_when_it_is_accepted_and_runs_when_there_is_room() {
    let server = start_with(|config| config.rates.lambda = rate(1, 1));
    let hello = server.deploy_body("hello", "callback(null, 1)");
    let defer = |lambda: &str| {
        let call = server.invoke(lambda, json!({}));
        call.header("prefer", "respond-async").send()
    };
    assert_eq!(defer(&hello).status, 202);
    retry_after(&defer(&hello));

    let server = start_with(|config| config.rates.lambda = in_flight(1));
    let slow = server.deploy_body("slow", SLOW);
    let running = tokio().spawn(server.invoke(&slow, json!({})).send_async());
    wait_until_running(&server, 1);
    let call = server.invoke(&slow, json!({}));
    let deferred = call.header("prefer", "respond-async").send();
    assert_eq!(deferred.status, 202, "{deferred:?}");
    assert_eq!(block_on(running).unwrap().unwrap().status, 200);
    wait_for_state(&server, deferred.header("location"), "succeeded");
}

#[test]
fn a_schedule_waits_for_room_and_counts_as_in_flight() {
    let server = start_with(|config| config.rates.lambda = in_flight(1));
    let slow = server.deploy_body("slow", SLOW);
    let schedule = |cron: &str| {
        let body = json!({ "lambdaUUID": slow, "cronExpression": cron });
        let made = server.call(Method::POST, "/schedules?v=1");
        made.json(&body).send().json()["uuid"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let id = schedule("0 0 1 1 *");
    let running = tokio().spawn(server.invoke(&slow, json!({})).send_async());
    wait_until_running(&server, 1);
    let database = rusqlite::Connection::open(server.data_dir.join("sandglass.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    // Due now: time is what tests fake.
    let due = "UPDATE schedules SET next_at = unixepoch('now') * 1000";
    assert_eq!(database.execute(due, []).unwrap(), 1);
    // Makes the clock look.
    schedule("0 0 2 1 *");
    assert_eq!(block_on(running).unwrap().unwrap().status, 200);
    let path = format!("/schedules/{id}/history");
    let ended = (0..3_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        let history = server.call(Method::GET, &path).send().json();
        history[0]["state"] == "succeeded"
    });
    assert!(ended, "{:?}", server.call(Method::GET, &path).send());
}

fn wait_for_state(server: &TestServer, location: &str, state: &str) {
    let look = || {
        let call = server.plain(Method::GET, location);
        call.bearer(&server.admin_token).send().json()["state"].clone()
    };
    let reached = (0..3_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        look() == state
    });
    assert!(reached, "{:?}", look());
}

#[test]
fn an_event_counts_as_all_of_its_lambdas_or_not_at_all() {
    let server = start_with(|config| config.rates.account = rate(1, 4));
    for name in ["one", "two", "three"] {
        server.make_for("conversational_command", name);
        server.deploy_body(name, "console.info('ran'); callback(null, 1)");
    }
    let path = "/events/conversational_command/invoke?v=1&externalSystem=x";
    let happen = || {
        let call = server.call(Method::POST, path);
        call.json(&json!({ "payload": {} })).send()
    };
    assert_eq!(happen().status, 200);
    // One is left: too few for three, and none of it is taken.
    assert_eq!(retry_after(&happen()), 2);
    assert_eq!(invoke(&server, "one").status, 200);
    assert_eq!(retry_after(&invoke(&server, "one")), 1);
    for (name, runs) in [("one", 2), ("two", 1), ("three", 1)] {
        assert_eq!(server.logs(name, runs).len(), runs, "{name}");
    }
}

#[test]
fn an_event_of_more_lambdas_than_the_burst_happens_after_a_pause() {
    let server = start_with(|config| config.rates.account = rate(2, 2));
    for name in ["one", "two", "three"] {
        server.make_for("conversational_command", name);
        server.deploy_body(name, "callback(null, 1)");
    }
    let path = "/events/conversational_command/invoke?v=1&externalSystem=x";
    let call = server.call(Method::POST, path);
    let reply = call.json(&json!({ "payload": {} })).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    // It has taken three of two.
    assert_eq!(retry_after(&invoke(&server, "one")), 1);
}

fn wait_until_running(server: &TestServer, count: u32) {
    wait_for(server, &format!("sandglass_running {count}"));
}

fn wait_for(server: &TestServer, line: &str) {
    let there = || {
        let page = server.plain(Method::GET, "/metrics").send().text;
        page.lines().any(|known| known == line)
    };
    while !there() {
        std::thread::sleep(Duration::from_millis(1));
    }
}
