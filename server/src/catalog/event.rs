//! What is an event, and which lambdas can it have?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use toml::Spanned;

use super::CatalogError;
use super::file::File;

/// The longest name, and the longest description.
const NAME_CHARS_MAX: usize = 100;
const DESCRIPTION_CHARS_MAX: usize = 500;
/// The most lambdas that an event can have: all of them run when it happens.
const LAMBDA_LIMIT_MAX: u32 = 100;

/// Something that happens elsewhere and runs lambdas.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// How many lambdas it can have; where it knows skills, for each skill.
    pub(crate) lambda_limit: u32,
    /// Whether its lambdas may be for certain skills only.
    pub(crate) skills: bool,
    pub(crate) sample: Sample,
}

/// What an invocation looks like.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// `input.headers`: a list of objects with `key` and `value`.
    #[schemars(with = "Vec<Header>")]
    pub headers: Box<RawValue>,
    /// `input.payload`: any JSON.
    #[schemars(with = "serde_json::Value")]
    pub payload: Box<RawValue>,
}

/// Why an event cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// There is no such event.
    #[error("there is no event {0:?}: /events lists those that there are")]
    Unknown(String),
    /// Skills are for some events only.
    #[error("lambdas of the event {0} have no skills: leave them out")]
    NoSkills(String),
    /// All its places are taken.
    #[error(
        "the event {event} is in use: it can have {limit} {} and has {}; delete one first, or choose another event",
        if *limit == 1 { "lambda" } else { "lambdas" },
        if *limit == 1 { "it" } else { "them" }
    )]
    Taken {
        /// The event.
        event: String,
        /// How many lambdas it can have.
        limit: u32,
    },
    /// All its places for a skill are taken, by lambdas of that skill or without skills.
    #[error(
        "the event {event} is in use for the skill {skill}: by a lambda that has it, or by one without skills, which is for all of them"
    )]
    SkillTaken {
        /// The event.
        event: String,
        /// The skill.
        skill: String,
    },
}

/// An event as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<String>,
    name: Spanned<String>,
    description: Spanned<String>,
    lambda_limit: Spanned<u32>,
    skills: bool,
    headers: Option<Spanned<String>>,
    payload: Spanned<String>,
}

/// One header as the platform passes it on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is checked and told")]
struct Header {
    key: String,
    value: String,
}

impl Event {
    /// The event of a file, by its id.
    pub(super) fn read(file: &File) -> Result<(String, Self), CatalogError> {
        let written: Written = file.parse()?;
        let lambda_limit = *written.lambda_limit.get_ref();
        if !(1..=LAMBDA_LIMIT_MAX).contains(&lambda_limit) {
            let rule = format!("lambda_limit has to be 1 to {LAMBDA_LIMIT_MAX}");
            return Err(file.wrong(&written.lambda_limit, rule));
        }
        let event = Self {
            id: file.id(&written.id)?,
            name: file.words(&written.name, NAME_CHARS_MAX)?,
            description: file.words(&written.description, DESCRIPTION_CHARS_MAX)?,
            lambda_limit,
            skills: written.skills,
            sample: Sample::read(file, written.headers.as_ref(), &written.payload)?,
        };
        Ok((event.id.clone(), event))
    }

    /// Whether one more lambda with these skills (none: for all of them) can join those that the
    /// event has, each given by its skills.
    pub(crate) fn admit<'a>(
        &self,
        skills: &[String],
        others: impl Iterator<Item = &'a [String]> + Clone,
    ) -> Result<(), EventError> {
        let is_full = |taken: usize| taken >= self.lambda_limit as usize;
        if !self.skills && !skills.is_empty() {
            return Err(EventError::NoSkills(self.id.clone()));
        }
        if skills.is_empty() && is_full(others.clone().count()) {
            return Err(EventError::Taken {
                event: self.id.clone(),
                limit: self.lambda_limit,
            });
        }
        let taken = |skill: &&String| {
            let has = |other: &&[String]| other.is_empty() || other.contains(skill);
            is_full(others.clone().filter(has).count())
        };
        match skills.iter().find(taken) {
            None => Ok(()),
            Some(skill) => Err(EventError::SkillTaken {
                event: self.id.clone(),
                skill: skill.clone(),
            }),
        }
    }
}

impl Sample {
    /// Neither headers nor anything in the payload.
    pub(crate) fn empty() -> Self {
        let json = |text: &str| RawValue::from_string(text.to_owned()).expect("it is JSON");
        Self {
            headers: json("[]"),
            payload: json("{}"),
        }
    }

    /// A sample of which both parts are JSON in a text.
    pub(super) fn read(
        file: &File,
        headers: Option<&Spanned<String>>,
        payload: &Spanned<String>,
    ) -> Result<Self, CatalogError> {
        let headers = match headers {
            None => RawValue::from_string("[]".to_owned()).expect("it is JSON"),
            Some(headers) => {
                let raw = json(file, "headers", headers)?;
                serde_json::from_str::<Vec<Header>>(raw.get()).map_err(|error| {
                    let rule = "headers has to be a list of objects with key and value, both texts";
                    file.wrong(headers, format!("{rule}: {error}"))
                })?;
                raw
            }
        };
        let payload = json(file, "payload", payload)?;
        Ok(Self { headers, payload })
    }
}

/// A text that is JSON. A mistake in it is told by its line in the file.
fn json(file: &File, key: &str, text: &Spanned<String>) -> Result<Box<RawValue>, CatalogError> {
    serde_json::from_str(text.get_ref()).map_err(|error| {
        let line = file.first_line_of(text) + error.line().saturating_sub(1);
        file.mistake_in_line(line, format!("{key} is not JSON: {error}"))
    })
}
