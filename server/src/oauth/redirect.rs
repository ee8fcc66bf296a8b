//! Where may a browser be sent back to?
//!
//! Only to an address that the app was installed with, compared character by character (RFC 9700,
//! section 2.1): whatever is laxer is how codes are stolen. The one exception is RFC 8252, section
//! 7.3: a public client on the user's own machine listens on whichever port is free.

use url::{Host, Url};

use super::app::InstalledApp;

/// The longest address, in characters.
const CHARS_MAX: usize = 2_000;
const LOOPBACK: [&str; 3] = ["http://127.0.0.1", "http://[::1]", "http://localhost"];

/// Checks an address that an app is installed with; the error says what is wrong with it.
pub(crate) fn check(uri: &str) -> Result<(), String> {
    let bad = |why: &str| Err(format!("the redirect URI {uri:?} {why}"));
    if uri.len() > CHARS_MAX
        || !uri
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        return bad("must be at most 2000 visible ASCII characters");
    }
    let Ok(url) = Url::parse(uri) else {
        return bad("is not an absolute URI");
    };
    if uri.contains('#') {
        return bad("must not have a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() || uri.contains('@') {
        return bad("must not have user information");
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => bad("must be https, unless it is on the user's own machine"),
        // RFC 8252, section 7.1: of a domain that its maker has, the other way round.
        scheme if scheme.contains('.') => Ok(()),
        _ => bad("must be https, or have a scheme like com.example.app"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the browser may be sent there with a code for the app.
pub(super) fn is_allowed(app: &InstalledApp, uri: &str) -> bool {
    let fits = |known: &String| {
        known == uri || (app.is_public() && same_but_port(known, uri).unwrap_or(false))
    };
    app.redirect_uris.iter().any(fits)
}

/// Whether both are the same address on the user's own machine, but for the port.
fn same_but_port(known: &str, uri: &str) -> Option<bool> {
    let (host, known) = without_port(known)?;
    let (other, uri) = without_port(uri)?;
    Some(host == other && known == uri)
}

/// The part before the port and the part after it.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let host = LOOPBACK.into_iter().find(|host| {
        let rest = uri.strip_prefix(host);
        rest.is_some_and(|rest| rest.starts_with([':', '/', '?']) || rest.is_empty())
    })?;
    let rest = &uri[host.len()..];
    let Some(port) = rest.strip_prefix(':') else {
        return Some((host, rest));
    };
    let end = port
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(port.len());
    let (port, rest) = port.split_at(end);
    port.parse::<u16>().ok()?;
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// The address with parameters added to its query.
pub(super) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", query.finish())
}

/// Where it leads, as a content security policy says it: an origin, or a scheme of an app's own.
pub(super) fn policy_source(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) if url.host().is_some() && matches!(url.scheme(), "http" | "https") => {
            url.origin().ascii_serialization()
        }
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{AppId, TokenHash};

    fn app(uris: &[&str], is_public: bool) -> InstalledApp {
        InstalledApp {
            id: AppId::generate(),
            account: "acc".parse().unwrap(),
            name: String::new(),
            description: String::new(),
            grants: "authorization_code".parse().unwrap(),
            redirect_uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
            secret: (!is_public).then(|| TokenHash::of(b"secret")),
            created_at: 1,
            changed_at: 1,
        }
    }

    #[test]
    fn an_app_is_installed_with_safe_addresses_only() {
        for uri in [
            "https://example.com/callback",
            "https://example.com/callback?a=b",
            "http://localhost/callback",
            "http://localhost:3000/callback",
            "http://127.0.0.1/",
            "http://[::1]:8080/cb",
            "com.example.app:/callback",
        ] {
            assert_eq!(check(uri), Ok(()), "{uri}");
        }
        for uri in [
            "",
            "/callback",
            "example.com/callback",
            "http://example.com/callback",
            "http://localhost.example.com/",
            "https://user@example.com/",
            "https://example.com/#fragment",
            "https://example.com/a b",
            "https://example.com\\@evil.com/",
            "https://",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://exämple.com/",
        ] {
            assert!(check(uri).is_err(), "{uri}");
        }
        let long = format!("https://example.com/{}", "a".repeat(CHARS_MAX - 20));
        assert_eq!(check(&long), Ok(()));
        assert!(check(&format!("{long}a")).is_err());
    }

    #[test]
    fn only_the_very_address_is_allowed() {
        let app = app(&["https://example.com/callback"], false);
        assert!(is_allowed(&app, "https://example.com/callback"));
        for uri in [
            "https://example.com/callback/",
            "https://example.com/callback?a",
            "https://example.com/callback/../evil",
            "https://example.com/Callback",
            "https://example.com:443/callback",
            "https://example.com.evil.com/callback",
            "https://example.com@evil.com/callback",
            "https://evil.com/https://example.com/callback",
            "http://example.com/callback",
            "https://example.com/callback#",
        ] {
            assert!(!is_allowed(&app, uri), "{uri}");
        }
    }

    #[test]
    fn a_public_client_may_choose_its_port_on_the_users_machine() {
        let known = ["http://127.0.0.1/cb", "http://localhost:3000/cb"];
        let native = app(&known, true);
        for uri in [
            "http://127.0.0.1:51004/cb",
            "http://127.0.0.1/cb",
            "http://localhost:1/cb",
        ] {
            assert!(is_allowed(&native, uri), "{uri}");
        }
        for uri in [
            "http://127.0.0.1:51004/other",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:80@evil.com/cb",
            "http://127.0.0.1.evil.com/cb",
            "http://127.0.0.1:/cb",
            "http://[::1]:80/cb",
            "https://127.0.0.1:80/cb",
        ] {
            assert!(!is_allowed(&native, uri), "{uri}");
        }
        let web = app(&known, false);
        assert!(!is_allowed(&web, "http://127.0.0.1:51004/cb"));
    }

    #[test]
    fn parameters_are_added_behind_those_that_are_there() {
        let with = |uri| with_parameters(uri, &[("code", "a&b"), ("state", "x y")]);
        assert_eq!(with("http://a/"), "http://a/?code=a%26b&state=x+y");
        assert_eq!(with("http://a/?b=c"), "http://a/?b=c&code=a%26b&state=x+y");
        assert_eq!(with("http://a/?"), "http://a/?code=a%26b&state=x+y");
        assert_eq!(policy_source("http://a:3000/x;y"), "http://a:3000");
        assert_eq!(policy_source("com.example.app:/x"), "com.example.app:");
    }
}
