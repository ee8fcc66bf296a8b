//! How does the platform's second generation show functions, manifests and deployments (spec 1.4)?

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::v1::RUNTIME;
use crate::admin::{FunctionSize, VersionDetail, info};
use crate::registry::Entry;
use crate::store::{DeploymentRow, DeploymentState, LambdaRow};

/// The version of the shape of a manifest.
const SPEC: &str = "1.0.0";

/// What is said of a function, without its code.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    uuid: String,
    name: String,
    description: String,
    state: &'static str,
    skills: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// `S` to `XXL`, as it was sent: every invocation has the same bounds.
    size: String,
    /// Whether somebody said that its code was written for the first generation; either runs.
    is_comp_v1: bool,
    /// Milliseconds since the Unix epoch.
    created_at: u64,
    created_by: String,
    /// Milliseconds since the Unix epoch.
    updated_at: u64,
    updated_by: String,
    manifest: ManifestId,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_deployment: Option<FunctionDeployment>,
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
pub(super) struct Function {
    #[serde(flatten)]
    pub(super) meta: Meta,
    pub(super) versions: Vec<Manifest>,
}

/// What a function was at some time.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    id: String,
    /// Counts what was saved, from 1.
    version: u64,
    /// What runs it.
    runtime: &'static str,
    /// The version of this shape.
    spec: &'static str,
    code: String,
    /// Always empty: packages are bundled before a function is deployed.
    custom_dependencies: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    /// Milliseconds since the Unix epoch.
    created_at: u64,
    created_by: String,
}

/// A deployment of a function.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionDeployment {
    id: String,
    /// The same.
    uuid: String,
    function_uuid: String,
    function_name: String,
    #[serde(rename = "manifestUUID")]
    manifest_uuid: String,
    manifest_version: u64,
    deployment_state: Progress,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_error: Option<Why>,
    function_size: String,
    /// Milliseconds since the Unix epoch.
    created_at: u64,
    created_by: String,
    /// Milliseconds since the Unix epoch.
    updated_at: u64,
    updated_by: String,
    /// Milliseconds since the Unix epoch, once it was live.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployed_at: Option<u64>,
    /// Milliseconds since the Unix epoch, once it was not live any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    undeployed_at: Option<u64>,
}

/// How far a deployment is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Progress {
    /// It is under way, and nothing of the function is live.
    Deploying,
    /// It is under way, and what was live before still is.
    Redeploying,
    /// It is live, or was.
    Successful,
    /// It does not build, or could not be loaded.
    Failed,
}

/// Why a deployment failed.
#[derive(Serialize, JsonSchema)]
struct Why {
    code: String,
    message: String,
}

/// A function that is to be made. What is not named here is ignored.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewFunction {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) event_id: Option<String>,
    #[serde(default)]
    pub(super) skills: Option<Vec<String>>,
    #[serde(default)]
    pub(super) size: FunctionSize,
    /// Its first code, which may also come later.
    #[serde(default)]
    pub(super) manifest: Option<FirstManifest>,
}

/// The manifest of a function that is to be made. What is not named here is ignored.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct FirstManifest {
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
}

/// What of a function changes without a manifest. What is not named here is ignored.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionChange {
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) skills: Option<Vec<String>>,
    /// Whether its code was written for the first generation. It is kept and given back.
    #[serde(default)]
    pub(super) is_comp_v1: Option<bool>,
}

/// A manifest that is to be saved. What is not named here is ignored.
#[derive(Deserialize, JsonSchema)]
pub(super) struct NewManifest {
    /// -1 for whichever is the latest, else the version that the change was made to.
    #[serde(default)]
    pub(super) version: Option<i64>,
    pub(super) code: String,
    #[serde(default)]
    pub(super) environment: Option<BTreeMap<String, String>>,
}

impl Meta {
    pub(super) fn of(entry: &Entry) -> Self {
        let info = info(entry);
        Self {
            manifest: ManifestId {
                id: manifest_id(&entry.row, info.version),
                version: info.version,
            },
            last_deployment: FunctionDeployment::last_of(&entry.row),
            uuid: info.uuid,
            name: info.name,
            description: info.description,
            state: info.state.as_str(),
            skills: info.skills,
            event_id: info.event_id,
            size: entry.row.size.clone(),
            is_comp_v1: entry.row.is_comp_v1,
            created_at: info.created_at,
            created_by: info.created_by,
            updated_at: info.updated_at,
            updated_by: info.updated_by,
        }
    }
}

impl Manifest {
    pub(super) fn of(entry: &Entry, version: VersionDetail) -> Self {
        Self {
            id: manifest_id(&entry.row, version.info.version),
            version: version.info.version,
            runtime: RUNTIME,
            spec: SPEC,
            code: version.code,
            custom_dependencies: BTreeMap::new(),
            environment: version.environment,
            created_at: version.info.created_at,
            created_by: version.info.created_by,
        }
    }
}

impl FunctionDeployment {
    /// The deployment of a function that began last.
    fn last_of(lambda: &LambdaRow) -> Option<Self> {
        let row = lambda.last.as_ref()?;
        Some(Self {
            id: row.uuid.clone(),
            uuid: row.uuid.clone(),
            function_uuid: lambda.uuid.clone(),
            function_name: lambda.name.clone(),
            manifest_uuid: manifest_id(lambda, row.version),
            manifest_version: row.version,
            deployment_state: Progress::of(row.state, lambda.live.is_some()),
            deployment_error: Why::of(row),
            function_size: lambda.size.clone(),
            created_at: row.created_at,
            created_by: row.created_by.clone(),
            updated_at: row.updated_at,
            updated_by: row.created_by.clone(),
            deployed_at: row.deployed_at,
            undeployed_at: row.undeployed_at,
        })
    }

    /// The same, unless it is over because the function was undeployed.
    pub(super) fn present(lambda: &LambdaRow) -> Option<Self> {
        Self::last_of(lambda).filter(|last| last.undeployed_at.is_none())
    }
}

impl Progress {
    fn of(state: DeploymentState, live: bool) -> Self {
        match state {
            DeploymentState::DeployFinish => Self::Successful,
            DeploymentState::BuildError | DeploymentState::DeployError => Self::Failed,
            _ if live => Self::Redeploying,
            _ => Self::Deploying,
        }
    }
}

impl Why {
    fn of(row: &DeploymentRow) -> Option<Self> {
        let failure: crate::admin::DeploymentFailure =
            serde_json::from_str(row.error.as_ref()?).ok()?;
        Some(Self {
            code: failure.error_code,
            message: failure.error_msg,
        })
    }
}

/// An id that tells a function's manifests apart.
fn manifest_id(row: &LambdaRow, version: u64) -> String {
    format!("{}-{version}", row.uuid)
}
