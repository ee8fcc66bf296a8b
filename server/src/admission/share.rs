//! How many slots may one account hold?
//!
//! All of them while there is no other account. Otherwise a free slot is for an account that holds
//! fewer than seven times as many as are then still free (the dynamic thresholds of Choudhury and
//! Hahne, 1998), and the last one for an account that holds none. So one account that floods holds
//! seven eighths of many slots, two of them seven fifteenths each, and so on: however long their
//! lambdas run, there is a slot for whoever comes with few. This costs an account one counter, and
//! nobody needs to know what others hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many times what is left free an account may hold.
const SHARE: u64 = 7;

/// Which slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Of invocations that somebody waits for.
    Invocations,
    /// Of lambdas that others have called.
    Calls,
    /// Of the queue, which shares them itself.
    Queue,
    /// Of builds, which are short: their queue is fair, and that is enough.
    Builds,
}

/// How the slots of a room are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// To whoever comes first, as long as there is one.
    FirstCome,
    /// Some are left for those who hold few.
    Fair,
}

/// What an account holds, in all rooms.
#[derive(Debug)]
pub(crate) struct Holdings {
    account: i64,
    held: [AtomicU32; 4],
    /// How many accounts there are.
    accounts: Arc<AtomicU32>,
}

impl Sharing {
    /// Among so many accounts.
    pub(crate) const fn among(accounts: usize) -> Self {
        match accounts {
            0 | 1 => Self::FirstCome,
            _ => Self::Fair,
        }
    }

    /// Whether one of these free slots is for who holds that many.
    pub(crate) const fn lets(self, held: u64, free: u64) -> bool {
        match self {
            Self::FirstCome => free > 0,
            Self::Fair => free > 0 && (held == 0 || held < SHARE * (free - 1)),
        }
    }

    /// How many of so many slots one account can hold when no other wants any.
    pub(crate) fn most(self, slots: u64) -> u64 {
        match self {
            Self::FirstCome => slots,
            Self::Fair => (slots * SHARE / (SHARE + 1)).max(1),
        }
    }
}

impl Holdings {
    /// Of an account, by its row, that is one of so many.
    pub(crate) fn new(account: i64, accounts: &Arc<AtomicU32>) -> Self {
        Self {
            account,
            held: Default::default(),
            accounts: Arc::clone(accounts),
        }
    }

    /// Of who is no account, and holds nothing elsewhere.
    pub(super) fn of_nobody() -> Self {
        Self::new(NOBODY, &Arc::default())
    }

    /// The account's row.
    pub(super) fn account(&self) -> i64 {
        self.account
    }

    /// Counts one more; returns how many there were.
    pub(super) fn add(&self, room: Room) -> u64 {
        self.held[room as usize]
            .fetch_add(1, Ordering::Relaxed)
            .into()
    }

    pub(super) fn take_away(&self, room: Room) {
        self.held[room as usize].fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn held(&self, room: Room) -> u64 {
        self.held[room as usize].load(Ordering::Relaxed).into()
    }

    /// How the slots of a room are given to this account.
    pub(super) fn sharing(&self, room: Room) -> Sharing {
        match room {
            Room::Invocations | Room::Calls => {
                Sharing::among(self.accounts.load(Ordering::Relaxed) as usize)
            }
            Room::Queue | Room::Builds => Sharing::FirstCome,
        }
    }
}

/// Whose turn it is not: what takes all slots when the server stops, and what runs when nobody
/// waits for it.
pub(super) const NOBODY: i64 = i64::MIN;

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many slots accounts that take all they can get, in turn, hold in the end.
    fn flood(slots: u64, accounts: usize) -> (Vec<u64>, u64) {
        let (mut held, mut free) = (vec![0; accounts], slots);
        loop {
            let before = free;
            for held in &mut held {
                if Sharing::Fair.lets(*held, free) {
                    (*held, free) = (*held + 1, free - 1);
                }
            }
            if free == before {
                return (held, free);
            }
        }
    }

    #[test]
    fn one_account_that_floods_leaves_an_eighth_and_one_at_least() {
        for (slots, most) in [
            (1, 1),
            (2, 1),
            (4, 3),
            (8, 7),
            (16, 14),
            (64, 56),
            (1_024, 896),
        ] {
            assert_eq!(flood(slots, 1), (vec![most], slots - most), "{slots}");
            assert_eq!(Sharing::Fair.most(slots), most);
        }
    }

    #[test]
    fn accounts_that_flood_hold_the_same_and_leave_some_for_one_more() {
        assert_eq!(flood(1_024, 2), (vec![478, 477], 69));
        let (held, free) = flood(1_024, 10);
        assert!(held.iter().all(|held| (100..=101).contains(held)));
        assert_eq!(free, 15);
        let (held, free) = flood(1_024, 100);
        assert!(held.iter().all(|held| (10..=11).contains(held)), "{held:?}");
        assert!(free >= 1);
    }

    #[test]
    fn who_is_alone_takes_all() {
        assert!(Sharing::among(1).lets(1_023, 1));
        assert!(!Sharing::among(1).lets(1_024, 0));
        assert!(!Sharing::among(2).lets(1_023, 1));
    }
}
