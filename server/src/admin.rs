//! What can be managed?
//!
//! [`Admin`] is the management API in process: the HTTP routes call it after they have made sure
//! that the caller may. Whoever holds it is the operator.

mod apps;
mod catalog;
mod context_keys;
mod deploy;
mod deployments;
mod drafts;
mod environment;
mod lambdas;
mod logs;
mod queue;
mod reports;
mod schedules;
mod secrets;
mod sessions;
mod signing_keys;
mod tokens;
mod users;
mod versions;
mod whitelist;

use std::sync::Arc;

use sandglass_compiler::Compiler;
use sandglass_runtime::{AccountId, Limits, Runtime};

use crate::artifacts::Artifacts;
use crate::auth::Actor;
use crate::builds::Builds;
use crate::catalog::Catalog;
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::registry::{Account, Current};
use crate::schedules::Schedules;
use crate::secrets::{Vault, VaultError};
use crate::store::{Store, StoreError};
use crate::users::Passwords;

pub(crate) use apps::app;
pub use apps::{AppInfo, InstalledAppSecret, NewApp};
pub use catalog::EventInfo;
pub(crate) use context_keys::context_key;
pub use context_keys::{ContextKeyInfo, CreatedContextKey};
pub use deploy::{DeployError, DeployRequest, Deployed};
pub(crate) use deploy::{built, source};
pub(crate) use deployments::shown;
pub use deployments::{DeploymentFailure, DeploymentInfo, SourcePlace};
pub use drafts::{LambdaChange, NewLambda, SaveError, Saved};
pub(crate) use environment::check_variable;
pub use environment::{EnvironmentError, Redeployed};
pub use lambdas::{LambdaInfo, LambdaState};
pub(crate) use lambdas::{info, state as lambda_state};
pub use logs::{LogLine, LogPage, LogQuery, LogSearch, LogsError, LogsFound};
pub(crate) use logs::{LogScope, LogTimes};
pub use queue::{InvocationInfo, QueueError, QueuePage, QueueQuery, QueueState, UnknownQueueState};
pub use reports::{InvocationBucket, InvocationReport, Performance, PerformanceBucket};
pub(crate) use reports::{ReportSpan, Totals};
pub use schedules::{
    NewSchedule, Occurrences, RunState, ScheduleBody, ScheduleError, ScheduleHeader,
    ScheduleHeaders, ScheduleInfo, ScheduleRun,
};
pub use secrets::SecretInfo;
pub use sessions::SessionInfo;
pub(crate) use sessions::{Refreshed, session};
pub use signing_keys::SigningKeyInfo;
pub use tokens::{CreatedToken, TokenInfo};
pub(crate) use tokens::{create_token, token};
pub(crate) use users::user;
pub use users::{NewUser, UserChange, UserInfo};
pub use versions::{Comparison, VersionDetail, VersionInfo};
pub use whitelist::WhitelistEntry;

/// Manages a server from within its process. A clone manages the same server, in the same name.
#[derive(Clone)]
pub struct Admin {
    parts: Arc<Parts>,
    actor: Actor,
}

/// What managing takes.
pub(crate) struct Parts {
    pub(crate) store: Arc<Store>,
    pub(crate) registry: Arc<Current>,
    pub(crate) artifacts: Artifacts,
    pub(crate) vault: Vault,
    pub(crate) runtime: Runtime,
    pub(crate) compiler: Compiler,
    pub(crate) builds: Builds,
    pub(crate) limits: Limits,
    pub(crate) catalog: Catalog,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) passwords: Passwords,
    /// Held by whoever makes a signing key.
    pub(crate) rotating: tokio::sync::Mutex<()>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) schedules: Arc<Schedules>,
}

/// Why a setting was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such account.
    #[error("there is no account {0}")]
    NoSuchAccount(AccountId),
    /// What is to be changed does not exist.
    #[error("there is no {kind} {name}")]
    NotFound {
        /// What kind of thing.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The request breaks a rule.
    #[error("{0}")]
    Invalid(String),
    /// Too much of the kind is under way.
    #[error("{0}: try again")]
    Busy(&'static str),
    /// The system has no randomness.
    #[error("no random numbers")]
    Random,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VaultError> for ChangeError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NotFound(name) => Self::NotFound {
                kind: "secret",
                name: name.as_str().to_owned(),
            },
            VaultError::Random => Self::Random,
            VaultError::Store(error) => Self::Store(error),
            error => Self::Invalid(error.to_string()),
        }
    }
}

impl Admin {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            actor: Actor::operator(),
        }
    }

    /// The same, in the name of somebody else.
    pub(crate) fn by(&self, actor: Actor) -> Self {
        let parts = Arc::clone(&self.parts);
        Self { parts, actor }
    }

    /// In whose name it manages.
    #[allow(dead_code, reason = "what records who did what asks for it")]
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The account as it is now.
    fn account(&self, id: &AccountId) -> Option<Arc<Account>> {
        self.parts.registry.load().account(id.as_str()).cloned()
    }

    /// The id of the account with that row.
    pub(crate) fn account_of(&self, row: i64) -> Result<AccountId, StoreError> {
        let registry = self.parts.registry.load();
        let account = registry.accounts().find(|account| account.row == row);
        account
            .map(|account| account.id.clone())
            .ok_or(StoreError::Closed)
    }

    fn known(&self, id: &AccountId) -> Result<Arc<Account>, ChangeError> {
        self.account(id)
            .ok_or_else(|| ChangeError::NoSuchAccount(id.clone()))
    }
}

fn sqlite(change: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| StoreError::Sqlite { change, source }
}
