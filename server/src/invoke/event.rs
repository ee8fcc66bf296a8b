//! How do the lambdas of an event run?
//!
//! `POST /api/account/{account}/events/{event}/invoke` runs all productive lambdas of an event, each in
//! a sandbox of its own, and answers with a list of what they returned, in the order in which the
//! lambdas were made; an event without any answers with an empty list. `GET …/isImplemented` says
//! whether there is one (spec 1.1). The caller is a system, whatever its query says.
//!
//! With a `skillId`, those run that have this skill or none; without, those that have none.
//!
//! With `Prefer: respond-async`, each of these lambdas becomes an invocation of the queue, all of them
//! or none, and the answer at once says which: each has attempts and an outcome of its own.
//!
//! An event takes one place among the invocations that run, as each request does, and as many more as
//! are free at that moment, which its lambdas share. So they all run, or none of them and the answer
//! is 429: a client that asks again then repeats nothing.
//!
//! The answer to an event of which a lambda failed is the platform's for the first failure. What came
//! of every lambda is in `errorLogs`, a field that the platform has for other ends: its Java client
//! takes no error with a field that it does not know, and this one it leaves alone.

mod outcome;
mod run;

use std::sync::Arc;

use http::HeaderName;
use http::request::Parts;
use hyper::body::Incoming;
use schemars::JsonSchema;
use serde::Serialize;

use super::{invocation, may_invoke};
use crate::app::{App, RequestId};
use crate::auth::Grant;
use crate::once::Key;
use crate::queue::{self, RespondAsync};
use crate::registry::State;
use crate::reply::{self, Reply, ok};
use crate::route::{EventAction, EventRoute, parameter};
use crate::status::{Generation, Problem};
use crate::telemetry::{TracePlace, Traced};
use outcome::{Ran, tell};
use run::{Live, run_all};

/// Who calls, in the second generation; the first one has a parameter for it.
const LP_EVENT_SOURCE: HeaderName = HeaderName::from_static("lp-eventsource");

/// Whether an event has a lambda that is live.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Implemented {
    implemented: bool,
}

/// Answers a request about an event.
pub(crate) async fn serve(
    app: &Arc<App>,
    route: &EventRoute<'_>,
    traced: Option<&Traced>,
    (parts, body): (&Parts, Incoming),
    id: &RequestId,
) -> Result<Reply, Problem> {
    // A stranger does not even learn what is wrong with the query.
    let (caller, lambdas) = lambdas(app, parts, (route, traced))?;
    let generation = match (route.action, parameter(parts.uri.query(), "v")?) {
        // The second generation's client says nothing of itself here.
        (EventAction::IsImplemented, None) => Generation::Second,
        _ => generation(parts)?,
    };
    if route.action == EventAction::IsImplemented {
        let implemented = !lambdas.is_empty();
        return Ok(ok(&Implemented { implemented }));
    }
    let account = caller.account().clone();
    let entries = lambdas.iter().map(|lambda| &*lambda.entry);
    app.rates.begin_all(&account, entries)?;
    let body = app.read(body, app.settings.body_max).await?;
    let key = id
        .is_given()
        .then(|| key(route, (parts, &body), id, &caller));
    let invocation = invocation(body, &app.limits)?.with_id(id.id().clone());
    if let Some(RespondAsync { retries }) = RespondAsync::of(&parts.headers)
        && !lambdas.is_empty()
    {
        let wanted = queue::Wanted {
            account: &account,
            invocation: &invocation,
            key,
            retries,
            trace: traced.map(|request| &request.context),
        };
        let rows = lambdas.iter().map(|lambda| &lambda.entry.row);
        return queue::accept_event(app, wanted, rows.collect()).await;
    }
    let status = app.settings.failure_status;
    let Some(key) = key else {
        let ran = run_all(app, &lambdas, invocation).await?;
        return Ok(tell(status, generation, &ran).reply());
    };
    let held = Arc::clone(app);
    let run = || async move {
        let mut ran = run_all(&held, &lambdas, invocation).await?;
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
pub(crate) fn generation(parts: &Parts) -> Result<Generation, Problem> {
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
    (route, traced): (&EventRoute<'_>, Option<&Traced>),
) -> Result<(Grant, Vec<Live>), Problem> {
    let registry = app.registry.load();
    let query = parts.uri.query();
    let caller = may_invoke(parts, &registry, &route.account)?;
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
            owner: Arc::clone(account),
            entry: Arc::clone(entry),
            lambda: lambda.clone(),
            place: traced.map(TracePlace::of_request),
        }),
        _ => None,
    });
    let live = live.collect();
    Ok((caller, live))
}
