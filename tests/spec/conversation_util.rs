//! `Toolbelt.ConversationUtil()` fetches conversations and finds keywords in them.

use serde_json::{Value, json};

use crate::harness::platform::{self, calling, json_answer, only_served, rejecting};
use crate::harness::upstream::{Upstream, answer};
use crate::harness::{Case, check, failed, result_of, returned};

/// A platform with one conversation.
fn platform() -> Upstream {
    platform::start(|_| json_answer(conversation()))
}

fn conversation() -> Value {
    json!({ "_metadata": { "count": 1 }, "conversationHistoryRecords": [{ "info": { "brandId": "10000001" } }] })
}

/// A conversation of several kinds of messages, for a scan.
const TRANSCRIPT: &str =
    "const said = (type, messageData, timeL) => ({ type, messageData, timeL, sentBy: 'Consumer' });
    const conversation = { conversationHistoryRecords: [{ messageRecords: [
      said('TEXT_PLAIN', { msg: { text: 'I want a REFUND now' } }, 1),
      said('HOSTED_FILE', { file: { caption: 'the refund form' } }, 2),
      said('RICH_CONTENT', { richContent: { content: 'refund' } }, 3),
      said('TEXT_PLAIN', { msg: { text: 'or a\\nlawyer, a refund' } }, 4),
      said('HOSTED_FILE', { file: {} }, 5),
    ] }] };";

/// Calls back with what a scan of the transcript finds.
fn scanning(keywords: &str) -> Case {
    let body = format!(
        "{TRANSCRIPT} callback(null, Toolbelt.ConversationUtil().scanConversationForKeywords(conversation, {keywords}))"
    );
    calling(&platform(), &body)
}

#[test]
fn a_conversation_is_searched_by_its_id() {
    let platform = platform();
    let case = calling(
        &platform,
        "callback(null, await Toolbelt.ConversationUtil().getConversationById('c-1'))",
    );
    check(case, returned(conversation()));
    let request = only_served(&platform);
    assert_eq!(request.method, "POST");
    assert_eq!(
        request.target,
        "/messaging_history/api/account/10000001/conversations/conversation/search?v=2"
    );
    assert_eq!(request.header("content-type"), "application/json");
    assert!(request.header("authorization").starts_with("OAuth "));
    assert_eq!(request.text(), r#"{"conversationId":"c-1"}"#);
}

#[test]
fn the_service_is_that_of_the_history_of_messaging() {
    let platform = platform();
    let case = calling(
        &platform,
        "await Toolbelt.ConversationUtil().getConversationById('c-1'); callback(null, 'done')",
    );
    assert_eq!(result_of(&case), "done");
    let lookup = &platform.received()[0].target;
    assert!(lookup.contains("/service/msgHist/"), "{lookup}");
}

#[test]
fn content_is_asked_for_when_it_is_named() {
    for (content, body) in [
        (
            "[toolbelt.ConversationContentTypes.MESSAGE_RECORDS, 'sdes']",
            r#"{"conversationId":"c-1","contentToRetrieve":["messageRecords","sdes"]}"#,
        ),
        ("[]", r#"{"conversationId":"c-1"}"#),
    ] {
        let platform = platform();
        let call = format!("Toolbelt.ConversationUtil().getConversationById('c-1', {content})");
        calling(&platform, &format!("await {call}; callback(null, 'done')")).run();
        assert_eq!(only_served(&platform).text(), body);
    }
}

#[test]
fn a_conversation_without_an_id_is_not_asked_for() {
    let platform = platform();
    for id in ["", "''", "null"] {
        let call = format!("await Toolbelt.ConversationUtil().getConversationById({id})");
        let case = rejecting(&platform, &call, "error.message");
        check(case, returned("Please provide a conversation ID."));
    }
    assert!(platform.received().is_empty());
}

#[test]
fn a_conversation_that_does_not_exist_is_named() {
    let platform = platform::start(|_| {
        json_answer(json!({ "_metadata": {}, "conversationHistoryRecords": [] }))
    });
    let case = calling(
        &platform,
        "await Toolbelt.ConversationUtil().getConversationById('c-1')",
    );
    let expected = "Error while fetching conversation \"c-1\": Conversation \"c-1\" not found.";
    check(case, failed(expected));
}

#[test]
fn a_failed_search_says_for_which_conversation_and_why() {
    let platform = platform::start(|_| answer(500, "broken"));
    let case = rejecting(
        &platform,
        "await Toolbelt.ConversationUtil().getConversationById('c-1')",
        "error.message",
    );
    let expected = "Error while fetching conversation \"c-1\": 500 - \"broken\"";
    check(case, returned(expected));
}

#[test]
fn keywords_are_found_in_texts_and_captions_whatever_their_case() {
    let expected = json!([
        { "message": "I want a REFUND now", "sentTimestamp": 1, "sentBy": "Consumer", "tag": "keywordRef:refund" },
        { "message": "the refund form", "sentTimestamp": 2, "sentBy": "Consumer", "tag": "keywordRef:refund" },
        { "message": "or a\nlawyer, a refund", "sentTimestamp": 4, "sentBy": "Consumer", "tag": "keywordRef:refund" },
    ]);
    check(scanning("['refund']"), returned(expected));
}

#[test]
fn a_message_appears_once_for_each_keyword_in_it_and_keyword_by_keyword() {
    let case = scanning("['lawyer', 'refund', 'missing']");
    let found: Vec<_> = result_of(&case)
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| {
            format!(
                "{} {}",
                found["sentTimestamp"],
                found["tag"].as_str().unwrap()
            )
        })
        .collect();
    let expected = [
        "4 keywordRef:lawyer",
        "1 keywordRef:refund",
        "2 keywordRef:refund",
        "4 keywordRef:refund",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_keyword_is_a_regular_expression() {
    let case = scanning("['^lawyer', 'want\\\\s+a']");
    let found = result_of(&case);
    let times: Vec<_> = found
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| found["sentTimestamp"].as_i64().unwrap())
        .collect();
    assert_eq!(times, [4, 1]);
    let report = scanning("['(']").run();
    assert!(matches!(
        crate::harness::outcome(&report),
        crate::harness::Expected::Threw(sandglass_runtime::FailureKind::RuntimeError, _)
    ));
}

#[test]
fn a_scan_needs_a_conversation_and_keywords() {
    let scan = |arguments: &str| {
        calling(
            &platform(),
            &format!("Toolbelt.ConversationUtil().scanConversationForKeywords({arguments})"),
        )
    };
    check(
        scan("null, ['a']"),
        failed("Please provide conversation object."),
    );
    check(
        scan("undefined, ['a']"),
        failed("Please provide conversation object."),
    );
    check(
        scan("{}"),
        failed("Please provide array containing keywords."),
    );
    check(
        scan("{}, []"),
        failed("Please provide array containing keywords."),
    );
}
