//! Every endpoint takes the permissions that the platform's table says, and no others.
//!
//! The endpoints are those of the server's own OpenAPI document, so none is forgotten; what each
//! takes is said here once more, by the name that the document gives to it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::block_on;
use crate::harness::sentinel::TestUser;
use crate::harness::server::{ACCOUNT, TestServer, http_client, start};

/// Who may do what: FaaS-Admin, FaaS-Developer, FaaS-Invocation.
const MAY: &[(&str, [bool; 3])] = &[
    ("ReadLambdas", [true, true, false]),
    ("ChangeLambdas", [false, true, false]),
    ("DeployLambdas", [false, true, false]),
    ("Invoke", [false, true, true]),
    ("ChangeWhitelist", [true, false, false]),
    ("ReadWhitelist", [true, true, false]),
    ("ChangeSecrets", [true, false, false]),
    ("ReadSecretsPlain", [true, false, false]),
    ("ReadSecrets", [true, true, false]),
    ("ReadLogs", [true, true, false]),
    ("ReadMetrics", [true, true, false]),
    ("ReadSchedules", [true, true, true]),
    ("ChangeSchedules", [true, true, false]),
    ("ReadActivity", [true, true, false]),
    ("Users", [true, false, false]),
    ("Tokens", [true, false, false]),
    ("Apps", [true, false, false]),
    ("ContextKeys", [true, false, false]),
    ("Audit", [true, false, false]),
];

const NAMES: [&str; 3] = ["admin", "developer", "invocation"];

/// One method of one path of the document.
struct Endpoint {
    method: Method,
    path: String,
    /// What it takes; `None` for whoever asks.
    needs: Option<String>,
}

impl Endpoint {
    /// A call that changes next to nothing, whoever makes it: no thing has such a name, and no
    /// endpoint takes such a body. The status, and what a refusal says: an answer may have no end.
    fn ask(&self, server: &TestServer, token: &str) -> (u16, String) {
        let filled = self.path.split('/').map(|segment| match segment {
            "{account}" => ACCOUNT.to_owned(),
            name if name.starts_with('{') => "67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned(),
            word => word.to_owned(),
        });
        let path = filled.collect::<Vec<_>>().join("/");
        let url = format!("{}{path}", server.url);
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

fn endpoints(server: &TestServer) -> Vec<Endpoint> {
    let document = server.plain(Method::GET, "/openapi.json").send().json();
    let paths = document["paths"].as_object().expect("there are paths");
    let operations = paths.iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().expect("there are operations");
        operations.iter().map(|(method, operation)| Endpoint {
            method: method.to_uppercase().parse().expect("it is a method"),
            path: path.clone(),
            needs: operation["x-needs"].as_str().map(str::to_owned),
        })
    });
    operations.collect()
}

/// The sets of permissions, from none to all, each with a token of a user that has it.
fn tokens(server: &TestServer) -> Vec<([bool; 3], String)> {
    let sets = (0..8).map(|bits| [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0]);
    let tokens = sets.map(|set| {
        let names: Vec<_> = NAMES.iter().zip(set).filter(|(_, has)| *has).collect();
        let names: Vec<_> = names.into_iter().map(|(name, _)| *name).collect();
        let user: TestUser = server.user(&format!("has {}", names.join(" and ")), &names);
        (set, server.bearer(&user))
    });
    tokens.collect()
}

fn is_refused((status, body): &(u16, String)) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    // The second generation has another name for it.
    let message = body["errorMsg"].as_str().or(body["message"].as_str());
    let message = message.unwrap_or_default();
    *status == 403 && message.starts_with("this needs the permission FaaS-")
}

#[test]
fn every_endpoint_takes_one_of_its_permissions_and_no_other() {
    let server = start();
    let endpoints = endpoints(&server);
    let tokens = tokens(&server);
    let mut checked = 0;
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.needs.is_some()) {
        let needs = endpoint.needs.as_deref().unwrap();
        let (_, may) = MAY
            .iter()
            .find(|(name, _)| *name == needs)
            .unwrap_or_else(|| panic!("the table does not say who may {needs}"));
        for (set, token) in &tokens {
            let allowed = set.iter().zip(may).any(|(has, opens)| *has && *opens);
            let reply = endpoint.ask(&server, token);
            let (method, path) = (&endpoint.method, &endpoint.path);
            assert!(
                reply.0 != 401 && reply.0 < 500,
                "{method} {path}: {reply:?}"
            );
            assert_eq!(
                is_refused(&reply),
                !allowed,
                "{method} {path} by {set:?}: {reply:?}"
            );
            checked += 1;
        }
    }
    assert!(checked >= 8 * 20, "{checked}");
}

#[test]
fn every_endpoint_that_takes_leave_wants_a_token() {
    let server = start();
    for endpoint in endpoints(&server) {
        let reply = endpoint.ask(&server, "");
        let (method, path) = (&endpoint.method, &endpoint.path);
        match endpoint.needs {
            Some(_) => assert_eq!(reply.0, 401, "{method} {path}: {reply:?}"),
            None => assert!(reply.0 < 500, "{method} {path}: {reply:?}"),
        }
    }
}

#[test]
fn invoking_takes_a_developer_or_the_invocation() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    for (set, token) in tokens(&server) {
        let reply = server.invoke(&lambda, json!({})).bearer(&token).send();
        let expected = if set[1] || set[2] { 200 } else { 403 };
        assert_eq!(reply.status, expected, "{set:?}: {reply:?}");
    }
}

#[test]
fn a_table_that_is_made_of_roles_is_what_bearer_tokens_have_too() {
    let server = start();
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    for (at, name) in NAMES.into_iter().enumerate() {
        let token = server.token(name);
        let invoked = server.invoke(&lambda, json!({})).bearer(&token).send();
        assert_eq!(invoked.status == 200, at > 0, "{name}");
        let users = server.call(Method::GET, "/users").bearer(&token).send();
        assert_eq!(users.status == 200, at == 0, "{name}");
    }
}
