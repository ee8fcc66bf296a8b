//! Which packages of npm are tried by their own tests?
//!
//! Those of `suites.toml`. All that a package's tests need is bundled into one lambda, as a person's lambda is; each of its
//! files, or each slice of the one that it has, is run by an invocation of that lambda.

mod install;
mod page;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sandglass_compiler::{Source, pack};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::download::Archive;
use crate::own;
use crate::tree;

pub(crate) use page::section;

/// What the names of their groups begin with.
pub(crate) const GROUPS: &str = "packages/";

/// All of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suites {
    suite: Vec<Suite>,
}

/// The tests of a package.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suite {
    pub(crate) package: String,
    version: String,
    /// Who ships the tests, for people.
    from: String,
    /// Where the tests are, below the folder in which npm installs.
    tests: String,
    /// How the names of files with tests end.
    #[serde(default)]
    ending: String,
    /// What the paths of files begin with that are not run.
    #[serde(default)]
    without: Vec<String>,
    /// How the names of files end that tests read.
    fixtures: Option<String>,
    /// Into how many parts a single file with all tests is divided.
    slices: Option<u32>,
    /// Where the tests are from, if not from the package.
    source: Option<Archive>,
    /// Why tests fail that pass in Node.js.
    #[serde(default)]
    differs: Vec<Differs>,
}

/// Tests that fail for a reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Differs {
    why: String,
    /// What their names begin with.
    tests: Vec<String>,
}

/// A file of a package's tests, or a slice.
#[derive(Debug, Clone)]
pub(crate) struct SuiteTest {
    pub(crate) package: String,
    pub(crate) name: String,
    /// What the lambda is given.
    pub(crate) payload: Value,
}

/// All suites.
///
/// # Errors
/// When the list is not what it should be.
pub(crate) fn all() -> Result<Vec<Suite>> {
    Ok(own::table::<Suites>("suites.toml")?.suite)
}

impl Suite {
    /// The name under which its tests are counted.
    pub(crate) fn group(&self) -> String {
        format!("{GROUPS}{}", self.package)
    }

    /// Where it is installed, below the folder of what is downloaded.
    fn installed(&self, folder: &Path) -> PathBuf {
        folder.join("suites").join(&self.package)
    }

    /// Its tests, after all that they need was downloaded.
    ///
    /// # Errors
    /// When npm or Debian's servers do not give what is pinned.
    pub(crate) fn tests(&self, folder: &Path) -> Result<Vec<SuiteTest>> {
        let installed = self.installed(folder);
        install::all(self, folder, &installed)?;
        if let Some(slices) = self.slices {
            let slice = |slice| {
                self.test(
                    format!("part-{}-of-{slices}", slice + 1),
                    json!({ "slice": slice, "slices": slices }),
                )
            };
            return Ok((0..slices).map(slice).collect());
        }
        let tests = installed.join(&self.tests);
        let fixtures = self.fixtures(&tests)?;
        let files = self.files(&tests)?.into_iter();
        let file = |file: String| {
            let payload = json!({ "file": file, "fixtures": fixtures });
            self.test(file, payload)
        };
        Ok(files.map(file).collect())
    }

    fn test(&self, name: String, payload: Value) -> SuiteTest {
        let package = self.package.clone();
        SuiteTest {
            package,
            name,
            payload,
        }
    }

    /// The files with tests, relative to their folder.
    fn files(&self, tests: &Path) -> Result<Vec<String>> {
        let mut files = tree::below(tests)?;
        let is_left_out = |file: &str| self.without.iter().any(|without| file.starts_with(without));
        files.retain(|file| file.ends_with(&self.ending) && !is_left_out(file));
        Ok(files)
    }

    /// The texts that tests read, by the names of their files.
    fn fixtures(&self, tests: &Path) -> Result<Map<String, Value>> {
        let Some(ending) = &self.fixtures else {
            return Ok(Map::new());
        };
        let files = tree::below(tests)?.into_iter();
        let fixture = |file: String| {
            let text = fs::read_to_string(tests.join(&file)).with_context(|| file.clone())?;
            let name = file.rsplit('/').next().unwrap_or(&file).to_owned();
            Ok((name, Value::String(text)))
        };
        files
            .filter(|file| file.ends_with(ending))
            .map(fixture)
            .collect()
    }

    /// The lambda that runs them, with all that it imports.
    ///
    /// # Errors
    /// When it cannot be bundled.
    pub(crate) async fn bundled(&self, folder: &Path) -> Result<Source> {
        let source = pack(&self.installed(folder).join("lambda.js")).await;
        source.with_context(|| format!("the tests of {} cannot be bundled", self.package))
    }
}

/// The bundles of the suites that tests are of, by package; none when there are no such tests.
///
/// # Errors
/// When one cannot be bundled.
pub(crate) async fn bundles<'a>(
    tests: impl Iterator<Item = &'a SuiteTest>,
    folder: &Path,
) -> Result<BTreeMap<String, Source>> {
    let packages: std::collections::BTreeSet<&str> =
        tests.map(|test| test.package.as_str()).collect();
    let mut bundles = BTreeMap::new();
    for suite in all()?
        .iter()
        .filter(|suite| packages.contains(suite.package.as_str()))
    {
        bundles.insert(suite.package.clone(), suite.bundled(folder).await?);
    }
    Ok(bundles)
}
