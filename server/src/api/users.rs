//! How are users managed over HTTP?

use http::StatusCode;
use sandglass_runtime::ByteSize;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ask::bad_input;
use super::{Ask, Endpoint};
use crate::admin::{NewUser, SessionInfo, UserChange, UserInfo};
use crate::auth::{Action, UserId};
use crate::reply::{self, Reply, no_content, ok};
use crate::status::Problem;

const BODY_MAX: ByteSize = ByteSize::kib(64);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// At least 12 characters.
    password: String,
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/users",
        Action::Users,
        "List the users and service users",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().users(ask.account())?)) }),
    )
    .answers::<Vec<UserInfo>>(200),
    Endpoint::post(
        "/api/account/{account}/users",
        Action::Users,
        "Make a user, or without a password a service user",
        |ask| Box::pin(create(ask)),
    )
    .takes::<NewUser>()
    .answers::<UserInfo>(201)
    .fails(&[429]),
    Endpoint::get(
        "/api/account/{account}/users/{id}",
        Action::Users,
        "Show a user",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().user(ask.account(), &id(&ask)?)?)) }),
    )
    .answers::<UserInfo>(200),
    Endpoint::patch(
        "/api/account/{account}/users/{id}",
        Action::Users,
        "Change a user; permissions count from the next request on",
        |ask| Box::pin(change(ask)),
    )
    .takes::<UserChange>()
    .answers::<UserInfo>(200),
    Endpoint::delete(
        "/api/account/{account}/users/{id}",
        Action::Users,
        "Delete a user with its sessions and tokens",
        |ask| Box::pin(delete(ask)),
    )
    .answers_nothing(204),
    Endpoint::put(
        "/api/account/{account}/users/{id}/password",
        Action::Users,
        "Set a user's password and end its sessions",
        |ask| Box::pin(set_password(ask)),
    )
    .takes::<NewPassword>()
    .answers_nothing(204)
    .fails(&[429]),
    Endpoint::get(
        "/api/account/{account}/users/{id}/sessions",
        Action::Users,
        "List what is open for a user",
        |ask| Box::pin(sessions(ask)),
    )
    .answers::<Vec<SessionInfo>>(200),
    Endpoint::delete(
        "/api/account/{account}/users/{id}/sessions",
        Action::Users,
        "End everything that is open for a user",
        |ask| Box::pin(end_sessions(ask)),
    )
    .answers_nothing(204),
];

fn id(ask: &Ask<'_>) -> Result<UserId, Problem> {
    ask.path("id").parse().map_err(bad_input)
}

async fn create(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let new: NewUser = ask.json(BODY_MAX).await?;
    let made = ask.admin().create_user(ask.account(), new).await?;
    Ok(reply::json(StatusCode::CREATED, &made))
}

async fn change(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let id = id(&ask)?;
    let change: UserChange = ask.json(BODY_MAX).await?;
    let changed = ask.admin().change_user(ask.account(), &id, change);
    Ok(ok(&changed.await?))
}

async fn delete(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin().delete_user(ask.account(), &id(&ask)?).await?;
    Ok(no_content())
}

async fn set_password(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let id = id(&ask)?;
    let NewPassword { password } = ask.json(BODY_MAX).await?;
    let set = ask.admin().set_password(ask.account(), &id, &password);
    set.await?;
    Ok(no_content())
}

async fn sessions(ask: Ask<'_>) -> Result<Reply, Problem> {
    let sessions = ask.admin().sessions(ask.account(), &id(&ask)?).await?;
    Ok(ok(&sessions))
}

async fn end_sessions(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin().end_sessions(ask.account(), &id(&ask)?).await?;
    Ok(no_content())
}
