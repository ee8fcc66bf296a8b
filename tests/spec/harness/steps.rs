//! How does a test save a lambda, and deploy it step by step? As clients of the platform do.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::binary::Serving;
use super::server::{Call, Reply, TestServer};

/// A server, in this process or in one of its own.
pub(crate) trait Asked {
    /// A call to a path of the account, as admin.
    fn ask(&self, method: Method, path: &str) -> Call;
}

impl Asked for TestServer {
    fn ask(&self, method: Method, path: &str) -> Call {
        self.call(method, path)
    }
}

impl Asked for Serving {
    fn ask(&self, method: Method, path: &str) -> Call {
        self.call(method, path)
    }
}

/// The platform's body of a lambda.
pub(crate) fn body(name: &str, version: i64, code: &str) -> Value {
    json!({
        "timestamp": 0, "uuid": "", "version": version, "name": name, "description": "greets",
        "state": "Draft",
        "runtime": { "uuid": "x", "name": "Node.js 22", "baseImageName": "y" },
        "implementation": { "code": code, "dependencies": [], "environmentVariables": [] },
    })
}

/// Makes a lambda, as a draft.
#[track_caller]
pub(crate) fn create(server: &impl Asked, name: &str, code: &str) -> Value {
    let made = server
        .ask(Method::POST, "/lambdas?v=1&userId=me")
        .json(&body(name, -1, code))
        .send();
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

/// Saves other code of a lambda as it was read.
pub(crate) fn save(server: &impl Asked, lambda: &Value, code: &str) -> Reply {
    let name = lambda["name"].as_str().expect("a lambda has a name");
    let version = lambda["version"].as_i64().expect("a number");
    server
        .ask(Method::PUT, &format!("/lambdas/{name}?v=1"))
        .json(&body(name, version, code))
        .send()
}

/// The lambda as clients of the platform read it: an array of one.
#[track_caller]
pub(crate) fn read(server: &impl Asked, lambda: &str) -> Value {
    let path = format!("/lambdas/{lambda}?v=1");
    let read = server.ask(Method::GET, &path).send().json();
    assert_eq!(read.as_array().expect("a list").len(), 1);
    read[0].clone()
}

/// Begins to deploy what was saved last.
#[track_caller]
pub(crate) fn deploy(server: &impl Asked, lambda: &str) {
    let path = format!("/deployments/{lambda}?v=1");
    let begun = server.ask(Method::POST, &path).send();
    assert_eq!(begun.status, 202, "{begun:?}");
    assert_eq!(
        begun.json(),
        json!({ "message": "Successfully started deployment" })
    );
}

/// Undeploys a lambda.
#[track_caller]
pub(crate) fn undeploy(server: &impl Asked, lambda: &str) {
    let path = format!("/deployments/{lambda}?v=1");
    let undeployed = server.ask(Method::DELETE, &path).send();
    assert_eq!(undeployed.status, 202, "{undeployed:?}");
    assert_eq!(
        undeployed.json(),
        json!({ "message": "Successfully started undeployment" })
    );
}

/// Waits until the last deployment is over.
#[track_caller]
pub(crate) fn settled(server: &impl Asked, lambda: &str) -> Value {
    for _ in 0..2_000 {
        let read = read(server, lambda);
        let state = read["lastDeployment"]["deploymentState"].as_str();
        if matches!(
            state,
            Some("Deploy Finish" | "Build Error" | "Deploy Error")
        ) {
            return read;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the deployment does not end: {}", read(server, lambda));
}

/// Deploys what was saved last, and waits until it is live.
#[track_caller]
pub(crate) fn make_live(server: &impl Asked, lambda: &str) -> Value {
    deploy(server, lambda);
    let live = settled(server, lambda);
    assert_eq!(live["state"], "Productive", "{live}");
    live
}

/// The names of the steps of a deployment.
#[track_caller]
pub(crate) fn steps(deployment: &Value) -> Vec<&str> {
    let steps = deployment["steps"].as_array().expect("a list").iter();
    steps
        .map(|step| step["state"].as_str().expect("a name"))
        .collect()
}

/// The database of a server, which may be running.
pub(crate) fn database(data_dir: &Path) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(data_dir.join("sandglass.db")).expect("it is there");
    database
        .busy_timeout(Duration::from_secs(10))
        .expect("it can be set");
    database
}
