//! What can be read of the management API?

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use sandglass_server::measure::request_id;

use super::super::{LOGS_EACH, Platform};
use crate::sandglass::ACCOUNT;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// One thing that is asked for.
pub(super) struct Asked {
    pub(super) name: String,
    /// With its query.
    pub(super) path: String,
}

/// Lists that need no more than their name.
const PLAIN: &[&str] = &[
    "lambdas",
    "functions",
    "functions/count",
    "deployments",
    "deployments/count",
    "runtimes",
    "packages",
    "secrets",
    "whitelist",
    "proxy-settings",
    "users",
    "apps",
    "signing-keys",
    "tokens",
    "context-keys",
    "events",
    "templates",
    "snippets",
    "limits",
    "audit",
    "audit/export",
    "activity",
    "invocations",
    "schedules",
    "logs",
    "me",
    "overview",
    "service/baseURI.json",
    "service/faasGW/baseURI.json",
];

/// Everything that is asked for.
pub(super) fn asked(platform: &Platform) -> Result<Vec<Asked>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    let plain = PLAIN
        .iter()
        .map(|name| ((*name).replace('/', "_"), format!("/{name}")));
    let named = things(platform)
        .into_iter()
        .chain(logs(platform, now)?)
        .chain(reports(platform, now)?);
    let of_account = plain.chain(named.map(|(name, path)| (name.to_owned(), path)));
    let of_account = of_account.map(|(name, path)| Asked {
        name,
        path: format!("/api/account/{ACCOUNT}{path}"),
    });
    Ok(of_account.chain(public()).collect())
}

/// One of each, and lists with a query.
fn things(platform: &Platform) -> Vec<(&'static str, String)> {
    let account = &platform.account;
    let (lambda, user) = (&account.lambda, &account.user);
    vec![
        ("lambdas_with_code", "/lambdas?v=1".to_owned()),
        ("lambdas_by_name", "/lambdas?v=1&name=versioned".to_owned()),
        ("lambda", format!("/lambdas/{lambda}?v=1")),
        ("lambda_versions", format!("/lambdas/{lambda}/versions")),
        ("lambda_version", format!("/lambdas/{lambda}/versions/3")),
        (
            "lambda_compare",
            format!("/lambdas/{lambda}/compare?from=2&to=9"),
        ),
        (
            "lambda_deployments",
            format!("/lambdas/{lambda}/deployments"),
        ),
        ("function", format!("/functions/{lambda}")),
        ("secret", "/secrets/KEY_1".to_owned()),
        ("user", format!("/users/{user}")),
        ("user_sessions", format!("/users/{user}/sessions")),
        ("event", "/events/bot_connectors_error_hook".to_owned()),
        (
            "event_is_implemented",
            "/events/bot_connectors_error_hook/isImplemented".to_owned(),
        ),
        ("template", "/templates/greeting".to_owned()),
        ("audit_500", "/audit?limit=500".to_owned()),
        ("audit_action", "/audit?action=secret.put".to_owned()),
        ("audit_actor", "/audit?actor=nobody".to_owned()),
        ("invocations_dead", "/invocations?state=dead".to_owned()),
        ("invocation", format!("/invocations/{}", account.queued)),
        ("schedule", format!("/schedules/{}", account.schedule)),
        (
            "schedule_history",
            format!("/schedules/{}/history", account.schedule),
        ),
        (
            "schedules_next",
            "/schedules/next?cron=0+9+*+*+1&count=100".to_owned(),
        ),
    ]
}

/// Logs by each of their sides. Of the words of [the past](sandglass_server::measure), each fifth entry
/// has one and no other of five, and none of the errors has `shipped`.
fn logs(platform: &Platform, now: u64) -> Result<Vec<(&'static str, String)>> {
    let uuid = platform.lambdas.last().context("a lambda was deployed")?;
    let request = request_id(platform.invocations / 2);
    let rare = platform.invocations * LOGS_EACH / 3;
    let two_days = format!(
        "start={}&end={}",
        now - 2 * DAY_MS,
        now - 2 * DAY_MS + HOUR_MS
    );
    let six_days = format!("startTimestamp={}&endTimestamp={now}", now - 6 * DAY_MS);
    Ok(vec![
        ("logs_500", "/logs?limit=500".to_owned()),
        ("logs_level", "/logs?level=Error".to_owned()),
        ("logs_lambda", format!("/logs?lambda={uuid}")),
        (
            "logs_lambda_level",
            format!("/logs?lambda={uuid}&level=Warn"),
        ),
        ("logs_request", format!("/logs?requestId={request}")),
        ("logs_time", format!("/logs?{two_days}")),
        ("logs_word_of_all", "/logs?text=order".to_owned()),
        ("logs_rare_word", format!("/logs?text={rare}")),
        ("logs_no_such_word", "/logs?text=zebra".to_owned()),
        ("logs_two_words", "/logs?text=paid+1007".to_owned()),
        ("logs_phrase", "/logs?text=%22is+paid+after%22".to_owned()),
        (
            "logs_level_word",
            "/logs?level=Warn&text=delayed".to_owned(),
        ),
        (
            "logs_level_word_never",
            "/logs?level=Error&text=shipped".to_owned(),
        ),
        (
            "logs_lambda_word",
            format!("/logs?lambda={uuid}&text=shipped"),
        ),
        ("logs_words_never", "/logs?text=shipped+paid".to_owned()),
        ("logs_phrase_never", "/logs?text=%22order+is%22".to_owned()),
        (
            "logs_all_filters",
            format!("/logs?text=delayed&lambda={uuid}&level=Info&{two_days}"),
        ),
        ("lambda_logs", format!("/lambdas/{uuid}/logs")),
        ("logs_export", format!("/logs/export?{six_days}")),
        (
            "function_logs_export",
            format!("/functions/{uuid}/logs/export?{six_days}&filterLevels=Warn"),
        ),
    ])
}

fn reports(platform: &Platform, now: u64) -> Result<Vec<(&'static str, String)>> {
    let uuid = platform.lambdas.last().context("a lambda was deployed")?;
    let month = format!("startTimestamp={}&endTimestamp={now}", now - 30 * DAY_MS);
    let report = |what: &str, query: &str| format!("/reports/{what}?{query}");
    let of = |what: &str, step: u32| {
        report(
            &format!("{what}/{uuid}"),
            &format!("v=1&bucketSize={step}&{month}"),
        )
    };
    Ok(vec![
        ("report_limits", report("limitCounts", "v=1")),
        ("report_lambdas", report("lambdaCounts", "v=1")),
        ("report_counts", report("invocationCounts", "v=1")),
        ("report_invocations_daily", of("invocations", 86_400)),
        ("report_invocations_5_minutes", of("invocations", 300)),
        ("report_performance_hourly", of("performance", 3_600)),
    ])
}

/// What is asked for without an account, or by nobody in particular.
fn public() -> impl Iterator<Item = Asked> {
    let sentinel = format!("/sentinel/api/account/{ACCOUNT}");
    let paths = [
        ("openapi", "/openapi".to_owned()),
        ("openapi_json", "/openapi.json".to_owned()),
        ("metrics", "/metrics".to_owned()),
        ("jwks", "/sentinel/well-known/jwks".to_owned()),
        (
            "authorization_server",
            format!("/.well-known/oauth-authorization-server{sentinel}"),
        ),
        (
            "openid_configuration",
            format!("{sentinel}/.well-known/openid-configuration"),
        ),
        (
            "domains",
            format!("/api/account/{ACCOUNT}/service/baseURI.json?version=1.0"),
        ),
    ];
    paths.into_iter().map(|(name, path)| Asked {
        name: name.to_owned(),
        path,
    })
}
