//! Who is asking?

use crate::{AccountId, InvocationId, LambdaName};

/// What the host traits are told about the invocation that calls them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationContext {
    /// The invocation.
    pub invocation: InvocationId,
    /// The account that owns the lambda, where the embedder has accounts.
    pub account: Option<AccountId>,
    /// The lambda's name, where the embedder gave it one.
    pub lambda: Option<LambdaName>,
}
