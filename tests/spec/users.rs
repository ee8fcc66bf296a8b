//! People and machines have an account's permissions while an administrator lets them, and no longer.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::binary;
use crate::harness::sentinel::PASSWORD;
use crate::harness::server::{ACCOUNT, TestServer, check_error, config, open, start};

fn create(server: &TestServer, body: &Value) -> crate::harness::server::Reply {
    server.call(Method::POST, "/users").json(body).send()
}

fn status(server: &TestServer, token: &str, path: &str) -> u16 {
    let call = server.call(Method::GET, path).bearer(token);
    call.send().status
}

#[test]
fn the_first_user_has_a_random_password_in_a_file_of_its_owners() {
    let server = start();
    let file = server.data_dir.join("admin.password");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let password = fs::read_to_string(&file).unwrap();
    let reply = server.login("admin", password.trim());
    assert_eq!(reply.status, 200, "{reply:?}");
    let privileges = &reply.json()["config"]["userPrivileges"];
    assert_eq!(
        *privileges,
        json!(["FaaS-Admin", "FaaS-Developer", "FaaS-Invocation"])
    );
}

#[test]
fn the_first_user_is_made_once() {
    let server = start();
    let users = server.call(Method::GET, "/users").send().json();
    let id = users[0]["id"].as_str().unwrap();
    let path = format!("/users/{id}/password");
    let body = json!({ "password": PASSWORD });
    assert_eq!(
        server.call(Method::PUT, &path).json(&body).send().status,
        204
    );
    let (data_dir, _directory) = (server.data_dir.clone(), server.stop());
    let server = open(config(&data_dir)).unwrap();
    assert_eq!(server.login("admin", PASSWORD).status, 200);
    let users = server.call(Method::GET, "/users").send().json();
    assert_eq!(users.as_array().unwrap().len(), 1);
}

#[test]
fn a_user_is_made_changed_listed_and_deleted() {
    let server = start();
    let made = create(
        &server,
        &json!({ "loginName": " ada@example.com ", "permissions": ["developer"], "password": PASSWORD }),
    );
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let name = json!("ada@example.com");
    assert_eq!((&made["loginName"], &made["displayName"]), (&name, &name));
    assert_eq!(made["serviceUser"], false);
    let path = format!("/users/{}", made["id"].as_str().unwrap());
    let change = json!({ "displayName": "Ada", "loginName": "ada", "permissions": [] });
    let changed = server.call(Method::PATCH, &path).json(&change).send();
    assert_eq!(changed.status, 200, "{changed:?}");
    let shown = server.call(Method::GET, &path).send();
    assert_eq!(shown.json(), changed.json());
    assert_eq!(shown.json()["permissions"], json!([]));
    assert_eq!(server.login("ada", PASSWORD).status, 200);
    assert_eq!(server.login("ada@example.com", PASSWORD).status, 401);
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(server.call(Method::GET, &path).send().status, 404);
    assert_eq!(server.login("ada", PASSWORD).status, 401);
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let server = start();
    let long = "x".repeat(101);
    for body in [
        json!({ "loginName": "", "password": PASSWORD }),
        json!({ "loginName": long, "password": PASSWORD }),
        json!({ "loginName": "a\nb", "password": PASSWORD }),
        json!({ "loginName": "ADMIN", "password": PASSWORD }),
        json!({ "loginName": "ada", "password": "elevenchars" }),
        json!({ "loginName": "ada", "password": "x".repeat(1_025) }),
        json!({ "loginName": "Ada@example.com", "password": "ada@EXAMPLE.com" }),
        json!({ "loginName": "ada", "password": PASSWORD, "permissions": ["root"] }),
        json!({ "loginName": "ada", "password": PASSWORD, "more": 1 }),
        json!({ "password": PASSWORD }),
        json!([]),
    ] {
        let reply = create(&server, &body);
        check_error(&reply, 400, "es.badinput");
        assert!(!reply.text.contains(PASSWORD), "{reply:?}");
    }
    for body in [
        json!({ "loginName": "x".repeat(100), "password": "twelve chars" }),
        json!({ "loginName": "ada", "password": "x".repeat(1_024) }),
    ] {
        assert_eq!(create(&server, &body).status, 201);
    }
}

#[test]
fn a_user_of_one_account_cannot_be_reached_from_another() {
    let server = start();
    let user = server.user("ada", &["admin"]);
    let token = server.bearer(&user);
    let path = format!("/api/account/20000002/users/{}", user.id);
    for token in [&token, &server.admin_token] {
        let reply = server.plain(Method::GET, &path).bearer(token).send();
        check_error(&reply, 403, "es.forbidden");
    }
}

#[test]
fn a_permission_that_is_taken_away_counts_at_once() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let token = server.bearer(&user);
    assert_eq!(status(&server, &token, "/lambdas"), 200);
    let path = format!("/users/{}", user.id);
    let change = |body: Value| server.call(Method::PATCH, &path).json(&body).send().status;
    assert_eq!(change(json!({ "permissions": ["invocation"] })), 200);
    assert_eq!(status(&server, &token, "/lambdas"), 403);
    assert_eq!(change(json!({ "permissions": ["admin"] })), 200);
    assert_eq!(status(&server, &token, "/users"), 200);
}

#[test]
fn who_is_disabled_or_deleted_or_has_another_password_has_no_session_any_more() {
    let server = start();
    for what in ["disable", "delete", "password", "end"] {
        let user = server.user(what, &["developer"]);
        let token = server.bearer(&user);
        assert_eq!(status(&server, &token, "/lambdas"), 200);
        let path = format!("/users/{}", user.id);
        let ended = match what {
            "disable" => server
                .call(Method::PATCH, &path)
                .json(&json!({ "enabled": false })),
            "delete" => server.call(Method::DELETE, &path),
            "password" => {
                let body = json!({ "password": "another password" });
                server
                    .call(Method::PUT, &format!("{path}/password"))
                    .json(&body)
            }
            _ => server.call(Method::DELETE, &format!("{path}/sessions")),
        };
        assert!(matches!(ended.send().status, 200 | 204), "{what}");
        assert_eq!(status(&server, &token, "/lambdas"), 401, "{what}");
    }
    assert_eq!(server.login("disable", PASSWORD).status, 401);
    assert_eq!(server.login("password", PASSWORD).status, 401);
    assert_eq!(server.login("password", "another password").status, 200);
    assert_eq!(server.login("end", PASSWORD).status, 200);
}

#[test]
fn what_is_open_for_a_user_is_listed() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let path = format!("/users/{}/sessions", user.id);
    assert_eq!(server.call(Method::GET, &path).send().json(), json!([]));
    server.bearer(&user);
    let app = server.web_app();
    server.tokens(&app, &user);
    let sessions = server.call(Method::GET, &path).send().json();
    let apps: Vec<_> = sessions
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["app"])
        .collect();
    assert_eq!(apps, [&Value::Null, &json!(app.id)]);
}

#[test]
fn a_service_user_acts_by_tokens_that_its_permissions_bound() {
    let server = start();
    let made = create(
        &server,
        &json!({ "loginName": "bot", "permissions": ["developer"] }),
    );
    assert_eq!(made.json()["serviceUser"], true);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    for password in ["", PASSWORD] {
        assert_eq!(server.login("bot", password).status, 401);
    }
    let body = json!({ "name": "for the bot", "permissions": ["admin", "developer"], "user": id });
    let made = server.call(Method::POST, "/tokens").json(&body).send();
    assert_eq!(made.status, 201, "{made:?}");
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(status(&server, &token, "/lambdas"), 200);
    assert_eq!(status(&server, &token, "/users"), 403);
    let tokens = server.call(Method::GET, "/tokens").send().json();
    let listed = tokens
        .as_array()
        .unwrap()
        .iter()
        .any(|token| token["user"] == id);
    assert!(listed, "{tokens}");
    let path = format!("/users/{id}");
    let enable = |enabled: bool| {
        let body = json!({ "enabled": enabled });
        server.call(Method::PATCH, &path).json(&body).send().status
    };
    assert_eq!(enable(false), 200);
    assert_eq!(status(&server, &token, "/lambdas"), 401);
    assert_eq!(enable(true), 200);
    assert_eq!(status(&server, &token, "/lambdas"), 200);
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    assert_eq!(status(&server, &token, "/lambdas"), 401);
}

#[test]
fn a_token_acts_for_no_person_and_for_nobody_who_does_not_exist() {
    let server = start();
    let person = server.user("ada", &["developer"]).id;
    let body = |user: &str| json!({ "name": "x", "permissions": ["developer"], "user": user });
    let reply = server
        .call(Method::POST, "/tokens")
        .json(&body(&person))
        .send();
    check_error(&reply, 400, "es.badinput");
    let nobody = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let reply = server
        .call(Method::POST, "/tokens")
        .json(&body(nobody))
        .send();
    check_error(&reply, 404, "es.notfound");
}

#[test]
fn users_and_their_sessions_survive_a_restart_and_no_password_lies_on_the_disk() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let token = server.bearer(&user);
    let (data_dir, _directory) = (server.data_dir.clone(), server.stop());
    for entry in fs::read_dir(&data_dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let holds = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
            assert!(!holds(PASSWORD) && !holds(&token), "{}", path.display());
        }
    }
    let server = open(config(&data_dir)).unwrap();
    assert_eq!(status(&server, &token, "/lambdas"), 200);
    assert_eq!(server.login("ADA", PASSWORD).status, 200);
}

/// The same server again, after rows were added to its database by hand.
fn with_rows(server: TestServer, sql: &str) -> (TestServer, Option<tempfile::TempDir>) {
    let (data_dir, directory) = (server.data_dir.clone(), server.stop());
    let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap();
    database.execute_batch(sql).unwrap();
    drop(database);
    (open(config(&data_dir)).unwrap(), directory)
}

#[test]
fn an_account_can_have_a_thousand_users_and_not_one_more() {
    let (server, _directory) = with_rows(
        start(),
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 998)
         INSERT INTO users SELECT 'user-' || n, 1, 'user ' || n, '', '', NULL, 1, 5, 5 FROM n",
    );
    assert_eq!(create(&server, &json!({ "loginName": "last" })).status, 201);
    let full = create(&server, &json!({ "loginName": "one more" }));
    let message = check_error(&full, 400, "es.badinput");
    assert_eq!(message, "an account can have 1000 users");
}

#[test]
fn a_user_can_have_two_hundred_sessions_and_the_oldest_makes_room() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let first = server.bearer(&user);
    let sql = format!(
        "UPDATE sessions SET created_at = 4;
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 198)
         INSERT INTO sessions SELECT 'session-' || n, '{}', NULL, NULL, '', 5, 4000000000000, NULL FROM n",
        user.id
    );
    let (server, _directory) = with_rows(server, &sql);
    let path = format!("/users/{}/sessions", user.id);
    let open = || server.call(Method::GET, &path).send().json();
    server.bearer(&user);
    assert_eq!(open().as_array().unwrap().len(), 200);
    assert_eq!(status(&server, &first, "/lambdas"), 200);
    server.bearer(&user);
    assert_eq!(open().as_array().unwrap().len(), 200);
    assert_eq!(status(&server, &first, "/lambdas"), 401);
}

#[test]
fn the_command_manages_users_and_reads_passwords_from_standard_input_only() {
    let server = start();
    let command = |arguments: &[&str]| {
        let mut command = binary::sandglass(arguments);
        command.env("SANDGLASS_SERVER", &server.url);
        command.env("SANDGLASS_TOKEN", &server.admin_token);
        command.env("SANDGLASS_ACCOUNT", ACCOUNT);
        command
    };
    let add = command(&["user", "add", "ada", "--role", "developer"]);
    let added = binary::run_with_input(add, &format!("{PASSWORD}\n"));
    assert_eq!(added.code, 0, "{added:?}");
    assert_eq!(server.login("ada", PASSWORD).status, 200);
    for (arguments, permissions) in [
        (
            ["user", "grant", "ada", "admin"],
            json!(["admin", "developer"]),
        ),
        (["user", "revoke", "ADA", "developer"], json!(["admin"])),
    ] {
        let ran = binary::run(command(&arguments));
        assert_eq!(ran.code, 0, "{ran:?}");
        let users = binary::run(command(&["user", "list", "--json"])).json();
        let ada = users
            .as_array()
            .unwrap()
            .iter()
            .find(|user| user["loginName"] == "ada");
        assert_eq!(ada.unwrap()["permissions"], permissions);
    }
    let set = command(&["user", "password", "ada"]);
    let set = binary::run_with_input(set, "another password");
    assert_eq!(set.code, 0, "{set:?}");
    assert_eq!(server.login("ada", "another password").status, 200);
    let short = binary::run_with_input(command(&["user", "add", "eve"]), "short");
    assert_eq!(short.code, 2, "{short:?}");
    assert!(short.err.contains("at least 12 characters"), "{short:?}");
    let removed = binary::run(command(&["user", "remove", "ada"]));
    assert_eq!(removed.code, 0, "{removed:?}");
    let again = binary::run(command(&["user", "remove", "ada"]));
    assert_eq!(again.code, 4, "{again:?}");
}
