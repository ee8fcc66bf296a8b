//! How does source become a live lambda?
//!
//! Build, load, then one change on the store's thread: make the artifact durable, commit the rows,
//! swap the registry. Whatever a crash interrupts, either the rows speak of a whole artifact or
//! nothing was deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sandglass_compiler::{CompileError, CompileErrorKind, Source};
use sandglass_runtime::artifact::Bundle;
use sandglass_runtime::{AccountId, Artifact, InvokeError, Lambda, LambdaName, NameError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::environment::EnvironmentError;
use super::{Admin, ChangeError, FunctionSize, Parts, sqlite};
use crate::artifacts::Pin;
use crate::audit::{AuditAction, AuditEntry};
use crate::builds::{BuildsFull, Turn};
use crate::clock::now_ms;
use crate::registry::{self, Account, Entry, parse_uuid};
use crate::store::{
    self, Built, Code, Committed, DeploymentState, DeploymentStep, Draft, LambdaRow, StoreError,
};

/// How often a deployment starts over because somebody else changed the same lambda.
const ATTEMPTS: usize = 5;

/// What is to be deployed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeployRequest {
    /// The lambda's name, unique in its account. The lambda is made when it does not exist.
    pub name: String,
    /// For people; `None` keeps what the lambda has.
    #[serde(default)]
    pub description: Option<String>,
    /// The file name that error stacks show.
    pub file_name: String,
    /// JavaScript or TypeScript source.
    pub code: String,
    /// The source with everything that it imports, when it imports more than the engine has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<BundleShape>")]
    pub bundle: Option<Bundle>,
    /// `process.env`; `None` keeps what the lambda has.
    #[serde(default)]
    pub environment: Option<BTreeMap<String, String>>,
}

/// The shape of [`Bundle`] on the wire.
#[derive(JsonSchema)]
#[schemars(rename = "Bundle")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct BundleShape {
    /// JavaScript.
    code: String,
    /// The source map of the code (ECMA-426), with sources relative to the project.
    map: String,
    /// Whether it is an ECMAScript module; otherwise it is a CommonJS script.
    module: bool,
    /// The engine's own modules that it asks for.
    requires: Vec<String>,
    /// What the lambda reads with `fs`: base64 by path, relative to `/`. At most 1,000 files of 4,000,000 bytes together.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

/// What was deployed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Deployed {
    /// The lambda.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Counts the deployments from 1.
    pub version: u64,
    /// The artifact.
    pub digest: String,
    /// How long the build took.
    pub build_millis: f64,
    /// The artifact's size.
    pub artifact_bytes: u64,
}

/// Why nothing was deployed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// There is no such account.
    #[error("there is no account {0}")]
    NoSuchAccount(AccountId),
    /// There is no such lambda.
    #[error("there is no lambda {0}")]
    NoSuchLambda(String),
    /// The lambda has no such environment variable.
    #[error("the lambda has no environment variable {0}")]
    NoSuchVariable(String),
    /// The name is not one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The name looks like a UUID, and lambdas can be spoken of by either.
    #[error("a lambda cannot be named like a UUID")]
    NameIsUuid,
    /// The description is too long.
    #[error("a description has at most {0} characters")]
    DescriptionTooLong(usize),
    /// The source is too long.
    #[error("a source has at most {0} characters")]
    SourceTooLong(usize),
    /// The account has too many lambdas.
    #[error("an account can have {0} lambdas")]
    TooManyLambdas(usize),
    /// The account has too many lambdas that are deployed.
    #[error("an account can have {0} lambdas deployed: undeploy one first")]
    TooManyDeployed(usize),
    /// An environment variable breaks a rule.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// Too many builds are waiting.
    #[error(transparent)]
    Full(#[from] BuildsFull),
    /// The source does not build.
    #[error(transparent)]
    Build(CompileError),
    /// The build failed through no fault of the source.
    #[error("the build failed")]
    Host(#[source] CompileError),
    /// The artifact could not be loaded.
    #[error("the new artifact could not be loaded")]
    Load(#[source] InvokeError),
    /// The artifact could not be written.
    #[error("the artifact could not be written")]
    Artifact(#[source] io::Error),
    /// That version is not kept, or never was there.
    #[error("version {0} is not kept: the versions of the lambda list those that are")]
    NoSuchVersion(u64),
    /// That version was saved, and nothing more.
    #[error(
        "version {0} was never built, so there is nothing to go back to: deploy it, after a restore when it is not the latest"
    )]
    NeverBuilt(u64),
    /// There is no such lambda.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A deployment or an undeployment of the lambda is under way.
    #[error("Can not deploy a lambda during an active deployment")]
    Active,
    /// Others kept changing the same lambda.
    #[error("the lambda was changed by others at the same time: try again")]
    Overtaken,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A deployment that was thought through against one picture of the registry.
pub(super) struct Plan {
    account: Arc<Account>,
    pub(super) uuid: Uuid,
    pub(super) based_on: u64,
    pub(super) name: LambdaName,
    pub(super) description: Option<String>,
    pub(super) code: Code,
    pub(super) environment: BTreeMap<String, String>,
}

/// A finished build.
pub(crate) struct Build {
    pub(super) artifact: Artifact,
    time: Duration,
}

impl Admin {
    /// Builds a lambda and makes it live. When this returns, it is durable and answers.
    ///
    /// # Errors
    /// When the request breaks a rule, the source does not build, or the host fails. Nothing has
    /// changed then.
    pub async fn deploy(
        &self,
        account: &AccountId,
        request: DeployRequest,
    ) -> Result<Deployed, DeployError> {
        let name: LambdaName = request.name.parse()?;
        if parse_uuid(name.as_str()).is_some() {
            return Err(DeployError::NameIsUuid);
        }
        let description = request.description.as_ref();
        let max = self.may_have().description_chars_max;
        if description.is_some_and(|text| text.chars().count() > max) {
            return Err(DeployError::DescriptionTooLong(max));
        }
        for _ in 0..ATTEMPTS {
            let plan = self.plan(account, &name, &request)?;
            if let Some(deployed) = self.carry_out(plan).await? {
                return Ok(deployed);
            }
        }
        Err(DeployError::Overtaken)
    }

    fn plan(
        &self,
        account: &AccountId,
        name: &LambdaName,
        request: &DeployRequest,
    ) -> Result<Plan, DeployError> {
        let account = self
            .account(account)
            .ok_or_else(|| DeployError::NoSuchAccount(account.clone()))?;
        let before = account.lambda(name.as_str());
        let max = self.may_have().lambdas_max;
        if before.is_none() && account.len() >= max {
            return Err(DeployError::TooManyLambdas(max));
        }
        let kept = || {
            before
                .map(|entry| entry.row.environment.clone())
                .unwrap_or_default()
        };
        let plan = Plan {
            uuid: before.map_or_else(Uuid::new_v4, |entry| entry.uuid),
            based_on: before.map_or(0, |entry| entry.row.version),
            name: name.clone(),
            description: request.description.clone(),
            code: Code {
                file_name: request.file_name.clone(),
                text: request.code.clone(),
                bundle: request.bundle.clone(),
            },
            environment: request.environment.clone().unwrap_or_else(kept),
            account: Arc::clone(&account),
        };
        Ok(plan)
    }

    /// Carries a plan out; `None` when it was overtaken.
    pub(super) async fn carry_out(&self, plan: Plan) -> Result<Option<Deployed>, DeployError> {
        super::environment::check(&plan.environment, self.may_have())?;
        let account = plan.account.id.as_str();
        let source =
            source(account, plan.uuid, &plan.code, &plan.environment).map_err(build_error)?;
        let max = self.may_have().source_chars_max;
        if plan.code.text.chars().count() > max {
            return Err(DeployError::SourceTooLong(max));
        }
        let begun = DeploymentState::BuildStart.at(now_ms());
        let build = self.parts().build(&plan.account, &source).await?;
        self.commit(plan, build, begun).await
    }

    async fn commit(
        &self,
        plan: Plan,
        build: Build,
        begun: DeploymentStep,
    ) -> Result<Option<Deployed>, DeployError> {
        let Build { artifact, time } = build;
        let draft = Draft {
            account: plan.account.row,
            uuid: plan.uuid.to_string(),
            name: plan.name.as_str().to_owned(),
            description: plan.description,
            event_id: None,
            skills: None,
            size: FunctionSize::default().as_str(),
            based_on: plan.based_on,
            code: plan.code,
            environment: plan.environment,
            by: self.actor().name.to_string(),
            at: now_ms(),
        };
        let built = built(&artifact);
        let (digest, artifact_bytes) = (built.digest.clone(), built.artifact_bytes);
        let lambda = self.parts().runtime.lambda(
            artifact.digest().clone(),
            plan.account.policy(&plan.name, &self.parts().limits),
        );
        let pin = self.parts().keep(artifact).await?;
        let kept = now_ms();
        let steps = [
            begun,
            DeploymentState::BuildFinish.at(kept),
            DeploymentState::DeployStart.at(kept),
        ];
        load(&lambda).await?;
        let audit = self.sign(
            AuditEntry::new(AuditAction::LambdaDeploy, &plan.account.id)
                .target(&draft.uuid, &draft.name)
                .detail("version", draft.based_on + 1)
                .detail("digest", digest.as_str())
                .detail("variables", changed_variables(&plan.account, &draft)),
        );
        let (keeper, owner) = (self.clone(), Arc::clone(&plan.account));
        let rows = move |tx: &rusqlite::Connection| {
            keeper.check_deployed(tx, &owner, &draft.uuid)?;
            let failed = sqlite("deploy a lambda");
            let (deployment, at) = (Uuid::new_v4().to_string(), now_ms());
            let made = (&built, &steps[..]);
            let (committed, unused) = store::leaving(tx, &draft.uuid, Some(&built.digest), || {
                store::deploy(tx, &draft, &deployment, made, at)
            })
            .map_err(failed)?;
            if matches!(committed, Committed::Done(_)) {
                audit.write(tx)?;
            }
            Ok::<_, DeployError>((committed, unused))
        };
        let (admin, account) = (self.clone(), plan.account.id.clone());
        let publish = move |(committed, unused): (Committed, Vec<String>)| {
            if let Committed::Done(row) = &committed {
                admin.publish(&account, LambdaRow::clone(row));
            }
            // The registry has its own handle by now; until then this one kept the code loaded.
            drop(lambda);
            // Held until here: what is removed next may be this very build, if it was overtaken.
            drop(pin);
            admin.parts().artifacts.remove(&unused);
            committed
        };
        let store = &self.parts().store;
        match store.transact("deploy a lambda", rows, publish).await? {
            Committed::Done(row) => Ok(Some(Deployed {
                uuid: row.uuid,
                name: row.name,
                version: row.version,
                digest,
                build_millis: time.as_secs_f64() * 1e3,
                artifact_bytes,
            })),
            Committed::Overtaken => Ok(None),
            Committed::Active => Err(DeployError::Active),
        }
    }

    /// Whether one more lambda of an account may be deployed. Only to be called in a transaction; it
    /// counts nothing where the lambdas that there are do not reach the bound.
    pub(super) fn check_deployed(
        &self,
        tx: &rusqlite::Connection,
        account: &Account,
        lambda: &str,
    ) -> Result<(), DeployError> {
        let max = self.may_have().deployed_max;
        if account.len() < max {
            return Ok(());
        }
        let others = store::count_deployed(tx, account.row, lambda);
        match others.map_err(sqlite("count what is deployed"))? < max as u64 {
            true => Ok(()),
            false => Err(DeployError::TooManyDeployed(max)),
        }
    }

    /// Puts a committed row into the registry. Only to be called on the store's thread.
    pub(crate) fn publish(&self, account: &AccountId, row: LambdaRow) {
        let Parts {
            registry,
            runtime,
            limits,
            steps,
            ..
        } = self.parts();
        let step = row.last.as_ref().filter(|_| steps.are_watched());
        let step = step.map(|last| super::shown(&row, last));
        registry::change(registry, |next| {
            let account = next.account_mut(account, row.account);
            match Entry::new(row, account, runtime, limits) {
                Ok(entry) => account.put(entry),
                Err(error) => tracing::error!(%error, "a lambda was not published"),
            }
        });
        step.into_iter().for_each(|step| steps.tell(step));
    }
}

impl Parts {
    /// Builds, when it is this build's turn.
    pub(crate) async fn build(
        &self,
        account: &Account,
        source: &Source,
    ) -> Result<Build, DeployError> {
        let turn = self.builds.turn(&account.holdings).await?;
        self.build_now(turn, source).await
    }

    /// Builds what nobody waits for, whenever there is a turn.
    pub(crate) async fn build_at_leisure(&self, source: &Source) -> Result<Build, DeployError> {
        let turn = self.builds.turn_at_leisure().await;
        self.build_now(turn, source).await
    }

    /// Says what is wrong with a source, when it is its turn.
    pub(super) async fn check(
        &self,
        account: &Account,
        source: &Source,
    ) -> Result<(), DeployError> {
        let _turn = self.builds.turn(&account.holdings).await?;
        self.compiler.check(source).await.map_err(build_error)
    }

    /// Says all that is wrong with a source, when it is its turn.
    pub(super) async fn mistakes(
        &self,
        account: &Account,
        source: &Source,
    ) -> Result<Vec<CompileError>, DeployError> {
        let _turn = self.builds.turn(&account.holdings).await?;
        let mut found = self.compiler.mistakes(source).await;
        match found
            .iter()
            .position(|error| error.kind == CompileErrorKind::Host)
        {
            Some(host) => Err(build_error(found.swap_remove(host))),
            None => Ok(found),
        }
    }

    async fn build_now(&self, _turn: Turn<'_>, source: &Source) -> Result<Build, DeployError> {
        let start = Instant::now();
        let result = self.compiler.compile(source).await;
        let time = start.elapsed();
        self.metrics.built(time, result.is_ok());
        Ok(Build {
            artifact: result.map_err(build_error)?,
            time,
        })
    }
}

impl Parts {
    /// Keeps an artifact that is there from being removed, on a thread that may wait for the disk;
    /// `None` when it is not there.
    pub(super) async fn hold(&self, digest: String) -> Result<Option<Pin>, DeployError> {
        let artifacts = self.artifacts.clone();
        let held = tokio::task::spawn_blocking(move || artifacts.hold(&digest)).await;
        match held {
            Ok(pin) => pin.map_err(DeployError::Artifact),
            Err(error) => Err(DeployError::Artifact(error.into())),
        }
    }

    /// Makes an artifact durable, on a thread that may wait for the disk.
    pub(crate) async fn keep(&self, artifact: Artifact) -> Result<Pin, DeployError> {
        let artifacts = self.artifacts.clone();
        let written = tokio::task::spawn_blocking(move || artifacts.write(&artifact)).await;
        match written {
            Ok(pin) => pin.map_err(DeployError::Artifact),
            Err(error) => Err(DeployError::Artifact(error.into())),
        }
    }
}

impl Build {
    pub(crate) fn into_artifact(self) -> Artifact {
        self.artifact
    }
}

/// The names of the environment variables that a draft changes.
fn changed_variables(account: &Account, draft: &Draft) -> Vec<String> {
    let none = BTreeMap::new();
    let before = account.lambda(&draft.name);
    let before = before.map_or(&none, |entry| &entry.row.environment);
    let names: BTreeSet<_> = before.keys().chain(draft.environment.keys()).collect();
    let changed = names
        .into_iter()
        .filter(|name| before.get(*name) != draft.environment.get(*name));
    changed.cloned().collect()
}

/// What the rows say of an artifact.
pub(crate) fn built(artifact: &Artifact) -> Built {
    Built {
        digest: artifact.digest().as_str().to_owned(),
        engine: artifact.header().engine.as_str().to_owned(),
        artifact_bytes: artifact.as_bytes().len() as u64,
    }
}

/// Proves that a lambda loads, and leaves its code ready for the first call.
pub(super) async fn load(lambda: &Lambda) -> Result<(), DeployError> {
    match lambda.checkout().await {
        // The code is loaded before a sandbox is looked for.
        Ok(_) | Err(InvokeError::Busy) => Ok(()),
        Err(error) => Err(DeployError::Load(error)),
    }
}

/// A lambda's source with its whole environment: the user's, and what the platform adds.
pub(crate) fn source(
    account: &str,
    uuid: Uuid,
    code: &Code,
    environment: &BTreeMap<String, String>,
) -> Result<Source, CompileError> {
    let source = Source::new(&*code.file_name, &*code.text)?;
    let source = match &code.bundle {
        Some(bundle) => source.with_bundle(bundle.clone())?,
        None => source,
    };
    let source = source
        .env("BRAND_ID", account)?
        .env("LAMBDA_UUID", uuid.to_string())?;
    environment
        .iter()
        .try_fold(source, |source, (name, value)| source.env(name, value))
}

fn build_error(error: CompileError) -> DeployError {
    match error.kind {
        CompileErrorKind::Host => DeployError::Host(error),
        _ => DeployError::Build(error),
    }
}

impl Plan {
    /// The plan to give a lambda another environment.
    pub(super) fn with_environment(
        account: Arc<Account>,
        entry: &Entry,
        code: Code,
        environment: BTreeMap<String, String>,
    ) -> Self {
        Self {
            account,
            uuid: entry.uuid,
            based_on: entry.row.version,
            name: entry.name.clone(),
            description: None,
            code,
            environment,
        }
    }
}
