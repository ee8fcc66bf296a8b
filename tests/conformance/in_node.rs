//! What does Node.js itself make of a test, run by the same shim?
//!
//! A reachable test that fails there fails for the shim's sake: this keeps the shim honest.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sandglass_runtime::{LogEntry, LogLevel};
use serde_json::Value;
use serde_json::value::to_raw_value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::own;
use crate::sandbox::{self, Run};
use crate::verdict::Verdict;

/// How long a test may take.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Runs a test in a process of Node.js: by the shim, or by a bundle in that file.
///
/// # Errors
/// When Node.js does not start.
pub(crate) async fn run(payload: &Value, folder: &Path, bundle: Option<&Path>) -> Result<Run> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let told = folder.join(format!("told-{}-{number}.jsonl", std::process::id()));
    let begun = Instant::now();
    let mut child = Command::new("node")
        .arg("--expose-gc")
        .arg(own::folder().join("shim/in_node.js"))
        .arg(&told)
        .args(bundle)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("node does not start: is Node.js installed?")?;
    let mut input = child.stdin.take().context("its input is a pipe")?;
    input.write_all(payload.to_string().as_bytes()).await?;
    drop(input);
    let ended = tokio::time::timeout(TIME_MAX, child.wait_with_output()).await;
    let lines = std::fs::read_to_string(&told).unwrap_or_default();
    let _ = std::fs::remove_file(&told);
    let stderr = match ended {
        Ok(output) => String::from_utf8_lossy(&output?.stderr).into_owned(),
        Err(_) => "it takes too long".to_owned(),
    };
    let lines: Vec<Value> = lines
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let result = lines.iter().find_map(|line| line.get("result"));
    let mut verdict =
        sandbox::returned(result.and_then(|result| serde_json::from_value(result.clone()).ok()));
    if let Verdict::Failed { message, .. } = &mut verdict {
        message.push_str(": ");
        message.push_str(
            stderr
                .lines()
                .find(|line| line.contains("Error"))
                .unwrap_or(&stderr),
        );
    }
    Ok(Run {
        verdict,
        logs: lines.iter().filter_map(entry).collect(),
        stack: stderr,
        millis: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        fuel: 0,
    })
}

fn entry(line: &Value) -> Option<LogEntry> {
    Some(LogEntry {
        level: LogLevel::Info,
        message: line.get("message")?.as_str()?.to_owned(),
        extras: to_raw_value(line.get("extras")?).ok()?,
        timestamp: 0,
    })
}
