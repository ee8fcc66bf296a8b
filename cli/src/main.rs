//! The `sandglass` command: arguments, exit codes, printing.
//!
//! What the commands do lives in the rooms below: the compiler, the runtime and the server.

mod args;
mod client;
mod commands;
mod config;
mod engine;
mod examples;
mod exit;
mod print;
mod prompt;
mod server;
mod source;
mod telemetry;
mod values;

use std::process::ExitCode;

use clap::{ColorChoice, Parser as _};

use args::{Cli, Command};
use exit::{Exit, Failure};
use print::Printer;

/// Sandboxes come and go tens of thousands of times a second; so do their small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A server starts this executable anew for each source that it builds.
    if let Some(exit) = sandglass_compiler::run_if_worker() {
        return exit;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain_usage(&error),
    };
    colour(cli.color);
    let print = Printer::new(cli.json);
    telemetry::start(matches!(cli.command, Command::Up(_) | Command::Serve(_)));
    match execute(cli.command, print) {
        Ok(exit) => exit.into(),
        Err(failure) => print.failure(&failure),
    }
}

/// One-shot commands have one thread, so that they start and end fast; servers have all of them.
fn execute(command: Command, print: Printer) -> Result<Exit, Failure> {
    let mut builder = match command {
        Command::Up(_) | Command::Serve(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let tokio = builder.enable_all().build()?;
    let ended = tokio.block_on(commands::run(command, print));
    // Whoever asked twice to stop does not wait for what still runs.
    tokio.shutdown_background();
    ended
}

fn colour(choice: ColorChoice) {
    let choice = match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Help, the version, or what is wrong with the arguments.
fn explain_usage(error: &clap::Error) -> ExitCode {
    let json = error.use_stderr() && std::env::args().any(|argument| argument == "--json");
    if json {
        let text = error.render().to_string();
        let message = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        return Printer::new(true).failure(&Failure::usage(message));
    }
    // Nobody is left to be told when even this cannot be printed.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Success.into()
    }
}
