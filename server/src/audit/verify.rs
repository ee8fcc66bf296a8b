//! Is the log whole, and as it was written?
//!
//! What can be told from the log itself: a row that was changed, added, removed or moved breaks the
//! chain. What cannot: that somebody who may write all of the data directory wrote a whole new chain
//! and a new anchor. Compare the last hash with one that was kept elsewhere (`docs/audit.md`).

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::AuditAction;
use super::anchor::{self, Anchored};
use super::record::{AuditRecord, Head, Link};
use crate::store;

/// The database's name, in the data directory.
pub(crate) const DATABASE: &str = "sandglass.db";
/// The longest line of an export, in bytes. A row has a few kilobytes at most.
const LINE_MAX: u64 = 1 << 20;

/// What a log that is whole says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditVerdict {
    /// The rows that were read.
    pub rows: u64,
    /// The first one; more than 1 when those before it were pruned, `None` when there is no row.
    pub first_id: Option<u64>,
    /// The last one; 0 when there is no row.
    pub last_id: u64,
    /// Its hash: keep it elsewhere to prove later that nothing before it was changed.
    pub last_hash: String,
}

/// Where a log is broken first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditBreak {
    /// The hash of the row is not that of what it says.
    #[error("row {0} was changed: its hash is not the hash of what it says")]
    Changed(u64),
    /// Rows are missing, or are not in their order.
    #[error("row {found} stands where row {expected} must be: rows were removed, added or moved")]
    Missing {
        /// The row that would follow.
        expected: u64,
        /// The row that does.
        found: u64,
    },
    /// The row does not name the hash of the row before it.
    #[error("row {0} does not follow the row before it: one of the two was replaced")]
    Unlinked(u64),
    /// The first row is not the first one, and nothing in the log says that others were pruned.
    #[error("the log begins with row {0}, and no row says that those before it were pruned")]
    Headless(u64),
    /// The server found at a start that the log was not what its anchor said.
    #[error(
        "row {0} says that the server found the log changed: rows before it were removed or \
         replaced while it was stopped, or the database was restored from a copy"
    )]
    Reported(u64),
    /// The anchor speaks of rows after the last one.
    #[error("the log ends with row {last}, but row {anchor} was written: its end was cut off")]
    CutOff {
        /// The last row.
        last: u64,
        /// The row that the anchor speaks of.
        anchor: u64,
    },
    /// The anchor speaks of another row with that id.
    #[error("row {0} is not the one that was written: the anchor holds another hash")]
    Replaced(u64),
    /// The anchor is gone.
    #[error("the file audit.anchor is missing, without which a cut off end cannot be seen")]
    NoAnchor,
    /// The anchor is damaged.
    #[error("the file audit.anchor is damaged, without which a cut off end cannot be seen")]
    DamagedAnchor,
    /// A line of an export is not one.
    #[error("line {line} is not a row of the audit log: {why}")]
    Line {
        /// Counts from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// An export does not end as one.
    #[error("the export is not whole: its last line, which says where the log ends, is missing")]
    Unfinished,
}

/// Why a log is not whole, or could not be verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditVerifyError {
    /// The log is broken.
    #[error(transparent)]
    Broken(#[from] AuditBreak),
    /// The database cannot be read.
    #[error("cannot read the audit log of {path}")]
    Database {
        /// The database.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: rusqlite::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// The export cannot be read.
    #[error("cannot read the export")]
    Export(#[source] io::Error),
}

/// Verifies the log of a data directory, whether a server runs on it or not.
///
/// # Errors
/// When the log is broken, with the first row that is, or cannot be read.
pub fn verify_audit_log(data_dir: &Path) -> Result<AuditVerdict, AuditVerifyError> {
    let database = data_dir.join(DATABASE);
    let anchor = anchor::path(&database);
    // Before the rows: a server that runs may write more of them, but never fewer.
    let anchored = anchor::read(&anchor).map_err(|source| AuditVerifyError::File {
        path: anchor,
        source,
    })?;
    let failed = |source| AuditVerifyError::Database {
        path: database.clone(),
        source,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&database, flags).map_err(failed)?;
    let mut chain = Chain::default();
    if let Anchored::Head(head) = &anchored {
        chain.anchor = Some(head.clone());
    }
    let mut broken = Ok(());
    store::each_audit_row(&connection, |row| {
        broken = chain.add(&row);
        broken.is_ok()
    })
    .map_err(failed)?;
    broken?;
    match anchored {
        Anchored::Damaged => Err(AuditBreak::DamagedAnchor.into()),
        Anchored::Missing if chain.last.id > 0 => Err(AuditBreak::NoAnchor.into()),
        _ => Ok(chain.finish()?),
    }
}

/// Verifies an export, line by line.
///
/// # Errors
/// When it is broken, with the first row that is, or cannot be read.
pub fn verify_audit_export(mut export: impl BufRead) -> Result<AuditVerdict, AuditVerifyError> {
    let mut chain = Chain::default();
    let (mut line, mut text, mut end) = (0, Vec::new(), None);
    loop {
        text.clear();
        let mut limited = io::Read::take(&mut export, LINE_MAX);
        let read = limited.read_until(b'\n', &mut text);
        if read.map_err(AuditVerifyError::Export)? == 0 {
            break;
        }
        line += 1;
        let bad = |why: String| AuditBreak::Line { line, why };
        if end.is_some() {
            return Err(bad("the export has ended before it".to_owned()).into());
        }
        match Line::parse(&text).map_err(|error| bad(error.to_string()))? {
            Line::Row(row) => chain.add(&row)?,
            Line::Link(link) => chain.link(link)?,
            Line::End(head) => end = Some(head),
        }
    }
    let Some(end) = end else {
        return Err(AuditBreak::Unfinished.into());
    };
    chain.anchor = Some(end);
    chain.compare_last()?;
    Ok(chain.finish()?)
}

/// A line of an export.
enum Line {
    Row(Box<AuditRecord>),
    Link(Link),
    End(Head),
}

impl Line {
    fn parse(text: &[u8]) -> serde_json::Result<Self> {
        /// What tells the kinds of lines apart.
        #[derive(Deserialize)]
        struct Kind {
            action: Option<IgnoredAny>,
            end: Option<Head>,
        }
        match serde_json::from_slice(text)? {
            Kind { end: Some(end), .. } => Ok(Self::End(end)),
            Kind { action: None, .. } => serde_json::from_slice(text).map(Self::Link),
            Kind { .. } => serde_json::from_slice(text).map(Self::Row),
        }
    }
}

/// What a prune leaves behind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pruned {
    last_id: u64,
    last_hash: String,
}

/// The part of the log that was read so far.
#[derive(Default)]
struct Chain {
    rows: u64,
    first: Option<Link>,
    last: Head,
    /// What prunes said of the rows that they took: the last one's hash, by its id.
    pruned: BTreeMap<u64, String>,
    /// A row that is known from elsewhere.
    anchor: Option<Head>,
}

impl Chain {
    fn add(&mut self, row: &AuditRecord) -> Result<(), AuditBreak> {
        let place = row.link();
        // The place first: of rows that are missing, the row after them says nothing wrong.
        self.check_place(&place)?;
        if row.computed_hash() != row.hash {
            return Err(AuditBreak::Changed(row.id));
        }
        if row.action == AuditAction::AuditGap.as_str() {
            return Err(AuditBreak::Reported(row.id));
        }
        if row.action == AuditAction::AuditPrune.as_str()
            && let Ok(pruned) = serde_json::from_str::<Pruned>(row.details.get())
        {
            self.pruned.insert(pruned.last_id, pruned.last_hash);
        }
        self.append(place)
    }

    fn link(&mut self, place: Link) -> Result<(), AuditBreak> {
        self.check_place(&place)?;
        self.append(place)
    }

    fn append(&mut self, place: Link) -> Result<(), AuditBreak> {
        let Link { id, hash, .. } = place.clone();
        self.first.get_or_insert(place);
        self.rows += 1;
        self.last = Head { id, hash };
        self.compare_last()
    }

    fn check_place(&self, place: &Link) -> Result<(), AuditBreak> {
        if self.first.is_none() {
            return Ok(());
        }
        let expected = self.last.id.saturating_add(1);
        if place.id != expected {
            let found = place.id;
            return Err(AuditBreak::Missing { expected, found });
        }
        match place.previous == self.last.hash {
            true => Ok(()),
            false => Err(AuditBreak::Unlinked(place.id)),
        }
    }

    fn compare_last(&self) -> Result<(), AuditBreak> {
        match &self.anchor {
            Some(anchor) if anchor.id == self.last.id && anchor.hash != self.last.hash => {
                Err(AuditBreak::Replaced(anchor.id))
            }
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<AuditVerdict, AuditBreak> {
        if let Some(first) = &self.first {
            let start = Head::default();
            let begins = first.id == 1 && first.previous == start.hash;
            let pruned = || self.pruned.get(&first.id.wrapping_sub(1)) == Some(&first.previous);
            if !begins && !pruned() {
                return Err(AuditBreak::Headless(first.id));
            }
        }
        match &self.anchor {
            Some(anchor) if anchor.id > self.last.id => Err(AuditBreak::CutOff {
                last: self.last.id,
                anchor: anchor.id,
            }),
            _ => Ok(AuditVerdict {
                rows: self.rows,
                first_id: self.first.map(|first| first.id),
                last_id: self.last.id,
                last_hash: self.last.hash,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditEntry;

    /// A chain of so many rows, as an export.
    fn export(rows: u64) -> Vec<String> {
        let mut head = Head::default();
        let mut lines = Vec::new();
        for at in 0..rows {
            let entry = AuditEntry::new(AuditAction::SecretPut, &"acc".parse().unwrap());
            let row = AuditRecord::following(head, at, &entry.by_operator());
            head = Head {
                id: row.id,
                hash: row.hash.clone(),
            };
            lines.push(serde_json::to_string(&row).unwrap());
        }
        lines.push(serde_json::json!({ "end": head }).to_string());
        lines
    }

    fn verify(lines: &[String]) -> Result<AuditVerdict, String> {
        let text = lines.join("\n");
        verify_audit_export(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn broken(lines: &[String], says: &str) {
        let error = verify(lines).unwrap_err();
        assert!(error.starts_with(says), "{error}");
    }

    #[test]
    fn a_whole_export_is_whole_also_when_it_is_empty() {
        let verdict = verify(&export(3)).unwrap();
        assert_eq!(
            (verdict.rows, verdict.first_id, verdict.last_id),
            (3, Some(1), 3)
        );
        let verdict = verify(&export(0)).unwrap();
        assert_eq!(
            (verdict.rows, verdict.first_id, verdict.last_id),
            (0, None, 0)
        );
    }

    #[test]
    fn the_first_row_that_is_wrong_is_named() {
        let whole = export(5);
        let without = |line: usize| {
            let mut lines = whole.clone();
            lines.remove(line);
            lines
        };
        let swapped = |one, other| {
            let mut lines = whole.clone();
            lines.swap(one, other);
            lines
        };
        let changed = |line: usize, from: &str, to: &str| {
            let mut lines = whole.clone();
            lines[line] = lines[line].replace(from, to);
            assert_ne!(lines, whole);
            lines
        };
        broken(&changed(2, "secret.put", "secret.del"), "row 3 was changed");
        broken(&changed(2, "\"at\":2", "\"at\":3"), "row 3 was changed");
        broken(
            &changed(2, "\"id\":3", "\"id\":4"),
            "row 4 stands where row 3 must be",
        );
        broken(&without(2), "row 4 stands where row 3 must be");
        broken(&without(0), "the log begins with row 2");
        broken(&swapped(1, 2), "row 3 stands where row 2 must be");
        broken(&without(5), "the export is not whole");
        broken(
            &without(4),
            "the log ends with row 4, but row 5 was written",
        );
        broken(&changed(0, "{", "["), "line 1 is not a row");
        let mut more = whole.clone();
        more.push(whole[0].clone());
        broken(
            &more,
            "line 7 is not a row of the audit log: the export has ended",
        );
    }

    #[test]
    fn a_row_with_a_new_hash_does_not_fit_to_the_next_one() {
        let mut lines = export(3);
        let mut row: AuditRecord = serde_json::from_str(&lines[1]).unwrap();
        row.actor_name = "somebody else".to_owned();
        row.hash = row.computed_hash();
        lines[1] = serde_json::to_string(&row).unwrap();
        broken(&lines, "row 3 does not follow the row before it");
    }

    #[test]
    fn a_row_of_another_account_is_its_link_alone() {
        let mut lines = export(3);
        let row: AuditRecord = serde_json::from_str(&lines[1]).unwrap();
        lines[1] = serde_json::to_string(&row.link()).unwrap();
        assert_eq!(verify(&lines).unwrap().rows, 3);
        lines[1] = lines[1].replace("\"hash\":\"", "\"hash\":\"0");
        broken(&lines, "row 3 does not follow the row before it");
    }
}
