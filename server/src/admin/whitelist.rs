//! How does an operator decide which hosts lambdas may reach?

use sandglass_runtime::AccountId;
use sandglass_runtime::allowed_hosts::HostRule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::clock::now_ms;
use crate::registry;
use crate::store;

/// Rules of one account.
const RULES_MAX: usize = 1_000;

/// A rule of the whitelist.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WhitelistEntry {
    /// The rule.
    pub rule: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
}

impl Admin {
    /// The whitelist of an account.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn whitelist(&self, account: &AccountId) -> Result<Vec<WhitelistEntry>, ChangeError> {
        let account = self.known(account)?;
        let rules = account.whitelist.iter();
        Ok(rules
            .map(|(rule, at)| WhitelistEntry {
                rule: rule.clone(),
                created_at: *at,
            })
            .collect())
    }

    /// Allows a host; the next invocation may reach it. Allowing it twice is allowing it once.
    ///
    /// # Errors
    /// When there are too many rules, or the database fails.
    pub async fn allow(&self, id: &AccountId, rule: &HostRule) -> Result<(), ChangeError> {
        let account = self.known(id)?;
        let rule = rule.to_string();
        if account.whitelist.len() >= RULES_MAX && !account.whitelist.contains_key(&rule) {
            return Err(ChangeError::Invalid(format!(
                "a whitelist can have {RULES_MAX} rules"
            )));
        }
        let (row, at, text) = (account.row, now_ms(), rule.clone());
        let rows = move |tx: &rusqlite::Connection| {
            let added = store::add_rule(tx, row, &text, at);
            Ok(added.map_err(sqlite("extend the whitelist"))?)
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |()| {
            admin.change_whitelist(&id, row, |rules| {
                rules.entry(rule).or_insert(at);
            })
        };
        self.parts()
            .store
            .transact("extend the whitelist", rows, publish)
            .await
    }

    /// Takes a rule back; invocations that run keep it.
    ///
    /// # Errors
    /// When there is no such rule, or the database fails.
    pub async fn disallow(&self, id: &AccountId, rule: &HostRule) -> Result<(), ChangeError> {
        let account = self.known(id)?;
        let rule = rule.to_string();
        if !account.whitelist.contains_key(&rule) {
            return Err(ChangeError::NotFound {
                kind: "whitelist rule",
                name: rule,
            });
        }
        let (row, text) = (account.row, rule.clone());
        let rows = move |tx: &rusqlite::Connection| {
            let deleted = store::delete_rule(tx, row, &text);
            Ok(deleted.map_err(sqlite("shorten the whitelist"))?)
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |()| {
            admin.change_whitelist(&id, row, |rules| {
                rules.remove(&rule);
            })
        };
        self.parts()
            .store
            .transact("shorten the whitelist", rows, publish)
            .await
    }

    fn change_whitelist(
        &self,
        account: &AccountId,
        row: i64,
        change: impl FnOnce(&mut std::collections::BTreeMap<String, u64>),
    ) {
        registry::change(&self.parts().registry, |next| {
            let account = next.account_mut(account, row);
            change(&mut account.whitelist);
            account.apply_whitelist(&self.parts().limits);
        });
    }
}
