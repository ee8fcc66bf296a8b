//! How does a test get a second account? As its operator makes one.

use reqwest::Method;
use serde_json::{Value, json};

use super::server::{Call, TestServer};

/// An account that the operator made.
#[derive(Debug, Clone)]
pub(crate) struct TestAccount {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) password: String,
    url: String,
}

impl TestServer {
    /// The operator's token.
    pub(crate) fn operator_token(&self) -> String {
        let file = self.data_dir.join("operator.token");
        let text = std::fs::read_to_string(file).expect("it was made");
        text.trim().to_owned()
    }

    /// A call of the operator.
    pub(crate) fn operator(&self, method: Method, path: &str) -> Call {
        let call = self.plain(method, &format!("/api/accounts{path}"));
        call.bearer(&self.operator_token())
    }

    /// Makes an account.
    #[track_caller]
    pub(crate) fn account(&self, id: &str) -> TestAccount {
        let call = self.operator(Method::POST, "").json(&json!({ "id": id }));
        let reply = call.send();
        assert_eq!(reply.status, 201, "{reply:?}");
        let made = reply.json();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        TestAccount {
            id: text("id"),
            token: text("token"),
            password: text("password"),
            url: self.url.clone(),
        }
    }

    /// Disables an account, or enables it.
    #[track_caller]
    pub(crate) fn set_enabled(&self, id: &str, enabled: bool) -> Value {
        let call = self.operator(Method::PATCH, &format!("/{id}"));
        let reply = call.json(&json!({ "enabled": enabled })).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }
}

impl TestAccount {
    /// A call to a path of the account, as its admin.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let url = format!("{}/api/account/{}{path}", self.url, self.id);
        Call::new(method, url).bearer(&self.token)
    }

    /// Deploys a plain lambda with this body and returns its UUID.
    #[track_caller]
    pub(crate) fn deploy_body(&self, name: &str, body: &str) -> String {
        let code = format!("function lambda(input, callback) {{ {body}\n}}");
        let new = json!({ "name": name, "fileName": "lambda.js", "code": code });
        let reply = self.call(Method::POST, "/deploy").json(&new).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["uuid"].as_str().expect("a UUID").to_owned()
    }

    /// An invocation as an external system makes it.
    pub(crate) fn invoke(&self, lambda: &str) -> Call {
        let path = format!("/lambdas/{lambda}/invoke?v=1&externalSystem=tests");
        self.call(Method::POST, &path)
            .json(&json!({ "payload": {} }))
    }

    /// A login by `agentVep`, as the account's first user.
    pub(crate) fn login(&self) -> Call {
        let body = json!({ "username": "admin", "password": self.password });
        let call = self.call(Method::POST, "/login?v=1.3").bearer("");
        call.json(&body)
    }
}
