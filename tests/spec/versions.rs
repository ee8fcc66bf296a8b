//! Each version that is kept and was built can be live again in one call.

use std::collections::BTreeMap;
use std::fs;

use reqwest::Method;
use sandglass_runtime::EngineDigest;
use serde_json::{Value, json};

use crate::harness::server::{Reply, TestServer, config, open, start};
use crate::harness::steps::{body, create, database, make_live, save, steps};

/// Versions and deployments of a lambda that are kept.
const KEPT: u64 = 10;

/// Deploys a version that answers its number.
fn deploy(server: &TestServer, version: u64) {
    server.deploy_body("counted", &format!("callback(null, {version})"));
}

fn roll_back(server: &TestServer, version: u64) -> Reply {
    let path = format!("/lambdas/counted/versions/{version}/rollback");
    server.call(Method::POST, &path).send()
}

#[track_caller]
fn check_rolled_back(server: &TestServer, version: u64) -> Value {
    let back = roll_back(server, version);
    assert_eq!(back.status, 200, "{back:?}");
    let answer = server.invoke("counted", json!({})).send().text;
    assert_eq!(answer, version.to_string());
    back.json()
}

/// Whether each version that is kept can be rolled back to.
fn kept(server: &TestServer) -> BTreeMap<u64, bool> {
    let versions = server
        .call(Method::GET, "/lambdas/counted/versions")
        .send()
        .json();
    let pair = |version: &Value| {
        let can = version["canRollBack"].as_bool().expect("a flag");
        (version["version"].as_u64().expect("a number"), can)
    };
    versions
        .as_array()
        .expect("a list")
        .iter()
        .map(pair)
        .collect()
}

fn deployed_versions(server: &TestServer) -> Vec<u64> {
    let history = server
        .call(Method::GET, "/lambdas/counted/deployments")
        .send()
        .json();
    let version = |deployment: &Value| deployment["lambdaVersion"].as_u64().expect("a number");
    history
        .as_array()
        .expect("a list")
        .iter()
        .map(version)
        .collect()
}

/// How many builds there were since the server's start.
fn builds(server: &TestServer) -> u64 {
    let page = server.plain(Method::GET, "/metrics").send().text;
    let count = |line: &str| {
        let count = line.strip_prefix("sandglass_build_duration_seconds_count ")?;
        count.parse().ok()
    };
    page.lines().find_map(count).expect("it is counted")
}

fn artifacts(server: &TestServer) -> usize {
    fs::read_dir(server.data_dir.join("artifacts"))
        .unwrap()
        .count()
}

#[test]
fn each_of_the_ten_versions_that_are_kept_is_live_again_without_a_build_and_no_older_one() {
    let server = start();
    (1..=KEPT).for_each(|version| deploy(&server, version));
    check_rolled_back(&server, 1);
    deploy(&server, KEPT + 1);
    let before = builds(&server);
    // The version that was rolled back to is not one of the last ten any more, but its deployment
    // is. Ten deployments later, it is not either.
    let listed: Vec<_> = kept(&server).into_keys().collect();
    assert_eq!(listed, (1..=KEPT + 1).collect::<Vec<_>>());
    for version in 2..=KEPT + 1 {
        check_rolled_back(&server, version);
    }
    assert_eq!(
        kept(&server),
        (2..=KEPT + 1).map(|version| (version, true)).collect()
    );
    let gone = roll_back(&server, 1);
    assert_eq!(gone.status, 404, "{gone:?}");
    assert!(gone.text.contains("version 1 is not kept"), "{gone:?}");
    assert_eq!(builds(&server), before);
    assert_eq!(
        artifacts(&server),
        KEPT as usize,
        "one each, and none of the version that is gone"
    );
}

#[test]
fn a_version_whose_deployment_is_forgotten_is_live_again_without_a_build() {
    let server = start();
    deploy(&server, 1);
    deploy(&server, 2);
    for _ in 3..=KEPT {
        check_rolled_back(&server, 2);
    }
    assert_eq!(
        deployed_versions(&server).last(),
        Some(&1),
        "ten deployments are kept"
    );
    check_rolled_back(&server, 2);
    assert_eq!(deployed_versions(&server), [2; 10], "and not one more");
    let before = builds(&server);
    check_rolled_back(&server, 1);
    assert_eq!(builds(&server), before);

    // It stays so over a restart, which removes what nothing stands on.
    check_rolled_back(&server, 2);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).expect("the server starts again");
    check_rolled_back(&again, 1);
    assert_eq!(builds(&again), 0);
}

#[test]
fn a_version_that_was_saved_and_never_built_is_said_so() {
    let server = start();
    let made = create(
        &server,
        "counted",
        "function lambda(i, callback) { callback(null, 1); }",
    );
    assert_eq!(roll_back(&server, 1).status, 409);
    make_live(&server, "counted");
    let saved = save(
        &server,
        &made,
        "function lambda(i, callback) { callback(null, 2); }",
    );
    assert_eq!(saved.status, 202);
    assert_eq!(kept(&server), BTreeMap::from([(1, true), (2, false)]));
    let refused = roll_back(&server, 2);
    assert_eq!(refused.status, 409, "{refused:?}");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("version 2 was never built"), "{detail}");
    assert!(detail.contains("deploy it"), "{detail}");
    make_live(&server, "counted");
    assert_eq!(kept(&server), BTreeMap::from([(1, true), (2, true)]));
    check_rolled_back(&server, 1);
}

#[test]
fn what_was_built_for_another_engine_is_built_again_once_when_it_is_rolled_back_to() {
    let server = start();
    deploy(&server, 1);
    deploy(&server, 2);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    // As an earlier release would have left it behind.
    let engine = EngineDigest::of(b"an earlier", b"engine", b"altogether");
    let database = database(&data_dir);
    for table in ["deployments", "lambda_versions"] {
        let sql = format!("UPDATE {table} SET engine = ?1");
        assert_eq!(database.execute(&sql, [engine.as_str()]).unwrap(), 2);
    }
    drop(database);

    let again = open(config(&data_dir)).expect("the server starts again");
    assert_eq!(again.invoke("counted", json!({})).send().text, "2");
    assert_eq!(kept(&again), BTreeMap::from([(1, true), (2, true)]));
    let before = builds(&again);
    let back = check_rolled_back(&again, 1);
    assert_eq!(builds(&again), before + 1);
    let built = [
        "Build Start",
        "Build Finish",
        "Deploy Start",
        "Deploy Finish",
    ];
    assert_eq!(steps(&back), built);
    check_rolled_back(&again, 2);
    check_rolled_back(&again, 1);
    assert_eq!(builds(&again), before + 1, "once");
}

#[test]
fn what_was_lost_of_a_version_is_built_again_when_it_is_rolled_back_to() {
    let server = start();
    deploy(&server, 1);
    let digest = server
        .call(Method::GET, "/lambdas/counted/deployments")
        .send()
        .json();
    let digest = digest[0]["digest"].as_str().unwrap().to_owned();
    deploy(&server, 2);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    fs::remove_file(data_dir.join("artifacts").join(digest)).unwrap();
    let again = open(config(&data_dir)).expect("the server starts again");
    check_rolled_back(&again, 1);
    assert_eq!(builds(&again), 1);
}

#[test]
fn a_comparison_tells_the_variables_that_differ_and_needs_two_versions_that_are_kept() {
    let server = start();
    let code = "function lambda(input, callback) { callback(null, 1); }";
    let with = |version: i64, variables: Value| {
        let mut body = body("counted", version, code);
        body["implementation"]["environmentVariables"] = variables;
        body
    };
    let variables = json!([{ "key": "GONE", "value": "1" }, { "key": "MODE", "value": "slow" },
                           { "key": "SAME", "value": "x" }]);
    let made = server
        .call(Method::POST, "/lambdas?v=1")
        .json(&with(-1, variables))
        .send();
    assert_eq!(made.status, 201, "{made:?}");
    let variables = json!([{ "key": "MODE", "value": "fast" }, { "key": "NEW", "value": "2" },
                           { "key": "SAME", "value": "x" }]);
    let saved = server
        .call(Method::PUT, "/lambdas/counted?v=1")
        .json(&with(1, variables))
        .send();
    assert_eq!(saved.status, 202, "{saved:?}");
    let compare = |query: &str| {
        let path = format!("/lambdas/counted/compare{query}");
        server.call(Method::GET, &path).send()
    };
    assert_eq!(
        compare("?from=1&to=2").json(),
        json!({
            "from": 1, "to": 2, "code": "",
            "environment": { "GONE": ["1", null], "MODE": ["slow", "fast"], "NEW": [null, "2"] },
        })
    );
    let same = compare("?from=2&to=2").json();
    assert_eq!(
        same,
        json!({ "from": 2, "to": 2, "code": "", "environment": {} })
    );
    for (query, status) in [
        ("", 400),
        ("?from=1", 400),
        ("?to=2", 400),
        ("?from=1&to=two", 400),
        ("?from=-1&to=2", 400),
        ("?from=1&to=3", 404),
        ("?from=0&to=2", 404),
    ] {
        assert_eq!(compare(query).status, status, "{query}");
    }
}
