//! A lambda is shown with everything that the platform shows of one, and refused in its words.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, check_error, start};
use crate::harness::steps::{body, create, deploy, make_live, read, settled};

const CODE: &str = "function lambda(input, callback) { callback(null, 'one'); }";
const EVENT: &str = "controllerbot_messaging_ttr";
const RESERVED: &str = "Variable name is reserved and thereby blocked for use.";

fn fields(object: &Value) -> BTreeSet<&str> {
    let object = object.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

/// A lambda of an event, as a draft.
fn create_for(server: &TestServer, name: &str, event: &str) -> Value {
    let mut new = body(name, -1, CODE);
    new["eventId"] = json!(event);
    new["implementation"]["environmentVariables"] = json!([{ "key": "MODE", "value": "slow" }]);
    let made = server.call(Method::POST, "/lambdas?v=1").json(&new).send();
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

#[test]
fn a_lambda_has_every_field_of_the_platform() {
    let server = start();
    let draft = create_for(&server, "greeter", EVENT);
    let always = BTreeSet::from([
        "createdAt",
        "createdBy",
        "description",
        "eventId",
        "implementation",
        "name",
        "runtime",
        "samplePayload",
        "skills",
        "state",
        "updatedAt",
        "updatedBy",
        "uuid",
        "version",
    ]);
    assert_eq!(fields(&draft), always);
    let event = server
        .call(Method::GET, &format!("/events/{EVENT}"))
        .send()
        .json();
    assert_eq!(draft["samplePayload"], event["samplePayload"]);
    assert_eq!(
        fields(&draft["samplePayload"]),
        BTreeSet::from(["headers", "payload"])
    );
    assert!(
        draft["samplePayload"]["payload"]
            .as_object()
            .is_some_and(|sample| !sample.is_empty())
    );
    assert_eq!(
        draft["runtime"],
        server.call(Method::GET, "/runtimes").send().json()[0]
    );
    let implementation = &draft["implementation"];
    assert_eq!(
        fields(implementation),
        BTreeSet::from(["code", "dependencies", "environmentVariables"])
    );
    let variables = json!([{ "key": "MODE", "value": "slow" }]);
    assert_eq!(implementation["environmentVariables"], variables);
    let dependencies = implementation["dependencies"].as_array().expect("a list");
    assert!(
        dependencies
            .iter()
            .any(|package| package["key"] == "lodash"),
        "{dependencies:?}"
    );
    assert!(
        dependencies
            .iter()
            .all(|package| package["value"].is_string())
    );
    for (by, at) in [("createdBy", "createdAt"), ("updatedBy", "updatedAt")] {
        assert_eq!(draft[by], "admin.token");
        assert!(draft[at].is_u64(), "{draft}");
    }

    let live = make_live(&server, "greeter");
    let with_deployment = always.iter().copied().chain(["lastDeployment"]).collect();
    assert_eq!(fields(&live), with_deployment);
    let deployment = &live["lastDeployment"];
    let of_a_deployment = BTreeSet::from([
        "createdAt",
        "createdBy",
        "deployedAt",
        "deploymentState",
        "imageName",
        "lambdaUUID",
        "lambdaVersion",
        "name",
        "steps",
        "updatedAt",
        "updatedBy",
        "uuid",
    ]);
    assert_eq!(fields(deployment), of_a_deployment);
    assert_eq!(deployment["lambdaUUID"], draft["uuid"]);
    assert_eq!(
        (&deployment["name"], &deployment["lambdaVersion"]),
        (&json!("greeter"), &json!(1))
    );
    assert_eq!(
        deployment["imageName"].as_str().unwrap().len(),
        64,
        "a digest"
    );
    assert_eq!(deployment["createdBy"], "admin.token");

    create(
        &server,
        "plain",
        "function lambda() {}\nthrow new Error('at the top');",
    );
    deploy(&server, "plain");
    let failed = settled(&server, "plain");
    assert!(failed.get("eventId").is_none(), "{failed}");
    assert_eq!(
        failed["samplePayload"],
        json!({ "headers": [], "payload": {} })
    );
    let deployment = &failed["lastDeployment"];
    assert!(deployment.get("deployedAt").is_none(), "{deployment}");
    assert_eq!(deployment["imageName"], "");
    let error = &deployment["deploymentError"];
    assert_eq!(
        fields(error),
        BTreeSet::from(["errorCode", "errorLogs", "errorMsg", "place"])
    );
    assert_eq!(error["errorLogs"], json!([]));
}

#[test]
fn the_first_runtime_is_what_runs_lambdas() {
    let server = start();
    let runtimes = server.call(Method::GET, "/runtimes?userId=me&v=1").send();
    assert_eq!(runtimes.status, 200, "{runtimes:?}");
    let runtimes = runtimes.json();
    assert_eq!(
        fields(&runtimes[0]),
        BTreeSet::from(["baseImageName", "name", "uuid"])
    );
    server.deploy_body("version", "callback(null, process.version)");
    let version = server.invoke("version", json!({})).send().json();
    let major = version
        .as_str()
        .unwrap()
        .trim_start_matches('v')
        .split('.')
        .next()
        .unwrap();
    assert_eq!(runtimes[0]["name"], format!("Node.js {major}"));
}

#[test]
fn a_list_is_filtered_by_what_the_id_of_an_event_holds() {
    let server = start();
    create_for(&server, "ttr", EVENT);
    create_for(&server, "command", "conversational_command");
    create(&server, "plain", CODE);
    let names = |path: String| -> Vec<String> {
        let list = server.call(Method::GET, &path).send().json();
        let name = |lambda: &Value| lambda["name"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(name).collect()
    };
    for (event, found) in [
        (EVENT, &["ttr"][..]),
        ("messaging_ttr", &["ttr"]),
        ("controllerbot", &["ttr"]),
        ("e", &["command", "ttr"]),
        ("other", &[]),
        ("", &["command", "plain", "ttr"]),
    ] {
        assert_eq!(
            names(format!("/lambdas/?v=1&eventId={event}")),
            found,
            "{event}"
        );
        assert_eq!(
            names(format!("/functions?userId=me&eventId={event}")),
            found,
            "{event}"
        );
    }
}

#[test]
fn a_change_to_code_that_is_no_lambda_is_not_saved() {
    let server = start();
    create(&server, "greeter", CODE);
    let broken = body(
        "greeter",
        1,
        "function lambda(input, callback) {\n  callback(null, 1;\n}",
    );
    let refused = server
        .call(Method::PUT, "/lambdas/greeter?v=1")
        .json(&broken)
        .send();
    check_error(&refused, 400, "fm.contract-error");
    assert_eq!(refused.json()["line"], 2, "{refused:?}");
    let read = read(&server, "greeter");
    assert_eq!(
        (&read["version"], &read["implementation"]["code"]),
        (&json!(1), &json!(CODE))
    );
}

#[test]
fn a_reserved_variable_is_refused_in_the_words_of_the_platform_wherever_it_is_saved() {
    let server = start();
    let with_reserved = |version: i64| {
        let mut body = body("greeter", version, CODE);
        body["implementation"]["environmentVariables"] =
            json!([{ "key": "BRAND_ID", "value": "x" }]);
        body
    };
    let refused = server
        .call(Method::POST, "/lambdas?v=1")
        .json(&with_reserved(-1))
        .send();
    let why = check_error(&refused, 400, "es.badinput");
    assert_eq!(why, format!("BRAND_ID: {RESERVED}"));
    create(&server, "greeter", CODE);
    let refused = server
        .call(Method::PUT, "/lambdas/greeter?v=1")
        .json(&with_reserved(1))
        .send();
    assert_eq!(check_error(&refused, 400, "es.badinput"), why);

    let manifest = json!({ "version": -1, "code": CODE, "environment": { "BRAND_ID": "x" } });
    let put = server.call(Method::PUT, "/functions/greeter/manifest");
    let refused = put.json(&manifest).send();
    assert_eq!(
        (refused.status, &refused.json()["message"]),
        (400, &json!(why))
    );
    let new = json!({ "name": "other", "manifest": { "environment": { "BRAND_ID": "x" } } });
    let refused = server.call(Method::POST, "/functions").json(&new).send();
    assert_eq!(
        (refused.status, &refused.json()["message"]),
        (400, &json!(why))
    );

    let at_once = json!({ "name": "greeter", "fileName": "a.js", "code": CODE,
                          "environment": { "BRAND_ID": "x" } });
    let refused = server.call(Method::POST, "/deploy").json(&at_once).send();
    assert_eq!(
        (refused.status, &refused.json()["detail"]),
        (400, &json!(why))
    );
    assert_eq!(read(&server, "greeter")["version"], 1);
}

#[test]
fn a_lambda_that_is_live_is_not_deleted_until_it_is_undeployed() {
    let server = start();
    let uuid = server.deploy("greeter", CODE);
    let refused = server.call(Method::DELETE, "/lambdas/greeter").send();
    assert_eq!(refused.status, 409, "{refused:?}");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("undeploy it first"), "{detail}");
    assert_eq!(server.invoke(&uuid, json!({})).send().text, "\"one\"");
    server.undeploy("greeter");
    let deleted = server.call(Method::DELETE, "/lambdas/greeter").send();
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(
        server.call(Method::GET, "/lambdas").send().json(),
        json!([])
    );
}
