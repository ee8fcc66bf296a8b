//! Popular packages, installed by npm, answer in the sandbox what they answer in Node.js.
//!
//! Each file of `tests/conformance/packages/cases` is a lambda that uses one package and returns checks:
//! what came of it, and what is known to be right. How each went is in `results.json` beside them, which
//! is what `docs/conformance.md` shows: a package that fails is there with its reason, or this test fails.
//! After a change, `SANDGLASS_WRITE_RESULTS=1` writes the file anew and keeps its reasons.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use futures::{StreamExt, stream};
use sandglass_compiler::pack;
use sandglass_runtime::{Invocation, Policy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{Expected, block_on, compiler, npm, outcome, runtime};

/// Where the cases and their results are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/packages")
}

/// How the packages went, as it is committed.
#[derive(Serialize, Deserialize, PartialEq)]
struct Results {
    packages: Vec<Package>,
}

/// How one package went.
#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Package {
    name: String,
    version: String,
    category: String,
    checks: usize,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A lambda that uses a package.
struct Case {
    file: PathBuf,
    name: String,
    category: String,
}

impl Case {
    /// Reads what the first line says: `// NAME, CATEGORY: what it is`.
    fn read(file: PathBuf) -> Self {
        let code = fs::read_to_string(&file).unwrap();
        let line = code.lines().next().unwrap_or_default();
        let said = line
            .strip_prefix("// ")
            .and_then(|line| line.split_once(": "));
        let said = said.and_then(|(said, _)| said.split_once(", "));
        let (name, category) = said.unwrap_or_else(|| panic!("{file:?} says no package: {line}"));
        let (name, category) = (name.to_owned(), category.to_owned());
        Self {
            file,
            name,
            category,
        }
    }

    fn stem(&self) -> String {
        let stem = self.file.file_stem().unwrap();
        stem.to_string_lossy().into_owned()
    }
}

/// The cases, beside the packages that npm has installed.
fn cases() -> Vec<Case> {
    let installed = npm::installed("npm-packages", &folder());
    let beside = installed.join("cases");
    let _ = fs::remove_dir_all(&beside);
    fs::create_dir_all(&beside).unwrap();
    fs::copy(folder().join("in-node.mjs"), installed.join("in-node.mjs")).unwrap();
    let entries = fs::read_dir(folder().join("cases")).unwrap();
    let copied = entries.map(|entry| {
        let from = entry.unwrap().path();
        let to = beside.join(from.file_name().unwrap());
        fs::copy(&from, &to).unwrap();
        Case::read(to)
    });
    let mut cases: Vec<Case> = copied.collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

/// The server that the HTTP clients among them talk to: it says what it was asked.
fn echo(received: Received) -> Answer {
    if received.target.starts_with("/redirect") {
        return with_header(answer(302, ""), "location", "/echo");
    }
    if let Some(status) = received.target.strip_prefix("/status/") {
        let digits = &status[..3];
        return answer(digits.parse().unwrap(), "no");
    }
    let target = received.target.replace("%5B", "[").replace("%5D", "]");
    let mut said = json!({ "method": received.method, "target": target, "body": received.text() });
    for (name, header) in [("type", "content-type"), ("test", "x-test")] {
        if let Some(value) = received.headers.get(header) {
            said[name] = json!(value.to_str().unwrap());
        }
    }
    with_header(
        answer(200, said.to_string()),
        "content-type",
        "application/json",
    )
}

/// What the lambda of a case returned in the sandbox.
async fn in_sandbox(case: &Case, upstream: &Upstream, input: &Value) -> Result<Value, String> {
    let source = pack(&case.file).await.map_err(|error| error.to_string())?;
    let artifact = compiler(runtime()).compile(&source).await;
    let artifact = artifact.map_err(|error| error.to_string())?;
    let rules = [upstream.rule(), "http://127.0.0.1:1".to_owned()];
    let policy = Policy {
        allowed_hosts: rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        ..Policy::default()
    };
    let lambda = runtime().load(artifact, policy).await.unwrap();
    let invocation = Invocation::json(input.to_string()).unwrap();
    match outcome(&lambda.invoke(invocation).await.unwrap()) {
        Expected::Returned(value) => Ok(value),
        other => Err(format!("{other:?}")),
    }
}

/// What the lambdas returned in Node.js, by the stem of their files.
fn in_node(cases: &[Case], input: &Value) -> BTreeMap<String, Value> {
    let folder = cases[0].file.parent().unwrap().parent().unwrap();
    let output = Command::new("node")
        .arg("in-node.mjs")
        .args(cases.iter().map(|case| &case.file))
        .current_dir(folder)
        .env("TZ", "UTC")
        .env("SANDGLASS_INPUT", input.to_string())
        .stderr(Stdio::inherit())
        .output()
        .expect("node can be run");
    let answers = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice::<Value>(line).unwrap());
    answers
        .map(|answer| (answer["name"].as_str().unwrap().to_owned(), answer))
        .collect()
}

/// How many checks a case has, or the first that is not as it should be.
fn checked(result: &Value) -> Result<usize, String> {
    let checks = result.as_object().ok_or("it returned no checks")?;
    for (name, check) in checks {
        let [actual, expected] = check.as_array().map(Vec::as_slice).unwrap_or_default() else {
            return Err(format!("{name} is no pair: {check}"));
        };
        if actual != expected {
            return Err(format!("{name}: {actual}, not {expected}"));
        }
    }
    match checks.len() {
        0 => Err("it checks nothing".to_owned()),
        count => Ok(count),
    }
}

/// The version that the lockfile pins.
fn versions() -> impl Fn(&str) -> String {
    let lock = fs::read(folder().join("package-lock.json")).unwrap();
    let lock: Value = serde_json::from_slice(&lock).unwrap();
    move |name| {
        let version = &lock["packages"][format!("node_modules/{name}")]["version"];
        let version = version.as_str();
        version
            .unwrap_or_else(|| panic!("{name} is not pinned"))
            .to_owned()
    }
}

#[test]
fn popular_packages_answer_as_in_node_and_what_fails_is_known_with_its_reason() {
    // Made outside of what runs in it.
    runtime();
    let upstream = Upstream::start(echo);
    let input = json!({ "payload": { "url": upstream.url("") } });
    let cases = cases();
    assert!(cases.len() >= 60, "{} packages", cases.len());
    let node = std::thread::scope(|scope| {
        let node = scope.spawn(|| in_node(&cases, &input));
        let ran = stream::iter(&cases)
            .map(|case| async { in_sandbox(case, &upstream, &input).await })
            .buffered(4)
            .collect::<Vec<_>>();
        (block_on(ran), node.join().unwrap())
    });
    let (ran, node) = node;

    let path = folder().join("results.json");
    let known: Option<Results> = fs::read(&path).ok().map(|bytes| {
        serde_json::from_slice(&bytes).expect("results.json is what this test writes")
    });
    let reasons: BTreeMap<String, String> = known
        .iter()
        .flat_map(|known| &known.packages)
        .filter_map(|package| Some((package.name.clone(), package.reason.clone()?)))
        .collect();
    let version = versions();
    let mut told = Vec::new();
    let packages = cases.iter().zip(&ran).map(|(case, ran)| {
        let in_node = &node[&case.stem()];
        let checks = checked(&in_node["returned"]);
        let checks =
            checks.unwrap_or_else(|why| panic!("{} in Node.js: {why} {in_node}", case.name));
        let passed = ran.clone().and_then(|result| checked(&result));
        if let Err(why) = &passed {
            told.push(format!("{}: {why}", case.name));
        }
        Package {
            name: case.name.clone(),
            version: version(&case.name),
            category: case.category.clone(),
            checks,
            outcome: match passed {
                Ok(_) => "passed".to_owned(),
                Err(_) => "failed".to_owned(),
            },
            reason: passed.err().map(|_| {
                let reason = reasons.get(&case.name).cloned();
                reason.unwrap_or_default()
            }),
        }
    });
    let measured = Results {
        packages: packages.collect(),
    };
    if std::env::var_os("SANDGLASS_WRITE_RESULTS").is_some() {
        let text = serde_json::to_string_pretty(&measured).unwrap();
        fs::write(&path, text + "\n").unwrap();
    }
    let unexplained = |package: &&Package| package.reason.as_deref() == Some("");
    let unexplained: Vec<&str> = measured
        .packages
        .iter()
        .filter(unexplained)
        .map(|package| package.name.as_str())
        .collect();
    assert!(
        unexplained.is_empty(),
        "results.json gives no reason for {unexplained:?}, which fail:\n{}",
        told.join("\n")
    );
    assert!(
        known.is_some_and(|known| known == measured),
        "results.json is not what came out: look at it after SANDGLASS_WRITE_RESULTS=1. What fails:\n{}",
        told.join("\n")
    );
}

#[test]
fn what_is_shipped_is_tried_in_the_version_that_is_shipped() {
    let shipped =
        fs::read(folder().join("../../../compiler/engine/packages/package.json")).unwrap();
    let shipped: Value = serde_json::from_slice(&shipped).unwrap();
    let pinned = fs::read(folder().join("package.json")).unwrap();
    let pinned: Value = serde_json::from_slice(&pinned).unwrap();
    let pinned = pinned["dependencies"].as_object().unwrap();
    let mut both = 0;
    for (name, version) in shipped["dependencies"].as_object().unwrap() {
        if let Some(tried) = pinned.get(name) {
            assert_eq!(tried, version, "{name}");
            both += 1;
        }
    }
    assert_eq!(both, 5, "all but jsforce, which has tests of its own");
}
