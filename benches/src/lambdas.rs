//! Which lambdas are measured?

use std::path::PathBuf;

use anyhow::{Context, Result};
use sandglass_compiler::Source;

use crate::scratch::target_directory;

/// Greets a name; the smallest lambda that does something.
pub const HELLO: &str = include_str!("../lambdas/hello.js");
/// Evaluates 1 MB of generated library code at its top level, then greets.
pub const LIBRARY: &str = include_str!("../lambdas/library.js");
/// Requires jsforce at its top level, then greets.
pub const SALESFORCE: &str = include_str!("../lambdas/salesforce.js");
/// Writes `count` log lines.
pub const LOG: &str = include_str!("../lambdas/log.js");
/// Reads a secret `count` times.
pub const SECRET: &str = include_str!("../lambdas/secret.js");
/// Sends `count` requests, one after the other.
pub const HTTP: &str = include_str!("../lambdas/http.js");
/// Sends `count` requests at once.
pub const PARALLEL_HTTP: &str = include_str!("../lambdas/parallel-http.js");
/// Waits `ms` milliseconds.
pub const WAIT: &str = include_str!("../lambdas/wait.js");
/// Hashes a block of `BLOCK_BYTES` bytes `count` times.
pub const DIGEST: &str = include_str!("../lambdas/digest.js");

/// Authenticates `count` blocks of `BLOCK_BYTES`.
pub const HMAC: &str = include_str!("../lambdas/hmac.js");

/// Parses or writes a document of 1 MB `count` times.
pub const JSON: &str = include_str!("../lambdas/json.js");

const JSFORCE: &str = include_str!("../lambdas/jsforce.js");

/// The platform's input with a name to greet.
pub const GREETING: &str = r#"{"timestamp":0,"headers":[],"payload":{"name":"Ada"}}"#;

/// The platform's input with this payload, JSON text.
pub fn input(payload: &str) -> String {
    format!(r#"{{"timestamp":0,"headers":[],"payload":{payload}}}"#)
}

/// Hello with some code and data of its own, so that its image differs from all others.
pub fn hello_variant(number: usize) -> String {
    format!(
        "const settings = {{ id: {number}, table: Array.from({{ length: 50 }}, (_, k) => `v${{k * \
         {number}}}`) }};\nfunction helper{number}(value) {{ return value + settings.id; }}\n{HELLO}"
    )
}

/// Hello that greets with a number, too, so that one can tell which of several it is.
pub fn hello_with(number: usize) -> String {
    HELLO.replacen("Hello ", &format!("Hello {number} "), 1)
}

/// A lambda that says its version as its top level knew it, as its code has it, and as its environment
/// does.
pub const VERSIONED: &str = include_str!("../lambdas/versioned.js");

/// A lambda that evaluates the real jsforce-core at its top level; `None` when it was not fetched.
///
/// # Errors
/// When the library was fetched but does not make a source.
pub fn jsforce() -> Result<Option<Source>> {
    const PART_CHARACTERS: usize = 64_000;
    let Ok(text) = std::fs::read_to_string(jsforce_file()?) else {
        return Ok(None);
    };
    let characters: Vec<char> = text.chars().collect();
    let mut source = Source::new("jsforce.js", JSFORCE).context("the source of jsforce.js")?;
    for (number, part) in characters.chunks(PART_CHARACTERS).enumerate() {
        let part: String = part.iter().collect();
        source = source
            .env(format!("LIBRARY_{number:03}"), part)
            .context("its environment")?;
    }
    Ok(Some(source))
}

fn jsforce_file() -> Result<PathBuf> {
    Ok(target_directory()?.join("bench-library/jsforce-core.js"))
}

/// The same as [`JSON`] as componentize-qjs makes it, a component; `None` when it was not fetched.
///
/// # Errors
/// When there is no target directory.
pub fn json_peer() -> Result<Option<PathBuf>> {
    let file = target_directory()?.join("bench-library/json-peer/peer.wasm");
    Ok(file.is_file().then_some(file))
}

/// The folder of a lambda that imports five packages from its `node_modules`; `None` when they were
/// not fetched.
///
/// # Errors
/// When there is no target directory.
pub fn five_packages() -> Result<Option<PathBuf>> {
    let folder = target_directory()?.join("bench-library/five-packages");
    // npm writes it last.
    let installed = folder.join("node_modules/.package-lock.json");
    Ok(installed.is_file().then_some(folder))
}
