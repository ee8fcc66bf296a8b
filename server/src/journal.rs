//! What is remembered of an invocation, and how does it get to the database?
//!
//! Requests put entries into one bounded buffer after their answer is settled; the store's thread
//! takes the buffer whole, a moment later. What does not fit is dropped and counted: a slow disk
//! must never slow a request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};

use sandglass_runtime::{InvocationId, LogEntry, Usage};

use crate::config::JournalConfig;
use crate::status::OutcomeName;
use crate::store::Work;
use crate::tail::Tails;

/// One past invocation. `Debug` entries never get this far.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The account's row.
    pub(crate) account: i64,
    /// The lambda's row.
    pub(crate) lambda: i64,
    pub(crate) version: u64,
    pub(crate) request_id: InvocationId,
    /// When it ended, in milliseconds since the Unix epoch.
    pub(crate) at: u64,
    pub(crate) outcome: OutcomeName,
    pub(crate) usage: Usage,
    pub(crate) logs: Vec<LogEntry>,
}

impl Entry {
    /// About how much memory the entry takes while it waits.
    fn bytes(&self) -> u64 {
        let logs = self
            .logs
            .iter()
            .map(|log| log.message.len() + log.extras.get().len() + 64);
        (size_of::<Self>() + self.request_id.as_str().len() + logs.sum::<usize>()) as u64
    }
}

/// The buffer between requests and the database.
pub(crate) struct Journal {
    pending: Mutex<Pending>,
    writer: SyncSender<Work>,
    bytes_max: u64,
    dropped: AtomicU64,
    /// Who watches what is written.
    pub(crate) tails: Tails,
}

#[derive(Default)]
struct Pending {
    entries: Vec<Entry>,
    bytes: u64,
}

impl Journal {
    pub(crate) fn new(writer: SyncSender<Work>, config: &JournalConfig) -> Self {
        let pending = Mutex::new(Pending::default());
        Self {
            pending,
            writer,
            bytes_max: config.pending_bytes_max.get(),
            dropped: AtomicU64::new(0),
            tails: Tails::new(config),
        }
    }

    /// Takes an entry, or drops and counts it when the buffer is full.
    pub(crate) fn record(&self, entry: Entry) {
        let bytes = entry.bytes();
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.bytes + bytes > self.bytes_max {
            drop(pending);
            self.lost(1);
            return;
        }
        pending.bytes += bytes;
        pending.entries.push(entry);
        let first = pending.entries.len() == 1;
        drop(pending);
        if first {
            // A writer too busy to be told finds the entries after its next change, or at the end.
            _ = self.writer.try_send(Work::Gather);
        }
    }

    /// Takes everything out.
    pub(crate) fn take(&self) -> Vec<Entry> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let capacity = pending.entries.len();
        let taken = std::mem::take(&mut *pending);
        pending.entries.reserve(capacity);
        taken.entries
    }

    /// Counts entries that nobody will read.
    pub(crate) fn lost(&self, entries: usize) {
        self.dropped.fetch_add(entries as u64, Ordering::Relaxed);
    }

    /// Entries that were dropped since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Entries that wait.
    pub(crate) fn pending(&self) -> usize {
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entries
            .len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pending() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use sandglass_runtime::{ByteSize, LogLevel};
    use serde_json::value::RawValue;

    use super::*;

    fn entry() -> Entry {
        Entry {
            account: 1,
            lambda: 1,
            version: 1,
            request_id: "r".parse().unwrap(),
            at: 0,
            outcome: OutcomeName::Returned,
            usage: Usage::default(),
            logs: Vec::new(),
        }
    }

    fn config(bytes: u64) -> JournalConfig {
        JournalConfig {
            pending_bytes_max: ByteSize::bytes(bytes),
            ..JournalConfig::default()
        }
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted() {
        let (writer, _inbox) = sync_channel(8);
        let journal = Journal::new(writer, &config(entry().bytes() * 2));
        (0..5).for_each(|_| journal.record(entry()));
        assert_eq!((journal.pending(), journal.dropped()), (2, 3));
        assert_eq!(journal.take().len(), 2);
        journal.record(entry());
        assert_eq!((journal.pending(), journal.dropped()), (1, 3));
    }

    #[test]
    fn as_many_bytes_may_wait_as_the_limit_and_not_one_more() {
        let logged = |message: &str| Entry {
            logs: vec![LogEntry {
                level: LogLevel::Info,
                message: message.to_owned(),
                extras: RawValue::from_string("[]".to_owned()).unwrap(),
                timestamp: 0,
            }],
            ..entry()
        };
        let (writer, _inbox) = sync_channel(8);
        let limit = entry().bytes() + logged("four").bytes();
        let journal = Journal::new(writer, &config(limit));
        journal.record(entry());
        journal.record(logged("five!"));
        assert_eq!((journal.pending(), journal.dropped()), (1, 1));
        journal.record(logged("four"));
        assert_eq!((journal.pending(), journal.dropped()), (2, 1));
    }

    #[test]
    fn the_writer_is_woken_once_a_batch() {
        let (writer, inbox) = sync_channel(8);
        let journal = Journal::new(writer, &config(1 << 20));
        (0..5).for_each(|_| journal.record(entry()));
        assert_eq!(inbox.try_iter().count(), 1);
    }
}
