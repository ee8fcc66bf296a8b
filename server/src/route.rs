//! Is this request about the hot route, or another of the few that are not in the tables of the API?
//!
//! A plain match over the segments of the path, which are decoded first (RFC 3986, section 2.1).
//! Nothing is allocated for a path without escapes.

use std::borrow::Cow;

use http::Method;

use crate::api::{self, Form};
use crate::console;
use crate::status::Problem;

mod context;

pub(crate) use context::{ContextAction, Place, is_context};

/// What a request is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Health,
    Ready,
    Metrics,
    Invoke {
        account: Cow<'a, str>,
        lambda: Cow<'a, str>,
    },
    /// The lambdas of an event.
    Event(EventRoute<'a>),
    /// The Context Session Store.
    Context {
        account: Cow<'a, str>,
        action: ContextAction<'a>,
    },
    /// Where a service of the account is, or where all of them are.
    Domains {
        account: Cow<'a, str>,
        service: Option<Cow<'a, str>>,
    },
    /// The files of the web console.
    Console,
}

/// What is asked about an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventRoute<'a> {
    pub(crate) account: Cow<'a, str>,
    pub(crate) event: Cow<'a, str>,
    pub(crate) action: EventAction,
}

/// What is to be done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventAction {
    Invoke,
    IsImplemented,
}

/// Finds out what a request is about; `None` when it is about an endpoint of the tables, if any.
pub(crate) fn route<'a>(method: &Method, path: &'a str) -> Result<Option<Route<'a>>, Problem> {
    let public = match path {
        "/healthz" => Some(Route::Health),
        "/readyz" => Some(Route::Ready),
        "/metrics" => Some(Route::Metrics),
        _ => None,
    };
    match public {
        Some(route) if matches!(*method, Method::GET | Method::HEAD) => Ok(Some(route)),
        Some(_) => Err(Problem::Method("GET, HEAD")),
        None if is_context(path) => context::route(method, path).map(Some),
        None => match in_account(method, path) {
            None if console::is_console(path) => match *method {
                Method::GET | Method::HEAD => Ok(Some(Route::Console)),
                _ => Err(Problem::Method("GET, HEAD")),
            },
            found => found.transpose(),
        },
    }
}

/// What is below an account and not in the tables: the hot route, and those that answer without a
/// token.
enum Below<'a> {
    Invoke(&'a str),
    Event(&'a str, EventAction),
    Domains(Option<&'a str>),
}

fn below(path: &str) -> Option<(&str, Below<'_>)> {
    let mut segments = path.strip_prefix("/api/account/")?.split('/');
    let account = segments.next()?;
    let (kind, name, part) = (segments.next()?, segments.next()?, segments.next());
    if segments.next().is_some() {
        return None;
    }
    let below = match (kind, name, part) {
        ("lambdas", lambda, Some("invoke")) => Below::Invoke(lambda),
        ("events", event, Some("invoke")) => Below::Event(event, EventAction::Invoke),
        ("events", event, Some("isImplemented")) => Below::Event(event, EventAction::IsImplemented),
        ("service", "baseURI.json" | "baseURI", None) => Below::Domains(None),
        ("service", service, Some("baseURI.json" | "baseURI")) => Below::Domains(Some(service)),
        _ => return None,
    };
    Some((account, below))
}

fn in_account<'a>(method: &Method, path: &'a str) -> Option<Result<Route<'a>, Problem>> {
    let (account, below) = below(path)?;
    let account = Some(account);
    Some(match below {
        Below::Invoke(lambda) => invoke(method, account, lambda),
        Below::Event(event, action) => about_event(method, account, event, action),
        Below::Domains(service) => domains(method, account, service),
    })
}

/// The form of errors at an address, whether or not it takes the method; `None` where nobody knows it.
pub(crate) fn form(method: &Method, path: &str) -> Option<Form> {
    match below(path) {
        None => api::form(method, path),
        Some((_, Below::Invoke(_) | Below::Event(_, EventAction::Invoke))) => Some(Form::Gateway),
        Some((_, Below::Event(_, EventAction::IsImplemented))) => Some(Form::Shared),
        Some((_, Below::Domains(_))) => Some(Form::Platform),
    }
}

fn invoke<'a>(
    method: &Method,
    account: Option<&'a str>,
    lambda: &'a str,
) -> Result<Route<'a>, Problem> {
    let (account, lambda) = (decode(account)?, decode(Some(lambda))?);
    match *method {
        Method::POST => Ok(Route::Invoke { account, lambda }),
        _ => Err(Problem::Method("POST")),
    }
}

fn about_event<'a>(
    method: &Method,
    account: Option<&'a str>,
    event: &'a str,
    action: EventAction,
) -> Result<Route<'a>, Problem> {
    let (account, event) = (decode(account)?, decode(Some(event))?);
    match (action, method) {
        (EventAction::Invoke, &Method::POST) | (EventAction::IsImplemented, &Method::GET) => {
            Ok(Route::Event(EventRoute {
                account,
                event,
                action,
            }))
        }
        (EventAction::Invoke, _) => Err(Problem::Method("POST")),
        (EventAction::IsImplemented, _) => Err(Problem::Method("GET")),
    }
}

fn domains<'a>(
    method: &Method,
    account: Option<&'a str>,
    service: Option<&'a str>,
) -> Result<Route<'a>, Problem> {
    let account = decode(account)?;
    let service = service.map(|name| decode(Some(name))).transpose()?;
    match *method {
        Method::GET => Ok(Route::Domains { account, service }),
        _ => Err(Problem::Method("GET")),
    }
}

/// The route of a path, with the names of its parameters in their place; `None` when it is not known.
pub(crate) fn template(method: &Method, path: &str) -> Option<&'static str> {
    match route(method, path).ok()? {
        None => api::template(path),
        Some(route) => Some(route.template()),
    }
}

impl Route<'_> {
    /// Its path with the names of its parameters in their place, as it stands beside the tables.
    pub(crate) fn template(&self) -> &'static str {
        match self {
            Self::Console => "/console/",
            Self::Health => "/healthz",
            Self::Ready => "/readyz",
            Self::Metrics => "/metrics",
            Self::Invoke { .. } => "/api/account/{account}/lambdas/{lambda}/invoke",
            Self::Event(EventRoute { action, .. }) => match action {
                EventAction::Invoke => "/api/account/{account}/events/{event}/invoke",
                EventAction::IsImplemented => "/api/account/{account}/events/{event}/isImplemented",
            },
            Self::Context { action, .. } => action.template(),
            Self::Domains { service: None, .. } => "/api/account/{account}/service/baseURI.json",
            Self::Domains { .. } => "/api/account/{account}/service/{service}/baseURI.json",
        }
    }
}

/// A segment as it was meant. An empty one leads nowhere.
fn decode(segment: Option<&str>) -> Result<Cow<'_, str>, Problem> {
    match segment {
        None | Some("") => Err(Problem::NoSuchAddress),
        Some(segment) => percent_decode(segment),
    }
}

/// Undoes percent encoding.
pub(crate) fn percent_decode(text: &str) -> Result<Cow<'_, str>, Problem> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let bad = || Problem::BadInput("the address holds a malformed escape".to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_first_chunk::<2>().ok_or_else(bad)?;
        let digit = |at: usize| char::from(digits[at]).to_digit(16).ok_or_else(bad);
        bytes.push((digit(0)? * 16 + digit(1)?) as u8);
        rest = after;
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| bad())
}

/// The value of a query parameter, decoded; the first one when it repeats.
pub(crate) fn parameter<'a>(
    query: Option<&'a str>,
    name: &str,
) -> Result<Option<Cow<'a, str>>, Problem> {
    parameters(query, name).next().transpose()
}

/// All values of a query parameter that may repeat, decoded.
pub(crate) fn parameters<'a>(
    query: Option<&'a str>,
    name: &str,
) -> impl Iterator<Item = Result<Cow<'a, str>, Problem>> {
    let pairs = query.unwrap_or_default().split('&');
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let values = pairs.filter_map(move |(key, value)| (key == name).then_some(value));
    values.map(|value| match value.contains('+') {
        true => {
            let spaced = value.replace('+', " ");
            Ok(Cow::Owned(percent_decode(&spaced)?.into_owned()))
        }
        false => percent_decode(value),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get(path: &str) -> Result<Option<Route<'_>>, Problem> {
        route(&Method::GET, path)
    }

    #[test]
    fn the_invoke_address_is_the_platforms() {
        let path = "/api/account/10000001/lambdas/abc/invoke";
        let invoke = Route::Invoke {
            account: "10000001".into(),
            lambda: "abc".into(),
        };
        assert_eq!(route(&Method::POST, path).unwrap(), Some(invoke));
        assert!(matches!(get(path), Err(Problem::Method("POST"))));
    }

    #[test]
    fn a_domain_is_asked_for_by_its_service_or_with_all_others() {
        let domains = |service: Option<&'static str>| {
            Some(Route::Domains {
                account: "a".into(),
                service: service.map(Cow::from),
            })
        };
        for end in ["baseURI.json", "baseURI"] {
            let one = format!("/api/account/a/service/faasGW/{end}");
            assert_eq!(get(&one).unwrap(), domains(Some("faasGW")));
            let all = format!("/api/account/a/service/{end}");
            assert_eq!(get(&all).unwrap(), domains(None));
        }
        let wrong = route(&Method::POST, "/api/account/a/service/baseURI.json");
        assert!(matches!(wrong, Err(Problem::Method("GET"))));
    }

    #[test]
    fn what_is_not_one_of_the_few_is_left_to_the_tables() {
        for path in [
            "",
            "/consoles",
            "/api/account/a/lambdas",
            "/api/account/a/lambdas/x/invoke/y",
            "/healthz/",
            "/API/account/a/lambdas/x/invoke",
        ] {
            assert_eq!(get(path).unwrap(), None, "{path:?}");
        }
        let empty = get("/api/account/a/lambdas//invoke");
        assert!(matches!(empty, Err(Problem::NoSuchAddress)));
    }

    #[test]
    fn the_console_is_below_its_path_and_the_root_leads_there() {
        for path in ["/", "/console", "/console/", "/console/lambdas/a"] {
            assert_eq!(get(path).unwrap(), Some(Route::Console), "{path}");
            let wrong = route(&Method::POST, path);
            assert!(matches!(wrong, Err(Problem::Method("GET, HEAD"))), "{path}");
        }
    }

    #[test]
    fn parameters_are_found_and_decoded() {
        let query = Some("v=1&skillId=&externalSystem=my+system%21&flag&v=2");
        let find = |name| parameter(query, name).unwrap();
        assert_eq!(find("v").as_deref(), Some("1"));
        assert_eq!(find("skillId").as_deref(), Some(""));
        assert_eq!(find("externalSystem").as_deref(), Some("my system!"));
        assert_eq!(find("flag").as_deref(), Some(""));
        assert_eq!(find("userId"), None);
        assert_eq!(parameter(None, "v").unwrap(), None);
    }

    proptest! {
        #[test]
        fn no_path_is_too_strange(path in "(/api/account/)?[ -~]{0,60}") {
            let _ = get(&path);
        }

        #[test]
        fn what_was_escaped_comes_back(text in "\\PC{1,40}") {
            let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(percent_decode(&escaped).unwrap(), text);
        }
    }
}
