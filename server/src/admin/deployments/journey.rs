//! How does a deployment go from one step to the next?

use sandglass_runtime::AccountId;

use super::super::deploy::{built, load, source};
use super::super::{Admin, DeployError, sqlite};
use super::{DeploymentFailure, SourcePlace, step};
use crate::audit::AuditAction;
use crate::clock::now_ms;
use crate::registry::Entry;
use crate::store::{self, Built, DeploymentState, LambdaRow, StoreError};

/// A deployment on its way.
pub(super) struct Journey {
    admin: Admin,
    account: AccountId,
    lambda: i64,
    deployment: i64,
    version: u64,
    /// The last run of the server left it unfinished: nobody waits for it.
    resumed: bool,
}

/// Where a deployment failed, and how.
struct Failure {
    state: DeploymentState,
    why: DeploymentFailure,
}

impl Journey {
    pub(super) fn of(admin: &Admin, account: &AccountId, row: &LambdaRow) -> Self {
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

    pub(super) fn resumed(self) -> Self {
        let resumed = true;
        Self { resumed, ..self }
    }

    pub(super) fn spawn(self) {
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
        let (account_id, code) = (self.account.as_str(), &saved.code);
        let source = source(account_id, entry.uuid, code, &saved.environment);
        let source = source.map_err(|error| build(DeployError::Build(error)))?;
        if self.resumed {
            let noted = self.note_restart().await;
            noted.map_err(|error| build(error.into()))?;
        }
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

    async fn note_restart(&self) -> Result<(), StoreError> {
        let deployment = self.deployment;
        self.change("begin a deployment anew", move |tx| {
            store::restart(tx, deployment, now_ms())
        })
        .await
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
        let uuid = entry.row.uuid.clone();
        let (admin, account) = (self.admin.clone(), self.account.clone());
        let action = AuditAction::LambdaLive;
        let rows = move |tx: &rusqlite::Connection| {
            let made = store::leaving(tx, &uuid, Some(&built.digest), || {
                store::make_live(tx, lambda, deployment, now_ms())
            });
            let (row, unused) = made.map_err(sqlite(action.doing()))?;
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
                let why = chain(error);
                tracing::error!(error = why, "a deployment failed");
                DeploymentFailure {
                    error_code: "com.liveperson.faas.fm.general".to_owned(),
                    error_msg: format!("{why}: deploy the lambda again"),
                    error_logs: Vec::new(),
                    place: None,
                }
            }
        };
        Self { state, why }
    }
}

/// An error with everything that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
