//! A new version takes over without anybody noticing, whichever way it comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::harness::server::{TestServer, start};
use crate::harness::steps::{body, create, make_live, settled};
use crate::harness::{block_on, tokio};

/// Clients that ask one request after the other.
const CLIENTS: usize = 8;
/// New versions while they ask.
const VERSIONS: usize = 12;

/// Clients that ask without a pause until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<Option<usize>>>>,
}

/// Says its version as the top level knew it, as its code has it, and as its environment does.
fn code(version: usize) -> String {
    format!(
        "const top = {version};\n\
         async function lambda() {{\n  await null;\n  return [top, {version}, Number(process.env.V)];\n}}"
    )
}

impl Load {
    fn begin(server: &TestServer) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |_| {
            let (stop, call) = (Arc::clone(&stop), server.invoke("versioned", json!({})));
            tokio().spawn(async move {
                let mut seen = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let reply = call.clone().send_async().await.unwrap();
                    if reply.status == 404 {
                        assert!(reply.text.contains("es.notdeployed"), "{reply:?}");
                        seen.push(None);
                        continue;
                    }
                    assert_eq!(reply.status, 200, "{reply:?}");
                    let versions: [usize; 3] = serde_json::from_str(&reply.text).unwrap();
                    assert!(versions.iter().all(|v| *v == versions[0]), "{versions:?}");
                    seen.push(Some(versions[0]));
                }
                seen
            })
        };
        Self {
            clients: (0..CLIENTS).map(client).collect(),
            stop,
        }
    }

    /// What each client was answered: a version, or that nothing is deployed.
    fn end(self) -> Vec<Vec<Option<usize>>> {
        self.stop.store(true, Ordering::Relaxed);
        let clients = self.clients.into_iter();
        let seen: Vec<_> = clients.map(|client| block_on(client).unwrap()).collect();
        let answered: usize = seen.iter().map(Vec::len).sum();
        assert!(answered > VERSIONS * CLIENTS, "{answered}");
        seen
    }
}

/// What answers now.
#[track_caller]
fn check_answers(server: &TestServer, version: usize) {
    let reply = server.invoke("versioned", json!({})).send();
    assert_eq!(reply.text, format!("[{version},{version},{version}]"));
    std::thread::sleep(Duration::from_millis(50));
}

/// All requests were answered, and no client went back to an old version.
#[track_caller]
fn check_forward(load: Load) {
    for seen in load.end() {
        assert!(
            seen.iter().all(Option::is_some),
            "nothing is lost: {seen:?}"
        );
        assert!(seen.is_sorted(), "a client never goes back: {seen:?}");
    }
}

fn deploy(server: &TestServer, version: usize) {
    let body = json!({
        "name": "versioned", "fileName": "versioned.js", "code": code(version),
        "environment": { "V": version.to_string() },
    });
    let deployed = server.call(Method::POST, "/deploy").json(&body).send();
    assert_eq!(deployed.status, 200, "{deployed:?}");
}

/// Saves a version over the one that was read.
fn save(server: &TestServer, before: &Value, version: usize) {
    let based_on = before["version"].as_i64().unwrap();
    let mut body = body("versioned", based_on, &code(version));
    let variables = json!([{ "key": "V", "value": version.to_string() }]);
    body["implementation"]["environmentVariables"] = variables;
    let saved = server
        .call(Method::PUT, "/lambdas/versioned?v=1")
        .json(&body)
        .send();
    assert_eq!(saved.status, 202, "{saved:?}");
}

#[test]
fn no_request_is_lost_and_none_mixes_versions_while_a_lambda_is_redeployed_under_load() {
    let server = start();
    deploy(&server, 0);
    let load = Load::begin(&server);
    for version in 1..=VERSIONS {
        deploy(&server, version);
        // What was acknowledged is what answers from now on.
        check_answers(&server, version);
    }
    check_forward(load);
}

#[test]
fn neither_is_it_while_a_lambda_is_saved_and_redeployed_step_by_step() {
    let server = start();
    let made = create(&server, "versioned", &code(0));
    save(&server, &made, 0);
    let mut live = make_live(&server, "versioned");
    let load = Load::begin(&server);
    for version in 1..=VERSIONS {
        save(&server, &live, version);
        // The ways of both generations.
        let method = match version % 2 {
            0 => Method::POST,
            _ => Method::PATCH,
        };
        let begun = server.call(method, "/deployments/versioned").send();
        assert_eq!(begun.status, 202, "{begun:?}");
        live = settled(&server, "versioned");
        assert_eq!(live["state"], "Productive", "{live}");
        check_answers(&server, version);
    }
    check_forward(load);
}

#[test]
fn neither_is_it_while_a_lambda_is_rolled_back() {
    let server = start();
    (0..4).for_each(|version| deploy(&server, version));
    let load = Load::begin(&server);
    for round in 0..VERSIONS {
        let version = round % 4;
        let path = format!("/lambdas/versioned/versions/{}/rollback", version + 1);
        let back = server.call(Method::POST, &path).send();
        assert_eq!(back.status, 200, "{back:?}");
        check_answers(&server, version);
    }
    for seen in load.end() {
        assert!(
            seen.iter().all(Option::is_some),
            "nothing is lost: {seen:?}"
        );
    }
}

#[test]
fn while_a_lambda_is_undeployed_and_deployed_each_request_is_answered_by_it_or_told_so() {
    let server = start();
    deploy(&server, 0);
    let load = Load::begin(&server);
    for version in 1..=VERSIONS {
        server.undeploy("versioned");
        let refused = server.invoke("versioned", json!({})).send();
        assert_eq!(refused.status, 404, "{refused:?}");
        deploy(&server, version);
        check_answers(&server, version);
    }
    for seen in load.end() {
        let served: Vec<_> = seen.iter().flatten().collect();
        assert!(served.is_sorted(), "a client never goes back: {seen:?}");
    }
}
