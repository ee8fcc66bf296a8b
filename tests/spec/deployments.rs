//! A deployment goes from step to step; each can be looked up afterwards, and one that failed for a
//! while works when it is begun again.

mod interrupted;

use std::fs;

use reqwest::Method;
use sandglass_compiler::Source;
use serde_json::{Value, json};

use crate::harness::server::{ACCOUNT, TestServer, check_error, config, open, start, start_with};
use crate::harness::steps::{
    create, database, deploy, make_live, read, save, settled, steps, undeploy,
};
use crate::harness::{block_on, compiler, runtime};

const ONE: &str = "function lambda(input, callback) { callback(null, 'one'); }";
const TWO: &str = "function lambda(input, callback) { callback(null, 'two'); }";
const FOUR_STEPS: [&str; 4] = [
    "Build Start",
    "Build Finish",
    "Deploy Start",
    "Deploy Finish",
];
/// Takes its build a while.
const SLOW: &str = "for (let i = 0; i < 20e6; i++);\n\
    function lambda(input, callback) { callback(null, 'slow'); }";

/// The deployments of a lambda that are kept, the latest first.
#[track_caller]
fn history(server: &TestServer, lambda: &str) -> Vec<Value> {
    let path = format!("/lambdas/{lambda}/deployments");
    let history = server.call(Method::GET, &path).send();
    assert_eq!(history.status, 200, "{history:?}");
    history.json().as_array().expect("a list").clone()
}

/// The steps were reached one after the other, between the times that the deployment tells.
#[track_caller]
fn check_times(deployment: &Value) {
    let at = |step: &Value| step["at"].as_u64().expect("milliseconds");
    let times: Vec<_> = deployment["steps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(at)
        .collect();
    assert!(times.is_sorted(), "{deployment}");
    assert_eq!(deployment["createdAt"], times[0], "{deployment}");
    assert_eq!(
        deployment["updatedAt"],
        times[times.len() - 1],
        "{deployment}"
    );
}

#[test]
fn each_of_the_four_steps_is_kept_with_its_time() {
    let server = start();
    create(&server, "stepwise", ONE);
    let live = make_live(&server, "stepwise");
    server.deploy("at-once", ONE);
    for lambda in ["stepwise", "at-once"] {
        let deployment = &history(&server, lambda)[0];
        assert_eq!(steps(deployment), FOUR_STEPS, "{lambda}");
        check_times(deployment);
        assert_eq!(deployment["deployedAt"], deployment["updatedAt"]);
    }
    // The platform's own answer has them too.
    assert_eq!(
        live["lastDeployment"]["steps"],
        history(&server, "stepwise")[0]["steps"]
    );

    let back = server
        .call(Method::POST, "/lambdas/at-once/versions/1/rollback")
        .send()
        .json();
    assert_eq!(
        steps(&back),
        ["Deploy Start", "Deploy Finish"],
        "nothing was built"
    );
    check_times(&back);

    let data_dir = server.data_dir.clone();
    let before = history(&server, "stepwise");
    let _directory = server.stop();
    let again = open(config(&data_dir)).expect("the server starts again");
    assert_eq!(history(&again, "stepwise"), before);
}

#[test]
fn a_build_that_failed_says_at_which_step() {
    let server = start();
    create(
        &server,
        "failing",
        "function lambda() {}\nthrow new Error('at the top');",
    );
    deploy(&server, "failing");
    let failed = settled(&server, "failing");
    assert_eq!(
        steps(&failed["lastDeployment"]),
        ["Build Start", "Build Error"]
    );
    check_times(&failed["lastDeployment"]);
}

/// The digest of what that code of a lambda builds to: the same source gives the same artifact.
fn digest_of(uuid: &str, code: &str) -> String {
    let source = Source::new("index.js", code).expect("it is short");
    let source = source
        .env("BRAND_ID", ACCOUNT)
        .and_then(|source| source.env("LAMBDA_UUID", uuid));
    let source = source.expect("they are names");
    let artifact = block_on(compiler(runtime()).compile(&source)).expect("it builds");
    artifact.digest().as_str().to_owned()
}

#[test]
fn what_could_not_be_loaded_says_why_and_works_when_it_is_deployed_again() {
    let server = start();
    let made = create(&server, "greeter", ONE);
    let uuid = made["uuid"].as_str().unwrap();
    let live = make_live(&server, uuid);
    assert_eq!(save(&server, &live, TWO).status, 202);
    // Something else has the name of the artifact that is to be made.
    let artifact = server.data_dir.join("artifacts").join(digest_of(uuid, TWO));
    fs::create_dir(&artifact).unwrap();

    deploy(&server, uuid);
    let failed = settled(&server, uuid);
    assert_eq!(failed["state"], "Deploy Error");
    let deployment = &failed["lastDeployment"];
    assert_eq!(
        steps(deployment),
        [
            "Build Start",
            "Build Finish",
            "Deploy Start",
            "Deploy Error"
        ]
    );
    let error = &deployment["deploymentError"];
    assert_eq!(error["errorCode"], "com.liveperson.faas.fm.general");
    let why = error["errorMsg"].as_str().unwrap();
    assert!(why.contains("could not be loaded"), "{why}");
    assert!(why.contains("directory"), "the cause is told: {why}");
    assert!(why.ends_with("deploy the lambda again"), "{why}");
    assert_eq!(server.invoke(uuid, json!({})).send().text, "\"one\"");

    fs::remove_dir(&artifact).unwrap();
    let live = make_live(&server, uuid);
    assert_eq!(live["version"], 2, "the same version, nothing was saved");
    assert_eq!(server.invoke(uuid, json!({})).send().text, "\"two\"");
}

#[test]
fn a_build_that_found_no_place_works_when_it_is_deployed_again() {
    let server = start_with(|config| {
        config.builds_max = 1;
        config.builds.queue_max = 0;
    });
    for name in ["first", "second"] {
        let made = create(&server, name, ONE);
        make_live(&server, name);
        assert_eq!(save(&server, &made, SLOW).status, 202);
    }
    // There is one place, and each build takes it for long.
    deploy(&server, "first");
    deploy(&server, "second");
    let (first, second) = (settled(&server, "first"), settled(&server, "second"));
    let (failed, other) = match first["state"] == "Build Error" {
        true => (first, second),
        false => (second, first),
    };
    assert_eq!(other["state"], "Productive", "{other}");
    assert_eq!(failed["state"], "Build Error", "{failed}");
    let error = &failed["lastDeployment"]["deploymentError"];
    assert_eq!(error["errorCode"], "com.liveperson.faas.fm.general");
    assert!(
        error.get("place").is_none(),
        "the source is not to blame: {error}"
    );
    let name = failed["name"].as_str().unwrap();
    assert_eq!(server.invoke(name, json!({})).send().text, "\"one\"");

    make_live(&server, name);
    assert_eq!(server.invoke(name, json!({})).send().text, "\"slow\"");
}

#[test]
fn an_undeployment_that_the_database_stopped_stays_marked_until_it_is_finished() {
    let server = start();
    let made = create(&server, "leaver", ONE);
    make_live(&server, "leaver");
    database(&server.data_dir)
        .execute_batch(
            "CREATE TRIGGER full BEFORE UPDATE OF live ON lambdas WHEN new.live IS NULL BEGIN
                 SELECT raise(ABORT, 'the disk is full');
             END",
        )
        .unwrap();
    let stopped = server
        .call(Method::DELETE, "/deployments/leaver?v=1")
        .send();
    check_error(&stopped, 500, "es.general");
    assert_eq!(read(&server, "leaver")["state"], "Marked Undeployed");
    check_error(
        &server.invoke("leaver", json!({})).send(),
        404,
        "es.notdeployed",
    );
    check_error(&save(&server, &made, TWO), 409, "fm.conflict");

    database(&server.data_dir)
        .execute_batch("DROP TRIGGER full")
        .unwrap();
    undeploy(&server, "leaver");
    assert_eq!(read(&server, "leaver")["state"], "Draft");
    make_live(&server, "leaver");
    assert_eq!(server.invoke("leaver", json!({})).send().text, "\"one\"");
}
