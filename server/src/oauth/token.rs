//! How does an app get, renew, end and look up its tokens?
//!
//! RFC 6749, sections 4.1.3, 4.4 and 6; RFC 7009; RFC 7662; RFC 8693.

use std::sync::Arc;

use http::StatusCode;
use sandglass_runtime::ByteSize;
use schemars::JsonSchema;
use serde::Serialize;

use super::app::{Grant, InstalledApp};
use super::authorize::scope;
use super::client::authenticate;
use super::code::{Agreed, Shown};
use super::error::{Code, OauthError, no_store};
use super::form::Form;
use super::jwt::{self, APP_JWT_SECONDS};
use super::session::{NewTokens, Session};
use super::{ACCESS_MS, INVOKE_MS, PLATFORM_ISSUER, SCOPE, narrow};
use crate::admin::{Admin, ChangeError, Refreshed};
use crate::api::Ask;
use crate::app::App;
use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{Actor, INVOKE_PREFIX, Permission, TokenHash, UserId};
use crate::clock::now_ms;
use crate::reply::{self, Reply};
use crate::status::Problem;
use crate::store::TokenKind;
use crate::users::User;

const FORM_MAX: ByteSize = ByteSize::kib(32);
/// How long an `id_token` is good for, in seconds (spec 3.1).
const ID_TOKEN_SECONDS: u64 = 600;

/// The tokens of an app (RFC 6749, section 5.1).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OauthTokens")]
pub(crate) struct Tokens<'a> {
    access_token: &'a str,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// With every grant but a token exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    /// With every grant but a token exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// With a token exchange (RFC 8693, section 2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    scope: &'a str,
}

/// An App JWT. The platform's clients want the number as a text (spec 3.2).
#[derive(Serialize, JsonSchema)]
pub(crate) struct AppToken {
    access_token: String,
    token_type: &'static str,
    expires_in: String,
}

/// Who logged in, as the platform says it (spec 3.1), or OpenID Connect Core, section 2.
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    is_admin: bool,
    is_lpa: bool,
}

/// What a token is good for (RFC 7662, section 2.2).
#[derive(Serialize, Default, JsonSchema)]
#[schemars(rename = "IntrospectedToken")]
pub(crate) struct Introspected {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
}

/// When and how somebody logged in, for the `id_token`.
struct LoggedIn<'a> {
    at: Option<u64>,
    nonce: Option<&'a str>,
}

/// `POST token`: a code or a refresh token for new tokens, or an access token for one that opens less.
pub(crate) async fn token(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let body = ask.bytes(FORM_MAX).await?;
    let form = Form::parse(&body);
    let answered = async {
        let app = authenticate(ask.app, ask.path("account"), &ask.parts.headers, &form)?;
        match form.need("grant_type")? {
            "authorization_code" => exchange(&ask, &app, &form).await,
            "refresh_token" => refresh(&ask, &app, &form).await,
            narrow::GRANT => narrowed(&ask, &app, &form).await,
            _ => {
                let why = "grant_type must be authorization_code or refresh_token";
                Err(OauthError::new(Code::UnsupportedGrantType, why))
            }
        }
    };
    Ok(answered
        .await
        .unwrap_or_else(|error: OauthError| error.reply()))
}

/// `POST app/token`: an App JWT for an app's own credentials, which may also be in the query, as the
/// platform's Java client has them.
pub(crate) async fn app_token(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let body = ask.bytes(FORM_MAX).await?;
    let query = ask.parts.uri.query().unwrap_or_default().as_bytes();
    let form = Form::parse(&body).and(Form::parse(query));
    let answered = async {
        let app = authenticate(ask.app, ask.path("account"), &ask.parts.headers, &form)?;
        if form.need("grant_type")? != Grant::ClientCredentials.as_str() {
            let why = "grant_type must be client_credentials";
            return Err(OauthError::new(Code::UnsupportedGrantType, why));
        }
        needs(&app, Grant::ClientCredentials)?;
        if form.get("scope")?.is_some_and(|scope| scope != SCOPE) {
            let why = "there is the scope faas.lambda.invoke";
            return Err(OauthError::new(Code::InvalidScope, why));
        }
        let access_token = app_jwt(ask.app, &app).await?;
        let entry = AuditEntry::new(AuditAction::AppToken, &app.account);
        in_name_of(&app, &ask).note(entry.target(app.id.as_str(), &app.name));
        let token = AppToken {
            access_token,
            token_type: "Bearer",
            expires_in: APP_JWT_SECONDS.to_string(),
        };
        Ok(no_store(reply::json(StatusCode::OK, &token)))
    };
    Ok(answered.await.unwrap_or_else(|error| error.reply()))
}

/// `POST token/revoke`: ends the session that a token belongs to. A token that is not the app's is
/// none, and ending none is no error (RFC 7009, section 2.2).
pub(crate) async fn revoke(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let body = ask.bytes(FORM_MAX).await?;
    let form = Form::parse(&body);
    let answered = async {
        let app = authenticate(ask.app, ask.path("account"), &ask.parts.headers, &form)?;
        let token = form.need("token")?;
        let ends_by_itself = if token.starts_with("eyJ") {
            Some("an App JWT ends by itself within the hour, or with its app")
        } else if token.starts_with(INVOKE_PREFIX) {
            Some("a token that only invokes ends by itself within the hour, or with its session")
        } else {
            None
        };
        if let Some(why) = ends_by_itself {
            return Err(OauthError::new(Code::UnsupportedTokenType, why));
        }
        let revoked = in_name_of(&app, &ask).revoke(token, &app).await;
        revoked.map_err(|error| OauthError::host(&error))?;
        Ok(no_store(reply::empty(StatusCode::OK)))
    };
    Ok(answered.await.unwrap_or_else(|error| error.reply()))
}

/// `POST token/introspect`: what a token of the app is good for now.
pub(crate) async fn introspect(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let body = ask.bytes(FORM_MAX).await?;
    let form = Form::parse(&body);
    let answered = async {
        let app = authenticate(ask.app, ask.path("account"), &ask.parts.headers, &form)?;
        if app.is_public() {
            let why = "a public client cannot look tokens up";
            return Err(OauthError::new(Code::InvalidClient, why));
        }
        let token = form.need("token")?;
        let found = match token.starts_with("eyJ") {
            true => look_up_jwt(ask.app, &app, token),
            false => look_up(ask.app, &app, token).await?,
        };
        let found = found.unwrap_or_default();
        Ok(no_store(reply::json(StatusCode::OK, &found)))
    };
    Ok(answered.await.unwrap_or_else(|error| error.reply()))
}

async fn exchange(
    ask: &Ask<'_>,
    client: &Arc<InstalledApp>,
    form: &Form<'_>,
) -> Result<Reply, OauthError> {
    needs(client, Grant::AuthorizationCode)?;
    let (app, admin) = (ask.app, in_name_of(client, ask));
    let now = now_ms();
    let agreed = match app.sentinel.codes.show(form.need("code")?, now) {
        Shown::First(agreed) => agreed,
        Shown::Unknown => return Err(bad_grant("the code is not valid, or too old")),
        Shown::Again(agreed) => {
            let ended = admin
                .end_reused(&agreed.session, &agreed.user, client)
                .await;
            ended.map_err(|error| OauthError::host(&error))?;
            return Err(bad_grant("the code was used before"));
        }
    };
    is_for(&agreed, client, form)?;
    let user = enabled(app, client, &agreed.user)?;
    let session = Session {
        id: agreed.session.clone(),
        user: agreed.user.clone(),
        app: Some(agreed.app.clone()),
        scope: agreed.scope.clone(),
        token: None,
        created_at: now,
    };
    let opened = admin.open_session(session, &user).await;
    let tokens = opened.map_err(failed)?;
    let logged_in = LoggedIn {
        at: Some(agreed.logged_in_at / 1_000),
        nonce: agreed.nonce.as_deref(),
    };
    answer(app, client, &user, (&tokens, &agreed.scope, logged_in)).await
}

/// Whether a code was made for this app, this address and this verifier.
fn is_for(agreed: &Agreed, client: &InstalledApp, form: &Form<'_>) -> Result<(), OauthError> {
    if agreed.app != client.id {
        return Err(bad_grant("the code is another app's"));
    }
    if agreed.redirect_uri.as_deref() != form.get("redirect_uri")? {
        return Err(bad_grant("redirect_uri is not that of the authorization"));
    }
    match (&agreed.challenge, form.get("code_verifier")?) {
        (Some(challenge), Some(verifier)) if challenge.fits(verifier) => Ok(()),
        (Some(_), Some(_)) => Err(bad_grant("code_verifier does not fit")),
        (Some(_), None) => Err(bad_grant("code_verifier is missing")),
        // Somebody took the challenge out of the request (RFC 9700, section 4.8.2).
        (None, Some(_)) => Err(bad_grant("the authorization had no code_challenge")),
        (None, None) => Ok(()),
    }
}

async fn refresh(
    ask: &Ask<'_>,
    client: &Arc<InstalledApp>,
    form: &Form<'_>,
) -> Result<Reply, OauthError> {
    needs(client, Grant::AuthorizationCode)?;
    let token = form.need("refresh_token")?;
    scope(client, form.get("scope")?)?;
    let app = ask.app;
    let refreshed = in_name_of(client, ask).refresh(token, client).await;
    let refreshed = refreshed.map_err(failed)?;
    let (tokens, session) = match refreshed {
        Refreshed::Done { tokens, session } => (tokens, session),
        Refreshed::Unknown => return Err(bad_grant("the refresh token is not valid")),
        Refreshed::Reused => {
            let why = "the refresh token was used before, so everything that came of it has ended";
            return Err(bad_grant(why));
        }
    };
    let user = enabled(app, client, &session.user)?;
    let logged_in = LoggedIn {
        at: None,
        nonce: None,
    };
    answer(app, client, &user, (&tokens, &session.scope, logged_in)).await
}

async fn narrowed(
    ask: &Ask<'_>,
    client: &InstalledApp,
    form: &Form<'_>,
) -> Result<Reply, OauthError> {
    let (session, user) = narrow::subject(ask.app, client, form)?;
    let admin = in_name_of(client, ask);
    let token = admin.narrow(&session, &user).await.map_err(failed)?;
    let answer = Tokens {
        access_token: token.expose(),
        token_type: "Bearer",
        expires_in: INVOKE_MS / 1_000,
        refresh_token: None,
        id_token: None,
        issued_token_type: Some(narrow::ACCESS_TOKEN),
        scope: SCOPE,
    };
    Ok(no_store(reply::json(StatusCode::OK, &answer)))
}

async fn answer(
    app: &App,
    client: &InstalledApp,
    user: &User,
    (tokens, scope, logged_in): (&NewTokens, &str, LoggedIn<'_>),
) -> Result<Reply, OauthError> {
    // A library that asked for `openid` insists on the issuer of the metadata; the platform's own
    // clients know one name for all.
    let openid = scope.split(' ').any(|word| word == "openid");
    let issuer = match openid {
        true => app.sentinel.issuer(&client.account),
        false => PLATFORM_ISSUER.to_owned(),
    };
    let now = now_ms() / 1_000;
    let claims = IdClaims {
        iss: &issuer,
        sub: user.id.as_str(),
        aud: client.id.as_str(),
        iat: now,
        exp: now + ID_TOKEN_SECONDS,
        auth_time: logged_in.at,
        nonce: logged_in.nonce,
        is_admin: user.permissions.has(Permission::Admin),
        is_lpa: false,
    };
    let claims = serde_json::to_value(&claims).expect("claims have string keys");
    let id_token = signed(app, client, move |key| jwt::sign(key, &claims)).await?;
    let answer = Tokens {
        access_token: tokens.access.expose(),
        token_type: "Bearer",
        expires_in: ACCESS_MS / 1_000,
        refresh_token: Some(tokens.refresh.expose()),
        id_token: Some(id_token),
        issued_token_type: None,
        scope,
    };
    Ok(no_store(reply::json(StatusCode::OK, &answer)))
}

async fn app_jwt(app: &App, client: &InstalledApp) -> Result<String, OauthError> {
    let id = client.id.clone();
    let now = now_ms() / 1_000;
    signed(app, client, move |key| jwt::app_jwt(key, &id, now)).await
}

/// Signs with the key of the app's account, on a thread where half a millisecond of a processor makes
/// nobody wait.
async fn signed(
    app: &App,
    client: &InstalledApp,
    sign: impl FnOnce(&super::SigningKey) -> Result<String, super::KeyError> + Send + 'static,
) -> Result<String, OauthError> {
    let key = app
        .admin
        .signing_key(&client.account)
        .await
        .map_err(failed)?;
    match tokio::task::spawn_blocking(move || sign(&key)).await {
        Ok(Ok(token)) => Ok(token),
        Ok(Err(error)) => Err(OauthError::host(&error)),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn look_up_jwt(app: &App, client: &InstalledApp, token: &str) -> Option<Introspected> {
    let hash = TokenHash::of(token.as_bytes());
    let registry = app.registry.load();
    let claims = registry
        .signing_keys()
        .verify(token.as_bytes(), &hash, now_ms())
        .ok()?;
    let own = claims.app == client.id && claims.account == client.account.as_str();
    own.then(|| Introspected {
        active: true,
        scope: Some(SCOPE.to_owned()),
        client_id: Some(client.id.as_str().to_owned()),
        token_type: Some("Bearer"),
        exp: Some(claims.expires_at),
        iat: Some(claims.issued_at),
        sub: Some(client.id.as_str().to_owned()),
        aud: Some(claims.account),
        iss: Some(PLATFORM_ISSUER.to_owned()),
        username: None,
    })
}

async fn look_up(
    app: &App,
    client: &InstalledApp,
    token: &str,
) -> Result<Option<Introspected>, OauthError> {
    let found = app.admin.look_up(token, &client.id).await;
    let Some((token, session)) = found.map_err(|error| OauthError::host(&error))? else {
        return Ok(None);
    };
    let registry = app.registry.load();
    let user = registry
        .users()
        .get(&UserId::from_row(session.user))
        .filter(|user| user.enabled);
    let Some(user) = user else {
        return Ok(None);
    };
    Ok(Some(Introspected {
        active: true,
        scope: Some(session.scope),
        client_id: session.app,
        username: Some(user.login_name.clone()),
        token_type: (token.kind == TokenKind::Access).then_some("Bearer"),
        exp: Some(token.expires_at / 1_000),
        iat: None,
        sub: Some(user.id.as_str().to_owned()),
        aud: Some(client.account.as_str().to_owned()),
        iss: Some(app.sentinel.issuer(&client.account)),
    }))
}

/// The management API in the name of an app, for the audit log.
fn in_name_of(app: &InstalledApp, ask: &Ask<'_>) -> Admin {
    ask.admin().by(Actor::of_app(app))
}

fn needs(app: &InstalledApp, grant: Grant) -> Result<(), OauthError> {
    if app.grants.has(grant) {
        return Ok(());
    }
    let why = format!("the app was not installed for {}", grant.as_str());
    Err(OauthError::new(Code::UnauthorizedClient, why))
}

/// The user in whose name an app of the account acts. The console is in every account, so what it was
/// given in one must not be taken in another.
pub(super) fn enabled(
    app: &App,
    client: &InstalledApp,
    user: &UserId,
) -> Result<Arc<User>, OauthError> {
    let registry = app.registry.load();
    let user = registry.users().get(user);
    let user = user.filter(|user| user.enabled && user.account == client.account);
    user.cloned()
        .ok_or_else(|| bad_grant("the user is not let in any more"))
}

fn bad_grant(why: &'static str) -> OauthError {
    OauthError::new(Code::InvalidGrant, why)
}

fn failed(error: ChangeError) -> OauthError {
    OauthError::host(&error)
}
