//! What can a lambda be begun with?

use std::collections::BTreeMap;
use std::path::PathBuf;

use sandglass_compiler::{Compiler, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::CatalogError;
use super::event::{Event, Sample};
use super::file::File;
use crate::admin::check_variable;
use crate::config::AccountsConfig;

/// The longest name, and the longest description.
const NAME_CHARS_MAX: usize = 100;
const DESCRIPTION_CHARS_MAX: usize = 500;

/// A lambda to begin with. It runs as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Template {
    /// What it is known by.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it does, in one line.
    pub description: String,
    /// The event that it is for; `None` for lambdas that are invoked directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// JavaScript, in the style of the platform's first generation.
    pub code: String,
    /// What it reads from `process.env`, with values that do for a start.
    pub environment_variables: Vec<Variable>,
    /// What to try it with.
    pub sample_payload: Sample,
    /// Where its source stands, when it is the operator's.
    #[serde(skip)]
    own: Option<(PathBuf, usize)>,
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variable {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A few lines for editors to insert in the body of an `async function lambda(input, callback)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Snippet {
    /// What it is known by.
    pub id: String,
    /// What people call it, and what an editor finds it by.
    pub title: String,
    /// What it does, in one line.
    pub description: String,
    /// JavaScript.
    pub code: String,
}

/// A template as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTemplate {
    id: Spanned<String>,
    name: Spanned<String>,
    description: Spanned<String>,
    event: Option<Spanned<String>>,
    headers: Option<Spanned<String>>,
    payload: Option<Spanned<String>>,
    source: Spanned<String>,
    #[serde(default)]
    environment: BTreeMap<String, Spanned<String>>,
}

/// A snippet as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSnippet {
    id: Spanned<String>,
    title: Spanned<String>,
    description: Spanned<String>,
    source: Spanned<String>,
}

impl Template {
    /// The template of a file, by its id. Its event is one of those given.
    pub(super) fn read(
        file: &File,
        events: &BTreeMap<String, Event>,
    ) -> Result<(String, Self), CatalogError> {
        let written: WrittenTemplate = file.parse()?;
        let event =
            match &written.event {
                None => None,
                Some(id) => Some(events.get(id.get_ref()).ok_or_else(|| {
                    file.wrong(id, format!("there is no event {}", id.get_ref()))
                })?),
            };
        let sample_payload = match (&written.payload, event) {
            (Some(payload), _) => Sample::read(file, written.headers.as_ref(), payload)?,
            (None, Some(event)) => event.sample.clone(),
            (None, None) => {
                let message = "a template without an event needs a payload to try it with";
                return Err(file.wrong(&written.id, message));
            }
        };
        let line = file.first_line_of(&written.source);
        let template = Self {
            id: file.id(&written.id)?,
            name: file.words(&written.name, NAME_CHARS_MAX)?,
            description: file.words(&written.description, DESCRIPTION_CHARS_MAX)?,
            event_id: event.map(|event| event.id.clone()),
            environment_variables: variables(file, &written.environment)?,
            code: written.source.into_inner(),
            sample_payload,
            own: file.own_path().map(|path| (path.to_owned(), line)),
        };
        Ok((template.id.clone(), template))
    }

    /// Builds the source where it is the operator's.
    pub(super) async fn check_source(&self, compiler: &Compiler) -> Result<(), CatalogError> {
        let Some((path, first_line)) = &self.own else {
            return Ok(());
        };
        let source =
            Source::new(format!("{}.js", self.id), self.code.as_str()).and_then(|source| {
                let mut variables = self.environment_variables.iter();
                variables.try_fold(source, |source, Variable { key, value }| {
                    source.env(key.as_str(), value.as_str())
                })
            });
        let built = match source {
            Ok(source) => compiler.compile(&source).await.map(drop),
            Err(error) => Err(error),
        };
        built.map_err(|error| CatalogError::Mistake {
            path: path.clone(),
            line: first_line + (error.line as usize).saturating_sub(1),
            message: match error.hint.as_str() {
                "" => format!("the source does not build: {}", error.message),
                hint => format!("the source does not build: {} ({hint})", error.message),
            },
        })
    }
}

impl Snippet {
    /// The snippet of a file, by its id.
    pub(super) fn read(file: &File) -> Result<(String, Self), CatalogError> {
        let written: WrittenSnippet = file.parse()?;
        if written.source.get_ref().trim().is_empty() {
            return Err(file.wrong(
                &written.source,
                "the source of a snippet has to say something",
            ));
        }
        let snippet = Self {
            id: file.id(&written.id)?,
            title: file.words(&written.title, NAME_CHARS_MAX)?,
            description: file.words(&written.description, DESCRIPTION_CHARS_MAX)?,
            code: written.source.into_inner(),
        };
        Ok((snippet.id.clone(), snippet))
    }
}

/// Variables that a lambda can have.
fn variables(
    file: &File,
    written: &BTreeMap<String, Spanned<String>>,
) -> Result<Vec<Variable>, CatalogError> {
    let variable = |(key, value): (&String, &Spanned<String>)| {
        check_variable(key, value.get_ref(), &AccountsConfig::default())
            .map_err(|error| file.wrong(value, error))?;
        Ok(Variable {
            key: key.clone(),
            value: value.get_ref().clone(),
        })
    };
    written.iter().map(variable).collect()
}
