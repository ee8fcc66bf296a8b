//! Can a sandbox pass a test at all?
//!
//! The rules of `unreachable.toml` look at a test's text alone, never at whether it passes.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use crate::own;

/// What makes a test unreachable.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    rule: Vec<Rule>,
    /// Single tests, with the reason.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    reason: String,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    mentions: Vec<String>,
}

impl Rules {
    /// Reads the rules.
    ///
    /// # Errors
    /// When they are not what they should be.
    pub(crate) fn read() -> Result<Self> {
        own::table("unreachable.toml")
    }

    /// Why no sandbox can pass this test, if that is so.
    pub(crate) fn reason(&self, file: &str, text: &str) -> Option<&str> {
        if let Some(reason) = self.files.get(file) {
            return Some(reason);
        }
        let flags = flags(text);
        let code = without_comments(text);
        let rule = self.rule.iter().find(|rule| rule.fits(&flags, &code));
        rule.map(|rule| rule.reason.as_str())
    }
}

impl Rule {
    fn fits(&self, flags: &[&str], code: &str) -> bool {
        let flag = |known: &String| flags.iter().any(|flag| flag.starts_with(known.as_str()));
        self.flags.iter().any(flag)
            || self.requires.iter().any(|module| requires(code, module))
            || self
                .mentions
                .iter()
                .any(|mention| code.contains(mention.as_str()))
    }
}

/// The options of the command line that a test asks for.
pub(crate) fn flags(text: &str) -> Vec<&str> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("// Flags:"));
    lines.flat_map(str::split_whitespace).collect()
}

/// Whether the code requires or imports a module, with or without `node:`. One that ends with a slash stands for
/// all below it.
fn requires(code: &str, module: &str) -> bool {
    ["require(", "from ", "import(", "import "]
        .iter()
        .any(|asks| {
            let mut rest = code;
            while let Some((_, after)) = rest.split_once(asks) {
                rest = after;
                let Some(quote) = after
                    .chars()
                    .next()
                    .filter(|c| matches!(c, '\'' | '"' | '`'))
                else {
                    continue;
                };
                let Some((name, _)) = after[1..].split_once(quote) else {
                    continue;
                };
                let name = name.strip_prefix("node:").unwrap_or(name);
                let name = name.strip_suffix(".mjs").unwrap_or(name);
                let below = module.ends_with('/') && name.starts_with(module);
                if below || name == module || name.strip_suffix(".js") == Some(module) {
                    return true;
                }
            }
            false
        })
}

/// The text without the lines that are comments: what they mention is not used.
fn without_comments(text: &str) -> String {
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with("//") && !line.starts_with("* ") && !line.starts_with("/*")
    };
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> Option<String> {
        let rules = Rules::read().unwrap();
        rules.reason("test-x.js", text).map(str::to_owned)
    }

    #[test]
    fn flags_are_those_of_the_comment() {
        let text = "// Flags: --expose-gc --no-warnings\n'use strict';\n// Flags: --third\n";
        assert_eq!(flags(text), ["--expose-gc", "--no-warnings", "--third"]);
    }

    #[test]
    fn a_test_that_asks_for_internals_is_unreachable() {
        let internals = Some("Node.js' internals".to_owned());
        assert_eq!(reason("// Flags: --expose-internals\n"), internals);
        assert_eq!(reason("const { x } = require('internal/util');"), internals);
        assert_eq!(reason("process.binding('fs')"), internals);
    }

    #[test]
    fn a_test_that_requires_another_process_is_unreachable() {
        let process = Some("another process or thread".to_owned());
        assert_eq!(
            reason("const cp = require(\"node:child_process\");"),
            process
        );
        assert_eq!(
            reason("import { Worker } from 'node:worker_threads';"),
            process
        );
    }

    #[test]
    fn what_a_comment_mentions_does_not_count() {
        assert_eq!(
            reason("// require('net') would do\n  // createServer(\nlet a = 1;"),
            None
        );
    }

    #[test]
    fn a_name_that_only_begins_as_one_of_a_rule_does_not_count() {
        assert_eq!(reason("require('network'); require('vm2')"), None);
    }

    #[test]
    fn when_no_rule_fits_a_test_is_reachable() {
        assert_eq!(
            reason("// Flags: --no-warnings\nrequire('../common'); require('fs')"),
            None
        );
    }
}
