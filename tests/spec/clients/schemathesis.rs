//! `schemathesis`: what the OpenAPI document says is so, whatever is asked.
//!
//! It makes requests of the document, good and bad ones, and holds each answer against it. What it
//! asks with is in `tests/clients/schemathesis.toml`, beside the reasons.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::binary::Ran;
use crate::harness::python;
use crate::harness::sentinel::CALLBACK;
use crate::harness::server::{ACCOUNT, TestServer, start};
use crate::harness::temporary;

/// What no made-up request is answered well, and why. Other tests do make one that is.
const UNANSWERED: &[(&str, &str)] = &[
    (
        "GET /openapi.json",
        "it is not asked: the document was read there",
    ),
    (
        "GET /api/account/{account}/logs/tail",
        "it is not asked: it never ends",
    ),
    (
        "GET /api/accounts",
        "it takes the operator's token, which opens no account",
    ),
    ("POST /api/accounts", "it takes the operator's token"),
    ("GET /api/accounts/{id}", "it takes the operator's token"),
    ("PATCH /api/accounts/{id}", "it takes the operator's token"),
    (
        "GET /api/account/{account}/lambdas/{lambda}/versions/{version}/bundle",
        "no lambda there was bundled",
    ),
    (
        "POST /api/account/{account}/refresh",
        "it takes the cookie and the csrf of a login",
    ),
    (
        "POST /api/account/{account}/logout",
        "it takes the token of a session, and would end it",
    ),
    (
        "POST /sentinel/api/account/{account}/authorize",
        "it takes what a page has sealed, and its cookie",
    ),
    (
        "POST /sentinel/api/account/{account}/token",
        "it takes a code that a user agreed to",
    ),
];

/// What is in `tests/clients`.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(name)
}

/// Makes something, and reads a member of the answer.
#[track_caller]
fn made(server: &TestServer, path: &str, body: &Value, member: &str) -> String {
    let reply = server.call(Method::POST, path).json(body).send();
    assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
    match &reply.json()[member] {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// An invocation that failed for good.
fn dead_letter(server: &TestServer) -> String {
    server.deploy_body("fails", "callback(new Error('no'))");
    let path = "/lambdas/fails/invoke?v=1&externalSystem=tests";
    let call = server
        .call(Method::POST, path)
        .json(&json!({ "payload": 1 }));
    let reply = call.header("prefer", "respond-async; retries=0").send();
    assert_eq!(reply.status, 202, "{reply:?}");
    reply.json()["id"].as_str().expect("an id").to_owned()
}

/// Saves what requests to the Context Session Store read.
fn save_a_property(server: &TestServer, key: &str) {
    for session in ["", "alpha/"] {
        let path = format!("/v1/account/{ACCOUNT}/alpha/{session}properties");
        let call = server.plain(Method::PATCH, &path);
        let reply = call
            .header("maven-api-key", key)
            .json(&json!({ "alpha": 1 }));
        assert_eq!(reply.send().status, 204);
    }
}

/// Makes what the requests are about; what the configuration calls it.
fn prepared(server: &TestServer) -> BTreeMap<&'static str, String> {
    let lambda = server.deploy_body("hello", "callback(null, input.payload)");
    for name in ["doomed", "edited", "kept", "restored"] {
        server.deploy_body(name, "callback(null, 1)");
    }
    for name in ["kept", "restored"] {
        server.deploy_body(name, "callback(null, 2)");
    }
    let code = "function lambda(input, callback) { callback(null, 1); }";
    let implementation = json!({ "code": code, "dependencies": [], "environmentVariables": [] });
    let draft = json!({
        "name": "drafted", "version": -1, "description": "", "implementation": implementation,
    });
    made(server, "/lambdas?v=1", &draft, "uuid");
    let (machine, web) = (server.machine(), server.web_app());
    server.app_jwt(&machine);
    let keys = server.call(Method::GET, "/signing-keys").send().json();
    let made = |path, body: Value, member| made(server, path, &body, member);
    let schedule = json!({ "lambdaUUID": "hello", "cronExpression": "@yearly" });
    let app = json!({
        "client_name": "Spare", "grant_types": ["authorization_code"], "redirect_uris": [CALLBACK],
    });
    let token = json!({ "name": "run", "permissions": ["admin", "developer"] });
    let key = made("/context-keys", json!({ "name": "run" }), "key");
    save_a_property(server, &key);
    let kid = keys[0]["kid"].as_str().expect("a key");
    let rule = json!({ "domain": "spare.example.com" });
    BTreeMap::from([
        ("ACCOUNT", ACCOUNT.to_owned()),
        ("LAMBDA", lambda),
        ("MACHINE_ID", machine.id),
        ("MACHINE_SECRET", machine.secret),
        ("WEB_ID", web.id),
        ("SIGNING_KEY", kid.to_owned()),
        ("TOKEN", made("/tokens", token.clone(), "token")),
        ("SPARE_TOKEN", made("/tokens", token, "id")),
        ("CONTEXT_KEY", key),
        (
            "SPARE_KEY",
            made("/context-keys", json!({ "name": "spare" }), "id"),
        ),
        ("USER", server.user("ada", &["invocation"]).id),
        ("SPARE_USER", server.user("spare", &["invocation"]).id),
        ("SPARE_APP", made("/apps", app, "client_id")),
        ("SCHEDULE", made("/schedules", schedule.clone(), "uuid")),
        ("SPARE_SCHEDULE", made("/schedules", schedule, "uuid")),
        ("DEAD_LETTER", dead_letter(server)),
        ("SPARE_LETTER", dead_letter(server)),
        ("RULE", made("/proxy-settings", rule, "id")),
    ])
}

/// Runs schemathesis against a server; what it prints, and what each operation was answered.
fn run(server: &TestServer, named: &BTreeMap<&str, String>) -> (Ran, Value) {
    let home = temporary::directory();
    let tally = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis.json");
    let mut command = Command::new(python::environment().join("bin/schemathesis"));
    command
        .arg("--config-file")
        .arg(file("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/openapi.json", server.url))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HOOKS", file("schemathesis_hooks.py"))
        .env("TALLY", &tally)
        .envs(named)
        .current_dir(home.path())
        .stdin(Stdio::null());
    let ran = Ran::from(command.output().expect("it was installed"));
    let tally = fs::read(tally).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, serde_json::from_slice(&tally).expect("it is JSON"))
}

/// The operations of the document, as schemathesis calls them.
fn operations(server: &TestServer) -> Vec<String> {
    let document = server.plain(Method::GET, "/openapi.json").send().json();
    let paths = document["paths"].as_object().expect("there are paths");
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("there are methods");
        let name = move |method: &String| format!("{} {path}", method.to_uppercase());
        methods.keys().map(name)
    });
    operations.collect()
}

#[test]
fn what_the_document_says_is_so_whatever_is_asked() {
    let server = start();
    let named = prepared(&server);
    let (ran, tally) = run(&server, &named);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    let call = server.call(Method::GET, "/lambdas");
    let token = call.bearer(&named["TOKEN"]).send();
    assert_eq!(token.status, 200, "the run's own token is good to the end");
    let reasons = BTreeMap::from_iter(UNANSWERED.iter().copied());
    for operation in operations(&server) {
        let answers = &tally[&operation];
        let statuses = answers.as_object().into_iter().flat_map(|all| all.keys());
        let well = statuses.into_iter().any(|status| status.as_str() < "400");
        assert_ne!(
            well,
            reasons.contains_key(operation.as_str()),
            "{operation} was answered {answers}: say in schemathesis.toml what it can be asked with, \
             or name it above with the reason, as no more and no less than what has one"
        );
    }
}
