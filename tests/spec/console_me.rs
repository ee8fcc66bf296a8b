//! Whoever has a token can ask who they are and what they may do.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::sentinel::PASSWORD;
use crate::harness::server::{ACCOUNT, TestServer, check_error, start};

fn me(server: &TestServer, token: &str) -> Value {
    let reply = server.call(Method::GET, "/me").bearer(token).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store");
    reply.json()
}

#[test]
fn a_user_is_told_who_they_are_as_of_now() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let token = server.bearer(&user);
    let expected = json!({
        "userId": user.id, "loginName": "ada", "name": "ada", "account": ACCOUNT,
        "permissions": ["developer"], "kind": "user", "passwordIsInitial": true,
    });
    assert_eq!(me(&server, &token), expected);
    let change = json!({ "displayName": "Ada L.", "permissions": ["admin", "invocation"] });
    let path = format!("/users/{}", user.id);
    server.call(Method::PATCH, &path).json(&change).send();
    let now = me(&server, &token);
    assert_eq!(now["name"], "Ada L.");
    assert_eq!(now["permissions"], json!(["admin", "invocation"]));
}

#[test]
fn a_password_is_initial_until_there_is_another() {
    let server = start();
    let user = server.user("ada", &[]);
    assert_eq!(
        me(&server, &server.bearer(&user))["passwordIsInitial"],
        true
    );
    let path = format!("/users/{}/password", user.id);
    let changed = server.call(Method::PUT, &path);
    let changed = changed.json(&json!({ "password": PASSWORD })).send();
    assert_eq!(changed.status, 204, "{changed:?}");
    let now = me(&server, &server.bearer(&user));
    assert_eq!(now.get("passwordIsInitial"), None, "{now}");
    assert_eq!(now["permissions"], json!([]));
}

#[test]
fn a_token_a_service_user_and_an_app_are_told_what_they_are() {
    let server = start();
    let token = me(&server, &server.admin_token);
    assert_eq!(
        token,
        json!({
            "userId": null, "loginName": null, "name": "admin.token", "account": ACCOUNT,
            "permissions": ["admin", "developer", "invocation"], "kind": "token",
        })
    );
    let bot = json!({ "loginName": "bot", "permissions": ["invocation"] });
    let bot = server.call(Method::POST, "/users").json(&bot).send().json();
    let new = json!({ "name": "bot-1", "permissions": ["invocation"], "user": bot["id"] });
    let made = server.call(Method::POST, "/tokens").json(&new).send();
    assert_eq!(made.status, 201, "{made:?}");
    let service = me(&server, made.json()["token"].as_str().expect("a token"));
    assert_eq!(
        (&service["kind"], &service["userId"]),
        (&json!("serviceUser"), &bot["id"])
    );
    let app = me(&server, &server.app_jwt(&server.machine()));
    assert_eq!((&app["kind"], &app["name"]), (&json!("app"), &json!("CRM")));
    assert_eq!(app["permissions"], json!(["invocation"]));
}

#[test]
fn nobody_and_another_account_are_told_nothing() {
    let server = start();
    let nobody = server.call(Method::GET, "/me").bearer("").send();
    assert_eq!(nobody.status, 401, "{nobody:?}");
    let wrong = server.call(Method::GET, "/me").bearer("sg_wrong").send();
    assert_eq!(wrong.status, 401, "{wrong:?}");
    let other = server.plain(Method::GET, "/api/account/20000002/me");
    let other = other.bearer(&server.admin_token).send();
    check_error(&other, 403, "es.forbidden");
}
