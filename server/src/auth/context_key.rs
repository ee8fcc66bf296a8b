//! What is a developer key of the Context Session Store?

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::AtomicU64;

use sandglass_runtime::AccountId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TokenText;

/// What a developer key begins with, so that nobody takes it for a token.
const PREFIX: &str = "sgc_";

/// The id of a developer key, by which people speak of it. It opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContextKeyId(String);

/// A developer key as the server knows it: it opens the contexts of one account, and nothing else.
#[derive(Debug)]
pub(crate) struct ContextKey {
    pub(crate) id: ContextKeyId,
    pub(crate) account: AccountId,
    /// The account's row.
    pub(crate) row: i64,
    pub(crate) name: String,
    pub(crate) created_at: u64,
    /// Milliseconds since the Unix epoch; 0 for never.
    pub(crate) last_used_at: AtomicU64,
}

impl ContextKeyId {
    pub(crate) fn generate() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_row(id: String) -> Self {
        Self(id)
    }
}

impl fmt::Display for ContextKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ContextKeyId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(|id| Self(id.to_string()))
    }
}

impl ContextKey {
    /// The text of a new key; `None` when the system has no randomness.
    pub(crate) fn text() -> Option<TokenText> {
        TokenText::with_prefix(PREFIX)
    }
}
