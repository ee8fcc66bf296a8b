//! What opens something does so while it is good and in its own account, and lies nowhere in plain.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::binary::Serving;
use crate::harness::sentinel::{
    Browser, CALLBACK, PASSWORD, TestApp, TestUser, basic, check_oauth_error, form,
};
use crate::harness::server::{ACCOUNT, Call, Reply, TestServer, config, open, start};
use crate::harness::temporary;
use crate::harness::two_accounts::{OTHER, two_accounts};

const EIGHT_HOURS_MS: i64 = 28_800_000;

/// What somebody has who logged in and let an app act for them.
struct Opened {
    app: TestApp,
    login: Value,
    tokens: Value,
}

impl Opened {
    fn by(server: &TestServer) -> Self {
        let user = server.user("ada", &["developer"]);
        let app = server.web_app();
        Self {
            login: server.login("ada", PASSWORD).json(),
            tokens: server.tokens(&app, &user),
            app,
        }
    }

    fn text(&self, name: &str) -> &str {
        let value = self.login[name].as_str();
        value.or(self.tokens[name].as_str()).expect("it was given")
    }

    /// Whether the bearer token of the login and the access token of the app open the API.
    fn open(&self, server: &TestServer) -> [u16; 2] {
        ["bearer", "access_token"].map(|name| {
            let call = server.call(Method::GET, "/lambdas");
            call.bearer(self.text(name)).send().status
        })
    }

    fn keep(&self, server: &TestServer) -> u16 {
        let cookie = format!("Session_id={}", self.text("sessionId"));
        let call = server.call(Method::POST, "/refresh").bearer("");
        let call = call.header("cookie", &cookie);
        let csrf = json!({ "csrf": self.text("csrf") });
        call.json(&csrf).send().status
    }

    fn is_active(&self, server: &TestServer, name: &str) -> Value {
        let call = server.sentinel("token/introspect", &[("token", self.text(name))]);
        let reply = call.header("authorization", &basic(&self.app)).send();
        reply.json()["active"].clone()
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn database(data_dir: &Path) -> Connection {
    Connection::open(data_dir.join("sandglass.db")).unwrap()
}

/// The same server again, after all of its tokens were given another end.
fn ending_at(server: TestServer, at: i64) -> (TestServer, Option<tempfile::TempDir>) {
    let (data_dir, directory) = (server.data_dir.clone(), server.stop());
    let sql = "UPDATE session_tokens SET expires_at = ?1";
    assert!(database(&data_dir).execute(sql, [at]).unwrap() >= 4);
    (open(config(&data_dir)).unwrap(), directory)
}

#[test]
fn a_login_and_an_access_token_are_good_for_eight_hours() {
    let server = start();
    let before = now();
    let opened = Opened::by(&server);
    assert_eq!(opened.login["sessionTTl"], EIGHT_HOURS_MS.to_string());
    assert_eq!(opened.tokens["expires_in"], EIGHT_HOURS_MS / 1_000);
    let (data_dir, _directory) = (server.data_dir.clone(), server.stop());
    let database = database(&data_dir);
    let sql = "SELECT expires_at FROM session_tokens WHERE kind IN ('access', 'login')";
    let mut statement = database.prepare(sql).unwrap();
    let ends: Vec<i64> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(ends.len(), 3);
    let within = before + EIGHT_HOURS_MS..=now() + EIGHT_HOURS_MS;
    assert!(ends.iter().all(|end| within.contains(end)), "{ends:?}");
}

#[test]
fn what_has_expired_opens_nothing_and_gets_nothing() {
    let server = start();
    let opened = Opened::by(&server);
    let (server, _directory) = ending_at(server, now() + 60_000);
    assert_eq!(opened.open(&server), [200; 2]);
    assert_eq!(opened.is_active(&server, "refresh_token"), true);
    let (server, _directory) = ending_at(server, now() - 1);
    assert_eq!(opened.open(&server), [401; 2]);
    assert_eq!(opened.keep(&server), 401);
    for name in ["access_token", "refresh_token"] {
        assert_eq!(opened.is_active(&server, name), false, "{name}");
    }
    let refreshed = server.refresh(&opened.app, opened.text("refresh_token"));
    check_oauth_error(&refreshed, 400, "invalid_grant");
}

#[test]
fn what_is_of_one_account_opens_nothing_in_another() {
    let both = two_accounts();
    let (server, user) = (
        &both.server,
        TestUser {
            id: String::new(),
            name: "ada".to_owned(),
        },
    );
    let opened = Opened::by(server);
    let machine = server.machine();
    let (token, jwt) = (server.token("admin"), server.app_jwt(&machine));
    for token in [
        &token,
        &server.admin_token,
        opened.text("bearer"),
        opened.text("access_token"),
        &jwt,
    ] {
        let calls = [
            both.call_other(Method::GET, "/lambdas"),
            both.call_other(Method::POST, "/lambdas/none/invoke?v=1")
                .json(&json!({ "payload": 1 })),
            both.call_other(Method::GET, "/events/none/isImplemented?v=1"),
        ];
        for call in calls {
            let reply = call.bearer(token).send();
            assert_eq!(reply.status, 403, "{reply:?}");
        }
    }
    let sentinel = |path: &str, parameters: &[(&str, &str)]| -> Reply {
        let url = format!("{}/sentinel/api/account/{OTHER}/{path}", server.url);
        Call::new(Method::POST, url).body(form(parameters)).send()
    };
    let code = Browser::new(server).code(&opened.app, &user, &[]);
    let client = [
        ("client_id", opened.app.id.as_str()),
        ("client_secret", opened.app.secret.as_str()),
    ];
    let with = |more: &[(&'static str, &str)]| {
        let reply = sentinel("token", &[&client, more].concat());
        check_oauth_error(&reply, 401, "invalid_client");
    };
    with(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ]);
    with(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", opened.text("refresh_token")),
    ]);
    let machine = [
        ("client_id", machine.id.as_str()),
        ("client_secret", machine.secret.as_str()),
    ];
    let asked = [&machine[..], &[("grant_type", "client_credentials")]].concat();
    check_oauth_error(&sentinel("app/token", &asked), 401, "invalid_client");
    let login = both.call_other(Method::POST, "/login").bearer("");
    let body = json!({ "username": "ada", "password": PASSWORD });
    assert_eq!(login.json(&body).send().status, 401);
    // None of that spent anything.
    assert_eq!(server.exchange(&opened.app, &code, &[]).status, 200);
    assert_eq!(opened.open(server), [200; 2]);
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found = entries.map(|path| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    });
    found.flatten().collect()
}

#[test]
fn nothing_that_opens_anything_lies_on_the_disk() {
    let server = start();
    let opened = Opened::by(&server);
    let machine = server.machine();
    let rotated = server.call(Method::POST, &format!("/apps/{}/secret", machine.id));
    let rotated = rotated.send().json()["client_secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let refreshed = server
        .refresh(&opened.app, opened.text("refresh_token"))
        .json();
    let user = TestUser {
        id: String::new(),
        name: "ada".to_owned(),
    };
    let code = Browser::new(&server).code(&opened.app, &user, &[]);
    let jwt = server.app_jwt(&TestApp {
        secret: rotated.clone(),
        ..machine.clone()
    });
    let names = [
        "bearer",
        "sessionId",
        "csrf",
        "access_token",
        "refresh_token",
    ];
    let mut secrets: Vec<_> = names.map(|name| opened.text(name).to_owned()).to_vec();
    let next = ["access_token", "refresh_token"].map(|name| &refreshed[name]);
    secrets.extend(next.map(|text| text.as_str().unwrap().to_owned()));
    secrets.extend([
        opened.app.secret.clone(),
        machine.secret,
        rotated,
        code,
        jwt,
    ]);
    let (data_dir, _directory) = (server.data_dir.clone(), server.stop());
    for path in files(&data_dir) {
        let bytes = fs::read(&path).unwrap();
        for secret in &secrets {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", path.display());
        }
    }
}

#[test]
fn nothing_that_opens_anything_is_in_the_servers_own_log() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    let serving = Serving::start_logging(&data_dir, "debug");
    let mut secrets = vec![serving.admin_token.clone()];
    let mut post = |path: &str, body: Value, names: &[&str]| {
        let reply = serving.call(Method::POST, path).json(&body).send();
        let answer = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
        let given = names
            .iter()
            .map(|name| answer[name].as_str().unwrap().to_owned());
        secrets.extend(given);
        answer
    };
    let new = json!({ "loginName": "ada", "permissions": ["developer"], "password": PASSWORD });
    post("/users", new, &[]);
    let right = json!({ "username": "ada", "password": PASSWORD });
    post("/login", right, &["bearer", "sessionId", "csrf"]);
    post(
        "/login",
        json!({ "username": "ada", "password": "a-wrong-password" }),
        &[],
    );
    post(
        "/login",
        json!({ "username": "typed-by-mistake", "password": 987_654_321 }),
        &[],
    );
    post(
        "/tokens",
        json!({ "name": "crm", "permissions": ["admin"] }),
        &["token"],
    );
    let new = json!({ "client_name": "CRM", "grant_types": ["client_credentials"] });
    let app = post("/apps", new, &["client_secret"]);
    let id = app["client_id"].as_str().unwrap().to_owned();
    let sentinel = |path: &str, parameters: &[(&str, &str)]| {
        let url = format!("{}/sentinel/api/account/{ACCOUNT}/{path}", serving.url);
        Call::new(Method::POST, url).body(form(parameters)).send()
    };
    let secret = app["client_secret"].as_str().unwrap();
    let client = [("client_id", id.as_str()), ("client_secret", secret)];
    let granted = [&client[..], &[("grant_type", "client_credentials")]].concat();
    let jwt = sentinel("app/token", &granted).json()["access_token"].clone();
    secrets.push(jwt.as_str().unwrap().to_owned());
    let made_up = ["made-up-code", "made-up-secret", "made-up-token"];
    sentinel(
        "token",
        &[
            &client[..],
            &[("grant_type", "authorization_code"), ("code", made_up[0])],
        ]
        .concat(),
    );
    sentinel(
        "app/token",
        &[("client_id", &id), ("client_secret", made_up[1])],
    );
    sentinel(
        "token/introspect",
        &[&client[..], &[("token", made_up[2])]].concat(),
    );
    for token in [made_up[2], jwt.as_str().unwrap()] {
        let call = serving.call(Method::GET, "/users").bearer(token);
        assert!(matches!(call.send().status, 401 | 403));
    }
    secrets.extend(made_up.map(str::to_owned));
    let typed = [
        PASSWORD,
        "a-wrong-password",
        "typed-by-mistake",
        "987654321",
    ];
    secrets.extend(typed.map(str::to_owned));
    let logged = serving.stop_and_tell();
    for secret in secrets {
        assert!(!logged.contains(&secret), "{secret} is in:\n{logged}");
    }
}
