//! What does the audit log tell, and whom?

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream};
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError};
use crate::audit::{AuditRecord, Head};
use crate::clock::now_ms;
use crate::store::{self, AuditFilter, StoreError};

/// The most rows in one answer.
const LIMIT_MAX: u32 = 500;
const LIMIT: u32 = 100;
/// How far back the activity goes. The platform's newer pages say about two months.
const ACTIVITY: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// Rows that are read at once for an export.
const EXPORT_PAGE: u32 = 500;

/// Which rows of the audit log are wanted.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// The id or the name of who did it.
    pub actor: Option<String>,
    /// An action such as `secret.put`, or a kind of thing such as `secret`.
    pub action: Option<String>,
    /// The id or the name of the thing.
    pub target: Option<String>,
    /// Milliseconds since the Unix epoch, this one included.
    pub from: Option<u64>,
    /// Milliseconds since the Unix epoch, this one excluded.
    pub to: Option<u64>,
    /// Goes on where the last page ended: its `next`.
    pub cursor: Option<u64>,
    /// At most so many, 1 to 500. By default 100.
    pub limit: Option<u32>,
}

/// Rows of the audit log, the latest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct AuditPage {
    /// The rows.
    pub entries: Vec<AuditRecord>,
    /// The cursor of the next page; `None` when there is nothing more.
    pub next: Option<u64>,
}

/// What happened lately, the latest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ActivityPage {
    /// What happened.
    pub entries: Vec<Activity>,
    /// The cursor of the next page; `None` when there is nothing more.
    pub next: Option<u64>,
}

/// Something that happened, in short.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Activity {
    /// The row of the audit log.
    pub id: u64,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// `user`, `service-user`, `app`, `token`, `operator` or `nobody`.
    pub actor_kind: String,
    /// What who did it was called then.
    pub actor: String,
    /// What was done, for instance `lambda.deploy`.
    pub action: String,
    /// The kind of thing that it was done to.
    pub target_kind: String,
    /// The thing's id, where it has one.
    pub target_id: String,
    /// The thing's name then.
    pub target: String,
}

impl Admin {
    /// A page of an account's audit log.
    ///
    /// # Errors
    /// When there is no such account, the query breaks a rule, or the database fails.
    pub async fn audit(
        &self,
        account: &AccountId,
        query: &AuditQuery,
    ) -> Result<AuditPage, ChangeError> {
        let filter = self.audit_filter(account, query)?;
        let (entries, next) = self.audit_rows(filter).await?;
        Ok(AuditPage { entries, next })
    }

    /// A page of what happened in an account in the last 60 days: the audit log without what is about
    /// access, in short. Of the query, only the cursor and the limit count.
    ///
    /// # Errors
    /// When there is no such account, the query breaks a rule, or the database fails.
    pub async fn activity(
        &self,
        account: &AccountId,
        query: &AuditQuery,
    ) -> Result<ActivityPage, ChangeError> {
        let query = AuditQuery {
            cursor: query.cursor,
            limit: query.limit,
            from: Some(now_ms().saturating_sub(ACTIVITY.as_millis() as u64)),
            ..AuditQuery::default()
        };
        let filter = AuditFilter {
            without_access: true,
            ..self.audit_filter(account, &query)?
        };
        let (rows, next) = self.audit_rows(filter).await?;
        let entries = rows.into_iter().map(in_short).collect();
        Ok(ActivityPage { entries, next })
    }

    /// The whole audit log as JSON lines, the earliest row first. Of other accounts' rows there are the
    /// links of the chain alone. The last line says where the log ended when the export began; when
    /// the database fails, it is missing.
    ///
    /// # Errors
    /// When there is no such account, or the database fails before the first line.
    pub(crate) async fn audit_export(
        &self,
        account: &AccountId,
    ) -> Result<impl Stream<Item = Bytes> + Send + use<>, ChangeError> {
        self.known(account)?;
        let export = Export {
            admin: self.clone(),
            account: account.as_str().to_owned(),
            after: 0,
            head: self.read_audit(store::audit_head).await?,
            ended: false,
        };
        Ok(stream::unfold(export, Export::next))
    }

    fn audit_filter(
        &self,
        account: &AccountId,
        query: &AuditQuery,
    ) -> Result<AuditFilter, ChangeError> {
        self.known(account)?;
        let limit = query.limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            let rule = format!("limit is {limit}: ask for 1 to {LIMIT_MAX}");
            return Err(ChangeError::Invalid(rule));
        }
        if let (Some(from), Some(to)) = (query.from, query.to)
            && from > to
        {
            let rule = format!("from {from} is later than to {to}");
            return Err(ChangeError::Invalid(rule));
        }
        Ok(AuditFilter {
            account: account.as_str().to_owned(),
            actor: query.actor.clone(),
            action: query.action.clone(),
            target: query.target.clone(),
            from: query.from,
            to: query.to,
            before: query.cursor,
            without_access: false,
            limit,
        })
    }

    /// The rows that are wanted, and the cursor of those that follow.
    async fn audit_rows(
        &self,
        filter: AuditFilter,
    ) -> Result<(Vec<AuditRecord>, Option<u64>), StoreError> {
        let wanted = filter.limit as usize;
        // One more than wanted, to know whether there are more.
        let filter = AuditFilter {
            limit: filter.limit + 1,
            ..filter
        };
        let read = move |connection: &rusqlite::Connection| store::audit_page(connection, &filter);
        let mut rows = self.read_audit(read).await?;
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = rows.last().map(|row| row.id).filter(|_| more);
        Ok((rows, next))
    }

    async fn read_audit<T: Send + 'static>(
        &self,
        rows: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        // Whoever reads sees everything that was done before.
        self.write_tallies(now_ms()).await?;
        let store = &self.parts().store;
        store.read("read the audit log", rows).await
    }
}

/// An export on its way.
struct Export {
    admin: Admin,
    account: String,
    /// The last row that was sent.
    after: u64,
    /// The last one to be sent.
    head: Head,
    ended: bool,
}

impl Export {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if self.ended {
            return None;
        }
        if self.after == self.head.id {
            self.ended = true;
            return Some((end_line(&self.head), self));
        }
        let range = (self.after, self.head.id);
        let read = move |connection: &rusqlite::Connection| {
            store::audit_rows(connection, range, EXPORT_PAGE)
        };
        match self.admin.read_audit(read).await {
            Ok(rows) => {
                self.after = rows.last().map_or(self.head.id, |row| row.id);
                Some((lines(&rows, &self.account), self))
            }
            Err(error) => {
                tracing::error!(%error, "an export of the audit log ended early");
                None
            }
        }
    }
}

fn lines(rows: &[AuditRecord], account: &str) -> Bytes {
    let mut text = Vec::new();
    for row in rows {
        // Rows of the whole server, which have no account, are for everybody.
        let line = match row.account == account || row.account.is_empty() {
            true => serde_json::to_writer(&mut text, row),
            false => serde_json::to_writer(&mut text, &row.link()),
        };
        line.expect("rows have string keys");
        text.push(b'\n');
    }
    text.into()
}

fn end_line(head: &Head) -> Bytes {
    #[derive(Serialize)]
    struct Line<'a> {
        end: &'a Head,
    }
    let text = serde_json::to_string(&Line { end: head }).expect("a head has string keys");
    (text + "\n").into()
}

fn in_short(row: AuditRecord) -> Activity {
    Activity {
        id: row.id,
        at: row.at,
        actor_kind: row.actor_kind,
        actor: row.actor_name,
        action: row.action,
        target_kind: row.target_kind,
        target_id: row.target_id,
        target: row.target_name,
    }
}
