//! A source can be checked while it is written: nothing of it is run or kept.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::binary::Serving;
use crate::harness::server::{Reply, TestServer, check_error, start};
use crate::harness::temporary;

fn check(server: &TestServer, body: &Value) -> Reply {
    server.call(Method::POST, "/check").json(body).send()
}

#[track_caller]
fn diagnostics(server: &TestServer, code: &str) -> Value {
    let reply = check(server, &json!({ "code": code }));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["diagnostics"].clone()
}

#[test]
fn a_sound_source_has_no_mistakes_and_is_not_run() {
    let server = start();
    let sound = "function lambda(input, callback) {}";
    assert_eq!(diagnostics(&server, sound), json!([]));
    let endless = "for (;;);\nfunction lambda(input, callback) {}";
    assert_eq!(diagnostics(&server, endless), json!([]));
    let lambdas = server.call(Method::GET, "/lambdas").send().json();
    assert_eq!(lambdas, json!([]));
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_to_do() {
    let server = start();
    let body = json!({ "code": "function lambda() {\n  let x = ;\n}", "fileName": "mine.ts" });
    let found = check(&server, &body).json();
    let mistake = &found["diagnostics"][0];
    assert_eq!(
        (&mistake["fileName"], &mistake["line"], &mistake["severity"]),
        (&json!("mine.ts"), &json!(2), &json!("error"))
    );
    assert_eq!(mistake["column"], 11, "{mistake}");
    assert!(!mistake["message"].as_str().unwrap().is_empty());
    let none = diagnostics(&server, "const x = 1;");
    assert!(none[0]["hint"].is_string(), "{none}");
    let missing = diagnostics(
        &server,
        "import x from 'no-such-package';\nexport const lambda = x;",
    );
    assert_eq!(missing[0]["line"], 1, "{missing}");
}

#[test]
fn every_mistake_that_shows_is_told_in_the_order_of_the_lines() {
    let server = start();
    let lines = |code: &str| {
        let found = diagnostics(&server, code);
        let found = found.as_array().unwrap().iter();
        found
            .map(|one| one["line"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    let code = "function lambda() {\n  let a = ;\n  let b = 1;\n  f(a b);\n}";
    assert_eq!(lines(code), [2, 4]);
    let imports = "import a from 'none-a';\nimport url from 'url';\nimport b from './none-b';\n";
    assert_eq!(
        lines(&format!(
            "{imports}export const lambda = () => [a, b, url];"
        )),
        [1, 3]
    );
    assert_eq!(lines(&"return 1;\n".repeat(20)).len(), 20);
    assert_eq!(lines(&"return 1;\n".repeat(21)).len(), 20);
}

#[test]
fn a_source_may_have_a_hundred_thousand_characters_and_not_one_more() {
    let server = start();
    let start = "function lambda(input, callback) {} //";
    let code = format!("{start}{}", "é".repeat(100_000 - start.len()));
    assert_eq!(diagnostics(&server, &code), json!([]));
    let found = diagnostics(&server, &format!("{code}x"));
    assert!(
        found[0]["message"].as_str().unwrap().contains("100,000"),
        "{found}"
    );
}

#[test]
fn only_who_may_change_lambdas_has_sources_checked() {
    let server = start();
    let body = json!({ "code": "" });
    for (role, status) in [("admin", 403), ("developer", 200), ("invocation", 403)] {
        let call = server
            .call(Method::POST, "/check")
            .bearer(&server.token(role));
        assert_eq!(call.json(&body).send().status, status, "{role}");
    }
    check_error(&check(&server, &json!({ "code": 1 })), 400, "es.badinput");
    check_error(
        &check(&server, &json!({ "code": "", "x": 1 })),
        400,
        "es.badinput",
    );
}

/// Each constant is twice as long as the last, and the bundler evaluates them: ten terabytes in the end.
fn doubling() -> String {
    let constants: String = (0..40)
        .map(|n| format!("const a{} = a{n} + a{n};", n + 1))
        .collect();
    format!("const a0 = 'xxxxxxxxxx'; {constants} export const lambda = () => a40;")
}

#[test]
fn a_source_is_checked_in_a_confined_process_and_so_is_a_draft() {
    let directory = temporary::directory();
    let server = Serving::start(&directory.path().join("data"));
    let body = json!({ "code": doubling(), "fileName": "a.mjs" });
    let checked = server.call(Method::POST, "/check").json(&body).send();
    assert_eq!(checked.status, 200, "{checked:?}");
    let message = checked.json()["diagnostics"][0]["message"].to_string();
    assert!(message.contains("memory"), "{message}");
    let twice = json!({ "code": "let a = ;\nlet b = ;" });
    let checked = server.call(Method::POST, "/check").json(&twice).send();
    assert_eq!(checked.json()["diagnostics"][1]["line"], 2, "{checked:?}");
    let body = json!({ "code": doubling(), "fileName": "a.mjs", "input": { "payload": 1 } });
    let run = server.call(Method::POST, "/run").json(&body).send();
    assert_eq!(
        (run.status, &run.json()["outcome"]),
        (200, &json!("notBuilt")),
        "{run:?}"
    );
}
