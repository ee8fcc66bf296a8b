//! What was acknowledged stays, however the server ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use sandglass_host_abi::artifact::Header;
use sandglass_runtime::{Artifact, EngineDigest};
use sandglass_server::{Config, StartError, VaultError};
use serde_json::{Value, json};

use crate::harness::binary::Serving;
use crate::harness::server::{TestServer, config, open, start};
use crate::harness::{block_on, temporary, tokio};

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

const READS_ITS_SECRET: &str = "const { Toolbelt } = require('lp-faas-toolbelt');
    async function lambda(input, callback) { callback(null, (await Toolbelt.SecretClient().readSecret('key')).value); }";

/// Deploys a lambda that reads the secret `key`, stores that secret, and returns the lambda's UUID.
fn deploy_with_a_secret(server: &TestServer) -> String {
    let lambda = server.deploy("reads", READS_ITS_SECRET);
    let put = server.call(Method::PUT, "/secrets/key");
    assert_eq!(put.json(&json!({ "value": "kept" })).send().status, 204);
    lambda
}

#[track_caller]
fn check_the_key_is_refused(config: Config) {
    let error = open(config).err().expect("it is not the secrets' key");
    assert!(
        matches!(&error, StartError::Secrets(VaultError::WrongKey { key, .. }) if key == "key"),
        "{error:?}"
    );
}

#[test]
fn secrets_survive_a_restart_and_open_only_with_their_key() {
    let server = start();
    let lambda = deploy_with_a_secret(&server);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    assert_eq!(again.invoke(&lambda, json!({})).send().text, "\"kept\"");
    again.stop();
    let other = start();
    fs::copy(
        other.data_dir.join("secret.key"),
        data_dir.join("secret.key"),
    )
    .unwrap();
    check_the_key_is_refused(config(&data_dir));
}

#[test]
fn a_key_that_the_operator_gives_is_never_written_and_no_other_opens_the_secrets() {
    let directory = temporary::directory();
    let with_key = |key: &str| Config {
        secret_key: Some(key.parse().unwrap()),
        ..config(directory.path())
    };
    let (given, other) = (
        format!("{}=", "A".repeat(43)),
        format!("{}=", "E".repeat(43)),
    );
    let server = open(with_key(&given)).unwrap();
    let lambda = deploy_with_a_secret(&server);
    server.stop();
    check_the_key_is_refused(with_key(&other));
    check_the_key_is_refused(config(directory.path()));
    fs::remove_file(directory.path().join("secret.key")).unwrap();

    let again = open(with_key(&given)).unwrap();
    assert_eq!(again.invoke(&lambda, json!({})).send().text, "\"kept\"");
    assert!(!directory.path().join("secret.key").exists());
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
fn a_server_that_drains_is_not_ready() {
    let server = start();
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let open = |head: &[u8]| {
        let mut connection = TcpStream::connect(&address).unwrap();
        connection.write_all(head).unwrap();
        connection
    };
    // Idle connections are closed at once; these are in the middle of asking.
    let mut ready = open(b"GET /readyz HTTP/1.1\r\nhost: tests\r\n");
    let mut health = open(b"GET /healthz HTTP/1.1\r\nhost: tests\r\n");
    // They were accepted before these, and read from long before these have ended.
    server.deploy_body("hello", "callback(null, 1)");
    assert_eq!(server.plain(Method::GET, "/readyz").send().status, 200);

    let stopping = std::thread::spawn(move || server.stop());
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    let finish = |connection: &mut TcpStream| {
        let mut reply = String::new();
        connection.write_all(b"\r\n").unwrap();
        connection.read_to_string(&mut reply).unwrap();
        reply
    };
    let (ready, health) = (finish(&mut ready), finish(&mut health));
    assert!(ready.starts_with("HTTP/1.1 503 "), "{ready}");
    assert!(ready.ends_with(r#"{"status":"draining"}"#), "{ready}");
    assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
    stopping.join().unwrap();
}

#[test]
fn a_shutdown_cuts_off_what_does_not_finish() {
    let directory = temporary::directory();
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
    let directory = temporary::directory();
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
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for round in 0..6_u64 {
        let serving = Serving::start(&data_dir);
        check_after_a_kill(&serving, &expected);

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
    // What a kill may leave behind, in case that none of these did.
    for name in [".half.new", &"0".repeat(64)] {
        fs::write(data_dir.join("artifacts").join(name), "half").unwrap();
    }
    let serving = Serving::start(&data_dir);
    check_after_a_kill(&serving, &expected);
    let list = serving.call(Method::GET, "/lambdas").send().json();
    assert_eq!(serving.terminate(), Some(0));
    let kept = digests_of_deployments(&data_dir);
    let stored: BTreeSet<String> = artifacts(&data_dir).into_keys().collect();
    assert_eq!(stored, kept, "a file each, and nothing left over");
    for lambda in list.as_array().unwrap() {
        assert!(
            kept.contains(lambda["digest"].as_str().unwrap()),
            "{lambda}"
        );
    }
}

/// Everything that was acknowledged is served, and whatever is listed is whole.
#[track_caller]
fn check_after_a_kill(serving: &Serving, acknowledged: &BTreeMap<String, u64>) {
    for (name, n) in acknowledged {
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
    check_each_is_whole(serving, &list);
}

fn database(data_dir: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap()
}

/// The digests of the live deployments and of those that are kept behind them.
fn digests_of_deployments(data_dir: &Path) -> BTreeSet<String> {
    let database = database(data_dir);
    let mut statement = database.prepare("SELECT digest FROM deployments").unwrap();
    let digests = statement.query_map([], |row| row.get(0)).unwrap();
    digests.map(Result::unwrap).collect()
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
    let connection = database(&data_dir);
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
