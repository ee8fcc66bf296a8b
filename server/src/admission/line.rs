//! Who waits, and who is next?

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::Full;
use super::share::{Holdings, NOBODY};

/// What whoever waits is told.
pub(super) type Turn = Result<(), Full>;

/// Who waits, by account.
#[derive(Default)]
pub(super) struct Line {
    accounts: HashMap<i64, Waiting>,
    /// The accounts that wait, the next one first.
    round: VecDeque<i64>,
    /// How many wait, without those of nobody.
    len: usize,
    tickets: u64,
}

/// Those of one account, the oldest first.
struct Waiting {
    holdings: Arc<Holdings>,
    queue: VecDeque<(u64, oneshot::Sender<Turn>)>,
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn join(&mut self, holdings: &Arc<Holdings>) -> (u64, oneshot::Receiver<Turn>) {
        let (sender, receiver) = oneshot::channel();
        let account = holdings.account();
        self.tickets += 1;
        self.len += usize::from(account != NOBODY);
        let waiting = self.accounts.entry(account).or_insert_with(|| Waiting {
            holdings: Arc::clone(holdings),
            queue: VecDeque::new(),
        });
        if waiting.queue.is_empty() {
            self.round.push_back(account);
        }
        waiting.queue.push_back((self.tickets, sender));
        (self.tickets, receiver)
    }

    /// Takes the next one out for whose account a slot is, and puts that account last.
    pub(super) fn next(
        &mut self,
        is_for: impl Fn(&Holdings) -> bool,
    ) -> Option<(Arc<Holdings>, oneshot::Sender<Turn>)> {
        let mut round = self.round.iter();
        let at = round.position(|account| {
            let waiting = self.accounts.get(account);
            waiting.is_some_and(|waiting| is_for(&waiting.holdings))
        })?;
        let account = self.round.remove(at)?;
        let waiting = self.accounts.get_mut(&account)?;
        let (_, turn) = waiting.queue.pop_front()?;
        let holdings = Arc::clone(&waiting.holdings);
        self.len -= usize::from(account != NOBODY);
        match waiting.queue.is_empty() {
            true => _ = self.accounts.remove(&account),
            false => self.round.push_back(account),
        }
        Some((holdings, turn))
    }

    /// Sends the newest of the account away that has the most, which is this one's when no other
    /// has more.
    pub(super) fn send_one_away(&mut self, account: i64) {
        let length = |of: &i64| self.accounts.get(of).map_or(0, |of| of.queue.len());
        let others = self.round.iter().filter(|of| **of != NOBODY);
        let longest = others.max_by_key(|of| length(of)).copied();
        let longest = longest.filter(|of| length(of) > length(&account));
        let account = longest.unwrap_or(account);
        let Some(waiting) = self.accounts.get_mut(&account) else {
            return;
        };
        if let Some((_, turn)) = waiting.queue.pop_back() {
            self.len -= 1;
            _ = turn.send(Err(Full));
        }
        self.tidy(account);
    }

    /// Whether that one still waited.
    pub(super) fn leave(&mut self, account: i64, ticket: u64) -> bool {
        let Some(waiting) = self.accounts.get_mut(&account) else {
            return false;
        };
        let mut queue = waiting.queue.iter();
        let Some(at) = queue.position(|(known, _)| *known == ticket) else {
            return false;
        };
        waiting.queue.remove(at);
        self.len -= usize::from(account != NOBODY);
        self.tidy(account);
        true
    }

    /// Forgets an account of which nobody waits any more.
    fn tidy(&mut self, account: i64) {
        let is_empty = |waiting: &Waiting| waiting.queue.is_empty();
        if self.accounts.get(&account).is_some_and(is_empty) {
            self.accounts.remove(&account);
            self.round.retain(|known| *known != account);
        }
    }
}
