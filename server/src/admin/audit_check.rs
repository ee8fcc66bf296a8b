//! Is the audit log whole, as whoever administers an account may ask?
//!
//! The same reading as `sandglass audit verify`, on a connection of its own, so that nobody else's reads
//! wait for a long log. One at a time, since it reads all of it.

use std::path::Path;
use std::sync::Arc;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError};
use crate::audit::{AuditVerifyError, verify_audit_log};
use crate::clock::now_ms;
use crate::store::StoreError;

/// Whether the audit log of the server is whole, of which an account's rows are a part.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AuditCheck {
    /// Whether each row is as it was written, and none is missing.
    pub whole: bool,
    /// Where it is broken first, as a sentence; only when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// The rows that were read, those of other accounts included; 0 when it is broken.
    pub rows: u64,
    /// The first one; more than 1 when those before it were pruned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_id: Option<u64>,
    /// The last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_id: Option<u64>,
    /// Its hash: keep it elsewhere to prove later that nothing before it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_hash: Option<String>,
}

impl Admin {
    /// Reads the whole audit log and says whether it is as it was written.
    ///
    /// # Errors
    /// When there is no such account, somebody else has it verified right now, or it cannot be read.
    pub async fn verify_audit(&self, account: &AccountId) -> Result<AuditCheck, ChangeError> {
        self.known(account)?;
        // Held by the reading itself: who goes away does not let a second one begin.
        let only = Arc::clone(&self.parts().verifying).try_acquire_owned();
        let only = only.map_err(|_| ChangeError::Busy("the audit log is being verified"))?;
        self.write_tallies(now_ms()).await?;
        let data_dir = self.parts().store.data_dir().to_owned();
        let read = tokio::task::spawn_blocking(move || {
            let _only = only;
            check(&data_dir)
        });
        read.await.unwrap_or(Err(StoreError::Closed.into()))
    }
}

fn check(data_dir: &Path) -> Result<AuditCheck, ChangeError> {
    match verify_audit_log(data_dir) {
        Ok(verdict) => Ok(AuditCheck {
            whole: true,
            rows: verdict.rows,
            first_id: verdict.first_id,
            last_id: Some(verdict.last_id),
            last_hash: Some(verdict.last_hash),
            ..AuditCheck::default()
        }),
        Err(AuditVerifyError::Broken(broken)) => Ok(AuditCheck {
            broken: Some(broken.to_string()),
            ..AuditCheck::default()
        }),
        Err(AuditVerifyError::Database { source, .. }) => {
            Err(ChangeError::Store(StoreError::Sqlite {
                change: "verify the audit log",
                source,
            }))
        }
        Err(AuditVerifyError::File { path, source }) => {
            Err(ChangeError::Store(StoreError::Anchor { path, source }))
        }
        Err(AuditVerifyError::Export(source)) => Err(ChangeError::Store(StoreError::Anchor {
            path: data_dir.to_owned(),
            source,
        })),
    }
}
