//! How does an operator give others access?

use std::fmt;
use std::sync::atomic::Ordering;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{Permissions, Token, TokenId, TokenText, UserId};
use crate::clock::now_ms;
use crate::registry;
use crate::store::{self, TokenRow};

/// The longest name of a token, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A token, as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenInfo {
    /// Its id.
    pub id: TokenId,
    /// What it was named.
    pub name: String,
    /// What it is good for; that of a service user is good for no more than the user is.
    pub permissions: Permissions,
    /// The service user that it acts for, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Milliseconds since the Unix epoch, to the second; `None` for never.
    pub last_used_at: Option<u64>,
}

/// A token that was just made. Its text is not kept and cannot be shown again.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CreatedToken {
    /// Its id.
    pub id: TokenId,
    /// The token.
    pub token: String,
}

impl fmt::Debug for CreatedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedToken")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Admin {
    /// The tokens of an account, oldest first.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn tokens(&self, account: &AccountId) -> Result<Vec<TokenInfo>, ChangeError> {
        self.known(account)?;
        let registry = self.parts().registry.load();
        let own = registry.tokens().filter(|token| token.account == *account);
        let mut tokens: Vec<_> = own.map(|token| info(token)).collect();
        tokens.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(tokens)
    }

    /// Makes a token, for a service user or for nobody in particular.
    ///
    /// # Errors
    /// When the name is too long, there is no permission, there are too many tokens, or the database
    /// fails.
    pub async fn create_token(
        &self,
        id: &AccountId,
        name: &str,
        permissions: Permissions,
        user: Option<&UserId>,
    ) -> Result<CreatedToken, ChangeError> {
        let account = self.known(id)?;
        if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) {
            let rule = format!("the name of a token has 1 to {NAME_CHARS_MAX} characters");
            return Err(ChangeError::Invalid(rule));
        }
        if permissions.is_empty() {
            let rule = "a token needs a permission: admin, developer or invocation";
            return Err(ChangeError::Invalid(rule.to_owned()));
        }
        let max = self.may_have().tokens_max;
        if self.tokens(id)?.len() >= max {
            return Err(ChangeError::Invalid(format!(
                "an account can have {max} tokens"
            )));
        }
        if let Some(user) = user
            && !self.known_user(id, user)?.is_service()
        {
            let rule = "a token can act for a service user only: people log in";
            return Err(ChangeError::Invalid(rule.to_owned()));
        }
        let text = TokenText::generate().ok_or(ChangeError::Random)?;
        let mut row = create_token(account.row, name, permissions, &text);
        row.user = user.map(|user| user.as_str().to_owned());
        let created = TokenId::from_row(row.id.clone());
        let added = row.clone();
        let rows = move |tx: &rusqlite::Connection| {
            Ok(store::add_token(tx, &added).map_err(sqlite("add a token"))?)
        };
        let entry = AuditEntry::new(AuditAction::TokenCreate, id)
            .target(created.as_str(), name)
            .detail("permissions", permissions.to_string());
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |()| {
            let hash = crate::auth::TokenHash(row.hash);
            let token = token(row, &id, permissions);
            registry::change(&admin.parts().registry, |next| next.add_token(hash, token));
        };
        self.change::<_, ChangeError, _>(entry, rows, publish)
            .await?;
        Ok(CreatedToken {
            id: created,
            token: text.expose().to_owned(),
        })
    }

    /// Deletes a token; the next request with it is refused.
    ///
    /// # Errors
    /// When there is no such token, or the database fails.
    pub async fn delete_token(&self, id: &AccountId, token: &TokenId) -> Result<(), ChangeError> {
        let account = self.known(id)?;
        let tokens = self.tokens(id)?;
        let known = tokens.iter().find(|known| known.id == *token);
        let known = known.ok_or_else(|| ChangeError::NotFound {
            kind: "token",
            name: token.as_str().to_owned(),
        })?;
        let entry =
            AuditEntry::new(AuditAction::TokenDelete, id).target(token.as_str(), &known.name);
        let (row, token) = (account.row, token.clone());
        let deleted = token.clone();
        let rows = move |tx: &rusqlite::Connection| {
            let result = store::delete_token(tx, row, deleted.as_str());
            Ok(result.map_err(sqlite("delete a token"))?)
        };
        let admin = self.clone();
        let publish = move |()| {
            registry::change(&admin.parts().registry, |next| {
                next.retain_tokens(|known| known.id != token);
            });
        };
        self.change(entry, rows, publish).await
    }
}

/// The row of a new token.
pub(crate) fn create_token(
    account: i64,
    name: &str,
    permissions: Permissions,
    text: &TokenText,
) -> TokenRow {
    TokenRow {
        id: TokenId::generate().as_str().to_owned(),
        account,
        name: name.to_owned(),
        permissions: permissions.to_string(),
        hash: text.hash().0,
        created_at: now_ms(),
        last_used_at: None,
        user: None,
    }
}

/// A row as the registry holds it.
pub(crate) fn token(row: TokenRow, account: &AccountId, permissions: Permissions) -> Token {
    Token {
        id: TokenId::from_row(row.id),
        account: account.clone(),
        name: row.name,
        permissions,
        created_at: row.created_at,
        last_used_at: row.last_used_at.unwrap_or(0).into(),
        user: row.user.map(UserId::from_row),
    }
}

fn info(token: &Token) -> TokenInfo {
    let last_used_at = token.last_used_at.load(Ordering::Relaxed);
    TokenInfo {
        id: token.id.clone(),
        name: token.name.clone(),
        permissions: token.permissions,
        user: token.user.clone(),
        created_at: token.created_at,
        last_used_at: (last_used_at > 0).then_some(last_used_at),
    }
}
