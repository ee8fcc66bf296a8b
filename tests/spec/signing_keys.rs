//! Each account signs with keys of its own, which no other account's administrator touches.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::sentinel::{claims, form};
use crate::harness::server::{ACCOUNT, Call, TestServer, check_error, start};
use crate::harness::two_accounts::{OTHER, TwoAccounts, two_accounts};

/// An App JWT of a new app of the other account.
#[track_caller]
fn jwt_of_other(both: &TwoAccounts) -> String {
    let new = json!({ "client_name": "CRM", "grant_types": ["client_credentials"] });
    let app = both.call_other(Method::POST, "/apps").json(&new).send();
    assert_eq!(app.status, 201, "{app:?}");
    let app = app.json();
    let parameters = [
        ("grant_type", "client_credentials"),
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", app["client_secret"].as_str().unwrap()),
    ];
    let url = format!("{}/sentinel/api/account/{OTHER}/app/token", both.server.url);
    let reply = Call::new(Method::POST, url).body(form(&parameters)).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

/// The status of an invocation of what is not there: whoever is let in learns that.
fn knock(server: &TestServer, account: &str, token: &str) -> u16 {
    let path = format!("/api/account/{account}/lambdas/none/invoke?v=1&externalSystem=x");
    let call = server.plain(Method::POST, &path).bearer(token);
    call.json(&json!({ "payload": 1 })).send().status
}

fn kids(keys: &Value) -> Vec<String> {
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    keys.as_array().unwrap().iter().map(kid).collect()
}

fn published(server: &TestServer) -> Vec<String> {
    let reply = server
        .plain(Method::GET, "/sentinel/well-known/jwks")
        .send();
    assert_eq!(reply.status, 200, "{reply:?}");
    kids(&reply.json()["keys"])
}

fn kid_of(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[test]
fn accounts_sign_with_different_keys_that_one_document_lists() {
    let both = two_accounts();
    let (one, other) = (
        both.server.app_jwt(&both.server.machine()),
        jwt_of_other(&both),
    );
    assert_eq!(claims(&other)["aud"], OTHER);
    assert_ne!(kid_of(&one), kid_of(&other));
    let mut expected = [kid_of(&one), kid_of(&other)];
    expected.sort();
    assert_eq!(published(&both.server), expected);
    assert_eq!(knock(&both.server, ACCOUNT, &one), 404);
    assert_eq!(knock(&both.server, OTHER, &other), 404);
    assert_eq!(knock(&both.server, OTHER, &one), 403);
    assert_eq!(knock(&both.server, ACCOUNT, &other), 403);
}

#[test]
fn an_administrator_neither_sees_nor_replaces_nor_deletes_the_keys_of_another_account() {
    let both = two_accounts();
    let (one, other) = (
        both.server.app_jwt(&both.server.machine()),
        jwt_of_other(&both),
    );
    let own = both.server.call(Method::GET, "/signing-keys").send().json();
    assert_eq!(kids(&own), [kid_of(&one)]);
    let theirs = format!("/signing-keys/{}", kid_of(&other));
    check_error(
        &both.server.call(Method::DELETE, &theirs).send(),
        404,
        "es.notfound",
    );
    for (method, path) in [
        (Method::GET, "/signing-keys"),
        (Method::POST, "/signing-keys"),
        (Method::DELETE, theirs.as_str()),
    ] {
        let call = both
            .call_other(method, path)
            .bearer(&both.server.admin_token);
        check_error(&call.send(), 403, "es.forbidden");
    }
    let rotated = both.server.call(Method::POST, "/signing-keys").send();
    assert_eq!(rotated.status, 201, "{rotated:?}");
    let listed = both.call_other(Method::GET, "/signing-keys").send().json();
    assert_eq!(kids(&listed), [kid_of(&other)]);
    assert_eq!(listed[0]["signs"], true);
    assert_eq!(published(&both.server).len(), 3);
    let gone = format!("/signing-keys/{}", kid_of(&one));
    assert_eq!(both.server.call(Method::DELETE, &gone).send().status, 204);
    assert_eq!(knock(&both.server, ACCOUNT, &one), 401);
    assert_eq!(knock(&both.server, OTHER, &other), 404);
}

#[test]
fn a_token_that_another_accounts_key_has_signed_is_refused() {
    let both = two_accounts();
    let one = both.server.app_jwt(&both.server.machine());
    assert_eq!(knock(&both.server, ACCOUNT, &one), 404);
    // Its key is now the other account's: the signature fits as before.
    let sql = format!(
        "UPDATE signing_keys SET account = (SELECT id FROM accounts WHERE name = '{OTHER}')"
    );
    let both = both.with_rows(&sql);
    assert!(published(&both.server).contains(&kid_of(&one)));
    assert_eq!(knock(&both.server, ACCOUNT, &one), 401);
    assert_eq!(knock(&both.server, OTHER, &one), 401);
}

#[test]
fn an_account_can_have_ten_keys_and_not_one_more() {
    let server = start();
    let rotate = || server.call(Method::POST, "/signing-keys").send();
    for number in 1..=10 {
        assert_eq!(rotate().status, 201, "{number}");
    }
    let message = check_error(&rotate(), 400, "es.badinput");
    assert_eq!(message, "an account can have 10 signing keys: delete one");
    let keys = server.call(Method::GET, "/signing-keys").send().json();
    let path = format!("/signing-keys/{}", kids(&keys)[0]);
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(rotate().status, 201);
}
