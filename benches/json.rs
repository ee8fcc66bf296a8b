//! How fast is JSON of 1 MB, next to componentize-qjs?

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use criterion::{Criterion, Throughput};
use sandglass_benches::figures::millis;
use sandglass_benches::workbench::invoke;
use sandglass_benches::{Figures, Mode, Samples, Target, Workbench, lambdas};
use sandglass_runtime::{Invocation, Lambda, Policy, Runtime};
use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Config, Engine, Store};

const OPERATIONS: [&str; 2] = ["parse", "stringify"];
/// How often each is done in one invocation; what one without costs is taken off.
const COUNT: u32 = 5;
/// The document's size in bytes, nearly.
const BYTES: u64 = 1_000_000;

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let mode = Mode::from_args();
    let bench = Workbench::with(Runtime::builder())?;
    let lambda = bench.load(bench.compile_code(lambdas::JSON)?, Policy::default())?;
    let ours = Ours {
        bench: &bench,
        lambda,
    };
    measure(&mut criterion, &ours)?;
    criterion.final_summary();
    if mode != Mode::List {
        let mut figures = Figures::new(mode);
        compare(&ours, &mut figures)?;
        figures.print_table();
    }
    Ok(())
}

/// Does an operation so many times, in a sandbox that did not exist before.
trait Side {
    fn run(&self, operation: &str, count: u32) -> Result<Duration>;

    /// The median of an operation's part of an invocation, in milliseconds.
    fn millis(&self, operation: &str) -> Result<f64> {
        let rounds = Mode::from_args().pick(40, 1);
        let median = |count| {
            let runs = (0..rounds).map(|_| self.run(operation, count));
            let durations = runs.collect::<Result<Vec<_>>>()?;
            anyhow::Ok(Samples::new(durations).percentile(50.0))
        };
        let took = median(COUNT)?.saturating_sub(median(0)?);
        Ok(millis(took) / f64::from(COUNT))
    }
}

struct Ours<'a> {
    bench: &'a Workbench,
    lambda: Lambda,
}

impl Ours<'_> {
    fn invocation(operation: &str, count: u32) -> Result<Invocation> {
        let payload = serde_json::json!({ "operation": operation, "count": count });
        Ok(Invocation::json(lambdas::input(&payload.to_string()))?)
    }
}

impl Side for Ours<'_> {
    fn run(&self, operation: &str, count: u32) -> Result<Duration> {
        let invocation = Self::invocation(operation, count)?;
        let start = Instant::now();
        self.bench.block_on(invoke(&self.lambda, &invocation))?;
        Ok(start.elapsed())
    }
}

/// The same JavaScript as a component of componentize-qjs, in a wasmtime without fuel and limits.
struct Peer {
    engine: Engine,
    component: Component,
}

impl Peer {
    /// `None` when it was not fetched.
    fn load() -> Result<Option<Self>> {
        let Some(file) = lambdas::json_peer()? else {
            return Ok(None);
        };
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        let engine = Engine::new(&config).map_err(told)?;
        let component = Component::from_file(&engine, file).map_err(told)?;
        Ok(Some(Self { engine, component }))
    }
}

impl Side for Peer {
    fn run(&self, operation: &str, count: u32) -> Result<Duration> {
        let mut store = Store::new(&self.engine, ());
        let linker = Linker::new(&self.engine);
        let mut run = || {
            let instance = linker.instantiate(&mut store, &self.component)?;
            let run: TypedFunc<(&str, u32), (u32,)> = instance.get_typed_func(&mut store, "run")?;
            let start = Instant::now();
            run.call(&mut store, (operation, count))?;
            Ok(start.elapsed())
        };
        run().map_err(told)
    }
}

fn told(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:?}")
}

fn measure(criterion: &mut Criterion, ours: &Ours<'_>) -> Result<()> {
    let mut group = criterion.benchmark_group("json");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3))
        .throughput(Throughput::Bytes(BYTES * u64::from(COUNT)));
    for operation in OPERATIONS {
        let invocation = Ours::invocation(operation, COUNT)?;
        group.bench_function(format!("{operation}_1_mb"), |bencher| {
            bencher.iter(|| {
                let returned = ours.bench.block_on(invoke(&ours.lambda, &invocation));
                returned.expect("the lambda returns")
            });
        });
    }
    group.finish();
    Ok(())
}

/// Both sides in turns: of three ratios each, the one in the middle.
fn compare(ours: &Ours<'_>, figures: &mut Figures) -> Result<()> {
    let peer = Peer::load().context("componentize-qjs")?;
    for operation in OPERATIONS {
        let name = format!("json/{operation}_1_mb");
        let mut turns = Vec::new();
        for _ in 0..3 {
            let peers = peer
                .as_ref()
                .map(|peer| peer.millis(operation))
                .transpose()?;
            turns.push((ours.millis(operation)?, peers));
        }
        turns.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        figures.take(&*name, turns[1].0, "ms", Target::Open);
        let mut ratios: Vec<f64> = turns
            .iter()
            .filter_map(|(ours, peers)| Some((*peers)? / ours))
            .collect();
        ratios.sort_by(f64::total_cmp);
        if let Some(ratio) = ratios.get(1) {
            let target = Target::AtLeast(1.0);
            figures.take(format!("{name}/of_componentize_qjs"), *ratio, "×", target);
        }
    }
    Ok(())
}
