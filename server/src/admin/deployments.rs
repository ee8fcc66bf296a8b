//! How does a saved lambda become live, step by step?
//!
//! `Build Start` ► `Build Finish` ► `Deploy Start` ► `Deploy Finish`, or one of the two errors. Each
//! step is durable before the next one begins, so everybody can watch it, and what a crash
//! interrupts begins anew at the next start. Until the last step the version before goes on serving.

use std::cmp::Reverse;
use std::sync::Arc;

use sandglass_compiler::CompileError;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::deploy::{built, load, source};
use super::{Admin, ChangeError, DeployError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::clock::now_ms;
use crate::registry::Entry;
use crate::status::Problem;
use crate::steps::Watcher;
use crate::store::{self, Begun, Built, DeploymentRow, DeploymentState, LambdaRow, StoreError};

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

/// Where a deployment failed, and how.
struct Failure {
    state: DeploymentState,
    why: DeploymentFailure,
}

/// A deployment on its way.
struct Journey {
    admin: Admin,
    account: AccountId,
    lambda: i64,
    deployment: i64,
    version: u64,
    /// The last run of the server left it unfinished: nobody waits for it.
    resumed: bool,
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
        let (account, entry) = self.entry(id, lambda)?;
        let (row, by) = (entry.row.id, self.actor().name.to_string());
        let keeper = self.clone();
        let rows = move |tx: &rusqlite::Connection| {
            keeper.check_deployed(tx, &account, &entry.row.uuid)?;
            let uuid = Uuid::new_v4().to_string();
            let begun = store::begin(tx, row, &uuid, &by, now_ms());
            Ok(begun.map_err(sqlite("begin a deployment"))?)
        };
        let row = self.begin(id, AuditAction::LambdaDeploy, rows).await?;
        let deployment = newest(&row);
        Journey::of(self, id, &row).spawn();
        deployment
    }

    /// Makes what an earlier deployment built live again, without a build.
    ///
    /// # Errors
    /// When there is no such lambda, that version was never deployed or is not kept any more, was
    /// built for another engine, a deployment is under way, or the database fails.
    pub async fn roll_back(
        &self,
        id: &AccountId,
        lambda: &str,
        version: u64,
    ) -> Result<DeploymentInfo, DeployError> {
        let (account, entry) = self.entry(id, lambda)?;
        let kept = self.deployment_rows(&entry).await?;
        let engine = self.parts().runtime.engine_digest().as_str();
        let built = kept
            .into_iter()
            .filter(|deployment| deployment.version == version)
            .filter(|deployment| deployment.deployed_at.is_some())
            .find_map(|deployment| deployment.built)
            .filter(|built| built.engine == engine)
            .ok_or(DeployError::NoSuchVersion(version))?;
        let digest = built.digest.parse().map_err(|_| StoreError::Closed)?;
        let policy = account.policy(&entry.name, &self.parts().limits);
        // Loaded before it is live, so that no request waits for it.
        let lambda = self.parts().runtime.lambda(digest, policy);
        load(&lambda).await?;
        let (row, by) = (entry.row.id, self.actor().name.to_string());
        let keeper = self.clone();
        let rows = move |tx: &rusqlite::Connection| {
            keeper.check_deployed(tx, &account, &entry.row.uuid)?;
            let uuid = Uuid::new_v4().to_string();
            let begun = store::roll_back(tx, row, (version, &built), &uuid, &by, now_ms());
            Ok(begun.map_err(sqlite("roll a lambda back"))?)
        };
        let row = self.begin(id, AuditAction::LambdaRollBack, rows).await?;
        drop(lambda);
        newest(&row)
    }

    /// Undeploys a lambda. Invocations that run finish; there are no new ones when this returns.
    ///
    /// # Errors
    /// When there is no such lambda, a deployment of it is under way, or the database fails.
    pub async fn undeploy(&self, id: &AccountId, lambda: &str) -> Result<(), DeployError> {
        let (_, entry) = self.entry(id, lambda)?;
        let row = entry.row.id;
        let rows =
            move |tx: &rusqlite::Connection| Ok(store::mark(tx, row).map_err(sqlite("undeploy"))?);
        self.begin(id, AuditAction::LambdaUndeploy, rows).await?;
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
        action: AuditAction,
        rows: impl FnOnce(&rusqlite::Connection) -> Result<Begun, DeployError> + Send + 'static,
    ) -> Result<LambdaRow, DeployError> {
        let (admin, account) = (self.clone(), id.clone());
        let rows = move |tx: &rusqlite::Connection| {
            let begun = rows(tx)?;
            if let Begun::Begun(row) = &begun {
                admin.sign(step(action, &account, row)).write(tx)?;
            }
            Ok(begun)
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |begun| {
            if let Begun::Begun(row) = &begun {
                admin.publish(&id, LambdaRow::clone(row));
            }
            begun
        };
        let store = &self.parts().store;
        match store
            .transact::<_, DeployError, _>(action.doing(), rows, publish)
            .await?
        {
            Begun::Begun(row) => Ok(*row),
            Begun::Active => Err(DeployError::Active),
        }
    }
}

impl Journey {
    fn of(admin: &Admin, account: &AccountId, row: &LambdaRow) -> Self {
        let last = row.last.as_ref();
        Self {
            admin: admin.clone(),
            account: account.clone(),
            lambda: row.id,
            deployment: last.map_or(0, |last| last.id),
            version: last.map_or(0, |last| last.version),
            resumed: false,
        }
    }

    fn resumed(self) -> Self {
        let resumed = true;
        Self { resumed, ..self }
    }

    fn spawn(self) {
        tokio::spawn(async move {
            let Err(failure) = self.run().await else {
                return;
            };
            if let Err(error) = self.note_failure(failure).await {
                // The next start of the server finds it unfinished and begins it anew.
                tracing::error!(%error, "the end of a deployment was not noted");
            }
        });
    }

    async fn run(&self) -> Result<(), Failure> {
        let build = |error: DeployError| Failure::of(DeploymentState::BuildError, &error);
        let deploy = |error: DeployError| Failure::of(DeploymentState::DeployError, &error);
        let (registry, admin) = (self.admin.parts().registry.load_full(), &self.admin);
        let account = registry.account(self.account.as_str());
        let entry = account.and_then(|account| account.lambda_of(self.lambda));
        let (Some(account), Some(entry)) = (account, entry) else {
            // It was deleted meanwhile, and with it the deployment.
            return Ok(());
        };
        let saved = admin.saved(self.lambda, self.version).await;
        let saved = saved.map_err(|error| build(error.into()))?;
        let saved = saved.ok_or_else(|| build(DeployError::NoSuchVersion(self.version)))?;
        let source = source(
            self.account.as_str(),
            entry.uuid,
            &saved.code,
            &saved.environment,
        );
        let source = source.map_err(|error| build(DeployError::Build(error)))?;
        let built_now = match self.resumed {
            true => admin.parts().build_at_leisure(&source).await,
            false => admin.parts().build(account, &source).await,
        };
        let artifact = built_now.map_err(build)?.into_artifact();
        let (digest, built) = (artifact.digest().clone(), built(&artifact));
        let pin = admin.parts().keep(artifact).await.map_err(deploy)?;
        let noted = self.note_built(built.clone()).await;
        noted.map_err(|error| deploy(error.into()))?;
        let noted = self.note_start().await;
        noted.map_err(|error| deploy(error.into()))?;
        let policy = account.policy(&entry.name, &admin.parts().limits);
        // Loaded before it is live, so that no request waits for it.
        let lambda = admin.parts().runtime.lambda(digest, policy);
        load(&lambda).await.map_err(deploy)?;
        let finished = self.make_live(entry, built).await;
        finished.map_err(|error| deploy(error.into()))?;
        // The registry has its own handle by now; until then this one kept the code loaded.
        drop((lambda, pin));
        Ok(())
    }

    async fn note_built(&self, built: Built) -> Result<(), StoreError> {
        let deployment = self.deployment;
        self.change("note a build", move |tx| {
            store::note_built(tx, deployment, &built, now_ms())
        })
        .await
    }

    async fn note_start(&self) -> Result<(), StoreError> {
        let (deployment, state) = (self.deployment, DeploymentState::DeployStart);
        self.change("note a step of a deployment", move |tx| {
            store::note_state(tx, deployment, state, None, now_ms())
        })
        .await
    }

    async fn note_failure(&self, Failure { state, why }: Failure) -> Result<(), StoreError> {
        let (lambda, deployment) = (self.lambda, self.deployment);
        let json = serde_json::to_string(&why).expect("a failure has string keys");
        let (admin, account) = (self.admin.clone(), self.account.clone());
        let action = AuditAction::LambdaDeployFailed;
        let rows = move |tx: &rusqlite::Connection| {
            let noted = || {
                store::note_state(tx, deployment, state, Some(&json), now_ms())?;
                store::by_id(tx, lambda)
            };
            let row = noted().map_err(sqlite(action.doing()))?;
            let entry = step(action, &account, &row)
                .detail("state", state.as_str())
                .detail("errorCode", why.error_code);
            admin.sign(entry).write(tx)?;
            Ok(row)
        };
        let (admin, account) = (self.admin.clone(), self.account.clone());
        let publish = move |row| admin.publish(&account, row);
        let store = &self.admin.parts().store;
        store.transact(action.doing(), rows, publish).await
    }

    /// Changes the deployment's row, when it is still there, and publishes its lambda.
    async fn change(
        &self,
        change: &'static str,
        rows: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Result<(), StoreError> {
        let lambda = self.lambda;
        let rows = move |tx: &rusqlite::Connection| {
            let changed = || {
                rows(tx)?;
                store::by_id(tx, lambda)
            };
            changed().map_err(sqlite(change))
        };
        let (admin, account) = (self.admin.clone(), self.account.clone());
        let publish = move |row| admin.publish(&account, row);
        let store = &self.admin.parts().store;
        store.transact(change, rows, publish).await
    }

    async fn make_live(&self, entry: &Entry, built: Built) -> Result<(), StoreError> {
        let (lambda, deployment) = (self.lambda, self.deployment);
        let (owner, name) = (entry.row.account, entry.row.name.clone());
        let (admin, account) = (self.admin.clone(), self.account.clone());
        let action = AuditAction::LambdaLive;
        let rows = move |tx: &rusqlite::Connection| {
            let made = || {
                let mut before = store::digests_of(tx, owner, &name)?;
                before.push(built.digest);
                let row = store::make_live(tx, lambda, deployment, now_ms())?;
                Ok((row, store::unused(tx, before)?))
            };
            let (row, unused) = made().map_err(sqlite(action.doing()))?;
            admin.sign(step(action, &account, &row)).write(tx)?;
            Ok((row, unused))
        };
        let (admin, account) = (self.admin.clone(), self.account.clone());
        let publish = move |(row, unused): (LambdaRow, Vec<String>)| {
            admin.publish(&account, row);
            admin.parts().artifacts.remove(&unused);
        };
        let store = &self.admin.parts().store;
        store.transact(action.doing(), rows, publish).await
    }
}

impl Failure {
    fn of(state: DeploymentState, error: &DeployError) -> Self {
        let why = match error {
            DeployError::Build(error) => DeploymentFailure {
                error_code: "com.liveperson.faas.fm.build-error".to_owned(),
                error_msg: error.message.clone(),
                error_logs: Vec::new(),
                place: Some(SourcePlace::of(error)),
            },
            error => {
                tracing::error!(error = %chain(error), "a deployment failed");
                DeploymentFailure {
                    error_code: "com.liveperson.faas.fm.general".to_owned(),
                    error_msg: format!("{error}: deploy the lambda again"),
                    error_logs: Vec::new(),
                    place: None,
                }
            }
        };
        Self { state, why }
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

/// An error with everything that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
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
