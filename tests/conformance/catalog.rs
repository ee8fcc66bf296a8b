//! Which tests are there, of which module?

use anyhow::Result;
use serde::Deserialize;

use crate::own;

/// The modules of `modules.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Catalog {
    #[serde(rename = "module")]
    pub(crate) modules: Vec<Module>,
}

/// A module whose tests are run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Module {
    /// As a lambda requires it, or what its tests are about.
    pub(crate) name: String,
    /// What the names of its tests begin with.
    prefixes: Vec<String>,
    /// What a peer publishes: passed, reachable.
    pub(crate) peer: Option<(u32, u32)>,
}

impl Catalog {
    /// Reads the list.
    ///
    /// # Errors
    /// When it is not what it should be.
    pub(crate) fn read() -> Result<Self> {
        own::table("modules.toml")
    }

    /// The module that a file of `test/parallel` is about, if it is one of ours.
    pub(crate) fn module_of(&self, file: &str) -> Option<&Module> {
        let name = file.strip_prefix("test-")?;
        let is_test = [".js", ".mjs"].iter().any(|end| name.ends_with(end));
        let about = |module: &&Module| {
            module
                .prefixes
                .iter()
                .any(|prefix| name.starts_with(prefix.as_str()))
        };
        self.modules.iter().filter(|_| is_test).find(about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_of_the_first_module_whose_prefix_its_name_has() {
        let catalog = Catalog::read().unwrap();
        let of = |file| catalog.module_of(file).map(|module| module.name.as_str());
        assert_eq!(of("test-buffer-alloc.js"), Some("buffer"));
        assert_eq!(of("test-events-customevent.js"), Some("eventtarget"));
        assert_eq!(of("test-events-once.js"), Some("events"));
        assert_eq!(of("test-file.js"), Some("globals"));
        assert_eq!(of("test-file-write-stream.js"), Some("fs"));
        assert_eq!(of("test-webcrypto-digest.js"), Some("webcrypto"));
        assert_eq!(of("test-http2-ping.js"), None);
        assert_eq!(of("test-buffer-alloc.json"), None);
    }
}
