//! `sandglass logs`: what a lambda has said.

use std::time::Duration;

use sandglass_server::LogLine as StoredEntry;

use crate::args::Connection;
use crate::client::tail::{Event, Tail};
use crate::client::{Client, LogQuery};
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::logs::LogLine;

const EXAMPLES: &str = "\
Examples:
  sandglass logs hello
  sandglass logs hello --follow
  sandglass logs hello --level error --text '\"not found\" order-17'
  sandglass logs hello --request 5f1c9d1e-… --json

Kept are the logs of calls by an external system (`externalSystem=` in the URL), for which Debug
entries are dropped. `sandglass invoke` is a manual test: it shows its logs at once and keeps none.
With --json, each entry is one line.";

const NOTHING: &str = "no logs are kept: they come from calls with `externalSystem=` in the URL";
const NOTHING_FOUND: &str = "no such entry in the last days; --text finds whole words";

/// How long to wait before a tail that ended is opened again.
const AGAIN: Duration = Duration::from_secs(2);

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

    /// Only entries of this level: info, warn or error. May repeat.
    #[arg(long, value_name = "LEVEL")]
    level: Vec<String>,

    /// Only entries with all of these words in them; phrases in double quotes.
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    let client = Client::new(&args.connection, print)?;
    let query = LogQuery {
        limit: Some(args.limit),
        request_id: args.request.clone(),
        levels: args.level.clone(),
        text: args.text.clone(),
    };
    // Opened first, so that nothing is missed between the two.
    let tail = match args.follow {
        true => Some(client.tail(&args.name, &query, None).await?),
        false => None,
    };
    let entries = client.logs(&args.name, &query).await?;
    if entries.is_empty() {
        print.note(match (args.follow, query.is_search()) {
            (true, _) => "waiting for logs …",
            (false, true) => NOTHING_FOUND,
            (false, false) => NOTHING,
        });
    }
    entries.iter().for_each(|stored| show(stored, print));
    let Some(mut tail) = tail else {
        return Ok(Exit::Success);
    };
    let mut last = entries.last().map_or(0, |stored| stored.id);
    loop {
        follow(&mut tail, &mut last, print).await?;
        tokio::time::sleep(AGAIN).await;
        tail = client.tail(&args.name, &query, Some(last)).await?;
    }
}

/// Shows what was not shown yet until the connection ends.
async fn follow(tail: &mut Tail, last: &mut i64, print: Printer) -> Result<(), Failure> {
    loop {
        match tail.next().await? {
            Event::Log(stored) if stored.id > *last => {
                show(&stored, print);
                *last = stored.id;
            }
            Event::Log(_) => {}
            Event::At(id) => *last = (*last).max(id),
            Event::End => return Ok(()),
        }
    }
}

fn show(stored: &StoredEntry, print: Printer) {
    print.line(LogLine::dated(stored));
    print.value(stored);
}
