//! What can an operator set about how lambdas are invoked?

use std::collections::BTreeMap;
use std::time::Duration;

use sandglass_runtime::{AccountId, ByteSize};
use serde::Deserialize;

use crate::rates::Whose;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// How often, and how often at once, accounts and lambdas may be invoked from outside. Without an
/// entry there is no bound.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RatesConfig {
    /// The bounds of each account.
    pub account: RateConfig,
    /// The bounds of each lambda.
    pub lambda: RateConfig,
    /// Accounts with bounds of their own, in the place of those.
    pub accounts: BTreeMap<AccountId, AccountRates>,
}

/// The bounds of one account or one lambda; 0 for none.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateConfig {
    /// Invocations that may begin in a second, on average (429 past it).
    pub per_second: u32,
    /// Invocations that may begin at once after a pause; 0 for those of one second.
    pub burst: u32,
    /// Invocations that may wait or run at once (429 past it).
    pub in_flight: u32,
}

/// The bounds of an account that has its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountRates {
    /// Of the account; without them, those of every account.
    pub account: Option<RateConfig>,
    /// Of each of its lambdas; without them, those of every lambda.
    pub lambda: Option<RateConfig>,
}

/// How long the outcome of an invocation is remembered for retries of the same request.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdempotencyConfig {
    /// How long, from the outcome on. The platform's client gives up after four tries of 35 s each,
    /// two and a half minutes; this is twice that.
    pub window_ms: u64,
    /// Outcomes remembered; the oldest makes room. 0 remembers none.
    pub entries_max: usize,
    /// Their bytes together; the oldest makes room.
    pub bytes_max: ByteSize,
}

/// How invocations that nobody waits for are kept and tried.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueConfig {
    /// Invocations of the queue and of schedules that may run at once, besides those that somebody
    /// waits for.
    pub concurrent_max: usize,
    /// Invocations of one account that may wait or run (429 past it).
    pub account_max: u64,
    /// The bodies and outcomes kept of one account (429 past it).
    pub account_bytes_max: ByteSize,
    /// The outcome kept of one invocation; a larger result is left out.
    pub outcome_bytes_max: ByteSize,
    /// Further attempts after one that failed, unless the request says how many.
    pub retries: u32,
    /// The most that a request can ask for.
    pub retries_max: u32,
    /// How long the first retry waits, about; each further one waits twice as long.
    pub backoff_ms: u64,
    /// How long a retry waits at most.
    pub backoff_max_ms: u64,
    /// How long a result can be asked for.
    pub outcome_hours: u32,
    /// How long an invocation that failed for good is kept in the list of dead letters.
    pub dead_letter_days: u32,
}

/// The bounds of schedules.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SchedulesConfig {
    /// Schedules of an account. The platform's 10.
    pub account_max: u64,
    /// A run that was missed is made up for when it was due no longer ago than this. 0 makes up for
    /// none.
    pub catch_up_minutes: u32,
    /// Runs kept in the history of each schedule.
    pub runs_max: u32,
}

impl Default for IdempotencyConfig {
    fn default() -> Self {
        Self {
            window_ms: 300_000,
            entries_max: 100_000,
            bytes_max: ByteSize::mib(64),
        }
    }
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            concurrent_max: 64,
            account_max: 10_000,
            account_bytes_max: ByteSize::mib(256),
            outcome_bytes_max: ByteSize::mib(1),
            retries: 2,
            retries_max: 10,
            backoff_ms: 1_000,
            backoff_max_ms: 300_000,
            outcome_hours: 24,
            dead_letter_days: 14,
        }
    }
}

impl Default for SchedulesConfig {
    fn default() -> Self {
        Self {
            account_max: 10,
            catch_up_minutes: 10,
            runs_max: 100,
        }
    }
}

impl RatesConfig {
    /// Whether anything is bounded at all.
    pub(crate) fn is_bounded(&self) -> bool {
        let own = self.accounts.values();
        let own = own
            .flat_map(|rates| [rates.account, rates.lambda])
            .flatten();
        own.chain([self.account, self.lambda])
            .any(|bound| bound.per_second > 0 || bound.in_flight > 0)
    }

    /// The bounds of an account, or of each of its lambdas.
    pub(crate) fn of(&self, account: &AccountId, whose: Whose) -> RateConfig {
        let own = self.accounts.get(account);
        match whose {
            Whose::Account => own.and_then(|own| own.account).unwrap_or(self.account),
            Whose::Lambda => own.and_then(|own| own.lambda).unwrap_or(self.lambda),
        }
    }
}

impl RateConfig {
    /// Invocations that may begin at once after a pause.
    pub(crate) fn burst(&self) -> u32 {
        match self.burst {
            0 => self.per_second,
            burst => burst,
        }
    }
}

impl QueueConfig {
    /// How long what succeeded is kept.
    pub(crate) fn outcome_ms(&self) -> u64 {
        u64::from(self.outcome_hours) * HOUR_MS
    }

    /// How long what failed for good is kept.
    pub(crate) fn dead_letter_ms(&self) -> u64 {
        u64::from(self.dead_letter_days) * 24 * HOUR_MS
    }

    /// How long to wait after that many attempts: twice as long each time, of which half is by
    /// chance, so that what failed together is not tried again together. `chance` is 0 to 1.
    pub(crate) fn backoff(&self, attempts: u32, chance: f64) -> Duration {
        let doubled = 2_u64.saturating_pow(attempts.saturating_sub(1));
        let longest = self.backoff_ms.saturating_mul(doubled);
        let longest = longest.min(self.backoff_max_ms) as f64;
        Duration::from_millis((longest * (0.5 + chance / 2.0)) as u64)
    }
}

impl SchedulesConfig {
    /// How long a missed run is made up for.
    pub(crate) fn catch_up_ms(&self) -> u64 {
        u64::from(self.catch_up_minutes) * 60_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_waits_twice_as_long_each_time_up_to_the_most() {
        let config = QueueConfig::default();
        let ms = |attempts, chance| config.backoff(attempts, chance).as_millis();
        assert_eq!([ms(1, 1.0), ms(2, 1.0), ms(3, 1.0)], [1_000, 2_000, 4_000]);
        assert_eq!([ms(1, 0.0), ms(2, 0.0)], [500, 1_000]);
        assert_eq!([ms(20, 1.0), ms(u32::MAX, 1.0)], [300_000, 300_000]);
    }
}
