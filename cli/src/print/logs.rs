//! How do a lambda's log entries look?

use std::sync::{Arc, OnceLock};
use std::{fmt, slice};

use anstyle::Style;
use sandglass_host_abi::artifact::{Artifact, Bundle};
use sandglass_host_abi::{InvocationContext, LogEntry, LogSink};
use sandglass_runtime::SourceMap;
use sandglass_server::LogLine as StoredEntry;
use serde_json::value::RawValue;

use super::style::{DIM, GREEN, RED, YELLOW};
use super::{Printer, time, visible};

/// One entry on one line; further lines of a message are indented below it.
pub(crate) struct LogLine<'a> {
    level: &'a str,
    message: &'a str,
    extras: &'a RawValue,
    /// Shown before the level, dimmed.
    prefix: Option<String>,
}

impl<'a> LogLine<'a> {
    /// An entry of an invocation that the reader has just started.
    pub(crate) fn of(entry: &'a LogEntry) -> Self {
        let LogEntry {
            level,
            message,
            extras,
            ..
        } = entry;
        Self {
            level: level.as_str(),
            message,
            extras,
            prefix: None,
        }
    }

    /// An entry among those of other invocations and times.
    pub(crate) fn dated(entry: &'a StoredEntry) -> Self {
        let request: String = entry.request_id.chars().take(8).collect();
        let prefix = Some(format!(
            "{}  {}",
            time::moment(entry.timestamp),
            visible(&request)
        ));
        Self {
            level: &entry.level,
            message: &entry.message,
            extras: &entry.extras,
            prefix,
        }
    }
}

impl fmt::Display for LogLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(prefix) = &self.prefix {
            write!(f, "{DIM}{prefix}{DIM:#}  ")?;
        }
        let style = level_style(self.level);
        let indent = self
            .prefix
            .as_ref()
            .map_or(0, |prefix| prefix.chars().count() + 2)
            + 7;
        let message = visible(self.message).replace('\n', &format!("\n{:indent$}", ""));
        let level = visible(&self.level.to_lowercase());
        write!(f, "{style}{level:<5}{style:#}  {message}")?;
        for extra in extras(self.extras) {
            write!(f, "  {DIM}{}{DIM:#}", visible(extra.get()))?;
        }
        Ok(())
    }
}

fn level_style(level: &str) -> Style {
    match level {
        "Info" => GREEN,
        "Warn" => YELLOW,
        "Error" => RED,
        _ => DIM,
    }
}

fn extras(extras: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(extras.get()).unwrap_or_else(|_| vec![extras])
}

/// Prints entries while the lambda runs. What it prints of a bundle names the files that went into it.
#[derive(Clone)]
pub(crate) struct LivePrinter {
    print: Printer,
    bundle: Arc<OnceLock<(String, SourceMap)>>,
}

impl LivePrinter {
    pub(crate) fn new(print: Printer) -> Self {
        let bundle = Arc::default();
        Self { print, bundle }
    }

    /// From now on, what is logged names the user's files.
    pub(crate) fn is_of(&self, artifact: &Artifact) {
        let header = artifact.header();
        let map = |bundle: &Bundle| SourceMap::parse(&bundle.map);
        if let Some(map) = header.bundle.as_ref().and_then(map) {
            let first = self.bundle.set((header.file_name.clone(), map));
            debug_assert!(first.is_ok(), "one run has one artifact");
        }
    }
}

impl LogSink for LivePrinter {
    fn record(&self, _context: &InvocationContext, entry: &LogEntry) {
        match self.bundle.get() {
            Some((bundle, map)) => {
                let mut entry = entry.clone();
                map.logs(bundle, slice::from_mut(&mut entry));
                self.print.note(LogLine::of(&entry));
            }
            None => self.print.note(LogLine::of(entry)),
        }
    }
}

#[cfg(test)]
mod tests {
    use sandglass_host_abi::LogLevel;

    use super::*;

    fn plain(line: &LogLine<'_>) -> String {
        anstream::adapter::strip_str(&line.to_string()).to_string()
    }

    fn entry(message: &str, extras: &str) -> LogEntry {
        let extras = RawValue::from_string(extras.to_owned()).unwrap();
        LogEntry {
            level: LogLevel::Warn,
            message: message.into(),
            extras,
            timestamp: 0,
        }
    }

    #[test]
    fn extras_follow_the_message() {
        let entry = entry("slow", r#"["a",{"b":1}]"#);
        assert_eq!(plain(&LogLine::of(&entry)), r#"warn   slow  "a"  {"b":1}"#);
    }

    #[test]
    fn further_lines_stand_below_the_message() {
        assert_eq!(
            plain(&LogLine::of(&entry("a\nb", "[]"))),
            "warn   a\n       b"
        );
        let stored = r#"{"id":1,"requestId":"0123456789","timestamp":0,"level":"Warn",
            "message":"a\nb","extras":[],"outcome":"returned"}"#;
        let stored: StoredEntry = serde_json::from_str(stored).unwrap();
        let shown = plain(&LogLine::dated(&stored));
        let (first, second) = shown.split_once('\n').unwrap();
        assert_eq!(first, "1970-01-01 00:00:00.000  01234567  warn   a");
        assert_eq!(second.find('b'), Some(first.len() - 1));
    }

    #[test]
    fn a_lambda_cannot_steer_the_terminal() {
        let entry = entry("\u{1b}[2J", "[\"\u{9b}1m\"]");
        let shown = plain(&LogLine::of(&entry));
        assert!(!shown.contains(['\u{1b}', '\u{9b}']), "{shown:?}");
    }
}
