//! `simple-oauth2` and `openid-client`: the flows of OAuth 2, by libraries that many apps use.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::clients::{Platform, Waiting};
use crate::harness::sentinel::{CALLBACK, claims};
use crate::harness::server::ACCOUNT;

/// The status that an invocation with this token has.
fn invoke(platform: &Platform, token: &Value) -> u16 {
    let path = "/lambdas/hello/invoke?v=1&externalSystem=tests";
    let token = token.as_str().expect("a text");
    let call = platform.server.call(Method::POST, path).bearer(token);
    call.json(&json!({ "payload": {} })).send().status
}

fn start() -> Platform {
    let platform = Platform::start();
    platform.server.deploy_body("hello", "callback(null, 1)");
    platform
}

#[test]
fn simple_oauth2_gets_tokens_for_a_user_and_for_itself() {
    let platform = start();
    let server = &platform.server;
    let (app, machine) = (server.web_app(), server.machine());
    let user = server.user("ada", &["invocation"]);
    let told = json!({
        "account": ACCOUNT, "redirect": CALLBACK,
        "app": { "id": app.id, "secret": app.secret },
        "machine": { "id": machine.id, "secret": machine.secret },
    });
    let mut client = Waiting::start(platform.script("simple-oauth2.cjs", &told));
    client.agree(server, &user);
    let said = client.end();
    assert_eq!(said["state"], "the state");
    assert_eq!(said["expired"], false);
    assert_eq!(said["first"]["token_type"], "Bearer");
    assert_eq!(said["first"]["expires_in"], 28_800);
    assert_ne!(
        said["first"]["refresh_token"],
        said["second"]["refresh_token"]
    );
    assert_eq!(said["twice"], "invalid_grant", "a code is good once");
    assert_eq!(
        claims(said["app"]["access_token"].as_str().unwrap())["azp"],
        json!(machine.id)
    );
    assert_eq!(invoke(&platform, &said["app"]["access_token"]), 200);
    // Whoever shows a code twice ends what it led to (RFC 9700, section 4.5).
    assert_eq!(invoke(&platform, &said["second"]["access_token"]), 401);
}

#[test]
fn openid_client_finds_the_server_and_takes_all_that_it_says() {
    let platform = start();
    let server = &platform.server;
    let user = server.user("ada", &["invocation"]);
    let public = server.app(&json!({
        "client_name": "Phone", "grant_types": ["authorization_code"],
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
    }));
    for (app, active) in [
        (server.web_app(), json!([true, false])),
        (public, json!([null, null])),
    ] {
        let told = json!({
            "account": ACCOUNT, "redirect": CALLBACK,
            "app": { "id": app.id, "secret": app.secret },
        });
        let mut client = Waiting::start(platform.script("openid.cjs", &told));
        client.agree(server, &user);
        let said = client.end();
        let issuer = format!("https://va.sentinel.liveperson.net/sentinel/api/account/{ACCOUNT}");
        assert_eq!(said["issuer"], json!(issuer));
        assert_eq!(said["same"], true);
        assert_eq!(said["subject"], json!(user.id));
        assert!((28_790..=28_800).contains(&said["expiresIn"].as_u64().unwrap()));
        assert_ne!(said["token"], said["next"]);
        assert_eq!(said["active"], active);
        assert_eq!(said["ended"], "invalid_grant");
        assert_eq!(
            invoke(&platform, &said["next"]),
            401,
            "its session has ended"
        );
    }
}
