//! What are the median and the 99th percentile of a cold start, one invocation after the other?

use anyhow::Result;
use sandglass_benches::cold_start::cases;
use sandglass_benches::{Figures, Mode, Samples, Scratch, Workbench};

fn main() -> Result<()> {
    let mode = Mode::from_args();
    if mode == Mode::List {
        return Ok(());
    }
    let mut figures = Figures::new(mode);
    let (bench, scratch) = (Workbench::new()?, Scratch::new()?);
    for mut case in cases(&bench, &scratch, mode)? {
        let rounds = mode.pick(case.rounds, 10);
        let durations = bench.sample(rounds, async |round| case.run(round).await)?;
        let name = format!("cold_start/{}", case.name);
        figures.take_percentiles(&name, &Samples::new(durations), case.p50, case.p99);
    }
    figures.print_table();
    Ok(())
}
