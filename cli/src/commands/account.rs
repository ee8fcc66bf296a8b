//! `sandglass account`: the accounts of the server, for its operator.

use clap::Subcommand;
use sandglass_host_abi::AccountId;
use sandglass_server::AccountInfo;

use crate::args::OperatorConnection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;

const EXAMPLES: &str = "\
Examples:
  sandglass account add acme
  SANDGLASS_TOKEN=$(sandglass account add acme) sandglass deploy hello.js --account acme
  sandglass account list
  sandglass account disable acme
  sandglass account enable acme

These take the operator's token, which the server keeps in operator.token of its data directory; no
administrator of an account has it. The first token and password of a new account are shown once.";

/// Add, list, disable or enable accounts, as the operator of the server.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add an account; its first token is printed on standard output, once, its password beside it.
    Add {
        /// 1 to 64 letters, digits, `_` or `-`.
        id: AccountId,
        #[command(flatten)]
        connection: OperatorConnection,
    },
    /// List the accounts.
    List {
        #[command(flatten)]
        connection: OperatorConnection,
    },
    /// Disable an account: it keeps all that it has, and nothing of it can be used.
    Disable {
        /// Its id.
        id: AccountId,
        #[command(flatten)]
        connection: OperatorConnection,
    },
    /// Enable an account again.
    Enable {
        /// Its id.
        id: AccountId,
        #[command(flatten)]
        connection: OperatorConnection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Add { id, connection } => {
            let client = Client::of_operator(&connection, print)?;
            let created = client.create_account(&id).await?;
            print.line(&created.token);
            print.value(&created);
            print.note(format_args!(
                "created {id}; its user {} has the password {}; neither is shown again",
                created.login_name, created.password
            ));
        }
        Action::List { connection } => {
            let accounts = Client::of_operator(&connection, print)?.accounts().await?;
            let mut table = Table::new(["ID", "STATE", "LAMBDAS", "USERS", "CREATED"]);
            for account in &accounts {
                table.row([
                    account.id.to_string(),
                    state(account).to_owned(),
                    account.lambdas.to_string(),
                    account.users.to_string(),
                    minute(account.created_at),
                ]);
            }
            print.table(table, "the server has no accounts");
            print.value(&accounts);
        }
        Action::Disable { id, connection } => set(&connection, print, (&id, false)).await?,
        Action::Enable { id, connection } => set(&connection, print, (&id, true)).await?,
    }
    Ok(Exit::Success)
}

async fn set(
    connection: &OperatorConnection,
    print: Printer,
    (id, enabled): (&AccountId, bool),
) -> Result<(), Failure> {
    let client = Client::of_operator(connection, print)?;
    let account = client.change_account(id, enabled).await?;
    print.value(&account);
    print.done(state(&account), id);
    Ok(())
}

fn state(account: &AccountInfo) -> &'static str {
    match account.enabled {
        true => "enabled",
        false => "disabled",
    }
}
