//! `sandglass packages`: what can a lambda use without installing it?

use sandglass_runtime::engine_packages;

use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;

const EXAMPLES: &str = "\
Examples:
  sandglass packages
  sandglass packages --json

Others are installed with npm beside the lambda and bundled by `sandglass deploy`.";

/// List the npm packages that every lambda may use without installing them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, print: Printer) -> Result<Exit, Failure> {
    let packages = engine_packages();
    let mut table = Table::new(["package", "version"]);
    for (name, version) in &packages {
        table.row([name.clone(), version.clone()]);
    }
    print.table(table, "");
    print.value(&packages);
    Ok(Exit::Success)
}
