//! Who is on the line?
//!
//! One [`Listener`] an address. It speaks HTTP/1.1 and HTTP/2, over TLS where its address does, and
//! each connection lives in a task of its own. All of them share the places of one [`Crowd`].

mod connection;
mod crowd;
mod patience;
mod requests;
mod streams;
mod tls;
mod watched;

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;
use crate::config::Config;
use crate::peer::Peer;
use connection::Door;
pub(crate) use crowd::Crowd;
use streams::Streams;
pub use tls::CertificateError;
pub(crate) use tls::{Certificate, Tls};

/// How long to wait when the system has no connection to give, for instance for want of file
/// descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// Header fields of one HTTP/1.1 request; hyper answers 431 past it.
const HEADERS_MAX: usize = 100;
/// Requests that one HTTP/2 connection may have open at once. RFC 9113, section 6.5.2, asks for no fewer.
const STREAMS_MAX: u32 = 100;
/// Requests that a client may take back before they were even looked at. Past it, its connection is
/// closed: this is the flood of CVE-2023-44487.
const RESETS_MAX: usize = 20;
/// What HTTP/2 keeps of an answer that its client does not read yet, for each request.
const SEND_BUFFER: usize = 256 * 1024;

/// How the connections of one address are served.
pub(crate) struct Listener {
    socket: TcpListener,
    door: Arc<Door>,
    crowd: Arc<Crowd>,
    grace: Duration,
}

impl Listener {
    pub(crate) fn new(
        socket: TcpListener,
        tls: Option<Tls>,
        app: Arc<App>,
        (crowd, config): (&Arc<Crowd>, &Config),
    ) -> Self {
        let quiet_max = Duration::from_millis(config.header_timeout_ms);
        let streams = Streams::new(quiet_max);
        let door = Door {
            app,
            tls,
            http: http(&streams, config, quiet_max),
            streams,
            quiet_max,
        };
        Self {
            socket,
            door: Arc::new(door),
            crowd: Arc::clone(crowd),
            grace: Duration::from_millis(config.shutdown_grace_ms),
        }
    }

    /// Serves until told to stop (or left alone), then lets what runs finish, for a while.
    pub(crate) async fn run(self, stop: watch::Receiver<bool>) {
        let mut open = JoinSet::new();
        self.accept_all(&mut open, stop).await;
        let Self {
            socket,
            door,
            grace,
            ..
        } = self;
        drop(socket);
        door.app.drain();
        let finished = async { while open.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finished).await.is_err() {
            tracing::warn!(connections = open.len(), "cut off what was still running");
        }
        // Dropping the future of an invocation ends the guest.
        open.shutdown().await;
        door.streams.shutdown().await;
    }

    async fn accept_all(&self, open: &mut JoinSet<()>, mut stop: watch::Receiver<bool>) {
        // Kept over the rounds: it may hold a connection that waits for its place.
        let next = self.accept();
        tokio::pin!(next);
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                Some(_) = open.join_next() => {}
                (stream, peer, guest) = next.as_mut() => {
                    let serving = Arc::clone(&self.door).serve(stream, (peer, guest), stop.clone());
                    open.spawn(serving);
                    next.set(self.accept());
                }
            }
        }
    }

    /// The next connection, once there is a place for it.
    async fn accept(&self) -> (TcpStream, Peer, crowd::Guest) {
        let (stream, peer) = loop {
            match self.socket.accept().await {
                Ok((stream, address)) => break (stream, Peer(address.ip())),
                Err(error) => {
                    tracing::warn!(%error, "no connection was accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        };
        (stream, peer, self.crowd.admit().await)
    }
}

/// What both versions of HTTP may cost.
fn http(streams: &Streams, config: &Config, header_timeout: Duration) -> Builder<Streams> {
    let mut http = Builder::new(streams.clone());
    let header_bytes = config.header_bytes_max;
    // Here the limit is the first size that is refused.
    let first_refused = header_bytes.get().saturating_add(1);
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(header_bytes.as_usize())
        .max_headers(HEADERS_MAX);
    http.http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(first_refused).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .max_send_buf_size(SEND_BUFFER);
    http
}
