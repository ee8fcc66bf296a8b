//! How is one connection served?
//!
//! Until its client leaves, or is quiet for too long, or somebody else needs the place, or the
//! server stops. hyper bounds how long the headers of HTTP/1.1 take. Everything else that a client
//! can draw out (the first byte, a handshake, HTTP/2's headers, the reading of an answer) is
//! bounded here, and for each answer of HTTP/2 in [`patience`](super::patience).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Tls;
use super::crowd::{Guest, Line};
use super::requests::answers;
use super::streams::Streams;
use super::watched::Watched;
use crate::app::App;
use crate::peer::Peer;

/// How long a connection that is told to end may be idle, for instance between two requests that
/// its client had sent before it was told so.
const PARTING: Duration = Duration::from_secs(2);
/// The same for one whose place somebody waits for.
const HURRIED_PARTING: Duration = Duration::from_millis(50);

/// What the connections of one address have in common.
pub(super) struct Door {
    pub(super) app: Arc<App>,
    pub(super) tls: Option<Tls>,
    pub(super) http: Builder<Streams>,
    pub(super) streams: Streams,
    /// How long a client may take for what it has to do next.
    pub(super) quiet_max: Duration,
}

impl Door {
    /// Serves a connection to its end.
    pub(super) async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        whose: (Peer, Guest),
        stop: watch::Receiver<bool>,
    ) {
        self.talk(stream, whose, stop).await;
        self.streams.let_go();
    }

    async fn talk(
        &self,
        stream: TcpStream,
        (peer, guest): (Peer, Guest),
        mut stop: watch::Receiver<bool>,
    ) {
        let _open = Open::new(&self.app.metrics.connections);
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection went away at once");
        }
        let line = guest.line();
        let stream = Watched::new(stream, Arc::clone(line));
        let Some(tls) = &self.tls else {
            return self.converse(stream, (peer, line), stop).await;
        };
        let stream = tokio::select! {
            stream = tls.shake_hands(stream, self.quiet_max) => stream,
            () = line.asked_to_leave() => return,
            _ = stop.changed() => return,
        };
        match stream {
            Ok(stream) => self.converse(stream, (peer, line), stop).await,
            Err(error) => tracing::debug!(%error, "a handshake failed"),
        }
    }

    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        (peer, line): (Peer, &Arc<Line>),
        mut stop: watch::Receiver<bool>,
    ) {
        let answers = answers(Arc::clone(&self.app), peer, Arc::clone(line));
        let connection = self.http.serve_connection(TokioIo::new(stream), answers);
        tokio::pin!(connection);
        let patience = tokio::select! {
            biased;
            result = connection.as_mut() => return note(result),
            _ = stop.changed() => PARTING,
            () = line.asked_to_leave() => HURRIED_PARTING,
            () = line.idle(self.quiet_max) => HURRIED_PARTING,
        };
        connection.as_mut().graceful_shutdown();
        line.touch();
        tokio::select! {
            biased;
            result = connection => note(result),
            () = line.idle(patience) => tracing::debug!("a connection was closed"),
            // A client can always find something to say.
            () = line.without_requests(self.quiet_max) => {
                tracing::debug!("a connection that was told to end was closed");
            }
        }
    }
}

/// Clients come and go; what they did wrong is theirs to know.
fn note<E: std::fmt::Display>(result: Result<(), E>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
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
