//! How does an operator manage secrets?

use std::fmt;

use sandglass_runtime::{AccountId, Secret, SecretName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Admin, ChangeError};
use crate::audit::{AuditAction, AuditEntry, SignedEntry};

/// A secret, as it is listed: never with its value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SecretInfo {
    /// Its name.
    pub key: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Milliseconds since the Unix epoch.
    pub updated_at: u64,
}

/// A secret with its value. Prints without it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SecretValue {
    /// Its name.
    pub key: String,
    /// Its value, any JSON.
    #[schemars(with = "serde_json::Value")]
    pub value: Box<RawValue>,
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretValue")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Admin {
    /// The names of an account's secrets, without a value.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn secrets(&self, account: &AccountId) -> Result<Vec<SecretInfo>, ChangeError> {
        self.known(account)?;
        let info = |(key, created_at, updated_at): (SecretName, u64, u64)| SecretInfo {
            key: key.into(),
            created_at,
            updated_at,
        };
        Ok(self
            .parts()
            .vault
            .list(account)
            .into_iter()
            .map(info)
            .collect())
    }

    /// The value of a secret. The audit log says who asked for it before anybody sees it.
    ///
    /// # Errors
    /// When there is no such secret, or the database fails.
    pub async fn secret(
        &self,
        account: &AccountId,
        key: &SecretName,
    ) -> Result<SecretValue, ChangeError> {
        self.known(account)?;
        let audit = self.sign_secret(AuditAction::SecretRead, account, key);
        let value = self.parts().vault.show(account, key, audit).await?;
        let value = RawValue::from_string(value.expose_json().to_owned());
        Ok(SecretValue {
            key: key.as_str().to_owned(),
            value: value.expect("a secret is valid JSON"),
        })
    }

    /// Adds or replaces a secret; the next read sees it.
    ///
    /// # Errors
    /// When the value is too long, or the database fails.
    pub async fn put_secret(
        &self,
        account: &AccountId,
        key: &SecretName,
        value: Secret,
    ) -> Result<(), ChangeError> {
        self.known(account)?;
        let audit = self.sign_secret(AuditAction::SecretPut, account, key);
        Ok(self.parts().vault.put(account, key, value, audit).await?)
    }

    /// Deletes a secret; the next read does not find it.
    ///
    /// # Errors
    /// When there is no such secret, or the database fails.
    pub async fn delete_secret(
        &self,
        account: &AccountId,
        key: &SecretName,
    ) -> Result<(), ChangeError> {
        self.known(account)?;
        let audit = self.sign_secret(AuditAction::SecretDelete, account, key);
        Ok(self.parts().vault.delete(account, key, audit).await?)
    }

    fn sign_secret(
        &self,
        action: AuditAction,
        account: &AccountId,
        key: &SecretName,
    ) -> SignedEntry {
        self.sign(AuditEntry::new(action, account).target("", key.as_str()))
    }
}
