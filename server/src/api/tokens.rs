//! How are tokens managed over HTTP?

use http::StatusCode;
use sandglass_runtime::ByteSize;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ask::bad_input;
use super::{Ask, Endpoint};
use crate::admin::{CreatedToken, TokenInfo};
use crate::auth::{Action, Permissions, TokenId, UserId};
use crate::reply::{self, Reply, no_content, ok};
use crate::status::Problem;

const BODY_MAX: ByteSize = ByteSize::kib(64);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// For people.
    name: String,
    /// Called a role as long as there was only one.
    #[serde(alias = "role")]
    permissions: Permissions,
    /// The service user that it acts for; left out for nobody in particular.
    #[serde(default)]
    user: Option<UserId>,
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/tokens",
        Action::Tokens,
        "List the tokens, without their texts",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().tokens(ask.account())?)) }),
    )
    .answers::<Vec<TokenInfo>>(200),
    Endpoint::post(
        "/api/account/{account}/tokens",
        Action::Tokens,
        "Make a token; its text is shown this once",
        |ask| Box::pin(create(ask)),
    )
    .takes::<NewToken>()
    .answers::<CreatedToken>(201),
    Endpoint::delete(
        "/api/account/{account}/tokens/{id}",
        Action::Tokens,
        "Delete a token",
        |ask| Box::pin(delete(ask)),
    )
    .answers_nothing(204),
];

async fn create(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let NewToken {
        name,
        permissions,
        user,
    } = ask.json(BODY_MAX).await?;
    let created = ask
        .admin()
        .create_token(ask.account(), &name, permissions, user.as_ref())
        .await?;
    Ok(reply::json(StatusCode::CREATED, &created))
}

async fn delete(ask: Ask<'_>) -> Result<Reply, Problem> {
    let id = ask.path("id").parse::<TokenId>().map_err(bad_input)?;
    ask.admin().delete_token(ask.account(), &id).await?;
    Ok(no_content())
}
