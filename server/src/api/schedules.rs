//! How are schedules managed over HTTP?

use http::StatusCode;
use sandglass_runtime::ByteSize;

use super::ask::bad_input;
use super::{Ask, Endpoint, Parameter};
use crate::admin::{NewSchedule, Occurrences, ScheduleInfo, ScheduleRun};
use crate::auth::Action;
use crate::reply::{self, Reply, no_content, ok};
use crate::status::Problem;

/// Room for the longest payload and headers, however escaped.
const BODY_MAX: ByteSize = ByteSize::kib(256);
/// The next times that are told when it is not said how many.
const NEXT: usize = 5;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/schedules",
        Action::ReadSchedules,
        "List the schedules",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().schedules(ask.account()).await?)) }),
    )
    .answers::<Vec<ScheduleInfo>>(200)
    .shared(),
    Endpoint::post(
        "/api/account/{account}/schedules",
        Action::ChangeSchedules,
        "Make a schedule",
        |ask| Box::pin(create(ask)),
    )
    .takes::<NewSchedule>()
    .answers::<ScheduleInfo>(201)
    .shared(),
    Endpoint::get(
        "/api/account/{account}/schedules/next",
        Action::ReadSchedules,
        "Say in words when a cron expression is due, and when next",
        |ask| Box::pin(next(ask)),
    )
    .query(&[
        Parameter::text("cron", "the cron expression"),
        Parameter::text(
            "timeZone",
            "the name of a time zone, Etc/UTC when it is left out",
        ),
        Parameter::number("count", "how many times, 5 when it is left out, up to 100"),
    ])
    .answers::<Occurrences>(200),
    Endpoint::get(
        "/api/account/{account}/schedules/{id}",
        Action::ReadSchedules,
        "Read a schedule",
        |ask| Box::pin(get(ask)),
    )
    .answers::<ScheduleInfo>(200),
    Endpoint::put(
        "/api/account/{account}/schedules/{id}",
        Action::ChangeSchedules,
        "Change a schedule; what is left out stays as it is",
        |ask| Box::pin(change(ask)),
    )
    .takes::<NewSchedule>()
    .answers::<ScheduleInfo>(200),
    Endpoint::delete(
        "/api/account/{account}/schedules/{id}",
        Action::ChangeSchedules,
        "Delete a schedule with its history",
        |ask| Box::pin(delete(ask)),
    )
    .answers_nothing(204),
    Endpoint::get(
        "/api/account/{account}/schedules/{id}/history",
        Action::ReadSchedules,
        "Read the latest runs of a schedule, the last first",
        |ask| Box::pin(history(ask)),
    )
    .answers::<Vec<ScheduleRun>>(200),
];

async fn create(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let new: NewSchedule = ask.json(BODY_MAX).await?;
    let made = ask.admin().create_schedule(ask.account(), new).await?;
    Ok(reply::json(StatusCode::CREATED, &made))
}

async fn next(ask: Ask<'_>) -> Result<Reply, Problem> {
    let cron = ask.query("cron")?;
    let cron = cron.ok_or_else(|| bad_input("the query needs cron=, a cron expression"))?;
    let zone = ask.query("timeZone")?;
    let count = ask.query_as("count")?.unwrap_or(NEXT);
    let next = ask.admin().occurrences(&cron, zone.as_deref(), count);
    Ok(ok(&next.await?))
}

async fn get(ask: Ask<'_>) -> Result<Reply, Problem> {
    let found = ask.admin().schedule(ask.account(), ask.path("id"));
    Ok(ok(&found.await?))
}

async fn change(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let change: NewSchedule = ask.json(BODY_MAX).await?;
    let changed = ask
        .admin()
        .change_schedule(ask.account(), ask.path("id"), change);
    Ok(ok(&changed.await?))
}

async fn delete(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin()
        .delete_schedule(ask.account(), ask.path("id"))
        .await?;
    Ok(no_content())
}

async fn history(ask: Ask<'_>) -> Result<Reply, Problem> {
    let runs = ask.admin().schedule_runs(ask.account(), ask.path("id"));
    Ok(ok(&runs.await?))
}
