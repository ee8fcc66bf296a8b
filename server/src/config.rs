//! What can an operator set?

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;
use http::uri::Authority;
use sandglass_runtime::{AccountId, ByteSize, Limits};
use serde::Deserialize;

use crate::SecretKey;

mod accounts;
mod invocation;
mod listen_url;
mod proxies;
mod telemetry;

pub use accounts::AccountsConfig;
pub use invocation::{
    AccountRates, IdempotencyConfig, QueueConfig, RateConfig, RatesConfig, SchedulesConfig,
};
pub use listen_url::{ListenUrl, ListenUrlError};
pub use proxies::{ForwardedHeader, Network, NetworkError, ProxiesConfig};
pub use telemetry::TelemetryConfig;

/// Everything that an operator can set, as it stands in one TOML file. Every key has a default;
/// unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen: HTTPS where `tls` has a certificate, plain HTTP otherwise. Loopback by default:
    /// have a certificate, or put a TLS-terminating proxy in front of anything else.
    pub listen: SocketAddr,
    /// Where to listen besides, each with its scheme, for instance `http://0.0.0.0:80`.
    pub also_listen: Vec<ListenUrl>,
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
    /// Connections that may be open at once. Past it, those that were quiet for longest make room.
    pub connections_max: usize,
    /// The request line and all headers together (431 past it). At least 8 KiB.
    pub header_bytes_max: ByteSize,
    /// The body of one invocation (413 past it).
    pub body_bytes_max: ByteSize,
    /// How long a client may take to send its headers, and how long a connection may idle, or its client
    /// take nothing of what it is sent.
    pub header_timeout_ms: u64,
    /// How long a client may take to send its body (408 past it).
    pub body_timeout_ms: u64,
    /// How long a shutdown waits for what is running before it is cut off.
    pub shutdown_grace_ms: u64,
    /// Builds that may run at once; further ones wait.
    pub builds_max: usize,
    /// The bounds of builds.
    pub builds: BuildsConfig,
    /// Lambdas kept in memory; the one that was not used for longest makes room.
    pub loaded_lambdas_max: usize,
    /// Native code kept on disk; what was not loaded for longest makes room, and is made again when
    /// it is needed.
    pub code_cache_bytes_max: ByteSize,
    /// The certificate of this server; without one it speaks plain HTTP.
    pub tls: Option<TlsConfig>,
    /// How many accounts there may be, and how much each may have.
    pub accounts: AccountsConfig,
    /// The proxies in front of it, whose word about a client's address is taken.
    pub proxies: ProxiesConfig,
    /// The bounds of each invocation.
    pub limits: Limits,
    /// Outgoing HTTP requests of lambdas.
    pub egress: EgressConfig,
    /// What is kept of past invocations.
    pub journal: JournalConfig,
    /// The bounds of the Context Session Store.
    pub context: ContextConfig,
    /// The web console.
    pub console: ConsoleConfig,
    /// Events, templates and snippets besides those that are built in.
    pub catalog: CatalogConfig,
    /// Where traces go. Without it there are none, and nothing is spent on them.
    pub telemetry: Option<TelemetryConfig>,
    /// How often, and how often at once, accounts and lambdas may be invoked.
    pub rates: RatesConfig,
    /// How long the outcome of a request is remembered for its retries.
    pub idempotency: IdempotencyConfig,
    /// Asynchronous invocations.
    pub queue: QueueConfig,
    /// Invocations by the clock.
    pub schedules: SchedulesConfig,
    /// What the domain API says: where each service is, a host name with an optional port, after an
    /// optional `http://` or `https://`. This server's own services need no entry.
    pub domains: BTreeMap<String, String>,
    /// How clients reach this server: `https://` or `http://`, a host and an optional port. By
    /// default where it listens; behind a proxy it has to be said, since tokens and metadata name it.
    pub public_url: Option<String>,
    /// The key that seals secrets. Without one, the server keeps it in `<data_dir>/secret.key`.
    /// Never read from the file: a configuration is no place for it.
    #[serde(skip)]
    pub secret_key: Option<SecretKey>,
}

/// The server's certificate. Both files are read again when they change.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The chain of certificates in PEM, the server's own first.
    pub certificate: PathBuf,
    /// Its private key in PEM, not encrypted. Others than its owner and group must not read it.
    pub key: PathBuf,
}

/// How much a build takes. What is done with a source before it is evaluated (parsing and bundling)
/// is bounded here; the evaluation has bounds of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuildsConfig {
    /// Builds that may wait for their turn; further ones are answered 429 at once.
    pub queue_max: usize,
    /// How long a build may wait for its turn before it is answered 429.
    pub queue_wait_ms: u64,
    /// Drafts that may be built or run at once, in all accounts (429 past it). They are besides limited
    /// by what limits builds and invocations.
    pub drafts_max: usize,
    /// Processor time for parsing and bundling one source.
    pub cpu_seconds: u64,
    /// Time for parsing and bundling one source, waiting for a processor included.
    pub wall_clock_ms: u64,
    /// Memory for parsing and bundling one source, besides the stacks.
    pub memory: ByteSize,
    /// The executable that parses and bundles, in a process for each source; its `main` begins with
    /// [`run_if_worker`](sandglass_compiler::run_if_worker). Without one, the server does it in its
    /// own process, and the bounds above but the queue's do not hold. Not read from the file: the
    /// command `sandglass` is its own.
    #[serde(skip)]
    pub worker: Option<PathBuf>,
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
    /// Log entries kept, in bytes of their texts and about 256 for each.
    pub logs_bytes_max: ByteSize,
    /// Days that the audit log is kept; 0 for ever.
    pub audit_retention_days: u32,
    /// Bytes that may wait to be written; what does not fit is dropped and counted.
    pub pending_bytes_max: ByteSize,
    /// Days that the figures of the reports are kept: enough for a whole month to date.
    pub reports_days: u32,
    /// Days that one search or export of logs may span. The platform's 7.
    pub search_days_max: u32,
    /// Entries of one export. The platform's 500.
    pub export_rows_max: u32,
    /// Live tails of logs that may be open at once (429 past it).
    pub tails_max: usize,
    /// How long a live tail may wait for a reader that takes nothing before it ends.
    pub tail_stall_ms: u64,
    /// What the reports call a month's invocations. Nothing is refused past it.
    pub invocations_per_month: u64,
}

/// How much the Context Session Store takes. What is past a bound is refused, and nothing of it saved.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContextConfig {
    /// Namespaces of an account, besides those that every account has.
    pub namespaces_max: u64,
    /// Sessions of a namespace.
    pub sessions_max: u64,
    /// Properties of a session.
    pub properties_max: u64,
    /// The value of one property, as JSON.
    pub value_bytes_max: ByteSize,
    /// The names and values of a session's properties together.
    pub session_bytes_max: ByteSize,
    /// All sessions of an account together.
    pub account_bytes_max: ByteSize,
    /// The body of one request.
    pub body_bytes_max: ByteSize,
}

/// The web console, which this server has at `/console/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleConfig {
    /// Without it, there is nothing at `/console/`, and nobody signs in to it.
    pub enabled: bool,
}

/// Where an operator's own events, templates and snippets are.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogConfig {
    /// A directory with `events`, `templates` and `snippets`, of one TOML file each. Empty: there is none.
    pub directory: PathBuf,
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
            also_listen: Vec::new(),
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
            builds: BuildsConfig::default(),
            loaded_lambdas_max: 1_000,
            code_cache_bytes_max: ByteSize::mib(8 * 1_024),
            tls: None,
            accounts: AccountsConfig::default(),
            proxies: ProxiesConfig::default(),
            limits: Limits::default(),
            egress: EgressConfig::default(),
            journal: JournalConfig::default(),
            context: ContextConfig::default(),
            console: ConsoleConfig::default(),
            catalog: CatalogConfig::default(),
            telemetry: None,
            rates: RatesConfig::default(),
            idempotency: IdempotencyConfig::default(),
            queue: QueueConfig::default(),
            schedules: SchedulesConfig::default(),
            domains: BTreeMap::new(),
            public_url: None,
            secret_key: None,
        }
    }
}

impl Default for BuildsConfig {
    fn default() -> Self {
        Self {
            queue_max: 64,
            queue_wait_ms: 60_000,
            drafts_max: 16,
            cpu_seconds: 10,
            wall_clock_ms: 30_000,
            memory: ByteSize::mib(512),
            worker: None,
        }
    }
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self {
            retention_days: 30,
            invocations_max: 1_000_000,
            logs_bytes_max: ByteSize::mib(2_048),
            audit_retention_days: 0,
            pending_bytes_max: ByteSize::mib(64),
            reports_days: 31,
            search_days_max: 7,
            export_rows_max: 500,
            tails_max: 64,
            tail_stall_ms: 10_000,
            invocations_per_month: 150_000,
        }
    }
}

impl Default for ContextConfig {
    fn default() -> Self {
        Self {
            namespaces_max: 100,
            sessions_max: 100_000,
            properties_max: 1_000,
            value_bytes_max: ByteSize::kib(256),
            // The platform's, in its second version.
            session_bytes_max: ByteSize::bytes(800_000),
            account_bytes_max: ByteSize::mib(1_024),
            body_bytes_max: ByteSize::mib(1),
        }
    }
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl CatalogConfig {
    /// The directory, where there is one.
    pub(crate) fn directory(&self) -> Option<&Path> {
        (!self.directory.as_os_str().is_empty()).then_some(&*self.directory)
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
            (
                self.tls.is_some() || self.also_listen.iter().all(|url| !url.is_https()),
                "also_listen",
                "cannot have `https://` without a certificate in `[tls]`",
            ),
            (self.builds_max > 0, "builds_max", "must be at least 1"),
            (
                self.builds.cpu_seconds > 0,
                "builds.cpu_seconds",
                "must be at least 1",
            ),
            (
                self.builds.wall_clock_ms > 0,
                "builds.wall_clock_ms",
                "must be at least 1",
            ),
            (
                self.builds.memory >= ByteSize::mib(128),
                "builds.memory",
                "must be at least 134217728",
            ),
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
            (
                self.queue.concurrent_max > 0,
                "queue.concurrent_max",
                "must be at least 1",
            ),
            (
                self.queue.retries <= self.queue.retries_max,
                "queue.retries",
                "must be at most queue.retries_max",
            ),
            (
                self.domains.keys().all(|name| is_service(name)),
                "domains",
                "must have the names of services: 1 to 64 letters, digits, `_` or `-`",
            ),
            (
                self.domains.values().all(|uri| is_base_uri(uri)),
                "domains",
                "must say a host with an optional port, for instance `va.msghist.example.com` or \
                 `http://127.0.0.1:8080`",
            ),
        ];
        let rules = rules.into_iter().chain([(
            self.public_url.as_deref().is_none_or(is_url),
            "public_url",
            "must be a scheme and a host with an optional port, for instance \
             `https://functions.example.com`",
        )]);
        let telemetry = self.telemetry.iter().flat_map(TelemetryConfig::rules);
        match rules
            .into_iter()
            .chain(telemetry)
            .find(|(holds, ..)| !holds)
        {
            Some((_, key, rule)) => Err(ConfigError { key, rule }),
            None => self.accounts.check(),
        }
    }

    /// Everything to listen on, the main address first.
    pub(crate) fn listen_urls(&self) -> impl Iterator<Item = ListenUrl> {
        let main = ListenUrl::new(self.tls.is_some(), self.listen);
        std::iter::once(main).chain(self.also_listen.iter().copied())
    }

    /// The status of a failed lambda.
    pub(crate) fn failure_status(&self) -> StatusCode {
        StatusCode::from_u16(self.failure_status).expect("checked: 400 to 999")
    }

    /// How clients reach this server, whose base URI the domain API says: what has no scheme there
    /// is `https`.
    pub(crate) fn public_url(&self, base_uri: String) -> String {
        match &self.public_url {
            Some(url) => url.clone(),
            None if base_uri.contains("://") => base_uri,
            None => format!("https://{base_uri}"),
        }
    }

    pub(crate) fn queue_wait(&self) -> Duration {
        Duration::from_millis(self.queue_wait_ms)
    }

    pub(crate) fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }
}

fn is_service(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

/// Whether it is a base URI with its scheme.
fn is_url(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && is_base_uri(url)
}

/// Whether it is what a client can put a path behind.
fn is_base_uri(uri: &str) -> bool {
    let authority = ["https://", "http://"]
        .iter()
        .find_map(|scheme| uri.strip_prefix(scheme))
        .unwrap_or(uri);
    authority.parse::<Authority>().is_ok() && !authority.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_host_and_nothing_behind_it() {
        let check = |service: &str, uri: &str| {
            let domains = BTreeMap::from([(service.to_owned(), uri.to_owned())]);
            let config = Config {
                domains,
                ..Config::default()
            };
            config.check()
        };
        for uri in [
            "a.example.com",
            "a.example.com:8443",
            "http://127.0.0.1:8080",
            "https://[::1]:1",
        ] {
            assert_eq!(check("msgHist", uri), Ok(()), "{uri}");
        }
        for uri in [
            "",
            "https://",
            "ftp://a.example.com",
            "a.example.com/path",
            "a b",
            "me@a.example.com",
            "a.example.com?x",
        ] {
            assert!(check("msgHist", uri).is_err(), "{uri}");
        }
        assert!(check("", "a.example.com").is_err());
        let error = check("msg/Hist", "a.example.com").unwrap_err();
        assert!(
            error.to_string().starts_with("domains must have"),
            "{error}"
        );
    }

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
    fn https_needs_a_certificate() {
        let with_tls = |tls: &str| {
            let text = format!("also_listen = ['http://[::1]:80', 'https://[::1]:443']\n{tls}");
            toml::from_str::<Config>(&text).unwrap()
        };
        let error = with_tls("").check().unwrap_err().to_string();
        assert!(error.starts_with("also_listen cannot have"), "{error}");
        let config = with_tls("[tls]\ncertificate = 'a.pem'\nkey = 'b.pem'");
        assert_eq!(config.check(), Ok(()));
        let urls: Vec<_> = config.listen_urls().map(|url| url.to_string()).collect();
        assert_eq!(
            urls,
            [
                "https://127.0.0.1:8080",
                "http://[::1]:80",
                "https://[::1]:443"
            ]
        );
        let half = toml::from_str::<Config>("[tls]\ncertificate = 'a.pem'").unwrap_err();
        assert!(half.to_string().contains("missing field `key`"), "{half}");
    }

    #[test]
    fn a_build_has_memory_and_time_to_work_with() {
        let check = |change: fn(&mut BuildsConfig)| {
            let mut config = Config::default();
            change(&mut config.builds);
            config.check().map_err(|error| error.key)
        };
        assert_eq!(check(|builds| builds.memory = ByteSize::mib(128)), Ok(()));
        assert_eq!(
            check(|builds| builds.memory = ByteSize::mib(127)),
            Err("builds.memory")
        );
        assert_eq!(check(|builds| builds.cpu_seconds = 1), Ok(()));
        assert_eq!(
            check(|builds| builds.cpu_seconds = 0),
            Err("builds.cpu_seconds")
        );
        assert_eq!(check(|builds| builds.wall_clock_ms = 1), Ok(()));
        assert_eq!(
            check(|builds| builds.wall_clock_ms = 0),
            Err("builds.wall_clock_ms")
        );
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
