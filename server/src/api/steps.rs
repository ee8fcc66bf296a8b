//! How is a deployment watched over HTTP?

use super::{Ask, Endpoint};
use crate::auth::Action;
use crate::reply::{self, Reply};
use crate::status::Problem;
use crate::steps;

const EVENTS: &str = "text/event-stream";

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get(
    "/api/account/{account}/deployments/{lambda}/events",
    Action::ReadLambdas,
    "Watch the last deployment of a lambda: a server-sent event `state` a step, until the last",
    |ask| Box::pin(async move { watch(&ask) }),
)
.answers_text(EVENTS)
.fails(&[429])];

fn watch(ask: &Ask<'_>) -> Result<Reply, Problem> {
    let watcher = ask
        .admin()
        .watch_deployment(ask.account(), ask.path("lambda"))?;
    Ok(reply::stream(EVENTS, steps::events(watcher)))
}
