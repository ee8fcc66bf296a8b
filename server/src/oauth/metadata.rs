//! How does an app's library find its way?
//!
//! The metadata of RFC 8414, which OpenID Connect Discovery extends, and the public keys of RFC 7517.

use http::HeaderValue;
use http::header::CACHE_CONTROL;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::Serialize;

use super::keys::PublicKey;
use super::pkce::METHOD;
use super::{CONSOLE_SCOPE, PLATFORM_ISSUER, SCOPE, narrow};
use crate::api::Ask;
use crate::clock::now_ms;
use crate::reply::{self, Reply};
use crate::status::Problem;

/// What an authorization server can do, and where.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuthorizationServer")]
pub(crate) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<&'static str>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    claims_supported: [&'static str; 8],
    /// Where App JWTs are given out, which no document of the Internet has a name for.
    sentinel_app_token_endpoint: String,
    /// The issuer of those, and of an `id_token` for whoever did not ask for `openid`.
    sentinel_token_issuer: &'static str,
}

/// The keys that are published.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PublicKeys")]
pub(crate) struct Keys<'a> {
    keys: Vec<PublicKey<'a>>,
}

/// The metadata of an account. It says the same of every account, so it tells nobody which there are.
pub(crate) async fn metadata(ask: Ask<'_>) -> Result<Reply, Problem> {
    let account = ask.path("account").parse::<AccountId>();
    let account = account.map_err(|error| Problem::BadInput(error.to_string()))?;
    let sentinel = &ask.app.sentinel;
    let issuer = sentinel.issuer(&account);
    let at = |path: &str| format!("{issuer}/{path}");
    let by_secret = ["client_secret_basic", "client_secret_post"];
    let by_any = ["client_secret_basic", "client_secret_post", "none"];
    let mut scopes = vec![SCOPE, "openid", "offline_access"];
    scopes.extend(ask.app.settings.console.then_some(CONSOLE_SCOPE));
    let mut grants = vec!["authorization_code", "refresh_token"];
    grants.extend(ask.app.settings.console.then_some(narrow::GRANT));
    Ok(reply::ok(&Metadata {
        authorization_endpoint: at("authorize"),
        token_endpoint: at("token"),
        revocation_endpoint: at("token/revoke"),
        introspection_endpoint: at("token/introspect"),
        sentinel_app_token_endpoint: at("app/token"),
        jwks_uri: sentinel.keys_url(),
        scopes_supported: scopes,
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: grants,
        token_endpoint_auth_methods_supported: by_any,
        revocation_endpoint_auth_methods_supported: by_any,
        introspection_endpoint_auth_methods_supported: by_secret,
        code_challenge_methods_supported: [METHOD],
        authorization_response_iss_parameter_supported: true,
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        claims_supported: [
            "iss",
            "sub",
            "aud",
            "iat",
            "exp",
            "auth_time",
            "nonce",
            "is_admin",
        ],
        sentinel_token_issuer: PLATFORM_ISSUER,
        issuer,
    }))
}

/// The public keys of all accounts. Where an account has an app and no key yet, one is made, so that
/// libraries find what to trust before the first token.
pub(crate) async fn keys_document(ask: Ask<'_>) -> Result<Reply, Problem> {
    let registry = ask.app.registry.load_full();
    for account in registry.accounts() {
        if !registry.apps().of(&account.id).is_empty() {
            ask.app.admin.signing_key(&account.id).await?;
        }
    }
    let published = registry.signing_keys().all_published(now_ms());
    let keys = published.iter().map(|key| key.public()).collect();
    let mut reply = reply::ok(&Keys { keys });
    let age = HeaderValue::from_static("public, max-age=300");
    reply.headers_mut().insert(CACHE_CONTROL, age);
    Ok(reply)
}
