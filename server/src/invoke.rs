//! How is a lambda called over HTTP?
//!
//! `POST /api/account/{account}/lambdas/{lambda}/invoke?v=1[&externalSystem=…]` (spec 1.1). With
//! `externalSystem`, even an empty one, the caller is a system: it gets the bare result and learns
//! nothing of a failure but its kind. Without, the caller is a person who tries the lambda out: the
//! answer has the logs, `Debug` included, and the lambda's own words; the logs are not kept. A client of
//! the second generation has the header `LP-EventSource` for both parameters, and other error codes
//! (spec 1.2).
//!
//! A request that gave its own `x-request-id` runs once, however often it is sent. With `Prefer:
//! respond-async` (RFC 7240, section 4.1) it is put into the queue and answered 202 at once.

mod answer;
pub(crate) mod event;
mod record;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use hyper::body::Incoming;
use sandglass_runtime::{
    CallChain, Invocation, InvocationId, Lambda, Limits, LogEntry, LogLevel, Report, Usage,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::Instrument as _;

use crate::admission::Admission;
use crate::app::{App, RequestId};
use crate::auth::{Action, AuthError, Grant, authenticate};
use crate::clock::now_ms;
use crate::once::Key;
use crate::queue::{self, RespondAsync};
use crate::registry::{Account, Entry, Registry, State};
use crate::reply::{self, Reply};
use crate::route::parameter;
use crate::status::{Generation, OutcomeName, Problem, invoke_problem, settle};
use crate::store::Claimed;
use crate::telemetry::{TracePlace, Traced};
pub(crate) use answer::Answer;
use answer::{Audience, failed, tried};
pub(crate) use record::note_failure;
use record::{Begun, journaled, note_trace};

/// A call that may take place: the caller is known and may invoke, and the lambda exists.
pub(crate) struct Call<'a> {
    owner: Arc<Account>,
    /// As it was named.
    lambda: Cow<'a, str>,
    entry: Arc<Entry>,
    audience: Audience,
    /// Where it is in a trace, if it is in one.
    trace: Option<TracePlace>,
}

/// The platform's body of an invocation.
#[derive(Deserialize)]
struct Envelope<'a> {
    /// Any number; clients send milliseconds, seconds or 0.
    #[serde(default)]
    #[expect(dead_code, reason = "only its type is checked")]
    timestamp: Option<f64>,
    #[serde(default, borrow)]
    #[expect(dead_code, reason = "only its type is checked")]
    headers: Option<Vec<Header<'a>>>,
    #[serde(borrow)]
    #[expect(dead_code, reason = "only its presence is checked")]
    payload: &'a RawValue,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    #[expect(dead_code, reason = "only its type is checked")]
    key: Cow<'a, str>,
    #[serde(borrow)]
    #[expect(dead_code, reason = "only its type is checked")]
    value: Cow<'a, str>,
}

/// Answers a request to invoke a lambda.
pub(crate) async fn serve(
    app: &Arc<App>,
    (account, lambda): (&str, &str),
    traced: Option<&Traced>,
    (parts, body): (&Parts, Incoming),
    id: &RequestId,
) -> Result<Reply, Problem> {
    let (call, caller) = Call::new(app, parts, account, lambda)?;
    let call = call.at(traced.map(TracePlace::of_request));
    call.run(app, (parts, body), id, (&caller, traced)).await
}

impl<'a> Call<'a> {
    /// Authenticates the caller and resolves the lambda.
    pub(crate) fn new(
        app: &App,
        parts: &Parts,
        account: &str,
        lambda: &'a str,
    ) -> Result<(Self, Grant), Problem> {
        let registry = app.registry.load();
        let caller = may_invoke(parts, &registry, account)?;
        let query = parts.uri.query();
        let audience = match event::generation(parts)? {
            Generation::Second => Audience::SecondSystem,
            Generation::First => match parameter(query, "externalSystem")? {
                Some(_) => Audience::System,
                None => Audience::Person,
            },
        };
        let call = Self::of(&registry, account, lambda, audience)?;
        Ok((call, caller))
    }

    /// A call by another lambda of the same account.
    pub(crate) fn by_lambda(app: &App, account: &str, lambda: &'a str) -> Result<Self, Problem> {
        Self::of(&app.registry.load(), account, lambda, Audience::System)
    }

    /// A call by somebody who tries the lambda out and was let in already.
    pub(crate) fn by_hand(app: &App, account: &'a str, lambda: &'a str) -> Result<Self, Problem> {
        Self::of(&app.registry.load(), account, lambda, Audience::Person)
    }

    fn of(
        registry: &Registry,
        account: &str,
        lambda: &'a str,
        audience: Audience,
    ) -> Result<Self, Problem> {
        let owner = registry.account(account);
        let found = owner.and_then(|owner| Some((owner, owner.lambda(lambda)?)));
        let (owner, entry) = found.ok_or_else(|| Problem::LambdaMissing {
            lambda: lambda.to_owned(),
            account: account.to_owned(),
        })?;
        if !owner.enabled {
            return Err(AuthError::Disabled.into());
        }
        Ok(Self {
            owner: Arc::clone(owner),
            lambda: Cow::Borrowed(lambda),
            entry: Arc::clone(entry),
            audience,
            trace: None,
        })
    }

    /// Says where in a trace the call is.
    pub(crate) fn at(mut self, place: Option<TracePlace>) -> Self {
        self.trace = place;
        self
    }

    /// Reads the body, waits for a slot, runs the lambda and answers; or answers at once, when
    /// the caller prefers that.
    pub(crate) async fn run(
        self,
        app: &Arc<App>,
        (parts, body): (&Parts, Incoming),
        id: &RequestId,
        (caller, traced): (&Grant, Option<&Traced>),
    ) -> Result<Reply, Problem> {
        self.deployed()?;
        app.rates.begin(&self.owner.id, &self.entry)?;
        let body = app.read(body, app.settings.body_max).await?;
        let key = id.is_given().then(|| self.key(parts, id, caller, &body));
        let invocation = invocation(body, &app.limits)?.with_id(id.id().clone());
        if let Some(RespondAsync { retries }) = RespondAsync::of(&parts.headers) {
            let trace = traced.map(|request| &request.context);
            let wanted = queue::Wanted {
                account: &self.owner.id,
                invocation: &invocation,
                key,
                retries,
                trace,
            };
            return queue::accept(app, wanted, &self.entry.row).await;
        }
        let Some(key) = key else {
            let answer = self.perform(app, &app.admission, invocation).await?;
            return Ok(answer.reply());
        };
        let (call, held) = (self.into_owned(), Arc::clone(app));
        let run = || async move { call.perform(&held, &held.admission, invocation).await };
        let (answer, replayed) = app.once.run(key, run).await?;
        Ok(match replayed {
            true => reply::replayed(answer.reply()),
            false => answer.reply(),
        })
    }

    /// What makes a request this one: who asks for what, with which query, id and body.
    fn key(&self, parts: &Parts, id: &RequestId, caller: &Grant, body: &[u8]) -> Key {
        let actor = caller.actor();
        Key::of([
            &self.entry.row.id.to_le_bytes(),
            actor.kind.as_str().as_bytes(),
            actor.id.as_bytes(),
            parts.uri.query().unwrap_or_default().as_bytes(),
            id.id().as_str().as_bytes(),
            body,
        ])
    }

    fn into_owned(self) -> Call<'static> {
        Call {
            owner: self.owner,
            lambda: Cow::Owned(self.lambda.into_owned()),
            entry: self.entry,
            audience: self.audience,
            trace: self.trace,
        }
    }

    /// Waits for a slot, runs the lambda with a body that was read already, and answers.
    pub(crate) async fn run_body(self, app: &App, body: Bytes) -> Result<Reply, Problem> {
        self.deployed()?;
        app.rates.begin(&self.owner.id, &self.entry)?;
        let invocation = invocation(body, &app.limits)?;
        let answer = self.perform(app, &app.admission, invocation).await?;
        Ok(answer.reply())
    }

    /// Waits for a slot and runs the lambda for somebody who watches, with a body that was read already.
    pub(crate) async fn watch(
        self,
        app: &App,
        body: Bytes,
        id: InvocationId,
    ) -> Result<Report, Problem> {
        self.deployed()?;
        app.rates.begin(&self.owner.id, &self.entry)?;
        let invocation = invocation(body, &app.limits)?.with_id(id).recorded();
        let report = self.execute(app, &app.admission, invocation).await?;
        let name = OutcomeName::of(&report.outcome);
        // As with every trial, its logs are for who watches.
        self.note(app, report.id.clone(), (name, report.usage, Vec::new()));
        Ok(report)
    }

    /// Waits for a slot, runs the lambda for another one and answers.
    pub(crate) async fn run_for(
        self,
        app: &App,
        input: String,
        chain: CallChain,
        id: InvocationId,
    ) -> Result<Reply, Problem> {
        self.deployed()?;
        let invocation = invocation(input.into(), &app.limits)?;
        let invocation = invocation.with_id(id).with_chain(chain);
        let answer = self.perform(app, &app.calls, invocation).await?;
        Ok(answer.reply())
    }

    async fn perform(
        self,
        app: &App,
        admission: &Admission,
        invocation: Invocation,
    ) -> Result<Answer, Problem> {
        let report = self.execute(app, admission, invocation).await?;
        Ok(self.respond(app, report))
    }

    async fn execute(
        &self,
        app: &App,
        admission: &Admission,
        invocation: Invocation,
    ) -> Result<Report, Problem> {
        let lambda = self.deployed()?;
        let span = tracing::debug_span!(
            "invoke",
            lambda.name = %self.entry.name,
            invocation.id = invocation.id().map(InvocationId::as_str),
        );
        let invocation = match &self.trace {
            Some(place) => invocation.with_trace(place.context.clone()),
            None => invocation,
        };
        let started;
        let report = {
            let _place = app.rates.enter(&self.owner.id, &self.entry)?;
            let _slot = admission.admit(&self.owner.holdings).await?;
            started = self.trace.as_ref().map(|_| SystemTime::now());
            let mut begun = Begun::new(&self.entry, app, &invocation);
            let report = lambda.invoke(invocation).instrument(span).await;
            begun.ends_with(&report);
            let account = self.owner.id.as_str();
            report.map_err(|error| invoke_problem(&error, &self.lambda, account))?
        };
        if let Some(place) = self.trace.as_ref().zip(started) {
            note_trace(app, &self.entry, place, &report);
        }
        Ok(report)
    }

    fn deployed(&self) -> Result<&Lambda, Problem> {
        match &self.entry.state {
            State::Live(lambda) => Ok(lambda),
            State::Broken | State::Idle => Err(Problem::NotDeployed {
                lambda: self.lambda.clone().into_owned(),
                account: self.owner.id.as_str().to_owned(),
            }),
        }
    }

    fn respond(&self, app: &App, report: Report) -> Answer {
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
        let answer = match (result, self.audience) {
            (Ok(result), Audience::System | Audience::SecondSystem) => Answer {
                status: StatusCode::OK,
                json: result.unwrap_or_default(),
            },
            (Ok(result), Audience::Person) => tried(result.as_ref(), &logs),
            (Err(failure), audience) => {
                failed(app.settings.failure_status, &failure, &logs, audience)
            }
        };
        match self.audience {
            Audience::System | Audience::SecondSystem => {
                logs.retain(|entry| entry.level != LogLevel::Debug);
            }
            Audience::Person => logs.clear(),
        }
        self.note(app, id, (name, usage, logs));
        answer
    }

    /// Counts an invocation that has ended, and remembers it.
    fn note(&self, app: &App, id: InvocationId, ended: (OutcomeName, Usage, Vec<LogEntry>)) {
        app.metrics.invoked(&self.entry.counters, ended.0, &ended.1);
        app.journal
            .record(journaled(&self.entry, id, now_ms(), ended));
    }
}

/// Finds out who sent a request, and whether they may invoke in an account as the user that the
/// address names.
pub(crate) fn may_invoke(
    parts: &Parts,
    registry: &Registry,
    account: &str,
) -> Result<Grant, Problem> {
    let principal = authenticate(parts, registry)?;
    let caller = principal.may(Action::Invoke, account)?;
    principal.must_be(parameter(parts.uri.query(), "userId")?.as_deref())?;
    Ok(caller)
}

/// Runs an invocation of the queue, as a system would have it run.
pub(crate) async fn queued(app: &App, row: &Claimed, body: String) -> Result<Answer, Problem> {
    let account = app.admin.account_of(row.account);
    let account = account.map_err(|error| Problem::host(&error))?;
    let call = Call::by_lambda(app, account.as_str(), &row.lambda)?;
    call.deployed()?;
    let invocation = invocation(body.into(), &app.limits)?;
    let id = row.request_id.parse();
    let id = id.map_err(|_| Problem::BadInput("the id of the request is damaged".to_owned()))?;
    let place = app.telemetry.as_ref().map(|telemetry| {
        let caller = row.traceparent.as_deref();
        let known = caller.and_then(|caller| TracePlace::read(caller, row.tracestate.as_deref()));
        known.unwrap_or_else(|| telemetry.begin_here())
    });
    let call = call.at(place);
    call.perform(app, &app.queue.room, invocation.with_id(id))
        .await
}

/// Checks the platform's body and hands its text on.
pub(crate) fn invocation(body: Bytes, limits: &Limits) -> Result<Invocation, Problem> {
    if body.len() > limits.payload.as_usize() {
        return Err(Problem::BodyTooLarge(limits.payload));
    }
    let bad = |why: &str| Problem::BadInput(format!("the body is not an invocation: {why}"));
    let text = String::from_utf8(body.into()).map_err(|_| bad("it is not UTF-8"))?;
    // serde would take an array for the fields in order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(bad("it is not a JSON object"));
    }
    serde_json::from_str::<Envelope<'_>>(&text).map_err(|error| bad(&error.to_string()))?;
    Invocation::json(text).map_err(|error| bad(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bodies_that_clients_send_are_taken() {
        for body in [
            r#"{"timestamp":1700000000000,"headers":[{"key":"a","value":"b"}],"payload":{}}"#,
            r#"{"timestamp":0,"headers":[],"payload":null}"#,
            r#" {"payload":[1,2]} "#,
            r#"{"payload":"x","more":{"unknown":true}}"#,
        ] {
            let taken =
                invocation(Bytes::from_static(body.as_bytes()), &Limits::default()).unwrap();
            assert_eq!(taken.input(), body);
        }
    }

    #[test]
    fn a_body_that_is_not_an_invocation_is_refused() {
        for body in [
            &b""[..],
            b"null",
            b"[0,[],{}]",
            b"{}",
            b"{\"payload\":}",
            b"{\"payload\":1}}",
            b"{\"payload\":1,\"timestamp\":\"now\"}",
            b"{\"payload\":1,\"headers\":{\"a\":\"b\"}}",
            b"{\"payload\":1,\"headers\":[{\"key\":\"a\"}]}",
            b"{\"payload\":\"\xff\"}",
        ] {
            let refused = invocation(Bytes::copy_from_slice(body), &Limits::default());
            assert!(matches!(refused, Err(Problem::BadInput(_))), "{body:?}");
        }
    }
}
