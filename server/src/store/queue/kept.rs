//! How are the texts of the queue kept?

use rusqlite::{Connection, Row, params};

use crate::secrets::SEAL_BYTES;

/// A text as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    Sealed(Vec<u8>),
    /// By a release that sealed nothing.
    Plain(String),
}

impl Kept {
    /// How long it is when it is open.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Sealed(sealed) => sealed.len().saturating_sub(SEAL_BYTES) as u64,
            Self::Plain(text) => text.len() as u64,
        }
    }

    /// The text, and the sealed text, of which one is there.
    pub(super) fn columns(&self) -> (Option<&str>, Option<&[u8]>) {
        match self {
            Self::Sealed(sealed) => (None, Some(sealed)),
            Self::Plain(text) => (Some(text), None),
        }
    }

    pub(super) fn read(
        row: &Row<'_>,
        (plain, sealed): (usize, usize),
    ) -> rusqlite::Result<Option<Self>> {
        Ok(match row.get(sealed)? {
            Some(sealed) => Some(Self::Sealed(sealed)),
            None => row.get::<_, Option<_>>(plain)?.map(Self::Plain),
        })
    }
}

/// What is not sealed of one invocation.
#[derive(Debug)]
pub(crate) struct Unsealed {
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) account: i64,
    pub(crate) body: Option<String>,
    pub(crate) answer: Option<String>,
}

/// Finds invocations behind `after` of which a release before left something unsealed.
pub(crate) fn unsealed(
    connection: &Connection,
    after: i64,
    most: u32,
) -> rusqlite::Result<Vec<Unsealed>> {
    let sql = "SELECT id, uuid, account, nullif(body, ''), answer FROM queue
               WHERE id > ?1 AND (body <> '' OR answer IS NOT NULL) ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, most], |row| {
        Ok(Unsealed {
            id: row.get(0)?,
            uuid: row.get(1)?,
            account: row.get(2)?,
            body: row.get(3)?,
            answer: row.get(4)?,
        })
    })?;
    rows.collect()
}

/// Puts sealed texts in the place of those that were not. Nothing of those is left in the file.
pub(crate) fn put_sealed(
    tx: &Connection,
    id: i64,
    (body, answer): (Option<Vec<u8>>, Option<Vec<u8>>),
) -> rusqlite::Result<()> {
    let sql = "UPDATE queue SET body = '', sealed_body = coalesce(?2, sealed_body),
                   answer = NULL, sealed_answer = coalesce(?3, sealed_answer)
               WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id, body, answer])?;
    Ok(())
}
