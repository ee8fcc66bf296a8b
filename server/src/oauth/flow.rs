//! Where is a browser between the app and the code?
//!
//! The state of a login lies in its page: sealed against changes, good for ten minutes, and bound to
//! a cookie of the browser, so that no other site can have the form sent (RFC 6749, section 10.12).
//! The server keeps nothing, so nobody can fill its memory by beginning logins.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::COOKIE;
use ring::hmac;
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::pkce::Challenge;
use crate::auth::{TokenHash, TokenText, UserId};

/// How long somebody may take to log in, and again to agree, in milliseconds.
const GOOD_MS: u64 = 10 * 60_000;
/// The cookie that a form is bound to. It opens nothing.
pub(super) const BROWSER_COOKIE: &str = "sentinel_browser";

/// What an app asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) client_id: String,
    /// Where the browser goes in the end.
    pub(super) target: String,
    /// The address as the request had it, if it had one.
    pub(super) redirect_uri: Option<String>,
    pub(super) state: Option<String>,
    pub(super) scope: String,
    pub(super) challenge: Option<Challenge>,
    pub(super) nonce: Option<String>,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flow {
    pub(super) account: String,
    pub(super) request: Request,
    /// The hash of the browser's cookie, in base64.
    browser: String,
    /// Who logged in, if somebody has.
    pub(super) user: Option<UserId>,
    /// When this step began, in milliseconds since the Unix epoch.
    pub(super) at: u64,
}

/// Seals flows. Its key lasts as long as the process.
pub(crate) struct Flows(hmac::Key);

/// A browser, by its cookie.
pub(super) struct Browser(String);

impl Flow {
    pub(super) fn new(account: &str, request: Request, browser: &Browser, now: u64) -> Self {
        Self {
            account: account.to_owned(),
            request,
            browser: browser.hash(),
            user: None,
            at: now,
        }
    }

    /// The next step, for who logged in.
    pub(super) fn of_user(self, user: UserId, now: u64) -> Self {
        Self {
            user: Some(user),
            at: now,
            ..self
        }
    }
}

impl Flows {
    /// A new key; `None` when the system has no randomness.
    pub(super) fn new() -> Option<Self> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok()?;
        Some(Self(key))
    }

    /// A flow as its page holds it.
    pub(super) fn seal(&self, flow: &Flow) -> String {
        let json = serde_json::to_vec(flow).expect("a flow has string keys");
        let tag = hmac::sign(&self.0, &json);
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}", encode(&json), encode(tag.as_ref()))
    }

    /// The flow of a page that this browser was shown, not too long ago.
    pub(super) fn open(&self, sealed: &str, browser: Option<&Browser>, now: u64) -> Option<Flow> {
        let (json, tag) = sealed.split_once('.')?;
        let json = URL_SAFE_NO_PAD.decode(json).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.0, &json, &tag).ok()?;
        let flow: Flow = serde_json::from_slice(&json).ok()?;
        let same: bool = browser?
            .hash()
            .as_bytes()
            .ct_eq(flow.browser.as_bytes())
            .into();
        (same && flow.at + GOOD_MS > now).then_some(flow)
    }
}

impl Browser {
    /// A browser that was never here; `None` when the system has no randomness.
    pub(super) fn new() -> Option<Self> {
        Some(Self(TokenText::nonce()?.expose().to_owned()))
    }

    /// The browser by the cookie that it sent.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        cookie(headers, BROWSER_COOKIE)
            .filter(|value| (32..=64).contains(&value.len()))
            .filter(|value| {
                value
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
            })
            .map(|value| Self(value.to_owned()))
    }

    pub(super) fn value(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(TokenHash::of(self.0.as_bytes()).0)
    }
}

/// The value of a cookie (RFC 6265, section 4.2), whose name is found in any case: the platform's
/// own clients do not agree on it.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers.get_all(COOKIE).into_iter();
    let pairs = texts
        .filter_map(|header| header.to_str().ok())
        .flat_map(|text| text.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(browser: &Browser) -> Flow {
        let request = Request {
            client_id: "app".to_owned(),
            target: "https://example.com/".to_owned(),
            redirect_uri: None,
            state: Some("state".to_owned()),
            scope: String::new(),
            challenge: None,
            nonce: None,
        };
        Flow::new("acc", request, browser, 1_000)
    }

    #[test]
    fn a_flow_opens_in_its_own_browser_and_in_its_time() {
        let (flows, browser) = (Flows::new().unwrap(), Browser::new().unwrap());
        let flow = flow(&browser);
        let sealed = flows.seal(&flow);
        let last = 1_000 + GOOD_MS - 1;
        assert_eq!(flows.open(&sealed, Some(&browser), last), Some(flow));
        assert_eq!(flows.open(&sealed, Some(&browser), last + 1), None);
        assert_eq!(flows.open(&sealed, None, 1_000), None);
        let other = Browser::new().unwrap();
        assert_eq!(flows.open(&sealed, Some(&other), 1_000), None);
        let restarted = Flows::new().unwrap();
        assert_eq!(restarted.open(&sealed, Some(&browser), 1_000), None);
    }

    #[test]
    fn a_flow_that_was_changed_does_not_open() {
        let (flows, browser) = (Flows::new().unwrap(), Browser::new().unwrap());
        let sealed = flows.seal(&flow(&browser));
        for at in (0..sealed.len()).step_by(5) {
            let mut bent = sealed.clone().into_bytes();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            let bent = String::from_utf8(bent).unwrap();
            assert_eq!(flows.open(&bent, Some(&browser), 1_000), None, "{at}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; Session_id=two".parse().unwrap());
        headers.append(COOKIE, "b=\"3\"".parse().unwrap());
        assert_eq!(cookie(&headers, "session_id"), Some("two"));
        assert_eq!(cookie(&headers, "b"), Some("3"));
        assert_eq!(cookie(&headers, "c"), None);
    }
}
