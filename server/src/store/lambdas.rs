//! How are lambdas and their versions kept?

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use sandglass_runtime::artifact::Bundle;

use super::deployments::{Built, DeploymentRow};

/// Versions kept of one lambda beside those that a kept deployment stands on. The platform keeps
/// ten.
const VERSIONS: i64 = 10;

/// A lambda with what was saved last, what is live and what was deployed last.
#[derive(Debug, Clone)]
pub(crate) struct LambdaRow {
    pub(crate) id: i64,
    pub(crate) account: i64,
    pub(crate) uuid: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// The event that invokes it, if one does.
    pub(crate) event_id: Option<String>,
    /// The skills for which that event invokes it; none for all.
    pub(crate) skills: Vec<String>,
    /// What a client of the second generation said that it takes: `S` to `XXL`.
    pub(crate) size: String,
    /// Whether such a client said that it was written for the first generation.
    pub(crate) is_comp_v1: bool,
    pub(crate) created_at: u64,
    pub(crate) created_by: String,
    pub(crate) updated_at: u64,
    pub(crate) updated_by: String,
    /// Counts what was saved, from 1.
    pub(crate) version: u64,
    /// The environment of that version.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) live: Option<Live>,
    /// It was asked to be undeployed, and is about to be.
    pub(crate) marked: bool,
    /// The deployment that began last.
    pub(crate) last: Option<DeploymentRow>,
}

/// What of a lambda is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) deployment: i64,
    pub(crate) version: u64,
    pub(crate) digest: String,
    pub(crate) engine: String,
    pub(crate) deployed_at: u64,
}

/// What a save changes.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) account: i64,
    pub(crate) uuid: String,
    pub(crate) name: String,
    /// `None` keeps what the lambda has.
    pub(crate) description: Option<String>,
    /// Of a new lambda; an event is never changed.
    pub(crate) event_id: Option<String>,
    /// `None` keeps what the lambda has.
    pub(crate) skills: Option<Vec<String>>,
    /// Of a new lambda; a size is never changed.
    pub(crate) size: &'static str,
    /// The version that the change was made to, 0 for none: another one is there by now when
    /// somebody else was faster.
    pub(crate) based_on: u64,
    pub(crate) code: Code,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) by: String,
    pub(crate) at: u64,
}

/// What is said of a lambda beside its versions; `None` keeps what the lambda has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Description {
    pub(crate) text: Option<String>,
    pub(crate) skills: Option<Vec<String>>,
    pub(crate) is_comp_v1: Option<bool>,
}

/// What a version was built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) file_name: String,
    pub(crate) text: String,
    pub(crate) bundle: Option<Bundle>,
}

/// One version of a lambda, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionRow {
    pub(crate) version: u64,
    pub(crate) code: Code,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) created_at: u64,
    pub(crate) created_by: String,
    /// What was built of it last, once it was.
    pub(crate) built: Option<Built>,
}

/// What came of a change.
pub(crate) enum Committed {
    /// It is done.
    Done(Box<LambdaRow>),
    /// Somebody else changed the lambda in the meantime; nothing was changed.
    Overtaken,
    /// A deployment of the lambda is under way; nothing was changed.
    Active,
}

/// Saves a version of a lambda; makes the lambda when it does not exist.
pub(crate) fn save(tx: &Connection, draft: &Draft) -> rusqlite::Result<Committed> {
    let found = find(tx, draft.account, &draft.name)?;
    let current = found
        .as_ref()
        .map_or((draft.uuid.as_str(), 0), |row| (&row.uuid, row.version));
    if current != (draft.uuid.as_str(), draft.based_on) {
        return Ok(Committed::Overtaken);
    }
    let id = match &found {
        Some(row) => update_lambda(tx, row.id, draft)?,
        None => insert_lambda(tx, draft)?,
    };
    insert_version(tx, id, draft)?;
    prune(tx, id)?;
    Ok(Committed::Done(by_id(tx, id)?.into()))
}

fn update_lambda(tx: &Connection, id: i64, draft: &Draft) -> rusqlite::Result<i64> {
    let sql = "UPDATE lambdas
               SET description = coalesce(?2, description), skills = coalesce(?3, skills),
                   updated_at = ?4, updated_by = ?5, head = ?6
               WHERE id = ?1";
    let skills = draft.skills.as_ref().map(encode);
    let (at, head) = (draft.at as i64, draft.based_on as i64 + 1);
    tx.execute(
        sql,
        params![id, draft.description, skills, at, draft.by, head],
    )?;
    Ok(id)
}

fn insert_lambda(tx: &Connection, draft: &Draft) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO lambdas (account, uuid, name, description, event_id, skills,
                                    created_at, updated_at, created_by, updated_by, size, head)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?8, ?9, 1)";
    let description = draft.description.as_deref().unwrap_or_default();
    let skills = encode(&draft.skills.as_deref().unwrap_or_default());
    let Draft {
        account,
        uuid,
        name,
        event_id,
        by,
        size,
        ..
    } = draft;
    let at = draft.at as i64;
    tx.execute(
        sql,
        params![
            account,
            uuid,
            name,
            description,
            event_id,
            skills,
            at,
            by,
            size
        ],
    )?;
    Ok(tx.last_insert_rowid())
}

fn insert_version(tx: &Connection, id: i64, draft: &Draft) -> rusqlite::Result<()> {
    let sql = "INSERT INTO lambda_versions
             (lambda, version, file_name, code, bundle, environment, created_at, created_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let environment = encode(&draft.environment);
    let (version, at) = (draft.based_on as i64 + 1, draft.at as i64);
    let Code {
        file_name,
        text,
        bundle,
    } = &draft.code;
    let bundle = bundle.as_ref().map(encode);
    let by = &draft.by;
    tx.execute(
        sql,
        params![id, version, file_name, text, bundle, environment, at, by],
    )
    .map(drop)
}

/// Deletes old versions, but none that a kept deployment stands on.
pub(super) fn prune(tx: &Connection, id: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM lambda_versions
               WHERE lambda = ?1
                 AND version <= (SELECT head FROM lambdas WHERE id = ?1) - ?2
                 AND version NOT IN (SELECT version FROM deployments WHERE lambda = ?1)";
    tx.execute(sql, params![id, VERSIONS]).map(drop)
}

/// Changes what is said of a lambda, without a new version.
pub(crate) fn describe(
    tx: &Connection,
    id: i64,
    said: &Description,
    by: &str,
    at: u64,
) -> rusqlite::Result<LambdaRow> {
    let sql = "UPDATE lambdas
               SET description = coalesce(?2, description), skills = coalesce(?3, skills),
                   is_comp_v1 = coalesce(?4, is_comp_v1), updated_at = ?5, updated_by = ?6
               WHERE id = ?1";
    let Description {
        text,
        skills,
        is_comp_v1,
    } = said;
    let skills = skills.as_ref().map(encode);
    tx.execute(sql, params![id, text, skills, is_comp_v1, at as i64, by])?;
    by_id(tx, id)
}

/// Deletes a lambda with its versions and deployments; its journal stays until it expires.
pub(crate) fn delete_lambda(tx: &Connection, id: i64) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM lambdas WHERE id = ?1", [id])
        .map(drop)
}

const SELECT: &str = "
    SELECT lambdas.id, account, lambdas.uuid, name, description, event_id, skills,
           lambdas.created_at, lambdas.created_by, lambdas.updated_at, lambdas.updated_by,
           head, environment, marked,
           live.id, live.version, live.digest, live.engine, live.deployed_at,
           last.id, last.uuid, last.version, last.state, last.error, last.digest, last.engine,
           last.artifact_bytes, last.created_at, last.updated_at, last.deployed_at,
           last.undeployed_at, last.created_by, last.steps, size, is_comp_v1
    FROM lambdas
    JOIN lambda_versions
      ON lambda_versions.lambda = lambdas.id AND lambda_versions.version = head
    LEFT JOIN deployments AS live ON live.id = lambdas.live
    LEFT JOIN deployments AS last
      ON last.id = (SELECT max(id) FROM deployments WHERE lambda = lambdas.id)";

fn read(row: &Row<'_>) -> rusqlite::Result<LambdaRow> {
    let time = |index: usize| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let live = match row.get::<_, Option<i64>>(14)? {
        None => None,
        Some(deployment) => Some(Live {
            deployment,
            version: time(15)?,
            digest: row.get(16)?,
            engine: row.get(17)?,
            deployed_at: time(18)?,
        }),
    };
    let last = match row.get::<_, Option<i64>>(19)? {
        None => None,
        Some(_) => Some(DeploymentRow::read(row, 19)?),
    };
    Ok(LambdaRow {
        id: row.get(0)?,
        account: row.get(1)?,
        uuid: row.get(2)?,
        name: row.get(3)?,
        description: row.get(4)?,
        event_id: row.get(5)?,
        skills: decode(row.get_ref(6)?.as_str()?),
        created_at: time(7)?,
        created_by: row.get(8)?,
        updated_at: time(9)?,
        updated_by: row.get(10)?,
        version: time(11)?,
        environment: decode(row.get_ref(12)?.as_str()?),
        marked: row.get(13)?,
        live,
        last,
        size: row.get(33)?,
        is_comp_v1: row.get(34)?,
    })
}

/// The event of a lambda, if it exists and has one.
pub(crate) fn event_of(
    tx: &Connection,
    account: i64,
    uuid: &str,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT event_id FROM lambdas WHERE account = ?1 AND uuid = ?2";
    let event = tx.query_row(sql, params![account, uuid], |row| row.get(0));
    Ok(event.optional()?.flatten())
}

/// The skills of each lambda of an event but this one.
pub(crate) fn skills_of_event(
    tx: &Connection,
    account: i64,
    event: &str,
    but: &str,
) -> rusqlite::Result<Vec<Vec<String>>> {
    let sql = "SELECT skills FROM lambdas WHERE account = ?1 AND event_id = ?2 AND uuid <> ?3";
    tx.prepare_cached(sql)?
        .query_map(params![account, event, but], |row| {
            Ok(decode(row.get_ref(0)?.as_str()?))
        })?
        .collect()
}

pub(super) fn find(
    tx: &Connection,
    account: i64,
    name: &str,
) -> rusqlite::Result<Option<LambdaRow>> {
    let sql = format!("{SELECT} WHERE account = ?1 AND name = ?2");
    tx.query_row(&sql, params![account, name], read).optional()
}

/// The lambda of that row.
pub(crate) fn by_id(tx: &Connection, id: i64) -> rusqlite::Result<LambdaRow> {
    tx.query_row(&format!("{SELECT} WHERE lambdas.id = ?1"), [id], read)
}

/// Every lambda.
pub(crate) fn lambdas(connection: &Connection) -> rusqlite::Result<Vec<LambdaRow>> {
    connection.prepare(SELECT)?.query_map([], read)?.collect()
}

const VERSION: &str =
    "SELECT version, file_name, code, bundle, environment, created_at, created_by,
            digest, engine, artifact_bytes
     FROM lambda_versions WHERE lambda = ?1";

fn read_version(row: &Row<'_>) -> rusqlite::Result<VersionRow> {
    let bundle = row.get::<_, Option<String>>(3)?;
    Ok(VersionRow {
        version: row.get::<_, i64>(0)?.cast_unsigned(),
        code: Code {
            file_name: row.get(1)?,
            text: row.get(2)?,
            bundle: bundle.map(|json| decode(&json)),
        },
        environment: decode(row.get_ref(4)?.as_str()?),
        created_at: row.get::<_, i64>(5)?.cast_unsigned(),
        created_by: row.get(6)?,
        built: Built::read(row, 7)?,
    })
}

/// One version of a lambda; `None` when it is not kept.
pub(crate) fn version(
    connection: &Connection,
    lambda: i64,
    version: u64,
) -> rusqlite::Result<Option<VersionRow>> {
    let sql = format!("{VERSION} AND version = ?2");
    connection
        .query_row(&sql, params![lambda, version as i64], read_version)
        .optional()
}

/// The versions of a lambda, the latest first.
pub(crate) fn versions(connection: &Connection, lambda: i64) -> rusqlite::Result<Vec<VersionRow>> {
    let sql = format!("{VERSION} ORDER BY version DESC");
    let mut statement = connection.prepare(&sql)?;
    statement.query_map([lambda], read_version)?.collect()
}

/// The code of what was saved last of every lambda of an account, by the lambda's row.
pub(crate) fn heads(
    connection: &Connection,
    account: i64,
) -> rusqlite::Result<std::collections::HashMap<i64, String>> {
    let sql = "SELECT lambdas.id, code FROM lambdas
               JOIN lambda_versions ON lambda = lambdas.id AND version = head
               WHERE account = ?1";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

pub(super) fn encode(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("the keys are strings")
}

pub(super) fn decode<T: serde::de::DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("written by `encode`")
}

#[cfg(test)]
mod tests;
