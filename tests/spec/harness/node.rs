//! Does a lambda say what Node.js says?

use std::path::Path;
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
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let theirs = run_in_node(here, &format!("(async () => {{ {body} }})()"));
    if let (Value::Array(ours), Value::Array(theirs)) = (&ours, &theirs) {
        let differing: Vec<_> = ours.iter().zip(theirs).filter(|(a, b)| a != b).collect();
        assert_eq!(json!(differing), json!([]), "[ours, Node.js], of {body}");
    }
    assert_eq!(ours, theirs, "ours and that of Node.js, of {body}");
    ours
}

/// What the promise that an expression gives in the machine's Node.js resolves to, with modules looked for from a folder.
#[track_caller]
pub(crate) fn run_in_node(folder: &Path, promise: &str) -> Value {
    let script =
        format!("{promise}.then(value => process.stdout.write(JSON.stringify(value ?? null)))");
    let ran = Command::new("node")
        .args(["--no-warnings", "-e", &script])
        .current_dir(folder)
        .env("TZ", "UTC")
        .env("LC_ALL", "en_US.UTF-8")
        .output()
        .expect("the tests need Node.js");
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(
        ran.status.success(),
        "Node.js failed: {errors}\nof {promise}"
    );
    serde_json::from_slice(&ran.stdout).expect("it printed JSON")
}

/// Compares the answers to probes by their names, and shows those that differ.
#[track_caller]
pub(crate) fn same_answers(of: &str, ours: &Value, node: &Value) {
    let ours = ours.as_object().expect("an answer to each probe");
    let node = node.as_object().expect("an answer to each probe");
    assert_eq!(
        ours.len(),
        node.len(),
        "of {of}: Node.js was asked something else"
    );
    let differing: Vec<_> = node
        .iter()
        .filter(|(name, answer)| ours.get(*name) != Some(answer))
        .map(|(name, answer)| json!({ "probe": name, "node": answer, "ours": ours.get(name) }))
        .collect();
    assert!(differing.is_empty(), "of {of}: {differing:#?}");
}
