//! `sandglass env`: a lambda's environment variables.

use clap::Subcommand;
use sandglass_server::Redeployed;

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::report::short;
use crate::print::table::Table;
use crate::values::Assignment;

const EXAMPLES: &str = "\
Examples:
  sandglass env set hello GREETING=Hello
  sandglass env list hello
  sandglass env delete hello GREETING

Variables are fixed when a lambda is built (`process.env`), so a change builds and deploys it again.
For what nobody may see, use `sandglass secret`.";

/// Set, list or delete a lambda's environment variables.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Set variables and deploy the lambda with them.
    Set {
        /// The lambda's name or UUID.
        name: String,
        /// The variables.
        #[arg(required = true, value_name = "NAME=VALUE")]
        variables: Vec<Assignment>,
        #[command(flatten)]
        connection: Connection,
    },
    /// List a lambda's variables.
    List {
        /// The lambda's name or UUID.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete a variable and deploy the lambda without it.
    Delete {
        /// The lambda's name or UUID.
        name: String,
        /// The variable.
        variable: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Set {
            name,
            variables,
            connection,
        } => {
            let client = Client::new(&connection, print)?;
            for Assignment {
                name: variable,
                value,
            } in variables
            {
                let redeployed = client.set_environment(&name, &variable, &value).await?;
                changed(print, &format!("set {variable} of {name}"), &redeployed);
            }
        }
        Action::List { name, connection } => {
            let environment = Client::new(&connection, print)?
                .lambda(&name)
                .await?
                .environment;
            let mut table = Table::new(["NAME", "VALUE"]);
            for (variable, value) in &environment {
                table.row([variable.clone(), value.clone()]);
            }
            print.table(table, "the lambda has no environment variables");
            print.value(&environment);
        }
        Action::Delete {
            name,
            variable,
            connection,
        } => {
            let client = Client::new(&connection, print)?;
            let redeployed = client.delete_environment(&name, &variable).await?;
            changed(print, &format!("deleted {variable} of {name}"), &redeployed);
        }
    }
    Ok(Exit::Success)
}

fn changed(print: Printer, what: &str, redeployed: &Redeployed) {
    print.note(format_args!(
        "{what}; deployed as {}",
        short(&redeployed.digest)
    ));
    print.value(redeployed);
}
