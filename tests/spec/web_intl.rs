//! `Intl` knows the time zones of the world, and what differs from language to language.

use serde_json::json;

use crate::harness::{check, lambda, returned};

#[test]
fn a_date_is_shown_in_its_time_zone() {
    let code = "const at = Date.UTC(2026, 2, 29, 1, 30), zone = (timeZone, options) => new Intl.DateTimeFormat('en-US', { timeZone, ...options });
                const full = { dateStyle: 'full', timeStyle: 'short' }, hour = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
                callback(null, [zone('Europe/Berlin', hour).format(at), zone('Europe/Berlin', hour).format(at - 3_600_000),
                  zone('America/New_York', full).format(at), zone('Asia/Kolkata', hour).format(new Date(at)),
                  zone('UTC').format(at), zone('Europe/Berlin', { month: 'long' }).formatToParts(at)[0].type,
                  zone('Europe/Berlin').resolvedOptions().timeZone, new Intl.DateTimeFormat().resolvedOptions().timeZone])";
    check(
        lambda(code),
        returned(json!([
            "03:30",
            "01:30",
            "Saturday, March 28, 2026 at 9:30 PM",
            "07:00",
            "3/29/2026",
            "month",
            "Europe/Berlin",
            "UTC"
        ])),
    );
}

#[test]
fn an_unknown_time_zone_is_a_range_error() {
    let code = "try { new Intl.DateTimeFormat('en', { timeZone: 'Nowhere/Land' }); }
                catch (error) { callback(null, [error.name, error.message]); }";
    check(
        lambda(code),
        returned(json!([
            "RangeError",
            "Invalid time zone specified: Nowhere/Land"
        ])),
    );
}

#[test]
fn numbers_lists_plurals_and_distances_are_english() {
    let code = "const number = options => new Intl.NumberFormat('en-US', options).format(1234567.891);
                callback(null, [number(), number({ style: 'currency', currency: 'USD' }), number({ maximumFractionDigits: 0 }),
                  new Intl.PluralRules('en').select(1), new Intl.PluralRules('en').select(2),
                  new Intl.ListFormat('en').format(['a', 'b', 'c']), new Intl.RelativeTimeFormat('en').format(-3, 'day')])";
    check(
        lambda(code),
        returned(json!([
            "1,234,567.891",
            "$1,234,567.89",
            "1,234,568",
            "one",
            "other",
            "a, b, and c",
            "3 days ago"
        ])),
    );
}

#[test]
fn a_language_that_nobody_speaks_falls_back_to_english_and_says_so() {
    let code = "const none = new Intl.DateTimeFormat('tlh', { month: 'long', timeZone: 'UTC' });
                callback(null, [none.format(0), none.resolvedOptions().locale])";
    check(lambda(code), returned(json!(["January", "en-US"])));
}

#[test]
fn the_methods_of_dates_and_numbers_ask_it() {
    let code = "callback(null, [new Date(0).toLocaleDateString('de-DE', { timeZone: 'Asia/Tokyo' }), (1234.5).toLocaleString('de-DE')])";
    check(lambda(code), returned(json!(["1.1.1970", "1.234,5"])));
}

#[test]
fn what_another_language_needs_is_in_no_image_that_does_not_use_it() {
    let bytes = |code: &str| {
        let case = lambda(code);
        case.compile().expect("it compiles").as_bytes().len()
    };
    let (none, english) = (
        bytes("callback()"),
        bytes("callback(null, Intl.NumberFormat)"),
    );
    assert!(none < 12_000, "{none}");
    assert!(english < 400_000, "{english}");
}
