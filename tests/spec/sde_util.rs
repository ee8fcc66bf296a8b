//! `Toolbelt.SDEUtil()` writes the engagement attributes of visitors and reads those of conversations.

use serde_json::json;

use crate::harness::platform::{self, calling, only_served, rejecting};
use crate::harness::upstream::{Upstream, answer};
use crate::harness::{check, failed, returned};

fn platform() -> Upstream {
    platform::start(|_| answer(200, "{}"))
}

#[test]
fn attributes_are_put_to_the_visit() {
    let platform = platform();
    let case = calling(
        &platform,
        "const lead = { type: toolbelt.SDETypes.LEAD, lead: { topic: 'phones' } };
         callback(null, typeof await Toolbelt.SDEUtil().addSDEs([lead], 'visitor-1', 'session-1'))",
    );
    check(case, returned("undefined"));
    let lookup = &platform.received()[0].target;
    assert!(lookup.contains("/service/smt/"), "{lookup}");
    let request = only_served(&platform);
    assert_eq!(request.method, "PUT");
    assert_eq!(
        request.target,
        "/api/account/10000001/monitoring/visitors/visitor-1/visits/current/events?v=1&sid=session-1"
    );
    assert_eq!(request.header("content-type"), "application/json");
    assert!(request.header("authorization").starts_with("OAuth "));
    assert_eq!(
        request.text(),
        r#"[{"type":"lead","lead":{"topic":"phones"}}]"#
    );
}

#[test]
fn ids_are_parts_of_the_url_and_no_more() {
    let platform = platform();
    let call = "await Toolbelt.SDEUtil().addSDEs([{}], 'a/b', 'c&d')";
    calling(&platform, &format!("{call}; callback(null, 'done')")).run();
    assert_eq!(
        only_served(&platform).target,
        "/api/account/10000001/monitoring/visitors/a%2Fb/visits/current/events?v=1&sid=c%26d"
    );
}

#[test]
fn there_must_be_an_attribute_to_add() {
    let platform = platform();
    for sdes in ["", "null", "[]"] {
        let call = format!("await Toolbelt.SDEUtil().addSDEs({sdes})");
        let case = rejecting(&platform, &call, "error.message");
        check(case, returned("Please provide one or more SDEs"));
    }
    assert!(platform.received().is_empty());
}

#[test]
fn attributes_that_cannot_be_set_say_why() {
    let platform = platform::start(|_| answer(400, "no such visitor"));
    let case = calling(
        &platform,
        "await Toolbelt.SDEUtil().addSDEs([{}], 'visitor-1', 'session-1')",
    );
    let expected = "Error while setting SDEs: 400 - \"no such visitor\"";
    check(case, failed(expected));
}

#[test]
fn attributes_of_a_conversation_are_in_the_order_of_their_times() {
    let case = calling(
        &platform(),
        "const events = [{ serverTimeStamp: 3 }, { serverTimeStamp: 1 }, { serverTimeStamp: 2 }];
         const sdes = { events };
         const unAuthSdes = { events: [{ serverTimeStamp: '2026-02' }, { serverTimeStamp: '2026-01' }] };
         const conversation = { conversationHistoryRecords: [{ sdes, unAuthSdes }] };
         callback(null, [Toolbelt.SDEUtil().getSDEsFromConv(conversation), events])",
    );
    let at = |time: serde_json::Value| json!({ "serverTimeStamp": time });
    let sdes = json!({ "events": [at(json!(1)), at(json!(2)), at(json!(3))] });
    let unauthenticated = json!({ "events": [at(json!("2026-01")), at(json!("2026-02"))] });
    let given = json!([at(json!(3)), at(json!(1)), at(json!(2))]);
    check(
        case,
        returned(json!([{ "sdes": sdes, "unAuthSdes": unauthenticated }, given])),
    );
}

#[test]
fn a_conversation_without_attributes_has_none() {
    let case = calling(
        &platform(),
        "callback(null, Toolbelt.SDEUtil().getSDEsFromConv({ conversationHistoryRecords: [{}] }))",
    );
    let none = json!({ "events": [] });
    check(case, returned(json!({ "sdes": none, "unAuthSdes": none })));
}

#[test]
fn what_is_no_conversation_is_refused() {
    for conversation in ["", "null", "{}"] {
        let body = format!("Toolbelt.SDEUtil().getSDEsFromConv({conversation})");
        check(
            calling(&platform(), &body),
            failed(
                "Error while getting SDEs from conversation: Please provide a valid conversation.",
            ),
        );
    }
}
