//! What of an account needs attention?

use std::cmp::Reverse;

use sandglass_runtime::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deployments::shown;
use super::reports::{ReportSpan, Totals};
use super::{Admin, ChangeError};
use crate::registry::Account;
use crate::store::{self, DeploymentState, Failing, Span};

/// Lambdas of each kind that are named: the worst of them, or the latest.
const NAMED_MAX: usize = 20;

/// How an account is doing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Overview {
    /// How the invocations ended, in every step of the time that was asked for.
    pub buckets: Vec<OverviewBucket>,
    /// The lambdas that failed in that time, those that failed most often first; at most 20.
    pub failing: Vec<FailingLambda>,
    /// The lambdas whose last deployment failed, the latest first; at most 20.
    pub failed_deployments: Vec<FailedDeployment>,
    /// What the account has, of what it may.
    pub quota: Quota,
}

/// How the invocations of one step ended.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OverviewBucket {
    /// Where it begins, in milliseconds since the Unix epoch.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// With a result, or with none.
    pub succeeded: u64,
    /// By the lambda's doing.
    pub coding_failures: u64,
    /// By this server's.
    pub platform_failures: u64,
    /// Without an end in time.
    pub timeouts: u64,
    /// Nobody waited for them any more.
    pub unknown: u64,
}

/// A lambda that failed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FailingLambda {
    /// Its UUID.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// How often it failed.
    pub failures: u64,
    /// How often it was invoked.
    pub invocations: u64,
    /// Milliseconds since the Unix epoch: when that was logged last, or else when the last five minutes in
    /// which it failed began.
    pub last_failure_at: u64,
    /// What was logged of it, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<String>,
}

/// A lambda whose last deployment failed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FailedDeployment {
    /// The lambda's UUID.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// `Build Error` or `Deploy Error`.
    pub deployment_state: DeploymentState,
    /// Why.
    pub message: String,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

/// What an account has, of what it may.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Quota {
    /// Lambdas.
    pub lambdas: u64,
    /// The most of them.
    pub lambdas_max: u64,
    /// Lambdas that can be invoked.
    pub deployed: u64,
    /// The most of them.
    pub deployed_max: u64,
    /// Invocations in this month (UTC) to date.
    pub invocations_this_month: u64,
    /// What a month's are called. Nothing is refused past it.
    pub invocations_month_max: u64,
}

impl Admin {
    /// How an account is doing: its invocations step by step, what fails, and its quota.
    pub(crate) async fn overview(
        &self,
        id: &AccountId,
        (span, step_ms): (ReportSpan, u64),
    ) -> Result<Overview, ChangeError> {
        let store = &self.parts().store;
        let (first, end) = span.in_steps(step_ms, store.keep().reports_days)?;
        let account = self.known(id)?;
        let span = Span {
            account: account.row,
            lambda: None,
            start: first.saturating_mul(step_ms),
            end: end.saturating_mul(step_ms),
        };
        let read = store.read("count invocations", move |connection| {
            let sums = store::sum(connection, &span, step_ms)?;
            Ok((sums, store::failing(connection, &span, NAMED_MAX)?))
        });
        let (sums, failing) = read.await?;
        let bucket = |step: u64| {
            let states = sums.get(&step).copied().unwrap_or_default();
            let [
                unknown,
                succeeded,
                coding_failures,
                platform_failures,
                timeouts,
            ] = states;
            OverviewBucket {
                from: step * step_ms,
                to: (step + 1) * step_ms,
                succeeded,
                coding_failures,
                platform_failures,
                timeouts,
                unknown,
            }
        };
        Ok(Overview {
            buckets: (first..end).map(bucket).collect(),
            failing: failing
                .into_iter()
                .filter_map(|row| failing_lambda(&account, row))
                .collect(),
            failed_deployments: failed_deployments(&account),
            quota: self.quota(id).await?,
        })
    }

    async fn quota(&self, id: &AccountId) -> Result<Quota, ChangeError> {
        let (lambdas, deployed) = self.lambda_counts(id)?;
        let (_, invocations_month_max) = self.report_limits();
        let month = self.invocation_totals(id, ReportSpan::default()).await?;
        let Totals { succeeded, failed } = month;
        Ok(Quota {
            lambdas: lambdas as u64,
            lambdas_max: self.may_have().lambdas_max as u64,
            deployed: deployed as u64,
            deployed_max: self.may_have().deployed_max as u64,
            invocations_this_month: succeeded + failed,
            invocations_month_max,
        })
    }
}

/// A lambda that failed, unless it was deleted since.
fn failing_lambda(account: &Account, row: Failing) -> Option<FailingLambda> {
    let entry = account.lambda_of(row.lambda)?;
    Some(FailingLambda {
        uuid: entry.uuid.to_string(),
        name: entry.name.as_str().to_owned(),
        failures: row.failures,
        invocations: row.invocations,
        last_failure_at: row.last_at,
        last_message: row.last_message,
    })
}

fn failed_deployments(account: &Account) -> Vec<FailedDeployment> {
    let lambdas = account.lambdas().into_iter();
    let failed = lambdas.filter_map(|entry| {
        let last = shown(&entry.row, entry.row.last.as_ref()?);
        let error = last.deployment_error?;
        Some(FailedDeployment {
            uuid: last.lambda_uuid,
            name: last.lambda_name,
            deployment_state: last.deployment_state,
            message: error.error_msg,
            at: last.updated_at,
        })
    });
    let mut failed: Vec<_> = failed.collect();
    failed.sort_by_key(|failed| Reverse(failed.at));
    failed.truncate(NAMED_MAX);
    failed
}
