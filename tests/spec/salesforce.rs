//! The toolbelt's Salesforce client is jsforce, over the lambda's own way out.

use serde_json::{Value, json};

use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{Case, check, outcome, returned, source};

/// A small Salesforce: records, queries in two batches, tokens.
fn salesforce(received: Received) -> Answer {
    let authorized = received.header("authorization") == "Bearer good";
    let (path, query) = received
        .target
        .split_once('?')
        .unwrap_or((&received.target, ""));
    let last = path.rsplit('/').next().unwrap_or_default();
    let (status, body) = match (received.method.as_str(), last) {
        ("POST", "token") => {
            let refreshed = received.text().contains("grant_type=refresh_token")
                && received.text().contains("refresh_token=fresh");
            let answer = json!({ "access_token": "good", "token_type": "Bearer",
                                 "id": "https://login.salesforce.com/id/00D0/0050" });
            (if refreshed { 200 } else { 400 }, answer)
        }
        _ if !authorized => (
            401,
            json!([{ "errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid" }]),
        ),
        ("GET", "query") if query.contains("nonsense") => (
            400,
            json!([{ "errorCode": "MALFORMED_QUERY", "message": "unexpected token: nonsense" }]),
        ),
        ("GET", "query") => (
            200,
            json!({ "totalSize": 3, "done": false, "nextRecordsUrl": "/services/data/v42.0/query/01g-2",
                    "records": [{ "Id": "1", "Name": "Ada" }, { "Id": "2", "Name": "Bob" }] }),
        ),
        ("GET", "01g-2") => (
            200,
            json!({ "totalSize": 3, "done": true, "records": [{ "Id": "3", "Name": "Cy" }] }),
        ),
        ("POST", "Account") => (201, json!({ "id": "new", "success": true, "errors": [] })),
        ("GET", "new") => (200, json!({ "Id": "new", "Name": "Acme" })),
        ("PATCH" | "DELETE", "new") => (204, Value::Null),
        (method, _) => panic!("{method} {}", received.target),
    };
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    with_header(answer(status, body), "content-type", "application/json")
}

fn connected(upstream: &Upstream, options: &str, body: &str) -> Case {
    source(&format!(
        "const {{ Toolbelt }} = require('lp-faas-toolbelt');
         async function lambda(input, callback) {{
           const url = input.payload;
           const connection = Toolbelt.SFClient().connectToSalesforce({{ instanceUrl: url, version: '42.0', {options} }});
           {body}
         }}"
    ))
    .payload(json!(upstream.url("")))
    .allow(&[&upstream.rule()])
}

#[test]
fn a_query_gives_its_records_by_promise_and_by_callback() {
    let upstream = Upstream::start(salesforce);
    let promise = "const found = await connection.query('SELECT Id, Name FROM Account');
                   callback(null, [found.totalSize, found.done, found.records.map((r) => r.Name)]);";
    let expected = json!([3, false, ["Ada", "Bob"]]);
    check(
        connected(&upstream, "accessToken: 'good'", promise),
        returned(expected.clone()),
    );
    let by_callback = "connection.query('SELECT Id, Name FROM Account', (error, found) => {
                         callback(error, [found.totalSize, found.done, found.records.map((r) => r.Name)]); });";
    check(
        connected(&upstream, "accessToken: 'good'", by_callback),
        returned(expected),
    );
    let request = upstream.received().remove(0);
    assert_eq!(
        request.target,
        "/services/data/v42.0/query?q=SELECT%20Id%2C%20Name%20FROM%20Account"
    );
    assert_eq!(request.header("authorization"), "Bearer good");
}

#[test]
fn the_rest_of_a_query_is_fetched_when_it_is_asked_for() {
    let upstream = Upstream::start(salesforce);
    let more = "const first = await connection.query('SELECT Name FROM Account');
                const rest = await connection.queryMore(first.nextRecordsUrl);
                callback(null, rest.records.map((r) => r.Name));";
    check(
        connected(&upstream, "accessToken: 'good'", more),
        returned(json!(["Cy"])),
    );
    let all = "const found = await connection.query('SELECT Name FROM Account').execute({ autoFetch: true, maxFetch: 10 });
               callback(null, (found.records ?? found).map((r) => r.Name));";
    check(
        connected(&upstream, "accessToken: 'good'", all),
        returned(json!(["Ada", "Bob", "Cy"])),
    );
}

#[test]
fn records_are_created_read_changed_and_deleted() {
    let upstream = Upstream::start(salesforce);
    let body = "const account = connection.sobject('Account');
                const { id } = await account.create({ Name: 'Acme' });
                const { Name } = await account.retrieve(id);
                const updated = await account.update({ Id: id, Name: 'Other' });
                const destroyed = await account.destroy(id);
                callback(null, [id, Name, updated.success, destroyed.success]);";
    check(
        connected(&upstream, "accessToken: 'good'", body),
        returned(json!(["new", "Acme", true, true])),
    );
    let sent = upstream.received();
    let lines: Vec<String> = sent
        .iter()
        .map(|request| format!("{} {}", request.method, request.target))
        .collect();
    let path = "/services/data/v42.0/sobjects/Account";
    assert_eq!(
        lines,
        [
            format!("POST {path}"),
            format!("GET {path}/new"),
            format!("PATCH {path}/new"),
            format!("DELETE {path}/new"),
        ]
    );
    assert_eq!(sent[0].text(), r#"{"Name":"Acme"}"#);
}

#[test]
fn an_error_of_salesforce_carries_its_code_and_message() {
    let upstream = Upstream::start(salesforce);
    let body = "try { await connection.query('nonsense'); } catch (error) {
                  callback(null, [error.name, error.errorCode, error.message]); }";
    check(
        connected(&upstream, "accessToken: 'good'", body),
        returned(json!([
            "MALFORMED_QUERY",
            "MALFORMED_QUERY",
            "unexpected token: nonsense"
        ])),
    );
}

#[test]
fn an_access_token_that_expired_is_refreshed() {
    let upstream = Upstream::start(salesforce);
    let options = "accessToken: 'old', refreshToken: 'fresh',
                   oauth2: { clientId: 'id', clientSecret: 'secret', redirectUri: 'https://x', loginUrl: url }";
    let body = "const found = await connection.query('SELECT Name FROM Account');
                callback(null, [found.totalSize, connection.accessToken]);";
    check(
        connected(&upstream, options, body),
        returned(json!([3, "good"])),
    );
}

#[test]
fn a_refresh_token_needs_its_client() {
    let upstream = Upstream::start(salesforce);
    let report = connected(&upstream, "accessToken: 'old', refreshToken: 'fresh'", "").run();
    let shown = format!("{:?}", outcome(&report));
    assert!(
        shown.contains(
            "Refresh token is specified without oauth2 client information or refresh function"
        ),
        "{shown}"
    );
}

#[test]
fn a_host_that_is_not_whitelisted_is_not_reached() {
    let upstream = Upstream::start(salesforce);
    let body =
        "try { await connection.query('SELECT Id FROM Account'); callback(null, 'reached'); }
                catch (error) { callback(null, error.message); }";
    let mut case = connected(&upstream, "accessToken: 'good'", body);
    case.policy.allowed_hosts = Default::default();
    let report = case.run();
    let shown = format!("{:?}", outcome(&report));
    assert!(!shown.contains("reached"), "{shown}");
    assert!(upstream.received().is_empty());
}
