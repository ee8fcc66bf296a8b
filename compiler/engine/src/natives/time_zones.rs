//! What clocks show elsewhere, which the host knows.

use crate::sandglass::toolbelt::time_zones;

/// How far a zone's clocks are ahead of UTC at a moment, in seconds; `undefined` for an unknown zone.
pub(super) fn offset(zone: String, unix_seconds: f64) -> Option<i32> {
    time_zones::offset(&zone, unix_seconds as i64)
}
