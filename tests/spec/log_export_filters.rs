//! An export has what a search with the same words and the same request finds.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::server::{TestServer, check_error, start};

const ORDERS: &str = "const { order } = input.payload;
console.info('looking for order', order); console.warn('slow', { order, warehouse: 'Hamburg' });
callback(null, 1)";

/// A server whose lambda was asked for three orders, by requests that are named after them.
fn orders() -> (TestServer, String) {
    let server = start();
    let lambda = server.deploy_body("orders", ORDERS);
    for order in [7, 8, 13] {
        let id = format!("order-{order}");
        let call = server.invoke(&lambda, json!({ "order": order }));
        assert_eq!(call.header("x-request-id", &id).send().status, 200);
    }
    server.logs(&lambda, 6);
    (server, lambda)
}

/// The request and the level of each row, the oldest first.
#[track_caller]
fn exported(server: &TestServer, path: &str) -> Vec<(String, String)> {
    let reply = server.call(Method::GET, path).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    let rows = reply.text.lines().skip(1).map(|row| {
        let cells: Vec<_> = row.split(';').collect();
        (cells[1].to_owned(), cells[3].to_owned())
    });
    rows.collect()
}

/// What a search finds, the oldest first.
#[track_caller]
fn found(server: &TestServer, query: &str) -> Vec<(String, String)> {
    let page = server
        .call(Method::GET, &format!("/logs?{query}"))
        .send()
        .json();
    let mut entries = page["entries"].as_array().expect("a list").clone();
    entries.reverse();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let told = entries.iter();
    told.map(|entry| (text(entry, "requestId"), text(entry, "level")))
        .collect()
}

#[test]
fn an_export_has_what_a_search_by_words_and_request_finds() {
    let (server, lambda) = orders();
    for (filter, rows) in [
        ("text=hamburg", 3),
        ("text=%22looking%20for%20order%22", 3),
        ("text=order%20nowhere", 0),
        ("requestId=order-8", 2),
        ("requestId=order-8&text=slow", 1),
        ("requestId=of-nobody", 0),
    ] {
        let searched = found(&server, filter);
        assert_eq!(searched.len(), rows, "{filter}");
        let export = exported(&server, &format!("/logs/export?{filter}"));
        assert_eq!(export, searched, "{filter}");
        let second = format!("/functions/{lambda}/logs/export?{filter}");
        assert_eq!(exported(&server, &second), searched, "{filter}");
    }
    // The number is in the extras of the warning alone.
    let warned = format!("/logs/export?lambdaUUID={lambda}&filterLevels=Warn&text=order%2013");
    assert_eq!(
        exported(&server, "/logs/export?requestId=order-13&filterLevels=Warn").len(),
        1
    );
    let row = ("order-13".to_owned(), "Warn".to_owned());
    assert_eq!(exported(&server, &warned), [row]);
}

#[test]
fn an_export_by_words_that_are_none_says_so() {
    let (server, _) = orders();
    let many = "a ".repeat(2_000).replace(' ', "%20");
    let reply = server
        .call(Method::GET, &format!("/logs/export?text={many}"))
        .send();
    let search = server
        .call(Method::GET, &format!("/logs?text={many}"))
        .send();
    let why = check_error(&reply, 400, "es.badinput");
    assert_eq!(why, check_error(&search, 400, "es.badinput"));
}
