//! People log in as the platform's command line does, and who guesses passwords is slowed down.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::document::{Operation, operations};
use crate::harness::sentinel::PASSWORD;
use crate::harness::server::{ACCOUNT, Reply, TestServer, check_error, start};

fn status(server: &TestServer, token: &str) -> u16 {
    let call = server.call(Method::GET, "/lambdas").bearer(token);
    call.send().status
}

fn keep(server: &TestServer, cookie: &str, csrf: &str) -> Reply {
    let call = server.call(Method::POST, "/refresh").bearer("");
    let call = call.header("cookie", cookie);
    call.json(&json!({ "csrf": csrf })).send()
}

#[test]
fn a_login_answers_what_the_platforms_clients_read() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let reply = server.login("ada", PASSWORD);
    assert_eq!(reply.status, 200, "{reply:?}");
    let body = reply.json();
    assert_eq!(body["sessionTTl"], "28800000");
    assert_eq!(
        body["config"],
        json!({
            "loginName": "ada", "userId": user.id, "userPrivileges": ["FaaS-Developer"],
            "isAdmin": false, "isLPA": false,
        })
    );
    assert_eq!(body["accountData"]["accountId"], ACCOUNT);
    let uris = body["csdsCollectionResponse"]["baseURIs"]
        .as_array()
        .unwrap();
    for service in ["agentVep", "faasGW", "faasUI", "sentinel"] {
        let found = uris.iter().find(|uri| uri["service"] == service);
        assert_eq!(found.unwrap()["account"], ACCOUNT, "{service}");
    }
    let session = body["sessionId"].as_str().unwrap();
    let cookie = reply.header("set-cookie");
    assert!(
        cookie.starts_with(&format!("Session_id={session}; ")),
        "{cookie}"
    );
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/api/account/10000001"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(status(&server, body["bearer"].as_str().unwrap()), 200);
}

#[test]
fn only_the_bearer_token_opens_anything() {
    let server = start();
    server.user("ada", &["developer"]);
    let reply = server.login("ada", PASSWORD);
    let body = reply.json();
    for secret in ["sessionId", "csrf"] {
        assert_eq!(status(&server, body[secret].as_str().unwrap()), 401);
    }
    let (cookie, _) = reply.header("set-cookie").split_once(';').unwrap();
    let call = server.call(Method::GET, "/lambdas").bearer("");
    assert_eq!(call.header("cookie", cookie).send().status, 401);
}

#[test]
fn who_does_not_exist_and_who_types_a_wrong_password_are_told_the_same() {
    let server = start();
    server.user("ada", &["developer"]);
    let message = |reply: Reply| {
        assert_eq!(reply.status, 401, "{reply:?}");
        let mut body = reply.json();
        body["error"]["time"] = Value::Null;
        body
    };
    let wrong = message(server.login("ada", "a wrong password"));
    assert_eq!(message(server.login("nobody", "a wrong password")), wrong);
    assert_eq!(wrong["error"]["responseStatus"], "UNAUTHORIZED");
    assert_eq!(wrong["error"]["internalCode"], 10);
}

#[test]
fn the_sixth_attempt_after_five_failures_has_to_wait() {
    let server = start();
    server.user("ada", &["developer"]);
    server.user("grace", &["developer"]);
    for _ in 0..5 {
        assert_eq!(server.login("ada", "a wrong password").status, 401);
    }
    for name in ["ada", "ADA"] {
        let reply = server.login(name, PASSWORD);
        assert_eq!(reply.status, 429, "{reply:?}");
        let wait: u64 = reply.header("retry-after").parse().unwrap();
        assert!((1..=2).contains(&wait), "{wait}");
    }
    assert_eq!(server.login("grace", PASSWORD).status, 200);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(server.login("ada", PASSWORD).status, 200);
    assert_eq!(server.login("ada", "a wrong password").status, 401);
}

#[test]
fn guesses_in_parallel_gain_nothing() {
    let server = start();
    server.user("ada", &["developer"]);
    let body = json!({ "username": "ada", "password": "a wrong password" });
    let call = server.call(Method::POST, "/login").bearer("").json(&body);
    let tasks: Vec<_> = (0..20)
        .map(|_| crate::harness::tokio().spawn(call.clone().send_async()))
        .collect();
    let statuses = tasks.into_iter().map(|task| {
        let reply = crate::harness::block_on(task).unwrap().unwrap();
        reply.status
    });
    let tried = statuses.filter(|status| *status == 401).count();
    assert!(tried <= 6, "{tried} of them were tried");
}

#[test]
fn a_login_is_kept_alive_by_its_cookie_and_its_csrf() {
    let server = start();
    server.user("ada", &["developer"]);
    let body = server.login("ada", PASSWORD).json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    let (session, csrf) = (text("sessionId"), text("csrf"));
    for cookie in [
        format!("session_id={session}"),
        format!("a=b; Session_id={session}"),
    ] {
        let kept = keep(&server, &cookie, &csrf);
        assert_eq!((kept.status, kept.text.as_str()), (200, ""));
    }
    let right = format!("Session_id={session}");
    for (cookie, csrf) in [
        (right.as_str(), "wrong"),
        ("Session_id=wrong", csrf.as_str()),
        ("other=1", csrf.as_str()),
    ] {
        let refused = keep(&server, cookie, csrf);
        assert_eq!(refused.status, 401, "{refused:?}");
        assert_eq!(refused.json()["error"]["internalCode"], 10);
    }
    let bearer = text("bearer");
    let logout = server.call(Method::POST, "/logout").bearer(&bearer).send();
    assert_eq!(logout.status, 200, "{logout:?}");
    assert!(
        logout.header("set-cookie").contains("Max-Age=0"),
        "{logout:?}"
    );
    assert_eq!(status(&server, &bearer), 401);
    assert_eq!(keep(&server, &right, &csrf).status, 401);
}

#[test]
fn only_a_session_can_be_logged_out() {
    let server = start();
    let reply = server.call(Method::POST, "/logout").send();
    check_error(&reply, 400, "es.badinput");
    let reply = server.call(Method::POST, "/logout").bearer("").send();
    check_error(&reply, 401, "es.unauthorized");
    let user = server.user("ada", &[]);
    let elsewhere = server.plain(Method::POST, "/api/account/20000002/logout");
    let reply = elsewhere.bearer(&server.bearer(&user)).send();
    check_error(&reply, 403, "es.forbidden");
}

#[test]
fn the_user_id_of_an_invocation_is_the_tokens_user() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (ada, grace) = (
        server.user("ada", &["invocation"]),
        server.user("grace", &[]),
    );
    let token = server.bearer(&ada);
    let invoke = |user: &str| {
        let path = format!("/lambdas/{lambda}/invoke?v=1&userId={user}");
        let call = server.call(Method::POST, &path).bearer(&token);
        call.json(&json!({ "payload": {} })).send()
    };
    assert_eq!(invoke(&ada.id).status, 200);
    assert_eq!(invoke("").status, 200);
    let message = check_error(&invoke(&grace.id), 403, "es.forbidden");
    assert_eq!(message, "userId is not the user of this token");
}

#[test]
fn the_user_id_of_every_address_must_be_the_callers() {
    let server = start();
    let all = ["admin", "developer", "invocation"];
    let (ada, grace) = (server.user("ada", &all), server.user("grace", &all));
    let token = server.bearer(&ada);
    let said = "userId is not the user of this token";
    let in_account = |operation: &&Operation| {
        operation.needs.is_some() && operation.path.starts_with("/api/account/")
    };
    let operations = operations(&server);
    for operation in operations.iter().filter(in_account) {
        for version in ["", "&v=1"] {
            let query = format!("?userId={}{version}", grace.id);
            let call = operation.harmless(&server, &query);
            let reply = call.bearer(&token).send();
            let told = reply.status == 403 && reply.text.contains(said);
            assert!(told, "{operation:?}: {reply:?}");
        }
    }
    // Its own is right, as is none, in both generations; and a token that is nobody's names anybody.
    for path in [
        "/lambdas?v=1&userId=",
        "/functions?userId=",
        "/events?userId=",
    ] {
        let ask = |token: &str, user: &str| {
            let call = server.call(Method::GET, &format!("{path}{user}"));
            call.bearer(token).send().status
        };
        assert_eq!(ask(&token, &ada.id), 200, "{path}");
        assert_eq!(ask(&token, ""), 200, "{path}");
        assert_eq!(ask(&token, &grace.id), 403, "{path}");
        assert_eq!(ask(&server.admin_token, &grace.id), 200, "{path}");
    }
    for (method, path) in [
        (Method::POST, "/events/nothing/invoke?v=1&userId="),
        (Method::GET, "/events/nothing/isImplemented?userId="),
    ] {
        let ask = |user: &str| {
            let call = server.call(method.clone(), &format!("{path}{user}"));
            call.bearer(&token).json(&json!({ "payload": {} })).send()
        };
        assert_eq!(ask(&ada.id).status, 200, "{path}");
        let refused = ask(&grace.id);
        assert!(
            refused.status == 403 && refused.text.contains(said),
            "{refused:?}"
        );
    }
}

#[test]
fn a_malformed_login_is_refused_without_its_secrets() {
    let server = start();
    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"username":"ada"}"#,
        r#"{"username":"ada","password":987654321}"#,
        r#"{"username":["hidden"],"password":"hidden"}"#,
        r#"{"username":"ada","password":"hidden"#,
    ] {
        let call = server.call(Method::POST, "/login").bearer("");
        let reply = call
            .header("content-type", "application/json")
            .body(body)
            .send();
        check_error(&reply, 400, "es.badinput");
        let told = reply.text.contains("hidden") || reply.text.contains("987654321");
        assert!(!told, "{reply:?}");
    }
    let unknown = server.plain(Method::POST, "/api/account/20000002/login");
    let body = json!({ "username": "admin", "password": PASSWORD });
    assert_eq!(unknown.json(&body).send().status, 401);
    let longest = json!({ "username": "admin", "password": "x".repeat(100_000) });
    let too_large = server.call(Method::POST, "/login").json(&longest).send();
    check_error(&too_large, 413, "es.toolarge");
}
