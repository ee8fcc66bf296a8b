//! How do people log in without an app?
//!
//! The platform's `agentVep` (spec 3.3), as its command line uses it: a name and a password for a
//! bearer token of 8 h; a service user has keys instead of a password. The session is kept alive with its cookie and its `csrf`, and its bearer
//! token is all that opens anything, so no other site can act with the cookie.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, RETRY_AFTER, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use sandglass_runtime::{AccountId, ByteSize};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::endpoint::{Own, Scheme};
use super::{Ask, Endpoint, Parameter};
use crate::auth::{Actor, Permission, Permissions, authenticate};
use crate::clock::now_ms;
use crate::oauth::{ACCESS_MS, cookie};
use crate::reply::{self, Reply};
use crate::status::Problem;
use crate::users::{BotKeys, LoginError, ShownKeys, User};

const BODY_MAX: ByteSize = ByteSize::kib(64);
/// Keeps a login alive, with the `csrf` of its body.
const SESSION_COOKIE: &str = "Session_id";
const VERSION: Parameter = Parameter::text("v", "The version of the platform's API; any is taken.");

/// What somebody logs in with.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Credentials {
    /// A person.
    Person { username: String, password: String },
    /// A service user: the id and the secret of an app, and the id and the text of a token.
    #[serde(rename_all = "camelCase")]
    Bot {
        username: String,
        app_key: String,
        secret: String,
        access_token: String,
        access_token_secret: String,
    },
}

#[derive(Deserialize, JsonSchema)]
struct Alive {
    csrf: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LoggedIn<'a> {
    bearer: &'a str,
    csrf: &'a str,
    session_id: &'a str,
    /// Milliseconds, as a text.
    #[serde(rename = "sessionTTl")]
    session_ttl: String,
    wsuk: String,
    config: LoginConfig<'a>,
    #[schemars(with = "serde_json::Value")]
    csds_collection_response: serde_json::Value,
    account_data: AccountData<'a>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LoginConfig<'a> {
    login_name: &'a str,
    user_id: &'a str,
    user_privileges: Vec<&'static str>,
    is_admin: bool,
    #[serde(rename = "isLPA")]
    is_lpa: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AccountData<'a> {
    account_id: &'a str,
}

#[derive(Serialize)]
struct Refused<'a> {
    error: Refusal<'a>,
}

/// The platform's words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refusal<'a> {
    time: u64,
    message: &'a str,
    internal_code: u32,
    response_status: &'static str,
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::public_post(
        "/api/account/{account}/login",
        "Log in with a name and a password, or as a service user with its keys",
        |ask| Box::pin(login(ask)),
    )
    .query(&[VERSION])
    .takes::<Credentials>()
    .answers::<LoggedIn<'static>>(200)
    .compatible()
    .tells(Own::Login)
    .fails(&[401, 429]),
    Endpoint::public_post(
        "/api/account/{account}/refresh",
        "Keep a login alive: the cookie Session_id and the csrf of the login",
        |ask| Box::pin(refresh(ask)),
    )
    .opened_by(&[Scheme::Cookie])
    .takes::<Alive>()
    .answers_nothing(200)
    .compatible()
    .tells(Own::Login),
    Endpoint::public_post(
        "/api/account/{account}/logout",
        "End the session of the bearer token",
        |ask| Box::pin(logout(ask)),
    )
    .opened_by(&[Scheme::Bearer])
    .answers_nothing(200)
    .compatible(),
];

async fn login(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let credentials: Credentials = body(&mut ask).await?;
    let account = ask.path("account").parse::<AccountId>();
    let account = account.map_err(super::ask::bad_input)?;
    let (user, keys) = match check(&ask, &account, &credentials).await {
        Ok(checked) => checked,
        Err(error) => return Ok(refused(error)),
    };
    let admin = ask.admin().by(Actor::of_user(&user));
    let login = admin.open_login(&user, keys.as_ref()).await?;
    let permissions = keys.map_or(user.permissions, |keys| keys.permissions);
    let body = LoggedIn {
        bearer: login.bearer.expose(),
        csrf: login.csrf.expose(),
        session_id: login.session_id.expose(),
        session_ttl: ACCESS_MS.to_string(),
        wsuk: String::new(),
        config: config(&user, permissions),
        csds_collection_response: ask.app.domains.all(&account),
        account_data: AccountData {
            account_id: account.as_str(),
        },
    };
    let reply = reply::ok(&body);
    let lifetime = ACCESS_MS / 1_000;
    Ok(with_cookie(
        reply,
        &ask,
        login.session_id.expose(),
        lifetime,
    ))
}

/// Who it is, and with which keys, if it is a service user.
async fn check(
    ask: &Ask<'_>,
    account: &AccountId,
    credentials: &Credentials,
) -> Result<(Arc<User>, Option<ShownKeys>), LoginError> {
    let (logins, origin) = (&ask.app.sentinel.logins, ask.admin().origin());
    match credentials {
        Credentials::Person { username, password } => {
            let user = logins.log_in(account, (username, password), origin).await?;
            Ok((user, None))
        }
        Credentials::Bot {
            username,
            app_key,
            secret,
            access_token,
            access_token_secret,
        } => {
            let keys = BotKeys {
                login_name: username,
                client_id: app_key,
                client_secret: secret,
                token_id: access_token,
                token: access_token_secret,
            };
            let (user, shown) = logins.log_in_bot(account, &keys, origin)?;
            Ok((user, Some(shown)))
        }
    }
}

async fn refresh(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let Alive { csrf } = body(&mut ask).await?;
    let kept = match cookie(&ask.parts.headers, SESSION_COOKIE) {
        Some(session) => ask.app.admin.keep_login(session, &csrf).await,
        None => Ok(false),
    };
    match kept {
        Ok(true) => Ok(reply::empty(StatusCode::OK)),
        Ok(false) => Ok(refusal(StatusCode::UNAUTHORIZED, "the session has ended")),
        Err(error) => Err(Problem::host(&error)),
    }
}

async fn logout(ask: Ask<'_>) -> Result<Reply, Problem> {
    let principal = authenticate(ask.parts, &ask.app.registry.load())?;
    principal.in_account(ask.path("account"))?;
    let Some((user, session)) = principal.user().zip(principal.session()) else {
        let why = "this token ends no session: it is of none, or only invokes";
        return Err(Problem::BadInput(why.to_owned()));
    };
    let admin = ask.admin().by(principal.actor());
    let ended = admin.log_out(user, &session.id).await;
    ended.map_err(|error| Problem::host(&error))?;
    Ok(with_cookie(reply::empty(StatusCode::OK), &ask, "", 0))
}

/// The body, of whose faults nothing is told that it holds: it may be a password.
async fn body<T: DeserializeOwned>(ask: &mut Ask<'_>) -> Result<T, Problem> {
    ask.json(BODY_MAX).await.map_err(|problem| match problem {
        Problem::BadInput(_) => super::ask::bad_input("the body is not the JSON that this takes"),
        problem => problem,
    })
}

fn config(user: &User, permissions: Permissions) -> LoginConfig<'_> {
    LoginConfig {
        login_name: &user.login_name,
        user_id: user.id.as_str(),
        user_privileges: permissions.iter().map(Permission::platform_name).collect(),
        is_admin: permissions.has(Permission::Admin),
        is_lpa: false,
    }
}

fn refused(error: LoginError) -> Reply {
    let message = error.to_string();
    match error {
        LoginError::Wrong => refusal(StatusCode::UNAUTHORIZED, &message),
        LoginError::Wait { seconds } => {
            let mut reply = refusal(StatusCode::TOO_MANY_REQUESTS, &message);
            reply.headers_mut().insert(RETRY_AFTER, seconds.into());
            reply
        }
    }
}

fn refusal(status: StatusCode, message: &str) -> Reply {
    let response_status = match status {
        StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
        _ => "TOO_MANY_REQUESTS",
    };
    let error = Refusal {
        time: now_ms(),
        message,
        internal_code: 10,
        response_status,
    };
    reply::json(status, &Refused { error })
}

fn with_cookie(mut reply: Reply, ask: &Ask<'_>, value: &str, seconds: u64) -> Reply {
    let secure = match ask.app.sentinel.is_secure() {
        true => "; Secure",
        false => "",
    };
    let cookie = format!(
        "{SESSION_COOKIE}={value}; Path=/api/account/{}; Max-Age={seconds}; HttpOnly; \
         SameSite=Strict{secure}",
        ask.path("account")
    );
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.insert(SET_COOKIE, cookie);
    }
    reply
}
