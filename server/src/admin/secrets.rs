//! How does an operator manage secrets?

use sandglass_runtime::{AccountId, Secret, SecretName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError};

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

impl Admin {
    /// The names of an account's secrets. There is no way to read a value.
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
        Ok(self.parts().vault.put(account, key, value).await?)
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
        Ok(self.parts().vault.delete(account, key).await?)
    }
}
