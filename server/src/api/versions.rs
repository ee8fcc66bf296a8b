//! How are versions and deployments looked at and brought back over HTTP?

use super::{Ask, Endpoint, Parameter};
use crate::admin::{
    BundleShape, Comparison, DeploymentInfo, LambdaInfo, VersionDetail, VersionInfo,
};
use crate::auth::Action;
use crate::reply::{Reply, ok};
use crate::status::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/lambdas/{lambda}/versions",
        Action::ReadLambdas,
        "List the versions of a lambda that are kept",
        |ask| Box::pin(versions(ask)),
    )
    .answers::<Vec<VersionInfo>>(200),
    Endpoint::get(
        "/api/account/{account}/lambdas/{lambda}/versions/{version}",
        Action::ReadLambdas,
        "Read one version, with its code",
        |ask| Box::pin(version(ask)),
    )
    .answers::<VersionDetail>(200),
    Endpoint::get(
        "/api/account/{account}/lambdas/{lambda}/versions/{version}/bundle",
        Action::ReadLambdas,
        "Read what a version was bundled to, with all that its code imports",
        |ask| Box::pin(bundle(ask)),
    )
    .answers::<BundleShape>(200),
    Endpoint::get(
        "/api/account/{account}/lambdas/{lambda}/compare",
        Action::ReadLambdas,
        "Compare two versions",
        |ask| Box::pin(compare(ask)),
    )
    .query(&[
        Parameter::number("from", "the version to compare from").required(),
        Parameter::number("to", "the version to compare to").required(),
    ])
    .answers::<Comparison>(200),
    Endpoint::post(
        "/api/account/{account}/lambdas/{lambda}/versions/{version}/restore",
        Action::ChangeLambdas,
        "Save what a version was as a new one; what is live stays live",
        |ask| Box::pin(restore(ask)),
    )
    .answers::<LambdaInfo>(200)
    .fails(&[409, 422, 429]),
    Endpoint::post(
        "/api/account/{account}/lambdas/{lambda}/versions/{version}/rollback",
        Action::DeployLambdas,
        "Make a version that was built live again, without a build unless it was for another engine",
        |ask| Box::pin(roll_back(ask)),
    )
    .answers::<DeploymentInfo>(200)
    .fails(&[409, 422, 429]),
    Endpoint::get(
        "/api/account/{account}/lambdas/{lambda}/deployments",
        Action::ReadLambdas,
        "List the deployments of a lambda that are kept, the latest first",
        |ask| Box::pin(history(ask)),
    )
    .answers::<Vec<DeploymentInfo>>(200),
];

async fn versions(ask: Ask<'_>) -> Result<Reply, Problem> {
    let (account, lambda) = (ask.account(), ask.path("lambda"));
    Ok(ok(&ask.admin().versions(account, lambda).await?))
}

async fn version(ask: Ask<'_>) -> Result<Reply, Problem> {
    let version = ask.path_as("version")?;
    let (account, lambda) = (ask.account(), ask.path("lambda"));
    Ok(ok(&ask.admin().version(account, lambda, version).await?))
}

async fn bundle(ask: Ask<'_>) -> Result<Reply, Problem> {
    let version = ask.path_as("version")?;
    let (account, lambda) = (ask.account(), ask.path("lambda"));
    Ok(ok(&ask.admin().bundle(account, lambda, version).await?))
}

async fn compare(ask: Ask<'_>) -> Result<Reply, Problem> {
    let missing = || Problem::BadInput("the query needs from and to".to_owned());
    let from = ask.query_as("from")?.ok_or_else(missing)?;
    let to = ask.query_as("to")?.ok_or_else(missing)?;
    let (account, lambda) = (ask.account(), ask.path("lambda"));
    Ok(ok(&ask
        .admin()
        .compare(account, lambda, (from, to))
        .await?))
}

async fn restore(ask: Ask<'_>) -> Result<Reply, Problem> {
    let version = ask.path_as("version")?;
    let (account, lambda) = (ask.account(), ask.path("lambda"));
    Ok(ok(&ask.admin().restore(account, lambda, version).await?))
}

async fn roll_back(ask: Ask<'_>) -> Result<Reply, Problem> {
    let version = ask.path_as("version")?;
    let (account, lambda) = (ask.account(), ask.path("lambda"));
    Ok(ok(&ask.admin().roll_back(account, lambda, version).await?))
}

async fn history(ask: Ask<'_>) -> Result<Reply, Problem> {
    let (account, lambda) = (ask.account(), ask.path("lambda"));
    Ok(ok(&ask.admin().deployments_of(account, lambda).await?))
}
