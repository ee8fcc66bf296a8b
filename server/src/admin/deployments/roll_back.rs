//! How does a version that was built become live again, in one call?
//!
//! What was built of a version is kept as long as the version is, so there is nothing to build: it
//! is loaded and made live. Only what was built for another engine, or is not there any more, is
//! built again from the source that is kept with it.

use sandglass_runtime::{AccountId, ArtifactDigest};
use uuid::Uuid;

use super::super::deploy::{built, load, source};
use super::super::{Admin, DeployError};
use super::{DeploymentInfo, newest};
use crate::artifacts::Pin;
use crate::audit::AuditAction;
use crate::clock::now_ms;
use crate::registry::{Account, Entry};
use crate::store::{self, Built, DeploymentState, DeploymentStep, StoreError, VersionRow};

/// What can be made live.
struct Ready {
    built: Built,
    /// Keeps the artifact until a row stands on it.
    pin: Pin,
    /// The steps that it took to get here.
    steps: Vec<DeploymentStep>,
}

impl Admin {
    /// Makes what was built of a kept version live again, as a deployment of its own. It is built
    /// again only when that was for another engine.
    ///
    /// # Errors
    /// When there is no such lambda, the version is not kept or was never built, a deployment is
    /// under way, or the host fails. What is live stays live then.
    pub async fn roll_back(
        &self,
        id: &AccountId,
        lambda: &str,
        version: u64,
    ) -> Result<DeploymentInfo, DeployError> {
        let (account, entry) = self.entry(id, lambda)?;
        if store::is_active(&entry.row) {
            return Err(DeployError::Active);
        }
        let kept = self.saved(entry.row.id, version).await?;
        let kept = kept.ok_or(DeployError::NoSuchVersion(version))?;
        let Ready {
            built,
            pin,
            mut steps,
        } = self.ready_again(&account, &entry, kept).await?;
        let digest: ArtifactDigest = built.digest.parse().map_err(|_| StoreError::Closed)?;
        let policy = account.policy(&entry.name, &self.parts().limits);
        steps.push(DeploymentState::DeployStart.at(now_ms()));
        // Loaded before it is live, so that no request waits for it.
        let lambda = self.parts().runtime.lambda(digest, policy);
        load(&lambda).await?;
        let (row, by) = (entry.row.id, self.actor().name.to_string());
        let rows = move |tx: &rusqlite::Connection| {
            let uuid = Uuid::new_v4().to_string();
            let made = (&built, &steps[..]);
            store::roll_back(tx, (row, version), (&uuid, &by), made, now_ms())
        };
        let row = self.begin(id, &entry, AuditAction::LambdaRollBack, rows);
        let row = row.await?;
        // The registry has its own handle by now; until then this one kept the code loaded.
        drop((lambda, pin));
        newest(&row)
    }

    async fn ready_again(
        &self,
        account: &Account,
        entry: &Entry,
        kept: VersionRow,
    ) -> Result<Ready, DeployError> {
        let parts = self.parts();
        let was_built = kept.built.ok_or(DeployError::NeverBuilt(kept.version))?;
        if was_built.engine == parts.runtime.engine_digest().as_str()
            && let Some(pin) = parts.hold(was_built.digest.clone()).await?
        {
            return Ok(Ready {
                built: was_built,
                pin,
                steps: Vec::new(),
            });
        }
        let begun = DeploymentState::BuildStart.at(now_ms());
        let source = source(
            account.id.as_str(),
            entry.uuid,
            &kept.code,
            &kept.environment,
        );
        let source = source.map_err(DeployError::Build)?;
        let artifact = parts.build(account, &source).await?.into_artifact();
        let built = built(&artifact);
        let pin = parts.keep(artifact).await?;
        let finished = DeploymentState::BuildFinish.at(now_ms());
        Ok(Ready {
            built,
            pin,
            steps: vec![begun, finished],
        })
    }
}
