//! Which lambdas are there, and how does one change or go?

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::registry::{self, Account, Entry, State};
use crate::store::{self, DeploymentState, LambdaRow, StoreError, VersionRow};

/// What can be said of a lambda as a whole (spec 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum LambdaState {
    /// It was saved and is not live.
    Draft,
    /// What was saved last is live.
    Productive,
    /// It is live, and was saved since.
    Modified,
    /// It is about to be undeployed.
    #[serde(rename = "Marked Undeployed")]
    MarkedUndeployed,
    /// Its last deployment does not build, or what is live does not build for this release.
    #[serde(rename = "Build Error")]
    BuildError,
    /// Its last deployment was built, but could not be loaded.
    #[serde(rename = "Deploy Error")]
    DeployError,
}

/// A lambda, as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LambdaInfo {
    /// Its id.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// The event that invokes it, if one does.
    pub event_id: Option<String>,
    /// The skills for which that event invokes it; none for all.
    pub skills: Vec<String>,
    /// What can be said of it as a whole.
    pub state: LambdaState,
    /// Counts what was saved, from 1.
    pub version: u64,
    /// The version that is live.
    pub live_version: Option<u64>,
    /// The live artifact.
    pub digest: Option<String>,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Who made it.
    pub created_by: String,
    /// Milliseconds since the Unix epoch.
    pub updated_at: u64,
    /// Who saved it last.
    pub updated_by: String,
    /// Milliseconds since the Unix epoch.
    pub deployed_at: Option<u64>,
    /// `process.env`, as the user set it and saved it last.
    pub environment: BTreeMap<String, String>,
}

impl LambdaState {
    /// The platform's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Productive => "Productive",
            Self::Modified => "Modified",
            Self::MarkedUndeployed => "Marked Undeployed",
            Self::BuildError => "Build Error",
            Self::DeployError => "Deploy Error",
        }
    }
}

impl Admin {
    /// The lambdas of an account, by name.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn lambdas(&self, account: &AccountId) -> Result<Vec<LambdaInfo>, ChangeError> {
        let account = self.known(account)?;
        Ok(account
            .lambdas()
            .into_iter()
            .map(|entry| info(entry))
            .collect())
    }

    /// One lambda, named or by its UUID.
    ///
    /// # Errors
    /// When there is no such lambda.
    pub fn lambda(&self, account: &AccountId, lambda: &str) -> Result<LambdaInfo, ChangeError> {
        Ok(info(&self.entry(account, lambda)?.1))
    }

    /// Deletes a lambda, named or by its UUID, with its versions, schedules and deployments.
    ///
    /// # Errors
    /// When there is no such lambda, it is live or about to be, or the database fails.
    pub async fn delete_lambda(&self, id: &AccountId, lambda: &str) -> Result<(), ChangeError> {
        let (account, entry) = self.entry(id, lambda)?;
        let (lambda, name) = (entry.row.id, entry.row.name.clone());
        let audit = AuditEntry::new(AuditAction::LambdaDelete, id).target(&entry.row.uuid, &name);
        let (owner, uuid) = (account.row, entry.row.uuid.clone());
        let rows = move |tx: &rusqlite::Connection| {
            let failed = sqlite("delete a lambda");
            let row = store::by_id(tx, lambda).map_err(&failed)?;
            if row.live.is_some() || store::is_active(&row) {
                return Err(ChangeError::Live(name));
            }
            let left = store::leaving(tx, &uuid, None, || store::delete_lambda(tx, lambda));
            let ((), unused) = left.map_err(failed)?;
            Ok::<_, ChangeError>(unused)
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |unused: Vec<String>| {
            registry::change(&admin.parts().registry, |next| {
                next.account_mut(&id, owner).remove(&entry.uuid);
            });
            admin.parts().artifacts.remove(&unused);
        };
        self.change(audit, rows, publish).await
    }

    /// The account and the lambda, named or by its UUID.
    pub(crate) fn entry(
        &self,
        id: &AccountId,
        lambda: &str,
    ) -> Result<(Arc<Account>, Arc<Entry>), ChangeError> {
        let account = self.known(id)?;
        let missing = || ChangeError::NotFound {
            kind: "lambda",
            name: lambda.to_owned(),
        };
        let entry = account.lambda(lambda).cloned().ok_or_else(missing)?;
        Ok((account, entry))
    }

    /// The account, and by its lambdas' rows the code that was saved last.
    pub(crate) async fn with_code(
        &self,
        id: &AccountId,
    ) -> Result<(Arc<Account>, HashMap<i64, String>), ChangeError> {
        let account = self.known(id)?;
        let row = account.row;
        let rows = move |connection: &rusqlite::Connection| store::heads(connection, row);
        let code = self.parts().store.read("read the code", rows).await?;
        Ok((account, code))
    }

    /// One version of a lambda, whole; `None` when it is not kept any more.
    pub(crate) async fn saved(
        &self,
        lambda: i64,
        version: u64,
    ) -> Result<Option<VersionRow>, StoreError> {
        let rows =
            move |connection: &rusqlite::Connection| store::version(connection, lambda, version);
        let store = &self.parts().store;
        store.read("read a lambda's source", rows).await
    }
}

/// What can be said of a lambda as a whole.
pub(crate) fn state(entry: &Entry) -> LambdaState {
    let LambdaRow {
        live,
        last,
        marked,
        version,
        ..
    } = &entry.row;
    let failed = last.as_ref().filter(|last| last.version == *version);
    match (failed.map(|last| last.state), live) {
        _ if *marked => LambdaState::MarkedUndeployed,
        (Some(DeploymentState::BuildError), _) => LambdaState::BuildError,
        (Some(DeploymentState::DeployError), _) => LambdaState::DeployError,
        (_, None) => LambdaState::Draft,
        (_, Some(_)) if matches!(entry.state, State::Broken) => LambdaState::BuildError,
        (_, Some(live)) if live.version == *version => LambdaState::Productive,
        (_, Some(_)) => LambdaState::Modified,
    }
}

pub(crate) fn info(entry: &Entry) -> LambdaInfo {
    let (row, live) = (&entry.row, entry.row.live.as_ref());
    LambdaInfo {
        uuid: row.uuid.clone(),
        name: row.name.clone(),
        description: row.description.clone(),
        event_id: row.event_id.clone(),
        skills: row.skills.clone(),
        state: state(entry),
        version: row.version,
        live_version: live.map(|live| live.version),
        digest: live.map(|live| live.digest.clone()),
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        updated_at: row.updated_at,
        updated_by: row.updated_by.clone(),
        deployed_at: live.map(|live| live.deployed_at),
        environment: row.environment.clone(),
    }
}
