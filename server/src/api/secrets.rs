//! How are secrets managed over HTTP?

use sandglass_runtime::{ByteSize, Secret, SecretName};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::ask::bad_input;
use super::{Ask, Endpoint};
use crate::admin::{SecretInfo, SecretValue};
use crate::auth::Action;
use crate::reply::{Reply, no_content, not_stored, ok};
use crate::status::Problem;

/// Room for the longest value, however escaped.
const SECRET_MAX: ByteSize = ByteSize::mib(1);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSecret {
    /// Any JSON, at most 10,000 characters.
    #[schemars(with = "serde_json::Value")]
    value: Box<RawValue>,
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/secrets",
        Action::ReadSecrets,
        "List the secrets, without their values",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().secrets(ask.account())?)) }),
    )
    .answers::<Vec<SecretInfo>>(200),
    Endpoint::get(
        "/api/account/{account}/secrets/{key}",
        Action::ReadSecretsPlain,
        "Read the value of a secret, which the audit log tells of",
        |ask| Box::pin(show(ask)),
    )
    .answers::<SecretValue>(200),
    Endpoint::put(
        "/api/account/{account}/secrets/{key}",
        Action::ChangeSecrets,
        "Add or replace a secret",
        |ask| Box::pin(put(ask)),
    )
    .takes::<NewSecret>()
    .answers_nothing(204),
    Endpoint::delete(
        "/api/account/{account}/secrets/{key}",
        Action::ChangeSecrets,
        "Delete a secret",
        |ask| Box::pin(delete(ask)),
    )
    .answers_nothing(204),
];

async fn show(ask: Ask<'_>) -> Result<Reply, Problem> {
    let key = ask.path("key").parse::<SecretName>().map_err(bad_input)?;
    let secret = ask.admin().secret(ask.account(), &key).await?;
    Ok(not_stored(ok(&secret)))
}

async fn put(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let key = ask.path("key").parse::<SecretName>().map_err(bad_input)?;
    let NewSecret { value } = ask.json(SECRET_MAX).await?;
    let value = Secret::from_json(value.get()).map_err(bad_input)?;
    ask.admin().put_secret(ask.account(), &key, value).await?;
    Ok(no_content())
}

async fn delete(ask: Ask<'_>) -> Result<Reply, Problem> {
    let key = ask.path("key").parse::<SecretName>().map_err(bad_input)?;
    ask.admin().delete_secret(ask.account(), &key).await?;
    Ok(no_content())
}
