//! How are lambdas deployed and listed over HTTP?

use std::collections::BTreeMap;

use sandglass_runtime::{ByteSize, engine_packages};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Ask, Endpoint};
use crate::admin::{DeployRequest, Deployed, Redeployed};
use crate::auth::Action;
use crate::reply::{Reply, no_content, ok};
use crate::status::Problem;

/// Room for the longest value of a variable, however escaped.
const VARIABLE_MAX: ByteSize = ByteSize::kib(64);
/// A bundle and its source map, escaped as JSON.
pub(super) const DEPLOY_MAX: ByteSize = ByteSize::mib(48);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewVariable {
    /// At most 200 characters.
    value: String,
}

/// The npm packages that come with the engine.
type Packages = BTreeMap<String, String>;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post(
        "/api/account/{account}/deploy",
        Action::DeployLambdas,
        "Build a lambda and make it live, in one call",
        |ask| Box::pin(deploy(ask)),
    )
    .takes::<DeployRequest>()
    .answers::<Deployed>(200)
    .fails(&[409, 422, 429]),
    Endpoint::delete(
        "/api/account/{account}/lambdas/{lambda}",
        Action::ChangeLambdas,
        "Delete a lambda that is not live, named or by its UUID",
        |ask| Box::pin(delete(ask)),
    )
    .answers_nothing(204)
    .fails(&[409]),
    Endpoint::put(
        "/api/account/{account}/lambdas/{lambda}/environment/{name}",
        Action::ChangeLambdas,
        "Set an environment variable and deploy the lambda with it",
        |ask| Box::pin(set_variable(ask)),
    )
    .takes::<NewVariable>()
    .answers::<Redeployed>(200)
    .fails(&[409, 422, 429]),
    Endpoint::delete(
        "/api/account/{account}/lambdas/{lambda}/environment/{name}",
        Action::ChangeLambdas,
        "Remove an environment variable and deploy the lambda without it",
        |ask| Box::pin(remove_variable(ask)),
    )
    .answers::<Redeployed>(200)
    .fails(&[409, 422, 429]),
    Endpoint::get(
        "/api/account/{account}/packages",
        Action::ReadLambdas,
        "List the npm packages that every lambda has, with their versions",
        |_| Box::pin(async { Ok(ok(&engine_packages())) }),
    )
    .answers::<Packages>(200),
];

async fn deploy(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let request: DeployRequest = ask.json(DEPLOY_MAX).await?;
    Ok(ok(&ask.admin().deploy(ask.account(), request).await?))
}

async fn delete(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin()
        .delete_lambda(ask.account(), ask.path("lambda"))
        .await?;
    Ok(no_content())
}

async fn set_variable(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let NewVariable { value } = ask.json(VARIABLE_MAX).await?;
    let (lambda, name) = (ask.path("lambda"), ask.path("name"));
    let set = ask
        .admin()
        .set_variable(ask.account(), lambda, name, Some(&value));
    Ok(ok(&set.await?))
}

async fn remove_variable(ask: Ask<'_>) -> Result<Reply, Problem> {
    let (lambda, name) = (ask.path("lambda"), ask.path("name"));
    let removed = ask.admin().set_variable(ask.account(), lambda, name, None);
    Ok(ok(&removed.await?))
}
