//! `sandglass allow`: the account's whitelist.

use clap::Subcommand;
use sandglass_host_abi::allowed_hosts::HostRule;

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;

const EXAMPLES: &str = "\
Examples:
  sandglass allow add api.example.com          http on port 80 and https on port 443
  sandglass allow add '*.example.com'          every host below example.com
  sandglass allow add https://api.example.com:8443
  sandglass allow list
  sandglass allow delete api.example.com

Lambdas reach no host that is not on the whitelist. A change is in force at once.";

/// Add, list or delete the hosts that lambdas may talk to.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Allow a host.
    Add {
        /// A host name, with an optional leading *., scheme and port.
        rule: HostRule,
        #[command(flatten)]
        connection: Connection,
    },
    /// List what is allowed.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Allow a host no longer.
    Delete {
        /// The rule, as the list shows it.
        rule: HostRule,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Add { rule, connection } => {
            Client::new(&connection, print)?
                .add_rule(&rule.to_string())
                .await?;
            print.done("allowed", rule);
        }
        Action::List { connection } => {
            let rules = Client::new(&connection, print)?.rules().await?;
            let mut table = Table::new(["RULE", "ADDED"]);
            for rule in &rules {
                table.row([rule.rule.clone(), minute(rule.created_at)]);
            }
            print.table(
                table,
                "no host is allowed; `sandglass allow add HOST` allows one",
            );
            print.value(&rules);
        }
        Action::Delete { rule, connection } => {
            Client::new(&connection, print)?
                .delete_rule(&rule.to_string())
                .await?;
            print.done("deleted", rule);
        }
    }
    Ok(Exit::Success)
}
