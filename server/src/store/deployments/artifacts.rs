//! Which artifacts do rows stand on?
//!
//! A kept version stands on what was built of it, so that it can be live again at once, and a kept
//! deployment on what it made live.

use std::collections::HashSet;

use rusqlite::{Connection, params};

/// The digests of all artifacts that a kept version or deployment stands on.
pub(crate) fn digests_in_use(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let sql = "SELECT digest FROM deployments WHERE digest IS NOT NULL
               UNION SELECT digest FROM lambda_versions WHERE digest IS NOT NULL";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Changes a lambda, which need not exist before, and says which artifacts nothing stands on any
/// more: of those that it stood on before, and of those that were made for the change.
pub(crate) fn leaving<T>(
    tx: &Connection,
    uuid: &str,
    made: Option<&str>,
    change: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<(T, Vec<String>)> {
    let mut before = digests_of(tx, uuid)?;
    before.extend(made.map(str::to_owned));
    let changed = change()?;
    Ok((changed, unused(tx, before)?))
}

/// The digests that the versions and the deployments of one lambda stand on.
fn digests_of(tx: &Connection, uuid: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = tx.prepare_cached(
        "WITH found (id) AS (SELECT id FROM lambdas WHERE uuid = ?1)
         SELECT digest FROM deployments
         WHERE lambda = (SELECT id FROM found) AND digest IS NOT NULL
         UNION SELECT digest FROM lambda_versions
         WHERE lambda = (SELECT id FROM found) AND digest IS NOT NULL",
    )?;
    statement
        .query_map(params![uuid], |row| row.get(0))?
        .collect()
}

/// Those of these digests that nothing stands on.
fn unused(tx: &Connection, digests: Vec<String>) -> rusqlite::Result<Vec<String>> {
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM deployments WHERE digest = ?1
         UNION ALL SELECT 1 FROM lambda_versions WHERE digest = ?1",
    )?;
    let mut unused = Vec::new();
    for digest in digests {
        if !statement.exists([&digest])? {
            unused.push(digest);
        }
    }
    Ok(unused)
}
