//! Every limit holds, says its name, and costs the host nothing but the invocation.
//!
//! The modules below test each limit at its value and one past it. Here is what is true of all.

mod data;
mod http;
mod memory;
mod stack;
mod time;

use std::time::Duration;

use sandglass_runtime::{ByteSize, Fuel, Limit};
use serde_json::json;

use crate::harness::upstream::{Upstream, answer};
use crate::harness::{
    Case, async_lambda, block_on, builder, exceeded, lambda, log_lines, outcome, returned,
};

/// One lambda for each limit that runs into it, each after it has logged `before`.
fn one_past_each_limit(upstream: &Upstream) -> Vec<(Limit, Case)> {
    let url = upstream.url("/");
    let past = |limit, body: &str| {
        let body = format!(
            "console.info('before'); {}",
            body.replace("URL", &format!("'{url}'"))
        );
        (limit, async_lambda(&body).allow(&[&upstream.rule()]))
    };
    let limited = |(limit, case): (Limit, Case), change: fn(&mut sandglass_runtime::Limits)| {
        (limit, case.limits(change))
    };
    vec![
        limited(past(Limit::Fuel, "for (;;) {}"), |l| {
            l.fuel = Fuel::new(5_000_000)
        }),
        limited(
            past(
                Limit::WallClock,
                "await new Promise(() => setTimeout(() => {}, 60000))",
            ),
            |l| {
                l.wall_clock = Duration::from_millis(50);
            },
        ),
        limited(
            past(
                Limit::Memory,
                "const a = []; for (;;) a.push(new Uint8Array(65536).fill(1))",
            ),
            |l| {
                l.memory = ByteSize::mib(16);
            },
        ),
        limited(
            past(Limit::HttpRequests, "for (;;) await httpClient(URL)"),
            |l| l.http_requests = 2,
        ),
        limited(
            past(
                Limit::HttpRequestBody,
                "await httpClient.post(URL, { body: '12345' })",
            ),
            |l| {
                l.http_request_body = ByteSize::bytes(4);
            },
        ),
        limited(
            past(Limit::HttpResponseBody, "await httpClient(URL)"),
            |l| {
                l.http_response_body = ByteSize::bytes(4);
            },
        ),
        limited(
            past(
                Limit::HttpBuffered,
                "await httpClient.post(URL, { body: '12345' })",
            ),
            |l| l.http_buffered = ByteSize::bytes(4),
        ),
        limited(
            past(
                Limit::SecretCalls,
                "for (;;) await secretClient.readSecret('x').catch(() => 0)",
            ),
            |l| l.secret_calls = 2,
        ),
        limited(
            past(
                Limit::LambdaCalls,
                "const client = require('lp-faas-toolbelt').Toolbelt.OrchestratorClient(); \
                 for (;;) await client.invoke([{ uuid: 'x' }], 9).catch(() => 0)",
            ),
            |l| l.lambda_calls = 2,
        ),
        limited(
            past(Limit::LogEntries, "for (;;) console.info('more')"),
            |l| l.log_entries = 1,
        ),
        limited(past(Limit::Log, "console.info('x'.repeat(100))"), |l| {
            l.log = ByteSize::bytes(50)
        }),
        limited(
            past(Limit::Result, "callback(null, 'x'.repeat(100))"),
            |l| {
                l.result = ByteSize::bytes(50);
            },
        ),
    ]
}

#[test]
fn the_report_of_an_exceeded_limit_has_the_usage_and_the_logs_up_to_it() {
    let upstream = Upstream::start(|_| answer(200, "12345"));
    for (limit, case) in one_past_each_limit(&upstream) {
        let report = case.run();
        assert_eq!(outcome(&report), exceeded(limit), "of {}", case.code);
        assert_eq!(log_lines(&report)[..1], ["Info before []"], "of {limit}");
        assert!(report.usage.fuel > 0, "{limit}: {:?}", report.usage);
        assert!(report.usage.memory_peak > 0, "{limit}: {:?}", report.usage);
        assert!(
            report.usage.wall > Duration::ZERO,
            "{limit}: {:?}",
            report.usage
        );
    }
}

#[test]
fn no_limit_costs_a_sandbox() {
    let upstream = Upstream::start(|_| answer(200, "12345"));
    block_on(async {
        let small = builder().instances_max(2).build().unwrap();
        let hello = lambda("callback(null, 'hello')");
        let well = hello.load_into(&small).await;
        for (limit, case) in one_past_each_limit(&upstream) {
            let lambda = case.load_into(&small).await;
            for _ in 0..50 {
                let report = lambda
                    .invoke(case.invocation())
                    .await
                    .expect("a sandbox is free");
                assert_eq!(outcome(&report), exceeded(limit), "of {}", case.code);
            }
            assert_eq!(small.usage().instances, 0, "after {limit}");
            let report = well.invoke(hello.invocation()).await.unwrap();
            assert_eq!(outcome(&report), returned("hello"), "after {limit}");
        }
    });
}

#[test]
fn no_limit_is_caught_by_the_lambda() {
    let upstream = Upstream::start(|_| answer(200, "12345"));
    for (limit, mut case) in one_past_each_limit(&upstream) {
        if limit == Limit::Result {
            continue; // The callback has been called: there is no lambda left that could catch it.
        }
        case.code = case
            .code
            .replace("console.info('before');", "console.info('before'); try {");
        case.code = case
            .code
            .replace("\n}", " } catch { } callback(null, 'survived') \n}");
        assert_eq!(outcome(&case.run()), exceeded(limit), "of {}", case.code);
    }
}

#[test]
fn the_usage_counts_what_was_used() {
    let upstream = Upstream::start(|_| answer(200, "12345"));
    let code = "const post = () => httpClient.post(input.payload, { body: 'abc' });
                await post(); await Promise.all([post(), post()]); callback()";
    let case = async_lambda(code)
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()]);
    let usage = case.run().usage;
    assert_eq!(usage.http_requests, 3);
    assert_eq!(usage.http_bytes_sent, 9);
    assert_eq!(usage.http_bytes_received, 15);
    assert!(
        usage.cpu > Duration::ZERO && usage.cpu <= usage.wall,
        "{usage:?}"
    );
}
