//! Which events are there, and what can a lambda be begun with?

use rusqlite::Connection;
use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError, SaveError, sqlite};
use crate::catalog::{Event, EventError, Sample, Snippet, Template};
use crate::registry::Account;
use crate::store;

/// An event, as the platform lists it, with more than the platform tells.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EventInfo {
    /// What it is known by.
    pub event_id: String,
    /// What people call it.
    pub event_name: String,
    /// When it happens, and what becomes of the answer.
    pub description: String,
    /// How many lambdas it can have; where it knows skills, for each skill.
    pub lambda_limit: u32,
    /// Whether its lambdas may be for certain skills only.
    pub skills: bool,
    /// What its lambdas are invoked with.
    pub sample_payload: Sample,
    /// How many lambdas of the account are for it.
    pub lambdas: usize,
    /// Whether one more, without skills, can be.
    pub free: bool,
}

impl Admin {
    /// The events, by id.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn events(&self, account: &AccountId) -> Result<Vec<EventInfo>, ChangeError> {
        let account = self.known(account)?;
        let events = self.parts().catalog.events();
        Ok(events.map(|event| info(event, &account)).collect())
    }

    /// One event.
    ///
    /// # Errors
    /// When there is no such account or event.
    pub fn event(&self, account: &AccountId, id: &str) -> Result<EventInfo, ChangeError> {
        let account = self.known(account)?;
        let event = self.parts().catalog.event(id);
        let event = event.ok_or_else(|| missing("event", id))?;
        Ok(info(event, &account))
    }

    /// What a lambda of that event is invoked with; nothing when it has no event, or one that the
    /// operator took away.
    pub(crate) fn sample_of(&self, event: Option<&str>) -> Sample {
        let event = event.and_then(|id| self.parts().catalog.event(id));
        event.map_or_else(Sample::empty, |event| event.sample.clone())
    }

    /// Whether a lambda of an account can have these skills, for the event that it is made for or has
    /// already, beside the others of that event. It is asked within the change itself, so that no two
    /// take the same place.
    pub(super) fn check_event(
        &self,
        tx: &Connection,
        (account, uuid): (i64, &str),
        new: Option<&str>,
        skills: &[String],
    ) -> Result<(), SaveError> {
        let failed = || sqlite("look for the lambdas of an event");
        let id = match new {
            Some(id) => Some(id.to_owned()),
            None => store::event_of(tx, account, uuid).map_err(failed())?,
        };
        let Some(id) = id else { return Ok(()) };
        let Some(event) = self.parts().catalog.event(&id) else {
            // What the operator took away, the lambdas that have it keep.
            return new.map_or(Ok(()), |_| Err(EventError::Unknown(id).into()));
        };
        let others = store::skills_of_event(tx, account, &id, uuid).map_err(failed())?;
        Ok(event.admit(skills, others.iter().map(Vec::as_slice))?)
    }

    /// The templates, by id.
    pub fn templates(&self) -> Vec<&Template> {
        self.parts().catalog.templates().collect()
    }

    /// One template.
    ///
    /// # Errors
    /// When there is no such template.
    pub fn template(&self, id: &str) -> Result<&Template, ChangeError> {
        let template = self.parts().catalog.template(id);
        template.ok_or_else(|| missing("template", id))
    }

    /// The snippets, by id.
    pub fn snippets(&self) -> Vec<&Snippet> {
        self.parts().catalog.snippets().collect()
    }
}

fn info(event: &Event, account: &Account) -> EventInfo {
    let lambdas = account.of_event(&event.id);
    let skills = lambdas.iter().map(|entry| entry.row.skills.as_slice());
    EventInfo {
        event_id: event.id.clone(),
        event_name: event.name.clone(),
        description: event.description.clone(),
        lambda_limit: event.lambda_limit,
        skills: event.skills,
        sample_payload: event.sample.clone(),
        lambdas: lambdas.len(),
        free: event.admit(&[], skills).is_ok(),
    }
}

fn missing(kind: &'static str, id: &str) -> ChangeError {
    ChangeError::NotFound {
        kind,
        name: id.to_owned(),
    }
}
