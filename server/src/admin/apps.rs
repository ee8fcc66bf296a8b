//! How does an administrator install an app?

use std::fmt;
use std::sync::Arc;

use rusqlite::Connection;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{AppId, TokenHash, TokenText};
use crate::clock::now_ms;
use crate::oauth::{Grant, Grants, InstalledApp, SCOPE, check_redirect};
use crate::registry;
use crate::store::{self, AppRow};

/// The longest name, and the longest description, in characters.
const NAME_CHARS_MAX: usize = 100;
const DESCRIPTION_CHARS_MAX: usize = 500;
/// Redirect URIs of one app.
const REDIRECT_URIS_MAX: usize = 10;

/// An installed app, as it is listed. Its members are those of RFC 7591, section 2, as the platform
/// installs apps (spec 3.1).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct AppInfo {
    /// Its id.
    pub client_id: AppId,
    /// What it was named.
    pub client_name: String,
    /// What it says of itself.
    pub description: String,
    /// How it comes by its tokens.
    pub grant_types: Grants,
    /// What follows from the grants.
    pub response_types: Vec<String>,
    /// What it may do: invoke.
    pub scope: String,
    /// Where browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// How it shows who it is: `client_secret_basic`, which the form does as well, or `none`.
    pub token_endpoint_auth_method: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Milliseconds since the Unix epoch.
    pub changed_at: u64,
}

/// An app that is to be installed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    /// For people, 1 to 100 characters.
    pub client_name: String,
    /// What it says of itself, at most 500 characters.
    #[serde(default)]
    pub description: String,
    /// How it comes by its tokens.
    pub grant_types: Grants,
    /// May be left out: it follows from the grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    /// May be left out: there is one, `faas.lambda.invoke`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where browsers may be sent back to; at most 10, and at least one for an authorization code.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// `none` for a public client, which cannot keep a secret and needs PKCE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
}

/// What is to be changed of an app; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppChange {
    /// For people, 1 to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// What it says of itself, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where browsers may be sent back to, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
}

/// An app with the secret that it just got. The secret is not kept and cannot be shown again.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct InstalledAppSecret {
    /// The app.
    #[serde(flatten)]
    pub app: AppInfo,
    /// Its secret; `None` for a public client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

impl fmt::Debug for InstalledAppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstalledAppSecret")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl Admin {
    /// The installed apps of an account, oldest first.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn apps(&self, account: &AccountId) -> Result<Vec<AppInfo>, ChangeError> {
        self.known(account)?;
        let registry = self.parts().registry.load();
        let apps = registry.apps().of(account);
        Ok(apps.into_iter().map(|app| info(app)).collect())
    }

    /// Installs an app.
    ///
    /// # Errors
    /// When it breaks a rule, there are too many apps, or the database fails.
    pub async fn install_app(
        &self,
        account: &AccountId,
        new: NewApp,
    ) -> Result<InstalledAppSecret, ChangeError> {
        let max = self.may_have().apps_max;
        if self.apps(account)?.len() >= max {
            return Err(invalid(format!("an account can have {max} apps")));
        }
        check(&new)?;
        let secret = match new.token_endpoint_auth_method.as_deref() {
            Some("none") => None,
            _ => Some(TokenText::app_secret().ok_or(ChangeError::Random)?),
        };
        let now = now_ms();
        let app = InstalledApp {
            id: AppId::generate(),
            account: account.clone(),
            name: new.client_name.trim().to_owned(),
            description: new.description,
            grants: new.grant_types.iter().collect(),
            redirect_uris: new.redirect_uris,
            secret: secret.as_ref().map(TokenText::hash),
            created_at: now,
            changed_at: now,
        };
        let installed = info(&app);
        let row = row(&app, self.known(account)?.row);
        let entry = of(AuditAction::AppInstall, &app);
        let rows =
            move |tx: &Connection| Ok(store::add_app(tx, &row).map_err(sqlite("install an app"))?);
        let admin = self.clone();
        let publish = move |()| {
            registry::change(&admin.parts().registry, |next| next.apps_mut().put(app));
        };
        self.change::<_, ChangeError, _>(entry, rows, publish)
            .await?;
        Ok(InstalledAppSecret {
            app: installed,
            client_secret: secret.map(|secret| secret.expose().to_owned()),
        })
    }

    /// Changes what an app says of itself, or where browsers may be sent back to. Its id, its secret and
    /// its tokens stay; a URI that is not there any more is refused from now on.
    ///
    /// # Errors
    /// When there is no such app, it would break a rule, or the database fails.
    pub async fn change_app(
        &self,
        account: &AccountId,
        id: &AppId,
        change: AppChange,
    ) -> Result<AppInfo, ChangeError> {
        let known = self.known_app(account, id)?;
        let wanted = NewApp {
            client_name: change.client_name.unwrap_or_else(|| known.name.clone()),
            description: change
                .description
                .unwrap_or_else(|| known.description.clone()),
            grant_types: known.grants.iter().collect(),
            response_types: None,
            scope: None,
            redirect_uris: change
                .redirect_uris
                .unwrap_or_else(|| known.redirect_uris.clone()),
            token_endpoint_auth_method: known.is_public().then(|| "none".to_owned()),
        };
        check(&wanted)?;
        let mut app = InstalledApp::clone(&known);
        app.name = wanted.client_name.trim().to_owned();
        app.description = wanted.description;
        app.redirect_uris = wanted.redirect_uris;
        app.changed_at = now_ms();
        let changed = info(&app);
        let row = row(&app, self.known(account)?.row);
        let entry = of(AuditAction::AppChange, &app);
        let rows = move |tx: &Connection| {
            Ok(store::change_app(tx, &row).map_err(sqlite("change an app"))?)
        };
        let admin = self.clone();
        let publish = move |()| {
            admin.publish_app(&app.id, |now| {
                now.name = app.name.clone();
                now.description = app.description.clone();
                now.redirect_uris = app.redirect_uris.clone();
                now.changed_at = app.changed_at;
            });
        };
        self.change::<_, ChangeError, _>(entry, rows, publish)
            .await?;
        Ok(changed)
    }

    /// Gives an app another secret; the one before opens nothing from now on.
    ///
    /// # Errors
    /// When there is no such app, it is a public client, or the database fails.
    pub async fn rotate_app_secret(
        &self,
        account: &AccountId,
        id: &AppId,
    ) -> Result<InstalledAppSecret, ChangeError> {
        let mut app = InstalledApp::clone(&*self.known_app(account, id)?);
        if app.is_public() {
            return Err(invalid("a public client has no secret".to_owned()));
        }
        let secret = TokenText::app_secret().ok_or(ChangeError::Random)?;
        app.secret = Some(secret.hash());
        app.changed_at = now_ms();
        let rotated = info(&app);
        let (id, at, hash) = (app.id.clone(), app.changed_at, secret.hash());
        let entry = of(AuditAction::AppRotateSecret, &app);
        let rows = move |tx: &Connection| {
            let set = store::set_app_secret(tx, id.as_str(), &hash.0, at);
            Ok(set.map_err(sqlite("rotate an app's secret"))?)
        };
        let admin = self.clone();
        let publish = move |()| {
            admin.publish_app(&app.id, |now| {
                now.secret = app.secret;
                now.changed_at = at;
            });
        };
        self.change::<_, ChangeError, _>(entry, rows, publish)
            .await?;
        Ok(InstalledAppSecret {
            app: rotated,
            client_secret: Some(secret.expose().to_owned()),
        })
    }

    /// Removes an app; its tokens open nothing from now on.
    ///
    /// # Errors
    /// When there is no such app, or the database fails.
    pub async fn remove_app(&self, account: &AccountId, id: &AppId) -> Result<(), ChangeError> {
        let known = self.known_app(account, id)?;
        let entry =
            AuditEntry::new(AuditAction::AppRemove, account).target(known.id.as_str(), &known.name);
        let app = known.id.clone();
        let removed = app.clone();
        let rows = move |tx: &Connection| {
            Ok(store::delete_app(tx, removed.as_str()).map_err(sqlite("remove an app"))?)
        };
        let admin = self.clone();
        let publish = move |()| {
            admin.forget_sessions(|session| session.app.as_ref() == Some(&app));
            registry::change(&admin.parts().registry, |next| next.apps_mut().remove(&app));
        };
        self.change(entry, rows, publish).await
    }

    fn known_app(&self, account: &AccountId, id: &AppId) -> Result<Arc<InstalledApp>, ChangeError> {
        self.known(account)?;
        let registry = self.parts().registry.load();
        let app = registry.apps().find(account.as_str(), id.as_str()).cloned();
        app.ok_or_else(|| ChangeError::NotFound {
            kind: "app",
            name: id.as_str().to_owned(),
        })
    }

    /// Changes an app as it is by now, unless it was removed. Only to be called on the store's thread.
    fn publish_app(&self, id: &AppId, change: impl FnOnce(&mut InstalledApp)) {
        registry::change(&self.parts().registry, |next| {
            let Some(known) = next.apps().get(id) else {
                return;
            };
            let mut app = InstalledApp::clone(known);
            change(&mut app);
            next.apps_mut().put(app);
        });
    }
}

fn of(action: AuditAction, app: &InstalledApp) -> AuditEntry {
    AuditEntry::new(action, &app.account).target(app.id.as_str(), &app.name)
}

fn check(new: &NewApp) -> Result<(), ChangeError> {
    let name = new.client_name.trim();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.contains(char::is_control) {
        let rule = format!("client_name has 1 to {NAME_CHARS_MAX} characters");
        return Err(invalid(rule));
    }
    if new.description.chars().count() > DESCRIPTION_CHARS_MAX {
        let rule = format!("description has at most {DESCRIPTION_CHARS_MAX} characters");
        return Err(invalid(rule));
    }
    if new.grant_types.is_empty() {
        let rule = "grant_types must have authorization_code or client_credentials";
        return Err(invalid(rule.to_owned()));
    }
    if new.scope.as_deref().is_some_and(|scope| scope != SCOPE) {
        return Err(invalid(format!("scope must be {SCOPE}")));
    }
    let is_public = match new.token_endpoint_auth_method.as_deref() {
        Some("none") => true,
        None | Some("client_secret_basic" | "client_secret_post") => false,
        Some(_) => {
            let rule = "token_endpoint_auth_method must be client_secret_basic, \
                        client_secret_post or none";
            return Err(invalid(rule.to_owned()));
        }
    };
    if is_public && new.grant_types.has(Grant::ClientCredentials) {
        let rule = "a public client has no credentials to get a token with";
        return Err(invalid(rule.to_owned()));
    }
    let known = response_types(&new.grant_types);
    let asked = new.response_types.as_deref().unwrap_or_default();
    if asked.iter().any(|kind| !known.contains(kind)) {
        let rule = format!("response_types must be {}", known.join(" and "));
        return Err(invalid(rule));
    }
    check_redirects(new)
}

fn check_redirects(new: &NewApp) -> Result<(), ChangeError> {
    let uris = &new.redirect_uris;
    let needed = new.grant_types.has(Grant::AuthorizationCode);
    if needed && uris.is_empty() {
        return Err(invalid(
            "an authorization code needs redirect_uris".to_owned(),
        ));
    }
    if uris.len() > REDIRECT_URIS_MAX {
        let rule = format!("an app can have {REDIRECT_URIS_MAX} redirect_uris");
        return Err(invalid(rule));
    }
    uris.iter()
        .try_for_each(|uri| check_redirect(uri))
        .map_err(ChangeError::Invalid)
}

/// The platform's words (spec 3.1 and 3.2).
fn response_types(grants: &Grants) -> Vec<String> {
    let names = grants.iter().map(|grant| match grant {
        Grant::AuthorizationCode => "code",
        Grant::ClientCredentials => "token",
    });
    names.map(str::to_owned).collect()
}

fn invalid(rule: String) -> ChangeError {
    ChangeError::Invalid(rule)
}

/// A row as the registry holds it; `None` for a damaged one.
pub(crate) fn app(row: AppRow, account: &AccountId) -> Option<InstalledApp> {
    Some(InstalledApp {
        id: AppId::from_row(row.id),
        account: account.clone(),
        name: row.name,
        description: row.description,
        grants: row.grants.parse().ok()?,
        redirect_uris: serde_json::from_str(&row.redirect_uris).ok()?,
        secret: row.secret_hash.map(TokenHash),
        created_at: row.created_at,
        changed_at: row.changed_at,
    })
}

fn row(app: &InstalledApp, account: i64) -> AppRow {
    AppRow {
        id: app.id.as_str().to_owned(),
        account,
        name: app.name.clone(),
        description: app.description.clone(),
        grants: app.grants.to_string(),
        redirect_uris: serde_json::to_string(&app.redirect_uris).expect("texts are valid JSON"),
        secret_hash: app.secret.map(|hash| hash.0),
        created_at: app.created_at,
        changed_at: app.changed_at,
    }
}

fn info(app: &InstalledApp) -> AppInfo {
    let method = match app.is_public() {
        true => "none",
        false => "client_secret_basic",
    };
    AppInfo {
        client_id: app.id.clone(),
        client_name: app.name.clone(),
        description: app.description.clone(),
        grant_types: app.grants.clone(),
        response_types: response_types(&app.grants),
        scope: SCOPE.to_owned(),
        redirect_uris: app.redirect_uris.clone(),
        token_endpoint_auth_method: method.to_owned(),
        created_at: app.created_at,
        changed_at: app.changed_at,
    }
}
