//! `sandglass lambdas`: what is on the server.

use clap::Subcommand;
use sandglass_server::LambdaInfo;

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;

const EXAMPLES: &str = "\
Examples:
  sandglass lambdas
  sandglass lambdas --json | jq -r '.[].name'
  sandglass lambdas undeploy hello
  sandglass lambdas delete hello";

/// List the lambdas on the server, undeploy or delete one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, as without a subcommand.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Undeploy a lambda: it is not invoked any more, and keeps its versions.
    Undeploy {
        /// The lambda's name or UUID.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete a lambda that is not live, with its versions and schedules.
    Delete {
        /// The lambda's name or UUID.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        None => list(&args.connection, print).await,
        Some(Action::List { connection }) => list(&connection, print).await,
        Some(Action::Undeploy { name, connection }) => {
            Client::new(&connection, print)?.undeploy(&name).await?;
            print.done("undeployed", name);
            Ok(Exit::Success)
        }
        Some(Action::Delete { name, connection }) => {
            Client::new(&connection, print)?
                .delete_lambda(&name)
                .await?;
            print.done("deleted", name);
            Ok(Exit::Success)
        }
    }
}

async fn list(connection: &Connection, print: Printer) -> Result<Exit, Failure> {
    let lambdas = Client::new(connection, print)?.lambdas().await?;
    let mut table = Table::new([
        "NAME",
        "UUID",
        "STATE",
        "VERSION",
        "UPDATED",
        "WHAT IT DOES",
    ]);
    for lambda in &lambdas {
        let LambdaInfo {
            name,
            uuid,
            state,
            version,
            description,
            ..
        } = lambda;
        table.row([
            name.clone(),
            uuid.clone(),
            state.as_str().to_owned(),
            version.to_string(),
            minute(lambda.updated_at),
            description.clone(),
        ]);
    }
    print.table(
        table,
        "no lambda is deployed yet; `sandglass deploy FILE` deploys one",
    );
    print.value(&lambdas);
    Ok(Exit::Success)
}
