//! `authlib`: the flows of OAuth 2, by the library that most apps in Python use.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::clients::{Platform, Waiting};
use crate::harness::sentinel::{CALLBACK, TestApp};
use crate::harness::server::ACCOUNT;

/// Lets authlib do all that it can as this app; what it says.
fn run(platform: &Platform, app: &TestApp) -> Value {
    let server = &platform.server;
    let machine = server.machine();
    let user = server.user(&format!("user of {}", app.id), &["invocation"]);
    let told = json!({
        "account": ACCOUNT, "redirect": CALLBACK,
        "app": { "id": app.id, "secret": app.secret },
        "machine": { "id": machine.id, "secret": machine.secret },
    });
    let mut client = Waiting::start(platform.python("authlib_flows.py", &told));
    client.agree(server, &user);
    let said = client.end();
    assert_eq!(said["user"]["subject"], json!(user.id));
    for method in ["client_secret_basic", "client_secret_post"] {
        assert_eq!(said["machine"][method]["claims"]["azp"], json!(machine.id));
    }
    said
}

/// The status that an invocation with this token has.
fn invoke(platform: &Platform, token: &Value) -> u16 {
    let path = "/lambdas/hello/invoke?v=1&externalSystem=tests";
    let token = token.as_str().expect("a text");
    let call = platform.server.call(Method::POST, path).bearer(token);
    call.json(&json!({ "payload": {} })).send().status
}

#[test]
fn authlib_finds_the_server_and_takes_all_that_it_says() {
    let platform = Platform::start();
    let server = &platform.server;
    server.deploy_body("hello", "callback(null, 1)");
    let public = server.app(&json!({
        "client_name": "Phone", "grant_types": ["authorization_code"],
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
    }));
    for (app, active) in [
        (server.web_app(), json!([true, false])),
        (public, Value::Null),
    ] {
        let said = run(&platform, &app);
        let issuer = format!("https://va.sentinel.liveperson.net/sentinel/api/account/{ACCOUNT}");
        assert_eq!(said["issuer"], json!(issuer));
        let user = &said["user"];
        assert_eq!(user["forged"], "mismatching_state", "{user}");
        assert_eq!(user["expiresIn"], 28_800);
        assert_ne!(user["first"], user["second"]);
        assert_eq!(user["active"], active);
        assert_eq!(user["ended"], "invalid_grant");
        assert_eq!(user["twice"], "invalid_grant", "a code is good once");
        assert_eq!(
            invoke(&platform, &user["second"]),
            401,
            "its session has ended"
        );
        let machine = &said["machine"];
        assert_eq!(machine["bent"], "refused");
        assert_eq!(machine["wrong"], "invalid_client");
        assert_eq!(
            invoke(&platform, &machine["client_secret_basic"]["token"]),
            200
        );
    }
}
