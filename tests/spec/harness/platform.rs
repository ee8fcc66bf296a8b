//! What do the toolbelt's clients of LivePerson talk to? Its domain API and its services, all of
//! them played by one server on loopback.

use serde_json::{Value, json};

use super::upstream::{Answer, Received, Upstream, answer, with_header};
use super::{Case, source};

/// The account that the lambdas belong to.
pub(crate) const ACCOUNT: &str = "10000001";

/// The key that services take from lambdas.
pub(crate) fn app_key() -> Value {
    json!({
        "consumerKey": "consumer", "consumerSecret": "consumer's secret",
        "token": "t0ken", "tokenSecret": "token/secret",
    })
}

/// Starts a platform where every service but `nowhere` is; `service` answers for all of them.
pub(crate) fn start(service: impl Fn(Received) -> Answer + Send + Sync + 'static) -> Upstream {
    Upstream::start(move |received| match looked_up(&received) {
        None => service(received),
        Some("nowhere") => answer(404, "there is no such service"),
        Some(name) => {
            let base = format!("http://{}", received.header("host"));
            json_answer(json!({ "service": name, "account": ACCOUNT, "baseURI": base }))
        }
    })
}

/// The service that a request to the domain API asks for.
fn looked_up(received: &Received) -> Option<&str> {
    received
        .target
        .strip_prefix("/api/account/10000001/service/")?
        .strip_suffix("/baseURI.json?version=1.0")
}

/// An answer of JSON.
pub(crate) fn json_answer(body: Value) -> Answer {
    let answer = answer(200, body.to_string());
    with_header(answer, "content-type", "application/json")
}

/// An async lambda of the account, which may reach the platform and has its key; the toolbelt's
/// exports are in scope.
pub(crate) fn calling(platform: &Upstream, body: &str) -> Case {
    let code = format!(
        "const toolbelt = require('lp-faas-toolbelt'); const {{ Toolbelt, LpServices }} = toolbelt;
         async function lambda(input, callback) {{ {body}\n}}"
    );
    on(platform, source(&code)).secret("lp-faas-default-app-key", app_key())
}

/// Calls back with what `error` expressions give for what a statement throws.
pub(crate) fn rejecting(platform: &Upstream, statement: &str, of_error: &str) -> Case {
    let body = format!(
        "try {{ callback(null, ['no error', {statement}]); }} \
         catch (error) {{ callback(null, {of_error}); }}"
    );
    calling(platform, &body)
}

/// The case in the account of this platform.
pub(crate) fn on(platform: &Upstream, case: Case) -> Case {
    case.env("BRAND_ID", ACCOUNT)
        .env("SANDGLASS_DOMAIN_API_URL", &platform.url(""))
        .allow(&[&platform.rule()])
}

/// The requests that reached services.
pub(crate) fn served(platform: &Upstream) -> Vec<Received> {
    let mut received = platform.received();
    received.retain(|request| looked_up(request).is_none());
    received
}

/// The only request that reached a service.
#[track_caller]
pub(crate) fn only_served(platform: &Upstream) -> Received {
    let mut served = served(platform);
    assert_eq!(served.len(), 1, "{served:#?}");
    served.remove(0)
}
