//! What do the clocks show in a time zone?
//!
//! By the database that jiff carries with it, the same on every machine: what the operating system
//! has must not decide what a build gives.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// How far a zone's clocks are ahead of UTC at a moment, in seconds; `None` for an unknown zone.
pub(crate) fn offset(zone: &str, unix_seconds: i64) -> Option<i32> {
    let zone = DATABASE.get(zone).ok()?;
    let seconds = unix_seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let at = Timestamp::from_second(seconds).expect("it is within the range");
    Some(zone.to_offset(at).seconds())
}

#[cfg(test)]
mod tests {
    use super::offset;

    #[test]
    fn clocks_change_where_they_change() {
        // One second before and after 2026-03-29T01:00:00Z.
        assert_eq!(offset("Europe/Berlin", 1_774_745_999), Some(3_600));
        assert_eq!(offset("Europe/Berlin", 1_774_746_000), Some(7_200));
        assert_eq!(offset("Asia/Kolkata", 0), Some(19_800));
        assert_eq!(offset("Nowhere/Land", 0), None);
        assert!(offset("Europe/Berlin", i64::MAX).is_some());
        assert!(offset("Europe/Berlin", i64::MIN).is_some());
    }
}
