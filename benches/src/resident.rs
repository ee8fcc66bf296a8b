//! How much memory does a process hold?

use anyhow::{Context, Result};

/// The proportional set size of this process in bytes: a page that is mapped in several places
/// counts in equal parts for each (`/proc/self/smaps_rollup`), and so once for all of them.
///
/// # Errors
/// When the system does not tell (other systems than Linux).
pub fn proportional() -> Result<u64> {
    read("/proc/self/smaps_rollup", "Pss:")
}

/// The most that this process ever held resident, in bytes.
///
/// # Errors
/// When the system does not tell.
pub fn peak() -> Result<u64> {
    read("/proc/self/status", "VmHWM:")
}

fn read(file: &str, field: &str) -> Result<u64> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kib = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .map(str::trim);
    let kib = kib.with_context(|| format!("{file} has no {field}"))?;
    Ok(kib
        .parse::<u64>()
        .with_context(|| format!("reading {field} of {file}"))?
        * 1024)
}
