//! How does an operator let programs use an account's contexts?

use std::fmt;
use std::sync::atomic::Ordering;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{ContextKey, ContextKeyId, TokenHash};
use crate::clock::now_ms;
use crate::registry;
use crate::store::{self, ContextKeyRow};

/// The longest name of a developer key, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A developer key of the Context Session Store, as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ContextKeyInfo {
    /// Its id.
    pub id: ContextKeyId,
    /// What it was named.
    pub name: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Milliseconds since the Unix epoch, to the second; `None` for never.
    pub last_used_at: Option<u64>,
}

/// A developer key that was just made. Its text is not kept and cannot be shown again.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CreatedContextKey {
    /// Its id.
    pub id: ContextKeyId,
    /// The key.
    pub key: String,
}

impl fmt::Debug for CreatedContextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedContextKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Admin {
    /// The developer keys of an account, oldest first.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn context_keys(&self, account: &AccountId) -> Result<Vec<ContextKeyInfo>, ChangeError> {
        self.known(account)?;
        let registry = self.parts().registry.load();
        let own = registry
            .context_keys()
            .filter(|key| key.account == *account);
        let mut keys: Vec<_> = own.map(|key| info(key)).collect();
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(keys)
    }

    /// Makes a developer key.
    ///
    /// # Errors
    /// When the name is too long, there are too many keys, or the database fails.
    pub async fn create_context_key(
        &self,
        id: &AccountId,
        name: &str,
    ) -> Result<CreatedContextKey, ChangeError> {
        let account = self.known(id)?;
        if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) {
            let rule = format!("the name of a developer key has 1 to {NAME_CHARS_MAX} characters");
            return Err(ChangeError::Invalid(rule));
        }
        let max = self.may_have().context_keys_max;
        if self.context_keys(id)?.len() >= max {
            return Err(ChangeError::Invalid(format!(
                "an account can have {max} developer keys"
            )));
        }
        let text = ContextKey::text().ok_or(ChangeError::Random)?;
        let row = ContextKeyRow {
            id: ContextKeyId::generate().as_str().to_owned(),
            account: account.row,
            name: name.to_owned(),
            hash: text.hash().0,
            created_at: now_ms(),
            last_used_at: None,
        };
        let created = ContextKeyId::from_row(row.id.clone());
        let added = row.clone();
        let rows = move |tx: &rusqlite::Connection| {
            let result = store::add_context_key(tx, &added);
            Ok(result.map_err(sqlite("add a developer key"))?)
        };
        let entry =
            AuditEntry::new(AuditAction::ContextKeyCreate, id).target(created.as_str(), name);
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |()| {
            let (hash, key) = (TokenHash(row.hash), context_key(row, &id));
            registry::change(&admin.parts().registry, |next| {
                next.add_context_key(hash, key);
            });
        };
        self.change::<_, ChangeError, _>(entry, rows, publish)
            .await?;
        Ok(CreatedContextKey {
            id: created,
            key: text.expose().to_owned(),
        })
    }

    /// Deletes a developer key; the next request with it is refused.
    ///
    /// # Errors
    /// When there is no such key, or the database fails.
    pub async fn delete_context_key(
        &self,
        id: &AccountId,
        key: &ContextKeyId,
    ) -> Result<(), ChangeError> {
        let account = self.known(id)?;
        let keys = self.context_keys(id)?;
        let known = keys.iter().find(|known| known.id == *key);
        let known = known.ok_or_else(|| ChangeError::NotFound {
            kind: "developer key",
            name: key.as_str().to_owned(),
        })?;
        let entry =
            AuditEntry::new(AuditAction::ContextKeyDelete, id).target(key.as_str(), &known.name);
        let (row, key) = (account.row, key.clone());
        let deleted = key.clone();
        let rows = move |tx: &rusqlite::Connection| {
            let result = store::delete_context_key(tx, row, deleted.as_str());
            Ok(result.map_err(sqlite("delete a developer key"))?)
        };
        let admin = self.clone();
        let publish = move |()| {
            registry::change(&admin.parts().registry, |next| {
                next.remove_context_key(&key);
            });
        };
        self.change(entry, rows, publish).await
    }
}

/// A row as the registry holds it.
pub(crate) fn context_key(row: ContextKeyRow, account: &AccountId) -> ContextKey {
    ContextKey {
        id: ContextKeyId::from_row(row.id),
        account: account.clone(),
        row: row.account,
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at.unwrap_or(0).into(),
    }
}

fn info(key: &ContextKey) -> ContextKeyInfo {
    let last_used_at = key.last_used_at.load(Ordering::Relaxed);
    ContextKeyInfo {
        id: key.id.clone(),
        name: key.name.clone(),
        created_at: key.created_at,
        last_used_at: (last_used_at > 0).then_some(last_used_at),
    }
}
