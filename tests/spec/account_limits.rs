//! What an account may have is bounded as the operator says: as many as the limit, and not one more.

use reqwest::Method;
use sandglass_server::Config;
use serde_json::{Value, json};

use crate::harness::server::{Call, Reply, TestServer, check_error, start, start_with};

const CODE: &str = "function lambda(input, callback) { callback(null, 1); }";

/// The platform's body of a new lambda, with another member in the place of one.
fn lambda(name: &str, change: &Value) -> Value {
    let mut body = json!({
        "name": name, "version": -1, "description": "", "skills": [],
        "implementation": { "code": CODE, "dependencies": [], "environmentVariables": [] },
    });
    for (key, value) in change.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

fn save(server: &TestServer, name: &str, change: &Value) -> Reply {
    let body = lambda(name, change);
    server.call(Method::POST, "/lambdas?v=1").json(&body).send()
}

fn deploy(server: &TestServer, name: &str, change: &Value) -> Reply {
    let mut body = json!({ "name": name, "fileName": "a.js", "code": CODE });
    for (key, value) in change.as_object().expect("an object") {
        body[key] = value.clone();
    }
    server.call(Method::POST, "/deploy").json(&body).send()
}

fn environment(variables: impl Iterator<Item = (String, String)>) -> Value {
    let variables = variables.map(|(key, value)| json!({ "key": key, "value": value }));
    let variables: Vec<_> = variables.collect();
    json!({ "implementation": {
        "code": CODE, "dependencies": [], "environmentVariables": variables,
    } })
}

/// Makes that many of a thing, then one more, which is refused with these words.
#[track_caller]
fn bounded(
    change: impl FnOnce(&mut Config),
    make: impl Fn(&TestServer, usize) -> Reply,
    said: &str,
) {
    let server = start_with(change);
    for n in 0..2 {
        let reply = make(&server, n);
        assert!((200..300).contains(&reply.status), "{n}: {reply:?}");
    }
    assert_eq!(check_error(&make(&server, 2), 400, "es.badinput"), said);
}

#[test]
fn an_account_may_have_as_many_lambdas_as_the_limit_and_not_one_more() {
    let said = "an account can have 2 lambdas";
    let two = |config: &mut Config| config.accounts.lambdas_max = 2;
    bounded(
        two,
        |server, n| save(server, &format!("l{n}"), &json!({})),
        said,
    );
    bounded(
        two,
        |server, n| deploy(server, &format!("l{n}"), &json!({})),
        said,
    );
    // Those that are there can be changed.
    let server = start_with(|config| config.accounts.lambdas_max = 1);
    assert_eq!(deploy(&server, "one", &json!({})).status, 200);
    assert_eq!(
        deploy(&server, "one", &json!({ "description": "again" })).status,
        200
    );
    assert_eq!(
        server.call(Method::DELETE, "/lambdas/one").send().status,
        204
    );
    assert_eq!(deploy(&server, "two", &json!({})).status, 200);
}

#[test]
fn as_many_may_be_deployed_as_the_limit_and_not_one_more() {
    let said = "an account can have 2 lambdas deployed: undeploy one first";
    let two = |config: &mut Config| config.accounts.deployed_max = 2;
    bounded(
        two,
        |server, n| deploy(server, &format!("l{n}"), &json!({})),
        said,
    );
    let in_steps = |server: &TestServer, n: usize| {
        let uuid = save(server, &format!("l{n}"), &json!({})).json()["uuid"].clone();
        let path = format!("/deployments/{}?v=1", uuid.as_str().expect("a UUID"));
        server.call(Method::POST, &path).send()
    };
    bounded(two, in_steps, said);

    let server = start_with(|config| config.accounts.deployed_max = 1);
    assert_eq!(deploy(&server, "one", &json!({})).status, 200);
    assert_eq!(save(&server, "two", &json!({})).status, 201);
    // What is deployed is deployed anew, and makes room when it is not any more.
    assert_eq!(
        deploy(&server, "one", &json!({ "description": "again" })).status,
        200
    );
    check_error(&deploy(&server, "two", &json!({})), 400, "es.badinput");
    let gone = server.call(Method::DELETE, "/deployments/one?v=1").send();
    assert_eq!(gone.status, 202, "{gone:?}");
    assert_eq!(deploy(&server, "two", &json!({})).status, 200);
    let back = server
        .call(Method::POST, "/lambdas/one/versions/1/rollback")
        .send();
    check_error(&back, 400, "es.badinput");
}

#[test]
fn each_part_of_a_lambda_may_be_as_large_as_its_limit_and_not_larger() {
    let server = start_with(|config| {
        config.accounts.source_chars_max = 60;
        config.accounts.description_chars_max = 3;
        config.accounts.skills_max = 2;
        config.accounts.skill_chars_max = 3;
        config.accounts.variables_max = 2;
        config.accounts.variable_value_chars_max = 3;
    });
    let source = |characters: usize| {
        let code = format!("{CODE}{}", " ".repeat(characters - CODE.len()));
        (
            json!({ "implementation": { "code": code } }),
            json!({ "code": code }),
        )
    };
    let (fits, too_long) = (source(60), source(61));
    assert_eq!(save(&server, "saved", &fits.0).status, 201);
    assert_eq!(deploy(&server, "live", &fits.1).status, 200);
    for refused in [
        save(&server, "more", &too_long.0),
        deploy(&server, "more", &too_long.1),
    ] {
        let said = check_error(&refused, 400, "es.badinput");
        assert_eq!(said, "a source has at most 60 characters");
    }
    let description = |text: &str| json!({ "description": text });
    assert_eq!(save(&server, "described", &description("äöü")).status, 201);
    assert_eq!(deploy(&server, "live", &description("äöü")).status, 200);
    for refused in [
        save(&server, "more", &description("four")),
        deploy(&server, "live", &description("four")),
    ] {
        let said = check_error(&refused, 400, "es.badinput");
        assert_eq!(said, "a description has at most 3 characters");
    }
    for skills in [json!(["1", "2", "3"]), json!(["four"])] {
        let refused = save(&server, "skilled", &json!({ "skills": skills }));
        let said = check_error(&refused, 400, "es.badinput");
        assert_eq!(
            said,
            "a lambda can have 2 different skills of 1 to 3 characters"
        );
    }
    let numbered = |count: usize| (0..count).map(|n| (format!("V{n}"), "abc".to_owned()));
    assert_eq!(save(&server, "two", &environment(numbered(2))).status, 201);
    let said = check_error(
        &save(&server, "more", &environment(numbered(3))),
        400,
        "es.badinput",
    );
    assert_eq!(said, "a lambda can have 2 environment variables");
    let long = environment([("A".to_owned(), "four".to_owned())].into_iter());
    let said = check_error(&save(&server, "more", &long), 400, "es.badinput");
    assert_eq!(said, "the value of A has more than 3 characters");
}

#[test]
fn by_default_a_lambda_has_510_variables_of_200_and_1024_characters() {
    let server = start();
    let numbered = |count: usize| (0..count).map(|n| (format!("V{n}"), n.to_string()));
    assert_eq!(
        save(&server, "most", &environment(numbered(510))).status,
        201
    );
    let begun = server.call(Method::POST, "/deployments/most?v=1").send();
    assert_eq!(begun.status, 202, "{begun:?}");
    check_error(
        &save(&server, "more", &environment(numbered(511))),
        400,
        "es.badinput",
    );
    let one = |name: usize, value: usize| {
        environment([("N".repeat(name), "ä".repeat(value))].into_iter())
    };
    assert_eq!(save(&server, "long", &one(200, 1_024)).status, 201);
    check_error(&save(&server, "more", &one(201, 1)), 400, "es.badinput");
    check_error(&save(&server, "more", &one(1, 1_025)), 400, "es.badinput");
}

#[test]
fn an_account_may_have_as_many_secrets_as_long_as_the_limits_and_no_more() {
    let put = |server: &TestServer, key: &str, value: &str| {
        let call = server.call(Method::PUT, &format!("/secrets/{key}"));
        call.json(&json!({ "value": value })).send()
    };
    let two = |config: &mut Config| config.accounts.secrets_max = 2;
    let said = "an account can have 2 secrets";
    bounded(two, |server, n| put(server, &format!("K{n}"), "x"), said);
    let server = start_with(|config| {
        config.accounts.secrets_max = 1;
        config.accounts.secret_value_chars_max = 3;
    });
    assert_eq!(put(&server, "KEY", "äöü").status, 204);
    let said = check_error(&put(&server, "KEY", "four"), 400, "es.badinput");
    assert_eq!(said, "Provided Secret Value exceeds allowed length of 3");
    // The one that is there can be changed.
    assert_eq!(put(&server, "KEY", "two").status, 204);
}

#[test]
fn rules_users_tokens_apps_and_developer_keys_are_bounded_too() {
    let post = |path: &'static str, body: fn(usize) -> Value| {
        move |server: &TestServer, n: usize| -> Reply {
            let call: Call = server.call(Method::POST, path);
            call.json(&body(n)).send()
        }
    };
    bounded(
        |config| config.accounts.whitelist_max = 2,
        |server, n| {
            let path = format!("/whitelist/h{n}.example.com");
            server.call(Method::PUT, &path).send()
        },
        "a whitelist can have 2 rules",
    );
    // The first user and the first token count.
    bounded(
        |config| config.accounts.users_max = 3,
        post("/users", |n| json!({ "loginName": format!("u{n}") })),
        "an account can have 3 users",
    );
    bounded(
        |config| config.accounts.tokens_max = 3,
        post(
            "/tokens",
            |n| json!({ "name": format!("t{n}"), "permissions": ["invocation"] }),
        ),
        "an account can have 3 tokens",
    );
    bounded(
        |config| config.accounts.apps_max = 2,
        post(
            "/apps",
            |n| json!({ "client_name": format!("a{n}"), "grant_types": ["client_credentials"] }),
        ),
        "an account can have 2 apps",
    );
    bounded(
        |config| config.accounts.context_keys_max = 2,
        post("/context-keys", |n| json!({ "name": format!("k{n}") })),
        "an account can have 2 developer keys",
    );
}

#[test]
fn the_payload_of_a_schedule_may_be_as_long_as_its_limit_and_not_longer() {
    let server = start_with(|config| config.accounts.schedule_payload_chars_max = 10);
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let schedule = |payload: &str| {
        let body = json!({
            "lambdaUUID": lambda, "cronExpression": "0 0 1 1 *",
            "invocationBody": { "headers": [], "payload": payload },
        });
        server
            .call(Method::POST, "/schedules?v=1")
            .json(&body)
            .send()
    };
    // The quotes count.
    assert_eq!(schedule("12345678").status, 201);
    let said = check_error(&schedule("123456789"), 400, "es.badinput");
    assert_eq!(said, "the payload of a schedule has at most 10 characters");
}

#[test]
fn the_limits_say_them_all_and_so_do_the_reports() {
    let server = start_with(|config| {
        let accounts = &mut config.accounts;
        accounts.lambdas_max = 11;
        accounts.deployed_max = 12;
        accounts.source_chars_max = 13;
        accounts.description_chars_max = 14;
        accounts.variables_max = 15;
        accounts.variable_value_chars_max = 16;
        accounts.skills_max = 17;
        accounts.skill_chars_max = 18;
        accounts.secrets_max = 19;
        accounts.secret_value_chars_max = 20;
        accounts.schedule_payload_chars_max = 21;
        accounts.whitelist_max = 22;
        accounts.users_max = 23;
        accounts.tokens_max = 24;
        accounts.apps_max = 25;
        accounts.context_keys_max = 26;
    });
    let list = server.call(Method::GET, "/limits").send().json();
    let limits = list.as_array().expect("a list");
    let max = |name: &str| {
        let found = limits.iter().find(|limit| limit["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {list}"))["max"].clone()
    };
    let names = [
        "lambdas",
        "lambdas.deployed",
        "lambda.source",
        "lambda.description",
        "lambda.variables",
        "lambda.variable-value",
        "lambda.skills",
        "lambda.skill",
        "secrets",
        "secret.value",
        "schedule.payload",
        "whitelist",
        "users",
        "tokens",
        "apps",
        "context-keys",
    ];
    for (name, expected) in names.into_iter().zip(11..) {
        assert_eq!(max(name), expected, "{name}");
    }
    let counts = server
        .call(Method::GET, "/reports/limitCounts?v=1")
        .send()
        .json();
    assert_eq!(counts["limitTotalLambdas"], 11);
    // More than there may be cannot be deployed.
    assert_eq!(counts["limitDeployedLambdas"], 11);
}
