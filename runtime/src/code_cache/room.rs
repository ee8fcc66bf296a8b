//! Which native code makes room for more?
//!
//! What was not loaded for longest, once there is more than there may be. The modification time of
//! a file says when it was last loaded. Several processes may share a directory: each looks at what
//! is there when it first stores something, so that a process that stores nothing pays nothing, and
//! again when that and what it stored since are more than the bound. To lose a file that it has
//! mapped costs a process nothing; to lose one that it is about to load, a compilation.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sandglass_host_abi::ByteSize;

use super::digest_path;

const HOUR: Duration = Duration::from_secs(3_600);
/// That a file was loaded is noted at most this often.
const NOTED_EVERY: Duration = HOUR;
/// Longer than any file takes to be written.
const WRITTEN_WITHIN: Duration = HOUR;
/// How long code that this engine cannot run is kept for a process that can, such as one of another
/// release.
const FOREIGN_KEPT: Duration = HOUR.saturating_mul(24);

/// The room that a directory of native code has.
#[derive(Debug)]
pub(super) struct Room {
    max: u64,
    /// What the names of the engine's own code begin with: it is used as long as the process lives.
    engine: String,
    /// Bytes that are taken, as far as this process knows; `None` until it has looked.
    taken: Mutex<Option<u64>>,
}

/// A file in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    bytes: u64,
    loaded: SystemTime,
    kind: Kind,
}

/// What a file is to this process; in the order in which files make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Being written, or left by a process that was killed while it wrote.
    Unfinished,
    /// For another wasmtime, configuration or CPU.
    Foreign,
    /// A lambda's.
    Lambda,
    /// The engine's, or what was just stored.
    InUse,
}

impl Room {
    pub(super) fn new(max: ByteSize, engine: &str) -> Self {
        Self {
            max: max.get(),
            engine: engine.to_owned(),
            taken: Mutex::default(),
        }
    }

    /// Counts code that was just stored, and deletes what has to make room for it.
    pub(super) fn take(&self, stored: &Path, bytes: u64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = taken.map(|taken| taken.saturating_add(bytes));
        if let Some(expected) = expected.filter(|expected| *expected <= self.max) {
            *taken = Some(expected);
            return;
        }
        let entries = self.entries(stored).unwrap_or_else(|error| {
            tracing::warn!(path = %stored.display(), %error, "the code cache cannot be listed");
            Vec::new()
        });
        let (stays, gone) = sort_out(entries, self.max, SystemTime::now());
        *taken = Some(stays);
        drop(taken);
        gone.iter().for_each(remove);
    }

    /// The files beside what was just stored, and it.
    fn entries(&self, stored: &Path) -> io::Result<Vec<Entry>> {
        let directory = stored.parent().unwrap_or(Path::new("."));
        let files = fs::read_dir(directory)?;
        let entries = files.filter_map(|file| self.entry(&file.ok()?, stored));
        Ok(entries.collect())
    }

    /// What this file is; `None` when it is gone meanwhile, or is none of ours to delete.
    fn entry(&self, file: &fs::DirEntry, stored: &Path) -> Option<Entry> {
        let path = file.path();
        let kind = match (path.extension()?.to_str()?, compatibility(&path)?) {
            ("tmp", _) => Kind::Unfinished,
            ("cwasm", hash) if Some(hash) != compatibility(stored) => Kind::Foreign,
            ("cwasm", _) if path == stored || self.is_of_engine(&path) => Kind::InUse,
            ("cwasm", _) => Kind::Lambda,
            _ => return None,
        };
        let metadata = file.metadata().ok()?;
        Some(Entry {
            path,
            bytes: metadata.len(),
            loaded: metadata.modified().ok()?,
            kind,
        })
    }

    fn is_of_engine(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&self.engine))
    }
}

/// Notes that code was loaded, unless that was noted not long ago.
pub(super) fn note_load(path: &Path) -> io::Result<()> {
    let noted = fs::metadata(path)?.modified()?;
    match noted.elapsed() {
        Ok(since) if since >= NOTED_EVERY => fs::File::open(path)?.set_modified(SystemTime::now()),
        _ => Ok(()),
    }
}

/// How much stays, and what goes. Where something has to make room, it makes a tenth more than is
/// needed, so that what is stored next need not look again.
fn sort_out(mut entries: Vec<Entry>, max: u64, now: SystemTime) -> (u64, Vec<Entry>) {
    let mut taken: u64 = entries.iter().map(|entry| entry.bytes).sum();
    let enough = if taken > max { max - max / 10 } else { max };
    entries.sort_unstable_by_key(|entry| (entry.kind, entry.loaded));
    entries.retain(|entry| {
        let age = now.duration_since(entry.loaded).unwrap_or_default();
        let goes = match entry.kind {
            Kind::Unfinished => age > WRITTEN_WITHIN,
            Kind::Foreign => age > FOREIGN_KEPT || taken > enough,
            Kind::Lambda => taken > enough,
            Kind::InUse => false,
        };
        if goes {
            taken -= entry.bytes;
        }
        goes
    });
    (taken, entries)
}

/// Deletes an entry that nobody has loaded or written anew since it was looked at.
fn remove(entry: &Entry) {
    let loaded = fs::metadata(&entry.path).and_then(|metadata| metadata.modified());
    if !loaded.is_ok_and(|loaded| loaded == entry.loaded) {
        return;
    }
    // The digest first: code without one is never loaded, and is found here the next time.
    for path in [&digest_path(&entry.path), &entry.path] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), %error, "native code cannot be deleted");
            }
            _ => {}
        }
    }
}

/// What the code in a file is compatible with: `<name>-<compatibility>.<anything>`.
fn compatibility(path: &Path) -> Option<&str> {
    let (stem, _) = path.file_name()?.to_str()?.split_once('.')?;
    let (_, hash) = stem.rsplit_once('-')?;
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes of entries of that kind, size, and hours without a use.
    fn gone<const N: usize>(entries: [(&str, Kind, u64, u32); N], max: u64) -> Vec<String> {
        let now = SystemTime::now();
        let entries = entries.map(|(name, kind, bytes, hours)| Entry {
            path: name.into(),
            bytes,
            loaded: now - HOUR * hours,
            kind,
        });
        let all: u64 = entries.iter().map(|entry| entry.bytes).sum();
        let (stays, gone) = sort_out(entries.into(), max, now);
        let freed: u64 = gone.iter().map(|entry| entry.bytes).sum();
        assert_eq!(stays, all - freed);
        let names = gone.iter().map(|entry| entry.path.display().to_string());
        names.collect()
    }

    #[test]
    fn at_the_bound_nothing_goes_and_past_it_what_was_loaded_longest_ago() {
        let entries = [
            ("b", Kind::Lambda, 400, 2),
            ("a", Kind::Lambda, 100, 3),
            ("c", Kind::Lambda, 500, 1),
        ];
        assert!(gone(entries, 1_000).is_empty());
        assert_eq!(gone(entries, 999), ["a"]);
        // A tenth of room is made: 899 bytes are too many.
        assert_eq!(gone(entries, 998), ["a", "b"]);
    }

    #[test]
    fn code_for_another_engine_makes_room_first_and_goes_after_a_day() {
        let entries = [
            ("a", Kind::Lambda, 100, 500),
            ("b", Kind::Foreign, 100, 24),
            ("c", Kind::Foreign, 100, 25),
        ];
        assert_eq!(gone(entries, 300), ["c"]);
        assert_eq!(gone(entries, 290), ["c"]);
        assert_eq!(gone(entries, 200), ["c", "b"]);
    }

    #[test]
    fn what_is_in_use_or_being_written_stays() {
        let entries = [
            ("a", Kind::InUse, 100, 500),
            ("b", Kind::Unfinished, 100, 0),
            ("c", Kind::Unfinished, 100, 2),
            ("d", Kind::Lambda, 100, 0),
        ];
        assert_eq!(gone(entries, 0), ["c", "d"]);
    }

    #[test]
    fn only_names_that_the_cache_gives_are_its_own() {
        let compatible = |name: &str| compatibility(Path::new(name)).map(str::to_owned);
        let hash = Some("0123456789abcdef".to_owned());
        assert_eq!(compatible("ab-0123456789abcdef.cwasm"), hash);
        assert_eq!(compatible("ab-blank-0123456789abcdef.12-3.tmp"), hash);
        for other in ["notes.tmp", "my-project.cwasm", "ab-0123456789abcdef"] {
            assert_eq!(compatible(other), None, "{other}");
        }
    }
}
