//! What does the document say of what can go wrong?
//!
//! Most statuses follow from what an operation is like: one with a token can be refused, one with a
//! body can be too large. Its own doing adds the others, which its row names. For each status and each
//! form of errors there is one response, which the operations refer to.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::api::endpoint::{Form, Operation, Own, Scheme};

/// Where the responses are in the document.
const RESPONSES: &str = "#/components/responses";
const JSON: &str = "application/json";

/// The responses that operations refer to, by their names.
#[derive(Default)]
pub(super) struct Failures(BTreeMap<String, Value>);

/// The platform's form of an error.
#[derive(JsonSchema)]
#[schemars(rename = "Error", rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct ErrorShape {
    /// For programs: `com.liveperson.faas.…`.
    error_code: String,
    /// For people.
    error_msg: String,
}

/// The form of an error in the platform's second generation.
#[derive(JsonSchema)]
#[schemars(rename = "SecondError")]
#[expect(dead_code, reason = "only its schema is used")]
struct SecondShape {
    /// For programs: `com.liveperson.faas.…`.
    code: String,
    /// For people.
    message: String,
}

/// A problem (RFC 9457), with the platform's members.
#[derive(JsonSchema)]
#[schemars(rename = "Problem", rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct ProblemShape {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    error_code: String,
    error_msg: String,
}

/// An error of RFC 6749, section 5.2.
#[derive(JsonSchema)]
#[schemars(rename = "OauthError")]
#[expect(dead_code, reason = "only its schema is used")]
struct OauthShape {
    /// For programs, as the RFC names it.
    error: String,
    /// For people.
    error_description: String,
}

/// A refused login.
#[derive(JsonSchema)]
#[schemars(rename = "LoginError")]
#[expect(dead_code, reason = "only its schema is used")]
struct LoginShape {
    error: LoginReason,
}

/// Why a login is refused, in the platform's words.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct LoginReason {
    /// Milliseconds since the Unix epoch.
    time: u64,
    message: String,
    internal_code: u32,
    response_status: String,
}

/// An error of the Context Session Store.
#[derive(JsonSchema)]
#[schemars(rename = "ContextError")]
#[expect(dead_code, reason = "only its schema is used")]
struct ContextShape {
    message: String,
}

/// An error of an invocation; with the logs for who tries a lambda out, with what came of each lambda
/// for who invoked an event.
#[derive(JsonSchema)]
#[schemars(rename = "InvocationError", rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct InvocationShape {
    /// For programs: `com.liveperson.faas.…`.
    error_code: String,
    /// For people.
    error_msg: String,
    #[schemars(default)]
    error_logs: Vec<Value>,
}

impl Failures {
    /// The responses of an operation that tell of failures, by their status.
    pub(super) fn of(
        &mut self,
        operation: &Operation,
        generator: &mut SchemaGenerator,
    ) -> Vec<(String, Value)> {
        let form = form_name(operation);
        let mut responses = Vec::new();
        for status in statuses(operation) {
            let name = format!("{form}{status}");
            let reference = json!({ "$ref": format!("{RESPONSES}/{name}") });
            responses.push((status.to_string(), reference));
            let made = || response(status, bodies(operation, generator));
            self.0.entry(name).or_insert_with(made);
        }
        if operation.own == Some(Own::Invocation) {
            let lambda = json!({
                "description": "the lambda failed; the status is 901, or what failure_status says",
                "content": bodies(operation, generator),
            });
            responses.push(("default".to_owned(), lambda));
        }
        responses
    }

    /// All that were referred to.
    pub(super) fn into_responses(self) -> BTreeMap<String, Value> {
        self.0
    }
}

/// The statuses of what can go wrong with an operation.
pub(super) fn statuses(operation: &Operation) -> BTreeSet<u16> {
    let mut statuses: BTreeSet<u16> = operation.fails.iter().copied().collect();
    let opened_by = |schemes: &[Scheme]| operation.schemes.iter().any(|one| schemes.contains(one));
    let has_path = operation.path_parameters().next().is_some();
    if has_path || !operation.query.is_empty() || operation.takes.is_some() {
        statuses.insert(400);
    }
    if opened_by(&[Scheme::Bearer, Scheme::Key]) {
        statuses.extend([401, 403]);
    }
    if opened_by(&[Scheme::App, Scheme::Cookie]) {
        statuses.insert(401);
    }
    if has_path {
        statuses.insert(404);
    }
    // The operator may have disabled it.
    if operation.path_parameters().any(|name| name == "account") {
        statuses.insert(403);
    }
    if operation.takes.is_some() {
        statuses.extend([408, 413]);
    }
    // Whoever watches the server is told of it until the end.
    if !matches!(operation.path, "/healthz" | "/readyz" | "/metrics") {
        statuses.extend([500, 503]);
    }
    statuses
}

fn form_name(operation: &Operation) -> String {
    match operation.own {
        Some(own) => format!("{own:?}"),
        None => format!("{:?}", operation.errors()),
    }
}

/// What is wrong with the address or the token is told in the form of the address, whatever an endpoint
/// says of its own errors.
fn bodies(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let platform = generator.subschema_for::<ErrorShape>();
    let problem = generator.subschema_for::<ProblemShape>();
    let second = generator.subschema_for::<SecondShape>();
    const PROBLEM: &str = "application/problem+json";
    let any = |shapes: Value| json!({ "schema": { "anyOf": shapes } });
    match (operation.own, operation.errors()) {
        (None, Form::Platform) => json!({ JSON: { "schema": platform } }),
        (None, Form::Second) => json!({ JSON: { "schema": second } }),
        (None, Form::Shared | Form::Gateway) => json!({ JSON: any(json!([platform, second])) }),
        (None, Form::Problem) => json!({ PROBLEM: { "schema": problem } }),
        (Some(Own::Oauth), _) => {
            let oauth = generator.subschema_for::<OauthShape>();
            json!({
                JSON: any(json!([oauth, platform])),
                PROBLEM: { "schema": problem },
            })
        }
        (Some(Own::Page), _) => json!({
            "text/html": { "schema": { "type": "string" } },
            PROBLEM: { "schema": problem },
            JSON: { "schema": platform },
        }),
        (Some(Own::Login), _) => {
            let login = generator.subschema_for::<LoginShape>();
            json!({ JSON: any(json!([login, platform])) })
        }
        (Some(Own::Context), _) => {
            let context = generator.subschema_for::<ContextShape>();
            json!({ JSON: { "schema": context } })
        }
        (Some(Own::Invocation), _) => {
            let invocation = generator.subschema_for::<InvocationShape>();
            json!({ JSON: any(json!([invocation, second])) })
        }
    }
}

fn response(status: u16, bodies: Value) -> Value {
    let mut response = json!({ "description": about(status), "content": bodies });
    if let Some((header, about)) = header(status) {
        response["headers"] = json!({
            header: { "description": about, "schema": { "type": "string" } },
        });
    }
    response
}

fn header(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        401 => Some((
            "WWW-Authenticate",
            "what would open it (RFC 9110, section 11.6.1)",
        )),
        429 | 503 => Some(("Retry-After", "seconds until another try may succeed")),
        _ => None,
    }
}

fn about(status: u16) -> &'static str {
    match status {
        400 => "the request is malformed or breaks a rule",
        401 => "nothing is shown that opens this, or it is not valid",
        403 => "what is shown does not open this",
        404 => "there is no such thing",
        408 => "the body did not come in time",
        409 => "it does not fit what is there",
        413 => "the body is too large, or what is to be saved",
        422 => "the source does not build",
        429 => "there is too much of it: try again later",
        500 => "the server failed; its log says how",
        503 => "the server is shutting down",
        _ => "what was wrong, and what to do",
    }
}
