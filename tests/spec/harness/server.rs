//! How does a test talk to a server? Over HTTP, as everybody else does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use sandglass_server::{Config, Server, StartError};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{block_on, documented, share_engine_code, temporary};

/// The account that every server is made with.
pub(crate) const ACCOUNT: &str = "10000001";

/// A running server in this process, on a port and a data directory of its own.
pub(crate) struct TestServer {
    server: Option<Server>,
    pub(crate) url: String,
    /// All that it listens on.
    pub(crate) urls: Vec<String>,
    pub(crate) data_dir: PathBuf,
    pub(crate) admin_token: String,
    _directory: Option<TempDir>,
}

/// The configuration that tests start from: any port, private addresses allowed.
pub(crate) fn config(data_dir: &Path) -> Config {
    let mut config = Config {
        data_dir: data_dir.to_owned(),
        ..Config::default()
    };
    config.listen = "127.0.0.1:0".parse().expect("a socket address");
    config.max_concurrent = 32;
    config.egress.allow_private_addresses = true;
    config
}

/// Starts a server on a new data directory.
pub(crate) fn start() -> TestServer {
    start_with(|_| {})
}

/// Starts a server on a new data directory with another configuration.
pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> TestServer {
    let directory = temporary::directory();
    let mut config = config(directory.path());
    change(&mut config);
    let mut server = open(config).expect("the server starts");
    server._directory = Some(directory);
    server
}

/// Starts a server on a data directory that may have been used before.
pub(crate) fn open(config: Config) -> Result<TestServer, StartError> {
    let data_dir = config.data_dir.clone();
    share_code_cache(&data_dir);
    let server = block_on(Server::start(config))?;
    let (url, urls) = (server.url().to_owned(), server.urls());
    documented::learn(&urls);
    let token = std::fs::read_to_string(data_dir.join("admin.token")).expect("it was made");
    let admin_token = token.trim().to_owned();
    Ok(TestServer {
        server: Some(server),
        url,
        urls,
        data_dir,
        admin_token,
        _directory: None,
    })
}

/// Lets a new data directory find the engine's native code, which takes long to make.
pub(crate) fn share_code_cache(data_dir: &Path) {
    let here = data_dir.join("code-cache");
    if !here.exists() {
        share_engine_code(&here);
    }
}

impl TestServer {
    /// Makes the server read its certificate again.
    pub(crate) fn reload_certificate(&self) {
        block_on(self.server.as_ref().expect("it runs").reload_certificate());
    }

    /// Shuts the server down gracefully and waits for it.
    pub(crate) fn stop(mut self) -> Option<TempDir> {
        let server = self.server.take().expect("it runs");
        block_on(server.shutdown());
        self._directory.take()
    }

    /// A call to a path of the account, as admin.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let url = format!("{}/api/account/{ACCOUNT}{path}", self.url);
        Call::new(method, url).bearer(&self.admin_token)
    }

    /// A call to a path outside of any account, as nobody.
    pub(crate) fn plain(&self, method: Method, path: &str) -> Call {
        Call::new(method, format!("{}{path}", self.url))
    }

    /// Deploys a lambda and returns its UUID.
    #[track_caller]
    pub(crate) fn deploy(&self, name: &str, code: &str) -> String {
        let body = json!({ "name": name, "fileName": format!("{name}.js"), "code": code });
        let reply = self.call(Method::POST, "/deploy").json(&body).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["uuid"]
            .as_str()
            .expect("a deployment has a UUID")
            .to_owned()
    }

    /// Deploys a plain lambda with this body.
    #[track_caller]
    pub(crate) fn deploy_body(&self, name: &str, body: &str) -> String {
        self.deploy(
            name,
            &format!("function lambda(input, callback) {{ {body}\n}}"),
        )
    }

    /// Makes a lambda for an event, as the platform's clients do; it is not deployed.
    #[track_caller]
    pub(crate) fn make_for(&self, event: &str, name: &str) {
        let body = json!({
            "timestamp": 0, "uuid": "", "version": -1, "name": name, "description": "",
            "state": "Draft", "eventId": event, "skills": [],
            "implementation": {
                "code": "function lambda(input, callback) { callback(null, 1); }",
                "dependencies": [], "environmentVariables": [],
            },
        });
        let made = self
            .call(Method::POST, "/lambdas?v=1&userId=me")
            .json(&body)
            .send();
        assert_eq!(made.status, 201, "{made:?}");
    }

    /// Undeploys a lambda.
    #[track_caller]
    pub(crate) fn undeploy(&self, lambda: &str) {
        let path = format!("/deployments/{lambda}");
        let reply = self.call(Method::DELETE, &path).send();
        assert_eq!(reply.status, 202, "{reply:?}");
    }

    /// An invocation as an external system makes it.
    pub(crate) fn invoke(&self, lambda: &str, payload: Value) -> Call {
        let path = format!("/lambdas/{lambda}/invoke?v=1&externalSystem=tests");
        let body = json!({ "timestamp": 0, "headers": [], "payload": payload });
        self.call(Method::POST, &path).json(&body)
    }

    /// An invocation as a manual test.
    pub(crate) fn test_run(&self, lambda: &str, payload: Value) -> Call {
        let path = format!("/lambdas/{lambda}/invoke?v=1&userId=me");
        let body = json!({ "timestamp": 0, "headers": [], "payload": payload });
        self.call(Method::POST, &path).json(&body)
    }

    /// A new token with that role.
    #[track_caller]
    pub(crate) fn token(&self, role: &str) -> String {
        let body = json!({ "name": format!("{role} for tests"), "role": role });
        let reply = self.call(Method::POST, "/tokens").json(&body).send();
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["token"]
            .as_str()
            .expect("it is shown once")
            .to_owned()
    }

    /// The kept log entries of a lambda once there are at least `n`.
    pub(crate) fn logs(&self, lambda: &str, n: usize) -> Vec<Value> {
        for _ in 0..500 {
            let reply = self
                .call(Method::GET, &format!("/lambdas/{lambda}/logs?limit=1000"))
                .send();
            assert_eq!(reply.status, 200, "{reply:?}");
            let entries = reply.json()["entries"].as_array().expect("a list").clone();
            if entries.len() >= n {
                return entries;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("there are not {n} log entries of {lambda}");
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            block_on(server.shutdown());
        }
    }
}

/// A request that is about to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Call {
    /// A request with neither headers nor body.
    pub(crate) fn new(method: Method, url: String) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends another token, or none when it is empty.
    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.headers.retain(|(name, _)| name != "authorization");
        if token.is_empty() {
            self
        } else {
            self.header("authorization", &format!("Bearer {token}"))
        }
    }

    /// Sends JSON.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    /// Sends a body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends the request and reads the answer.
    #[track_caller]
    pub(crate) fn send(self) -> Reply {
        let (method, url) = (self.method.clone(), self.url.clone());
        let reply = block_on(self.send_async()).unwrap_or_else(|e| panic!("{url}: {e:?}"));
        documented::check(method.as_str(), &url, &reply);
        reply
    }

    /// Sends the request on a connection of its own and reads the answer.
    pub(crate) async fn send_async(self) -> Result<Reply, reqwest::Error> {
        let client = http_client()?;
        let mut request = client.request(self.method, self.url);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Ok(Reply {
            status,
            headers,
            text: response.text().await?,
        })
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// A header's value; empty when the header is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("it is ASCII"))
    }
}

/// Checks the status and the platform's error code of a failed call, and returns the message.
#[track_caller]
pub(crate) fn check_error(reply: &Reply, status: u16, code: &str) -> String {
    assert_eq!(reply.status, status, "{reply:?}");
    let body = reply.json();
    assert_eq!(
        body["errorCode"],
        format!("com.liveperson.faas.{code}"),
        "{reply:?}"
    );
    body["errorMsg"]
        .as_str()
        .expect("an error has a message")
        .to_owned()
}

/// A client as an external system would have one. It follows no redirect: tests look at them.
pub(crate) fn http_client() -> reqwest::Result<reqwest::Client> {
    // Where another test was first, its provider is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
