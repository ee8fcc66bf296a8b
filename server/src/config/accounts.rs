//! How many accounts may there be, and how much may each of them have?

use serde::Deserialize;

use super::ConfigError;

/// The compiler's own bounds, past which no setting goes.
const SOURCE_CHARS_MAX: usize = 100_000;
const VARIABLES_MAX: usize = 510;
const VALUE_CHARS_MAX: usize = 100_000;

/// The bounds of what is kept. What is past one is refused, and nothing of it saved; what was there
/// before a bound became smaller stays.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountsConfig {
    /// Accounts of the server.
    pub accounts_max: usize,
    /// Lambdas of an account. The platform's 50 is a price, not a bound of what works.
    pub lambdas_max: usize,
    /// Lambdas of an account that may be deployed.
    pub deployed_max: usize,
    /// The source of a lambda, in characters; at most the platform's 100,000.
    pub source_chars_max: usize,
    /// The description of a lambda, in characters. The platform's second generation has 200.
    pub description_chars_max: usize,
    /// Environment variables of a lambda; at most the 512 of the platform's second generation, less
    /// the two that the platform adds.
    pub variables_max: usize,
    /// The value of an environment variable, in characters: the second generation's 1,024, since what
    /// fits the first one's 200 fits too. At most 100,000.
    pub variable_value_chars_max: usize,
    /// Skills of a lambda. The second generation has 500.
    pub skills_max: usize,
    /// A skill, in characters.
    pub skill_chars_max: usize,
    /// Secrets of an account.
    pub secrets_max: u64,
    /// The value of a secret, in characters. The platform's 10,000.
    pub secret_value_chars_max: usize,
    /// The payload of a schedule, in characters of its JSON, and its headers together. The platform's
    /// 8,000.
    pub schedule_payload_chars_max: usize,
    /// Rules of an account's whitelist.
    pub whitelist_max: usize,
    /// Users and service users of an account.
    pub users_max: usize,
    /// Bearer tokens of an account.
    pub tokens_max: usize,
    /// Installed apps of an account.
    pub apps_max: usize,
    /// Developer keys of an account.
    pub context_keys_max: usize,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self {
            accounts_max: 1_000,
            lambdas_max: 20_000,
            deployed_max: 20_000,
            source_chars_max: SOURCE_CHARS_MAX,
            description_chars_max: 200,
            variables_max: VARIABLES_MAX,
            variable_value_chars_max: 1_024,
            skills_max: 500,
            skill_chars_max: 100,
            secrets_max: 1_000,
            secret_value_chars_max: 10_000,
            schedule_payload_chars_max: 8_000,
            whitelist_max: 1_000,
            users_max: 1_000,
            tokens_max: 1_000,
            apps_max: 200,
            context_keys_max: 100,
        }
    }
}

impl AccountsConfig {
    /// Checks what the types cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let rules = [
            (
                self.accounts_max > 0,
                "accounts.accounts_max",
                "must be at least 1",
            ),
            (
                (1..=SOURCE_CHARS_MAX).contains(&self.source_chars_max),
                "accounts.source_chars_max",
                "must be 1 to 100000",
            ),
            (
                self.variables_max <= VARIABLES_MAX,
                "accounts.variables_max",
                "must be at most 510",
            ),
            (
                self.variable_value_chars_max <= VALUE_CHARS_MAX,
                "accounts.variable_value_chars_max",
                "must be at most 100000",
            ),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            Some((_, key, rule)) => Err(ConfigError { key, rule }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_goes_past_what_the_compiler_takes() {
        let check = |change: fn(&mut AccountsConfig)| {
            let mut accounts = AccountsConfig::default();
            change(&mut accounts);
            accounts.check().map_err(|error| error.key)
        };
        assert_eq!(check(|_| ()), Ok(()));
        assert_eq!(check(|a| a.source_chars_max = 1), Ok(()));
        assert_eq!(check(|a| a.variable_value_chars_max = 100_000), Ok(()));
        for (change, key) in [
            (
                (|a| a.accounts_max = 0) as fn(&mut AccountsConfig),
                "accounts.accounts_max",
            ),
            (|a| a.source_chars_max = 0, "accounts.source_chars_max"),
            (
                |a| a.source_chars_max = 100_001,
                "accounts.source_chars_max",
            ),
            (|a| a.variables_max = 511, "accounts.variables_max"),
            (
                |a| a.variable_value_chars_max = 100_001,
                "accounts.variable_value_chars_max",
            ),
        ] {
            assert_eq!(check(change), Err(key));
        }
    }
}
