//! An app that a user agrees to acts in their name, with their permissions, for 8 h at a time.

use reqwest::Method;
use serde_json::json;

use crate::harness::sentinel::{
    Browser, CALLBACK, Pkce, TestApp, basic, check_oauth_error, claims, location, parameter,
};
use crate::harness::server::{ACCOUNT, TestServer, config, open, start};

fn invoke(server: &TestServer, lambda: &str, token: &str) -> u16 {
    let call = server.invoke(lambda, json!({})).bearer(token);
    call.send().status
}

#[test]
fn the_flow_of_the_user_guide_leads_to_an_invocation() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 'Hello')");
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let mut browser = Browser::new(&server);
    let page = browser.ask(&app, &[]);
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("<strong>Web shop</strong>"), "{page:?}");
    let page = browser.sign_in(&page, &user);
    assert!(page.text.contains("FaaS-Invocation"), "{page:?}");
    assert!(page.text.contains("https://app.example"), "{page:?}");
    let sent = location(&browser.submit(&page, &[("decision", "allow")]));
    assert!(sent.as_str().starts_with(CALLBACK), "{sent}");
    assert_eq!(parameter(&sent, "state").as_deref(), Some("the state"));
    let issuer = format!("{}/sentinel/api/account/{ACCOUNT}", server.url);
    assert_eq!(parameter(&sent, "iss"), Some(issuer));
    let code = parameter(&sent, "code").unwrap();
    let reply = server.exchange(&app, &code, &[]);
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store");
    let tokens = reply.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 28_800);
    assert_eq!(tokens["scope"], "faas.lambda.invoke");
    let access = tokens["access_token"].as_str().unwrap();
    assert!(
        access.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "opaque hex"
    );
    let path = format!("/lambdas/{lambda}/invoke?v=1&userId={}", user.id);
    let call = server.call(Method::POST, &path).bearer(access);
    let reply = call
        .json(&json!({ "timestamp": 0, "headers": [], "payload": {} }))
        .send();
    assert_eq!(
        (reply.status, &reply.json()["result"]),
        (200, &json!("Hello"))
    );
}

#[test]
fn an_id_token_says_who_logged_in() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &["admin"]));
    let tokens = server.tokens(&app, &user);
    let said = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (&said["sub"], &said["aud"], &said["iss"]),
        (&json!(user.id), &json!(app.id), &json!("Sentinel"))
    );
    assert_eq!(
        (&said["is_admin"], &said["is_lpa"]),
        (&json!(true), &json!(false))
    );
    let times = (said["iat"].as_u64().unwrap(), said["exp"].as_u64().unwrap());
    assert_eq!(times.1 - times.0, 600);

    let more = [("scope", "openid"), ("nonce", "the nonce")];
    let code = Browser::new(&server).code(&app, &user, &more);
    let tokens = server.exchange(&app, &code, &[]).json();
    assert_eq!(tokens["scope"], "faas.lambda.invoke openid");
    let said = claims(tokens["id_token"].as_str().unwrap());
    let issuer = format!("{}/sentinel/api/account/{ACCOUNT}", server.url);
    assert_eq!(
        (&said["iss"], &said["nonce"]),
        (&json!(issuer), &json!("the nonce"))
    );
}

#[test]
fn an_access_token_has_the_permissions_that_its_user_has_now() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &["developer"]));
    let tokens = server.tokens(&app, &user);
    let token = tokens["access_token"].as_str().unwrap();
    let read = |path: &str| server.call(Method::GET, path).bearer(token).send().status;
    assert_eq!((read("/lambdas"), read("/users")), (200, 403));
    let path = format!("/users/{}", user.id);
    let change = json!({ "permissions": ["admin"] });
    server.call(Method::PATCH, &path).json(&change).send();
    assert_eq!((read("/lambdas"), read("/users")), (200, 200));
    server
        .call(Method::PATCH, &path)
        .json(&json!({ "enabled": false }))
        .send();
    assert_eq!(read("/lambdas"), 401);
}

#[test]
fn a_public_client_uses_pkce_and_has_no_secret() {
    let server = start();
    let app = server.app(&json!({
        "client_name": "Phone", "grant_types": ["authorization_code"],
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
    }));
    assert_eq!(app.secret, "");
    let user = server.user("ada", &["invocation"]);
    let pkce = Pkce::new(1);
    let asked = [
        ("code_challenge", pkce.challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let code = Browser::new(&server).code(&app, &user, &asked);
    let reply = server.exchange(&app, &code, &[("code_verifier", &pkce.verifier)]);
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn a_public_client_on_the_users_machine_chooses_its_port() {
    let server = start();
    let app = server.app(&json!({
        "client_name": "Tool", "grant_types": ["authorization_code"],
        "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
    }));
    let user = server.user("ada", &["invocation"]);
    let pkce = Pkce::new(1);
    let mut browser = Browser::new(&server);
    let page = browser.open(&[
        ("response_type", "code"),
        ("client_id", &app.id),
        ("redirect_uri", "http://127.0.0.1:51004/callback"),
        ("code_challenge", &pkce.challenge),
        ("code_challenge_method", "S256"),
    ]);
    let page = browser.sign_in(&page, &user);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:51004;"),
        "{policy}"
    );
    let sent = location(&browser.submit(&page, &[("decision", "allow")]));
    assert!(
        sent.as_str()
            .starts_with("http://127.0.0.1:51004/callback?code="),
        "{sent}"
    );
}

#[test]
fn a_redirect_uri_may_be_left_out_when_there_is_one() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &[]));
    let mut browser = Browser::new(&server);
    let page = browser.open(&[("response_type", "code"), ("client_id", &app.id)]);
    let page = browser.sign_in(&page, &user);
    let sent = location(&browser.submit(&page, &[("decision", "allow")]));
    assert_eq!(parameter(&sent, "state"), None);
    let code = parameter(&sent, "code").unwrap();
    let parameters = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("client_id", app.id.as_str()),
        ("client_secret", app.secret.as_str()),
    ];
    assert_eq!(server.sentinel("token", &parameters).send().status, 200);
}

#[test]
fn who_does_not_agree_sends_the_browser_back_with_that() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &[]));
    let mut browser = Browser::new(&server);
    let page = browser.ask(&app, &[]);
    let page = browser.sign_in(&page, &user);
    let sent = location(&browser.submit(&page, &[("decision", "deny")]));
    assert_eq!(parameter(&sent, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&sent, "state").as_deref(), Some("the state"));
    assert_eq!(parameter(&sent, "code"), None);
}

#[test]
fn a_refresh_token_gives_the_next_tokens_and_the_access_token_before_stays_good() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let first = server.tokens(&app, &user);
    let refreshed = server.refresh(&app, first["refresh_token"].as_str().unwrap());
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let second = refreshed.json();
    for name in ["access_token", "refresh_token"] {
        assert_ne!(first[name], second[name], "{name}");
    }
    assert!(second["id_token"].is_string());
    for tokens in [&first, &second] {
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(invoke(&server, &lambda, token), 200);
    }
}

#[test]
fn tokens_survive_a_restart() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let tokens = server.tokens(&app, &user);
    let (data_dir, _directory) = (server.data_dir.clone(), server.stop());
    let server = open(config(&data_dir)).unwrap();
    let text = |name: &str| tokens[name].as_str().unwrap();
    assert_eq!(invoke(&server, &lambda, text("access_token")), 200);
    assert_eq!(server.refresh(&app, text("refresh_token")).status, 200);
}

#[test]
fn revoking_any_token_ends_all_of_its_session_and_no_other() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let other = server.tokens(&app, &user);
    for name in ["access_token", "refresh_token"] {
        let tokens = server.tokens(&app, &user);
        let parameters = [
            ("token", tokens[name].as_str().unwrap()),
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.as_str()),
        ];
        let revoked = server.sentinel("token/revoke?v1.0", &parameters).send();
        assert_eq!((revoked.status, revoked.text.as_str()), (200, ""));
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(invoke(&server, &lambda, access), 401);
        let refreshed = server.refresh(&app, tokens["refresh_token"].as_str().unwrap());
        check_oauth_error(&refreshed, 400, "invalid_grant");
        assert_eq!(
            server
                .sentinel("token/revoke?v1.0", &parameters)
                .send()
                .status,
            200
        );
    }
    let access = other["access_token"].as_str().unwrap();
    assert_eq!(invoke(&server, &lambda, access), 200);
}

#[test]
fn an_app_looks_up_its_own_tokens_and_no_others() {
    let server = start();
    let (app, other) = (server.web_app(), server.web_app());
    let user = server.user("ada", &["invocation"]);
    let tokens = server.tokens(&app, &user);
    let look_up = |app: &TestApp, token: &str| {
        let call = server.sentinel("token/introspect", &[("token", token)]);
        let reply = call.header("authorization", &basic(app)).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    };
    let token = tokens["access_token"].as_str().unwrap();
    let found = look_up(&app, token);
    assert_eq!(
        (&found["active"], &found["username"]),
        (&json!(true), &json!("ada"))
    );
    assert_eq!(
        (&found["sub"], &found["client_id"]),
        (&json!(user.id), &json!(app.id))
    );
    assert_eq!(look_up(&other, token), json!({ "active": false }));
    assert_eq!(look_up(&app, "nonsense"), json!({ "active": false }));
    let path = format!("/users/{}/sessions", user.id);
    server.call(Method::DELETE, &path).send();
    assert_eq!(look_up(&app, token), json!({ "active": false }));
    let machine = server.machine();
    let jwt = server.app_jwt(&machine);
    let found = look_up(&machine, &jwt);
    assert_eq!(
        (&found["active"], &found["aud"]),
        (&json!(true), &json!(ACCOUNT))
    );
    assert_eq!(look_up(&app, &jwt), json!({ "active": false }));
}

#[test]
fn who_shows_no_secret_looks_nothing_up() {
    let server = start();
    let phone = server.app(&json!({
        "client_name": "Phone", "grant_types": ["authorization_code"],
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
    }));
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let tokens = server.tokens(&app, &user);
    let token = tokens["access_token"].as_str().unwrap();
    for credentials in [
        vec![("client_id", phone.id.as_str())],
        vec![("client_id", app.id.as_str())],
        vec![("client_id", app.id.as_str()), ("client_secret", "wrong")],
        vec![],
    ] {
        let parameters = [vec![("token", token)], credentials].concat();
        for path in ["token/introspect", "token/revoke"] {
            let reply = server.sentinel(path, &parameters).send();
            let may =
                path == "token/revoke" && parameters[1..] == [("client_id", phone.id.as_str())];
            match may {
                // A public client ends its own tokens, and this is none of them.
                true => assert_eq!(reply.status, 200, "{reply:?}"),
                false => check_oauth_error(&reply, 401, "invalid_client"),
            }
        }
    }
    let call = server.call(Method::GET, "/lambdas").bearer(token).send();
    assert_eq!(call.status, 403, "it still is a token: {call:?}");
}

#[test]
fn an_app_revokes_its_own_tokens_and_no_others() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (app, other, machine) = (server.web_app(), server.web_app(), server.machine());
    let user = server.user("ada", &["invocation"]);
    let tokens = server.tokens(&app, &user);
    let (access, jwt) = (
        tokens["access_token"].as_str().unwrap(),
        server.app_jwt(&machine),
    );
    let revoke = |app: &TestApp, token: &str| {
        let call = server.sentinel("token/revoke", &[("token", token)]);
        call.header("authorization", &basic(app)).send()
    };
    // That there is such a token, another app does not learn.
    for token in [
        access,
        tokens["refresh_token"].as_str().unwrap(),
        "nonsense",
    ] {
        assert_eq!(revoke(&other, token).status, 200);
    }
    check_oauth_error(&revoke(&machine, &jwt), 400, "unsupported_token_type");
    for token in [access, &jwt] {
        assert_eq!(invoke(&server, &lambda, token), 200);
    }
    assert_eq!(revoke(&app, access).status, 200);
    assert_eq!(invoke(&server, &lambda, access), 401);
}

#[test]
fn the_metadata_leads_to_every_address() {
    let server = start();
    let issuer = format!("{}/sentinel/api/account/{ACCOUNT}", server.url);
    let path = format!("/.well-known/oauth-authorization-server/sentinel/api/account/{ACCOUNT}");
    let metadata = server.plain(Method::GET, &path).send().json();
    assert_eq!(metadata["issuer"], issuer);
    let discovery = format!("/sentinel/api/account/{ACCOUNT}/.well-known/openid-configuration");
    assert_eq!(
        server.plain(Method::GET, &discovery).send().json(),
        metadata
    );
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
        "jwks_uri",
    ] {
        let url = metadata[name].as_str().unwrap();
        let path = url.strip_prefix(&server.url).unwrap();
        let reply = server.plain(Method::GET, path).send();
        assert_ne!(reply.status, 404, "{name}: {reply:?}");
    }
    let by_any = json!(["client_secret_basic", "client_secret_post", "none"]);
    for (name, value) in [
        ("code_challenge_methods_supported", json!(["S256"])),
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["query"])),
        (
            "grant_types_supported",
            json!([
                "authorization_code",
                "refresh_token",
                "urn:ietf:params:oauth:grant-type:token-exchange"
            ]),
        ),
        ("token_endpoint_auth_methods_supported", by_any.clone()),
        ("revocation_endpoint_auth_methods_supported", by_any),
        (
            "introspection_endpoint_auth_methods_supported",
            json!(["client_secret_basic", "client_secret_post"]),
        ),
        (
            "authorization_response_iss_parameter_supported",
            json!(true),
        ),
        ("id_token_signing_alg_values_supported", json!(["RS256"])),
    ] {
        assert_eq!(metadata[name], value, "{name}");
    }
    let scopes = metadata["scopes_supported"].as_array().unwrap();
    for scope in ["faas.lambda.invoke", "openid"] {
        assert!(scopes.contains(&json!(scope)), "{scopes:?}");
    }
}

#[test]
fn the_public_url_is_what_tokens_and_metadata_name() {
    let server = crate::harness::server::start_with(|config| {
        config.public_url = Some("https://functions.example.com".to_owned());
    });
    let path = format!("/.well-known/oauth-authorization-server/sentinel/api/account/{ACCOUNT}");
    let metadata = server.plain(Method::GET, &path).send().json();
    let issuer = format!("https://functions.example.com/sentinel/api/account/{ACCOUNT}");
    assert_eq!(metadata["issuer"], issuer);
    let app = server.web_app();
    let page = Browser::new(&server).ask(&app, &[]);
    assert!(page.header("set-cookie").ends_with("; Secure"), "{page:?}");
}
