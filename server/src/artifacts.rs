//! How are artifacts kept?
//!
//! One file each in `artifacts/`, named by the digest of its bytes, written before the row that
//! speaks of it is committed. So a row never lacks its file; a file that no row speaks of is left
//! over from a crash or from an old deployment and is swept away.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cap_std::fs::Dir;
use sandglass_runtime::{Artifact, ArtifactDigest, ArtifactStore, ArtifactStoreError};

use crate::directory::write_durably;

/// The artifacts in the data directory. A clone is the same directory.
#[derive(Clone)]
pub(crate) struct Artifacts(Arc<Inner>);

struct Inner {
    directory: Dir,
    /// Artifacts that were written, or found, for rows that are not committed yet.
    pinned: Mutex<HashMap<String, usize>>,
}

/// Keeps an artifact from being removed while the row that speaks of it is on its way.
pub(crate) struct Pin {
    artifacts: Artifacts,
    digest: String,
}

impl Artifacts {
    pub(crate) fn new(directory: Dir) -> Self {
        Self(Arc::new(Inner {
            directory,
            pinned: Mutex::default(),
        }))
    }

    /// Keeps an artifact; when this returns, it is durable. Blocks.
    pub(crate) fn write(&self, artifact: &Artifact) -> io::Result<Pin> {
        let name = artifact.digest().as_str();
        let pin = self.pin(name);
        // A name is given to whole files only, and names their content: one that is there is right.
        if !self.0.directory.try_exists(name)? {
            write_durably(&self.0.directory, name, artifact.as_bytes())?;
        }
        Ok(pin)
    }

    /// Keeps an artifact that is there from being removed; `None` when it is not there. Blocks.
    pub(crate) fn hold(&self, digest: &str) -> io::Result<Option<Pin>> {
        let pin = self.pin(digest);
        Ok(self.0.directory.try_exists(digest)?.then_some(pin))
    }

    fn pin(&self, digest: &str) -> Pin {
        *self.pinned().entry(digest.to_owned()).or_default() += 1;
        Pin {
            artifacts: self.clone(),
            digest: digest.to_owned(),
        }
    }

    fn pinned(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The digests of all artifacts that are there.
    pub(crate) fn digests(&self) -> io::Result<HashSet<String>> {
        self.0
            .directory
            .entries()?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    /// Removes the artifacts that are not in use, and what a crash left half-written.
    pub(crate) fn sweep(&self, in_use: &HashSet<String>) -> io::Result<usize> {
        let unused: Vec<_> = self
            .digests()?
            .into_iter()
            .filter(|n| !in_use.contains(n))
            .collect();
        unused
            .iter()
            .try_for_each(|name| self.0.directory.remove_file(name))?;
        Ok(unused.len())
    }

    /// Removes artifacts that no deployment stands on any more, except those that one is about to.
    /// What cannot be removed is left to the sweep at the next start.
    pub(crate) fn remove(&self, digests: &[String]) {
        let pinned = self.pinned();
        for digest in digests
            .iter()
            .filter(|digest| !pinned.contains_key(*digest))
        {
            if let Err(error) = self.0.directory.remove_file(digest) {
                tracing::debug!(digest, %error, "an unused artifact was not removed");
            }
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        if let Entry::Occupied(mut pins) = self
            .artifacts
            .pinned()
            .entry(std::mem::take(&mut self.digest))
        {
            *pins.get_mut() -= 1;
            if *pins.get() == 0 {
                pins.remove();
            }
        }
    }
}

impl ArtifactStore for Artifacts {
    fn read(&self, digest: &ArtifactDigest) -> Result<Artifact, ArtifactStoreError> {
        match self.0.directory.read(digest.as_str()) {
            Ok(bytes) => Ok(Artifact::from_stored(digest, bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ArtifactStoreError::NotFound(digest.clone()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use sandglass_runtime::EngineDigest;
    use sandglass_runtime::artifact::Header;

    use super::*;

    fn artifacts(path: &Path) -> Artifacts {
        Artifacts::new(Dir::open_ambient_dir(path, cap_std::ambient_authority()).unwrap())
    }

    fn sample(source: &str) -> Artifact {
        let header = Header {
            engine: EngineDigest::of(b"component", b"blank", b"library"),
            file_name: "hello.js".into(),
            source_sha256: String::new(),
            environment: BTreeMap::new(),
            memory_pages: 1,
            bundle: None,
        };
        Artifact::assemble(header, source, b"image")
    }

    #[test]
    fn an_artifact_is_read_back_and_an_unused_one_is_swept() {
        let directory = tempfile::tempdir().unwrap();
        let artifacts = artifacts(directory.path());
        let (used, unused) = (sample("1"), sample("2"));
        for artifact in [&used, &used, &unused] {
            artifacts.write(artifact).unwrap();
        }
        std::fs::write(directory.path().join(".half.new"), "x").unwrap();
        let in_use = HashSet::from([used.digest().as_str().to_owned()]);
        assert_eq!(artifacts.sweep(&in_use).unwrap(), 2);
        assert_eq!(artifacts.read(used.digest()).unwrap(), used);
        let gone = artifacts.read(unused.digest());
        assert!(matches!(gone, Err(ArtifactStoreError::NotFound(_))));
    }

    #[test]
    fn an_artifact_that_is_about_to_be_used_is_not_removed() {
        let directory = tempfile::tempdir().unwrap();
        let artifacts = artifacts(directory.path());
        let artifact = sample("1");
        let digest = [artifact.digest().as_str().to_owned()];
        let (one, two) = (
            artifacts.write(&artifact).unwrap(),
            artifacts.write(&artifact).unwrap(),
        );
        for pin in [one, two] {
            artifacts.remove(&digest);
            assert!(artifacts.read(artifact.digest()).is_ok());
            drop(pin);
        }
        artifacts.remove(&digest);
        assert!(artifacts.read(artifact.digest()).is_err());
    }

    #[test]
    fn a_changed_file_is_not_an_artifact() {
        let directory = tempfile::tempdir().unwrap();
        let artifacts = artifacts(directory.path());
        let artifact = sample("1");
        artifacts.write(&artifact).unwrap();
        std::fs::write(directory.path().join(artifact.digest().as_str()), "x").unwrap();
        let damaged = artifacts.read(artifact.digest());
        assert!(matches!(damaged, Err(ArtifactStoreError::Damaged(_))));
    }
}
