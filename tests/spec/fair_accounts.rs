//! The flood of one account costs another no more than its turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use sandglass_server::Config;
use serde_json::{Value, json};

use crate::harness::server::{ACCOUNT, Call, TestServer, start_with};
use crate::harness::{block_on, tokio};

const OTHER: &str = "20000002";

/// A server with two accounts, each with a token and a lambda.
struct TwoAccounts {
    server: TestServer,
    /// The token and the lambda of each.
    flooding: (String, String),
    other: (String, String),
}

/// Starts it with one slot.
fn two_accounts(change: impl FnOnce(&mut Config)) -> TwoAccounts {
    let server = start_with(|config| {
        config.max_concurrent = 1;
        config.queue_wait_ms = 60_000;
        change(config);
    });
    let flooding = server.admin_token.clone();
    let other = server.account(OTHER).token;
    let deploy = |account: &str, token: &str| {
        let reply = deployment(&server, account, token, ("slow", SLOW)).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["uuid"].as_str().unwrap().to_owned()
    };
    let flooded = deploy(ACCOUNT, &flooding);
    let quiet = deploy(OTHER, &other);
    TwoAccounts {
        flooding: (flooding, flooded),
        other: (other, quiet),
        server,
    }
}

/// Takes as many milliseconds as its payload says, or 150.
const SLOW: &str = "function lambda(input, callback) {
    setTimeout(callback, input.payload.ms || 150, null, 'done');
}";
/// Calls a lambda for each of the payload's times, all of them at once.
const CALLS: &str = "const { Toolbelt } = require('lp-faas-toolbelt');
async function lambda({ payload }, callback) {
    const calls = payload.map((ms) => ({ uuid: 'slow', payload: { ms }, retries: 0 }));
    const options = { invokeParallel: true };
    const answers = await Toolbelt.OrchestratorClient().invoke(calls, 20000, options);
    callback(null, answers.map(({ statusCode }) => statusCode));
}";

fn deployment(server: &TestServer, account: &str, token: &str, (name, code): (&str, &str)) -> Call {
    let body = json!({ "name": name, "fileName": format!("{name}.js"), "code": code });
    let url = format!("{}/api/account/{account}/deploy", server.url);
    Call::new(Method::POST, url).bearer(token).json(&body)
}

impl TwoAccounts {
    fn invoke(&self, account: &str, whose: &(String, String)) -> Call {
        self.invoke_with(account, whose, &json!({}))
    }

    fn invoke_with(
        &self,
        account: &str,
        (token, lambda): &(String, String),
        payload: &Value,
    ) -> Call {
        let path = format!("lambdas/{lambda}/invoke?v=1&externalSystem=x");
        let url = format!("{}/api/account/{account}/{path}", self.server.url);
        let call = Call::new(Method::POST, url).bearer(token);
        call.json(&json!({ "payload": payload }))
    }

    /// Lets both accounts have a lambda of this code, and tells them apart as [`Self::flooding`] does.
    fn both_deploy(&self, (name, code): (&str, &str)) -> [(String, String); 2] {
        [(ACCOUNT, &self.flooding), (OTHER, &self.other)].map(|(account, (token, _))| {
            let reply = deployment(&self.server, account, token, (name, code)).send();
            assert_eq!(reply.status, 200, "{reply:?}");
            (token.clone(), name.to_owned())
        })
    }

    /// How many invocations run, or wait.
    fn count(&self, metric: &str) -> usize {
        let page = self.server.plain(Method::GET, "/metrics").send().text;
        let mut values = page.lines().filter_map(|line| line.strip_prefix(metric));
        values.next().unwrap().trim().parse().unwrap()
    }

    /// Waits until so many wait for a slot.
    fn wait_for_queued(&self, least: usize) {
        self.wait_for("sandglass_queued", least);
    }

    #[track_caller]
    fn wait_for(&self, metric: &str, least: usize) {
        for _ in 0..3_000 {
            if self.count(metric) >= least {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{metric} is {}, not {least}", self.count(metric));
    }

    /// A limit of the account, as `max` and `used`.
    fn limit(&self, account: &str, (token, _): &(String, String), name: &str) -> [Value; 2] {
        let url = format!("{}/api/account/{account}/limits", self.server.url);
        let list = Call::new(Method::GET, url).bearer(token).send().json();
        let mut limits = list.as_array().unwrap().iter();
        let limit = limits.find(|limit| limit["name"] == name).unwrap();
        ["max", "used"].map(|field| limit[field].clone())
    }
}

/// Longer than anything that happens at once takes.
const LONG_MS: u64 = 6_000;
/// What is not kept waiting comes within this time.
const SOON: Duration = Duration::from_millis(LONG_MS / 2);

#[test]
fn accounts_that_wait_take_turns() {
    let all = two_accounts(|config| config.queue_max = 64);
    let done = Arc::new(AtomicUsize::new(0));
    let flood: Vec<_> = (0..20)
        .map(|_| {
            let (call, done) = (all.invoke(ACCOUNT, &all.flooding), Arc::clone(&done));
            tokio().spawn(async move {
                let reply = call.send_async().await.unwrap();
                done.fetch_add(1, Ordering::SeqCst);
                reply.status
            })
        })
        .collect();
    all.wait_for_queued(12);
    let before = done.load(Ordering::SeqCst);
    let reply = all.invoke(OTHER, &all.other).send();
    let meanwhile = done.load(Ordering::SeqCst) - before;
    assert_eq!(reply.text, "\"done\"");
    assert!(meanwhile <= 4, "it waited for {meanwhile} of the flood");
    for status in flood {
        assert_eq!(block_on(status).unwrap(), 200);
    }
}

#[test]
fn a_queue_that_one_account_has_filled_has_room_for_another() {
    let all = two_accounts(|config| config.queue_max = 4);
    let flood: Vec<_> = (0..20)
        .map(|_| tokio().spawn(all.invoke(ACCOUNT, &all.flooding).send_async()))
        .collect();
    all.wait_for_queued(4);
    let reply = all.invoke(OTHER, &all.other).send();
    assert_eq!((reply.status, reply.text.as_str()), (200, "\"done\""));
    let statuses: Vec<_> = flood
        .into_iter()
        .map(|reply| block_on(reply).unwrap().unwrap().status)
        .collect();
    assert!(statuses.iter().all(|status| [200, 429].contains(status)));
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn however_long_the_lambdas_of_one_account_run_there_is_a_slot_for_another() {
    let all = two_accounts(|config| config.max_concurrent = 8);
    let long = json!({ "ms": LONG_MS });
    let flood = |count: usize| -> Vec<_> {
        let call = || all.invoke_with(ACCOUNT, &all.flooding, &long).send_async();
        (0..count).map(|_| tokio().spawn(call())).collect()
    };
    // At its share, all of them run; the one past it waits, though a slot is free.
    let mut running = flood(7);
    all.wait_for("sandglass_running", 7);
    assert_eq!(all.count("sandglass_queued"), 0);
    running.extend(flood(1));
    all.wait_for_queued(1);
    assert_eq!(all.count("sandglass_running"), 7);
    let limit = "invocations.of-the-account-at-once";
    assert_eq!(all.limit(ACCOUNT, &all.flooding, limit), [7, 7]);
    assert_eq!(all.limit(OTHER, &all.other, limit), [7, 0]);
    for _ in 0..3 {
        let begun = Instant::now();
        let reply = all.invoke(OTHER, &all.other).send();
        assert_eq!((reply.status, reply.text.as_str()), (200, "\"done\""));
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
    for reply in running {
        assert_eq!(block_on(reply).unwrap().unwrap().status, 200);
    }
}

#[test]
fn an_account_that_is_alone_has_all_slots() {
    let server = start_with(|config| config.max_concurrent = 8);
    let slow = server.deploy("slow", SLOW);
    let all: Vec<_> = (0..8)
        .map(|_| tokio().spawn(server.invoke(&slow, json!({ "ms": 1_000 })).send_async()))
        .collect();
    let running = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        let page = server.plain(Method::GET, "/metrics").send().text;
        page.lines().any(|line| line == "sandglass_running 8")
    });
    assert!(running, "all eight run at once");
    for reply in all {
        assert_eq!(block_on(reply).unwrap().unwrap().status, 200);
    }
}

#[test]
fn however_long_the_called_lambdas_of_one_account_run_another_can_call_its_own() {
    let all = two_accounts(|config| {
        config.max_concurrent = 32;
        config.max_concurrent_calls = 2;
    });
    let [flooding, other] = all.both_deploy(("calls", CALLS));
    let long = json!([LONG_MS, LONG_MS]);
    let flood = all.invoke_with(ACCOUNT, &flooding, &long).send_async();
    let flood = tokio().spawn(flood);
    // The caller and one that it called run, the other one waits.
    all.wait_for_queued(1);
    assert_eq!(all.count("sandglass_running"), 2);
    let begun = Instant::now();
    let reply = all.invoke_with(OTHER, &other, &json!([1])).send();
    assert_eq!(reply.json(), json!([200]));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    block_on(flood).unwrap().unwrap();
}

#[test]
fn however_long_the_lambdas_of_one_account_run_in_the_queue_there_is_room_for_another() {
    let all = two_accounts(|config| {
        config.max_concurrent = 32;
        config.queue.concurrent_max = 2;
    });
    let later = |call: Call| {
        let reply = call.header("prefer", "respond-async").send();
        assert_eq!(reply.status, 202, "{reply:?}");
        reply.json()["id"].as_str().unwrap().to_owned()
    };
    let state = |account: &str, (token, _): &(String, String), id: &str| {
        let url = format!("{}/api/account/{account}/invocations/{id}", all.server.url);
        let seen = Call::new(Method::GET, url).bearer(token).send().json();
        seen["state"].as_str().unwrap().to_owned()
    };
    let long = json!({ "ms": LONG_MS });
    let flood: Vec<_> = (0..2)
        .map(|_| later(all.invoke_with(ACCOUNT, &all.flooding, &long)))
        .collect();
    all.wait_for("sandglass_running", 1);
    let begun = Instant::now();
    let id = later(all.invoke(OTHER, &all.other));
    while state(OTHER, &all.other, &id) != "succeeded" {
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    let states = [0, 1].map(|n: usize| state(ACCOUNT, &all.flooding, &flood[n]));
    assert_eq!(states, ["running", "waiting"], "a place is left for others");
}

#[test]
fn accounts_take_turns_with_their_builds() {
    let all = two_accounts(|config| config.builds_max = 1);
    // Its top level takes a while, which is a part of the build.
    let code = "let n = 0; for (let i = 0; i < 4e6; i++) n += i;
        function lambda(input, callback) { callback(null, n); }";
    let done = Arc::new(AtomicUsize::new(0));
    let flood: Vec<_> = (0..12)
        .map(|n| {
            let name = format!("flood{n}");
            let token = &all.flooding.0;
            let call = deployment(&all.server, ACCOUNT, token, (&name, code));
            let done = Arc::clone(&done);
            tokio().spawn(async move {
                let reply = call.send_async().await.unwrap();
                done.fetch_add(1, Ordering::SeqCst);
                reply.status
            })
        })
        .collect();
    while done.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let before = done.load(Ordering::SeqCst);
    let reply = deployment(&all.server, OTHER, &all.other.0, ("quiet", SLOW)).send();
    let meanwhile = done.load(Ordering::SeqCst) - before;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(meanwhile <= 4, "it waited for {meanwhile} of the flood");
    for status in flood {
        assert_eq!(block_on(status).unwrap(), 200);
    }
}
