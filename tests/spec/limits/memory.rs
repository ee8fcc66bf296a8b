//! A lambda may use its memory, all of it, and not a page more.

use sandglass_runtime::{ByteSize, Limit};
use serde_json::json;

use crate::harness::{check, exceeded, lambda, returned, source};

const PAGE: u64 = 64 * 1024;

/// Holds about 24 MiB.
const HOARD: &str = "const hoard = []; for (let i = 0; i < 24; i += 1) \
                     hoard.push(new Uint8Array(1048576).fill(i)); callback(null, hoard.length)";

#[test]
fn a_lambda_may_use_all_of_its_memory() {
    let peak = lambda(HOARD).run().usage.memory_peak;
    assert!(peak > 24 << 20, "{peak}");
    check(
        lambda(HOARD).limits(|l| l.memory = ByteSize::bytes(peak)),
        returned(24),
    );
}

#[test]
fn a_lambda_that_needs_one_page_more_than_its_memory_is_stopped() {
    let peak = lambda(HOARD).run().usage.memory_peak;
    let case = lambda(HOARD).limits(|l| l.memory = ByteSize::bytes(peak - PAGE));
    let report = check(case, exceeded(Limit::Memory));
    assert!(
        report.usage.memory_peak <= peak - PAGE,
        "{:?}",
        report.usage
    );
}

#[test]
fn a_string_that_doubles_forever_is_stopped() {
    // Concatenation alone is lazy in the engine: reading a character makes the text.
    let case = lambda("let s = 'x'; for (;;) { s += s; s.charCodeAt(1); }")
        .limits(|l| l.memory = ByteSize::mib(32));
    check(case, exceeded(Limit::Memory));
}

#[test]
fn an_array_of_objects_is_stopped() {
    let case = lambda("const a = []; for (;;) a.push({ n: a.length });")
        .limits(|l| l.memory = ByteSize::mib(32));
    check(case, exceeded(Limit::Memory));
}

#[test]
fn timers_without_end_are_stopped() {
    let case =
        lambda("for (;;) setTimeout(() => {}, 60000);").limits(|l| l.memory = ByteSize::mib(32));
    check(case, exceeded(Limit::Memory));
}

#[test]
fn one_allocation_past_the_limit_is_stopped() {
    let case = lambda("callback(null, new Uint8Array(512 * 1024 * 1024).length)")
        .limits(|l| l.memory = ByteSize::mib(64));
    check(case, exceeded(Limit::Memory));
}

#[test]
fn the_default_is_256_mib() {
    let mib = |n: u32| format!("callback(null, new Uint8Array({n} * 1024 * 1024).fill(1).length)");
    assert_eq!(lambda("").policy.limits.memory, ByteSize::mib(256));
    check(lambda(&mib(200)), returned(200 << 20));
    check(lambda(&mib(257)), exceeded(Limit::Memory));
}

#[test]
fn garbage_is_collected() {
    let case = lambda(
        "let last; for (let i = 0; i < 2000; i += 1) last = { cycle: null, bytes: new Uint8Array(65536) };
         last.cycle = last; callback(null, last.bytes.length)",
    )
    .limits(|l| l.memory = ByteSize::mib(16));
    check(case, returned(65_536));
}

#[test]
fn cycles_are_collected() {
    // Some 160 MiB of garbage that only the collector of cycles finds.
    let case = lambda(
        "for (let i = 0; i < 20000; i += 1) { const a = { bytes: 'x'.repeat(8192) + i }; a.self = a; }
         callback(null, 'done')",
    )
    .limits(|l| l.memory = ByteSize::mib(48));
    check(case, returned("done"));
}

#[test]
fn a_big_image_counts_towards_the_memory() {
    let case = source(
        "const kept = new Uint8Array(8 * 1024 * 1024).fill(1);
         function lambda(input, callback) { callback(null, kept[kept.length - 1]); }",
    );
    let usage = check(case, returned(json!(1))).usage;
    assert!(usage.memory_peak > 8 << 20, "{usage:?}");
}

#[test]
fn a_lambda_whose_image_alone_is_larger_than_its_memory_is_stopped() {
    let case = source(
        "const kept = new Uint8Array(8 * 1024 * 1024).fill(1);
         function lambda(input, callback) { callback(null, kept.length); }",
    );
    check(
        case.limits(|l| l.memory = ByteSize::mib(4)),
        exceeded(Limit::Memory),
    );
}
