//! How does a server live in this process?

use std::net::SocketAddr;

use sandglass_compiler::Workers;
use sandglass_server::{Config, DirectoryError, Server, StartError};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::{Exit, Failure};
use crate::print::Printer;

/// Starts a server, with a word for whoever waits. Ctrl-C ends the start too.
pub(crate) async fn start(
    mut config: Config,
    stop: &mut Stop,
    print: Printer,
) -> Result<Server, Failure> {
    config.builds.worker = Some(Workers::THIS_EXECUTABLE.into());
    let listen = config.listen;
    let _progress = print.progress("Starting; the first start compiles the engine");
    tokio::select! {
        started = Server::start(config) => started.map_err(|error| explain(error, listen)),
        () = stop.wanted() => Err(Failure::host("stopped before the server was ready")),
    }
}

fn explain(error: StartError, listen: SocketAddr) -> Failure {
    let hint = match &error {
        StartError::Listen { address, .. } if *address != listen => {
            "choose another address in also_listen".to_owned()
        }
        StartError::Listen { source, .. } => match source.kind() {
            std::io::ErrorKind::AddrInUse => {
                let other = SocketAddr::new(listen.ip(), listen.port().wrapping_add(1).max(1024));
                format!("another program has the port; choose one with --listen {other}")
            }
            std::io::ErrorKind::PermissionDenied => {
                "ports below 1024 are for root; choose another with --listen".to_owned()
            }
            _ => "choose another address with --listen".to_owned(),
        },
        StartError::Directory(DirectoryError::InUse { .. }) => {
            "stop the other server, or choose another directory with --data-dir".to_owned()
        }
        _ => String::new(),
    };
    let is_usage = matches!(
        error,
        StartError::Config(_) | StartError::Certificate(_) | StartError::Catalog(_)
    );
    let failure = Failure::from(error).with_hint(hint);
    if is_usage {
        failure.into_usage()
    } else {
        failure
    }
}

/// Serves until the process is asked to end. SIGHUP makes a server with a certificate read it again.
pub(crate) async fn run(server: &Server, stop: &mut Stop) -> Result<(), Failure> {
    let Some(mut hang_up) = stop.hang_up.take() else {
        stop.wanted().await;
        return Ok(());
    };
    loop {
        tokio::select! {
            () = stop.wanted() => return Ok(()),
            _ = hang_up.recv() => server.reload_certificate().await,
        }
    }
}

/// The wish to end the process: Ctrl-C or SIGTERM.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    /// The wish that the certificate is read again, where there is one. It ends the process otherwise, as
    /// the end of its terminal does.
    hang_up: Option<Signal>,
}

impl Stop {
    /// From now on these signals no longer end the process by themselves. To be called before the server
    /// says where it is: whoever reads that may send one.
    pub(crate) fn listen(config: &Config) -> Result<Self, Failure> {
        let hang_up = match config.tls {
            Some(_) => Some(signal(SignalKind::hangup())?),
            None => None,
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn wanted(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Lets what is running finish. A further signal ends it at once.
    pub(crate) async fn shut_down(&mut self, server: Server, print: Printer) -> Exit {
        print.note("\nStopping when what is running has finished; Ctrl-C again stops at once.");
        tokio::select! {
            () = server.shutdown() => Exit::Success,
            () = self.wanted() => Exit::Host,
        }
    }
}
