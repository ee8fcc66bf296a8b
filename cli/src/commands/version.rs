//! `sandglass version`: what is this?

use crate::exit::{Exit, Failure};
use crate::print::Printer;

const EXAMPLES: &str = "\
Examples:
  sandglass version
  sandglass version --json";

/// Show the version of the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, print: Printer) -> Result<Exit, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    print.line(format_args!("sandglass {version}"));
    print.value(&serde_json::json!({ "version": version }));
    Ok(Exit::Success)
}
