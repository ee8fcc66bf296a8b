//! Where do lambdas that are not loaded come from?

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};
use sandglass_runtime::{Artifact, ArtifactDigest, ArtifactStore, ArtifactStoreError};

/// Artifacts in a directory, a file each, as a server keeps them.
#[derive(Debug, Clone)]
pub struct ArtifactDirectory(PathBuf);

impl ArtifactDirectory {
    /// Uses a directory; makes it where it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&path).context("making a directory for artifacts")?;
        Ok(Self(path))
    }

    /// Writes an artifact.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, artifact: &Artifact) -> Result<()> {
        let file = self.0.join(artifact.digest().as_str());
        std::fs::write(file, artifact.as_bytes()).context("writing an artifact")
    }

    /// The digests of all artifacts.
    ///
    /// # Errors
    /// When the directory cannot be read, or holds something else.
    pub fn digests(&self) -> Result<Vec<ArtifactDigest>> {
        let entries = std::fs::read_dir(&self.0).context("reading the directory of artifacts")?;
        entries
            .map(|entry| {
                let name = entry?.file_name();
                Ok(name.to_str().context("a digest is ASCII")?.parse()?)
            })
            .collect()
    }
}

impl ArtifactStore for ArtifactDirectory {
    fn read(&self, digest: &ArtifactDigest) -> Result<Artifact, ArtifactStoreError> {
        let bytes = std::fs::read(self.0.join(digest.as_str())).map_err(|e| match e.kind() {
            ErrorKind::NotFound => ArtifactStoreError::NotFound(digest.clone()),
            _ => ArtifactStoreError::Failed(e),
        })?;
        Ok(Artifact::from_stored(digest, bytes)?)
    }
}
