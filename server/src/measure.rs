//! How much do the journal and the check of a token take by themselves?
//!
//! For the benches only: over HTTP it is the requests that would be measured.

use std::path::Path;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use sandglass_runtime::{LogEntry, LogLevel, Usage};
use serde_json::value::RawValue;

use crate::clock::now_ms;
use crate::config::JournalConfig;
use crate::invoke::may_invoke;
use crate::journal::Entry;
use crate::server::Server;
use crate::status::OutcomeName;
use crate::store::{Store, StoreError};

/// What an invocation does to find out who asks for it.
#[doc(hidden)]
pub struct TokenCheck<'a> {
    server: &'a Server,
    account: &'a str,
    parts: Parts,
}

impl<'a> TokenCheck<'a> {
    /// A request of an external system with this token.
    ///
    /// # Errors
    /// When the account or the token cannot be in a request.
    pub fn new(server: &'a Server, account: &'a str, token: &str) -> Result<Self, http::Error> {
        let request = http::Request::post(format!(
            "/api/account/{account}/lambdas/hello/invoke?v=1&externalSystem=bench"
        ));
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        let (parts, ()) = request.body(())?.into_parts();
        Ok(Self {
            server,
            account,
            parts,
        })
    }

    /// Checks the token; whether its holder may invoke.
    pub fn run(&self) -> bool {
        let registry = self.server.app().registry.load();
        may_invoke(&self.parts, &registry, self.account).is_ok()
    }
}

/// The journal of a database, without a server.
#[doc(hidden)]
pub struct JournalBench(Store);

/// Invocations to be remembered.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Past {
    /// How many invocations.
    pub invocations: u64,
    /// Log entries of each.
    pub logs_each: u64,
    /// They take turns among so many lambdas, whose rows count from 1.
    pub lambdas: u64,
    /// They ended evenly over this time, up to now.
    pub over: Duration,
}

impl JournalBench {
    /// Opens a database, making it when it does not exist.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(database: &Path) -> Result<Self, StoreError> {
        Store::open(database, &JournalConfig::default()).map(Self)
    }

    /// Remembers invocations, as requests do. `first` numbers them.
    pub fn record(&self, first: u64, past: &Past) {
        let now = now_ms();
        for number in first..first + past.invocations {
            let left = past.invocations - (number - first);
            let over = past.over.as_millis() as u64;
            let ago = over.saturating_mul(left) / past.invocations;
            self.0.journal().record(entry(number, past, now - ago));
        }
    }

    /// Entries that wait to be written.
    pub fn pending(&self) -> usize {
        self.0.journal().pending()
    }

    /// How many invocations the database has, when everything that waits was written.
    ///
    /// # Errors
    /// When the database failed.
    pub async fn written(&self) -> Result<u64, StoreError> {
        let count = |connection: &rusqlite::Connection| {
            let sql = "SELECT count(*) FROM invocations";
            connection.query_row(sql, [], |row| row.get::<_, i64>(0))
        };
        let count = self.0.read("count invocations", count).await?;
        Ok(count.cast_unsigned())
    }

    /// Entries that were dropped.
    pub fn dropped(&self) -> u64 {
        self.0.journal().dropped()
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// When the database failed.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.0.flush().await
    }

    /// Writes everything and closes the database.
    pub async fn close(self) {
        self.0.close().await;
    }
}

fn entry(number: u64, past: &Past, at: u64) -> Entry {
    let lines = (0..past.logs_each).map(|line| log(number * past.logs_each + line, at));
    let mut usage = Usage::default();
    usage.fuel = 1_000_000 + number % 1_000;
    usage.wall = Duration::from_micros(50 + number % 977);
    usage.memory_peak = 1 << 20;
    Entry {
        account: 1,
        lambda: 1 + (number % past.lambdas) as i64,
        version: 1,
        request_id: request_id(number).parse().expect("hexadecimal digits"),
        at,
        outcome: match number % 50 {
            0 => OutcomeName::Threw,
            _ => OutcomeName::Returned,
        },
        usage,
        logs: lines.collect(),
    }
}

/// The request id of an invocation with this number: spread like a random one.
#[doc(hidden)]
pub fn request_id(number: u64) -> String {
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:08x}-0000-4000-8000-{number:012x}", spread >> 32)
}

fn log(number: u64, at: u64) -> LogEntry {
    let level = match number % 100 {
        0 => LogLevel::Error,
        1..=5 => LogLevel::Warn,
        _ => LogLevel::Info,
    };
    let what = ["paid", "shipped", "returned", "refused", "delayed"][number as usize % 5];
    LogEntry {
        level,
        message: format!("order {number} is {what} after {} ms", number % 1_013),
        extras: RawValue::from_string(format!("[{{\"customer\":{}}}]", number % 5_003))
            .expect("valid JSON"),
        timestamp: at,
    }
}
