//! How are deployments kept, step by step?
//!
//! What was built is kept with its version, as long as that is kept: a deployment of it may be
//! forgotten long before.

mod artifacts;
mod state;

use rusqlite::{Connection, Row, params};

use super::lambdas::{self, Committed, Draft, LambdaRow, by_id, decode, encode, find, save};

pub(crate) use artifacts::{digests_in_use, leaving};
pub use state::{DeploymentState, DeploymentStep, UnknownState};

/// The columns that came with them. Until then what was built was kept with its deployment only.
pub(super) const KEEP_BUILDS: &str = "
    ALTER TABLE lambda_versions ADD COLUMN digest TEXT;
    ALTER TABLE lambda_versions ADD COLUMN engine TEXT;
    ALTER TABLE lambda_versions ADD COLUMN artifact_bytes INTEGER;
    CREATE INDEX lambda_versions_by_digest ON lambda_versions (digest) WHERE digest IS NOT NULL;
    UPDATE lambda_versions SET (digest, engine, artifact_bytes) =
        (SELECT built.digest, built.engine, built.artifact_bytes FROM deployments AS built
         WHERE built.lambda = lambda_versions.lambda AND built.version = lambda_versions.version
           AND built.digest IS NOT NULL
         ORDER BY built.id DESC LIMIT 1);
    ALTER TABLE deployments ADD COLUMN steps TEXT NOT NULL DEFAULT '[]';
    UPDATE deployments SET steps = json_array(json_object('state', 'Build Start', 'at', created_at));
    UPDATE deployments
        SET steps = json_insert(steps, '$[#]', json_object('state', state, 'at', updated_at))
        WHERE state <> 'Build Start';
    ALTER TABLE lambdas ADD COLUMN size TEXT NOT NULL DEFAULT 'S';
    ALTER TABLE lambdas ADD COLUMN is_comp_v1 INTEGER NOT NULL DEFAULT 0;
";

/// Deployments kept of one lambda, the live one included.
const DEPLOYMENTS: i64 = 10;

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeploymentRow {
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) version: u64,
    pub(crate) state: DeploymentState,
    /// The steps that it has reached, the first one first.
    pub(crate) steps: Vec<DeploymentStep>,
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
    /// It began, with the lambda as it is now.
    Row(Box<LambdaRow>),
    /// Another deployment of the same lambda is under way.
    Active,
    /// The version that was wished for is not kept any more.
    Gone(u64),
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
        let built = Built::read(row, first + 5)?;
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
            steps: decode(row.get_ref(first + 13)?.as_str()?),
        })
    }
}

impl Built {
    /// The columns `digest`, `engine` and `artifact_bytes`, from `first` on.
    pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Self>> {
        let Some(digest) = row.get(first)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            digest,
            engine: row.get(first + 1)?,
            artifact_bytes: row.get::<_, i64>(first + 2)?.cast_unsigned(),
        }))
    }
}

/// What [`DeploymentRow::read`] reads.
const COLUMNS: &str = "deployments.id, deployments.uuid, deployments.version, state, error, digest,
     engine, artifact_bytes, deployments.created_at, deployments.updated_at, deployed_at,
     undeployed_at, deployments.created_by, steps";

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
    let steps = [DeploymentState::BuildStart.at(at)];
    insert(tx, (lambda, row.version), uuid, by, &steps)?;
    Ok(Begun::Row(by_id(tx, lambda)?.into()))
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

/// Adds a deployment that has reached these steps.
fn insert(
    tx: &Connection,
    (lambda, version): (i64, u64),
    uuid: &str,
    by: &str,
    steps: &[DeploymentStep],
) -> rusqlite::Result<i64> {
    let (first, last) = match steps {
        [first, .., last] => (first, last),
        [only] => (only, only),
        [] => unreachable!("a deployment begins with a step"),
    };
    let sql = "INSERT INTO deployments
                 (lambda, version, uuid, state, steps, created_at, updated_at, created_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (state, steps) = (last.state.as_str(), encode(&steps));
    let (first, last) = (first.at as i64, last.at as i64);
    let version = version as i64;
    tx.execute(
        sql,
        params![lambda, version, uuid, state, steps, first, last, by],
    )?;
    Ok(tx.last_insert_rowid())
}

/// Notes that a deployment was built.
pub(crate) fn note_built(tx: &Connection, id: i64, built: &Built, at: u64) -> rusqlite::Result<()> {
    keep_built(tx, id, built)?;
    note_state(tx, id, DeploymentState::BuildFinish, None, at)
}

/// Keeps what was built with a deployment and with its version.
pub(crate) fn keep_built(tx: &Connection, id: i64, built: &Built) -> rusqlite::Result<()> {
    let Built {
        digest,
        engine,
        artifact_bytes,
    } = built;
    let bytes = *artifact_bytes as i64;
    let sql = "UPDATE deployments SET digest = ?2, engine = ?3, artifact_bytes = ?4 WHERE id = ?1";
    tx.execute(sql, params![id, digest, engine, bytes])?;
    let sql = "UPDATE lambda_versions SET digest = ?2, engine = ?3, artifact_bytes = ?4
               WHERE (lambda, version) = (SELECT lambda, version FROM deployments WHERE id = ?1)";
    tx.execute(sql, params![id, digest, engine, bytes])
        .map(drop)
}

/// Notes the step that a deployment has reached.
pub(crate) fn note_state(
    tx: &Connection,
    id: i64,
    state: DeploymentState,
    error: Option<&str>,
    at: u64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE deployments
               SET state = ?2, error = ?3, updated_at = ?4,
                   steps = json_insert(steps, '$[#]', json_object('state', ?2, 'at', ?4))
               WHERE id = ?1";
    tx.execute(sql, params![id, state.as_str(), error, at as i64])
        .map(drop)
}

/// Notes that a deployment which was interrupted begins anew.
pub(crate) fn restart(tx: &Connection, id: i64, at: u64) -> rusqlite::Result<()> {
    tx.execute("UPDATE deployments SET steps = '[]' WHERE id = ?1", [id])?;
    note_state(tx, id, DeploymentState::BuildStart, None, at)
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
    note_state(tx, id, DeploymentState::DeployFinish, None, at)?;
    let sql = "UPDATE deployments SET deployed_at = ?2 WHERE id = ?1";
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
    (built, steps): (&Built, &[DeploymentStep]),
    at: u64,
) -> rusqlite::Result<Committed> {
    if find(tx, draft.account, &draft.name)?.is_some_and(|row| is_active(&row)) {
        return Ok(Committed::Active);
    }
    let row = match save(tx, draft)? {
        Committed::Done(row) => row,
        other => return Ok(other),
    };
    let id = insert(tx, (row.id, row.version), uuid, &draft.by, steps)?;
    keep_built(tx, id, built)?;
    let row = make_live(tx, row.id, id, at)?;
    Ok(Committed::Done(row.into()))
}

/// Makes what was built of a kept version live again, as a deployment of its own.
pub(crate) fn roll_back(
    tx: &Connection,
    (lambda, version): (i64, u64),
    (uuid, by): (&str, &str),
    (built, steps): (&Built, &[DeploymentStep]),
    at: u64,
) -> rusqlite::Result<Begun> {
    if is_active(&by_id(tx, lambda)?) {
        return Ok(Begun::Active);
    }
    if lambdas::version(tx, lambda, version)?.is_none() {
        return Ok(Begun::Gone(version));
    }
    let id = insert(tx, (lambda, version), uuid, by, steps)?;
    keep_built(tx, id, built)?;
    Ok(Begun::Row(make_live(tx, lambda, id, at)?.into()))
}

/// Marks a lambda to be undeployed. It is not invoked any more from when this is published.
pub(crate) fn mark(tx: &Connection, lambda: i64) -> rusqlite::Result<Begun> {
    if is_active(&by_id(tx, lambda)?) {
        return Ok(Begun::Active);
    }
    tx.execute("UPDATE lambdas SET marked = 1 WHERE id = ?1", [lambda])?;
    Ok(Begun::Row(by_id(tx, lambda)?.into()))
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
