//! Who signs in to the web console may do there what they may do, and nobody else gets anything of it.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::harness::sentinel::{
    Browser, PASSWORD, Pkce, TestUser, check_oauth_error, location, parameter,
};
use crate::harness::server::{ACCOUNT, Reply, TestServer, config, open, start, start_with};
use crate::harness::temporary;

/// The console's client id.
pub(crate) const CLIENT: &str = "sandglass-console";

fn callback(server: &TestServer) -> String {
    format!("{}/console/callback", server.url)
}

/// The page to sign in to the console, as the console asks for it but for what is said otherwise.
fn ask(browser: &mut Browser<'_>, callback: &str, pkce: &Pkce, scope: &str) -> Reply {
    browser.open(&[
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", callback),
        ("state", "the state"),
        ("scope", scope),
        ("code_challenge", &pkce.challenge),
        ("code_challenge_method", "S256"),
    ])
}

/// Where the browser is sent once somebody signed in.
#[track_caller]
fn signed_in(server: &TestServer, user: &TestUser, pkce: &Pkce) -> Url {
    let mut browser = Browser::new(server);
    let page = ask(&mut browser, &callback(server), pkce, "faas.console");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("To the console of account"), "{page:?}");
    let fields = [("username", user.name.as_str()), ("password", PASSWORD)];
    location(&browser.submit(&page, &fields))
}

fn exchange(server: &TestServer, code: &str, pkce: &Pkce) -> Reply {
    let callback = callback(server);
    let parameters = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &callback),
        ("client_id", CLIENT),
        ("code_verifier", &pkce.verifier),
    ];
    server.sentinel("token", &parameters).send()
}

fn refresh(server: &TestServer, token: &str) -> Reply {
    let parameters = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", CLIENT),
    ];
    server.sentinel("token", &parameters).send()
}

/// What the console has of a user who signed in.
#[track_caller]
pub(crate) fn tokens(server: &TestServer, user: &TestUser) -> Value {
    let pkce = Pkce::new(1);
    let code = parameter(&signed_in(server, user, &pkce), "code").expect("a code");
    let reply = exchange(server, &code, &pkce);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().expect("a text")
}

/// The status of a read with a token.
fn read(server: &TestServer, path: &str, token: &str) -> u16 {
    server.call(Method::GET, path).bearer(token).send().status
}

#[test]
fn who_signs_in_acts_with_their_own_rights_and_is_not_asked_to_agree() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let pkce = Pkce::new(1);
    let sent = signed_in(&server, &user, &pkce);
    assert!(sent.as_str().starts_with(&callback(&server)), "{sent}");
    assert_eq!(parameter(&sent, "state").as_deref(), Some("the state"));
    let code = parameter(&sent, "code").expect("a code");
    let reply = exchange(&server, &code, &pkce);
    assert_eq!(reply.status, 200, "{reply:?}");
    let tokens = reply.json();
    assert_eq!(tokens["scope"], "faas.console");
    let token = text(&tokens, "access_token");
    assert_eq!(read(&server, "/lambdas", token), 200);
    assert_eq!(read(&server, "/users", token), 403);
    let made = server
        .call(Method::POST, "/deploy")
        .bearer(token)
        .json(&json!({ "name": "hello", "fileName": "a.js",
            "code": "function lambda(input, callback) { callback(null, 1); }" }));
    assert_eq!(made.send().status, 200);
}

#[test]
fn tokens_are_rotated_survive_a_restart_and_end_with_signing_out() {
    let directory = temporary::directory();
    let server = open(config(directory.path())).expect("the server starts");
    let user = server.user("ada", &["developer"]);
    let first = tokens(&server, &user);
    server.stop();
    let server = open(config(directory.path())).expect("the server starts again");
    assert_eq!(read(&server, "/lambdas", text(&first, "access_token")), 200);
    let reply = refresh(&server, text(&first, "refresh_token"));
    assert_eq!(reply.status, 200, "{reply:?}");
    let second = reply.json();
    assert_eq!(second["scope"], "faas.console");
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let parameters = [
        ("token", text(&second, "refresh_token")),
        ("client_id", CLIENT),
    ];
    let revoked = server.sentinel("token/revoke", &parameters).send();
    assert_eq!(revoked.status, 200, "{revoked:?}");
    for tokens in [&first, &second] {
        assert_eq!(read(&server, "/lambdas", text(tokens, "access_token")), 401);
        let reply = refresh(&server, text(tokens, "refresh_token"));
        check_oauth_error(&reply, 400, "invalid_grant");
    }
}

#[test]
fn a_refresh_token_that_is_shown_twice_ends_the_session() {
    let server = start();
    let first = tokens(&server, &server.user("ada", &["developer"]));
    assert_eq!(refresh(&server, text(&first, "refresh_token")).status, 200);
    let again = refresh(&server, text(&first, "refresh_token"));
    check_oauth_error(&again, 400, "invalid_grant");
    assert_eq!(read(&server, "/lambdas", text(&first, "access_token")), 401);
}

#[test]
fn a_code_goes_to_the_origin_of_the_console_and_nowhere_else() {
    let server = start();
    let mut browser = Browser::new(&server);
    let own = callback(&server);
    let port = server.url.rsplit(':').next().expect("there is a port");
    for elsewhere in [
        format!("{own}/"),
        format!("{own}?a=b"),
        format!("{}/console/", server.url),
        format!("http://localhost:{port}/console/callback"),
        "http://127.0.0.1:1/console/callback".to_owned(),
        "https://evil.example/console/callback".to_owned(),
        format!("http://127.0.0.1:{port}@evil.example/console/callback"),
    ] {
        let page = ask(&mut browser, &elsewhere, &Pkce::new(1), "faas.console");
        assert_eq!(page.status, 400, "{elsewhere}: {page:?}");
        assert_eq!(page.header("location"), "", "{elsewhere}");
    }
    let without = browser.open(&[("response_type", "code"), ("client_id", CLIENT)]);
    assert_eq!(without.status, 400, "{without:?}");
}

#[test]
fn the_console_needs_pkce_and_has_a_scope_of_its_own_that_no_app_gets() {
    let server = start();
    let mut browser = Browser::new(&server);
    let own = callback(&server);
    let bare = browser.open(&[
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", &own),
    ]);
    let error = |reply: &Reply| parameter(&location(reply), "error");
    assert_eq!(error(&bare).as_deref(), Some("invalid_request"));
    let pkce = Pkce::new(1);
    let other = ask(&mut browser, &own, &pkce, "faas.lambda.invoke");
    assert_eq!(error(&other).as_deref(), Some("invalid_scope"));
    let app = server.web_app();
    let taken = browser.ask(&app, &[("scope", "faas.console")]);
    assert_eq!(error(&taken).as_deref(), Some("invalid_scope"));
    let sent = signed_in(&server, &server.user("ada", &[]), &pkce);
    let code = parameter(&sent, "code").expect("a code");
    let wrong = exchange(&server, &code, &Pkce::new(2));
    check_oauth_error(&wrong, 400, "invalid_grant");
}

#[test]
fn what_the_console_got_in_one_account_is_not_taken_in_another() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let pkce = Pkce::new(1);
    let code = parameter(&signed_in(&server, &user, &pkce), "code").expect("a code");
    let path = "/sentinel/api/account/20000002/token";
    let own = callback(&server);
    let shown = server
        .plain(Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(crate::harness::sentinel::form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &own),
            ("client_id", CLIENT),
            ("code_verifier", &pkce.verifier),
        ]));
    check_oauth_error(&shown.send(), 400, "invalid_grant");
}

#[test]
fn the_console_is_no_app_that_somebody_installs_or_removes() {
    let server = start();
    let apps = server.call(Method::GET, "/apps").send().json();
    assert_eq!(apps, json!([]));
    let removed = server
        .call(Method::DELETE, &format!("/apps/{CLIENT}"))
        .send();
    assert_eq!(removed.status, 400, "{removed:?}");
    let user = server.user("ada", &["developer"]);
    tokens(&server, &user);
    let sessions = server.call(Method::GET, &format!("/users/{}/sessions", user.id));
    let sessions = sessions.send().json();
    assert_eq!(sessions[0]["app"], CLIENT, "{sessions}");
}

#[test]
fn the_metadata_says_that_there_is_a_console() {
    let path = format!("/.well-known/oauth-authorization-server/sentinel/api/account/{ACCOUNT}");
    let scopes = |server: &TestServer| {
        let metadata = server.plain(Method::GET, &path).send().json();
        metadata["scopes_supported"]
            .as_array()
            .expect("a list")
            .len()
    };
    assert_eq!(scopes(&start()), 4);
    let off = start_with(|config| config.console.enabled = false);
    assert_eq!(scopes(&off), 3);
    let mut browser = Browser::new(&off);
    let page = ask(&mut browser, &callback(&off), &Pkce::new(1), "faas.console");
    assert_eq!(page.status, 401, "{page:?}");
}
