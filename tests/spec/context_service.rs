//! `Toolbelt.ContextServiceClient()` speaks the REST interface of the Context Session Store.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::upstream::{Answer, Received, Upstream, answer};
use crate::harness::{Case, async_lambda, check, failed, result_of, returned};

/// An async lambda with a client in scope, for a service on loopback.
fn calling(service: &Upstream, body: &str) -> Case {
    let client = "const client = Toolbelt.ContextServiceClient({ accountId: '10000001', apiKey: 'demo-key' });";
    async_lambda(&format!("{client} {body}"))
        .env("SANDGLASS_CONTEXT_SERVICE_URL", &service.url("/"))
        .allow(&[&service.rule()])
}

/// Calls back with what an expression resolves to.
fn resolving(service: &Upstream, expression: &str) -> Case {
    calling(service, &format!("callback(null, await {expression})"))
}

/// Calls back with the code and the message of an expression's rejection.
fn rejecting(service: &Upstream, expression: &str) -> Case {
    let body = format!(
        "try {{ callback(null, ['no error', await {expression}]); }} \
         catch (error) {{ callback(null, [error.name, error.code, error.message]); }}"
    );
    calling(service, &body)
}

fn sdk_error(code: &str, message: &str) -> Value {
    let code = format!("com.liveperson.context-service-sdk.{code}");
    json!(["SDKError", code, message])
}

/// A service that has two namespaces and one session with two properties.
fn service() -> Upstream {
    Upstream::start(|received| serve(&received))
}

fn serve(received: &Received) -> Answer {
    let line = format!("{} {}", received.method, received.target);
    match line.strip_prefix("GET /v1/account/10000001") {
        None => answer(204, ""),
        Some("") => answer(
            200,
            r#"[{"name":"orders","createdAt":"2026-01-02T03:04:05.000Z","ttlSecond":60,"internal":1},
                {"name":"notes","createdAt":"2026-01-02T03:04:06.000Z"}]"#,
        ),
        Some("/notes/__default__/properties") => answer(200, r#"{"vip":true,"note":"a note"}"#),
        Some("/notes/visitor-1/properties") => answer(200, r#"{"vip":false}"#),
        Some("/notes/__default__/properties/vip") => answer(200, "true"),
        Some("/notes/__default__/properties/note") => answer(200, "a note"),
        Some("/notes/session-ids") => answer(200, r#"["__default__","visitor-1"]"#),
        Some(_) => answer(404, r#"{"message":"not here"}"#),
    }
}

/// The requests as `METHOD target body` lines.
fn lines(service: &Upstream) -> Vec<String> {
    let line = |received: Received| {
        format!(
            "{} {} {}",
            received.method,
            received.target,
            received.text()
        )
    };
    service.received().into_iter().map(line).collect()
}

#[test]
fn a_request_carries_the_key_and_says_that_it_speaks_json() {
    let service = service();
    resolving(
        &service,
        "client.setPropertiesInNamespace('notes', { vip: true })",
    )
    .run();
    let [patch, get] = service.received().try_into().expect("two requests");
    for request in [&patch, &get] {
        assert_eq!(request.header("maven-api-key"), "demo-key");
        assert_eq!(request.header("accept"), "application/json");
    }
    assert_eq!(patch.header("content-type"), "application/json");
}

#[test]
fn a_namespace_is_created_and_looked_up() {
    let service = service();
    check(
        resolving(&service, "client.createNamespace('notes')"),
        returned(json!({ "name": "notes", "createdAt": "2026-01-02T03:04:06.000Z" })),
    );
    let expected = [
        r#"POST /v1/account/10000001 {"name":"notes"}"#,
        "GET /v1/account/10000001 ",
    ];
    assert_eq!(lines(&service), expected);
}

#[test]
fn a_namespace_may_have_a_time_to_live() {
    let service = service();
    let expected =
        json!({ "name": "orders", "createdAt": "2026-01-02T03:04:05.000Z", "ttlSecond": 60 });
    check(
        resolving(&service, "client.createNamespace('orders', { ttl: 60 })"),
        returned(expected),
    );
    let posted = &lines(&service)[0];
    assert_eq!(
        posted,
        r#"POST /v1/account/10000001?ttlSecond=60 {"name":"orders"}"#
    );
}

#[test]
fn a_namespace_that_cannot_be_created_is_refused_without_a_request() {
    let service = service();
    for (call, message) in [
        (
            "client.createNamespace('')",
            "Namespace can not be null, undefined or empty string",
        ),
        (
            "client.createNamespace(null)",
            "Namespace can not be null, undefined or empty string",
        ),
        (
            "client.createNamespace()",
            "Namespace can not be null, undefined or empty string",
        ),
        (
            "client.createNamespace('faas')",
            "Can not create a built-in namespace",
        ),
        (
            "client.createNamespace('consumer')",
            "Can not create a built-in namespace",
        ),
        (
            "client.createNamespace('custom')",
            "Can not create a built-in namespace",
        ),
        (
            "client.createNamespace('operational')",
            "Can not create a built-in namespace",
        ),
        (
            "client.createNamespace('conversation')",
            "Can not create a built-in namespace",
        ),
        (
            "client.createNamespace('notes', { ttl: 0 })",
            "TTL needs to be a positive integer above 0",
        ),
        (
            "client.createNamespace('notes', { ttl: -1 })",
            "TTL needs to be a positive integer above 0",
        ),
        (
            "client.createNamespace('notes', { ttl: 1.5 })",
            "TTL needs to be a positive integer above 0",
        ),
        (
            "client.deleteNamespace('faas')",
            "Can not delete a built-in namespace",
        ),
    ] {
        let expected = sdk_error("parameter.invalid", message);
        check(rejecting(&service, call), returned(expected));
    }
    assert!(service.received().is_empty());
}

#[test]
fn a_namespace_is_deleted() {
    let service = service();
    let case = calling(
        &service,
        "callback(null, [await client.deleteNamespace('notes'), await client.deleteNamespace('')])",
    );
    check(case, returned(json!([null, null])));
    assert_eq!(lines(&service), ["DELETE /v1/account/10000001/notes "]);
}

#[test]
fn namespaces_are_listed_with_the_dates_of_their_creation() {
    let service = service();
    let case = calling(
        &service,
        "const list = await client.getListOfNamespaces();
         callback(null, [list, list.every(({ createdAt }) => createdAt instanceof Date)])",
    );
    let expected = json!([
        [
            { "name": "orders", "createdAt": "2026-01-02T03:04:05.000Z", "ttlSecond": 60 },
            { "name": "notes", "createdAt": "2026-01-02T03:04:06.000Z" },
        ],
        true,
    ]);
    check(case, returned(expected));
}

#[test]
fn properties_are_set_and_updated_in_the_default_session_or_another() {
    let service = service();
    let case = calling(
        &service,
        "const first = await client.setPropertiesInNamespace('notes', { vip: true });
         const second = await client.updatePropertiesInNamespace('notes', { vip: false }, 'visitor-1');
         callback(null, [first, second])",
    );
    let expected = json!([{ "vip": true, "note": "a note" }, { "vip": false }]);
    check(case, returned(expected));
    let expected = [
        r#"PATCH /v1/account/10000001/notes/__default__/properties {"vip":true}"#,
        "GET /v1/account/10000001/notes/__default__/properties ",
        r#"PATCH /v1/account/10000001/notes/visitor-1/properties {"vip":false}"#,
        "GET /v1/account/10000001/notes/visitor-1/properties ",
    ];
    assert_eq!(lines(&service), expected);
}

#[test]
fn all_properties_of_a_session_are_read() {
    let service = service();
    let case = calling(
        &service,
        "callback(null, [await client.getAllPropertiesInSession('notes'),
                         await client.getAllPropertiesInSession('notes', 'visitor-1')])",
    );
    let expected = json!([{ "vip": true, "note": "a note" }, { "vip": false }]);
    check(case, returned(expected));
}

#[test]
fn selected_properties_are_read_one_by_one_and_missing_ones_left_out() {
    let service = service();
    check(
        resolving(
            &service,
            "client.getSelectedPropertiesInSession('notes', ['vip', 'missing', 'note'])",
        ),
        returned(json!({ "vip": true, "note": "a note" })),
    );
    let expected = ["vip", "missing", "note"]
        .map(|name| format!("GET /v1/account/10000001/notes/__default__/properties/{name} "));
    assert_eq!(lines(&service), expected);
}

#[test]
fn selected_properties_fail_when_one_fails_otherwise() {
    let service = Upstream::start(|_| answer(403, ""));
    check(
        rejecting(
            &service,
            "client.getSelectedPropertiesInSession('notes', ['vip', 'note'])",
        ),
        returned(sdk_error(
            "authorization.invalid",
            "Provided API Key is either invalid or lacks permission",
        )),
    );
    assert_eq!(service.received().len(), 1);
}

#[test]
fn a_property_is_json_or_text() {
    let service = service();
    let case = calling(
        &service,
        "callback(null, [await client.getPropertyInSession('notes', 'vip'),
                         await client.getPropertyInSession('notes', 'note')])",
    );
    check(case, returned(json!([true, "a note"])));
}

#[test]
fn properties_and_sessions_are_deleted() {
    let service = service();
    let case = calling(
        &service,
        "callback(null, [await client.deletePropertyInSession('notes', 'vip'),
                         await client.deletePropertyInSession('notes', 'vip', 'visitor-1'),
                         await client.deleteSession('notes', 'visitor-1')])",
    );
    check(case, returned(json!([null, null, null])));
    let expected = [
        "DELETE /v1/account/10000001/notes/__default__/properties/vip ",
        "DELETE /v1/account/10000001/notes/visitor-1/properties/vip ",
        "DELETE /v1/account/10000001/notes/visitor-1/properties/ ",
    ];
    assert_eq!(lines(&service), expected);
}

#[test]
fn sessions_are_listed() {
    check(
        resolving(&service(), "client.getListOfSessions('notes')"),
        returned(json!(["__default__", "visitor-1"])),
    );
}

#[test]
fn a_name_is_one_segment_of_the_path() {
    let service = service();
    rejecting(&service, "client.getPropertyInSession('a/b', 'c?d', 'e f')").run();
    let expected = ["GET /v1/account/10000001/a%2Fb/e%20f/properties/c%3Fd "];
    assert_eq!(lines(&service), expected);
}

#[test]
fn each_status_has_its_error_and_is_not_sent_again() {
    for (status, body, code, message) in [
        (
            403,
            "",
            "authorization.invalid",
            "Provided API Key is either invalid or lacks permission",
        ),
        (
            404,
            "",
            "data.does-not-exist",
            "Requested Ressource does not exist",
        ),
        (
            500,
            "",
            "internal-server-error",
            "Internal Server Error occured during processing request",
        ),
        (
            503,
            "",
            "internal-server-error",
            "Internal Server Error occured during processing request",
        ),
        (
            400,
            r#"{"message":"no such thing"}"#,
            "unkown",
            "Unkown Error no such thing occured",
        ),
        (
            401,
            "who are you?",
            "unkown",
            "Unkown Error Unauthorized occured",
        ),
        (302, "", "unkown", "Unkown Error Found occured"),
    ] {
        let service = Upstream::start(move |_| answer(status, body));
        check(
            rejecting(&service, "client.getListOfNamespaces()"),
            returned(sdk_error(code, message)),
        );
        service.only_request();
    }
}

#[test]
fn an_error_that_is_not_caught_names_the_call() {
    let service = service();
    let case = calling(&service, "\nawait client.getListOfSessions('elsewhere');");
    let report = check(case, failed("Requested Ressource does not exist"));
    let sandglass_runtime::Outcome::Threw(failure) = report.outcome else {
        panic!("it threw");
    };
    assert!(failure.stack.contains("lambda.js:2"), "{}", failure.stack);
    assert!(!failure.stack.contains("sandglass:"), "{}", failure.stack);
}

#[test]
fn a_request_is_sent_again_after_a_pause_when_the_network_fails() {
    let attempts = AtomicUsize::new(0);
    let service = Upstream::start_async(move |_| {
        let attempt = attempts.fetch_add(1, Ordering::Relaxed);
        async move { (attempt == 1).then(|| answer(200, "[]")) }
    });
    let started = Instant::now();
    check(
        resolving(&service, "client.getListOfNamespaces()"),
        returned(json!([])),
    );
    assert!(started.elapsed() >= Duration::from_secs(2));
    assert_eq!(service.received().len(), 2);
}

#[test]
fn the_third_failure_of_the_network_is_the_outcome() {
    let service = Upstream::start_async(|_| async { None });
    let started = Instant::now();
    check(
        rejecting(&service, "client.getListOfNamespaces()"),
        returned(json!(["SDKError", "ECONNRESET", "socket hang up"])),
    );
    assert!(started.elapsed() >= Duration::from_secs(6));
    assert_eq!(service.received().len(), 3);
}

#[test]
fn a_request_that_takes_more_than_ten_seconds_is_given_up() {
    let service = Upstream::start_async(|_| std::future::pending());
    let expected = sdk_error("response-timeout", "Request exceeded Deadline of 10000ms");
    check(
        rejecting(&service, "client.getListOfNamespaces()"),
        returned(expected),
    );
    service.only_request();
}

#[test]
fn a_configuration_that_lacks_something_is_refused() {
    for (config, message) in [
        ("", "No valid configuration was provided"),
        ("null", "No valid configuration was provided"),
        ("{ accountId: '1' }", "No valid API-key was provided"),
        (
            "{ apiKey: '', accountId: '1' }",
            "No valid API-key was provided",
        ),
        ("{ apiKey: 'key' }", "No valid accountId was provided"),
    ] {
        let code = format!("Toolbelt.ContextServiceClient({config})");
        check(async_lambda(&code), failed(message));
    }
}

#[test]
fn the_service_is_in_the_platforms_first_zone_unless_it_is_said_otherwise() {
    let code = "const client = Toolbelt.ContextServiceClient({ accountId: '1', apiKey: 'key' });
                try { await client.getListOfNamespaces(); } catch (error) { callback(null, error.message); }";
    let refused = |host: &str| {
        returned(format!(
            "Domain is not whitelisted: {host}. Allow it with: sandglass allow add {host}"
        ))
    };
    check(async_lambda(code), refused("z1.context.liveperson.net"));
    let case = async_lambda(code).env("CONTEXT_SERVICE_ENVIRONMENT", "z2");
    check(case, refused("z2.context.liveperson.net"));
    let case = async_lambda(code).env("CONTEXT_SERVICE_ENVIRONMENT", "qa");
    check(
        case,
        failed("CONTEXT_SERVICE_ENVIRONMENT is \"qa\" and must be one of z1, z2, z3"),
    );
}

#[test]
fn two_clients_keep_their_accounts_and_keys_apart() {
    let service = service();
    let case = calling(
        &service,
        "const other = Toolbelt.ContextServiceClient({ accountId: 'other', apiKey: 'other-key' });
         await Promise.all([client, other].map((each) => each.deleteNamespace('notes')));
         callback(null, 'done')",
    );
    assert_eq!(result_of(&case), "done");
    let mut sent: Vec<_> = service
        .received()
        .into_iter()
        .map(|request| format!("{} {}", request.target, request.header("maven-api-key")))
        .collect();
    sent.sort();
    let expected = [
        "/v1/account/10000001/notes demo-key",
        "/v1/account/other/notes other-key",
    ];
    assert_eq!(sent, expected);
}
