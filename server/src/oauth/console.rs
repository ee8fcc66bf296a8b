//! How does the web console get its tokens?
//!
//! It is an app like others, but nobody installs it: every account has it, under one name. It is public,
//! so PKCE is obligatory; it is this server's own, so nobody is asked whether it may; and the browser
//! goes back to the origin that it came from and nowhere else, so that no other site ever sees a code.

use std::sync::Arc;

use http::Uri;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use sandglass_runtime::AccountId;
use url::{Host, Url};

use super::app::{Grant, InstalledApp};
use crate::app::App;
use crate::auth::AppId;
use crate::console::HOME;

/// Its client id, in every account.
pub(crate) const CLIENT: &str = "sandglass-console";
/// What it is given leave for: all that its user may do. No other app can ask for it.
pub(crate) const SCOPE: &str = "faas.console";
const NAME: &str = "Sandglass";

/// The app of an account with that client id: an installed one, or the console.
pub(super) fn find(app: &App, account: &str, client_id: &str) -> Option<Arc<InstalledApp>> {
    match client_id == CLIENT {
        true => console(app, account.parse().ok()?),
        false => app.registry.load().apps().find(account, client_id).cloned(),
    }
}

/// The console of an account. There is one for each name of an account, so that its absence does not
/// tell which ones there are.
fn console(app: &App, account: AccountId) -> Option<Arc<InstalledApp>> {
    app.settings.console.then(|| {
        Arc::new(InstalledApp {
            id: AppId::from_row(CLIENT.to_owned()),
            account,
            name: NAME.to_owned(),
            description: String::new(),
            grants: [Grant::AuthorizationCode].into_iter().collect(),
            redirect_uris: Vec::new(),
            secret: None,
            created_at: 0,
            changed_at: 0,
        })
    })
}

/// Whether an app is the console.
pub(super) fn is_console(app: &InstalledApp) -> bool {
    app.id.as_str() == CLIENT
}

/// Whether the browser may be sent there with a code for the console: back to where it is already.
pub(super) fn is_allowed(parts: &Parts, is_secure: bool, uri: &str) -> bool {
    let Some(authority) = authority(parts) else {
        return false;
    };
    let back = |scheme: &str| uri == format!("{scheme}://{authority}{HOME}callback");
    // A code must not travel unencrypted where the server is reached over TLS, except within the machine.
    back("https") || (back("http") && (!is_secure || is_loopback(uri)))
}

/// The host and the port that the browser asked.
fn authority(parts: &Parts) -> Option<Authority> {
    let from_host = || parts.headers.get(HOST)?.to_str().ok()?.parse().ok();
    let authority = Uri::authority(&parts.uri).cloned().or_else(from_host)?;
    (!authority.as_str().contains('@')).then_some(authority)
}

fn is_loopback(uri: &str) -> bool {
    let url = Url::parse(uri).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(host: &str, is_secure: bool, uri: &str) -> bool {
        let request = http::Request::builder().header(HOST, host).body(());
        let (parts, ()) = request.unwrap().into_parts();
        is_allowed(&parts, is_secure, uri)
    }

    #[test]
    fn a_code_goes_back_to_the_origin_that_was_asked() {
        let host = "functions.example.com";
        let back = "https://functions.example.com/console/callback";
        assert!(allowed(host, true, back) && allowed(host, false, back));
        assert!(allowed("a:8443", true, "https://a:8443/console/callback"));
        for uri in [
            "https://functions.example.com/console/callback/",
            "https://functions.example.com/console/callback?a",
            "https://functions.example.com/console/",
            "https://functions.example.com:8443/console/callback",
            "https://other.example.com/console/callback",
            "https://functions.example.com.evil.com/console/callback",
            "/console/callback",
            "",
        ] {
            assert!(!allowed(host, true, uri), "{uri}");
        }
        let evil = "https://a@evil.com/console/callback";
        assert!(!allowed("a@evil.com", true, evil));
        assert!(!allowed("", false, "http:///console/callback"));
    }

    #[test]
    fn a_code_travels_unencrypted_where_there_is_no_tls_or_within_the_machine() {
        let plain = "http://functions.example.com/console/callback";
        assert!(allowed("functions.example.com", false, plain));
        assert!(!allowed("functions.example.com", true, plain));
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            let back = format!("http://{host}/console/callback");
            assert!(allowed(host, true, &back), "{host}");
        }
    }
}
