//! May this account, and this lambda, have one more invocation?
//!
//! Two bounds, each of an account and of a lambda, all of them off unless they are set: how many
//! invocations may begin in a second, and how many may be in flight, waiting ones included. The
//! first is a token bucket in the form of the generic cell rate algorithm (ITU-T I.371): one number
//! a bucket, the time at which it will be full again, so how long to wait is known exactly.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sandglass_runtime::AccountId;

use crate::config::{RateConfig, RatesConfig};
use crate::registry::Entry;

/// Accounts and lambdas whose state is kept before those that are at rest are looked for.
const KEPT_MIN: usize = 1_024;

/// How much each account and lambda has used.
pub(crate) struct Rates {
    config: RatesConfig,
    /// Whether any bound is set; without one, nothing is counted.
    bounded: bool,
    start: Instant,
    meters: Mutex<Meters>,
}

/// A place in flight of an account and a lambda; given back when dropped.
#[must_use]
pub(crate) struct InFlight<'a> {
    rates: &'a Rates,
    keys: [Key; 2],
}

/// A bound is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Limited {
    /// Too many have begun lately.
    #[error("{whose} may begin {per_second} invocations a second: try again in {} s", seconds(*.wait))]
    Rate {
        whose: Whose,
        per_second: u32,
        wait: Duration,
    },
    /// Too many are in flight.
    #[error("{whose} may have {most} invocations in flight: try again")]
    InFlight { whose: Whose, most: u32 },
}

/// What a bound is a bound of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Account,
    Lambda,
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Account => "the account",
            Self::Lambda => "the lambda",
        })
    }
}

impl Limited {
    /// Whole seconds until another try can succeed (RFC 9110, section 10.2.3).
    pub(crate) fn retry_after(&self) -> u64 {
        match self {
            Self::Rate { wait, .. } => seconds(*wait),
            Self::InFlight { .. } => 1,
        }
    }
}

fn seconds(wait: Duration) -> u64 {
    let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    whole.max(1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Account(i64),
    Lambda(i64),
}

impl Key {
    fn whose(self) -> Whose {
        match self {
            Self::Account(_) => Whose::Account,
            Self::Lambda(_) => Whose::Lambda,
        }
    }
}

#[derive(Default)]
struct Meters {
    known: HashMap<Key, Meter>,
    /// How many may be known before those at rest are forgotten.
    tidy_at: usize,
}

/// What one account or lambda has used.
#[derive(Debug, Clone, Copy, Default)]
struct Meter {
    /// When the bucket is full again, after `Rates::start`.
    full_at: Duration,
    in_flight: u32,
}

impl Meter {
    /// How long until the bucket has so many tokens, or when it is full again once they are taken.
    /// Who wants more than it can hold gets them when it is full, and the others wait for longer.
    fn take(&self, bound: &RateConfig, tokens: u32, now: Duration) -> Result<Duration, Duration> {
        let token = Duration::from_secs(1) / bound.per_second;
        let full_at = self.full_at.max(now) + token * tokens;
        let room = token * bound.burst().max(tokens);
        match full_at.checked_sub(now + room) {
            None | Some(Duration::ZERO) => Ok(full_at),
            Some(wait) => Err(wait),
        }
    }

    fn at_rest(&self, now: Duration) -> bool {
        self.in_flight == 0 && self.full_at <= now
    }
}

impl Rates {
    pub(crate) fn new(config: RatesConfig) -> Self {
        Self {
            bounded: config.is_bounded(),
            config,
            start: Instant::now(),
            meters: Mutex::default(),
        }
    }

    /// Counts an invocation that somebody asks for.
    pub(crate) fn begin(&self, account: &AccountId, entry: &Entry) -> Result<(), Limited> {
        match self.bounded {
            true => self.take(
                account,
                &keys(entry).map(|key| (key, 1)),
                self.start.elapsed(),
            ),
            false => Ok(()),
        }
    }

    /// Counts one of each lambda, or none: all that one request asks for.
    pub(crate) fn begin_all<'a>(
        &self,
        account: &AccountId,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> Result<(), Limited> {
        if !self.bounded {
            return Ok(());
        }
        let mut all = Vec::new();
        for [whole, part] in entries.map(keys) {
            match all.first_mut() {
                Some((_, count)) => *count += 1,
                None => all.push((whole, 1)),
            }
            all.push((part, 1));
        }
        self.take(account, &all, self.start.elapsed())
    }

    /// Takes a place in flight; `None` when there are no bounds.
    pub(crate) fn enter(
        &self,
        account: &AccountId,
        entry: &Entry,
    ) -> Result<Option<InFlight<'_>>, Limited> {
        match self.bounded {
            true => self.place(account, keys(entry)).map(Some),
            false => Ok(None),
        }
    }

    /// Counts a run of a draft. All drafts of an account are to be as one lambda, which no other lambda's
    /// bounds have to do with.
    pub(crate) fn begin_draft(&self, account: &AccountId, row: i64) -> Result<(), Limited> {
        match self.bounded {
            true => {
                let wanted = draft_keys(row).map(|key| (key, 1));
                self.take(account, &wanted, self.start.elapsed())
            }
            false => Ok(()),
        }
    }

    /// Takes a place in flight for a draft; `None` when there are no bounds.
    pub(crate) fn enter_draft(
        &self,
        account: &AccountId,
        row: i64,
    ) -> Result<Option<InFlight<'_>>, Limited> {
        match self.bounded {
            true => self.place(account, draft_keys(row)).map(Some),
            false => Ok(None),
        }
    }

    fn take(
        &self,
        account: &AccountId,
        wanted: &[(Key, u32)],
        now: Duration,
    ) -> Result<(), Limited> {
        let mut meters = self.meters();
        // All or none: what a lambda refuses does not cost the account. So all are asked first, which
        // costs little, and nobody comes between.
        for take in [false, true] {
            for (key, count) in wanted {
                let bound = self.config.of(account, key.whose());
                if bound.per_second == 0 {
                    continue;
                }
                let meter = meters.known.get(key).copied().unwrap_or_default();
                let taken = meter.take(&bound, *count, now);
                let full_at = taken.map_err(|wait| Limited::Rate {
                    whose: key.whose(),
                    per_second: bound.per_second,
                    wait,
                })?;
                if take {
                    meters.of(*key, now).full_at = full_at;
                }
            }
        }
        Ok(())
    }

    fn place(&self, account: &AccountId, keys: [Key; 2]) -> Result<InFlight<'_>, Limited> {
        let now = self.start.elapsed();
        let mut meters = self.meters();
        for key in &keys {
            let most = self.config.of(account, key.whose()).in_flight;
            let meter = meters.known.get(key).copied().unwrap_or_default();
            if most > 0 && meter.in_flight >= most {
                let whose = key.whose();
                return Err(Limited::InFlight { whose, most });
            }
        }
        for key in keys {
            meters.of(key, now).in_flight += 1;
        }
        Ok(InFlight { rates: self, keys })
    }

    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of the drafts of an account, by its row.
fn draft_keys(account: i64) -> [Key; 2] {
    // Lambdas' rows count from 1.
    [Key::Account(account), Key::Lambda(-account)]
}

fn keys(entry: &Entry) -> [Key; 2] {
    [Key::Account(entry.row.account), Key::Lambda(entry.row.id)]
}

impl Meters {
    fn of(&mut self, key: Key, now: Duration) -> &mut Meter {
        if self.known.len() >= self.tidy_at.max(KEPT_MIN) {
            self.known.retain(|_, meter| !meter.at_rest(now));
            self.tidy_at = self.known.len() * 2;
        }
        self.known.entry(key).or_default()
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut meters = self.rates.meters();
        for key in &self.keys {
            if let Some(meter) = meters.known.get_mut(key) {
                meter.in_flight = meter.in_flight.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Key = Key::Account(1);
    const KEYS: [Key; 2] = [ACCOUNT, Key::Lambda(1)];

    fn id() -> AccountId {
        "acc".parse().unwrap()
    }

    fn rates(toml: &str) -> Rates {
        let config: RatesConfig = toml::from_str(toml).unwrap();
        assert!(config.is_bounded());
        Rates::new(config)
    }

    fn take(
        rates: &Rates,
        account: &AccountId,
        keys: [Key; 2],
        now: Duration,
    ) -> Result<(), Limited> {
        rates.take(account, &keys.map(|key| (key, 1)), now)
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn wait(result: Result<(), Limited>) -> Duration {
        match result {
            Err(Limited::Rate { wait, .. }) => wait,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_burst_passes_and_then_one_each_interval() {
        let rates = rates("account = { per_second = 10, burst = 3 }");
        for _ in 0..3 {
            take(&rates, &id(), KEYS, ms(0)).unwrap();
        }
        assert_eq!(wait(take(&rates, &id(), KEYS, ms(0))), ms(100));
        assert_eq!(wait(take(&rates, &id(), KEYS, ms(60))), ms(40));
        take(&rates, &id(), KEYS, ms(100)).unwrap();
        assert!(take(&rates, &id(), KEYS, ms(100)).is_err());
        // At rest the bucket fills up to its burst and no further.
        for _ in 0..3 {
            take(&rates, &id(), KEYS, ms(10_000)).unwrap();
        }
        assert!(take(&rates, &id(), KEYS, ms(10_000)).is_err());
    }

    #[test]
    fn the_time_to_wait_is_in_whole_seconds_rounded_up() {
        let limited = |wait| Limited::Rate {
            whose: Whose::Account,
            per_second: 1,
            wait,
        };
        assert_eq!(limited(ms(1)).retry_after(), 1);
        assert_eq!(limited(ms(1_000)).retry_after(), 1);
        assert_eq!(limited(ms(1_001)).retry_after(), 2);
        assert_eq!(
            limited(ms(1_500)).to_string(),
            "the account may begin 1 invocations a second: try again in 2 s"
        );
    }

    #[test]
    fn what_the_lambda_refuses_does_not_cost_the_account() {
        let rates = rates("account = { per_second = 2, burst = 2 }\nlambda = { per_second = 1 }");
        take(&rates, &id(), KEYS, ms(0)).unwrap();
        assert_eq!(wait(take(&rates, &id(), KEYS, ms(0))), ms(1_000));
        take(&rates, &id(), [ACCOUNT, Key::Lambda(2)], ms(0)).unwrap();
        assert_eq!(
            wait(take(&rates, &id(), [ACCOUNT, Key::Lambda(3)], ms(0))),
            ms(500)
        );
    }

    #[test]
    fn several_at_once_are_taken_all_or_none() {
        let rates = rates("account = { per_second = 1, burst = 3 }\nlambda = { per_second = 1 }");
        let of = |lambdas: &[i64]| -> Vec<_> {
            let account = (ACCOUNT, lambdas.len() as u32);
            let each = lambdas.iter().map(|lambda| (Key::Lambda(*lambda), 1));
            std::iter::once(account).chain(each).collect()
        };
        let take = |lambdas: &[i64], at| rates.take(&id(), &of(lambdas), ms(at));
        take(&[1], 0).unwrap();
        assert_eq!(wait(take(&[2, 1], 500)), ms(500), "the lambda has begun");
        assert_eq!(wait(take(&[2, 3, 4], 500)), ms(500), "the account has two");
        take(&[2, 3], 500).unwrap();
        // Four are more than the bucket holds: it has to be full, and is empty for longer then.
        assert_eq!(wait(take(&[5, 6, 7, 8], 2_000)), ms(1_000));
        take(&[5, 6, 7, 8], 3_000).unwrap();
        assert_eq!(wait(take(&[9], 3_000)), ms(2_000));
        take(&[9], 5_000).unwrap();
    }

    #[test]
    fn places_in_flight_are_given_back() {
        let rates = rates("lambda = { in_flight = 1 }");
        let place = rates.place(&id(), KEYS).unwrap();
        let full = Limited::InFlight {
            whose: Whose::Lambda,
            most: 1,
        };
        assert_eq!(rates.place(&id(), KEYS).err(), Some(full));
        let other = rates.place(&id(), [ACCOUNT, Key::Lambda(2)]).unwrap();
        drop(place);
        drop(other);
        assert!(rates.place(&id(), KEYS).is_ok());
        assert!(rates.meters().known.values().all(|m| m.in_flight == 0));
    }

    #[test]
    fn an_account_can_have_bounds_of_its_own() {
        let rates = rates(
            "account = { per_second = 1 }\n[accounts.acc.account]\nin_flight = 1\n[accounts.acc.lambda]\nper_second = 5",
        );
        for _ in 0..5 {
            take(&rates, &id(), KEYS, ms(0)).unwrap();
        }
        assert!(take(&rates, &id(), KEYS, ms(0)).is_err());
        let other = "other".parse().unwrap();
        let keys = [Key::Account(2), Key::Lambda(9)];
        take(&rates, &other, keys, ms(0)).unwrap();
        assert!(take(&rates, &other, keys, ms(0)).is_err());
    }

    #[test]
    fn accounts_at_rest_are_forgotten() {
        let rates = rates("account = { per_second = 1 }");
        for account in 0..KEPT_MIN as i64 {
            let mut meters = rates.meters();
            meters.of(Key::Account(account), ms(0)).full_at = ms(1_000);
        }
        assert_eq!(rates.meters().known.len(), KEPT_MIN);
        rates.meters().of(Key::Lambda(1), ms(60_000));
        assert_eq!(rates.meters().known.len(), 1);
    }
}
