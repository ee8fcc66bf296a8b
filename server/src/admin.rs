//! What can be managed?
//!
//! [`Admin`] is the management API in process: the HTTP routes call it after they have made sure
//! that the caller may. Whoever holds it is the operator.
//!
//! Whatever changes something goes through [`Admin::change`], which writes the rows and what the
//! audit log says of them in one transaction, then publishes:
//!
//! ```text
//! let entry = AuditEntry::new(AuditAction::TokenDelete, id).target(token.as_str(), &name);
//! let rows = move |tx: &Connection| Ok(store::delete_token(tx, …).map_err(sqlite("…"))?);
//! let publish = move |()| registry::change(&registry, |next| …);
//! self.change(entry, rows, publish).await
//! ```
//!
//! A new kind of change is a new line in the table of `AuditAction` and one in `docs/audit.md`. Where
//! only the transaction knows whether anything is changed at all, or what, [`Admin::sign`] the entry
//! first and [`write`](SignedEntry::write) it there.

mod accounts;
mod apps;
mod audit;
mod audit_check;
mod catalog;
mod context_keys;
mod deploy;
mod deployments;
mod drafts;
mod environment;
mod lambdas;
mod limits;
mod logs;
mod narrow;
mod overview;
mod queue;
mod reports;
mod schedules;
mod secrets;
mod sessions;
mod signing_keys;
mod tallies;
mod tokens;
mod trial;
mod users;
mod versions;
mod whitelist;
mod whitelist_test;

use std::sync::Arc;

use rusqlite::Connection;
use sandglass_compiler::Compiler;
use sandglass_runtime::{AccountId, Egress, Limits, Runtime};

use crate::artifacts::Artifacts;
use crate::audit::{AuditEntry, Origin, SignedEntry, Tallies};
use crate::auth::Actor;
use crate::builds::Builds;
use crate::catalog::Catalog;
use crate::config::{AccountsConfig, RatesConfig};
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::registry::{Account, Current};
use crate::schedules::Schedules;
use crate::secrets::{Vault, VaultError};
use crate::steps::Steps;
use crate::store::{Store, StoreError};
use crate::users::Passwords;

pub use accounts::{AccountChange, AccountInfo, CreatedAccount};
pub(crate) use apps::app;
pub use apps::{AppChange, AppInfo, InstalledAppSecret, NewApp};
pub use audit::{Activity, ActivityPage, AuditPage, AuditQuery};
pub use audit_check::AuditCheck;
pub use catalog::EventInfo;
pub(crate) use context_keys::context_key;
pub use context_keys::{ContextKeyInfo, CreatedContextKey};
pub(crate) use deploy::{BundleShape, built, source};
pub use deploy::{DeployError, DeployRequest, Deployed};
pub(crate) use deployments::shown;
pub use deployments::{DeploymentFailure, DeploymentInfo, SourcePlace};
pub use drafts::{FunctionSize, LambdaChange, NewLambda, SaveError, Saved};
pub(crate) use environment::check_variable;
pub use environment::{EnvironmentError, Redeployed};
pub use lambdas::{LambdaInfo, LambdaState};
pub(crate) use lambdas::{info, state as lambda_state};
pub use limits::LimitInfo;
pub(crate) use limits::configured;
pub use logs::{LogLine, LogPage, LogQuery, LogSearch, LogsError, LogsFound};
pub(crate) use logs::{LogScope, LogTimes};
pub use overview::{FailedDeployment, FailingLambda, Overview, OverviewBucket, Quota};
pub use queue::{InvocationInfo, QueueError, QueuePage, QueueQuery, QueueState, UnknownQueueState};
pub use reports::{InvocationBucket, InvocationReport, Performance, PerformanceBucket};
pub(crate) use reports::{ReportSpan, Totals};
pub use schedules::{
    NewSchedule, Occurrences, RunState, ScheduleBody, ScheduleError, ScheduleHeader,
    ScheduleHeaders, ScheduleInfo, ScheduleRun,
};
pub use secrets::{SecretInfo, SecretValue};
pub use sessions::SessionInfo;
pub(crate) use sessions::{Refreshed, session};
pub use signing_keys::SigningKeyInfo;
pub use tokens::{CreatedToken, TokenInfo};
pub(crate) use tokens::{create_token, token};
pub(crate) use trial::{Ready, Trial};
pub(crate) use users::user;
pub use users::{NewUser, UserChange, UserInfo};
pub use versions::{Comparison, VersionDetail, VersionInfo};
pub use whitelist::WhitelistEntry;
pub use whitelist_test::{WhitelistAddress, WhitelistVerdict};

/// Manages a server from within its process. A clone manages the same server, in the same name.
#[derive(Clone)]
pub struct Admin {
    parts: Arc<Parts>,
    actor: Actor,
    origin: Origin,
}

/// What managing takes.
pub(crate) struct Parts {
    pub(crate) store: Arc<Store>,
    pub(crate) registry: Arc<Current>,
    pub(crate) artifacts: Artifacts,
    pub(crate) vault: Vault,
    pub(crate) runtime: Runtime,
    /// What sends the requests of lambdas.
    pub(crate) egress: Arc<Egress>,
    pub(crate) compiler: Compiler,
    pub(crate) builds: Builds,
    pub(crate) limits: Limits,
    /// How many accounts there may be, and how much each may have.
    pub(crate) accounts: AccountsConfig,
    pub(crate) rates: RatesConfig,
    /// Invocations that may run at once.
    pub(crate) max_concurrent: usize,
    pub(crate) catalog: Catalog,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) passwords: Passwords,
    /// What is done often and without leave, for the audit log.
    pub(crate) tallies: Arc<Tallies>,
    /// Held by whoever makes a signing key.
    pub(crate) rotating: tokio::sync::Mutex<()>,
    /// The one leave to read the whole audit log.
    pub(crate) verifying: Arc<tokio::sync::Semaphore>,
    /// The limits that are the same for all accounts.
    pub(crate) configured: Vec<LimitInfo>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) schedules: Arc<Schedules>,
    /// Tells of the steps of deployments.
    pub(crate) steps: Steps,
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
    /// What is to be made is there already.
    #[error("{0}")]
    Exists(String),
    /// The lambda that is to be deleted can be invoked, or is about to be.
    #[error("the lambda {0} is live, or being deployed: undeploy it first, then delete it")]
    Live(String),
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
            origin: Origin::default(),
        }
    }

    /// The same, in the name of somebody else.
    pub(crate) fn by(&self, actor: Actor) -> Self {
        Self {
            actor,
            ..self.clone()
        }
    }

    /// The same, for a request from there.
    pub(crate) fn asked_from(&self, origin: Origin) -> Self {
        Self {
            origin,
            ..self.clone()
        }
    }

    /// From where it is asked.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// In whose name it manages.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Changes rows and writes the audit log in one transaction; when that is durable, publishes what
    /// came of it. When the rows fail, there is no entry either.
    pub(crate) async fn change<T, E, R>(
        &self,
        entry: AuditEntry,
        rows: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        publish: impl FnOnce(T) -> R + Send + 'static,
    ) -> Result<R, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        R: Send + 'static,
    {
        let doing = entry.action.doing();
        let signed = self.sign(entry);
        let rows = move |tx: &Connection| {
            let changed = rows(tx)?;
            signed.write(tx)?;
            Ok(changed)
        };
        self.parts().store.transact(doing, rows, publish).await
    }

    /// The entry, in the name of whoever this manages for.
    pub(crate) fn sign(&self, entry: AuditEntry) -> SignedEntry {
        SignedEntry {
            entry,
            actor: self.actor.clone(),
            origin: self.origin.clone(),
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// How many accounts there may be, and how much each may have.
    fn may_have(&self) -> &AccountsConfig {
        &self.parts().accounts
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

    pub(crate) fn known(&self, id: &AccountId) -> Result<Arc<Account>, ChangeError> {
        self.account(id)
            .ok_or_else(|| ChangeError::NoSuchAccount(id.clone()))
    }
}

fn sqlite(change: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| StoreError::Sqlite { change, source }
}
