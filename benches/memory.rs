//! How much memory does a lambda hold, loaded and running?
//!
//! Each answer comes from a process of its own that did nothing else before: memory that an
//! allocator keeps from earlier work would make everything after it look cheap.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::future::try_join_all;
use rustix::process::{Resource, getrlimit, setrlimit};
use sandglass_benches::workbench::{cached, greet, invoke, loopback_client, policy_allowing};
use sandglass_benches::{
    ArtifactDirectory, Figures, Mode, Scratch, Target, Upstream, Workbench, lambdas, resident,
};
use sandglass_runtime::{Invocation, Lambda, Policy, Runtime, RuntimeBuilder};
use serde_json::{Value, json};

/// The case that a child process measures, as JSON.
const CASE: &str = "SANDGLASS_BENCH_CASE";

fn main() -> Result<()> {
    if let Ok(case) = std::env::var(CASE) {
        return measure(&serde_json::from_str(&case).context("reading the case")?);
    }
    let mode = Mode::from_args();
    if mode == Mode::List {
        return Ok(());
    }
    let mut figures = Figures::new(mode);
    let scratch = Scratch::new()?;
    let count = mode.pick(200, 3);
    prepare(&scratch, count)?;
    loaded(&scratch, &mut figures)?;
    running(&scratch, count, &mut figures)?;
    waiting(&scratch, mode.pick(1_000, 3), &mut figures)?;
    figures.print_table();
    Ok(())
}

/// Artifacts on disk and their native code in the cache, as on a server that was restarted.
fn prepare(scratch: &Scratch, count: usize) -> Result<()> {
    let artifacts = artifacts(scratch.path())?;
    let bench = Workbench::with(cached(scratch).artifacts(artifacts.clone()))?;
    for number in 0..count {
        let artifact = bench.compile_code(&lambdas::hello_variant(number))?;
        artifacts.write(&artifact)?;
        let lambda = bench
            .runtime()
            .lambda(artifact.digest().clone(), Policy::default());
        bench.block_on(greet(&lambda))?;
    }
    Ok(())
}

fn artifacts(scratch: &Path) -> Result<ArtifactDirectory> {
    ArtifactDirectory::open(scratch.join("artifacts"))
}

/// Different lambdas, loaded, then each called once.
fn loaded(scratch: &Scratch, figures: &mut Figures) -> Result<()> {
    let answer = in_child(&json!({ "case": "loaded", "scratch": scratch.path() }))?;
    let kilobytes = |field| number(&answer, field).map(|bytes| bytes / 1e3);
    let target = Target::AtMost(500.0);
    figures.take("memory/loaded_lambda", kilobytes("loaded")?, "kB", target);
    figures.take(
        "memory/loaded_lambda_after_a_call",
        kilobytes("called")?,
        "kB",
        target,
    );
    Ok(())
}

/// Sandboxes of one lambda, all at once in the middle of an invocation.
fn running(scratch: &Scratch, count: usize, figures: &mut Figures) -> Result<()> {
    let case = json!({ "case": "running", "scratch": scratch.path(), "count": count });
    let bytes = number(&in_child(&case)?, "running")?;
    figures.take("memory/running_instance", bytes / 1e3, "kB", Target::Open);
    Ok(())
}

/// Lambdas that all wait one second for the same HTTP server.
fn waiting(scratch: &Scratch, count: usize, figures: &mut Figures) -> Result<()> {
    allow_many_sockets()?;
    let upstream = Upstream::start()?;
    let answer = in_child(&json!({
        "case": "waiting",
        "scratch": scratch.path(),
        "count": count,
        "url": upstream.url(Duration::from_secs(1)),
        "rule": upstream.address().to_string(),
    }))?;
    let name = format!("memory/{count}_waiting_on_http");
    let mebibytes = |field| number(&answer, field).map(|bytes| bytes / f64::from(1 << 20));
    figures.take(
        format!("{name}/largest"),
        mebibytes("largest")?,
        "MiB",
        Target::AtMost(1024.0),
    );
    figures.take(
        format!("{name}/mapped_peak"),
        mebibytes("peak")?,
        "MiB",
        Target::Open,
    );
    figures.take(
        format!("{name}/all_answered"),
        number(&answer, "seconds")?,
        "s",
        Target::Open,
    );
    Ok(())
}

/// Runs this program again for one case and reads the line that it prints.
fn in_child(case: &Value) -> Result<Value> {
    let program = std::env::current_exe().context("finding the running bench")?;
    let output = Command::new(program)
        .env(CASE, case.to_string())
        .env_remove("RUST_BACKTRACE")
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{case} ended with {}: {errors}",
        output.status
    );
    serde_json::from_slice(&output.stdout).with_context(|| format!("{case} printed no answer"))
}

fn number(answer: &Value, field: &str) -> Result<f64> {
    answer[field]
        .as_f64()
        .with_context(|| format!("the child did not measure {field}"))
}

/// In the child: measures one case and prints the answer.
fn measure(case: &Value) -> Result<()> {
    let text = |field: &str| case[field].as_str().with_context(|| format!("no {field}"));
    let count = case["count"].as_u64().unwrap_or_default() as usize;
    let scratch = PathBuf::from(text("scratch")?);
    let builder = Runtime::builder().code_cache(scratch.join("code"));
    let answer = match text("case")? {
        "loaded" => measure_loaded(builder, &scratch)?,
        "running" => measure_running(&Workbench::with(builder)?, count)?,
        "waiting" => {
            allow_many_sockets()?;
            let artifacts = ArtifactDirectory::open(scratch.join("waiting"))?;
            let builder = builder.artifacts(artifacts.clone());
            let bench = Workbench::with(builder.http_client(loopback_client()?))?;
            measure_waiting(&bench, &artifacts, count, text("url")?, text("rule")?)?
        }
        other => bail!("there is no case {other}"),
    };
    serde_json::to_writer(std::io::stdout(), &answer).context("printing the answer")
}

/// Without the artifacts in memory: a server reads them again when it has to.
fn measure_loaded(builder: RuntimeBuilder, scratch: &Path) -> Result<Value> {
    let artifacts = artifacts(scratch)?;
    let bench = Workbench::with(builder.artifacts(artifacts.clone()))?;
    let greeter = bench.lambda(lambdas::HELLO)?;
    bench.block_on(greet(&greeter))?;
    let lambda = |digest| bench.runtime().lambda(digest, Policy::default());
    let lambdas: Vec<Lambda> = artifacts.digests()?.into_iter().map(lambda).collect();
    let before = resident::proportional()?;
    bench.block_on(async {
        for lambda in &lambdas {
            // The first sandbox of a lambda loads it.
            lambda.checkout().await?;
        }
        anyhow::Ok(())
    })?;
    let loaded = resident::proportional()?;
    bench.block_on(async {
        for lambda in &lambdas {
            greet(lambda).await?;
        }
        anyhow::Ok(())
    })?;
    let called = resident::proportional()?;
    let each = |after: u64| after.saturating_sub(before) / lambdas.len() as u64;
    Ok(json!({ "loaded": each(loaded), "called": each(called) }))
}

fn measure_running(bench: &Workbench, count: usize) -> Result<Value> {
    let lambda = bench.lambda(lambdas::WAIT)?;
    let wait = |ms: u32| Invocation::json(lambdas::input(&json!({ "ms": ms }).to_string()));
    bench.block_on(invoke(&lambda, &wait(1)?))?;
    let before = resident::proportional()?;
    let long = wait(2_000)?;
    let all = try_join_all((0..count).map(|_| invoke(&lambda, &long)));
    let (reports, during) = bench.block_on(async {
        let halfway = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            resident::proportional()
        };
        futures::future::try_join(all, halfway).await
    })?;
    ensure!(reports.len() == count, "every lambda returns");
    Ok(json!({ "running": during.saturating_sub(before) / count as u64 }))
}

/// Different lambdas: no two share an image. Their artifacts are in a store, as a server's are.
fn measure_waiting(
    bench: &Workbench,
    artifacts: &ArtifactDirectory,
    count: usize,
    url: &str,
    rule: &str,
) -> Result<Value> {
    let lambdas = (0..count)
        .map(|number| {
            let code = format!("{}\nconst number = {number};\n", lambdas::HTTP);
            let artifact = bench.compile_code(&code)?;
            artifacts.write(&artifact)?;
            let policy = policy_allowing(rule)?;
            Ok(bench.runtime().lambda(artifact.digest().clone(), policy))
        })
        .collect::<Result<Vec<Lambda>>>()?;
    let input = lambdas::input(&json!({ "count": 1, "url": url }).to_string());
    let invocation = Invocation::json(input)?;
    let start = Instant::now();
    let all = try_join_all(lambdas.iter().map(|lambda| invoke(lambda, &invocation)));
    let mut largest = 0;
    bench.block_on(async {
        let mut all = std::pin::pin!(all);
        loop {
            match tokio::time::timeout(SAMPLED_EVERY, &mut all).await {
                Ok(answered) => return answered.map(drop),
                Err(_) => largest = largest.max(resident::proportional()?),
            }
        }
    })?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(json!({ "largest": largest, "peak": resident::peak()?, "seconds": seconds }))
}

/// How often the memory of waiting lambdas is looked at.
const SAMPLED_EVERY: Duration = Duration::from_millis(200);

/// A thousand lambdas with a socket each need more than the usual soft limit of 1,024.
fn allow_many_sockets() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("raising the limit of open files")
}
