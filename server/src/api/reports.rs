//! How are reports read over HTTP?
//!
//! The platform's two versions share the paths (spec 1.3 and 1.4): with `v=1` in the query it is the
//! first one that is asked.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Ask, Endpoint, Parameter};
use crate::admin::{InvocationReport, Performance, ReportSpan, Totals};
use crate::auth::Action;
use crate::reply::{Reply, ok};
use crate::status::Problem;

pub(super) const START: Parameter =
    Parameter::number("startTimestamp", "from this time on, in ms since 1970");
pub(super) const END: Parameter =
    Parameter::number("endTimestamp", "up to this time, in ms since 1970");
pub(super) const BUCKET: Parameter = Parameter::number("bucketSize", "300, 3600 or 86400 seconds");
const VERSION: Parameter = Parameter::text("v", "1 for the platform's first version");

/// The steps that a report may have, in seconds.
const STEPS: [u64; 3] = [300, 3_600, 86_400];
/// The states as the platform's first version spells them, in the order of the store's.
const STATES_V1: [&str; 5] = [
    "UNKOWN",
    "SUCCEEDED",
    "CODING_FAILURE",
    "PLATFORM_FAILURE",
    "TIMEOUT",
];

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LimitCounts {
    limit_total_lambdas: usize,
    limit_deployed_lambdas: usize,
    invocation_limit_per_month: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LambdaCounts {
    account_id: String,
    total: usize,
    deployed: usize,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct InvocationCounts {
    account_id: String,
    successful_invocations: u64,
    unsuccessful_invocations: u64,
}

/// In the platform's second version.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct InvocationCountsV2 {
    successful_invocations: u64,
    failed_invocations: u64,
}

/// The shape depends on the version that is asked.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum AnyInvocationCounts {
    V1(InvocationCounts),
    V2([InvocationCountsV2; 1]),
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/reports/limitCounts",
        Action::ReadMetrics,
        "Read how much the account may have",
        |ask| Box::pin(async move { Ok(limit_counts(&ask)) }),
    )
    .answers::<LimitCounts>(200)
    .compatible(),
    Endpoint::get(
        "/api/account/{account}/reports/lambdaCounts",
        Action::ReadMetrics,
        "Count the lambdas, and those that are deployed",
        |ask| Box::pin(async move { lambda_counts(&ask) }),
    )
    .answers::<LambdaCounts>(200)
    .compatible(),
    Endpoint::get(
        "/api/account/{account}/reports/invocationCounts",
        Action::ReadMetrics,
        "Count the invocations of this month, or of another time",
        |ask| Box::pin(invocation_counts(ask)),
    )
    .query(&[START, END, VERSION])
    .answers::<AnyInvocationCounts>(200)
    .shared(),
    Endpoint::get(
        "/api/account/{account}/reports/invocations/{uuid}",
        Action::ReadMetrics,
        "Count the invocations of a lambda, step by step, by how they ended",
        |ask| Box::pin(invocations(ask)),
    )
    .query(&[
        START,
        END,
        BUCKET,
        Parameter::text("invocationStates", "only these states; may repeat"),
        VERSION,
    ])
    .answers::<InvocationReport>(200)
    .shared(),
    Endpoint::get(
        "/api/account/{account}/reports/performance/{uuid}",
        Action::ReadMetrics,
        "Read how fast a lambda was and what it took, step by step",
        |ask| Box::pin(performance(ask)),
    )
    .query(&[START, END, BUCKET])
    .answers::<Performance>(200),
];

fn limit_counts(ask: &Ask<'_>) -> Reply {
    let (may_have, invocations) = ask.admin().report_limits();
    ok(&LimitCounts {
        limit_total_lambdas: may_have.lambdas_max,
        limit_deployed_lambdas: may_have.deployed_max.min(may_have.lambdas_max),
        invocation_limit_per_month: invocations,
    })
}

fn lambda_counts(ask: &Ask<'_>) -> Result<Reply, Problem> {
    let (total, deployed) = ask.admin().lambda_counts(ask.account())?;
    Ok(ok(&LambdaCounts {
        account_id: ask.account().as_str().to_owned(),
        total,
        deployed,
    }))
}

async fn invocation_counts(ask: Ask<'_>) -> Result<Reply, Problem> {
    let totals = ask.admin().invocation_totals(ask.account(), span(&ask)?);
    let Totals { succeeded, failed } = totals.await?;
    let counts = match is_v1(&ask)? {
        true => AnyInvocationCounts::V1(InvocationCounts {
            account_id: ask.account().as_str().to_owned(),
            successful_invocations: succeeded,
            unsuccessful_invocations: failed,
        }),
        false => AnyInvocationCounts::V2([InvocationCountsV2 {
            successful_invocations: succeeded,
            failed_invocations: failed,
        }]),
    };
    Ok(ok(&counts))
}

async fn invocations(ask: Ask<'_>) -> Result<Reply, Problem> {
    let names = states(&ask)?;
    let time = (span(&ask)?, step_ms(&ask)?);
    let report = ask
        .admin()
        .invocation_report(ask.account(), ask.path("uuid"), time, names);
    Ok(ok(&report.await?))
}

async fn performance(ask: Ask<'_>) -> Result<Reply, Problem> {
    let time = (span(&ask)?, step_ms(&ask)?);
    let figures = ask
        .admin()
        .performance(ask.account(), ask.path("uuid"), time);
    Ok(ok(&figures.await?))
}

fn is_v1(ask: &Ask<'_>) -> Result<bool, Problem> {
    Ok(ask.query("v")?.as_deref() == Some("1"))
}

pub(super) fn span(ask: &Ask<'_>) -> Result<ReportSpan, Problem> {
    Ok(ReportSpan {
        start: ask.query_as("startTimestamp")?,
        end: ask.query_as("endTimestamp")?,
    })
}

pub(super) fn step_ms(ask: &Ask<'_>) -> Result<u64, Problem> {
    let seconds = ask.query_as("bucketSize")?.unwrap_or(STEPS[1]);
    match STEPS.contains(&seconds) {
        true => Ok(seconds * 1_000),
        false => Err(Problem::BadInput(format!(
            "bucketSize is {seconds}: it is 300, 3600 or 86400 seconds"
        ))),
    }
}

/// The names under which states are answered; those that were not asked for have none.
fn states(ask: &Ask<'_>) -> Result<[Option<&'static str>; 5], Problem> {
    let unknown = match is_v1(ask)? {
        true => STATES_V1[0],
        false => "UNKNOWN",
    };
    let names = STATES_V1.map(|name| if name == STATES_V1[0] { unknown } else { name });
    let asked = ask.query_all("invocationStates")?;
    // Both versions' clients may come to spell it right, or wrong.
    let same =
        |name: &str, text: &str| name == text || (name == unknown && text.starts_with("UNK"));
    if let Some(text) = asked
        .iter()
        .find(|text| !names.iter().any(|name| same(name, text)))
    {
        let why = format!(
            "invocationStates is {text:?}: there are {}",
            names.join(", ")
        );
        return Err(Problem::BadInput(why));
    }
    let wanted = |name: &&str| asked.is_empty() || asked.iter().any(|text| same(name, text));
    Ok(names.map(|name| Some(name).filter(wanted)))
}
