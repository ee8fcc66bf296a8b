//! Where are an account's secrets, and who may see them?
//!
//! Sealed in the database, open in this process' memory, so that a lambda's read does no SQL. No
//! value leaves through the logs or `Debug`. A running lambda reads them, and an administrator does,
//! one at a time and on record.

mod key;
mod queued;
mod seal;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use sandglass_runtime::{
    AccountId, BoxFuture, InvocationContext, Secret, SecretName, SecretStore, SecretStoreError,
};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::audit::SignedEntry;
use crate::clock::now_ms;
use crate::config::AccountsConfig;
use crate::store::{self, SecretRow, Store, StoreError};

pub use key::{SecretKey, SecretKeyError};
pub(crate) use queued::{Part, QueueLabel, QueueSealer};
use seal::{Label, Sealer};

/// How much longer a text is when it is sealed: a nonce before it and a tag behind it.
pub(crate) const SEAL_BYTES: usize = 12 + 16;

/// The secrets of all accounts. A clone is the same vault.
#[derive(Clone)]
pub(crate) struct Vault(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    sealer: Sealer,
    may_have: AccountsConfig,
    queue: Arc<QueueSealer>,
    accounts: RwLock<BTreeMap<AccountId, BTreeMap<SecretName, Kept>>>,
}

#[derive(Clone)]
struct Kept {
    value: Secret,
    created_at: u64,
    updated_at: u64,
}

/// The label of what belongs to the server itself: no account has an empty name.
fn own(name: &str) -> Label<'_> {
    Label {
        account: "",
        key: name,
        version: 1,
    }
}

/// Why the vault did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// There is no secret by that name.
    #[error("there is no secret {0}")]
    NotFound(SecretName),
    /// The value is too long.
    #[error("Provided Secret Value exceeds allowed length of {0}")]
    TooLong(usize),
    /// The account has too many secrets.
    #[error("an account can have {0} secrets")]
    TooMany(u64),
    /// The database holds a secret that this key does not open.
    #[error("the secret {key} of account {account} was not sealed with this key, or was changed")]
    WrongKey {
        /// The account.
        account: String,
        /// The secret's name.
        key: String,
    },
    /// The system has no randomness.
    #[error("no random numbers")]
    Random,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Vault {
    /// Opens every secret, which also proves the key.
    pub(crate) async fn open(
        store: Arc<Store>,
        key: &SecretKey,
        may_have: &AccountsConfig,
    ) -> Result<Self, VaultError> {
        let sealer = Sealer::new(key);
        let mut accounts: BTreeMap<AccountId, BTreeMap<_, _>> = BTreeMap::new();
        for row in store.read("read the secrets", store::secrets).await? {
            let wrong = || VaultError::WrongKey {
                account: row.account.clone(),
                key: row.key.clone(),
            };
            let label = Label {
                account: &row.account,
                key: &row.key,
                version: row.version,
            };
            let value = sealer.open(&label, &row.sealed).ok_or_else(wrong)?;
            let kept = Kept {
                value: Secret::from_json(value).map_err(|_| wrong())?,
                created_at: row.created_at,
                updated_at: row.updated_at,
            };
            let account = row.account.parse().map_err(|_| wrong())?;
            let name = row.key.parse().map_err(|_| wrong())?;
            accounts.entry(account).or_default().insert(name, kept);
        }
        Ok(Self(Arc::new(Inner {
            store,
            sealer,
            may_have: may_have.clone(),
            queue: Arc::new(QueueSealer::new(key)),
            accounts: RwLock::new(accounts),
        })))
    }

    /// The names of an account's secrets, when each was made and when it was last changed.
    pub(crate) fn list(&self, account: &AccountId) -> Vec<(SecretName, u64, u64)> {
        let accounts = self
            .0
            .accounts
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let secrets = accounts.get(account).into_iter().flatten();
        secrets
            .map(|(name, kept)| (name.clone(), kept.created_at, kept.updated_at))
            .collect()
    }

    /// Adds or replaces a secret, in somebody's name.
    pub(crate) async fn put(
        &self,
        account: &AccountId,
        name: &SecretName,
        value: Secret,
        audit: SignedEntry,
    ) -> Result<(), VaultError> {
        self.write(account, name, value, Missing::Add(audit)).await
    }

    /// Shows the value of a secret to the operator, once it is on record who asked for it.
    pub(crate) async fn show(
        &self,
        account: &AccountId,
        name: &SecretName,
        audit: SignedEntry,
    ) -> Result<Secret, VaultError> {
        let (of, key) = (account.clone(), name.clone());
        let rows = move |tx: &rusqlite::Connection| {
            let found = store::secret_version(tx, of.as_str(), key.as_str()).map_err(failed)?;
            match found {
                Some(_) => Ok(audit.write(tx)?),
                None => Err(VaultError::NotFound(key)),
            }
        };
        let (vault, of, key) = (self.clone(), account.clone(), name.clone());
        let publish = move |()| vault.get(&of, &key).map(|kept| kept.value);
        let doing = "note who reads a secret";
        let shown = self.0.store.transact(doing, rows, publish).await?;
        shown.ok_or_else(|| VaultError::NotFound(name.clone()))
    }

    /// Deletes a secret, in somebody's name.
    pub(crate) async fn delete(
        &self,
        account: &AccountId,
        name: &SecretName,
        audit: SignedEntry,
    ) -> Result<(), VaultError> {
        let vault = self.clone();
        let (account, name) = (account.clone(), name.clone());
        let (of, key) = (account.clone(), name.clone());
        let rows = move |tx: &rusqlite::Connection| match store::delete_secret(
            tx,
            of.as_str(),
            key.as_str(),
        )
        .map_err(failed)?
        {
            true => Ok(audit.write(tx)?),
            false => Err(VaultError::NotFound(key)),
        };
        let publish = move |()| {
            let mut accounts = vault
                .0
                .accounts
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(secrets) = accounts.get_mut(&account) {
                secrets.remove(&name);
            }
        };
        self.0
            .store
            .transact("delete a secret", rows, publish)
            .await
    }

    /// What seals invocations that wait.
    pub(crate) fn queue(&self) -> &Arc<QueueSealer> {
        &self.0.queue
    }

    /// Seals what belongs to the server itself; `None` when the system has no randomness.
    pub(crate) fn seal_own(&self, name: &str, value: &[u8]) -> Option<Vec<u8>> {
        self.0.sealer.seal(&own(name), &STANDARD.encode(value))
    }

    /// Opens what belongs to the server itself; `None` when it was sealed with another key or for
    /// another purpose, or was changed.
    pub(crate) fn open_own(&self, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let text = self.0.sealer.open(&own(name), sealed)?;
        STANDARD.decode(text).ok()
    }

    fn get(&self, account: &AccountId, name: &SecretName) -> Option<Kept> {
        let accounts = self
            .0
            .accounts
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        accounts.get(account)?.get(name).cloned()
    }

    async fn write(
        &self,
        account: &AccountId,
        name: &SecretName,
        value: Secret,
        missing: Missing,
    ) -> Result<(), VaultError> {
        let max = self.0.may_have.secret_value_chars_max;
        if value_chars(&value) > max {
            return Err(VaultError::TooLong(max));
        }
        let vault = self.clone();
        let (of, key) = (account.clone(), name.clone());
        let rows = move |tx: &rusqlite::Connection| {
            let (row, kept) = vault.next(tx, &of, &key, value, &missing)?;
            store::put_secret(tx, &row).map_err(failed)?;
            if let Missing::Add(audit) = &missing {
                audit.write(tx)?;
            }
            Ok((of, key, kept))
        };
        let vault = self.clone();
        let publish = move |(account, name, kept)| {
            let mut accounts = vault
                .0
                .accounts
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            accounts.entry(account).or_default().insert(name, kept);
        };
        self.0.store.transact("write a secret", rows, publish).await
    }

    /// What a secret will be after a change, sealed and open.
    fn next(
        &self,
        tx: &rusqlite::Connection,
        account: &AccountId,
        name: &SecretName,
        value: Secret,
        missing: &Missing,
    ) -> Result<(SecretRow, Kept), VaultError> {
        let (account, key, now) = (account.as_str(), name.as_str(), now_ms());
        let before = store::secret_version(tx, account, key).map_err(failed)?;
        let (version, created_at) = match (before, missing) {
            (Some((version, created_at)), _) => (version + 1, created_at),
            (None, Missing::Refuse) => return Err(VaultError::NotFound(name.clone())),
            (None, Missing::Add(_)) => (1, now),
        };
        let max = self.0.may_have.secrets_max;
        if before.is_none() && store::count_secrets(tx, account).map_err(failed)? >= max {
            return Err(VaultError::TooMany(max));
        }
        let label = Label {
            account,
            key,
            version,
        };
        let sealed = self
            .0
            .sealer
            .seal(&label, value.expose_json())
            .ok_or(VaultError::Random)?;
        let row = SecretRow {
            account: account.to_owned(),
            key: key.to_owned(),
            version,
            sealed,
            created_at,
            updated_at: now,
        };
        Ok((
            row,
            Kept {
                value,
                created_at,
                updated_at: now,
            },
        ))
    }
}

/// What to do about a secret that is not there.
enum Missing {
    /// Somebody manages secrets: the audit log says who.
    Add(SignedEntry),
    /// A lambda changes one of its own. The audit log is never shortened, so it is no place for what
    /// lambdas do, who may do it without end.
    Refuse,
}

impl SecretStore for Vault {
    fn read<'a>(
        &'a self,
        context: &'a InvocationContext,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretStoreError>> {
        let account = context.account.as_ref();
        let secret = account
            .and_then(|account| self.get(account, name))
            .map(|kept| kept.value);
        Box::pin(async { Ok(secret) })
    }

    fn update<'a>(
        &'a self,
        context: &'a InvocationContext,
        name: &'a SecretName,
        value: Secret,
    ) -> BoxFuture<'a, Result<(), SecretStoreError>> {
        Box::pin(async move {
            let account = context.account.as_ref().ok_or(SecretStoreError::NotFound)?;
            match self.write(account, name, value, Missing::Refuse).await {
                Ok(()) => Ok(()),
                Err(VaultError::NotFound(_)) => Err(SecretStoreError::NotFound),
                Err(error @ VaultError::TooLong(_)) => {
                    Err(SecretStoreError::Invalid(error.to_string()))
                }
                Err(error) => Err(SecretStoreError::Failed(Box::new(error))),
            }
        })
    }
}

/// The length that the platform counts: of a string its characters, of anything else its JSON.
fn value_chars(value: &Secret) -> usize {
    let json = value.expose_json();
    match serde_json::from_str::<String>(json) {
        Ok(text) => text.chars().count(),
        Err(_) => json.chars().count(),
    }
}

fn failed(source: rusqlite::Error) -> VaultError {
    StoreError::Sqlite {
        change: "write a secret",
        source,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::audit::{AuditAction, AuditEntry};
    use crate::config::JournalConfig;

    async fn store(path: &Path) -> Arc<Store> {
        let store = Store::open(&path.join("test.db"), &JournalConfig::default()).unwrap();
        let rows = |tx: &rusqlite::Connection| store::create_account(tx, "acc", 1).map_err(failed);
        store.transact("test", rows, drop).await.unwrap();
        Arc::new(store)
    }

    fn audit() -> SignedEntry {
        AuditEntry::new(AuditAction::SecretPut, &"acc".parse().unwrap()).by_operator()
    }

    fn context(account: &str) -> InvocationContext {
        InvocationContext {
            invocation: "i".parse().unwrap(),
            account: Some(account.parse().unwrap()),
            lambda: None,
        }
    }

    #[tokio::test]
    async fn a_secret_survives_a_restart_under_its_key_only() {
        let directory = tempfile::tempdir().unwrap();
        let key = SecretKey::generate().unwrap();
        let (account, name) = ("acc".parse().unwrap(), "TOKEN".parse().unwrap());
        {
            let store = store(directory.path()).await;
            let vault = Vault::open(Arc::clone(&store), &key, &AccountsConfig::default())
                .await
                .unwrap();
            vault
                .put(&account, &name, Secret::from_text("one"), audit())
                .await
                .unwrap();
            vault
                .put(&account, &name, Secret::from_text("two"), audit())
                .await
                .unwrap();
            store.close().await;
        }
        let store = store(directory.path()).await;
        let vault = Vault::open(Arc::clone(&store), &key, &AccountsConfig::default())
            .await
            .unwrap();
        let read = vault.read(&context("acc"), &name).await.unwrap();
        assert_eq!(read, Some(Secret::from_text("two")));
        assert_eq!(vault.read(&context("other"), &name).await.unwrap(), None);
        let other = SecretKey::generate().unwrap();
        let refused = Vault::open(store, &other, &AccountsConfig::default())
            .await
            .map(drop);
        assert!(matches!(refused, Err(VaultError::WrongKey { .. })));
    }

    #[tokio::test]
    async fn a_lambda_changes_what_exists_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path()).await;
        let vault = Vault::open(
            store,
            &SecretKey::generate().unwrap(),
            &AccountsConfig::default(),
        )
        .await
        .unwrap();
        let (account, name): (_, SecretName) = ("acc".parse().unwrap(), "TOKEN".parse().unwrap());
        let context = context("acc");
        let missing = vault.update(&context, &name, Secret::from_text("x")).await;
        assert!(matches!(missing, Err(SecretStoreError::NotFound)));
        vault
            .put(&account, &name, Secret::from_text("one"), audit())
            .await
            .unwrap();
        let longest = Secret::from_text(&"ä".repeat(10_000));
        vault.update(&context, &name, longest).await.unwrap();
        let long = vault
            .update(&context, &name, Secret::from_text(&"x".repeat(10_001)))
            .await;
        assert!(matches!(long, Err(SecretStoreError::Invalid(text)) if text.contains("10000")));
        vault.delete(&account, &name, audit()).await.unwrap();
        assert!(matches!(
            vault.delete(&account, &name, audit()).await,
            Err(VaultError::NotFound(_))
        ));
        assert_eq!(vault.read(&context, &name).await.unwrap(), None);
    }
}
