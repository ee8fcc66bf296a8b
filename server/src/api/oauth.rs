//! Where is the authorization server?

mod forms;

use super::endpoint::{Also, Own, Scheme};
use super::{Endpoint, Parameter};
use crate::oauth::{self, AppToken, Introspected, Keys, Metadata, Tokens};
use forms::{AppTokenRequest, Decision, OneToken, TokenRequest};

const VERSION: Parameter = Parameter::text("v", "The version of the platform's API; any is taken.");

const AUTHORIZE: &[Parameter] = &[
    VERSION,
    Parameter::text("response_type", "Must be `code`."),
    Parameter::text("client_id", "Of the installed app, or `sandglass-console`."),
    Parameter::text("redirect_uri", "One that the app was installed with."),
    Parameter::text("state", "Comes back as it is."),
    Parameter::text(
        "scope",
        "`faas.lambda.invoke`, for the console `faas.console`, and `openid` if wanted.",
    ),
    Parameter::text(
        "code_challenge",
        "The SHA-256 of the verifier in base64url.",
    ),
    Parameter::text("code_challenge_method", "Must be `S256`."),
    Parameter::text("nonce", "Comes back in the `id_token`."),
];

/// Where the browser goes on.
const BACK: Also = Also::nothing(303, "back to the app, with a code or with what was wrong");
const APP: &[Scheme] = &[Scheme::App, Scheme::Nothing];

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::public_get(
        "/sentinel/api/account/{account}/authorize",
        "Ask a user to let an app act in their name",
        |ask| Box::pin(oauth::authorize(ask)),
    )
    .query(AUTHORIZE)
    .answers_text("text/html")
    .also(&[BACK])
    .tells(Own::Page)
    .fails(&[401]),
    Endpoint::public_post(
        "/sentinel/api/account/{account}/authorize",
        "Take the forms of the pages to sign in and to agree",
        |ask| Box::pin(oauth::decide(ask)),
    )
    .takes_form::<Decision>()
    .answers_text("text/html")
    .also(&[BACK])
    .tells(Own::Page)
    .fails(&[401, 403, 429]),
    Endpoint::public_post(
        "/sentinel/api/account/{account}/token",
        "Exchange a code or a refresh token for new tokens, or the console's access token for one that only invokes",
        |ask| Box::pin(oauth::token(ask)),
    )
    .opened_by(APP)
    .query(&[VERSION])
    .takes_form::<TokenRequest>()
    .answers::<Tokens<'static>>(200)
    .tells(Own::Oauth),
    Endpoint::public_post(
        "/sentinel/api/account/{account}/token/revoke",
        "End the session that a token belongs to",
        |ask| Box::pin(oauth::revoke(ask)),
    )
    .opened_by(APP)
    .takes_form::<OneToken>()
    .tells(Own::Oauth),
    Endpoint::public_post(
        "/sentinel/api/account/{account}/token/introspect",
        "Tell an app what a token of its own is good for",
        |ask| Box::pin(oauth::introspect(ask)),
    )
    .opened_by(APP)
    .takes_form::<OneToken>()
    .answers::<Introspected>(200)
    .tells(Own::Oauth),
    Endpoint::public_post(
        "/sentinel/api/account/{account}/app/token",
        "Give an app an App JWT for its own credentials; the form may also be the query",
        |ask| Box::pin(oauth::app_token(ask)),
    )
    .opened_by(APP)
    .query(&[VERSION])
    .takes_form::<AppTokenRequest>()
    .answers::<AppToken>(200)
    .tells(Own::Oauth),
    Endpoint::public_post(
        "/sentinel/api/v2/account/{account}/app/token",
        "The same, at the address of the platform's second generation",
        |ask| Box::pin(oauth::app_token(ask)),
    )
    .opened_by(APP)
    .query(&[VERSION])
    .takes_form::<AppTokenRequest>()
    .answers::<AppToken>(200)
    .tells(Own::Oauth),
    Endpoint::public_get(
        "/sentinel/well-known/jwks",
        "The public keys that App JWTs and id_tokens are checked with",
        |ask| Box::pin(oauth::keys_document(ask)),
    )
    .answers::<Keys<'static>>(200),
    Endpoint::public_get(
        "/.well-known/oauth-authorization-server/sentinel/api/account/{account}",
        "The metadata of the authorization server, where RFC 8414 looks for it",
        |ask| Box::pin(oauth::metadata(ask)),
    )
    .answers::<Metadata>(200),
    Endpoint::public_get(
        "/sentinel/api/account/{account}/.well-known/openid-configuration",
        "The same, where OpenID Connect looks for it",
        |ask| Box::pin(oauth::metadata(ask)),
    )
    .answers::<Metadata>(200),
];
