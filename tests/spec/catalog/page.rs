//! `docs/events.md` says what is there.

use serde_json::Value;

use super::{list, text};
use crate::harness::server::start;

const PAGE: &str = include_str!("../../../docs/events.md");

/// The rows of the table with this heading.
fn rows(heading: &str) -> Vec<&'static str> {
    let rest = PAGE.split_once(heading).expect("there is such a table").1;
    let rows = rest.lines().skip(2);
    rows.take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn the_page_lists_every_event_with_its_limit() {
    let server = start();
    let row = |event: &Value| {
        format!(
            "| {} | `{}` | {} | {} | {} |",
            text(event, "eventName"),
            text(event, "eventId"),
            event["lambdaLimit"],
            if event["skills"] == true { "yes" } else { "no" },
            text(event, "description"),
        )
    };
    let expected: Vec<_> = list(&server, "/events").iter().map(row).collect();
    assert_eq!(
        rows("| event | `eventId` | lambdas | skills | happens when |"),
        expected
    );
}

#[test]
fn the_page_lists_every_template_and_snippet() {
    let server = start();
    let template = |template: &Value| {
        let event = template["eventId"].as_str();
        format!(
            "| {} | `{}` | {} | {} |",
            text(template, "name"),
            text(template, "id"),
            event.map(|id| format!("`{id}`")).unwrap_or_default(),
            text(template, "description"),
        )
    };
    let expected: Vec<_> = list(&server, "/templates").iter().map(template).collect();
    assert_eq!(rows("| template | id | event | what it does |"), expected);
    let snippet = |snippet: &Value| {
        let [title, id, does] = ["title", "id", "description"].map(|name| text(snippet, name));
        format!("| {title} | `{id}` | {does} |")
    };
    let expected: Vec<_> = list(&server, "/snippets").iter().map(snippet).collect();
    assert_eq!(rows("| snippet | id | what it does |"), expected);
}
