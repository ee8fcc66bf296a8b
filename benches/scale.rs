//! How does the whole program behave with many lambdas, and how fast are its commands?

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sandglass_benches::deploy::{deploy_variants, greeting};
use sandglass_benches::figures::{millis, skip};
use sandglass_benches::{
    Connection, Figures, Mode, Samples, Sandglass, Scratch, Target, lambdas, sandglass,
};

fn main() -> Result<()> {
    let mode = Mode::from_args();
    if mode == Mode::List {
        return Ok(());
    }
    let mut figures = Figures::new(mode);
    let Some(program) = sandglass::program(mode)? else {
        skip(
            "scale",
            "there is no sandglass program: cargo build --release",
        );
        return Ok(());
    };
    let scratch = Scratch::new()?;
    let scale = Scale {
        mode,
        program,
        scratch,
        figures: &mut figures,
    };
    scale.run()?;
    figures.print_table();
    Ok(())
}

struct Scale<'a> {
    mode: Mode,
    program: PathBuf,
    scratch: Scratch,
    figures: &'a mut Figures,
}

impl Scale<'_> {
    fn run(mut self) -> Result<()> {
        self.run_command()?;
        self.deploy_command()?;
        let (thousand, all) = (self.mode.pick(1_000, 3), self.mode.pick(10_000, 6));
        let data = self.scratch.join("data");
        let mut uuids = self.deploy(&data, 0..thousand)?;
        self.start(&data, thousand, Target::AtMost(500.0))?;
        uuids.extend(self.deploy(&data, thousand..all)?);
        self.start(&data, all, Target::Open)?;
        self.first_calls(&data, &uuids)
    }

    /// `sandglass run hello.js`, as a whole process whose engine code is cached.
    fn run_command(&mut self) -> Result<()> {
        let file = self.hello_file("hello.js", lambdas::HELLO)?;
        let rounds = self.mode.pick(40, 2);
        let mut durations = Vec::with_capacity(rounds);
        for round in 0..=rounds {
            let mut command = Command::new(&self.program);
            command.args(["run", &file, "--input", lambdas::GREETING]);
            let took = self.timed(&mut command)?;
            // The first run may have had to compile the engine.
            if round > 0 {
                durations.push(took);
            }
        }
        self.take("command/run_hello", durations, Target::AtMost(60.0));
        Ok(())
    }

    /// `sandglass deploy hello.js` to a running server; each time with another source.
    fn deploy_command(&mut self) -> Result<()> {
        let data = self.scratch.join("deploy-data");
        let server = Sandglass::start(&self.program, &data)?;
        let rounds = self.mode.pick(40, 2);
        let mut durations = Vec::with_capacity(rounds);
        for number in 0..rounds {
            let file = self.hello_file("hello.js", &lambdas::hello_variant(number))?;
            let mut command = Command::new(&self.program);
            command.args(["deploy", &file]).env("SANDGLASS_DATA", &data);
            durations.push(self.timed(&mut command)?);
        }
        server.stop()?;
        self.take("command/deploy_hello", durations, Target::AtMost(50.0));
        Ok(())
    }

    /// Deploys lambdas to a server that then stops.
    fn deploy(&mut self, data: &Path, numbers: std::ops::Range<usize>) -> Result<Vec<String>> {
        let server = Sandglass::start(&self.program, data)?;
        let (count, start) = (numbers.len(), Instant::now());
        let uuids = block_on(deploy_variants(
            server.address(),
            server.admin_token(),
            numbers,
        ))?;
        let rate = count as f64 / start.elapsed().as_secs_f64();
        self.figures.take(
            format!("scale/deploy_of_{count}"),
            rate,
            "lambdas/s",
            Target::Open,
        );
        server.stop()?;
        Ok(uuids)
    }

    /// From the start of the process until `/readyz` says so.
    fn start(&mut self, data: &Path, lambdas: usize, target: Target) -> Result<()> {
        let rounds = self.mode.pick(7, 1);
        let mut durations = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let server = Sandglass::start(&self.program, data)?;
            durations.push(server.ready_after());
            server.stop()?;
        }
        self.take(&format!("scale/start_with_{lambdas}"), durations, target);
        Ok(())
    }

    /// The first call of lambdas that are deployed and were not called since the server started.
    fn first_calls(&mut self, data: &Path, uuids: &[String]) -> Result<()> {
        let server = Sandglass::start(&self.program, data)?;
        let durations = block_on(async {
            let mut connection = Connection::open(server.address()).await?;
            let calls = self.mode.pick(3_000, 3).min(uuids.len());
            let mut durations = Vec::with_capacity(calls);
            for call in 0..calls {
                // 7,919 is prime, so the order is scattered and no lambda comes twice.
                let uuid = &uuids[call * 7_919 % uuids.len()];
                let request = greeting(uuid, server.admin_token());
                let start = Instant::now();
                let result = connection.accepted(&request).await?;
                durations.push(start.elapsed());
                ensure!(
                    result.windows(9).any(|part| part == b"Hello Ada"),
                    "another result"
                );
            }
            anyhow::Ok(durations)
        })?;
        server.stop()?;
        let samples = Samples::new(durations);
        let name = format!("scale/first_call_of_{}", uuids.len());
        let (p50, p99) = (
            millis(samples.percentile(50.0)),
            millis(samples.percentile(99.0)),
        );
        self.figures
            .take(format!("{name}/p50"), p50, "ms", Target::Open);
        self.figures
            .take(format!("{name}/p99"), p99, "ms", Target::AtMost(10.0));
        Ok(())
    }

    fn hello_file(&self, name: &str, code: &str) -> Result<String> {
        let file = self.scratch.join(name);
        std::fs::write(&file, code).context("writing hello.js")?;
        file.into_os_string()
            .into_string()
            .ok()
            .context("the target directory's path is not UTF-8")
    }

    /// A command's whole life, from outside.
    fn timed(&self, command: &mut Command) -> Result<Duration> {
        command
            .current_dir(self.scratch.path())
            .env("XDG_CACHE_HOME", self.scratch.join("cache"))
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null());
        let start = Instant::now();
        let output = command.output().context("starting sandglass")?;
        let took = start.elapsed();
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{command:?} ended with {}: {errors}",
            output.status
        );
        Ok(took)
    }

    fn take(&mut self, name: &str, durations: Vec<Duration>, target: Target) {
        let samples = Samples::new(durations);
        self.figures
            .take(name, millis(samples.percentile(50.0)), "ms", target);
    }
}

fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future)
}
