//! `core-functions-toolbelt` is the toolbelt under the names of the platform's second generation, with
//! its OAuth 2, its errors and `fetch`.

mod services;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sandglass_runtime::{
    BoxFuture, InvocationContext, Runtime, Secret, SecretName, SecretStore, SecretStoreError,
};
use serde_json::{Value, json};

use crate::harness::platform::{self, json_answer, served};
use crate::harness::upstream::{Answer, Received, Upstream, answer};
use crate::harness::{Case, Expected, block_on, builder, check, outcome, returned, source};

/// The part of an error that lambdas look at.
const OF_ERROR: &str =
    "[error.name, error.component, error.code.replace('com.liveperson.faas.', ''), error.message]";

/// An async lambda with the toolbelt's exports in scope.
fn lambda_of(body: &str) -> Case {
    source(&format!(
        "const toolbelt = require('core-functions-toolbelt'); const {{ Toolbelt, LpServices }} = toolbelt;
         async function lambda(input, callback) {{ {body}\n}}"
    ))
}

/// The same in the account of a platform, with the key of its services.
fn calling(platform: &Upstream, body: &str) -> Case {
    let key = json!({ "client_id": "demo-client", "client_secret": "demo secret" });
    platform::on(platform, lambda_of(body)).secret("LIVEPERSON_DEFAULT_APP_KEY", key)
}

/// Calls back with the part of the error that a statement ends in.
fn rejecting(platform: &Upstream, statement: &str) -> Case {
    let body = format!(
        "try {{ callback(null, ['no error', {statement}]); }} catch (error) {{ callback(null, {OF_ERROR}); }}"
    );
    calling(platform, &body)
}

/// What `OF_ERROR` gives.
fn error(component: &str, code: &str, message: &str) -> Value {
    json!(["ToolBeltError", component, code, message])
}

/// A platform whose authorization server gives out `t0ken-1`, `t0ken-2` and so on.
fn platform(service: impl Fn(Received) -> Answer + Send + Sync + 'static) -> Upstream {
    let tokens = AtomicUsize::new(0);
    platform::start(move |received| {
        if !is_token_request(&received) {
            return service(received);
        }
        let number = tokens.fetch_add(1, Ordering::Relaxed) + 1;
        let token = format!("t0ken-{number}");
        json_answer(json!({ "access_token": token, "token_type": "Bearer", "expires_in": "3600" }))
    })
}

fn is_token_request(received: &Received) -> bool {
    received.target == "/sentinel/api/v2/account/10000001/app/token?v=2.0"
}

/// The requests that reached services other than the authorization server.
fn calls(platform: &Upstream) -> Vec<Received> {
    let mut served = served(platform);
    served.retain(|request| !is_token_request(request));
    served
}

#[test]
fn the_toolbelt_is_required_and_imported() {
    let code = "const imported = await import('core-functions-toolbelt'); const names = Object.keys(toolbelt);
                callback(null, [names.length, names.every(name => imported[name] === toolbelt[name])])";
    check(lambda_of(code), returned(json!([7, true])));
}

#[test]
fn a_module_imports_the_toolbelt_by_its_names() {
    let code = "import { Toolbelt, LpServices } from 'core-functions-toolbelt';
                export default async function lambda(input) { return [typeof Toolbelt.LpClient(), LpServices.SMT]; }";
    check(source(code), returned(json!(["function", "smt"])));
}

#[test]
fn the_codes_of_errors_are_the_platforms() {
    let expected = json!({
        "Platform": { "Secret": { "NoToken": "handler.no-sa-token" } },
        "Secret": {
            "Invalid": "secret.invalid-format", "Failure": "secret.op-failed",
            "Timeout": "secret.op-timed-out", "NotFound": "secret.not-found",
            "AuthFailure": "secret.auth-failed", "SystemSecret": "secret.forbidden",
        },
        "Csds": { "NotFound": "csds.domain.not-found", "Failure": "csds.op-failed" },
        "Mtls": {
            "General": "mtls.general-issue", "Remote": "mtls.remote-threw",
            "Missing": "mtls.missing-conf",
            "Invalid": { "Key": "mtls.invalid-key", "Cert": "mtls.invalid-cert" },
            "BadRequest": "mtls.invalid-request",
            "Creds": {
                "Format": "lp-mtls.credentials-wrong-format",
                "Failure": "lp-mtls.get-credentials-failure",
            },
            "Timeout": "mtls.request-timeout",
        },
        "OAuth2": {
            "General": "oauth2.general-issue", "UnexpectedResponse": "oauth2.unexpected-response",
        },
        "LpClient": { "Creds": {
            "Format": "lp-client.credentials-wrong-format",
            "Failure": "lp-client.get-credentials-failure",
        } },
        "ConversationUtil": {
            "General": "conversation-util-general",
            "NotFound": "conversation-util.conversation.not-found",
            "UnexpectedResponse": "conversation-util.unexpected-response",
            "Timeout": "conversation-util.timeout",
        },
        "GDPRUtil": {
            "General": "gdpr-util-general", "AuthFailure": "gdpr-util.auth-failed",
            "ReplaceFileFailed": "gdpr-util.replace-file-failed",
        },
        "SDEsUtil": {
            "General": "sdes-util-general", "UnexpectedResponse": "sdes-util.unexpected-response",
        },
        "OrchestratorFN": {
            "General": "orchestrator-fn-general", "Timeout": "orchestrator-fn.invoke.timeout",
            "Invocation": { "StatusError": "orchestrator-fn.invoke.status-code-error" },
            "Creds": {
                "Format": "orchestrator-fn.credentials-wrong-format",
                "Failure": "orchestrator-fn.get-credentials-failure",
            },
        },
    });
    let shorten = "JSON.parse(JSON.stringify(codes).replaceAll('com.liveperson.faas.', ''))";
    for toolbelt in ["lp-faas-toolbelt", "core-functions-toolbelt"] {
        let codes = format!("const codes = require('{toolbelt}').ErrorCodes;");
        let case = lambda_of(&format!("{codes} callback(null, {shorten})"));
        check(case, returned(expected.clone()));
    }
}

#[test]
fn the_strategies_of_errors_are_the_platforms() {
    let expected =
        json!({ "EXIT_ON_ERROR": "ExitOnError", "CONTINUE_ON_ERROR": "ContinueOnError" });
    for toolbelt in ["lp-faas-toolbelt", "core-functions-toolbelt"] {
        let case = lambda_of(&format!(
            "callback(null, require('{toolbelt}').ErrorStrategy)"
        ));
        check(case, returned(expected.clone()));
    }
}

#[test]
fn secrets_are_kept_for_the_invocation_unless_the_lambda_wants_them_fresh() {
    let case = lambda_of(
        "const first = Toolbelt.SecretClient(); const second = Toolbelt.SecretClient({ cache: { ttl: 60000 } });
         const before = await first.readSecret('key');
         await require('lp-faas-toolbelt').Toolbelt.SecretClient().updateSecret({ key: 'key', value: 'new' });
         callback(null, [before, await second.readSecret('key'), await first.readSecret('key', { useCache: false }),
                         await second.readSecret('key')])",
    )
    .secret("key", json!("old"));
    let old = json!({ "key": "key", "value": "old" });
    let new = json!({ "key": "key", "value": "new" });
    check(case, returned(json!([old, old, new, new])));
}

#[test]
fn what_is_kept_of_a_secret_ends_with_the_invocation() {
    let case = lambda_of(
        "const { value } = await Toolbelt.SecretClient().readSecret('key');
         await require('lp-faas-toolbelt').Toolbelt.SecretClient().updateSecret({ key: 'key', value: value + 1 });
         callback(null, value)",
    )
    .secret("key", json!(1));
    let lambda = case.load();
    for expected in [1, 2, 3] {
        let report = block_on(lambda.invoke(case.invocation())).expect("the host does not fail");
        assert_eq!(outcome(&report), returned(expected));
    }
}

#[test]
fn an_updated_secret_is_what_is_kept() {
    let case = lambda_of(
        "const client = Toolbelt.SecretClient(); await client.readSecret('key');
         const updated = await client.updateSecret({ key: 'key', value: { a: [1] } });
         callback(null, [updated, await client.readSecret('key')])",
    )
    .secret("key", json!("old"));
    let new = json!({ "key": "key", "value": { "a": [1] } });
    check(case, returned(json!([new, new])));
}

#[test]
fn a_secret_that_has_been_kept_too_long_is_read_again() {
    let case = lambda_of(
        "const client = Toolbelt.SecretClient({ cache: { ttl: 1 } }); await client.readSecret('key');
         await require('lp-faas-toolbelt').Toolbelt.SecretClient().updateSecret({ key: 'key', value: 'new' });
         await new Promise((resolve) => setTimeout(resolve, 20));
         callback(null, (await client.readSecret('key')).value)",
    )
    .secret("key", json!("old"));
    check(case, returned("new"));
}

#[test]
fn a_secret_is_kept_for_five_minutes_unless_told_otherwise() {
    for (passed_ms, expected) in [(299_000, "old"), (301_000, "new")] {
        let case = lambda_of(&format!(
            "const client = Toolbelt.SecretClient(); await client.readSecret('key');
             await require('lp-faas-toolbelt').Toolbelt.SecretClient().updateSecret({{ key: 'key', value: 'new' }});
             const now = Date.now; Date.now = () => now() + {passed_ms};
             callback(null, (await client.readSecret('key')).value)"
        ))
        .secret("key", json!("old"));
        check(case, returned(expected));
    }
}

#[test]
fn a_secret_that_cannot_be_read_or_updated_says_why() {
    for (call, code, message) in [
        (
            "readSecret('missing')",
            "secret.not-found",
            "There is no secret missing for this account",
        ),
        (
            "updateSecret({ key: 'missing', value: 1 })",
            "secret.not-found",
            "There is no secret missing for this account",
        ),
        (
            "updateSecret({ key: 'LIVEPERSON_DEFAULT_APP_KEY', value: 1 })",
            "secret.forbidden",
            "You are not allowed to update secrets added by the system",
        ),
        (
            "updateSecret({ key: 'key', value: 'x'.repeat(16383) })",
            "secret.invalid-format",
            "Provided secret value exceeds allowed length of 16kb",
        ),
    ] {
        let body = format!(
            "try {{ callback(null, await Toolbelt.SecretClient().{call}); }}
             catch (error) {{ callback(null, {OF_ERROR}); }}"
        );
        let case = lambda_of(&body).secret("key", json!("value"));
        check(case, returned(error("SecretClient", code, message)));
    }
}

#[test]
fn a_secret_must_be_json() {
    let body = format!(
        "const value = {{}}; value.itself = value;
         try {{ await Toolbelt.SecretClient().updateSecret({{ key: 'key', value }}); }}
         catch (error) {{ callback(null, {OF_ERROR}); }}"
    );
    let expected = error(
        "SecretClient",
        "secret.invalid-format",
        "Provided secret value cannot be stringified: circular reference",
    );
    check(lambda_of(&body), returned(expected));
}

#[test]
fn a_secret_of_sixteen_kibibytes_is_stored() {
    let case = lambda_of(
        "await Toolbelt.SecretClient().updateSecret({ key: 'key', value: 'x'.repeat(16382) });
         const { value } = await Toolbelt.SecretClient().readSecret('key', { useCache: false });
         callback(null, value.length)",
    )
    .secret("key", json!("value"));
    check(case, returned(16382));
}

/// A store that never answers.
struct Never;

impl SecretStore for Never {
    fn read<'a>(
        &'a self,
        _: &'a InvocationContext,
        _: &'a SecretName,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretStoreError>> {
        Box::pin(std::future::pending())
    }

    fn update<'a>(
        &'a self,
        _: &'a InvocationContext,
        _: &'a SecretName,
        _: Secret,
    ) -> BoxFuture<'a, Result<(), SecretStoreError>> {
        Box::pin(std::future::pending())
    }
}

/// The outcome in a runtime whose store never answers.
fn without_answers(body: &str) -> (Expected, Duration) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let built = block_on(async { builder().secrets(Never).build() });
        built.expect("the runtime builds")
    });
    let case = lambda_of(body).secret("key", json!("value"));
    let report = block_on(async {
        let lambda = case.load_into(runtime).await;
        lambda.invoke(case.invocation()).await
    });
    let report = report.expect("the host does not fail");
    (outcome(&report), report.usage.wall)
}

#[test]
fn a_secret_that_does_not_arrive_in_time_is_given_up() {
    for (call, message) in [
        (
            "readSecret('key', { timeout: 20 })",
            "Failed to read secret key within 20ms",
        ),
        (
            "updateSecret({ key: 'key', value: 1 }, { timeout: 20 })",
            "Failed to update secret key within 20ms",
        ),
    ] {
        let body = format!(
            "try {{ await Toolbelt.SecretClient().{call}; }} catch (error) {{ callback(null, {OF_ERROR}); }}"
        );
        let (outcome, wall) = without_answers(&body);
        let expected = error("SecretClient", "secret.op-timed-out", message);
        assert_eq!(outcome, returned(expected));
        assert!(wall < Duration::from_secs(5));
    }
}

/// The lambda's timers run a hundred times as fast, so that nobody waits for ten seconds.
#[test]
fn a_secret_is_given_up_after_five_seconds_unless_told_otherwise() {
    let body = format!(
        "const start = setTimeout; globalThis.setTimeout = (run, delay, ...more) => start(run, delay / 100, ...more);
         const client = Toolbelt.SecretClient(); const caught = (error) => {OF_ERROR};
         callback(null, [await client.readSecret('key').catch(caught),
                         await client.updateSecret({{ key: 'key', value: 1 }}).catch(caught)])"
    );
    let (outcome, wall) = without_answers(&body);
    let late = |doing: &str| {
        let message = format!("Failed to {doing} secret key within 5000ms");
        error("SecretClient", "secret.op-timed-out", &message)
    };
    assert_eq!(outcome, returned(json!([late("read"), late("update")])));
    assert!(wall >= Duration::from_millis(100), "{wall:?}");
}

#[test]
fn domains_are_told_one_by_one_and_all_together() {
    let platform = Upstream::start(|received| match received.target.as_str() {
        "/api/account/10000001/service/baseURI.json?version=1.0" => {
            json_answer(json!({ "baseURIs": [
            { "service": "smt", "account": "10000001", "baseURI": "smt.example.com" },
            { "service": "rtbf", "account": "10000001", "baseURI": "rtbf.example.com" },
        ] }))
        }
        "/api/account/10000001/service/smt/baseURI.json?version=1.0" => json_answer(
            json!({ "service": "smt", "account": "10000001", "baseURI": "smt.example.com" }),
        ),
        _ => answer(400, "no"),
    });
    let case = calling(
        &platform,
        "const client = Toolbelt.CsdsClient();
         callback(null, [await client.get('smt'), await client.getAll()])",
    );
    let all = json!([{ "smt": "smt.example.com" }, { "rtbf": "rtbf.example.com" }]);
    check(case, returned(json!(["smt.example.com", all])));
    let expected = error(
        "CSDS-Client",
        "csds.domain.not-found",
        "Service \"nowhere\" could not be found.",
    );
    check(
        rejecting(&platform, "await Toolbelt.CsdsClient().get('nowhere')"),
        returned(expected),
    );
}

#[test]
fn the_account_and_the_domain_api_are_those_that_the_platform_names() {
    let platform = Upstream::start(|_| json_answer(json!({ "baseURI": "smt.example.com" })))
        .known_as(&["csds.toolbelt-v2.test"]);
    let case = lambda_of("callback(null, await Toolbelt.CsdsClient().get(LpServices.SMT))")
        .env("BRAND_ID", "10000001")
        .env("X_LIVEPERSON_BRAND_ID", "20000002")
        .env("X_LIVEPERSON_CSDS_DOMAIN", "csds.toolbelt-v2.test")
        .allow(&["https://csds.toolbelt-v2.test"]);
    check(case, returned("smt.example.com"));
    assert_eq!(
        platform.only_request().target,
        "/api/account/20000002/service/smt/baseURI.json?version=1.0"
    );
}

#[test]
fn a_domain_api_that_fails_is_the_error() {
    let platform = Upstream::start(|_| answer(500, "broken"));
    for call in ["get('smt')", "getAll()"] {
        check(
            rejecting(&platform, &format!("await Toolbelt.CsdsClient().{call}")),
            returned(error("CSDS-Client", "csds.op-failed", "500 - \"broken\"")),
        );
    }
}

#[test]
fn a_service_is_called_with_an_access_token_and_answers_as_fetch_does() {
    let platform = platform(|_| json_answer(json!({ "answer": 42 })));
    let case = calling(
        &platform,
        "const client = Toolbelt.LpClient();
         const response = await client(LpServices.SMT, '/a?b=1', {
           method: 'POST', headers: { 'x-mine': '1' }, body: 'text' });
         await client(LpServices.SMT, '/a', { headers: new Headers({ 'x-mine': '2' }) });
         callback(null, [response instanceof Response, response.status, await response.json()])",
    );
    check(case, returned(json!([true, 200, { "answer": 42 }])));
    let [first, second] = calls(&platform).try_into().expect("two requests");
    assert_eq!(
        (first.method.as_str(), first.target.as_str()),
        ("POST", "/a?b=1")
    );
    assert_eq!((first.header("x-mine"), first.text()), ("1", "text"));
    assert_eq!(
        (second.method.as_str(), second.header("x-mine")),
        ("GET", "2")
    );
    for request in [first, second] {
        assert_eq!(request.header("authorization"), "Bearer t0ken-1");
    }
    let token = served(&platform)
        .into_iter()
        .find(is_token_request)
        .expect("it was asked for");
    assert_eq!(token.method, "POST");
    assert_eq!(
        token.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    let expected = "client_id=demo-client&client_secret=demo+secret&grant_type=client_credentials";
    assert_eq!(token.text(), expected);
}

#[test]
fn a_token_that_a_service_does_not_take_is_replaced_once() {
    let platform = platform(|received| match received.header("authorization") {
        "Bearer t0ken-2" => answer(200, "welcome"),
        _ => answer(401, "who are you?"),
    });
    let text = "(await (await Toolbelt.LpClient()('smt', '/')).text())";
    check(
        calling(&platform, &format!("callback(null, {text})")),
        returned("welcome"),
    );
    assert_eq!(calls(&platform).len(), 2);
    let platform = self::platform(|_| answer(401, "who are you?"));
    check(
        calling(&platform, &format!("callback(null, {text})")),
        returned("who are you?"),
    );
    assert_eq!(calls(&platform).len(), 2);
}

#[test]
fn a_key_may_be_another_secret_and_json_as_text() {
    let platform = platform(|_| answer(200, "welcome"));
    let call = "Toolbelt.LpClient()('smt', '/', { appKeySecretName: 'my-key' })";
    let case = calling(&platform, &format!("callback(null, (await {call}).status)"))
        .secret("my-key", json!(r#"{"client_id":"a","client_secret":"b"}"#));
    check(case, returned(200));
    let expected = error(
        "LpClient",
        "lp-client.credentials-wrong-format",
        "Credentials have Invalid Format",
    );
    let case = rejecting(&platform, &format!("await {call}"));
    check(
        case.secret("my-key", json!({ "client_id": 1 })),
        returned(expected),
    );
    let report = rejecting(&platform, &format!("await {call}"))
        .secret("my-key", json!("no JSON"))
        .run();
    let crate::harness::Expected::Returned(told) = outcome(&report) else {
        panic!("it is caught: {report:?}");
    };
    assert_eq!(told[2], "lp-client.get-credentials-failure");
    let prefix = "Could not fetch App Key credentials from secret storage: ";
    assert!(
        told[3]
            .as_str()
            .is_some_and(|message| message.starts_with(prefix)),
        "{told}"
    );
}

#[test]
fn what_keeps_a_lambda_from_a_token_is_the_error() {
    let platform = platform::start(|_| answer(403, "no"));
    let call = "await Toolbelt.LpClient()('smt', '/')";
    let expected = error(
        "Oauth2Client",
        "oauth2.unexpected-response",
        "AuthServer unexpected response: no. Status Code: 403",
    );
    check(rejecting(&platform, call), returned(expected));
    let platform = Upstream::start(|received| match received.target.contains("/service/smt/") {
        true => json_answer(json!({ "baseURI": "smt.example.com" })),
        false => answer(404, "there is no such service"),
    });
    let expected = error(
        "CSDS-Client",
        "csds.domain.not-found",
        "Service \"sentinel\" could not be found.",
    );
    check(rejecting(&platform, call), returned(expected));
    let expected = error(
        "CSDS-Client",
        "csds.domain.not-found",
        "Service \"nowhere\" could not be found.",
    );
    let call = "await Toolbelt.LpClient()('nowhere', '/')";
    check(rejecting(&platform, call), returned(expected));
}
