//! What does Prometheus want to know?
//!
//! Counters that requests bump without a lock, and their text form (Prometheus text exposition
//! format 0.0.4).

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use sandglass_runtime::{RuntimeUsage, Usage};

use crate::registry::Registry;
use crate::status::OutcomeName;

/// Upper bounds of an invocation's duration, in seconds.
const DURATIONS: [f64; 14] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0,
    30.0,
];
/// Upper bounds of a build's duration, in seconds.
const BUILDS: [f64; 9] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 1.0, 10.0];
/// Upper bounds of a memory peak, in bytes.
const MEMORY: [f64; 8] = [
    1_048_576.0,
    2_097_152.0,
    4_194_304.0,
    8_388_608.0,
    16_777_216.0,
    67_108_864.0,
    134_217_728.0,
    268_435_456.0,
];

/// What the whole server counts.
pub(crate) struct Metrics {
    invocation: Histogram<14>,
    memory: Histogram<8>,
    build: Histogram<9>,
    builds_failed: AtomicU64,
    rejected: [AtomicU64; 600],
    pub(crate) connections: AtomicUsize,
}

/// What one lambda counts; a new deployment goes on counting.
#[derive(Default)]
pub(crate) struct LambdaCounters {
    outcomes: [AtomicU64; OutcomeName::COUNT],
    fuel: AtomicU64,
    http_requests: AtomicU64,
}

/// What is read from elsewhere when the metrics are asked for.
pub(crate) struct Gauges {
    pub(crate) runtime: RuntimeUsage,
    pub(crate) running: usize,
    pub(crate) queued: usize,
    pub(crate) journal_pending: usize,
    pub(crate) journal_dropped: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            invocation: Histogram::new(DURATIONS),
            memory: Histogram::new(MEMORY),
            build: Histogram::new(BUILDS),
            builds_failed: AtomicU64::new(0),
            rejected: [const { AtomicU64::new(0) }; 600],
            connections: AtomicUsize::new(0),
        }
    }
}

impl Metrics {
    /// Counts an invocation that took place.
    pub(crate) fn invoked(&self, lambda: &LambdaCounters, outcome: OutcomeName, usage: &Usage) {
        self.invocation.observe(usage.wall.as_secs_f64());
        self.memory.observe(usage.memory_peak as f64);
        lambda.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
        lambda.fuel.fetch_add(usage.fuel, Ordering::Relaxed);
        if usage.http_requests > 0 {
            lambda
                .http_requests
                .fetch_add(usage.http_requests.into(), Ordering::Relaxed);
        }
    }

    /// Counts a request that was answered with an error of the server's own.
    pub(crate) fn rejected(&self, status: http::StatusCode) {
        if let Some(counter) = self.rejected.get(usize::from(status.as_u16())) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a build.
    pub(crate) fn built(&self, time: Duration, succeeded: bool) {
        self.build.observe(time.as_secs_f64());
        if !succeeded {
            self.builds_failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The text form.
    pub(crate) fn render(&self, registry: &Registry, gauges: &Gauges) -> String {
        let mut page = Page(String::with_capacity(8_192));
        lambdas(&mut page, registry);
        page.histogram(
            "sandglass_invocation_duration_seconds",
            "From a fresh sandbox to the outcome.",
            &self.invocation,
        );
        page.histogram(
            "sandglass_invocation_memory_peak_bytes",
            "Linear memory of an invocation at its largest.",
            &self.memory,
        );
        page.histogram(
            "sandglass_build_duration_seconds",
            "Builds of lambdas.",
            &self.build,
        );
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        let failed = load(&self.builds_failed);
        page.one(
            "sandglass_builds_failed_total",
            "counter",
            "Builds that failed.",
            failed,
        );
        page.head(
            "sandglass_rejected_total",
            "counter",
            "Requests answered with an error.",
        );
        for (status, counter) in self.rejected.iter().enumerate() {
            if load(counter) > 0.0 {
                page.line(
                    &format!("sandglass_rejected_total{{status=\"{status}\"}}"),
                    load(counter),
                );
            }
        }
        let connections = self.connections.load(Ordering::Relaxed) as f64;
        page.one(
            "sandglass_connections",
            "gauge",
            "Open connections.",
            connections,
        );
        gauges.render(&mut page);
        page.0
    }
}

impl Gauges {
    fn render(&self, page: &mut Page) {
        let RuntimeUsage {
            loaded_lambdas,
            instances,
            instances_max,
            ..
        } = self.runtime;
        let rows = [
            (
                "sandglass_loaded_lambdas",
                "gauge",
                "Lambdas in memory.",
                loaded_lambdas as f64,
            ),
            (
                "sandglass_instances",
                "gauge",
                "Sandboxes that exist now.",
                instances as f64,
            ),
            (
                "sandglass_instances_max",
                "gauge",
                "Sandboxes that may exist.",
                instances_max as f64,
            ),
            (
                "sandglass_running",
                "gauge",
                "Invocations that run now.",
                self.running as f64,
            ),
            (
                "sandglass_queued",
                "gauge",
                "Invocations that wait for a slot.",
                self.queued as f64,
            ),
            (
                "sandglass_journal_pending",
                "gauge",
                "Journal entries that wait to be written.",
                self.journal_pending as f64,
            ),
            (
                "sandglass_journal_dropped_total",
                "counter",
                "Journal entries that were lost.",
                self.journal_dropped as f64,
            ),
        ];
        for (name, kind, help, value) in rows {
            page.one(name, kind, help, value);
        }
    }
}

/// What is counted of each lambda. Names and ids hold nothing that a label would have to escape.
fn lambdas(page: &mut Page, registry: &Registry) {
    let accounts: Vec<_> = registry.accounts().collect();
    let entries = || accounts.iter().flat_map(|account| account.lambdas());
    let labels = |entry: &crate::registry::Entry| {
        let account = accounts
            .iter()
            .find(|account| account.row == entry.row.account);
        let account = account.map_or("", |account| account.id.as_str());
        format!(
            "account=\"{account}\",lambda=\"{}\",uuid=\"{}\"",
            entry.name, entry.uuid
        )
    };
    page.head(
        "sandglass_invocations_total",
        "counter",
        "Invocations by lambda and outcome.",
    );
    for entry in entries() {
        for outcome in OutcomeName::ALL {
            let count = entry.counters.outcomes[outcome as usize].load(Ordering::Relaxed);
            if count > 0 {
                let (labels, outcome) = (labels(entry), outcome.as_str());
                let name = format!("sandglass_invocations_total{{{labels},outcome=\"{outcome}\"}}");
                page.line(&name, count as f64);
            }
        }
    }
    page.head("sandglass_fuel_total", "counter", "Fuel burned by lambda.");
    for entry in entries() {
        let fuel = entry.counters.fuel.load(Ordering::Relaxed);
        if fuel > 0 {
            page.line(
                &format!("sandglass_fuel_total{{{}}}", labels(entry)),
                fuel as f64,
            );
        }
    }
    page.head(
        "sandglass_http_requests_total",
        "counter",
        "HTTP requests sent by lambda.",
    );
    for entry in entries() {
        let requests = entry.counters.http_requests.load(Ordering::Relaxed);
        if requests > 0 {
            let name = format!("sandglass_http_requests_total{{{}}}", labels(entry));
            page.line(&name, requests as f64);
        }
    }
}

struct Histogram<const N: usize> {
    bounds: [f64; N],
    counts: [AtomicU64; N],
    over: AtomicU64,
    /// In millionths, since there are no atomic floats.
    sum: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    const fn new(bounds: [f64; N]) -> Self {
        let counts = [const { AtomicU64::new(0) }; N];
        Self {
            bounds,
            counts,
            over: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    fn observe(&self, value: f64) {
        let bucket = self.bounds.iter().position(|bound| value <= *bound);
        bucket
            .map_or(&self.over, |bucket| &self.counts[bucket])
            .fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add((value * 1e6) as u64, Ordering::Relaxed);
    }
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}").expect(INTO_A_STRING);
    }

    fn line(&mut self, name: &str, value: f64) {
        writeln!(self.0, "{name} {value}").expect(INTO_A_STRING);
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.head(name, kind, help);
        self.line(name, value);
    }

    fn histogram<const N: usize>(&mut self, name: &str, help: &str, histogram: &Histogram<N>) {
        self.head(name, "histogram", help);
        let mut total = 0;
        for (bound, count) in histogram.bounds.iter().zip(&histogram.counts) {
            total += count.load(Ordering::Relaxed);
            self.line(&format!("{name}_bucket{{le=\"{bound}\"}}"), total as f64);
        }
        total += histogram.over.load(Ordering::Relaxed);
        self.line(&format!("{name}_bucket{{le=\"+Inf\"}}"), total as f64);
        self.line(
            &format!("{name}_sum"),
            histogram.sum.load(Ordering::Relaxed) as f64 / 1e6,
        );
        self.line(&format!("{name}_count"), total as f64);
    }
}

const INTO_A_STRING: &str = "writing to a string cannot fail";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_upwards() {
        let histogram = Histogram::new([1.0, 2.0]);
        [0.5, 1.0, 1.5, 9.0]
            .iter()
            .for_each(|value| histogram.observe(*value));
        let mut page = Page(String::new());
        page.histogram("h", "help", &histogram);
        let lines: Vec<_> = page.0.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "h_bucket{le=\"1\"} 2",
                "h_bucket{le=\"2\"} 3",
                "h_bucket{le=\"+Inf\"} 4",
                "h_sum 12",
                "h_count 4"
            ]
        );
    }

    #[test]
    fn every_line_is_a_comment_or_a_sample() {
        let metrics = Metrics::default();
        metrics.rejected(http::StatusCode::NOT_FOUND);
        metrics.built(Duration::from_millis(3), false);
        let gauges = Gauges {
            runtime: RuntimeUsage::default(),
            running: 1,
            queued: 2,
            journal_pending: 3,
            journal_dropped: 4,
        };
        let page = metrics.render(&Registry::default(), &gauges);
        for line in page.lines() {
            let sample = line
                .rsplit_once(' ')
                .is_some_and(|(_, value)| value.parse::<f64>().is_ok());
            assert!(line.starts_with("# ") || sample, "{line}");
        }
        assert!(page.contains("sandglass_rejected_total{status=\"404\"} 1"));
        assert!(page.contains("sandglass_builds_failed_total 1"));
    }
}
