//! How much of Node.js and of the web platform is there? By their own tests, in real sandboxes.
//!
//! `cargo xtask conformance` builds and starts this. It downloads the tests, runs those of the modules in
//! `modules.toml`, of the web platform's folders in `web.rs` and of the packages in `suites.toml`, each in a sandbox
//! of its own, and writes what came of it: `docs/conformance.md` and the results that are expected from then on, `expected/`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks"
)]

mod arguments;
mod catalog;
mod document;
mod download;
mod expected;
mod fixtures;
mod in_node;
mod node;
mod own;
mod packages;
mod progress;
mod reachability;
mod reasons;
mod sandbox;
mod scoreboard;
mod selection;
mod subtests;
mod suites;
mod totals;
mod tree;
mod verdict;
mod web;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use arguments::Arguments;

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let tokio = tokio::runtime::Runtime::new()?;
    tokio.block_on(selection::run(&arguments))
}
