//! How does a server run within a bench?
//!
//! With threads of its own, as the program has, so that the load generator takes none of them. Builds
//! are prepared in processes of their own, as the program has them, too: the bench's `main` begins with
//! [`run_if_worker`](sandglass_compiler::run_if_worker).

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use sandglass_server::{Config, Server};
use tokio::runtime::Runtime;

/// A server in this process, on loopback, with the settings that a server has when nobody says
/// otherwise.
pub struct Served {
    serving: Runtime,
    server: Server,
    admin_token: String,
}

impl Served {
    /// Starts a server on a data directory, which is made when it does not exist.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(data: &Path) -> Result<Self> {
        let serving = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let mut config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: data.to_owned(),
            ..Config::default()
        };
        config.builds.worker = Some(std::env::current_exe().context("finding this program")?);
        let server = serving
            .block_on(Server::start(config))
            .context("starting the server")?;
        let token = std::fs::read_to_string(data.join("admin.token"));
        let admin_token = token.context("reading the admin token")?.trim().to_owned();
        Ok(Self {
            serving,
            server,
            admin_token,
        })
    }

    /// The server itself.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The token of its first administrator, who may do everything.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// Stops it as an operator would, and waits for its end.
    pub fn stop(self) {
        self.serving.block_on(self.server.shutdown());
    }
}
