//! How does the server come by what it signs with?

use std::sync::Arc;

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::clock::now_ms;
use crate::oauth::{OVERLAP_MS, SigningKey, generate};
use crate::store::{self, SigningKeyRow};

/// A signing key, as it is listed. Apps of all accounts get tokens that it signed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SigningKeyInfo {
    /// Its id, as tokens and the public keys name it.
    pub kid: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Whether it signs; otherwise it was replaced, and what it signed is still taken.
    pub signs: bool,
}

impl Admin {
    /// The keys whose signatures are taken, oldest first.
    pub fn signing_keys(&self) -> Vec<SigningKeyInfo> {
        let keys = self
            .parts()
            .registry
            .load()
            .signing_keys()
            .published(now_ms());
        let last = keys.len().saturating_sub(1);
        let infos = keys.iter().enumerate().map(|(at, key)| SigningKeyInfo {
            kid: key.kid.clone(),
            created_at: key.created_at,
            signs: at == last,
        });
        infos.collect()
    }

    /// Makes another key, which signs from now on. What the one before signed is taken for another
    /// day.
    ///
    /// # Errors
    /// When the database fails or the system has no randomness.
    pub async fn rotate_signing_key(&self) -> Result<SigningKeyInfo, ChangeError> {
        let _one = self.parts().rotating.lock().await;
        let key = self.new_signing_key().await?;
        Ok(SigningKeyInfo {
            kid: key.kid.clone(),
            created_at: key.created_at,
            signs: true,
        })
    }

    /// Deletes a key; what it signed is taken no more.
    ///
    /// # Errors
    /// When there is no such key, or the database fails.
    pub async fn delete_signing_key(&self, kid: &str) -> Result<(), ChangeError> {
        let _one = self.parts().rotating.lock().await;
        let keys = Arc::clone(self.parts().registry.load().signing_keys());
        if !keys.all().iter().any(|key| key.kid == kid) {
            return Err(ChangeError::NotFound {
                kind: "signing key",
                name: kid.to_owned(),
            });
        }
        let (deleted, kid) = (kid.to_owned(), kid.to_owned());
        let action = AuditAction::SigningKeyDelete;
        let entry = AuditEntry::of_server(action).target(&deleted, &deleted);
        let rows = move |tx: &Connection| {
            Ok(store::delete_signing_key(tx, &deleted).map_err(sqlite(action.doing()))?)
        };
        let publish = move |()| {
            let mut left = keys.all();
            left.retain(|key| key.kid != kid);
            keys.replace(left);
        };
        self.change(entry, rows, publish).await
    }

    /// The key that signs now, made when there is none or it has signed for long enough.
    pub(crate) async fn signing_key(&self) -> Result<Arc<SigningKey>, ChangeError> {
        let current = || {
            self.parts()
                .registry
                .load()
                .signing_keys()
                .current(now_ms())
        };
        if let Some(key) = current() {
            return Ok(key);
        }
        let _one = self.parts().rotating.lock().await;
        match current() {
            Some(key) => Ok(key),
            None => self.new_signing_key().await,
        }
    }

    async fn new_signing_key(&self) -> Result<Arc<SigningKey>, ChangeError> {
        let made = tokio::task::spawn_blocking(generate).await;
        let pkcs8 = made.map_err(|_| ChangeError::Random)?;
        let pkcs8 = pkcs8.map_err(|_| ChangeError::Random)?;
        let now = now_ms();
        let key = SigningKey::new(&pkcs8, now).map_err(|_| ChangeError::Random)?;
        let key = Arc::new(key);
        let vault = &self.parts().vault;
        let sealed = vault.seal_own(&label(&key.kid), &pkcs8);
        let row = SigningKeyRow {
            kid: key.kid.clone(),
            sealed: sealed.ok_or(ChangeError::Random)?,
            created_at: now,
        };
        let keys = Arc::clone(self.parts().registry.load().signing_keys());
        // Those that nothing depends on any more go with the change.
        let (kept, gone): (Vec<_>, Vec<_>) = {
            let published = keys.published(now.saturating_sub(OVERLAP_MS));
            keys.all()
                .into_iter()
                .partition(|key| published.iter().any(|other| other.kid == key.kid))
        };
        let action = AuditAction::SigningKeyAdd;
        let entry = AuditEntry::of_server(action).target(&row.kid, &row.kid);
        let rows = move |tx: &Connection| {
            let write = || {
                gone.iter()
                    .try_for_each(|key| store::delete_signing_key(tx, &key.kid))?;
                store::add_signing_key(tx, &row)
            };
            Ok(write().map_err(sqlite(action.doing()))?)
        };
        let added = Arc::clone(&key);
        let publish = move |()| {
            let mut all = kept;
            all.push(added);
            keys.replace(all);
        };
        self.change::<_, ChangeError, _>(entry, rows, publish)
            .await?;
        Ok(key)
    }

    /// Opens the keys of the database. A key that does not open is left out and told of: another is
    /// made when one is needed, and only tokens of this last hour are lost.
    pub(crate) fn load_signing_keys(&self, rows: Vec<SigningKeyRow>) {
        let vault = &self.parts().vault;
        let keys = rows.into_iter().filter_map(|row| {
            let opened = vault.open_own(&label(&row.kid), &row.sealed);
            let key = opened.and_then(|pkcs8| SigningKey::new(&pkcs8, row.created_at).ok());
            if key.is_none() {
                tracing::error!(kid = row.kid, "a signing key does not open and is left out");
            }
            key.map(Arc::new)
        });
        let keys = keys.collect();
        self.parts().registry.load().signing_keys().replace(keys);
    }
}

/// What a sealed key belongs to.
fn label(kid: &str) -> String {
    format!("signing key {kid}")
}
