//! Where do artifacts and secrets come from when the embedder has nothing of its own?

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sandglass_host_abi::artifact::ArtifactError;
use sandglass_host_abi::{
    Artifact, ArtifactDigest, BoxFuture, InvocationContext, NameError, Secret, SecretName,
    SecretStore, SecretStoreError,
};

/// Why an artifact could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactStoreError {
    /// The store has no artifact by that digest.
    #[error("there is no artifact {0}")]
    NotFound(ArtifactDigest),
    /// The artifact is damaged.
    #[error(transparent)]
    Damaged(#[from] ArtifactError),
    /// The store failed.
    #[error("the artifact store failed")]
    Failed(#[from] std::io::Error),
}

/// Where the runtime finds the artifacts of lambdas that are not loaded. Called on a thread where
/// blocking is allowed.
pub trait ArtifactStore: Send + Sync + 'static {
    /// Reads one artifact.
    fn read(&self, digest: &ArtifactDigest) -> Result<Artifact, ArtifactStoreError>;
}

/// Artifacts kept in memory.
#[derive(Debug, Default)]
pub struct MemoryArtifacts(Mutex<HashMap<ArtifactDigest, Artifact>>);

impl MemoryArtifacts {
    /// Keeps an artifact.
    pub fn insert(&self, artifact: Artifact) {
        let mut artifacts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        artifacts.insert(artifact.digest().clone(), artifact);
    }
}

impl ArtifactStore for MemoryArtifacts {
    fn read(&self, digest: &ArtifactDigest) -> Result<Artifact, ArtifactStoreError> {
        let artifacts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        artifacts
            .get(digest)
            .cloned()
            .ok_or_else(|| ArtifactStoreError::NotFound(digest.clone()))
    }
}

/// Secrets fixed when the runtime is built; updates last as long as the runtime.
pub struct FixedSecrets(Mutex<HashMap<SecretName, Secret>>);

impl FixedSecrets {
    /// Takes names with their values, plain text.
    ///
    /// # Errors
    /// When a name is not a secret name.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(
        secrets: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, NameError> {
        let secrets = secrets
            .into_iter()
            .map(|(name, value)| Ok((name.as_ref().parse()?, Secret::from_text(value.as_ref()))));
        Ok(Self(Mutex::new(secrets.collect::<Result<_, NameError>>()?)))
    }
}

impl SecretStore for FixedSecrets {
    fn read<'a>(
        &'a self,
        _context: &'a InvocationContext,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretStoreError>> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = secrets.get(name).cloned();
        Box::pin(async { Ok(secret) })
    }

    fn update<'a>(
        &'a self,
        _context: &'a InvocationContext,
        name: &'a SecretName,
        value: Secret,
    ) -> BoxFuture<'a, Result<(), SecretStoreError>> {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let updated = secrets.get_mut(name).map(|secret| *secret = value);
        Box::pin(async move { updated.ok_or(SecretStoreError::NotFound) })
    }
}
