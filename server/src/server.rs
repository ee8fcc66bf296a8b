//! How does a server live and die?

mod open;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sandglass_runtime::{BuildError, EgressError};
use serde::Serialize;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin::Admin;
use crate::app::App;
use crate::calls::Calls;
use crate::config::{Config, ConfigError};
use crate::directory::{DataDir, DirectoryError};
use crate::listener::Listener;
use crate::registry::Registry;
use crate::secrets::{SecretKeyError, VaultError};
use crate::store::{self, Store, StoreError};

/// Where a running server says how to reach it.
pub(crate) const SERVER_FILE: &str = "server.json";

/// Connections that the kernel holds until they are accepted.
const BACKLOG: u32 = 1_024;

/// How long lambdas that others have called may take to end once these have.
const CALLS_END: Duration = Duration::from_secs(2);

/// A running server. Dropping it stops it too, without waiting for it.
pub struct Server {
    app: Arc<App>,
    address: SocketAddr,
    url: String,
    stop: watch::Sender<bool>,
    listener: JoinHandle<()>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting cannot work.
    #[error("the configuration cannot be used")]
    Config(#[from] ConfigError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The secrets cannot be opened.
    #[error(transparent)]
    Secrets(#[from] VaultError),
    /// The key file does not hold a key.
    #[error(
        "the file {} in the data directory does not hold a key",
        open::KEY_FILE
    )]
    Key(#[source] SecretKeyError),
    /// Outgoing HTTP cannot be set up.
    #[error("outgoing HTTP cannot be set up")]
    Egress(#[from] EgressError),
    /// The engine cannot be set up.
    #[error(transparent)]
    Runtime(#[from] BuildError),
    /// The artifacts cannot be read.
    #[error("the artifacts cannot be read")]
    Artifacts(#[source] io::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// The system has no randomness.
    #[error("no random numbers")]
    Random,
}

impl Server {
    /// Opens the data directory, makes it current and starts to listen. When this returns, the
    /// server answers.
    ///
    /// # Errors
    /// When something that it needs cannot be used; nothing is left running then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        config.check()?;
        let data = DataDir::open(&config.data_dir)?;
        let listen_failed = |source| StartError::Listen {
            address: config.listen,
            source,
        };
        // Bound now, so that a taken address is known before the long part; until the server can
        // answer, connections are refused.
        let socket = bind(config.listen).map_err(listen_failed)?;
        let address = socket.local_addr().map_err(listen_failed)?;
        let calls = Calls::default();
        let app = open::open(&config, data, address, &calls).await?;
        let app = Arc::new(app);
        calls.serve(&app);
        let socket = socket.listen(BACKLOG).map_err(listen_failed)?;
        let url = url(address);
        write_server_file(&app.data, &url)?;
        let (stop, stopped) = watch::channel(false);
        let listener = Listener::new(socket, Arc::clone(&app), &config);
        let listener = tokio::spawn(listener.run(stopped));
        tracing::info!(url, data_dir = %config.data_dir.display(), "ready");
        Ok(Self {
            app,
            address,
            url,
            stop,
            listener,
        })
    }

    /// The address that it listens on, with the port that the system chose when asked for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The URL of the server, as seen from this machine.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The management API in process.
    pub fn admin(&self) -> Admin {
        self.app.admin.clone()
    }

    /// Stops accepting, lets what runs finish or cuts it off when the grace has passed, and writes
    /// what the journal still holds.
    pub async fn shutdown(self) {
        let Self {
            app,
            stop,
            listener,
            ..
        } = self;
        app.drain();
        if let Err(error) = app.data.remove(SERVER_FILE) {
            tracing::warn!(%error, "the server file was not removed");
        }
        _ = stop.send(true);
        if let Err(error) = listener.await {
            tracing::error!(%error, "the listener ended in a panic");
        }
        // Who called them is gone, so they end as soon as they give way.
        if tokio::time::timeout(CALLS_END, app.calls.idle())
            .await
            .is_err()
        {
            tracing::warn!("lambdas that others had called still run");
        }
        let store = &app.admin.parts().store;
        if let Err(error) = note_use(store, &app.registry.load()).await {
            tracing::warn!(%error, "the last use of tokens was not noted");
        }
        store.close().await;
        tracing::info!("stopped");
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart must not wait for the connections of the server before it to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Keeps when tokens and developer keys were last used.
async fn note_use(store: &Store, registry: &Registry) -> Result<(), StoreError> {
    let used = |id: &str, at: &AtomicU64| {
        let at = at.load(Ordering::Relaxed);
        (at > 0).then(|| (id.to_owned(), at))
    };
    let tokens = registry.tokens();
    let tokens: Vec<_> = tokens
        .filter_map(|token| used(token.id.as_str(), &token.last_used_at))
        .collect();
    let keys = registry.context_keys();
    let keys: Vec<_> = keys
        .filter_map(|key| used(key.id.as_str(), &key.last_used_at))
        .collect();
    let rows = move |tx: &rusqlite::Connection| {
        let change = "note the last use of tokens";
        store::touch_tokens(tx, &tokens)
            .and_then(|()| store::touch_context_keys(tx, &keys))
            .map_err(|source| StoreError::Sqlite { change, source })
    };
    store
        .transact("note the last use of tokens", rows, |()| ())
        .await
}

fn write_server_file(data: &DataDir, url: &str) -> Result<(), DirectoryError> {
    #[derive(Serialize)]
    struct Running<'a> {
        url: &'a str,
        pid: u32,
    }
    let running = Running {
        url,
        pid: std::process::id(),
    };
    let text = serde_json::to_vec(&running).expect("a URL and a number are valid JSON");
    data.write_private(SERVER_FILE, &text)
}

/// The URL of what listens on an address.
fn url(address: SocketAddr) -> String {
    format!("http://{}", reachable(address))
}

/// An address that can be connected to from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}
