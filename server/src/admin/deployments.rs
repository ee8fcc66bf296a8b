//! How does a saved lambda become live, step by step?
//!
//! `Build Start` ► `Build Finish` ► `Deploy Start` ► `Deploy Finish`, or one of the two errors. Each
//! step is durable before the next one begins, so everybody can watch it, and what a crash
//! interrupts begins anew at the next start. Until the last step the version before goes on serving.

mod journey;
mod roll_back;

use std::cmp::Reverse;
use std::sync::Arc;

use sandglass_compiler::CompileError;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::journey::Journey;
use super::{Admin, ChangeError, DeployError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::clock::now_ms;
use crate::registry::Entry;
use crate::status::Problem;
use crate::steps::Watcher;
use crate::store::{
    self, Begun, DeploymentRow, DeploymentState, DeploymentStep, LambdaRow, StoreError,
};

/// A deployment, as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeploymentInfo {
    /// Its id.
    pub uuid: String,
    /// The lambda.
    #[serde(rename = "lambdaUUID")]
    pub lambda_uuid: String,
    /// The lambda's name.
    pub lambda_name: String,
    /// The version that it deploys.
    pub lambda_version: u64,
    /// Where it is.
    pub deployment_state: DeploymentState,
    /// The steps that it has reached, the first one first. A rollback is not built again, so it has
    /// none of a build, unless it has to be.
    pub steps: Vec<DeploymentStep>,
    /// Why it failed, if it did.
    pub deployment_error: Option<DeploymentFailure>,
    /// Whether it is the one that is live.
    pub live: bool,
    /// The artifact, once it was built.
    pub digest: Option<String>,
    /// The size of the artifact in bytes.
    pub artifact_bytes: Option<u64>,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Who began it.
    pub created_by: String,
    /// Milliseconds since the Unix epoch: the last step.
    pub updated_at: u64,
    /// Milliseconds since the Unix epoch, once it was live.
    pub deployed_at: Option<u64>,
    /// Milliseconds since the Unix epoch, once it was not live any more.
    pub undeployed_at: Option<u64>,
}

/// Why a deployment failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeploymentFailure {
    /// For programs.
    pub error_code: String,
    /// For people: the compiler's own words.
    pub error_msg: String,
    /// Always empty; clients of the platform expect it.
    #[serde(default)]
    pub error_logs: Vec<serde_json::Value>,
    /// Where in the source, if it is the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SourcePlace>,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SourcePlace {
    /// The file.
    pub file: String,
    /// From 1; 0 when there is no line to name.
    pub line: u32,
    /// From 1; 0 when there is no column to name.
    pub column: u32,
    /// The line itself.
    pub source_line: String,
    /// What to do.
    pub hint: String,
}

impl Admin {
    /// Begins to deploy what was saved last of a lambda. When this returns, that is durable; the
    /// deployment goes on by itself and can be watched.
    ///
    /// # Errors
    /// When there is no such lambda, a deployment of it is under way, or the database fails.
    pub async fn start_deployment(
        &self,
        id: &AccountId,
        lambda: &str,
    ) -> Result<DeploymentInfo, DeployError> {
        let (_, entry) = self.entry(id, lambda)?;
        let (row, by) = (entry.row.id, self.actor().name.to_string());
        let rows = move |tx: &rusqlite::Connection| {
            let uuid = Uuid::new_v4().to_string();
            store::begin(tx, row, &uuid, &by, now_ms())
        };
        let row = self.begin(id, &entry, AuditAction::LambdaDeploy, rows);
        let row = row.await?;
        let deployment = newest(&row);
        Journey::of(self, id, &row).spawn();
        deployment
    }

    /// Undeploys a lambda. Invocations that run finish; there are no new ones when this returns.
    ///
    /// # Errors
    /// When there is no such lambda, a deployment of it is under way, or the database fails.
    pub async fn undeploy(&self, id: &AccountId, lambda: &str) -> Result<(), DeployError> {
        let (_, entry) = self.entry(id, lambda)?;
        let row = entry.row.id;
        // What an earlier undeployment left marked, because the database failed, is finished.
        if !entry.row.marked {
            let rows = move |tx: &rusqlite::Connection| store::mark(tx, row);
            self.begin(id, &entry, AuditAction::LambdaUndeploy, rows)
                .await?;
        }
        self.finish_undeployment(id, row).await
    }

    async fn finish_undeployment(&self, id: &AccountId, row: i64) -> Result<(), DeployError> {
        let rows = move |tx: &rusqlite::Connection| {
            store::undeploy(tx, row, now_ms()).map_err(sqlite("undeploy a lambda"))
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |row| admin.publish(&id, row);
        let store = &self.parts().store;
        Ok(store
            .transact::<_, StoreError, _>("undeploy a lambda", rows, publish)
            .await?)
    }

    /// The deployments of a lambda that are kept, the latest first.
    ///
    /// # Errors
    /// When there is no such lambda, or the database fails.
    pub async fn deployments_of(
        &self,
        id: &AccountId,
        lambda: &str,
    ) -> Result<Vec<DeploymentInfo>, DeployError> {
        let (_, entry) = self.entry(id, lambda)?;
        let rows = self.deployment_rows(&entry).await?;
        Ok(rows.iter().map(|row| shown(&entry.row, row)).collect())
    }

    async fn deployment_rows(&self, entry: &Entry) -> Result<Vec<DeploymentRow>, StoreError> {
        let lambda = entry.row.id;
        let rows = move |connection: &rusqlite::Connection| store::deployments(connection, lambda);
        let store = &self.parts().store;
        store.read("list the deployments", rows).await
    }

    /// The last deployment of every lambda of an account, the latest first.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn deployments(&self, id: &AccountId) -> Result<Vec<DeploymentInfo>, ChangeError> {
        let account = self.known(id)?;
        let lambdas = account.lambdas().into_iter().map(|entry| &entry.row);
        let last = |row: &LambdaRow| row.last.as_ref().map(|last| shown(row, last));
        let mut deployments: Vec<_> = lambdas.filter_map(last).collect();
        deployments.sort_by_key(|deployment| Reverse(deployment.created_at));
        Ok(deployments)
    }

    /// Watches the last deployment of a lambda.
    pub(crate) fn watch_deployment(
        &self,
        id: &AccountId,
        lambda: &str,
    ) -> Result<Watcher, Problem> {
        let (_, entry) = self.entry(id, lambda).map_err(Problem::from)?;
        let (admin, account, row) = (self.clone(), id.clone(), entry.row.id);
        let now = move || {
            let registry = admin.parts().registry.load();
            let entry = registry.account(account.as_str())?.lambda_of(row)?;
            entry.row.last.as_ref().map(|last| shown(&entry.row, last))
        };
        let place = self.open_tail()?;
        let watcher = self.parts().steps.watch(now, place);
        watcher.ok_or_else(|| Problem::NotFound(format!("{lambda} was never deployed")))
    }

    /// Goes on with the deployments and undeployments that the last run of the server left
    /// unfinished.
    pub(crate) async fn resume_deployments(&self) -> Result<(), DeployError> {
        let entries: Vec<_> = {
            let registry = self.parts().registry.load();
            let accounts = registry.accounts();
            let of = |account: &crate::registry::Account| {
                let lambdas = account.lambdas().into_iter();
                let active = lambdas.filter(|entry| store::is_active(&entry.row));
                active
                    .map(|entry| (account.id.clone(), Arc::clone(entry)))
                    .collect::<Vec<_>>()
            };
            accounts.flat_map(of).collect()
        };
        for (account, entry) in entries {
            tracing::info!(lambda.name = %entry.name, "going on with an unfinished deployment");
            match entry.row.marked {
                true => self.finish_undeployment(&account, entry.row.id).await?,
                false => Journey::of(self, &account, &entry.row).resumed().spawn(),
            }
        }
        Ok(())
    }

    async fn begin(
        &self,
        id: &AccountId,
        entry: &Entry,
        action: AuditAction,
        rows: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<Begun> + Send + 'static,
    ) -> Result<LambdaRow, DeployError> {
        let (admin, account, uuid) = (self.clone(), id.clone(), entry.row.uuid.clone());
        let owner = self.known(id)?;
        let rows = move |tx: &rusqlite::Connection| {
            if action != AuditAction::LambdaUndeploy {
                admin.check_deployed(tx, &owner, &uuid)?;
            }
            let begun = store::leaving(tx, &uuid, None, || rows(tx));
            let (begun, unused) = begun.map_err(sqlite(action.doing()))?;
            if let Begun::Row(row) = &begun {
                admin.sign(step(action, &account, row)).write(tx)?;
            }
            Ok((begun, unused))
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |(begun, unused): (Begun, Vec<String>)| {
            if let Begun::Row(row) = &begun {
                admin.publish(&id, LambdaRow::clone(row));
            }
            admin.parts().artifacts.remove(&unused);
            begun
        };
        let store = &self.parts().store;
        match store
            .transact::<_, DeployError, _>(action.doing(), rows, publish)
            .await?
        {
            Begun::Row(row) => Ok(*row),
            Begun::Active => Err(DeployError::Active),
            Begun::Gone(version) => Err(DeployError::NoSuchVersion(version)),
        }
    }
}

impl SourcePlace {
    pub(crate) fn of(error: &CompileError) -> Self {
        Self {
            file: error.file.clone(),
            line: error.line,
            column: error.column,
            source_line: error.source_line.clone(),
            hint: error.hint.clone(),
        }
    }
}

/// What the audit log says of a step of a lambda's deployment: the last one, or for an undeployment
/// the one that is live.
fn step(action: AuditAction, account: &AccountId, row: &LambdaRow) -> AuditEntry {
    let entry = AuditEntry::new(action, account).target(&row.uuid, &row.name);
    match (action, &row.live, &row.last) {
        (AuditAction::LambdaUndeploy, Some(live), _) => entry.detail("version", live.version),
        (AuditAction::LambdaUndeploy, None, _) | (_, _, None) => entry,
        (_, _, Some(last)) => entry
            .detail("version", last.version)
            .detail("deployment", last.uuid.as_str()),
    }
}

fn newest(row: &LambdaRow) -> Result<DeploymentInfo, DeployError> {
    let last = row.last.as_ref().ok_or(StoreError::Closed)?;
    Ok(shown(row, last))
}

/// A deployment of a lambda, as it is shown.
pub(crate) fn shown(lambda: &LambdaRow, row: &DeploymentRow) -> DeploymentInfo {
    let failure = |json: &String| serde_json::from_str(json).ok();
    let live = lambda.live.as_ref();
    DeploymentInfo {
        uuid: row.uuid.clone(),
        lambda_uuid: lambda.uuid.clone(),
        lambda_name: lambda.name.clone(),
        lambda_version: row.version,
        deployment_state: row.state,
        steps: row.steps.clone(),
        deployment_error: row.error.as_ref().and_then(failure),
        live: live.is_some_and(|live| live.deployment == row.id),
        digest: row.built.as_ref().map(|built| built.digest.clone()),
        artifact_bytes: row.built.as_ref().map(|built| built.artifact_bytes),
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        updated_at: row.updated_at,
        deployed_at: row.deployed_at,
        undeployed_at: row.undeployed_at,
    }
}
