//! How does a user let an app act for them?
//!
//! `GET authorize` checks what the app asks for and shows the page to sign in; `POST authorize` takes
//! that page's form and then that of the page to agree, and sends the browser back with a code
//! (RFC 6749, section 4.1). Who cannot be trusted to be the app's own address gets a page and is
//! never sent anywhere (section 4.1.2.1).

use std::sync::Arc;

use http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use sandglass_runtime::{AccountId, ByteSize};

use super::app::{Grant, InstalledApp};
use super::code::Agreed;
use super::console::{self, is_console};
use super::error::{Code, OauthError};
use super::flow::{BROWSER_COOKIE, Browser, Flow, Request};
use super::form::Form;
use super::pages;
use super::pkce::Challenge;
use super::redirect::{is_allowed, with_parameters};
use super::{SCOPE, Sentinel};
use crate::api::Ask;
use crate::app::App;
use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{Actor, SessionId};
use crate::clock::now_ms;
use crate::reply::{self, Reply};
use crate::status::Problem;
use crate::users::{LoginError, User};

/// A form of one of our pages: a name, a password and a sealed flow.
const FORM_MAX: ByteSize = ByteSize::kib(32);
/// The longest `state` and the longest `nonce`, in bytes.
const STATE_MAX: usize = 2_000;
const NONCE_MAX: usize = 255;
/// What may be asked for besides an app's own scope: the words of OpenID Connect that libraries add.
const OPENID: [&str; 2] = ["openid", "offline_access"];

/// Why a request does not go on.
enum Refusal {
    /// The browser stays here: it is not known who wrote the request.
    Page(OauthError),
    /// The browser goes back and says so.
    Back {
        target: String,
        state: Option<String>,
        error: OauthError,
    },
}

/// `GET authorize`: checks the request and asks who is there.
pub(crate) async fn authorize(ask: Ask<'_>) -> Result<Reply, Problem> {
    let account = ask.path("account");
    let query = ask.parts.uri.query().unwrap_or_default();
    let checked = check(ask.app, account, ask.parts, &Form::parse(query.as_bytes()));
    let (app, request) = match checked {
        Ok(checked) => checked,
        Err(refusal) => return Ok(refuse(ask.app, account, &refusal)),
    };
    let browser = match Browser::of(&ask.parts.headers) {
        Some(browser) => browser,
        None => Browser::new().ok_or(Problem::Host)?,
    };
    let sentinel = &ask.app.sentinel;
    let flow = Flow::new(account, request, &browser, now_ms());
    let page = pages::Login {
        app: asking(&app),
        account,
        flow: &sentinel.flows.seal(&flow),
        login_name: "",
        error: None,
    };
    let reply = pages::login(StatusCode::OK, &page);
    Ok(with_cookie(reply, sentinel, account, &browser))
}

/// `POST authorize`: the form of the page to sign in, or of the page to agree.
pub(crate) async fn decide(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let body = ask.bytes(FORM_MAX).await?;
    let form = Form::parse(&body);
    let (app, account) = (ask.app, ask.path("account"));
    let browser = Browser::of(&ask.parts.headers);
    let sealed = form.get("flow").ok().flatten().unwrap_or_default();
    let now = now_ms();
    let opened = app.sentinel.flows.open(sealed, browser.as_ref(), now);
    let flow = opened.filter(|flow| flow.account == account);
    let Some(flow) = flow else {
        let why =
            "This page is too old, or was opened in another browser. Cookies must be allowed.";
        return Ok(pages::error(StatusCode::FORBIDDEN, why));
    };
    let found = console::find(app, account, &flow.request.client_id);
    let Some(installed) = &found else {
        let why = "The app was removed meanwhile.";
        return Ok(pages::error(StatusCode::BAD_REQUEST, why));
    };
    if !may_return(app, installed, ask.parts, &flow.request.target) {
        let why = "The app was changed meanwhile.";
        return Ok(pages::error(StatusCode::BAD_REQUEST, why));
    }
    match &flow.user {
        None => Ok(sign_in(&ask, installed, flow, &form).await),
        Some(id) => {
            let registry = app.registry.load_full();
            let user = registry.users().get(id).filter(|user| user.enabled);
            match user {
                Some(user) => Ok(agree(app, installed, user, &flow, &form)),
                None => {
                    let why = "You are not let in any more.";
                    Ok(pages::error(StatusCode::FORBIDDEN, why))
                }
            }
        }
    }
}

/// Checks what an app asks for.
fn check(
    app: &App,
    account: &str,
    parts: &Parts,
    form: &Form<'_>,
) -> Result<(Arc<InstalledApp>, Request), Refusal> {
    let installed = known_app(app, account, form).map_err(Refusal::Page)?;
    let redirect_uri = form.get("redirect_uri").map_err(Refusal::Page)?;
    let may = |uri: &str| may_return(app, &installed, parts, uri);
    let target = target(&installed, redirect_uri, may).map_err(Refusal::Page)?;
    let state = form.get("state").map(|state| state.map(str::to_owned));
    // A state that came twice is not sent back: which one would be?
    let known_state = state.clone().unwrap_or_default();
    let asked = state.and_then(|state| {
        let request = Request {
            client_id: installed.id.as_str().to_owned(),
            target: target.clone(),
            redirect_uri: redirect_uri.map(str::to_owned),
            state,
            scope: String::new(),
            challenge: None,
            nonce: None,
        };
        complete(&installed, request, form)
    });
    match asked {
        Ok(request) => Ok((installed, request)),
        Err(error) => Err(Refusal::Back {
            target,
            state: known_state,
            error,
        }),
    }
}

fn known_app(app: &App, account: &str, form: &Form<'_>) -> Result<Arc<InstalledApp>, OauthError> {
    let client_id = form.need("client_id")?;
    let unknown = "There is no such app in this account.";
    let known = console::find(app, account, client_id);
    known.ok_or_else(|| OauthError::new(Code::InvalidClient, unknown))
}

/// Whether the browser may be sent there with a code for the app.
fn may_return(app: &App, installed: &InstalledApp, parts: &Parts, uri: &str) -> bool {
    match is_console(installed) {
        true => console::is_allowed(parts, app.sentinel.is_secure(), uri),
        false => is_allowed(installed, uri),
    }
}

/// Where the browser goes in the end: where the request says, or the one place that there is.
fn target(
    app: &InstalledApp,
    asked: Option<&str>,
    may: impl Fn(&str) -> bool,
) -> Result<String, OauthError> {
    let refused = |why: &'static str| OauthError::new(Code::InvalidRequest, why);
    match asked {
        Some(uri) if may(uri) => Ok(uri.to_owned()),
        Some(_) if is_console(app) => Err(refused(
            "The console is not at this address. Behind a proxy, the server has to know its public_url.",
        )),
        Some(_) => Err(refused("The app was not installed with this redirect_uri.")),
        None => match app.redirect_uris.as_slice() {
            [only] => Ok(only.clone()),
            _ => Err(refused("redirect_uri is missing.")),
        },
    }
}

/// Checks the rest, of whose faults the app is told.
fn complete(app: &InstalledApp, request: Request, form: &Form<'_>) -> Result<Request, OauthError> {
    let bad = |why: &'static str| OauthError::new(Code::InvalidRequest, why);
    if request
        .state
        .as_ref()
        .is_some_and(|state| state.len() > STATE_MAX)
    {
        return Err(bad("state is too long"));
    }
    match form.need("response_type")? {
        "code" => {}
        _ => {
            let why = "response_type must be code";
            return Err(OauthError::new(Code::UnsupportedResponseType, why));
        }
    }
    if !app.grants.has(Grant::AuthorizationCode) {
        let why = "the app was not installed for authorization_code";
        return Err(OauthError::new(Code::UnauthorizedClient, why));
    }
    if form
        .get("response_mode")?
        .is_some_and(|mode| mode != "query")
    {
        return Err(bad("response_mode must be query"));
    }
    if form.has("request") || form.has("request_uri") {
        return Err(bad("request objects are not supported"));
    }
    let nonce = form.get("nonce")?.map(str::to_owned);
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > NONCE_MAX) {
        return Err(bad("nonce is too long"));
    }
    let challenge = challenge(app, form)?;
    let scope = scope(app, form.get("scope")?)?;
    if form.get("prompt")? == Some("none") {
        let why = "the user has to sign in";
        return Err(OauthError::new(Code::LoginRequired, why));
    }
    Ok(Request {
        scope,
        challenge,
        nonce,
        ..request
    })
}

fn challenge(app: &InstalledApp, form: &Form<'_>) -> Result<Option<Challenge>, OauthError> {
    let bad = |why: &'static str| OauthError::new(Code::InvalidRequest, why);
    let method = form.get("code_challenge_method")?;
    match form.get("code_challenge")? {
        Some(challenge) => Challenge::parse(challenge, method).map(Some).map_err(bad),
        None if app.is_public() => Err(bad("a public client needs code_challenge")),
        None if method.is_some() => Err(bad("code_challenge is missing")),
        None => Ok(None),
    }
}

/// What is granted: the scope of the app, and what of OpenID Connect was asked for.
pub(super) fn scope(app: &InstalledApp, asked: Option<&str>) -> Result<String, OauthError> {
    let own = match is_console(app) {
        true => console::SCOPE,
        false => SCOPE,
    };
    let scopes = [own, OPENID[0], OPENID[1]];
    let mut granted = vec![own];
    for word in asked.unwrap_or_default().split_ascii_whitespace() {
        let known = scopes.into_iter().find(|known| *known == word);
        let Some(known) = known else {
            let why = format!("there are the scopes {}", scopes.join(", "));
            return Err(OauthError::new(Code::InvalidScope, why));
        };
        if !granted.contains(&known) {
            granted.push(known);
        }
    }
    Ok(granted.join(" "))
}

async fn sign_in(ask: &Ask<'_>, installed: &InstalledApp, flow: Flow, form: &Form<'_>) -> Reply {
    let field = |name| form.get(name).ok().flatten().unwrap_or_default();
    let (login_name, password) = (field("username"), field("password"));
    let account: AccountId = installed.account.clone();
    let (sentinel, origin) = (&ask.app.sentinel, ask.admin().origin());
    let credentials = (login_name, password);
    let checked = sentinel.logins.log_in(&account, credentials, origin).await;
    let error = match checked {
        Ok(user) => {
            let entry = AuditEntry::new(AuditAction::UserSignIn, &account)
                .target(user.id.as_str(), &user.login_name)
                .detail("app", installed.id.as_str());
            ask.admin().by(Actor::of_user(&user)).note(entry);
            let flow = flow.of_user(user.id.clone(), now_ms());
            if is_console(installed) {
                return hand_over(ask.app, installed, &user, &flow);
            }
            return consent(sentinel, installed, &user, &flow);
        }
        Err(error) => error,
    };
    let status = match error {
        LoginError::Wrong => StatusCode::UNAUTHORIZED,
        LoginError::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
    };
    let page = pages::Login {
        app: asking(installed),
        account: account.as_str(),
        flow: &sentinel.flows.seal(&flow),
        login_name,
        error: Some(&sentence(&error.to_string())),
    };
    let mut reply = pages::login(status, &page);
    if let LoginError::Wait { seconds } = error {
        reply.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    reply
}

fn consent(sentinel: &Sentinel, app: &InstalledApp, user: &User, flow: &Flow) -> Reply {
    pages::consent(&pages::Consent {
        app: &app.name,
        description: &app.description,
        login_name: &user.login_name,
        permissions: user.permissions,
        flow: &sentinel.flows.seal(flow),
        target: &flow.request.target,
    })
}

/// Who asks a user to sign in; the console is this server itself.
fn asking(app: &InstalledApp) -> Option<&str> {
    (!is_console(app)).then_some(&app.name)
}

fn agree(app: &App, installed: &InstalledApp, user: &User, flow: &Flow, form: &Form<'_>) -> Reply {
    match form.get("decision") {
        Ok(Some("allow")) => hand_over(app, installed, user, flow),
        Ok(Some("deny")) => {
            let refusal = denied(flow, Code::AccessDenied, "the user does not allow it");
            refuse(app, installed.account.as_str(), &refusal)
        }
        // The page that asks, once more.
        _ => consent(&app.sentinel, installed, user, flow),
    }
}

fn denied(flow: &Flow, code: Code, why: &'static str) -> Refusal {
    Refusal::Back {
        target: flow.request.target.clone(),
        state: flow.request.state.clone(),
        error: OauthError::new(code, why),
    }
}

/// Sends the browser back with a code.
fn hand_over(app: &App, installed: &InstalledApp, user: &User, flow: &Flow) -> Reply {
    let Request {
        target,
        state,
        redirect_uri,
        scope,
        challenge,
        nonce,
        ..
    } = &flow.request;
    let account = installed.account.as_str();
    let agreed = Agreed {
        app: installed.id.clone(),
        user: user.id.clone(),
        session: SessionId::generate(),
        redirect_uri: redirect_uri.clone(),
        challenge: challenge.clone(),
        scope: scope.clone(),
        nonce: nonce.clone(),
        logged_in_at: flow.at,
    };
    let Some(code) = app.sentinel.codes.make(agreed, now_ms()) else {
        let why = "too many logins are under way: try again";
        let refusal = denied(flow, Code::TemporarilyUnavailable, why);
        return refuse(app, account, &refusal);
    };
    go_back(
        app,
        account,
        target,
        (state.as_deref(), &[("code", code.expose())]),
    )
}

fn refuse(app: &App, account: &str, refusal: &Refusal) -> Reply {
    match refusal {
        Refusal::Page(error) => {
            let status = match error.code {
                Code::InvalidClient => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_REQUEST,
            };
            pages::error(status, &sentence(&error.description))
        }
        Refusal::Back {
            target,
            state,
            error,
        } => {
            let parameters = [
                ("error", error.code.as_str()),
                ("error_description", &error.description),
            ];
            go_back(app, account, target, (state.as_deref(), &parameters))
        }
    }
}

/// Sends the browser back, by a GET whatever it came with (RFC 9700, section 4.12), and says who
/// does (RFC 9207).
fn go_back(
    app: &App,
    account: &str,
    target: &str,
    (state, parameters): (Option<&str>, &[(&str, &str)]),
) -> Reply {
    let issuer = account.parse().map(|account| app.sentinel.issuer(&account));
    let issuer = issuer.unwrap_or_default();
    let mut all = parameters.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.push(("iss", &issuer));
    let location = HeaderValue::from_str(&with_parameters(target, &all));
    let mut reply = super::error::no_store(reply::empty(StatusCode::SEE_OTHER));
    let location = location.expect("a redirect URI is visible ASCII");
    reply.headers_mut().insert(LOCATION, location);
    reply
}

fn with_cookie(mut reply: Reply, sentinel: &Sentinel, account: &str, browser: &Browser) -> Reply {
    let secure = match sentinel.is_secure() {
        true => "; Secure",
        false => "",
    };
    let cookie = format!(
        "{BROWSER_COOKIE}={}; Path=/sentinel/api/account/{account}; HttpOnly; SameSite=Lax{secure}",
        browser.value()
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        reply.headers_mut().insert(SET_COOKIE, cookie);
    }
    reply
}

/// A message as a sentence on a page.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    let stop = if message.ends_with('.') { "" } else { "." };
    format!("{}{}{stop}", first.unwrap_or_default(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_granted_is_the_scope_of_apps_and_the_words_of_openid() {
        let app = app("an app");
        assert_eq!(scope(&app, None).unwrap(), SCOPE);
        assert_eq!(scope(&app, Some(SCOPE)).unwrap(), SCOPE);
        let both = scope(&app, Some("openid openid")).unwrap();
        assert_eq!(both, "faas.lambda.invoke openid");
        let refused = |app, asked| scope(app, Some(asked)).unwrap_err().code;
        assert_eq!(refused(&app, "admin"), Code::InvalidScope);
        assert_eq!(refused(&app, console::SCOPE), Code::InvalidScope);
        let console = self::app(console::CLIENT);
        assert_eq!(scope(&console, None).unwrap(), "faas.console");
        assert_eq!(refused(&console, SCOPE), Code::InvalidScope);
    }

    fn app(id: &str) -> InstalledApp {
        InstalledApp {
            id: crate::auth::AppId::from_row(id.to_owned()),
            account: "acc".parse().unwrap(),
            name: String::new(),
            description: String::new(),
            grants: "authorization_code".parse().unwrap(),
            redirect_uris: Vec::new(),
            secret: None,
            created_at: 1,
            changed_at: 1,
        }
    }

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("it is so"), "It is so.");
        assert_eq!(sentence("It is so."), "It is so.");
    }
}
