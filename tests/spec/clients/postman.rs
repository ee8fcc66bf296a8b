//! The Postman collection in `docs/` does the external invocation of the user guide.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::clients::{Platform, finish};
use crate::harness::sentinel::PASSWORD;

/// Where the collection has its user sent back to.
const REDIRECT: &str = "http://localhost:3000/callback";

#[test]
fn newman_runs_the_collection_from_the_domain_api_to_the_invocation() {
    let platform = Platform::start();
    let server = &platform.server;
    let body = "const { name } = input.payload; \
                if (name) callback(null, { greeting: `Hello ${name}` }); else callback(new Error('no name'));";
    let lambda = server.deploy_body("greeting", body);
    let user = server.user("ada@example.com", &["invocation"]);
    let app = server.app(&json!({
        "client_name": "Postman", "grant_types": ["authorization_code"], "redirect_uris": [REDIRECT],
    }));
    let machine = server.machine();
    let collection = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/external-invocation.postman_collection.json");
    let mut command = platform.program("newman/bin/newman.js");
    command.arg("run").arg(collection);
    command.args(["--reporters", "json", "--reporter-json-export", "run.json"]);
    for (name, value) in [
        ("server", server.url.as_str()),
        ("lambda", &lambda),
        ("client_id", &app.id),
        ("client_secret", &app.secret),
        ("username", &user.name),
        ("password", PASSWORD),
        ("machine_id", &machine.id),
        ("machine_secret", &machine.secret),
    ] {
        command.arg("--env-var").arg(format!("{name}={value}"));
    }
    finish(command);
    let run = std::fs::read(platform.home().join("run.json")).expect("newman writes it");
    let run: Value = serde_json::from_slice(&run).expect("it is JSON");
    let assertions = &run["run"]["stats"]["assertions"];
    assert_eq!(
        (&assertions["total"], &assertions["failed"]),
        (&json!(19), &json!(0))
    );
    let executions = run["run"]["executions"].as_array().expect("a list");
    let asked = executions
        .iter()
        .map(|one| json!([one["item"]["name"], one["response"]["code"]]));
    let expected = json!([
        ["Domain API", 200],
        ["Authorize", 200],
        ["Sign in", 200],
        ["Agree", 303],
        ["Code for tokens", 200],
        ["Invoke", 200],
        ["Refresh", 200],
        ["Invoke a lambda that fails", 901],
        ["Revoke", 200],
        ["Invoke with a token that was revoked", 401],
        ["App JWT", 200],
        ["Invoke", 200],
    ]);
    assert_eq!(Value::from(asked.collect::<Vec<_>>()), expected);
}
