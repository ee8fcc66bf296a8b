//! `sandglass secret`: the account's secrets.

use clap::Subcommand;
use sandglass_host_abi::{Secret, SecretName};

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Explain as _, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;
use crate::prompt;

const EXAMPLES: &str = r#"Examples:
  sandglass secret set API_TOKEN                    asks for the value, without showing it
  sandglass secret set API_TOKEN - < token.txt
  sandglass secret set session '{"token":"…"}' --as-json
  sandglass secret list
  sandglass secret show API_TOKEN                   for administrators; the audit log tells of it
  sandglass secret delete API_TOKEN

Lambdas read a value with Toolbelt.SecretClient(). Of people, only administrators can, one at a time.
A value on the command line stays in your shell's history: prefer the prompt or standard input."#;

/// Set, list, show or delete the account's secrets.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Set a secret, new or not.
    Set {
        /// Its key.
        key: SecretName,
        /// Its value; - reads standard input, without a value it is asked for.
        value: Option<String>,
        /// Take the value as JSON, for an object or a number, instead of as text.
        #[arg(long)]
        as_json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the keys.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Print the value of a secret; the audit log says who asked for it.
    Show {
        /// Its key.
        key: SecretName,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete a secret.
    Delete {
        /// Its key.
        key: SecretName,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Set {
            key,
            value,
            as_json,
            connection,
        } => {
            let client = Client::new(&connection, print)?;
            let secret = secret(&key, value, as_json)?;
            client
                .set_secret(key.as_str(), secret.expose_json())
                .await?;
            print.done("set", key);
        }
        Action::List { connection } => {
            let secrets = Client::new(&connection, print)?.secrets().await?;
            let mut table = Table::new(["KEY", "CREATED", "UPDATED"]);
            for secret in &secrets {
                let (created, updated) = (minute(secret.created_at), minute(secret.updated_at));
                table.row([secret.key.clone(), created, updated]);
            }
            print.table(table, "the account has no secrets");
            print.value(&secrets);
        }
        Action::Show {
            key,
            yes,
            connection,
        } => {
            let client = Client::new(&connection, print)?;
            let question = format!("Show the value of {key} here? The audit log will tell of it.");
            if !yes && !prompt::confirmed(&question)? {
                return Err(Failure::usage("the value was not shown"));
            }
            let secret = client.secret(key.as_str()).await?;
            // Text as it is, for a pipe; everything else as JSON.
            match serde_json::from_str::<String>(secret.value.get()) {
                Ok(text) => print.text(&text),
                Err(_) => print.json_text(secret.value.get()),
            }
            print.value(&secret);
        }
        Action::Delete { key, connection } => {
            Client::new(&connection, print)?
                .delete_secret(key.as_str())
                .await?;
            print.done("deleted", key);
        }
    }
    Ok(Exit::Success)
}

fn secret(key: &SecretName, value: Option<String>, as_json: bool) -> Result<Secret, Failure> {
    let text = match value {
        Some(value) if value != "-" => value,
        Some(_) => prompt::from_stdin()?,
        None => prompt::hidden(&format!("Value of {key}: "))?,
    };
    match as_json {
        false => Ok(Secret::from_text(&text)),
        // The parser's message is left out: it may repeat a part of the value.
        true => Secret::from_json(text)
            .map_err(|_| Failure::usage("the value is not valid JSON"))
            .hint("leave out --as-json to take it as text"),
    }
}
