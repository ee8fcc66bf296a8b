//! How long until the first result, from each point where a lambda can start?

use std::time::{Duration, Instant};

use anyhow::Result;
use criterion::Criterion;
use sandglass_benches::cold_start::cases;
use sandglass_benches::{Mode, Scratch, Workbench};

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let (bench, scratch) = (Workbench::new()?, Scratch::new()?);
    let mut group = criterion.benchmark_group("cold_start");
    group
        .measurement_time(Duration::from_secs(4))
        .warm_up_time(Duration::from_secs(1));
    for mut case in cases(&bench, &scratch, Mode::from_args())? {
        let mut round = 0;
        group.bench_function(case.name, |bencher| {
            bencher.iter_custom(|iterations| {
                let start = Instant::now();
                bench.block_on(async {
                    for _ in 0..iterations {
                        case.run(round).await.expect("the lambda greets");
                        round += 1;
                    }
                });
                start.elapsed()
            });
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}
