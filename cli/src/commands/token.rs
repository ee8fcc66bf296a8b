//! `sandglass token`: who may talk to the server.

use clap::Subcommand;
use sandglass_server::{Permission, Permissions};

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;

const EXAMPLES: &str = "\
Examples:
  sandglass token create crm --role invocation
  SANDGLASS_TOKEN=$(sandglass token create ci --role developer)
  sandglass token create ops --role admin --role developer
  sandglass token list
  sandglass token delete 5f1c9d1e-…

A token is shown once; the server keeps only its hash.";

/// Create, list or delete bearer tokens.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create a token; it is printed on standard output, once.
    Create {
        /// What it is for.
        name: String,
        /// What it may do; roles add up: admin manages secrets, the whitelist and access, developer
        /// manages, deploys and invokes lambdas, invocation invokes them.
        #[arg(long = "role", value_name = "ROLE", default_value = "invocation")]
        roles: Vec<Permission>,
        /// The service user that it acts for, whose roles bound its own.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the tokens.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete a token; it is refused at once.
    Delete {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Create {
            name,
            roles,
            user,
            connection,
        } => {
            let client = Client::new(&connection, print)?;
            let roles: Permissions = roles.into_iter().collect();
            let user = match user {
                None => None,
                Some(name) => Some(client.user(&name).await?.id),
            };
            let created = client.create_token(&name, roles, user.as_ref()).await?;
            print.line(&created.token);
            print.value(&created);
            let id = created.id.as_str();
            print.note(format_args!(
                "created {name} ({roles}, id {id}); it is not shown again"
            ));
        }
        Action::List { connection } => {
            let tokens = Client::new(&connection, print)?.tokens().await?;
            let mut table = Table::new(["ID", "NAME", "ROLES", "CREATED", "LAST USED"]);
            for token in &tokens {
                table.row([
                    token.id.as_str().to_owned(),
                    token.name.clone(),
                    token.permissions.to_string(),
                    minute(token.created_at),
                    token
                        .last_used_at
                        .map_or_else(|| "never".to_owned(), minute),
                ]);
            }
            print.table(table, "the account has no tokens");
            print.value(&tokens);
        }
        Action::Delete { id, connection } => {
            Client::new(&connection, print)?.delete_token(&id).await?;
            print.done("deleted", id);
        }
    }
    Ok(Exit::Success)
}
