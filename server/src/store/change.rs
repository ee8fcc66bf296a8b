//! How does a change get into the database, whole and durable?

use std::sync::mpsc::Receiver;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::{StoreError, Work};

/// Changes that share one transaction at most, so that the first one does not wait for long.
const BATCH_MAX: usize = 64;

/// Something to be done on the writer's thread.
pub(crate) trait Change: Send {
    /// Changes the rows; whether they are to be kept.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Publishes the change and answers its caller. `failure` says why nothing was committed.
    fn finish(self: Box<Self>, failure: Option<&rusqlite::Error>);
}

/// A change, what is to be published, and who waits for it.
pub(super) struct Pending<T, E, R, F, P> {
    pub(super) change: &'static str,
    pub(super) rows: Option<F>,
    pub(super) publish: P,
    pub(super) result: Option<Result<T, E>>,
    pub(super) reply: oneshot::Sender<Result<R, E>>,
}

impl<T, E, R, F, P> Change for Pending<T, E, R, F, P>
where
    T: Send,
    E: From<StoreError> + Send,
    R: Send,
    F: FnOnce(&Connection) -> Result<T, E> + Send,
    P: FnOnce(T) -> R + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        self.result = self.rows.take().map(|rows| rows(connection));
        matches!(self.result, Some(Ok(_)))
    }

    fn finish(self: Box<Self>, failure: Option<&rusqlite::Error>) {
        let result = match (self.result, failure) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), None) => Ok((self.publish)(value)),
            (_, Some(error)) => {
                let source = again(error);
                Err(StoreError::Sqlite {
                    change: self.change,
                    source,
                }
                .into())
            }
            (None, None) => Err(StoreError::Closed.into()),
        };
        // A caller that went away changes nothing: what is committed is committed.
        _ = self.reply.send(result);
    }
}

/// Takes the changes that wait already; returns what else came, which is for after them.
pub(super) fn gather(batch: &mut Vec<Box<dyn Change>>, inbox: &Receiver<Work>) -> Option<Work> {
    while batch.len() < BATCH_MAX {
        match inbox.try_recv() {
            Ok(Work::Change(change)) => batch.push(change),
            Ok(other) => return Some(other),
            Err(_) => break,
        }
    }
    None
}

/// Commits a batch in one transaction. A change that fails takes back its own rows only.
pub(super) fn commit(connection: &mut Connection, mut batch: Vec<Box<dyn Change>>) {
    let result = run(connection, &mut batch);
    for change in batch {
        change.finish(result.as_ref().err());
    }
}

fn run(connection: &mut Connection, batch: &mut [Box<dyn Change>]) -> rusqlite::Result<()> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for change in batch {
        let savepoint = transaction.savepoint()?;
        if change.run(&savepoint) {
            savepoint.commit()?;
        }
    }
    transaction.commit()
}

/// The same error for everybody who waits.
fn again(error: &rusqlite::Error) -> rusqlite::Error {
    match error.sqlite_error() {
        Some(code) => rusqlite::Error::SqliteFailure(*code, Some(error.to_string())),
        None => rusqlite::Error::InvalidQuery,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = fn(&Connection) -> Result<i64, StoreError>;
    type Answer = oneshot::Receiver<Result<i64, StoreError>>;

    fn pending(rows: Rows) -> (Box<dyn Change>, Answer) {
        let (reply, answer) = oneshot::channel();
        let publish = |value| value * 10;
        (
            Box::new(Pending {
                change: "test",
                rows: Some(rows),
                publish,
                result: None,
                reply,
            }),
            answer,
        )
    }

    fn insert(connection: &Connection, value: i64) -> i64 {
        connection
            .execute("INSERT INTO t VALUES (?1)", [value])
            .unwrap();
        value
    }

    #[test]
    fn in_a_batch_only_the_change_that_fails_is_taken_back() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (v INTEGER)")
            .unwrap();
        let (one, mut answer_one) = pending(|tx| Ok(insert(tx, 1)));
        let (two, mut answer_two) = pending(|tx| {
            insert(tx, 2);
            Err(StoreError::Busy)
        });
        let (three, mut answer_three) = pending(|tx| Ok(insert(tx, 3)));
        commit(&mut connection, vec![one, two, three]);
        assert_eq!(answer_one.try_recv().unwrap().unwrap(), 10);
        assert!(matches!(
            answer_two.try_recv().unwrap(),
            Err(StoreError::Busy)
        ));
        assert_eq!(answer_three.try_recv().unwrap().unwrap(), 30);
        let sum = "SELECT sum(v) FROM t";
        let sum: i64 = connection.query_row(sum, [], |row| row.get(0)).unwrap();
        assert_eq!(sum, 4);
    }

    #[test]
    fn when_the_commit_fails_everybody_hears_of_it_and_nothing_is_published() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "PRAGMA foreign_keys = ON; CREATE TABLE p (id INTEGER PRIMARY KEY);
                 CREATE TABLE t (v INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
            )
            .unwrap();
        let (one, mut answer_one) = pending(|tx| Ok(insert(tx, 1)));
        let (two, mut answer_two) = pending(|_| Ok(2));
        commit(&mut connection, vec![one, two]);
        for answer in [&mut answer_one, &mut answer_two] {
            assert!(matches!(
                answer.try_recv().unwrap(),
                Err(StoreError::Sqlite { .. })
            ));
        }
    }
}
