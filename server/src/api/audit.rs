//! How is the audit log read over HTTP?

use super::{Ask, Endpoint, Parameter};
use crate::admin::{ActivityPage, AuditCheck, AuditPage, AuditQuery};
use crate::auth::Action;
use crate::reply::{self, Reply, ok};
use crate::status::Problem;

/// JSON lines.
const LINES: &str = "application/x-ndjson";
const CURSOR: Parameter = Parameter::number("cursor", "the `next` of the page before");
const LIMIT: Parameter = Parameter::number("limit", "how many entries at most, 1 to 500");

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/audit",
        Action::Audit,
        "Read who did what to which thing, the latest first",
        |ask| Box::pin(audit(ask)),
    )
    .query(&[
        Parameter::text("actor", "the id or the name of who did it"),
        Parameter::text(
            "action",
            "for instance `secret.put`, or `secret` for all of a kind",
        ),
        Parameter::text("target", "the id or the name of the thing"),
        Parameter::number(
            "from",
            "milliseconds since the Unix epoch, this one included",
        ),
        Parameter::number("to", "milliseconds since the Unix epoch, this one excluded"),
        CURSOR,
        LIMIT,
    ])
    .answers::<AuditPage>(200),
    Endpoint::get(
        "/api/account/{account}/audit/export",
        Action::Audit,
        "Export the audit log, a JSON object a line, to be verified or kept elsewhere",
        |ask| Box::pin(export(ask)),
    )
    .answers_text(LINES),
    Endpoint::post(
        "/api/account/{account}/audit/verify",
        Action::Audit,
        "Say whether the audit log is whole: no row changed, removed, added or moved",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().verify_audit(ask.account()).await?)) }),
    )
    .answers::<AuditCheck>(200)
    .fails(&[429]),
    Endpoint::get(
        "/api/account/{account}/activity",
        Action::ReadActivity,
        "Read what happened in the last 60 days, the latest first",
        |ask| Box::pin(activity(ask)),
    )
    .query(&[CURSOR, LIMIT])
    .answers::<ActivityPage>(200),
];

async fn audit(ask: Ask<'_>) -> Result<Reply, Problem> {
    let text = |name| Ok::<_, Problem>(ask.query(name)?.map(|text| text.into_owned()));
    let query = AuditQuery {
        actor: text("actor")?,
        action: text("action")?,
        target: text("target")?,
        from: ask.query_as("from")?,
        to: ask.query_as("to")?,
        cursor: ask.query_as("cursor")?,
        limit: ask.query_as("limit")?,
    };
    Ok(ok(&ask.admin().audit(ask.account(), &query).await?))
}

async fn export(ask: Ask<'_>) -> Result<Reply, Problem> {
    let lines = ask.admin().audit_export(ask.account()).await?;
    Ok(reply::stream(LINES, lines))
}

async fn activity(ask: Ask<'_>) -> Result<Reply, Problem> {
    let query = AuditQuery {
        cursor: ask.query_as("cursor")?,
        limit: ask.query_as("limit")?,
        ..AuditQuery::default()
    };
    Ok(ok(&ask.admin().activity(ask.account(), &query).await?))
}
