//! How does an administrator let people in?

use rusqlite::Connection;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{Permissions, UserId};
use crate::clock::now_ms;
use crate::registry;
use crate::store::{self, UserRow};
use crate::users::{NAME_CHARS_MAX, PasswordError, PasswordHash, User, check_password, folded};

/// A user, as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserInfo {
    /// Its id, which invocations name as `userId`.
    pub id: UserId,
    /// By which it logs in; its case does not matter.
    pub login_name: String,
    /// For people.
    pub display_name: String,
    /// What it may do.
    pub permissions: Permissions,
    /// Whether it acts by tokens only, and has no password.
    pub service_user: bool,
    /// Whether it may do anything at all.
    pub enabled: bool,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Milliseconds since the Unix epoch.
    pub changed_at: u64,
}

/// A user that is to be made.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUser {
    /// By which it logs in, 1 to 100 characters, its case without meaning.
    pub login_name: String,
    /// For people; the login name when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it may do.
    #[serde(default)]
    pub permissions: Permissions,
    /// At least 12 characters; left out for a service user, which acts by tokens only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// What is to be changed of a user; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserChange {
    /// By which it logs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it may do, from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Permissions>,
    /// Whether it may do anything at all. Who is disabled has no session any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser")
            .field("login_name", &self.login_name)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

impl From<PasswordError> for ChangeError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Random => Self::Random,
            PasswordError::Busy => Self::Busy("too many passwords are being checked"),
            error => Self::Invalid(error.to_string()),
        }
    }
}

impl Admin {
    /// The users of an account, by login name.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn users(&self, account: &AccountId) -> Result<Vec<UserInfo>, ChangeError> {
        self.known(account)?;
        let registry = self.parts().registry.load();
        let users = registry.users().of(account);
        Ok(users.into_iter().map(|user| info(user)).collect())
    }

    /// One user.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn user(&self, account: &AccountId, id: &UserId) -> Result<UserInfo, ChangeError> {
        self.known_user(account, id).map(|user| info(&user))
    }

    /// Makes a user, or a service user when there is no password.
    ///
    /// # Errors
    /// When the login name is taken or breaks a rule, the password breaks one, there are too many
    /// users, or the database fails.
    pub async fn create_user(
        &self,
        account: &AccountId,
        new: NewUser,
    ) -> Result<UserInfo, ChangeError> {
        self.known(account)?;
        let login_name = name_of("login name", &new.login_name)?;
        let display_name = match &new.display_name {
            Some(name) => name_of("display name", name)?,
            None => login_name.clone(),
        };
        let password = match &new.password {
            None => None,
            Some(password) => Some(self.hashed(password, &login_name).await?),
        };
        let now = now_ms();
        let user = User {
            id: UserId::generate(),
            account: account.clone(),
            login_name,
            display_name,
            permissions: new.permissions,
            password,
            enabled: true,
            created_at: now,
            changed_at: now,
        };
        let made = info(&user);
        self.put_user(AuditAction::UserCreate, user).await?;
        Ok(made)
    }

    /// Changes a user. A change of permissions counts from the next request on.
    ///
    /// # Errors
    /// When there is no such user, the login name is taken or breaks a rule, or the database fails.
    pub async fn change_user(
        &self,
        account: &AccountId,
        id: &UserId,
        change: UserChange,
    ) -> Result<UserInfo, ChangeError> {
        let before = self.known_user(account, id)?;
        let mut user = User::clone(&before);
        if let Some(name) = change.login_name {
            user.login_name = name_of("login name", &name)?;
        }
        if let Some(name) = change.display_name {
            user.display_name = name_of("display name", &name)?;
        }
        user.permissions = change.permissions.unwrap_or(user.permissions);
        user.enabled = change.enabled.unwrap_or(user.enabled);
        user.changed_at = now_ms();
        let changed = info(&user);
        self.put_user(AuditAction::UserChange, user).await?;
        if !changed.enabled {
            self.end_sessions(account, id).await?;
        }
        Ok(changed)
    }

    /// Gives a user another password, and ends everything that is open for them.
    ///
    /// # Errors
    /// When there is no such user or it is a service user, the password breaks a rule, or the
    /// database fails.
    pub async fn set_password(
        &self,
        account: &AccountId,
        id: &UserId,
        password: &str,
    ) -> Result<(), ChangeError> {
        let before = self.known_user(account, id)?;
        if before.is_service() {
            let rule = "a service user has no password: make a token for it";
            return Err(ChangeError::Invalid(rule.to_owned()));
        }
        let hash = self.hashed(password, &before.login_name).await?;
        // Read again: hashing took its time.
        let mut user = User::clone(&*self.known_user(account, id)?);
        user.password = Some(hash);
        user.changed_at = now_ms();
        self.put_user(AuditAction::UserSetPassword, user).await?;
        self.end_sessions(account, id).await
    }

    /// Deletes a user, and with it its sessions and the tokens that act for it.
    ///
    /// # Errors
    /// When there is no such user, or the database fails.
    pub async fn delete_user(&self, account: &AccountId, id: &UserId) -> Result<(), ChangeError> {
        let known = self.known_user(account, id)?;
        let entry = AuditEntry::new(AuditAction::UserDelete, account)
            .target(known.id.as_str(), &known.login_name);
        let user = known.id.clone();
        let deleted = user.clone();
        let rows = move |tx: &Connection| {
            Ok(store::delete_user(tx, deleted.as_str()).map_err(sqlite("delete a user"))?)
        };
        let admin = self.clone();
        let publish = move |()| {
            admin.forget_sessions(|session| session.user == user);
            registry::change(&admin.parts().registry, |next| {
                next.retain_tokens(|token| token.user.as_ref() != Some(&user));
                next.users_mut().remove(&user);
            });
        };
        self.change(entry, rows, publish).await
    }

    /// The user of that id, in that account and in no other.
    pub(super) fn known_user(
        &self,
        account: &AccountId,
        id: &UserId,
    ) -> Result<Arc<User>, ChangeError> {
        self.known(account)?;
        let registry = self.parts().registry.load();
        let user = registry.users().get(id);
        let own = user.filter(|user| user.account == *account).cloned();
        own.ok_or_else(|| ChangeError::NotFound {
            kind: "user",
            name: id.as_str().to_owned(),
        })
    }

    async fn hashed(&self, password: &str, login_name: &str) -> Result<PasswordHash, ChangeError> {
        check_password(password, login_name)?;
        Ok(self.parts().passwords.hash(password).await?)
    }

    /// Writes a user, unless another one has its login name.
    async fn put_user(&self, action: AuditAction, user: User) -> Result<(), ChangeError> {
        let account = self.known(&user.account)?;
        let entry = AuditEntry::new(action, &user.account)
            .target(user.id.as_str(), &user.login_name)
            .detail("permissions", user.permissions.to_string())
            .detail("enabled", user.enabled);
        let row = row(&user, account.row);
        let (admin, written) = (self.clone(), user.clone());
        let rows = move |tx: &Connection| {
            // On the one thread that changes users, so that no two can take the same name.
            admin.check_place(&written)?;
            Ok(store::put_user(tx, &row).map_err(sqlite(action.doing()))?)
        };
        let admin = self.clone();
        let publish = move |()| {
            registry::change(&admin.parts().registry, |next| next.users_mut().put(user));
        };
        self.change::<_, ChangeError, _>(entry, rows, publish).await
    }

    fn check_place(&self, user: &User) -> Result<(), ChangeError> {
        let registry = self.parts().registry.load();
        let users = registry.users();
        let holder = users.by_login(&user.account, &user.login_name);
        if holder.is_some_and(|holder| holder.id != user.id) {
            let taken = format!("there is a user {} already", user.login_name);
            return Err(ChangeError::Invalid(taken));
        }
        let max = self.may_have().users_max;
        if users.get(&user.id).is_none() && users.of(&user.account).len() >= max {
            let full = format!("an account can have {max} users");
            return Err(ChangeError::Invalid(full));
        }
        Ok(())
    }
}

fn name_of(what: &str, name: &str) -> Result<String, ChangeError> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
        && !folded(name).is_empty();
    match fits {
        true => Ok(name.to_owned()),
        false => Err(ChangeError::Invalid(format!(
            "a {what} has 1 to {NAME_CHARS_MAX} characters, none of them a control character"
        ))),
    }
}

/// A row as the registry holds it.
pub(crate) fn user(row: UserRow, account: &AccountId, permissions: Permissions) -> User {
    User {
        id: UserId::from_row(row.id),
        account: account.clone(),
        login_name: row.login_name,
        display_name: row.display_name,
        permissions,
        password: row.password.map(PasswordHash::from_row),
        enabled: row.enabled,
        created_at: row.created_at,
        changed_at: row.changed_at,
    }
}

pub(super) fn row(user: &User, account: i64) -> UserRow {
    UserRow {
        id: user.id.as_str().to_owned(),
        account,
        login_name: user.login_name.clone(),
        display_name: user.display_name.clone(),
        permissions: user.permissions.to_string(),
        password: user.password.as_ref().map(|hash| hash.as_row().to_owned()),
        enabled: user.enabled,
        created_at: user.created_at,
        changed_at: user.changed_at,
    }
}

fn info(user: &User) -> UserInfo {
    UserInfo {
        id: user.id.clone(),
        login_name: user.login_name.clone(),
        display_name: user.display_name.clone(),
        permissions: user.permissions,
        service_user: user.is_service(),
        enabled: user.enabled,
        created_at: user.created_at,
        changed_at: user.changed_at,
    }
}
