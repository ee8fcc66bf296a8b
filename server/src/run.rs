//! How is a lambda run for somebody who watches?
//!
//! Either what is live, or a draft that was never saved. Both run in a sandbox like any other, under the
//! same limits and the same whitelist, and wait for the same places. The answer is the whole report: the
//! result or what went wrong and where, the logs, what it used of what it might, and each request that it
//! sent or was not let send.
//!
//! A run of what is live is an invocation like any other. A draft's is none of its lambda's: the figures
//! of the lambda do not count it, and its bounds do not either. It counts against those of the account,
//! for which all drafts of an account are one more lambda, and it is in the audit log.

mod place;
mod report;

use std::time::SystemTime;

use bytes::Bytes;
use sandglass_runtime::{AccountId, InvocationId, InvokeError};

use crate::admin::{Admin, DeployError, Ready, Trial};
use crate::app::App;
use crate::invoke::{self, Call};
use crate::status::{Problem, invoke_problem};

pub(crate) use report::RunReport;
use report::{Context, Ran};

/// Runs what is live of a lambda, with the body of an invocation.
pub(crate) async fn live(
    app: &App,
    account: &AccountId,
    lambda: &str,
    body: Bytes,
    id: InvocationId,
) -> Result<RunReport, Problem> {
    let call = Call::by_hand(app, account.as_str(), lambda)?;
    let report = call.watch(app, body, id).await?;
    let ran = Ran::now(report);
    Ok(RunReport::of(ran, &Context::live(&app.limits)))
}

/// Builds a draft and runs it, with the body of an invocation. A source that does not build is an answer
/// too.
pub(crate) async fn draft(
    app: &App,
    admin: &Admin,
    account: &AccountId,
    (trial, body): (Trial, Bytes),
    id: InvocationId,
) -> Result<RunReport, Problem> {
    let owner = app.registry.load().account(account.as_str()).cloned();
    let owner = owner.ok_or_else(|| Problem::NotFound(format!("there is no account {account}")))?;
    let invocation = invoke::invocation(body, &app.limits)?;
    let invocation = invocation.with_id(id.clone()).recorded();
    app.rates.begin_draft(account, owner.row)?;
    let Ok(_turn) = app.drafts.try_acquire() else {
        let why = "too many drafts are running: try again".to_owned();
        return Err(Problem::TooMany(why));
    };
    let _place = app.rates.enter_draft(account, owner.row)?;
    let Ready {
        lambda,
        name,
        build_time,
    } = match admin.ready(account, &trial).await {
        Ok(ready) => ready,
        Err(DeployError::Build(error)) => return Ok(RunReport::not_built(&id, &error)),
        Err(error) => return Err(error.into()),
    };
    let _slot = app.admission.admit(&owner.holdings).await?;
    let report = lambda.invoke(invocation).await;
    let failed = |error: InvokeError| invoke_problem(&error, name.as_str(), account.as_str());
    let ran = Ran::now(report.map_err(failed)?);
    Ok(RunReport::of(
        ran,
        &Context::draft(&app.limits, &trial, build_time),
    ))
}

impl Ran {
    /// What has just ended.
    fn now(report: sandglass_runtime::Report) -> Self {
        let now = SystemTime::now();
        let started = now.checked_sub(report.usage.wall).unwrap_or(now);
        Self { report, started }
    }
}
