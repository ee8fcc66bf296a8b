//! Functions are managed as clients of the platform's second generation do.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, start};

const CODE: &str = "async function lambda(input) { console.debug('asked'); return input.payload; }";

fn create(server: &TestServer, name: &str) -> Value {
    let made = server
        .call(Method::POST, "/functions?userId=me")
        .json(&json!({ "name": name, "description": "echoes", "skills": [], "size": "S" }))
        .send();
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

fn save(server: &TestServer, name: &str, code: &str) -> crate::harness::server::Reply {
    server
        .call(Method::PUT, &format!("/functions/{name}/manifest"))
        .json(&json!({ "version": -1, "id": "x", "code": code, "environment": { "A": "1" } }))
        .send()
}

fn productive(server: &TestServer, name: &str) {
    for _ in 0..400 {
        let path = format!("/functions/{name}");
        if server.call(Method::GET, &path).send().json()["state"] == "Productive" {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("{name} is never productive");
}

#[test]
fn a_function_is_made_written_deployed_and_tried() {
    let server = start();
    let made = create(&server, "echo");
    assert_eq!(
        (&made["state"], &made["manifest"]["version"]),
        (&json!("Draft"), &json!(1))
    );
    let saved = save(&server, "echo", CODE);
    assert_eq!(saved.status, 200, "{saved:?}");
    assert_eq!(saved.json()["manifest"]["version"], 2);
    let uuid = made["uuid"].as_str().unwrap();
    let begun = server
        .call(Method::POST, &format!("/deployments/{uuid}"))
        .send();
    assert_eq!(begun.status, 202, "{begun:?}");
    productive(&server, "echo");
    let tried = server
        .call(Method::POST, "/functions/echo/test")
        .json(&json!({ "timestamp": 0, "headers": [], "payload": { "b": 2 } }))
        .send();
    assert_eq!(tried.status, 200, "{tried:?}");
    assert_eq!(tried.json()["result"], json!({ "b": 2 }));
    assert_eq!(tried.json()["logs"][0]["level"], "Debug");
    let read = server.call(Method::GET, "/functions/echo").send().json();
    let versions = read["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(
        (&versions[0]["code"], &versions[0]["environment"]["A"]),
        (&json!(CODE), &json!("1"))
    );
    assert_eq!(
        server.call(Method::GET, "/functions/count").send().text,
        "1"
    );
    assert_eq!(
        server.call(Method::GET, "/deployments/count").send().text,
        "1"
    );
    let listed = server
        .call(Method::GET, "/functions?functionName=ech&state=Productive")
        .send();
    assert_eq!(listed.json().as_array().unwrap().len(), 1);
    assert!(listed.json()[0].get("code").is_none());
}

#[test]
fn what_did_not_change_and_what_is_no_function_is_said_with_a_code_and_a_message() {
    let server = start();
    create(&server, "echo");
    save(&server, "echo", CODE);
    let same = save(&server, "echo", CODE);
    assert_eq!(
        same.json()["code"],
        "com.liveperson.faas.function.unchanged",
        "{same:?}"
    );
    let broken = save(&server, "echo", "async function lambda(input) { return 1;");
    assert_eq!(broken.status, 400, "{broken:?}");
    let code = broken.json()["code"].as_str().unwrap().to_owned();
    assert!(code.contains("validation"), "{code}");
    let missing = server.call(Method::GET, "/functions/nobody").send();
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.json()["code"],
        "com.liveperson.faas.function.not-found"
    );
    assert!(
        missing.json()["message"]
            .as_str()
            .unwrap()
            .contains("nobody")
    );
    let idle = server.call(Method::PATCH, "/deployments/echo").send();
    assert_eq!(idle.status, 409, "{idle:?}");
}

#[test]
fn a_description_and_skills_change_without_a_manifest() {
    let server = start();
    create(&server, "echo");
    let changed = server
        .call(Method::PUT, "/functions/echo")
        .json(&json!({ "description": "other", "isCompV1": true }))
        .send();
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = changed.json();
    assert_eq!(
        (&changed["description"], &changed["manifest"]["version"]),
        (&json!("other"), &json!(1))
    );
    assert_eq!(changed["isCompV1"], true);
    let same = server
        .call(Method::PUT, "/functions/echo")
        .json(&json!({ "isCompV1": true }))
        .send();
    assert_eq!(
        same.json()["code"],
        "com.liveperson.faas.function.unchanged",
        "{same:?}"
    );
}

fn fields(object: &Value) -> BTreeSet<&str> {
    let object = object.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

/// The deployments as the second generation lists them.
#[track_caller]
fn deployments(server: &TestServer) -> Vec<Value> {
    let list = server.call(Method::GET, "/deployments?userId=me").send();
    assert_eq!(list.status, 200, "{list:?}");
    list.json().as_array().expect("a list").clone()
}

/// The deployment of a function once it is over.
fn over(server: &TestServer, function: &str) -> Value {
    for _ in 0..1_000 {
        let mut all = deployments(server);
        all.retain(|deployment| deployment["functionUuid"] == function);
        match all.pop() {
            Some(one)
                if matches!(
                    one["deploymentState"].as_str(),
                    Some("successful" | "failed")
                ) =>
            {
                return one;
            }
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    panic!("the deployment does not end: {:?}", deployments(server));
}

#[test]
fn a_function_is_made_with_its_first_code_and_has_every_field_of_the_platform() {
    let server = start();
    let new = json!({
        "name": "echo", "description": "echoes", "skills": [], "size": "L",
        "manifest": { "code": CODE, "environment": { "A": "1" }, "runtime": "x",
                      "customDependencies": {} },
    });
    let made = server
        .call(Method::POST, "/functions?userId=me")
        .json(&new)
        .send();
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let always = BTreeSet::from([
        "createdAt",
        "createdBy",
        "description",
        "isCompV1",
        "manifest",
        "name",
        "size",
        "skills",
        "state",
        "updatedAt",
        "updatedBy",
        "uuid",
    ]);
    assert_eq!(fields(&made), always);
    assert_eq!(
        (&made["size"], &made["isCompV1"]),
        (&json!("L"), &json!(false))
    );
    let read = server.call(Method::GET, "/functions/echo").send().json();
    let manifest = &read["versions"][0];
    assert_eq!(
        fields(manifest),
        BTreeSet::from([
            "code",
            "createdAt",
            "createdBy",
            "customDependencies",
            "environment",
            "id",
            "runtime",
            "spec",
            "version",
        ])
    );
    assert_eq!(
        (&manifest["code"], &manifest["environment"]),
        (&json!(CODE), &json!({ "A": "1" }))
    );
    assert_eq!(manifest["customDependencies"], json!({}));
    let chars = |field: &str| manifest[field].as_str().unwrap().chars().count();
    assert!(chars("runtime") <= 20 && chars("spec") <= 10, "{manifest}");
    assert_eq!(manifest["id"], made["manifest"]["id"]);

    let unknown = json!({ "name": "other", "size": "XS" });
    let refused = server
        .call(Method::POST, "/functions")
        .json(&unknown)
        .send();
    assert_eq!(refused.status, 400, "{refused:?}");
    let again = server.call(Method::POST, "/functions").json(&new).send();
    assert_eq!(again.status, 409, "a name is given once: {again:?}");
    assert_eq!(fields(&again.json()), BTreeSet::from(["code", "message"]));
    for size in ["S", "M", "L", "XL", "XXL"] {
        let new = json!({ "name": format!("size{size}"), "size": size });
        let made = server.call(Method::POST, "/functions").json(&new).send();
        assert_eq!(made.json()["size"], size);
    }
}

#[test]
fn a_deployment_is_watched_from_deploying_to_redeploying_and_gone() {
    let server = start();
    let slow = |n: u32| {
        format!("for (let i = 0; i < 5e6; i++);\nasync function lambda() {{ return {n}; }}")
    };
    let made = create(&server, "watched");
    let uuid = made["uuid"].as_str().unwrap();
    assert_eq!(deployments(&server), Vec::<Value>::new());
    save(&server, "watched", &slow(1));
    let begun = server
        .call(Method::POST, &format!("/deployments/{uuid}"))
        .send();
    assert_eq!(
        begun.json(),
        json!({ "message": "Successfully started deployment" })
    );
    assert_eq!(deployments(&server)[0]["deploymentState"], "deploying");
    let live = over(&server, uuid);
    assert_eq!(
        fields(&live),
        BTreeSet::from([
            "createdAt",
            "createdBy",
            "deployedAt",
            "deploymentState",
            "functionName",
            "functionSize",
            "functionUuid",
            "id",
            "manifestUUID",
            "manifestVersion",
            "updatedAt",
            "updatedBy",
            "uuid",
        ])
    );
    assert_eq!(
        (&live["deploymentState"], &live["manifestVersion"]),
        (&json!("successful"), &json!(2))
    );
    assert_eq!(
        (&live["functionSize"], &live["id"]),
        (&json!("S"), &live["uuid"])
    );
    let read = server.call(Method::GET, "/functions/watched").send().json();
    assert_eq!(read["lastDeployment"], live);
    assert_eq!(read["manifest"]["id"], live["manifestUUID"]);

    save(&server, "watched", &slow(2));
    let begun = server
        .call(Method::PATCH, &format!("/deployments/{uuid}"))
        .send();
    assert_eq!(begun.status, 202, "{begun:?}");
    assert_eq!(
        begun.json(),
        json!({ "message": "Successfully started redeployment" })
    );
    assert_eq!(deployments(&server)[0]["deploymentState"], "redeploying");
    assert_eq!(
        server.invoke(uuid, json!({})).send().text,
        "1",
        "the old one serves"
    );
    let again = over(&server, uuid);
    assert_eq!(
        (&again["deploymentState"], &again["manifestVersion"]),
        (&json!("successful"), &json!(3))
    );
    assert_ne!(again["id"], live["id"]);
    assert_eq!(server.invoke(uuid, json!({})).send().text, "2");

    save(
        &server,
        "watched",
        "async function lambda() {}\nthrow new Error('at the top');",
    );
    let begun = server
        .call(Method::PATCH, &format!("/deployments/{uuid}"))
        .send();
    assert_eq!(begun.status, 202, "{begun:?}");
    let failed = over(&server, uuid);
    assert_eq!(failed["deploymentState"], "failed");
    assert_eq!(
        failed["deploymentError"]["code"],
        "com.liveperson.faas.fm.build-error"
    );
    let message = failed["deploymentError"]["message"].as_str().unwrap();
    assert!(message.contains("at the top"), "{message}");
    assert_eq!(server.invoke(uuid, json!({})).send().text, "2");

    save(&server, "watched", &slow(3));
    server
        .call(Method::PATCH, &format!("/deployments/{uuid}"))
        .send();
    assert_eq!(over(&server, uuid)["deploymentState"], "successful");
    server.undeploy("watched");
    assert_eq!(deployments(&server), Vec::<Value>::new());
    // With `v=1` it is the list of the first generation, with all steps.
    let first = server.call(Method::GET, "/deployments?v=1").send().json();
    assert_eq!(
        (
            &first[0]["lambdaUUID"],
            &first[0]["deploymentState"],
            &first[0]["steps"][3]["state"]
        ),
        (
            &json!(uuid),
            &json!("Deploy Finish"),
            &json!("Deploy Finish")
        )
    );
    assert!(first[0]["undeployedAt"].is_u64(), "{first}");
}

#[test]
fn a_schedule_has_the_names_of_both_generations_and_headers_as_they_were_sent() {
    let server = start();
    let lambda = server.deploy_body("works", "callback(null, input.headers)");
    for (headers, seen) in [
        (json!({ "a": "1" }), json!([{ "key": "a", "value": "1" }])),
        (
            json!([{ "key": "b", "value": "2" }]),
            json!([{ "key": "b", "value": "2" }]),
        ),
    ] {
        let new = json!({
            "functionUuid": lambda, "cronExpression": "0 0 1 1 *",
            "invocationBody": { "headers": headers, "payload": {} },
        });
        let made = server
            .call(Method::POST, "/schedules?userId=me")
            .json(&new)
            .send();
        assert_eq!(made.status, 201, "{made:?}");
        let made = made.json();
        assert_eq!(made["id"], made["uuid"]);
        assert_eq!(
            (&made["functionUuid"], &made["lambdaUUID"]),
            (&json!(lambda), &json!(lambda))
        );
        assert_eq!(made["invocationBody"]["headers"], headers);
        let id = made["id"].as_str().unwrap();
        let read = server
            .call(Method::GET, &format!("/schedules/{id}"))
            .send()
            .json();
        assert_eq!(read, made);
        assert_eq!(run_now(&server, id), seen);
    }
}

/// Makes a schedule due, and returns what its lambda answered: time is what tests fake.
fn run_now(server: &TestServer, id: &str) -> Value {
    let database = crate::harness::steps::database(&server.data_dir);
    let sql = "UPDATE schedules SET next_at = unixepoch() * 1000 WHERE uuid = ?1";
    assert_eq!(database.execute(sql, [id]).unwrap(), 1);
    // A change of any schedule wakes the clock.
    let body = json!({ "description": "now" });
    let changed = server
        .call(Method::PUT, &format!("/schedules/{id}"))
        .json(&body)
        .send();
    assert_eq!(changed.status, 200, "{changed:?}");
    for _ in 0..1_000 {
        let path = format!("/schedules/{id}/history");
        let history = server.call(Method::GET, &path).send().json();
        if history[0]["state"] == "succeeded" {
            let invocation = history[0]["invocation"].as_str().unwrap();
            let path = format!("/invocations/{invocation}");
            return server.call(Method::GET, &path).send().json()["result"].clone();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{id} does not run");
}
