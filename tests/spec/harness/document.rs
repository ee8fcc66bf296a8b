//! Which operations has the server, by its own OpenAPI document?

use reqwest::Method;

use super::block_on;
use super::server::{ACCOUNT, Call, Reply, TestServer, http_client};

/// A UUID that nothing has.
pub(crate) const NOBODY: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

/// One method of one path of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// What it takes; `None` for whoever asks.
    pub(crate) needs: Option<String>,
}

impl Operation {
    /// Its path with its parameters filled in: the account, and what nothing is called.
    pub(crate) fn filled(&self, account: &str) -> String {
        let filled = self.path.split('/').map(|segment| match segment {
            "{account}" => account,
            name if name.starts_with('{') => NOBODY,
            word => word,
        });
        filled.collect::<Vec<_>>().join("/")
    }

    /// A call that changes next to nothing, whoever makes it: no thing has such a name, and no
    /// operation takes such a body.
    pub(crate) fn harmless(&self, server: &TestServer, query: &str) -> Call {
        let path = format!("{}{query}", self.filled(ACCOUNT));
        let call = server.plain(self.method.clone(), &path);
        match self.method {
            Method::GET | Method::DELETE => call,
            _ => call.header("content-type", "application/json").body("[]"),
        }
    }

    /// Makes that call. The status, and what a refusal says: an answer may have no end.
    pub(crate) fn ask(&self, server: &TestServer, token: &str) -> (u16, String) {
        let url = format!("{}{}", server.url, self.filled(ACCOUNT));
        let client = http_client().expect("a client can be made");
        let mut request = client.request(self.method.clone(), url);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !matches!(self.method, Method::GET | Method::DELETE) {
            request = request
                .header("content-type", "application/json")
                .body("[]");
        }
        block_on(async {
            let response = request.send().await.expect("there is an answer");
            let status = response.status().as_u16();
            let text = match status {
                400.. => response.text().await.expect("a refusal ends"),
                _ => String::new(),
            };
            (status, text)
        })
    }
}

/// Every operation of the document.
pub(crate) fn operations(server: &TestServer) -> Vec<Operation> {
    let document = server.plain(Method::GET, "/openapi.json").send().json();
    let paths = document["paths"].as_object().expect("there are paths");
    let operations = paths.iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().expect("there are operations");
        operations.iter().map(|(method, operation)| Operation {
            method: method.to_uppercase().parse().expect("it is a method"),
            path: path.clone(),
            needs: operation["x-needs"].as_str().map(str::to_owned),
        })
    });
    operations.collect()
}

/// The members of a JSON object, and its media type.
pub(crate) fn shape(reply: &Reply) -> (String, Vec<String>) {
    let kind = reply.header("content-type").to_owned();
    let members = reply.json().as_object().map(|object| {
        let names = object.keys().cloned();
        names.collect()
    });
    (kind, members.unwrap_or_default())
}
