//! How do clients of the platform's first generation manage lambdas (spec 1.3)?
//!
//! They send `v=1` and the whole lambda each time, and they get arrays where one would do.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::StatusCode;
use sandglass_runtime::artifact::Bundle;
use sandglass_runtime::{ByteSize, engine_packages};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::endpoint::Also;
use super::lambdas::DEPLOY_MAX;
use super::{Ask, Endpoint, Parameter};
use crate::admin::{
    BundleShape, DeploymentFailure, FunctionSize, LambdaChange, LambdaInfo, NewLambda, Saved, info,
    lambda_state, shown,
};
use crate::auth::Action;
use crate::catalog::Sample;
use crate::registry::Entry;
use crate::reply::{self, Reply, ok};
use crate::status::Problem;
use crate::store::DeploymentStep;

/// Room for the longest source with its environment, however escaped.
const LAMBDA_MAX: ByteSize = ByteSize::mib(4);
/// What `process.version` says of the engine's Node.js.
pub(super) const RUNTIME: &str = "Node.js 22";
/// The runtime's id, of which there is one.
const RUNTIME_UUID: &str = "5a6d6c61-7373-4e6f-8465-2e6a73323200";

/// What runs lambdas.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RuntimeInfo {
    uuid: &'static str,
    name: &'static str,
    base_image_name: &'static str,
}

/// A variable of the environment, or a package with its version.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct KeyValue {
    key: String,
    value: String,
}

/// What a lambda is made of.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Implementation {
    code: String,
    /// The packages that every lambda has; ignored when it is sent.
    #[serde(default)]
    #[schemars(with = "Vec<serde_json::Value>")]
    dependencies: serde_json::Value,
    #[serde(default)]
    environment_variables: Vec<KeyValue>,
}

/// A lambda as the platform shows it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LambdaResponse {
    uuid: String,
    name: String,
    description: String,
    /// Counts what was saved, from 1.
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    state: &'static str,
    skills: Vec<String>,
    /// What its event invokes it with; empty when it has none.
    sample_payload: Sample,
    runtime: RuntimeInfo,
    /// Milliseconds since the Unix epoch.
    created_at: u64,
    created_by: String,
    /// Milliseconds since the Unix epoch.
    updated_at: u64,
    updated_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_deployment: Option<LastDeployment>,
    implementation: Implementation,
}

/// The deployment of a lambda that began last.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LastDeployment {
    uuid: String,
    name: String,
    #[serde(rename = "lambdaUUID")]
    lambda_uuid: String,
    lambda_version: u64,
    /// The artifact's digest; empty before it was built.
    image_name: String,
    deployment_state: &'static str,
    /// The steps that it has reached, the first one first.
    steps: Vec<DeploymentStep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_error: Option<DeploymentFailure>,
    created_at: u64,
    created_by: String,
    updated_at: u64,
    updated_by: String,
    /// Milliseconds since the Unix epoch, once it was live.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployed_at: Option<u64>,
}

/// A lambda as a client of the platform sends it. What is not named here is ignored.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LambdaRequest {
    name: String,
    /// -1 for a new one, else the version that the change was made to.
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    event_id: Option<String>,
    #[serde(default)]
    skills: Option<Vec<String>>,
    implementation: Implementation,
    /// Of a new one: the file name that error stacks show; by default `index.js`.
    #[serde(default)]
    file_name: Option<String>,
    /// Of a new one: its code with everything that it imports, when it imports more than the engine has.
    #[serde(default)]
    #[schemars(with = "Option<BundleShape>")]
    bundle: Option<Bundle>,
}

/// A lambda that was changed. Its version may not be left out.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct ChangedLambda {
    #[schemars(flatten)]
    lambda: LambdaRequest,
    /// The version that the change was made to.
    version: i64,
}

/// What was begun.
#[derive(Serialize, JsonSchema)]
pub(super) struct Message {
    pub(super) message: &'static str,
}

/// Which lambdas a list is to have.
pub(super) struct Wanted<'a> {
    /// What their names hold.
    name: Option<Cow<'a, str>>,
    /// What the ids of their events hold.
    event: Option<Cow<'a, str>>,
    /// None for all.
    states: Vec<Cow<'a, str>>,
}

impl<'a> Wanted<'a> {
    /// Reads the filters of a query, in which the name's filter has that name.
    pub(super) fn of(ask: &'a Ask<'_>, name: &str) -> Result<Self, Problem> {
        Ok(Self {
            name: ask.query(name)?,
            event: ask.query("eventId")?,
            states: ask.query_all("state")?,
        })
    }

    pub(super) fn has(&self, entry: &Entry) -> bool {
        let holds = |text: &str, part: &Option<Cow<'_, str>>| {
            part.as_ref().is_none_or(|part| text.contains(&**part))
        };
        let state = lambda_state(entry).as_str();
        let event = entry.row.event_id.as_deref().unwrap_or_default();
        holds(&entry.row.name, &self.name)
            && holds(event, &self.event)
            && (self.states.is_empty() || self.states.iter().any(|wanted| *wanted == state))
    }
}

const V: Parameter = Parameter::text("v", "1");
const USER: Parameter = Parameter::text("userId", "the user, as in the token");

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/lambdas",
        Action::ReadLambdas,
        "List the lambdas; with v=1 as the platform shows them, with their code",
        |ask| Box::pin(list(ask)),
    )
    .query(&[
        V,
        USER,
        Parameter::text("name", "only those whose name holds this"),
        Parameter::text("eventId", "only those whose event's id holds this"),
        Parameter::text("state", "only those in this state; may repeat"),
    ])
    .answers::<Listed>(200)
    .compatible(),
    Endpoint::post(
        "/api/account/{account}/lambdas",
        Action::ChangeLambdas,
        "Make a lambda, as a draft",
        |ask| Box::pin(create(ask)),
    )
    .query(&[V, USER])
    .takes::<LambdaRequest>()
    .answers::<LambdaResponse>(201)
    .compatible()
    .fails(&[409, 422, 429]),
    Endpoint::get(
        "/api/account/{account}/lambdas/{lambda}",
        Action::ReadLambdas,
        "Read a lambda, named or by its UUID; with v=1 as an array of one",
        |ask| Box::pin(read(ask)),
    )
    .query(&[V, USER])
    .answers::<One>(200)
    .compatible(),
    Endpoint::put(
        "/api/account/{account}/lambdas/{lambda}",
        Action::ChangeLambdas,
        "Save a change of a lambda; 304 when nothing changed, 409 when somebody else was faster",
        |ask| Box::pin(save(ask)),
    )
    .query(&[V, USER])
    .takes::<ChangedLambda>()
    .answers::<LambdaResponse>(202)
    .also(&[Also::nothing(304, "nothing changed")])
    .compatible()
    .fails(&[409, 422, 429]),
    Endpoint::get(
        "/api/account/{account}/runtimes",
        Action::ReadLambdas,
        "List what runs lambdas",
        |_| Box::pin(async { Ok(ok(&[runtime()])) }),
    )
    .query(&[V, USER])
    .answers::<Vec<RuntimeInfo>>(200)
    .compatible(),
    Endpoint::post(
        "/api/account/{account}/deployments/{lambda}",
        Action::DeployLambdas,
        "Begin to deploy what was saved last of a lambda",
        |ask| Box::pin(deploy(ask)),
    )
    .query(&[V, USER])
    .answers::<Message>(202)
    .shared()
    .fails(&[409, 429]),
    Endpoint::delete(
        "/api/account/{account}/deployments/{lambda}",
        Action::DeployLambdas,
        "Undeploy a lambda",
        |ask| Box::pin(undeploy(ask)),
    )
    .query(&[V, USER])
    .answers::<Message>(202)
    .shared()
    .fails(&[409]),
];

/// What a list has, with and without `v=1`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Listed {
    Ours(Vec<LambdaInfo>),
    Platform(Vec<LambdaResponse>),
}

/// What one lambda is shown as, with and without `v=1`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum One {
    Ours(Box<LambdaResponse>),
    Platform(Vec<LambdaResponse>),
}

async fn list(ask: Ask<'_>) -> Result<Reply, Problem> {
    if ask.query("v")?.is_none() {
        return Ok(ok(&ask.admin().lambdas(ask.account())?));
    }
    let wanted = Wanted::of(&ask, "name")?;
    let (account, mut code) = ask.admin().with_code(ask.account()).await?;
    let lambdas = account.lambdas().into_iter();
    let lambdas = lambdas.filter(|entry| wanted.has(entry));
    let shown =
        lambdas.filter_map(|entry| Some(response(&ask, entry, code.remove(&entry.row.id)?)));
    Ok(ok(&shown.collect::<Vec<_>>()))
}

async fn read(ask: Ask<'_>) -> Result<Reply, Problem> {
    let lambda = one(&ask, ask.path("lambda")).await?;
    Ok(match ask.query("v")? {
        Some(_) => ok(&[lambda]),
        None => ok(&lambda),
    })
}

/// One lambda with its code.
async fn one(ask: &Ask<'_>, lambda: &str) -> Result<LambdaResponse, Problem> {
    let (_, entry) = ask.admin().entry(ask.account(), lambda)?;
    let version = entry.row.version;
    let saved = ask.admin().version(ask.account(), lambda, version).await?;
    Ok(response(ask, &entry, saved.code))
}

async fn create(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let request: LambdaRequest = ask.json(DEPLOY_MAX).await?;
    if let Some(version) = request.version.filter(|version| *version != -1) {
        let why = format!("a new lambda has the version -1, not {version}");
        return Err(Problem::BadInput(why));
    }
    let new = NewLambda {
        name: request.name,
        description: request.description.unwrap_or_default(),
        event_id: request.event_id,
        skills: request.skills.unwrap_or_default(),
        code: request.implementation.code,
        file_name: request.file_name,
        bundle: request.bundle,
        environment: environment(request.implementation.environment_variables)?,
        size: FunctionSize::default(),
    };
    let made = ask.admin().create_lambda(ask.account(), new).await?;
    let lambda = one(&ask, &made.uuid).await?;
    Ok(reply::json(StatusCode::CREATED, &lambda))
}

async fn save(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let request: LambdaRequest = ask.json(LAMBDA_MAX).await?;
    let (_, entry) = ask.admin().entry(ask.account(), ask.path("lambda"))?;
    if request.name != entry.row.name {
        let why = "the name of a lambda cannot be changed: make a new one".to_owned();
        return Err(Problem::BadInput(why));
    }
    let event = request.event_id.filter(|event| !event.is_empty());
    if event.is_some() && event != entry.row.event_id {
        let why = "the event of a lambda cannot be changed: make a new one".to_owned();
        return Err(Problem::BadInput(why));
    }
    let version = request
        .version
        .and_then(|version| u64::try_from(version).ok());
    let needs = || Problem::BadInput("the version that was changed is missing".to_owned());
    let change = LambdaChange {
        version: version.ok_or_else(needs)?,
        description: request.description,
        skills: request.skills,
        code: Some(request.implementation.code),
        environment: Some(environment(request.implementation.environment_variables)?),
        is_comp_v1: None,
    };
    let saved = ask
        .admin()
        .save_lambda(ask.account(), &entry.row.uuid, change);
    match saved.await? {
        Saved::Unchanged(_) => Ok(reply::empty(StatusCode::NOT_MODIFIED)),
        Saved::Saved(info) => {
            let lambda = one(&ask, &info.uuid).await?;
            Ok(reply::json(StatusCode::ACCEPTED, &lambda))
        }
    }
}

async fn deploy(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin()
        .start_deployment(ask.account(), ask.path("lambda"))
        .await?;
    let message = "Successfully started deployment";
    Ok(reply::json(StatusCode::ACCEPTED, &Message { message }))
}

async fn undeploy(ask: Ask<'_>) -> Result<Reply, Problem> {
    ask.admin()
        .undeploy(ask.account(), ask.path("lambda"))
        .await?;
    let message = "Successfully started undeployment";
    Ok(reply::json(StatusCode::ACCEPTED, &Message { message }))
}

/// The variables as a map. The platform's CLI sends one with an empty name when there is none.
fn environment(variables: Vec<KeyValue>) -> Result<BTreeMap<String, String>, Problem> {
    let mut environment = BTreeMap::new();
    for KeyValue { key, value } in variables {
        if key.is_empty() && value.is_empty() {
            continue;
        }
        let twice = format!("the variable {key} is there twice");
        if environment.insert(key, value).is_some() {
            return Err(Problem::BadInput(twice));
        }
    }
    Ok(environment)
}

fn runtime() -> RuntimeInfo {
    RuntimeInfo {
        uuid: RUNTIME_UUID,
        name: RUNTIME,
        base_image_name: "sandglass-quickjs",
    }
}

fn response(ask: &Ask<'_>, entry: &Entry, code: String) -> LambdaResponse {
    let (row, info) = (&entry.row, info(entry));
    let sample_payload = ask.admin().sample_of(row.event_id.as_deref());
    let pair = |(key, value)| KeyValue { key, value };
    let dependencies: Vec<_> = engine_packages().into_iter().map(pair).collect();
    LambdaResponse {
        uuid: info.uuid,
        name: info.name,
        description: info.description,
        version: info.version,
        event_id: info.event_id,
        state: info.state.as_str(),
        skills: info.skills,
        sample_payload,
        runtime: runtime(),
        created_at: info.created_at,
        created_by: info.created_by,
        updated_at: info.updated_at,
        updated_by: info.updated_by,
        last_deployment: row.last.as_ref().map(|last| {
            let last = shown(row, last);
            LastDeployment {
                name: last.lambda_name,
                uuid: last.uuid,
                lambda_uuid: last.lambda_uuid,
                lambda_version: last.lambda_version,
                image_name: last.digest.unwrap_or_default(),
                deployment_state: last.deployment_state.as_str(),
                steps: last.steps,
                deployment_error: last.deployment_error,
                created_at: last.created_at,
                created_by: last.created_by.clone(),
                updated_at: last.updated_at,
                updated_by: last.created_by,
                deployed_at: last.deployed_at,
            }
        }),
        implementation: Implementation {
            code,
            dependencies: serde_json::to_value(dependencies).expect("texts are JSON"),
            environment_variables: info.environment.into_iter().map(pair).collect(),
        },
    }
}
