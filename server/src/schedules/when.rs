//! When is a schedule due?
//!
//! A cron expression of five fields in a time zone, so never more often than once a minute. What
//! the clock does twice a year, and what a server missed while it was down, is decided here and
//! nowhere else:
//!
//! - A fixed time that the clock skips is due at the first moment after the gap; one that the clock
//!   shows twice is due the first time only. An expression that repeats (`*/30 * * * *`) follows
//!   the time that really passes: it is due in the repeated hour both times, and not in the skipped
//!   one.
//! - Of the runs that were missed, only the latest is made up for, and only when it was due no
//!   longer ago than the operator allows.

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The longest expression, in characters.
pub(crate) const CRON_CHARS_MAX: usize = 120;
/// The time zone of schedules that name none.
pub(crate) const UTC: &str = "Etc/UTC";
/// A schedule that was not missed is taken up no later than this.
const ON_TIME_MS: u64 = 60_000;
/// Missed runs are counted this far.
pub(super) const MISSED_MAX: u32 = 100;

/// A cron expression in a time zone.
#[derive(Debug, Clone)]
pub(crate) struct When {
    cron: Cron,
    zone: TimeZone,
}

/// Why an expression or a time zone says no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WhenError {
    /// The expression is too long.
    #[error("a cron expression has at most {CRON_CHARS_MAX} characters")]
    Long,
    /// The expression has not five fields.
    #[error(
        "the cron expression has {0} fields and not 5: minute, hour, day of the month, month and day of the \
         week, for instance `*/15 8-17 * * MON-FRI`"
    )]
    Fields(usize),
    /// It is not one of the names.
    #[error(
        "{0} is not a name that a cron expression can have: there are @hourly, @daily, @weekly, @monthly and \
         @yearly"
    )]
    Name(String),
    /// A field makes no sense.
    #[error("the cron expression cannot be used: {0}")]
    Field(String),
    /// There is no such time.
    #[error("the cron expression is never due")]
    Never,
    /// The time zone does not exist.
    #[error(
        "there is no time zone {0:?}: name one of the IANA database, for instance Europe/Berlin"
    )]
    Zone(String),
}

/// What is to be done about a schedule that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// It is to run, and this is when it was due.
    pub(crate) run: Option<u64>,
    /// It was missed that often, [`MISSED_MAX`] for more, and this is when first.
    pub(crate) missed: Option<(u32, u64)>,
    /// When it is due next.
    pub(crate) next: Option<u64>,
}

impl When {
    /// Reads an expression and the name of a time zone. May take milliseconds, for an expression
    /// that is never due.
    pub(crate) fn parse(cron: &str, zone: &str) -> Result<Self, WhenError> {
        let when = Self::read(cron, zone)?;
        match when.next_after(0) {
            Some(_) => Ok(when),
            None => Err(WhenError::Never),
        }
    }

    /// Reads what was checked before.
    pub(crate) fn read(cron: &str, zone: &str) -> Result<Self, WhenError> {
        if cron.chars().count() > CRON_CHARS_MAX {
            return Err(WhenError::Long);
        }
        let fields = cron.split_whitespace().count();
        let is_name = cron.trim_start().starts_with('@');
        if fields != 5 && !is_name {
            return Err(WhenError::Fields(fields));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(cron).map_err(|error| match error {
            CronError::InvalidPattern(_) if is_name => WhenError::Name(cron.trim().to_owned()),
            error => WhenError::Field(said(&error)),
        })?;
        let unknown = |_| WhenError::Zone(zone.to_owned());
        let zone = TimeZone::get(zone).map_err(unknown)?;
        Ok(Self { cron, zone })
    }

    /// The expression in words.
    pub(crate) fn describe(&self) -> String {
        self.cron.describe()
    }

    /// The time zone by its own name.
    pub(crate) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or(UTC)
    }

    /// When it is due first after a moment. Times are in milliseconds since the Unix epoch.
    pub(crate) fn next_after(&self, at: u64) -> Option<u64> {
        let at = zoned(at, &self.zone)?;
        let next = self.cron.find_next_occurrence(&at, false).ok()?;
        u64::try_from(next.timestamp().as_millisecond()).ok()
    }

    /// When it was due last, that moment included.
    fn last_until(&self, at: u64) -> Option<u64> {
        let at = zoned(at, &self.zone)?;
        let last = self.cron.find_previous_occurrence(&at, true).ok()?;
        u64::try_from(last.timestamp().as_millisecond()).ok()
    }

    /// Decides about a schedule that was due at `due`, which is not after `now`.
    pub(crate) fn plan(&self, due: u64, now: u64, catch_up_ms: u64) -> Plan {
        let next = self.next_after(now.max(due));
        let last = self
            .last_until(now)
            .filter(|last| *last > due)
            .unwrap_or(due);
        let late = now.saturating_sub(last);
        let runs = late < ON_TIME_MS || late <= catch_up_ms;
        let run = runs.then_some(last);
        let missed = self.count(due, if runs { last } else { last + 1 });
        Plan { run, missed, next }
    }

    /// How often it was due from one moment until before another, and when first.
    fn count(&self, from: u64, before: u64) -> Option<(u32, u64)> {
        let due = std::iter::successors(Some(from), |at| self.next_after(*at));
        let due = due.take(MISSED_MAX as usize);
        match due.take_while(|due| *due < before).count() as u32 {
            0 => None,
            count => Some((count, from)),
        }
    }
}

fn zoned(at: u64, zone: &TimeZone) -> Option<jiff::Zoned> {
    let at = Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()?;
    Some(at.to_zoned(zone.clone()))
}

/// What croner says, as a part of our sentence.
fn said(error: &CronError) -> String {
    let text = match error {
        CronError::InvalidPattern(text)
        | CronError::IllegalCharacters(text)
        | CronError::ComponentError(text) => text.clone(),
        error => error.to_string(),
    };
    let text = text.replace("CronPattern contains", "it contains an");
    let text = text.replace("an illegal", "the illegal");
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> u64 {
        let at: Timestamp = text.parse().unwrap();
        at.as_millisecond() as u64
    }

    fn text(at: u64) -> String {
        Timestamp::from_millisecond(at as i64).unwrap().to_string()
    }

    /// The next three times.
    fn next(cron: &str, zone: &str, after: &str) -> Vec<String> {
        let when = When::parse(cron, zone).unwrap();
        let first = when.next_after(ms(after));
        let all = std::iter::successors(first, |at| when.next_after(*at));
        all.take(3).map(text).collect()
    }

    #[test]
    fn expressions_have_names_ranges_steps_lists_and_nicknames() {
        let after = "2026-11-21T10:00:00Z";
        assert_eq!(
            next("*/15 8-17 * * MON-FRI", UTC, after),
            [
                "2026-11-23T08:00:00Z",
                "2026-11-23T08:15:00Z",
                "2026-11-23T08:30:00Z"
            ]
        );
        assert_eq!(
            next("5,10 0 1 jan,7 *", UTC, after),
            [
                "2027-01-01T00:05:00Z",
                "2027-01-01T00:10:00Z",
                "2027-07-01T00:05:00Z"
            ]
        );
        assert_eq!(
            next("@hourly", UTC, after),
            [
                "2026-11-21T11:00:00Z",
                "2026-11-21T12:00:00Z",
                "2026-11-21T13:00:00Z"
            ]
        );
        assert_eq!(
            next("0 12 * * *", "America/New_York", after)[0],
            "2026-11-21T17:00:00Z"
        );
        assert_eq!(next("0 0 29 2 *", UTC, after)[0], "2028-02-29T00:00:00Z");
    }

    #[test]
    fn a_day_of_the_month_or_of_the_week_is_enough_when_both_are_named() {
        assert_eq!(
            next("0 0 13 * FRI", UTC, "2026-11-10T00:00:00Z"),
            [
                "2026-11-13T00:00:00Z",
                "2026-11-20T00:00:00Z",
                "2026-11-27T00:00:00Z"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        let error = |cron: &str, zone: &str| When::parse(cron, zone).unwrap_err();
        assert_eq!(error("* * * *", UTC), WhenError::Fields(4));
        assert_eq!(error("* * * * * *", UTC), WhenError::Fields(6));
        assert_eq!(error("", UTC), WhenError::Fields(0));
        assert_eq!(error("@reboot", UTC), WhenError::Name("@reboot".to_owned()));
        assert_eq!(error("0 0 31 2 *", UTC), WhenError::Never);
        assert_eq!(
            error("* * * * *", "Mars"),
            WhenError::Zone("Mars".to_owned())
        );
        assert_eq!(
            error("60 * * * *", UTC).to_string(),
            "the cron expression cannot be used: number out of bounds"
        );
        let letters = error("x * * * *", UTC).to_string();
        assert!(letters.contains("the illegal character 'X'"), "{letters}");
    }

    #[test]
    fn an_expression_may_have_120_characters() {
        let minutes: Vec<_> = (0..60).map(|minute| minute.to_string()).collect();
        let long = minutes.join(",");
        let at = |chars: usize| format!("{:<chars$}", format!("{} * * * *", &long[..109]));
        assert_eq!(at(120).len(), 120);
        assert!(When::parse(&at(120), UTC).is_ok());
        assert_eq!(When::parse(&at(121), UTC).unwrap_err(), WhenError::Long);
    }

    #[test]
    fn a_time_that_the_clock_skips_is_due_after_the_gap() {
        let zone = "Europe/Berlin";
        assert_eq!(
            next("30 2 * * *", zone, "2026-03-28T12:00:00Z")[..2],
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        // What repeats follows the time that passes.
        assert_eq!(
            next("*/30 * * * *", zone, "2026-03-29T00:00:00Z"),
            [
                "2026-03-29T00:30:00Z",
                "2026-03-29T01:00:00Z",
                "2026-03-29T01:30:00Z"
            ]
        );
    }

    #[test]
    fn a_time_that_the_clock_shows_twice_is_due_once() {
        let zone = "Europe/Berlin";
        assert_eq!(
            next("30 2 * * *", zone, "2026-10-24T12:00:00Z")[..2],
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        assert_eq!(
            next("30 2 * * *", zone, "2026-10-25T01:00:00Z")[0],
            "2026-10-26T01:30:00Z"
        );
        assert_eq!(
            next("*/30 * * * *", zone, "2026-10-25T00:00:00Z"),
            [
                "2026-10-25T00:30:00Z",
                "2026-10-25T01:00:00Z",
                "2026-10-25T01:30:00Z"
            ]
        );
    }

    fn plan(cron: &str, due: &str, now: &str, catch_up_minutes: u64) -> String {
        let when = When::parse(cron, UTC).unwrap();
        let plan = when.plan(ms(due), ms(now), catch_up_minutes * 60_000);
        let run = plan.run.map_or_else(|| "none".to_owned(), text);
        let missed = match plan.missed {
            Some((count, first)) => format!("{count} from {}", text(first)),
            None => "none".to_owned(),
        };
        format!(
            "run {run}, missed {missed}, next {}",
            text(plan.next.unwrap())
        )
    }

    #[test]
    fn what_is_due_runs_and_is_due_again() {
        assert_eq!(
            plan(
                "* * * * *",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:00.004Z",
                0
            ),
            "run 2026-01-01T00:00:00Z, missed none, next 2026-01-01T00:01:00Z"
        );
        assert_eq!(
            plan(
                "0 0 * * *",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:59Z",
                0
            ),
            "run 2026-01-01T00:00:00Z, missed none, next 2026-01-02T00:00:00Z"
        );
    }

    #[test]
    fn of_what_was_missed_the_latest_is_made_up_for_when_it_is_not_too_late() {
        assert_eq!(
            plan(
                "*/10 * * * *",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:35:00Z",
                5
            ),
            "run 2026-01-01T00:30:00Z, missed 3 from 2026-01-01T00:00:00Z, next 2026-01-01T00:40:00Z"
        );
        assert_eq!(
            plan(
                "*/10 * * * *",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:35:00.001Z",
                5
            ),
            "run none, missed 4 from 2026-01-01T00:00:00Z, next 2026-01-01T00:40:00Z"
        );
        assert_eq!(
            plan(
                "0 0 * * *",
                "2026-01-01T00:00:00Z",
                "2026-01-01T08:00:00Z",
                10
            ),
            "run none, missed 1 from 2026-01-01T00:00:00Z, next 2026-01-02T00:00:00Z"
        );
    }

    #[test]
    fn a_clock_that_was_set_back_runs_nothing_twice() {
        let when = When::parse("* * * * *", UTC).unwrap();
        let due = ms("2026-01-01T00:05:00Z");
        let plan = when.plan(due, due, 0);
        assert_eq!(plan.run, Some(due));
        assert_eq!(plan.next, Some(due + 60_000));
    }

    #[test]
    fn very_many_missed_runs_are_counted_only_so_far() {
        let when = When::parse("* * * * *", UTC).unwrap();
        let due = ms("2020-01-01T00:00:00Z");
        let plan = when.plan(due, ms("2026-01-01T00:00:30Z"), 0);
        assert_eq!(plan.missed.unwrap().0, MISSED_MAX);
        assert_eq!(plan.run, Some(ms("2026-01-01T00:00:00Z")));
    }
}
