//! What is an installed app?

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::auth::{AppId, TokenHash};

/// How an app comes by its tokens (RFC 6749, section 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// In the name of a user who logs in and agrees.
    AuthorizationCode,
    /// In its own name.
    ClientCredentials,
}

/// The grants of an app.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Grants(Vec<Grant>);

/// A text that names no grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a grant: there are authorization_code and client_credentials")]
pub struct UnknownGrant(String);

/// An app as the server knows it.
#[derive(Debug, Clone)]
pub(crate) struct InstalledApp {
    pub(crate) id: AppId,
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) grants: Grants,
    pub(crate) redirect_uris: Vec<String>,
    /// The hash of its secret. A public client has none, since it could not keep it.
    pub(crate) secret: Option<TokenHash>,
    /// Milliseconds since the Unix epoch.
    pub(crate) created_at: u64,
    /// Milliseconds since the Unix epoch.
    pub(crate) changed_at: u64,
}

/// All apps, by their client id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apps(HashMap<AppId, Arc<InstalledApp>>);

impl Grant {
    /// Its name in RFC 6749.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

impl FromStr for Grant {
    type Err = UnknownGrant;

    fn from_str(text: &str) -> Result<Self, UnknownGrant> {
        [Self::AuthorizationCode, Self::ClientCredentials]
            .into_iter()
            .find(|grant| grant.as_str() == text)
            .ok_or_else(|| UnknownGrant(text.to_owned()))
    }
}

impl Grants {
    /// Whether it is one of them.
    pub fn has(&self, grant: Grant) -> bool {
        self.0.contains(&grant)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Grant> {
        self.0.iter().copied()
    }
}

impl FromIterator<Grant> for Grants {
    fn from_iter<T: IntoIterator<Item = Grant>>(grants: T) -> Self {
        let mut all = Vec::new();
        for grant in grants {
            if !all.contains(&grant) {
                all.push(grant);
            }
        }
        Self(all)
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Grant::as_str).collect();
        f.pad(&names.join(" "))
    }
}

impl FromStr for Grants {
    type Err = UnknownGrant;

    fn from_str(text: &str) -> Result<Self, UnknownGrant> {
        text.split_whitespace().map(Grant::from_str).collect()
    }
}

impl InstalledApp {
    /// Whether it cannot keep a secret (RFC 6749, section 2.1).
    pub(crate) fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    /// Whether it is the app's secret. Hashes are compared, and in constant time.
    pub(crate) fn is_secret(&self, secret: &str) -> bool {
        let shown = TokenHash::of(secret.as_bytes());
        let kept = self.secret.as_ref();
        kept.is_some_and(|kept| kept.0.ct_eq(&shown.0).into())
    }
}

impl Apps {
    pub(crate) fn get(&self, id: &AppId) -> Option<&Arc<InstalledApp>> {
        self.0.get(id)
    }

    /// The app of an account with that client id.
    pub(crate) fn find(&self, account: &str, client_id: &str) -> Option<&Arc<InstalledApp>> {
        let app = self.0.get(&AppId::from_row(client_id.to_owned()))?;
        (app.account.as_str() == account).then_some(app)
    }

    /// The apps of an account, oldest first.
    pub(crate) fn of(&self, account: &AccountId) -> Vec<&Arc<InstalledApp>> {
        let own = self.0.values().filter(|app| app.account == *account);
        let mut apps: Vec<_> = own.collect();
        apps.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        apps
    }

    /// Puts an app in the place of the one with that id.
    pub(crate) fn put(&mut self, app: InstalledApp) {
        self.0.insert(app.id.clone(), Arc::new(app));
    }

    pub(crate) fn remove(&mut self, id: &AppId) {
        self.0.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_read_as_they_are_written() {
        let both: Grants = "client_credentials authorization_code".parse().unwrap();
        assert_eq!(both.to_string().parse(), Ok(both.clone()));
        assert!(both.has(Grant::AuthorizationCode) && both.has(Grant::ClientCredentials));
        let twice: Grants = "client_credentials client_credentials".parse().unwrap();
        assert_eq!(twice.to_string(), "client_credentials");
        assert!("password".parse::<Grants>().is_err());
        assert!("".parse::<Grants>().unwrap().is_empty());
    }
}
