//! Which events are there, and what can a lambda be begun with?

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Admin, ChangeError};
use crate::catalog::{Event, Sample, Snippet, Template};

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
}

impl Admin {
    /// The events, by id.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn events(&self, account: &AccountId) -> Result<Vec<EventInfo>, ChangeError> {
        self.known(account)?;
        Ok(self.parts().catalog.events().map(info).collect())
    }

    /// One event.
    ///
    /// # Errors
    /// When there is no such account or event.
    pub fn event(&self, account: &AccountId, id: &str) -> Result<EventInfo, ChangeError> {
        self.known(account)?;
        let event = self.parts().catalog.event(id);
        event.map(info).ok_or_else(|| missing("event", id))
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

fn info(event: &Event) -> EventInfo {
    EventInfo {
        event_id: event.id.clone(),
        event_name: event.name.clone(),
        description: event.description.clone(),
        lambda_limit: event.lambda_limit,
        skills: event.skills,
        sample_payload: event.sample.clone(),
    }
}

fn missing(kind: &'static str, id: &str) -> ChangeError {
    ChangeError::NotFound {
        kind,
        name: id.to_owned(),
    }
}
