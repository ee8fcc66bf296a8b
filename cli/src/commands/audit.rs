//! `sandglass audit`: who did what to which thing.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use sandglass_server::{AuditRecord, AuditVerdict, AuditVerifyError};

use crate::args::Connection;
use crate::client::{AuditFilters, Client};
use crate::exit::{Exit, Explain as _, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::moment;

const EXAMPLES: &str = "\
Examples:
  sandglass audit
  sandglass audit --action secret --actor ops
  sandglass audit export > audit.jsonl
  sandglass audit verify                       the log of the data directory
  sandglass audit verify audit.jsonl
  sandglass audit verify --server https://lambdas.example.com

Verify exits with 4 when the log is not whole, and names the first row that is wrong. Keep the hash
that it prints elsewhere: with it, it can be proved later that nothing before it was changed.";

const NOTHING: &str = "the audit log has no such entries";

/// Show who did what, or verify that the log is whole.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the whole log as JSON lines, to be verified or kept elsewhere.
    Export {
        #[command(flatten)]
        connection: Connection,
    },
    /// Verify that no row was changed, removed, added or moved.
    Verify {
        /// An export; without one, the log of the data directory, or that of the server that is named.
        file: Option<PathBuf>,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only what somebody did: a name or an id.
    #[arg(long, value_name = "WHO")]
    actor: Option<String>,

    /// Only such actions, for instance secret.put, or secret for all of a kind.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,

    /// Only what was done to a thing: a name or an id.
    #[arg(long, value_name = "WHAT")]
    target: Option<String>,

    /// The most entries to show, up to 500.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    limit: u32,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        None => list(args.list, print).await,
        Some(Action::Export { connection }) => export(&connection, print).await,
        Some(Action::Verify { file, connection }) => {
            let verdict = match (&file, &connection.server) {
                (Some(file), _) => verify_file(file)?,
                (None, Some(_)) => verify_server(&connection, print).await?,
                (None, None) => verify_directory(&connection.data_dir)?,
            };
            show(&verdict, print);
            Ok(Exit::Success)
        }
    }
}

async fn list(list: List, print: Printer) -> Result<Exit, Failure> {
    let filters = AuditFilters {
        actor: list.actor,
        action: list.action,
        target: list.target,
        limit: list.limit,
    };
    let page = Client::new(&list.connection, print)?
        .audit(&filters)
        .await?;
    let mut table = Table::new(["ROW", "WHEN (UTC)", "WHO", "ACTION", "WHAT", "DETAILS"]);
    for row in page.entries.iter().rev() {
        table.row([
            row.id.to_string(),
            moment(row.at),
            who(row),
            row.action.clone(),
            row.target_name.clone(),
            details(row),
        ]);
    }
    print.table(table, NOTHING);
    print.value(&page);
    if page.next.is_some() {
        print.note("there is more: --limit shows more, `sandglass audit export` all of it");
    }
    Ok(Exit::Success)
}

/// Lines are printed as they come: they are JSON already, and verified later as they are.
async fn export(connection: &Connection, print: Printer) -> Result<Exit, Failure> {
    let client = Client::new(connection, print)?;
    client.audit_export(|part| print.bytes(part)).await?;
    Ok(Exit::Success)
}

fn verify_file(file: &Path) -> Result<AuditVerdict, Failure> {
    let opened = File::open(file)
        .doing(format!("cannot read {}", file.display()))
        .blame_user()?;
    explained(sandglass_server::verify_audit_export(BufReader::new(
        opened,
    )))
}

async fn verify_server(connection: &Connection, print: Printer) -> Result<AuditVerdict, Failure> {
    let (client, mut text) = (Client::new(connection, print)?, Vec::new());
    client
        .audit_export(|part| text.extend_from_slice(part))
        .await?;
    explained(sandglass_server::verify_audit_export(text.as_slice()))
}

fn verify_directory(data_dir: &Path) -> Result<AuditVerdict, Failure> {
    explained(sandglass_server::verify_audit_log(data_dir))
}

fn explained(verdict: Result<AuditVerdict, AuditVerifyError>) -> Result<AuditVerdict, Failure> {
    verdict.map_err(|error| match error {
        AuditVerifyError::Broken(broken) => {
            Failure::from(broken).while_doing("the audit log is not whole")
        }
        AuditVerifyError::Database { .. } => {
            Failure::from(error).with_hint("--data-dir names the directory of a server")
        }
        error => Failure::from(error),
    })
}

fn show(verdict: &AuditVerdict, print: Printer) {
    let AuditVerdict {
        rows,
        last_id,
        last_hash,
        ..
    } = verdict;
    print.line(format_args!(
        "whole: {rows} rows, up to row {last_id} with the hash {last_hash}"
    ));
    if let Some(first) = verdict.first_id.filter(|first| *first > 1) {
        print.note(format_args!("rows before row {first} were pruned"));
    }
    print.value(verdict);
}

fn who(row: &AuditRecord) -> String {
    match row.actor_kind.as_str() {
        "operator" => row.actor_name.clone(),
        kind => format!("{} ({kind})", row.actor_name),
    }
}

fn details(row: &AuditRecord) -> String {
    match row.details.get() {
        "{}" => String::new(),
        details => details.to_owned(),
    }
}
