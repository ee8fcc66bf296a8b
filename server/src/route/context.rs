//! Which part of the Context Session Store is a request about (spec 5.10)?

use std::borrow::Cow;

use http::Method;

use super::{Route, decode};
use crate::status::Problem;

const ROOT: &str = "/v1/account/";

/// What is to be done with contexts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ContextAction<'a> {
    ListNamespaces,
    CreateNamespace,
    DeleteNamespace(Cow<'a, str>),
    ListSessions(Cow<'a, str>),
    Read(Place<'a>),
    Save(Place<'a>),
    DeleteSession(Place<'a>),
    ReadProperty(Place<'a>, Cow<'a, str>),
    DeleteProperty(Place<'a>, Cow<'a, str>),
}

/// A session of a namespace; without a name, the default one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) namespace: Cow<'a, str>,
    pub(crate) session: Option<Cow<'a, str>>,
}

impl ContextAction<'_> {
    /// The path of the action, with the names of its parameters in their place.
    pub(super) fn template(&self) -> &'static str {
        match self {
            Self::ListNamespaces | Self::CreateNamespace => "/v1/account/{account}",
            Self::DeleteNamespace(_) => "/v1/account/{account}/{namespace}",
            Self::ListSessions(_) => "/v1/account/{account}/{namespace}/session-ids",
            Self::Read(place) | Self::Save(place) | Self::DeleteSession(place) => {
                match place.session {
                    None => "/v1/account/{account}/{namespace}/properties",
                    Some(_) => "/v1/account/{account}/{namespace}/{session}/properties",
                }
            }
            Self::ReadProperty(place, _) | Self::DeleteProperty(place, _) => match place.session {
                None => "/v1/account/{account}/{namespace}/properties/{property}",
                Some(_) => "/v1/account/{account}/{namespace}/{session}/properties/{property}",
            },
        }
    }
}

/// Whether an address is the Context Session Store's, whose errors have a form of their own.
pub(crate) fn is_context(path: &str) -> bool {
    path.starts_with(ROOT)
}

/// Finds out what a request is about.
pub(super) fn route<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, Problem> {
    let path = path.strip_prefix(ROOT).ok_or(Problem::NoSuchAddress)?;
    // The clients delete a session with a slash at the end.
    let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
    let account = decode(segments.next())?;
    let rest: [Option<&str>; 5] = std::array::from_fn(|_| segments.next());
    let action = match rest {
        [None, ..] => match *method {
            Method::GET => ContextAction::ListNamespaces,
            Method::POST => ContextAction::CreateNamespace,
            _ => return Err(Problem::Method("GET, POST")),
        },
        [namespace, None, ..] => match *method {
            Method::DELETE => ContextAction::DeleteNamespace(decode(namespace)?),
            _ => return Err(Problem::Method("DELETE")),
        },
        [namespace, Some("session-ids"), None, ..] => match *method {
            Method::GET => ContextAction::ListSessions(decode(namespace)?),
            _ => return Err(Problem::Method("GET")),
        },
        [namespace, Some("properties"), name, None, _] => {
            let namespace = decode(namespace)?;
            let place = Place {
                namespace,
                session: None,
            };
            properties(method, place, name)?
        }
        [namespace, session, Some("properties"), name, None] => {
            let (namespace, session) = (decode(namespace)?, Some(decode(session)?));
            properties(method, Place { namespace, session }, name)?
        }
        _ => return Err(Problem::NoSuchAddress),
    };
    Ok(Route::Context { account, action })
}

fn properties<'a>(
    method: &Method,
    place: Place<'a>,
    name: Option<&'a str>,
) -> Result<ContextAction<'a>, Problem> {
    match (name, method) {
        (None, &Method::GET) => Ok(ContextAction::Read(place)),
        (None, &Method::PATCH) => Ok(ContextAction::Save(place)),
        (None, &Method::DELETE) => Ok(ContextAction::DeleteSession(place)),
        (None, _) => Err(Problem::Method("GET, PATCH, DELETE")),
        (name, &Method::GET) => Ok(ContextAction::ReadProperty(place, decode(name)?)),
        (name, &Method::DELETE) => Ok(ContextAction::DeleteProperty(place, decode(name)?)),
        _ => Err(Problem::Method("GET, DELETE")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, path: &str, expected: ContextAction<'_>) {
        let expected = Route::Context {
            account: "a".into(),
            action: expected,
        };
        assert_eq!(route(&method, path).unwrap(), expected, "{path}");
    }

    fn place(session: Option<&'static str>) -> Place<'static> {
        Place {
            namespace: "n".into(),
            session: session.map(Cow::from),
        }
    }

    #[test]
    fn each_address_has_its_actions() {
        use ContextAction::*;
        check(Method::GET, "/v1/account/a", ListNamespaces);
        check(Method::POST, "/v1/account/a", CreateNamespace);
        check(
            Method::DELETE,
            "/v1/account/a/n",
            DeleteNamespace("n".into()),
        );
        check(
            Method::GET,
            "/v1/account/a/n/session-ids",
            ListSessions("n".into()),
        );
        for (path, session) in [
            ("/v1/account/a/n/properties", None),
            ("/v1/account/a/n/s/properties", Some("s")),
        ] {
            check(Method::GET, path, Read(place(session)));
            check(Method::PATCH, path, Save(place(session)));
            check(Method::DELETE, path, DeleteSession(place(session)));
            let path = format!("{path}/");
            check(Method::DELETE, &path, DeleteSession(place(session)));
            let path = format!("{path}p%2Fq");
            check(
                Method::GET,
                &path,
                ReadProperty(place(session), "p/q".into()),
            );
            check(
                Method::DELETE,
                &path,
                DeleteProperty(place(session), "p/q".into()),
            );
        }
    }

    #[test]
    fn what_could_be_a_session_or_the_default_one_is_the_default_one() {
        let name = "properties".into();
        let path = "/v1/account/a/n/properties/properties";
        check(
            Method::GET,
            path,
            ContextAction::ReadProperty(place(None), name),
        );
    }

    #[test]
    fn other_addresses_lead_nowhere() {
        for path in [
            "/v1/account/",
            "/v1/account//n",
            "/v1/account/a//properties",
            "/v1/account/a/n//properties",
            "/v1/account/a/n/s",
            "/v1/account/a/n/s/other",
            "/v1/account/a/n/s/properties/p/q",
            "/v1/account/a/n/s/properties/p/q/r",
            "/v1/account/a/n/session-ids/x",
        ] {
            let found = route(&Method::GET, path);
            assert!(matches!(found, Err(Problem::NoSuchAddress)), "{path}");
        }
        for (method, path) in [
            (Method::PUT, "/v1/account/a"),
            (Method::GET, "/v1/account/a/n"),
            (Method::POST, "/v1/account/a/n/session-ids"),
            (Method::PUT, "/v1/account/a/n/properties"),
            (Method::PATCH, "/v1/account/a/n/s/properties/p"),
        ] {
            let found = route(&method, path);
            assert!(matches!(found, Err(Problem::Method(_))), "{method} {path}");
        }
    }
}
