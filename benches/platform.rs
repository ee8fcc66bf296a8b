//! How fast is the platform around the lambdas: what it checks, tells, makes live and remembers?

use std::process::ExitCode;

use anyhow::Result;
use sandglass_benches::platform::{Platform, approve, journal, reads, redeploy, token_check};
use sandglass_benches::{Figures, Mode, Scratch};

fn main() -> Result<ExitCode> {
    if let Some(exit) = sandglass_compiler::run_if_worker() {
        return Ok(exit);
    }
    let mode = Mode::from_args();
    if mode == Mode::List {
        return Ok(ExitCode::SUCCESS);
    }
    let mut figures = Figures::new(mode);
    let scratch = Scratch::new()?;
    journal::measure(mode, &mut figures, &scratch)?;
    let platform = Platform::start(mode, &scratch.join("data"))?;
    token_check::measure(mode, &mut figures, &platform)?;
    reads::measure(mode, &mut figures, &platform)?;
    approve::measure(mode, &mut figures, &platform)?;
    redeploy::measure(mode, &mut figures, &platform)?;
    platform.stop();
    figures.print_table();
    Ok(ExitCode::SUCCESS)
}
