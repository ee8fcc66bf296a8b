//! What was saved of a lambda, how do two versions differ, and how does an old one come back?

use std::collections::BTreeMap;

use sandglass_runtime::AccountId;
use sandglass_runtime::artifact::Bundle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::TextDiff;

use super::{Admin, ChangeError, LambdaInfo, SaveError};
use crate::audit::{AuditAction, AuditEntry};
use crate::registry::Entry;
use crate::store::{self, Committed, Draft, VersionRow};

/// A version of a lambda, as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VersionInfo {
    /// Counts what was saved, from 1.
    pub version: u64,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// Who saved it.
    pub created_by: String,
    /// Whether it is the one that is live.
    pub live: bool,
    /// Whether it can be rolled back to: it was built, and what was built is kept with it.
    pub can_roll_back: bool,
    /// Whether it was saved with all that its code imports, as `sandglass deploy` bundles it.
    pub bundled: bool,
}

/// A version of a lambda, whole.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VersionDetail {
    /// What the list says of it.
    #[serde(flatten)]
    pub info: VersionInfo,
    /// The file name that error stacks show.
    pub file_name: String,
    /// JavaScript or TypeScript source.
    pub code: String,
    /// `process.env`, as the user set it.
    pub environment: BTreeMap<String, String>,
}

/// How two versions differ.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Comparison {
    /// The version that is compared from.
    pub from: u64,
    /// The version that is compared to.
    pub to: u64,
    /// The code as a unified diff; empty when it is the same.
    pub code: String,
    /// The variables that differ: the value before and after, `null` where there is none.
    #[schemars(with = "BTreeMap<String, [Option<String>; 2]>")]
    pub environment: BTreeMap<String, (Option<String>, Option<String>)>,
}

impl Admin {
    /// The versions of a lambda that are kept, the latest first.
    ///
    /// # Errors
    /// When there is no such lambda, or the database fails.
    pub async fn versions(
        &self,
        id: &AccountId,
        lambda: &str,
    ) -> Result<Vec<VersionInfo>, ChangeError> {
        let (_, entry) = self.entry(id, lambda)?;
        let row = entry.row.id;
        let rows = move |connection: &rusqlite::Connection| store::versions(connection, row);
        let kept = self.parts().store.read("list the versions", rows).await?;
        let live = entry.live_version();
        Ok(kept.iter().map(|version| listed(version, live)).collect())
    }

    /// One version of a lambda.
    ///
    /// # Errors
    /// When there is no such lambda, the version is not kept, or the database fails.
    pub async fn version(
        &self,
        id: &AccountId,
        lambda: &str,
        version: u64,
    ) -> Result<VersionDetail, ChangeError> {
        let (_, entry) = self.entry(id, lambda)?;
        let row = self.kept(entry.row.id, version).await?;
        Ok(VersionDetail {
            info: listed(&row, entry.live_version()),
            file_name: row.code.file_name,
            code: row.code.text,
            environment: row.environment,
        })
    }

    /// What a version was bundled to, with all that its code imports.
    ///
    /// # Errors
    /// When there is no such lambda, the version is not kept or has no bundle, or the database fails.
    pub async fn bundle(
        &self,
        id: &AccountId,
        lambda: &str,
        version: u64,
    ) -> Result<Bundle, ChangeError> {
        let (_, entry) = self.entry(id, lambda)?;
        let row = self.kept(entry.row.id, version).await?;
        row.code.bundle.ok_or_else(|| ChangeError::NotFound {
            kind: "bundle of version",
            name: version.to_string(),
        })
    }

    /// The versions of a lambda that are kept, whole, the latest first.
    pub(crate) async fn whole_versions(
        &self,
        entry: &Entry,
    ) -> Result<Vec<VersionDetail>, ChangeError> {
        let row = entry.row.id;
        let rows = move |connection: &rusqlite::Connection| store::versions(connection, row);
        let kept = self.parts().store.read("read the versions", rows).await?;
        let live = entry.live_version();
        let detail = |row: VersionRow| VersionDetail {
            info: listed(&row, live),
            file_name: row.code.file_name,
            code: row.code.text,
            environment: row.environment,
        };
        Ok(kept.into_iter().map(detail).collect())
    }

    /// How two versions of a lambda differ.
    ///
    /// # Errors
    /// When there is no such lambda, a version is not kept, or the database fails.
    pub async fn compare(
        &self,
        id: &AccountId,
        lambda: &str,
        (from, to): (u64, u64),
    ) -> Result<Comparison, ChangeError> {
        let (_, entry) = self.entry(id, lambda)?;
        let before = self.kept(entry.row.id, from).await?;
        let after = self.kept(entry.row.id, to).await?;
        Ok(Comparison {
            from,
            to,
            code: unified(&before, &after),
            environment: different(&before.environment, &after.environment),
        })
    }

    /// Saves what an earlier version was, as a new one. What is live stays live.
    ///
    /// # Errors
    /// As [`save_lambda`](Self::save_lambda).
    pub async fn restore(
        &self,
        id: &AccountId,
        lambda: &str,
        version: u64,
    ) -> Result<LambdaInfo, SaveError> {
        let (_, entry) = self.entry(id, lambda)?;
        if store::is_active(&entry.row) {
            return Err(SaveError::Active);
        }
        let row = self.kept(entry.row.id, version).await?;
        let draft = Draft {
            code: row.code,
            environment: row.environment,
            ..self.draft_of(&entry)
        };
        let audit = AuditEntry::new(AuditAction::LambdaSave, id).detail("restored", version);
        match self.save(id, draft, audit).await? {
            Committed::Done(row) => Ok(self.lambda(id, &row.uuid)?),
            Committed::Overtaken | Committed::Active => Err(SaveError::Conflict {
                based_on: entry.row.version,
                found: entry.row.version + 1,
            }),
        }
    }

    async fn kept(&self, lambda: i64, version: u64) -> Result<VersionRow, ChangeError> {
        let row = self.saved(lambda, version).await?;
        row.ok_or_else(|| ChangeError::NotFound {
            kind: "version",
            name: version.to_string(),
        })
    }
}

fn listed(row: &VersionRow, live: u64) -> VersionInfo {
    VersionInfo {
        version: row.version,
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        live: row.version == live,
        can_roll_back: row.built.is_some(),
        bundled: row.code.bundle.is_some(),
    }
}

fn unified(before: &VersionRow, after: &VersionRow) -> String {
    let name = |row: &VersionRow| format!("{} (version {})", row.code.file_name, row.version);
    TextDiff::configure()
        .timeout(std::time::Duration::from_millis(200))
        .diff_lines(&before.code.text, &after.code.text)
        .unified_diff()
        .header(&name(before), &name(after))
        .to_string()
}

fn different(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let names = before.keys().chain(after.keys());
    names
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            (
                name.clone(),
                (before.get(name).cloned(), after.get(name).cloned()),
            )
        })
        .collect()
}
