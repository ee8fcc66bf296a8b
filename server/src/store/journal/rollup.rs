//! How did a lambda do, five minutes by five minutes?
//!
//! A row for each lambda and five minutes, and one for its whole account, updated with the journal:
//! no report reads an invocation.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::journal::Entry;
use crate::status::OutcomeName;

/// The time that one row is about, in milliseconds.
pub(crate) const BUCKET_MS: u64 = 5 * 60 * 1_000;
/// Stands for all lambdas of an account; lambdas count from 1.
const WHOLE_ACCOUNT: i64 = 0;

/// How an invocation ended, as the platform's reports have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum InvocationState {
    Unknown,
    Succeeded,
    CodingFailure,
    PlatformFailure,
    Timeout,
}

/// What is summed up of invocations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// By [`InvocationState`].
    pub(crate) states: [u64; 5],
    pub(crate) fuel: u64,
    pub(crate) http_requests: u64,
    /// The largest, in bytes.
    pub(crate) memory_peak: u64,
    pub(crate) latencies: Latencies,
}

/// Whose figures, and of which time: milliseconds since the Unix epoch, from one up to and without
/// the other, both widened to whole rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) account: i64,
    /// `None` for all of the account.
    pub(crate) lambda: Option<i64>,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Span {
    /// Account, lambda, first bucket, last bucket.
    pub(super) fn keys(&self) -> [i64; 4] {
        let bucket = |time: u64| i64::try_from(time / BUCKET_MS).unwrap_or(i64::MAX);
        let last = bucket(self.end.saturating_sub(1));
        let lambda = self.lambda.unwrap_or(WHOLE_ACCOUNT);
        [self.account, lambda, bucket(self.start), last]
    }
}

impl Figures {
    fn count(&mut self, entry: &Entry) {
        let usage = &entry.usage;
        self.states[entry.outcome.state() as usize] += 1;
        self.fuel = self.fuel.saturating_add(usage.fuel);
        self.http_requests += u64::from(usage.http_requests);
        self.memory_peak = self.memory_peak.max(usage.memory_peak);
        // What did not run took no time that would say anything.
        if !matches!(
            entry.outcome,
            OutcomeName::HostFailed | OutcomeName::Abandoned
        ) {
            self.latencies.count(usage.wall);
        }
    }

    /// Adds the figures of another time or lambda.
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in self.states.iter_mut().zip(other.states) {
            *sum += more;
        }
        self.fuel = self.fuel.saturating_add(other.fuel);
        self.http_requests += other.http_requests;
        self.memory_peak = self.memory_peak.max(other.memory_peak);
        self.latencies.add(&other.latencies);
    }

    /// How many invocations there were.
    pub(crate) fn invocations(&self) -> u64 {
        self.states.iter().sum()
    }
}

/// How many invocations took how long: four steps to each doubling, from 16 µs on. A percentile read
/// from it is at most a fifth too large.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Latencies(BTreeMap<u8, u64>);

const STEPS_PER_DOUBLING: f64 = 4.0;
const SHORTEST_US: f64 = 16.0;

impl Latencies {
    fn count(&mut self, wall: Duration) {
        let doublings = (wall.as_secs_f64() * 1e6 / SHORTEST_US).max(1.0).log2();
        // Saturates, and 255 steps are longer than anything runs.
        let step = (doublings * STEPS_PER_DOUBLING).ceil() as u8;
        *self.0.entry(step).or_default() += 1;
    }

    fn add(&mut self, other: &Self) {
        for (step, count) in &other.0 {
            *self.0.entry(*step).or_default() += count;
        }
    }

    /// The time within which this part of the invocations was done, in milliseconds; `None` when
    /// there were none.
    pub(crate) fn percentile(&self, part: f64) -> Option<f64> {
        let all: u64 = self.0.values().sum();
        let wanted = (all as f64 * part).ceil().max(1.0) as u64;
        let mut done = 0;
        let step = self.0.iter().find(|(_, count)| {
            done += **count;
            done >= wanted
        });
        step.map(|(step, _)| SHORTEST_US * (f64::from(*step) / STEPS_PER_DOUBLING).exp2() / 1_000.0)
    }

    /// A byte for the step and eight for the count, for each step that has any.
    fn to_bytes(&self) -> Vec<u8> {
        let pair = |(step, count): (&u8, &u64)| {
            let mut bytes = [*step; 9];
            bytes[1..].copy_from_slice(&count.to_le_bytes());
            bytes
        };
        self.0.iter().flat_map(pair).collect()
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        let (pairs, _) = bytes.as_chunks::<9>();
        let pair = |[step, count @ ..]: &[u8; 9]| (*step, u64::from_le_bytes(*count));
        Self(pairs.iter().map(pair).collect())
    }
}

/// Adds what the entries say to the rows.
pub(super) fn add(tx: &Transaction<'_>, entries: &[Entry]) -> rusqlite::Result<()> {
    let mut sums: BTreeMap<(i64, i64, u64), Figures> = BTreeMap::new();
    for entry in entries {
        let bucket = entry.at / BUCKET_MS;
        for lambda in [entry.lambda, WHOLE_ACCOUNT] {
            let key = (entry.account, lambda, bucket);
            sums.entry(key).or_default().count(entry);
        }
    }
    let mut read = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM rollups WHERE account = ?1 AND lambda = ?2 AND bucket = ?3"
    ))?;
    // A row that is there stays where it is, in its index too.
    let mut write = tx.prepare_cached(&format!(
        "INSERT INTO rollups (account, lambda, bucket, {COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT DO UPDATE SET ({COLUMNS}) =
             (?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    ))?;
    for ((account, lambda, bucket), mut sum) in sums {
        let key = params![account, lambda, bucket as i64];
        if let Some(before) = read.query_row(key, |row| from_row(row, 0)).optional()? {
            sum.add(&before);
        }
        let [unknown, succeeded, coding, platform, timeout] = sum.states.map(signed);
        write.execute(params![
            account,
            lambda,
            bucket as i64,
            unknown,
            succeeded,
            coding,
            platform,
            timeout,
            signed(sum.fuel),
            signed(sum.http_requests),
            signed(sum.memory_peak),
            sum.latencies.to_bytes(),
        ])?;
    }
    Ok(())
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

const COLUMNS: &str = "unknown, succeeded, coding_failure, platform_failure, timeout, fuel,
                       http_requests, memory_peak, latencies";

fn from_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Figures> {
    let number = |at: usize| row.get::<_, i64>(first + at).map(i64::cast_unsigned);
    Ok(Figures {
        states: [number(0)?, number(1)?, number(2)?, number(3)?, number(4)?],
        fuel: number(5)?,
        http_requests: number(6)?,
        memory_peak: number(7)?,
        latencies: Latencies::of_bytes(row.get_ref(first + 8)?.as_blob()?),
    })
}

const WITHIN: &str = "account = ?1 AND lambda = ?2 AND bucket BETWEEN ?3 AND ?4";

/// How many invocations ended how.
pub(crate) fn totals(connection: &Connection, span: &Span) -> rusqlite::Result<[u64; 5]> {
    let sum = sum(connection, span, u64::MAX)?;
    let mut totals = [0; 5];
    for states in sum.values() {
        totals
            .iter_mut()
            .zip(states)
            .for_each(|(sum, more)| *sum += more);
    }
    Ok(totals)
}

/// How many invocations ended how, in each step of so many milliseconds that has any; keys are the
/// steps since the Unix epoch.
pub(crate) fn sum(
    connection: &Connection,
    span: &Span,
    step_ms: u64,
) -> rusqlite::Result<BTreeMap<u64, [u64; 5]>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT bucket / ?5, sum(unknown), sum(succeeded), sum(coding_failure),
             sum(platform_failure), sum(timeout)
         FROM rollups WHERE {WITHIN} GROUP BY 1"
    ))?;
    let [account, lambda, first, last] = span.keys();
    let rows_per_step = signed((step_ms / BUCKET_MS).max(1));
    let values = params![account, lambda, first, last, rows_per_step];
    let row = |row: &Row<'_>| {
        let number = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let states = [number(1)?, number(2)?, number(3)?, number(4)?, number(5)?];
        Ok((number(0)?, states))
    };
    statement.query_map(values, row)?.collect()
}

/// All that is known, in each step of so many milliseconds that has any.
pub(crate) fn figures(
    connection: &Connection,
    span: &Span,
    step_ms: u64,
) -> rusqlite::Result<BTreeMap<u64, Figures>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT bucket / ?5, {COLUMNS} FROM rollups WHERE {WITHIN}"
    ))?;
    let [account, lambda, first, last] = span.keys();
    let rows_per_step = signed((step_ms / BUCKET_MS).max(1));
    let values = params![account, lambda, first, last, rows_per_step];
    let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?.cast_unsigned(), from_row(row, 1)?));
    let mut steps: BTreeMap<u64, Figures> = BTreeMap::new();
    for row in statement.query_map(values, row)? {
        let (step, figures) = row?;
        steps.entry(step).or_default().add(&figures);
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_at_most_a_fifth_too_large() {
        let mut latencies = Latencies::default();
        for ms in 1..=100 {
            latencies.count(Duration::from_millis(ms));
        }
        for part in [0.01, 0.5, 0.9, 0.99, 1.0] {
            let exact = part * 100.0;
            let read = latencies.percentile(part).unwrap();
            assert!((exact..exact * 1.2).contains(&read), "{part}: {read}");
        }
        assert_eq!(Latencies::default().percentile(0.5), None);
    }

    #[test]
    fn the_shortest_and_the_longest_times_are_counted() {
        let mut latencies = Latencies::default();
        latencies.count(Duration::ZERO);
        latencies.count(Duration::MAX);
        assert_eq!(latencies.percentile(0.5), Some(0.016));
        assert_eq!(latencies.0.values().sum::<u64>(), 2);
        assert_eq!(Latencies::of_bytes(&latencies.to_bytes()), latencies);
    }
}
