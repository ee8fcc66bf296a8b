//! What may a token's holder do?

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything in the account.
    Admin,
    /// Lambdas, their logs, invoking them, and reading the whitelist.
    Developer,
    /// Invoking, nothing else.
    Invoker,
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role: there are admin, developer and invoker")]
pub struct UnknownRole(String);

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Invoke,
    ReadLambdas,
    ChangeLambdas,
    ReadLogs,
    ReadWhitelist,
    ChangeWhitelist,
    Secrets,
    Tokens,
    ContextKeys,
    Metrics,
}

impl Role {
    /// The role's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Invoker => "invoker",
        }
    }

    pub(crate) const fn allows(self, action: Action) -> bool {
        use Action::{ChangeLambdas, Invoke, ReadLambdas, ReadLogs, ReadWhitelist};
        match self {
            Self::Admin => true,
            Self::Developer => {
                matches!(
                    action,
                    Invoke | ReadLambdas | ChangeLambdas | ReadLogs | ReadWhitelist
                )
            }
            Self::Invoker => matches!(action, Invoke),
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        [Self::Admin, Self::Developer, Self::Invoker]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
