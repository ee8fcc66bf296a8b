//! What attackers of OAuth 2 try gains them nothing (RFC 6819, RFC 8725, RFC 9700).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};

use crate::harness::sentinel::{
    Browser, CALLBACK, PASSWORD, Pkce, TestApp, check_oauth_error, flow, location, parameter,
};
use crate::harness::server::{Reply, TestServer, start};

fn invoke(server: &TestServer, lambda: &str, token: &str) -> u16 {
    let call = server.invoke(lambda, json!({})).bearer(token);
    call.send().status
}

/// Checks that the browser stays on a page of ours.
#[track_caller]
fn check_page(reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.header("location"), "", "{reply:?}");
    assert!(
        reply.header("content-type").starts_with("text/html"),
        "{reply:?}"
    );
}

fn challenge(pkce: &Pkce) -> [(&str, &str); 2] {
    [
        ("code_challenge", &pkce.challenge),
        ("code_challenge_method", "S256"),
    ]
}

#[test]
fn a_code_that_is_used_again_ends_what_it_got() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let code = Browser::new(&server).code(&app, &user, &[]);
    let tokens = server.exchange(&app, &code, &[]).json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(invoke(&server, &lambda, access), 200);
    check_oauth_error(&server.exchange(&app, &code, &[]), 400, "invalid_grant");
    assert_eq!(invoke(&server, &lambda, access), 401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    check_oauth_error(&server.refresh(&app, refresh), 400, "invalid_grant");
}

#[test]
fn of_many_who_show_a_code_at_once_at_most_one_gets_tokens() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &[]));
    let code = Browser::new(&server).code(&app, &user, &[]);
    let parameters = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("client_id", app.id.as_str()),
        ("client_secret", app.secret.as_str()),
    ];
    let call = server.sentinel("token", &parameters);
    let tasks: Vec<_> = (0..10)
        .map(|_| crate::harness::tokio().spawn(call.clone().send_async()))
        .collect();
    let replies = tasks.into_iter().map(|task| {
        let reply = crate::harness::block_on(task).unwrap().unwrap();
        reply.status
    });
    assert!(replies.filter(|status| *status == 200).count() <= 1);
}

#[test]
fn a_code_is_bound_to_its_app_its_address_and_its_verifier() {
    let server = start();
    let (app, other) = (server.web_app(), server.web_app());
    let user = server.user("ada", &[]);
    let pkce = Pkce::new(1);
    let fresh = || Browser::new(&server).code(&app, &user, &challenge(&pkce));
    let right = [("code_verifier", pkce.verifier.as_str())];
    let refused = |reply: Reply| check_oauth_error(&reply, 400, "invalid_grant");
    refused(server.exchange(&other, &fresh(), &right));
    refused(server.exchange(&app, &fresh(), &[]));
    let wrong = Pkce::new(2);
    refused(server.exchange(&app, &fresh(), &[("code_verifier", &wrong.verifier)]));
    refused(server.exchange(&app, &fresh(), &[("code_verifier", &pkce.challenge)]));
    let elsewhere = |uri: &str, code: &str| {
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &app.id),
            ("client_secret", &app.secret),
            ("code_verifier", &pkce.verifier),
        ];
        if !uri.is_empty() {
            parameters.push(("redirect_uri", uri));
        }
        server.sentinel("token", &parameters).send()
    };
    refused(elsewhere("https://evil.example/", &fresh()));
    refused(elsewhere("", &fresh()));
    refused(server.exchange(&app, "made up", &right));
    let code = fresh();
    refused(server.exchange(&app, &code, &[]));
    // Whoever guessed wrong once has spent the code.
    refused(server.exchange(&app, &code, &right));
    assert_eq!(server.exchange(&app, &fresh(), &right).status, 200);
}

#[test]
fn who_takes_the_challenge_out_of_the_request_gains_nothing() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &[]));
    let code = Browser::new(&server).code(&app, &user, &[]);
    let pkce = Pkce::new(1);
    let reply = server.exchange(&app, &code, &[("code_verifier", &pkce.verifier)]);
    check_oauth_error(&reply, 400, "invalid_grant");
}

#[test]
fn a_public_client_without_pkce_or_with_a_plain_one_is_sent_back() {
    let server = start();
    let app = server.app(&json!({
        "client_name": "Phone", "grant_types": ["authorization_code"],
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
    }));
    let pkce = Pkce::new(1);
    for more in [
        vec![],
        vec![("code_challenge", pkce.challenge.as_str())],
        vec![
            ("code_challenge", pkce.challenge.as_str()),
            ("code_challenge_method", "plain"),
        ],
        vec![
            ("code_challenge", "short"),
            ("code_challenge_method", "S256"),
        ],
        vec![("code_challenge_method", "S256")],
    ] {
        let sent = location(&Browser::new(&server).ask(&app, &more));
        assert!(sent.as_str().starts_with(CALLBACK), "{sent}");
        let error = parameter(&sent, "error");
        assert_eq!(error.as_deref(), Some("invalid_request"), "{sent}");
        assert_eq!(parameter(&sent, "state").as_deref(), Some("the state"));
    }
}

#[test]
fn no_browser_is_sent_where_the_app_does_not_live() {
    let server = start();
    let app = server.web_app();
    let mut browser = Browser::new(&server);
    for uri in [
        "https://evil.example/",
        "https://app.example/callback/",
        "https://app.example/callback/../evil",
        "https://app.example/callback?next=https://evil.example",
        "https://app.example.evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://app.example:444/callback",
        "http://app.example/callback",
        "//evil.example/callback",
        "/callback",
        "javascript:alert(1)",
        "https://app.example/callback\r\nlocation: https://evil.example/",
    ] {
        let page = browser.open(&[
            ("response_type", "code"),
            ("client_id", &app.id),
            ("redirect_uri", uri),
        ]);
        check_page(&page, 400);
        assert!(!page.text.contains("evil.example"), "{page:?}");
    }
    let twice = [
        ("response_type", "code"),
        ("client_id", app.id.as_str()),
        ("redirect_uri", CALLBACK),
        ("redirect_uri", "https://evil.example/"),
    ];
    check_page(&browser.open(&twice), 400);
    for client in ["unknown", "", "'; DROP TABLE apps; --"] {
        let asked = [("response_type", "code"), ("client_id", client)];
        let page = browser.open(&asked);
        assert!(matches!(page.status, 400 | 401), "{page:?}");
        check_page(&page, page.status);
    }
}

#[test]
fn a_fault_that_the_app_may_know_is_told_to_the_app() {
    let server = start();
    let (app, machine) = (server.web_app(), server.machine());
    let long = "x".repeat(2_001);
    let asked = |parameters: &[(&str, &str)]| {
        let mut all = vec![("client_id", app.id.as_str()), ("redirect_uri", CALLBACK)];
        all.extend(parameters);
        let sent = location(&Browser::new(&server).open(&all));
        assert!(sent.as_str().starts_with(CALLBACK), "{sent}");
        parameter(&sent, "error").unwrap()
    };
    let code = ("response_type", "code");
    assert_eq!(asked(&[]), "invalid_request");
    assert_eq!(
        asked(&[("response_type", "token")]),
        "unsupported_response_type"
    );
    assert_eq!(asked(&[code, ("scope", "admin")]), "invalid_scope");
    assert_eq!(asked(&[code, ("prompt", "none")]), "login_required");
    assert_eq!(asked(&[code, ("request", "x")]), "invalid_request");
    assert_eq!(
        asked(&[code, ("response_mode", "fragment")]),
        "invalid_request"
    );
    assert_eq!(
        asked(&[code, ("state", "a"), ("state", "b")]),
        "invalid_request"
    );
    assert_eq!(asked(&[code, ("state", &long)]), "invalid_request");
    let page = Browser::new(&server).open(&[code, ("client_id", &machine.id)]);
    check_page(&page, 400);
}

#[test]
fn no_other_site_can_send_our_forms() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &[]));
    let mut browser = Browser::new(&server);
    let page = browser.ask(&app, &[]);
    let login = [("username", user.name.as_str()), ("password", PASSWORD)];
    let sealed = flow(&page);
    let send = |fields: &[(&str, &str)]| server.sentinel("authorize", fields).send();
    let with = |flow: &'static str| [("flow", flow), login[0], login[1]];
    // Without the cookie, with another browser's, with no flow or a made up one.
    check_page(&send(&[("flow", sealed.as_str()), login[0], login[1]]), 403);
    let mut other = Browser::new(&server);
    other.ask(&app, &[]);
    check_page(&other.submit(&page, &login), 403);
    check_page(&send(&login), 403);
    check_page(&send(&with("e30.AAAA")), 403);
    // The page to agree is another browser's as well.
    let page = browser.sign_in(&page, &user);
    check_page(&other.submit(&page, &[("decision", "allow")]), 403);
    // A flow before the login is none after it.
    let agreed = browser.submit(&page, &[("decision", "allow")]);
    assert!(parameter(&location(&agreed), "code").is_some());
    let skipped = browser.ask(&app, &[]);
    let skipped = browser.submit(&skipped, &[("decision", "allow")]);
    check_page(&skipped, 401);
}

#[test]
fn a_page_of_ours_is_in_no_frame_and_runs_no_script() {
    let server = start();
    let app = server.app(&json!({
        "client_name": "<script>alert(1)</script>", "grant_types": ["authorization_code"],
        "redirect_uris": [CALLBACK],
    }));
    let page = Browser::new(&server).ask(&app, &[]);
    assert!(!page.text.contains("<script"), "{page:?}");
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    let cookie = page.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
}

#[test]
fn who_guesses_passwords_on_the_page_is_slowed_down_with_those_who_log_in_otherwise() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &[]));
    let mut browser = Browser::new(&server);
    let mut page = browser.ask(&app, &[]);
    for _ in 0..5 {
        page = browser.submit(&page, &[("username", &user.name), ("password", "wrong")]);
        assert_eq!(page.status, 401, "{page:?}");
        assert!(page.text.contains("role=\"alert\""), "{page:?}");
        assert!(page.text.contains("value=\"ada\""), "{page:?}");
    }
    let refused = browser.submit(&page, &[("username", &user.name), ("password", PASSWORD)]);
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(server.login(&user.name, PASSWORD).status, 429);
}

#[test]
fn a_refresh_token_that_is_used_again_ends_all_that_came_of_it() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let text = |tokens: &Value, name: &str| tokens[name].as_str().unwrap().to_owned();
    let first = server.tokens(&app, &user);
    let other = server.tokens(&app, &user);
    let stolen = text(&first, "refresh_token");
    let second = server.refresh(&app, &stolen).json();
    check_oauth_error(&server.refresh(&app, &stolen), 400, "invalid_grant");
    for tokens in [&first, &second] {
        assert_eq!(invoke(&server, &lambda, &text(tokens, "access_token")), 401);
    }
    let refreshed = server.refresh(&app, &text(&second, "refresh_token"));
    check_oauth_error(&refreshed, 400, "invalid_grant");
    assert_eq!(invoke(&server, &lambda, &text(&other, "access_token")), 200);
}

#[test]
fn a_token_of_one_kind_is_none_of_another() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let (app, other) = (server.web_app(), server.web_app());
    let user = server.user("ada", &["invocation"]);
    let tokens = server.tokens(&app, &user);
    for name in ["refresh_token", "id_token"] {
        let token = tokens[name].as_str().unwrap();
        assert_eq!(invoke(&server, &lambda, token), 401, "{name}");
    }
    let access = tokens["access_token"].as_str().unwrap();
    check_oauth_error(&server.refresh(&app, access), 400, "invalid_grant");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    check_oauth_error(&server.refresh(&other, refresh), 400, "invalid_grant");
    assert_eq!(server.refresh(&app, refresh).status, 200);
}

#[test]
fn a_forged_app_jwt_is_refused() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let good = server.app_jwt(&server.machine());
    assert_eq!(invoke(&server, &lambda, &good), 200);
    let keys = server
        .plain(Method::GET, "/sentinel/well-known/jwks")
        .send()
        .json();
    let key = &keys["keys"][0];
    let kid = key["kid"].as_str().unwrap();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (_, claims) = message.split_once('.').unwrap();
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let none = encode(&format!(r#"{{"alg":"none","typ":"JWT","kid":"{kid}"}}"#));
    let hmac_header = encode(&format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}"#));
    // By the public key as if it were a shared secret (RFC 8725, section 2.1).
    let by_public_key = |secret: &[u8]| {
        let message = format!("{hmac_header}.{claims}");
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&secret, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
    let decoded = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let bent = String::from_utf8(decoded)
        .unwrap()
        .replace("\"exp\":", "\"exp\":9");
    let bent = good.replace(claims, &encode(&bent));
    assert_ne!(bent, good);
    for token in [
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        by_public_key(&modulus),
        by_public_key(key.to_string().as_bytes()),
        bent,
        format!("{message}."),
        message.to_owned(),
        format!("{good}A"),
        format!("{good}.{good}"),
        "eyJ".to_owned(),
        format!("eyJ{}", "A".repeat(20_000)),
    ] {
        assert_eq!(invoke(&server, &lambda, &token), 401, "{token}");
    }
    assert_eq!(invoke(&server, &lambda, &good), 200);
}

#[test]
fn what_is_malformed_is_a_clear_error() {
    let server = start();
    let app: TestApp = server.web_app();
    for path in ["token", "token/revoke", "token/introspect", "app/token"] {
        let json = server
            .sentinel(path, &[])
            .body(r#"{"grant_type":"authorization_code"}"#);
        check_oauth_error(&json.send(), 401, "invalid_client");
        let noise = server
            .sentinel(path, &[])
            .body(vec![0xff, 0x00, b'%', b'z']);
        check_oauth_error(&noise.send(), 401, "invalid_client");
        let large = server.sentinel(path, &[]).body(vec![b'a'; 33 * 1_024]);
        assert_eq!(large.send().status, 413, "{path}");
        let basic = server
            .sentinel(path, &[])
            .header("authorization", "Basic ???");
        check_oauth_error(&basic.send(), 401, "invalid_client");
        let right = [
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.as_str()),
        ];
        check_oauth_error(
            &server.sentinel(path, &right).send(),
            400,
            "invalid_request",
        );
    }
}
