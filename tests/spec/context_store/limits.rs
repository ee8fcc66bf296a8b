//! How much an account may save, at each limit and past it.

use super::*;

#[test]
fn an_account_can_have_so_many_namespaces_and_not_one_more() {
    let store = Store::bounded(|context| context.namespaces_max = 3);
    store.save("/faas/s", &json!({ "a": 1 }));
    for name in ["a", "b", "c"] {
        check_done(&store.create(name, ""));
    }
    let refused = check_refused(&store.create("d", ""), 400);
    assert_eq!(refused, "an account can have 3 namespaces");
    let save = store.call(Method::PATCH, "/d/s/properties");
    assert_eq!(
        check_refused(&save.json(&json!({ "a": 1 })).send(), 400),
        refused
    );
    check_done(&store.create("a", ""));
    store.save("/custom/s", &json!({ "a": 1 }));
    store.delete("/b");
    check_done(&store.create("d", ""));
    assert_eq!(store.names(), ["a", "c", "d"]);
}

#[test]
fn a_namespace_can_have_so_many_sessions_and_not_one_more() {
    let store = Store::bounded(|context| context.sessions_max = 2);
    store.save("/notes/a", &json!({ "p": 1 }));
    store.save("/notes/b", &json!({ "p": 1 }));
    let save = store.call(Method::PATCH, "/notes/c/properties");
    let refused = check_refused(&save.json(&json!({ "p": 1 })).send(), 400);
    assert_eq!(refused, "a namespace can have 2 sessions");
    store.save("/notes/a", &json!({ "p": 2 }));
    store.save("/other/c", &json!({ "p": 1 }));
    store.delete("/notes/a/properties");
    store.save("/notes/c", &json!({ "p": 1 }));
    assert_eq!(store.get("/notes/session-ids").json(), json!(["b", "c"]));
}

#[test]
fn a_session_can_have_so_many_properties_and_not_one_more() {
    let store = Store::bounded(|context| context.properties_max = 3);
    store.save("/notes/s", &json!({ "a": 1, "b": 2 }));
    let save = |properties: Value| {
        let call = store.call(Method::PATCH, "/notes/s/properties");
        call.json(&properties).send()
    };
    let refused = check_refused(&save(json!({ "a": 9, "c": 3, "d": 4 })), 400);
    assert_eq!(refused, "a session can have 3 properties");
    assert_eq!(
        store.saved("/notes/s"),
        json!({ "a": 1, "b": 2 }),
        "nothing of it is saved"
    );
    let many = json!({ "a": 1, "b": 2, "c": 3, "d": 4 });
    assert_eq!(check_refused(&save(many), 400), refused);
    check_done(&save(json!({ "a": 9, "b": 8, "c": 7 })));
    assert_eq!(store.saved("/notes/s"), json!({ "a": 9, "b": 8, "c": 7 }));
}

#[test]
fn a_value_may_be_as_long_as_the_limit_and_not_a_byte_longer() {
    let store = Store::bounded(|context| context.value_bytes_max = ByteSize::bytes(10));
    store.save("/notes", &json!({ "a": "12345678" }));
    let save = store.call(Method::PATCH, "/notes/properties");
    let refused = check_refused(&save.json(&json!({ "a": "123456789" })).send(), 413);
    assert_eq!(refused, "document too large: a value can have 10 B");
    assert_eq!(store.saved("/notes"), json!({ "a": "12345678" }));
}

#[test]
fn a_session_may_hold_as_many_bytes_as_the_limit_and_not_one_more() {
    let store = Store::bounded(|context| context.session_bytes_max = ByteSize::bytes(20));
    store.save("/notes/s", &json!({ "a": "1234567", "b": "1234567" }));
    let save = store.call(Method::PATCH, "/notes/s/properties");
    let refused = check_refused(&save.json(&json!({ "b": "12345678" })).send(), 413);
    assert_eq!(refused, "document too large: a session can have 20 B");
    assert_eq!(store.get("/notes/s/properties/b").text, "\"1234567\"");
    store.save("/notes/other", &json!({ "a": "1234567", "b": "1234567" }));
    store.delete("/notes/s/properties/a");
    store.save("/notes/s", &json!({ "c": "1234567" }));
}

#[test]
fn an_account_may_hold_as_many_bytes_as_the_limit_and_not_one_more() {
    // Of a session its name counts too.
    let store = Store::bounded(|context| context.account_bytes_max = ByteSize::bytes(30));
    store.save("/one/s", &json!({ "a": "123456789012" }));
    store.save("/two/s", &json!({ "a": "1234567890" }));
    let save = store.call(Method::PATCH, "/two/s/properties");
    let refused = check_refused(&save.json(&json!({ "b": 1 })).send(), 413);
    assert_eq!(refused, "document too large: an account can have 30 B");
    store.save("/two/s", &json!({ "a": "12345678" }));
    store.save("/two/s", &json!({ "b": 1 }));
    store.delete("/one");
    store.save("/three/s", &json!({ "a": "12345678" }));
}

#[test]
fn a_body_may_be_as_large_as_the_limit_and_not_a_byte_larger() {
    let store = Store::bounded(|context| context.body_bytes_max = ByteSize::bytes(100));
    let save = |bytes: usize| {
        let body = format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert_eq!(body.len(), bytes);
        let call = store.call(Method::PATCH, "/notes/properties");
        call.body(body).send()
    };
    check_done(&save(100));
    let refused = check_refused(&save(101), 413);
    assert_eq!(refused, "the body is larger than 100 B");
}

#[test]
fn the_default_limits_are_those_that_the_configuration_names() {
    let store = Store::start();
    let long = |bytes: usize| "x".repeat(bytes - 2);
    store.save(
        "/notes/s",
        &json!({ "a": long(256 * 1024), "b": long(256 * 1024) }),
    );
    let save = |properties: Value| {
        let call = store.call(Method::PATCH, "/notes/s/properties");
        call.json(&properties).send()
    };
    check_refused(&save(json!({ "a": long(256 * 1024 + 1) })), 413);
    store.save("/notes/s", &json!({ "c": long(256 * 1024) }));
    let rest = 800_000 - 3 * (256 * 1024 + 1) - 1;
    check_refused(&save(json!({ "d": long(rest + 1) })), 413);
    check_done(&save(json!({ "d": long(rest) })));
    let many: serde_json::Map<_, _> = (0..1_000).map(|n| (n.to_string(), json!(n))).collect();
    store.save("/notes/many", &Value::Object(many));
    let save = store.call(Method::PATCH, "/notes/many/properties");
    check_refused(&save.json(&json!({ "one more": 1 })).send(), 400);
}
