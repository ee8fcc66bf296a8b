//! A service user logs in with its keys as the platform's bots do (spec 3.3), and does what its token
//! and the user may, for as long as there are both.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::sentinel::TestApp;
use crate::harness::server::{Reply, TestServer, config, open, start};

/// A service user with all that it logs in with.
struct Bot {
    user: String,
    app: TestApp,
    token_id: String,
    token: String,
}

impl Bot {
    /// A bot that may be a developer and an administrator, and whose token may be a developer's.
    fn new(server: &TestServer) -> Self {
        let post = |path: &str, body: Value| {
            let reply = server.call(Method::POST, path).json(&body).send();
            assert_eq!(reply.status, 201, "{reply:?}");
            reply.json()
        };
        let both = json!({ "loginName": "bot", "permissions": ["admin", "developer"] });
        let user = post("/users", both)["id"].as_str().unwrap().to_owned();
        let token = json!({ "name": "bot-1", "permissions": ["developer"], "user": user });
        let token = post("/tokens", token);
        let text = |name: &str| token[name].as_str().unwrap().to_owned();
        Self {
            app: server.machine(),
            token_id: text("id"),
            token: text("token"),
            user,
        }
    }

    fn keys(&self) -> Value {
        json!({
            "username": "bot", "appKey": self.app.id, "secret": self.app.secret,
            "accessToken": self.token_id, "accessTokenSecret": self.token,
        })
    }
}

fn log_in(server: &TestServer, keys: &Value) -> Reply {
    let call = server.call(Method::POST, "/login?v=1.3").bearer("");
    call.json(keys).send()
}

#[track_caller]
fn bearer(server: &TestServer, bot: &Bot) -> String {
    let reply = log_in(server, &bot.keys());
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["bearer"].as_str().unwrap().to_owned()
}

fn status(server: &TestServer, bearer: &str, path: &str) -> u16 {
    let call = server.call(Method::GET, path).bearer(bearer);
    call.send().status
}

#[test]
fn a_service_user_logs_in_with_its_keys_and_does_what_both_it_and_its_token_may() {
    let server = start();
    let bot = Bot::new(&server);
    let reply = log_in(&server, &bot.keys());
    assert_eq!(reply.status, 200, "{reply:?}");
    let body = reply.json();
    assert_eq!(body["sessionTTl"], "28800000");
    let config = json!({
        "loginName": "bot", "userId": bot.user, "userPrivileges": ["FaaS-Developer"],
        "isAdmin": false, "isLPA": false,
    });
    assert_eq!(body["config"], config);
    let bearer = body["bearer"].as_str().unwrap();
    assert_eq!(status(&server, bearer, "/lambdas"), 200);
    assert_eq!(status(&server, bearer, "/users"), 403);
    let audit = server
        .call(Method::GET, "/audit?action=user.sign-in")
        .send();
    let row = &audit.json()["entries"][0];
    assert_eq!(
        (&row["actorKind"], &row["targetId"]),
        (&json!("service-user"), &json!(bot.user))
    );
    assert!(!audit.text.contains(&bot.token) && !audit.text.contains(&bot.app.secret));
    let logout = server.call(Method::POST, "/logout").bearer(bearer).send();
    assert_eq!(logout.status, 200, "{logout:?}");
    assert_eq!(status(&server, bearer, "/lambdas"), 401);
}

#[test]
fn each_of_the_keys_is_needed_and_wrong_ones_are_all_told_the_same() {
    let server = start();
    let bot = Bot::new(&server);
    let (other_app, web) = (server.machine(), server.web_app());
    let other = json!({ "name": "of nobody", "permissions": ["developer"] });
    let other = server
        .call(Method::POST, "/tokens")
        .json(&other)
        .send()
        .json();
    let with = |changes: Value| {
        let mut keys = bot.keys();
        keys.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        keys
    };
    let refused = |keys: &Value| {
        let reply = log_in(&server, keys);
        assert_eq!(reply.status, 401, "{keys}: {reply:?}");
        reply.json()["error"]["message"].clone()
    };
    let wrong = refused(&with(json!({ "username": "nobody" })));
    for (number, changes) in [
        json!({ "secret": "wrong" }),
        json!({ "secret": other_app.secret }),
        json!({ "appKey": web.id, "secret": web.secret }),
        json!({ "accessToken": other["id"] }),
        json!({ "accessToken": other["id"], "accessTokenSecret": other["token"] }),
        json!({ "accessTokenSecret": bot.token_id }),
    ]
    .iter()
    .enumerate()
    {
        if number % 4 == 0 {
            // Guesses are slowed down as those of passwords are; a success forgets them.
            bearer(&server, &bot);
        }
        assert_eq!(refused(&with(changes.clone())), wrong, "{changes}");
    }
    server.user("ada", &["developer"]);
    assert_eq!(refused(&with(json!({ "username": "ada" }))), wrong);
    for missing in ["appKey", "secret", "accessToken", "accessTokenSecret"] {
        let mut keys = bot.keys();
        keys.as_object_mut().unwrap().remove(missing);
        assert_eq!(log_in(&server, &keys).status, 400, "{missing}");
    }
}

#[test]
fn who_guesses_keys_is_slowed_down() {
    let server = start();
    let bot = Bot::new(&server);
    let mut keys = bot.keys();
    keys["accessTokenSecret"] = json!("a guess");
    for _ in 0..5 {
        assert_eq!(log_in(&server, &keys).status, 401);
    }
    assert_eq!(log_in(&server, &bot.keys()).status, 429);
}

#[test]
fn a_bots_session_ends_with_its_token_its_app_and_its_user() {
    let server = start();
    for what in ["token", "app", "user", "disabled"] {
        let bot = Bot::new(&server);
        let bearer = bearer(&server, &bot);
        assert_eq!(status(&server, &bearer, "/lambdas"), 200);
        let user = format!("/users/{}", bot.user);
        let ended = match what {
            "token" => server.call(Method::DELETE, &format!("/tokens/{}", bot.token_id)),
            "app" => server.call(Method::DELETE, &format!("/apps/{}", bot.app.id)),
            "user" => server.call(Method::DELETE, &user),
            _ => server
                .call(Method::PATCH, &user)
                .json(&json!({ "enabled": false })),
        };
        assert!(matches!(ended.send().status, 200 | 204), "{what}");
        assert_eq!(status(&server, &bearer, "/lambdas"), 401, "{what}");
        assert_eq!(log_in(&server, &bot.keys()).status, 401, "{what}");
        if what != "user" {
            assert_eq!(server.call(Method::DELETE, &user).send().status, 204);
        }
    }
}

#[test]
fn a_bots_session_survives_a_restart_within_its_bounds() {
    let server = start();
    let bot = Bot::new(&server);
    let bearer = bearer(&server, &bot);
    let (data_dir, _directory) = (server.data_dir.clone(), server.stop());
    let server = open(config(&data_dir)).unwrap();
    assert_eq!(status(&server, &bearer, "/lambdas"), 200);
    assert_eq!(status(&server, &bearer, "/users"), 403);
    let path = format!("/tokens/{}", bot.token_id);
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(status(&server, &bearer, "/lambdas"), 401);
}
