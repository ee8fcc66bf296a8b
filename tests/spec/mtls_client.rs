//! `Toolbelt.MTLSClient()` shows a server a certificate of the lambda, and `LPMtlsClient()` lets the
//! platform's gateway do so.

mod gateway;
mod server;
mod trust;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use sandglass_runtime::{
    AddressPolicy, AllowedHosts, ByteSize, ClientIdentity, Egress, EgressConfig, Fuel, HttpClient,
    HttpError, HttpRequest, HttpResponse, Limit,
};
use serde_json::{Value, json};

use crate::harness::platform::{self, json_answer};
use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{
    Case, block_on, check, exceeded, hosts, log_lines, ports, result_of, returned, source,
};
use server::{Authority, Certified, LAMBDA, LAMBDAS, SERVERS, Server};

/// The part of an error that lambdas look at.
const OF_ERROR: &str =
    "[error.name, error.component, error.code.replace('com.liveperson.faas.', ''), error.message]";

/// What `OF_ERROR` gives of an error of the client.
fn error(code: &str, message: &str) -> Value {
    json!(["ToolBeltError", "MTLS", code, message])
}

/// An async lambda with `url`, `cert`, `key` and `ca` of the payload in scope.
fn lambda_of(toolbelt: &str, server: &Server, body: &str) -> Case {
    let code = format!(
        "const {{ Toolbelt }} = require('{toolbelt}');
         async function lambda(input, callback) {{ const {{ url, cert, key, ca }} = input.payload; {body}\n}}"
    );
    source(&code)
        .payload(json!({
            "url": server.url("/"), "cert": LAMBDA.certificate_pem, "key": LAMBDA.key_pem(), "ca": SERVERS.pem(),
        }))
        .allow(&[&server.rule()])
}

/// A lambda with a `client` that has its certificate and trusts the server's authority.
fn calling(server: &Server, body: &str) -> Case {
    let body = format!("const client = Toolbelt.MTLSClient({{ cert, key, ca }}); {body}");
    lambda_of("lp-faas-toolbelt", server, &body)
}

/// Calls back with the result of an expression.
fn resolving(server: &Server, expression: &str) -> Case {
    calling(server, &format!("callback(null, await {expression})"))
}

/// Calls back with the part of the error that an expression ends in.
fn rejecting(server: &Server, expression: &str) -> Case {
    lambda_of("lp-faas-toolbelt", server, &caught(expression))
}

fn caught(expression: &str) -> String {
    format!(
        "try {{ callback(null, ['no error', await {expression}]); }} catch (error) {{ callback(null, {OF_ERROR}); }}"
    )
}

/// The case of a client with these parts, where the payload's are not meant.
fn using(server: &Server, cert: &str, key: &str, ca: &str) -> Case {
    let call = "Toolbelt.MTLSClient({ cert, key, ca }).get(url)";
    rejecting(server, call)
        .payload(json!({ "url": server.url("/"), "cert": cert, "key": key, "ca": ca }))
}

fn hello(_: Received) -> Answer {
    answer(200, "hello")
}

#[test]
fn a_server_that_asks_for_a_certificate_gets_the_lambdas() {
    for toolbelt in ["lp-faas-toolbelt", "core-functions-toolbelt"] {
        let server = Server::start(|_| with_header(answer(201, "made"), "x-answer", "42"));
        let body = "const client = Toolbelt.MTLSClient({ cert, key, ca });
            const { statusCode, headers, body } = await client.post(url + 'a/b?c=d', { 'X-Mine': '1' }, 'text');
            callback(null, [statusCode, headers['x-answer'], body])";
        let case = lambda_of(toolbelt, &server, body);
        check(case, returned(json!([201, "42", "made"])));
        let [arrived] = server.arrived().try_into().ok().expect("one request");
        assert!(
            arrived.certificate == LAMBDA.certificate,
            "another certificate"
        );
        let request = arrived.request;
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("POST", "/a/b?c=d")
        );
        assert_eq!((request.header("x-mine"), request.text()), ("1", "text"));
    }
}

#[test]
fn the_certificate_and_the_key_may_be_secrets() {
    let server = Server::start(hello);
    let body =
        "const read = async (key) => (await Toolbelt.SecretClient().readSecret(key)).value;
                const client = Toolbelt.MTLSClient({ cert: await read('cert'), key: await read('key'), ca });
                callback(null, (await client.get(url)).body)";
    let case = lambda_of("lp-faas-toolbelt", &server, body)
        .secret("cert", json!(LAMBDA.certificate_pem))
        .secret("key", json!(LAMBDA.key_pem()));
    check(case, returned("hello"));
}

#[test]
fn each_method_sends_what_it_is_named_after() {
    for (call, method, body) in [
        ("get(url, { a: '1' })", "GET", ""),
        ("get(url, { a: '1' }, 'body')", "GET", "body"),
        ("post(url, { a: '1' }, 'body')", "POST", "body"),
        ("put(url, { a: '1' }, 'body')", "PUT", "body"),
        ("patch(url, { a: '1' }, '')", "PATCH", ""),
        ("patch(url, { a: '1' }, 'body')", "PATCH", "body"),
        ("delete(url, { a: '1' }, null)", "DELETE", ""),
        ("delete(url, { a: '1' }, 'body')", "DELETE", "body"),
    ] {
        let server = Server::start(hello);
        let case = resolving(&server, &format!("client.{call}"));
        let result = result_of(&case);
        assert_eq!(
            (&result["statusCode"], &result["body"]),
            (&json!(200), &json!("hello"))
        );
        let request = server.only_request();
        assert_eq!(
            (request.method.as_str(), request.text()),
            (method, body),
            "{call}"
        );
        assert_eq!(request.header("a"), "1", "{call}");
    }
}

#[test]
fn head_and_options_have_no_body() {
    for method in ["head", "options"] {
        let server = Server::start(|_| with_header(answer(200, "hello"), "x-answer", "42"));
        let call = format!(
            "const result = await client.{method}(url, {{ a: '1' }}, {{ json: true }});
             callback(null, [Object.keys(result), result.statusCode, result.headers['x-answer'], result.body === undefined])"
        );
        let expected = json!([["statusCode", "headers", "body"], 200, "42", true]);
        check(calling(&server, &call), returned(expected));
        let request = server.only_request();
        assert_eq!(request.method, method.to_uppercase());
        assert_eq!((request.header("a"), request.text()), ("1", ""));
    }
}

#[test]
fn any_status_resolves_and_no_redirect_is_followed() {
    let server = Server::start(|received| match received.target.as_str() {
        "/moved" => with_header(answer(302, "there"), "location", "/"),
        _ => answer(500, "broken"),
    });
    let results =
        "Promise.all([client.get(url), client.get(url + 'moved'), client.post(url + 'moved')])";
    let body = format!(
        "const results = await {results}; callback(null, results.map(({{ statusCode, body }}) => [statusCode, body]))"
    );
    let expected = json!([[500, "broken"], [302, "there"], [302, "there"]]);
    check(calling(&server, &body), returned(expected));
    assert_eq!(server.arrived().len(), 3);
}

#[test]
fn headers_that_came_twice_are_joined() {
    let server = Server::start(|_| {
        with_header(
            with_header(answer(200, ""), "set-cookie", "a=1"),
            "set-cookie",
            "b=2",
        )
    });
    let body = "callback(null, (await client.get(url)).headers['set-cookie'])";
    check(calling(&server, body), returned("a=1, b=2"));
}

#[test]
fn json_is_sent_and_read_where_that_is_asked_for() {
    let echo = |received: Received| answer(200, received.body);
    for (arguments, expected) in [
        ("{}, { a: [1] }, { json: true }", json!({ "a": [1] })),
        ("{}, 'text', { json: true }", json!("text")),
        ("{}, '{\"a\":1}', { json: false }", json!("{\"a\":1}")),
        ("{}, '{\"a\":1}'", json!("{\"a\":1}")),
        ("undefined, null, { json: true }", json!("")),
    ] {
        let server = Server::start(echo);
        let body = format!("callback(null, (await client.post(url, {arguments})).body)");
        check(calling(&server, &body), returned(expected));
        let is_json = server.only_request().header("content-type") == "application/json";
        assert_eq!(is_json, arguments.contains("json: true"), "{arguments}");
    }
}

#[test]
fn an_answer_that_is_not_json_stays_text() {
    let server = Server::start(|_| answer(200, "{not json"));
    let body = "callback(null, (await client.get(url, {}, undefined, { json: true })).body)";
    check(calling(&server, body), returned("{not json"));
}

#[test]
fn a_body_is_what_fetch_takes() {
    for (body, content_type, text) in [
        ("'ä'", "text/plain;charset=UTF-8", "ä"),
        ("Buffer.from('bytes')", "", "bytes"),
        ("new TextEncoder().encode('bytes').buffer", "", "bytes"),
        ("new Blob(['blob'], { type: 'image/x' })", "image/x", "blob"),
        (
            "new URLSearchParams({ a: 'b c' })",
            "application/x-www-form-urlencoded;charset=UTF-8",
            "a=b+c",
        ),
        ("new Blob(['streamed']).stream()", "", "streamed"),
    ] {
        let server = Server::start(hello);
        let case = calling(
            &server,
            &format!("callback(null, (await client.post(url, {{}}, {body})).statusCode)"),
        );
        check(case, returned(200));
        let request = server.only_request();
        assert_eq!(request.header("content-type"), content_type, "{body}");
        assert_eq!(request.text(), text, "{body}");
    }
}

#[test]
fn a_form_names_its_own_type_and_the_lambda_may_name_another() {
    let server = Server::start(hello);
    let body =
        "const form = new FormData(); form.set('a', 'b'); await client.post(url, {}, form);
                await client.post(url, { 'Content-Type': 'application/x-mine' }, 'text'); callback(null, 'sent')";
    check(calling(&server, body), returned("sent"));
    let [form, text] = server.arrived().try_into().ok().expect("two requests");
    let form = form.request;
    assert!(
        form.header("content-type")
            .starts_with("multipart/form-data; boundary=")
    );
    assert!(
        form.text().contains("name=\"a\"\r\n\r\nb\r\n"),
        "{}",
        form.text()
    );
    assert_eq!(text.request.header("content-type"), "application/x-mine");
}

#[test]
fn what_cannot_be_a_body_is_refused() {
    let server = Server::start(hello);
    let types = "ArrayBuffer, Blob, File, FormData, ReadableStream, URLSearchParams";
    let neither = format!(
        "Provided body is neither text nor bytes nor one of {types}. \
         Please use the json option or stringify it before"
    );
    let circular = "Provided body could not be stringified";
    for (arguments, message) in [
        ("{ a: 1 }", neither.as_str()),
        ("5", &neither),
        ("() => 1, { json: true }", &neither),
        ("globalThis, { json: true }", circular),
    ] {
        let call = format!("Toolbelt.MTLSClient({{ cert, key, ca }}).post(url, {{}}, {arguments})");
        let expected = error("mtls.invalid-request", message);
        check(rejecting(&server, &call), returned(expected));
    }
    assert!(server.arrived().is_empty());
}

#[test]
fn a_configuration_that_is_missing_or_no_pem_is_refused_at_once() {
    let server = Server::start(hello);
    let cert = "Provided cert is not rightly shaped. Please check cert format";
    let ca = "Provided ca-cert is not rightly shaped. Please check ca-cert format";
    let key = "Provided key is not rightly shaped. Please check key format";
    for (configuration, code, message) in [
        ("", "mtls.missing-conf", "No Client TLS config was provided"),
        (
            "null",
            "mtls.missing-conf",
            "No Client TLS config was provided",
        ),
        ("{}", "mtls.invalid-cert", cert),
        ("{ cert: 'cert', key }", "mtls.invalid-cert", cert),
        (
            "{ cert: cert.replaceAll('\\n', ' '), key }",
            "mtls.invalid-cert",
            cert,
        ),
        (
            "{ cert: Buffer.from('cert'), key }",
            "mtls.invalid-cert",
            cert,
        ),
        ("{ cert: 5, key }", "mtls.invalid-cert", cert),
        ("{ cert, key, ca: 'ca' }", "mtls.invalid-cert", ca),
        ("{ cert }", "mtls.invalid-key", key),
        (
            "{ cert, key: '-----BEGIN PRIVATE KEY-----' }",
            "mtls.invalid-key",
            key,
        ),
        (
            "{ cert, key: key.replace('-----BEGIN', '') }",
            "mtls.invalid-key",
            key,
        ),
        (
            "{ cert, key: key.replace('-----END', '') }",
            "mtls.invalid-key",
            key,
        ),
    ] {
        for toolbelt in ["lp-faas-toolbelt", "core-functions-toolbelt"] {
            let call = caught(&format!("Toolbelt.MTLSClient({configuration})"));
            let case = lambda_of(toolbelt, &server, &call);
            check(case, returned(error(code, message)));
        }
    }
}

#[test]
fn a_client_may_be_made_when_the_lambda_is_built() {
    let server = Server::start(hello);
    let pem =
        json!({ "cert": LAMBDA.certificate_pem, "key": LAMBDA.key_pem(), "ca": SERVERS.pem() });
    let code = format!(
        "const client = require('lp-faas-toolbelt').Toolbelt.MTLSClient({pem});
         async function lambda(input, callback) {{ callback(null, (await client.get(input.payload)).body); }}"
    );
    let case = source(&code)
        .payload(json!(server.url("/")))
        .allow(&[&server.rule()]);
    check(case, returned("hello"));
}

#[test]
fn certificates_and_keys_may_be_buffers() {
    let server = Server::start(hello);
    let body = "const bytes = [cert, key, ca].map((pem) => Buffer.from(pem));
                const client = Toolbelt.MTLSClient({ cert: bytes[0], key: bytes[1], ca: bytes[2] });
                callback(null, (await client.get(url)).body)";
    check(
        lambda_of("lp-faas-toolbelt", &server, body),
        returned("hello"),
    );
}

#[test]
fn a_key_is_of_any_usual_kind() {
    let pkcs8 = [
        include_str!("node_crypto/rsa.pkcs8.pem"),
        include_str!("node_crypto/p256.pkcs8.pem"),
        include_str!("node_crypto/p384.pkcs8.pem"),
        include_str!("node_crypto/ed25519.pkcs8.pem"),
    ];
    let others = [
        (pkcs8[0], include_str!("node_crypto/rsa.pkcs1.pem")),
        (pkcs8[1], include_str!("node_crypto/p256.sec1.pem")),
    ];
    for (pkcs8, given) in pkcs8.map(|pem| (pem, pem)).into_iter().chain(others) {
        let key = KeyPair::from_pem(pkcs8).expect("a key");
        let certified = LAMBDAS.issue_for(key, "lambda.test");
        let server = Server::start(hello);
        let body = "callback(null, (await Toolbelt.MTLSClient({ cert, key, ca }).get(url)).body)";
        let case = lambda_of("lp-faas-toolbelt", &server, body).payload(json!({
            "url": server.url("/"), "cert": certified.certificate_pem, "key": given, "ca": SERVERS.pem(),
        }));
        check(case, returned("hello"));
        assert!(server.arrived()[0].certificate == certified.certificate);
    }
}

/// A request to a server by nobody in particular.
fn anonymous(server: &Server) -> HttpRequest {
    HttpRequest {
        method: "GET".into(),
        url: server.url("/"),
        headers: Vec::new(),
        body: Vec::new(),
        decompress: false,
        timeout: None,
        response_body_max: ByteSize::mib(1),
        identity: None,
    }
}

fn send(egress: &Egress, server: &Server, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let rule = server.rule().parse().expect("an address is a rule");
    let allowed = AllowedHosts::from_iter([rule]);
    block_on(egress.send(allowed.permit(request).expect("it is allowed")))
}

fn identity() -> ClientIdentity {
    let (cert, key) = (LAMBDA.certificate_pem.clone(), LAMBDA.key_pem());
    ClientIdentity::new(cert, key, Some(SERVERS.pem())).expect("it is not too large")
}

#[test]
fn a_server_that_asks_for_a_certificate_refuses_who_has_none() {
    let server = Server::start(hello);
    let egress = Egress::new(EgressConfig {
        addresses: AddressPolicy::AllowPrivate,
        root_certificates: SERVERS.pem().into_bytes(),
        ..EgressConfig::default()
    })
    .expect("the client builds");
    let error = send(&egress, &server, anonymous(&server)).expect_err("it shows no certificate");
    let expected = HttpError::TlsFailed("received fatal alert: CertificateRequired".into());
    assert_eq!(error, expected);
    assert!(server.arrived().is_empty());
}

#[test]
fn a_certificate_speaks_for_its_own_request_and_no_session_is_resumed() {
    let server = Server::start(hello);
    let body = "for (let i = 0; i < 3; i += 1) await client.get(url); callback(null, 'sent')";
    check(calling(&server, body), returned("sent"));
    // Whoever comes next, of the same HTTP client, has neither its certificate nor its trust.
    let error = send(hosts::egress(), &server, anonymous(&server));
    let expected = HttpError::TlsFailed("invalid peer certificate: UnknownIssuer".into());
    assert_eq!(error.expect_err("it trusts nobody"), expected);
    let request = HttpRequest {
        identity: Some(identity()),
        ..anonymous(&server)
    };
    let response = send(hosts::egress(), &server, request).expect("it is answered");
    assert_eq!(response.body, b"hello");
    let resumed: Vec<_> = server.arrived().iter().map(|a| a.is_resumed).collect();
    assert_eq!(resumed, [false; 4]);
}

#[test]
fn an_identity_does_not_print_itself() {
    let request = HttpRequest {
        identity: Some(identity()),
        ..anonymous(&Server::start(hello))
    };
    let printed = format!("{request:?} {request:#?}");
    assert!(printed.contains("identity: Some([redacted])"), "{printed}");
    assert!(!printed.contains("BEGIN"), "{printed}");
}

#[test]
fn a_certificate_needs_an_https_url() {
    let server = Server::start(hello);
    let call = "Toolbelt.MTLSClient({ cert, key, ca }).get(url.replace('https:', 'http:'))";
    let message = "Request could not be sent: a client certificate needs an https URL";
    check(
        rejecting(&server, call),
        returned(error("mtls.invalid-request", message)),
    );
    let call = "Toolbelt.MTLSClient({ cert, key, ca }).get('/path')";
    let message = "Request could not be sent: Invalid URI \"/path\"";
    check(
        rejecting(&server, call),
        returned(error("mtls.invalid-request", message)),
    );
    assert!(server.arrived().is_empty());
}

#[test]
fn the_whitelist_stands_before_the_client_and_answers_403() {
    let server = Server::start(hello);
    let rule = server.rule();
    let case = resolving(&server, "client.get(url)").allow(&[]);
    let result = result_of(&case);
    let message =
        format!("Domain is not whitelisted: {rule}. Allow it with: sandglass allow add {rule}\n");
    assert_eq!(result["statusCode"], 403);
    assert_eq!(result["body"], message);
    assert_eq!(result["headers"]["x-sandglass-error"], "host-not-allowed");
    assert!(server.arrived().is_empty());
}

#[test]
fn a_server_that_takes_too_long_is_given_up() {
    let server = Server::start_silent();
    let call = "Toolbelt.MTLSClient({ cert, key, ca }).get(url, {}, undefined, { timeout: 300 })";
    let message = "TimeoutError: The operation was aborted due to timeout";
    let report = check(
        rejecting(&server, call),
        returned(error("mtls.request-timeout", message)),
    );
    assert!(report.usage.wall.as_millis() < 10_000);
    assert_eq!(server.arrived().len(), 1);
}

#[test]
fn a_connection_that_fails_names_its_cause() {
    let address = format!("127.0.0.1:{}", ports::free());
    let body = format!(
        "try {{ await client.get('https://{address}/'); }} catch (error) {{
           callback(null, [error.code.endsWith('mtls.general-issue'), error.message, error.cause.code]); }}"
    );
    let case = calling(&Server::start(hello), &body).allow(&[&address]);
    let message = format!("fetch failed. Cause: connect ECONNREFUSED {address}");
    check(case, returned(json!([true, message, "ECONNREFUSED"])));
}

#[test]
fn headers_that_cannot_be_sent_are_refused() {
    let server = Server::start(hello);
    let call = "Toolbelt.MTLSClient({ cert, key, ca }).get(url, { 'a b': '1' })";
    let told = result_of(&rejecting(&server, call));
    assert_eq!(told[2], "mtls.general-issue");
    let message = "TypeError: Headers: \"a b\" is an invalid header name.";
    assert_eq!(told[3], message);
    let call = "callback(null, (await client.get(url, { a: undefined, b: '1' })).statusCode)";
    check(calling(&server, call), returned(200));
    let request = server.only_request();
    assert_eq!((request.header("a"), request.header("b")), ("", "1"));
}

#[test]
fn an_error_names_the_line_of_the_call() {
    let server = Server::start(hello);
    let body = "const ask = async () => {\nawait client.get('/path');\n};
                try { await ask(); } catch (error) { callback(null, error.stack); }";
    let stack = result_of(&calling(&server, body));
    let stack = stack.as_str().expect("a stack");
    assert!(stack.contains("lambda.js:3"), "{stack}");
    assert!(!stack.contains("toolbelt"), "{stack}");
}

#[test]
fn the_work_of_a_handshake_with_a_key_is_paid_for() {
    let server = Server::start(hello);
    let fuel = |kind: &str, pem: &str| {
        let certified = LAMBDAS.issue_for(KeyPair::from_pem(pem).expect("a key"), "lambda.test");
        let case = using(&server, &certified.certificate_pem, pem, &SERVERS.pem());
        let report = case.run();
        assert!(report.usage.fuel > 0, "{kind}");
        (case, report.usage.fuel)
    };
    let (_, curve) = fuel("P-256", include_str!("node_crypto/p256.pkcs8.pem"));
    let (case, rsa) = fuel("RSA", include_str!("node_crypto/rsa.pkcs8.pem"));
    // The lambda trusts an authority of its own, which costs the same for both.
    assert!(
        curve > 200_000_000 && rsa > curve + 100_000_000,
        "{curve} {rsa}"
    );
    let case = case.limits(|limits| limits.fuel = Fuel::new(rsa / 2));
    check(case, exceeded(Limit::Fuel));
}

#[test]
fn an_identity_that_waits_counts_as_a_body_does() {
    let server = Server::start(hello);
    let bytes = LAMBDA.certificate_pem.len() + LAMBDA.key_pem().len() + SERVERS.pem().len();
    let held = |limit: usize| {
        resolving(
            &server,
            "client.post(url, {}, '12').then(({ body }) => body)",
        )
        .limits(|limits| limits.http_buffered = ByteSize::bytes(limit as u64))
    };
    check(held(bytes + 2), returned("hello"));
    check(held(bytes + 1), exceeded(Limit::HttpBuffered));
    assert_eq!(server.arrived().len(), 1);
}

#[test]
fn a_key_is_in_no_error_and_no_log() {
    let server = Server::start(hello);
    let secret = "c2VjcmV0LWtleQ==";
    for pem in [
        format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n"),
        format!("-----BEGIN PRIVATE KEY----- {secret}\n-----END PRIVATE KEY-----\n"),
        format!("-----BEGIN PRIVATE KEY-----\n{secret}!\n-----END {secret}\n"),
    ] {
        let body =
            "const client = Toolbelt.MTLSClient({ cert, key, ca }); console.info('client', client);
                    try { await client.get(url); } catch (error) {
                      console.error('failed', error, error.cause, JSON.stringify(client));
                      callback(null, [error.message, error.stack, String(error.cause)]); }";
        let case = lambda_of("lp-faas-toolbelt", &server, body).payload(json!({
            "url": server.url("/"), "cert": LAMBDA.certificate_pem, "key": pem, "ca": SERVERS.pem(),
        }));
        let report = case.run();
        let shown = format!("{:?} {:?} {:?}", report.outcome, log_lines(&report), report);
        assert!(shown.contains("the private key"), "{shown}");
        assert!(!shown.contains(secret), "{shown}");
    }
}
