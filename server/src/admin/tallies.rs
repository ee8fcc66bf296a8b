//! How does it get on record who signs in, and which tokens apps get?
//!
//! What changes rows is written with them, when it is the first of its kind; what changes none is
//! written by a task, once a second at most and in one transaction, so nobody waits for it and no
//! flood of guesses keeps the writer from other work.

use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;

use super::Admin;
use crate::audit::AuditEntry;
use crate::clock::now_ms;
use crate::store::StoreError;

/// How often what waits is written.
const EVERY: Duration = Duration::from_secs(1);

impl Admin {
    /// Writes an entry in the transaction of what it speaks of, or counts it.
    pub(super) fn tally(&self, tx: &Connection, entry: AuditEntry) -> Result<(), StoreError> {
        let first = self.parts().tallies.first(self.sign(entry), now_ms());
        first.map_or(Ok(()), |first| first.write(tx))
    }

    /// The same for what changes no row: it is written soon.
    pub(crate) fn note(&self, entry: AuditEntry) {
        self.parts().tallies.note(self.sign(entry), now_ms());
    }

    /// Writes what waits, and the counts whose time is over by then.
    pub(crate) async fn write_tallies(&self, now: u64) -> Result<(), StoreError> {
        let tallies = &self.parts().tallies;
        let due = tallies.take(now);
        if due.is_empty() {
            return Ok(());
        }
        let entries = due.clone();
        let rows = move |tx: &Connection| entries.iter().try_for_each(|entry| entry.write(tx));
        let store = &self.parts().store;
        let written = store.transact("write the audit log", rows, |()| ()).await;
        if written.is_err() {
            tallies.put_back(due);
        }
        written
    }

    /// Writes what waits until told to stop. What is left then is for who closes the database.
    pub(crate) async fn keep_tallies(self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stop.changed() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(error) = self.write_tallies(now_ms()).await {
                tracing::error!(%error, "who signed in is not on record yet");
            }
        }
    }
}
