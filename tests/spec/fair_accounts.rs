//! The flood of one account costs another no more than its turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use sandglass_server::Config;
use serde_json::json;

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
        let code = "function lambda(input, callback) { setTimeout(callback, 150, null, 'done'); }";
        let body = json!({ "name": "slow", "fileName": "slow.js", "code": code });
        let url = format!("{}/api/account/{account}/deploy", server.url);
        let reply = Call::new(Method::POST, url)
            .bearer(token)
            .json(&body)
            .send();
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

impl TwoAccounts {
    fn invoke(&self, account: &str, (token, lambda): &(String, String)) -> Call {
        let path = format!("lambdas/{lambda}/invoke?v=1&externalSystem=x");
        let url = format!("{}/api/account/{account}/{path}", self.server.url);
        let call = Call::new(Method::POST, url).bearer(token);
        call.json(&json!({ "payload": {} }))
    }

    /// Waits until so many wait for the slot.
    fn wait_for_queued(&self, least: usize) {
        let queued = || {
            let page = self.server.plain(Method::GET, "/metrics").send().text;
            let value = page
                .lines()
                .find_map(|line| line.strip_prefix("sandglass_queued "));
            value.unwrap().parse::<usize>().unwrap()
        };
        for _ in 0..3_000 {
            if queued() >= least {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("{} wait, not {least}", queued());
    }
}

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
