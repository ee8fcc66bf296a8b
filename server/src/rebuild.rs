//! What has to be built anew before the server can start?
//!
//! An image fits one engine. When a release brings another one, or an artifact is missing, every
//! lambda concerned is built from the source that the database kept.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use crate::admin::{Admin, DeployError, source};
use crate::registry::{Entry, parse_uuid};
use crate::store::{self, LambdaRow, StoreError};

/// Lambdas that are under way at once; how many of them are built at once is the server's setting.
const AT_ONCE: usize = 32;

/// Builds what does not fit this engine or is not there. A lambda that does not build any more
/// stays listed, is not invocable, and does not keep the others waiting.
pub(crate) async fn rebuild(admin: &Admin, present: &HashSet<String>) -> Result<(), StoreError> {
    let engine = admin.parts().runtime.engine_digest().as_str().to_owned();
    let outdated: Vec<_> = entries(admin)
        .into_iter()
        .filter(|entry| entry.row.engine != engine || !present.contains(&entry.row.digest))
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
    let (id, version) = (row.id, row.version);
    let read = move |connection: &rusqlite::Connection| store::source_of(connection, id, version);
    let code = admin
        .parts()
        .store
        .read("read a lambda's source", read)
        .await?;
    let account = admin.account_of(row.account)?;
    let uuid = parse_uuid(&row.uuid).unwrap_or_default();
    let source =
        source(account.as_str(), uuid, &code, &row.environment).map_err(DeployError::Build)?;
    let artifact = admin
        .parts()
        .build_at_leisure(&source)
        .await?
        .into_artifact();
    let bytes = artifact.as_bytes().len() as u64;
    let fresh = LambdaRow {
        digest: artifact.digest().as_str().to_owned(),
        engine: artifact.header().engine.as_str().to_owned(),
        ..row
    };
    let published = fresh.clone();
    let _pin = admin.parts().keep(artifact).await?;
    let rows = move |tx: &rusqlite::Connection| {
        let result = store::redeploy(tx, &fresh, bytes);
        let change = "note a new build";
        result.map_err(|source| StoreError::Sqlite { change, source }.into())
    };
    let owner = admin.clone();
    let publish = move |()| owner.publish(&account, published);
    admin
        .parts()
        .store
        .transact("note a new build", rows, publish)
        .await
}
