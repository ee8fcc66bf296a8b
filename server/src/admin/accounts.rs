//! How does the operator let accounts in, and keep them out?
//!
//! An account comes with a first user and a first token, as the server's first account does; both are
//! shown once. One that is disabled keeps all that it has, and nothing of it can be used.

use std::fmt;
use std::sync::Arc;

use rusqlite::Connection;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::users::row;
use super::{Admin, ChangeError, create_token, sqlite, token};
use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{Permissions, TokenHash, TokenText, UserId};
use crate::clock::now_ms;
use crate::registry::{self, Account};
use crate::store::{self, TokenRow};
use crate::users::User;

/// What the first user and the first token of an account are called.
const FIRST: &str = "admin";

/// An account, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccountInfo {
    /// Its id, which all of its addresses name.
    #[schemars(with = "String")]
    pub id: AccountId,
    /// Whether anything of it may be used.
    pub enabled: bool,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// How many lambdas it has.
    pub lambdas: u64,
    /// How many users it has, service users included.
    pub users: u64,
}

/// An account that was just made. Its password and its token are not kept and cannot be shown again.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreatedAccount {
    /// The account.
    #[schemars(with = "String")]
    pub id: AccountId,
    /// By which its first user logs in.
    pub login_name: String,
    /// The password of that user.
    pub password: String,
    /// A bearer token with every permission in the account.
    pub token: String,
}

/// What is to be changed of an account.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    /// Whether anything of it may be used.
    pub enabled: bool,
}

impl fmt::Debug for CreatedAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedAccount")
            .field("id", &self.id)
            .field("login_name", &self.login_name)
            .finish_non_exhaustive()
    }
}

impl Admin {
    /// All accounts, by their ids.
    pub fn accounts(&self) -> Vec<AccountInfo> {
        let registry = self.parts().registry.load();
        let mut accounts: Vec<_> = registry.accounts().map(|known| self.info(known)).collect();
        accounts.sort_by(|one, other| one.id.cmp(&other.id));
        accounts
    }

    /// One account.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn account_info(&self, id: &AccountId) -> Result<AccountInfo, ChangeError> {
        self.known(id).map(|account| self.info(&account))
    }

    /// Makes an account with its first user and its first token, both with every permission.
    ///
    /// # Errors
    /// When there is one of that id, there are too many, or the database fails.
    pub async fn create_account(&self, id: &AccountId) -> Result<CreatedAccount, ChangeError> {
        let password = TokenText::nonce().ok_or(ChangeError::Random)?;
        let text = TokenText::generate().ok_or(ChangeError::Random)?;
        let at = now_ms();
        let user = User {
            id: UserId::generate(),
            account: id.clone(),
            login_name: FIRST.to_owned(),
            display_name: "Administrator".to_owned(),
            permissions: Permissions::ALL,
            password: Some(self.parts().passwords.hash(password.expose()).await?),
            enabled: true,
            created_at: at,
            changed_at: at,
        };
        let made = self.made(id, &user, create_token(0, FIRST, Permissions::ALL, &text));
        let (admin, id) = (self.clone(), id.clone());
        let created = CreatedAccount {
            id: id.clone(),
            login_name: FIRST.to_owned(),
            password: password.expose().to_owned(),
            token: text.expose().to_owned(),
        };
        let publish = move |(row, first): (i64, TokenRow)| {
            registry::change(&admin.parts().registry, |next| {
                next.account_mut(&id, row).created_at = at;
                next.users_mut().put(user);
                let hash = TokenHash(first.hash);
                next.add_token(hash, token(first, &id, Permissions::ALL));
            });
        };
        let store = &self.parts().store;
        let doing = AuditAction::AccountCreate.doing();
        store
            .transact::<_, ChangeError, _>(doing, made, publish)
            .await?;
        Ok(created)
    }

    /// The rows of a new account, and what the audit log says of them; all of them or none.
    fn made(
        &self,
        id: &AccountId,
        user: &User,
        mut first: TokenRow,
    ) -> impl FnOnce(&Connection) -> Result<(i64, TokenRow), ChangeError> + Send + 'static {
        let permissions = Permissions::ALL.to_string();
        let name = id.as_str().to_owned();
        let signed = [
            AuditEntry::new(AuditAction::AccountCreate, id).target(&name, &name),
            AuditEntry::new(AuditAction::UserCreate, id)
                .target(user.id.as_str(), &user.login_name)
                .detail("permissions", permissions.clone())
                .detail("enabled", true),
            AuditEntry::new(AuditAction::TokenCreate, id)
                .target(&first.id, &first.name)
                .detail("permissions", permissions),
        ]
        .map(|entry| self.sign(entry));
        let (max, user) = (self.may_have().accounts_max, row(user, 0));
        move |tx| {
            let failed = sqlite(AuditAction::AccountCreate.doing());
            let before = store::accounts(tx).map_err(&failed)?;
            if before.iter().any(|account| account.name == name) {
                return Err(ChangeError::Exists(format!(
                    "there is an account {name} already"
                )));
            }
            if before.len() >= max {
                let full = format!("a server can have {max} accounts");
                return Err(ChangeError::Invalid(full));
            }
            let account = store::create_account(tx, &name, first.created_at).map_err(&failed)?;
            first.account = account;
            store::put_user(tx, &store::UserRow { account, ..user }).map_err(&failed)?;
            store::add_token(tx, &first).map_err(&failed)?;
            signed.iter().try_for_each(|entry| entry.write(tx))?;
            Ok((account, first))
        }
    }

    /// Disables an account, or enables it again. What runs finishes; nothing else of the account
    /// begins, by whatever way, until it is enabled.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn change_account(
        &self,
        id: &AccountId,
        change: AccountChange,
    ) -> Result<AccountInfo, ChangeError> {
        let account = self.known(id)?;
        if account.enabled == change.enabled {
            return Ok(self.info(&account));
        }
        let (action, disabled_at) = match change.enabled {
            true => (AuditAction::AccountEnable, None),
            false => (AuditAction::AccountDisable, Some(now_ms())),
        };
        let entry = AuditEntry::new(action, id).target(id.as_str(), id.as_str());
        let row = account.row;
        let rows = move |tx: &Connection| {
            let set = store::set_disabled(tx, row, disabled_at);
            Ok(set.map_err(sqlite(action.doing()))?)
        };
        let (admin, changed) = (self.clone(), Arc::clone(&account));
        let publish = move |()| {
            registry::change(&admin.parts().registry, |next| {
                next.account_mut(&changed.id, changed.row).enabled = change.enabled;
            });
        };
        self.change::<_, ChangeError, _>(entry, rows, publish)
            .await?;
        self.account_info(id)
    }

    fn info(&self, account: &Account) -> AccountInfo {
        let registry = self.parts().registry.load();
        AccountInfo {
            id: account.id.clone(),
            enabled: account.enabled,
            created_at: account.created_at,
            lambdas: account.len() as u64,
            users: registry.users().of(&account.id).len() as u64,
        }
    }
}
