//! How many invocations a second does the journal write, and does it count what it does not?

use std::time::{Duration, Instant};

use anyhow::Result;
use sandglass_server::measure::{JournalBench, Past};

use crate::figures::millis;
use crate::{Figures, Mode, Scratch, Target};

/// What the journal has to keep up with, in invocations a second.
const OFFERED: u64 = 20_000;
/// Invocations come in so many portions a second.
const TICKS: u64 = 100;
/// Invocations that are written at once where nothing else says how many.
const BATCH: u64 = 2_000;

/// Measures with no log entry an invocation, with one, and with five.
///
/// # Errors
/// When the database fails.
pub fn measure(mode: Mode, figures: &mut Figures, scratch: &Scratch) -> Result<()> {
    let tokio = tokio::runtime::Builder::new_current_thread().build()?;
    for logs_each in [0, 1, 5] {
        let case = Case {
            name: format!("platform/journal/{logs_each}_logs"),
            logs_each,
            mode,
        };
        let open = |kind| JournalBench::open(&scratch.join(&format!("{logs_each}-{kind}.db")));
        tokio.block_on(case.most(figures, open("most")?))?;
        tokio.block_on(case.offered(figures, open("offered")?))?;
    }
    Ok(())
}

struct Case {
    name: String,
    logs_each: u64,
    mode: Mode,
}

impl Case {
    fn past(&self, invocations: u64) -> Past {
        Past {
            invocations,
            logs_each: self.logs_each,
            lambdas: 1_000,
            over: Duration::from_secs(1),
        }
    }

    /// As many as it writes when they come as fast as they can be.
    async fn most(&self, figures: &mut Figures, journal: JournalBench) -> Result<()> {
        let batches = self.mode.pick(50, 1) as u64;
        let start = Instant::now();
        for number in 0..batches {
            journal.record(number * BATCH, &self.past(BATCH));
            journal.flush().await?;
        }
        let rate = (batches * BATCH) as f64 / start.elapsed().as_secs_f64();
        journal.close().await;
        let target = Target::AtLeast(OFFERED as f64);
        figures.take(format!("{}/most", self.name), rate, "invocations/s", target);
        Ok(())
    }

    /// What becomes of those that come as fast as it has to keep up with.
    async fn offered(&self, figures: &mut Figures, journal: JournalBench) -> Result<()> {
        let (ticks, each) = (self.mode.pick(600, 2) as u64, OFFERED / TICKS);
        let tick = Duration::from_millis(1_000 / TICKS);
        let start = Instant::now();
        for number in 0..ticks {
            journal.record(number * each, &self.past(each));
            let next = start + tick * (number as u32 + 1);
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        let (recorded, ended) = (start.elapsed().as_secs_f64(), Instant::now());
        journal.flush().await?;
        let behind = ended.elapsed();
        let (written, dropped) = (journal.written().await?, journal.dropped());
        journal.close().await;
        let offered = ticks * each;
        let mut take = |what: &str, value: f64, unit, target| {
            figures.take(format!("{}/{what}", self.name), value, unit, target);
        };
        take(
            "offered",
            offered as f64 / recorded,
            "invocations/s",
            Target::Open,
        );
        take("written", written as f64, "invocations", Target::Open);
        take("dropped", dropped as f64, "invocations", Target::Open);
        take("behind", millis(behind), "ms", Target::Open);
        let uncounted = offered.abs_diff(written + dropped) as f64;
        take("uncounted", uncounted, "invocations", Target::AtMost(0.0));
        Ok(())
    }
}
