//! `sandglass openapi`: what can be asked of a server?

use crate::exit::{Exit, Failure};
use crate::print::Printer;

const EXAMPLES: &str = "\
Examples:
  sandglass openapi > openapi.json

A server of this release answers the same document at /openapi.json.";

/// Print the API of the server as an OpenAPI document, for programs that make clients of it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, print: Printer) -> Result<Exit, Failure> {
    print.raw(sandglass_server::openapi_document());
    Ok(Exit::Success)
}
