//! How do lambdas become a service?
//!
//! [`Server::start`] opens a data directory, brings every deployed lambda back from it, and answers
//! HTTP: the invoke route of the platform and the management API. [`Admin`] is the same management
//! API in process. A request takes one path, and each step's output is the next step's only input:
//!
//! ```text
//! accept ► route ► authenticate ► resolve ► admit+checkout ► invoke ► respond ┄► journal
//! ```
//!
//! No step of it does SQL and none compiles. Deploying is the slow path and the only writer: all
//! changes run one after the other on the thread that owns the SQLite connection, which commits the
//! rows and then swaps the registry whole.

mod admin;
mod admission;
mod api;
mod app;
mod artifacts;
mod audit;
mod auth;
mod builds;
mod calls;
mod catalog;
mod clock;
mod config;
mod console;
mod context;
mod directory;
mod domains;
mod invoke;
mod journal;
mod listener;
#[doc(hidden)]
pub mod measure;
mod metrics;
mod oauth;
mod observe;
mod once;
mod peer;
mod queue;
mod rates;
mod rebuild;
mod refusal;
mod registry;
mod reply;
mod route;
mod run;
mod schedules;
mod secrets;
mod server;
mod status;
mod steps;
mod store;
mod tail;
mod telemetry;
mod users;

pub use admin::{
    AccountChange, AccountInfo, Activity, ActivityPage, Admin, AppChange, AppInfo, AuditCheck,
    AuditPage, AuditQuery, ChangeError, Comparison, ContextKeyInfo, CreatedAccount,
    CreatedContextKey, CreatedToken, DeployError, DeployRequest, Deployed, DeploymentFailure,
    DeploymentInfo, EnvironmentError, EventInfo, FailedDeployment, FailingLambda, FunctionSize,
    InstalledAppSecret, InvocationBucket, InvocationInfo, InvocationReport, LambdaChange,
    LambdaInfo, LambdaState, LimitInfo, LogLine, LogPage, LogQuery, LogSearch, LogsError,
    LogsFound, NewApp, NewLambda, NewSchedule, NewUser, Occurrences, Overview, OverviewBucket,
    Performance, PerformanceBucket, QueueError, QueuePage, QueueQuery, QueueState, Quota,
    Redeployed, RunState, SaveError, Saved, ScheduleBody, ScheduleError, ScheduleHeader,
    ScheduleHeaders, ScheduleInfo, ScheduleRun, SecretInfo, SecretValue, SessionInfo,
    SigningKeyInfo, SourcePlace, TokenInfo, UnknownQueueState, UserChange, UserInfo, VersionDetail,
    VersionInfo, WhitelistAddress, WhitelistEntry, WhitelistVerdict,
};
pub use api::openapi_document;
pub use audit::{
    AuditBreak, AuditRecord, AuditVerdict, AuditVerifyError, verify_audit_export, verify_audit_log,
};
pub use auth::{
    AppId, ContextKeyId, Permission, Permissions, SessionId, TokenId, UnknownPermission, UserId,
};
pub use builds::BuildsFull;
pub use catalog::{CatalogError, EventError, Sample, Snippet, Template, Variable};
pub use config::{
    AccountRates, AccountsConfig, BuildsConfig, CatalogConfig, Config, ConfigError, ConsoleConfig,
    ContextConfig, EgressConfig, ForwardedHeader, IdempotencyConfig, JournalConfig, ListenUrl,
    ListenUrlError, Network, NetworkError, ProxiesConfig, QueueConfig, RateConfig, RatesConfig,
    SchedulesConfig, TelemetryConfig, TlsConfig,
};
pub use directory::DirectoryError;
pub use listener::CertificateError;
pub use oauth::{Grant, Grants, UnknownGrant};
pub use schedules::WhenError;
pub use secrets::{SecretKey, SecretKeyError, VaultError};
pub use server::{Server, StartError};
pub use store::{DeploymentState, DeploymentStep, StoreError, UnknownState};
