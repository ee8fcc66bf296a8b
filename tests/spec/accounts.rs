//! Accounts are the operator's: nobody else makes, sees or disables them, and what is in one is none of
//! another's.

mod disabled;
mod isolation;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::Method;
use sandglass_server::StartError;
use serde_json::json;

use crate::harness::binary::{self, Serving, sandglass};
use crate::harness::server::{ACCOUNT, TestServer, check_error, config, open, start, start_with};
use crate::harness::temporary;

fn ids(server: &TestServer) -> Vec<String> {
    let list = server.operator(Method::GET, "").send().json();
    let ids = list.as_array().expect("a list").iter();
    ids.map(|account| account["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn an_account_comes_with_a_user_and_a_token_that_are_shown_once() {
    let server = start();
    let acme = server.account("acme");
    assert_eq!(ids(&server), [ACCOUNT, "acme"]);
    let lambda = acme.deploy_body("hello", "callback(null, process.env.BRAND_ID)");
    assert_eq!(acme.invoke(&lambda).send().text, "\"acme\"");
    let login = acme.login().send();
    assert_eq!(login.status, 200, "{login:?}");
    let bearer = login.json()["bearer"].as_str().unwrap().to_owned();
    let users = acme.call(Method::GET, "/users").bearer(&bearer).send();
    assert_eq!(
        users.json()[0]["permissions"],
        json!(["admin", "developer", "invocation"])
    );

    let shown = server.operator(Method::GET, "/acme").send();
    let account = shown.json();
    assert_eq!(
        [
            &account["id"],
            &account["enabled"],
            &account["lambdas"],
            &account["users"]
        ],
        [&json!("acme"), &json!(true), &json!(1), &json!(1)]
    );
    for reply in [shown, server.operator(Method::GET, "").send()] {
        let leaks = reply.text.contains(&acme.token) || reply.text.contains(&acme.password);
        assert!(!leaks, "{reply:?}");
    }
    let audit = acme.call(Method::GET, "/audit").send().json();
    let rows = audit["entries"].as_array().expect("rows").clone();
    let of = |action: &str| rows.iter().find(|row| row["action"] == action).cloned();
    for action in ["account.create", "user.create", "token.create"] {
        let row = of(action).unwrap_or_else(|| panic!("no {action}: {audit}"));
        assert_eq!(row["actorKind"], "operator", "{row}");
    }
}

#[test]
fn an_account_outlives_the_server() {
    let server = start();
    let acme = server.account("acme");
    acme.deploy_body("hello", "callback(null, 1)");
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    assert_eq!(ids(&again), [ACCOUNT, "acme"]);
    let path = "/api/account/acme/lambdas/hello/invoke?v=1&externalSystem=x";
    let call = again.plain(Method::POST, path).bearer(&acme.token);
    assert_eq!(call.json(&json!({ "payload": 1 })).send().text, "1");
}

#[test]
fn no_two_accounts_have_one_id_and_an_id_is_one() {
    let server = start();
    server.account("acme");
    let make = |id: &str| {
        server
            .operator(Method::POST, "")
            .json(&json!({ "id": id }))
            .send()
    };
    check_error(&make("acme"), 409, "fm.conflict");
    check_error(&make(ACCOUNT), 409, "fm.conflict");
    for id in ["", "a b", "../acme", &"x".repeat(65)] {
        check_error(&make(id), 400, "es.badinput");
    }
    let missing = server.operator(Method::GET, "/nobody").send();
    check_error(&missing, 404, "es.notfound");
    let patch = server.operator(Method::PATCH, "/nobody");
    let missing = patch.json(&json!({ "enabled": false })).send();
    check_error(&missing, 404, "es.notfound");
}

#[test]
fn a_server_has_as_many_accounts_as_the_limit_and_not_one_more() {
    let server = start_with(|config| config.accounts.accounts_max = 2);
    server.account("acme");
    let reply = server
        .operator(Method::POST, "")
        .json(&json!({ "id": "other" }))
        .send();
    let said = check_error(&reply, 400, "es.badinput");
    assert_eq!(said, "a server can have 2 accounts");
    assert_eq!(ids(&server), [ACCOUNT, "acme"]);
}

#[test]
fn nobody_but_the_operator_makes_lists_or_disables_accounts() {
    let server = start();
    let admin = server.bearer(&server.user("ada", &["admin", "developer", "invocation"]));
    let calls = [
        (Method::GET, ""),
        (Method::POST, ""),
        (Method::GET, "/10000001"),
        (Method::PATCH, "/10000001"),
    ];
    for (method, path) in calls {
        let ask = |token: &str| {
            let call = server.operator(method.clone(), path).bearer(token);
            match method {
                Method::GET => call.send(),
                _ => call.json(&json!({ "id": "acme", "enabled": false })).send(),
            }
        };
        for token in [&server.admin_token, &admin] {
            let said = check_error(&ask(token), 403, "es.forbidden");
            assert_eq!(
                said,
                "this needs the operator's token, which no account has"
            );
        }
        for token in ["", "sgo_0000000000000000000000000000000000000000000"] {
            check_error(&ask(token), 401, "es.unauthorized");
        }
    }
    assert_eq!(ids(&server), [ACCOUNT]);
}

#[test]
fn the_operators_token_opens_nothing_of_an_account() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let token = server.operator_token();
    assert_eq!(
        server
            .invoke(&lambda, json!({}))
            .bearer(&token)
            .send()
            .status,
        401
    );
    for path in ["/lambdas", "/users", "/audit"] {
        let reply = server.call(Method::GET, path).bearer(&token).send();
        check_error(&reply, 401, "es.unauthorized");
    }
}

#[test]
fn the_operators_token_is_its_owners_alone_and_made_anew_when_it_is_gone() {
    let server = start();
    let (file, token) = (
        server.data_dir.join("operator.token"),
        server.operator_token(),
    );
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    assert_eq!(again.operator_token(), token);
    again.stop();

    fs::remove_file(&file).unwrap();
    let again = open(config(&data_dir)).unwrap();
    assert_ne!(again.operator_token(), token);
    let old = again.operator(Method::GET, "").bearer(&token).send();
    assert_eq!(old.status, 401, "{old:?}");
    assert_eq!(ids(&again), [ACCOUNT]);
    again.stop();

    fs::write(&file, "\n").unwrap();
    let refused = open(config(&data_dir)).map(drop);
    assert!(matches!(refused, Err(StartError::OperatorToken)));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = open(config(&data_dir)).map(drop);
    assert!(matches!(refused, Err(StartError::Directory(_))));
}

#[test]
fn the_command_adds_lists_disables_and_enables_accounts() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    let server = Serving::start(&data_dir);
    let account = |arguments: &[&str]| {
        let mut command = sandglass(&["account"]);
        command.args(arguments).arg("--data-dir").arg(&data_dir);
        binary::run(command)
    };
    let added = account(&["add", "acme"]);
    assert_eq!(added.code, 0, "{added:?}");
    assert!(
        added.err.contains("user admin has the password"),
        "{added:?}"
    );
    let token = added.out.trim().to_owned();
    let lambdas = |expected: i32| {
        let mut command = sandglass(&["lambdas", "--account", "acme", "--token", &token]);
        command.arg("--data-dir").arg(&data_dir);
        let ran = binary::run(command);
        assert_eq!(ran.code, expected, "{ran:?}");
        ran
    };
    lambdas(0);
    let listed = account(&["list"]);
    assert!(
        listed.out.contains("acme") && listed.out.contains(ACCOUNT),
        "{listed:?}"
    );
    assert_eq!(account(&["disable", "acme"]).code, 0);
    let refused = lambdas(4);
    assert!(
        refused.err.contains("the account is disabled"),
        "{refused:?}"
    );
    let listed = account(&["list", "--json"]).json();
    assert_eq!(listed[1]["enabled"], false, "{listed}");
    assert_eq!(account(&["enable", "acme"]).code, 0);
    lambdas(0);

    // The operator's token may come from elsewhere; an account's does not do.
    let elsewhere = |token: &str| {
        let arguments = [
            "account",
            "list",
            "--server",
            &server.url,
            "--operator-token",
            token,
        ];
        binary::run(sandglass(&arguments)).code
    };
    let kept = fs::read_to_string(data_dir.join("operator.token")).unwrap();
    assert_eq!((elsewhere(kept.trim()), elsewhere(&token)), (0, 4));
    let twice = account(&["add", "acme"]);
    assert!(
        twice.code == 4 && twice.err.contains("already"),
        "{twice:?}"
    );
}
