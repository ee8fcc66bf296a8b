//! How does the console get a token that may only invoke?
//!
//! By a token exchange (RFC 8693) of its access token. Whoever copies a line for a terminal leaves a token
//! in a shell's history; that one invokes lambdas for an hour, or until its session ends, and opens nothing
//! else, not even another exchange. No other app has this: each can ask its user for what it needs.

use std::sync::Arc;

use super::SCOPE;
use super::app::InstalledApp;
use super::console::is_console;
use super::error::{Code, OauthError};
use super::form::Form;
use super::session::{Access, Opens, Session};
use super::token::enabled;
use crate::app::App;
use crate::auth::{Action, TokenHash};
use crate::clock::now_ms;
use crate::users::User;

/// The grant (RFC 8693, section 2.1).
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The one type of token that is taken and given (section 3).
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The session whose access token an exchange shows, and its user, who may invoke.
pub(super) fn subject(
    app: &App,
    client: &InstalledApp,
    form: &Form<'_>,
) -> Result<(Arc<Session>, Arc<User>), OauthError> {
    if !is_console(client) {
        let why = "only the console exchanges tokens";
        return Err(OauthError::new(Code::UnauthorizedClient, why));
    }
    let session = session(app, client, form)?;
    if form.get("scope")? != Some(SCOPE) {
        let why = "scope must be faas.lambda.invoke";
        return Err(OauthError::new(Code::InvalidScope, why));
    }
    let user = enabled(app, client, &session.user)?;
    if !user.permissions.allow(Action::Invoke) {
        let why = "the user may not invoke: this takes FaaS-Developer or FaaS-Invocation";
        return Err(OauthError::new(Code::InvalidScope, why));
    }
    Ok((session, user))
}

fn session(app: &App, client: &InstalledApp, form: &Form<'_>) -> Result<Arc<Session>, OauthError> {
    let types = [
        Some(form.need("subject_token_type")?),
        form.get("requested_token_type")?,
    ];
    if types.into_iter().flatten().any(|kind| kind != ACCESS_TOKEN) {
        return Err(bad_request(
            "an access token is exchanged for an access token",
        ));
    }
    let shown = TokenHash::of(form.need("subject_token")?.as_bytes());
    let found = app.registry.load().sessions().get(&shown, now_ms());
    let own = |access: &Access| {
        access.opens == Opens::Everything && access.session.app.as_ref() == Some(&client.id)
    };
    let access = found.filter(own);
    access
        .map(|access| access.session)
        .ok_or_else(|| bad_request("subject_token is no access token of the console, or has ended"))
}

/// What is wrong with a subject token is wrong with the request (section 2.2.2).
fn bad_request(why: &'static str) -> OauthError {
    OauthError::new(Code::InvalidRequest, why)
}
