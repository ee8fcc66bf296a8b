//! Who may do what is changed on record, and without what opens anything.

use reqwest::Method;
use serde_json::{Value, json};

use super::{members, rows};
use crate::harness::server::{TestServer, start};

#[track_caller]
fn done(server: &TestServer, method: Method, path: &str, body: Option<&Value>) -> Value {
    let call = server.call(method, path);
    let reply = body.map_or(call.clone(), |body| call.json(body)).send();
    assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
    serde_json::from_str(&reply.text).unwrap_or(Value::Null)
}

#[test]
fn users_their_passwords_and_their_sessions_are_on_record() {
    let server = start();
    let password = "correct horse battery staple";
    let new = json!({ "loginName": "ada", "permissions": ["developer"], "password": password });
    let user = done(&server, Method::POST, "/users", Some(&new));
    let id = user["id"].as_str().unwrap().to_owned();
    let path = format!("/users/{id}");
    let change = json!({ "permissions": ["admin", "developer"] });
    done(&server, Method::PATCH, &path, Some(&change));
    let other = "another correct horse";
    let body = json!({ "password": other });
    done(
        &server,
        Method::PUT,
        &format!("{path}/password"),
        Some(&body),
    );
    done(&server, Method::DELETE, &format!("{path}/sessions"), None);
    done(&server, Method::DELETE, &path, None);

    let mut rows = rows(&server, &format!("?target={id}"));
    rows.reverse();
    assert_eq!(
        members(&rows, "action"),
        [
            "user.create",
            "user.change",
            "user.set-password",
            "session.end",
            "session.end",
            "user.delete",
        ]
    );
    assert_eq!(members(&rows, "targetName"), ["ada"; 6]);
    let made = json!({ "enabled": true, "permissions": "developer" });
    assert_eq!(rows[0]["details"], made);
    assert_eq!(rows[1]["details"]["permissions"], "admin,developer");
    let text = format!("{rows:?}");
    assert!(!text.contains(password) && !text.contains(other), "{text}");
}

#[test]
fn apps_their_secrets_and_the_keys_that_sign_are_on_record() {
    let server = start();
    let new = json!({ "client_name": "crm", "grant_types": ["client_credentials"] });
    let app = done(&server, Method::POST, "/apps", Some(&new));
    let id = app["client_id"].as_str().unwrap().to_owned();
    let path = format!("/apps/{id}");
    let rotated = done(&server, Method::POST, &format!("{path}/secret"), None);
    done(&server, Method::DELETE, &path, None);
    let mut of_app = rows(&server, &format!("?target={id}"));
    of_app.reverse();
    assert_eq!(
        members(&of_app, "action"),
        ["app.install", "app.rotate-secret", "app.remove"]
    );
    assert_eq!(members(&of_app, "targetName"), ["crm"; 3]);
    for made in [app, rotated] {
        let secret = made["client_secret"].as_str().unwrap();
        assert!(!format!("{of_app:?}").contains(secret));
    }

    let key = done(&server, Method::POST, "/signing-keys", None);
    done(&server, Method::POST, "/signing-keys", None);
    let kid = key["kid"].as_str().unwrap();
    done(
        &server,
        Method::DELETE,
        &format!("/signing-keys/{kid}"),
        None,
    );
    let of_key = rows(&server, &format!("?target={kid}"));
    assert_eq!(
        members(&of_key, "action"),
        ["signing-key.delete", "signing-key.add"]
    );
}
