//! How is a lambda saved, without being deployed?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sandglass_compiler::{CompileError, Source};
use sandglass_runtime::artifact::Bundle;
use sandglass_runtime::{AccountId, LambdaName, NameError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::environment::{self, EnvironmentError};
use super::lambdas::info;
use super::{Admin, BundleShape, ChangeError, DeployError, LambdaInfo, sqlite};
use crate::audit::{AuditAction, AuditEntry};
use crate::catalog::EventError;
use crate::clock::now_ms;
use crate::config::AccountsConfig;
use crate::registry::{Account, Entry, parse_uuid};
use crate::store::{self, Code, Committed, Description, Draft, LambdaRow, StoreError};

/// A lambda that is to be made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLambda {
    /// Its name, unique in its account.
    pub name: String,
    /// For people; at most 200 characters.
    #[serde(default)]
    pub description: String,
    /// The event that invokes it; it cannot be changed afterwards.
    #[serde(default)]
    pub event_id: Option<String>,
    /// The skills for which that event invokes it; none for all.
    #[serde(default)]
    pub skills: Vec<String>,
    /// JavaScript or TypeScript source.
    pub code: String,
    /// The file name that error stacks show; by default `index.js`.
    #[serde(default)]
    pub file_name: Option<String>,
    /// The source with everything that it imports, when it imports more than the engine has.
    #[serde(default)]
    #[schemars(with = "Option<BundleShape>")]
    pub bundle: Option<Bundle>,
    /// `process.env`.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// What a client of the second generation says that it takes.
    #[serde(default)]
    pub size: FunctionSize,
}

/// What of a lambda is to be saved. What is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LambdaChange {
    /// The version that the change was made to.
    pub version: u64,
    /// For people; at most 200 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// The skills for which its event invokes it; none for all.
    #[serde(default)]
    pub skills: Option<Vec<String>>,
    /// JavaScript or TypeScript source. Another one is without what the one before was bundled with,
    /// which stays in the history: what it imports has to be there.
    #[serde(default)]
    pub code: Option<String>,
    /// `process.env`.
    #[serde(default)]
    pub environment: Option<BTreeMap<String, String>>,
    /// What a client of the second generation says of code that was written for the first.
    #[serde(default)]
    pub is_comp_v1: Option<bool>,
}

/// What a client of the second generation says that a function takes. It is kept and given back:
/// every invocation has the same bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FunctionSize {
    /// The smallest, and what it is when nothing is said.
    #[default]
    S,
    /// The second.
    M,
    /// The third.
    L,
    /// The fourth.
    XL,
    /// The largest.
    XXL,
}

impl FunctionSize {
    /// The platform's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::M => "M",
            Self::L => "L",
            Self::XL => "XL",
            Self::XXL => "XXL",
        }
    }
}

/// What came of a save.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Saved {
    /// There is a new version, or a new description.
    Saved(LambdaInfo),
    /// Everything was so already.
    Unchanged(LambdaInfo),
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The name is not one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The name looks like a UUID, and lambdas can be spoken of by either.
    #[error("a lambda cannot be named like a UUID")]
    NameIsUuid,
    /// Another lambda has the name.
    #[error("there is a lambda named {0} already")]
    NameTaken(String),
    /// The description is too long.
    #[error("a description has at most {0} characters")]
    DescriptionTooLong(usize),
    /// The source is too long.
    #[error("a source has at most {0} characters")]
    SourceTooLong(usize),
    /// The skills break a rule.
    #[error("a lambda can have {max} different skills of 1 to {chars_max} characters")]
    Skills {
        /// How many.
        max: usize,
        /// How long each may be.
        chars_max: usize,
    },
    /// The event cannot be chosen, or not with these skills.
    #[error(transparent)]
    Event(#[from] EventError),
    /// An environment variable breaks a rule.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The code is not a lambda.
    #[error(transparent)]
    Contract(Box<CompileError>),
    /// The code could not be checked, through no fault of its own.
    #[error(transparent)]
    Check(Box<DeployError>),
    /// Somebody else saved the lambda.
    #[error(
        "the lambda has version {found}, and this change was made to version {based_on}: load it anew"
    )]
    Conflict {
        /// The version that the change was made to.
        based_on: u64,
        /// The version that is there.
        found: u64,
    },
    /// A deployment of the lambda is under way.
    #[error("a lambda cannot be saved while it is being deployed or undeployed")]
    Active,
    /// The account has too many lambdas.
    #[error("an account can have {0} lambdas")]
    TooManyLambdas(usize),
    /// There is no such account or lambda, or the database failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl From<StoreError> for SaveError {
    fn from(error: StoreError) -> Self {
        Self::Change(error.into())
    }
}

impl Admin {
    /// Makes a lambda, as a draft.
    ///
    /// # Errors
    /// When something of it breaks a rule, its name is taken, or the database fails.
    pub async fn create_lambda(
        &self,
        id: &AccountId,
        new: NewLambda,
    ) -> Result<LambdaInfo, SaveError> {
        let account = self.known(id)?;
        let name: LambdaName = new.name.parse()?;
        if parse_uuid(name.as_str()).is_some() {
            return Err(SaveError::NameIsUuid);
        }
        let may_have = self.may_have();
        if account.len() >= may_have.lambdas_max {
            return Err(SaveError::TooManyLambdas(may_have.lambdas_max));
        }
        let taken = || SaveError::NameTaken(new.name.clone());
        if account.lambda(name.as_str()).is_some() {
            return Err(taken());
        }
        check_description(&new.description, may_have)?;
        check_skills(&new.skills, may_have)?;
        environment::check(&new.environment, may_have)?;
        let code = Code {
            file_name: new.file_name.unwrap_or_else(|| "index.js".to_owned()),
            text: new.code,
            bundle: new.bundle,
        };
        self.check(&account, &code).await?;
        let draft = Draft {
            account: account.row,
            uuid: Uuid::new_v4().to_string(),
            name: new.name.clone(),
            description: Some(new.description),
            event_id: new.event_id.filter(|event| !event.is_empty()),
            skills: Some(new.skills),
            size: new.size.as_str(),
            based_on: 0,
            code,
            environment: new.environment,
            by: self.actor().name.to_string(),
            at: now_ms(),
        };
        let audit = AuditEntry::new(AuditAction::LambdaCreate, id);
        match self.save(id, draft, audit).await? {
            Committed::Done(row) => Ok(self.lambda(id, &row.uuid)?),
            Committed::Overtaken | Committed::Active => Err(taken()),
        }
    }

    /// Saves a change of a lambda. What is live stays live.
    ///
    /// # Errors
    /// When something of it breaks a rule, it was made to another version than the latest, or the
    /// database fails.
    pub async fn save_lambda(
        &self,
        id: &AccountId,
        lambda: &str,
        change: LambdaChange,
    ) -> Result<Saved, SaveError> {
        let (account, entry) = self.entry(id, lambda)?;
        let conflict = |found| SaveError::Conflict {
            based_on: change.version,
            found,
        };
        if change.version != entry.row.version {
            return Err(conflict(entry.row.version));
        }
        if store::is_active(&entry.row) {
            return Err(SaveError::Active);
        }
        let may_have = self.may_have();
        if let Some(description) = &change.description {
            check_description(description, may_have)?;
        }
        if let Some(skills) = &change.skills {
            check_skills(skills, may_have)?;
        }
        let before = self.saved(entry.row.id, entry.row.version).await?;
        let before = before.ok_or_else(|| conflict(entry.row.version))?;
        let code = match change.code {
            Some(text) if text != before.code.text => Code {
                file_name: before.code.file_name.clone(),
                text,
                bundle: None,
            },
            _ => before.code.clone(),
        };
        let environment = change.environment.unwrap_or(before.environment.clone());
        if code != before.code || environment != before.environment {
            environment::check(&environment, may_have)?;
            self.check(&account, &code).await?;
            let draft = Draft {
                description: change.description,
                skills: change.skills.filter(|skills| *skills != entry.row.skills),
                based_on: change.version,
                code,
                environment,
                ..self.draft_of(&entry)
            };
            let audit = AuditEntry::new(AuditAction::LambdaSave, id);
            return match self.save(id, draft, audit).await? {
                Committed::Done(row) => Ok(Saved::Saved(self.lambda(id, &row.uuid)?)),
                Committed::Overtaken | Committed::Active => Err(conflict(change.version + 1)),
            };
        }
        let row = &entry.row;
        let said = Description {
            text: change.description.filter(|text| *text != row.description),
            skills: change.skills.filter(|skills| *skills != row.skills),
            is_comp_v1: change.is_comp_v1.filter(|flag| *flag != row.is_comp_v1),
        };
        if said.text.is_none() && said.skills.is_none() && said.is_comp_v1.is_none() {
            return Ok(Saved::Unchanged(info(&entry)));
        }
        self.describe(id, &entry, said).await?;
        Ok(Saved::Saved(self.lambda(id, &entry.row.uuid)?))
    }

    /// A draft of what is there.
    pub(super) fn draft_of(&self, entry: &Arc<Entry>) -> Draft {
        Draft {
            account: entry.row.account,
            uuid: entry.row.uuid.clone(),
            name: entry.row.name.clone(),
            description: None,
            event_id: None,
            skills: None,
            size: FunctionSize::default().as_str(),
            based_on: entry.row.version,
            code: Code {
                file_name: String::new(),
                text: String::new(),
                bundle: None,
            },
            environment: BTreeMap::new(),
            by: self.actor().name.to_string(),
            at: now_ms(),
        }
    }

    /// Saves a draft and publishes it. Which lambda and version it is, the entry is told.
    pub(super) async fn save(
        &self,
        id: &AccountId,
        draft: Draft,
        audit: AuditEntry,
    ) -> Result<Committed, SaveError> {
        let audit = audit
            .target(&draft.uuid, &draft.name)
            .detail("version", draft.based_on + 1);
        let audit = self.sign(audit);
        let keeper = self.clone();
        let rows = move |tx: &rusqlite::Connection| {
            if let Some(skills) = &draft.skills {
                let of = (draft.account, &*draft.uuid);
                keeper.check_event(tx, of, draft.event_id.as_deref(), skills)?;
            }
            let saved = store::leaving(tx, &draft.uuid, None, || store::save(tx, &draft));
            let (committed, unused) = saved.map_err(sqlite("save a lambda"))?;
            if matches!(committed, Committed::Done(_)) {
                audit.write(tx)?;
            }
            Ok((committed, unused))
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |(committed, unused): (Committed, Vec<String>)| {
            if let Committed::Done(row) = &committed {
                admin.publish(&id, LambdaRow::clone(row));
            }
            admin.parts().artifacts.remove(&unused);
            committed
        };
        let store = &self.parts().store;
        store.transact("save a lambda", rows, publish).await
    }

    async fn describe(
        &self,
        id: &AccountId,
        entry: &Entry,
        said: Description,
    ) -> Result<(), SaveError> {
        let audit = AuditEntry::new(AuditAction::LambdaDescribe, id)
            .target(&entry.row.uuid, &entry.row.name);
        let (lambda, by) = (entry.row.id, self.actor().name.to_string());
        let (account, uuid) = (entry.row.account, entry.row.uuid.clone());
        let keeper = self.clone();
        let rows = move |tx: &rusqlite::Connection| {
            if let Some(skills) = &said.skills {
                keeper.check_event(tx, (account, &uuid), None, skills)?;
            }
            let described = store::describe(tx, lambda, &said, &by, now_ms());
            Ok(described.map_err(sqlite("describe a lambda"))?)
        };
        let (admin, id) = (self.clone(), id.clone());
        let publish = move |row| admin.publish(&id, row);
        self.change(audit, rows, publish).await
    }

    /// Whether the code is a lambda, as far as that can be told without running it.
    pub(super) async fn check(&self, account: &Account, code: &Code) -> Result<(), SaveError> {
        let refused = |error| SaveError::Contract(Box::new(error));
        let source = Source::new(&*code.file_name, &*code.text).map_err(refused)?;
        let max = self.may_have().source_chars_max;
        if code.text.chars().count() > max {
            return Err(SaveError::SourceTooLong(max));
        }
        let source = match &code.bundle {
            Some(bundle) => source.with_bundle(bundle.clone()).map_err(refused)?,
            None => source,
        };
        match self.parts().check(account, &source).await {
            Ok(()) => Ok(()),
            Err(DeployError::Build(error)) => Err(SaveError::Contract(Box::new(error))),
            Err(error) => Err(SaveError::Check(Box::new(error))),
        }
    }
}

fn check_description(text: &str, may_have: &AccountsConfig) -> Result<(), SaveError> {
    let max = may_have.description_chars_max;
    match text.chars().count() > max {
        true => Err(SaveError::DescriptionTooLong(max)),
        false => Ok(()),
    }
}

fn check_skills(skills: &[String], may_have: &AccountsConfig) -> Result<(), SaveError> {
    let (max, chars_max) = (may_have.skills_max, may_have.skill_chars_max);
    let different: BTreeSet<_> = skills.iter().collect();
    let fits = |skill: &String| (1..=chars_max).contains(&skill.chars().count());
    match different.len() == skills.len() && skills.len() <= max && skills.iter().all(fits) {
        true => Ok(()),
        false => Err(SaveError::Skills { max, chars_max }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lambda_has_five_hundred_different_skills_of_a_hundred_characters() {
        let check_skills = |skills: &[String]| check_skills(skills, &AccountsConfig::default());
        let skills = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert!(check_skills(&skills(500)).is_ok());
        assert!(check_skills(&skills(501)).is_err());
        assert!(check_skills(&["x".repeat(100)]).is_ok());
        for wrong in [vec!["x".repeat(101)], vec![String::new()]] {
            assert!(check_skills(&wrong).is_err());
        }
        assert!(check_skills(&["a".to_owned(), "a".to_owned()]).is_err());
    }

    #[test]
    fn a_description_has_two_hundred_characters() {
        let check = |text: &str| check_description(text, &AccountsConfig::default());
        assert!(check(&"ä".repeat(200)).is_ok());
        assert!(check(&"ä".repeat(201)).is_err());
    }
}
