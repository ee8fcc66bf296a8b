//! One look tells how an account is doing: its invocations, what fails, and its quota.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, check_error, start};

const FAILS: &str =
    "if (input.payload.fail) callback(new Error('no luck')); else callback(null, 1)";

#[track_caller]
fn overview(server: &TestServer, query: &str) -> Value {
    let reply = server
        .call(Method::GET, &format!("/overview?{query}"))
        .send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

/// The overview once so many invocations of this month were counted.
#[track_caller]
fn counted(server: &TestServer, n: u64) -> Value {
    for _ in 0..500 {
        let found = overview(server, "");
        if found["quota"]["invocationsThisMonth"] == n {
            return found;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("there are not {n} invocations: {}", overview(server, ""));
}

fn sum(overview: &Value, name: &str) -> u64 {
    let buckets = overview["buckets"].as_array().expect("a list");
    buckets
        .iter()
        .map(|bucket| bucket[name].as_u64().expect("a number"))
        .sum()
}

#[test]
fn an_account_without_anything_needs_no_attention() {
    let server = start();
    let found = overview(&server, "");
    assert_eq!(found["failing"], json!([]));
    assert_eq!(found["failedDeployments"], json!([]));
    assert_eq!(
        found["quota"],
        json!({
            "lambdas": 0, "lambdasMax": 20_000, "deployed": 0, "deployedMax": 20_000,
            "invocationsThisMonth": 0, "invocationsMonthMax": 150_000,
        })
    );
    // By default the last day by the hour, both ends widened to whole hours.
    let buckets = found["buckets"].as_array().expect("a list");
    assert!((24..=25).contains(&buckets.len()), "{}", buckets.len());
    let first = &buckets[0];
    assert_eq!(
        first["to"].as_u64().unwrap() - first["from"].as_u64().unwrap(),
        3_600_000
    );
}

#[test]
fn what_fails_is_named_with_how_often_when_and_why() {
    let server = start();
    let bad = server.deploy_body("bad", FAILS);
    let worse = server.deploy_body("worse", FAILS);
    let fine = server.deploy_body("fine", "callback(null, 1)");
    let invoke = |lambda: &str, fail: bool| {
        server.invoke(lambda, json!({ "fail": fail })).send();
    };
    for (lambda, fail) in [
        (&bad, true),
        (&bad, false),
        (&worse, true),
        (&worse, true),
        (&fine, false),
    ] {
        invoke(lambda, fail);
    }
    let found = counted(&server, 5);
    assert_eq!(
        (sum(&found, "succeeded"), sum(&found, "codingFailures")),
        (2, 3)
    );
    let failing = found["failing"].as_array().expect("a list");
    let told: Vec<_> = failing
        .iter()
        .map(|one| {
            (
                &one["name"],
                one["failures"].as_u64(),
                one["invocations"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (&json!("worse"), Some(2), Some(2)),
            (&json!("bad"), Some(1), Some(2))
        ]
    );
    assert_eq!(
        (&failing[0]["uuid"], &failing[0]["lastMessage"]),
        (&json!(worse), &json!("no luck"))
    );
    let at = failing[0]["lastFailureAt"].as_u64().expect("a time");
    let last = found["buckets"].as_array().unwrap().last().unwrap();
    assert!(at < last["to"].as_u64().unwrap() && at > last["to"].as_u64().unwrap() - 7_200_000);
    let quota = &found["quota"];
    assert_eq!(
        (&quota["lambdas"], &quota["deployed"]),
        (&json!(3), &json!(3))
    );
    let before = overview(
        &server,
        "startTimestamp=1000&endTimestamp=2000&bucketSize=300",
    );
    assert_eq!(before["failing"], json!([]));
    assert_eq!(before["buckets"].as_array().unwrap().len(), 1);
}

#[test]
fn a_deployment_that_failed_is_named_until_one_succeeds() {
    let server = start();
    let code = "function lambda() {}\nthrow new Error('at the top');";
    let new = json!({ "name": "broken", "version": -1, "implementation": { "code": code } });
    let made = server.call(Method::POST, "/lambdas").json(&new).send();
    assert_eq!(made.status, 201, "{made:?}");
    let deployed = server.call(Method::POST, "/deployments/broken").send();
    assert_eq!(deployed.status, 202, "{deployed:?}");
    let mut found = overview(&server, "");
    for _ in 0..400 {
        if found["failedDeployments"] != json!([]) {
            break;
        }
        std::thread::sleep(Duration::from_millis(25));
        found = overview(&server, "");
    }
    let failed = &found["failedDeployments"][0];
    assert_eq!(
        (&failed["name"], &failed["deploymentState"]),
        (&json!("broken"), &json!("Build Error"))
    );
    assert!(
        failed["message"].as_str().unwrap().contains("at the top"),
        "{failed}"
    );
    server.deploy_body("broken", "callback(null, 1)");
    assert_eq!(overview(&server, "")["failedDeployments"], json!([]));
}

#[test]
fn only_who_reads_metrics_looks_and_within_what_is_kept() {
    let server = start();
    for (role, status) in [("admin", 200), ("developer", 200), ("invocation", 403)] {
        let call = server
            .call(Method::GET, "/overview")
            .bearer(&server.token(role));
        assert_eq!(call.send().status, status, "{role}");
    }
    for query in [
        "bucketSize=7",
        "startTimestamp=2&endTimestamp=1",
        "startTimestamp=0",
    ] {
        let call = server.call(Method::GET, &format!("/overview?{query}"));
        check_error(&call.send(), 400, "es.badinput");
    }
}
