//! Who are the people and machines of an account?
//!
//! A user has a login name, permissions and, when it is a person, a password. A service user has
//! none: it acts by tokens that were made for it. Everything that one may do follows from the
//! permissions as they are at that moment, so a permission that is taken away counts at once.

mod login;
mod password;
mod throttle;

use std::collections::HashMap;
use std::sync::Arc;

use sandglass_runtime::AccountId;

use crate::auth::{Permissions, UserId};

pub(crate) use login::{BotKeys, LoginError, Logins, ShownKeys};
pub(crate) use password::{PasswordError, PasswordHash, Passwords, check as check_password};

/// The longest login name and the longest display name, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 100;

/// Somebody of an account.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) account: AccountId,
    pub(crate) login_name: String,
    pub(crate) display_name: String,
    pub(crate) permissions: Permissions,
    /// `None` for a service user, who cannot log in.
    pub(crate) password: Option<PasswordHash>,
    pub(crate) enabled: bool,
    /// Milliseconds since the Unix epoch.
    pub(crate) created_at: u64,
    /// Milliseconds since the Unix epoch.
    pub(crate) changed_at: u64,
}

/// All users, by their id and by their login name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Users {
    by_id: HashMap<UserId, Arc<User>>,
    by_login: HashMap<(AccountId, String), UserId>,
}

impl User {
    /// Whether it acts by tokens only.
    pub(crate) fn is_service(&self) -> bool {
        self.password.is_none()
    }
}

impl Users {
    pub(crate) fn get(&self, id: &UserId) -> Option<&Arc<User>> {
        self.by_id.get(id)
    }

    /// The user of an account who logs in by that name, whose case does not matter.
    pub(crate) fn by_login(&self, account: &AccountId, name: &str) -> Option<&Arc<User>> {
        let id = self.by_login.get(&(account.clone(), folded(name)))?;
        self.by_id.get(id)
    }

    /// The users of an account, by login name.
    pub(crate) fn of(&self, account: &AccountId) -> Vec<&Arc<User>> {
        let own = self.by_id.values().filter(|user| user.account == *account);
        let mut users: Vec<_> = own.collect();
        users.sort_by(|one, other| one.login_name.cmp(&other.login_name));
        users
    }

    /// Puts a user in the place of the one with that id.
    pub(crate) fn put(&mut self, user: User) {
        self.remove(&user.id);
        let name = (user.account.clone(), folded(&user.login_name));
        self.by_login.insert(name, user.id.clone());
        self.by_id.insert(user.id.clone(), Arc::new(user));
    }

    pub(crate) fn remove(&mut self, id: &UserId) {
        if let Some(user) = self.by_id.remove(id) {
            let name = (user.account.clone(), folded(&user.login_name));
            self.by_login.remove(&name);
        }
    }
}

/// A login name as it is compared: two that differ in case only are the same.
pub(crate) fn folded(login_name: &str) -> String {
    login_name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> User {
        User {
            id: UserId::generate(),
            account: "acc".parse().unwrap(),
            login_name: name.to_owned(),
            display_name: String::new(),
            permissions: Permissions::NONE,
            password: None,
            enabled: true,
            created_at: 1,
            changed_at: 1,
        }
    }

    #[test]
    fn a_login_name_has_no_case_and_follows_a_change() {
        let mut users = Users::default();
        let ada = user("Ada@Example.com");
        users.put(ada.clone());
        let account = &ada.account;
        assert!(users.by_login(account, " ada@example.COM").is_some());
        assert!(
            users
                .by_login(&"other".parse().unwrap(), "ada@example.com")
                .is_none()
        );
        let login_name = "countess".to_owned();
        users.put(User {
            login_name,
            ..ada.clone()
        });
        assert!(users.by_login(account, "ada@example.com").is_none());
        assert_eq!(users.by_login(account, "Countess").unwrap().id, ada.id);
        users.remove(&ada.id);
        assert!(users.of(account).is_empty() && users.by_login(account, "countess").is_none());
    }
}
