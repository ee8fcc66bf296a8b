//! What can be asked that is not in the tables?
//!
//! The hot route, and those whose addresses or doors are of another kind: [`route`](crate::route::route)
//! finds them by a plain match, which no table makes as fast. Here they are to be read. For each the
//! match has a [`template`](crate::route::Route::template), and a test holds that it is one of these.

pub(super) mod shapes;

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::endpoint::{Also, Elsewhere, Endpoint, Own, Parameter, Scheme};
use crate::auth::Action;
use crate::context::{ListedNamespace, NewNamespace};
use crate::domains::{AllDomains, Domain};
use crate::invoke::event::Implemented;
use shapes::{Accepted, EventElement, InvocationBody, InvocationResult, Status};

const V: Parameter = Parameter::text(
    "v",
    "1 for the platform's first generation; left out by the second, with LP-EventSource",
);
const USER: Parameter = Parameter::text("userId", "the user, who has to be that of the token");
const SYSTEM: Parameter = Parameter::text(
    "externalSystem",
    "the name of the calling system, also an empty one; without it the answer has the logs",
);
const SKILL: Parameter = Parameter::text(
    "skillId",
    "only lambdas with this skill or none; without it, those with none",
);

const REQUEST_ID: Parameter = Parameter::text(
    "x-request-id",
    "the id of the request; sent again with the same body, it runs nothing again",
);
const SOURCE: Parameter = Parameter::text(
    "LP-EventSource",
    "the name of the calling system, in the second generation",
);
const PREFER: Parameter = Parameter::text(
    "Prefer",
    "respond-async for an answer at once, with retries=n for n more attempts",
);

const KEY: &[Scheme] = &[Scheme::Key];

/// The rows.
pub(super) const ROWS: &[Endpoint<Elsewhere>] = &[
    Endpoint::elsewhere(
        Method::POST,
        "/api/account/{account}/lambdas/{lambda}/invoke",
        "Invoke a lambda, named or by its UUID, and answer with what it calls back with",
    )
    .needs(Action::Invoke)
    .query(&[V, USER, SYSTEM])
    .headers(&[REQUEST_ID, SOURCE, PREFER])
    .takes::<InvocationBody>()
    .answers::<InvocationResult>(200)
    .also(&[Also::json::<Accepted>(
        202,
        "waiting in the queue; the header Location says where its outcome will be",
    )])
    .tells(Own::Invocation)
    .fails(&[409, 429]),
    Endpoint::elsewhere(
        Method::POST,
        "/api/account/{account}/events/{event}/invoke",
        "Invoke all lambdas that are live for an event",
    )
    .needs(Action::Invoke)
    .query(&[V, USER, SYSTEM, SKILL])
    .headers(&[REQUEST_ID, SOURCE])
    .takes::<InvocationBody>()
    .answers::<Vec<EventElement>>(200)
    .tells(Own::Invocation)
    .fails(&[409, 429]),
    Endpoint::elsewhere(
        Method::GET,
        "/api/account/{account}/events/{event}/isImplemented",
        "Tell whether a lambda is live for an event",
    )
    .needs(Action::Invoke)
    .query(&[V, USER, SYSTEM, SKILL])
    .headers(&[SOURCE])
    .answers::<Implemented>(200)
    .tells(Own::Invocation),
    Endpoint::elsewhere(
        Method::GET,
        "/api/account/{account}/service/baseURI.json",
        "Tell where all services of the platform are; also without .json",
    )
    .query(&[VERSION])
    .answers::<AllDomains<'static>>(200)
    .compatible(),
    Endpoint::elsewhere(
        Method::GET,
        "/api/account/{account}/service/{service}/baseURI.json",
        "Tell where a service of the platform is; also without .json",
    )
    .query(&[VERSION])
    .answers::<Domain<'static>>(200)
    .compatible(),
    Endpoint::elsewhere(
        Method::GET,
        "/v1/account/{account}",
        "List the namespaces of the Context Session Store",
    )
    .opened_by(KEY)
    .answers::<Vec<ListedNamespace>>(200)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::POST,
        "/v1/account/{account}",
        "Make a namespace, or give one another time to live",
    )
    .opened_by(KEY)
    .query(&[Parameter::number(
        "ttlSecond",
        "how long its sessions live after something was saved in them; for ever without it",
    )])
    .takes::<NewNamespace>()
    .answers_nothing(204)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::DELETE,
        "/v1/account/{account}/{namespace}",
        "Delete a namespace with all of its sessions",
    )
    .opened_by(KEY)
    .answers_nothing(204)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::GET,
        "/v1/account/{account}/{namespace}/session-ids",
        "List the sessions of a namespace",
    )
    .opened_by(KEY)
    .answers::<Vec<String>>(200)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::GET,
        "/v1/account/{account}/{namespace}/properties",
        "Read the properties of a namespace's default session",
    )
    .opened_by(KEY)
    .query(&[INCLUDE])
    .answers::<Properties>(200)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::PATCH,
        "/v1/account/{account}/{namespace}/properties",
        "Save properties in a namespace's default session",
    )
    .opened_by(KEY)
    .takes::<Properties>()
    .answers_nothing(204)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::DELETE,
        "/v1/account/{account}/{namespace}/properties",
        "Delete a namespace's default session",
    )
    .opened_by(KEY)
    .answers_nothing(204)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::GET,
        "/v1/account/{account}/{namespace}/properties/{property}",
        "Read a property of a namespace's default session",
    )
    .opened_by(KEY)
    .answers::<Value>(200)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::DELETE,
        "/v1/account/{account}/{namespace}/properties/{property}",
        "Delete a property of a namespace's default session",
    )
    .opened_by(KEY)
    .answers_nothing(204)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::GET,
        "/v1/account/{account}/{namespace}/{session}/properties",
        "Read the properties of a session",
    )
    .opened_by(KEY)
    .query(&[INCLUDE])
    .answers::<Properties>(200)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::PATCH,
        "/v1/account/{account}/{namespace}/{session}/properties",
        "Save properties in a session",
    )
    .opened_by(KEY)
    .takes::<Properties>()
    .answers_nothing(204)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::DELETE,
        "/v1/account/{account}/{namespace}/{session}/properties",
        "Delete a session",
    )
    .opened_by(KEY)
    .answers_nothing(204)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::GET,
        "/v1/account/{account}/{namespace}/{session}/properties/{property}",
        "Read a property of a session",
    )
    .opened_by(KEY)
    .answers::<Value>(200)
    .tells(Own::Context),
    Endpoint::elsewhere(
        Method::DELETE,
        "/v1/account/{account}/{namespace}/{session}/properties/{property}",
        "Delete a property of a session",
    )
    .opened_by(KEY)
    .answers_nothing(204)
    .tells(Own::Context),
    Endpoint::elsewhere(Method::GET, "/console/", "Open the web console")
        .answers_text("text/html")
        .fails(&[404]),
    Endpoint::elsewhere(Method::GET, "/healthz", "Tell that the process answers")
        .answers::<Status>(200),
    Endpoint::elsewhere(
        Method::GET,
        "/readyz",
        "Tell whether the server takes requests",
    )
    .answers::<Status>(200)
    .also(&[Also::json::<Status>(503, "not any more: it shuts down")]),
    Endpoint::elsewhere(
        Method::GET,
        "/metrics",
        "Read the figures of the server, for Prometheus; beyond loopback with an admin's token",
    )
    .opened_by(&[Scheme::Bearer, Scheme::Nothing])
    .answers_text("text/plain")
    .compatible(),
];

/// Names and values.
type Properties = BTreeMap<String, Value>;

const VERSION: Parameter = Parameter::text("version", "1.0, or left out");
const INCLUDE: Parameter = Parameter::text("include", "only these names, with commas between");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route::{ContextAction, EventAction, EventRoute, Place, Route, route};

    /// The number of the ways to go on. Another variant does not compile before it is counted.
    const WAYS: usize = 23;

    fn number(route: &Route<'_>) -> usize {
        let of = |place: &Place<'_>| usize::from(place.session.is_some());
        match route {
            Route::Health => 0,
            Route::Ready => 1,
            Route::Metrics => 2,
            Route::Invoke { .. } => 3,
            Route::Event(EventRoute { action, .. }) => match action {
                EventAction::Invoke => 4,
                EventAction::IsImplemented => 5,
            },
            Route::Domains { service, .. } => 6 + usize::from(service.is_some()),
            Route::Context { action, .. } => match action {
                ContextAction::ListNamespaces => 8,
                ContextAction::CreateNamespace => 9,
                ContextAction::DeleteNamespace(_) => 10,
                ContextAction::ListSessions(_) => 11,
                ContextAction::Read(place) => 12 + of(place),
                ContextAction::Save(place) => 14 + of(place),
                ContextAction::DeleteSession(place) => 16 + of(place),
                ContextAction::ReadProperty(place, _) => 18 + of(place),
                ContextAction::DeleteProperty(place, _) => 20 + of(place),
            },
            Route::Console => 22,
        }
    }

    #[test]
    fn every_way_that_a_route_can_go_stands_here() {
        let mut ways = BTreeSet::new();
        for row in ROWS {
            let path = row.path.replace(['{', '}'], "");
            let found = route(&row.method, &path).map_err(drop).unwrap();
            let found = found.unwrap_or_else(|| panic!("{path} is in the tables"));
            assert_eq!(found.template(), row.path);
            ways.insert(number(&found));
        }
        assert_eq!(
            ways.into_iter().collect::<Vec<_>>(),
            (0..WAYS).collect::<Vec<_>>()
        );
    }
}
