//! Only an event with a place that is not taken can be chosen, where its limit says so.

use reqwest::Method;
use serde_json::{Value, json};

use super::{COMMAND, MESSAGING, make};
use crate::harness::server::{Reply, TestServer, check_error, start};

const SURVEY: &str = "denver_post_survey_email_transcript";

#[track_caller]
fn check_made(reply: &Reply) -> Value {
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json()
}

#[track_caller]
fn check_refused(reply: &Reply) -> String {
    check_error(reply, 400, "es.badinput")
}

/// How many lambdas an event has, and whether it has room for another one without skills.
fn room(server: &TestServer, event: &str) -> (Value, Value) {
    let path = format!("/events/{event}");
    let event = server.call(Method::GET, &path).send().json();
    (event["lambdas"].clone(), event["free"].clone())
}

/// Gives a lambda other skills.
fn change_skills(server: &TestServer, lambda: &Value, skills: &[&str]) -> Reply {
    let mut body = lambda.clone();
    body["skills"] = json!(skills);
    let path = format!("/lambdas/{}?v=1", lambda["uuid"].as_str().unwrap());
    server.call(Method::PUT, &path).json(&body).send()
}

#[test]
fn an_event_of_one_lambda_is_free_until_it_has_one_and_again_when_that_is_deleted() {
    let server = start();
    assert_eq!(room(&server, MESSAGING), (json!(0), json!(true)));
    check_made(&make(&server, "first", (MESSAGING, &[])));
    assert_eq!(room(&server, MESSAGING), (json!(1), json!(false)));
    assert_eq!(
        check_refused(&make(&server, "second", (MESSAGING, &[]))),
        format!(
            "the event {MESSAGING} is in use: it can have 1 lambda and has it; \
             delete one first, or choose another event"
        )
    );
    let deleted = server.call(Method::DELETE, "/lambdas/first").send();
    assert_eq!(deleted.status, 204, "{deleted:?}");
    check_made(&make(&server, "second", (MESSAGING, &[])));
}

#[test]
fn an_event_has_as_many_lambdas_as_its_limit_and_not_one_more() {
    let server = start();
    for n in 0..10 {
        check_made(&make(&server, &format!("l{n}"), (SURVEY, &[])));
    }
    assert_eq!(room(&server, SURVEY), (json!(10), json!(false)));
    check_refused(&make(&server, "l10", (SURVEY, &[])));
    // Another version of one of them needs no place.
    server.deploy_body("l0", "callback(null, 2)");
    assert_eq!(room(&server, SURVEY), (json!(10), json!(false)));
}

#[test]
fn no_two_take_the_last_place_at_the_same_time() {
    let server = start();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let server = &server;
        let makers = (0..8)
            .map(|n| scope.spawn(move || make(server, &format!("l{n}"), (MESSAGING, &[])).status));
        let makers: Vec<_> = makers.collect();
        makers
            .into_iter()
            .map(|maker| maker.join().unwrap())
            .collect()
    });
    let made = statuses.iter().filter(|status| **status == 201).count();
    assert_eq!(made, 1, "{statuses:?}");
    assert_eq!(room(&server, MESSAGING), (json!(1), json!(false)));
}

#[test]
fn lambdas_share_an_event_as_long_as_their_skills_do_not_overlap() {
    let server = start();
    let first = check_made(&make(&server, "first", (MESSAGING, &["1", "2"])));
    let second = check_made(&make(&server, "second", (MESSAGING, &["3"])));
    check_refused(&make(&server, "third", (MESSAGING, &["4", "2"])));
    check_refused(&make(&server, "third", (MESSAGING, &[])));
    // Neither can a lambda grow into another one.
    check_refused(&change_skills(&server, &second, &["3", "1"]));
    check_refused(&change_skills(&server, &second, &[]));
    let grown = change_skills(&server, &first, &["1", "2", "4"]);
    assert_eq!(grown.status, 202, "{grown:?}");
}

#[test]
fn skills_are_for_events_that_know_them() {
    let server = start();
    let said = check_refused(&make(&server, "first", (COMMAND, &["1"])));
    assert_eq!(
        said,
        format!("lambdas of the event {COMMAND} have no skills: leave them out")
    );
}

#[test]
fn an_event_that_does_not_exist_cannot_be_chosen() {
    let server = start();
    let said = check_refused(&make(&server, "first", ("other", &[])));
    assert_eq!(
        said,
        "there is no event \"other\": /events lists those that there are"
    );
}
