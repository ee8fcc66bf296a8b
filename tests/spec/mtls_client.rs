//! `Toolbelt.MTLSClient()` shows a server a certificate of the lambda, and `LPMtlsClient()` lets the
//! platform's gateway do so.

mod server;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use sandglass_runtime::{
    AddressPolicy, AllowedHosts, ByteSize, ClientIdentity, Egress, EgressConfig, Fuel, HttpClient,
    HttpError, HttpRequest, HttpResponse, Limit,
};
use serde_json::{Value, json};

use crate::harness::platform::{self, json_answer};
use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{
    Case, block_on, check, exceeded, hosts, log_lines, result_of, returned, source,
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

/// The case of a client with these parts, where the payload's are not meant.
fn using(server: &Server, cert: &str, key: &str, ca: &str) -> Case {
    let call = "Toolbelt.MTLSClient({ cert, key, ca }).get(url)";
    rejecting(server, call)
        .payload(json!({ "url": server.url("/"), "cert": cert, "key": key, "ca": ca }))
}

#[test]
fn what_is_shaped_like_a_certificate_or_a_key_and_is_none_is_refused() {
    let server = Server::start(hello);
    let (cert, key, ca) = (&LAMBDA.certificate_pem, &LAMBDA.key_pem(), &SERVERS.pem());
    let shaped =
        |kind: &str, text: &str| format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n");
    let (damaged, no_base64) = (
        shaped("CERTIFICATE", "AAAA"),
        shaped("CERTIFICATE", "secret!"),
    );
    let damaged_key = shaped("PRIVATE KEY", "AAAA");
    let encrypted = include_str!("node_crypto/rsa.encrypted.pem");
    let another = LAMBDAS.issue("lambda.test").key_pem();
    let form = "the private key holds no key in PEM that can be read: one in PKCS #8, PKCS #1 or SEC 1, \
                without a passphrase, is needed";
    let kinds = "the private key is of none of the kinds that are supported: RSA of 2048 to 4096 bits, \
                 ECDSA over P-256 or P-384, Ed25519";
    let mismatch = "the private key is not that of the first certificate of the chain";
    let unreadable = "the certificate chain holds a certificate that cannot be read";
    let no_certificate = "the certificate chain holds no certificate in PEM";
    let unreadable_ca = "the text of trusted certificates holds a certificate that cannot be read";
    let no_ca = "the text of trusted certificates holds no certificate in PEM";
    for (cert, key, ca, code, message) in [
        (key, key, ca, "invalid-cert", no_certificate),
        (&damaged, key, ca, "invalid-cert", unreadable),
        (&no_base64, key, ca, "invalid-cert", unreadable),
        (cert, key, key, "invalid-cert", no_ca),
        (cert, key, &damaged, "invalid-cert", unreadable_ca),
        (cert, cert, ca, "invalid-key", form),
        (cert, &encrypted.to_owned(), ca, "invalid-key", form),
        (cert, &damaged_key, ca, "invalid-key", kinds),
        (cert, &another, ca, "invalid-key", mismatch),
    ] {
        let expected = error(
            &format!("mtls.{code}"),
            &format!("Request could not be sent: {message}"),
        );
        check(using(&server, cert, key, ca), returned(expected));
    }
    assert!(server.arrived().is_empty());
}

#[test]
fn each_pem_may_be_as_large_as_the_limit_and_not_a_byte_larger() {
    let max = ClientIdentity::PEM_MAX.as_usize();
    let padded =
        |pem: &str, length: usize| format!("{}{pem}", "#".repeat(length - pem.len() - 1) + "\n");
    let (cert, key, ca) = (&LAMBDA.certificate_pem, &LAMBDA.key_pem(), &SERVERS.pem());
    let server = Server::start(hello);
    let case = using(
        &server,
        &padded(cert, max),
        &padded(key, max),
        &padded(ca, max),
    );
    let result = result_of(&case);
    assert_eq!(
        (&result[0], &result[1]["body"]),
        (&json!("no error"), &json!("hello"))
    );
    let past = max + 1;
    for (case, code, part) in [
        (
            using(&server, &padded(cert, past), key, ca),
            "mtls.invalid-cert",
            "certificate chain",
        ),
        (
            using(&server, cert, &padded(key, past), ca),
            "mtls.invalid-key",
            "private key",
        ),
        (
            using(&server, cert, key, &padded(ca, past)),
            "mtls.invalid-cert",
            "text of trusted certificates",
        ),
    ] {
        let message = format!("Request could not be sent: the {part} is larger than 64 KiB");
        check(case, returned(error(code, &message)));
    }
    assert_eq!(server.arrived().len(), 1);
}

#[test]
fn a_text_may_hold_sixteen_certificates_and_not_one_more() {
    let (cert, key, ca) = (&LAMBDA.certificate_pem, &LAMBDA.key_pem(), &SERVERS.pem());
    let server = Server::start(hello);
    let result = result_of(&using(&server, cert, key, &ca.repeat(16)));
    assert_eq!(result[1]["body"], "hello", "{result}");
    for (cert, ca, part) in [
        (cert, &ca.repeat(17), "text of trusted certificates"),
        (&cert.repeat(17), ca, "certificate chain"),
    ] {
        let message =
            format!("Request could not be sent: the {part} holds more than 16 certificates");
        check(
            using(&server, cert, key, ca),
            returned(error("mtls.invalid-cert", &message)),
        );
    }
}

#[test]
fn the_servers_certificate_is_always_checked() {
    let message = "fetch failed. Cause: invalid peer certificate: UnknownIssuer. Certificates are always checked: \
                   pass the server's own, or that of its authority, as ca";
    for options in [
        "",
        "{}",
        "{ allowSelfSigned: true }",
        "{ allowSelfSigned: false }",
    ] {
        let server = Server::start(hello);
        let call =
            format!("Toolbelt.MTLSClient({{ cert, key }}).get(url, {{}}, undefined, {options})");
        let case = rejecting(&server, &call);
        check(case, returned(error("mtls.general-issue", message)));
        assert!(server.arrived().is_empty());
    }
}

#[test]
fn an_authority_vouches_for_its_own_servers_alone() {
    let server = Server::start(hello);
    let other = Authority::new("others");
    let case = using(
        &server,
        &LAMBDA.certificate_pem,
        &LAMBDA.key_pem(),
        &other.pem(),
    );
    let message = "fetch failed. Cause: invalid peer certificate: UnknownIssuer";
    check(case, returned(error("mtls.general-issue", message)));
    let both = format!("{}{}", other.pem(), SERVERS.pem());
    let case = using(&server, &LAMBDA.certificate_pem, &LAMBDA.key_pem(), &both);
    assert_eq!(result_of(&case)[1]["body"], "hello");
}

#[test]
fn an_authority_vouches_for_the_name_that_was_asked_for() {
    let server = Server::start_as(&SERVERS.issue("another.test"), hello);
    let case = rejecting(&server, "Toolbelt.MTLSClient({ cert, key, ca }).get(url)");
    let told = result_of(&case)[3].as_str().expect("a message").to_owned();
    let expected = "fetch failed. Cause: invalid peer certificate: certificate not valid for name \"127.0.0.1\"";
    assert!(told.starts_with(expected), "{told}");
    assert!(server.arrived().is_empty());
}

fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Certified {
    let mut params = CertificateParams::new(["another.test".to_owned()]).expect("a valid name");
    change(&mut params);
    Certified::by_itself(&params)
}

#[test]
fn a_server_that_signed_for_itself_is_believed_by_its_own_certificate() {
    for own in [
        self_signed(|_| ()),
        // As `openssl req -x509` makes them.
        self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        SERVERS.issue("another.test"),
    ] {
        let server = Server::start_as(&own, hello);
        let (cert, key) = (&LAMBDA.certificate_pem, &LAMBDA.key_pem());
        let case = using(&server, cert, key, &own.certificate_pem);
        assert_eq!(result_of(&case)[1]["body"], "hello");
        let case = using(&server, cert, key, &self_signed(|_| ()).certificate_pem);
        assert_eq!(result_of(&case)[2], "mtls.general-issue");
        assert_eq!(server.arrived().len(), 1);
    }
}

#[test]
fn a_certificate_whose_time_is_over_or_to_come_is_not_believed() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        for (from, to, why) in [
            (2020, 2021, "certificate expired"),
            (2100, 2101, "certificate not valid yet"),
        ] {
            let own = self_signed(|params| {
                params.is_ca = is_ca;
                params.not_before = date_time_ymd(from, 1, 1);
                params.not_after = date_time_ymd(to, 1, 1);
            });
            let server = Server::start_as(&own, hello);
            let case = using(
                &server,
                &LAMBDA.certificate_pem,
                &LAMBDA.key_pem(),
                &own.certificate_pem,
            );
            let told = result_of(&case)[3].as_str().expect("a message").to_owned();
            assert!(told.contains(why), "{told}");
            assert!(server.arrived().is_empty());
        }
    }
}

#[test]
fn a_server_that_does_not_know_the_lambdas_authority_refuses_it() {
    let server = Server::start(hello);
    let stranger = Authority::new("strangers").issue("lambda.test");
    let case = using(
        &server,
        &stranger.certificate_pem,
        &stranger.key_pem(),
        &SERVERS.pem(),
    );
    let message = "fetch failed. Cause: received fatal alert: UnknownCA";
    check(case, returned(error("mtls.general-issue", message)));
    assert!(server.arrived().is_empty());
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
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let address = nobody.local_addr().expect("it is bound").to_string();
    drop(nobody);
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

/// A platform whose gateway answers like this.
fn gateway(answering: impl Fn(Received) -> Answer + Send + Sync + 'static) -> Upstream {
    platform::start(
        move |received| match received.target.starts_with("/sentinel/") {
            true => json_answer(json!({ "access_token": "t0ken", "token_type": "Bearer" })),
            false => answering(received),
        },
    )
}

/// A lambda of the account with a `client` of the gateway.
fn through(gateway: &Upstream, body: &str) -> Case {
    let code = format!(
        "const {{ Toolbelt }} = require('core-functions-toolbelt');
         async function lambda(input, callback) {{ const client = Toolbelt.LPMtlsClient(); {body}\n}}"
    );
    let key = json!({ "client_id": "demo-client", "client_secret": "demo secret" });
    platform::on(gateway, source(&code)).secret("LIVEPERSON_DEFAULT_APP_KEY", key)
}

/// The request that reached the gateway.
#[track_caller]
fn forwarded(gateway: &Upstream) -> Received {
    let mut served = platform::served(gateway);
    served.retain(|request| !request.target.starts_with("/sentinel/"));
    assert_eq!(served.len(), 1, "{served:#?}");
    served.remove(0)
}

#[test]
fn the_gateway_is_told_where_to_send_a_request() {
    let gateway = gateway(|_| with_header(answer(201, r#"{"made":1}"#), "x-answer", "42"));
    let body = "const headers = { 'X-Mine': '1', AUTHORIZATION: 'Basic own' };
        const { statusCode, headers: answered, body } = await client.post('https://bank.example/a?b=c', headers, 'text');
        callback(null, [statusCode, answered['x-answer'], body, headers])";
    let kept = json!({ "X-Mine": "1", "AUTHORIZATION": "Basic own" });
    check(
        through(&gateway, body),
        returned(json!([201, "42", "{\"made\":1}", kept])),
    );
    let lookups: Vec<_> = gateway.received();
    assert!(
        lookups
            .iter()
            .any(|request| request.target.contains("/service/mtlsGateway/"))
    );
    let request = forwarded(&gateway);
    assert_eq!(
        (
            request.method.as_str(),
            request.target.as_str(),
            request.text()
        ),
        ("POST", "/mtls/account/10000001", "text")
    );
    for (name, value) in [
        ("lp-forward-url", "https://bank.example/a?b=c"),
        ("lp-service-name", "FAAS"),
        ("lp-stop-if-certificate-not-found", "true"),
        ("lp-authorization-override", "Basic own"),
        ("authorization", "Bearer t0ken"),
        ("x-mine", "1"),
    ] {
        assert_eq!(request.header(name), value, "{name}");
    }
}

#[test]
fn the_gateway_is_asked_with_get_and_json_is_read() {
    let gateway = gateway(|_| json_answer(json!({ "a": 1 })));
    let body = "callback(null, (await client.get('https://bank.example/', undefined, undefined, { json: true })).body)";
    check(through(&gateway, body), returned(json!({ "a": 1 })));
    let request = forwarded(&gateway);
    assert_eq!(
        (request.method.as_str(), request.header("content-type")),
        ("GET", "application/json")
    );
    assert_eq!(request.header("lp-authorization-override"), "");
}

#[test]
fn json_goes_through_the_gateway() {
    let gateway = gateway(|received| answer(200, received.body));
    let body = "callback(null, (await client.post('https://bank.example/', {}, { a: [1] }, { json: true })).body)";
    check(through(&gateway, body), returned(json!({ "a": [1] })));
}

#[test]
fn the_status_of_the_server_behind_the_gateway_resolves() {
    for status in [302, 403, 404, 500] {
        let gateway = gateway(move |_| with_header(answer(status, "no"), "location", "/elsewhere"));
        let body = "const { statusCode, body } = await client.post('https://bank.example/'); callback(null, [statusCode, body])";
        check(through(&gateway, body), returned(json!([status, "no"])));
        forwarded(&gateway);
    }
}

#[test]
fn what_keeps_the_gateway_from_the_server_is_the_error() {
    let case = |gateway: &Upstream, options: &str| {
        let call = format!("client.post('https://bank.example/', {{}}, 'text', {options})");
        let body = format!(
            "try {{ callback(null, ['no error', await {call}]); }}
             catch (error) {{ callback(null, [...{OF_ERROR}, error.originalBody ?? null]); }}"
        );
        through(gateway, &body)
    };
    let expected = |code: &str, message: &str, body: Value| {
        json!([
            "ToolBeltError",
            "LP-MTLS",
            format!("mtls.{code}"),
            message,
            body
        ])
    };
    let remote = gateway(|_| {
        with_header(
            answer(502, "upstream"),
            "lp-message-from-transport",
            "no route",
        )
    });
    check(
        case(&remote, "{}"),
        returned(expected("remote-threw", "no route", json!("upstream"))),
    );
    let stranger = gateway(|_| with_header(answer(401, ""), "www-authenticate", "Bearer"));
    let message = "Authentication to LP MTLS failed due to Bearer";
    check(
        case(&stranger, "{}"),
        returned(expected("invalid-request", message, Value::Null)),
    );
    forwarded(&stranger);
    let unknown = gateway(|_| answer(400, ""));
    let message = "It seems like there was no MTLS Configuration setup for the given forward URL. \
                   Please configure MTLS Mapping.";
    check(
        case(&unknown, "{}"),
        returned(expected("missing-conf", message, Value::Null)),
    );
    let silent = Upstream::start_async(|received| async move {
        match received.target.as_str() {
            target if target.starts_with("/api/") => {
                let base = format!("http://{}", received.header("host"));
                Some(json_answer(json!({ "baseURI": base })))
            }
            target if target.starts_with("/sentinel/") => Some(json_answer(
                json!({ "access_token": "t0ken", "token_type": "Bearer" }),
            )),
            _ => std::future::pending().await,
        }
    });
    let message = "TimeoutError: The operation was aborted due to timeout";
    check(
        case(&silent, "{ timeout: 100 }"),
        returned(expected("request-timeout", message, Value::Null)),
    );
}

#[test]
fn the_key_of_the_gateway_must_be_usable() {
    for (secret, code, message) in [
        (
            json!({ "client_id": 1 }),
            "lp-mtls.credentials-wrong-format",
            "Credentials have Invalid Format",
        ),
        (
            json!("no JSON"),
            "lp-mtls.get-credentials-failure",
            "Could not fetch App Key credentials from secret storage: ",
        ),
    ] {
        let gateway = gateway(|_| answer(200, ""));
        let case = through(&gateway, &caught("client.get('https://bank.example/')"));
        let told = result_of(&case.secret("LIVEPERSON_DEFAULT_APP_KEY", secret));
        assert_eq!((&told[1], &told[2]), (&json!("LP-MTLS"), &json!(code)));
        assert!(
            told[3]
                .as_str()
                .is_some_and(|told| told.starts_with(message)),
            "{told}"
        );
        assert!(platform::served(&gateway).is_empty());
    }
}

#[test]
fn the_gateway_is_the_second_generations_alone() {
    let server = Server::start(hello);
    let body = "callback(null, [typeof Toolbelt.LPMtlsClient, typeof Toolbelt.MTLSClient])";
    for (toolbelt, kind) in [
        ("lp-faas-toolbelt", "undefined"),
        ("core-functions-toolbelt", "function"),
    ] {
        check(
            lambda_of(toolbelt, &server, body),
            returned(json!([kind, "function"])),
        );
    }
}
