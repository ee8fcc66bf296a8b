//! What the server counts, Prometheus can read.

use reqwest::Method;
use sandglass_runtime::ByteSize;
use serde_json::json;

use crate::harness::server::{TestServer, start, start_with};

/// The value of a sample, by the start of its line.
fn sample(server: &TestServer, start: &str) -> Option<f64> {
    let page = server.plain(Method::GET, "/metrics").send().text;
    let line = page.lines().find(|line| line.starts_with(start))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn the_page_is_in_prometheus_text_format() {
    let server = start();
    let hello = server.deploy_body("hello", "callback(null, 1)");
    server.invoke(&hello, json!({})).send();
    let page = server.plain(Method::GET, "/metrics").send();
    assert!(
        page.header("content-type")
            .starts_with("text/plain; version=0.0.4"),
        "{page:?}"
    );
    for line in page.text.lines() {
        let sample = line
            .rsplit_once(' ')
            .is_some_and(|(_, value)| value.parse::<f64>().is_ok());
        assert!(line.starts_with("# ") || sample, "{line}");
    }
}

#[test]
fn invocations_are_counted_by_lambda_and_outcome() {
    let server = start();
    let hello = server.deploy_body("hello", "callback(null, 1)");
    let fails = server.deploy_body("fails", "callback(new Error('x'))");
    (0..3).for_each(|_| drop(server.invoke(&hello, json!({})).send()));
    (0..2).for_each(|_| drop(server.invoke(&fails, json!({})).send()));
    let page = server.plain(Method::GET, "/metrics").send().text;
    let count = |lambda: &str| -> f64 {
        page.lines()
            .filter(|line| line.starts_with("sandglass_invocations_total{"))
            .filter(|line| line.contains(&format!("lambda=\"{lambda}\"")))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    };
    assert_eq!((count("hello"), count("fails")), (3.0, 2.0), "{page}");
    assert_eq!(
        sample(&server, "sandglass_invocation_duration_seconds_count"),
        Some(5.0)
    );
    assert_eq!(
        sample(&server, "sandglass_invocation_memory_peak_bytes_count"),
        Some(5.0)
    );
    let memory = sample(&server, "sandglass_invocation_memory_peak_bytes_sum").unwrap();
    assert!(memory > 5.0 * 65_536.0, "{memory}");
    assert!(sample(&server, "sandglass_fuel_total{").unwrap() > 0.0);
}

#[test]
fn builds_and_the_pool_are_counted() {
    let server = start();
    server.deploy_body("hello", "callback(null, 1)");
    let broken = json!({ "name": "x", "fileName": "x.js", "code": "function lambda(" });
    server.call(Method::POST, "/deploy").json(&broken).send();
    assert!(sample(&server, "sandglass_build_duration_seconds_count").unwrap() >= 1.0);
    assert_eq!(sample(&server, "sandglass_builds_failed_total"), Some(1.0));
    assert!(sample(&server, "sandglass_instances_max").unwrap() >= 1.0);
    assert_eq!(sample(&server, "sandglass_instances"), Some(0.0));
    assert_eq!(sample(&server, "sandglass_running"), Some(0.0));
    assert_eq!(sample(&server, "sandglass_queued"), Some(0.0));
    assert_eq!(
        sample(&server, "sandglass_journal_dropped_total"),
        Some(0.0)
    );
}

#[test]
fn refusals_are_counted_by_their_status() {
    let server = start();
    server
        .invoke("00000000-0000-4000-8000-000000000000", json!({}))
        .send();
    server
        .call(Method::GET, "/lambdas")
        .bearer("nonsense")
        .send();
    assert_eq!(
        sample(&server, "sandglass_rejected_total{status=\"404\"}"),
        Some(1.0)
    );
    assert_eq!(
        sample(&server, "sandglass_rejected_total{status=\"401\"}"),
        Some(1.0)
    );
}

#[test]
fn what_the_journal_drops_is_counted_and_every_request_is_answered() {
    const DROPPED: &str = "sandglass_journal_dropped_total";
    let log = "console.info('kept'); callback(null, 1)";
    let tight = start_with(|config| config.journal.pending_bytes_max = ByteSize::bytes(1));
    let hello = tight.deploy_body("hello", log);
    for number in 1..=3 {
        let reply = tight.invoke(&hello, json!({})).send();
        assert_eq!((reply.status, reply.text.as_str()), (200, "1"), "{reply:?}");
        assert_eq!(sample(&tight, DROPPED), Some(f64::from(number)));
    }
    let logs = |server: &TestServer| {
        let found = server.call(Method::GET, "/logs").send().json();
        found["entries"].as_array().unwrap().len()
    };
    assert_eq!(logs(&tight), 0);
    let roomy = start();
    let hello = roomy.deploy_body("hello", log);
    (0..3).for_each(|_| drop(roomy.invoke(&hello, json!({})).send()));
    assert_eq!((sample(&roomy, DROPPED), logs(&roomy)), (Some(0.0), 3));
}
