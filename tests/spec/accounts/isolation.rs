//! Two accounts on one server have the same names for different things, and neither reaches the other's.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::accounts::TestAccount;
use crate::harness::document::operations;
use crate::harness::sentinel::form;
use crate::harness::server::{Call, TestServer, start};

/// What an account has, by what the other one could name it.
struct Furnished {
    account: TestAccount,
    lambda: String,
    user: String,
    app: Value,
    token_id: String,
    context_key: String,
    schedule: String,
    bearer: String,
    jwt: String,
}

#[track_caller]
fn made(call: Call, body: &Value) -> Value {
    let reply = call.json(body).send();
    assert!(matches!(reply.status, 200 | 201), "{reply:?}");
    reply.json()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// An account with one of each, under the same names as in the other one.
fn furnished(server: &TestServer, id: &str) -> Furnished {
    let account = server.account(id);
    let post = |path: &str, body: Value| made(account.call(Method::POST, path), &body);
    let code = format!(
        "console.info('logged by {id}'); \
         const {{ Toolbelt }} = require('lp-faas-toolbelt'); \
         Toolbelt.SecretClient().readSecret('KEY').then((s) => callback(null, s.value), callback)"
    );
    let lambda = account.deploy_body("hello", &code);
    let secret = account.call(Method::PUT, "/secrets/KEY");
    let secret = secret.json(&json!({ "value": format!("secret of {id}") }));
    assert_eq!(secret.send().status, 204);
    let rule = account.call(Method::PUT, &format!("/whitelist/{id}.example.com"));
    assert_eq!(rule.send().status, 204);
    let user = post(
        "/users",
        json!({ "loginName": "bot", "permissions": ["developer"] }),
    );
    let app = post(
        "/apps",
        json!({ "client_name": "crm", "grant_types": ["client_credentials"] }),
    );
    let token = post(
        "/tokens",
        json!({ "name": "crm", "permissions": ["invocation"] }),
    );
    let context_key = post("/context-keys", json!({ "name": "crm" }));
    let schedule = json!({ "lambdaUUID": lambda, "cronExpression": "0 0 1 1 *" });
    let schedule = post("/schedules?v=1", schedule);
    let bearer = text(&account.login().send().json()["bearer"]);
    let parameters = [
        ("grant_type", "client_credentials"),
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", app["client_secret"].as_str().unwrap()),
    ];
    let path = format!("/sentinel/api/account/{id}/app/token?v=2.0");
    let jwt = server.plain(Method::POST, &path);
    let jwt = jwt.header("content-type", "application/x-www-form-urlencoded");
    let jwt = text(&jwt.body(form(&parameters)).send().json()["access_token"]);
    Furnished {
        lambda,
        user: text(&user["id"]),
        token_id: text(&token["id"]),
        context_key: text(&context_key["key"]),
        schedule: text(&schedule["uuid"]),
        app,
        bearer,
        jwt,
        account,
    }
}

fn two(server: &TestServer) -> [Furnished; 2] {
    [furnished(server, "acme"), furnished(server, "beta")]
}

#[test]
fn a_name_in_one_account_is_another_thing_in_the_other() {
    let server = start();
    for one in two(&server) {
        let id = &one.account.id;
        let reply = one.account.invoke("hello").send();
        assert_eq!(reply.text, format!("\"secret of {id}\""));
        let rules = one.account.call(Method::GET, "/whitelist").send().json();
        assert_eq!(rules.as_array().unwrap().len(), 1, "{rules}");
        assert_eq!(rules[0]["rule"], format!("{id}.example.com"));
    }
}

#[test]
fn no_list_of_one_account_speaks_of_the_other() {
    let server = start();
    let [acme, beta] = two(&server);
    for (one, other) in [(&acme, &beta), (&beta, &acme)] {
        for _ in 0..2 {
            assert_eq!(one.account.invoke("hello").send().status, 200);
        }
        let foreign = [
            &other.account.id,
            &other.lambda,
            &other.user,
            &other.token_id,
            &other.schedule,
            other.app["client_id"].as_str().unwrap(),
        ]
        .map(ToString::to_string);
        let mut lists = 0;
        for operation in operations(&server) {
            let is_list = operation.method == Method::GET
                && operation.path.starts_with("/api/account/{account}/")
                && operation.path.matches('{').count() == 1
                && !operation.path.ends_with("/tail");
            if !is_list {
                continue;
            }
            let path = operation.filled(&one.account.id);
            let reply = server
                .plain(Method::GET, &path)
                .bearer(&one.account.token)
                .send();
            let leak = foreign.iter().find(|text| reply.text.contains(*text));
            assert_eq!(leak, None, "{path}: {reply:?}");
            lists += 1;
        }
        assert!(lists >= 20, "{lists}");
    }
}

#[test]
fn what_opens_one_account_does_not_open_the_other() {
    let server = start();
    let [acme, beta] = two(&server);
    for (one, other) in [(&acme, &beta), (&beta, &acme)] {
        for token in [&one.account.token, &one.bearer, &one.jwt] {
            let invoked = other.account.invoke(&other.lambda).bearer(token).send();
            assert_eq!(invoked.status, 403, "{invoked:?}");
            assert!(
                invoked.text.contains("does not belong to that account"),
                "{invoked:?}"
            );
        }
        for operation in operations(&server).iter().filter(|o| o.needs.is_some()) {
            if !operation.path.starts_with("/api/account/") {
                continue;
            }
            let path = operation.filled(&other.account.id);
            let call = server.plain(operation.method.clone(), &path);
            let reply = call.bearer(&one.account.token).send();
            assert_eq!(reply.status, 403, "{path}: {reply:?}");
        }
        let contexts = |account: &str| {
            let path = format!("/v1/account/{account}/crm/properties");
            let call = server.plain(Method::GET, &path);
            call.header("maven-api-key", &one.context_key).send().status
        };
        assert_eq!(contexts(&other.account.id), 403);
        assert_ne!(contexts(&one.account.id), 403);
    }
}

#[test]
fn things_of_one_account_are_not_there_in_the_other() {
    let server = start();
    let [acme, beta] = two(&server);
    for (one, other) in [(&acme, &beta), (&beta, &acme)] {
        let app = other.app["client_id"].as_str().unwrap();
        let status = |method: Method, path: &str| {
            let reply = one.account.call(method, path).send();
            (reply.status, reply)
        };
        for (method, path) in [
            (Method::GET, format!("/lambdas/{}?v=1", other.lambda)),
            (Method::DELETE, format!("/lambdas/{}", other.lambda)),
            (Method::POST, format!("/deployments/{}?v=1", other.lambda)),
            (Method::GET, format!("/functions/{}", other.lambda)),
            (Method::GET, format!("/lambdas/{}/versions", other.lambda)),
            (Method::GET, format!("/users/{}", other.user)),
            (Method::DELETE, format!("/users/{}", other.user)),
            (Method::DELETE, format!("/tokens/{}", other.token_id)),
            (Method::DELETE, format!("/apps/{app}")),
            (Method::POST, format!("/apps/{app}/secret")),
            (Method::GET, format!("/schedules/{}", other.schedule)),
            (Method::DELETE, format!("/schedules/{}", other.schedule)),
            (
                Method::DELETE,
                format!("/whitelist/{}.example.com", other.account.id),
            ),
        ] {
            let (status, reply) = status(method.clone(), &path);
            assert_eq!(status, 404, "{method} {path}: {reply:?}");
        }
        let invoked = one.account.invoke(&other.lambda).send();
        assert_eq!(invoked.status, 404, "{invoked:?}");
        assert_eq!(other.account.invoke("hello").send().status, 200);
    }
    // A login and an app are of one account, whatever their names and secrets.
    let elsewhere = json!({ "username": "admin", "password": acme.account.password });
    let login = beta.account.call(Method::POST, "/login?v=1.3").bearer("");
    assert_eq!(login.json(&elsewhere).send().status, 401);
}
