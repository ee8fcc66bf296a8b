//! Whom do the lambdas call?

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"ok\":true}";

/// An HTTP server on loopback, on a thread of its own, that answers `GET /{n}` after `n`
/// milliseconds. Ends when dropped.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Upstream {
    /// Starts listening.
    ///
    /// # Errors
    /// When there is no port or no thread to be had.
    pub fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            listen().context("binding the upstream")?
        };
        let address = listener
            .local_addr()
            .context("asking for the upstream's port")?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("upstream".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL that answers after `delay`.
    pub fn url(&self, delay: Duration) -> String {
        format!("http://{}/{}", self.address, delay.as_millis())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the upstream has already been printed by its thread.
            let _ = thread.join();
        }
    }
}

/// Takes a thousand connections at once without making one of them try again a second later.
fn listen() -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(4096)
}

async fn accept(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream));
    }
}

/// Answers one connection's requests until the peer closes it or sends something else.
async fn answer(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut received = Vec::with_capacity(1024);
    loop {
        received.clear();
        while !received.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut received).await.ok()? == 0 {
                return None;
            }
        }
        let head = std::str::from_utf8(&received).ok()?.to_ascii_lowercase();
        let delay = head
            .strip_prefix("get /")?
            .split(' ')
            .next()?
            .parse()
            .ok()?;
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        stream.write_all(ANSWER).await.ok()?;
        if head.contains("connection: close\r\n") {
            return None;
        }
    }
}
