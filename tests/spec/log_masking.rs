//! A secret that an invocation used is in no log of it, whoever reads it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, start};

const SECRET: &str = "tr0ub4dor&3 \"x\"";

/// A server with a secret `key`, and a lambda that reads it before this code runs.
fn reads(code: &str) -> (TestServer, String) {
    let server = start();
    let put = server.call(Method::PUT, "/secrets/key");
    assert_eq!(put.json(&json!({ "value": SECRET })).send().status, 204);
    let code = format!(
        "const {{ Toolbelt }} = require('lp-faas-toolbelt');
         const secrets = Toolbelt.SecretClient();
         async function lambda(input, callback) {{
             const {{ value: secret }} = await secrets.readSecret('key');
             {code}
         }}"
    );
    let lambda = server.deploy("reads", &code);
    (server, lambda)
}

/// Everything that can be read of the lambda's logs.
fn all_logs(server: &TestServer, lambda: &str, n: usize) -> String {
    let kept = Value::from(server.logs(lambda, n)).to_string();
    let found = server.call(Method::GET, "/logs?limit=500").send().text;
    let exported = server.call(Method::GET, "/logs/export?v=1").send().text;
    format!("{kept}\n{found}\n{exported}")
}

#[test]
fn what_is_kept_of_the_logs_has_no_secret() {
    let (server, lambda) = reads(
        "console.info('key is ' + secret, secret, { a: [secret] });
         console.warn(encodeURIComponent(secret), JSON.stringify({ secret }));
         console.error(Buffer.from('user:' + secret).toString('base64'));
         callback(null, 'done');",
    );
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);
    let logs = server.logs(&lambda, 3);
    assert_eq!(logs[0]["message"], "key is ***");
    assert_eq!(logs[0]["extras"], json!(["***", { "a": ["***"] }]));
    assert_eq!(logs[1]["message"], "***");
    let all = all_logs(&server, &lambda, 3);
    assert!(!all.contains("tr0ub4dor"), "{all}");
    // The user's name may be left of `user:tr0ub4dor…`, and no more.
    assert!(
        logs[2]["message"]
            .as_str()
            .unwrap()
            .starts_with("dXNlcjp***"),
        "{logs:?}"
    );
}

#[test]
fn whoever_tries_a_lambda_out_sees_no_secret_in_its_logs_or_its_error() {
    let (server, lambda) = reads(
        "console.debug('debugging', secret);
         if (input.payload.fail) { throw new Error('not ' + secret); }
         callback(null, 'done');",
    );
    let tried = server.test_run(&lambda, json!({})).send();
    assert_eq!(
        tried.json()["logs"][0]["extras"],
        json!(["***"]),
        "{tried:?}"
    );
    let failed = server.test_run(&lambda, json!({ "fail": true })).send();
    assert_eq!(failed.status, 901, "{failed:?}");
    assert_eq!(failed.json()["errorMsg"], "not ***");
    assert!(!failed.text.contains("tr0ub4dor"), "{failed:?}");
}

#[test]
fn the_log_of_a_failure_has_no_secret() {
    let (server, lambda) = reads("throw new Error('not ' + secret);");
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 901);
    let logs = server.logs(&lambda, 1);
    assert_eq!(logs[0]["message"], "Received Error - not ***");
    assert!(!all_logs(&server, &lambda, 1).contains("tr0ub4dor"));
}

#[test]
fn a_secret_that_is_written_is_masked_too_and_so_is_what_was_said_before() {
    let (server, lambda) = reads(
        "console.info('new: n3w-value');
         await secrets.updateSecret({ key: 'key', value: 'n3w-value' });
         console.info('now: n3w-value, before: ' + secret);
         callback(null, 'done');",
    );
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);
    let logs = server.logs(&lambda, 2);
    assert_eq!(logs[0]["message"], "new: ***");
    assert_eq!(logs[1]["message"], "now: ***, before: ***");
}

#[test]
fn what_an_invocation_did_not_read_is_not_masked() {
    let (server, _) = reads("callback(null, secret)");
    let says = format!("console.info({}); callback(null, 1)", json!(SECRET));
    let lambda = server.deploy_body("says", &says);
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);
    assert_eq!(server.logs(&lambda, 1)[0]["message"], SECRET);
    let returned = server.invoke("reads", json!({})).send();
    assert_eq!(returned.json(), SECRET, "a result is the lambda's own");
}
