//! Is the end of the log still there?
//!
//! A chain does not show that its end was cut off. So the last row's id and hash are kept in a file
//! beside the database as well, which only the server's user may read. It is written after each
//! commit; how soon it is on the disk matters less, so it is flushed no more than once a second.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{AuditAction, AuditEntry, Head};
use crate::store::{self, StoreError};

/// The file's name, in the data directory.
pub(super) const FILE: &str = "audit.anchor";
/// A number of 20 digits, a space, 64 digits, a line break.
const LENGTH: u64 = 86;
const FLUSH: Duration = Duration::from_secs(1);

/// The file that says how far the log goes.
pub(crate) struct Anchor {
    file: File,
    written: Head,
    flushed_at: Instant,
    dirty: bool,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Anchored {
    Head(Head),
    /// There is no file.
    Missing,
    /// It does not say what the server writes.
    Damaged,
}

impl Anchor {
    /// Opens the file of a database, and notes in the log when the log is not what the file says.
    pub(crate) fn open(database: &Path, connection: &mut Connection) -> Result<Self, StoreError> {
        let path = path(database);
        let failed = |source| StoreError::Anchor {
            path: path.clone(),
            source,
        };
        let anchored = read(&path).map_err(failed)?;
        reconcile(connection, &anchored)?;
        let mut options = OpenOptions::new();
        // Not emptied: after a crash right here, it must still say what it said.
        options.write(true).create(true).truncate(false).mode(0o600);
        let mut anchor = Self {
            file: options.open(&path).map_err(failed)?,
            written: store::audit_head(connection).map_err(sqlite)?,
            flushed_at: Instant::now(),
            dirty: true,
        };
        anchor.write().map_err(failed)?;
        anchor.file.set_len(LENGTH).map_err(failed)?;
        anchor.flush();
        sync_directory(&path).map_err(failed)?;
        Ok(anchor)
    }

    /// Writes the end of the log down, if it has changed. What goes wrong is logged: a change that is
    /// committed stays.
    pub(crate) fn follow(&mut self, connection: &Connection) {
        let head = match store::audit_head(connection) {
            Ok(head) => head,
            Err(error) => return tracing::error!(%error, "the audit log was not read"),
        };
        if head == self.written {
            return;
        }
        self.written = head;
        match self.write() {
            Ok(()) => self.dirty = true,
            Err(error) => tracing::error!(%error, "the anchor of the audit log was not written"),
        }
        if self.flushed_at.elapsed() >= FLUSH {
            self.flush();
        }
    }

    /// Makes what was written durable.
    pub(crate) fn flush(&mut self) {
        if !self.dirty {
            return;
        }
        if let Err(error) = self.file.sync_data() {
            tracing::error!(%error, "the anchor of the audit log is not durable");
        }
        self.dirty = false;
        self.flushed_at = Instant::now();
    }

    /// In place and always equally long, so that it is never half of one and half of another.
    fn write(&self) -> io::Result<()> {
        self.file.write_all_at(text(&self.written).as_bytes(), 0)
    }
}

/// Makes it durable that there is such a file.
fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Where the anchor of a database is.
pub(super) fn path(database: &Path) -> PathBuf {
    database.with_file_name(FILE)
}

/// Reads what a file says.
pub(super) fn read(path: &Path) -> io::Result<Anchored> {
    let mut said = String::new();
    match File::open(path) {
        Ok(file) => match file.take(1_024).read_to_string(&mut said) {
            Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(error),
            _ => {}
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Anchored::Missing),
        Err(error) => return Err(error),
    }
    Ok(parse(&said).map_or(Anchored::Damaged, Anchored::Head))
}

fn text(head: &Head) -> String {
    format!("{:020} {}\n", head.id, head.hash)
}

fn parse(said: &str) -> Option<Head> {
    let (id, hash) = said.strip_suffix('\n')?.split_once(' ')?;
    let head = Head {
        id: id.parse().ok()?,
        hash: hash.to_owned(),
    };
    (text(&head) == said && hash.len() == 64).then_some(head)
}

/// Writes into the log itself that it is not what its anchor says, so that whoever verifies it later
/// learns of it, though the anchor follows the log from here on.
fn reconcile(connection: &mut Connection, anchored: &Anchored) -> Result<(), StoreError> {
    let head = store::audit_head(connection).map_err(sqlite)?;
    let entry = AuditEntry::of_server(AuditAction::AuditGap);
    let entry = match anchored {
        Anchored::Missing if head.id == 0 => return Ok(()),
        Anchored::Missing => entry.detail("anchor", "missing"),
        Anchored::Damaged => entry.detail("anchor", "damaged"),
        Anchored::Head(anchor) => {
            let found = store::audit_hash(connection, anchor.id).map_err(sqlite)?;
            if anchor.id == 0 || found.as_ref() == Some(&anchor.hash) {
                return Ok(());
            }
            entry
                .detail("anchorId", anchor.id)
                .detail("anchorHash", anchor.hash.as_str())
        }
    };
    tracing::error!(
        last = head.id,
        anchor = ?anchored,
        "the audit log is not what its anchor says: rows were removed or replaced"
    );
    let tx = connection.transaction().map_err(sqlite)?;
    entry.by_operator().write(&tx)?;
    tx.commit().map_err(sqlite)
}

fn sqlite(source: rusqlite::Error) -> StoreError {
    StoreError::Sqlite {
        change: "compare the audit log with its anchor",
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_written_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        assert_eq!(read(&path).unwrap(), Anchored::Missing);
        let head = Head {
            id: 7,
            hash: "a".repeat(64),
        };
        std::fs::write(&path, text(&head)).unwrap();
        assert_eq!(read(&path).unwrap(), Anchored::Head(head.clone()));
        for damaged in [
            String::new(),
            text(&head).replace('\n', ""),
            text(&head)[1..].to_owned(),
            text(&head) + "x",
            format!("{:020} {}\n", 7, "a".repeat(63)),
        ] {
            std::fs::write(&path, &damaged).unwrap();
            assert_eq!(read(&path).unwrap(), Anchored::Damaged, "{damaged:?}");
        }
        std::fs::write(&path, [0xff; 86]).unwrap();
        assert_eq!(read(&path).unwrap(), Anchored::Damaged);
    }

    #[test]
    fn the_file_is_its_owners_and_follows_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("test.db");
        let mut connection = Connection::open(&database).unwrap();
        crate::store::migrate(&mut connection).unwrap();
        let mut anchor = Anchor::open(&database, &mut connection).unwrap();
        let mode = std::fs::metadata(path(&database)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        let entry = AuditEntry::of_server(AuditAction::AuditPrune).by_operator();
        entry.write(&connection).unwrap();
        anchor.follow(&connection);
        let head = store::audit_head(&connection).unwrap();
        assert_eq!(read(&path(&database)).unwrap(), Anchored::Head(head));
    }
}
