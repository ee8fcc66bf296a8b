//! A new version takes over without anybody noticing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::harness::server::start;
use crate::harness::{block_on, tokio};

/// Clients that ask one request after the other.
const CLIENTS: usize = 8;
/// New versions while they ask.
const VERSIONS: usize = 12;
/// What all of them have answered between one version and the next, at least.
const BETWEEN: usize = 16 * CLIENTS;

#[test]
fn no_request_is_lost_and_none_mixes_versions_while_a_lambda_is_redeployed_under_load() {
    let server = start();
    // Says its version as the top level knew it, as its code has it, and as its environment does.
    let body = |version: usize| {
        json!({
            "name": "versioned", "fileName": "versioned.js",
            "code": format!(
                "const top = {version};\n\
                 async function lambda() {{\n  await null;\n  return [top, {version}, Number(process.env.V)];\n}}"
            ),
            "environment": { "V": version.to_string() },
        })
    };
    let deploy = |version: usize| {
        let deployed = server
            .call(reqwest::Method::POST, "/deploy")
            .json(&body(version))
            .send();
        assert_eq!(deployed.status, 200, "{deployed:?}");
    };
    deploy(0);
    let (stop, answered) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            let call = server.invoke("versioned", json!({}));
            tokio().spawn(async move {
                let mut seen = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let reply = call.clone().send_async().await.unwrap();
                    assert_eq!(reply.status, 200, "{reply:?}");
                    let versions: [usize; 3] = serde_json::from_str(&reply.text).unwrap();
                    assert!(versions.iter().all(|v| *v == versions[0]), "{versions:?}");
                    seen.push(versions[0]);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                seen
            })
        })
        .collect();
    for version in 1..=VERSIONS {
        deploy(version);
        // What was acknowledged is what answers from now on.
        let reply = server.invoke("versioned", json!({})).send();
        assert_eq!(reply.text, format!("[{version},{version},{version}]"));
        let enough = answered.load(Ordering::Relaxed) + BETWEEN;
        while answered.load(Ordering::Relaxed) < enough {
            let failed = clients.iter().any(|client| client.is_finished());
            assert!(!failed, "a client gave up");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        let seen = block_on(client).unwrap();
        assert!(
            seen.is_sorted(),
            "a client never goes back to an old version: {seen:?}"
        );
    }
}
