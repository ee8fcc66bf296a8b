//! Who signs in, who does not, and which tokens apps get and lose is on record, within bounds.

use reqwest::Method;
use serde_json::{Value, json};

use super::{members, rows, verify};
use crate::harness::sentinel::{Browser, PASSWORD, TestUser};
use crate::harness::server::{Reply, TestServer, check_error, config, open, start};

/// The rows of these actions, the earliest first.
fn of(server: &TestServer, action: &str) -> Vec<Value> {
    let mut rows = rows(server, &format!("?limit=500&action={action}"));
    rows.reverse();
    rows
}

/// The same server once more, after a stop at which it writes what it counted.
fn again(server: TestServer) -> (TestServer, Option<tempfile::TempDir>) {
    let (data_dir, directory) = (server.data_dir.clone(), server.stop());
    (open(config(&data_dir)).unwrap(), directory)
}

#[track_caller]
fn log_out(server: &TestServer, bearer: &str) {
    let reply = server.call(Method::POST, "/logout").bearer(bearer).send();
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// What a row says of who did it and to whom.
fn who(row: &Value) -> [&str; 4] {
    ["actorKind", "actorName", "targetId", "targetName"].map(|name| row[name].as_str().unwrap())
}

#[test]
fn who_signs_in_and_who_logs_out_is_on_record() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let body = json!({ "username": "ADA", "password": PASSWORD });
    let call = server.call(Method::POST, "/login").bearer("");
    let reply = call.header("x-request-id", "asked-7").json(&body).send();
    let bearer = reply.json()["bearer"].as_str().unwrap().to_owned();
    let path = format!("/users/{}/sessions", user.id);
    let session = server.call(Method::GET, &path).send().json()[0]["id"].clone();
    log_out(&server, &bearer);

    let signed_in = &of(&server, "user.sign-in")[0];
    let expected = ["user", "ada", user.id.as_str(), "ada"];
    assert_eq!(who(signed_in), expected);
    assert_eq!(signed_in["actorId"], user.id);
    assert_eq!(signed_in["address"], "127.0.0.1");
    assert_eq!(signed_in["requestId"], "asked-7");
    assert_eq!(signed_in["details"], json!({ "session": session }));
    assert_eq!(who(&of(&server, "session.log-out")[0]), expected);
}

#[test]
fn who_signs_in_on_the_page_of_an_app_is_on_record_and_so_is_what_the_app_gets() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let mut browser = Browser::new(&server);
    let page = browser.ask(&app, &[]);
    browser.sign_in(&page, &user);
    let signed_in = of(&server, "user.sign-in");
    assert_eq!(who(&signed_in[0]), ["user", "ada", user.id.as_str(), "ada"]);
    assert_eq!(signed_in[0]["details"], json!({ "app": app.id }));
    assert_eq!(signed_in[0]["address"], "127.0.0.1");
    assert!(
        of(&server, "token")
            .iter()
            .all(|row| row["action"] == "token.create")
    );

    let code = Browser::new(&server).code(&app, &user, &[]);
    let tokens = server.exchange(&app, &code, &[]).json();
    let refresh = |token: &Value| server.refresh(&app, token.as_str().unwrap());
    let next = refresh(&tokens["refresh_token"]);
    assert_eq!(refresh(&tokens["refresh_token"]).status, 400);
    assert_eq!(refresh(&next.json()["refresh_token"]).status, 400);
    let path = format!("?target={}&action=token", user.id);
    let mut done = rows(&server, &path);
    done.reverse();
    let actions = members(&done, "action");
    assert_eq!(actions, ["token.grant", "token.refresh", "token.reuse"]);
    for row in &done {
        assert_eq!(who(row), ["app", "Web shop", user.id.as_str(), "ada"]);
        assert_eq!(row["actorId"], app.id, "{row}");
        assert_eq!(row["details"]["session"], done[0]["details"]["session"]);
    }
    assert_eq!(done[0]["details"]["scope"], "faas.lambda.invoke");
    assert_eq!(done[2]["details"]["what"], "refresh-token");
}

#[test]
fn a_code_that_is_shown_again_and_a_token_that_is_revoked_are_on_record() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let code = Browser::new(&server).code(&app, &user, &[]);
    assert_eq!(server.exchange(&app, &code, &[]).status, 200);
    assert_eq!(server.exchange(&app, &code, &[]).status, 400);
    let reused = of(&server, "token.reuse");
    assert_eq!(
        who(&reused[0]),
        ["app", "Web shop", user.id.as_str(), "ada"]
    );
    assert_eq!(reused[0]["details"], json!({ "what": "code" }));

    let tokens = server.tokens(&app, &user);
    let revoke = |token: &str| {
        let parameters = [
            ("token", token),
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.as_str()),
        ];
        server.sentinel("token/revoke", &parameters).send().status
    };
    let token = tokens["access_token"].as_str().unwrap();
    // What was no token, or is none any more, was not revoked.
    assert_eq!([revoke("nonsense"), revoke(token), revoke(token)], [200; 3]);
    let revoked = of(&server, "token.revoke");
    assert_eq!(revoked.len(), 1, "{revoked:?}");
    assert_eq!(
        who(&revoked[0]),
        ["app", "Web shop", user.id.as_str(), "ada"]
    );
}

#[test]
fn who_is_not_let_in_is_on_record_with_why_and_without_what_they_typed() {
    let server = start();
    let ada = server.user("ada", &["developer"]);
    let grace = server.user("grace", &["developer"]);
    let path = format!("/users/{}", grace.id);
    let disable = json!({ "enabled": false });
    server.call(Method::PATCH, &path).json(&disable).send();
    let typed = "my-password-in-the-wrong-field";
    assert_eq!(server.login("Ada", "a wrong password").status, 401);
    assert_eq!(server.login("grace", PASSWORD).status, 401);
    assert_eq!(server.login(typed, "a wrong password").status, 401);
    let failed = of(&server, "user.sign-in-failed");
    assert_eq!(members(&failed, "actorKind"), ["nobody"; 3]);
    let targets = [ada.id.as_str(), grace.id.as_str(), ""];
    assert_eq!(members(&failed, "targetId"), targets);
    assert_eq!(members(&failed, "targetName"), ["ada", "grace", ""]);
    let because = |row: &Value| row["details"]["because"].as_str().unwrap().to_owned();
    let because: Vec<_> = failed.iter().map(because).collect();
    assert_eq!(because, ["wrong-password", "disabled", "unknown-name"]);
    assert_eq!(failed[0]["address"], "127.0.0.1");
    let export = server.call(Method::GET, "/audit/export").send().text;
    assert!(!export.contains(typed), "{export}");
    // An account that does not exist has no log.
    let elsewhere = server.plain(Method::POST, "/api/account/20000002/login");
    let body = json!({ "username": "ada", "password": PASSWORD });
    assert_eq!(elsewhere.json(&body).send().status, 401);
    assert_eq!(of(&server, "user.sign-in-failed").len(), 3);
}

#[test]
fn guesses_on_the_page_are_on_record_with_those_of_the_login() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &[]));
    let mut browser = Browser::new(&server);
    let page = browser.ask(&app, &[]);
    let fields = [("username", user.name.as_str()), ("password", "wrong")];
    assert_eq!(browser.submit(&page, &fields).status, 401);
    let failed = of(&server, "user.sign-in-failed");
    assert_eq!(who(&failed[0]), ["nobody", "", user.id.as_str(), "ada"]);
}

#[test]
fn a_flood_of_guesses_is_two_rows_and_two_counts_and_the_log_is_whole() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let before = rows(&server, "?limit=500").len();
    let mut statuses = Vec::new();
    for _ in 0..60 {
        statuses.push(server.login("ada", "a wrong password").status);
    }
    let tried = statuses.iter().filter(|status| **status == 401).count() as u64;
    let held_off = statuses.len() as u64 - tried;
    assert!(tried >= 5 && held_off >= 1, "{statuses:?}");
    assert_eq!(rows(&server, "?limit=500").len(), before + 2);
    let (server, _directory) = again(server);
    for (action, count) in [
        ("user.sign-in-failed", tried),
        ("user.sign-in-held-off", held_off),
    ] {
        let rows = of(&server, action);
        assert_eq!(
            members(&rows, "targetId"),
            [user.id.as_str(); 2],
            "{rows:?}"
        );
        assert_eq!(rows[1]["details"]["count"], count - 1, "{rows:?}");
        let (since, until) = (&rows[1]["details"]["since"], &rows[1]["details"]["until"]);
        assert!(since.as_u64() <= until.as_u64(), "{rows:?}");
        assert_eq!(
            (&rows[1]["requestId"], &rows[1]["address"]),
            (&json!(""), &json!("127.0.0.1"))
        );
    }
    let ran = verify(&server.data_dir);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn what_an_app_fetches_over_and_over_is_one_row_and_a_count() {
    let server = start();
    let (machine, app) = (server.machine(), server.web_app());
    let user: TestUser = server.user("ada", &["invocation"]);
    for _ in 0..7 {
        server.app_jwt(&machine);
    }
    let mut token = server.tokens(&app, &user)["refresh_token"].clone();
    for _ in 0..4 {
        let reply: Reply = server.refresh(&app, token.as_str().unwrap());
        token = reply.json()["refresh_token"].clone();
    }
    for _ in 0..3 {
        let bearer = server.bearer(&user);
        log_out(&server, &bearer);
    }
    let issued = of(&server, "app.token");
    let expected = ["app", "CRM", machine.id.as_str(), "CRM"];
    assert_eq!((issued.len(), who(&issued[0])), (1, expected));
    let (server, _directory) = again(server);
    for (action, count) in [
        ("app.token", 6),
        ("token.refresh", 3),
        // One of them was on the page of the app.
        ("user.sign-in", 3),
        ("session.log-out", 2),
    ] {
        let rows = of(&server, action);
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert_eq!(rows[1]["details"]["count"], count, "{rows:?}");
    }
    assert_eq!(verify(&server.data_dir).code, 0);
}

#[test]
fn no_row_about_a_sign_in_or_a_token_holds_what_opens_anything() {
    let server = start();
    let (app, machine) = (server.web_app(), server.machine());
    let user = server.user("ada", &["invocation"]);
    let login = server.login("ada", PASSWORD).json();
    let code = Browser::new(&server).code(&app, &user, &[]);
    let tokens = server.exchange(&app, &code, &[]).json();
    let refreshed = server
        .refresh(&app, tokens["refresh_token"].as_str().unwrap())
        .json();
    let jwt = server.app_jwt(&machine);
    server.refresh(&app, tokens["refresh_token"].as_str().unwrap());
    server.exchange(&app, &code, &[]);
    server.login("ada", "a wrong password");
    log_out(&server, login["bearer"].as_str().unwrap());
    let export = server.call(Method::GET, "/audit/export").send().text;
    for action in [
        "user.sign-in",
        "token.grant",
        "token.reuse",
        "app.token",
        "session.log-out",
    ] {
        assert!(
            export.contains(&format!("\"{action}\"")),
            "{action}: {export}"
        );
    }
    let secrets = [
        [&login["bearer"], &login["sessionId"], &login["csrf"]],
        [
            &tokens["access_token"],
            &tokens["refresh_token"],
            &tokens["id_token"],
        ],
        [
            &refreshed["access_token"],
            &refreshed["refresh_token"],
            &refreshed["id_token"],
        ],
    ];
    let secrets = secrets
        .as_flattened()
        .iter()
        .map(|text| text.as_str().unwrap());
    let others = [&jwt, &code, &app.secret, &machine.secret];
    let others = others.into_iter().map(String::as_str);
    for secret in secrets.chain(others).chain([PASSWORD, "a wrong password"]) {
        assert!(!export.contains(secret), "{secret}: {export}");
    }
}

#[test]
fn who_signed_in_is_for_administrators_only() {
    let server = start();
    let user = server.user("ada", &["developer"]);
    let bearer = server.bearer(&user);
    let activity = server.call(Method::GET, "/activity").bearer(&bearer).send();
    assert_eq!(activity.json()["entries"], json!([]), "{activity:?}");
    let audit = server.call(Method::GET, "/audit").bearer(&bearer).send();
    check_error(&audit, 403, "es.forbidden");
}
