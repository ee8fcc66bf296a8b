//! How are deployments kept, step by step?

use std::str::FromStr;

use rusqlite::{Connection, Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lambdas::{self, Committed, Draft, LambdaRow, by_id, find, save};

/// Deployments kept of one lambda, the live one included.
const DEPLOYMENTS: i64 = 10;

/// Where a deployment is. A step is durable before the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DeploymentState {
    /// It waits for its build, or is being built.
    #[serde(rename = "Build Start")]
    BuildStart,
    /// It was built; the artifact is durable.
    #[serde(rename = "Build Finish")]
    BuildFinish,
    /// It is being loaded.
    #[serde(rename = "Deploy Start")]
    DeployStart,
    /// It is live, or was.
    #[serde(rename = "Deploy Finish")]
    DeployFinish,
    /// It does not build.
    #[serde(rename = "Build Error")]
    BuildError,
    /// It was built, but could not be loaded.
    #[serde(rename = "Deploy Error")]
    DeployError,
}

/// A text that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the state of a deployment")]
pub struct UnknownState(String);

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeploymentRow {
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) version: u64,
    pub(crate) state: DeploymentState,
    /// JSON: why it failed.
    pub(crate) error: Option<String>,
    pub(crate) built: Option<Built>,
    pub(crate) created_at: u64,
    pub(crate) updated_at: u64,
    pub(crate) deployed_at: Option<u64>,
    pub(crate) undeployed_at: Option<u64>,
    pub(crate) created_by: String,
}

/// What a build made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Built {
    pub(crate) digest: String,
    pub(crate) engine: String,
    pub(crate) artifact_bytes: u64,
}

/// What came of the wish to deploy.
pub(crate) enum Begun {
    /// It began.
    Begun(Box<LambdaRow>),
    /// Another deployment of the same lambda is under way.
    Active,
}

impl DeploymentState {
    /// The platform's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BuildStart => "Build Start",
            Self::BuildFinish => "Build Finish",
            Self::DeployStart => "Deploy Start",
            Self::DeployFinish => "Deploy Finish",
            Self::BuildError => "Build Error",
            Self::DeployError => "Deploy Error",
        }
    }

    /// How far it is: later steps have more.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::BuildStart => 0,
            Self::BuildFinish => 1,
            Self::DeployStart => 2,
            Self::DeployFinish | Self::BuildError | Self::DeployError => 3,
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::DeployFinish | Self::BuildError | Self::DeployError
        )
    }
}

impl FromStr for DeploymentState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        [
            Self::BuildStart,
            Self::BuildFinish,
            Self::DeployStart,
            Self::DeployFinish,
            Self::BuildError,
            Self::DeployError,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| UnknownState(text.to_owned()))
    }
}

impl DeploymentRow {
    /// The columns of a deployment, from `first` on, in the order of [`COLUMNS`].
    pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let time = |index: usize| {
            let time = row.get::<_, Option<i64>>(first + index)?;
            Ok::<_, rusqlite::Error>(time.map(i64::cast_unsigned))
        };
        let state: String = row.get(first + 3)?;
        let state = state.parse().map_err(|error: UnknownState| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(first + 3, kind, error.into())
        })?;
        let built = match row.get(first + 5)? {
            None => None,
            Some(digest) => Some(Built {
                digest,
                engine: row.get(first + 6)?,
                artifact_bytes: time(7)?.unwrap_or_default(),
            }),
        };
        Ok(Self {
            id: row.get(first)?,
            uuid: row.get(first + 1)?,
            version: time(2)?.unwrap_or_default(),
            state,
            error: row.get(first + 4)?,
            built,
            created_at: time(8)?.unwrap_or_default(),
            updated_at: time(9)?.unwrap_or_default(),
            deployed_at: time(10)?,
            undeployed_at: time(11)?,
            created_by: row.get(first + 12)?,
        })
    }
}

/// What [`DeploymentRow::read`] reads.
const COLUMNS: &str = "deployments.id, deployments.uuid, deployments.version, state, error, digest,
     engine, artifact_bytes, deployments.created_at, deployments.updated_at, deployed_at,
     undeployed_at, deployments.created_by";

/// Begins a deployment of the version that was saved last.
pub(crate) fn begin(
    tx: &Connection,
    lambda: i64,
    uuid: &str,
    by: &str,
    at: u64,
) -> rusqlite::Result<Begun> {
    let row = by_id(tx, lambda)?;
    if is_active(&row) {
        return Ok(Begun::Active);
    }
    insert(tx, lambda, row.version, uuid, by, at)?;
    Ok(Begun::Begun(by_id(tx, lambda)?.into()))
}

/// How many other lambdas of the account are deployed, or on their way.
pub(crate) fn count_deployed(tx: &Connection, account: i64, but: &str) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM lambdas WHERE account = ?1 AND uuid <> ?2 AND (
                   live IS NOT NULL OR EXISTS (
                       SELECT 1 FROM deployments WHERE lambda = lambdas.id AND state IN
                           ('Build Start', 'Build Finish', 'Deploy Start')))";
    let count: i64 = tx.query_row(sql, params![account, but], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Whether a deployment or an undeployment of the lambda is under way.
pub(crate) fn is_active(row: &LambdaRow) -> bool {
    row.marked || row.last.as_ref().is_some_and(|last| !last.state.is_final())
}

fn insert(
    tx: &Connection,
    lambda: i64,
    version: u64,
    uuid: &str,
    by: &str,
    at: u64,
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO deployments
                 (lambda, version, uuid, state, created_at, updated_at, created_by)
               VALUES (?1, ?2, ?3, 'Build Start', ?4, ?4, ?5)";
    tx.execute(sql, params![lambda, version as i64, uuid, at as i64, by])?;
    Ok(tx.last_insert_rowid())
}

/// Notes that a deployment was built.
pub(crate) fn note_built(tx: &Connection, id: i64, built: &Built, at: u64) -> rusqlite::Result<()> {
    let sql = "UPDATE deployments
               SET state = 'Build Finish', digest = ?2, engine = ?3, artifact_bytes = ?4,
                   updated_at = ?5
               WHERE id = ?1";
    let Built {
        digest,
        engine,
        artifact_bytes,
    } = built;
    let bytes = *artifact_bytes as i64;
    tx.execute(sql, params![id, digest, engine, bytes, at as i64])
        .map(drop)
}

/// Notes the step that a deployment is at.
pub(crate) fn note_state(
    tx: &Connection,
    id: i64,
    state: DeploymentState,
    error: Option<&str>,
    at: u64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE deployments SET state = ?2, error = ?3, updated_at = ?4 WHERE id = ?1";
    tx.execute(sql, params![id, state.as_str(), error, at as i64])
        .map(drop)
}

/// Makes a deployment that was built the live one of its lambda.
pub(crate) fn make_live(
    tx: &Connection,
    lambda: i64,
    id: i64,
    at: u64,
) -> rusqlite::Result<LambdaRow> {
    let sql = "UPDATE deployments SET undeployed_at = ?2
               WHERE id = (SELECT live FROM lambdas WHERE id = ?1)";
    tx.execute(sql, params![lambda, at as i64])?;
    let sql = "UPDATE deployments
               SET state = 'Deploy Finish', error = NULL, updated_at = ?2, deployed_at = ?2
               WHERE id = ?1";
    tx.execute(sql, params![id, at as i64])?;
    let sql = "UPDATE lambdas SET live = ?2, marked = 0 WHERE id = ?1";
    tx.execute(sql, params![lambda, id])?;
    prune(tx, lambda)?;
    by_id(tx, lambda)
}

/// Saves a version and makes a finished build of it live, in one step.
pub(crate) fn deploy(
    tx: &Connection,
    draft: &Draft,
    uuid: &str,
    built: &Built,
) -> rusqlite::Result<Committed> {
    if find(tx, draft.account, &draft.name)?.is_some_and(|row| is_active(&row)) {
        return Ok(Committed::Active);
    }
    let row = match save(tx, draft)? {
        Committed::Done(row) => row,
        other => return Ok(other),
    };
    let id = insert(tx, row.id, row.version, uuid, &draft.by, draft.at)?;
    note_built(tx, id, built, draft.at)?;
    let row = make_live(tx, row.id, id, draft.at)?;
    Ok(Committed::Done(row.into()))
}

/// Makes what an earlier deployment built live again, as a deployment of its own.
pub(crate) fn roll_back(
    tx: &Connection,
    lambda: i64,
    (version, built): (u64, &Built),
    uuid: &str,
    by: &str,
    at: u64,
) -> rusqlite::Result<Begun> {
    if is_active(&by_id(tx, lambda)?) {
        return Ok(Begun::Active);
    }
    let id = insert(tx, lambda, version, uuid, by, at)?;
    note_built(tx, id, built, at)?;
    Ok(Begun::Begun(make_live(tx, lambda, id, at)?.into()))
}

/// Marks a lambda to be undeployed. It is not invoked any more from when this is published.
pub(crate) fn mark(tx: &Connection, lambda: i64) -> rusqlite::Result<Begun> {
    if is_active(&by_id(tx, lambda)?) {
        return Ok(Begun::Active);
    }
    tx.execute("UPDATE lambdas SET marked = 1 WHERE id = ?1", [lambda])?;
    Ok(Begun::Begun(by_id(tx, lambda)?.into()))
}

/// Undeploys a lambda.
pub(crate) fn undeploy(tx: &Connection, lambda: i64, at: u64) -> rusqlite::Result<LambdaRow> {
    let sql = "UPDATE deployments SET undeployed_at = ?2
               WHERE id = (SELECT live FROM lambdas WHERE id = ?1)";
    tx.execute(sql, params![lambda, at as i64])?;
    let sql = "UPDATE lambdas SET live = NULL, marked = 0 WHERE id = ?1";
    tx.execute(sql, [lambda])?;
    by_id(tx, lambda)
}

/// Deletes old deployments, but not the live one.
fn prune(tx: &Connection, lambda: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM deployments
               WHERE lambda = ?1
                 AND id NOT IN (SELECT id FROM deployments WHERE lambda = ?1
                                ORDER BY id DESC LIMIT ?2)
                 AND id IS NOT (SELECT live FROM lambdas WHERE id = ?1)";
    tx.execute(sql, params![lambda, DEPLOYMENTS])?;
    lambdas::prune(tx, lambda)
}

/// Notes that a live deployment was built anew.
pub(crate) fn rebuilt(tx: &Connection, id: i64, built: &Built) -> rusqlite::Result<()> {
    let sql = "UPDATE deployments SET digest = ?2, engine = ?3, artifact_bytes = ?4 WHERE id = ?1";
    let Built {
        digest,
        engine,
        artifact_bytes,
    } = built;
    tx.execute(sql, params![id, digest, engine, *artifact_bytes as i64])
        .map(drop)
}

/// The deployments of a lambda, the latest first.
pub(crate) fn deployments(
    connection: &Connection,
    lambda: i64,
) -> rusqlite::Result<Vec<DeploymentRow>> {
    let sql = format!("SELECT {COLUMNS} FROM deployments WHERE lambda = ?1 ORDER BY id DESC");
    let mut statement = connection.prepare(&sql)?;
    statement
        .query_map([lambda], |row| DeploymentRow::read(row, 0))?
        .collect()
}

/// The digests of all artifacts that a deployment, live or kept, stands on.
pub(crate) fn digests_in_use(
    connection: &Connection,
) -> rusqlite::Result<std::collections::HashSet<String>> {
    let sql = "SELECT DISTINCT digest FROM deployments WHERE digest IS NOT NULL";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The digests that the deployments of one lambda stand on.
pub(crate) fn digests_of(
    tx: &Connection,
    account: i64,
    name: &str,
) -> rusqlite::Result<Vec<String>> {
    let mut statement = tx.prepare_cached(
        "SELECT DISTINCT digest FROM deployments
         JOIN lambdas ON lambdas.id = deployments.lambda
         WHERE account = ?1 AND name = ?2 AND digest IS NOT NULL",
    )?;
    statement
        .query_map(params![account, name], |row| row.get(0))?
        .collect()
}

/// Those of these digests that no deployment stands on any more.
pub(crate) fn unused(tx: &Connection, digests: Vec<String>) -> rusqlite::Result<Vec<String>> {
    let mut statement = tx.prepare_cached("SELECT 1 FROM deployments WHERE digest = ?1")?;
    let mut unused = Vec::new();
    for digest in digests {
        if !statement.exists([&digest])? {
            unused.push(digest);
        }
    }
    Ok(unused)
}
