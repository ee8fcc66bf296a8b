//! A deployment that a power cut ends in any of its steps is gone on with at the next start, and
//! what was live before is served meanwhile.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::FOUR_STEPS;
use crate::harness::binary::Serving;
use crate::harness::steps::{create, database, deploy, make_live, read, save, settled, steps};
use crate::harness::temporary;

fn code(answer: &str) -> String {
    format!("function lambda(input, callback) {{ callback(null, '{answer}'); }}")
}

fn invoke(serving: &Serving) -> String {
    let invoke = serving.call(Method::POST, "/lambdas/greeter/invoke?v=1&externalSystem=x");
    let reply = invoke.json(&json!({ "payload": {} })).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.text
}

/// Lets no deployment reach a step: the transaction that would note it never ends.
fn hold_back(data_dir: &Path, step: &str) {
    // A trigger can have no recursive query, but ask a view that has one.
    let sql = format!(
        "CREATE VIEW endless AS
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
         CREATE TRIGGER held BEFORE UPDATE OF state ON deployments WHEN new.state = '{step}' BEGIN
             SELECT count(*) FROM endless;
         END"
    );
    database(data_dir).execute_batch(&sql).unwrap();
}

fn let_go(data_dir: &Path) {
    let sql = "DROP TRIGGER held; DROP VIEW endless";
    database(data_dir).execute_batch(sql).unwrap();
}

/// Waits until the last deployment has durably reached a step.
#[track_caller]
fn wait_for(data_dir: &Path, step: &str) {
    let database = database(data_dir);
    let sql = "SELECT state FROM deployments ORDER BY id DESC LIMIT 1";
    let state = || {
        database
            .query_row(sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    let reached = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        state() == step
    });
    assert!(reached, "{step} is not reached: {}", state());
}

#[test]
fn a_kill_in_any_step_of_a_deployment_costs_neither_it_nor_what_was_live() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    let mut serving = Serving::start(&data_dir);
    let mut lambda = create(&serving, "greeter", &code("0"));
    make_live(&serving, "greeter");
    for (round, pair) in FOUR_STEPS.windows(2).enumerate() {
        let [at, next] = pair else { unreachable!() };
        let (before, after) = (format!("\"{round}\""), format!("\"{}\"", round + 1));
        let saved = save(&serving, &lambda, &code(&(round + 1).to_string()));
        assert_eq!(saved.status, 202, "{saved:?}");
        hold_back(&data_dir, next);
        deploy(&serving, "greeter");
        wait_for(&data_dir, at);
        assert_eq!(invoke(&serving), before, "in {at}");
        serving.kill();
        let_go(&data_dir);

        serving = Serving::start(&data_dir);
        let served = invoke(&serving);
        assert!(served == before || served == after, "after {at}: {served}");
        let live = settled(&serving, "greeter");
        assert_eq!(live["state"], "Productive", "after {at}: {live}");
        assert_eq!(
            steps(&live["lastDeployment"]),
            FOUR_STEPS,
            "after {at}: it began anew"
        );
        assert_eq!(invoke(&serving), after);
        lambda = read(&serving, "greeter");
    }
    assert_eq!(serving.terminate(), Some(0));
}
