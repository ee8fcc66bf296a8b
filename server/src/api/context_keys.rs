//! How are the developer keys of the Context Session Store managed over HTTP?

use http::StatusCode;
use sandglass_runtime::ByteSize;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ask::bad_input;
use super::{Ask, Endpoint};
use crate::admin::{ContextKeyInfo, CreatedContextKey};
use crate::auth::{Action, ContextKeyId};
use crate::reply::{self, Reply, no_content, ok};
use crate::status::Problem;

const BODY_MAX: ByteSize = ByteSize::kib(64);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewContextKey {
    /// For people.
    name: String,
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/context-keys",
        Action::ContextKeys,
        "List the developer keys, without their texts",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().context_keys(ask.account())?)) }),
    )
    .answers::<Vec<ContextKeyInfo>>(200),
    Endpoint::post(
        "/api/account/{account}/context-keys",
        Action::ContextKeys,
        "Make a developer key; its text is shown this once",
        |ask| Box::pin(create(ask)),
    )
    .takes::<NewContextKey>()
    .answers::<CreatedContextKey>(201),
    Endpoint::delete(
        "/api/account/{account}/context-keys/{id}",
        Action::ContextKeys,
        "Delete a developer key",
        |ask| Box::pin(delete(ask)),
    )
    .answers_nothing(204),
];

async fn create(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let NewContextKey { name } = ask.json(BODY_MAX).await?;
    let created = ask.admin().create_context_key(ask.account(), &name).await?;
    Ok(reply::json(StatusCode::CREATED, &created))
}

async fn delete(ask: Ask<'_>) -> Result<Reply, Problem> {
    let id = ask.path("id").parse::<ContextKeyId>().map_err(bad_input)?;
    ask.admin().delete_context_key(ask.account(), &id).await?;
    Ok(no_content())
}
