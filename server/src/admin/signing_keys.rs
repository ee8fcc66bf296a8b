//! How does the server come by what it signs with?

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::clock::now_ms;
use crate::oauth::{OVERLAP_MS, SigningKey, SigningKeys, generate};
use crate::store::{self, SigningKeyRow};

/// Keys of one account that are published at once: the document with all of them is everybody's.
const KEYS_MAX: usize = 10;

/// A signing key of an account, as it is listed.
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
    /// The keys of an account whose signatures are taken, oldest first.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn signing_keys(&self, account: &AccountId) -> Result<Vec<SigningKeyInfo>, ChangeError> {
        self.known(account)?;
        let keys = self.keys().published(account, now_ms());
        let last = keys.len().saturating_sub(1);
        let infos = keys.iter().enumerate().map(|(at, key)| SigningKeyInfo {
            kid: key.kid.clone(),
            created_at: key.created_at,
            signs: at == last,
        });
        Ok(infos.collect())
    }

    /// Makes another key, which signs from now on. What the one before signed is taken for another
    /// day.
    ///
    /// # Errors
    /// When there is no such account, it has too many keys, the database fails, or the system has no
    /// randomness.
    pub async fn rotate_signing_key(
        &self,
        account: &AccountId,
    ) -> Result<SigningKeyInfo, ChangeError> {
        self.known(account)?;
        let _one = self.parts().rotating.lock().await;
        if self.keys().published(account, now_ms()).len() >= KEYS_MAX {
            let rule = format!("an account can have {KEYS_MAX} signing keys: delete one");
            return Err(ChangeError::Invalid(rule));
        }
        let key = self.new_signing_key(account).await?;
        Ok(SigningKeyInfo {
            kid: key.kid.clone(),
            created_at: key.created_at,
            signs: true,
        })
    }

    /// Deletes a key of an account; what it signed is taken no more.
    ///
    /// # Errors
    /// When the account has no such key, or the database fails.
    pub async fn delete_signing_key(
        &self,
        account: &AccountId,
        kid: &str,
    ) -> Result<(), ChangeError> {
        self.known(account)?;
        let _one = self.parts().rotating.lock().await;
        let keys = self.keys();
        let mut left = keys.of(account);
        if !left.iter().any(|key| key.kid == kid) {
            return Err(ChangeError::NotFound {
                kind: "signing key",
                name: kid.to_owned(),
            });
        }
        left.retain(|key| key.kid != kid);
        let action = AuditAction::SigningKeyDelete;
        let entry = AuditEntry::new(action, account).target(kid, kid);
        let deleted = kid.to_owned();
        let rows = move |tx: &Connection| {
            Ok(store::delete_signing_key(tx, &deleted).map_err(sqlite(action.doing()))?)
        };
        let account = account.clone();
        let publish = move |()| keys.replace(&account, left);
        self.change(entry, rows, publish).await
    }

    /// The key of an account that signs now, made when there is none or it has signed for long
    /// enough.
    pub(crate) async fn signing_key(
        &self,
        account: &AccountId,
    ) -> Result<Arc<SigningKey>, ChangeError> {
        let current = || self.keys().current(account, now_ms());
        if let Some(key) = current() {
            return Ok(key);
        }
        let _one = self.parts().rotating.lock().await;
        match current() {
            Some(key) => Ok(key),
            None => self.new_signing_key(account).await,
        }
    }

    fn keys(&self) -> Arc<SigningKeys> {
        Arc::clone(self.parts().registry.load().signing_keys())
    }

    async fn new_signing_key(&self, account: &AccountId) -> Result<Arc<SigningKey>, ChangeError> {
        let owner = self.known(account)?;
        let made = tokio::task::spawn_blocking(generate).await;
        let pkcs8 = made.map_err(|_| ChangeError::Random)?;
        let pkcs8 = pkcs8.map_err(|_| ChangeError::Random)?;
        let now = now_ms();
        let key = SigningKey::new(account, &pkcs8, now).map_err(|_| ChangeError::Random)?;
        let key = Arc::new(key);
        let vault = &self.parts().vault;
        let sealed = vault.seal_own(&label(&key.kid), &pkcs8);
        let row = SigningKeyRow {
            kid: key.kid.clone(),
            account: owner.row,
            sealed: sealed.ok_or(ChangeError::Random)?,
            created_at: now,
        };
        let keys = self.keys();
        // Those that nothing depends on any more go with the change.
        let (kept, gone): (Vec<_>, Vec<_>) = {
            let published = keys.published(account, now.saturating_sub(OVERLAP_MS));
            keys.of(account)
                .into_iter()
                .partition(|key| published.iter().any(|other| other.kid == key.kid))
        };
        let action = AuditAction::SigningKeyAdd;
        let entry = AuditEntry::new(action, account).target(&row.kid, &row.kid);
        let rows = move |tx: &Connection| {
            let write = || {
                gone.iter()
                    .try_for_each(|key| store::delete_signing_key(tx, &key.kid))?;
                store::add_signing_key(tx, &row)
            };
            Ok(write().map_err(sqlite(action.doing()))?)
        };
        let (added, account) = (Arc::clone(&key), account.clone());
        let publish = move |()| {
            let mut ring = kept;
            ring.push(added);
            keys.replace(&account, ring);
        };
        self.change::<_, ChangeError, _>(entry, rows, publish)
            .await?;
        Ok(key)
    }

    /// Opens the keys of the database. A key that does not open is left out and told of: another is
    /// made when one is needed, and only tokens of this last hour are lost.
    pub(crate) fn load_signing_keys(&self, rows: Vec<SigningKeyRow>) {
        let vault = &self.parts().vault;
        let mut rings: HashMap<AccountId, Vec<_>> = HashMap::new();
        for row in rows {
            let opened = self.account_of(row.account).ok().and_then(|account| {
                let pkcs8 = vault.open_own(&label(&row.kid), &row.sealed)?;
                SigningKey::new(&account, &pkcs8, row.created_at).ok()
            });
            match opened {
                Some(key) => rings
                    .entry(key.account.clone())
                    .or_default()
                    .push(Arc::new(key)),
                None => {
                    tracing::error!(kid = row.kid, "a signing key does not open and is left out");
                }
            }
        }
        let keys = self.keys();
        for (account, ring) in rings {
            keys.replace(&account, ring);
        }
    }
}

/// What a sealed key belongs to.
fn label(kid: &str) -> String {
    format!("signing key {kid}")
}
