//! How fast is the platform around the lambdas: what it remembers, and what it tells of it?

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use criterion::Criterion;
use sandglass_benches::deploy::deploy_variants;
use sandglass_benches::figures::{millis, skip};
use sandglass_benches::sandglass::ACCOUNT;
use sandglass_benches::{
    Connection, Figures, Mode, Request, Samples, Sandglass, Scratch, Target, sandglass,
};
use sandglass_server::measure::{JournalBench, Past, request_id};

/// What the journal has to keep up with.
const INVOCATIONS_PER_SECOND: u64 = 20_000;

fn main() -> Result<()> {
    let mode = Mode::from_args();
    let mut criterion = Criterion::default().configure_from_args();
    if mode == Mode::List {
        return Ok(());
    }
    let mut figures = Figures::new(mode);
    let scratch = Scratch::new()?;
    journal(&mut criterion, &scratch)?;
    for (name, logs_each) in [("silent", 0), ("one_log", 1), ("five_logs", 5)] {
        capacity(mode, &mut figures, &scratch, (name, logs_each))?;
    }
    sustained(mode, &mut figures, &scratch)?;
    match sandglass::program(mode)? {
        Some(program) => reads(mode, &mut figures, &program, &scratch)?,
        None => skip("platform/read", "there is no sandglass program"),
    }
    criterion.final_summary();
    figures.print_table();
    Ok(())
}

fn past(invocations: u64, logs_each: u64) -> Past {
    Past {
        invocations,
        logs_each,
        lambdas: 1_000,
        over: Duration::from_secs(1),
    }
}

/// A batch of a thousand invocations, from the first to the last row.
fn journal(criterion: &mut Criterion, scratch: &Scratch) -> Result<()> {
    let journal = JournalBench::open(&scratch.join("batch.db"))?;
    let mut first = 0;
    let mut group = criterion.benchmark_group("platform");
    group.sample_size(20);
    group.bench_function("journal_of_1000", |bencher| {
        bencher.iter(|| {
            journal.record(first, &past(1_000, 1));
            first += 1_000;
            block_on(journal.flush()).expect("the journal is written");
        });
    });
    group.finish();
    block_on(journal.close());
    Ok(())
}

/// How many invocations a second are written when they come as fast as they can be.
fn capacity(
    mode: Mode,
    figures: &mut Figures,
    scratch: &Scratch,
    (name, logs_each): (&str, u64),
) -> Result<()> {
    let (batches, batch) = (mode.pick(100, 1), 2_000);
    let journal = JournalBench::open(&scratch.join(&format!("{name}.db")))?;
    let start = Instant::now();
    for number in 0..batches as u64 {
        journal.record(number * batch, &past(batch, logs_each));
        block_on(journal.flush())?;
    }
    let rate = (batches as u64 * batch) as f64 / start.elapsed().as_secs_f64();
    block_on(journal.close());
    let target = Target::AtLeast(INVOCATIONS_PER_SECOND as f64);
    figures.take(
        format!("platform/journal_{name}"),
        rate,
        "invocations/s",
        target,
    );
    Ok(())
}

/// How many are dropped when as many come as it has to keep up with, each with a log entry.
fn sustained(mode: Mode, figures: &mut Figures, scratch: &Scratch) -> Result<()> {
    const TICK: Duration = Duration::from_millis(10);
    let (ticks, each) = (mode.pick(1_000, 2), INVOCATIONS_PER_SECOND / 100);
    let journal = JournalBench::open(&scratch.join("sustained.db"))?;
    let start = Instant::now();
    for tick in 0..ticks as u32 {
        journal.record(u64::from(tick) * each, &past(each, 1));
        let next = start + TICK * (tick + 1);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let pending = journal.pending();
    let dropped = journal.dropped();
    block_on(journal.close());
    figures.take(
        "platform/journal_dropped_at_20000",
        dropped as f64,
        "invocations",
        Target::AtMost(0.0),
    );
    figures.take(
        "platform/journal_pending_at_20000",
        pending as f64,
        "invocations",
        Target::Open,
    );
    Ok(())
}

/// What is read of a server with many lambdas and many log entries.
fn reads(mode: Mode, figures: &mut Figures, program: &Path, scratch: &Scratch) -> Result<()> {
    let (lambdas, rows) = (mode.pick(1_000, 2), mode.pick(1_000_000, 500));
    let data = scratch.join("data");
    let server = Sandglass::start(program, &data)?;
    let deployed = deploy_variants(server.address(), server.admin_token(), 0..lambdas);
    let uuids = block_on(deployed)?;
    server.stop()?;
    fill(&data, lambdas as u64, rows as u64)?;
    let server = Sandglass::start(program, &data)?;
    block_on(async {
        for (name, path) in paths(&uuids, rows as u64)? {
            let samples = sample(&server, &path, mode.pick(300, 2)).await?;
            let p50 = millis(samples.percentile(50.0));
            figures.take(format!("platform/read_{name}/p50"), p50, "ms", Target::Open);
            let p99 = millis(samples.percentile(99.0));
            let target = Target::AtMost(10.0);
            figures.take(format!("platform/read_{name}/p99"), p99, "ms", target);
        }
        anyhow::Ok(())
    })?;
    server.stop()
}

/// A week of log entries, two to each invocation.
fn fill(data: &Path, lambdas: u64, rows: u64) -> Result<()> {
    const BATCHES: u64 = 100;
    let journal = JournalBench::open(&data.join("sandglass.db"))?;
    let invocations = (rows / 2 / BATCHES).max(1);
    for batch in 0..BATCHES {
        let past = Past {
            invocations,
            logs_each: 2,
            lambdas,
            over: Duration::from_secs((BATCHES - batch) * 6 * 24 * 3_600 / BATCHES),
        };
        journal.record(batch * invocations, &past);
        block_on(journal.flush())?;
    }
    block_on(journal.close());
    Ok(())
}

/// What is asked for, each with a name.
fn paths(uuids: &[String], rows: u64) -> Result<Vec<(&'static str, String)>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    let uuid = uuids.last().context("a lambda was deployed")?;
    let (hour, day) = (3_600_000, 86_400_000);
    let request = request_id(rows / 4);
    let two_days = format!("start={}&end={}", now - 2 * day, now - 2 * day + hour);
    let month = format!("startTimestamp={}&endTimestamp={now}", now - 30 * day);
    let paths = [
        ("lambdas", "/lambdas".to_owned()),
        ("secrets", "/secrets".to_owned()),
        ("whitelist", "/whitelist".to_owned()),
        ("tokens", "/tokens".to_owned()),
        ("logs", "/logs".to_owned()),
        ("logs_500", "/logs?limit=500".to_owned()),
        ("logs_level", "/logs?level=Error".to_owned()),
        ("logs_lambda", format!("/logs?lambda={uuid}&level=Warn")),
        ("logs_request", format!("/logs?requestId={request}")),
        ("logs_time", format!("/logs?{two_days}")),
        ("logs_word_of_all", "/logs?text=order".to_owned()),
        ("logs_rare_word", format!("/logs?text={}", rows / 3)),
        ("logs_two_words", "/logs?text=paid+1007".to_owned()),
        ("logs_no_such_word", "/logs?text=zebra".to_owned()),
        (
            "logs_all_filters",
            format!("/logs?text=delayed&lambda={uuid}&level=Info&{two_days}"),
        ),
        ("lambda_logs", format!("/lambdas/{uuid}/logs")),
        ("limits", "/reports/limitCounts?v=1".to_owned()),
        ("lambda_counts", "/reports/lambdaCounts?v=1".to_owned()),
        (
            "invocation_counts",
            "/reports/invocationCounts?v=1".to_owned(),
        ),
        (
            "invocations_of_a_month",
            format!("/reports/invocations/{uuid}?v=1&bucketSize=86400&{month}"),
        ),
        (
            "invocations_in_5_minutes",
            format!("/reports/invocations/{uuid}?v=1&bucketSize=300&{month}"),
        ),
        (
            "performance_of_a_month",
            format!("/reports/performance/{uuid}?bucketSize=3600&{month}"),
        ),
    ];
    Ok(paths.into())
}

async fn sample(server: &Sandglass, path: &str, rounds: usize) -> Result<Samples> {
    let path = format!("/api/account/{ACCOUNT}{path}");
    let request = Request::new("GET", &path, server.admin_token(), "");
    let mut connection = Connection::open(server.address()).await?;
    let mut durations = Vec::with_capacity(rounds);
    for round in 0..rounds + rounds / 10 {
        let start = Instant::now();
        connection.accepted(&request).await.context(path.clone())?;
        if round >= rounds / 10 {
            durations.push(start.elapsed());
        }
    }
    Ok(Samples::new(durations))
}

fn block_on<F: Future>(future: F) -> F::Output {
    use std::sync::LazyLock;
    static TOKIO: LazyLock<tokio::runtime::Runtime> =
        LazyLock::new(|| tokio::runtime::Runtime::new().expect("the system has threads"));
    TOKIO.block_on(future)
}
