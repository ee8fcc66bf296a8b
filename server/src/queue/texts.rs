//! How are the texts of the queue sealed and opened?
//!
//! They come to the database sealed. What a release before had left there unsealed is sealed when the
//! server starts, while it serves.

use std::sync::Arc;

use rusqlite::Connection;

use super::failed;
use crate::app::App;
use crate::secrets::{Part, QueueLabel, QueueSealer};
use crate::store::{self, Claimed, Kept, StoreError, Unsealed};

/// Invocations sealed in one transaction, so that no change waits for long.
const BATCH: u32 = 100;

/// Seals the body of an invocation, by its account's row and its UUID; `None` when the system has no
/// randomness.
pub(crate) fn seal_body(sealer: &QueueSealer, whose: (i64, &str), body: &str) -> Option<Kept> {
    sealer
        .seal(label(whose, Part::Body), body)
        .map(Kept::Sealed)
}

/// The same of an answer.
pub(super) fn seal_answer(sealer: &QueueSealer, whose: (i64, &str), answer: &str) -> Option<Kept> {
    sealer
        .seal(label(whose, Part::Answer), answer)
        .map(Kept::Sealed)
}

/// Opens the body of an invocation; `None` when it was sealed with another key, or was changed.
pub(super) fn open_body(sealer: &QueueSealer, row: &Claimed) -> Option<String> {
    open(
        sealer,
        label((row.account, &row.uuid), Part::Body),
        &row.body,
    )
}

/// The same of an answer.
pub(crate) fn open_answer(
    sealer: &QueueSealer,
    whose: (i64, &str),
    answer: &Kept,
) -> Option<String> {
    open(sealer, label(whose, Part::Answer), answer)
}

fn open(sealer: &QueueSealer, label: QueueLabel<'_>, text: &Kept) -> Option<String> {
    match text {
        Kept::Sealed(sealed) => sealer.open(label, sealed),
        Kept::Plain(text) => Some(text.clone()),
    }
}

fn label((account, uuid): (i64, &str), part: Part) -> QueueLabel<'_> {
    QueueLabel {
        account,
        uuid,
        part,
    }
}

/// Seals what a release before had left unsealed.
pub(super) async fn seal_all(app: &App) -> Result<(), StoreError> {
    let (mut after, mut sealed) = (0, 0);
    loop {
        let sealer = Arc::clone(app.admin.parts().vault.queue());
        let rows =
            move |tx: &Connection| seal_batch(tx, &sealer, after).map_err(failed("seal the queue"));
        let store = &app.admin.parts().store;
        let (count, last) = store.transact("seal the queue", rows, |done| done).await?;
        sealed += count;
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    if sealed > 0 {
        app.admin.parts().store.settle()?;
        tracing::info!(invocations = sealed, "what waited unsealed is sealed now");
    }
    Ok(())
}

/// How many were sealed, and the last one unless there are no more.
fn seal_batch(
    tx: &Connection,
    sealer: &QueueSealer,
    after: i64,
) -> rusqlite::Result<(usize, Option<i64>)> {
    let found = store::unsealed(tx, after, BATCH)?;
    if found.is_empty() {
        return Ok((0, None));
    }
    // What is replaced is overwritten, in this transaction and those after it until it is reset.
    tx.pragma_update(None, "secure_delete", true)?;
    let mut sealed = 0;
    for row in &found {
        let Unsealed {
            id,
            uuid,
            account,
            body,
            answer,
        } = row;
        let seal = |part, text: &Option<String>| match text {
            Some(text) => sealer.seal(label((*account, uuid), part), text).map(Some),
            None => Some(None),
        };
        // Without randomness it stays as it is, and is readable.
        if let (Some(body), Some(answer)) = (seal(Part::Body, body), seal(Part::Answer, answer)) {
            store::put_sealed(tx, *id, (body, answer))?;
            sealed += 1;
        }
    }
    tx.pragma_update(None, "secure_delete", false)?;
    Ok((sealed, found.last().map(|row| row.id)))
}
