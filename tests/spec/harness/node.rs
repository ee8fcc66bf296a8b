//! Does a lambda say what Node.js says?

use std::process::Command;

use serde_json::{Value, json};

use super::{async_lambda, result_of};

/// Runs the body of an async function in a sandbox and in the machine's Node.js; both must return the same.
/// Returns what that is.
#[track_caller]
pub(crate) fn same_as_in_node(body: &str) -> Value {
    let ours = result_of(&async_lambda(&format!(
        "callback(null, await (async () => {{ {body} }})())"
    )));
    let script = format!(
        "(async () => {{ {body} }})().then(value => process.stdout.write(JSON.stringify(value ?? null)))"
    );
    let ran = Command::new("node")
        .args(["--no-warnings", "-e", &script])
        .env("TZ", "UTC")
        .env("LC_ALL", "en_US.UTF-8")
        .output()
        .expect("the tests need Node.js");
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "Node.js failed: {errors}\nof {body}");
    let theirs: Value = serde_json::from_slice(&ran.stdout).expect("it printed JSON");
    if let (Value::Array(ours), Value::Array(theirs)) = (&ours, &theirs) {
        let differing: Vec<_> = ours.iter().zip(theirs).filter(|(a, b)| a != b).collect();
        assert_eq!(json!(differing), json!([]), "[ours, Node.js], of {body}");
    }
    assert_eq!(ours, theirs, "ours and that of Node.js, of {body}");
    ours
}
