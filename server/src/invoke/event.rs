//! How do the lambdas of an event run?
//!
//! `POST /api/account/{account}/events/{event}/invoke` runs all productive lambdas of an event, each in
//! a sandbox of its own, and answers with a list of what they returned, in the order in which the
//! lambdas were made; an event without any answers with an empty list. `GET …/isImplemented` says
//! whether there is one (spec 1.1). The caller is a system, whatever its query says.
//!
//! With a `skillId`, those run that have this skill or none; without, those that have none.
//!
//! An event takes one place among the invocations that run, as each request does, and as many more as
//! are free at that moment, which its lambdas share. So they all run, or none of them and the answer
//! is 429: a client that asks again then repeats nothing.
//!
//! The answer to an event of which a lambda failed is the platform's for the first failure. What came
//! of every lambda is in `errorLogs`, a field that the platform has for other ends: its Java client
//! takes no error with a field that it does not know, and this one it leaves alone.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, StatusCode};
use hyper::body::Incoming;
use sandglass_runtime::{
    AccountId, Invocation, InvocationId, InvokeError, Lambda, LogLevel, Report,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::{Answer, Begun, invocation, journaled, note_failure};
use crate::admission::{Admission, Full, Slot};
use crate::app::{App, RequestId};
use crate::auth::{Action, Grant, authenticate};
use crate::clock::now_ms;
use crate::once::Key;
use crate::registry::{Entry, State};
use crate::reply::{self, Reply, ok};
use crate::route::{EventAction, EventRoute, parameter};
use crate::status::{
    CUSTOMER_CODING, Generation, LambdaFailure, OutcomeName, Problem, invoke_problem, settle,
};

/// Who calls, in the second generation; the first one has a parameter for it.
const LP_EVENT_SOURCE: HeaderName = HeaderName::from_static("lp-eventsource");

/// A lambda that is live.
struct Live {
    entry: Arc<Entry>,
    lambda: Lambda,
}

/// What came of one lambda.
struct Ran {
    uuid: String,
    /// When it ended, in milliseconds since the Unix epoch.
    timestamp: u64,
    result: Result<Option<Bytes>, Failure>,
}

/// Why a lambda has no result.
enum Failure {
    Lambda(LambdaFailure),
    Platform(Problem),
}

/// Whether an event has a lambda that is live.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Implemented {
    implemented: bool,
}

/// One element of the answer.
#[derive(Serialize)]
struct Element<'a> {
    uuid: &'a str,
    timestamp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(flatten)]
    error: Option<Said<'a>>,
}

/// An error in the words of a generation.
#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    First {
        #[serde(rename = "errorCode")]
        code: &'a str,
        #[serde(rename = "errorMsg")]
        message: &'a str,
    },
    Second {
        code: &'a str,
        message: &'a str,
    },
}

/// The answer of an event of which a lambda failed.
#[derive(Serialize)]
struct Failed<'a> {
    #[serde(flatten)]
    first: Said<'a>,
    #[serde(rename = "errorLogs")]
    error_logs: Vec<Note<'a>>,
}

/// What came of a lambda, in the form of a log entry.
#[derive(Serialize)]
struct Note<'a> {
    level: LogLevel,
    message: &'static str,
    extras: [Element<'a>; 1],
    timestamp: u64,
}

/// Answers a request about an event.
pub(crate) async fn serve(
    app: &Arc<App>,
    route: &EventRoute<'_>,
    (parts, body): (&Parts, Incoming),
    id: &RequestId,
) -> Result<Reply, Problem> {
    let generation = match (route.action, parameter(parts.uri.query(), "v")) {
        // The second generation's client says nothing of itself here.
        (EventAction::IsImplemented, Ok(None)) => Ok(Generation::Second),
        _ => generation(parts),
    };
    let is_second = matches!(generation, Ok(Generation::Second));
    match answer(app, route, generation, (parts, body), id).await {
        Err(problem) if is_second => {
            let reply = problem.reply_to(Generation::Second);
            app.metrics.rejected(reply.status());
            Ok(reply)
        }
        answered => answered,
    }
}

async fn answer(
    app: &Arc<App>,
    route: &EventRoute<'_>,
    generation: Result<Generation, Problem>,
    (parts, body): (&Parts, Incoming),
    id: &RequestId,
) -> Result<Reply, Problem> {
    // A stranger does not even learn what is wrong with the query.
    let (caller, lambdas) = lambdas(app, parts, route)?;
    let generation = generation?;
    if route.action == EventAction::IsImplemented {
        let implemented = !lambdas.is_empty();
        return Ok(ok(&Implemented { implemented }));
    }
    let account = caller.account().clone();
    for lambda in &lambdas {
        app.rates.begin(&account, &lambda.entry)?;
    }
    let body = app.read(body, app.settings.body_max).await?;
    let key = id
        .is_given()
        .then(|| key(route, (parts, &body), id, &caller));
    let invocation = invocation(body, &app.limits)?.with_id(id.id().clone());
    let status = app.settings.failure_status;
    let Some(key) = key else {
        let ran = run_all(app, &lambdas, &account, invocation).await?;
        return Ok(tell(status, generation, &ran).reply());
    };
    let held = Arc::clone(app);
    let run = || async move {
        let mut ran = run_all(&held, &lambdas, &account, invocation).await?;
        match ran.iter().position(Ran::is_platforms) {
            None => Ok(tell(status, generation, &ran)),
            // What the server failed at is no outcome: the next try runs.
            Some(at) => Err(ran.swap_remove(at).into_problem()),
        }
    };
    let (answer, replayed) = app.once.run(key, run).await?;
    Ok(match replayed {
        true => reply::replayed(answer.reply()),
        false => answer.reply(),
    })
}

/// What makes a request this one: who asks for what, with which query, id and body.
fn key(
    route: &EventRoute<'_>,
    (parts, body): (&Parts, &[u8]),
    id: &RequestId,
    caller: &Grant,
) -> Key {
    let actor = caller.actor();
    Key::of([
        b"event",
        route.account.as_bytes(),
        route.event.as_bytes(),
        actor.kind.as_str().as_bytes(),
        actor.id.as_bytes(),
        parts.uri.query().unwrap_or_default().as_bytes(),
        id.id().as_str().as_bytes(),
        body,
    ])
}

/// Which generation of the platform a caller is of.
pub(super) fn generation(parts: &Parts) -> Result<Generation, Problem> {
    match parameter(parts.uri.query(), "v")?.as_deref() {
        Some("1") => Ok(Generation::First),
        None if parts.headers.contains_key(LP_EVENT_SOURCE) => Ok(Generation::Second),
        _ => Err(Problem::BadInput(
            "the query needs v=1, or the request the header LP-EventSource".to_owned(),
        )),
    }
}

/// Authenticates the caller and finds the productive lambdas that are for the request.
fn lambdas(
    app: &App,
    parts: &Parts,
    route: &EventRoute<'_>,
) -> Result<(Grant, Vec<Live>), Problem> {
    let registry = app.registry.load();
    let query = parts.uri.query();
    let principal = authenticate(parts, &registry)?;
    let caller = principal.may(Action::Invoke, &route.account)?;
    principal.must_be(parameter(query, "userId")?.as_deref())?;
    let skill = parameter(query, "skillId")?.filter(|skill| !skill.is_empty());
    let is_for = |skills: &[String]| {
        skills.is_empty()
            || skill
                .as_deref()
                .is_some_and(|s| skills.iter().any(|of| of == s))
    };
    let Some(account) = registry.account(&route.account) else {
        return Ok((caller, Vec::new()));
    };
    let entries = account.of_event(&route.event).iter();
    let live = entries.filter_map(|entry| match &entry.state {
        State::Live(lambda) if is_for(&entry.row.skills) => Some(Live {
            entry: Arc::clone(entry),
            lambda: lambda.clone(),
        }),
        _ => None,
    });
    let live = live.collect();
    Ok((caller, live))
}

/// Runs lambdas, as many at once as there are places, and says what came of each, in their order.
async fn run_all(
    app: &App,
    lambdas: &[Live],
    account: &AccountId,
    invocation: Invocation,
) -> Result<Vec<Ran>, Problem> {
    let entered = lambdas
        .iter()
        .map(|lambda| app.rates.enter(account, &lambda.entry));
    let _in_flight = entered.collect::<Result<Vec<_>, _>>()?;
    let reports = match lambdas {
        [] => return Ok(Vec::new()),
        [only] => {
            let _place = app.admission.admit(only.entry.row.account).await?;
            let mut begun = Begun::new(&only.entry, app, &invocation);
            let reported = only.run(invocation).await;
            begun.ends_with(&reported.0);
            vec![reported]
        }
        several => {
            let owner = several[0].entry.row.account;
            let places = places(&app.admission, owner, several.len()).await?;
            share(app, several, &invocation, places.len()).await
        }
    };
    let ran = lambdas.iter().zip(reports);
    Ok(ran
        .filter_map(|(lambda, (report, at))| lambda.settle(app, account.as_str(), report, at))
        .collect())
}

/// One place, and as many more as are free, up to that number.
async fn places(admission: &Admission, account: i64, most: usize) -> Result<Vec<Slot<'_>>, Full> {
    let mut places = vec![admission.admit(account).await?];
    while places.len() < most
        && let Some(place) = admission.take_free()
    {
        places.push(place);
    }
    Ok(places)
}

/// What a lambda reported, and when.
type Reported = (Result<Report, InvokeError>, u64);

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
            begun.ends_with(&report.0);
        }
        reports[at] = Some(report);
    }
    reports.into_iter().flatten().collect()
}

impl Ran {
    /// Whether the server failed, not the lambda.
    fn is_platforms(&self) -> bool {
        matches!(self.result, Err(Failure::Platform(_)))
    }

    fn into_problem(self) -> Problem {
        match self.result {
            Err(Failure::Platform(problem)) => problem,
            _ => Problem::Host,
        }
    }
}

impl Live {
    fn run(&self, invocation: Invocation) -> impl Future<Output = Reported> + Send + 'static {
        let span = tracing::debug_span!(
            "invoke",
            lambda.name = %self.entry.name,
            invocation.id = invocation.id().map(InvocationId::as_str),
        );
        let lambda = self.lambda.clone();
        let run = async move { (lambda.invoke(invocation).await, now_ms()) };
        run.instrument(span)
    }

    /// What came of it, which the journal and the metrics hear of; `None` for a lambda that was deleted
    /// before it ran.
    fn settle(
        &self,
        app: &App,
        account: &str,
        report: Result<Report, InvokeError>,
        timestamp: u64,
    ) -> Option<Ran> {
        let result = match report {
            Ok(report) => self.record(app, report, timestamp).map_err(Failure::Lambda),
            Err(error) => match invoke_problem(&error, self.entry.name.as_str(), account) {
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

/// The list of results, or the first failure. What the platform failed at comes before what a lambda did:
/// the caller may ask again.
fn tell(failure_status: StatusCode, generation: Generation, ran: &[Ran]) -> Answer {
    let failures = || ran.iter().filter_map(|ran| ran.result.as_ref().err());
    let platform = failures().find_map(|failure| match failure {
        Failure::Platform(problem) => Some(problem.status()),
        Failure::Lambda(_) => None,
    });
    let elements = ran.iter().map(|ran| element(generation, ran));
    let Some(first) = failures().find(|failure| match failure {
        Failure::Platform(_) => true,
        Failure::Lambda(_) => platform.is_none(),
    }) else {
        return Answer::of(StatusCode::OK, &elements.collect::<Vec<_>>());
    };
    let notes = elements.map(|element| Note {
        level: match element.error {
            Some(_) => LogLevel::Error,
            None => LogLevel::Info,
        },
        message: match element.error {
            Some(_) => "A lambda of this event has failed",
            None => "A lambda of this event has returned",
        },
        timestamp: element.timestamp,
        extras: [element],
    });
    let failed = Failed {
        error_logs: notes.collect(),
        first: said(generation, first),
    };
    Answer::of(platform.unwrap_or(failure_status), &failed)
}

fn element(generation: Generation, ran: &Ran) -> Element<'_> {
    let (result, error) = match &ran.result {
        Ok(result) => (result.as_deref(), None),
        Err(failure) => (None, Some(said(generation, failure))),
    };
    Element {
        uuid: &ran.uuid,
        timestamp: ran.timestamp,
        result: result.map(|json| serde_json::from_slice(json).expect("the runtime checked it")),
        error,
    }
}

fn said(generation: Generation, failure: &Failure) -> Said<'_> {
    let (code, message) = match failure {
        Failure::Lambda(failure) => (failure.code, CUSTOMER_CODING),
        Failure::Platform(problem) => (problem.code(), "the server could not run this lambda"),
    };
    let code = generation.code(code);
    match generation {
        Generation::First => Said::First { code, message },
        Generation::Second => Said::Second { code, message },
    }
}
