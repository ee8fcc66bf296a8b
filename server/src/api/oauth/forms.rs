//! What do the forms of the authorization server have in them?
//!
//! It reads them field by field, since each fault has an error of its own (RFC 6749, section 5.2), so
//! their shapes stand here. An empty field counts as left out.

#![expect(dead_code, reason = "only the schemas are used")]

use schemars::JsonSchema;

/// What a browser sends from the page to sign in, or from the page to agree.
#[derive(JsonSchema)]
#[schemars(rename = "AuthorizeForm")]
pub(super) struct Decision {
    /// What the page has in a hidden field.
    flow: String,
    /// Of the page to sign in.
    username: Option<String>,
    /// Of the page to sign in.
    password: Option<String>,
    /// Of the page to agree: `allow` or `deny`.
    decision: Option<String>,
}

/// What an app gets tokens for (RFC 6749, sections 4.1.3 and 6; RFC 8693).
#[derive(JsonSchema)]
#[schemars(rename = "TokenForm")]
pub(super) struct TokenRequest {
    grant_type: TokenGrant,
    /// With `authorization_code`.
    code: Option<String>,
    /// With `authorization_code`: that of the authorization, if it had one.
    redirect_uri: Option<String>,
    /// With `authorization_code`: what the `code_challenge` is the hash of (RFC 7636).
    code_verifier: Option<String>,
    /// With `refresh_token`.
    refresh_token: Option<String>,
    /// With a token exchange: an access token of the console.
    subject_token: Option<String>,
    /// With a token exchange: `urn:ietf:params:oauth:token-type:access_token`.
    subject_token_type: Option<String>,
    /// With a token exchange: the same, or left out.
    requested_token_type: Option<String>,
    /// With `refresh_token`: no more than before. With a token exchange: `faas.lambda.invoke`.
    scope: Option<String>,
    /// Unless the app says it in a header.
    client_id: Option<String>,
    /// Unless the app says it in a header, or is public.
    client_secret: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum TokenGrant {
    AuthorizationCode,
    RefreshToken,
    /// The console's alone: an access token for one that only invokes (RFC 8693).
    #[schemars(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

/// A token of the app (RFC 7009, section 2.1, and RFC 7662, section 2.1).
#[derive(JsonSchema)]
#[schemars(rename = "TokenOfAppForm")]
pub(super) struct OneToken {
    token: String,
    /// Not needed, and not looked at.
    token_type_hint: Option<String>,
    /// Unless the app says it in a header.
    client_id: Option<String>,
    /// Unless the app says it in a header, or is public.
    client_secret: Option<String>,
}

/// What an app gets a token of its own for (RFC 6749, section 4.4.2).
#[derive(JsonSchema)]
#[schemars(rename = "AppTokenForm")]
pub(super) struct AppTokenRequest {
    grant_type: AppGrant,
    /// `faas.lambda.invoke`, or left out.
    scope: Option<String>,
    /// Unless the app says it in a header.
    client_id: Option<String>,
    /// Unless the app says it in a header.
    client_secret: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AppGrant {
    ClientCredentials,
}
