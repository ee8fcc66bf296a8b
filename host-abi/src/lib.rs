//! What do a lambda and its host agree on?
//!
//! The names, the units, the limits, the rules and the traits that the rooms above build on, the
//! generated bindings of the WIT world, and the artifact format. There is no I/O here and no
//! clock, so every rule in this crate can be tested as a pure function.

pub mod allowed_hosts;
pub mod artifact;
pub mod bindings;
mod context;
mod http;
mod lambdas;
mod limits;
mod logging;
mod names;
mod policy;
mod secrets;
mod units;

pub use allowed_hosts::{AllowedHosts, PermittedRequest};
pub use artifact::Artifact;
pub use context::InvocationContext;
pub use http::{BoxFuture, ClientIdentity, HttpClient, HttpError, HttpRequest, HttpResponse};
pub use lambdas::{CallChain, LambdaAnswer, LambdaCall, LambdaCallError, LambdaInvoker};
pub use limits::{Limit, Limits};
pub use logging::{LogEntry, LogLevel, LogSink};
pub use names::{
    AccountId, ArtifactDigest, EngineDigest, InvocationId, LambdaName, NameError, SecretName,
};
pub use policy::{Policy, SecretGrants};
pub use secrets::{Secret, SecretStore, SecretStoreError};
pub use units::{ByteSize, Fuel, UnitError};
