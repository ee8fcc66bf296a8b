//! Nobody gets in without a token, and each token opens what its permissions allow in its account.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::Method;
use serde_json::json;

use crate::harness::server::{Call, TestServer, start};

#[test]
fn a_call_without_a_valid_token_is_401() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    for token in [
        "",
        "nonsense",
        "sg_0000000000000000000000000000000000000000000",
    ] {
        let reply = server.invoke(&lambda, json!({})).bearer(token).send();
        assert_eq!(reply.status, 401, "{reply:?}");
        assert!(
            reply.header("www-authenticate").starts_with("Bearer"),
            "{reply:?}"
        );
        assert!(reply.json()["errorCode"].is_string(), "{reply:?}");
    }
    let basic = server
        .invoke(&lambda, json!({}))
        .bearer("")
        .header("authorization", "Basic dTpw")
        .send();
    assert_eq!(basic.status, 401, "{basic:?}");
}

#[test]
fn a_stranger_cannot_find_out_which_lambdas_exist() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let known = server.invoke(&lambda, json!({})).bearer("nonsense").send();
    let unknown = server
        .invoke("00000000-0000-4000-8000-000000000000", json!({}))
        .bearer("nonsense")
        .send();
    assert_eq!((known.status, known.text), (unknown.status, unknown.text));
}

#[test]
fn a_token_of_one_account_does_not_open_another() {
    let server = start();
    server.deploy_body("hello", "callback(null, 1)");
    for path in [
        "/api/account/20000002/lambdas",
        "/api/account/20000002/lambdas/hello/invoke?v=1",
    ] {
        let reply = server
            .plain(Method::GET, path)
            .bearer(&server.admin_token)
            .send();
        assert!(matches!(reply.status, 403..=405), "{path}: {reply:?}");
        let reply = server
            .plain(Method::POST, path)
            .bearer(&server.admin_token)
            .json(&json!({ "payload": 1 }))
            .send();
        assert!(matches!(reply.status, 403..=405), "{path}: {reply:?}");
    }
    let path = "/api/account/20000002/lambdas/hello/invoke?v=1&externalSystem=x";
    let call = server.plain(Method::POST, path).bearer(&server.admin_token);
    assert_eq!(call.json(&json!({ "payload": 1 })).send().status, 403);
}

/// What a token may do: invoke, deploy, read logs, read the whitelist, change it, list secrets,
/// list tokens.
fn permissions(server: &TestServer, lambda: &str, token: &str) -> [bool; 7] {
    let allowed = |call: Call| {
        let reply = call.bearer(token).send();
        assert!(matches!(reply.status, 200..=299 | 403), "{reply:?}");
        reply.status != 403
    };
    let source =
        json!({ "name": "new", "fileName": "new.js", "code": "function lambda(i, c) { c() }" });
    [
        allowed(server.invoke(lambda, json!({}))),
        allowed(server.call(Method::POST, "/deploy").json(&source)),
        allowed(server.call(Method::GET, &format!("/lambdas/{lambda}/logs"))),
        allowed(server.call(Method::GET, "/whitelist")),
        allowed(server.call(Method::PUT, "/whitelist/example.com")),
        allowed(server.call(Method::GET, "/secrets")),
        allowed(server.call(Method::GET, "/tokens")),
    ]
}

#[test]
fn each_permission_opens_its_part_and_no_other() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let of = |role| permissions(&server, &lambda, &server.token(role));
    assert_eq!(of("admin"), [false, false, true, true, true, true, true]);
    assert_eq!(
        of("developer"),
        [true, true, true, true, false, true, false]
    );
    assert_eq!(
        of("invocation"),
        [true, false, false, false, false, false, false]
    );
}

#[test]
fn a_token_is_shown_once_and_refused_from_its_deletion_on() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let made = server
        .call(Method::POST, "/tokens")
        .json(&json!({ "name": "crm", "role": "invoker" }))
        .send();
    assert_eq!(made.status, 201, "{made:?}");
    let (id, token) = (
        made.json()["id"].clone(),
        made.json()["token"].as_str().unwrap().to_owned(),
    );
    let list = server.call(Method::GET, "/tokens").send();
    assert!(!list.text.contains(&token), "{list:?}");
    let listed = list.json();
    let entry = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["id"] == id)
        .unwrap();
    assert_eq!(
        (&entry["name"], &entry["permissions"]),
        (&json!("crm"), &json!(["invocation"]))
    );

    assert_eq!(
        server
            .invoke(&lambda, json!({}))
            .bearer(&token)
            .send()
            .status,
        200
    );
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    assert_eq!(
        server
            .call(Method::DELETE, &format!("/tokens/{id}"))
            .send()
            .status,
        204
    );
    assert_eq!(
        server
            .invoke(&lambda, json!({}))
            .bearer(&token)
            .send()
            .status,
        401
    );
}

#[test]
fn permissions_add_up() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let body = json!({ "name": "both", "permissions": ["admin", "invocation"] });
    let made = server.call(Method::POST, "/tokens").json(&body).send();
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(
        permissions(&server, &lambda, &token),
        [true, false, true, true, true, true, true]
    );
    assert_eq!(
        permissions(&server, &lambda, &server.admin_token),
        [true; 7]
    );
}

#[test]
fn an_unknown_permission_is_refused_and_so_is_none() {
    let server = start();
    for permissions in [json!("root"), json!([]), json!(["admin", "root"]), json!(1)] {
        let body = json!({ "name": "x", "permissions": permissions });
        let reply = server.call(Method::POST, "/tokens").json(&body).send();
        assert_eq!(reply.status, 400, "{reply:?}");
    }
}

#[test]
fn health_needs_no_token() {
    let server = start();
    assert_eq!(server.plain(Method::GET, "/healthz").send().status, 200);
    assert_eq!(server.plain(Method::GET, "/readyz").send().status, 200);
}

/// Every file below a directory with its bytes.
fn files(directory: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![(path.clone(), fs::read(&path).unwrap())]
            }
        })
        .collect()
}

#[test]
fn tokens_and_secrets_lie_on_the_disk_as_nobody_can_read_them() {
    let server = start();
    let token = server.token("invoker");
    let value = "correct horse battery staple";
    let put = server
        .call(Method::PUT, "/secrets/key")
        .json(&json!({ "value": value }))
        .send();
    assert_eq!(put.status, 204, "{put:?}");
    let data_dir = server.data_dir.clone();
    let admin = server.admin_token.clone();
    let _directory = server.stop();
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    for (path, bytes) in files(&data_dir) {
        assert!(
            !holds(&bytes, value),
            "the secret stands in {}",
            path.display()
        );
        assert!(
            !holds(&bytes, &token),
            "the token stands in {}",
            path.display()
        );
        let admin_file = path.ends_with("admin.token");
        assert!(
            admin_file || !holds(&bytes, &admin),
            "the admin token stands in {}",
            path.display()
        );
    }
}

#[test]
fn what_is_confidential_belongs_to_its_owner_alone() {
    let server = start();
    for name in ["admin.token", "secret.key", "server.json", "audit.anchor"] {
        let mode = fs::metadata(server.data_dir.join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
