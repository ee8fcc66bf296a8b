//! What may this lambda do?

use std::collections::BTreeSet;

use crate::{AccountId, AllowedHosts, LambdaName, Limits, SecretName};

/// What one lambda may reach and how far it may go. The default reaches nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// The account that owns the lambda; passed on to the host traits.
    pub account: Option<AccountId>,
    /// The lambda's name; passed on to the host traits.
    pub lambda: Option<LambdaName>,
    /// The hosts that it may send HTTP requests to.
    pub allowed_hosts: AllowedHosts,
    /// The secrets that it may read and update.
    pub secrets: SecretGrants,
    /// The bounds of each invocation.
    pub limits: Limits,
}

/// The secrets that a lambda may read and update. The default grants none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretGrants(Grants);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Grants {
    Named(BTreeSet<SecretName>),
    All,
}

impl SecretGrants {
    /// Grants every secret of the account, as the platform does.
    pub fn all() -> Self {
        Self(Grants::All)
    }

    /// Whether the lambda may use that secret.
    pub fn grants(&self, name: &SecretName) -> bool {
        match &self.0 {
            Grants::All => true,
            Grants::Named(names) => names.contains(name),
        }
    }
}

impl Default for SecretGrants {
    fn default() -> Self {
        Self(Grants::Named(BTreeSet::new()))
    }
}

impl<const N: usize> From<[SecretName; N]> for SecretGrants {
    fn from(names: [SecretName; N]) -> Self {
        names.into_iter().collect()
    }
}

impl FromIterator<SecretName> for SecretGrants {
    fn from_iter<I: IntoIterator<Item = SecretName>>(names: I) -> Self {
        Self(Grants::Named(names.into_iter().collect()))
    }
}
