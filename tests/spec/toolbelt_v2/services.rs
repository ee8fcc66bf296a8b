//! What it does with conversations, attributes, files and contexts.

use serde_json::{Value, json};

use super::{calling, calls, error, lambda_of, platform, rejecting};
use crate::harness::platform::json_answer;
use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{check, failed, returned};

fn conversation() -> Value {
    json!({ "_metadata": { "count": 1 }, "conversationHistoryRecords": [{ "info": {} }] })
}

#[test]
fn a_conversation_is_searched_by_its_id() {
    let platform = platform(|_| json_answer(conversation()));
    let call = "Toolbelt.ConversationUtil().getConversationById('c-1', ['info'])";
    check(
        calling(&platform, &format!("callback(null, await {call})")),
        returned(conversation()),
    );
    let [request] = calls(&platform).try_into().expect("one request");
    assert_eq!(request.method, "POST");
    let expected = "/messaging_history/api/account/10000001/conversations/conversation/search\
                    ?v=2&company=lp&source=FaaS_Toolbelt";
    assert_eq!(request.target, expected);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("authorization"), "Bearer t0ken-1");
    let expected = r#"{"conversationId":"c-1","contentToRetrieve":["info"]}"#;
    assert_eq!(request.text(), expected);
}

#[test]
fn a_conversation_that_cannot_be_fetched_says_why() {
    let call = "await Toolbelt.ConversationUtil().getConversationById('c-1')";
    let missing =
        platform(|_| json_answer(json!({ "_metadata": {}, "conversationHistoryRecords": [] })));
    let expected = error(
        "Conversation-Util",
        "conversation-util.conversation.not-found",
        "Conversation \"c-1\" not found.",
    );
    check(rejecting(&missing, call), returned(expected));
    let broken = platform(|_| answer(500, r#"{"message":"broken"}"#));
    let expected = error(
        "Conversation-Util",
        "conversation-util.unexpected-response",
        "Unexpected response: {\"message\":\"broken\"}. Status Code: 500",
    );
    check(rejecting(&broken, call), returned(expected));
    let expected = error(
        "Conversation-Util",
        "conversation-util-general",
        "Please provide a conversation ID.",
    );
    let call = "await Toolbelt.ConversationUtil().getConversationById('')";
    check(rejecting(&broken, call), returned(expected));
}

#[test]
fn a_network_that_fails_says_what_fetch_says_and_why() {
    let platform = Upstream::start_async(|received: Received| async move {
        let base = format!("http://{}", received.header("host"));
        received
            .target
            .contains("/service/")
            .then(|| json_answer(json!({ "baseURI": base })))
    });
    let expected = error(
        "Oauth2Client",
        "oauth2.general-issue",
        "Obtaining OAuth2 Access Token from sentinel failed due to: fetch failed. Cause: socket hang up",
    );
    let call = "await Toolbelt.ConversationUtil().getConversationById('c-1')";
    check(rejecting(&platform, call), returned(expected));
}

#[test]
fn keywords_are_found_in_messages() {
    let platform = platform(|_| answer(200, ""));
    let scan = |arguments: &str| {
        format!("Toolbelt.ConversationUtil().scanConversationForKeywords({arguments})")
    };
    let message = "{ type: 'TEXT_PLAIN', messageData: { msg: { text: 'A Refund' } }, timeL: 1, sentBy: 'Consumer' }";
    let conversation =
        format!("{{ conversationHistoryRecords: [{{ messageRecords: [{message}] }}] }}");
    let found = json!([{ "message": "A Refund", "sentTimestamp": 1, "sentBy": "Consumer", "tag": "keywordRef:refund" }]);
    let code = format!(
        "callback(null, {})",
        scan(&format!("{conversation}, ['refund']"))
    );
    check(calling(&platform, &code), returned(found));
    for (arguments, message) in [
        (
            "null, ['a']",
            "Please provide conversation object with message records.",
        ),
        (
            "{ conversationHistoryRecords: [] }, ['a']",
            "Please provide conversation object with message records.",
        ),
        (
            "{ conversationHistoryRecords: [{ messageRecords: [] }] }, []",
            "Please provide array containing keywords.",
        ),
    ] {
        let expected = error("Conversation-Util", "conversation-util-general", message);
        check(rejecting(&platform, &scan(arguments)), returned(expected));
    }
}

#[test]
fn attributes_are_put_to_the_visit() {
    let platform = platform(|_| answer(200, "{}"));
    let call = "Toolbelt.SDEUtil().addSDEs([{ type: 'lead' }], 'visitor-1', 'session-1')";
    let case = calling(&platform, &format!("callback(null, typeof await {call})"));
    check(case, returned("undefined"));
    let [request] = calls(&platform).try_into().expect("one request");
    assert_eq!(request.method, "PUT");
    let expected = "/api/account/10000001/monitoring/visitors/visitor-1/visits/current/events?v=1&sid=session-1";
    assert_eq!(request.target, expected);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.text(), r#"[{"type":"lead"}]"#);
}

#[test]
fn attributes_that_cannot_be_set_or_read_say_why() {
    let platform = platform(|_| answer(400, "no such visitor"));
    for (statement, code, message) in [
        (
            "await Toolbelt.SDEUtil().addSDEs([])",
            "sdes-util-general",
            "Please provide one or more SDEs",
        ),
        (
            "await Toolbelt.SDEUtil().addSDEs([{}], 'v', 's')",
            "sdes-util.unexpected-response",
            "Unexpected response: no such visitor. Status Code: 400",
        ),
        (
            "Toolbelt.SDEUtil().getSDEsFromConv({ conversationHistoryRecords: [] })",
            "sdes-util-general",
            "conversationHistoryRecords is empty",
        ),
        (
            "Toolbelt.SDEUtil().getSDEsFromConv({ conversationHistoryRecords: [{}] })",
            "sdes-util-general",
            "No sdes or unAuthSdes are provided",
        ),
    ] {
        check(
            rejecting(&platform, statement),
            returned(error("SDE-Util", code, message)),
        );
    }
    let statement = "Toolbelt.SDEUtil().getSDEsFromConv(null)";
    let told = crate::harness::result_of(&rejecting(&platform, statement));
    let message = told[3].as_str().expect("a message");
    let prefix = "Error while getting SDEs from conversation: TypeError: ";
    assert!(message.starts_with(prefix), "{message}");
}

#[test]
fn attributes_of_a_conversation_are_in_the_order_of_their_times() {
    let case = lambda_of(
        "const sdes = { events: [{ serverTimeStamp: 2 }, { serverTimeStamp: 1 }] };
         callback(null, Toolbelt.SDEUtil().getSDEsFromConv({ conversationHistoryRecords: [{ sdes }] }))",
    );
    let sdes = json!({ "events": [{ "serverTimeStamp": 1 }, { "serverTimeStamp": 2 }] });
    check(
        case,
        returned(json!({ "sdes": sdes, "unAuthSdes": { "events": [] } })),
    );
}

/// Replaces the two files of a conversation.
const REPLACE: &str = "await (() => {
    const file = (relativePath) => ({ type: 'HOSTED_FILE', messageData: { file: { relativePath } } });
    const conversation = { conversationHistoryRecords: [{ messageRecords: [file('/v1/a'), file('/v1/b')] }] };
    return Toolbelt.GDPRUtil().replaceConversationFiles(conversation, { username: 'u', password: 'p' });
  })()";

fn store(received: &Received) -> Answer {
    match received.target.as_str() {
        "/auth/v1.0" => with_header(answer(200, ""), "x-auth-token", "swift-token"),
        _ => answer(201, ""),
    }
}

#[test]
fn files_are_replaced_with_one_token() {
    let platform = platform(|received| store(&received));
    check(
        calling(&platform, &format!("callback(null, {REPLACE})")),
        returned(json!(["/v1/a", "/v1/b"])),
    );
    let requests = calls(&platform);
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0].target, "/auth/v1.0");
    assert_eq!(requests[0].header("x-auth-user"), "u");
    assert_eq!(requests[0].header("x-auth-key"), "p");
    for request in &requests[1..] {
        assert_eq!(request.method, "PUT");
        assert_eq!(request.header("x-auth-token"), "swift-token");
        assert_eq!(request.header("content-type"), "image/png");
        assert!(request.body.starts_with(b"\x89PNG"));
    }
}

#[test]
fn files_that_cannot_be_replaced_say_why() {
    let refused = platform(|_| answer(401, "who are you?"));
    let expected = error(
        "GDPR-Util",
        "gdpr-util.auth-failed",
        "Authentication failed with response: who are you?. Status Code: 401",
    );
    check(rejecting(&refused, REPLACE), returned(expected));
    let silent = platform(|_| answer(200, ""));
    let expected = error(
        "GDPR-Util",
        "gdpr-util.auth-failed",
        "No Auth token returned",
    );
    check(rejecting(&silent, REPLACE), returned(expected));
    let broken = platform(|received| match received.method.as_str() {
        "PUT" => answer(500, "broken"),
        _ => store(&received),
    });
    let expected = error(
        "GDPR-Util",
        "gdpr-util-general",
        "File replacement failed with response: broken. Status Code: 500",
    );
    check(rejecting(&broken, REPLACE), returned(expected));
    let statement = "await Toolbelt.GDPRUtil().replaceConversationFiles({ conversationHistoryRecords: [{}] }, {})";
    let expected = error(
        "GDPR-Util",
        "gdpr-util-general",
        "No message records provided",
    );
    check(rejecting(&broken, statement), returned(expected));
    let statement = "await Toolbelt.GDPRUtil().replaceConversationFiles({}, {})";
    check(
        calling(&broken, &format!("callback(null, {statement})")),
        returned(json!([])),
    );
}

#[test]
fn the_context_service_is_where_the_domain_api_says() {
    let platform = platform(|_| json_answer(json!(["__default__"])));
    let call = "Toolbelt.ContextServiceClient('demo-key').getListOfSessions('notes')";
    check(
        calling(&platform, &format!("callback(null, await {call})")),
        returned(json!(["__default__"])),
    );
    let lookup = &platform.received()[0].target;
    assert!(lookup.contains("/service/mavenContext/"), "{lookup}");
    let [request] = calls(&platform).try_into().expect("one request");
    assert_eq!(request.target, "/v1/account/10000001/notes/session-ids");
    assert_eq!(request.header("maven-api-key"), "demo-key");
}

#[test]
fn the_errors_of_the_context_service_are_spelled_right() {
    for (status, code, message) in [
        (
            404,
            "data.does-not-exist",
            "Requested Resource does not exist",
        ),
        (
            500,
            "internal-server-error",
            "Internal Server Error occurred during processing request",
        ),
        (401, "unknown", "Unknown Error Unauthorized occurred"),
    ] {
        let platform = platform(move |_| answer(status, ""));
        let body = "try { await Toolbelt.ContextServiceClient('demo-key').getListOfNamespaces(); }
                    catch (error) { callback(null, [error.code, error.message]); }";
        let code = format!("com.liveperson.context-service-sdk.{code}");
        check(calling(&platform, body), returned(json!([code, message])));
    }
    check(
        lambda_of("Toolbelt.ContextServiceClient()"),
        failed("No valid API-key was provided"),
    );
}
