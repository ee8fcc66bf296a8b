//! What is a developer key of the Context Session Store?

use std::sync::atomic::AtomicU64;

use sandglass_runtime::AccountId;

use super::TokenText;
use super::id::id;

/// What a developer key begins with, so that nobody takes it for a token.
const PREFIX: &str = "sgc_";

id! {
    /// The id of a developer key, by which people speak of it. It opens nothing.
    ContextKeyId
}

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

impl ContextKey {
    /// The text of a new key; `None` when the system has no randomness.
    pub(crate) fn text() -> Option<TokenText> {
        TokenText::with_prefix(PREFIX)
    }
}
