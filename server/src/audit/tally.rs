//! How does the log stay small, although anybody can sign in, or try to?
//!
//! What an administrator changes has a row of its own, always. Signing in, guessing passwords and
//! fetching tokens takes no leave, and can be done without end. So of those the first one has a row,
//! and those of the same kind that follow within a quarter of an hour, by the same, to the same and
//! from the same network, are counted: one more row says how many. Past so many different ones at
//! once the others are counted together. Counts live in memory: what is killed loses those of the
//! last quarter of an hour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AuditAction, AuditEntry, Origin, SignedEntry};
use crate::auth::{Actor, ActorKind};
use crate::peer::network;

/// How long those that follow a first one are counted, in milliseconds.
const WINDOW_MS: u64 = 15 * 60 * 1_000;
/// Different ones of one action and one account that have rows of their own at once, where nobody
/// knows who did them.
const OF_NOBODY_MAX: usize = 50;
/// The same where it is known: as many as an account can have users.
const KNOWN_MAX: usize = 1_000;
/// Entries that wait to be written at most; the database fails when there are so many.
const WAITING_MAX: usize = 10_000;

/// What was done lately that needs no leave.
#[derive(Default)]
pub(crate) struct Tallies(Mutex<State>);

#[derive(Default)]
struct State {
    /// By account and action.
    groups: HashMap<(String, AuditAction), Group>,
    /// First ones that changed no row, and so have no transaction to be written in.
    waiting: Vec<SignedEntry>,
}

#[derive(Default)]
struct Group {
    known: HashMap<Key, Tally>,
    /// Of all that there was no room for.
    others: Option<Tally>,
}

/// What is counted together, within an account and an action.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    actor: (ActorKind, Arc<str>),
    target: String,
    network: Option<String>,
}

struct Tally {
    first: SignedEntry,
    /// Of the first one that was only counted, in milliseconds since the Unix epoch.
    since: u64,
    /// Of the last one.
    until: u64,
    /// Those that were only counted.
    count: u64,
    ends_at: u64,
}

impl Tallies {
    /// Gives an entry back that is the first of its kind, to be written; any other is counted.
    pub(crate) fn first(&self, signed: SignedEntry, now: u64) -> Option<SignedEntry> {
        let mut state = self.lock();
        let group = (signed.entry.account.clone(), signed.entry.action);
        let group = state.groups.entry(group).or_default();
        group.first(signed, now)
    }

    /// The same for what changes no row: a first one is written soon.
    pub(crate) fn note(&self, signed: SignedEntry, now: u64) {
        if let Some(first) = self.first(signed, now) {
            self.lock().wait(vec![first]);
        }
    }

    /// Takes what is to be written now: first ones that wait, and the counts whose time is over.
    pub(crate) fn take(&self, now: u64) -> Vec<SignedEntry> {
        let mut state = self.lock();
        let mut due = std::mem::take(&mut state.waiting);
        for group in state.groups.values_mut() {
            group.take(now, &mut due);
        }
        state.groups.retain(|_, group| !group.is_empty());
        due
    }

    /// Takes back what was not written after all.
    pub(crate) fn put_back(&self, entries: Vec<SignedEntry>) {
        self.lock().wait(entries);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&mut self, entries: Vec<SignedEntry>) {
        self.waiting.extend(entries);
        if let Some(lost @ 1..) = self.waiting.len().checked_sub(WAITING_MAX) {
            self.waiting.truncate(WAITING_MAX);
            tracing::error!(lost, "who signed in is not on record: the database fails");
        }
    }
}

impl Group {
    fn first(&mut self, signed: SignedEntry, now: u64) -> Option<SignedEntry> {
        let key = Key::of(&signed);
        if let Some(tally) = self.known.get_mut(&key) {
            // One whose time is over stays until its count was taken.
            if tally.ends_at > now || tally.count > 0 {
                tally.add(now);
                return None;
            }
        } else if self.known.len() >= room(&signed) {
            let others = || Tally::new(others(&signed), now);
            self.others.get_or_insert_with(others).add(now);
            return None;
        }
        self.known.insert(key, Tally::new(signed.clone(), now));
        Some(signed)
    }

    fn take(&mut self, now: u64, due: &mut Vec<SignedEntry>) {
        let over = |tally: &Tally| tally.ends_at <= now;
        let ended = self.known.extract_if(|_, tally| over(tally));
        let ended = ended
            .map(|(_, tally)| tally)
            .chain(self.others.take_if(|tally| over(tally)));
        due.extend(ended.filter_map(Tally::counted));
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty() && self.others.is_none()
    }
}

fn room(signed: &SignedEntry) -> usize {
    match signed.actor.kind {
        ActorKind::Nobody => OF_NOBODY_MAX,
        _ => KNOWN_MAX,
    }
}

impl Key {
    fn of(signed: &SignedEntry) -> Self {
        Self {
            actor: (signed.actor.kind, Arc::clone(&signed.actor.id)),
            target: signed.entry.target_id.clone(),
            network: signed.origin.address.map(network),
        }
    }
}

impl Tally {
    fn new(first: SignedEntry, now: u64) -> Self {
        Self {
            first,
            since: now,
            until: now,
            count: 0,
            ends_at: now.saturating_add(WINDOW_MS),
        }
    }

    fn add(&mut self, now: u64) {
        if self.count == 0 {
            self.since = now;
        }
        self.until = now;
        self.count += 1;
    }

    /// The entry that says how many were counted, if any were. It is of many requests, so it names
    /// none, and what the first one said is not said again.
    fn counted(self) -> Option<SignedEntry> {
        let Self {
            mut first,
            since,
            until,
            count,
            ..
        } = self;
        if count == 0 {
            return None;
        }
        first.origin.request = None;
        first.entry.details.retain(|name, _| *name == OTHERS);
        let entry = first
            .entry
            .detail("count", count)
            .detail("since", since)
            .detail("until", until);
        Some(SignedEntry { entry, ..first })
    }
}

/// The detail that says that a count is of all that there was no room for.
const OTHERS: &str = "others";

fn others(signed: &SignedEntry) -> SignedEntry {
    let AuditEntry {
        action, account, ..
    } = &signed.entry;
    SignedEntry {
        entry: AuditEntry::named(*action, account).detail(OTHERS, true),
        actor: Actor::nobody(),
        origin: Origin::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Detail;

    fn entry(action: AuditAction, target: &str, address: &str) -> SignedEntry {
        let entry = AuditEntry::new(action, &"acc".parse().unwrap());
        SignedEntry {
            entry: entry.target(target, target).detail("because", "reason"),
            actor: Actor::nobody(),
            origin: Origin {
                address: Some(address.parse().unwrap()),
                request: Some("request-1".parse().unwrap()),
            },
        }
    }

    fn failed(target: &str, address: &str) -> SignedEntry {
        entry(AuditAction::UserSignInFailed, target, address)
    }

    const HERE: &str = "192.0.2.1";

    #[test]
    fn the_first_is_written_and_those_that_follow_are_counted() {
        let tallies = Tallies::default();
        assert!(tallies.first(failed("ada", HERE), 1_000).is_some());
        for now in [1_001, 5_000, WINDOW_MS] {
            assert!(tallies.first(failed("ada", HERE), now).is_none());
        }
        assert!(tallies.take(1_000 + WINDOW_MS - 1).is_empty());
        let due = tallies.take(1_000 + WINDOW_MS);
        let [counted] = due.as_slice() else {
            panic!("{due:?}")
        };
        assert_eq!(counted.entry.target_id, "ada");
        assert!(counted.origin.request.is_none());
        let details: Vec<_> = counted.entry.details.clone().into_iter().collect();
        assert_eq!(
            details,
            [
                ("count", Detail::Number(3)),
                ("since", Detail::Number(1_001)),
                ("until", Detail::Number(WINDOW_MS)),
            ]
        );
        assert!(tallies.lock().groups.is_empty());
        assert!(tallies.first(failed("ada", HERE), 2 * WINDOW_MS).is_some());
    }

    #[test]
    fn a_first_one_alone_has_no_count() {
        let tallies = Tallies::default();
        assert!(tallies.first(failed("ada", HERE), 1_000).is_some());
        assert!(tallies.take(u64::MAX).is_empty());
        assert!(
            tallies
                .first(failed("ada", HERE), 1_000 + WINDOW_MS)
                .is_some()
        );
    }

    #[test]
    fn another_target_action_or_network_is_another() {
        let tallies = Tallies::default();
        for other in [
            failed("ada", HERE),
            failed("grace", HERE),
            failed("ada", "192.0.2.2"),
            failed("ada", "2001:db8::1"),
            entry(AuditAction::UserSignInHeldOff, "ada", HERE),
        ] {
            assert!(tallies.first(other, 1_000).is_some());
        }
        assert!(tallies.first(failed("ada", "2001:db8::2"), 1_000).is_none());
    }

    #[test]
    fn a_flood_of_different_ones_has_so_many_rows_and_one_for_all_others() {
        let tallies = Tallies::default();
        let mut written = 0;
        for number in 0..100_000_u32 {
            let target = format!("user-{}", number % 1_000);
            let address = format!("10.0.{}.{}", number / 250 % 250, number % 250);
            tallies.note(failed(&target, &address), 1_000);
            written += tallies.take(1_000).len();
        }
        assert_eq!(written, OF_NOBODY_MAX);
        // Another action has room of its own.
        let other = entry(AuditAction::UserSignIn, "ada", HERE);
        assert!(tallies.first(other, 1_000).is_some());
        let due = tallies.take(1_000 + WINDOW_MS);
        assert!(due.len() <= OF_NOBODY_MAX + 1, "{}", due.len());
        let counts = due.iter().map(|due| match due.entry.details["count"] {
            Detail::Number(count) => count,
            _ => panic!("{due:?}"),
        });
        assert_eq!(counts.sum::<u64>() + OF_NOBODY_MAX as u64, 100_000);
        let others = due
            .iter()
            .filter(|due| due.entry.details.contains_key(OTHERS));
        assert_eq!(others.count(), 1);
    }

    /// Checks that so many different ones have rows at once and not one more.
    fn check_limit(max: usize, entry: impl Fn(&str) -> SignedEntry) {
        let tallies = Tallies::default();
        for number in 0..max {
            let first = tallies.first(entry(&number.to_string()), 1_000);
            assert!(first.is_some(), "{number} of {max}");
        }
        assert!(tallies.first(entry("one more"), 1_000).is_none());
        assert!(tallies.first(entry("0"), 1_000).is_none());
        let later = 1_000 + WINDOW_MS;
        tallies.take(later);
        assert!(tallies.first(entry("one more"), later).is_some());
    }

    #[test]
    fn at_the_limit_the_last_has_a_row_and_one_more_has_none() {
        check_limit(OF_NOBODY_MAX, |target| failed(target, HERE));
        check_limit(KNOWN_MAX, |target| SignedEntry {
            actor: Actor::new(ActorKind::User, target, target),
            ..entry(AuditAction::UserSignIn, target, HERE)
        });
    }

    #[test]
    fn what_could_not_be_written_waits_within_bounds() {
        let tallies = Tallies::default();
        tallies.note(failed("ada", HERE), 1_000);
        let due = tallies.take(1_000);
        assert_eq!(due.len(), 1);
        tallies.put_back(due.clone());
        assert_eq!(tallies.take(1_000).len(), 1);
        tallies.put_back(vec![due[0].clone(); WAITING_MAX + 1]);
        assert_eq!(tallies.take(1_000).len(), WAITING_MAX);
    }
}
