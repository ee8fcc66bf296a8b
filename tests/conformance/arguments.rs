//! What can this be asked for?

use std::path::PathBuf;

use clap::Parser;

/// Runs Node.js' own tests, the web platform's and those of packages of npm, in sandboxes.
///
/// Without options, all of them: writes docs/conformance.md and tests/conformance/expected.
#[derive(Parser)]
#[command(name = "cargo xtask conformance", bin_name = "cargo xtask conformance")]
pub(crate) struct Arguments {
    /// Only these modules (`buffer,url`), folders of the web platform's tests (`web/url`) and packages' own tests
    /// (`packages/luxon`); writes nothing
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) only: Vec<String>,

    /// Only these tests, each with its error and what it logged in full; writes nothing
    #[arg(long, num_args = 1.., value_name = "FILES")]
    pub(crate) test: Vec<String>,

    /// Only tests that are quick, or must pass: what continuous integration runs; writes nothing
    #[arg(long)]
    pub(crate) subset: bool,

    /// Fails when a test does not pass that is expected to; writes nothing
    #[arg(long)]
    pub(crate) check: bool,

    /// Writes the expected results of what was run, also with `--only`; with `--in-node`, how many subtests there are
    #[arg(long, conflicts_with = "check")]
    pub(crate) expect: bool,

    /// Also runs what counts as unreachable, to learn which rules are too lenient; writes nothing
    #[arg(long)]
    pub(crate) unreachable: bool,

    /// Runs them in the local Node.js, by the same shim: what fails there is a mistake of ours; writes nothing
    #[arg(long)]
    pub(crate) in_node: bool,

    /// Lists the tests that failed, with their errors
    #[arg(long)]
    pub(crate) failures: bool,

    /// Prints the results as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Sandboxes at once; twice the processors by default
    #[arg(long, value_name = "COUNT")]
    pub(crate) jobs: Option<usize>,

    /// Where the sources of Node.js are downloaded from, instead of Debian's servers: an address or a file
    #[arg(long, env = "SANDGLASS_NODE_SOURCES", value_name = "ADDRESS")]
    pub(crate) sources: Option<String>,

    /// Where the downloaded tests are kept
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/conformance"), value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

impl Arguments {
    /// Whether everything is run and its results are kept.
    pub(crate) fn is_whole(&self) -> bool {
        let part = !self.only.is_empty() || !self.test.is_empty() || self.subset;
        !part && !self.check && !self.unreachable && !self.in_node
    }
}
