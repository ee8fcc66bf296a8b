//! What does a call from a lambda to its host cost, on top of the invocation?

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use criterion::{Criterion, Throughput};
use sandglass_benches::figures::{micros, millis};
use sandglass_benches::workbench::{invoke, loopback_client, policy_allowing};
use sandglass_benches::{Figures, Mode, Samples, Target, Upstream, Workbench, lambdas};
use sandglass_compiler::Source;
use sandglass_runtime::{FixedSecrets, Invocation, Lambda, Runtime};

/// One kind of call: a lambda that makes `count` of them.
struct Call {
    name: &'static str,
    count: usize,
    lambda: Lambda,
    url: String,
}

impl Call {
    fn invocation(&self, count: usize) -> Invocation {
        let payload = serde_json::json!({ "count": count, "url": self.url });
        let input = lambdas::input(&payload.to_string());
        Invocation::json(input).expect("the input was written by serde_json")
    }
}

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let mode = Mode::from_args();
    let upstream = Upstream::start()?;
    let bench = workbench()?;
    let calls = calls(&bench, &upstream)?;
    measure(&mut criterion, &bench, &calls);
    criterion.final_summary();
    if mode != Mode::List {
        let mut figures = Figures::new(mode);
        per_call(&bench, &calls, &mut figures)?;
        next_to_node(&bench, &calls, &mut figures)?;
        five_in_parallel(&bench, &upstream, &mut figures)?;
        figures.print_table();
    }
    Ok(())
}

fn workbench() -> Result<Workbench> {
    let secrets = FixedSecrets::new([("TOKEN", "a token of usual length, 40 bytes or so")])?;
    Workbench::with(
        Runtime::builder()
            .secrets(secrets)
            .http_client(loopback_client()?),
    )
}

fn calls(bench: &Workbench, upstream: &Upstream) -> Result<Vec<Call>> {
    let policy = policy_allowing(&upstream.address().to_string())?;
    let url = upstream.url(Duration::ZERO);
    let call = |name, count, code: &str, block_bytes: usize| {
        let source = Source::new("lambda.js", code)?.env("BLOCK_BYTES", block_bytes.to_string())?;
        let lambda = bench.load(bench.compile(&source)?, policy.clone())?;
        anyhow::Ok(Call {
            name,
            count,
            lambda,
            url: url.clone(),
        })
    };
    Ok(vec![
        call("log", 100, lambdas::LOG, 0)?,
        call("secret", 100, lambdas::SECRET, 0)?,
        call("http", 20, lambdas::HTTP, 0)?,
        call("digest_1_kb", 100, lambdas::DIGEST, 1_000)?,
        call("digest_1_mb", 10, lambdas::DIGEST, 1_000_000)?,
        call("hmac_1_mb", 10, lambdas::HMAC, 1_000_000)?,
    ])
}

/// Whole invocations that make `count` calls each, shown as calls a second.
fn measure(criterion: &mut Criterion, bench: &Workbench, calls: &[Call]) {
    let mut group = criterion.benchmark_group("host_call");
    group
        .measurement_time(Duration::from_secs(3))
        .warm_up_time(Duration::from_secs(1));
    group.sample_size(20);
    for call in calls {
        group.throughput(Throughput::Elements(call.count as u64));
        let invocation = call.invocation(call.count);
        group.bench_function(call.name, |bencher| {
            bencher.iter_custom(|iterations| {
                let start = Instant::now();
                bench.block_on(async {
                    for _ in 0..iterations {
                        invoke(&call.lambda, &invocation)
                            .await
                            .expect("the lambda returns");
                    }
                });
                start.elapsed()
            });
        });
    }
    group.finish();
}

/// Each call's part of an invocation.
fn per_call(bench: &Workbench, calls: &[Call], figures: &mut Figures) -> Result<()> {
    for call in calls {
        let micros = call_micros(bench, call)?;
        figures.take(
            format!("host_call/{}", call.name),
            micros,
            "µs",
            Target::Open,
        );
    }
    Ok(())
}

/// The median of an invocation with calls less the median of one without, by the call.
fn call_micros(bench: &Workbench, call: &Call) -> Result<f64> {
    let median = |count| -> Result<Duration> {
        let invocation = call.invocation(count);
        let rounds = Mode::from_args().pick(300, 3);
        let durations = bench.sample(rounds, async |_| {
            invoke(&call.lambda, &invocation).await.map(drop)
        })?;
        Ok(Samples::new(durations).percentile(50.0))
    };
    let calls_took = median(call.count)?.saturating_sub(median(0)?);
    Ok(micros(calls_took) / call.count as f64)
}

/// How fast hashes of 1 MB are, as a part of the speed of the Node.js of this machine: of three turns
/// each, the one in the middle.
fn next_to_node(bench: &Workbench, calls: &[Call], figures: &mut Figures) -> Result<()> {
    let sources = [
        ("digest_1_mb", lambdas::DIGEST),
        ("hmac_1_mb", lambdas::HMAC),
    ];
    for (name, code) in sources {
        let call = calls.iter().find(|call| call.name == name);
        let call = call.context("it is one of the calls")?;
        let mut ratios = Vec::new();
        for _ in 0..3 {
            ratios.push(node_micros(code, call.count)? / call_micros(bench, call)?);
        }
        ratios.sort_by(f64::total_cmp);
        let target = Target::AtLeast(0.5);
        figures.take(format!("host_call/{name}/of_node"), ratios[1], "×", target);
    }
    Ok(())
}

/// What a call of a lambda takes in Node.js: the median of its runs, as here.
fn node_micros(code: &str, count: usize) -> Result<f64> {
    let rounds = Mode::from_args().pick(300, 3);
    let run = format!(
        "{code}
         const input = {{ payload: {{ count: {count} }} }}, took = [];
         for (let round = 0; round < {rounds}; round += 1) {{
           const start = process.hrtime.bigint();
           lambda(input, () => {{}});
           took.push(Number(process.hrtime.bigint() - start) / 1e3 / {count});
         }}
         console.log(took.sort((a, b) => a - b)[took.length >> 1]);"
    );
    let output = Command::new("node")
        .args(["-e", &run])
        .env("BLOCK_BYTES", "1000000")
        .output()
        .context("cannot run node")?;
    let text = String::from_utf8(output.stdout)?;
    text.trim()
        .parse()
        .with_context(|| format!("node printed {text:?}"))
}

/// Five requests of 100 ms at once take little longer than one.
fn five_in_parallel(bench: &Workbench, upstream: &Upstream, figures: &mut Figures) -> Result<()> {
    let lambda = bench.load(
        bench.compile_code(lambdas::PARALLEL_HTTP)?,
        policy_allowing(&upstream.address().to_string())?,
    )?;
    let url = upstream.url(Duration::from_millis(100));
    let call = Call {
        name: "http_5_in_parallel",
        count: 5,
        lambda,
        url,
    };
    let invocation = call.invocation(call.count);
    let rounds = Mode::from_args().pick(50, 1);
    let durations = bench.sample(rounds, async |_| {
        invoke(&call.lambda, &invocation).await.map(drop)
    })?;
    let samples = Samples::new(durations);
    let name = format!("host_call/{}", call.name);
    let (p50, p99) = (
        millis(samples.percentile(50.0)),
        millis(samples.percentile(99.0)),
    );
    figures.take(format!("{name}/p50"), p50, "ms", Target::AtMost(110.0));
    figures.take(format!("{name}/p99"), p99, "ms", Target::Open);
    Ok(())
}
