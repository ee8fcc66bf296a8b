//! `sandglass context-key`: who may use the account's contexts.

use clap::Subcommand;

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;

const EXAMPLES: &str = "\
Examples:
  sandglass context-key create bots
  sandglass context-key create bots | sandglass secret set mavenApiKey -
  sandglass context-key list
  sandglass context-key delete 5f1c9d1e-…

A key opens the Context Session Store, as the header maven-api-key. It is shown once; the server
keeps only its hash.";

/// Create, list or delete developer keys of the Context Session Store.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create a key; it is printed on standard output, once.
    Create {
        /// What it is for.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the keys.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete a key; it is refused at once.
    Delete {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Create { name, connection } => {
            let client = Client::new(&connection, print)?;
            let created = client.create_context_key(&name).await?;
            print.line(&created.key);
            print.value(&created);
            let id = created.id.as_str();
            print.note(format_args!(
                "created {name} (id {id}); it is not shown again"
            ));
        }
        Action::List { connection } => {
            let keys = Client::new(&connection, print)?.context_keys().await?;
            let mut table = Table::new(["ID", "NAME", "CREATED", "LAST USED"]);
            for key in &keys {
                table.row([
                    key.id.as_str().to_owned(),
                    key.name.clone(),
                    minute(key.created_at),
                    key.last_used_at.map_or_else(|| "never".to_owned(), minute),
                ]);
            }
            print.table(table, "the account has no developer keys");
            print.value(&keys);
        }
        Action::Delete { id, connection } => {
            Client::new(&connection, print)?
                .delete_context_key(&id)
                .await?;
            print.done("deleted", id);
        }
    }
    Ok(Exit::Success)
}
