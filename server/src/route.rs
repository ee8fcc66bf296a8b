//! What is this request about?
//!
//! A plain match over the segments of the path, which are decoded first (RFC 3986, section 2.1).
//! Nothing is allocated for a path without escapes.

use std::borrow::Cow;

use http::Method;

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
    Manage {
        account: Cow<'a, str>,
        action: Manage<'a>,
    },
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
}

/// What is to be managed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Manage<'a> {
    Deploy,
    ListLambdas,
    /// The npm packages that come with the engine.
    ListPackages,
    DeleteLambda(Cow<'a, str>),
    ReadLogs(Cow<'a, str>),
    SetVariable {
        lambda: Cow<'a, str>,
        name: Cow<'a, str>,
    },
    RemoveVariable {
        lambda: Cow<'a, str>,
        name: Cow<'a, str>,
    },
    ListSecrets,
    PutSecret(Cow<'a, str>),
    DeleteSecret(Cow<'a, str>),
    ListRules,
    AddRule(Cow<'a, str>),
    DeleteRule(Cow<'a, str>),
    ListTokens,
    CreateToken,
    DeleteToken(Cow<'a, str>),
    ListContextKeys,
    CreateContextKey,
    DeleteContextKey(Cow<'a, str>),
}

/// Finds out what a request is about.
pub(crate) fn route<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, Problem> {
    let public = match path {
        "/healthz" => Some(Route::Health),
        "/readyz" => Some(Route::Ready),
        "/metrics" => Some(Route::Metrics),
        _ => None,
    };
    match public {
        Some(route) if matches!(*method, Method::GET | Method::HEAD) => Ok(route),
        Some(_) => Err(Problem::Method("GET, HEAD")),
        None if is_context(path) => context::route(method, path),
        None => in_account(method, path.strip_prefix("/api/account/")),
    }
}

fn in_account<'a>(method: &Method, path: Option<&'a str>) -> Result<Route<'a>, Problem> {
    let path = path.ok_or(Problem::NoSuchAddress)?;
    // The vendor's own client lists lambdas with a slash at the end.
    let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
    let account = decode(segments.next())?;
    let kind = segments.next().ok_or(Problem::NoSuchAddress)?;
    let name = segments.next();
    let part = segments.next();
    let key = segments.next();
    if segments.next().is_some() {
        return Err(Problem::NoSuchAddress);
    }
    let action = match (kind, name, part, key) {
        ("lambdas", Some(_), Some("invoke"), None) => {
            let lambda = decode(name)?;
            return match *method {
                Method::POST => Ok(Route::Invoke { account, lambda }),
                _ => Err(Problem::Method("POST")),
            };
        }
        ("service", Some("baseURI.json" | "baseURI"), None, _) => {
            return domains(method, account, None);
        }
        ("service", Some(_), Some("baseURI.json" | "baseURI"), None) => {
            let service = decode(name)?;
            return domains(method, account, Some(service));
        }
        ("deploy", None, ..) => match *method {
            Method::POST => Manage::Deploy,
            _ => return Err(Problem::Method("POST")),
        },
        ("packages", None, ..) => match *method {
            Method::GET => Manage::ListPackages,
            _ => return Err(Problem::Method("GET")),
        },
        ("lambdas", None, ..) => match *method {
            Method::GET => Manage::ListLambdas,
            _ => return Err(Problem::Method("GET")),
        },
        ("lambdas", Some(_), None, _) => match *method {
            Method::DELETE => Manage::DeleteLambda(decode(name)?),
            _ => return Err(Problem::Method("DELETE")),
        },
        ("lambdas", Some(_), Some("logs"), None) => match *method {
            Method::GET => Manage::ReadLogs(decode(name)?),
            _ => return Err(Problem::Method("GET")),
        },
        ("lambdas", Some(_), Some("environment"), Some(_)) => {
            let (lambda, name) = (decode(name)?, decode(key)?);
            match *method {
                Method::PUT => Manage::SetVariable { lambda, name },
                Method::DELETE => Manage::RemoveVariable { lambda, name },
                _ => return Err(Problem::Method("PUT, DELETE")),
            }
        }
        ("secrets", None, ..) => match *method {
            Method::GET => Manage::ListSecrets,
            _ => return Err(Problem::Method("GET")),
        },
        ("secrets", Some(_), None, _) => match *method {
            Method::PUT => Manage::PutSecret(decode(name)?),
            Method::DELETE => Manage::DeleteSecret(decode(name)?),
            _ => return Err(Problem::Method("PUT, DELETE")),
        },
        ("whitelist", None, ..) => match *method {
            Method::GET => Manage::ListRules,
            _ => return Err(Problem::Method("GET")),
        },
        ("whitelist", Some(_), None, _) => match *method {
            Method::PUT => Manage::AddRule(decode(name)?),
            Method::DELETE => Manage::DeleteRule(decode(name)?),
            _ => return Err(Problem::Method("PUT, DELETE")),
        },
        ("tokens", None, ..) => match *method {
            Method::GET => Manage::ListTokens,
            Method::POST => Manage::CreateToken,
            _ => return Err(Problem::Method("GET, POST")),
        },
        ("tokens", Some(_), None, _) => match *method {
            Method::DELETE => Manage::DeleteToken(decode(name)?),
            _ => return Err(Problem::Method("DELETE")),
        },
        ("context-keys", None, ..) => match *method {
            Method::GET => Manage::ListContextKeys,
            Method::POST => Manage::CreateContextKey,
            _ => return Err(Problem::Method("GET, POST")),
        },
        ("context-keys", Some(_), None, _) => match *method {
            Method::DELETE => Manage::DeleteContextKey(decode(name)?),
            _ => return Err(Problem::Method("DELETE")),
        },
        _ => return Err(Problem::NoSuchAddress),
    };
    Ok(Route::Manage { account, action })
}

fn domains<'a>(
    method: &Method,
    account: Cow<'a, str>,
    service: Option<Cow<'a, str>>,
) -> Result<Route<'a>, Problem> {
    match *method {
        Method::GET => Ok(Route::Domains { account, service }),
        _ => Err(Problem::Method("GET")),
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
fn percent_decode(text: &str) -> Result<Cow<'_, str>, Problem> {
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
    let pairs = query.unwrap_or_default().split('&');
    let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    match pairs.find(|(key, _)| *key == name) {
        None => Ok(None),
        Some((_, value)) if value.contains('+') => {
            let spaced = value.replace('+', " ");
            Ok(Some(Cow::Owned(percent_decode(&spaced)?.into_owned())))
        }
        Some((_, value)) => percent_decode(value).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get(path: &str) -> Result<Route<'_>, Problem> {
        route(&Method::GET, path)
    }

    #[test]
    fn the_invoke_address_is_the_platforms() {
        let found = route(&Method::POST, "/api/account/10000001/lambdas/abc/invoke").unwrap();
        assert_eq!(
            found,
            Route::Invoke {
                account: "10000001".into(),
                lambda: "abc".into()
            }
        );
        let wrong = get("/api/account/10000001/lambdas/abc/invoke");
        assert!(matches!(wrong, Err(Problem::Method("POST"))));
    }

    #[test]
    fn a_list_may_end_in_a_slash() {
        let account = Cow::from("a");
        let expected = Ok(Route::Manage {
            account,
            action: Manage::ListLambdas,
        });
        assert_eq!(get("/api/account/a/lambdas/").map_err(drop), expected);
    }

    #[test]
    fn a_domain_is_asked_for_by_its_service_or_with_all_others() {
        let domains = |service: Option<&'static str>| Route::Domains {
            account: "a".into(),
            service: service.map(Cow::from),
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
    fn a_segment_is_decoded_after_the_path_was_cut() {
        let path = "/api/account/a/whitelist/https%3A%2F%2Fb.com";
        let found = route(&Method::PUT, path).unwrap();
        let action = Manage::AddRule("https://b.com".into());
        assert_eq!(
            found,
            Route::Manage {
                account: "a".into(),
                action
            }
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
            "/api/account/a/lambdas/x/invoke/y",
            "/api/account/a/lambdas//invoke",
            "/healthz/",
            "/API/account/a/lambdas",
            "*",
        ] {
            assert!(matches!(get(path), Err(Problem::NoSuchAddress)), "{path:?}");
        }
        for path in ["%", "%2", "%zz", "%ff%fe"] {
            let path = format!("/api/account/{path}/lambdas");
            assert!(matches!(get(&path), Err(Problem::BadInput(_))), "{path:?}");
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
