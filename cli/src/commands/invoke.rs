//! `sandglass invoke`: call a lambda on the server.

use sandglass_host_abi::LogEntry;
use serde::Serialize;

use crate::args::Connection;
use crate::client::Client;
use crate::client::api::{Invoked, LambdaFailure, Returned};
use crate::exit::{Exit, Failure};
use crate::print::logs::LogLine;
use crate::print::style::{BOLD, DIM, RED};
use crate::print::{Printer, visible};
use crate::values::Input;

const EXAMPLES: &str = r#"Examples:
  sandglass invoke hello --input '{"payload":{"name":"Ada"}}'
  sandglass invoke hello --input @body.json
  echo '{"payload":{}}' | sandglass invoke hello --input -

The lambda runs as a manual test: its debug logs and its own error messages are shown.

Exit codes: 0 the lambda returned, 1 it failed, 2 bad usage, 3 it ran out of time or logged too much,
4 the server could not be reached or refused."#;

/// Invoke a lambda on the server and show its result and logs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The lambda's name or UUID.
    name: String,

    /// The body of the invocation: JSON, @FILE, or - for standard input. By default an empty
    /// payload.
    #[arg(long, short, value_name = "JSON|@FILE")]
    input: Option<Input>,

    #[command(flatten)]
    connection: Connection,
}

/// What came of it, for scripts.
#[derive(Serialize)]
struct OutcomeJson<'a, T> {
    outcome: &'static str,
    #[serde(flatten)]
    what: &'a T,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    let input = Input::read(args.input.as_ref())?;
    let client = Client::new(&args.connection, print)?;
    let invoked = {
        let _progress = print.progress(format!("Waiting for {}", args.name));
        client.invoke(&args.name, input).await?
    };
    Ok(match invoked {
        Invoked::Returned(returned) => show_returned(&returned, print),
        Invoked::Failed(failure) => show_failure(&failure, print),
    })
}

fn show_returned(returned: &Returned, print: Printer) -> Exit {
    print.value(&OutcomeJson {
        outcome: "returned",
        what: returned,
    });
    returned
        .logs
        .iter()
        .for_each(|entry| print.note(LogLine::of(entry)));
    match &returned.result {
        Some(result) => print.json_text(result.get()),
        None => print.note(format_args!("{DIM}no result{DIM:#}")),
    }
    Exit::Success
}

fn show_failure(failure: &LambdaFailure, print: Printer) -> Exit {
    let (outcome, word, exit) = match failure.is_limit() {
        true => ("exceeded", "limit", Exit::Limit),
        false => ("threw", "failed", Exit::LambdaFailed),
    };
    print.value(&OutcomeJson {
        outcome,
        what: failure,
    });
    let (repeated, logs): (Vec<_>, Vec<_>) = failure
        .error_logs
        .iter()
        .partition(|entry| failure.is_repeated_by(entry));
    logs.iter().for_each(|entry| print.note(LogLine::of(entry)));
    let message = visible(&failure.error_msg);
    print.note(format_args!("{RED}{word}{RED:#}{BOLD}: {message}{BOLD:#}"));
    for line in repeated.iter().flat_map(|entry| stack(entry)) {
        print.note(format_args!("{DIM}    {}{DIM:#}", visible(&line)));
    }
    print.note(format_args!(
        "{DIM}  {}{DIM:#}",
        visible(&failure.error_code)
    ));
    exit
}

/// The lines of the stack that the platform logs with an error.
fn stack(entry: &LogEntry) -> Vec<String> {
    let extras: Vec<String> = serde_json::from_str(entry.extras.get()).unwrap_or_default();
    let lines = extras.iter().flat_map(|extra| extra.lines());
    lines.map(|line| line.trim().to_owned()).collect()
}
