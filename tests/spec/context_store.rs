//! What is saved in a context is there later, for whoever has a key of its account, within bounds and
//! until its time has passed.

mod clients;
mod limits;
mod migration;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use sandglass_runtime::ByteSize;
use sandglass_server::{Config, ContextConfig};
use serde_json::{Value, json};

use crate::harness::server::{
    ACCOUNT, Call, Reply, TestServer, check_error, config, open, start, start_with,
};
use crate::harness::temporary;

/// A server with a developer key.
struct Store {
    server: TestServer,
    key: String,
}

impl Store {
    fn start() -> Self {
        Self::of(start())
    }

    /// A server with other bounds.
    fn bounded(change: impl FnOnce(&mut ContextConfig)) -> Self {
        Self::of(start_with(|config| change(&mut config.context)))
    }

    fn of(server: TestServer) -> Self {
        let key = new_key(&server).1;
        Self { server, key }
    }

    /// A call to a path behind the account's, with the key.
    fn call(&self, method: Method, path: &str) -> Call {
        let path = format!("/v1/account/{ACCOUNT}{path}");
        let call = self.server.plain(method, &path);
        call.header("maven-api-key", &self.key)
    }

    #[track_caller]
    fn save(&self, place: &str, properties: &Value) {
        let path = format!("{place}/properties");
        check_done(&self.call(Method::PATCH, &path).json(properties).send());
    }

    #[track_caller]
    fn saved(&self, place: &str) -> Value {
        let reply = self.get(&format!("{place}/properties"));
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.header("content-type"), "application/json");
        reply.json()
    }

    #[track_caller]
    fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path).send()
    }

    #[track_caller]
    fn delete(&self, path: &str) {
        check_done(&self.call(Method::DELETE, path).send());
    }

    /// Makes a namespace; `query` may give it a time to live.
    fn create(&self, name: &str, query: &str) -> Reply {
        let call = self.call(Method::POST, query);
        call.json(&json!({ "name": name })).send()
    }

    fn names(&self) -> Vec<Value> {
        let list = self.get("").json();
        let list = list.as_array().expect("a list");
        list.iter().map(|entry| entry["name"].clone()).collect()
    }
}

/// The id and the text of a new developer key.
#[track_caller]
fn new_key(server: &TestServer) -> (String, String) {
    let call = server.call(Method::POST, "/context-keys");
    let made = call.json(&json!({ "name": "tests" })).send();
    assert_eq!(made.status, 201, "{made:?}");
    let text = |name: &str| made.json()[name].as_str().expect("text").to_owned();
    (text("id"), text("key"))
}

#[track_caller]
fn check_done(reply: &Reply) {
    assert_eq!((reply.status, reply.text.as_str()), (204, ""), "{reply:?}");
}

/// Checks the status and the form of a failed call, and returns the message.
#[track_caller]
fn check_refused(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{reply:?}");
    let body = reply.json();
    assert_eq!(body.as_object().map(|body| body.len()), Some(1), "{body}");
    body["message"].as_str().expect("a message").to_owned()
}

#[test]
fn what_is_saved_is_merged_and_read_back_whole_or_one_by_one() {
    let store = Store::start();
    store.save(
        "/notes/visitor-1",
        &json!({ "vip": true, "note": "calls back" }),
    );
    store.save(
        "/notes/visitor-1",
        &json!({ "note": { "text": ["ä", 1.50] }, "none": null }),
    );
    let expected = json!({ "vip": true, "note": { "text": ["ä", 1.5] }, "none": null });
    assert_eq!(store.saved("/notes/visitor-1"), expected);
    for (name, value) in expected.as_object().unwrap() {
        let reply = store.get(&format!("/notes/visitor-1/properties/{name}"));
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!((reply.status, &reply.json()), (200, value));
    }
}

#[test]
fn a_value_comes_back_as_it_was_written() {
    let store = Store::start();
    let body = r#"{"a":12345678901234567890123,"b":1.50,"c":"12","c":"\u00e4"}"#;
    let call = store.call(Method::PATCH, "/notes/properties");
    check_done(&call.body(body).send());
    let text = store.get("/notes/properties").text;
    assert_eq!(
        text,
        r#"{"a":12345678901234567890123,"b":1.50,"c":"\u00e4"}"#
    );
}

#[test]
fn only_what_is_asked_for_is_included() {
    let store = Store::start();
    store.save("/notes", &json!({ "a": 1, "b": 2, "c": 3 }));
    let reply = store.get("/notes/properties?include=a,c,missing");
    assert_eq!(reply.json(), json!({ "a": 1, "c": 3 }));
}

#[test]
fn without_a_session_the_default_one_is_meant() {
    let store = Store::start();
    store.save("/notes", &json!({ "a": 1, "b": 2 }));
    assert_eq!(store.saved("/notes/__default__"), json!({ "a": 1, "b": 2 }));
    assert_eq!(store.get("/notes/properties/a").text, "1");
    store.delete("/notes/properties/a");
    assert_eq!(store.saved("/notes/__default__"), json!({ "b": 2 }));
    store.delete("/notes/properties");
    check_refused(&store.get("/notes/properties"), 404);
}

#[test]
fn names_are_one_segment_of_the_path_whatever_they_hold() {
    let store = Store::start();
    store.save("/notes/a%2Fb%20c", &json!({ "d/e?": 1, "__proto__": 2 }));
    assert_eq!(store.get("/notes/a%2Fb%20c/properties/d%2Fe%3F").text, "1");
    assert_eq!(store.get("/notes/session-ids").json(), json!(["a/b c"]));
    let text = store.get("/notes/a%2Fb%20c/properties").text;
    assert_eq!(text, r#"{"__proto__":2,"d/e?":1}"#);
}

#[test]
fn namespaces_are_made_listed_and_deleted_with_all_that_is_in_them() {
    let store = Store::start();
    assert_eq!(store.get("").json(), json!([]));
    check_done(&store.create("orders", "?ttlSecond=60"));
    check_done(&store.create("notes", ""));
    let list = store.get("").json();
    assert_eq!(store.names(), ["notes", "orders"]);
    assert_eq!(list[1]["ttlSecond"], 60);
    assert!(list[0].get("ttlSecond").is_none(), "{list}");
    let created = list[0]["createdAt"].as_str().unwrap();
    assert!(
        created.starts_with("20") && created.ends_with('Z'),
        "{created}"
    );
    assert_eq!(created.len(), "2026-01-02T03:04:05.000Z".len());

    store.save("/notes/s", &json!({ "a": 1 }));
    store.delete("/notes");
    assert_eq!(store.names(), ["orders"]);
    check_refused(&store.get("/notes/s/properties"), 404);
    check_refused(&store.get("/notes/session-ids"), 404);
    check_done(&store.create("notes", ""));
    assert_eq!(store.get("/notes/session-ids").json(), json!([]));
}

#[test]
fn a_namespace_that_exists_is_made_again_with_another_time_to_live() {
    let store = Store::start();
    check_done(&store.create("notes", ""));
    store.save("/notes", &json!({ "a": 1 }));
    check_done(&store.create("notes", "?ttlSecond=60"));
    assert_eq!(store.get("").json()[0]["ttlSecond"], 60);
    assert_eq!(store.saved("/notes"), json!({ "a": 1 }));
    check_done(&store.create("notes", ""));
    assert!(store.get("").json()[0].get("ttlSecond").is_none());
}

#[test]
fn saving_makes_the_namespace_as_the_platform_does() {
    let store = Store::start();
    store.save("/never_made/s", &json!({ "a": 1 }));
    assert_eq!(store.names(), ["never_made"]);
}

#[test]
fn built_in_namespaces_are_there_and_are_neither_made_nor_deleted() {
    let store = Store::start();
    for name in ["faas", "consumer", "custom", "operational", "conversation"] {
        let made = check_refused(&store.create(name, ""), 400);
        assert!(made.contains("built in"), "{made}");
        let deleted = store.call(Method::DELETE, &format!("/{name}")).send();
        assert_eq!(check_refused(&deleted, 400), made);
        assert_eq!(store.get(&format!("/{name}/session-ids")).json(), json!([]));
        store.save(&format!("/{name}/s"), &json!({ "a": name }));
        assert_eq!(store.saved(&format!("/{name}/s")), json!({ "a": name }));
    }
    assert_eq!(store.names(), Vec::<Value>::new());
}

#[test]
fn sessions_are_listed_and_deleted() {
    let store = Store::start();
    for session in ["b", "a", "c"] {
        store.save(&format!("/notes/{session}"), &json!({ "p": session }));
    }
    let sessions = || store.get("/notes/session-ids").json();
    assert_eq!(sessions(), json!(["a", "b", "c"]));
    // With a slash at the end, as the toolbelt's client sends it, and without one.
    store.delete("/notes/a/properties/");
    store.delete("/notes/b/properties");
    assert_eq!(sessions(), json!(["c"]));
    check_refused(&store.get("/notes/a/properties"), 404);
    assert_eq!(store.saved("/notes/c"), json!({ "p": "c" }));
}

#[test]
fn a_session_without_properties_is_still_a_session() {
    let store = Store::start();
    store.save("/notes/s", &json!({}));
    assert_eq!(store.saved("/notes/s"), json!({}));
    store.save("/notes/s", &json!({ "a": 1 }));
    store.delete("/notes/s/properties/a");
    assert_eq!(store.saved("/notes/s"), json!({}));
    assert_eq!(store.get("/notes/session-ids").json(), json!(["s"]));
}

#[test]
fn deleting_what_is_not_there_is_done_already() {
    let store = Store::start();
    store.save("/notes/s", &json!({ "a": 1 }));
    for path in [
        "/nowhere",
        "/nowhere/properties",
        "/nowhere/s/properties/a",
        "/notes/nobody/properties",
        "/notes/s/properties/nothing",
    ] {
        store.delete(path);
    }
    assert_eq!(store.saved("/notes/s"), json!({ "a": 1 }));
    assert_eq!(store.names(), ["notes"]);
}

#[test]
fn reading_what_is_not_there_is_404_and_says_what_is_missing() {
    let store = Store::start();
    store.save("/notes/s", &json!({ "a": 1 }));
    for (path, missing) in [
        ("/nowhere/session-ids", "there is no namespace of that name"),
        ("/nowhere/properties", "there is no session of that name"),
        (
            "/notes/nobody/properties",
            "there is no session of that name",
        ),
        ("/notes/s/properties/b", "there is no property of that name"),
        (
            "/nowhere/s/properties/a",
            "there is no property of that name",
        ),
        ("/notes/s", "there is nothing here"),
        ("/notes/s/properties/a/b", "there is nothing here"),
    ] {
        assert_eq!(check_refused(&store.get(path), 404), missing, "{path}");
    }
}

#[test]
fn a_session_is_gone_when_its_time_has_passed_since_the_last_save() {
    let store = Store::start();
    check_done(&store.create("short", "?ttlSecond=8"));
    store.save("/short/renewed", &json!({ "a": 1 }));
    store.save("/short/s", &json!({ "a": 1 }));
    let saved = Instant::now();
    store.save("/long/s", &json!({ "a": 1 }));
    std::thread::sleep(Duration::from_millis(4_000));
    store.save("/short/renewed", &json!({ "b": 2 }));
    assert_eq!(store.saved("/short/s"), json!({ "a": 1 }));
    std::thread::sleep(Duration::from_millis(8_010).saturating_sub(saved.elapsed()));
    check_refused(&store.get("/short/s/properties"), 404);
    check_refused(&store.get("/short/s/properties/a"), 404);
    assert_eq!(store.get("/short/session-ids").json(), json!(["renewed"]));
    assert_eq!(store.saved("/short/renewed"), json!({ "a": 1, "b": 2 }));
    assert_eq!(store.saved("/long/s"), json!({ "a": 1 }));
    store.save("/short/s", &json!({ "b": 2 }));
    assert_eq!(store.saved("/short/s"), json!({ "b": 2 }), "it began anew");
}

#[test]
fn what_has_expired_or_was_deleted_is_swept_from_the_disk() {
    let store = Store::start();
    check_done(&store.create("short", "?ttlSecond=1"));
    store.save("/short/s", &json!({ "a": "swept" }));
    store.save("/deleted/s", &json!({ "a": "swept" }));
    store.save("/kept/s", &json!({ "a": "kept" }));
    store.delete("/deleted");
    let data_dir = store.server.data_dir.clone();
    std::thread::sleep(Duration::from_millis(1_100));
    let _directory = store.server.stop();
    // A start sweeps half a second later.
    let again = open(config(&data_dir)).expect("the server starts again");
    let rows = || {
        let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap();
        let sql = "SELECT group_concat(value) FROM context_properties";
        let values = database.query_row(sql, [], |row| row.get::<_, Option<String>>(0));
        values.unwrap()
    };
    for _ in 0..500 {
        if rows().as_deref() == Some("\"kept\"") {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(rows().as_deref(), Some("\"kept\""));
    drop(again);
}

#[test]
fn a_restart_keeps_keys_namespaces_and_properties() {
    let store = Store::start();
    check_done(&store.create("notes", "?ttlSecond=600"));
    store.save("/notes/s", &json!({ "a": [1, 2] }));
    let listed = store.get("").json();
    let (data_dir, key) = (store.server.data_dir.clone(), store.key.clone());
    let _directory = store.server.stop();
    let server = open(config(&data_dir)).expect("the server starts again");
    let keys = server.call(Method::GET, "/context-keys").send().json();
    assert!(keys[0]["lastUsedAt"].is_number(), "{keys}");
    let store = Store { server, key };
    assert_eq!(store.get("").json(), listed);
    assert_eq!(store.saved("/notes/s"), json!({ "a": [1, 2] }));
}

#[test]
fn a_key_is_shown_once_and_refused_from_its_deletion_on() {
    let server = start();
    let (id, key) = new_key(&server);
    assert!(key.starts_with("sgc_"), "{key}");
    let list = server.call(Method::GET, "/context-keys").send();
    assert!(!list.text.contains(&key), "{list:?}");
    assert_eq!(
        (&list.json()[0]["id"], &list.json()[0]["name"]),
        (&json!(id), &json!("tests"))
    );
    assert!(list.json()[0]["lastUsedAt"].is_null(), "{list:?}");
    let store = Store { server, key };
    assert_eq!(store.get("").status, 200);
    let server = &store.server;
    let list = server.call(Method::GET, "/context-keys").send().json();
    assert!(list[0]["lastUsedAt"].is_number(), "{list}");
    let delete = || {
        let path = format!("/context-keys/{id}");
        server.call(Method::DELETE, &path).send()
    };
    assert_eq!(delete().status, 204);
    check_refused(&store.get(""), 403);
    check_error(&delete(), 404, "es.notfound");
    let list = server.call(Method::GET, "/context-keys").send().json();
    assert_eq!(list, json!([]));
}

#[test]
fn without_a_valid_key_nothing_is_read_or_changed() {
    let store = Store::start();
    store.save("/notes/s", &json!({ "a": 1 }));
    let admin = store.server.admin_token.clone();
    for (method, path) in [
        (Method::GET, ""),
        (Method::POST, ""),
        (Method::DELETE, "/notes"),
        (Method::GET, "/notes/session-ids"),
        (Method::GET, "/notes/s/properties"),
        (Method::PATCH, "/notes/s/properties"),
        (Method::DELETE, "/notes/s/properties"),
        (Method::GET, "/notes/s/properties/a"),
        (Method::DELETE, "/notes/s/properties/a"),
    ] {
        let url = format!("/v1/account/{ACCOUNT}{path}");
        let call = || {
            let call = store.server.plain(method.clone(), &url).bearer(&admin);
            call.json(&json!({ "name": "mine" }))
        };
        let reply = call().send();
        assert!(check_refused(&reply, 401).contains("maven-api-key"));
        assert_eq!(reply.header("www-authenticate"), "maven-api-key");
        for key in ["", "nonsense", &admin, &store.key[1..]] {
            check_refused(&call().header("maven-api-key", key).send(), 403);
        }
    }
    assert_eq!(store.saved("/notes/s"), json!({ "a": 1 }));
}

#[test]
fn a_key_opens_contexts_and_nothing_else() {
    let store = Store::start();
    for path in ["/lambdas", "/tokens", "/context-keys", "/secrets"] {
        let call = store.server.call(Method::GET, path).bearer(&store.key);
        check_error(&call.send(), 401, "es.unauthorized");
    }
}

#[test]
fn only_admins_manage_keys() {
    let server = start();
    for role in ["developer", "invoker"] {
        let token = server.token(role);
        for (method, path) in [
            (Method::GET, "/context-keys"),
            (Method::POST, "/context-keys"),
            (
                Method::DELETE,
                "/context-keys/67e55044-10b1-426f-9247-bb680e5fe0c8",
            ),
        ] {
            let call = server.call(method, path).bearer(&token);
            let reply = call.json(&json!({ "name": "mine" })).send();
            check_error(&reply, 403, "es.forbidden");
        }
    }
}

#[test]
fn an_account_can_have_a_hundred_keys_with_names_of_a_hundred_characters() {
    let server = start();
    let create = |name: &str| {
        let call = server.call(Method::POST, "/context-keys");
        call.json(&json!({ "name": name })).send()
    };
    assert_eq!(create(&"ä".repeat(100)).status, 201);
    check_error(&create(&"ä".repeat(101)), 400, "es.badinput");
    check_error(&create(""), 400, "es.badinput");
    for _ in 1..100 {
        assert_eq!(create("another").status, 201);
    }
    let message = check_error(&create("one more"), 400, "es.badinput");
    assert!(message.contains("100 developer keys"), "{message}");
}

#[test]
fn accounts_see_nothing_of_one_another() {
    let store = Store::start();
    store.save("/notes/s", &json!({ "a": "of the first" }));
    let (data_dir, first) = (store.server.data_dir.clone(), store.key.clone());
    let _directory = store.server.stop();
    // A server makes the account that it is configured with, and an admin token where there is none.
    fs::remove_file(data_dir.join("admin.token")).unwrap();
    let other = Config {
        account: "20000002".parse().unwrap(),
        ..config(&data_dir)
    };
    let server = open(other).expect("the server starts again");
    let call = |account: &str, key: &str, path: &str| {
        let path = format!("/v1/account/{account}{path}");
        let call = server.plain(Method::GET, &path);
        call.header("maven-api-key", key).send()
    };
    let made = server
        .plain(Method::POST, "/api/account/20000002/context-keys")
        .bearer(&server.admin_token)
        .json(&json!({ "name": "second" }))
        .send();
    let second = made.json()["key"].as_str().unwrap().to_owned();

    assert_eq!(call("20000002", &second, "").json(), json!([]));
    check_refused(&call("20000002", &second, "/notes/s/properties"), 404);
    assert_eq!(call(ACCOUNT, &first, "/notes/s/properties/a").status, 200);
    let foreign = check_refused(&call(ACCOUNT, &second, "/notes/s/properties"), 403);
    check_refused(&call("20000002", &first, ""), 403);
    let unknown = check_refused(&call("30000003", &first, ""), 403);
    assert_eq!(foreign, unknown, "nobody learns which accounts there are");

    let save = server.plain(Method::PATCH, "/v1/account/20000002/notes/s/properties");
    let save = save.header("maven-api-key", &second);
    check_done(&save.json(&json!({ "a": "of the second" })).send());
    let of = |account: &str, key: &str| call(account, key, "/notes/s/properties/a").json();
    assert_eq!(of(ACCOUNT, &first), "of the first");
    assert_eq!(of("20000002", &second), "of the second");

    let keys = "/api/account/10000001/context-keys";
    let foreign = server.plain(Method::GET, keys).bearer(&server.admin_token);
    check_error(&foreign.send(), 403, "es.forbidden");
}

#[test]
fn keys_lie_on_the_disk_as_nobody_can_read_them() {
    let store = Store::start();
    store.save("/notes", &json!({ "a": 1 }));
    let (data_dir, key) = (store.server.data_dir.clone(), store.key.clone());
    let _directory = store.server.stop();
    let mut read = 0;
    for entry in fs::read_dir(data_dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let holds = bytes.windows(key.len()).any(|part| part == key.as_bytes());
            assert!(!holds, "the key stands in {}", path.display());
            read += 1;
        }
    }
    assert!(read > 2, "the database is among them");
}

#[test]
fn names_have_their_longest() {
    let store = Store::start();
    let (namespace, name) = ("n".repeat(100), "ä".repeat(200));
    check_done(&store.create(&namespace, ""));
    store.save(&format!("/{namespace}/{name}"), &json!({ name.clone(): 1 }));
    let path = format!("/{namespace}/{name}/properties/{name}");
    assert_eq!(store.get(&path).text, "1");

    let namespaces = check_refused(&store.create(&"n".repeat(101), ""), 400);
    assert!(namespaces.contains("1 to 100"), "{namespaces}");
    let long = "ä".repeat(201);
    let sessions = check_refused(&store.get(&format!("/n/{long}/properties")), 400);
    assert!(sessions.contains("1 to 200"), "{sessions}");
    let save = store.call(Method::PATCH, "/n/properties");
    let properties = check_refused(&save.json(&json!({ long: 1 })).send(), 400);
    assert!(properties.contains("1 to 200"), "{properties}");
}

#[test]
fn names_that_cannot_be_are_refused() {
    let store = Store::start();
    for name in ["", "a b", "a/b", "a.b", "ä"] {
        check_refused(&store.create(name, ""), 400);
    }
    for path in [
        "/a%20b/properties",
        "/n/properties/properties/a",
        "/n/a%0Ab/properties",
        "/n/s/properties/a%00",
        "/n/%zz/properties",
    ] {
        check_refused(&store.get(path), 400);
    }
    let save = store.call(Method::PATCH, "/n/properties");
    check_refused(&save.json(&json!({ "": 1 })).send(), 400);
}

#[test]
fn what_is_not_understood_is_400_and_saves_nothing() {
    let store = Store::start();
    for body in [
        "",
        "{",
        "[]",
        "1",
        "{\"a\":}",
        "{\"a\":1}x",
        "{\"a\":1,\"\":2}",
    ] {
        let save = store.call(Method::PATCH, "/notes/s/properties").body(body);
        check_refused(&save.send(), 400);
        check_refused(&store.call(Method::POST, "").body(body).send(), 400);
    }
    check_refused(
        &store
            .call(Method::POST, "")
            .json(&json!({ "name": 1 }))
            .send(),
        400,
    );
    for ttl in ["0", "-1", "1.5", "x", "", "315360001"] {
        let refused = check_refused(&store.create("notes", &format!("?ttlSecond={ttl}")), 400);
        assert!(refused.contains("1 to 315360000"), "{refused}");
    }
    assert_eq!(store.names(), Vec::<Value>::new());
    check_done(&store.create("notes", "?ttlSecond=315360000"));
}

#[test]
fn no_nesting_of_a_value_harms_the_server() {
    let store = Store::start();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let save = store.call(Method::PATCH, "/notes/properties");
    check_done(&save.body(format!("{{\"deep\":{deep}}}")).send());
    assert_eq!(store.get("/notes/properties/deep").text, deep);
    let save = store.call(Method::PATCH, "/notes/properties");
    let open = format!("{{\"deep\":{}", "[".repeat(200_000));
    check_refused(&save.body(open).send(), 400);
}

#[test]
fn other_methods_are_405_with_those_that_there_are() {
    let store = Store::start();
    for (method, path, allowed) in [
        (Method::PUT, "", "GET, POST"),
        (Method::GET, "/notes", "DELETE"),
        (Method::POST, "/notes/session-ids", "GET"),
        (Method::POST, "/notes/properties", "GET, PATCH, DELETE"),
        (Method::PUT, "/notes/s/properties/a", "GET, DELETE"),
    ] {
        let reply = store.call(method, path).send();
        check_refused(&reply, 405);
        assert_eq!(reply.header("allow"), allowed);
    }
}

#[test]
fn contexts_saved_at_once_are_all_there() {
    let store = Store::start();
    let saves: Vec<_> = (0..64)
        .map(|number| {
            let path = format!("/notes/s{}/properties", number % 4);
            let name = format!("p{number}");
            let call = store
                .call(Method::PATCH, &path)
                .json(&json!({ name: number }));
            crate::harness::tokio().spawn(call.send_async())
        })
        .collect();
    for save in saves {
        check_done(&crate::harness::block_on(save).unwrap().unwrap());
    }
    let sizes: Vec<_> = (0..4)
        .map(|session| {
            let saved = store.saved(&format!("/notes/s{session}"));
            saved.as_object().unwrap().len()
        })
        .collect();
    assert_eq!(sizes, [16; 4]);
}
