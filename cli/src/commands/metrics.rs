//! `sandglass metrics`: how a lambda is doing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use sandglass_server::PerformanceBucket;

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::{minute, span};

const EXAMPLES: &str = "\
Examples:
  sandglass metrics hello
  sandglass metrics hello --last 7d
  sandglass metrics hello --json | jq .total.p99Ms

Times are read from a histogram: they are at most a fifth too large.";

/// Show how often a lambda ran, how it ended, and how fast it was.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The lambda's name or UUID.
    name: String,

    /// How far to look back.
    #[arg(long, value_enum, default_value_t = Last::Day)]
    last: Last,

    #[command(flatten)]
    connection: Connection,
}

/// How far to look back: up to an hour in steps of five minutes, up to a week in hours, then in days.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Last {
    #[value(name = "1h")]
    Hour,
    #[value(name = "24h")]
    Day,
    #[value(name = "7d")]
    Week,
    #[value(name = "30d")]
    Month,
}

impl Last {
    /// How far back, and the steps, in seconds.
    const fn seconds(self) -> (u64, u64) {
        match self {
            Self::Hour => (3_600, 300),
            Self::Day => (86_400, 3_600),
            Self::Week => (7 * 86_400, 3_600),
            Self::Month => (30 * 86_400, 86_400),
        }
    }
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    let (back, step) = args.last.seconds();
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let start = since_epoch.as_secs().saturating_sub(back) * 1_000;
    let client = Client::new(&args.connection, print)?;
    let figures = client.performance(&args.name, start, step).await?;
    let mut table = Table::new([
        "FROM (UTC)",
        "RUNS",
        "FAILED",
        "P50",
        "P90",
        "P99",
        "MEMORY PEAK",
        "HTTP",
    ]);
    for bucket in &figures.buckets {
        table.row(row(minute(bucket.from), bucket));
    }
    if !table.is_empty() {
        table.row(row("all".to_owned(), &figures.total));
    }
    print.table(table, "it did not run in this time");
    print.value(&figures);
    Ok(Exit::Success)
}

fn row(name: String, bucket: &PerformanceBucket) -> [String; 8] {
    let time = |ms: Option<f64>| {
        let time = ms.map(|ms| span(Duration::from_secs_f64(ms / 1_000.0)));
        time.unwrap_or_else(|| "-".to_owned())
    };
    [
        name,
        bucket.invocations.to_string(),
        bucket.failures.to_string(),
        time(bucket.p50_ms),
        time(bucket.p90_ms),
        time(bucket.p99_ms),
        format!("{:.1} MiB", bucket.memory_peak as f64 / 1_048_576.0),
        bucket.http_requests.to_string(),
    ]
}
