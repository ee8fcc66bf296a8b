//! What can an operator set?

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use sandglass_runtime::{AccountId, ByteSize, Limits};
use serde::Deserialize;

use crate::SecretKey;

/// Everything that an operator can set, as it stands in one TOML file. Every key has a default;
/// unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen. Loopback by default: put a TLS-terminating proxy in front of anything else.
    pub listen: SocketAddr,
    /// Where everything is kept. One server at a time.
    pub data_dir: PathBuf,
    /// The account that is made when it does not exist.
    pub account: AccountId,
    /// The status of a failed lambda. The platform's 901 is not a registered status; a client or
    /// proxy that cannot take it wants 500 here.
    pub failure_status: u16,
    /// Invocations that may run at once.
    pub max_concurrent: usize,
    /// Lambdas that others have called and that may run at once, besides. With a room of their own, they
    /// cannot be kept waiting by those that wait for them. 0 lets no lambda call another.
    pub max_concurrent_calls: usize,
    /// Invocations that may wait for one of those; further ones are answered 429 at once.
    pub queue_max: usize,
    /// How long an invocation may wait before it is answered 429.
    pub queue_wait_ms: u64,
    /// Connections that may be open at once; further ones wait in the kernel's backlog.
    pub connections_max: usize,
    /// The request line and all headers together (431 past it). At least 8 KiB.
    pub header_bytes_max: ByteSize,
    /// The body of one invocation (413 past it).
    pub body_bytes_max: ByteSize,
    /// How long a client may take to send its headers, and how long a connection may idle.
    pub header_timeout_ms: u64,
    /// How long a client may take to send its body (408 past it).
    pub body_timeout_ms: u64,
    /// How long a shutdown waits for what is running before it is cut off.
    pub shutdown_grace_ms: u64,
    /// Builds that may run at once; further ones wait.
    pub builds_max: usize,
    /// Lambdas kept in memory; the one that was not used for longest makes room.
    pub loaded_lambdas_max: usize,
    /// Native code kept on disk; what was not loaded for longest makes room, and is made again when
    /// it is needed.
    pub code_cache_bytes_max: ByteSize,
    /// The bounds of each invocation.
    pub limits: Limits,
    /// Outgoing HTTP requests of lambdas.
    pub egress: EgressConfig,
    /// What is kept of past invocations.
    pub journal: JournalConfig,
    /// The key that seals secrets. Without one, the server keeps it in `<data_dir>/secret.key`.
    /// Never read from the file: a configuration is no place for it.
    #[serde(skip)]
    pub secret_key: Option<SecretKey>,
}

/// How lambdas reach the network.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgressConfig {
    /// Lets lambdas reach loopback and private addresses, for tests and local development. The
    /// whitelist applies all the same.
    pub allow_private_addresses: bool,
}

/// How much of the past is kept. Whatever is reached first ends an entry's life.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalConfig {
    /// Days that an invocation and its logs are kept. The platform's 30.
    pub retention_days: u32,
    /// Invocations kept.
    pub invocations_max: u64,
    /// Bytes that may wait to be written; what does not fit is dropped and counted.
    pub pending_bytes_max: ByteSize,
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {rule}")]
pub struct ConfigError {
    key: &'static str,
    rule: &'static str,
}

impl Default for Config {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data_dir: PathBuf::from("./.sandglass"),
            account: "10000001".parse().expect("digits are a valid account id"),
            failure_status: 901,
            max_concurrent: 1_024,
            max_concurrent_calls: 256,
            queue_max: 1_024,
            queue_wait_ms: 5_000,
            connections_max: 4_096,
            header_bytes_max: ByteSize::kib(64),
            body_bytes_max: ByteSize::mib(4),
            header_timeout_ms: 60_000,
            body_timeout_ms: 30_000,
            shutdown_grace_ms: 35_000,
            builds_max: cores,
            loaded_lambdas_max: 1_000,
            code_cache_bytes_max: ByteSize::mib(8 * 1_024),
            limits: Limits::default(),
            egress: EgressConfig::default(),
            journal: JournalConfig::default(),
            secret_key: None,
        }
    }
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self {
            retention_days: 30,
            invocations_max: 1_000_000,
            pending_bytes_max: ByteSize::mib(64),
        }
    }
}

impl Config {
    /// Checks what the types cannot say.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let rules = [
            (
                (400..=999).contains(&self.failure_status),
                "failure_status",
                "must be 400 to 999",
            ),
            (
                self.max_concurrent > 0,
                "max_concurrent",
                "must be at least 1",
            ),
            (
                self.connections_max > 0,
                "connections_max",
                "must be at least 1",
            ),
            (self.builds_max > 0, "builds_max", "must be at least 1"),
            (
                self.loaded_lambdas_max > 0,
                "loaded_lambdas_max",
                "must be at least 1",
            ),
            (
                self.header_bytes_max >= ByteSize::kib(8),
                "header_bytes_max",
                "must be at least 8192",
            ),
            (
                self.header_timeout_ms > 0,
                "header_timeout_ms",
                "must be at least 1",
            ),
            (
                self.body_timeout_ms > 0,
                "body_timeout_ms",
                "must be at least 1",
            ),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            Some((_, key, rule)) => Err(ConfigError { key, rule }),
            None => Ok(()),
        }
    }

    /// The status of a failed lambda.
    pub(crate) fn failure_status(&self) -> StatusCode {
        StatusCode::from_u16(self.failure_status).expect("checked: 400 to 999")
    }

    pub(crate) fn queue_wait(&self) -> Duration {
        Duration::from_millis(self.queue_wait_ms)
    }

    pub(crate) fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_changes_only_what_it_names() {
        let config: Config = toml::from_str(
            "listen = '0.0.0.0:9000'\n[limits]\nwall_clock = 500\n[egress]\nallow_private_addresses = true",
        )
        .unwrap();
        assert_eq!(config.listen.port(), 9000);
        assert_eq!(config.limits.wall_clock, Duration::from_millis(500));
        assert!(config.egress.allow_private_addresses);
        assert_eq!(config.failure_status, 901);
    }

    #[test]
    fn an_unknown_key_is_refused_by_its_name() {
        for (text, key) in [("lissten = 1", "lissten"), ("[journal]\nkeep = 1", "keep")] {
            let error = toml::from_str::<Config>(text).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn a_setting_that_cannot_work_is_named() {
        let error = Config {
            failure_status: 200,
            ..Config::default()
        }
        .check()
        .unwrap_err();
        assert_eq!(error.to_string(), "failure_status must be 400 to 999");
    }
}
