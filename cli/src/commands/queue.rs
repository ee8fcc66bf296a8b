//! `sandglass queue`: invocations that nobody waits for.

use clap::Subcommand;
use sandglass_server::{InvocationInfo, QueueState};

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;

const EXAMPLES: &str = "\
Examples:
  sandglass queue list
  sandglass queue list --state dead
  sandglass queue show 5f1c9d1e-…
  sandglass queue retry 5f1c9d1e-…
  sandglass queue delete 5f1c9d1e-…

An invocation with the header `Prefer: respond-async` waits here, and so does each run of a schedule. What fails for
good, after all of its attempts, is dead, and kept for a while.";

/// List, show, retry or delete asynchronous invocations.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the invocations, the latest first.
    List {
        /// Only those that are waiting, running, succeeded or dead.
        #[arg(long)]
        state: Option<QueueState>,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show an invocation with its result, or how it failed.
    Show {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Try a dead one again, with all of its attempts.
    Retry {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete one; if it waits, it never runs.
    Delete {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::List {
            state,
            limit,
            connection,
        } => {
            let client = Client::new(&connection, print)?;
            let page = client.queue(state, limit).await?;
            let mut table = Table::new(["ID", "LAMBDA", "STATE", "ATTEMPTS", "ACCEPTED", "NEXT"]);
            for one in &page.invocations {
                table.row(row(one));
            }
            print.table(table, "there are no such invocations");
            print.value(&page);
        }
        Action::Show { id, connection } => {
            let client = Client::new(&connection, print)?;
            show(&client.invocation(&id).await?, print);
        }
        Action::Retry { id, connection } => {
            Client::new(&connection, print)?.redrive(&id).await?;
            print.done("waiting again", id);
        }
        Action::Delete { id, connection } => {
            let client = Client::new(&connection, print)?;
            client.delete_invocation(&id).await?;
            print.done("deleted", id);
        }
    }
    Ok(Exit::Success)
}

fn row(one: &InvocationInfo) -> [String; 6] {
    [
        one.id.clone(),
        one.lambda_uuid.clone(),
        one.state.as_str().to_owned(),
        format!("{} of {}", one.attempts, one.retries + 1),
        minute(one.accepted_at),
        one.due_at.map_or_else(|| "-".to_owned(), minute),
    ]
}

fn show(one: &InvocationInfo, print: Printer) {
    let InvocationInfo {
        state,
        attempts,
        accepted_at,
        request_id,
        ..
    } = one;
    print.note(format_args!(
        "{} after {attempts} attempts, accepted at {} UTC, request {request_id}",
        state.as_str(),
        minute(*accepted_at)
    ));
    if let Some(answer) = one.result.as_ref().or(one.error.as_ref()) {
        print.json_text(answer.get());
    }
    if let Some(bytes) = one.omitted_bytes {
        print.note(format_args!(
            "its result of {bytes} bytes was too large to be kept"
        ));
    }
    print.value(one);
}
