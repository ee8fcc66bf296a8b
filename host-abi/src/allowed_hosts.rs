//! Which hosts may a lambda talk to?
//!
//! Two walls, both closed by default, both pure functions:
//!
//! 1. **The name.** [`AllowedHosts`] holds the whitelist. [`AllowedHosts::permit`] parses the URL
//!    once, finds the [`HostRule`] that allows it and cleans the headers. The
//!    [`PermittedRequest`] that it returns is the only thing that an
//!    [`HttpClient`](crate::HttpClient) takes, and it carries the URL as it was understood, so
//!    that no second parser can read another host into the same text.
//! 2. **The address.** A name on the whitelist can resolve to anything, the cloud's metadata
//!    service included. [`address::reach`] says what an address is; the client checks every
//!    address of a name and connects to the ones that it checked.
//!
//! ```
//! use sandglass_host_abi::AllowedHosts;
//! use sandglass_host_abi::allowed_hosts::HostRule;
//! use url::Url;
//!
//! let allowed = AllowedHosts::from(["*.example.com".parse::<HostRule>()?]);
//! assert!(allowed.rule_for(&Url::parse("https://api.example.com/v1")?).is_some());
//! assert!(allowed.rule_for(&Url::parse("https://example.com/")?).is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod address;
mod request;
mod rule;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use url::{Host, Url};

use crate::{HttpError, HttpRequest};

pub use rule::{HostRule, HostRuleError};

/// The longest URL that is sent, in bytes; what common servers take with room to spare.
const URL_BYTES_MAX: usize = 32 * 1024;

/// The hosts that a lambda may send requests to. Empty by default: nothing is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedHosts(BTreeSet<HostRule>);

/// A request that the whitelist permitted. Only [`AllowedHosts::permit`] makes one. `Debug` shows
/// neither headers nor body.
#[derive(Clone)]
pub struct PermittedRequest {
    url: Url,
    request: HttpRequest,
}

/// What the whitelist says of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict<'a> {
    /// The URL in its canonical form.
    pub url: Url,
    /// The rule that allows it, or the one that would.
    pub rule: Result<&'a HostRule, String>,
}

impl AllowedHosts {
    /// Checks a request against the whitelist and makes it fit to send.
    ///
    /// The URL becomes its canonical form: the host in lower case, in ASCII and without a trailing
    /// dot, IPv4 addresses in dotted decimal, no fragment. Headers that frame the message or
    /// belong to the connection are the client's to set: they are dropped where request libraries
    /// set them by habit (`content-length`, `transfer-encoding`, `connection`, `keep-alive`,
    /// `proxy-connection`, `te`, `trailer`, `expect`, and a `host` that repeats the URL's) and
    /// refused where dropping them would change what the lambda asked for (`upgrade`, other
    /// `proxy-…` headers, and a `host` that differs from the URL's).
    ///
    /// # Errors
    /// - [`HttpError::InvalidUrl`] when the URL is not absolute, not `http` or `https`, too long,
    ///   or names no possible host.
    /// - [`HttpError::HostNotAllowed`] with the rule that would allow the request.
    /// - [`HttpError::InvalidRequest`] when the method or a header is malformed or refused, or when
    ///   an identity would go to a URL that is not `https`.
    pub fn permit(&self, mut request: HttpRequest) -> Result<PermittedRequest, HttpError> {
        let url = canonical_url(&request.url)?;
        if self.rule_for(&url).is_none() {
            return Err(HttpError::HostNotAllowed(self.missing_rule(&url)));
        }
        request::check_method(&request.method)?;
        if request.identity.is_some() && url.scheme() != "https" {
            let why = "a client certificate needs an https URL";
            return Err(HttpError::InvalidRequest(why.to_owned()));
        }
        request.headers = request::clean_headers(request.headers, &url)?;
        request.url = url.as_str().to_owned();
        Ok(PermittedRequest { url, request })
    }

    /// What [`permit`](Self::permit) would say of a URL.
    ///
    /// # Errors
    /// [`HttpError::InvalidUrl`] as there.
    pub fn verdict(&self, url: &str) -> Result<Verdict<'_>, HttpError> {
        let url = canonical_url(url)?;
        let rule = self.rule_for(&url).ok_or_else(|| self.missing_rule(&url));
        Ok(Verdict { rule, url })
    }

    /// The rule that allows a URL, if there is one; exact rules come before wildcards.
    pub fn rule_for(&self, url: &Url) -> Option<&HostRule> {
        self.0.iter().find(|rule| rule.matches(url))
    }

    /// The rules in order, exact ones first.
    pub fn iter(&self) -> impl Iterator<Item = &HostRule> {
        self.0.iter()
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a person would add to the whitelist to allow a URL that no rule allows. The port is
    /// named when it is not the scheme's own; the scheme when only it stands in the way.
    fn missing_rule(&self, url: &Url) -> String {
        let authority = authority(url);
        if self.0.iter().any(|rule| rule.matches_but_for_scheme(url)) {
            format!("{}://{authority}", url.scheme())
        } else {
            authority
        }
    }
}

impl FromIterator<HostRule> for AllowedHosts {
    fn from_iter<I: IntoIterator<Item = HostRule>>(rules: I) -> Self {
        Self(rules.into_iter().collect())
    }
}

impl<const N: usize> From<[HostRule; N]> for AllowedHosts {
    fn from(rules: [HostRule; N]) -> Self {
        rules.into_iter().collect()
    }
}

impl PermittedRequest {
    /// The URL that was checked.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The request, with clean headers and the URL in the same canonical form as
    /// [`PermittedRequest::url`].
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// Takes the request apart for sending.
    pub fn into_parts(self) -> (Url, HttpRequest) {
        (self.url, self.request)
    }
}

impl fmt::Debug for PermittedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermittedRequest")
            .field("method", &self.request.method)
            .field("host", &authority(&self.url))
            .finish_non_exhaustive()
    }
}

fn canonical_url(text: &str) -> Result<Url, HttpError> {
    let invalid = |why: &str| HttpError::InvalidUrl(why.to_owned());
    if text.len() > URL_BYTES_MAX {
        return Err(HttpError::InvalidUrl(format!(
            "it is longer than {URL_BYTES_MAX} bytes"
        )));
    }
    let mut url = Url::parse(text).map_err(|e| invalid(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(&format!(
            "the scheme {:?} is not http or https",
            url.scheme()
        )));
    }
    if url.port() == Some(0) {
        return Err(invalid("port 0 cannot be connected to"));
    }
    url.set_fragment(None);
    if let Some(Host::Domain(name)) = url.host() {
        let name = name.strip_suffix('.').unwrap_or(name).to_owned();
        rule::check_name(&name).map_err(|why| invalid(&format!("the host {name:?} {why}")))?;
        url.set_host(Some(&name))
            .map_err(|e| invalid(&e.to_string()))?;
    }
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(HttpError::InvalidUrl(format!(
            "it is longer than {URL_BYTES_MAX} bytes"
        )));
    }
    Ok(url)
}

/// The host, and the port unless it is the scheme's own.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
