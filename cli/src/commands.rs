//! What does each command do?

pub(crate) mod account;
pub(crate) mod allow;
pub(crate) mod app;
pub(crate) mod audit;
pub(crate) mod build;
pub(crate) mod context_key;
pub(crate) mod deploy;
pub(crate) mod env;
pub(crate) mod invoke;
pub(crate) mod lambdas;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod packages;
pub(crate) mod queue;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod up;
pub(crate) mod user;
pub(crate) mod version;

use crate::args::Command;
use crate::exit::{Exit, Failure};
use crate::print::Printer;

/// Does what was asked.
pub(crate) async fn run(command: Command, print: Printer) -> Result<Exit, Failure> {
    match command {
        Command::Up(args) => up::run(args, print).await,
        Command::Serve(args) => serve::run(args, print).await,
        Command::Run(args) => run::run(args, print).await,
        Command::Build(args) => build::run(args, print).await,
        Command::Deploy(args) => deploy::run(args, print).await,
        Command::Invoke(args) => invoke::run(args, print).await,
        Command::Lambdas(args) => lambdas::run(args, print).await,
        Command::Logs(args) => logs::run(args, print).await,
        Command::Metrics(args) => metrics::run(args, print).await,
        Command::Secret(args) => secret::run(args, print).await,
        Command::Allow(args) => allow::run(args, print).await,
        Command::Audit(args) => audit::run(args, print).await,
        Command::Env(args) => env::run(args, print).await,
        Command::Account(args) => account::run(args, print).await,
        Command::User(args) => user::run(args, print).await,
        Command::App(args) => app::run(args, print).await,
        Command::Token(args) => token::run(args, print).await,
        Command::ContextKey(args) => context_key::run(args, print).await,
        Command::Schedule(args) => schedule::run(args, print).await,
        Command::Queue(args) => queue::run(args, print).await,
        Command::Openapi(args) => openapi::run(args, print),
        Command::Packages(args) => packages::run(args, print),
        Command::Version(args) => version::run(args, print),
    }
}
