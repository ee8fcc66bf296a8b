//! Reports say how lambdas are doing, in the platform's shapes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{ACCOUNT, TestServer, check_error, start, start_with};

const STATES: &str = "&invocationStates=UNKOWN&invocationStates=SUCCEEDED\
    &invocationStates=CODING_FAILURE&invocationStates=PLATFORM_FAILURE&invocationStates=TIMEOUT";

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A lambda that returned twice, failed once and took too long once.
fn used() -> (TestServer, String) {
    let server = start_with(|config| config.limits.wall_clock = Duration::from_millis(300));
    let code = "switch (input.payload) { case 'fail': throw new Error('no'); \
                case 'loop': for (;;) {} default: callback(null, 1); }";
    let lambda = server.deploy_body("used", code);
    for (payload, status) in [("", 200), ("", 200), ("fail", 901), ("loop", 901)] {
        assert_eq!(server.invoke(&lambda, json!(payload)).send().status, status);
    }
    (server, lambda)
}

#[track_caller]
fn report(server: &TestServer, path: &str) -> Value {
    let reply = server.call(Method::GET, &format!("/reports/{path}")).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

#[test]
fn the_limits_and_the_lambdas_are_counted() {
    let server = start_with(|config| config.journal.invocations_per_month = 77);
    server.deploy_body("one", "callback(null, 1)");
    let limits = report(&server, "limitCounts?userId=me&v=1");
    assert_eq!(limits["invocationLimitPerMonth"], 77);
    assert!(limits["limitTotalLambdas"].as_u64().unwrap() >= 50);
    assert!(limits["limitDeployedLambdas"].as_u64().unwrap() >= 50);
    assert_eq!(
        report(&server, "lambdaCounts?userId=me&v=1"),
        json!({ "accountId": ACCOUNT, "total": 1, "deployed": 1 })
    );
}

#[test]
fn the_invocations_of_the_month_are_counted_in_both_versions() {
    let (server, _) = used();
    let counts = json!({
        "accountId": ACCOUNT, "successfulInvocations": 2, "unsuccessfulInvocations": 2,
    });
    assert_eq!(report(&server, "invocationCounts?userId=me&v=1"), counts);
    assert_eq!(
        report(&server, "invocationCounts?userId=me"),
        json!([{ "successfulInvocations": 2, "failedInvocations": 2 }])
    );
    let hour = 3_600_000;
    let now = now_ms();
    let span = |start: u64, end: u64| {
        let path = format!("invocationCounts?v=1&startTimestamp={start}&endTimestamp={end}");
        report(&server, &path)["successfulInvocations"].clone()
    };
    assert_eq!(span(now - hour, now), 2);
    assert_eq!(span(now - 3 * hour, now - 2 * hour), 0);
}

#[test]
fn the_invocations_of_a_lambda_are_counted_by_state_and_step() {
    let (server, lambda) = used();
    let (start, end) = (now_ms() - 3_600_000, now_ms());
    let path = |more: &str| {
        format!(
            "invocations/{lambda}?startTimestamp={start}&endTimestamp={end}&bucketSize=300{more}"
        )
    };
    let first = report(&server, &path(&format!("&userId=me&v=1{STATES}")));
    assert_eq!(
        (&first["name"], &first["uuid"]),
        (&json!("used"), &json!(lambda))
    );
    let steps = first["invocationStatistics"].as_array().unwrap();
    assert!((12..=13).contains(&steps.len()), "{steps:?}");
    for pair in steps.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"]);
    }
    let sum = |state: &str| {
        steps
            .iter()
            .map(|step| step[state].as_u64().unwrap())
            .sum::<u64>()
    };
    let states = [
        "UNKOWN",
        "SUCCEEDED",
        "CODING_FAILURE",
        "PLATFORM_FAILURE",
        "TIMEOUT",
    ];
    assert_eq!(states.map(sum), [0, 2, 1, 0, 1]);
    let last = steps.last().unwrap();
    assert_eq!(
        last["to"].as_u64().unwrap() - last["from"].as_u64().unwrap(),
        300_000
    );
    assert_eq!(last["from"].as_u64().unwrap() % 300_000, 0);
    let second = report(&server, &path(""));
    let step = second["invocationStatistics"][0].as_object().unwrap();
    assert!(
        step.contains_key("UNKNOWN") && !step.contains_key("UNKOWN"),
        "{step:?}"
    );
    let some = report(&server, &path("&v=1&invocationStates=TIMEOUT"));
    let step = some["invocationStatistics"][0].as_object().unwrap();
    assert_eq!(step.len(), 3, "{step:?}");
}

#[test]
fn steps_are_of_three_sizes_and_a_report_of_so_many_days() {
    let (server, lambda) = used();
    let ask = |query: &str| {
        let path = format!("/reports/invocations/{lambda}?v=1&{query}");
        server.call(Method::GET, &path).send()
    };
    for size in [300, 3_600, 86_400] {
        assert_eq!(ask(&format!("bucketSize={size}")).status, 200);
    }
    let why = check_error(&ask("bucketSize=60"), 400, "es.badinput");
    assert!(why.contains("300, 3600 or 86400"), "{why}");
    let month = 31 * 86_400_000_u64;
    assert_eq!(
        ask(&format!("startTimestamp=0&endTimestamp={month}")).status,
        200
    );
    let long = ask(&format!("startTimestamp=0&endTimestamp={}", month + 1));
    let why = check_error(&long, 400, "es.badinput");
    assert!(why.contains("at most 31 days"), "{why}");
    check_error(&ask("startTimestamp=2&endTimestamp=1"), 400, "es.badinput");
    let why = check_error(&ask("invocationStates=FINE"), 400, "es.badinput");
    assert!(why.contains("UNKOWN, SUCCEEDED"), "{why}");
    let missing = server
        .call(Method::GET, "/reports/invocations/nobody?v=1")
        .send();
    check_error(&missing, 404, "es.notfound");
}

#[test]
fn an_invocation_that_nobody_waited_for_is_of_unknown_state() {
    let server = start();
    let code = "setTimeout(() => callback(null, 1), 20000)";
    let lambda = server.deploy_body("slow", code);
    {
        use std::io::Write as _;
        let address = server.url.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let body = "{\"payload\":{}}";
        write!(
            stream,
            "POST /api/account/{ACCOUNT}/lambdas/{lambda}/invoke?v=1&externalSystem=x HTTP/1.1\r\n\
             host: x\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            server.admin_token,
            body.len()
        )
        .unwrap();
        std::thread::sleep(Duration::from_millis(500));
    }
    let unknown = || {
        let found = report(&server, &format!("invocations/{lambda}?bucketSize=86400"));
        let steps = found["invocationStatistics"].as_array().unwrap().clone();
        steps
            .iter()
            .map(|step| step["UNKNOWN"].as_u64().unwrap())
            .sum::<u64>()
    };
    let seen = (0..300).find(|_| {
        std::thread::sleep(Duration::from_millis(10));
        unknown() == 1
    });
    assert!(seen.is_some(), "it is counted");
}

#[test]
fn the_console_is_told_how_fast_a_lambda_was() {
    let (server, lambda) = used();
    let found = report(&server, &format!("performance/{lambda}?bucketSize=300"));
    let total = &found["total"];
    assert_eq!(
        (&total["invocations"], &total["failures"]),
        (&json!(4), &json!(2))
    );
    let ms = |name: &str| total[name].as_f64().unwrap();
    assert!(ms("p50Ms") < 250.0, "{total}");
    assert!((300.0..3_000.0).contains(&ms("p99Ms")), "{total}");
    assert!(total["fuel"].as_u64().unwrap() > 0);
    assert!(total["memoryPeak"].as_u64().unwrap() > 65_536);
    let steps = found["buckets"].as_array().unwrap();
    let counted = steps
        .iter()
        .map(|step| step["invocations"].as_u64().unwrap());
    assert_eq!(counted.sum::<u64>(), 4);
}

#[test]
fn reports_outlive_a_restart_and_the_invocations_themselves() {
    let (server, _) = used();
    let data_dir = server.data_dir.clone();
    let _directory = server.stop();
    let mut config = crate::harness::server::config(&data_dir);
    config.journal.invocations_max = 0;
    let again = crate::harness::server::open(config).unwrap();
    let swept = (0..500).find(|_| {
        std::thread::sleep(Duration::from_millis(10));
        let reply = again.call(Method::GET, "/logs").send();
        reply.json()["entries"].as_array().unwrap().is_empty()
    });
    assert!(swept.is_some(), "the journal is swept");
    let counts = report(&again, "invocationCounts?v=1");
    assert_eq!(counts["successfulInvocations"], 2);
}

#[test]
fn who_may_not_read_figures_is_refused() {
    let server = start();
    let token = server.token("invocation");
    for path in [
        "limitCounts",
        "lambdaCounts",
        "invocationCounts",
        "invocations/x",
    ] {
        let call = server.call(Method::GET, &format!("/reports/{path}?v=1"));
        let reply = call.bearer(&token).send();
        check_error(&reply, 403, "es.forbidden");
    }
}
