//! How does a server live and die?

mod addresses;
mod open;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sandglass_runtime::{BuildError, EgressError};
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin::{Admin, ChangeError, DeployError};
use crate::app::App;
use crate::calls::Calls;
use crate::catalog::CatalogError;
use crate::config::{Config, ConfigError};
use crate::directory::{DataDir, DirectoryError};
use crate::listener::{Certificate, CertificateError, Crowd, Listener, Tls};
use crate::registry::Registry;
use crate::secrets::{SecretKeyError, VaultError};
use crate::store::{self, Store, StoreError};
use crate::telemetry::Telemetry;
use crate::{queue, schedules};
pub(crate) use addresses::Addresses;
use addresses::{Bound, bind_all};

/// Where a running server says how to reach it.
pub(crate) const SERVER_FILE: &str = "server.json";

/// Connections that the kernel holds until they are accepted.
const BACKLOG: u32 = 1_024;

/// How long lambdas that others have called may take to end once these have.
const CALLS_END: Duration = Duration::from_secs(2);

/// A running server. Dropping it stops it too, without waiting for it.
pub struct Server {
    app: Arc<App>,
    addresses: Addresses,
    url: String,
    certificate: Option<Arc<Certificate>>,
    stop: watch::Sender<bool>,
    /// The listeners, the queue, the schedules, the audit log's counts, and whoever follows the files of the certificate.
    tasks: Vec<JoinHandle<()>>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting cannot work.
    #[error("the configuration cannot be used")]
    Config(#[from] ConfigError),
    /// The operator's events, templates and snippets cannot be used.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
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
    /// The operator's token is damaged.
    #[error(
        "the file {} in the data directory does not hold a token: delete it to have another one made",
        open::OPERATOR_TOKEN
    )]
    OperatorToken,
    /// Outgoing HTTP cannot be set up.
    #[error("outgoing HTTP cannot be set up")]
    Egress(#[from] EgressError),
    /// The engine cannot be set up.
    #[error(transparent)]
    Runtime(#[from] BuildError),
    /// Builds cannot be set up.
    #[error("builds cannot be set up")]
    Builds(#[source] io::Error),
    /// Traces cannot be sent.
    #[error("traces cannot be sent as [telemetry] says")]
    Telemetry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The artifacts cannot be read.
    #[error("the artifacts cannot be read")]
    Artifacts(#[source] io::Error),
    /// The certificate cannot be used.
    #[error("the certificate of the server cannot be used")]
    Certificate(#[from] CertificateError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// What the last run left unfinished cannot be gone on with.
    #[error("the unfinished deployments cannot be gone on with")]
    Resume(#[source] DeployError),
    /// The first user cannot be made.
    #[error("the first user cannot be made")]
    FirstUser(#[from] ChangeError),
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
        let certificate = config.tls.as_ref().map(Certificate::load).transpose()?;
        // Bound now, so that a taken address is known before the long part.
        let bound = bind_all(&config)?;
        let addresses = Addresses::of(&bound);
        let calls = Calls::default();
        let app = open::open(&config, data, &addresses, &calls).await?;
        let app = Arc::new(app);
        calls.serve(&app);
        let (stop, stopped) = watch::channel(false);
        let crowd = Arc::new(Crowd::new(config.connections_max));
        let mut listeners = Vec::with_capacity(bound.len());
        for Bound { socket, at } in bound {
            let address = at.address();
            let failed = |source| StartError::Listen { address, source };
            let socket = socket.listen(BACKLOG).map_err(failed)?;
            let tls = certificate.as_ref().filter(|_| at.is_https());
            let tls = tls.map(Tls::new);
            let listener = Listener::new(socket, tls, Arc::clone(&app), (&crowd, &config));
            listeners.push(listener);
        }
        let url = addresses.local_url();
        write_server_file(&app.data, &url)?;
        let serve = |listener: Listener| tokio::spawn(listener.run(stopped.clone()));
        let mut tasks: Vec<_> = listeners.into_iter().map(serve).collect();
        if let Some(certificate) = &certificate {
            let following = Arc::clone(certificate).follow(stopped.clone());
            tasks.push(tokio::spawn(following));
        }
        let grace = Duration::from_millis(config.shutdown_grace_ms);
        let queue = queue::run(Arc::clone(&app), stopped.clone(), grace);
        let schedules = schedules::run(Arc::clone(&app), stopped.clone());
        let tallies = app.admin.clone().keep_tallies(stopped.clone());
        tasks.extend([
            tokio::spawn(queue),
            tokio::spawn(schedules),
            tokio::spawn(tallies),
        ]);
        for url in addresses.exposed() {
            tracing::warn!(%url, "tokens travel unencrypted to whoever uses this address");
        }
        let urls = addresses.urls().join(" ");
        tracing::info!(urls, data_dir = %config.data_dir.display(), "ready");
        Ok(Self {
            app,
            addresses,
            url,
            certificate,
            stop,
            tasks,
        })
    }

    /// The main address that it listens on, with the port that the system chose when asked for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.addresses.first()
    }

    /// The URL of the server for what runs on this machine: plain HTTP on loopback where it listens
    /// there, so that no certificate has to name a loopback address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of everything that it listens on, as seen from this machine: the main address, then
    /// the others as they are configured.
    pub fn urls(&self) -> Vec<String> {
        self.addresses.urls()
    }

    /// Reads the certificate and its key again, as the server does by itself when the files change.
    /// Open connections stay. When the files cannot be used, the certificate that there was stays,
    /// and the log says why.
    pub async fn reload_certificate(&self) {
        if let Some(certificate) = &self.certificate {
            certificate.reload().await;
        }
    }

    /// The management API in process.
    pub fn admin(&self) -> Admin {
        self.app.admin.clone()
    }

    /// What its requests have.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Stops accepting, lets what runs finish or cuts it off when the grace has passed, and writes
    /// what the journal still holds.
    pub async fn shutdown(self) {
        let Self {
            app, stop, tasks, ..
        } = self;
        app.drain();
        if let Err(error) = app.data.remove(SERVER_FILE) {
            tracing::warn!(%error, "the server file was not removed");
        }
        _ = stop.send(true);
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the server ended in a panic");
            }
        }
        app.once.stop().await;
        // Who called them is gone, so they end as soon as they give way.
        if tokio::time::timeout(CALLS_END, app.calls.idle())
            .await
            .is_err()
        {
            tracing::warn!("lambdas that others had called still run");
        }
        let store = &app.admin.parts().store;
        // Counts whose time is not over too: nobody would write them later.
        if let Err(error) = app.admin.write_tallies(u64::MAX).await {
            tracing::error!(%error, "who signed in last is not on record");
        }
        if let Err(error) = note_use(store, &app.registry.load()).await {
            tracing::warn!(%error, "the last use of tokens was not noted");
        }
        store.close().await;
        if app.telemetry.is_some() {
            let sent = tokio::task::spawn_blocking(move || {
                app.telemetry.iter().for_each(Telemetry::close);
            });
            if sent.await.is_err() {
                tracing::error!("the last spans were not sent");
            }
        }
        tracing::info!("stopped");
    }
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
