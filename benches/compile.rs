//! How long does a build take, and how large is what comes of it?

use std::time::{Duration, Instant};

use anyhow::Result;
use criterion::Criterion;
use sandglass_benches::{Figures, Mode, Target, Workbench, lambdas};
use sandglass_compiler::Source;

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
    group.finish();
    criterion.final_summary();
    artifact_sizes(&bench, cases)
}

/// What one deployed lambda takes on disk.
fn artifact_sizes<const N: usize>(
    bench: &Workbench,
    cases: [(&str, String, Target); N],
) -> Result<()> {
    let mode = Mode::from_args();
    if mode == Mode::List {
        return Ok(());
    }
    let mut figures = Figures::new(mode);
    for (name, code, target) in cases {
        let artifact = bench.compile_code(&code)?;
        let kilobytes = artifact.as_bytes().len() as f64 / 1e3;
        figures.take(format!("artifact/{name}"), kilobytes, "kB", target);
    }
    figures.print_table();
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
