//! Where do secrets come from?

use std::fmt;

use crate::{BoxFuture, InvocationContext, SecretName};

/// The value of a secret as JSON text. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes JSON text as a secret's value.
    ///
    /// # Errors
    /// When the text is not valid JSON.
    pub fn from_json(json: impl Into<String>) -> Result<Self, serde_json::Error> {
        let json = json.into();
        serde_json::from_str::<serde::de::IgnoredAny>(&json)?;
        Ok(Self(json))
    }

    /// Takes plain text as a secret's value: a JSON string.
    pub fn from_text(text: &str) -> Self {
        Self(serde_json::Value::from(text).to_string())
    }

    /// The value as JSON text.
    pub fn expose_json(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretStoreError {
    /// There is no secret by that name to update.
    #[error("there is no such secret")]
    NotFound,
    /// The value breaks a rule of the store.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error("the secret store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Holds secrets for lambdas. Asked only for names that the policy grants.
pub trait SecretStore: Send + Sync + 'static {
    /// Reads a secret; `None` when there is none by that name.
    fn read<'a>(
        &'a self,
        context: &'a InvocationContext,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretStoreError>>;

    /// Replaces the value of an existing secret.
    fn update<'a>(
        &'a self,
        context: &'a InvocationContext,
        name: &'a SecretName,
        value: Secret,
    ) -> BoxFuture<'a, Result<(), SecretStoreError>>;
}
