//! Where do the server's own log lines go?

use tracing_subscriber::EnvFilter;

use crate::print::progress;

const VARIABLE: &str = "SANDGLASS_LOG";

/// Sends events to standard error. `SANDGLASS_LOG` chooses which, in the syntax of `RUST_LOG`;
/// by default a server tells what it does, a one-shot command only what went wrong.
pub(crate) fn start(is_server: bool) {
    let default = if is_server {
        "warn,sandglass=info"
    } else {
        "warn"
    };
    let directives = std::env::var(VARIABLE).unwrap_or_else(|_| default.to_owned());
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(directives))
        .with_writer(|| {
            progress::make_room();
            std::io::stderr()
        })
        .with_ansi(colour)
        .with_target(false)
        .init();
}
