//! How is somebody who guesses passwords slowed down?
//!
//! Each failure counts for the login name that was tried and for the address that it came from.
//! After some free ones, each doubles the time until the next attempt, up to a maximum. An attempt
//! counts as a failure when it begins, so that guessing in parallel gains nothing, and the count of
//! the name is forgotten when the attempt succeeds. What comes too early is not tried at all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use ring::digest::{SHA256, digest};
use sandglass_runtime::AccountId;

use crate::peer::network;

/// Who is slowed down, and how much.
struct Rule {
    /// Failures without a wait.
    free: u32,
    /// The longest wait, in milliseconds.
    wait_ms_max: u64,
}

const OF_NAME: Rule = Rule {
    free: 5,
    wait_ms_max: 15 * 60 * 1_000,
};
/// Many people share an address, so it takes more failures and is never shut out for long.
const OF_ADDRESS: Rule = Rule {
    free: 50,
    wait_ms_max: 60 * 1_000,
};
/// The first wait, in milliseconds.
const WAIT_MS: u64 = 1_000;
/// Failures are forgotten when there was none for so long, in milliseconds.
const FORGET_MS: u64 = 60 * 60 * 1_000;
/// Names and addresses that are remembered; those that failed longest ago make room.
const KNOWN_MAX: usize = 50_000;

/// The failures of late.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<Key, Failures>>);

/// Whose failures: hashed, so that a long name takes no more room than a short one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key([u8; 32]);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last_at: u64,
}

/// An attempt that may be made.
pub(crate) struct Attempt(Key);

/// It is too early for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooEarly {
    pub(crate) wait_ms: u64,
}

impl Throttle {
    /// Asks whether somebody may try a password now.
    pub(crate) fn attempt(
        &self,
        account: &AccountId,
        login_name: &str,
        address: IpAddr,
        now: u64,
    ) -> Result<Attempt, TooEarly> {
        let name = Key::of(&["name", account.as_str(), &super::folded(login_name)]);
        let address = Key::of(&["address", &network(address)]);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs = [(name, &OF_NAME), (address, &OF_ADDRESS)];
        let waits = pairs.iter().map(|(key, rule)| match known.get(key) {
            Some(failures) => failures.wait_ms(rule, now),
            None => 0,
        });
        match waits.max() {
            None | Some(0) => {}
            Some(wait_ms) => return Err(TooEarly { wait_ms }),
        }
        make_room(&mut known, now);
        for (key, _) in pairs {
            let failures = known.entry(key).or_insert(Failures {
                count: 0,
                last_at: now,
            });
            failures.note(now);
        }
        Ok(Attempt(name))
    }

    /// The attempt did not fail after all.
    pub(crate) fn succeeded(&self, attempt: &Attempt) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&attempt.0);
    }
}

impl Key {
    fn of(parts: &[&str]) -> Self {
        let hash = digest(&SHA256, parts.join("\0").as_bytes());
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl Failures {
    fn note(&mut self, now: u64) {
        if now.saturating_sub(self.last_at) >= FORGET_MS {
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        self.last_at = now;
    }

    /// How long the next attempt has to wait.
    fn wait_ms(&self, rule: &Rule, now: u64) -> u64 {
        let Some(past) = self.count.checked_sub(rule.free) else {
            return 0;
        };
        let wait = WAIT_MS.saturating_mul(1 << past.min(30));
        let until = self.last_at + wait.min(rule.wait_ms_max);
        until.saturating_sub(now)
    }
}

fn make_room(known: &mut HashMap<Key, Failures>, now: u64) {
    if known.len() < KNOWN_MAX {
        return;
    }
    known.retain(|_, failures| now.saturating_sub(failures.last_at) < FORGET_MS);
    if known.len() >= KNOWN_MAX {
        let mut times: Vec<_> = known.values().map(|failures| failures.last_at).collect();
        times.sort_unstable();
        let median = times[times.len() / 2];
        known.retain(|_, failures| failures.last_at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn fail(throttle: &Throttle, name: &str, address: IpAddr, now: u64) -> Result<(), u64> {
        let account = "acc".parse().unwrap();
        let attempt = throttle.attempt(&account, name, address, now);
        attempt.map(drop).map_err(|early| early.wait_ms)
    }

    #[test]
    fn the_wait_doubles_up_to_its_maximum_whatever_the_case_of_the_name() {
        let throttle = Throttle::default();
        for _ in 0..OF_NAME.free {
            assert_eq!(fail(&throttle, "ada", HERE, 1_000), Ok(()));
        }
        assert_eq!(fail(&throttle, "ADA", HERE, 1_000), Err(1_000));
        assert_eq!(fail(&throttle, "ada", HERE, 1_999), Err(1));
        assert_eq!(fail(&throttle, "ada", HERE, 2_000), Ok(()));
        assert_eq!(fail(&throttle, "ada", HERE, 2_000), Err(2_000));
        let mut now = 2_000;
        for _ in 0..20 {
            let Err(wait) = fail(&throttle, "ada", HERE, now) else {
                panic!("an attempt came too early")
            };
            assert!(wait <= OF_NAME.wait_ms_max);
            now += wait;
            assert_eq!(fail(&throttle, "ada", HERE, now), Ok(()));
        }
        let longest = fail(&throttle, "ada", HERE, now);
        assert_eq!(longest, Err(OF_NAME.wait_ms_max));
        assert_eq!(fail(&throttle, "grace", HERE, now), Ok(()));
    }

    #[test]
    fn a_success_forgets_the_failures_of_the_name() {
        let throttle = Throttle::default();
        let account = "acc".parse().unwrap();
        for _ in 0..3 * OF_NAME.free {
            let attempt = throttle.attempt(&account, "ada", HERE, 1_000).unwrap();
            throttle.succeeded(&attempt);
        }
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let throttle = Throttle::default();
        for number in 0..OF_ADDRESS.free {
            assert_eq!(fail(&throttle, &number.to_string(), HERE, 1_000), Ok(()));
        }
        assert_eq!(fail(&throttle, "one more", HERE, 1_000), Err(1_000));
        let elsewhere = "2001:db8::1".parse().unwrap();
        assert_eq!(fail(&throttle, "one more", elsewhere, 1_000), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut known = HashMap::new();
        for number in 0..KNOWN_MAX as u64 {
            let failures = Failures {
                count: 9,
                last_at: number,
            };
            known.insert(Key::of(&[&number.to_string()]), failures);
        }
        make_room(&mut known, KNOWN_MAX as u64);
        assert!((1..=KNOWN_MAX / 2).contains(&known.len()));
        make_room(&mut known, KNOWN_MAX as u64);
        assert!(known.contains_key(&Key::of(&[&(KNOWN_MAX - 1).to_string()])));
    }
}
