//! How are times written?

use std::time::Duration;

/// A moment as `2026-11-21 10:18:25.042`, UTC, from milliseconds since the Unix epoch.
pub(crate) fn moment(epoch_ms: u64) -> String {
    let (days, ms) = (epoch_ms / 86_400_000, epoch_ms % 86_400_000);
    let (year, month, day) = civil(days);
    let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
    let (second, ms) = (ms / 1_000 % 60, ms % 1_000);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{ms:03}")
}

/// The same to the minute: `2026-11-21 10:18`.
pub(crate) fn minute(epoch_ms: u64) -> String {
    let mut moment = moment(epoch_ms);
    moment.truncate(moment.len() - ":25.042".len());
    moment
}

/// The date of a day since the Unix epoch, after Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// A span with three digits that matter: `412 µs`, `1.73 ms`, `30.0 s`.
pub(crate) fn span(time: Duration) -> String {
    let us = time.as_secs_f64() * 1e6;
    let (number, unit) = match us {
        us if us < 1_000.0 => return format!("{us:.0} µs"),
        us if us < 1_000_000.0 => (us / 1_000.0, "ms"),
        us => (us / 1_000_000.0, "s"),
    };
    match number {
        n if n < 10.0 => format!("{n:.2} {unit}"),
        n if n < 100.0 => format!("{n:.1} {unit}"),
        n => format!("{n:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates_of_the_gregorian_calendar() {
        assert_eq!(moment(0), "1970-01-01 00:00:00.000");
        assert_eq!(moment(951_825_599_999), "2000-02-29 11:59:59.999");
        assert_eq!(moment(1_795_256_305_042), "2026-11-21 10:18:25.042");
        assert_eq!(minute(1_795_256_305_042), "2026-11-21 10:18");
        assert_eq!(minute(4_107_542_400_000), "2100-03-01 00:00");
    }

    #[test]
    fn spans_keep_the_digits_that_matter() {
        assert_eq!(span(Duration::from_nanos(412_400)), "412 µs");
        assert_eq!(span(Duration::from_micros(1_734)), "1.73 ms");
        assert_eq!(span(Duration::from_millis(25)), "25.0 ms");
        assert_eq!(span(Duration::from_secs(30)), "30.0 s");
    }
}
