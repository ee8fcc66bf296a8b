//! The console gets a token that only invokes, for the line that somebody copies into a terminal.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::console_sign_in::{CLIENT, tokens};
use crate::harness::document::operations;
use crate::harness::sentinel::{TestUser, check_oauth_error};
use crate::harness::server::{ACCOUNT, Reply, TestServer, check_error, config, open, start};
use crate::harness::temporary;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const HELLO: &str = "function lambda(input, callback) { callback(null, 'hello'); }";
/// As many tokens as one session has that only invoke.
const TOKENS_MAX: usize = 20;

fn exchange(server: &TestServer, subject: &str, scope: &str) -> Reply {
    let parameters = [
        ("grant_type", GRANT),
        ("subject_token", subject),
        ("subject_token_type", ACCESS_TOKEN),
        ("scope", scope),
        ("client_id", CLIENT),
    ];
    server.sentinel("token", &parameters).send()
}

#[track_caller]
fn narrowed(server: &TestServer, console: &Value) -> String {
    let subject = console["access_token"].as_str().expect("a text");
    let reply = exchange(server, subject, "faas.lambda.invoke");
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["access_token"]
        .as_str()
        .expect("a text")
        .to_owned()
}

fn invoked(server: &TestServer, token: &str) -> u16 {
    server
        .invoke("hello", json!({}))
        .bearer(token)
        .send()
        .status
}

/// A server with a lambda, and somebody who may invoke it.
fn with_hello(permissions: &[&str]) -> (TestServer, TestUser) {
    let server = start();
    server.deploy("hello", HELLO);
    let user = server.user("ada", permissions);
    (server, user)
}

#[test]
fn it_invokes_for_an_hour_in_the_name_of_the_user() {
    let (server, user) = with_hello(&["developer"]);
    let console = tokens(&server, &user);
    let subject = console["access_token"].as_str().unwrap();
    let reply = exchange(&server, subject, "faas.lambda.invoke");
    assert_eq!(reply.header("cache-control"), "no-store");
    let answer = reply.json();
    let token = answer["access_token"].as_str().unwrap().to_owned();
    assert_eq!(
        answer,
        json!({
            "access_token": token, "token_type": "Bearer", "expires_in": 3_600,
            "issued_token_type": ACCESS_TOKEN, "scope": "faas.lambda.invoke",
        })
    );
    assert!(token.starts_with("sgi_"), "{token}");
    assert_eq!(invoked(&server, &token), 200);
    let path = format!("/lambdas/hello/invoke?v=1&userId={}", user.id);
    let body = json!({ "timestamp": 0, "headers": [], "payload": {} });
    let as_self = server.call(Method::POST, &path).bearer(&token).json(&body);
    assert_eq!(as_self.send().status, 200);
    let me = server.call(Method::GET, "/me").bearer(&token).send().json();
    assert_eq!(
        (&me["userId"], &me["permissions"]),
        (&json!(user.id), &json!(["invocation"]))
    );
}

#[test]
fn it_opens_nothing_else_whatever_the_user_may() {
    let (server, user) = with_hello(&["admin", "developer", "invocation"]);
    let token = narrowed(&server, &tokens(&server, &user));
    let mut refused = 0;
    for operation in operations(&server) {
        // What FaaS-Invocation opens, as the table of permissions has it.
        let Some(needs) = operation.needs.as_deref() else {
            continue;
        };
        if ["Invoke", "ReadSchedules", "Accounts"].contains(&needs) {
            continue;
        }
        let reply = operation.harmless(&server, "").bearer(&token).send();
        assert_eq!(reply.status, 403, "{operation:?}: {reply:?}");
        refused += 1;
    }
    assert!(refused > 60, "{refused}");
    let logout = server.call(Method::POST, "/logout").bearer(&token).send();
    assert_eq!(logout.status, 400, "{logout:?}");
    let again = exchange(&server, &token, "faas.lambda.invoke");
    check_oauth_error(&again, 400, "invalid_request");
    let parameters = [("token", token.as_str()), ("client_id", CLIENT)];
    let revoked = server.sentinel("token/revoke", &parameters).send();
    check_oauth_error(&revoked, 400, "unsupported_token_type");
    assert_eq!(invoked(&server, &token), 200);
}

#[test]
fn it_ends_with_signing_out_and_survives_a_restart() {
    let directory = temporary::directory();
    let server = open(config(directory.path())).expect("the server starts");
    server.deploy("hello", HELLO);
    let console = tokens(&server, &server.user("ada", &["invocation"]));
    let token = narrowed(&server, &console);
    server.stop();
    let server = open(config(directory.path())).expect("the server starts again");
    assert_eq!(invoked(&server, &token), 200);
    let limits = server.call(Method::GET, "/limits").bearer(&token).send();
    check_error(&limits, 403, "es.forbidden");
    let refresh = console["refresh_token"].as_str().unwrap();
    let parameters = [("token", refresh), ("client_id", CLIENT)];
    let revoked = server.sentinel("token/revoke", &parameters).send();
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(invoked(&server, &token), 401);
}

#[test]
fn it_does_what_the_user_may_as_of_now() {
    let (server, user) = with_hello(&["developer"]);
    let console = tokens(&server, &user);
    let token = narrowed(&server, &console);
    let path = format!("/users/{}", user.id);
    let change = json!({ "permissions": ["admin"] });
    server.call(Method::PATCH, &path).json(&change).send();
    assert_eq!(invoked(&server, &token), 403);
    let subject = console["access_token"].as_str().unwrap();
    let none = exchange(&server, subject, "faas.lambda.invoke");
    check_oauth_error(&none, 400, "invalid_scope");
}

#[test]
fn only_an_access_token_of_the_console_is_exchanged_and_only_for_invoking() {
    let (server, user) = with_hello(&["developer"]);
    let console = tokens(&server, &user);
    let subject = console["access_token"].as_str().unwrap();
    for scope in ["faas.console", "", "faas.lambda.invoke faas.console"] {
        check_oauth_error(&exchange(&server, subject, scope), 400, "invalid_scope");
    }
    let app = server.web_app();
    let of_app = server.tokens(&app, &user)["access_token"].clone();
    for other in [
        console["refresh_token"].as_str().unwrap(),
        of_app.as_str().unwrap(),
        &server.bearer(&user),
        &server.admin_token,
        "nonsense",
    ] {
        let reply = exchange(&server, other, "faas.lambda.invoke");
        check_oauth_error(&reply, 400, "invalid_request");
    }
    let kind = "urn:ietf:params:oauth:token-type:refresh_token";
    for (subject_type, requested) in [(kind, ACCESS_TOKEN), (ACCESS_TOKEN, kind)] {
        let parameters = [
            ("grant_type", GRANT),
            ("subject_token", subject),
            ("subject_token_type", subject_type),
            ("requested_token_type", requested),
            ("scope", "faas.lambda.invoke"),
            ("client_id", CLIENT),
        ];
        let reply = server.sentinel("token", &parameters).send();
        check_oauth_error(&reply, 400, "invalid_request");
    }
    let parameters = [
        ("grant_type", GRANT),
        ("subject_token", of_app.as_str().unwrap()),
        ("subject_token_type", ACCESS_TOKEN),
        ("scope", "faas.lambda.invoke"),
        ("client_id", app.id.as_str()),
        ("client_secret", app.secret.as_str()),
    ];
    let reply = server.sentinel("token", &parameters).send();
    check_oauth_error(&reply, 400, "unauthorized_client");
}

#[test]
fn of_a_session_there_are_twenty_and_the_oldest_makes_room() {
    let (server, user) = with_hello(&["invocation"]);
    let console = tokens(&server, &user);
    let first = narrowed(&server, &console);
    // What is older is known by the millisecond.
    std::thread::sleep(Duration::from_millis(2));
    let others: Vec<_> = (1..TOKENS_MAX)
        .map(|_| narrowed(&server, &console))
        .collect();
    assert_eq!(invoked(&server, &first), 200);
    narrowed(&server, &console);
    assert_eq!(invoked(&server, &first), 401);
    assert!(others.iter().all(|other| invoked(&server, other) == 200));
}

#[test]
fn it_is_on_record_who_got_one_and_the_metadata_says_that_there_are() {
    let (server, user) = with_hello(&["invocation"]);
    let token = narrowed(&server, &tokens(&server, &user));
    let rows = server.call(Method::GET, "/audit?action=token.narrow");
    let audit = rows.send();
    let row = &audit.json()["entries"][0];
    assert_eq!(row["action"], "token.narrow");
    assert_eq!(row["actorName"], "Sandglass");
    assert_eq!(row["targetId"], user.id);
    assert!(row["details"]["session"].is_string(), "{row}");
    assert!(!audit.text.contains(&token));
    let path = format!("/.well-known/oauth-authorization-server/sentinel/api/account/{ACCOUNT}");
    let metadata = server.plain(Method::GET, &path).send().json();
    assert_eq!(metadata["grant_types_supported"][2], GRANT);
}
