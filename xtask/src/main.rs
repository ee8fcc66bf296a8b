//! The project's chores: `cargo xtask engine`, `cargo xtask test`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks"
)]

mod conformance;
mod engine;
mod library;
mod openapi;
mod packages;
mod test;

use anyhow::{Result, bail};

const USAGE: &str = "usage:
  cargo xtask engine           build the engine from source into runtime/engine
  cargo xtask engine --check   build it into target/engine, and fail when the committed one was
                               made from other sources
  cargo xtask conformance      run Node.js' own tests and the web platform's in sandboxes; --help says more
  cargo xtask openapi          write the API of this tree to console/openapi.json
  cargo xtask test             everything that must pass before a change lands";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("conformance", options)) = arguments
        .split_first()
        .map(|(chore, options)| (chore.as_str(), options))
    {
        return conformance::run(options);
    }
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["engine"] => engine::build(),
        ["engine", "--check"] => engine::check(),
        ["openapi"] => openapi::write(),
        ["test"] => test::run(),
        _ => bail!("{USAGE}"),
    }
}
