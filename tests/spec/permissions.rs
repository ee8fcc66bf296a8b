//! Every endpoint takes the permissions that the platform's table says, and no others.
//!
//! Which row of the table an endpoint belongs to is written down here by hand, not asked of the server: an
//! endpoint that says of itself that it reads, and writes, is found. One that stands in no row fails.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::document::{Operation, operations as documented};
use crate::harness::sentinel::TestUser;
use crate::harness::server::{ACCOUNT, TestServer, start, start_with};

/// The rows of the user guide's table, then those that follow its sense: who may (FaaS-Admin,
/// FaaS-Developer, FaaS-Invocation), and by which endpoints, below `/api/account/{account}`.
const ROWS: &[(&str, [bool; 3], &[&str])] = &[
    (
        "lambda read",
        [true, true, false],
        &[
            "GET /lambdas",
            "GET /lambdas/{lambda}",
            "GET /runtimes",
            "GET /functions",
            "GET /functions/count",
            "GET /deployments/count",
            "GET /functions/{function}",
            "GET /packages",
            "GET /lambdas/{lambda}/versions",
            "GET /lambdas/{lambda}/versions/{version}",
            "GET /lambdas/{lambda}/versions/{version}/bundle",
            "GET /lambdas/{lambda}/compare",
            "GET /lambdas/{lambda}/deployments",
            "GET /deployments",
            "GET /events",
            "GET /events/{event}",
            "GET /templates",
            "GET /templates/{template}",
            "GET /snippets",
            "GET /limits",
            "GET /deployments/{lambda}/events",
        ],
    ),
    (
        "lambda create/edit/delete",
        [false, true, false],
        &[
            "POST /lambdas",
            "PUT /lambdas/{lambda}",
            "POST /functions",
            "PUT /functions/{function}",
            "PUT /functions/{function}/manifest",
            "DELETE /lambdas/{lambda}",
            "PUT /lambdas/{lambda}/environment/{name}",
            "DELETE /lambdas/{lambda}/environment/{name}",
            "POST /lambdas/{lambda}/versions/{version}/restore",
            "POST /invocations/{id}/redrive",
            "DELETE /invocations/{id}",
            "POST /check",
            "POST /run",
        ],
    ),
    (
        "lambda deploy",
        [false, true, false],
        &[
            "POST /deployments/{lambda}",
            "DELETE /deployments/{lambda}",
            "PATCH /deployments/{lambda}",
            "POST /deploy",
            "POST /lambdas/{lambda}/versions/{version}/rollback",
        ],
    ),
    (
        "lambda invoke",
        [false, true, true],
        &[
            "POST /lambdas/{lambda}/invoke",
            "POST /events/{event}/invoke",
            "GET /events/{event}/isImplemented",
            "POST /functions/{function}/test",
            "POST /lambdas/{lambda}/run",
            "GET /invocations/{id}",
        ],
    ),
    (
        "whitelist create/edit/delete",
        [true, false, false],
        &[
            "PUT /whitelist/{rule}",
            "DELETE /whitelist/{rule}",
            "POST /proxy-settings",
            "DELETE /proxy-settings/{id}",
        ],
    ),
    (
        "whitelist read",
        [true, true, false],
        &[
            "GET /whitelist",
            "POST /whitelist/test",
            "GET /proxy-settings",
        ],
    ),
    (
        "secret create/edit/delete",
        [true, false, false],
        &["PUT /secrets/{key}", "DELETE /secrets/{key}"],
    ),
    (
        "secret read plain",
        [true, false, false],
        &["GET /secrets/{key}"],
    ),
    (
        "secret read crypted",
        [true, true, false],
        &["GET /secrets"],
    ),
    (
        "logs read",
        [true, true, false],
        &[
            "GET /lambdas/{lambda}/logs",
            "GET /logs",
            "GET /logs/tail",
            "GET /logs/export",
            "GET /functions/{uuid}/logs/export",
            "GET /invocations",
        ],
    ),
    (
        "metrics read",
        [true, true, false],
        &[
            "GET /reports/limitCounts",
            "GET /reports/lambdaCounts",
            "GET /reports/invocationCounts",
            "GET /reports/invocations/{uuid}",
            "GET /reports/performance/{uuid}",
            "GET /overview",
        ],
    ),
    ("activity read", [true, true, false], &["GET /activity"]),
    (
        "schedule read",
        [true, true, true],
        &[
            "GET /schedules",
            "GET /schedules/next",
            "GET /schedules/{id}",
            "GET /schedules/{id}/history",
        ],
    ),
    (
        "schedule create/edit/delete",
        [true, true, false],
        &[
            "POST /schedules",
            "PUT /schedules/{id}",
            "DELETE /schedules/{id}",
        ],
    ),
    (
        "users",
        [true, false, false],
        &[
            "GET /users",
            "POST /users",
            "GET /users/{id}",
            "PATCH /users/{id}",
            "DELETE /users/{id}",
            "PUT /users/{id}/password",
            "GET /users/{id}/sessions",
            "DELETE /users/{id}/sessions",
        ],
    ),
    (
        "tokens",
        [true, false, false],
        &["GET /tokens", "POST /tokens", "DELETE /tokens/{id}"],
    ),
    (
        "apps",
        [true, false, false],
        &[
            "GET /apps",
            "POST /apps",
            "PATCH /apps/{id}",
            "POST /apps/{id}/secret",
            "DELETE /apps/{id}",
            "GET /signing-keys",
            "POST /signing-keys",
            "DELETE /signing-keys/{kid}",
        ],
    ),
    (
        "developer keys",
        [true, false, false],
        &[
            "GET /context-keys",
            "POST /context-keys",
            "DELETE /context-keys/{id}",
        ],
    ),
    (
        "audit log",
        [true, false, false],
        &["GET /audit", "GET /audit/export", "POST /audit/verify"],
    ),
];

/// What the operator may, and no permission of an account opens.
const OPERATOR: &[&str] = &[
    "GET /api/accounts",
    "POST /api/accounts",
    "GET /api/accounts/{id}",
    "PATCH /api/accounts/{id}",
];

/// What whoever asks may.
const PUBLIC: &[&str] = &[
    "POST /api/account/{account}/login",
    "POST /api/account/{account}/refresh",
    "POST /api/account/{account}/logout",
    "GET /sentinel/api/account/{account}/authorize",
    "POST /sentinel/api/account/{account}/authorize",
    "POST /sentinel/api/account/{account}/token",
    "POST /sentinel/api/account/{account}/token/revoke",
    "POST /sentinel/api/account/{account}/token/introspect",
    "POST /sentinel/api/account/{account}/app/token",
    "POST /sentinel/api/v2/account/{account}/app/token",
    "GET /sentinel/well-known/jwks",
    "GET /.well-known/oauth-authorization-server/sentinel/api/account/{account}",
    "GET /sentinel/api/account/{account}/.well-known/openid-configuration",
    "GET /api/account/{account}/me",
    "GET /api/account/{account}/service/baseURI.json",
    "GET /api/account/{account}/service/{service}/baseURI.json",
    "GET /console/",
    "GET /healthz",
    "GET /readyz",
    "GET /openapi.json",
    "GET /openapi",
];

const NAMES: [&str; 3] = ["admin", "developer", "invocation"];

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
    let message = body["errorMsg"].as_str().or(body["message"].as_str());
    let message = message.unwrap_or_default();
    let begins = [
        "this needs the permission FaaS-",
        "this needs the operator's token",
    ];
    *status == 403 && begins.iter().any(|begin| message.starts_with(begin))
}

/// The operations that a token opens or nothing does. Developer keys open those of the Context Session
/// Store, and `/metrics` asks for a token only beyond loopback; both have tests of their own.
fn operations(server: &TestServer) -> Vec<Operation> {
    let mut all = documented(server);
    all.retain(|operation| {
        !operation.path.starts_with("/v1/account/") && operation.path != "/metrics"
    });
    all
}

/// Who may, by the row that an endpoint stands in; `None` for what whoever asks may.
fn may(endpoint: &Operation) -> Option<[bool; 3]> {
    let Operation { method, path, .. } = endpoint;
    if PUBLIC.contains(&format!("{method} {path}").as_str()) {
        return None;
    }
    if OPERATOR.contains(&format!("{method} {path}").as_str()) {
        return Some([false; 3]);
    }
    let below = path.strip_prefix("/api/account/{account}");
    let name = below.map(|below| format!("{method} {below}"));
    let of =
        |row: &&(&str, [bool; 3], &[&str])| row.2.iter().any(|of| Some(*of) == name.as_deref());
    let mut rows = ROWS.iter().filter(of);
    let found = rows.next();
    assert!(rows.next().is_none(), "{method} {path} stands in two rows");
    let (_, may, _) = found.unwrap_or_else(|| panic!("{method} {path} stands in no row"));
    Some(*may)
}

#[test]
fn every_endpoint_stands_in_one_row_of_the_table_and_every_row_has_its_endpoints() {
    let server = start();
    let endpoints = operations(&server);
    for endpoint in &endpoints {
        let is_public = may(endpoint).is_none();
        assert_eq!(is_public, endpoint.needs.is_none(), "{endpoint:?}");
    }
    let listed = ROWS.iter().map(|row| row.2.len()).sum::<usize>() + PUBLIC.len() + OPERATOR.len();
    assert_eq!(listed, endpoints.len(), "an endpoint of the table is gone");
}

#[test]
fn every_endpoint_takes_one_of_its_permissions_and_no_other() {
    let server = start();
    let tokens = tokens(&server);
    for endpoint in operations(&server) {
        let Some(may) = may(&endpoint) else { continue };
        for (set, token) in &tokens {
            let allowed = set.iter().zip(may).any(|(has, opens)| *has && opens);
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
        }
    }
}

#[test]
fn what_is_no_row_of_the_document_takes_the_same_permissions() {
    let server = start_with(|config| {
        config.listen = "0.0.0.0:0".parse().expect("a socket address");
    });
    for (set, token) in tokens(&server) {
        let status = |path: &str| server.plain(Method::GET, path).bearer(&token).send().status;
        let metrics = if set[0] { 200 } else { 403 };
        assert_eq!(status("/metrics"), metrics, "{set:?}");
        let path = format!("/api/account/{ACCOUNT}/events/nothing/isImplemented");
        let invoke = if set[1] || set[2] { 200 } else { 403 };
        assert_eq!(status(&path), invoke, "{set:?}");
    }
    assert_eq!(server.plain(Method::GET, "/metrics").send().status, 401);
}

#[test]
fn every_endpoint_that_takes_leave_wants_a_token() {
    let server = start();
    for endpoint in operations(&server) {
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
