//! How many invocations a second does a warm server answer over HTTP, each request authenticated
//! and in a sandbox of its own, while the load generator takes its share of the same machine?

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use criterion::{Criterion, Throughput};
use futures::future::try_join_all;
use sandglass_benches::deploy::{deploy, greeting, invoke_path, invoker_token};
use sandglass_benches::figures::skip;
use sandglass_benches::{Connection, Figures, Mode, Request, Samples, Scratch, Target, lambdas};
use sandglass_server::{Config, Server};
use serde_json::Value;

/// Connections that send one request after the other.
const CONCURRENCY: [usize; 3] = [1, 16, 64];

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let mode = Mode::from_args();
    let scratch = Scratch::new()?;
    // The server's threads are its own: the load generator has one more, as wrk has.
    let serving = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: scratch.join("data"),
        ..Config::default()
    };
    let server = serving
        .block_on(Server::start(config))
        .context("starting the server")?;
    let load = Load::prepare(server.local_addr(), &scratch.join("data"))?;
    load.measure(&mut criterion);
    criterion.final_summary();
    if mode != Mode::List {
        let mut figures = Figures::new(mode);
        load.percentiles(mode, &mut figures)?;
        load.wrk(mode, &mut figures)?;
        figures.print_table();
    }
    serving.block_on(server.shutdown());
    Ok(())
}

/// The load generator.
struct Load {
    tokio: tokio::runtime::Runtime,
    address: SocketAddr,
    uuid: String,
    token: String,
    request: Request,
}

impl Load {
    fn prepare(address: SocketAddr, data: &Path) -> Result<Self> {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let admin = std::fs::read_to_string(data.join("admin.token"))?;
        let (uuid, token) = tokio.block_on(async {
            let mut connection = Connection::open(address).await?;
            let uuid = deploy(&mut connection, admin.trim(), "hello", lambdas::HELLO).await?;
            let token = invoker_token(&mut connection, admin.trim()).await?;
            anyhow::Ok((uuid, token))
        })?;
        let request = greeting(&uuid, &token);
        let load = Self {
            tokio,
            address,
            uuid,
            token,
            request,
        };
        load.check()?;
        Ok(load)
    }

    /// Makes sure that the right thing is timed.
    fn check(&self) -> Result<()> {
        self.tokio.block_on(async {
            let mut connection = Connection::open(self.address).await?;
            let result = connection.accepted(&self.request).await?;
            ensure!(
                result == br#"{"message":"Hello Ada"}"#,
                "{}",
                String::from_utf8_lossy(result)
            );
            Ok(())
        })
    }

    async fn connect(&self, connections: usize) -> Result<Vec<Connection>> {
        try_join_all((0..connections).map(|_| Connection::open(self.address))).await
    }

    fn measure(&self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group("throughput");
        group.throughput(Throughput::Elements(1));
        group
            .measurement_time(Duration::from_secs(4))
            .warm_up_time(Duration::from_secs(1));
        group.sample_size(20);
        for concurrency in CONCURRENCY {
            let connections = self.tokio.block_on(self.connect(concurrency));
            let mut connections = connections.expect("the server accepts connections");
            group.bench_function(format!("hello/{concurrency}"), |bencher| {
                bencher.iter_custom(|requests| {
                    let start = Instant::now();
                    let sent = self.tokio.block_on(self.send(&mut connections, requests));
                    sent.expect("the server answers 200");
                    start.elapsed()
                });
            });
        }
        group.finish();
    }

    /// Sends that many requests in all, spread over the connections.
    async fn send(&self, connections: &mut [Connection], requests: u64) -> Result<()> {
        let count = connections.len() as u64;
        let shares = connections
            .iter_mut()
            .enumerate()
            .map(async |(index, connection)| {
                let share = requests / count + u64::from((index as u64) < requests % count);
                for _ in 0..share {
                    connection.accepted(&self.request).await?;
                }
                anyhow::Ok(())
            });
        try_join_all(shares).await.map(drop)
    }

    fn percentiles(&self, mode: Mode, figures: &mut Figures) -> Result<()> {
        let duration = Duration::from_millis(mode.pick(5_000, 100) as u64);
        for concurrency in CONCURRENCY {
            let (latencies, took) = self.tokio.block_on(async {
                let mut connections = self.connect(concurrency).await?;
                let start = Instant::now();
                let each = connections
                    .iter_mut()
                    .map(|connection| self.send_until(connection, start + duration));
                anyhow::Ok((try_join_all(each).await?.concat(), start.elapsed()))
            })?;
            let name = format!("throughput/hello/{concurrency}");
            let rate = latencies.len() as f64 / took.as_secs_f64();
            figures.take(&name, rate, "requests/s", Target::Open);
            let samples = Samples::new(latencies);
            figures.take_percentiles(&name, &samples, Target::Open, Target::Open);
        }
        Ok(())
    }

    async fn send_until(&self, connection: &mut Connection, end: Instant) -> Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        while Instant::now() < end || latencies.is_empty() {
            let start = Instant::now();
            connection.accepted(&self.request).await?;
            latencies.push(start.elapsed());
        }
        Ok(latencies)
    }

    /// The same with wrk, one thread and sixteen connections; its load costs less than ours.
    fn wrk(&self, mode: Mode, figures: &mut Figures) -> Result<()> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/request.lua");
        let seconds = mode.pick(10, 1);
        let url = format!("http://{}{}", self.address, invoke_path(&self.uuid));
        let output = Command::new("wrk")
            .args(["-t1", "-c16", &format!("-d{seconds}s"), "-s", script, &url])
            .env("BENCH_BODY", lambdas::GREETING)
            .env("BENCH_TOKEN", &self.token)
            .output();
        let output = match output {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                skip("throughput/wrk", "wrk is not installed");
                return Ok(());
            }
            Err(error) => return Err(error).context("starting wrk"),
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let answer = text.lines().rfind(|line| line.starts_with('{'));
        let answer = answer.with_context(|| format!("wrk printed no result: {text}"))?;
        let answer: Value = serde_json::from_str(answer).context("reading wrk's result")?;
        let number = |field: &str| answer[field].as_f64().context("wrk's result lacks a field");
        ensure!(number("failed")? == 0.0, "requests failed: {answer}");
        let rate = number("requests")? / number("duration")? * 1e6;
        figures.take(
            "throughput/wrk_c16",
            rate,
            "requests/s",
            Target::AtLeast(32_000.0),
        );
        let (p50, p99) = (number("p50")? / 1e3, number("p99")? / 1e3);
        figures.take("throughput/wrk_c16/p50", p50, "ms", Target::Open);
        figures.take("throughput/wrk_c16/p99", p99, "ms", Target::AtMost(2.0));
        Ok(())
    }
}
