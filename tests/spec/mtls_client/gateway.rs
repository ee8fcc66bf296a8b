//! `LPMtlsClient()`: the platform's gateway shows a certificate in the lambda's place.

use super::*;

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
