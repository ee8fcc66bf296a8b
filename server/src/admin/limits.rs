//! How far may an account go, and how far has it gone?

use sandglass_runtime::{AccountId, ByteSize, Limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::NAME_CHARS_MAX;
use super::schedules::{DESCRIPTION_CHARS_MAX as SCHEDULE_DESCRIPTION_CHARS_MAX, HEADERS_MAX};
use super::{Admin, ChangeError};
use crate::admission::{Room, Sharing};
use crate::config::{
    AccountsConfig, Config, ContextConfig, IdempotencyConfig, JournalConfig, QueueConfig,
    RateConfig, SchedulesConfig,
};
use crate::rates::Whose;
use crate::registry::Account;
use crate::schedules::CRON_CHARS_MAX;
use crate::store;

/// The longest name of a lambda and the longest key of a secret; those of their types.
const LAMBDA_NAME_CHARS_MAX: usize = 50;
const SECRET_KEY_CHARS_MAX: usize = 100;

const CHARACTERS: &str = "characters";
const BYTES: &str = "bytes";
const MILLISECONDS: &str = "milliseconds";
const DAYS: &str = "days";
const PIECES: &str = "pieces";

/// A limit that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct LimitInfo {
    /// What is limited: the thing, and after a dot a part of one of them.
    pub name: String,
    /// The most that is allowed.
    pub max: u64,
    /// What is counted: `characters`, `bytes`, `milliseconds`, `days`, `fuel` or `pieces`.
    pub unit: String,
    /// How much of it the account uses now, where that is known without a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}

impl Admin {
    /// The limits that hold for an account.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn limits(&self, id: &AccountId) -> Result<Vec<LimitInfo>, ChangeError> {
        let account = self.known(id)?;
        let row = account.row;
        let read = move |rows: &rusqlite::Connection| {
            Ok((
                store::queue_sums(rows, row)?,
                store::count_schedules(rows, row)?,
            ))
        };
        let may_have = self.may_have();
        let (_, deployed) = self.lambda_counts(id)?;
        let store = &self.parts().store;
        let ((pending, bytes), schedules) = store.read_context("read the limits", read).await?;
        let secrets = self.parts().vault.list(id).len();
        let (queue, of_schedules) = (&self.parts().queue.config, &self.parts().schedules.config);
        let pieces =
            |name, max: usize, now: usize| used(limit(name, max as u64, PIECES), now as u64);
        let mut limits = vec![
            pieces("lambdas", may_have.lambdas_max, account.len()),
            pieces("lambdas.deployed", may_have.deployed_max, deployed),
            pieces("secrets", may_have.secrets_max as usize, secrets),
            pieces("whitelist", may_have.whitelist_max, account.whitelist.len()),
            pieces("users", may_have.users_max, self.users(id)?.len()),
            pieces("tokens", may_have.tokens_max, self.tokens(id)?.len()),
            pieces("apps", may_have.apps_max, self.apps(id)?.len()),
            pieces(
                "context-keys",
                may_have.context_keys_max,
                self.context_keys(id)?.len(),
            ),
            used(
                limit("schedules", of_schedules.account_max, PIECES),
                schedules,
            ),
            used(
                limit("queue.invocations", queue.account_max, PIECES),
                pending,
            ),
            used(
                limit("queue.kept", queue.account_bytes_max.get(), BYTES),
                bytes,
            ),
            self.share(&account),
        ];
        limits.extend(self.rates(id));
        limits.extend_from_slice(&self.parts().configured);
        Ok(limits)
    }

    /// How many of the invocations that run may be the account's.
    fn share(&self, account: &Account) -> LimitInfo {
        let parts = self.parts();
        let accounts = parts.registry.load().accounts().count();
        let most = Sharing::among(accounts).most(parts.max_concurrent as u64);
        used(
            limit("invocations.of-the-account-at-once", most, PIECES),
            account.holdings.held(Room::Invocations),
        )
    }

    /// The rates that are bounded.
    fn rates(&self, id: &AccountId) -> Vec<LimitInfo> {
        let of = |whose| self.parts().rates.of(id, whose);
        let named = |of: &str, bound: RateConfig| {
            let name = |of_what: &str| format!("{of}.{of_what}");
            [
                limit(&name("per-second"), bound.per_second.into(), PIECES),
                limit(&name("burst"), bound.burst().into(), PIECES),
                limit(&name("in-flight"), bound.in_flight.into(), PIECES),
            ]
        };
        let account = named("account", of(Whose::Account));
        let all = account
            .into_iter()
            .chain(named("lambda", of(Whose::Lambda)));
        all.filter(|limit| limit.max > 0).collect()
    }
}

/// The limits that are the same for all accounts.
pub(crate) fn configured(config: &Config) -> Vec<LimitInfo> {
    let mut limits = lengths(&config.accounts).to_vec();
    limits.extend(of_an_invocation(&config.limits));
    limits.extend([
        limit("invocations.at-once", config.max_concurrent as u64, PIECES),
        limit(
            "invocations.called-at-once",
            config.max_concurrent_calls as u64,
            PIECES,
        ),
        limit("invocations.waiting", config.queue_max as u64, PIECES),
        limit("invocations.wait", config.queue_wait_ms, MILLISECONDS),
        limit("request.headers", config.header_bytes_max.get(), BYTES),
        limit("request.body", config.body_bytes_max.get(), BYTES),
        limit("request.body-time", config.body_timeout_ms, MILLISECONDS),
        limit("builds.at-once", config.builds_max as u64, PIECES),
        limit("builds.waiting", config.builds.queue_max as u64, PIECES),
        limit("builds.wait", config.builds.queue_wait_ms, MILLISECONDS),
        limit("drafts.at-once", config.builds.drafts_max as u64, PIECES),
        limit("build.time", config.builds.wall_clock_ms, MILLISECONDS),
        limit("build.memory", config.builds.memory.get(), BYTES),
    ]);
    limits.extend(of_the_journal(&config.journal));
    limits.extend(of_contexts(&config.context));
    limits.extend(of_the_queue(&config.queue));
    limits.extend(of_schedules(&config.schedules));
    limits.extend(of_retries(&config.idempotency));
    limits
}

fn of_the_queue(queue: &QueueConfig) -> [LimitInfo; 6] {
    [
        limit("queue.at-once", queue.concurrent_max as u64, PIECES),
        limit("queue.outcome", queue.outcome_bytes_max.get(), BYTES),
        limit("queue.retries", queue.retries_max.into(), PIECES),
        limit("queue.backoff", queue.backoff_max_ms, MILLISECONDS),
        limit("queue.outcomes", queue.outcome_ms(), MILLISECONDS),
        limit("queue.dead-letters", queue.dead_letter_days.into(), DAYS),
    ]
}

fn of_schedules(schedules: &SchedulesConfig) -> [LimitInfo; 5] {
    let characters = |name, max: usize| limit(name, max as u64, CHARACTERS);
    [
        characters("schedule.expression", CRON_CHARS_MAX),
        characters("schedule.description", SCHEDULE_DESCRIPTION_CHARS_MAX),
        limit("schedule.headers", HEADERS_MAX as u64, PIECES),
        limit("schedule.runs", schedules.runs_max.into(), PIECES),
        limit("schedule.catch-up", schedules.catch_up_ms(), MILLISECONDS),
    ]
}

fn of_retries(idempotency: &IdempotencyConfig) -> [LimitInfo; 3] {
    [
        limit("request.remembered", idempotency.window_ms, MILLISECONDS),
        limit(
            "requests.remembered",
            idempotency.entries_max as u64,
            PIECES,
        ),
        limit(
            "requests.remembered-bytes",
            idempotency.bytes_max.get(),
            BYTES,
        ),
    ]
}

fn of_the_journal(journal: &JournalConfig) -> [LimitInfo; 7] {
    [
        limit("logs.retention", journal.retention_days.into(), DAYS),
        limit("logs.invocations", journal.invocations_max, PIECES),
        limit("logs.kept", journal.logs_bytes_max.get(), BYTES),
        limit("logs.search", journal.search_days_max.into(), DAYS),
        limit("logs.export", journal.export_rows_max.into(), PIECES),
        limit("logs.tails", journal.tails_max as u64, PIECES),
        limit("reports.retention", journal.reports_days.into(), DAYS),
    ]
}

fn lengths(may_have: &AccountsConfig) -> [LimitInfo; 11] {
    let characters = |name, max: usize| limit(name, max as u64, CHARACTERS);
    [
        characters("lambda.source", may_have.source_chars_max),
        characters("lambda.name", LAMBDA_NAME_CHARS_MAX),
        characters("lambda.description", may_have.description_chars_max),
        limit("lambda.skills", may_have.skills_max as u64, PIECES),
        characters("lambda.skill", may_have.skill_chars_max),
        limit("lambda.variables", may_have.variables_max as u64, PIECES),
        characters("lambda.variable-name", NAME_CHARS_MAX),
        characters("lambda.variable-value", may_have.variable_value_chars_max),
        characters("schedule.payload", may_have.schedule_payload_chars_max),
        characters("secret.key", SECRET_KEY_CHARS_MAX),
        characters("secret.value", may_have.secret_value_chars_max),
    ]
}

fn of_an_invocation(limits: &Limits) -> [LimitInfo; 15] {
    let pieces = |name, max: u32| limit(name, max.into(), PIECES);
    let bytes = |name, max: ByteSize| limit(name, max.get(), BYTES);
    let wall_clock = u64::try_from(limits.wall_clock.as_millis()).unwrap_or(u64::MAX);
    [
        limit("invocation.time", wall_clock, MILLISECONDS),
        limit("invocation.fuel", limits.fuel.units(), "fuel"),
        bytes("invocation.memory", limits.memory),
        bytes("invocation.payload", limits.payload),
        bytes("invocation.result", limits.result),
        pieces("invocation.log-entries", limits.log_entries),
        bytes("invocation.log", limits.log),
        pieces("invocation.http-requests", limits.http_requests),
        pieces("invocation.http-in-flight", limits.http_in_flight),
        bytes("invocation.http-request-body", limits.http_request_body),
        bytes("invocation.http-response-body", limits.http_response_body),
        bytes("invocation.http-buffered", limits.http_buffered),
        pieces("invocation.secret-calls", limits.secret_calls),
        pieces("invocation.lambda-calls", limits.lambda_calls),
        pieces("invocation.call-depth", limits.call_depth),
    ]
}

fn of_contexts(context: &ContextConfig) -> [LimitInfo; 6] {
    let bytes = |name, max: ByteSize| limit(name, max.get(), BYTES);
    [
        limit("context.namespaces", context.namespaces_max, PIECES),
        limit("context.sessions", context.sessions_max, PIECES),
        limit("context.properties", context.properties_max, PIECES),
        bytes("context.value", context.value_bytes_max),
        bytes("context.session", context.session_bytes_max),
        bytes("context.account", context.account_bytes_max),
    ]
}

/// A limit with how much of it is used now.
fn used(limit: LimitInfo, now: u64) -> LimitInfo {
    LimitInfo {
        used: Some(now),
        ..limit
    }
}

fn limit(name: &str, max: u64, unit: &str) -> LimitInfo {
    LimitInfo {
        name: name.to_owned(),
        max,
        unit: unit.to_owned(),
        used: None,
    }
}

#[cfg(test)]
mod tests {
    use sandglass_compiler::Source;
    use sandglass_runtime::{LambdaName, SecretName};

    use super::*;

    #[test]
    fn the_lengths_are_those_of_the_types() {
        let source = |characters| Source::new("a.js", "x".repeat(characters)).is_ok();
        let longest = AccountsConfig::default().source_chars_max;
        assert!(source(longest) && !source(longest + 1));
        let name = |characters| "x".repeat(characters).parse::<LambdaName>().is_ok();
        assert!(name(LAMBDA_NAME_CHARS_MAX) && !name(LAMBDA_NAME_CHARS_MAX + 1));
        let key = |characters| "x".repeat(characters).parse::<SecretName>().is_ok();
        assert!(key(SECRET_KEY_CHARS_MAX) && !key(SECRET_KEY_CHARS_MAX + 1));
    }

    #[test]
    fn no_two_limits_have_one_name() {
        let limits = configured(&Config::default());
        let names: std::collections::HashSet<_> = limits.iter().map(|limit| &limit.name).collect();
        assert_eq!(names.len(), limits.len());
    }
}
