//! How are rows kept?
//!
//! One SQLite database in WAL mode. One thread owns the connection that writes; changes run on it
//! one after the other, each whole or not at all. Changes that wait together share one transaction,
//! since it is the disk that takes the time; when it is durable, each publishes what it changed, in
//! the same order, and its caller hears of it. The journal is written by the same thread whenever a
//! short gathering time has passed. Reads of the journal have a connection of their own, and so have
//! those of contexts; everything else that a request needs is in the registry.

mod audit;
mod change;
mod context;
mod deployments;
mod identity;
mod journal;
mod lambdas;
mod migrations;
mod queue;
mod schedules;
mod secrets;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::audit::Anchor;
use crate::clock::now_ms;
use crate::config::JournalConfig;
use crate::journal::Journal;

pub(crate) use audit::{
    AuditFilter, append_audit, audit_hash, audit_head, audit_page, audit_rows, each_audit_row,
};
use change::{Change, Pending};
pub(crate) use context::{
    ContextKeyRow, NamespaceRow, OpenNamespace, account_bytes, add_context_key, add_namespace,
    add_session, context_keys, count_sessions, delete_context_key, delete_namespace,
    delete_property, delete_session, namespace, namespaces, properties, property, resize_session,
    session, session_sums, sessions, set_property, set_ttl, touch_context_keys,
};
pub(crate) use deployments::{
    Begun, Built, DeploymentRow, begin, count_deployed, deploy, deployments, digests_in_use,
    is_active, keep_built, leaving, make_live, mark, note_built, note_state, restart, roll_back,
    undeploy,
};
pub use deployments::{DeploymentState, DeploymentStep, UnknownState};
pub(crate) use identity::{
    AppRow, SessionRow, SessionTokenRow, SigningKeyRow, TokenKind, UserRow, access_tokens, add_app,
    add_session_of_user, add_session_token, add_signing_key, apps, change_app, delete_app,
    delete_signing_key, delete_user, end_oldest_invoke_tokens, end_oldest_sessions, end_session,
    end_sessions_of_user, prolong, put_user, session_token, sessions_of_user, set_app_secret,
    signing_keys, spend, users,
};
pub(crate) use journal::{
    BUCKET_MS, Failing, Figures, InvocationState, LogFilter, LogRow, Order, Span, Words, failing,
    figures, last_log, search, sum, totals,
};
pub(crate) use lambdas::{
    Code, Committed, Description, Draft, LambdaRow, Live, VersionRow, by_id, delete_lambda,
    describe, event_of, heads, lambdas, save, skills_of_event, version, versions,
};
#[cfg(test)]
pub(crate) use migrations::migrate;
pub(crate) use queue::{
    ClaimRoom, Claimed, Ending, Enqueued, Kept, KeptAnswer, KnownQueued, NewQueued, QueueChange,
    QueueFilter, QueueRow, Unsealed, claim, delete_queued, end, enqueue, list_queue, next_due,
    put_sealed, queue_sums, queued, recover, redrive, unsealed,
};
pub(crate) use schedules::{
    RunRow, ScheduleRow, add_run, add_schedule, change_schedule, count_schedules, delete_schedule,
    due_schedules, is_running, move_on, next_schedule, runs, schedule, schedules,
};
pub(crate) use secrets::{
    SecretRow, count_secrets, delete_secret, put_secret, secret_version, secrets,
};
pub(crate) use settings::{
    AccountRow, RuleRow, TokenRow, accounts, add_rule, add_token, create_account, delete_rule,
    delete_token, delete_tokens_named, rules, set_disabled, tokens, touch_tokens,
};

/// How long journal entries are gathered before they are written.
const GATHER: Duration = Duration::from_millis(20);
/// How often old journal entries and contexts are looked for.
const SWEEP: Duration = Duration::from_secs(60);
/// How soon the next batch of them is deleted while there are more.
const SWEEP_NEXT: Duration = Duration::from_millis(50);
/// Changes that may wait for the writer.
const WAITING_MAX: usize = 4_096;

/// Why the database did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite failed.
    #[error("the database failed while it was to {change}")]
    Sqlite {
        /// What it was doing.
        change: &'static str,
        /// What went wrong.
        #[source]
        source: rusqlite::Error,
    },
    /// The database was made by a later release.
    #[error("the database has format {found}, this release knows {known}: use a later release")]
    TooNew {
        /// The format found.
        found: i64,
        /// The latest format known.
        known: i64,
    },
    /// The file that says how far the audit log goes cannot be used.
    #[error("cannot use {path}")]
    Anchor {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// Too many changes are waiting.
    #[error("too many changes are waiting for the database")]
    Busy,
    /// The server is shutting down.
    #[error("the database is closed")]
    Closed,
}

pub(crate) enum Work {
    Change(Box<dyn Change>),
    /// Write the journal now and say when that is done.
    Flush(oneshot::Sender<()>),
    /// The journal went from empty to not empty.
    Gather,
    /// Leave nothing of what was replaced on the disk.
    Settle,
    Close,
}

/// The database, by the channel to the thread that writes it.
pub(crate) struct Store {
    work: SyncSender<Work>,
    reader: Reader,
    context_reader: Reader,
    thread: Mutex<Option<JoinHandle<()>>>,
    journal: Arc<Journal>,
    keep: JournalConfig,
    data_dir: PathBuf,
}

impl Store {
    /// Opens the database, brings its format up to date and starts the writer.
    pub(crate) fn open(path: &Path, config: &JournalConfig) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Sqlite {
            change: "open",
            source,
        };
        let mut writer = Connection::open(path).map_err(failed)?;
        prepare(&writer).map_err(failed)?;
        migrations::migrate(&mut writer)?;
        let anchor = Anchor::open(path, &mut writer)?;
        let reader = open_reader(path).map_err(failed)?;
        let context_reader = open_reader(path).map_err(failed)?;
        let (work, inbox) = sync_channel(WAITING_MAX);
        let journal = Arc::new(Journal::new(work.clone(), config));
        journal.tails.written(last_log(&writer).map_err(failed)?);
        let writer = Writer {
            connection: writer,
            journal: Arc::clone(&journal),
            anchor,
            keep: config.clone(),
            sweep_at: Instant::now() + SWEEP_NEXT,
        };
        let thread = std::thread::Builder::new()
            .name("sandglass-store".to_owned())
            .spawn(move || writer.run(&inbox))
            .expect("the system can start one more thread while the server starts");
        Ok(Self {
            work,
            reader,
            context_reader,
            thread: Mutex::new(Some(thread)),
            journal,
            keep: config.clone(),
            data_dir: path.parent().unwrap_or(Path::new("")).to_owned(),
        })
    }

    /// The directory that the database is in.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The journal, whose entries this store writes.
    pub(crate) fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// How much of the past is kept, and how it may be read.
    pub(crate) fn keep(&self) -> &JournalConfig {
        &self.keep
    }

    /// Makes a change whole and, when it is durable, publishes what came of it, in the order of the
    /// changes. `change` completes "the database failed while it was to …".
    pub(crate) async fn transact<T, E, R>(
        &self,
        change: &'static str,
        rows: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        publish: impl FnOnce(T) -> R + Send + 'static,
    ) -> Result<R, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        R: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            change,
            rows: Some(rows),
            publish,
            result: None,
            reply,
        };
        self.send(Work::Change(Box::new(pending)))?;
        answer.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    /// Runs a query on the reading connection, after everything recorded so far was written.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: &'static str,
        rows: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.flush().await?;
        read_on(&self.reader, query, rows).await
    }

    /// Runs a query on the reading connection, which sees what was written so far.
    pub(crate) async fn read_written<T: Send + 'static>(
        &self,
        query: &'static str,
        rows: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        read_on(&self.reader, query, rows).await
    }

    /// Runs a query about contexts, the queue or schedules, which sees every change that was
    /// answered. Neither the journal nor
    /// those who read it make it wait.
    pub(crate) async fn read_context<T: Send + 'static>(
        &self,
        query: &'static str,
        rows: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        read_on(&self.context_reader, query, rows).await
    }

    /// Writes what the journal holds.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Work::Flush(reply))?;
        answer.await.map_err(|_| StoreError::Closed)
    }

    /// Has what was written replace what it replaces on the disk too, and not wait in the log of
    /// writes for that. Readers may keep it from doing so; the next one then does.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        self.send(Work::Settle)
    }

    /// Writes what the journal holds and ends the writer.
    pub(crate) async fn close(&self) {
        _ = self.work.send(Work::Close);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the database writer ended in a panic");
            }
        }
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        self.work.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The journal holds a sender too, so the writer would otherwise wait for ever.
        _ = self.work.try_send(Work::Close);
    }
}

struct Writer {
    connection: Connection,
    journal: Arc<Journal>,
    anchor: Anchor,
    keep: JournalConfig,
    sweep_at: Instant,
}

impl Writer {
    fn run(mut self, inbox: &Receiver<Work>) {
        let mut write_at = None;
        let mut next = None;
        loop {
            let until = write_at.unwrap_or(self.sweep_at).min(self.sweep_at);
            let wait = until.saturating_duration_since(Instant::now());
            match next.take().map_or_else(|| inbox.recv_timeout(wait), Ok) {
                Ok(Work::Change(first)) => {
                    let mut batch = vec![first];
                    next = change::gather(&mut batch, inbox);
                    change::commit(&mut self.connection, batch);
                    self.anchor.follow(&self.connection);
                    // Had the channel been full, nobody would have been told of these entries.
                    if write_at.is_none() && !self.journal.is_empty() {
                        write_at = Some(Instant::now() + GATHER);
                    }
                }
                Ok(Work::Flush(reply)) => {
                    write_journal(&mut self.connection, &self.journal);
                    _ = reply.send(());
                }
                Ok(Work::Settle) => settle(&self.connection),
                Ok(Work::Gather) => write_at = Some(Instant::now() + GATHER),
                Ok(Work::Close) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if write_at.is_some_and(|at| Instant::now() >= at) {
                write_journal(&mut self.connection, &self.journal);
                write_at = None;
            }
            if Instant::now() >= self.sweep_at {
                self.sweep();
            }
        }
        write_journal(&mut self.connection, &self.journal);
        self.anchor.flush();
        if let Err(error) = self.connection.execute_batch("PRAGMA optimize") {
            tracing::debug!(%error, "the database was not optimised");
        }
    }

    fn sweep(&mut self) {
        let entries = journal::sweep(&mut self.connection, &self.keep).unwrap_or_else(|error| {
            tracing::error!(%error, "old journal entries could not be deleted");
            false
        });
        let contexts = context::sweep(&mut self.connection, now_ms()).unwrap_or_else(|error| {
            tracing::error!(%error, "old contexts could not be deleted");
            false
        });
        let identities = identity::sweep(&self.connection, now_ms()).unwrap_or_else(|error| {
            tracing::error!(%error, "old sessions could not be deleted");
            false
        });
        let audit = audit::prune(&mut self.connection, self.keep.audit_retention_days);
        let audit = audit.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit log could not be pruned");
            false
        });
        self.anchor.follow(&self.connection);
        self.anchor.flush();
        let queued = queue::sweep(&self.connection, now_ms()).unwrap_or_else(|error| {
            tracing::error!(%error, "old invocations of the queue could not be deleted");
            false
        });
        let more = entries || contexts || identities || audit || queued;
        self.sweep_at = Instant::now() + if more { SWEEP_NEXT } else { SWEEP };
    }
}

fn settle(connection: &Connection) {
    if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "what was replaced may be on the disk for a while");
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA cache_size = -65536;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;",
    )
}

/// A connection that only reads. Whoever waits for it holds no thread.
type Reader = Arc<tokio::sync::Mutex<Connection>>;

fn open_reader(path: &Path) -> rusqlite::Result<Reader> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    reader.busy_timeout(Duration::from_secs(5))?;
    reader.set_prepared_statement_cache_capacity(64);
    reader.execute_batch("PRAGMA cache_size = -32768")?;
    Ok(Arc::new(tokio::sync::Mutex::new(reader)))
}

async fn read_on<T: Send + 'static>(
    reader: &Reader,
    query: &'static str,
    rows: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let reader = Arc::clone(reader).lock_owned().await;
    match tokio::task::spawn_blocking(move || rows(&reader)).await {
        Ok(rows) => rows.map_err(|source| StoreError::Sqlite {
            change: query,
            source,
        }),
        Err(_) => Err(StoreError::Closed),
    }
}

/// Writes what the journal holds. A journal entry may be lost with the power, so these transactions
/// do not wait for the disk; the next change that does makes them durable too.
fn write_journal(connection: &mut Connection, journal: &Journal) {
    let entries = journal.take();
    if entries.is_empty() {
        return;
    }
    let written = connection
        .pragma_update(None, "synchronous", "NORMAL")
        .and_then(|()| journal::write(connection, &entries));
    match written {
        Ok(Some(last)) => journal.tails.written(last),
        Ok(None) => {}
        Err(error) => {
            tracing::error!(%error, entries = entries.len(), "journal entries were lost");
            journal.lost(entries.len());
        }
    }
    if let Err(error) = connection.pragma_update(None, "synchronous", "FULL") {
        tracing::error!(%error, "the database does not wait for the disk any more");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(directory: &Path) -> Store {
        Store::open(&directory.join("test.db"), &JournalConfig::default()).unwrap()
    }

    #[tokio::test]
    async fn what_is_committed_is_published_and_survives() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        let id = store
            .transact(
                "test",
                |tx| create_account(tx, "acc", 5).map_err(failed),
                |id| id,
            )
            .await
            .unwrap();
        store.close().await;
        let store = open(directory.path());
        let accounts = store.read("test", accounts).await.unwrap();
        assert_eq!(accounts.len(), 1);
        assert_eq!((accounts[0].id, accounts[0].name.as_str()), (id, "acc"));
    }

    #[tokio::test]
    async fn what_fails_leaves_no_row() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        let rows = |tx: &Connection| {
            create_account(tx, "acc", 5).map_err(failed)?;
            Err::<(), _>(StoreError::Busy)
        };
        assert!(
            store
                .transact("test", rows, |()| panic!("published"))
                .await
                .is_err()
        );
        assert!(store.read("test", accounts).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_closed_store_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        store.close().await;
        let result = store
            .transact("test", |_| Ok::<_, StoreError>(()), |()| ())
            .await;
        assert!(matches!(result, Err(StoreError::Closed)));
    }

    fn failed(source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite {
            change: "test",
            source,
        }
    }
}
