//! How is a source tried without being saved?
//!
//! It is checked, or built and loaded, as any other one is: the native part in a confined process, when
//! it is its turn. What comes of it is kept nowhere, and is gone when the trial is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};
use sandglass_compiler::{CompileError, Source};
use sandglass_runtime::{AccountId, InvokeError, Lambda, LambdaName};
use uuid::Uuid;

use super::deploy::source;
use super::{Admin, DeployError, environment};
use crate::audit::{AuditAction, AuditEntry};
use crate::registry::Entry;
use crate::store::{Code, StoreError};

/// The file name of a source that says none; as where it is saved.
const FILE_NAME: &str = "index.js";
/// What a draft is called that is of no lambda.
const NAMELESS: &str = "draft";

/// A source that is to be run once.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) code: String,
    pub(crate) file_name: Option<String>,
    pub(crate) environment: BTreeMap<String, String>,
    /// The lambda that it may become a version of: its UUID or name.
    pub(crate) lambda: Option<String>,
}

/// A draft that can be run.
pub(crate) struct Ready {
    pub(crate) lambda: Lambda,
    pub(crate) name: LambdaName,
    pub(crate) build_time: Duration,
}

impl Admin {
    /// What is wrong with a source, as far as that shows without running it; the first mistake first.
    ///
    /// # Errors
    /// When there is no such account, no turn for it, or the host fails.
    pub(crate) async fn find_mistakes(
        &self,
        id: &AccountId,
        file_name: Option<String>,
        code: String,
    ) -> Result<Vec<CompileError>, DeployError> {
        let account = self.known(id)?;
        let file_name = file_name.unwrap_or_else(|| FILE_NAME.to_owned());
        match Source::new(file_name, code) {
            Ok(source) => self.parts().mistakes(&account, &source).await,
            Err(error) => Ok(vec![error]),
        }
    }

    /// Builds and loads a draft under the policy of a deployed lambda, once it is on record who runs it.
    ///
    /// # Errors
    /// When there is no such lambda, a variable breaks a rule, the source does not build, there is no turn
    /// for it, or the host fails.
    pub(crate) async fn ready(&self, id: &AccountId, trial: &Trial) -> Result<Ready, DeployError> {
        let account = self.known(id)?;
        let entry = match &trial.lambda {
            None => None,
            Some(lambda) => {
                let missing = || DeployError::NoSuchLambda(lambda.clone());
                Some(account.lambda(lambda).ok_or_else(missing)?)
            }
        };
        environment::check(&trial.environment, self.may_have())?;
        let code = self.code_of(trial, entry).await?;
        let uuid = entry.map_or(Uuid::nil(), |entry| entry.uuid);
        let source = source(id.as_str(), uuid, &code, &trial.environment);
        let source = source.map_err(DeployError::Build)?;
        let start = Instant::now();
        let artifact = self.parts().build(&account, &source).await?.into_artifact();
        let build_time = start.elapsed();
        let name = match entry {
            Some(entry) => entry.name.clone(),
            None => NAMELESS.parse().expect("letters are a valid name"),
        };
        let target = entry.map_or(String::new(), |entry| entry.uuid.to_string());
        self.note_trial(id, (&target, name.as_str()), &trial.code)
            .await?;
        let policy = account.policy(&name, &self.parts().limits);
        let lambda = self.parts().runtime.load_apart(artifact, policy).await;
        let lambda = lambda.map_err(|error| DeployError::Load(InvokeError::Load(error)))?;
        Ok(Ready {
            lambda,
            name,
            build_time,
        })
    }

    /// What is to be built: a text that was not changed since it was saved with all that it imports, with
    /// that.
    async fn code_of(&self, trial: &Trial, entry: Option<&Arc<Entry>>) -> Result<Code, StoreError> {
        let file_name = trial.file_name.as_deref().unwrap_or(FILE_NAME);
        let saved = match entry {
            Some(entry) => self.saved(entry.row.id, entry.row.version).await?,
            None => None,
        };
        let saved = saved.map(|version| version.code);
        let same = |code: &Code| (&*code.file_name, &code.text) == (file_name, &trial.code);
        Ok(saved.filter(same).unwrap_or_else(|| Code {
            file_name: file_name.to_owned(),
            text: trial.code.clone(),
            bundle: None,
        }))
    }

    async fn note_trial(
        &self,
        id: &AccountId,
        (uuid, name): (&str, &str),
        code: &str,
    ) -> Result<(), StoreError> {
        let hash = digest(&SHA256, code.as_bytes());
        let hash: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let entry = AuditEntry::new(AuditAction::LambdaRunDraft, id)
            .target(uuid, name)
            .detail("source", hash);
        self.change::<_, StoreError, _>(entry, |_| Ok(()), |()| ())
            .await
    }
}
