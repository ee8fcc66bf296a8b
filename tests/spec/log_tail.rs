//! Logs can be watched as they are written, and nobody waits for who watches.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::block_on;
use crate::harness::server::{ACCOUNT, TestServer, http_client, start, start_with};

const SAYS: &str = "console[input.payload.level ?? 'info'](input.payload.text); callback(null, 1)";

/// Somebody who watches.
struct Tail {
    response: Response,
    received: String,
}

/// One event: its fields.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    id: String,
    name: String,
    data: String,
}

impl Event {
    fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

impl Tail {
    #[track_caller]
    fn open(server: &TestServer, query: &str, last: Option<i64>) -> Self {
        let response = Self::ask(server, query, &server.admin_token, last);
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(kind, "text/event-stream");
        let mut tail = Self {
            response,
            received: String::new(),
        };
        let first = tail.next().expect("it begins with where it is");
        assert!(first.name.is_empty() && !first.id.is_empty(), "{first:?}");
        tail
    }

    fn ask(server: &TestServer, query: &str, token: &str, last: Option<i64>) -> Response {
        let url = format!("{}/api/account/{ACCOUNT}/logs/tail?{query}", server.url);
        let client = http_client().expect("a client");
        let mut request = client.get(url).bearer_auth(token);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        block_on(request.send()).expect("an answer")
    }

    /// The next event; `None` when there will be none.
    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.received.split_once("\n\n") {
                let event = event(block);
                self.received = rest.to_owned();
                return Some(event);
            }
            let chunk = block_on(async {
                let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk());
                chunk.await.expect("an event comes in time")
            });
            let chunk = chunk.expect("the connection holds")?;
            self.received.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    #[track_caller]
    fn message(&mut self) -> String {
        let event = self.next().expect("another event");
        assert_eq!(event.name, "log", "{event:?}");
        let entry = event.json();
        assert_eq!(event.id, entry["id"].to_string());
        entry["message"].as_str().unwrap().to_owned()
    }
}

fn event(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => event.id = id.to_owned(),
            Some(("event", name)) => event.name = name.to_owned(),
            Some(("data", data)) => event.data = data.to_owned(),
            _ => {}
        }
    }
    event
}

#[track_caller]
fn say(server: &TestServer, lambda: &str, text: &str, level: &str) {
    let payload = json!({ "text": text, "level": level });
    assert_eq!(server.invoke(lambda, payload).send().status, 200);
}

#[test]
fn what_is_logged_is_seen_at_once_and_what_was_before_is_not() {
    let server = start();
    server.deploy_body("says", SAYS);
    say(&server, "says", "before", "info");
    server.logs("says", 1);
    let mut tail = Tail::open(&server, "", None);
    let begun = Instant::now();
    say(&server, "says", "first", "info");
    assert_eq!(tail.message(), "first");
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    say(&server, "says", "second", "warn");
    assert_eq!(tail.message(), "second");
}

#[test]
fn a_tail_shows_what_its_filters_let_through() {
    let server = start();
    server.deploy_body("one", SAYS);
    server.deploy_body("two", SAYS);
    let mut tail = Tail::open(&server, "lambda=two&level=Error&text=order", None);
    say(&server, "one", "order of one", "error");
    say(&server, "two", "order of two, but info", "info");
    say(&server, "two", "something else", "error");
    say(&server, "two", "the order of two", "error");
    assert_eq!(tail.message(), "the order of two");
}

#[test]
fn who_comes_back_with_the_last_id_misses_nothing() {
    let server = start();
    server.deploy_body("says", SAYS);
    let mut tail = Tail::open(&server, "", None);
    say(&server, "says", "seen", "info");
    let seen = tail.next().expect("an event");
    drop(tail);
    for number in 0..3 {
        say(&server, "says", &format!("missed {number}"), "info");
    }
    let mut again = Tail::open(&server, "", Some(seen.id.parse().unwrap()));
    for number in 0..3 {
        assert_eq!(again.message(), format!("missed {number}"));
    }
    let nonsense = Tail::ask(&server, "after=x", &server.admin_token, None);
    assert_eq!(nonsense.status(), 400);
}

#[test]
fn a_tail_of_more_than_a_page_is_whole_and_in_order() {
    let server = start_with(|config| config.limits.log_entries = 2_000);
    let code = "for (let i = 0; i < 1100; i++) console.info('n' + i); callback(null, 1)";
    server.deploy_body("many", code);
    let mut tail = Tail::open(&server, "", None);
    assert_eq!(server.invoke("many", json!({})).send().status, 200);
    for number in 0..1_100 {
        assert_eq!(tail.message(), format!("n{number}"));
    }
}

#[test]
fn a_reader_that_does_not_read_is_dropped_and_told_so() {
    let server = start_with(|config| {
        config.journal.tail_stall_ms = 500;
        config.limits.log_entries = 2_000;
    });
    let code = "const text = 'x'.repeat(200); \
                for (let i = 0; i < 1000; i++) console.info(text + i); callback(null, 1)";
    server.deploy_body("floods", code);
    let mut tail = Tail::open(&server, "", None);
    // More than the buffers of both ends hold.
    for _ in 0..60 {
        let begun = Instant::now();
        assert_eq!(server.invoke("floods", json!({})).send().status, 200);
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "it waits for nobody"
        );
    }
    std::thread::sleep(Duration::from_millis(1_500));
    let mut seen = 0;
    let last = loop {
        let event = tail
            .next()
            .expect("an event that says why there is no other");
        if event.name != "log" {
            break event;
        }
        seen += 1;
    };
    assert_eq!(last.name, "dropped", "{last:?}");
    assert!(seen < 60_000, "{seen}");
    let reason = last.json();
    assert!(
        reason["reason"].as_str().unwrap().contains("too slow"),
        "{reason}"
    );
    assert_eq!(tail.next(), None);
    let mut again = Tail::open(&server, "", reason["after"].as_i64());
    assert!(again.message().starts_with("xxx"));
}

#[test]
fn a_server_that_drains_ends_its_tails() {
    let server = start();
    let mut tail = Tail::open(&server, "", None);
    let stopping = std::thread::spawn(move || {
        let begun = Instant::now();
        server.stop();
        begun.elapsed()
    });
    let last = tail.next().expect("an event that says so");
    assert_eq!(last.name, "end", "{last:?}");
    assert!(last.data.contains("shutting down"), "{last:?}");
    assert_eq!(tail.next(), None);
    let took = stopping.join().expect("it stops");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_tail_does_not_outlive_its_token() {
    let server = start();
    server.deploy_body("says", SAYS);
    let body = json!({ "name": "to be deleted", "role": "developer" });
    let made = server
        .call(Method::POST, "/tokens")
        .json(&body)
        .send()
        .json();
    let response = Tail::ask(&server, "", made["token"].as_str().unwrap(), None);
    assert_eq!(response.status(), 200);
    let mut tail = Tail {
        response,
        received: String::new(),
    };
    tail.next();
    let path = format!("/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(server.call(Method::DELETE, &path).send().status, 204);
    say(&server, "says", "not for you", "info");
    let last = tail.next().expect("an event that says so");
    assert_eq!(last.name, "end", "{last:?}");
    assert_eq!(tail.next(), None);
}

#[test]
fn as_many_tails_as_may_be_are_open_and_not_one_more() {
    let server = start_with(|config| config.journal.tails_max = 2);
    let first = Tail::open(&server, "", None);
    let _second = Tail::open(&server, "", None);
    let third = Tail::ask(&server, "", &server.admin_token, None);
    assert_eq!(third.status(), 429);
    assert_eq!(third.headers()["retry-after"], "1");
    drop(first);
    let reopened = (0..500).find(|_| {
        std::thread::sleep(Duration::from_millis(10));
        Tail::ask(&server, "", &server.admin_token, None).status() == 200
    });
    assert!(reopened.is_some(), "a place is given back");
}

#[test]
fn who_may_not_read_logs_may_not_watch_them() {
    let server = start();
    let token = server.token("invocation");
    assert_eq!(Tail::ask(&server, "", &token, None).status(), 403);
    assert_eq!(Tail::ask(&server, "", "nonsense", None).status(), 401);
}
