//! `sandglass logs`: what a lambda has said.

use std::time::Duration;

use sandglass_server::LogLine as StoredEntry;

use crate::args::Connection;
use crate::client::{Client, LogQuery};
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::logs::LogLine;

const EXAMPLES: &str = "\
Examples:
  sandglass logs hello
  sandglass logs hello --follow
  sandglass logs hello --request 5f1c9d1e-… --json

Kept are the logs of calls by an external system (`externalSystem=` in the URL), for which Debug
entries are dropped. `sandglass invoke` is a manual test: it shows its logs at once and keeps none.
With --json, each entry is one line.";

const NOTHING: &str = "no logs are kept: they come from calls with `externalSystem=` in the URL";

const POLL: Duration = Duration::from_millis(500);
/// The most entries to ask for at once when following.
const PAGE: u32 = 1_000;

/// Show the logs of a lambda.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The lambda's name or UUID.
    name: String,

    /// Go on showing entries as they arrive.
    #[arg(long, short)]
    follow: bool,

    /// The most entries to show of those that are there.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100)]
    limit: u32,

    /// Only the entries of this invocation, by its `x-request-id`.
    #[arg(long, value_name = "ID")]
    request: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    let client = Client::new(&args.connection, print)?;
    let mut query = LogQuery {
        after: None,
        limit: Some(args.limit),
        request_id: args.request.clone(),
    };
    let mut page = client.logs(&args.name, &query).await?;
    if page.entries.is_empty() {
        print.note(if args.follow {
            "waiting for logs …"
        } else {
            NOTHING
        });
    }
    loop {
        page.entries.iter().for_each(|stored| show(stored, print));
        if !args.follow {
            return Ok(Exit::Success);
        }
        tokio::time::sleep(POLL).await;
        query = LogQuery {
            after: Some(page.last),
            limit: Some(PAGE),
            ..query
        };
        page = client.logs(&args.name, &query).await?;
    }
}

fn show(stored: &StoredEntry, print: Printer) {
    print.line(LogLine::dated(stored));
    print.value(stored);
}
