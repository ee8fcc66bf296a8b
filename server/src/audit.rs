//! Who did what to which thing, and when?
//!
//! An [`AuditEntry`] says what was done, and a [`SignedEntry`] also by whom and from where. It is
//! written in the transaction of the change that it speaks of, so neither is there without the other.
//! What takes no leave, such as signing in, is counted when it comes too often ([`Tallies`]).
//! Each row carries the hash of the one before it ([`AuditRecord`]), and the newest hash is kept in a
//! file beside the database ([`Anchor`]). `docs/audit.md` is for whoever reads or verifies the log.

mod action;
mod anchor;
mod record;
mod tally;
mod verify;

use std::collections::BTreeMap;
use std::net::IpAddr;

use rusqlite::Connection;
use sandglass_runtime::{AccountId, InvocationId};
use serde::Serialize;

use crate::auth::Actor;
use crate::store::{self, StoreError};

pub(crate) use action::{ACCESS, AuditAction};
pub(crate) use anchor::Anchor;
pub use record::AuditRecord;
pub(crate) use record::Head;
pub(crate) use tally::Tallies;
pub(crate) use verify::DATABASE;
pub use verify::{
    AuditBreak, AuditVerdict, AuditVerifyError, verify_audit_export, verify_audit_log,
};

/// What was done to which thing. Never holds a secret, a token, or a part of one.
#[derive(Debug, Clone)]
pub(crate) struct AuditEntry {
    pub(crate) action: AuditAction,
    /// The account's id; empty for what concerns the whole server.
    account: String,
    target_id: String,
    target_name: String,
    details: BTreeMap<&'static str, Detail>,
}

/// One detail of an entry. There are no fractions, whose digits languages write differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Detail {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<String>),
}

/// From where something was asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// The other end of the connection, or whom a trusted proxy there speaks for.
    pub(crate) address: Option<IpAddr>,
    pub(crate) request: Option<InvocationId>,
}

/// An entry in somebody's name, ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct SignedEntry {
    pub(crate) entry: AuditEntry,
    pub(crate) actor: Actor,
    pub(crate) origin: Origin,
}

impl AuditEntry {
    /// Something that is done in an account.
    pub(crate) fn new(action: AuditAction, account: &AccountId) -> Self {
        Self::named(action, account.as_str())
    }

    /// Something that concerns the whole server.
    pub(crate) fn of_server(action: AuditAction) -> Self {
        Self::named(action, "")
    }

    fn named(action: AuditAction, account: &str) -> Self {
        Self {
            action,
            account: account.to_owned(),
            target_id: String::new(),
            target_name: String::new(),
            details: BTreeMap::new(),
        }
    }

    /// The thing: its id, empty when it has none but its name, and its name.
    pub(crate) fn target(mut self, id: &str, name: &str) -> Self {
        self.target_id = id.to_owned();
        self.target_name = name.to_owned();
        self
    }

    /// Says more about it.
    pub(crate) fn detail(mut self, name: &'static str, value: impl Into<Detail>) -> Self {
        self.details.insert(name, value.into());
        self
    }

    /// In the name of the server itself.
    pub(crate) fn by_operator(self) -> SignedEntry {
        SignedEntry {
            entry: self,
            actor: Actor::operator(),
            origin: Origin::default(),
        }
    }
}

impl SignedEntry {
    /// Writes it at the end of the log, in the transaction of what it speaks of.
    pub(crate) fn write(&self, tx: &Connection) -> Result<(), StoreError> {
        store::append_audit(tx, self).map_err(|source| StoreError::Sqlite {
            change: "write the audit log",
            source,
        })
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Detail {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Detail {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Vec<String>> for Detail {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}
