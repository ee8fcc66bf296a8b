//! `sandglass serve`: a server as an operator configured it.

use std::net::SocketAddr;
use std::path::PathBuf;

use sandglass_server::Config;

use crate::config;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::server::{self, Stop};
use crate::values::address;

const EXAMPLES: &str = "\
Examples:
  sandglass serve --print-config > sandglass.toml
  sandglass serve --config sandglass.toml
  SANDGLASS_LISTEN=0.0.0.0:8080 sandglass serve --config sandglass.toml

The key that seals secrets is kept in the data directory unless SANDGLASS_SECRET_KEY holds it.
SANDGLASS_LOG chooses what is logged, for instance debug or sandglass_server=debug.
Ctrl-C or SIGTERM stops the server when what is running has finished. SIGHUP makes it read its certificate
again, as it does by itself when the files change.";

/// Run a server with a configuration file.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The configuration, a TOML file; by default every key has its default.
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Where to listen, instead of where the configuration says.
    #[arg(
        long,
        env = "SANDGLASS_LISTEN", value_parser = address,
        value_name = "ADDRESS",
        hide_env_values = true
    )]
    listen: Option<SocketAddr>,

    /// Where everything is kept, instead of where the configuration says.
    #[arg(
        long,
        env = "SANDGLASS_DATA",
        value_name = "DIR",
        hide_env_values = true
    )]
    data_dir: Option<PathBuf>,

    /// Print the default configuration, commented, and do nothing else.
    #[arg(long)]
    print_config: bool,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    if args.print_config {
        print.raw(config::TEMPLATE.trim_end());
        return Ok(Exit::Success);
    }
    let mut config = args
        .config
        .as_deref()
        .map_or_else(|| Ok(Config::default()), config::read)?;
    config.listen = args.listen.unwrap_or(config.listen);
    config.data_dir = args.data_dir.unwrap_or(config.data_dir);
    config.secret_key = config::secret_key()?;

    let mut stop = Stop::listen(&config)?;
    let server = server::start(config, &mut stop, print).await?;
    server::run(&server, &mut stop).await?;
    Ok(stop.shut_down(server, print).await)
}
