//! How is a figure taken and shown?

#![allow(clippy::print_stdout, reason = "a bench exists to print its figures")]

use std::time::Duration;

use crate::Mode;

/// Collects the figures of one bench, prints each as soon as it is known, and all at the end.
///
/// A line reads `figure: cold_start/hello/p50 21.80 µs (target <= 25)`, so that a script can find
/// it and a document can quote it. A smoke run says only that the case ran.
#[derive(Debug)]
pub struct Figures {
    mode: Mode,
    taken: Vec<Figure>,
}

#[derive(Debug)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    target: Target,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Not above this, in the figure's unit.
    AtMost(f64),
    /// Not below this, in the figure's unit.
    AtLeast(f64),
    /// Nothing was promised.
    Open,
}

impl Figures {
    /// Starts with none. Warns of a setting that makes the figures of a full run useless.
    pub fn new(mode: Mode) -> Self {
        // wasmtime makes an error value, with a backtrace where that is asked for, at each drop of
        // a store.
        if mode == Mode::Full && std::env::var_os("RUST_BACKTRACE").is_some() {
            println!("warning: RUST_BACKTRACE is set, which slows every invocation down: unset it");
        }
        Self {
            mode,
            taken: Vec::new(),
        }
    }

    /// Takes a figure and prints its line.
    pub fn take(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        target: Target,
    ) {
        let figure = Figure {
            name: name.into(),
            value,
            unit,
            target,
        };
        match self.mode {
            Mode::Full => println!(
                "figure: {} {:.2} {}{}",
                figure.name,
                value,
                unit,
                target.note()
            ),
            Mode::Smoke | Mode::List => println!("smoke: {} ran", figure.name),
        }
        self.taken.push(figure);
    }

    /// Takes the median and the 99th percentile of samples, in microseconds.
    pub fn take_percentiles(&mut self, name: &str, samples: &Samples, p50: Target, p99: Target) {
        self.take(
            format!("{name}/p50"),
            micros(samples.percentile(50.0)),
            "µs",
            p50,
        );
        self.take(
            format!("{name}/p99"),
            micros(samples.percentile(99.0)),
            "µs",
            p99,
        );
    }

    /// Prints all figures as a table.
    pub fn print_table(&self) {
        if self.mode != Mode::Full || self.taken.is_empty() {
            return;
        }
        let width = self
            .taken
            .iter()
            .map(|figure| figure.name.len())
            .max()
            .unwrap_or(0);
        println!(
            "\n{:width$}  {:>12} {:10} {:>12}",
            "figure", "measured", "unit", "target"
        );
        for Figure {
            name,
            value,
            unit,
            target,
        } in &self.taken
        {
            let verdict = target.verdict(*value);
            println!(
                "{name:width$}  {value:>12.2} {unit:10} {:>12} {verdict}",
                target.text()
            );
        }
        println!();
    }
}

impl Target {
    fn text(self) -> String {
        match self {
            Self::AtMost(bound) => format!("<= {bound}"),
            Self::AtLeast(bound) => format!(">= {bound}"),
            Self::Open => String::new(),
        }
    }

    fn note(self) -> String {
        match self {
            Self::Open => String::new(),
            Self::AtMost(_) | Self::AtLeast(_) => format!(" (target {})", self.text()),
        }
    }

    fn verdict(self, value: f64) -> &'static str {
        match self {
            Self::AtMost(bound) if value <= bound => "met",
            Self::AtLeast(bound) if value >= bound => "met",
            Self::AtMost(_) | Self::AtLeast(_) => "MISSED",
            Self::Open => "",
        }
    }
}

/// Durations of the same thing, measured one by one.
#[derive(Debug)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Takes durations in any order.
    ///
    /// # Panics
    /// When there are none.
    pub fn new(mut durations: Vec<Duration>) -> Self {
        assert!(!durations.is_empty(), "a percentile needs a sample");
        durations.sort_unstable();
        Self(durations)
    }

    /// The nearest-rank percentile: the smallest sample that `percent` of all do not exceed.
    pub fn percentile(&self, percent: f64) -> Duration {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        self.0[rank.clamp(1, self.0.len()) - 1]
    }
}

/// Says why a case did not run.
pub fn skip(name: &str, reason: &str) {
    println!("skipped: {name}: {reason}");
}

/// A duration in microseconds.
pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let samples = Samples::new((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!(samples.percentile(50.0), Duration::from_millis(50));
        assert_eq!(samples.percentile(99.0), Duration::from_millis(99));
        assert_eq!(samples.percentile(100.0), Duration::from_millis(100));
        let one = Samples::new(vec![Duration::from_millis(7)]);
        assert_eq!(one.percentile(50.0), Duration::from_millis(7));
    }
}
