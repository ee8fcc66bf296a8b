//! How is it asked over HTTP what became of an asynchronous invocation?

use super::{Ask, Endpoint, Parameter};
use crate::admin::{InvocationInfo, QueuePage, QueueQuery};
use crate::auth::Action;
use crate::reply::{Reply, no_content, ok};
use crate::status::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/invocations",
        Action::ReadLogs,
        "List asynchronous invocations, the latest first; the dead letters with state=dead",
        |ask| Box::pin(list(ask)),
    )
    .query(&[
        Parameter::text(
            "state",
            "only those that are waiting, running, succeeded or dead",
        ),
        Parameter::text("before", "only those accepted before the one with this id"),
        Parameter::number("limit", "how many at most, up to 500"),
    ])
    .answers::<QueuePage>(200),
    Endpoint::get(
        "/api/account/{account}/invocations/{id}",
        Action::Invoke,
        "Read an asynchronous invocation with its outcome",
        |ask| Box::pin(get(ask)),
    )
    .answers::<InvocationInfo>(200),
    Endpoint::post(
        "/api/account/{account}/invocations/{id}/redrive",
        Action::ChangeLambdas,
        "Try a dead letter again, with all of its attempts",
        |ask| Box::pin(redrive(ask)),
    )
    .answers_nothing(204)
    .fails(&[409]),
    Endpoint::delete(
        "/api/account/{account}/invocations/{id}",
        Action::ChangeLambdas,
        "Delete an asynchronous invocation that is not running",
        |ask| Box::pin(delete(ask)),
    )
    .answers_nothing(204)
    .fails(&[409]),
];

async fn list(ask: Ask<'_>) -> Result<Reply, Problem> {
    let query = QueueQuery {
        state: ask.query_as("state")?,
        before: ask.query_as("before")?,
        limit: ask.query_as("limit")?,
    };
    Ok(ok(&ask.admin().invocations(ask.account(), &query).await?))
}

async fn get(ask: Ask<'_>) -> Result<Reply, Problem> {
    let found = ask.admin().invocation(ask.account(), ask.path("id"));
    Ok(ok(&found.await?))
}

async fn redrive(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin()
        .redrive_invocation(ask.account(), ask.path("id"))
        .await?;
    Ok(no_content())
}

async fn delete(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin()
        .delete_invocation(ask.account(), ask.path("id"))
        .await?;
    Ok(no_content())
}
