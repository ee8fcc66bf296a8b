//! A lambda is saved, deployed and undeployed in steps that everybody can watch.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, check_error, config, open, start};
use crate::harness::steps::{body, create, deploy, read, save, settled, undeploy};

const ONE: &str = "function lambda(input, callback) { callback(null, 'one'); }";
const TWO: &str = "function lambda(input, callback) { callback(null, 'two'); }";
const THROWS: &str = "function lambda(input, callback) {}\nthrow new Error('at the top');";

#[test]
fn a_lambda_goes_from_draft_to_productive_to_modified_and_back() {
    let server = start();
    let made = create(&server, "greeter", ONE);
    let uuid = made["uuid"].as_str().unwrap();
    assert_eq!(
        (&made["state"], &made["version"]),
        (&json!("Draft"), &json!(1))
    );
    assert_eq!(made["implementation"]["code"], ONE);
    assert!(made.get("lastDeployment").is_none(), "{made}");
    let refused = server.invoke(uuid, json!({})).send();
    check_error(&refused, 404, "es.notdeployed");

    deploy(&server, uuid);
    let live = settled(&server, uuid);
    assert_eq!(live["state"], "Productive");
    assert_eq!(live["lastDeployment"]["lambdaVersion"], 1);
    assert!(live["lastDeployment"]["deployedAt"].is_u64(), "{live}");
    assert_eq!(server.invoke(uuid, json!({})).send().text, "\"one\"");

    let saved = save(&server, &live, TWO);
    assert_eq!(saved.status, 202, "{saved:?}");
    let saved = saved.json();
    assert_eq!(
        (&saved["state"], &saved["version"]),
        (&json!("Modified"), &json!(2))
    );
    // What is live stays live until the new version is.
    assert_eq!(server.invoke(uuid, json!({})).send().text, "\"one\"");

    deploy(&server, uuid);
    assert_eq!(settled(&server, uuid)["state"], "Productive");
    assert_eq!(server.invoke(uuid, json!({})).send().text, "\"two\"");

    undeploy(&server, uuid);
    assert_eq!(read(&server, uuid)["state"], "Draft");
    let refused = server.invoke(uuid, json!({})).send();
    check_error(&refused, 404, "es.notdeployed");
}

#[test]
fn what_does_not_build_says_why_and_leaves_what_is_live() {
    let server = start();
    let made = create(&server, "greeter", ONE);
    let uuid = made["uuid"].as_str().unwrap();
    deploy(&server, uuid);
    let live = settled(&server, uuid);
    assert_eq!(save(&server, &live, THROWS).status, 202);
    deploy(&server, uuid);
    let failed = settled(&server, uuid);
    assert_eq!(failed["state"], "Build Error");
    let error = &failed["lastDeployment"]["deploymentError"];
    assert_eq!(error["errorCode"], "com.liveperson.faas.fm.build-error");
    assert!(
        error["errorMsg"].as_str().unwrap().contains("at the top"),
        "{error}"
    );
    let place = &error["place"];
    assert_eq!(
        (&place["file"], &place["line"]),
        (&json!("index.js"), &json!(2))
    );
    assert_eq!(place["sourceLine"], "throw new Error('at the top');");
    assert_eq!(server.invoke(uuid, json!({})).send().text, "\"one\"");

    assert_eq!(save(&server, &failed, TWO).status, 202);
    assert_eq!(read(&server, uuid)["state"], "Modified");
    deploy(&server, uuid);
    assert_eq!(settled(&server, uuid)["state"], "Productive");
}

#[test]
fn code_that_is_no_lambda_is_not_saved() {
    let server = start();
    for (code, line) in [
        (
            "function lambda(input, callback) {\n  callback(null, 1;\n}",
            2,
        ),
        ("function other() {}", 1),
    ] {
        let refused = server
            .call(Method::POST, "/lambdas?v=1")
            .json(&body("broken", -1, code))
            .send();
        check_error(&refused, 400, "fm.contract-error");
        assert_eq!(refused.json()["line"], line, "{refused:?}");
    }
    assert_eq!(
        server.call(Method::GET, "/lambdas").send().json(),
        json!([])
    );
}

#[test]
fn of_two_changes_to_one_version_the_second_is_refused() {
    let server = start();
    let made = create(&server, "greeter", ONE);
    assert_eq!(save(&server, &made, TWO).status, 202);
    let late = save(&server, &made, "function lambda(i, c) { c(null, 3); }");
    check_error(&late, 409, "fm.conflict");
    assert!(late.text.contains("has version 2"), "{late:?}");
    let read = read(&server, "greeter");
    assert_eq!(read["implementation"]["code"], TWO);
}

#[test]
fn what_did_not_change_is_304_and_no_new_version() {
    let server = start();
    let made = create(&server, "greeter", ONE);
    let same = save(&server, &made, ONE);
    assert_eq!((same.status, same.text.as_str()), (304, ""));
    assert_eq!(read(&server, "greeter")["version"], 1);
    let mut described = body("greeter", 1, ONE);
    described["description"] = json!("greets otherwise");
    let described = server
        .call(Method::PUT, "/lambdas/greeter?v=1")
        .json(&described)
        .send();
    assert_eq!(described.status, 202, "{described:?}");
    let read = read(&server, "greeter");
    assert_eq!(
        (&read["description"], &read["version"]),
        (&json!("greets otherwise"), &json!(1))
    );
}

#[test]
fn a_name_is_given_once_and_neither_it_nor_the_event_changes() {
    let server = start();
    create(&server, "greeter", ONE);
    let again = server
        .call(Method::POST, "/lambdas?v=1")
        .json(&body("greeter", -1, TWO))
        .send();
    check_error(&again, 409, "fm.conflict");
    for (field, value) in [("name", "other"), ("eventId", "some_event")] {
        let mut changed = body("greeter", 1, TWO);
        changed[field] = json!(value);
        let refused = server
            .call(Method::PUT, "/lambdas/greeter?v=1")
            .json(&changed)
            .send();
        check_error(&refused, 400, "es.badinput");
    }
}

#[test]
fn the_list_is_filtered_as_the_platform_does() {
    let server = start();
    create(&server, "alpha-one", ONE);
    create(&server, "alpha-two", ONE);
    create(&server, "beta", ONE);
    deploy(&server, "beta");
    settled(&server, "beta");
    let names = |query: &str| -> Vec<String> {
        let path = format!("/lambdas/?v=1&{query}");
        let list = server.call(Method::GET, &path).send().json();
        let name = |lambda: &Value| lambda["name"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(name).collect()
    };
    assert_eq!(names(""), ["alpha-one", "alpha-two", "beta"]);
    assert_eq!(names("name=alpha"), ["alpha-one", "alpha-two"]);
    assert_eq!(names("name=alpha&state=Productive"), Vec::<String>::new());
    assert_eq!(names("state=Productive&state=Modified"), ["beta"]);
    assert_eq!(names("eventId=&state=&externalSystem=").len(), 3);
}

#[test]
fn a_version_is_compared_restored_and_rolled_back_to() {
    let server = start();
    let made = create(&server, "greeter", ONE);
    deploy(&server, "greeter");
    settled(&server, "greeter");
    assert_eq!(save(&server, &made, TWO).status, 202);
    deploy(&server, "greeter");
    settled(&server, "greeter");

    let compared = server
        .call(Method::GET, "/lambdas/greeter/compare?from=1&to=2")
        .send()
        .json();
    let diff = compared["code"].as_str().unwrap();
    assert!(diff.contains("-function lambda(input, callback) { callback(null, 'one'); }"));
    assert!(diff.contains("+function lambda(input, callback) { callback(null, 'two'); }"));

    let builds = |server: &TestServer| {
        let page = server.plain(Method::GET, "/metrics").send().text;
        let line = page
            .lines()
            .find(|line| line.starts_with("sandglass_build_duration_seconds_count"));
        line.unwrap().to_owned()
    };
    let before = builds(&server);
    let back = server
        .call(Method::POST, "/lambdas/greeter/versions/1/rollback")
        .send();
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(server.invoke("greeter", json!({})).send().text, "\"one\"");
    assert_eq!(builds(&server), before);
    assert_eq!(read(&server, "greeter")["state"], "Modified");

    let restored = server
        .call(Method::POST, "/lambdas/greeter/versions/1/restore")
        .send();
    assert_eq!(restored.json()["version"], 3, "{restored:?}");
    assert_eq!(read(&server, "greeter")["implementation"]["code"], ONE);
    let versions = server.call(Method::GET, "/lambdas/greeter/versions").send();
    let versions = versions.json();
    let numbers: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["version"].clone())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    let live: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["live"].clone())
        .collect();
    assert_eq!(live, [false, false, true]);
    let history = server
        .call(Method::GET, "/lambdas/greeter/deployments")
        .send();
    let history: Vec<_> = history
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["lambdaVersion"].clone())
        .collect();
    assert_eq!(history, [1, 2, 1]);

    let never = server
        .call(Method::POST, "/lambdas/greeter/versions/3/rollback")
        .send();
    assert_eq!(never.status, 409, "{never:?}");
    assert_eq!(never.header("content-type"), "application/problem+json");
    assert!(never.text.contains("was never built"), "{never:?}");
}

#[test]
fn states_survive_a_restart() {
    let server = start();
    let made = create(&server, "modified", ONE);
    deploy(&server, "modified");
    settled(&server, "modified");
    assert_eq!(save(&server, &made, TWO).status, 202);
    create(&server, "draft", ONE);
    create(&server, "failed", THROWS);
    deploy(&server, "failed");
    settled(&server, "failed");
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).expect("the server starts again");
    for (name, state) in [
        ("modified", "Modified"),
        ("draft", "Draft"),
        ("failed", "Build Error"),
    ] {
        assert_eq!(read(&again, name)["state"], state, "{name}");
    }
    assert_eq!(again.invoke("modified", json!({})).send().text, "\"one\"");
}

#[test]
fn a_deployment_that_a_stop_interrupted_is_gone_on_with() {
    let server = start();
    create(&server, "greeter", ONE);
    create(&server, "leaver", ONE);
    deploy(&server, "leaver");
    settled(&server, "leaver");
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    // As a crash between two steps would leave it.
    let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap();
    database
        .execute_batch(
            "INSERT INTO deployments (lambda, version, uuid, state, created_at, updated_at, created_by)
             SELECT id, head, 'interrupted', 'Deploy Start', 1, 1, 'me' FROM lambdas WHERE name = 'greeter';
             UPDATE lambdas SET marked = 1 WHERE name = 'leaver';",
        )
        .unwrap();
    drop(database);
    let again = open(config(&data_dir)).expect("the server starts again");
    let live = settled(&again, "greeter");
    assert_eq!(live["state"], "Productive");
    assert_eq!(live["lastDeployment"]["uuid"], "interrupted");
    assert_eq!(again.invoke("greeter", json!({})).send().text, "\"one\"");
    assert_eq!(read(&again, "leaver")["state"], "Draft");
}

#[test]
fn while_a_deployment_runs_there_is_no_other_and_no_save() {
    let server = start();
    let slow = "for (let i = 0; i < 20e6; i++);\n\
                function lambda(input, callback) { callback(null, 'slow'); }";
    let made = create(&server, "slow", slow);
    deploy(&server, "slow");
    let second = server.call(Method::POST, "/deployments/slow?v=1").send();
    check_error(&second, 409, "fm.conflict");
    assert_eq!(
        second.json()["errorMsg"],
        "Can not deploy a lambda during an active deployment"
    );
    check_error(&save(&server, &made, ONE), 409, "fm.conflict");
    let watched = read(&server, "slow")["lastDeployment"]["deploymentState"].clone();
    assert_eq!(watched, "Build Start");
    assert_eq!(settled(&server, "slow")["state"], "Productive");
}
