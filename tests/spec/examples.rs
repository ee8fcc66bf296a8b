//! Every lambda of `examples/lambdas` does what its sidecar says, against a real upstream.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use sandglass_runtime::{Limits, Outcome, Report};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{Case, source};

/// What stands beside each lambda.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sidecar {
    description: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeMap<String, Value>,
    #[serde(default)]
    allow: Vec<String>,
    input: Value,
    #[serde(default)]
    limits: Limits,
    expect: Expectation,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    outcome: String,
    #[serde(default)]
    result: Value,
    error: Option<String>,
    limit: Option<String>,
    logs: Option<Vec<Value>>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lambdas")
}

/// The lambdas' names, in order.
pub(crate) fn names() -> Vec<String> {
    let entries = fs::read_dir(directory()).expect("the examples are there");
    let paths = entries.map(|entry| entry.expect("the examples are readable").path());
    let mut names: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "js"))
        .map(|path| {
            path.file_stem()
                .expect("it has a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// The systems that the samples talk to, on loopback under their names.
///
/// One at a time: names are the process's.
pub(crate) fn the_world() -> (MutexGuard<'static, ()>, Upstream) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let world = Upstream::start(|received| route(&received)).known_as(&[
        "www.mywebsite.com",
        "www.liveperson.com",
        "customer.example.com",
        "example.my.salesforce.com",
        "fancycssl.hbeock.de",
        "shop.example.com",
        "z1.context.liveperson.net",
    ]);
    (turn, world)
}

fn route(received: &Received) -> Answer {
    let json = |value: Value| {
        with_header(
            answer(200, value.to_string()),
            "content-type",
            "application/json",
        )
    };
    let context = "/v1/account/10000001/faas-demo-namespace/properties";
    let line = format!(
        "{} {}{}",
        received.method,
        received.header("x-test-host"),
        received.target
    );
    match line.as_str() {
        "POST www.mywebsite.com/auth" => {
            let form = "client_id=demo-client&client_secret=demo%20secret%20%26%20more\
                        &grant_type=client_credentials";
            assert_eq!(received.text(), form);
            json(json!({ "access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600 }))
        }
        "GET www.mywebsite.com/request" => match received.header("authorization") {
            "Bearer t0ken" => answer(200, r#"{"orders":[1,2,3]}"#),
            other => answer(401, format!("not authorized by {other:?}")),
        },
        "POST www.mywebsite.com/request" => {
            check_oauth1(received.header("authorization"));
            assert_eq!(received.header("content-type"), "application/json");
            assert_eq!(received.text(), r#"{"order":7}"#);
            answer(200, "accepted")
        }
        "GET example.my.salesforce.com/services/data/v50.0/query?q=SELECT%20Id%2C%20Name%20FROM%20Contact%20LIMIT%201" =>
        {
            assert_eq!(received.header("authorization"), "Bearer sf-access");
            json(
                json!({ "totalSize": 1, "done": true, "records": [{ "Id": "003", "Name": "Ada" }] }),
            )
        }
        "GET www.liveperson.com/"
        | "GET fancycssl.hbeock.de/"
        | "GET customer.example.com/status" => answer(200, "<html></html>"),
        _ if line.ends_with(context) && received.header("maven-api-key") != "demo-maven-key" => {
            answer(401, "no key")
        }
        _ if line == format!("PATCH z1.context.liveperson.net{context}") => {
            assert_eq!(
                received.text(),
                r#"{"agentNotes":"prefers mail","vip":true}"#
            );
            answer(204, "")
        }
        _ if line == format!("GET z1.context.liveperson.net{context}") => {
            json(json!({ "agentNotes": "calls back on Monday", "vip": false }))
        }
        _ => match line.strip_prefix("GET shop.example.com/articles/") {
            Some(id) => json(json!({ "id": id, "name": format!("article {id}") })),
            None => answer(404, format!("nobody expects {line}")),
        },
    }
}

/// Signs the sample's request again, after RFC 5849 section 3.4, and compares.
fn check_oauth1(authorization: &str) {
    let fields = authorization
        .strip_prefix("OAuth ")
        .expect("it is an OAuth header");
    let mut parameters: BTreeMap<String, String> = fields
        .split(',')
        .map(|field| {
            let (name, value) = field.trim().split_once('=').expect("a field has a value");
            (name.to_owned(), value.trim_matches('"').to_owned())
        })
        .collect();
    let signature = parameters.remove("oauth_signature").expect("it is signed");
    assert_eq!(parameters["oauth_consumer_key"], "demo-consumer");
    assert_eq!(parameters["oauth_token"], "demo-token");
    assert_eq!(parameters["oauth_signature_method"], "HMAC-SHA1");
    // The values of the header are encoded already, once; within the base string they are again.
    let normalized: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let base = format!(
        "POST&{}&{}",
        encoded("https://www.mywebsite.com/request"),
        encoded(&normalized.join("&"))
    );
    let key = format!(
        "{}&{}",
        encoded("consumer & secret"),
        encoded("token secret")
    );
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let expected = BASE64_STANDARD.encode(hmac::sign(&key, base.as_bytes()));
    assert_eq!(signature, encoded(&expected));
}

/// RFC 5849 section 3.6.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

pub(crate) fn read(name: &str) -> (Case, Sidecar) {
    let code = fs::read_to_string(directory().join(format!("{name}.js"))).expect("it is readable");
    let path = directory().join(format!("{name}.json"));
    let json = fs::read(&path).unwrap_or_else(|e| panic!("{name} has no expectation: {e}"));
    let sidecar: Sidecar = serde_json::from_slice(&json).unwrap_or_else(|e| panic!("{name}: {e}"));

    let rules: Vec<_> = sidecar.allow.iter().map(String::as_str).collect();
    let mut case = source(&code)
        .allow(&rules)
        .input(&sidecar.input.to_string());
    case.file_name = format!("{name}.js");
    case.policy.limits = sidecar.limits;
    for (key, value) in &sidecar.env {
        case = case.env(key, value);
    }
    for (key, value) in &sidecar.secrets {
        case = case.secret(key, value.clone());
    }
    (case, sidecar)
}

/// Whether a value is the expected one; an object may have more fields than are expected of it.
fn has_all_of(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(fields)) => fields.iter().all(|(name, expected)| {
            let field = value.get(name);
            field.is_some_and(|field| has_all_of(field, expected))
        }),
        (Value::Array(values), Value::Array(expected)) => {
            let mut pairs = values.iter().zip(expected);
            values.len() == expected.len() && pairs.all(|(value, item)| has_all_of(value, item))
        }
        _ => value == expected,
    }
}

fn check_expectation(name: &str, expected: &Expectation, report: &Report) {
    match (&report.outcome, expected.outcome.as_str()) {
        (Outcome::Returned(json), "returned") => {
            let result = json.as_ref().map_or(Value::Null, |json| {
                serde_json::from_str(json.get()).expect("a result is JSON")
            });
            assert!(
                has_all_of(&result, &expected.result),
                "the result of {name}: {result:#}"
            );
        }
        (Outcome::Threw(failure), "threw") => {
            assert_eq!(
                Some(&failure.message),
                expected.error.as_ref(),
                "the error of {name}"
            );
        }
        (Outcome::Exceeded(limit), "exceeded") => {
            assert_eq!(
                Some(limit.name()),
                expected.limit.as_deref(),
                "the limit of {name}"
            );
        }
        (outcome, _) => panic!("{name}: expected {expected:?}, got {outcome:?}"),
    }
    let Some(logs) = &expected.logs else { return };
    assert_eq!(
        report.logs.len(),
        logs.len(),
        "the logs of {name}: {:?}",
        report.logs
    );
    for (entry, fields) in report.logs.iter().zip(logs) {
        let entry = serde_json::to_value(entry).expect("an entry is JSON");
        for (field, value) in fields.as_object().expect("an expected entry is an object") {
            assert_eq!(&entry[field], value, "{field} of {entry} of {name}");
        }
    }
}

#[test]
fn every_lambda_has_an_expectation_and_meets_it() {
    let _world = the_world();
    let names = names();
    assert!(names.len() >= 18, "{names:?}");
    for name in names {
        let (case, sidecar) = read(&name);
        assert!(!sidecar.description.is_empty(), "{name} is not described");
        check_expectation(&name, &sidecar.expect, &case.run());
    }
}

#[test]
fn no_sidecar_is_left_without_its_lambda() {
    for entry in fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            path.with_extension("js").exists(),
            "{} has no lambda",
            path.display()
        );
    }
}

#[test]
fn every_lambda_stands_in_the_table_of_the_examples() {
    let readme = fs::read_to_string(directory().join("../README.md")).unwrap();
    for name in names() {
        assert!(
            readme.contains(&format!("(lambdas/{name}.js)")),
            "{name} is not in the table"
        );
    }
}
