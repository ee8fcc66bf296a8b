//! How do apps get tokens?
//!
//! The authorization server that the platform calls sentinel (spec section 3). An app is installed
//! in an account. With its own credentials it gets an App JWT, which may invoke; in the name of a
//! user who logs in and agrees it gets an access token, which may do what the user may, for 8 h, and
//! a refresh token for the next one. It follows RFC 6749 with RFC 7636, 7009, 7662, 8414, 8725, 9207
//! and 9700 where the platform says nothing else.

mod app;
mod authorize;
mod client;
mod code;
mod console;
mod error;
mod flow;
mod form;
mod jwt;
mod keys;
mod metadata;
mod narrow;
mod pages;
mod pkce;
mod redirect;
mod session;
mod token;

use sandglass_runtime::AccountId;

use crate::users::Logins;

pub(crate) use app::{Apps, InstalledApp};
pub use app::{Grant, Grants, UnknownGrant};
pub(crate) use authorize::{authorize, decide};
pub(crate) use code::Codes;
pub(crate) use console::{CLIENT as CONSOLE, SCOPE as CONSOLE_SCOPE};
pub(crate) use flow::{Flows, cookie};
pub(crate) use keys::{KeyError, OVERLAP_MS, SigningKey, SigningKeys, generate};
pub(crate) use metadata::{Keys, Metadata, keys_document, metadata};
pub(crate) use redirect::check as check_redirect;
pub(crate) use session::{Access, NewTokens, Opens, Session, Sessions};
pub(crate) use token::{AppToken, Introspected, Tokens, app_token, introspect, revoke, token};

/// What every app may be given leave for (spec 3.1).
pub(crate) const SCOPE: &str = "faas.lambda.invoke";
/// Who issues the platform's own tokens (spec 3.2).
pub(crate) const PLATFORM_ISSUER: &str = "Sentinel";
/// How long an access token opens the API, and how long somebody who logged in stays so.
pub(crate) const ACCESS_MS: u64 = 8 * 60 * 60 * 1_000;
/// How long a token is good for that only invokes: as long as an App JWT.
pub(crate) const INVOKE_MS: u64 = 60 * 60 * 1_000;
/// How long a refresh token that is not used is good for.
pub(crate) const REFRESH_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// What the authorization server and the login have in mind.
pub(crate) struct Sentinel {
    pub(crate) logins: Logins,
    pub(crate) codes: Codes,
    pub(crate) flows: Flows,
    /// How clients reach this server: scheme, host and port.
    url: String,
}

impl Sentinel {
    pub(crate) fn new(logins: Logins, url: String) -> Option<Self> {
        Some(Self {
            logins,
            codes: Codes::default(),
            flows: Flows::new()?,
            url,
        })
    }

    /// What an account's issuer is called (RFC 8414, section 2), and what its addresses begin with.
    pub(crate) fn issuer(&self, account: &AccountId) -> String {
        format!("{}/sentinel/api/account/{account}", self.url)
    }

    /// The address of the public keys.
    pub(crate) fn keys_url(&self) -> String {
        format!("{}/sentinel/well-known/jwks", self.url)
    }

    /// Whether browsers may be told to send cookies over TLS only.
    pub(crate) fn is_secure(&self) -> bool {
        self.url.starts_with("https://")
    }
}
