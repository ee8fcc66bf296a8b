//! How are a lambda's environment variables changed?
//!
//! The environment is part of what is built, so a change is a build and a deployment in one step.

use std::collections::BTreeMap;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deploy::Plan;
use super::{Admin, DeployError, Deployed};
use crate::config::AccountsConfig;

/// The longest name, in characters (spec 7.5).
pub(super) const NAME_CHARS_MAX: usize = 200;
const ATTEMPTS: usize = 5;

/// Names that belong to the platform (spec 4.1).
const RESERVED: [&str; 14] = [
    "BRAND_ID",
    "CONTEXT_SERVICE_ENVIRONMENT",
    "DC",
    "DOMAIN",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LAMBDA_UUID",
    "NODE_ENV",
    "NO_PROXY",
    "VAULT_DOMAIN",
    "VAULT_K8S_MOUNT",
    "VAULT_LAMBDA_ROLE",
    "VAULT_SERVICE_ENV",
    "WATCHDOG_VERSION",
];

/// Which rule an environment variable breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// The platform uses the name.
    #[error("{0}: Variable name is reserved and thereby blocked for use.")]
    Reserved(String),
    /// Not the name of a variable (POSIX.1-2017, section 8.1).
    #[error("{0:?} is not a variable name: 1 to 200 letters, digits and `_`, no digit first")]
    Name(String),
    /// The value is too long.
    #[error("the value of {name} has more than {max} characters")]
    ValueTooLong {
        /// The variable.
        name: String,
        /// What a value may have.
        max: usize,
    },
    /// The value holds a NUL.
    #[error("the value of {0} holds a NUL character")]
    Nul(String),
    /// There are too many.
    #[error("a lambda can have {0} environment variables")]
    TooMany(usize),
}

/// The answer to a changed variable.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Redeployed {
    /// The change is live.
    pub redeployed: bool,
    /// The artifact that is live now.
    pub digest: String,
}

impl Admin {
    /// Sets a variable of a lambda, or removes it when `value` is `None`, and deploys the lambda
    /// with it.
    ///
    /// # Errors
    /// When the variable breaks a rule, does not exist (to be removed), or as
    /// [`deploy`](Self::deploy).
    pub async fn set_variable(
        &self,
        account: &AccountId,
        lambda: &str,
        name: &str,
        value: Option<&str>,
    ) -> Result<Redeployed, DeployError> {
        for _ in 0..ATTEMPTS {
            if let Some(deployed) = self.try_set_variable(account, lambda, name, value).await? {
                return Ok(Redeployed {
                    redeployed: true,
                    digest: deployed.digest,
                });
            }
        }
        Err(DeployError::Overtaken)
    }

    async fn try_set_variable(
        &self,
        account: &AccountId,
        lambda: &str,
        name: &str,
        value: Option<&str>,
    ) -> Result<Option<Deployed>, DeployError> {
        let known = || DeployError::NoSuchAccount(account.clone());
        let account = self.account(account).ok_or_else(known)?;
        let missing = || DeployError::NoSuchLambda(lambda.to_owned());
        let entry = account.lambda(lambda).cloned().ok_or_else(missing)?;
        let mut environment = entry.row.environment.clone();
        match value {
            Some(value) => drop(environment.insert(name.to_owned(), value.to_owned())),
            None if environment.remove(name).is_none() => {
                return Err(DeployError::NoSuchVariable(name.to_owned()));
            }
            None => {}
        }
        let Some(saved) = self.saved(entry.row.id, entry.row.version).await? else {
            return Ok(None);
        };
        let plan = Plan::with_environment(account, &entry, saved.code, environment);
        self.carry_out(plan).await
    }
}

/// Checks a whole environment.
pub(super) fn check(
    environment: &BTreeMap<String, String>,
    may_have: &AccountsConfig,
) -> Result<(), EnvironmentError> {
    if environment.len() > may_have.variables_max {
        return Err(EnvironmentError::TooMany(may_have.variables_max));
    }
    environment
        .iter()
        .try_for_each(|(name, value)| check_variable(name, value, may_have))
}

/// Checks one variable.
pub(crate) fn check_variable(
    name: &str,
    value: &str,
    may_have: &AccountsConfig,
) -> Result<(), EnvironmentError> {
    let word = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let digit_first = name.starts_with(|first: char| first.is_ascii_digit());
    if !(1..=NAME_CHARS_MAX).contains(&name.len()) || !word || digit_first {
        return Err(EnvironmentError::Name(
            name.chars().take(NAME_CHARS_MAX).collect(),
        ));
    }
    if RESERVED.contains(&name) {
        return Err(EnvironmentError::Reserved(name.to_owned()));
    }
    let max = may_have.variable_value_chars_max;
    if value.chars().count() > max {
        let name = name.to_owned();
        return Err(EnvironmentError::ValueTooLong { name, max });
    }
    if value.contains('\0') {
        return Err(EnvironmentError::Nul(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_variable(name: &str, value: &str) -> Result<(), EnvironmentError> {
        super::check_variable(name, value, &AccountsConfig::default())
    }

    #[test]
    fn names_have_two_hundred_characters_and_values_1024() {
        assert_eq!(check_variable(&"A".repeat(200), &"ä".repeat(1_024)), Ok(()));
        assert!(check_variable(&"A".repeat(201), "").is_err());
        assert!(check_variable("A", &"x".repeat(1_025)).is_err());
    }

    #[test]
    fn a_name_is_one_that_posix_knows() {
        for name in ["", "1A", "A-B", "A B", "Ä", "A="] {
            let error = check_variable(name, "");
            assert!(matches!(error, Err(EnvironmentError::Name(_))), "{name:?}");
        }
        assert_eq!(check_variable("_a1", ""), Ok(()));
    }

    #[test]
    fn the_names_of_the_platform_are_blocked() {
        for name in RESERVED {
            let error = check_variable(name, "").unwrap_err().to_string();
            assert!(error.ends_with("Variable name is reserved and thereby blocked for use."));
        }
    }
}
