//! Logs are exported as the platform exports them, as CSV.

use reqwest::Method;
use serde_json::json;

use crate::harness::server::{Reply, TestServer, check_error, start, start_with};

const HEADER: &str = "lambdaUUID;requestID;timestamp;level;message;extras";
const SAYS: &str = "for (const said of input.payload) console.info(...said); callback(null, 1)";

fn export(server: &TestServer, query: &str) -> Reply {
    let path = format!("/logs/export?userId=me&v=1{query}");
    server.call(Method::GET, &path).send()
}

#[track_caller]
fn lines(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
    let mut lines = reply.text.lines().map(str::to_owned);
    assert_eq!(lines.next().as_deref(), Some(HEADER));
    lines.collect()
}

#[test]
fn an_export_has_the_platforms_columns_and_its_quotes() {
    let server = start();
    let lambda = server.deploy_body("says", SAYS);
    let said = json!([["plain"], ["semi;colon"], ["say \"hi\"\nthere", { "a": [1] }]]);
    let call = server.invoke(&lambda, said).header("x-request-id", "r-1");
    assert_eq!(call.send().status, 200);
    let logs = server.logs(&lambda, 3);
    let reply = export(&server, &format!("&lambdaUUID={lambda}"));
    let row = |index: usize, message: &str, extras: &str| {
        let timestamp = &logs[index]["timestamp"];
        format!("{lambda};r-1;{timestamp};Info;{message};{extras}\n")
    };
    let expected = [
        format!("{HEADER}\n"),
        row(0, "plain", "[]"),
        row(1, "\"semi;colon\"", "[]"),
        row(2, "\"say \"\"hi\"\"\nthere\"", "\"[{\"\"a\"\":[1]}]\""),
    ];
    assert_eq!(reply.text, expected.concat());
    let path = format!("/functions/{lambda}/logs/export?userId=me");
    let second = server.call(Method::GET, &path).send();
    assert_eq!(second.text, reply.text, "the second version's address");
}

#[test]
fn an_export_is_of_one_lambda_its_levels_and_its_time() {
    let server = start();
    let code = "console.info('i'); console.warn('w'); console.error('e'); callback(null, 1)";
    let (one, two) = (
        server.deploy_body("one", code),
        server.deploy_body("two", code),
    );
    for lambda in [&one, &two] {
        assert_eq!(server.invoke(lambda, json!({})).send().status, 200);
    }
    assert_eq!(lines(&export(&server, "")).len(), 6);
    let some = format!("&lambdaUUID={one}&filterLevels=Info&filterLevels=Error");
    let some = lines(&export(&server, &some));
    assert_eq!(some.len(), 2, "{some:?}");
    assert!(some.iter().all(|line| line.starts_with(&one)), "{some:?}");
    assert!(some[0].contains(";Info;i;") && some[1].contains(";Error;e;"));
    let last = server.logs(&two, 3)[2]["timestamp"].as_u64().unwrap();
    let after = format!("&startTimestamp={}&endTimestamp={}", last + 1, last + 2);
    assert!(lines(&export(&server, &after)).is_empty());
    let until = format!(
        "&startTimestamp={}&endTimestamp={}",
        last - 60_000,
        last + 1
    );
    assert_eq!(lines(&export(&server, &until)).len(), 6);
}

#[test]
fn an_export_has_no_more_rows_than_it_may_and_they_are_the_oldest() {
    let server = start_with(|config| config.journal.export_rows_max = 3);
    let lambda = server.deploy_body("says", SAYS);
    let say = |numbers: std::ops::Range<u32>| {
        let said: Vec<_> = numbers
            .map(|number| json!([format!("n{number}")]))
            .collect();
        assert_eq!(server.invoke(&lambda, json!(said)).send().status, 200);
    };
    say(0..3);
    assert_eq!(lines(&export(&server, "")).len(), 3);
    say(3..4);
    let rows = lines(&export(&server, ""));
    assert_eq!(rows.len(), 3);
    assert!(
        rows[0].contains(";n0;") && rows[2].contains(";n2;"),
        "{rows:?}"
    );
}

#[test]
fn an_export_of_many_pages_is_whole_and_in_order() {
    let server = start_with(|config| {
        config.journal.export_rows_max = 10_000;
        config.limits.log_entries = 2_000;
    });
    let code = "for (let i = 0; i < 1234; i++) console.info('n' + i); callback(null, 1)";
    let lambda = server.deploy_body("many", code);
    assert_eq!(server.invoke(&lambda, json!({})).send().status, 200);
    let rows = lines(&export(&server, ""));
    assert_eq!(rows.len(), 1_234);
    for (index, row) in rows.iter().enumerate() {
        assert!(row.contains(&format!(";n{index};")), "{row}");
    }
}

#[test]
fn an_export_that_cannot_be_made_says_so_as_the_platform_does() {
    let server = start();
    let missing = export(&server, "&lambdaUUID=nobody");
    check_error(&missing, 404, "es.notfound");
    let day = 24 * 60 * 60 * 1_000_u64;
    let long = format!("&startTimestamp=0&endTimestamp={}", 7 * day + 1);
    let why = check_error(&export(&server, &long), 400, "es.badinput");
    assert!(why.contains("at most 7 days"), "{why}");
    let level = check_error(&export(&server, "&filterLevels=Loud"), 400, "es.badinput");
    assert!(level.contains("Info, Warn and Error"), "{level}");
}
