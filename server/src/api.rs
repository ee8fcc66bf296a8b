//! What can be asked over HTTP, by whom, and in which shape?
//!
//! Every route is declared here as data: its method, its path, the leave that it takes, and the
//! shapes of what it takes and answers. Routing, permissions and the OpenAPI document follow from the
//! same tables, so none of them can forget a route. The few that [`route`](crate::route) finds faster
//! stand beside the tables, for the document only; a test holds that none of them is missing.

mod accounts;
mod apps;
mod ask;
mod audit;
mod catalog;
mod context_keys;
mod elsewhere;
mod endpoint;
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
use std::sync::LazyLock;

use http::Method;

use crate::route::percent_decode;
use crate::status::Problem;

pub(crate) use ask::Ask;
use endpoint::Operation;
pub(crate) use endpoint::{Endpoint, Form, Parameter};
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

/// Every operation, in the order of the document.
fn operations() -> impl Iterator<Item = &'static Operation> {
    let elsewhere = elsewhere::ROWS.iter().map(|endpoint| &**endpoint);
    elsewhere.chain(endpoints().map(|endpoint| &**endpoint))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Action;

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
    fn what_is_answered_elsewhere_is_in_no_table() {
        for operation in elsewhere::ROWS {
            let found = find(&operation.method, operation.path).map(|found| found.endpoint.path);
            assert!(found.is_err(), "{found:?}");
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
