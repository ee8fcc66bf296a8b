//! What of two runs is compared, and what is not?
//!
//! Results, failures, logs and requests are. Left out is what differs by nature: stacks, the words of a
//! crash, and the headers that an HTTP client adds for its connection.

use std::collections::BTreeMap;

use sandglass_runtime::{Exchange, FailureKind, Import, LogEntry, Outcome, Report};
use serde::Serialize;
use serde_json::{Value, json};

use super::NodeRun;

/// Headers that say something about a connection or a client, not about the request.
const OF_THE_CLIENT: [&str; 8] = [
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "sec-fetch-mode",
    "traceparent",
    "transfer-encoding",
];

/// Names of what only a crash is called, whose words each engine chooses.
const CRASHES: [&str; 5] = [
    "TypeError",
    "ReferenceError",
    "SyntaxError",
    "RangeError",
    "InternalError",
];

/// Where two runs first differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The place, such as `result.items[0].name`, `logs[1].message` or `requests[0].headers.accept`.
    pub path: String,
    /// What the sandbox has there; nothing when it has no such place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Value>,
    /// What Node.js has there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Value>,
}

/// The first difference between what a lambda did in its sandbox and in Node.js. Nothing is said of an
/// invocation that ran into a limit: Node.js has none.
pub fn first_difference(report: &Report, node: &NodeRun) -> Option<Difference> {
    if matches!(report.outcome, Outcome::Exceeded(_)) {
        return None;
    }
    let sides = [
        ("requests", requests(&report.exchanges), asked(&node.asked)),
        ("logs", logs(&report.logs), told(&node.logs)),
        ("", outcome(&report.outcome), settled(&node.outcome)),
    ];
    sides
        .into_iter()
        .find_map(|(path, sandbox, node)| differ(path, Some(&sandbox), Some(&node)))
}

/// The first place where two values are not equal.
fn differ(path: &str, sandbox: Option<&Value>, node: Option<&Value>) -> Option<Difference> {
    match (sandbox, node) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names = one
                .keys()
                .chain(other.keys().filter(|name| !one.contains_key(*name)));
            names
                .map(|name| (joined(path, name), one.get(name), other.get(name)))
                .find_map(|(path, one, other)| differ(&path, one, other))
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => (0..one.len().max(other.len()))
            .find_map(|at| differ(&format!("{path}[{at}]"), one.get(at), other.get(at))),
        (Some(one), Some(other)) if one == other => None,
        (sandbox, node) => Some(Difference {
            path: path.to_owned(),
            sandbox: sandbox.cloned(),
            node: node.cloned(),
        }),
    }
}

fn joined(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Returned(Some(result)) => {
            json!({ "result": serde_json::from_str::<Value>(result.get()).unwrap_or_default() })
        }
        Outcome::Returned(None) => json!({}),
        Outcome::Threw(failure) => {
            let kind = match failure.kind {
                FailureKind::Custom => "custom",
                FailureKind::RuntimeError => "runtime_error",
                FailureKind::Unfinished => "unfinished",
                _ => "crashed",
            };
            thrown(kind, &failure.name, &failure.message)
        }
        other => json!({ "outcome": format!("{other:?}") }),
    }
}

fn settled(outcome: &Value) -> Value {
    if let Some(returned) = outcome.get("returned") {
        return match returned.as_str().map(serde_json::from_str::<Value>) {
            Some(Ok(result)) => json!({ "result": result }),
            _ => json!({}),
        };
    }
    let threw = &outcome["threw"];
    let text = |name: &str| threw[name].as_str().unwrap_or_default();
    thrown(text("kind"), text("name"), text("message"))
}

fn thrown(kind: &str, name: &str, message: &str) -> Value {
    match (kind, name) {
        ("unfinished", _) => json!({ "error": { "kind": kind } }),
        (_, name) if CRASHES.contains(&name) => json!({ "error": { "kind": kind, "name": name } }),
        _ => json!({ "error": { "kind": kind, "name": name, "message": message } }),
    }
}

fn logs(entries: &[LogEntry]) -> Value {
    let entry = |entry: &LogEntry| {
        let extras = serde_json::from_str(entry.extras.get()).unwrap_or_default();
        log(entry.level.as_str(), &entry.message, extras)
    };
    entries.iter().map(entry).collect()
}

fn told(logs: &[Value]) -> Value {
    let entry = |entry: &Value| {
        let level = entry["level"].as_str().unwrap_or_default();
        let message = entry["message"].as_str().unwrap_or_default();
        log(level, message, entry["extras"].clone())
    };
    logs.iter().map(entry).collect()
}

fn log(level: &str, message: &str, mut extras: Value) -> Value {
    without_stacks(&mut extras);
    let lines = message
        .lines()
        .filter(|line| !line.trim_start().starts_with("at "));
    let mut message = lines.collect::<Vec<_>>().join("\n");
    if message.starts_with("Received Error - ") && level == "Error" {
        // Its words are compared where it is the outcome.
        message = "Received Error".to_owned();
    }
    json!({ "level": level, "message": message, "extras": extras })
}

/// Errors are logged with their stacks.
fn without_stacks(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("name") && members.contains_key("message") {
                members.remove("stack");
            }
            members.values_mut().for_each(without_stacks);
        }
        Value::Array(items) => items.iter_mut().for_each(without_stacks),
        _ => {}
    }
}

fn requests(exchanges: &[Exchange]) -> Value {
    let request = |exchange: &Exchange| {
        let import = serde_json::to_value(exchange.import).unwrap_or_default();
        request(&import, &exchange.asked)
    };
    exchanges.iter().map(request).collect()
}

fn asked(asked: &[Value]) -> Value {
    let request = |one: &Value| request(&one["import"], &one["asked"]);
    asked.iter().map(request).collect()
}

fn request(import: &Value, asked: &Value) -> Value {
    if *import != serde_json::to_value(Import::HttpSend).unwrap_or_default() {
        return json!({ "import": import, "asked": asked });
    }
    json!({
        "method": asked["method"],
        "url": asked["url"],
        "headers": headers(&asked["headers"]),
        "body": asked["body"],
    })
}

/// By their names in lower case.
fn headers(flat: &Value) -> Value {
    let flat: Vec<&str> = flat
        .as_array()
        .map(|flat| flat.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut headers = BTreeMap::<String, Vec<&str>>::new();
    for pair in flat.chunks_exact(2) {
        let name = pair[0].to_ascii_lowercase();
        if !OF_THE_CLIENT.contains(&name.as_str()) {
            headers.entry(name).or_default().push(pair[1]);
        }
    }
    let joined = headers
        .into_iter()
        .map(|(name, values)| (name, json!(values.join(", "))));
    Value::Object(joined.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_by_its_path() {
        let (one, other) = (
            json!({ "a": [1, { "b": "x" }] }),
            json!({ "a": [1, { "b": "y" }] }),
        );
        let found = differ("result", Some(&one), Some(&other)).unwrap();
        assert_eq!(found.path, "result.a[1].b");
        assert_eq!(
            (found.sandbox, found.node),
            (Some(json!("x")), Some(json!("y")))
        );
        let missing = differ("result", Some(&json!([1])), Some(&json!([1, 2]))).unwrap();
        assert_eq!(
            (missing.path.as_str(), missing.sandbox),
            ("result[1]", None)
        );
        assert_eq!(differ("result", Some(&one), Some(&one.clone())), None);
    }

    #[test]
    fn stacks_the_words_of_crashes_and_headers_of_clients_are_no_difference() {
        let logged = json!([{ "name": "E", "message": "m", "stack": "    at a.js:1" }]);
        assert_eq!(
            log("Info", "a\n    at x (b.js:1)", logged)["extras"][0].get("stack"),
            None
        );
        assert_eq!(
            thrown("runtime_error", "TypeError", "a"),
            thrown("runtime_error", "TypeError", "b")
        );
        assert_ne!(
            thrown("custom", "Error", "a"),
            thrown("custom", "Error", "b")
        );
        let sent = json!(["Accept", "a", "Connection", "close", "accept", "b"]);
        assert_eq!(headers(&sent), json!({ "accept": "a, b" }));
    }
}
