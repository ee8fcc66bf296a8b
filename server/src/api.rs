//! What can be asked over HTTP, by whom, and in which shape?
//!
//! Every route but the hot and the public ones is declared here as data: its method, its path, the
//! leave that it takes, and the shapes of what it takes and answers. Routing, permissions and the
//! OpenAPI document follow from the same table, so none of them can forget a route.

mod accounts;
mod apps;
mod ask;
mod audit;
mod catalog;
mod context_keys;
mod lambdas;
mod limits;
mod login;
mod logs;
mod me;
mod oauth;
mod openapi;
mod overview;
mod queue;
mod reports;
mod run;
mod schedules;
mod secrets;
mod steps;
mod tokens;
mod users;
mod v1;
mod v2;
mod versions;
mod whitelist;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::LazyLock;

use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::auth::Action;
use crate::reply::Reply;
use crate::route::percent_decode;
use crate::status::Problem;

pub(crate) use ask::Ask;
pub use openapi::openapi_document;

/// The tables, in the order of the OpenAPI document.
const TABLES: &[&[Endpoint]] = &[
    v1::ENDPOINTS,
    v2::ENDPOINTS,
    lambdas::ENDPOINTS,
    versions::ENDPOINTS,
    run::ENDPOINTS,
    steps::ENDPOINTS,
    logs::ENDPOINTS,
    reports::ENDPOINTS,
    overview::ENDPOINTS,
    secrets::ENDPOINTS,
    whitelist::ENDPOINTS,
    login::ENDPOINTS,
    me::ENDPOINTS,
    oauth::ENDPOINTS,
    accounts::ENDPOINTS,
    users::ENDPOINTS,
    apps::ENDPOINTS,
    tokens::ENDPOINTS,
    context_keys::ENDPOINTS,
    catalog::ENDPOINTS,
    limits::ENDPOINTS,
    audit::ENDPOINTS,
    queue::ENDPOINTS,
    schedules::ENDPOINTS,
    openapi::ENDPOINTS,
];

/// An answer that is being made.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send + 'a>>;

/// Makes the schema of a type.
type Shape = fn(&mut SchemaGenerator) -> Schema;

/// One method of one path.
pub(crate) struct Endpoint {
    method: Method,
    /// With parameters in braces, as in OpenAPI.
    path: &'static str,
    /// The leave that it takes; `None` for whoever asks.
    needs: Option<Action>,
    summary: &'static str,
    query: &'static [Parameter],
    takes: Option<Shape>,
    status: u16,
    answers: Option<Shape>,
    /// The media type of an answer that is not JSON.
    kind: &'static str,
    errors: Form,
    answer: Answer,
}

/// The form of an endpoint's errors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// RFC 9457, with the platform's members beside it.
    Problem,
    /// The platform's first generation: `{errorCode, errorMsg}`.
    Platform,
    /// The platform's second generation: `{code, message}`.
    Second,
    /// Both generations have the address: the first one says `v` in the query, the second does not.
    Shared,
    /// An invocation, where the second generation has a header instead (spec 1.2).
    Gateway,
}

/// A parameter of the query.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// The type of its value, in JSON Schema's words: `string`, `integer` or `boolean`.
    pub(crate) kind: &'static str,
    pub(crate) required: bool,
}

/// What a path and a method led to.
pub(crate) struct Found<'a> {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) path: PathParameters<'a>,
}

/// The values of a path's parameters, decoded.
pub(crate) struct PathParameters<'a>(Vec<(&'a str, String)>);

/// The endpoints of one path.
#[derive(Default)]
struct Methods {
    endpoints: Vec<&'static Endpoint>,
    /// The value of an `Allow` header (RFC 9110, section 10.2.1).
    allowed: &'static str,
}

static ROUTER: LazyLock<matchit::Router<Methods>> = LazyLock::new(router);

/// The type of an endpoint's handler, without which closures would not be taken for any lifetime.
type Answer = for<'a> fn(Ask<'a>) -> Answering<'a>;
impl Endpoint {
    const fn new(
        method: Method,
        path: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self {
            method,
            path,
            needs: None,
            summary,
            query: &[],
            takes: None,
            status: 200,
            answers: None,
            kind: "",
            errors: Form::Problem,
            answer,
        }
    }

    const fn needs(mut self, action: Action) -> Self {
        self.needs = Some(action);
        self
    }

    /// Reads something, for whoever asks.
    pub(crate) const fn public_get(
        path: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::GET, path, summary, answer)
    }

    /// Does something, for whoever asks.
    pub(crate) const fn public_post(
        path: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::POST, path, summary, answer)
    }

    /// Reads something.
    pub(crate) const fn get(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::GET, path, summary, answer).needs(needs)
    }

    /// Makes or starts something.
    pub(crate) const fn post(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::POST, path, summary, answer).needs(needs)
    }

    /// Puts something in the place of what was there.
    pub(crate) const fn put(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::PUT, path, summary, answer).needs(needs)
    }

    /// Changes a part of something.
    pub(crate) const fn patch(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::PATCH, path, summary, answer).needs(needs)
    }

    /// Takes something away.
    pub(crate) const fn delete(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::DELETE, path, summary, answer).needs(needs)
    }

    /// The query parameters that it knows.
    pub(crate) const fn query(mut self, query: &'static [Parameter]) -> Self {
        self.query = query;
        self
    }

    /// The JSON that it takes.
    pub(crate) const fn takes<T: JsonSchema>(mut self) -> Self {
        self.takes = Some(shape::<T>);
        self
    }

    /// The status and the JSON that it answers when all is well.
    pub(crate) const fn answers<T: JsonSchema>(mut self, status: u16) -> Self {
        self.status = status;
        self.answers = Some(shape::<T>);
        self
    }

    /// The media type of the text that it answers when all is well.
    pub(crate) const fn answers_text(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// The status that it answers, without a body, when all is well.
    pub(crate) const fn answers_nothing(mut self, status: u16) -> Self {
        self.status = status;
        self.answers = None;
        self
    }

    /// Clients of the platform know it: errors have the platform's form, not that of RFC 9457.
    pub(crate) const fn compatible(mut self) -> Self {
        self.errors = Form::Platform;
        self
    }

    /// Clients of the platform's second generation know it.
    pub(crate) const fn second_generation(mut self) -> Self {
        self.errors = Form::Second;
        self
    }

    /// Clients of both of the platform's generations know it.
    pub(crate) const fn shared(mut self) -> Self {
        self.errors = Form::Shared;
        self
    }

    /// The form of its errors.
    pub(crate) const fn errors(&self) -> Form {
        self.errors
    }

    /// The leave that it takes; `None` for whoever asks.
    pub(crate) fn action(&self) -> Option<Action> {
        self.needs
    }

    /// Answers.
    pub(crate) fn answer<'a>(&self, ask: Ask<'a>) -> Answering<'a> {
        (self.answer)(ask)
    }
}

impl Parameter {
    /// A text that may be left out.
    pub(crate) const fn text(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            about,
            kind: "string",
            required: false,
        }
    }

    /// A whole number that may be left out.
    pub(crate) const fn number(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            about,
            kind: "integer",
            required: false,
        }
    }

    /// One that may not be left out.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

impl PathParameters<'_> {
    /// The value of a parameter that the endpoint's path has.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| *known == name);
        &found
            .expect("endpoints ask for parameters of their own path")
            .1
    }

    /// The account that the path is about, if it is about one.
    pub(crate) fn account(&self) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == "account");
        found.map(|(_, value)| value.as_str())
    }
}

/// Finds the endpoint of a path and a method.
pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Result<Found<'a>, Problem> {
    // The vendor's own client lists lambdas with a slash at the end.
    let path = match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter,
        _ => path,
    };
    let matched = ROUTER.at(path).map_err(|_| Problem::NoSuchAddress)?;
    let endpoints = &matched.value.endpoints;
    let endpoint = endpoints.iter().find(|endpoint| endpoint.method == *method);
    let endpoint = endpoint.ok_or(Problem::Method(matched.value.allowed))?;
    let decoded = matched.params.iter().map(|(name, value)| match value {
        "" => Err(Problem::NoSuchAddress),
        value => Ok((name, percent_decode(value)?.into_owned())),
    });
    let path = PathParameters(decoded.collect::<Result<_, _>>()?);
    Ok(Found { endpoint, path })
}

/// The path of the endpoints that a path is about, with its parameters in braces.
pub(crate) fn template(path: &str) -> Option<&'static str> {
    let matched = ROUTER.at(path.strip_suffix('/').unwrap_or(path)).ok()?;
    matched
        .value
        .endpoints
        .first()
        .map(|endpoint| endpoint.path)
}

/// The form of errors at an address; where it does not take the method, that of the first one that
/// it takes.
pub(crate) fn form(method: &Method, path: &str) -> Option<Form> {
    let matched = ROUTER.at(path.strip_suffix('/').unwrap_or(path)).ok()?;
    let endpoints = &matched.value.endpoints;
    let exact = endpoints.iter().find(|endpoint| endpoint.method == *method);
    let endpoint = exact.or(endpoints.first())?;
    Some(endpoint.errors())
}

/// Every endpoint, in the order of the tables.
fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    TABLES.iter().copied().flatten()
}

fn router() -> matchit::Router<Methods> {
    let mut paths: HashMap<&str, Methods> = HashMap::new();
    for endpoint in endpoints() {
        let methods = paths.entry(endpoint.path).or_default();
        methods.endpoints.push(endpoint);
    }
    let mut router = matchit::Router::new();
    for (path, mut methods) in paths {
        let mut names: Vec<_> = methods
            .endpoints
            .iter()
            .map(|e| e.method.as_str())
            .collect();
        names.sort_unstable();
        methods.allowed = names.join(", ").leak();
        router
            .insert(path, methods)
            .expect("a unit test makes the router of these tables");
    }
    router
}

fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_make_a_router_and_no_endpoint_hides_another() {
        let _ = router();
        let mut seen = std::collections::HashSet::new();
        for endpoint in endpoints() {
            let fresh = seen.insert((endpoint.method.as_str(), endpoint.path));
            assert!(fresh, "{} {}", endpoint.method, endpoint.path);
        }
    }

    #[test]
    fn a_path_about_an_account_takes_leave_in_it() {
        for endpoint in endpoints().filter(|endpoint| endpoint.needs.is_some()) {
            let is_operators = endpoint.needs == Some(Action::Accounts);
            let in_account = endpoint.path.contains("/{account}/");
            assert_ne!(is_operators, in_account, "{}", endpoint.path);
        }
    }

    #[test]
    fn a_segment_is_decoded_after_the_path_was_cut() {
        let path = "/api/account/a/whitelist/https%3A%2F%2Fb.com";
        let found = find(&Method::PUT, path).map_err(drop).unwrap();
        assert_eq!(found.path.get("rule"), "https://b.com");
        assert_eq!(found.path.account(), Some("a"));
    }

    #[test]
    fn a_list_may_end_in_a_slash() {
        let found = find(&Method::GET, "/api/account/a/lambdas/")
            .map_err(drop)
            .unwrap();
        assert_eq!(found.endpoint.path, "/api/account/{account}/lambdas");
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        let wrong = find(&Method::PATCH, "/api/account/a/secrets/x").map(drop);
        assert!(
            matches!(wrong, Err(Problem::Method("DELETE, GET, PUT"))),
            "{wrong:?}"
        );
    }

    #[test]
    fn tricks_lead_nowhere() {
        for path in [
            "",
            "/",
            "//",
            "/api",
            "/api/account/",
            "/api/account//lambdas",
            "/api/account/a",
            "/api/account/a/lambdas/../secrets/x",
            "/api/account/a/lambdas//logs",
            "/api/account/a/secrets//",
            "/API/account/a/lambdas",
            "*",
        ] {
            let found = find(&Method::GET, path).map(drop);
            assert!(matches!(found, Err(Problem::NoSuchAddress)), "{path:?}");
        }
        for path in ["%", "%2", "%zz", "%ff%fe"] {
            let path = format!("/api/account/{path}/lambdas");
            let found = find(&Method::GET, &path).map(drop);
            assert!(matches!(found, Err(Problem::BadInput(_))), "{path:?}");
        }
    }
}
