//! How do clients of the platform's second generation manage functions (spec 1.4)?
//!
//! A function is a lambda whose code is saved apart, as a manifest. Errors are `{code, message}`.

mod shapes;

use http::StatusCode;
use sandglass_runtime::ByteSize;
use schemars::JsonSchema;

use self::shapes::{
    FirstManifest, Function, FunctionChange, FunctionDeployment, Manifest, Meta, NewFunction,
    NewManifest,
};
use super::elsewhere::shapes::{InvocationBody, Tried};
use super::endpoint::Own;
use super::v1::{Message, Wanted};
use super::{Ask, Endpoint, Parameter};
use crate::admin::{DeploymentInfo, LambdaChange, LambdaInfo, NewLambda, Saved};
use crate::auth::Action;
use crate::invoke;
use crate::registry::Entry;
use crate::reply::{self, Reply, ok};
use crate::status::Problem;
use crate::telemetry::TracePlace;

/// Room for the longest source with its environment, however escaped.
const FUNCTION_MAX: ByteSize = ByteSize::mib(4);
/// What a function does until its first manifest is saved.
const UNWRITTEN: &str = "async function lambda(input) {\n  return null;\n}\n";

/// The last deployments, with and without `v=1`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Deployments {
    First(Vec<DeploymentInfo>),
    Second(Vec<FunctionDeployment>),
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/functions",
        Action::ReadLambdas,
        "List the functions, without their code",
        |ask| Box::pin(list(ask)),
    )
    .query(&[
        Parameter::text("functionName", "only those whose name holds this"),
        Parameter::text("eventId", "only those whose event's id holds this"),
        Parameter::text("state", "only those in this state; may repeat"),
    ])
    .answers::<Vec<Meta>>(200)
    .second_generation(),
    Endpoint::get(
        "/api/account/{account}/functions/count",
        Action::ReadLambdas,
        "Count the functions",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().lambdas(ask.account())?.len())) }),
    )
    .answers::<u64>(200)
    .second_generation(),
    Endpoint::get(
        "/api/account/{account}/deployments/count",
        Action::ReadLambdas,
        "Count the functions that are live",
        |ask| Box::pin(count_live(ask)),
    )
    .answers::<u64>(200)
    .second_generation(),
    Endpoint::get(
        "/api/account/{account}/deployments",
        Action::ReadLambdas,
        "List the last deployment of every function; with v=1 with all steps, the latest first",
        |ask| Box::pin(deployments(ask)),
    )
    .query(&[Parameter::text(
        "v",
        "1 for all steps, and for those that were undeployed",
    )])
    .answers::<Deployments>(200)
    .shared(),
    Endpoint::post(
        "/api/account/{account}/functions",
        Action::ChangeLambdas,
        "Make a function; its code comes with its first manifest",
        |ask| Box::pin(create(ask)),
    )
    .takes::<NewFunction>()
    .answers::<Meta>(201)
    .second_generation()
    .fails(&[409, 422, 429]),
    Endpoint::get(
        "/api/account/{account}/functions/{function}",
        Action::ReadLambdas,
        "Read a function with its manifests, the latest first",
        |ask| Box::pin(read(ask)),
    )
    .answers::<Function>(200)
    .second_generation(),
    Endpoint::put(
        "/api/account/{account}/functions/{function}",
        Action::ChangeLambdas,
        "Change what people read of a function, or its skills",
        |ask| Box::pin(describe(ask)),
    )
    .takes::<FunctionChange>()
    .answers::<Meta>(200)
    .second_generation()
    .fails(&[409]),
    Endpoint::put(
        "/api/account/{account}/functions/{function}/manifest",
        Action::ChangeLambdas,
        "Save the code and the environment of a function",
        |ask| Box::pin(save(ask)),
    )
    .takes::<NewManifest>()
    .answers::<Meta>(200)
    .second_generation()
    .fails(&[409, 422, 429]),
    Endpoint::post(
        "/api/account/{account}/functions/{function}/test",
        Action::Invoke,
        "Invoke what is live of a function by hand: the result and the logs, Debug included",
        |ask| Box::pin(test(ask)),
    )
    .takes::<InvocationBody>()
    .answers::<Tried>(200)
    .second_generation()
    .tells(Own::Invocation)
    .fails(&[429]),
    Endpoint::patch(
        "/api/account/{account}/deployments/{lambda}",
        Action::DeployLambdas,
        "Begin to deploy what was saved last, when something of it is live already",
        |ask| Box::pin(redeploy(ask)),
    )
    .answers::<Message>(202)
    .second_generation()
    .fails(&[409, 429]),
];

async fn list(ask: Ask<'_>) -> Result<Reply, Problem> {
    let wanted = Wanted::of(&ask, "functionName")?;
    let account = ask.admin().known(ask.account())?;
    let entries = account.lambdas().into_iter();
    let entries = entries.filter(|entry| wanted.has(entry));
    let metas = entries.map(|entry| Meta::of(entry));
    Ok(ok(&metas.collect::<Vec<_>>()))
}

async fn deployments(ask: Ask<'_>) -> Result<Reply, Problem> {
    if ask.query("v")?.is_some() {
        return Ok(ok(&ask.admin().deployments(ask.account())?));
    }
    let account = ask.admin().known(ask.account())?;
    let lambdas = account.lambdas().into_iter();
    let present = lambdas.filter_map(|entry| FunctionDeployment::present(&entry.row));
    Ok(ok(&present.collect::<Vec<_>>()))
}

async fn count_live(ask: Ask<'_>) -> Result<Reply, Problem> {
    let lambdas = ask.admin().lambdas(ask.account())?;
    let live = |lambda: &&LambdaInfo| lambda.live_version.is_some();
    Ok(ok(&lambdas.iter().filter(live).count()))
}

async fn create(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let request: NewFunction = ask.json(FUNCTION_MAX).await?;
    let FirstManifest { code, environment } = request.manifest.unwrap_or_default();
    let new = NewLambda {
        name: request.name,
        description: request.description.unwrap_or_default(),
        event_id: request.event_id,
        skills: request.skills.unwrap_or_default(),
        code: code.unwrap_or_else(|| UNWRITTEN.to_owned()),
        file_name: None,
        bundle: None,
        environment,
        size: request.size,
    };
    let made = ask.admin().create_lambda(ask.account(), new).await?;
    let (_, entry) = ask.admin().entry(ask.account(), &made.uuid)?;
    Ok(reply::json(StatusCode::CREATED, &Meta::of(&entry)))
}

async fn read(ask: Ask<'_>) -> Result<Reply, Problem> {
    let (_, entry) = ask.admin().entry(ask.account(), ask.path("function"))?;
    let versions = ask.admin().whole_versions(&entry).await?;
    let versions = versions.into_iter();
    Ok(ok(&Function {
        meta: Meta::of(&entry),
        versions: versions
            .map(|version| Manifest::of(&entry, version))
            .collect(),
    }))
}

async fn describe(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let request: FunctionChange = ask.json(FUNCTION_MAX).await?;
    let (_, entry) = ask.admin().entry(ask.account(), ask.path("function"))?;
    let change = LambdaChange {
        version: entry.row.version,
        description: request.description,
        skills: request.skills,
        is_comp_v1: request.is_comp_v1,
        ..LambdaChange::default()
    };
    changed(&ask, &entry, change).await
}

async fn save(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let request: NewManifest = ask.json(FUNCTION_MAX).await?;
    let (_, entry) = ask.admin().entry(ask.account(), ask.path("function"))?;
    let latest = entry.row.version;
    let change = LambdaChange {
        version: match request.version {
            None | Some(-1) => latest,
            Some(version) => u64::try_from(version).unwrap_or_default(),
        },
        code: Some(request.code),
        environment: request.environment,
        ..LambdaChange::default()
    };
    changed(&ask, &entry, change).await
}

async fn changed(ask: &Ask<'_>, entry: &Entry, change: LambdaChange) -> Result<Reply, Problem> {
    let saved = ask
        .admin()
        .save_lambda(ask.account(), &entry.row.uuid, change);
    match saved.await? {
        Saved::Unchanged(_) => Err(Problem::Unchanged),
        Saved::Saved(info) => {
            let (_, entry) = ask.admin().entry(ask.account(), &info.uuid)?;
            Ok(ok(&Meta::of(&entry)))
        }
    }
}

async fn test(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let body = ask.bytes(ask.app.settings.body_max).await?;
    let (account, function) = (ask.account().as_str(), ask.path("function"));
    let place = ask.traced.map(TracePlace::of_request);
    let call = invoke::Call::by_hand(ask.app, account, function)?.at(place);
    call.run_body(ask.app, body).await
}

async fn redeploy(ask: Ask<'_>) -> Result<Reply, Problem> {
    let lambda = ask.path("lambda");
    if ask
        .admin()
        .lambda(ask.account(), lambda)?
        .live_version
        .is_none()
    {
        let why = "nothing of the function is live: deploy it with POST".to_owned();
        return Err(Problem::Conflict(why));
    }
    ask.admin().start_deployment(ask.account(), lambda).await?;
    let message = "Successfully started redeployment";
    Ok(reply::json(StatusCode::ACCEPTED, &Message { message }))
}
