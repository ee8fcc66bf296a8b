//! How does the whole program run, as a process of its own?

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::scratch::profile_directory;
use crate::{Connection, Mode, Request};

const READY_WITHIN: Duration = Duration::from_secs(120);
const STOPPED_WITHIN: Duration = Duration::from_secs(60);

/// The account that a server makes on its first start.
pub const ACCOUNT: &str = "10000001";

/// A `sandglass serve` on loopback. Killed when dropped.
#[derive(Debug)]
pub struct Sandglass {
    child: Child,
    address: SocketAddr,
    admin_token: String,
    ready_after: Duration,
}

/// The `sandglass` program of the profile that this bench was built with. A full run builds it
/// first, so that it never measures yesterday's; a smoke run takes what is there.
///
/// # Errors
/// When it does not build.
pub fn program(mode: Mode) -> Result<Option<PathBuf>> {
    let program = profile_directory()?.join("sandglass");
    if let (Mode::Full, Some(cargo)) = (mode, std::env::var_os("CARGO")) {
        let arguments = [
            "build",
            "--release",
            "--quiet",
            "--package",
            "sandglass-cli",
        ];
        let status = Command::new(cargo)
            .args(arguments)
            .status()
            .context("starting cargo")?;
        ensure!(status.success(), "sandglass did not build");
    }
    Ok(program.exists().then_some(program))
}

impl Sandglass {
    /// Starts a server on a data directory and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start(program: &Path, data: &Path) -> Result<Self> {
        std::fs::create_dir_all(data).context("making the data directory")?;
        let config = data.with_extension("toml");
        let text = format!("listen = '127.0.0.1:0'\ndata_dir = '{}'\n", data.display());
        std::fs::write(&config, text).context("writing the configuration")?;
        let log_file = data.with_extension("log");
        let log = File::create(&log_file).context("making the log file")?;
        let start = Instant::now();
        let mut child = Command::new(program)
            .args(["serve", "--config"])
            .arg(&config)
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("starting sandglass")?;
        match wait_until_ready(&mut child, data) {
            Ok(address) => {
                let ready_after = start.elapsed();
                let admin_token = std::fs::read_to_string(data.join("admin.token"))
                    .context("reading the admin token")?
                    .trim()
                    .to_owned();
                Ok(Self {
                    child,
                    address,
                    admin_token,
                    ready_after,
                })
            }
            Err(error) => {
                end(&mut child);
                let log = std::fs::read_to_string(log_file).unwrap_or_default();
                Err(error.context(log))
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token of its first administrator.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// How long it took from the start of the process until `/readyz` said so.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Stops it as an operator would, and waits for its end.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub fn stop(mut self) -> Result<()> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).context("signalling sandglass")?;
        let deadline = Instant::now() + STOPPED_WITHIN;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().context("waiting for sandglass")? {
                ensure!(status.success(), "sandglass ended with {status}");
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!(
            "sandglass did not stop within {} s",
            STOPPED_WITHIN.as_secs()
        )
    }
}

impl Drop for Sandglass {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Ends a child that may have ended already.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The address of a server whose `/readyz` answers 200.
fn wait_until_ready(child: &mut Child, data: &Path) -> Result<SocketAddr> {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let deadline = Instant::now() + READY_WITHIN;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().context("watching sandglass")? {
            bail!("sandglass ended with {status} before it was ready");
        }
        if let Some(address) = address(data)
            && tokio.block_on(is_ready(address))
        {
            return Ok(address);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    bail!("sandglass was not ready after {} s", READY_WITHIN.as_secs())
}

/// The address in `server.json`, once it is there and whole.
fn address(data: &Path) -> Option<SocketAddr> {
    let text = std::fs::read_to_string(data.join("server.json")).ok()?;
    let server: serde_json::Value = serde_json::from_str(&text).ok()?;
    server
        .get("url")?
        .as_str()?
        .strip_prefix("http://")?
        .trim_end_matches('/')
        .parse()
        .ok()
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    let answer = connection
        .send(&Request::new("GET", "/readyz", "", ""))
        .await;
    answer.is_ok_and(|answer| answer.status == 200)
}
