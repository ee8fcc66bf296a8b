//! How are lambdas, their versions and their deployments kept?

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use sandglass_runtime::artifact::Bundle;

/// Versions and deployments kept of one lambda, the live one included. The platform keeps ten.
const HISTORY: i64 = 10;

/// A lambda with its live deployment.
#[derive(Debug, Clone)]
pub(crate) struct LambdaRow {
    pub(crate) id: i64,
    pub(crate) account: i64,
    pub(crate) uuid: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) created_at: u64,
    pub(crate) updated_at: u64,
    pub(crate) version: u64,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) digest: String,
    pub(crate) engine: String,
    pub(crate) deployed_at: u64,
}

/// What a deployment changes.
#[derive(Debug)]
pub(crate) struct NewDeployment {
    pub(crate) account: i64,
    pub(crate) uuid: String,
    pub(crate) name: String,
    /// `None` keeps what the lambda has.
    pub(crate) description: Option<String>,
    /// The version that the build started from, 0 for none: another one is live by now when
    /// somebody else was faster.
    pub(crate) based_on: u64,
    pub(crate) code: Code,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) digest: String,
    pub(crate) engine: String,
    pub(crate) artifact_bytes: u64,
    pub(crate) at: u64,
}

/// What a version was built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) file_name: String,
    pub(crate) text: String,
    pub(crate) bundle: Option<Bundle>,
}

/// What came of it.
pub(crate) enum Committed {
    /// The deployment is live.
    Live(LambdaRow),
    /// Somebody else changed the lambda in the meantime; nothing was changed.
    Overtaken,
}

/// Makes a version and a deployment of a lambda live; makes the lambda when it does not exist.
pub(crate) fn deploy(tx: &Connection, new: &NewDeployment) -> rusqlite::Result<Committed> {
    let found = find(tx, new.account, &new.name)?;
    let current = found
        .as_ref()
        .map_or((new.uuid.as_str(), 0), |row| (&row.uuid, row.version));
    if current != (new.uuid.as_str(), new.based_on) {
        return Ok(Committed::Overtaken);
    }
    let id = match &found {
        Some(row) => {
            let sql = "UPDATE lambdas SET description = coalesce(?2, description), updated_at = ?3
                       WHERE id = ?1";
            tx.execute(sql, params![row.id, new.description, new.at as i64])?;
            row.id
        }
        None => insert_lambda(tx, new)?,
    };
    let version = new.based_on as i64 + 1;
    insert_version(tx, id, version, new)?;
    insert_deployment(tx, id, version, new)?;
    prune(tx, id, version)?;
    let row = find(tx, new.account, &new.name)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Committed::Live(row))
}

fn insert_lambda(tx: &Connection, new: &NewDeployment) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO lambdas (account, uuid, name, description, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    let description = new.description.as_deref().unwrap_or_default();
    tx.execute(
        sql,
        params![new.account, new.uuid, new.name, description, new.at as i64],
    )?;
    Ok(tx.last_insert_rowid())
}

fn insert_version(
    tx: &Connection,
    id: i64,
    version: i64,
    new: &NewDeployment,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO lambda_versions
             (lambda, version, file_name, code, bundle, environment, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let environment = encode(&new.environment);
    let at = new.at as i64;
    let Code {
        file_name,
        text,
        bundle,
    } = &new.code;
    let bundle = bundle.as_ref().map(encode);
    tx.execute(
        sql,
        params![id, version, file_name, text, bundle, environment, at],
    )
    .map(drop)
}

fn insert_deployment(
    tx: &Connection,
    id: i64,
    version: i64,
    new: &NewDeployment,
) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO deployments (lambda, version, digest, engine, artifact_bytes, deployed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (bytes, at) = (new.artifact_bytes as i64, new.at as i64);
    tx.execute(sql, params![id, version, new.digest, new.engine, bytes, at])
        .map(drop)
}

fn prune(tx: &Connection, id: i64, version: i64) -> rusqlite::Result<()> {
    for table in ["lambda_versions", "deployments"] {
        let sql = format!("DELETE FROM {table} WHERE lambda = ?1 AND version <= ?2");
        tx.execute(&sql, params![id, version - HISTORY])?;
    }
    Ok(())
}

/// Notes that a lambda's live version was built anew, with the digest and engine in its row.
pub(crate) fn redeploy(
    tx: &Connection,
    lambda: &LambdaRow,
    artifact_bytes: u64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE deployments SET digest = ?2, engine = ?3, artifact_bytes = ?4
               WHERE id = (SELECT max(id) FROM deployments WHERE lambda = ?1)";
    let LambdaRow {
        id, digest, engine, ..
    } = lambda;
    tx.execute(sql, params![id, digest, engine, artifact_bytes as i64])
        .map(drop)
}

/// Deletes a lambda with its versions and deployments; its journal stays until it expires.
pub(crate) fn delete_lambda(tx: &Connection, id: i64) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM lambdas WHERE id = ?1", [id])
        .map(drop)
}

const SELECT: &str = "
    SELECT lambdas.id, account, uuid, name, description, lambdas.created_at, updated_at,
           deployments.version, environment, digest, engine, deployed_at
    FROM lambdas
    JOIN deployments
      ON deployments.id = (SELECT max(id) FROM deployments WHERE lambda = lambdas.id)
    JOIN lambda_versions
      ON lambda_versions.lambda = lambdas.id AND lambda_versions.version = deployments.version";

fn read(row: &Row<'_>) -> rusqlite::Result<LambdaRow> {
    let time = |index: usize| row.get::<_, i64>(index).map(i64::cast_unsigned);
    Ok(LambdaRow {
        id: row.get(0)?,
        account: row.get(1)?,
        uuid: row.get(2)?,
        name: row.get(3)?,
        description: row.get(4)?,
        created_at: time(5)?,
        updated_at: time(6)?,
        version: time(7)?,
        environment: decode(row.get_ref(8)?.as_str()?),
        digest: row.get(9)?,
        engine: row.get(10)?,
        deployed_at: time(11)?,
    })
}

fn find(tx: &Connection, account: i64, name: &str) -> rusqlite::Result<Option<LambdaRow>> {
    let sql = format!("{SELECT} WHERE account = ?1 AND name = ?2");
    tx.query_row(&sql, params![account, name], read).optional()
}

/// Every lambda with its live deployment.
pub(crate) fn lambdas(connection: &Connection) -> rusqlite::Result<Vec<LambdaRow>> {
    connection.prepare(SELECT)?.query_map([], read)?.collect()
}

/// The code of one version.
pub(crate) fn source_of(
    connection: &Connection,
    lambda: i64,
    version: u64,
) -> rusqlite::Result<Code> {
    let sql = "SELECT file_name, code, bundle FROM lambda_versions
               WHERE lambda = ?1 AND version = ?2";
    connection.query_row(sql, params![lambda, version as i64], |row| {
        let bundle = row.get::<_, Option<String>>(2)?;
        Ok(Code {
            file_name: row.get(0)?,
            text: row.get(1)?,
            bundle: bundle.map(|json| decode(&json)),
        })
    })
}

/// The digests of all artifacts that a deployment, live or kept, stands on.
pub(crate) fn digests_in_use(
    connection: &Connection,
) -> rusqlite::Result<std::collections::HashSet<String>> {
    let mut statement = connection.prepare("SELECT DISTINCT digest FROM deployments")?;
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
         JOIN lambdas ON lambdas.id = deployments.lambda WHERE account = ?1 AND name = ?2",
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

fn encode(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("the keys are strings")
}

fn decode<T: serde::de::DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("written by `encode`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(version: u64, digest: &str) -> NewDeployment {
        NewDeployment {
            account: 1,
            uuid: "u".to_owned(),
            name: "hello".to_owned(),
            description: None,
            based_on: version - 1,
            code: Code {
                file_name: "hello.js".to_owned(),
                text: format!("// {version}"),
                bundle: version.is_multiple_of(2).then(|| Bundle {
                    code: format!("/* {version} */"),
                    map: String::new(),
                    module: true,
                    requires: vec!["crypto".to_owned()],
                }),
            },
            environment: BTreeMap::from([("A".to_owned(), version.to_string())]),
            digest: digest.to_owned(),
            engine: "e".to_owned(),
            artifact_bytes: 5,
            at: version,
        }
    }

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut connection).unwrap();
        connection
            .execute_batch("PRAGMA foreign_keys = ON")
            .unwrap();
        let tx = connection.transaction().unwrap();
        super::super::create_account(&tx, "acc", 1).unwrap();
        tx.commit().unwrap();
        connection
    }

    #[test]
    fn the_latest_deployment_is_the_live_one_and_ten_are_kept() {
        let mut connection = database();
        let tx = connection.transaction().unwrap();
        for version in 1..=15 {
            let committed = deploy(&tx, &new(version, &format!("d{version}"))).unwrap();
            assert!(matches!(committed, Committed::Live(row) if row.version == version));
        }
        let live = &lambdas(&tx).unwrap()[0];
        assert_eq!(
            (live.digest.as_str(), live.environment["A"].as_str()),
            ("d15", "15")
        );
        let digests = digests_in_use(&tx).unwrap();
        assert_eq!(digests.len(), 10);
        assert!(digests.contains("d6") && !digests.contains("d5"));
        assert_eq!(source_of(&tx, live.id, 15).unwrap(), new(15, "d").code);
        assert_eq!(source_of(&tx, live.id, 14).unwrap(), new(14, "d").code);
    }

    #[test]
    fn a_build_that_was_overtaken_changes_nothing() {
        let mut connection = database();
        let tx = connection.transaction().unwrap();
        deploy(&tx, &new(1, "d1")).unwrap();
        assert!(matches!(
            deploy(&tx, &new(1, "other")).unwrap(),
            Committed::Overtaken
        ));
        let stranger = NewDeployment {
            uuid: "v".to_owned(),
            ..new(2, "other")
        };
        assert!(matches!(
            deploy(&tx, &stranger).unwrap(),
            Committed::Overtaken
        ));
        assert_eq!(digests_in_use(&tx).unwrap().len(), 1);
    }

    #[test]
    fn a_deleted_lambda_leaves_nothing_but_its_journal() {
        let mut connection = database();
        let tx = connection.transaction().unwrap();
        let Committed::Live(row) = deploy(&tx, &new(1, "d1")).unwrap() else {
            panic!()
        };
        delete_lambda(&tx, row.id).unwrap();
        assert!(lambdas(&tx).unwrap().is_empty());
        assert!(digests_in_use(&tx).unwrap().is_empty());
    }
}
