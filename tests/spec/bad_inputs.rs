//! Whatever is wrong with a request is told, and none of it is written down where it could be read: not in
//! the server's own log, however much that says, and of what opens something not in the data directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::binary::Serving;
use crate::harness::sentinel::{
    Browser, PASSWORD, TestApp, TestUser, check_oauth_error, form, parameter,
};
use crate::harness::server::{Call, Reply, TestServer, check_error, config, open, start};
use crate::harness::temporary;

/// What each guess holds: it must not be found anywhere.
const GUESS: &str = "hunter2-guess-7f3a";

/// A text as somebody would write it who guesses, of its own for each place.
fn guess(place: &str) -> String {
    format!("{GUESS}-{place}")
}

fn post_form(server: &Serving, path: &str, parameters: &[(&str, &str)]) -> Reply {
    let url = format!("{}/sentinel/api/account/10000001/{path}", server.url);
    Call::new(Method::POST, url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form(parameters))
        .send()
}

/// Sends what is wrong to each door; what each answered.
fn knock(server: &Serving, app: &Value) -> Vec<Reply> {
    let text = |name: &str| app[name].as_str().expect("a text").to_owned();
    let (id, secret) = (text("client_id"), guess("client-secret"));
    let json = |path: &str, body: &str| {
        let call = server.call(Method::POST, path).bearer("");
        call.header("content-type", "application/json")
            .body(body)
            .send()
    };
    let login = |body: Value| json("/login?v=1.3", &body.to_string());
    let jwt = format!("eyJhbGciOiJub25lIn0.{}.", guess("jwt"));
    let path = "/v1/account/10000001/names/properties";
    let contexts = Call::new(Method::GET, format!("{}{path}", server.url));
    vec![
        login(json!({ "username": "admin", "password": guess("password") })),
        login(json!({ "username": guess("name"), "password": guess("password") })),
        json(
            "/login?v=1.3",
            &format!("{{\"password\": \"{}\"", guess("cut")),
        ),
        json(
            "/login?v=1.3",
            &format!("{{\"password\": {{\"{}\": 1}}}}", guess("type")),
        ),
        json("/refresh", &json!({ "csrf": guess("csrf") }).to_string()),
        server
            .call(Method::GET, "/lambdas")
            .bearer(&guess("bearer"))
            .send(),
        server.call(Method::GET, "/lambdas").bearer(&jwt).send(),
        server
            .call(Method::GET, "/lambdas")
            .bearer("")
            .header("authorization", &format!("Basic {}", guess("basic")))
            .send(),
        contexts.header("maven-api-key", &guess("key")).send(),
        post_form(
            server,
            "app/token?v=2.0",
            &[
                ("grant_type", "client_credentials"),
                ("client_id", &id),
                ("client_secret", &secret),
            ],
        ),
        post_form(
            server,
            "token?v=2.0",
            &[
                ("grant_type", "authorization_code"),
                ("code", &guess("code")),
                ("client_id", &id),
                ("client_secret", &text("client_secret")),
            ],
        ),
        post_form(
            server,
            "token?v=2.0",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", &guess("refresh")),
                ("client_id", &id),
                ("client_secret", &text("client_secret")),
            ],
        ),
        post_form(
            server,
            "token/revoke",
            &[("token", &guess("revoked")), ("client_id", &id)],
        ),
        post_form(
            server,
            "authorize",
            &[("flow", &guess("flow")), ("password", &guess("page"))],
        ),
        server
            .call(Method::PUT, "/secrets/KEY")
            .json(&json!({ "value": guess(&"x".repeat(10_000)) }))
            .send(),
        server
            .call(Method::PUT, "/secrets/KEY")
            .body(format!("{{\"value\": \"{}\"", guess("secret")))
            .send(),
        server
            .call(Method::POST, "/users")
            .json(&json!({ "loginName": "ada", "password": guess("p"), "wrong": 1 }))
            .send(),
        server
            .call(
                Method::PUT,
                "/users/67e55044-10b1-426f-9247-bb680e5fe0c8/password",
            )
            .json(&json!({ "password": guess("for-nobody") }))
            .send(),
    ]
}

#[test]
fn nothing_that_was_sent_to_get_in_is_in_the_servers_log() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    let server = Serving::start_logging(&data_dir, "debug");
    let new = json!({
        "client_name": "shop", "grant_types": ["authorization_code", "client_credentials"],
        "redirect_uris": ["https://app.example/callback"],
    });
    let app = server.call(Method::POST, "/apps").json(&new).send().json();
    for reply in knock(&server, &app) {
        let refused = (400..500).contains(&reply.status) || reply.status == 200;
        assert!(refused, "{reply:?}");
    }
    // What is right is no more to be found than what is wrong.
    let secret = app["client_secret"].as_str().unwrap().to_owned();
    let parameters = [
        ("grant_type", "client_credentials"),
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", secret.as_str()),
    ];
    let jwt = post_form(&server, "app/token?v=2.0", &parameters).json();
    let jwt = jwt["access_token"].as_str().unwrap().to_owned();
    let password = fs::read_to_string(data_dir.join("admin.password")).unwrap();
    let login = json!({ "username": "admin", "password": password.trim() });
    let login = server
        .call(Method::POST, "/login?v=1.3")
        .bearer("")
        .json(&login);
    let login = login.send().json();
    let value = "the value of a secret that is kept";
    let put = server.call(Method::PUT, "/secrets/KEPT");
    assert_eq!(put.json(&json!({ "value": value })).send().status, 204);
    let code = "const { Toolbelt } = require('lp-faas-toolbelt'); \
                async function lambda(input, callback) { \
                  await Toolbelt.SecretClient().readSecret('KEPT'); \
                  callback(new Error(input.payload)); }";
    let new = json!({ "name": "fails", "fileName": "a.js", "code": code });
    assert_eq!(
        server
            .call(Method::POST, "/deploy")
            .json(&new)
            .send()
            .status,
        200
    );
    let payload = "what only the caller knows";
    let path = "/lambdas/fails/invoke?v=1&externalSystem=tests";
    let invoked = server
        .call(Method::POST, path)
        .json(&json!({ "payload": payload }));
    assert_eq!(invoked.send().status, 901);
    let key = server
        .call(Method::POST, "/context-keys")
        .json(&json!({ "name": "bots" }));
    let key = key.send().json()["key"].as_str().unwrap().to_owned();

    let texts = [
        GUESS,
        secret.as_str(),
        jwt.as_str(),
        password.trim(),
        login["bearer"].as_str().unwrap(),
        login["csrf"].as_str().unwrap(),
        login["sessionId"].as_str().unwrap(),
        server.admin_token.as_str(),
        value,
        payload,
        key.as_str(),
    ];
    // Something that it tells a developer.
    let address = server.url.strip_prefix("http://").unwrap();
    let mut broken = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut broken, b"no HTTP at all\r\n\r\n").unwrap();
    server.wait_until_logged("DEBUG");
    // What a log says late, it says by now.
    std::thread::sleep(Duration::from_millis(300));
    let log = server.logged();
    for text in texts {
        let line = log.lines().find(|line| line.contains(text));
        assert_eq!(line, None, "{text}");
    }
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    });
    below.collect()
}

/// Which of these texts stand in which file below a directory.
fn found(directory: &Path, texts: &[(&str, String)]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in files(directory) {
        let bytes = fs::read(&file).unwrap();
        let name = file.strip_prefix(directory).unwrap().display().to_string();
        for (what, text) in texts {
            assert!(
                text.len() > 12,
                "{what} is too short to be looked for: {text:?}"
            );
            if bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
            {
                found.push(((*what).to_owned(), name.clone()));
            }
        }
    }
    found.sort();
    found
}

fn of(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {value}"))
        .to_owned()
}

/// One of everything that opens something, by what it is.
fn everything(server: &TestServer) -> Vec<(&'static str, String)> {
    let (app, user) = (
        server.web_app(),
        server.user("ada", &["admin", "invocation"]),
    );
    let mut browser = Browser::new(server);
    let unused = browser.code(&app, &user, &[]);
    let code = Browser::new(server).code(&app, &user, &[("scope", "openid faas.lambda.invoke")]);
    let tokens = server.exchange(&app, &code, &[]).json();
    let renewed = server.refresh(&app, &of(&tokens, "refresh_token")).json();
    let machine = server.machine();
    let rotated = server.call(Method::POST, &format!("/apps/{}/secret", machine.id));
    let rotated = rotated.send().json();
    let now = TestApp {
        id: machine.id.clone(),
        secret: of(&rotated, "client_secret"),
    };
    let login = server.login(&user.name, PASSWORD).json();
    let key = server
        .call(Method::POST, "/context-keys")
        .json(&json!({ "name": "bots" }));
    let account = server.account("acme");
    let read = |name: &str| fs::read_to_string(server.data_dir.join(name)).unwrap();
    let set = json!({ "value": "a secret that lambdas read" });
    let put = server.call(Method::PUT, "/secrets/KEY").json(&set);
    assert_eq!(put.send().status, 204);
    vec![
        ("code that was used", code),
        ("code", unused),
        ("access token", of(&tokens, "access_token")),
        ("refresh token that was used", of(&tokens, "refresh_token")),
        ("id token", of(&tokens, "id_token")),
        ("second access token", of(&renewed, "access_token")),
        ("refresh token", of(&renewed, "refresh_token")),
        ("client secret", app.secret.clone()),
        ("client secret that was replaced", machine.secret),
        ("client secret that replaced it", now.secret.clone()),
        ("app JWT", server.app_jwt(&now)),
        ("bearer of a login", of(&login, "bearer")),
        ("csrf of a login", of(&login, "csrf")),
        ("session id of a login", of(&login, "sessionId")),
        ("password", PASSWORD.to_owned()),
        ("developer key", of(&key.send().json(), "key")),
        ("API token", server.token("invocation")),
        ("token of an account", account.token),
        ("password of an account", account.password),
        ("value of a secret", "a secret that lambdas read".to_owned()),
        ("first token", server.admin_token.clone()),
        ("first password", read("admin.password").trim().to_owned()),
        ("operator's token", server.operator_token()),
        ("key", read("secret.key").trim().to_owned()),
    ]
}

#[test]
fn what_opens_something_lies_nowhere_in_the_data_directory_but_in_the_files_for_it() {
    let server = start();
    let everything = everything(&server);
    let in_its_file = [
        ("first password", "admin.password"),
        ("first token", "admin.token"),
        ("key", "secret.key"),
        ("operator's token", "operator.token"),
    ]
    .map(|(what, file)| (what.to_owned(), file.to_owned()));
    assert_eq!(found(&server.data_dir, &everything), in_its_file);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    assert_eq!(found(&data_dir, &everything), in_its_file);
}

/// Lets what is in a table expire: time is what tests fake.
fn expire(data_dir: &Path, kind: &str) {
    let database = Connection::open(data_dir.join("sandglass.db")).unwrap();
    let sql = "UPDATE session_tokens SET expires_at = 1000 WHERE kind = ?1";
    assert!(
        database.execute(sql, [kind]).unwrap() > 0,
        "no token is {kind}"
    );
}

#[test]
fn a_token_that_has_expired_opens_nothing() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &["developer"]));
    let access = of(&server.tokens(&app, &user), "access_token");
    let refresh = of(&server.tokens(&app, &user), "refresh_token");
    let bearer = server.bearer(&user);
    let ask = |server: &TestServer, token: &str| {
        server.call(Method::GET, "/lambdas").bearer(token).send()
    };
    assert_eq!(ask(&server, &access).status, 200);
    assert_eq!(ask(&server, &bearer).status, 200);
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    expire(&data_dir, "access");
    let server = open(config(&data_dir)).unwrap();
    for token in [&access, &bearer] {
        let reply = ask(&server, token);
        check_error(&reply, 401, "es.unauthorized");
        let told = reply.header("www-authenticate");
        assert_eq!(told, "Bearer error=\"invalid_token\"");
    }
    // What is to be exchanged for another has not expired.
    let renewed = server.refresh(&app, &refresh);
    assert_eq!(renewed.status, 200, "{renewed:?}");
    let refresh = of(&renewed.json(), "refresh_token");
    server.stop();
    expire(&data_dir, "refresh");
    let server = open(config(&data_dir)).unwrap();
    check_oauth_error(&server.refresh(&app, &refresh), 400, "invalid_grant");
}

#[test]
fn a_token_that_was_revoked_opens_nothing() {
    let server = start();
    let (app, user): (TestApp, TestUser) = (server.web_app(), server.user("ada", &["developer"]));
    let sent = Browser::new(&server).agree(&app, &user, &[]);
    let code = parameter(&sent, "code").unwrap();
    let tokens = server.exchange(&app, &code, &[]).json();
    let access = of(&tokens, "access_token");
    let parameters = [
        ("token", access.as_str()),
        ("client_id", app.id.as_str()),
        ("client_secret", app.secret.as_str()),
    ];
    let ask = || server.call(Method::GET, "/lambdas").bearer(&access).send();
    assert_eq!(ask().status, 200);
    let revoked = server.sentinel("token/revoke", &parameters).send();
    assert_eq!(revoked.status, 200, "{revoked:?}");
    check_error(&ask(), 401, "es.unauthorized");
    check_oauth_error(
        &server.refresh(&app, &of(&tokens, "refresh_token")),
        400,
        "invalid_grant",
    );
}
