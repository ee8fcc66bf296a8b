//! What has to be built anew before the server can start?
//!
//! An image fits one engine. When a release brings another one, or an artifact is missing, every
//! lambda concerned is built from the source that the database kept.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use crate::admin::{Admin, DeployError, built, source};
use crate::registry::{Entry, parse_uuid};
use crate::store::{self, LambdaRow, Live, StoreError};

/// Lambdas that are under way at once; how many of them are built at once is the server's setting.
const AT_ONCE: usize = 32;

/// Builds what does not fit this engine or is not there. A lambda that does not build any more
/// stays listed, is not invocable, and does not keep the others waiting.
pub(crate) async fn rebuild(admin: &Admin, present: &HashSet<String>) -> Result<(), StoreError> {
    let engine = admin.parts().runtime.engine_digest().as_str().to_owned();
    let outdated: Vec<_> = entries(admin)
        .into_iter()
        .filter(|entry| {
            let outdated = |live: &Live| live.engine != engine || !present.contains(&live.digest);
            entry.row.live.as_ref().is_some_and(outdated)
        })
        .collect();
    if outdated.is_empty() {
        return Ok(());
    }
    let total = outdated.len();
    tracing::info!(lambdas = total, "building lambdas anew for this engine");
    let done = Arc::new(AtomicUsize::new(0));
    let mut builds = JoinSet::new();
    for entry in outdated {
        // Each has its source in memory, so no more than can be built soon.
        while builds.len() >= AT_ONCE {
            builds.join_next().await;
        }
        let (admin, done) = (admin.clone(), Arc::clone(&done));
        builds.spawn(async move {
            let result = rebuild_one(&admin, &entry).await;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            match result {
                Ok(()) => tracing::info!(lambda.name = %entry.name, done, total, "built anew"),
                Err(error) => {
                    tracing::error!(lambda.name = %entry.name, done, total, %error, "not built anew");
                }
            }
        });
    }
    while builds.join_next().await.is_some() {}
    Ok(())
}

fn entries(admin: &Admin) -> Vec<Arc<Entry>> {
    let registry = admin.parts().registry.load();
    registry
        .accounts()
        .flat_map(|account| account.lambdas())
        .map(Arc::clone)
        .collect()
}

async fn rebuild_one(admin: &Admin, entry: &Entry) -> Result<(), DeployError> {
    let row = entry.row.clone();
    let Some(live) = &row.live else {
        return Ok(());
    };
    let saved = admin.saved(row.id, live.version).await?;
    let saved = saved.ok_or(StoreError::Closed)?;
    let account = admin.account_of(row.account)?;
    let uuid = parse_uuid(&row.uuid).unwrap_or_default();
    let source = source(account.as_str(), uuid, &saved.code, &saved.environment)
        .map_err(DeployError::Build)?;
    let artifact = admin
        .parts()
        .build_at_leisure(&source)
        .await?
        .into_artifact();
    let (built, deployment) = (built(&artifact), live.deployment);
    let fresh = LambdaRow {
        live: Some(Live {
            digest: built.digest.clone(),
            engine: built.engine.clone(),
            ..live.clone()
        }),
        ..row
    };
    let _pin = admin.parts().keep(artifact).await?;
    let rows = move |tx: &rusqlite::Connection| {
        let result = store::keep_built(tx, deployment, &built);
        let change = "note a new build";
        result.map_err(|source| StoreError::Sqlite { change, source }.into())
    };
    let owner = admin.clone();
    let publish = move |()| owner.publish(&account, fresh);
    admin
        .parts()
        .store
        .transact("note a new build", rows, publish)
        .await
}
