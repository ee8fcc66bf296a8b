//! Whose data directory is this, and what lies in it?
//!
//! The directory is opened once, as a capability: no name that comes from outside can lead out of
//! it. A lock on `lock` keeps a second server away; the kernel releases it when the process ends,
//! however it ends.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{
    Dir, DirBuilder, DirBuilderExt, MetadataExt, OpenOptions, OpenOptionsExt, Permissions,
    PermissionsExt,
};
use rustix::fs::{FlockOperation, Mode, OFlags};

const LOCK: &str = "lock";
const OWNER_ONLY: u32 = 0o600;

/// The data directory, locked for this process.
pub(crate) struct DataDir {
    path: PathBuf,
    dir: Dir,
    _lock: Lock,
}

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Another server holds it.
    #[error("the data directory {path} is in use by another sandglass server{holder}")]
    InUse {
        /// The directory.
        path: PathBuf,
        /// What is known about the other server; may be empty.
        holder: String,
    },
    /// A file that must be private can be read by others.
    #[error("{path} can be read by others: make it private with `chmod 600 {path}`")]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// The file system failed.
    #[error("cannot use {path}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
}

/// The locked file. A process that is just being started has a copy of every open file for a moment, so
/// closing this one would not unlock it.
struct Lock(std::fs::File);

impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = rustix::fs::flock(&self.0, FlockOperation::Unlock) {
            tracing::warn!(%error, "the lock of the data directory could not be given back");
        }
    }
}

impl DataDir {
    /// Opens the directory, making it (for its owner only) when it does not exist, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, DirectoryError> {
        let failed = |source| DirectoryError::Io {
            path: path.to_owned(),
            source,
        };
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(path).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        let dir = Dir::open_ambient_dir(&path, ambient_authority()).map_err(failed)?;
        let mut options = OpenOptions::new();
        options
            .create(true)
            .truncate(false)
            .write(true)
            .mode(OWNER_ONLY);
        let lock = dir.open_with(LOCK, &options).map_err(failed)?.into_std();
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                path,
                dir,
                _lock: Lock(lock),
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(DirectoryError::InUse {
                holder: holder(&dir),
                path,
            }),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// The path of an entry, for libraries that want one.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The path of a file that only its owner may read, made empty when it does not exist.
    pub(crate) fn private_file(&self, name: &str) -> Result<PathBuf, DirectoryError> {
        let mut options = OpenOptions::new();
        options
            .create(true)
            .truncate(false)
            .write(true)
            .mode(OWNER_ONLY);
        self.dir
            .open_with(name, &options)
            .map_err(|source| self.failed(name, source))?;
        Ok(self.path_of(name))
    }

    /// A subdirectory, made for the owner only when it does not exist.
    pub(crate) fn subdirectory(&self, name: &str) -> Result<Dir, DirectoryError> {
        let failed = |source| self.failed(name, source);
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        match self.dir.create_dir_with(name, &builder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
            _ => self.dir.open_dir(name).map_err(failed),
        }
    }

    /// Reads a private file, `None` when there is none.
    ///
    /// # Errors
    /// When others may read it, or it cannot be read.
    pub(crate) fn read_private(&self, name: &str) -> Result<Option<Vec<u8>>, DirectoryError> {
        let failed = |source| self.failed(name, source);
        let mut file = match self.dir.open(name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
            return Err(DirectoryError::NotPrivate {
                path: self.path_of(name),
            });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }

    /// Writes a file that only its owner may read: at once and durably, or not at all.
    pub(crate) fn write_private(&self, name: &str, bytes: &[u8]) -> Result<(), DirectoryError> {
        write_durably(&self.dir, name, bytes).map_err(|source| self.failed(name, source))
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), DirectoryError> {
        match self.dir.remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(name, error)),
            _ => Ok(()),
        }
    }

    fn failed(&self, name: &str, source: io::Error) -> DirectoryError {
        DirectoryError::Io {
            path: self.path_of(name),
            source,
        }
    }
}

/// Writes a file under a temporary name, makes it durable, gives it its name, and makes that
/// durable too. After a crash the file is whole or absent; what is left over starts with a dot.
pub(crate) fn write_durably(dir: &Dir, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = format!(".{name}.new");
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(OWNER_ONLY);
    let mut file = dir.open_with(&temporary, &options)?;
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    dir.rename(&temporary, dir, name)?;
    // A capability of a directory need not be readable, and fsync wants one that is.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(dir.as_fd(), ".", flags, Mode::empty())?;
    Ok(rustix::fs::fsync(directory)?)
}

/// What the other server wrote about itself.
fn holder(dir: &Dir) -> String {
    #[derive(serde::Deserialize)]
    struct Holder {
        url: String,
        pid: u32,
    }
    let text = dir
        .read_to_string(crate::server::SERVER_FILE)
        .unwrap_or_default();
    match serde_json::from_str::<Holder>(&text) {
        Ok(holder) => format!(" ({}, process {})", holder.url, holder.pid),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_told_who_holds_the_directory() {
        let temporary = tempfile::tempdir().unwrap();
        let first = DataDir::open(temporary.path()).unwrap();
        let about = br#"{"url":"http://127.0.0.1:1","pid":42}"#;
        first
            .write_private(crate::server::SERVER_FILE, about)
            .unwrap();
        let error = DataDir::open(temporary.path())
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("in use") && error.contains("process 42"),
            "{error}"
        );
        drop(first);
        assert!(DataDir::open(temporary.path()).is_ok());
    }

    #[test]
    fn a_private_file_is_read_back_and_replaced() {
        let temporary = tempfile::tempdir().unwrap();
        let data = DataDir::open(temporary.path()).unwrap();
        assert_eq!(data.read_private("key").unwrap(), None);
        data.write_private("key", b"one").unwrap();
        data.write_private("key", b"two").unwrap();
        assert_eq!(
            data.read_private("key").unwrap().as_deref(),
            Some(&b"two"[..])
        );
        data.remove("key").unwrap();
        data.remove("key").unwrap();
        assert_eq!(data.read_private("key").unwrap(), None);
    }

    #[test]
    fn a_private_file_that_others_may_read_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let data = DataDir::open(temporary.path()).unwrap();
        data.write_private("key", b"one").unwrap();
        data.dir
            .set_permissions("key", Permissions::from_mode(0o640))
            .unwrap();
        assert!(matches!(
            data.read_private("key"),
            Err(DirectoryError::NotPrivate { .. })
        ));
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let temporary = tempfile::tempdir().unwrap();
        let data = DataDir::open(&temporary.path().join("data")).unwrap();
        std::fs::write(temporary.path().join("outside"), "x").unwrap();
        assert!(data.read_private("../outside").is_err());
    }
}
