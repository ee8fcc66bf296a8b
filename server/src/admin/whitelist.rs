//! How does an operator decide which hosts lambdas may reach?

use std::collections::BTreeMap;

use sandglass_runtime::AccountId;
use sandglass_runtime::allowed_hosts::HostRule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::clock::now_ms;
use crate::registry::{self, Account, WhitelistRule};
use crate::store;

/// A rule of the whitelist.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WhitelistEntry {
    /// Its id, which no other rule ever has.
    pub id: i64,
    /// The rule.
    pub rule: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
}

/// What to do about a rule that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Present {
    Keep,
    Refuse,
}

impl Admin {
    /// The whitelist of an account.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn whitelist(&self, account: &AccountId) -> Result<Vec<WhitelistEntry>, ChangeError> {
        let account = self.known(account)?;
        let rules = account.whitelist.iter();
        Ok(rules.map(|(rule, kept)| entry(rule, *kept)).collect())
    }

    /// Allows a host; the next invocation may reach it. Allowing it twice is allowing it once.
    ///
    /// # Errors
    /// When there are too many rules, or the database fails.
    pub async fn allow(
        &self,
        id: &AccountId,
        rule: &HostRule,
    ) -> Result<WhitelistEntry, ChangeError> {
        self.add_rule(id, rule, Present::Keep).await
    }

    /// Allows a host that is not allowed by the same rule yet.
    ///
    /// # Errors
    /// When the rule is there, there are too many rules, or the database fails.
    pub async fn allow_new(
        &self,
        id: &AccountId,
        rule: &HostRule,
    ) -> Result<WhitelistEntry, ChangeError> {
        self.add_rule(id, rule, Present::Refuse).await
    }

    async fn add_rule(
        &self,
        id: &AccountId,
        rule: &HostRule,
        present: Present,
    ) -> Result<WhitelistEntry, ChangeError> {
        let account = self.known(id)?;
        let rule = rule.to_string();
        let max = self.may_have().whitelist_max;
        if account.whitelist.len() >= max && !account.whitelist.contains_key(&rule) {
            return Err(ChangeError::Invalid(format!(
                "a whitelist can have {max} rules"
            )));
        }
        let audit = AuditEntry::new(AuditAction::WhitelistAdd, id).target("", &rule);
        let (row, at, text) = (account.row, now_ms(), rule.clone());
        let rows = move |tx: &rusqlite::Connection| {
            let added = store::add_rule(tx, row, &text, at);
            match added.map_err(sqlite("extend the whitelist"))? {
                (_, true) if present == Present::Refuse => Err(ChangeError::Exists(format!(
                    "{text} is on the whitelist already"
                ))),
                (added, _) => Ok(WhitelistRule {
                    id: added.id,
                    created_at: added.created_at,
                }),
            }
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |kept| {
            let added = entry(&rule, kept);
            admin.change_whitelist(&id, row, |rules| _ = rules.insert(rule, kept));
            added
        };
        self.change(audit, rows, publish).await
    }

    /// Takes a rule back; invocations that run keep it.
    ///
    /// # Errors
    /// When there is no such rule, or the database fails.
    pub async fn disallow(&self, id: &AccountId, rule: &HostRule) -> Result<(), ChangeError> {
        let account = self.known(id)?;
        let rule = rule.to_string();
        if !account.whitelist.contains_key(&rule) {
            return Err(missing(rule));
        }
        self.remove_rule(&account, rule).await
    }

    /// Takes the rule with that id back.
    ///
    /// # Errors
    /// When there is no such rule, or the database fails.
    pub async fn disallow_by_id(&self, id: &AccountId, rule: i64) -> Result<(), ChangeError> {
        let account = self.known(id)?;
        let mut rules = account.whitelist.iter();
        let found = rules.find(|(_, kept)| kept.id == rule);
        let (text, _) = found.ok_or_else(|| missing(rule.to_string()))?;
        self.remove_rule(&account, text.clone()).await
    }

    async fn remove_rule(&self, account: &Account, rule: String) -> Result<(), ChangeError> {
        let (row, id) = (account.row, account.id.clone());
        let audit = AuditEntry::new(AuditAction::WhitelistRemove, &id).target("", &rule);
        let text = rule.clone();
        let rows = move |tx: &rusqlite::Connection| {
            let deleted = store::delete_rule(tx, row, &text);
            Ok(deleted.map_err(sqlite("shorten the whitelist"))?)
        };
        let admin = self.clone();
        let publish = move |()| {
            admin.change_whitelist(&id, row, |rules| _ = rules.remove(&rule));
        };
        self.change(audit, rows, publish).await
    }

    fn change_whitelist(
        &self,
        account: &AccountId,
        row: i64,
        change: impl FnOnce(&mut BTreeMap<String, WhitelistRule>),
    ) {
        registry::change(&self.parts().registry, |next| {
            let account = next.account_mut(account, row);
            change(&mut account.whitelist);
            account.apply_whitelist(&self.parts().limits);
        });
    }
}

fn entry(rule: &str, kept: WhitelistRule) -> WhitelistEntry {
    WhitelistEntry {
        id: kept.id,
        rule: rule.to_owned(),
        created_at: kept.created_at,
    }
}

fn missing(rule: String) -> ChangeError {
    ChangeError::NotFound {
        kind: "whitelist rule",
        name: rule,
    }
}
