//! How is the state of an account read over HTTP?

use super::reports::{BUCKET, END, START, span, step_ms};
use super::{Ask, Endpoint};
use crate::admin::Overview;
use crate::auth::Action;
use crate::reply::{Reply, ok};
use crate::status::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get(
    "/api/account/{account}/overview",
    Action::ReadMetrics,
    "Read how the account is doing: invocations, what fails, and the quota",
    |ask| Box::pin(overview(ask)),
)
.query(&[START, END, BUCKET])
.answers::<Overview>(200)];

async fn overview(ask: Ask<'_>) -> Result<Reply, Problem> {
    let time = (span(&ask)?, step_ms(&ask)?);
    Ok(ok(&ask.admin().overview(ask.account(), time).await?))
}
