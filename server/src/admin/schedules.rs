//! Which lambdas are invoked by the clock?

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Admin, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::clock::now_ms;
use crate::registry::{Account, State};
use crate::schedules::{UTC, When, WhenError};
use crate::store::{self, RunRow, ScheduleRow, StoreError};

/// The longest description, in characters. The platform's.
pub(super) const DESCRIPTION_CHARS_MAX: usize = 200;
/// Headers of an invocation.
pub(super) const HEADERS_MAX: usize = 100;
/// The next times that can be asked for.
const NEXT_MAX: usize = 100;

/// A schedule to be made or changed. In a change, what is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NewSchedule {
    /// The lambda, by its UUID or name. It cannot be changed.
    #[serde(rename = "lambdaUUID", alias = "functionUuid", alias = "lambdaUuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda: Option<String>,
    /// Five fields, or one of `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`; up to 120
    /// characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron_expression: Option<String>,
    /// A name of the IANA database; `Etc/UTC` when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Whether it runs; it does when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// For people, up to 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the lambda gets: no headers and an empty object when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation_body: Option<ScheduleBody>,
}

/// What a lambda gets from its schedule.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ScheduleBody {
    /// A list of pairs, or an object; it is given back as it was sent.
    pub headers: ScheduleHeaders,
    /// Any JSON, up to 8,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub payload: Option<Box<RawValue>>,
}

/// Headers in either of the platform's forms.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ScheduleHeaders {
    /// As an invocation has them.
    List(Vec<ScheduleHeader>),
    /// As the second generation's schedules have them.
    Map(BTreeMap<String, String>),
}

/// One header of an invocation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleHeader {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A schedule. Times are in ISO 8601, UTC.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ScheduleInfo {
    /// Its id.
    pub uuid: String,
    /// The same, as the second generation calls it.
    pub id: String,
    /// The lambda.
    #[serde(rename = "lambdaUUID")]
    pub lambda_uuid: String,
    /// The same, as the second generation calls it.
    pub function_uuid: String,
    /// When it runs.
    pub cron_expression: String,
    /// Where that is so.
    pub time_zone: String,
    /// Whether it is meant to run.
    pub is_active: bool,
    /// Why it does not run all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_reason: Option<String>,
    /// For people.
    pub description: String,
    /// What the lambda gets.
    pub invocation_body: ScheduleBody,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub updated_at: String,
    /// Whether the last run that ended failed.
    pub did_last_execution_fail: bool,
    /// When the last run was due.
    pub last_execution: Option<String>,
    /// When the next run is due; `None` while it does not run.
    pub next_execution: Option<String>,
}

/// What became of one time at which a schedule was due. Times are in ISO 8601, UTC.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ScheduleRun {
    /// When it was due.
    pub due_at: String,
    /// What became of it.
    pub state: RunState,
    /// Why, when there was no invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The id of the invocation, which is also that of its request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation: Option<String>,
    /// When that was clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunState {
    /// It is under way.
    Started,
    /// The lambda returned.
    Succeeded,
    /// It failed.
    Failed,
    /// It was not begun.
    Skipped,
    /// The server was down.
    Missed,
}

/// When a cron expression is due.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Occurrences {
    /// The expression in words.
    pub description: String,
    /// The time zone by its own name.
    pub time_zone: String,
    /// The next times, in ISO 8601, UTC.
    pub next: Vec<String>,
}

/// Why a schedule was not made, shown or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// There is no such account.
    #[error("there is no account {0}")]
    NoSuchAccount(AccountId),
    /// There is no such schedule.
    #[error("there is no schedule {0}")]
    NoSuchSchedule(String),
    /// The lambda is not said.
    #[error("lambdaUUID is missing: the UUID or the name of the lambda that is to run")]
    NoLambda,
    /// There is no such lambda.
    #[error("there is no lambda {0}")]
    NoSuchLambda(String),
    /// The lambda is not deployed.
    #[error("the lambda {0} is not deployed: deploy it, and then schedule it")]
    NotDeployed(String),
    /// The lambda of a schedule is for good.
    #[error("a schedule keeps its lambda: delete it, and make one for the other lambda")]
    OtherLambda,
    /// The account has enough of them.
    #[error("an account can have {0} schedules")]
    TooMany(u64),
    /// The time is not said.
    #[error("cronExpression is missing, for instance `0 8 * * MON-FRI`")]
    NoCron,
    /// The time makes no sense.
    #[error(transparent)]
    When(#[from] WhenError),
    /// The payload is too long.
    #[error("the payload of a schedule has at most {0} characters")]
    PayloadTooLong(usize),
    /// The headers are too many or too long.
    #[error("the headers of a schedule are at most {HEADERS_MAX}, of {0} characters together")]
    HeadersTooLong(usize),
    /// The description is too long.
    #[error("the description of a schedule has at most 200 characters")]
    DescriptionTooLong,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Default for ScheduleHeaders {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl ScheduleHeaders {
    /// As an invocation has them.
    pub(crate) fn into_list(self) -> Vec<ScheduleHeader> {
        match self {
            Self::List(list) => list,
            Self::Map(map) => {
                let pairs = map.into_iter();
                pairs
                    .map(|(key, value)| ScheduleHeader { key, value })
                    .collect()
            }
        }
    }
}

impl Admin {
    /// The schedules of an account, oldest first.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn schedules(&self, id: &AccountId) -> Result<Vec<ScheduleInfo>, ScheduleError> {
        let account = self.scheduled(id)?;
        let row = account.row;
        let store = &self.parts().store;
        let rows = store.read_context("list schedules", move |rows| store::schedules(rows, row));
        let rows = rows.await?.into_iter();
        Ok(rows.map(|row| info(row, &account)).collect())
    }

    /// One schedule.
    ///
    /// # Errors
    /// When there is no such schedule, or the database fails.
    pub async fn schedule(
        &self,
        id: &AccountId,
        schedule: &str,
    ) -> Result<ScheduleInfo, ScheduleError> {
        let account = self.scheduled(id)?;
        Ok(info(self.schedule_row(&account, schedule).await?, &account))
    }

    /// The latest runs of a schedule, the last first.
    ///
    /// # Errors
    /// When there is no such schedule, or the database fails.
    pub async fn schedule_runs(
        &self,
        id: &AccountId,
        schedule: &str,
    ) -> Result<Vec<ScheduleRun>, ScheduleError> {
        let account = self.scheduled(id)?;
        let row = self.schedule_row(&account, schedule).await?.id;
        let store = &self.parts().store;
        let rows = store.read_context("list runs", move |rows| store::runs(rows, row));
        Ok(rows.await?.into_iter().map(run).collect())
    }

    /// When a cron expression is due from now on, up to 100 times.
    ///
    /// # Errors
    /// When the expression or the time zone cannot be used.
    pub async fn occurrences(
        &self,
        cron: &str,
        time_zone: Option<&str>,
        count: usize,
    ) -> Result<Occurrences, ScheduleError> {
        let when = parse(cron, time_zone.unwrap_or(UTC)).await?;
        let first = when.next_after(now_ms());
        let next = std::iter::successors(first, |at| when.next_after(*at));
        Ok(Occurrences {
            description: when.describe(),
            time_zone: when.zone_name().to_owned(),
            next: next.take(count.clamp(1, NEXT_MAX)).map(iso).collect(),
        })
    }

    /// Makes a schedule.
    ///
    /// # Errors When it breaks a rule, the lambda is not deployed, there are too many, or the
    /// database fails.
    pub async fn create_schedule(
        &self,
        id: &AccountId,
        new: NewSchedule,
    ) -> Result<ScheduleInfo, ScheduleError> {
        let account = self.scheduled(id)?;
        let name = new.lambda.as_deref().ok_or(ScheduleError::NoLambda)?;
        let lambda = account.lambda(name);
        let lambda = lambda.ok_or_else(|| ScheduleError::NoSuchLambda(name.to_owned()))?;
        if !matches!(lambda.state, State::Live(_)) {
            return Err(ScheduleError::NotDeployed(name.to_owned()));
        }
        if new.cron_expression.is_none() {
            return Err(ScheduleError::NoCron);
        }
        let now = now_ms();
        let blank = ScheduleRow {
            id: 0,
            uuid: Uuid::new_v4().to_string(),
            account: account.row,
            lambda: lambda.row.uuid.clone(),
            cron: String::new(),
            time_zone: UTC.to_owned(),
            description: String::new(),
            headers: "[]".to_owned(),
            payload: "{}".to_owned(),
            active: true,
            created_by: self.actor().name.to_string(),
            created_at: now,
            updated_at: now,
            next_at: None,
            last_at: None,
            last_failed: false,
        };
        let chars_max = self.may_have().schedule_payload_chars_max;
        let row = apply(blank, new, (now, chars_max)).await?;
        let (most, added) = (self.parts().schedules.config.account_max, row.clone());
        let rows = move |tx: &Connection| match store::add_schedule(tx, &added, most) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ScheduleError::TooMany(most)),
            // Somebody deleted it in the meantime.
            Err(error) if is_constraint(&error) => Err(ScheduleError::NoSuchLambda(added.lambda)),
            Err(error) => Err(sqlite("add a schedule")(error).into()),
        };
        let audit = AuditEntry::new(AuditAction::ScheduleAdd, id)
            .target(&row.uuid, &row.lambda)
            .detail("cron", row.cron.as_str());
        self.change(audit, rows, |()| ()).await?;
        self.parts().schedules.changed.notify_one();
        Ok(info(row, &account))
    }

    /// Changes a schedule.
    ///
    /// # Errors
    /// When there is no such schedule, it would break a rule, or the database fails.
    pub async fn change_schedule(
        &self,
        id: &AccountId,
        schedule: &str,
        change: NewSchedule,
    ) -> Result<ScheduleInfo, ScheduleError> {
        let account = self.scheduled(id)?;
        let before = self.schedule_row(&account, schedule).await?;
        if let Some(name) = &change.lambda {
            let named = account.lambda(name).map(|entry| entry.row.uuid.as_str());
            if named.unwrap_or(name) != before.lambda {
                return Err(ScheduleError::OtherLambda);
            }
        }
        let due_before = before.next_at;
        let chars_max = self.may_have().schedule_payload_chars_max;
        let row = apply(before, change, (now_ms(), chars_max)).await?;
        let changed = row.clone();
        // It may have run in the meantime, so when it is due next is changed only with its reason.
        let next_at = row.next_at.filter(|_| row.next_at != due_before);
        let rows = move |tx: &Connection| match store::change_schedule(tx, &changed, next_at) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ScheduleError::NoSuchSchedule(changed.uuid)),
            Err(error) => Err(sqlite("change a schedule")(error).into()),
        };
        let audit = AuditEntry::new(AuditAction::ScheduleChange, id)
            .target(&row.uuid, &row.lambda)
            .detail("cron", row.cron.as_str());
        self.change(audit, rows, |()| ()).await?;
        self.parts().schedules.changed.notify_one();
        Ok(info(row, &account))
    }

    /// Deletes a schedule with its history; a run that is under way finishes.
    ///
    /// # Errors
    /// When there is no such schedule, or the database fails.
    pub async fn delete_schedule(
        &self,
        id: &AccountId,
        schedule: &str,
    ) -> Result<(), ScheduleError> {
        let (account, uuid) = (self.scheduled(id)?.row, schedule.to_owned());
        let rows = move |tx: &Connection| match store::delete_schedule(tx, account, &uuid) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ScheduleError::NoSuchSchedule(uuid)),
            Err(error) => Err(sqlite("delete a schedule")(error).into()),
        };
        let audit = AuditEntry::new(AuditAction::ScheduleDelete, id).target(schedule, "");
        self.change(audit, rows, |()| ()).await
    }

    fn scheduled(&self, id: &AccountId) -> Result<std::sync::Arc<Account>, ScheduleError> {
        let missing = || ScheduleError::NoSuchAccount(id.clone());
        self.account(id).ok_or_else(missing)
    }

    async fn schedule_row(
        &self,
        account: &Account,
        schedule: &str,
    ) -> Result<ScheduleRow, ScheduleError> {
        let (account, uuid) = (account.row, schedule.to_owned());
        let store = &self.parts().store;
        let row = store.read_context("read a schedule", move |rows| {
            store::schedule(rows, account, &uuid)
        });
        let missing = || ScheduleError::NoSuchSchedule(schedule.to_owned());
        row.await?.ok_or_else(missing)
    }
}

fn is_constraint(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    code == Some(rusqlite::ErrorCode::ConstraintViolation)
}

/// Reads an expression where it may take a while.
async fn parse(cron: &str, time_zone: &str) -> Result<When, WhenError> {
    let (cron, time_zone) = (cron.to_owned(), time_zone.to_owned());
    let parsed = tokio::task::spawn_blocking(move || When::parse(&cron, &time_zone));
    match parsed.await {
        Ok(when) => when,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// A schedule as it is once it is changed.
async fn apply(
    before: ScheduleRow,
    change: NewSchedule,
    (now, chars_max): (u64, usize),
) -> Result<ScheduleRow, ScheduleError> {
    let mut row = before.clone();
    row.cron = change.cron_expression.unwrap_or(row.cron);
    row.time_zone = change.time_zone.unwrap_or(row.time_zone);
    row.active = change.is_active.unwrap_or(row.active);
    row.description = change.description.unwrap_or(row.description);
    row.updated_at = now;
    if row.description.chars().count() > DESCRIPTION_CHARS_MAX {
        return Err(ScheduleError::DescriptionTooLong);
    }
    if let Some(body) = change.invocation_body {
        row.headers = headers(body.headers, chars_max)?;
        row.payload = payload(body.payload, chars_max)?;
    }
    let when = parse(&row.cron, &row.time_zone).await?;
    let same_time = (&row.cron, &row.time_zone) == (&before.cron, &before.time_zone);
    if row.active && !(before.active && same_time && before.next_at.is_some()) {
        row.next_at = when.next_after(now);
    }
    Ok(row)
}

fn headers(headers: ScheduleHeaders, chars_max: usize) -> Result<String, ScheduleError> {
    let json = serde_json::to_string(&headers).expect("the keys are strings");
    let list = headers.into_list();
    match list.len() <= HEADERS_MAX && json.chars().count() <= chars_max {
        true => Ok(json),
        false => Err(ScheduleError::HeadersTooLong(chars_max)),
    }
}

fn payload(payload: Option<Box<RawValue>>, chars_max: usize) -> Result<String, ScheduleError> {
    let json: String = match payload {
        Some(json) => Box::<str>::from(json).into(),
        None => "{}".to_owned(),
    };
    match json.chars().count() <= chars_max {
        true => Ok(json),
        false => Err(ScheduleError::PayloadTooLong(chars_max)),
    }
}

fn info(row: ScheduleRow, account: &Account) -> ScheduleInfo {
    let lambda = account.lambda(&row.lambda);
    let deployed = lambda.is_some_and(|lambda| matches!(lambda.state, State::Live(_)));
    let paused = "the lambda is not deployed: it runs again once it is";
    ScheduleInfo {
        paused_reason: (row.active && !deployed).then(|| paused.to_owned()),
        next_execution: row.next_at.filter(|_| row.active && deployed).map(iso),
        id: row.uuid.clone(),
        uuid: row.uuid,
        function_uuid: row.lambda.clone(),
        lambda_uuid: row.lambda,
        cron_expression: row.cron,
        time_zone: row.time_zone,
        is_active: row.active,
        description: row.description,
        invocation_body: ScheduleBody {
            headers: serde_json::from_str(&row.headers).unwrap_or_default(),
            payload: RawValue::from_string(row.payload).ok(),
        },
        created_by: row.created_by,
        created_at: iso(row.created_at),
        updated_at: iso(row.updated_at),
        did_last_execution_fail: row.last_failed,
        last_execution: row.last_at.map(iso),
    }
}

fn run(row: RunRow) -> ScheduleRun {
    let state = match row.state.as_str() {
        "started" => RunState::Started,
        "succeeded" => RunState::Succeeded,
        "skipped" => RunState::Skipped,
        "missed" => RunState::Missed,
        _ => RunState::Failed,
    };
    ScheduleRun {
        due_at: iso(row.due_at),
        state,
        note: Some(row.note).filter(|note| !note.is_empty()),
        invocation: row.invocation,
        ended_at: row.ended_at.map(iso),
    }
}

/// A moment in ISO 8601, UTC, from milliseconds since the Unix epoch.
fn iso(at: u64) -> String {
    let at = Timestamp::from_millisecond(at.cast_signed());
    at.unwrap_or(Timestamp::MAX).to_string()
}
