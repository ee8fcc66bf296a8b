//! How long does a build take, and how large is what comes of it?

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use criterion::Criterion;
use sandglass_benches::figures::{millis, skip};
use sandglass_benches::workbench::greet;
use sandglass_benches::{Figures, Mode, Samples, Target, Workbench, lambdas};
use sandglass_compiler::{Source, pack};
use sandglass_runtime::Policy;

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let bench = Workbench::new()?;
    let cases = [
        ("hello", lambdas::HELLO.to_owned(), Target::AtMost(150.0)),
        ("toolbelt", lambdas::HTTP.to_owned(), Target::Open),
        ("longest_source", longest_source(), Target::Open),
        ("library_1_mb", lambdas::LIBRARY.to_owned(), Target::Open),
    ];
    let mut group = criterion.benchmark_group("compile");
    group
        .measurement_time(Duration::from_secs(4))
        .warm_up_time(Duration::from_secs(1));
    group.sample_size(20);
    for (name, code, _) in &cases {
        let source = Source::new("lambda.js", code.as_str())?;
        group.bench_function(*name, |bencher| {
            bencher.iter_custom(|iterations| {
                let start = Instant::now();
                for _ in 0..iterations {
                    bench.compile(&source).expect("the lambda compiles");
                }
                start.elapsed()
            });
        });
    }
    let folder = lambdas::five_packages()?;
    if let Some(folder) = &folder {
        group.bench_function("bundle_five_packages", |bencher| {
            bencher.iter(|| bench.block_on(pack(folder)).expect("the folder is bundled"));
        });
    }
    group.finish();
    criterion.final_summary();
    let mut figures = Figures::new(Mode::from_args());
    match folder {
        Some(folder) => bundling(&bench, &folder, &mut figures)?,
        None => skip(
            "compile/bundle_five_packages",
            "run `node benches/library/fetch.mjs` first",
        ),
    }
    artifact_sizes(&bench, cases, &mut figures)?;
    figures.print_table();
    Ok(())
}

/// From a folder with five packages in its `node_modules` to the one script that is evaluated.
fn bundling(bench: &Workbench, folder: &Path, figures: &mut Figures) -> Result<()> {
    let mode = Mode::from_args();
    if mode == Mode::List {
        return Ok(());
    }
    let source = bench.block_on(pack(folder))?;
    let lambda = bench.load(bench.compile(&source)?, Policy::default())?;
    bench.block_on(greet(&lambda))?;
    let durations = bench.sample(mode.pick(30, 1), async |_| {
        pack(folder).await?;
        Ok(())
    })?;
    let median = millis(Samples::new(durations).percentile(50.0));
    let target = Target::AtMost(500.0);
    figures.take("compile/bundle_five_packages", median, "ms", target);
    Ok(())
}

/// What one deployed lambda takes on disk.
fn artifact_sizes<const N: usize>(
    bench: &Workbench,
    cases: [(&str, String, Target); N],
    figures: &mut Figures,
) -> Result<()> {
    if Mode::from_args() == Mode::List {
        return Ok(());
    }
    for (name, code, target) in cases {
        let artifact = bench.compile_code(&code)?;
        let kilobytes = artifact.as_bytes().len() as f64 / 1e3;
        figures.take(format!("artifact/{name}"), kilobytes, "kB", target);
    }
    Ok(())
}

/// As many functions as fit into the longest source that is allowed, and hello.
fn longest_source() -> String {
    const CHARACTERS_MAX: usize = 100_000;
    let mut code = lambdas::HELLO.to_owned();
    for number in 0.. {
        let next = format!(
            "function price{number}(items, rate = 0.19) {{\n  return items.map(({{ name, cents }}) => \
             ({{ name, cents, gross: Math.round(cents * (1 + rate)) }})).filter((item) => item.gross \
             > {number});\n}}\n"
        );
        if code.len() + next.len() > CHARACTERS_MAX {
            break;
        }
        code.push_str(&next);
    }
    code
}
