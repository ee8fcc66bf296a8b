//! Every endpoint takes the permissions that the platform's table says, and no others.
//!
//! The endpoints are those of the server's own OpenAPI document, so none is forgotten; what each
//! takes is said here once more, so that no endpoint is declared with the leave of another.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::block_on;
use crate::harness::sentinel::TestUser;
use crate::harness::server::{ACCOUNT, TestServer, http_client, start, start_with};

/// Who may do what: FaaS-Admin, FaaS-Developer, FaaS-Invocation. And what each is asked for by.
const MAY: &[(&str, [bool; 3], &[&str])] = &[
    (
        "ReadLambdas",
        [true, true, false],
        &[
            "GET /deployments",
            "GET /deployments/count",
            "GET /events",
            "GET /events/{event}",
            "GET /functions",
            "GET /functions/count",
            "GET /functions/{function}",
            "GET /lambdas",
            "GET /lambdas/{lambda}",
            "GET /lambdas/{lambda}/compare",
            "GET /lambdas/{lambda}/deployments",
            "GET /lambdas/{lambda}/versions",
            "GET /lambdas/{lambda}/versions/{version}",
            "GET /limits",
            "GET /packages",
            "GET /runtimes",
            "GET /snippets",
            "GET /templates",
            "GET /templates/{template}",
        ],
    ),
    (
        "ChangeLambdas",
        [false, true, false],
        &[
            "POST /functions",
            "PUT /functions/{function}",
            "PUT /functions/{function}/manifest",
            "DELETE /invocations/{id}",
            "POST /invocations/{id}/redrive",
            "POST /lambdas",
            "DELETE /lambdas/{lambda}",
            "PUT /lambdas/{lambda}",
            "DELETE /lambdas/{lambda}/environment/{name}",
            "PUT /lambdas/{lambda}/environment/{name}",
            "POST /lambdas/{lambda}/versions/{version}/restore",
        ],
    ),
    (
        "DeployLambdas",
        [false, true, false],
        &[
            "POST /deploy",
            "DELETE /deployments/{lambda}",
            "PATCH /deployments/{lambda}",
            "POST /deployments/{lambda}",
            "POST /lambdas/{lambda}/versions/{version}/rollback",
        ],
    ),
    (
        "Invoke",
        [false, true, true],
        &["POST /functions/{function}/test", "GET /invocations/{id}"],
    ),
    (
        "ChangeWhitelist",
        [true, false, false],
        &[
            "POST /proxy-settings",
            "DELETE /proxy-settings/{id}",
            "DELETE /whitelist/{rule}",
            "PUT /whitelist/{rule}",
        ],
    ),
    (
        "ReadWhitelist",
        [true, true, false],
        &["GET /proxy-settings", "GET /whitelist"],
    ),
    (
        "ChangeSecrets",
        [true, false, false],
        &["DELETE /secrets/{key}", "PUT /secrets/{key}"],
    ),
    (
        "ReadSecretsPlain",
        [true, false, false],
        &["GET /secrets/{key}"],
    ),
    ("ReadSecrets", [true, true, false], &["GET /secrets"]),
    (
        "ReadLogs",
        [true, true, false],
        &[
            "GET /functions/{uuid}/logs/export",
            "GET /invocations",
            "GET /lambdas/{lambda}/logs",
            "GET /logs",
            "GET /logs/export",
            "GET /logs/tail",
        ],
    ),
    (
        "ReadMetrics",
        [true, true, false],
        &[
            "GET /reports/invocationCounts",
            "GET /reports/invocations/{uuid}",
            "GET /reports/lambdaCounts",
            "GET /reports/limitCounts",
            "GET /reports/performance/{uuid}",
        ],
    ),
    (
        "ReadSchedules",
        [true, true, true],
        &[
            "GET /schedules",
            "GET /schedules/next",
            "GET /schedules/{id}",
            "GET /schedules/{id}/history",
        ],
    ),
    (
        "ChangeSchedules",
        [true, true, false],
        &[
            "POST /schedules",
            "DELETE /schedules/{id}",
            "PUT /schedules/{id}",
        ],
    ),
    ("ReadActivity", [true, true, false], &["GET /activity"]),
    (
        "Users",
        [true, false, false],
        &[
            "GET /users",
            "POST /users",
            "DELETE /users/{id}",
            "GET /users/{id}",
            "PATCH /users/{id}",
            "PUT /users/{id}/password",
            "DELETE /users/{id}/sessions",
            "GET /users/{id}/sessions",
        ],
    ),
    (
        "Tokens",
        [true, false, false],
        &["GET /tokens", "POST /tokens", "DELETE /tokens/{id}"],
    ),
    (
        "Apps",
        [true, false, false],
        &[
            "GET /apps",
            "POST /apps",
            "DELETE /apps/{id}",
            "POST /apps/{id}/secret",
            "GET /signing-keys",
            "POST /signing-keys",
            "DELETE /signing-keys/{kid}",
        ],
    ),
    (
        "ContextKeys",
        [true, false, false],
        &[
            "GET /context-keys",
            "POST /context-keys",
            "DELETE /context-keys/{id}",
        ],
    ),
    (
        "Audit",
        [true, false, false],
        &["GET /audit", "GET /audit/export"],
    ),
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
    let message = body["errorMsg"].as_str().unwrap_or_default();
    *status == 403 && message.starts_with("this needs the permission FaaS-")
}

/// What an endpoint takes, as this page has it: its name, and whom it lets in.
fn taken(endpoint: &Endpoint) -> Option<(&'static str, [bool; 3])> {
    let path = endpoint.path.strip_prefix("/api/account/{account}")?;
    let asked = format!("{} {path}", endpoint.method);
    let found = MAY.iter().find(|(.., by)| by.contains(&asked.as_str()));
    found.map(|(name, may, _)| (*name, *may))
}

#[test]
fn every_endpoint_takes_one_of_its_permissions_and_no_other() {
    let server = start();
    let endpoints = endpoints(&server);
    let tokens = tokens(&server);
    let mut checked = 0;
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.needs.is_some()) {
        let (method, path) = (&endpoint.method, &endpoint.path);
        let (needs, may) = taken(endpoint)
            .unwrap_or_else(|| panic!("the table does not say who may {method} {path}"));
        assert_eq!(endpoint.needs.as_deref(), Some(needs), "{method} {path}");
        for (set, token) in &tokens {
            let allowed = set.iter().zip(may).any(|(has, opens)| *has && opens);
            let reply = endpoint.ask(&server, token);
            assert!(
                reply.0 != 401 && reply.0 < 500,
                "{method} {path}: {reply:?}"
            );
            assert_eq!(
                is_refused(&reply),
                !allowed,
                "{method} {path} by {set:?}: {reply:?}"
            );
        }
        checked += 1;
    }
    let listed: usize = MAY.iter().map(|(.., by)| by.len()).sum();
    assert_eq!(
        checked, listed,
        "the table has endpoints that are not there"
    );
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
fn each_way_to_invoke_takes_a_developer_or_the_invocation() {
    let server = start();
    let ask = |method: Method, path: &str, (name, value): (&str, &str), token: &str| {
        let call = server.call(method, path).bearer(token).header(name, value);
        let reply = call.json(&json!({ "payload": {} })).send();
        (reply.status, reply.text)
    };
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let invoke = format!("/lambdas/{lambda}/invoke");
    let first = format!("{invoke}?v=1");
    let event = "/events/conversational_command";
    let (none, source, late) = (
        ("x-none", ""),
        ("lp-eventsource", "x"),
        ("prefer", "respond-async"),
    );
    for (method, path, header, success) in [
        (Method::POST, first.as_str(), none, 200),
        (Method::POST, &invoke, source, 200),
        (Method::POST, &first, late, 202),
        (Method::POST, &format!("{event}/invoke?v=1"), none, 200),
        (Method::POST, &format!("{event}/invoke"), source, 200),
        (
            Method::GET,
            &format!("{event}/isImplemented?v=1"),
            none,
            200,
        ),
        (Method::GET, &format!("{event}/isImplemented"), source, 200),
    ] {
        for name in NAMES {
            let expected = if name == "admin" { 403 } else { success };
            let reply = ask(method.clone(), path, header, &server.token(name));
            assert_eq!(reply.0, expected, "{path} by {name}: {reply:?}");
        }
        let nobody = ask(method, path, header, "");
        assert_eq!(nobody.0, 401, "{path}: {nobody:?}");
    }
}

#[test]
fn whoever_can_connect_from_outside_needs_an_admins_token_for_the_servers_figures() {
    let server = start_with(|config| config.listen = "0.0.0.0:0".parse().unwrap());
    let ask = |token: &str| server.plain(Method::GET, "/metrics").bearer(token).send();
    assert_eq!(ask("").status, 401);
    let statuses = NAMES.map(|name| ask(&server.token(name)).status);
    assert_eq!(statuses, [200, 403, 403]);
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
