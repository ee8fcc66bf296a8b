//! Which lambdas are there, and how does one go?

use std::collections::BTreeMap;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, sqlite};
use crate::registry::{self, Entry, State};
use crate::store;

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
    /// `Productive`, or `Build Error` when this release could not rebuild it.
    pub state: String,
    /// Counts the deployments from 1.
    pub version: u64,
    /// The live artifact.
    pub digest: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Milliseconds since the Unix epoch.
    pub updated_at: u64,
    /// Milliseconds since the Unix epoch.
    pub deployed_at: u64,
    /// `process.env`, as the user set it.
    pub environment: BTreeMap<String, String>,
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

    /// Deletes a lambda, named or by its UUID. Invocations that run finish.
    ///
    /// # Errors
    /// When there is no such lambda, or the database fails.
    pub async fn delete_lambda(&self, id: &AccountId, lambda: &str) -> Result<(), ChangeError> {
        let account = self.known(id)?;
        let missing = || ChangeError::NotFound {
            kind: "lambda",
            name: lambda.to_owned(),
        };
        let entry = account.lambda(lambda).cloned().ok_or_else(missing)?;
        let (lambda, name) = (entry.row.id, entry.row.name.clone());
        let owner = account.row;
        let rows = move |tx: &rusqlite::Connection| {
            let failed = sqlite("delete a lambda");
            let before = store::digests_of(tx, owner, &name).map_err(&failed)?;
            store::delete_lambda(tx, lambda).map_err(&failed)?;
            Ok::<_, ChangeError>(store::unused(tx, before).map_err(&failed)?)
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |unused: Vec<String>| {
            registry::change(&admin.parts().registry, |next| {
                next.account_mut(&id, owner).remove(&entry.uuid);
            });
            admin.parts().artifacts.remove(&unused);
        };
        self.parts()
            .store
            .transact("delete a lambda", rows, publish)
            .await
    }
}

fn info(entry: &Entry) -> LambdaInfo {
    let row = &entry.row;
    let state = match entry.state {
        State::Live(_) => "Productive",
        State::Broken => "Build Error",
    };
    LambdaInfo {
        uuid: row.uuid.clone(),
        name: row.name.clone(),
        description: row.description.clone(),
        state: state.to_owned(),
        version: row.version,
        digest: row.digest.clone(),
        created_at: row.created_at,
        updated_at: row.updated_at,
        deployed_at: row.deployed_at,
        environment: row.environment.clone(),
    }
}
