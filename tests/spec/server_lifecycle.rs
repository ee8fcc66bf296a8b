//! What was acknowledged stays, however the server ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use sandglass_host_abi::artifact::Header;
use sandglass_runtime::{Artifact, EngineDigest};
use serde_json::{Value, json};

use crate::harness::binary::Serving;
use crate::harness::server::{TestServer, config, open, start};
use crate::harness::{block_on, tokio};

fn artifacts(data_dir: &Path) -> BTreeMap<String, std::time::SystemTime> {
    let files = fs::read_dir(data_dir.join("artifacts"))
        .unwrap()
        .map(|entry| entry.unwrap());
    files
        .map(|f| {
            (
                f.file_name().into_string().unwrap(),
                f.metadata().unwrap().modified().unwrap(),
            )
        })
        .collect()
}

#[test]
fn a_restart_serves_the_same_lambdas_without_a_rebuild() {
    let server = start();
    let code = "const made = Math.random(); function lambda(input, callback) { callback(null, [made, process.env.A ?? null]); }";
    let lambda = server.deploy("hello", code);
    server
        .call(Method::PUT, "/lambdas/hello/environment/A")
        .json(&json!({ "value": "1" }))
        .send();
    server
        .call(Method::PUT, "/secrets/key")
        .json(&json!({ "value": "kept" }))
        .send();
    server.call(Method::PUT, "/whitelist/example.com").send();
    let token = server.token("invoker");
    let before = server.invoke(&lambda, json!({})).send().text;
    let (data_dir, listed) = (
        server.data_dir.clone(),
        server.call(Method::GET, "/lambdas").send().json(),
    );
    let stored = artifacts(&data_dir);
    let _directory = server.stop();

    let again = open(config(&data_dir)).expect("the server starts again");
    assert_eq!(again.plain(Method::GET, "/readyz").send().status, 200);
    assert_eq!(
        again.invoke(&lambda, json!({})).bearer(&token).send().text,
        before
    );
    assert_eq!(again.call(Method::GET, "/lambdas").send().json(), listed);
    assert_eq!(
        again.call(Method::GET, "/secrets").send().json()[0]["key"],
        "key"
    );
    assert_eq!(
        again.call(Method::GET, "/whitelist").send().json()[0]["rule"],
        "example.com"
    );
    assert_eq!(artifacts(&data_dir), stored, "nothing was built");
    let page = again.plain(Method::GET, "/metrics").send().text;
    assert!(
        page.contains("sandglass_build_duration_seconds_count 0"),
        "{page}"
    );
}

#[test]
fn secrets_survive_a_restart_and_open_only_with_their_key() {
    let server = start();
    let code = "const { Toolbelt } = require('lp-faas-toolbelt');
                async function lambda(input, callback) { callback(null, (await Toolbelt.SecretClient().readSecret('key')).value); }";
    let lambda = server.deploy("reads", code);
    server
        .call(Method::PUT, "/secrets/key")
        .json(&json!({ "value": "kept" }))
        .send();
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    assert_eq!(again.invoke(&lambda, json!({})).send().text, "\"kept\"");
    again.stop();
    let key = data_dir.join("secret.key");
    let other = start();
    fs::copy(other.data_dir.join("secret.key"), &key).unwrap();
    match open(config(&data_dir)) {
        Err(error) => assert!(
            format!("{error:?}").to_lowercase().contains("key"),
            "{error:?}"
        ),
        Ok(server) => assert_ne!(server.invoke(&lambda, json!({})).send().text, "\"kept\""),
    }
}

#[test]
fn a_second_server_on_the_same_directory_is_refused_with_its_reason() {
    let server = start();
    let error = open(config(&server.data_dir))
        .err()
        .expect("the directory is taken");
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    assert!(
        text.contains("another") || text.contains("in use"),
        "{text}"
    );
    assert_eq!(server.plain(Method::GET, "/healthz").send().status, 200);
}

#[test]
fn a_shutdown_lets_what_runs_finish_and_writes_the_journal() {
    let server = start();
    let lambda = server.deploy_body(
        "slow",
        "setTimeout(() => { console.info('late'); callback(null, 'finished'); }, 300)",
    );
    let running = tokio().spawn(server.invoke(&lambda, json!({})).send_async());
    while !server
        .plain(Method::GET, "/metrics")
        .send()
        .text
        .lines()
        .any(|l| l == "sandglass_running 1")
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    let (data_dir, url) = (server.data_dir.clone(), server.url.clone());
    let _directory = server.stop();
    assert_eq!(block_on(running).unwrap().unwrap().text, "\"finished\"");
    let refused = crate::harness::server::Call::new(Method::GET, format!("{url}/healthz"));
    assert!(
        block_on(refused.send_async()).is_err(),
        "it accepts no more"
    );
    assert!(!data_dir.join("server.json").exists());
    let again = open(config(&data_dir)).unwrap();
    assert_eq!(again.logs(&lambda, 1)[0]["message"], "late");
}

#[test]
fn a_shutdown_cuts_off_what_does_not_finish() {
    let directory = tempfile::tempdir().unwrap();
    let mut short = config(directory.path());
    short.shutdown_grace_ms = 100;
    let server: TestServer = open(short).unwrap();
    let lambda = server.deploy_body("loops", "for (;;) {}");
    let running = tokio().spawn(server.invoke(&lambda, json!({})).send_async());
    while !server
        .plain(Method::GET, "/metrics")
        .send()
        .text
        .lines()
        .any(|l| l == "sandglass_running 1")
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    server.stop();
    let reply = block_on(running).unwrap();
    assert!(reply.is_err() || reply.unwrap().status >= 500);
}

#[test]
fn sigterm_ends_the_process_gracefully() {
    let directory = tempfile::tempdir().unwrap();
    let serving = Serving::start(&directory.path().join("data"));
    assert_eq!(serving.terminate(), Some(0));
    assert!(!directory.path().join("data/server.json").exists());
}

/// Deploys without a pause until the server dies, and returns what was acknowledged last.
async fn deploy_until_it_dies(url: String, token: String, name: String) -> Option<u64> {
    let mut acknowledged = None;
    for n in 1.. {
        let code = format!("function lambda(input, callback) {{ callback(null, {n}); }}");
        let body = json!({ "name": name, "fileName": "a.js", "code": code });
        let call = crate::harness::server::Call::new(
            Method::POST,
            format!("{url}/api/account/10000001/deploy"),
        );
        match call.bearer(&token).json(&body).send_async().await {
            Ok(reply) if reply.status == 200 => acknowledged = Some(n),
            _ => break,
        }
    }
    acknowledged
}

#[test]
fn a_kill_at_any_moment_of_a_deploy_loses_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for round in 0..6_u64 {
        let serving = Serving::start(&data_dir);
        for (name, n) in &expected {
            let path = format!("/lambdas/{name}/invoke?v=1&externalSystem=x");
            let reply = serving
                .call(Method::POST, &path)
                .json(&json!({ "payload": {} }))
                .send();
            assert_eq!(reply.status, 200, "{name} after a kill: {reply:?}");
            // The deploy after the last acknowledged one may have been committed, or not.
            let served = reply.json().as_u64().unwrap();
            assert!(
                served == *n || served == n + 1,
                "{name} serves {served}, acknowledged was {n}"
            );
        }
        let list = serving.call(Method::GET, "/lambdas").send().json();
        check_each_is_whole(&serving, &list);

        let deploying: Vec<_> = (0..3)
            .map(|n| {
                let (url, token) = (serving.url.clone(), serving.admin_token.clone());
                let name = format!("round{round}-{n}");
                (
                    name.clone(),
                    tokio().spawn(deploy_until_it_dies(url, token, name)),
                )
            })
            .collect();
        std::thread::sleep(Duration::from_millis(60 + 37 * round));
        serving.kill();
        for (name, task) in deploying {
            if let Some(n) = block_on(task).unwrap() {
                expected.insert(name, n);
            }
        }
    }
    assert!(!expected.is_empty(), "at least one deploy was acknowledged");
    assert!(
        artifacts(&data_dir)
            .keys()
            .all(|name| name.len() == 64 || name.starts_with('.')),
        "{:?}",
        artifacts(&data_dir)
    );
}

/// There is no half-made deployment: whatever is listed can be invoked.
fn check_each_is_whole(serving: &Serving, list: &Value) {
    for lambda in list.as_array().unwrap() {
        let uuid = lambda["uuid"].as_str().unwrap();
        let path = format!("/lambdas/{uuid}/invoke?v=1&externalSystem=x");
        let reply = serving
            .call(Method::POST, &path)
            .json(&json!({ "payload": {} }))
            .send();
        assert_eq!(reply.status, 200, "{lambda}: {reply:?}");
    }
}

#[test]
fn a_damaged_artifact_costs_its_lambda_and_no_other() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 'hello')");
    let digest = server.call(Method::GET, "/lambdas").send().json()[0]["digest"].clone();
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    fs::write(
        data_dir.join("artifacts").join(digest.as_str().unwrap()),
        b"damaged",
    )
    .unwrap();
    let again = open(config(&data_dir)).unwrap();
    // Its source is kept beside it: the server may rebuild it, or refuse to serve it.
    let reply = again.invoke(&lambda, json!({})).send();
    assert!(
        reply.text == "\"hello\"" || reply.status >= 500,
        "{reply:?}"
    );
    let other = again.deploy_body("other", "callback(null, 'well')");
    assert_eq!(again.invoke(&other, json!({})).send().text, "\"well\"");
}

#[test]
fn a_lambda_built_by_another_engine_is_rebuilt_from_its_source_at_start() {
    let server = start();
    let code = "function lambda(input, callback) { callback(null, process.env.A); }";
    let body =
        json!({ "name": "old", "fileName": "old.js", "code": code, "environment": { "A": "1" } });
    assert_eq!(
        server
            .call(Method::POST, "/deploy")
            .json(&body)
            .send()
            .status,
        200
    );
    let digest = server.call(Method::GET, "/lambdas").send().json()[0]["digest"].clone();
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();

    // The same lambda as an earlier release would have left it behind.
    let artifacts_dir = data_dir.join("artifacts");
    let stored = fs::read(artifacts_dir.join(digest.as_str().unwrap())).unwrap();
    let artifact = Artifact::from_bytes(stored).unwrap();
    let engine = EngineDigest::of(b"an earlier", b"engine", b"altogether");
    let header = Header {
        engine: engine.clone(),
        ..artifact.header().clone()
    };
    let earlier = Artifact::assemble(header, artifact.source(), b"its image");
    fs::write(
        artifacts_dir.join(earlier.digest().as_str()),
        earlier.as_bytes(),
    )
    .unwrap();
    let database = fs::read_dir(&data_dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let database = database
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "db"));
    let connection = rusqlite::Connection::open(database.expect("there is a database")).unwrap();
    let changed = connection.execute(
        "UPDATE deployments SET digest = ?1, engine = ?2",
        (earlier.digest().as_str(), engine.as_str()),
    );
    assert_eq!(changed.unwrap(), 1);
    drop(connection);

    let again = open(config(&data_dir)).unwrap();
    assert_eq!(again.invoke("old", json!({})).send().text, "\"1\"");
    let rebuilt = again.call(Method::GET, "/lambdas").send().json();
    assert_eq!(
        rebuilt[0]["digest"], digest,
        "the same source and engine give the same artifact"
    );
}
