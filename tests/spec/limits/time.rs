//! Fuel bounds the work, the wall clock bounds the waiting.

use std::time::Duration;

use sandglass_runtime::{Fuel, Limit};

use crate::harness::{async_lambda, block_on, check, exceeded, lambda, returned};

const WORK: &str = "let n = 0; for (let i = 0; i < 20000; i += 1) n += i; callback(null, n)";

#[test]
fn a_lambda_may_burn_all_of_its_fuel() {
    let fuel = lambda(WORK).run().usage.fuel;
    check(
        lambda(WORK).limits(|l| l.fuel = Fuel::new(fuel)),
        returned(199_990_000),
    );
}

/// Fuel is looked at where functions begin and loops turn, so the last few instructions of a run may
/// be on credit: one unit less is not enough to be noticed, a thousandth is.
#[test]
fn a_lambda_that_needs_more_than_its_fuel_is_stopped() {
    let fuel = lambda(WORK).run().usage.fuel;
    let less = fuel - fuel / 1_000;
    let report = check(
        lambda(WORK).limits(|l| l.fuel = Fuel::new(less)),
        exceeded(Limit::Fuel),
    );
    assert!(report.usage.fuel <= less, "{:?}", report.usage);
}

#[test]
fn a_loop_that_awaits_burns_its_fuel_too() {
    let case = async_lambda("for (;;) await 0").limits(|l| l.fuel = Fuel::new(20_000_000));
    check(case, exceeded(Limit::Fuel));
}

#[test]
fn a_catastrophic_regular_expression_is_stopped_by_its_fuel() {
    let case = lambda("callback(null, /^(a+)+$/.test('a'.repeat(64) + 'b'))")
        .limits(|l| l.fuel = Fuel::new(200_000_000));
    check(case, exceeded(Limit::Fuel));
}

#[test]
fn hashing_on_the_host_burns_fuel_by_the_byte() {
    let hash = |bytes: usize| {
        let code = format!(
            "require('crypto').createHash('sha256').update(Buffer.alloc({bytes})).digest(); callback()"
        );
        lambda(&code).run().usage.fuel
    };
    assert!(hash(8_000_000) > hash(1_000_000) + 7_000_000 / 8);
}

#[test]
fn what_the_host_hashes_and_what_the_guest_computes_share_one_limit() {
    let case = || {
        lambda(
            "const { createHash } = require('crypto');
             const data = Buffer.alloc(1 << 20);
             for (let i = 0; i < 8; i += 1) createHash('sha256').update(data).digest();
             for (let i = 0; i < 1e6; i += 1);
             callback(null, 'done')",
        )
    };
    let fuel = case().run().usage.fuel;
    check(
        case().limits(|l| l.fuel = Fuel::new(fuel)),
        returned("done"),
    );
    let less = fuel - fuel / 1_000;
    let report = check(
        case().limits(|l| l.fuel = Fuel::new(less)),
        exceeded(Limit::Fuel),
    );
    assert!(report.usage.fuel <= fuel, "{:?}", report.usage);
}

#[test]
fn a_lambda_may_wait_within_its_wall_clock() {
    let case = lambda("setTimeout(callback, 20, null, 'waited')")
        .limits(|l| l.wall_clock = Duration::from_secs(20));
    check(case, returned("waited"));
}

#[test]
fn a_lambda_that_waits_past_its_wall_clock_is_stopped() {
    let case =
        lambda("setTimeout(callback, 60000)").limits(|l| l.wall_clock = Duration::from_millis(40));
    let report = check(case, exceeded(Limit::WallClock));
    assert!(
        report.usage.wall >= Duration::from_millis(40),
        "{:?}",
        report.usage
    );
    assert!(
        report.usage.wall < Duration::from_secs(30),
        "{:?}",
        report.usage
    );
}

#[test]
fn a_lambda_that_computes_past_its_wall_clock_is_stopped() {
    let case = lambda("for (;;) {}").limits(|l| l.wall_clock = Duration::from_millis(40));
    check(case, exceeded(Limit::WallClock));
}

#[test]
fn both_say_that_the_lambda_execution_is_taking_too_long() {
    let limits = lambda("").policy.limits;
    for limit in [Limit::Fuel, Limit::WallClock] {
        let message = limit.message(&limits);
        assert!(
            message.starts_with("Lambda Execution is taking too long"),
            "{message}"
        );
    }
}

#[test]
fn time_before_the_checkout_does_not_count() {
    let case = lambda("callback(null, 1)").limits(|l| l.wall_clock = Duration::from_millis(500));
    let lambda = case.load();
    let invocation = case.invocation();
    std::thread::sleep(Duration::from_millis(600));
    let report = block_on(lambda.invoke(invocation)).unwrap();
    assert_eq!(crate::harness::outcome(&report), returned(1));
}
