//! How does the operator manage accounts over HTTP?
//!
//! These addresses are of no account, and take the operator's token, which opens no other.

use http::StatusCode;
use sandglass_runtime::{AccountId, ByteSize};
use schemars::JsonSchema;
use serde::Deserialize;

use super::ask::bad_input;
use super::{Ask, Endpoint};
use crate::admin::{AccountChange, AccountInfo, CreatedAccount};
use crate::auth::Action;
use crate::reply::{self, Reply, ok};
use crate::status::Problem;

const BODY_MAX: ByteSize = ByteSize::kib(64);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    /// 1 to 64 letters, digits, `_` or `-`.
    #[schemars(with = "String")]
    id: AccountId,
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/accounts",
        Action::Accounts,
        "List the accounts; this takes the operator's token",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().accounts())) }),
    )
    .answers::<Vec<AccountInfo>>(200),
    Endpoint::post(
        "/api/accounts",
        Action::Accounts,
        "Make an account with its first user and token, which are shown this once; as the operator",
        |ask| Box::pin(create(ask)),
    )
    .takes::<NewAccount>()
    .answers::<CreatedAccount>(201)
    .fails(&[409]),
    Endpoint::get(
        "/api/accounts/{id}",
        Action::Accounts,
        "Show an account; this takes the operator's token",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().account_info(&id(&ask)?)?)) }),
    )
    .answers::<AccountInfo>(200),
    Endpoint::patch(
        "/api/accounts/{id}",
        Action::Accounts,
        "Disable an account, or enable it again; this takes the operator's token",
        |ask| Box::pin(change(ask)),
    )
    .takes::<AccountChange>()
    .answers::<AccountInfo>(200),
];

fn id(ask: &Ask<'_>) -> Result<AccountId, Problem> {
    ask.path("id").parse().map_err(bad_input)
}

async fn create(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let NewAccount { id } = ask.json(BODY_MAX).await?;
    let created = ask.admin().create_account(&id).await?;
    Ok(reply::not_stored(reply::json(
        StatusCode::CREATED,
        &created,
    )))
}

async fn change(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let id = id(&ask)?;
    let change: AccountChange = ask.json(BODY_MAX).await?;
    Ok(ok(&ask.admin().change_account(&id, change).await?))
}
