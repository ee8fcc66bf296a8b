//! Administrators install apps themselves, and see each secret once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::binary;
use crate::harness::sentinel::{Browser, CALLBACK};
use crate::harness::server::{Reply, TestServer, check_error, config, open, start};
use crate::harness::{block_on, tokio};

fn install(server: &TestServer, app: &Value) -> Reply {
    server.call(Method::POST, "/apps").json(app).send()
}

#[test]
fn the_platforms_installation_documents_are_taken() {
    let server = start();
    for app in [
        json!({
            "client_name": "Shop", "description": "Sells.", "grant_types": ["authorization_code"],
            "response_types": ["code"], "scope": "faas.lambda.invoke",
            "redirect_uris": ["http://localhost/callback", "http://localhost:3000/callback"],
        }),
        json!({
            "client_name": "CRM", "grant_types": ["client_credentials"],
            "response_types": ["token"], "scope": "faas.lambda.invoke",
        }),
    ] {
        let reply = install(&server, &app);
        assert_eq!(reply.status, 201, "{reply:?}");
        let installed = reply.json();
        for (name, value) in app.as_object().unwrap() {
            assert_eq!(installed[name], *value, "{name}");
        }
        assert!(installed["client_secret"].as_str().unwrap().len() > 40);
        assert!(installed["client_id"].is_string());
    }
}

#[test]
fn a_secret_is_shown_once() {
    let server = start();
    let app = server.machine();
    let list = server.call(Method::GET, "/apps").send();
    assert_eq!(list.json()[0]["client_id"], app.id);
    assert!(!list.text.contains(&app.secret), "{list:?}");
    assert!(list.json()[0].get("client_secret").is_none());
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let server = start();
    let many: Vec<_> = (0..11)
        .map(|n| format!("https://app.example/{n}"))
        .collect();
    let code = |uris: Value| {
        json!({
            "client_name": "x", "grant_types": ["authorization_code"], "redirect_uris": uris,
        })
    };
    for app in [
        json!({ "client_name": "x", "grant_types": [] }),
        json!({ "client_name": "x", "grant_types": ["implicit"] }),
        json!({ "client_name": "", "grant_types": ["client_credentials"] }),
        json!({ "client_name": "x".repeat(101), "grant_types": ["client_credentials"] }),
        json!({ "grant_types": ["client_credentials"] }),
        json!({ "client_name": "x", "grant_types": ["client_credentials"], "scope": "admin" }),
        json!({ "client_name": "x", "grant_types": ["client_credentials"], "more": 1 }),
        json!({ "client_name": "x", "grant_types": ["client_credentials"], "response_types": ["code"] }),
        json!({
            "client_name": "x", "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "none",
        }),
        json!({
            "client_name": "x", "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
        }),
        code(json!([])),
        code(json!(many)),
        code(json!(["http://app.example/"])),
        code(json!(["https://app.example/#x"])),
        code(json!(["javascript:alert(1)"])),
    ] {
        let reply = install(&server, &app);
        check_error(&reply, 400, "es.badinput");
    }
    assert_eq!(install(&server, &code(json!(many[..10]))).status, 201);
    let long = json!({ "client_name": "x".repeat(100), "grant_types": ["client_credentials"] });
    assert_eq!(install(&server, &long).status, 201);
}

#[test]
fn an_account_can_have_two_hundred_apps_and_not_one_more() {
    let server = start();
    let (data_dir, _directory) = (server.data_dir.clone(), server.stop());
    let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).unwrap();
    let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 199)
               INSERT INTO apps
               SELECT 'app-' || n, 1, 'app', '', 'client_credentials', '[]', NULL, 5, 5 FROM n";
    database.execute_batch(sql).unwrap();
    drop(database);
    let server = open(config(&data_dir)).unwrap();
    server.machine();
    let one_more = json!({ "client_name": "x", "grant_types": ["client_credentials"] });
    let message = check_error(&install(&server, &one_more), 400, "es.badinput");
    assert_eq!(message, "an account can have 200 apps");
}

#[test]
fn an_app_that_does_not_exist_is_not_found() {
    let server = start();
    let nobody = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let calls = [
        server.call(Method::DELETE, &format!("/apps/{nobody}")),
        server.call(Method::POST, &format!("/apps/{nobody}/secret")),
    ];
    for call in calls {
        check_error(&call.send(), 404, "es.notfound");
    }
    let reply = server.call(Method::DELETE, "/apps/not-an-id").send();
    check_error(&reply, 400, "es.badinput");
}

#[test]
fn the_command_installs_lists_and_removes_apps() {
    let server = start();
    let run = |arguments: &[&str]| {
        let mut command = binary::sandglass(arguments);
        command.env("SANDGLASS_SERVER", &server.url);
        command.env("SANDGLASS_TOKEN", &server.admin_token);
        binary::run(command)
    };
    let installed = run(&[
        "app",
        "install",
        "--name",
        "shop",
        "--grant",
        "authorization_code",
        "--redirect",
        CALLBACK,
        "--json",
    ]);
    assert_eq!(installed.code, 0, "{installed:?}");
    let app = installed.json();
    let id = app["client_id"].as_str().unwrap();
    assert_eq!(app["redirect_uris"], json!([CALLBACK]));
    let rotated = run(&["app", "rotate", id, "--json"]);
    assert_ne!(rotated.json()["client_secret"], app["client_secret"]);
    let public = run(&[
        "app",
        "install",
        "--name",
        "phone",
        "--public",
        "--grant",
        "authorization_code",
        "--redirect",
        "com.example.phone:/cb",
    ]);
    assert_eq!(public.code, 0, "{public:?}");
    assert!(!public.out.contains("client_secret"), "{public:?}");
    assert_eq!(
        run(&["app", "list", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(run(&["app", "remove", id]).code, 0);
    assert_eq!(run(&["app", "remove", id]).code, 4);
}

#[test]
fn an_app_can_be_renamed_and_sent_elsewhere_and_keeps_its_id_its_secret_and_its_tokens() {
    let server = start();
    let (app, user) = (server.web_app(), server.user("ada", &["invocation"]));
    let tokens = server.tokens(&app, &user);
    let path = format!("/apps/{}", app.id);
    let change = |body: &Value| server.call(Method::PATCH, &path).json(body).send();
    let elsewhere = "https://other.example/back";
    let changed = change(&json!({ "client_name": "Other shop", "redirect_uris": [elsewhere] }));
    assert_eq!(changed.status, 200, "{changed:?}");
    let shown = server.call(Method::GET, "/apps").send().json()[0].clone();
    assert_eq!(changed.json(), shown);
    assert_eq!(
        [
            &shown["client_id"],
            &shown["client_name"],
            &shown["redirect_uris"]
        ],
        [&json!(app.id), &json!("Other shop"), &json!([elsewhere])]
    );
    // Browsers are sent to the new address only, and the secret is the one that it was.
    let old = Browser::new(&server).ask(&app, &[]);
    assert_eq!(old.status, 400, "{old:?}");
    let refreshed = server.refresh(&app, tokens["refresh_token"].as_str().unwrap());
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let introspected = server.sentinel(
        "token/introspect",
        &[
            ("token", refreshed.json()["access_token"].as_str().unwrap()),
            ("client_id", &app.id),
            ("client_secret", &app.secret),
        ],
    );
    assert_eq!(introspected.send().json()["active"], true);
    let log = server
        .call(Method::GET, "/audit?action=app.change")
        .send()
        .json();
    assert_eq!(log["entries"][0]["targetName"], "Other shop", "{log}");

    // What is left out stays, and what breaks a rule changes nothing.
    assert_eq!(change(&json!({ "description": "Sells." })).status, 200);
    for wrong in [
        json!({ "client_name": "" }),
        json!({ "redirect_uris": [] }),
        json!({ "redirect_uris": ["http://app.example/"] }),
        json!({ "description": "x".repeat(501) }),
        json!({ "grant_types": ["client_credentials"] }),
    ] {
        check_error(&change(&wrong), 400, "es.badinput");
    }
    let missing = server.call(Method::PATCH, "/apps/67e55044-10b1-426f-9247-bb680e5fe0c8");
    check_error(&missing.json(&json!({})).send(), 404, "es.notfound");

    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let again = open(config(&data_dir)).unwrap();
    let shown = again.call(Method::GET, "/apps").send().json()[0].clone();
    assert_eq!(
        [
            &shown["client_name"],
            &shown["description"],
            &shown["redirect_uris"]
        ],
        [&json!("Other shop"), &json!("Sells."), &json!([elsewhere])]
    );
}

#[test]
fn a_secret_that_is_replaced_leaves_what_was_changed_meanwhile() {
    let server = start();
    let app = server.machine();
    let path = format!("/apps/{}", app.id);
    let calls = (0..8).map(|n| {
        let body = json!({ "client_name": format!("name {n}") });
        let rename = server.call(Method::PATCH, &path).json(&body);
        let rotate = server.call(Method::POST, &format!("{path}/secret"));
        [
            tokio().spawn(rename.send_async()),
            tokio().spawn(rotate.send_async()),
        ]
    });
    let calls: Vec<_> = calls.flatten().collect();
    let mut secrets = Vec::new();
    for reply in calls {
        let reply = block_on(reply).unwrap().unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        secrets.extend(reply.json()["client_secret"].as_str().map(str::to_owned));
    }
    let opens = |secret: &str| {
        let parameters = [
            ("grant_type", "client_credentials"),
            ("client_id", app.id.as_str()),
            ("client_secret", secret),
        ];
        server
            .sentinel("app/token?v=2.0", &parameters)
            .send()
            .status
            == 200
    };
    // Of all secrets one is good, and the first is none of them.
    assert!(!opens(&app.secret));
    assert_eq!(secrets.iter().filter(|secret| opens(secret)).count(), 1);
}
