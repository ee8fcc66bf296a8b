//! What can be asked of the command?

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand};
use sandglass_host_abi::AccountId;

use crate::commands::{
    account, allow, app, audit, build, context_key, deploy, env, invoke, lambdas, logs, metrics,
    openapi, packages, queue, run, schedule, secret, serve, token, up, user, version,
};
use crate::print::style;

const EXAMPLES: &str = "\
Start here:
  sandglass up                         a server on this machine with example lambdas
  sandglass run hello.js               build and run a lambda once, without a server
  sandglass deploy hello.js            put it on the server
  sandglass invoke hello --input '{\"payload\":{\"name\":\"Ada\"}}'
  sandglass logs hello --follow

Exit codes: 0 done, 1 the lambda failed, 2 bad usage or build error, 3 the lambda ran into a limit,
4 this machine or the server could not do it.";

/// JavaScript lambdas on WebAssembly, each invocation in a sandbox of its own.
#[derive(Debug, Parser)]
#[command(name = "sandglass", version, styles = style::HELP, after_help = EXAMPLES)]
#[command(disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Print JSON for scripts, errors too.
    #[arg(long, global = true, display_order = 900)]
    pub(crate) json: bool,

    /// Colours: auto (on a terminal, unless NO_COLOR is set), always or never.
    #[arg(
        long,
        global = true,
        display_order = 901,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    #[arg(hide_possible_values = true)]
    pub(crate) color: ColorChoice,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(up::Args),
    Serve(serve::Args),
    Run(run::Args),
    Build(build::Args),
    Deploy(deploy::Args),
    Invoke(invoke::Args),
    Lambdas(lambdas::Args),
    Logs(logs::Args),
    Metrics(metrics::Args),
    Secret(secret::Args),
    Allow(allow::Args),
    Env(env::Args),
    Account(account::Args),
    User(user::Args),
    App(app::Args),
    Audit(audit::Args),
    Token(token::Args),
    ContextKey(context_key::Args),
    Schedule(schedule::Args),
    Queue(queue::Args),
    Openapi(openapi::Args),
    Packages(packages::Args),
    Version(version::Args),
}

/// Which server to talk to, and as whom.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Connection {
    /// The server's URL; by default that of the server running on the data directory.
    #[arg(
        long,
        env = "SANDGLASS_SERVER",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) server: Option<String>,

    /// A bearer token; by default the data directory's admin token.
    #[arg(
        long,
        env = "SANDGLASS_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<String>,

    /// Trust who this PEM file names to vouch for the server, and nobody else.
    #[arg(
        long,
        env = "SANDGLASS_CA",
        value_name = "FILE",
        hide_env_values = true
    )]
    pub(crate) ca: Option<PathBuf>,

    /// The server's data directory.
    #[arg(
        long,
        env = "SANDGLASS_DATA",
        value_name = "DIR",
        default_value = "./.sandglass"
    )]
    #[arg(hide_env_values = true)]
    pub(crate) data_dir: PathBuf,

    /// The account to work in.
    #[arg(
        long,
        env = "SANDGLASS_ACCOUNT",
        value_name = "ID",
        default_value = "10000001"
    )]
    #[arg(hide_env_values = true)]
    pub(crate) account: AccountId,
}

/// Which server to talk to, as its operator.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct OperatorConnection {
    /// The server's URL; by default that of the server running on the data directory.
    #[arg(
        long,
        env = "SANDGLASS_SERVER",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) server: Option<String>,

    /// The operator's token; by default that of the data directory.
    #[arg(
        long,
        env = "SANDGLASS_OPERATOR_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(crate) operator_token: Option<String>,

    /// Trust who this PEM file names to vouch for the server, and nobody else.
    #[arg(
        long,
        env = "SANDGLASS_CA",
        value_name = "FILE",
        hide_env_values = true
    )]
    pub(crate) ca: Option<PathBuf>,

    /// The server's data directory.
    #[arg(
        long,
        env = "SANDGLASS_DATA",
        value_name = "DIR",
        default_value = "./.sandglass"
    )]
    #[arg(hide_env_values = true)]
    pub(crate) data_dir: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself_with_an_example() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name} has no description");
            let examples = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                examples.contains(&format!("sandglass {name}")),
                "{name} has no example"
            );
        }
    }
}
