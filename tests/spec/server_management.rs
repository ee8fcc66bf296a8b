//! What is deployed can be seen and changed over HTTP, and is in force when the call answers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{check_error, start};

#[test]
fn a_deployment_is_live_when_it_is_answered() {
    let server = start();
    let body = json!({
        "name": "greeter", "description": "greets", "fileName": "greeter.js",
        "code": "function lambda(input, callback) { callback(null, process.env.GREETING); }",
        "environment": { "GREETING": "Hello" },
    });
    let deployed = server.call(Method::POST, "/deploy").json(&body).send();
    assert_eq!(deployed.status, 200, "{deployed:?}");
    let deployed = deployed.json();
    assert_eq!(
        (&deployed["name"], &deployed["version"]),
        (&json!("greeter"), &json!(1))
    );
    assert_eq!(deployed["digest"].as_str().unwrap().len(), 64);
    assert!(deployed["artifactBytes"].as_u64().unwrap() > 0);
    assert!(deployed["buildMillis"].is_number());
    let uuid = deployed["uuid"].as_str().unwrap();
    assert_eq!(server.invoke(uuid, json!({})).send().text, "\"Hello\"");
}

#[test]
fn the_list_shows_what_is_deployed() {
    let server = start();
    let uuid = server.deploy_body("b", "callback(null, 1)");
    server.deploy_body("a", "callback(null, 1)");
    let list = server.call(Method::GET, "/lambdas").send().json();
    let names: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["name"].clone())
        .collect();
    assert_eq!(names, ["a", "b"]);
    let b = &list[1];
    assert_eq!((&b["uuid"], &b["version"]), (&json!(uuid), &json!(1)));
    assert_eq!(b["environment"], json!({}));
    assert!(
        b["state"]
            .as_str()
            .unwrap()
            .eq_ignore_ascii_case("productive"),
        "{b}"
    );
    for time in ["createdAt", "updatedAt", "deployedAt"] {
        assert!(!b[time].is_null(), "{time}: {b}");
    }
}

#[test]
fn a_new_version_takes_over_at_once_and_keeps_the_uuid() {
    let server = start();
    let first = server.deploy_body("hello", "callback(null, 'one')");
    let second = server.deploy_body("hello", "callback(null, 'two')");
    assert_eq!(first, second);
    assert_eq!(server.invoke(&first, json!({})).send().text, "\"two\"");
    assert_eq!(
        server.call(Method::GET, "/lambdas").send().json()[0]["version"],
        2
    );
}

#[test]
fn a_running_invocation_finishes_with_the_version_that_it_started_with() {
    let server = start();
    let lambda = server.deploy_body("slow", "setTimeout(callback, 150, null, 'old')");
    let running = crate::harness::tokio().spawn(server.invoke(&lambda, json!({})).send_async());
    let started = || {
        let page = server.plain(Method::GET, "/metrics").send().text;
        page.lines().any(|line| line == "sandglass_running 1")
    };
    while !started() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    server.deploy_body("slow", "callback(null, 'new')");
    assert_eq!(server.invoke(&lambda, json!({})).send().text, "\"new\"");
    assert_eq!(
        crate::harness::block_on(running).unwrap().unwrap().text,
        "\"old\""
    );
}

#[test]
fn a_build_error_names_its_place_and_leaves_the_old_version_live() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 'old')");
    let code = "function lambda(input, callback) {\n  const a = ;\n}";
    let body = json!({ "name": "hello", "fileName": "hello.js", "code": code });
    let reply = server.call(Method::POST, "/deploy").json(&body).send();
    check_error(&reply, 422, "fm.build-error");
    let error = reply.json();
    assert_eq!(
        (
            &error["file"],
            &error["line"],
            &error["column"],
            &error["sourceLine"]
        ),
        (
            &json!("hello.js"),
            &json!(2),
            &json!(13),
            &json!("  const a = ;")
        )
    );
    assert_eq!(server.invoke(&lambda, json!({})).send().text, "\"old\"");
    assert_eq!(
        server.call(Method::GET, "/lambdas").send().json()[0]["version"],
        1
    );
}

#[test]
fn a_lambda_that_never_built_does_not_exist() {
    let server = start();
    let body = json!({ "name": "broken", "fileName": "broken.js", "code": "function lambda(" });
    assert_eq!(
        server
            .call(Method::POST, "/deploy")
            .json(&body)
            .send()
            .status,
        422
    );
    assert_eq!(
        server.call(Method::GET, "/lambdas").send().json(),
        json!([])
    );
}

#[test]
fn a_deployment_without_an_environment_keeps_the_one_there_is() {
    let server = start();
    let code = "function lambda(input, callback) {
                const { BRAND_ID, LAMBDA_UUID, ...own } = process.env; callback(null, own); }";
    let deploy = |environment: Value| {
        let mut body = json!({ "name": "env", "fileName": "env.js", "code": code });
        if !environment.is_null() {
            body["environment"] = environment;
        }
        assert_eq!(
            server
                .call(Method::POST, "/deploy")
                .json(&body)
                .send()
                .status,
            200
        );
        server.invoke("env", json!({})).send().json()
    };
    assert_eq!(deploy(json!({ "A": "1" })), json!({ "A": "1" }));
    assert_eq!(deploy(Value::Null), json!({ "A": "1" }));
    assert_eq!(deploy(json!({ "B": "2" })), json!({ "B": "2" }));
    assert_eq!(deploy(json!({})), json!({}));
}

#[test]
fn a_lambda_knows_its_account_and_its_own_uuid() {
    let server = start();
    let uuid = server.deploy_body(
        "self",
        "callback(null, [process.env.BRAND_ID, process.env.LAMBDA_UUID])",
    );
    let known = server.invoke("self", json!({})).send().json();
    assert_eq!(known, json!([crate::harness::server::ACCOUNT, uuid]));
    let path = "/lambdas/self/environment/BRAND_ID";
    let reserved = server
        .call(Method::PUT, path)
        .json(&json!({ "value": "other" }))
        .send();
    assert_eq!(reserved.status, 400, "{reserved:?}");
}

#[test]
fn changing_a_variable_builds_and_deploys_in_one_step() {
    let server = start();
    let code = "const mode = process.env.MODE; function lambda(input, callback) { callback(null, mode ?? 'none'); }";
    let lambda = server.deploy("mode", code);
    let mode = || server.invoke(&lambda, json!({})).send().json();
    assert_eq!(mode(), "none");
    let path = "/lambdas/mode/environment/MODE";
    let set = server
        .call(Method::PUT, path)
        .json(&json!({ "value": "fast" }))
        .send();
    assert_eq!((set.status, &set.json()["redeployed"]), (200, &json!(true)));
    assert_eq!(mode(), "fast");
    assert_eq!(
        server.call(Method::GET, "/lambdas").send().json()[0]["environment"],
        json!({ "MODE": "fast" })
    );
    let deleted = server.call(Method::DELETE, path).send();
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert_eq!(mode(), "none");
}

#[test]
fn a_deleted_lambda_is_gone() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    server.undeploy("hello");
    assert_eq!(
        server.call(Method::DELETE, "/lambdas/hello").send().status,
        204
    );
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 404);
    assert_eq!(
        server.call(Method::GET, "/lambdas").send().json(),
        json!([])
    );
    assert_eq!(
        server.call(Method::DELETE, "/lambdas/hello").send().status,
        404
    );
}

#[test]
fn names_that_cannot_be_are_refused() {
    let server = start();
    for name in ["", "a b", "../etc", &"x".repeat(51)] {
        let body =
            json!({ "name": name, "fileName": "a.js", "code": "function lambda(i, c) { c() }" });
        let reply = server.call(Method::POST, "/deploy").json(&body).send();
        assert_eq!(reply.status, 400, "{name:?}: {reply:?}");
    }
    let reply = server
        .call(Method::PUT, "/secrets/a%20b")
        .json(&json!({ "value": 1 }))
        .send();
    assert_eq!(reply.status, 400, "{reply:?}");
    let reply = server.call(Method::PUT, "/whitelist/%2A.com").send();
    assert_eq!(reply.status, 400, "{reply:?}");
}

#[test]
fn the_whitelist_is_listed_as_it_is_understood() {
    let server = start();
    for rule in [
        "API.Example.com",
        "*.example.org",
        "https%3A%2F%2Fa.example.net",
    ] {
        assert_eq!(
            server
                .call(Method::PUT, &format!("/whitelist/{rule}"))
                .send()
                .status,
            204,
            "{rule}"
        );
    }
    assert_eq!(
        server
            .call(Method::PUT, "/whitelist/api.example.com")
            .send()
            .status,
        204
    );
    let list = server.call(Method::GET, "/whitelist").send().json();
    let mut rules: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["rule"].as_str().unwrap())
        .collect();
    rules.sort_unstable();
    assert_eq!(
        rules,
        ["*.example.org", "api.example.com", "https://a.example.net"]
    );
    assert_eq!(
        server
            .call(Method::DELETE, "/whitelist/never.example.com")
            .send()
            .status,
        404
    );
}

#[test]
fn secrets_are_listed_set_and_deleted() {
    let server = start();
    for (key, value) in [("b", json!("x")), ("a", json!({ "user": "u" }))] {
        let put = server
            .call(Method::PUT, &format!("/secrets/{key}"))
            .json(&json!({ "value": value }));
        assert_eq!(put.send().status, 204);
    }
    let list = server.call(Method::GET, "/secrets").send().json();
    let keys: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["key"].clone())
        .collect();
    assert_eq!(keys, ["a", "b"]);
    assert_eq!(server.call(Method::DELETE, "/secrets/a").send().status, 204);
    assert_eq!(server.call(Method::DELETE, "/secrets/a").send().status, 404);
    assert_eq!(
        server
            .call(Method::GET, "/secrets")
            .send()
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_secret_that_is_too_long_is_refused() {
    let server = start();
    let put = |n: usize| {
        server
            .call(Method::PUT, "/secrets/key")
            .json(&json!({ "value": "x".repeat(n) }))
            .send()
            .status
    };
    assert_eq!((put(10_000), put(10_001)), (204, 400));
}

#[test]
fn logs_of_external_invocations_are_kept_and_debug_is_not() {
    let server = start();
    let code =
        "console.debug('d'); console.info('i', { a: 1 }); console.error('e'); callback(null, 1)";
    let lambda = server.deploy_body("logs", code);
    server.test_run(&lambda, json!({})).send();
    server
        .invoke(&lambda, json!({}))
        .header("x-request-id", "one")
        .send();
    let entries = server.logs(&lambda, 2);
    let lines: Vec<_> = entries
        .iter()
        .map(|e| (e["level"].clone(), e["message"].clone()))
        .collect();
    assert_eq!(
        lines,
        [(json!("Info"), json!("i")), (json!("Error"), json!("e"))]
    );
    assert_eq!(entries[0]["extras"], json!([{ "a": 1 }]));
    assert_eq!(entries[0]["requestId"], "one");
}

#[test]
fn logs_may_be_read_on_from_where_one_stopped() {
    let server = start();
    let lambda = server.deploy_body("logs", "console.info(input.payload); callback(null, 1)");
    for n in 0..3 {
        server
            .invoke(&lambda, json!(format!("entry {n}")))
            .header("x-request-id", &format!("r{n}"))
            .send();
    }
    server.logs(&lambda, 3);
    let page = |query: &str| {
        server
            .call(Method::GET, &format!("/lambdas/logs/logs?{query}"))
            .send()
            .json()
    };
    let all = page("after=0");
    let messages = |page: &Value| -> Vec<String> {
        page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["message"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(messages(&all), ["entry 0", "entry 1", "entry 2"]);
    let first = page("after=0&limit=1");
    assert_eq!(messages(&first), ["entry 0"]);
    let rest = page(&format!("after={}", first["last"]));
    assert_eq!(messages(&rest), ["entry 1", "entry 2"]);
    let none = page(&format!("after={}", rest["last"]));
    assert_eq!((messages(&none), &none["last"]), (vec![], &rest["last"]));
    assert_eq!(messages(&page("after=0&requestId=r1")), ["entry 1"]);
}

#[test]
fn a_failure_is_kept_with_its_message() {
    let server = start();
    let lambda = server.deploy_body(
        "fails",
        "console.info('before'); callback(new Error('the cause'))",
    );
    server.invoke(&lambda, json!({})).send();
    let entries = server.logs(&lambda, 2);
    assert_eq!(entries[0]["message"], "before");
    assert_eq!(entries[1]["message"], "Received Error - the cause");
}

#[test]
fn what_the_server_does_not_understand_is_400() {
    let server = start();
    server.deploy_body("hello", "callback(null, 1)");
    for (method, path) in [
        (Method::POST, "/deploy"),
        (Method::POST, "/tokens"),
        (Method::PUT, "/secrets/key"),
        (Method::PUT, "/lambdas/hello/environment/A"),
    ] {
        for body in ["", "{", "[]", "{\"unexpected\":1}"] {
            let reply = server.call(method.clone(), path).body(body).send();
            assert_eq!(reply.status, 400, "{method} {path} {body:?}: {reply:?}");
        }
    }
}
