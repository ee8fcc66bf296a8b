//! How are lambdas doing?

use std::collections::BTreeMap;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError};
use crate::clock::now_ms;
use crate::config::AccountsConfig;
use crate::registry::{Account, Entry, State};
use crate::store::{self, BUCKET_MS, Figures, Span};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The invocations of one lambda over time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InvocationReport {
    /// The lambda's name.
    pub name: String,
    /// The lambda's UUID.
    pub uuid: String,
    /// Every step of the time that was asked for, those without invocations too.
    pub invocation_statistics: Vec<InvocationBucket>,
}

/// How many invocations ended how in one step.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct InvocationBucket {
    /// Where it begins, in milliseconds since the Unix epoch.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// How many ended so, by state: `SUCCEEDED`, `CODING_FAILURE`, `PLATFORM_FAILURE`, `TIMEOUT`,
    /// and `UNKNOWN`, which the platform's first version spells `UNKOWN`.
    #[serde(flatten)]
    pub states: BTreeMap<String, u64>,
}

/// How fast a lambda was, and what it took, over time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Performance {
    /// The lambda's name.
    pub name: String,
    /// The lambda's UUID.
    pub uuid: String,
    /// All of the time that was asked for.
    pub total: PerformanceBucket,
    /// Those steps of it that have invocations.
    pub buckets: Vec<PerformanceBucket>,
}

/// How fast a lambda was in one step.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PerformanceBucket {
    /// Where it begins, in milliseconds since the Unix epoch.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// How many invocations ended.
    pub invocations: u64,
    /// How many of them failed.
    pub failures: u64,
    /// The time within which half of them were done, in milliseconds, at most a fifth too large.
    pub p50_ms: Option<f64>,
    /// The same for nine of ten.
    pub p90_ms: Option<f64>,
    /// The same for 99 of 100.
    pub p99_ms: Option<f64>,
    /// Fuel burned by all of them.
    pub fuel: u64,
    /// The largest memory of one of them, in bytes.
    pub memory_peak: u64,
    /// HTTP requests sent by all of them.
    pub http_requests: u64,
}

/// From when to when, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReportSpan {
    pub(crate) start: Option<u64>,
    pub(crate) end: Option<u64>,
}

/// How many invocations succeeded, and how many did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
}

impl ReportSpan {
    /// The span in whole steps, when there are figures for it.
    pub(super) fn in_steps(self, step_ms: u64, days_max: u32) -> Result<(u64, u64), ChangeError> {
        let invalid = |why: String| Err(ChangeError::Invalid(why));
        let end = self.end.unwrap_or_else(now_ms);
        let start = self.start.unwrap_or_else(|| end.saturating_sub(DAY_MS));
        let longest = u64::from(days_max) * DAY_MS;
        match end.checked_sub(start) {
            None => invalid("startTimestamp is after endTimestamp".to_owned()),
            Some(length) if length > longest => invalid(format!(
                "a report spans at most {days_max} days: move startTimestamp or endTimestamp"
            )),
            Some(_) => Ok((start / step_ms, end.div_ceil(step_ms))),
        }
    }
}

impl Admin {
    /// How many lambdas an account may have, and what a month's invocations are.
    pub(crate) fn report_limits(&self) -> (&AccountsConfig, u64) {
        let per_month = self.parts().store.keep().invocations_per_month;
        (self.may_have(), per_month)
    }

    /// How many lambdas the account has, and how many of them are deployed.
    pub(crate) fn lambda_counts(&self, account: &AccountId) -> Result<(usize, usize), ChangeError> {
        let account = self.known(account)?;
        let lambdas = account.lambdas();
        let live = lambdas
            .iter()
            .filter(|entry| matches!(entry.state, State::Live(_)));
        Ok((lambdas.len(), live.count()))
    }

    /// How the invocations of the account ended, by default in this month (UTC) to date.
    pub(crate) async fn invocation_totals(
        &self,
        account: &AccountId,
        span: ReportSpan,
    ) -> Result<Totals, ChangeError> {
        let store = &self.parts().store;
        let end = span.end.unwrap_or_else(now_ms);
        let start = span.start.unwrap_or_else(|| month_of(end));
        let whole = ReportSpan {
            start: Some(start),
            end: Some(end),
        };
        whole.in_steps(BUCKET_MS, store.keep().reports_days)?;
        let span = Span {
            account: self.known(account)?.row,
            lambda: None,
            start,
            end: end.saturating_add(1),
        };
        let states = store.read("count invocations", move |connection| {
            store::totals(connection, &span)
        });
        let [unknown, succeeded, coding, platform, timeout] = states.await?;
        let failed = unknown + coding + platform + timeout;
        Ok(Totals { succeeded, failed })
    }

    /// How the invocations of a lambda ended, step by step. `names` are those of the
    /// states, in the store's order; those without are left out.
    pub(crate) async fn invocation_report(
        &self,
        account: &AccountId,
        lambda: &str,
        (span, step_ms): (ReportSpan, u64),
        names: [Option<&'static str>; 5],
    ) -> Result<InvocationReport, ChangeError> {
        let store = &self.parts().store;
        let steps = span.in_steps(step_ms, store.keep().reports_days)?;
        let account = self.known(account)?;
        let entry = lambda_of(&account, lambda)?;
        let span = span_of(entry, steps, step_ms);
        let sums = store.read("count invocations", move |connection| {
            store::sum(connection, &span, step_ms)
        });
        let sums = sums.await?;
        let bucket = |step: u64| {
            let states = sums.get(&step).copied().unwrap_or_default();
            let named = names.into_iter().zip(states);
            InvocationBucket {
                from: step * step_ms,
                to: (step + 1) * step_ms,
                states: named
                    .filter_map(|(name, count)| Some((name?.to_owned(), count)))
                    .collect(),
            }
        };
        Ok(InvocationReport {
            name: entry.name.as_str().to_owned(),
            uuid: entry.uuid.to_string(),
            invocation_statistics: (steps.0..steps.1).map(bucket).collect(),
        })
    }

    /// How fast a lambda was, step by step.
    pub(crate) async fn performance(
        &self,
        account: &AccountId,
        lambda: &str,
        (span, step_ms): (ReportSpan, u64),
    ) -> Result<Performance, ChangeError> {
        let store = &self.parts().store;
        let steps = span.in_steps(step_ms, store.keep().reports_days)?;
        let account = self.known(account)?;
        let entry = lambda_of(&account, lambda)?;
        let span = span_of(entry, steps, step_ms);
        let found = store.read("read figures", move |connection| {
            store::figures(connection, &span, step_ms)
        });
        let found = found.await?;
        let mut total = Figures::default();
        found.values().for_each(|figures| total.add(figures));
        let buckets = found.iter().map(|(step, figures)| {
            performance_bucket((step * step_ms, (step + 1) * step_ms), figures)
        });
        Ok(Performance {
            name: entry.name.as_str().to_owned(),
            uuid: entry.uuid.to_string(),
            total: performance_bucket((steps.0 * step_ms, steps.1 * step_ms), &total),
            buckets: buckets.collect(),
        })
    }
}

fn lambda_of<'a>(account: &'a Account, lambda: &str) -> Result<&'a Entry, ChangeError> {
    let missing = || ChangeError::NotFound {
        kind: "lambda",
        name: lambda.to_owned(),
    };
    Ok(account.lambda(lambda).ok_or_else(missing)?)
}

fn span_of(entry: &Entry, (first, end): (u64, u64), step_ms: u64) -> Span {
    Span {
        account: entry.row.account,
        lambda: Some(entry.row.id),
        start: first.saturating_mul(step_ms),
        end: end.saturating_mul(step_ms),
    }
}

fn performance_bucket((from, to): (u64, u64), figures: &Figures) -> PerformanceBucket {
    let succeeded = figures.states[store::InvocationState::Succeeded as usize];
    PerformanceBucket {
        from,
        to,
        invocations: figures.invocations(),
        failures: figures.invocations() - succeeded,
        p50_ms: figures.latencies.percentile(0.5),
        p90_ms: figures.latencies.percentile(0.9),
        p99_ms: figures.latencies.percentile(0.99),
        fuel: figures.fuel,
        memory_peak: figures.memory_peak,
        http_requests: figures.http_requests,
    }
}

/// When the month of a time began (UTC). By the civil calendar's cycle of 400 years, counted from the
/// first of March, so that a leap day is a year's last.
fn month_of(time: u64) -> u64 {
    let days = time / DAY_MS + 719_468;
    let day_of_cycle = days % 146_097;
    let year = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524
        - day_of_cycle / 146_096)
        / 365;
    let day_of_year = day_of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5;
    (time / DAY_MS - day_of_month) * DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_on_its_first_day() {
        for (time, first) in [
            (0, 0),
            (31 * DAY_MS - 1, 0),
            (31 * DAY_MS, 31 * DAY_MS),
            // 2024-02-29T12:00Z and 2024-03-01.
            (1_709_208_000_000, 1_706_745_600_000),
            (1_709_251_200_000, 1_709_251_200_000),
            // 2026-11-22.
            (1_795_305_600_000, 1_793_491_200_000),
        ] {
            assert_eq!(month_of(time), first, "{time}");
        }
    }

    #[test]
    fn a_report_spans_as_many_days_as_are_kept_and_no_more() {
        let steps = |start, end| {
            let span = ReportSpan {
                start: Some(start),
                end: Some(end),
            };
            span.in_steps(BUCKET_MS, 31).ok()
        };
        assert_eq!(steps(1, BUCKET_MS + 1), Some((0, 2)));
        assert!(steps(0, 31 * DAY_MS).is_some());
        assert_eq!(steps(0, 31 * DAY_MS + 1), None);
        assert_eq!(steps(2, 1), None);
    }
}
