//! How are logs read over HTTP?

use super::{Ask, Endpoint, Parameter};
use crate::admin::{LogPage, LogQuery};
use crate::auth::Action;
use crate::reply::{Reply, ok};
use crate::status::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get(
    "/api/account/{account}/lambdas/{lambda}/logs",
    Action::ReadLogs,
    "Read what a lambda logged, the latest entries or those after one",
    |ask| Box::pin(logs(ask)),
)
.query(&[
    Parameter::number("after", "the id of the entry to go on after"),
    Parameter::number("limit", "how many entries at most, up to 500"),
    Parameter::text("requestId", "only those of this request"),
])
.answers::<LogPage>(200)];

async fn logs(ask: Ask<'_>) -> Result<Reply, Problem> {
    let query = LogQuery {
        after: ask.query_as("after")?,
        limit: ask.query_as("limit")?,
        request_id: ask.query_as("requestId")?,
    };
    let page = ask.admin().logs(ask.account(), ask.path("lambda"), &query);
    Ok(ok(&page.await?))
}
