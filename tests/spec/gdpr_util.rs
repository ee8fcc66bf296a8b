//! `Toolbelt.GDPRUtil()` puts another file in the place of those of a conversation.

use std::io::Read as _;

use serde_json::json;

use crate::harness::platform::{self, calling, rejecting, served};
use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{check, returned};

/// A conversation with two files in it.
const CONVERSATION: &str = "const file = (relativePath) => ({ type: 'HOSTED_FILE', messageData: { file: { relativePath } } });
    const conversation = { conversationHistoryRecords: [
      { messageRecords: [file('/v1/a.png'), { type: 'TEXT_PLAIN', messageData: { msg: { text: 'hi' } } }] },
      { messageRecords: [file('/v1/b.png')] },
    ] };
    const credentials = { username: 'demo-user', password: 'demo-password' };";

fn store(received: &Received) -> Answer {
    match received.target.as_str() {
        "/auth/v1.0" => with_header(answer(200, ""), "x-auth-token", "t0ken"),
        _ => answer(201, ""),
    }
}

fn platform() -> Upstream {
    platform::start(|received| store(&received))
}

/// The call, in a lambda that has the conversation.
fn replacing(arguments: &str) -> String {
    format!("await Toolbelt.GDPRUtil().replaceConversationFiles({arguments})")
}

/// The files that were put, in the order of their paths.
fn put(platform: &Upstream) -> Vec<Received> {
    let mut put = served(platform);
    put.retain(|request| request.method == "PUT");
    put.sort_by(|a, b| a.target.cmp(&b.target));
    put
}

#[test]
fn each_file_is_replaced_and_named() {
    let platform = platform();
    let call = replacing("conversation, credentials");
    let case = calling(&platform, &format!("{CONVERSATION} callback(null, {call})"));
    check(case, returned(json!(["/v1/a.png", "/v1/b.png"])));
    let lookup = &platform.received()[0].target;
    assert!(lookup.contains("/service/swift/"), "{lookup}");
    let put = put(&platform);
    let targets: Vec<_> = put.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(targets, ["/v1/a.png", "/v1/b.png"]);
    for request in &put {
        assert_eq!(request.header("x-auth-token"), "t0ken");
        assert_eq!(request.header("content-type"), "image/png");
    }
}

#[test]
fn the_store_is_asked_for_a_token_with_the_credentials() {
    let platform = platform();
    let call = replacing("conversation, credentials");
    calling(&platform, &format!("{CONVERSATION} callback(null, {call})")).run();
    let mut asked = served(&platform);
    asked.retain(|request| request.target == "/auth/v1.0");
    assert_eq!(asked.len(), 2);
    for request in asked {
        assert_eq!(request.method, "GET");
        assert_eq!(request.header("x-auth-user"), "demo-user");
        assert_eq!(request.header("x-auth-key"), "demo-password");
    }
}

/// The samples of a PNG with one row, PNG specification sections 5 and 9.
fn pixels(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let data = png
        .windows(4)
        .position(|name| name == b"IDAT")
        .expect("it has data");
    let compressed = &png[data + 4..data + 4 + number(data - 4) as usize];
    let mut samples = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(compressed);
    decoder.read_to_end(&mut samples).expect("it is compressed");
    (number(16), number(20), samples)
}

#[test]
fn a_black_pixel_takes_the_place_of_a_file() {
    let platform = platform();
    let call = replacing("conversation, credentials");
    calling(&platform, &format!("{CONVERSATION} callback(null, {call})")).run();
    // One filter byte before the one sample of the one row.
    assert_eq!(pixels(&put(&platform)[0].body), (1, 1, vec![0, 0]));
}

#[test]
fn a_lambda_may_choose_the_files_and_what_takes_their_place() {
    let platform = platform();
    let file = "{ body: Buffer.from('removed'), contentType: 'text/plain' }";
    let call = replacing(&format!(
        "conversation, credentials, (path) => path.endsWith('b.png'), {file}"
    ));
    let case = calling(&platform, &format!("{CONVERSATION} callback(null, {call})"));
    check(case, returned(json!(["/v1/b.png"])));
    let [request] = put(&platform).try_into().expect("one file");
    assert_eq!(
        (request.target.as_str(), request.text()),
        ("/v1/b.png", "removed")
    );
    assert_eq!(request.header("content-type"), "text/plain");
}

#[test]
fn a_conversation_without_files_sends_nothing() {
    let platform = platform();
    for conversation in ["{}", "{ conversationHistoryRecords: [{}] }"] {
        let call = replacing(&format!("{conversation}, {{}}"));
        let case = calling(&platform, &format!("callback(null, {call})"));
        check(case, returned(json!([])));
    }
    assert!(platform.received().is_empty());
}

#[test]
fn there_must_be_a_conversation() {
    let case = rejecting(&platform(), &replacing("null, {}"), "error.message");
    check(case, returned("Please provide conversation object."));
}

#[test]
fn credentials_that_the_store_does_not_take_are_an_error() {
    let platform = platform::start(|_| answer(401, "who are you?"));
    let case = rejecting(
        &platform,
        &format!(
            "await (async () => {{ {CONVERSATION} {} }})()",
            replacing("conversation, credentials")
        ),
        "error.message",
    );
    let expected = "Unable to replace image /v1/a.png: \
                    Unable to authorize at Swift: 401 - \"who are you?\"";
    check(case, returned(expected));
    assert!(put(&platform).is_empty());
}

#[test]
fn a_file_that_cannot_be_replaced_is_named() {
    let platform = platform::start(|received| match received.target.as_str() {
        "/v1/b.png" => answer(500, "broken"),
        _ => store(&received),
    });
    let case = rejecting(
        &platform,
        &format!(
            "await (async () => {{ {CONVERSATION} {} }})()",
            replacing("conversation, credentials")
        ),
        "error.message",
    );
    let expected = "Unable to replace image /v1/b.png: 500 - \"broken\"";
    check(case, returned(expected));
}

#[test]
fn no_path_of_a_file_leads_to_another_host() {
    let platform = platform();
    let body = "const file = { type: 'HOSTED_FILE', messageData: { file: { relativePath: '@example.com/a' } } };
                const conversation = { conversationHistoryRecords: [{ messageRecords: [file] }] };
                await Toolbelt.GDPRUtil().replaceConversationFiles(conversation, {}); callback(null, 'done')";
    check(calling(&platform, body), returned("done"));
    assert_eq!(put(&platform)[0].target, "/@example.com/a");
}
