//! Who is on the line?

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::app::App;
use crate::config::Config;

/// How long to wait when the system has no connection to give, for instance for want of file
/// descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// Header fields of one request; hyper answers 431 past it.
const HEADERS_MAX: usize = 100;

/// How connections are served.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) app: Arc<App>,
    http: http1::Builder,
    connections: Arc<Semaphore>,
    grace: Duration,
}

impl Listener {
    pub(crate) fn new(socket: TcpListener, app: Arc<App>, config: &Config) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(config.header_timeout_ms))
            .max_buf_size(config.header_bytes_max.as_usize())
            .max_headers(HEADERS_MAX);
        Self {
            socket,
            app,
            http,
            connections: Arc::new(Semaphore::new(config.connections_max)),
            grace: Duration::from_millis(config.shutdown_grace_ms),
        }
    }

    /// Serves until told to stop (or left alone), then lets what runs finish, for a while.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                Some(_) = open.join_next() => {}
                connection = self.accept() => {
                    open.spawn(connection.serve(stop.clone()));
                }
            }
        }
        let Self {
            socket, app, grace, ..
        } = self;
        drop(socket);
        app.drain();
        let finished = async { while open.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finished).await.is_err() {
            tracing::warn!(connections = open.len(), "cut off what was still running");
        }
        // Dropping the future of an invocation ends the guest.
        open.shutdown().await;
    }

    async fn accept(&self) -> Connection {
        let permits = Arc::clone(&self.connections);
        let permit = permits
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        loop {
            match self.socket.accept().await {
                Ok((stream, _)) => {
                    let (app, http) = (Arc::clone(&self.app), self.http.clone());
                    return Connection {
                        stream,
                        app,
                        http,
                        _permit: permit,
                    };
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection was accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    app: Arc<App>,
    http: http1::Builder,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, mut stop: watch::Receiver<bool>) {
        let Self {
            stream,
            app,
            http,
            _permit,
        } = self;
        let app = &*app;
        let _open = Open::new(&app.metrics.connections);
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection went away at once");
        }
        let service = service_fn(async |request| Ok::<_, Infallible>(app.respond(request).await));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let result = tokio::select! {
            result = connection.as_mut() => result,
            _ = stop.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            // Clients come and go; what they did wrong is theirs to know.
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Counts a connection while it is open, however it ends.
struct Open<'a>(&'a AtomicUsize);

impl<'a> Open<'a> {
    fn new(connections: &'a AtomicUsize) -> Self {
        connections.fetch_add(1, Ordering::Relaxed);
        Self(connections)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
