//! How do clients of the platform's second generation manage functions (spec 1.4)?
//!
//! A function is a lambda whose code is saved apart, as a manifest. Errors are `{code, message}`.

use std::collections::BTreeMap;

use http::StatusCode;
use sandglass_runtime::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::elsewhere::shapes::{InvocationBody, Tried};
use super::endpoint::Own;
use super::v1::{Message, Wanted};
use super::{Ask, Endpoint, Parameter};
use crate::admin::{LambdaChange, LambdaInfo, NewLambda, Saved, VersionDetail, info};
use crate::auth::Action;
use crate::invoke;
use crate::registry::Entry;
use crate::reply::{self, Reply, ok};
use crate::status::Problem;

/// Room for the longest source with its environment, however escaped.
const FUNCTION_MAX: ByteSize = ByteSize::mib(4);
/// What a function does until its first manifest is saved.
const UNWRITTEN: &str = "async function lambda(input) {\n  return null;\n}\n";

/// What is said of a function, without its code.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Meta {
    uuid: String,
    name: String,
    description: String,
    state: &'static str,
    skills: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// Always `S`: every invocation has the same bounds.
    size: &'static str,
    /// Milliseconds since the Unix epoch.
    created_at: u64,
    created_by: String,
    /// Milliseconds since the Unix epoch.
    updated_at: u64,
    updated_by: String,
    manifest: ManifestId,
}

/// Which manifest of a function.
#[derive(Serialize, JsonSchema)]
struct ManifestId {
    id: String,
    /// Counts what was saved, from 1.
    version: u64,
}

/// A function with its manifests, the latest first.
#[derive(Serialize, JsonSchema)]
struct Function {
    #[serde(flatten)]
    meta: Meta,
    versions: Vec<Manifest>,
}

/// What a function was at some time.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    id: String,
    /// Counts what was saved, from 1.
    version: u64,
    code: String,
    environment: BTreeMap<String, String>,
    /// Milliseconds since the Unix epoch.
    created_at: u64,
    created_by: String,
}

/// A function that is to be made. What is not named here is ignored.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewFunction {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    event_id: Option<String>,
    #[serde(default)]
    skills: Option<Vec<String>>,
}

/// What of a function changes without a manifest. What is not named here is ignored.
#[derive(Deserialize, JsonSchema)]
struct FunctionChange {
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    skills: Option<Vec<String>>,
}

/// A manifest that is to be saved. What is not named here is ignored.
#[derive(Deserialize, JsonSchema)]
struct NewManifest {
    /// -1 for whichever is the latest, else the version that the change was made to.
    #[serde(default)]
    version: Option<i64>,
    code: String,
    #[serde(default)]
    environment: Option<BTreeMap<String, String>>,
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
    Ok(ok(&entries.map(|entry| meta(entry)).collect::<Vec<_>>()))
}

async fn count_live(ask: Ask<'_>) -> Result<Reply, Problem> {
    let lambdas = ask.admin().lambdas(ask.account())?;
    let live = |lambda: &&LambdaInfo| lambda.live_version.is_some();
    Ok(ok(&lambdas.iter().filter(live).count()))
}

async fn create(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let request: NewFunction = ask.json(FUNCTION_MAX).await?;
    let new = NewLambda {
        name: request.name,
        description: request.description.unwrap_or_default(),
        event_id: request.event_id,
        skills: request.skills.unwrap_or_default(),
        code: UNWRITTEN.to_owned(),
        file_name: None,
        environment: BTreeMap::new(),
    };
    let made = ask.admin().create_lambda(ask.account(), new).await?;
    let (_, entry) = ask.admin().entry(ask.account(), &made.uuid)?;
    Ok(reply::json(StatusCode::CREATED, &meta(&entry)))
}

async fn read(ask: Ask<'_>) -> Result<Reply, Problem> {
    let (_, entry) = ask.admin().entry(ask.account(), ask.path("function"))?;
    let versions = ask.admin().whole_versions(&entry).await?;
    let manifest = |version: VersionDetail| Manifest {
        id: manifest_id(&entry, version.info.version),
        version: version.info.version,
        code: version.code,
        environment: version.environment,
        created_at: version.info.created_at,
        created_by: version.info.created_by,
    };
    Ok(ok(&Function {
        meta: meta(&entry),
        versions: versions.into_iter().map(manifest).collect(),
    }))
}

async fn describe(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let request: FunctionChange = ask.json(FUNCTION_MAX).await?;
    let (_, entry) = ask.admin().entry(ask.account(), ask.path("function"))?;
    let change = LambdaChange {
        version: entry.row.version,
        description: request.description,
        skills: request.skills,
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
            Ok(ok(&meta(&entry)))
        }
    }
}

async fn test(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let body = ask.bytes(ask.app.settings.body_max).await?;
    let (account, function) = (ask.account().as_str(), ask.path("function"));
    let call = invoke::Call::by_hand(ask.app, account, function)?;
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

fn meta(entry: &Entry) -> Meta {
    let info = info(entry);
    Meta {
        manifest: ManifestId {
            id: manifest_id(entry, info.version),
            version: info.version,
        },
        uuid: info.uuid,
        name: info.name,
        description: info.description,
        state: info.state.as_str(),
        skills: info.skills,
        event_id: info.event_id,
        size: "S",
        created_at: info.created_at,
        created_by: info.created_by,
        updated_at: info.updated_at,
        updated_by: info.updated_by,
    }
}

/// An id that tells a function's manifests apart.
fn manifest_id(entry: &Entry, version: u64) -> String {
    format!("{}-{version}", entry.row.uuid)
}
