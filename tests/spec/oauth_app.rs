//! An app gets an App JWT with its own credentials, and everybody can check that it is ours.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};

use crate::harness::sentinel::{TestApp, basic, check_oauth_error, claims, form};
use crate::harness::server::{ACCOUNT, Call, TestServer, check_error, config, open, start};

fn invoke(server: &TestServer, lambda: &str, token: &str) -> u16 {
    let call = server.invoke(lambda, json!({})).bearer(token);
    call.send().status
}

fn keys(server: &TestServer) -> Vec<Value> {
    let reply = server
        .plain(Method::GET, "/sentinel/well-known/jwks")
        .send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["keys"].as_array().unwrap().clone()
}

/// Whether a token was signed with one of the published keys.
fn is_signed(token: &str, keys: &[Value]) -> bool {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let header: Value = serde_json::from_slice(&decode(token.split('.').next().unwrap())).unwrap();
    assert_eq!(header["alg"], "RS256");
    let key = keys.iter().find(|key| key["kid"] == header["kid"]);
    key.is_some_and(|key| {
        let number = |name: &str| decode(key[name].as_str().unwrap());
        let public = RsaPublicKeyComponents {
            n: number("n"),
            e: number("e"),
        };
        let signature = decode(signature);
        public
            .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
            .is_ok()
    })
}

fn credentials(app: &TestApp) -> [(&str, &str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("scope", ""),
        ("client_id", &app.id),
        ("client_secret", &app.secret),
    ]
}

#[test]
fn an_app_jwt_is_what_the_platforms_clients_read() {
    let server = start();
    let app = server.machine();
    let reply = server
        .sentinel("app/token?v=2.0", &credentials(&app))
        .send();
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    let body = reply.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!("3600"))
    );
    let token = body["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!(
        (&said["aud"], &said["azp"], &said["iss"], &said["scope"]),
        (
            &json!(ACCOUNT),
            &json!(app.id),
            &json!("Sentinel"),
            &json!("faas.lambda.invoke")
        )
    );
    let times = (said["iat"].as_u64().unwrap(), said["exp"].as_u64().unwrap());
    assert_eq!(times.1 - times.0, 3_600);
    assert!(is_signed(token, &keys(&server)));
}

#[test]
fn credentials_may_come_in_the_form_the_query_or_the_header() {
    let server = start();
    let app = server.machine();
    let query = form(&credentials(&app));
    let base = format!("{}/sentinel/api/account/{ACCOUNT}", server.url);
    let second = format!("{}/sentinel/api/v2/account/{ACCOUNT}", server.url);
    let java = Call::new(Method::POST, format!("{base}/app/token?v=2.0&{query}"));
    let toolbelt = Call::new(Method::POST, format!("{second}/app/token?v=2.0")).body(query);
    let header = server
        .sentinel("app/token", &[("grant_type", "client_credentials")])
        .header("authorization", &basic(&app));
    for call in [java, toolbelt, header] {
        let reply = call.send();
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json()["expires_in"], "3600");
    }
}

#[test]
fn an_app_may_invoke_and_nothing_else() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let token = server.app_jwt(&server.machine());
    for _ in 0..2 {
        assert_eq!(invoke(&server, &lambda, &token), 200);
    }
    for path in ["/lambdas", "/secrets", "/users", "/apps", "/tokens"] {
        let reply = server.call(Method::GET, path).bearer(&token).send();
        check_error(&reply, 403, "es.forbidden");
    }
    let elsewhere = "/api/account/20000002/lambdas/hello/invoke?v=1&externalSystem=x";
    let call = server.plain(Method::POST, elsewhere).bearer(&token);
    let reply = call.json(&json!({ "payload": 1 })).send();
    check_error(&reply, 403, "es.forbidden");
}

#[test]
fn an_app_that_was_removed_has_no_token_any_more() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (app, other) = (server.machine(), server.machine());
    let (token, kept) = (server.app_jwt(&app), server.app_jwt(&other));
    assert_eq!(invoke(&server, &lambda, &token), 200);
    let path = format!("/apps/{}", app.id);
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(invoke(&server, &lambda, &token), 401);
    assert_eq!(invoke(&server, &lambda, &kept), 200);
    let refused = server.sentinel("app/token", &credentials(&app)).send();
    check_oauth_error(&refused, 401, "invalid_client");
}

#[test]
fn a_secret_that_was_replaced_opens_nothing() {
    let server = start();
    let app = server.machine();
    let path = format!("/apps/{}/secret", app.id);
    let rotated = server.call(Method::POST, &path).send();
    assert_eq!(rotated.status, 200, "{rotated:?}");
    let refused = server.sentinel("app/token", &credentials(&app)).send();
    check_oauth_error(&refused, 401, "invalid_client");
    let secret = rotated.json()["client_secret"].as_str().unwrap().to_owned();
    server.app_jwt(&TestApp { secret, ..app });
}

#[test]
fn a_wrong_request_is_told_what_is_wrong() {
    let server = start();
    let (app, web) = (server.machine(), server.web_app());
    let [grant, scope, id, secret] = credentials(&app);
    for (parameters, status, error) in [
        (
            vec![grant, id, ("client_secret", "wrong")],
            401,
            "invalid_client",
        ),
        (vec![grant, id], 401, "invalid_client"),
        (
            vec![grant, ("client_id", "unknown"), secret],
            401,
            "invalid_client",
        ),
        (vec![grant], 401, "invalid_client"),
        (vec![], 401, "invalid_client"),
        (vec![id, secret], 400, "invalid_request"),
        (vec![grant, id, id, secret], 400, "invalid_request"),
        (
            vec![("grant_type", "password"), id, secret],
            400,
            "unsupported_grant_type",
        ),
        (
            vec![grant, id, secret, ("scope", "admin")],
            400,
            "invalid_scope",
        ),
        (credentials(&web).to_vec(), 400, "unauthorized_client"),
    ] {
        let reply = server.sentinel("app/token", &parameters).send();
        check_oauth_error(&reply, status, error);
        assert!(!reply.text.contains(&app.secret), "{reply:?}");
    }
    let both = server.sentinel("app/token", &[grant, scope, id, secret]);
    let both = both.header("authorization", &basic(&app)).send();
    check_oauth_error(&both, 400, "invalid_request");
    let refused = server.sentinel("app/token", &[grant, id]).send();
    assert!(
        refused.header("www-authenticate").starts_with("Basic"),
        "{refused:?}"
    );
    let elsewhere = format!("{}/sentinel/api/account/20000002/app/token", server.url);
    let elsewhere = Call::new(Method::POST, elsewhere).body(form(&credentials(&app)));
    check_oauth_error(&elsewhere.send(), 401, "invalid_client");
}

#[test]
fn a_key_that_was_replaced_is_still_taken_and_one_that_was_deleted_is_not() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let app = server.machine();
    let before = server.app_jwt(&app);
    assert_eq!(invoke(&server, &lambda, &before), 200);
    let old = keys(&server);
    assert_eq!(old.len(), 1);
    let rotated = server.call(Method::POST, "/signing-keys").send();
    assert_eq!(rotated.status, 201, "{rotated:?}");
    let after = server.app_jwt(&app);
    let both = keys(&server);
    assert_eq!(both.len(), 2);
    assert!(is_signed(&before, &both) && is_signed(&after, &both));
    assert!(!is_signed(&after, &old), "the new key signs");
    for token in [&before, &after] {
        assert_eq!(invoke(&server, &lambda, token), 200);
    }
    let listed = server.call(Method::GET, "/signing-keys").send().json();
    let signs: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["signs"])
        .collect();
    assert_eq!(signs, [false, true]);
    let path = format!("/signing-keys/{}", old[0]["kid"].as_str().unwrap());
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(server.call(Method::DELETE, &path).send().status, 404);
    assert_eq!(invoke(&server, &lambda, &before), 401);
    assert_eq!(invoke(&server, &lambda, &after), 200);
    assert_eq!(keys(&server).len(), 1);
}

#[test]
fn keys_survive_a_restart_and_lie_on_the_disk_sealed() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let token = server.app_jwt(&server.machine());
    let published = keys(&server);
    let (data_dir, _directory) = (server.data_dir.clone(), server.stop());
    let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap();
    let sql = "SELECT sealed FROM signing_keys";
    let sealed: Vec<u8> = database.query_row(sql, [], |row| row.get(0)).unwrap();
    drop(database);
    // What PKCS #8 of an RSA key begins with, in base64, and what holds its modulus.
    let holds = |text: &[u8]| sealed.windows(text.len()).any(|window| window == text);
    let modulus = URL_SAFE_NO_PAD
        .decode(published[0]["n"].as_str().unwrap())
        .unwrap();
    assert!(!holds(b"MII") && !holds(&modulus[..16]));
    let server = open(config(&data_dir)).unwrap();
    assert_eq!(keys(&server), published);
    assert_eq!(invoke(&server, &lambda, &token), 200);
}
