//! How do the lambdas of an event share the places that there are?

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use sandglass_runtime::{Invocation, InvocationId, InvokeError, Lambda, LogLevel, Report};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::outcome::{Failure, Ran};
use crate::admission::{Admission, Full, Holdings, Slot};
use crate::app::App;
use crate::clock::now_ms;
use crate::invoke::record::{Begun, journaled, note_failure, note_trace};
use crate::registry::{Account, Entry};
use crate::status::{LambdaFailure, OutcomeName, Problem, invoke_problem, settle};
use crate::telemetry::TracePlace;

/// A lambda that is live.
pub(super) struct Live {
    pub(super) owner: Arc<Account>,
    pub(super) entry: Arc<Entry>,
    pub(super) lambda: Lambda,
    /// Where it is in a trace, if it is in one.
    pub(super) place: Option<TracePlace>,
}

/// Runs lambdas, as many at once as there are places, and says what came of each, in their order.
pub(super) async fn run_all(
    app: &App,
    lambdas: &[Live],
    invocation: Invocation,
) -> Result<Vec<Ran>, Problem> {
    let entered = lambdas
        .iter()
        .map(|lambda| app.rates.enter(&lambda.owner.id, &lambda.entry));
    let _in_flight = entered.collect::<Result<Vec<_>, _>>()?;
    let reports = match lambdas {
        [] => return Ok(Vec::new()),
        [only] => {
            let _place = app.admission.admit(&only.owner.holdings).await?;
            let mut begun = Begun::new(&only.entry, app, &invocation);
            let reported = only.run(invocation).await;
            begun.ends_with(&reported.report);
            vec![reported]
        }
        several => {
            let owner = &several[0].owner.holdings;
            let places = places(&app.admission, owner, several.len()).await?;
            share(app, several, &invocation, places.len()).await
        }
    };
    let ran = lambdas.iter().zip(reports);
    Ok(ran
        .filter_map(|(lambda, reported)| lambda.settle(app, reported))
        .collect())
}

/// One place, and as many more as are free, up to that number.
async fn places<'a>(
    admission: &'a Admission,
    account: &'a Arc<Holdings>,
    most: usize,
) -> Result<Vec<Slot<'a>>, Full> {
    let mut places = vec![admission.admit(account).await?];
    while places.len() < most
        && let Some(place) = admission.take_free(account)
    {
        places.push(place);
    }
    Ok(places)
}

/// What a lambda reported, when it began, and when it ended in milliseconds since the Unix epoch.
struct Reported {
    report: Result<Report, InvokeError>,
    started: SystemTime,
    at: u64,
}

/// Runs lambdas, each in a task of its own, so many at once. They all end when nobody waits for them.
async fn share(
    app: &App,
    lambdas: &[Live],
    invocation: &Invocation,
    at_once: usize,
) -> Vec<Reported> {
    let mut running = JoinSet::new();
    let mut begun: Vec<Option<Begun<'_>>> = lambdas.iter().map(|_| None).collect();
    let mut reports: Vec<Option<Reported>> = lambdas.iter().map(|_| None).collect();
    let mut waiting = lambdas.iter().enumerate();
    loop {
        if running.len() < at_once
            && let Some((at, lambda)) = waiting.next()
        {
            begun[at] = Some(Begun::new(&lambda.entry, app, invocation));
            let run = lambda.run(invocation.clone());
            running.spawn(async move { (at, run.await) });
            continue;
        }
        let Some(ended) = running.join_next().await else {
            break;
        };
        let ended = ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        let (at, report): (usize, Reported) = ended;
        if let Some(mut begun) = begun[at].take() {
            begun.ends_with(&report.report);
        }
        reports[at] = Some(report);
    }
    reports.into_iter().flatten().collect()
}

impl Live {
    fn run(&self, invocation: Invocation) -> impl Future<Output = Reported> + Send + 'static {
        let span = tracing::debug_span!(
            "invoke",
            lambda.name = %self.entry.name,
            invocation.id = invocation.id().map(InvocationId::as_str),
        );
        let lambda = self.lambda.clone();
        let invocation = match &self.place {
            Some(place) => invocation.with_trace(place.context.clone()),
            None => invocation,
        };
        let run = async move {
            let started = SystemTime::now();
            Reported {
                report: lambda.invoke(invocation).await,
                started,
                at: now_ms(),
            }
        };
        run.instrument(span)
    }

    /// What came of it, which the journal and the metrics hear of; `None` for a lambda that was deleted
    /// before it ran.
    fn settle(&self, app: &App, reported: Reported) -> Option<Ran> {
        let Reported {
            report,
            started,
            at: timestamp,
        } = reported;
        let (name, account) = (self.entry.name.as_str(), self.owner.id.as_str());
        if let (Some(place), Ok(report)) = (&self.place, &report) {
            note_trace(app, &self.entry, (place, started), report);
        }
        let result = match report {
            Ok(report) => self.record(app, report, timestamp).map_err(Failure::Lambda),
            Err(error) => match invoke_problem(&error, name, account) {
                Problem::NotDeployed { .. } => return None,
                problem => Err(Failure::Platform(problem)),
            },
        };
        Some(Ran {
            uuid: self.entry.row.uuid.clone(),
            timestamp,
            result,
        })
    }

    fn record(&self, app: &App, report: Report, at: u64) -> Result<Option<Bytes>, LambdaFailure> {
        let Report {
            id,
            outcome,
            usage,
            mut logs,
            ..
        } = report;
        let name = OutcomeName::of(&outcome);
        let result = settle(outcome, &app.limits);
        if let Err(failure) = &result {
            note_failure(&mut logs, failure);
        }
        logs.retain(|entry| entry.level != LogLevel::Debug);
        app.metrics.invoked(&self.entry.counters, name, &usage);
        let ended = (name, usage, logs);
        app.journal.record(journaled(&self.entry, id, at, ended));
        result
    }
}
