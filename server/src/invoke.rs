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

pub(crate) mod event;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use hyper::body::Incoming;
use sandglass_runtime::{
    CallChain, Invocation, InvocationId, InvokeError, Lambda, Limits, LogEntry, LogLevel, Report,
    TraceContext, Usage,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tracing::Instrument as _;

use crate::admission::Admission;
use crate::app::{App, RequestId};
use crate::auth::{Action, Grant, authenticate};
use crate::clock::now_ms;
use crate::journal;
use crate::once::Key;
use crate::queue::{self, RespondAsync};
use crate::registry::{Account, Entry, Registry, State};
use crate::reply::{self, Reply};
use crate::route::parameter;
use crate::status::{
    CUSTOMER_CODING, Generation, LambdaFailure, OutcomeName, Problem, invoke_problem, settle,
};
use crate::store::Claimed;
use crate::telemetry::{Traced, TracedInvocation};

/// How the platform's own log entry about a failure begins.
const RECEIVED_ERROR: &str = "Received Error - ";

/// A call that may take place: the caller is known and may invoke, and the lambda exists.
pub(crate) struct Call<'a> {
    owner: Arc<Account>,
    /// As it was named.
    lambda: Cow<'a, str>,
    entry: Arc<Entry>,
    audience: Audience,
    /// The span of the request that led to it.
    trace: Option<TraceContext>,
}

/// What an invocation led to.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// JSON, or nothing.
    pub(crate) json: Bytes,
}

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// A system outside.
    System,
    /// The same, of the platform's second generation: errors have other names.
    SecondSystem,
    /// Somebody who tries the lambda out.
    Person,
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

#[derive(Serialize)]
struct Logs<'a> {
    logs: &'a [LogEntry],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    error_code: &'a str,
    error_msg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_logs: Option<&'a [LogEntry]>,
}

/// A failure in the words of the platform's second generation.
#[derive(Serialize)]
struct SecondFailed<'a> {
    code: &'a str,
    message: &'a str,
}

impl Answer {
    /// The answer over HTTP.
    pub(crate) fn reply(self) -> Reply {
        reply::json_text(self.status, self.json)
    }

    fn of(status: StatusCode, value: &impl Serialize) -> Self {
        let json = serde_json::to_vec(value).expect("our answers have string keys");
        Self {
            status,
            json: json.into(),
        }
    }
}

/// Answers a request to invoke a lambda; what goes wrong, in the words of the caller's generation.
pub(crate) async fn serve(
    app: &Arc<App>,
    (account, lambda): (&str, &str),
    traced: Option<&Traced>,
    (parts, body): (&Parts, Incoming),
    id: &RequestId,
) -> Result<Reply, Problem> {
    let answered = async {
        let (call, caller) = Call::new(app, parts, account, lambda)?;
        let call = call.traced(traced);
        call.run(app, (parts, body), id, &caller).await
    };
    match answered.await {
        Err(problem) if matches!(event::generation(parts), Ok(Generation::Second)) => {
            let reply = problem.reply_to(Generation::Second);
            app.metrics.rejected(reply.status());
            Ok(reply)
        }
        answered => answered,
    }
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
        Ok(Self {
            owner: Arc::clone(owner),
            lambda: Cow::Borrowed(lambda),
            entry: Arc::clone(entry),
            audience,
            trace: None,
        })
    }

    /// Makes the call a part of the request's trace.
    pub(crate) fn traced(mut self, request: Option<&Traced>) -> Self {
        self.trace = request.map(|request| request.context.clone());
        self
    }

    /// Reads the body, waits for a slot, runs the lambda and answers; or answers at once, when
    /// the caller prefers that.
    pub(crate) async fn run(
        self,
        app: &Arc<App>,
        (parts, body): (&Parts, Incoming),
        id: &RequestId,
        caller: &Grant,
    ) -> Result<Reply, Problem> {
        self.deployed()?;
        app.rates.begin(&self.owner.id, &self.entry)?;
        let body = app.read(body, app.settings.body_max).await?;
        let key = id.is_given().then(|| self.key(parts, id, caller, &body));
        let invocation = invocation(body, &app.limits)?.with_id(id.id().clone());
        if let Some(RespondAsync { retries }) = RespondAsync::of(&parts.headers) {
            let wanted = queue::Wanted {
                account: &self.owner.id,
                lambda: &self.entry.row,
                invocation: &invocation,
                key,
                retries,
            };
            return queue::accept(app, wanted).await;
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
        let lambda = self.deployed()?;
        let span = tracing::debug_span!(
            "invoke",
            lambda.name = %self.entry.name,
            invocation.id = invocation.id().map(InvocationId::as_str),
        );
        let traced = self.trace.as_ref().map(TraceContext::child);
        let invocation = match &traced {
            Some(traced) => invocation.with_trace(traced.clone()),
            None => invocation,
        };
        let started;
        let report = {
            let _place = app.rates.enter(&self.owner.id, &self.entry)?;
            let _slot = admission.admit(self.owner.row).await?;
            started = traced.as_ref().map(|_| SystemTime::now());
            let mut begun = Begun::new(&self.entry, app, &invocation);
            let report = lambda.invoke(invocation).instrument(span).await;
            begun.ends_with(&report);
            let account = self.owner.id.as_str();
            report.map_err(|error| invoke_problem(&error, &self.lambda, account))?
        };
        if let (Some(traced), Some(started)) = (&traced, started) {
            self.note_trace(app, (traced, started), &report);
        }
        Ok(self.respond(app, report))
    }

    fn note_trace(
        &self,
        app: &App,
        (context, started): (&TraceContext, SystemTime),
        report: &Report,
    ) {
        let Some((telemetry, request)) = app.telemetry.as_ref().zip(self.trace.as_ref()) else {
            return;
        };
        let ended = TracedInvocation {
            parent: request.span_id(),
            context,
            started,
            lambda: self.entry.name.as_str(),
            invocation: report.id.as_str(),
            outcome: OutcomeName::of(&report.outcome),
            fuel: report.usage.fuel,
        };
        telemetry.invocation(&ended, &report.requests);
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
        app.metrics.invoked(&self.entry.counters, name, &usage);
        let ended = (name, usage, logs);
        app.journal
            .record(journaled(&self.entry, id, now_ms(), ended));
        answer
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
pub(crate) async fn queued(app: &App, row: &Claimed) -> Result<Answer, Problem> {
    let account = app.admin.account_of(row.account);
    let account = account.map_err(|error| Problem::host(&error))?;
    let call = Call::by_lambda(app, account.as_str(), &row.lambda)?;
    call.deployed()?;
    let invocation = invocation(row.body.clone().into(), &app.limits)?;
    let id = row.request_id.parse();
    let id = id.map_err(|_| Problem::BadInput("the id of the request is damaged".to_owned()))?;
    call.perform(app, &app.queue.room, invocation.with_id(id))
        .await
}

/// An invocation that runs. One that has no report is noted when this is dropped: as abandoned,
/// unless it is known to end otherwise.
struct Begun<'a> {
    app: &'a App,
    entry: &'a Entry,
    id: Option<InvocationId>,
    outcome: Option<OutcomeName>,
}

impl<'a> Begun<'a> {
    fn new(entry: &'a Entry, app: &'a App, invocation: &Invocation) -> Self {
        Self {
            app,
            entry,
            id: invocation.id().cloned(),
            outcome: Some(OutcomeName::Abandoned),
        }
    }

    /// A report is noted with all that it says, and that there was no room is no failure.
    fn ends_with(&mut self, report: &Result<Report, InvokeError>) {
        self.outcome = match report {
            Ok(_) | Err(InvokeError::Busy) => None,
            Err(_) => Some(OutcomeName::HostFailed),
        };
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let Some((outcome, request_id)) = self.outcome.zip(self.id.take()) else {
            return;
        };
        let ended = (outcome, Usage::default(), Vec::new());
        let journal = &self.app.journal;
        journal.record(journaled(self.entry, request_id, now_ms(), ended));
    }
}

/// What the journal hears of an invocation.
fn journaled(
    entry: &Entry,
    request_id: InvocationId,
    at: u64,
    (outcome, usage, logs): (OutcomeName, Usage, Vec<LogEntry>),
) -> journal::Entry {
    journal::Entry {
        account: entry.row.account,
        lambda: entry.row.id,
        version: entry.live_version(),
        request_id,
        at,
        outcome,
        usage,
        logs,
    }
}

/// Checks the platform's body and hands its text on.
fn invocation(body: Bytes, limits: &Limits) -> Result<Invocation, Problem> {
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

/// Adds the entry that the platform adds to the logs of a failed lambda, unless the engine has: it
/// does for errors that it sees, but it cannot see a limit.
fn note_failure(logs: &mut Vec<LogEntry>, failure: &LambdaFailure) {
    let noted = |entry: &LogEntry| {
        let said = entry.message.strip_prefix(RECEIVED_ERROR);
        entry.level == LogLevel::Error && said.is_some_and(|said| failure.message.ends_with(said))
    };
    if logs.last().is_some_and(noted) {
        return;
    }
    let extras: &[&str] = match failure.stack.as_str() {
        "" => &[],
        stack => &[stack],
    };
    logs.push(LogEntry {
        level: LogLevel::Error,
        message: format!("{RECEIVED_ERROR}{}", failure.message),
        extras: serde_json::value::to_raw_value(extras).expect("text is valid JSON"),
        timestamp: now_ms(),
    });
}

fn tried(result: Option<&Bytes>, logs: &[LogEntry]) -> Answer {
    // The result is JSON that the runtime checked; asking serde again would only cost time.
    let mut answer = Answer::of(StatusCode::OK, &Logs { logs });
    if let Some(result) = result {
        answer.json = [b"{\"result\":", &result[..], b",", &answer.json[1..]]
            .concat()
            .into();
    }
    answer
}

fn failed(
    status: StatusCode,
    failure: &LambdaFailure,
    logs: &[LogEntry],
    audience: Audience,
) -> Answer {
    let (message, logs) = match audience {
        Audience::System => (CUSTOMER_CODING, None),
        Audience::SecondSystem => {
            let code = Generation::Second.code(failure.code);
            let message = CUSTOMER_CODING;
            return Answer::of(status, &SecondFailed { code, message });
        }
        Audience::Person => (failure.message.as_str(), Some(logs)),
    };
    let body = Failed {
        error_code: failure.code,
        error_msg: message,
        error_logs: logs,
    };
    Answer::of(status, &body)
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

    fn shown(answer: &Answer) -> String {
        let status = answer.status.as_u16();
        format!("{status} {}", std::str::from_utf8(&answer.json).unwrap())
    }

    fn failure() -> LambdaFailure {
        let code = "com.liveperson.faas.handler.custom-failure";
        LambdaFailure {
            code,
            message: "no luck".to_owned(),
            stack: String::new(),
        }
    }

    #[test]
    fn a_person_sees_the_result_and_the_logs() {
        let result = Bytes::from_static(b"{\"a\": 1}");
        assert_eq!(
            shown(&tried(Some(&result), &[])),
            r#"200 {"result":{"a": 1},"logs":[]}"#
        );
        assert_eq!(shown(&tried(None, &[])), r#"200 {"logs":[]}"#);
    }

    #[test]
    fn a_system_learns_only_the_kind_of_failure() {
        let status = StatusCode::from_u16(901).unwrap();
        let mut logs = Vec::new();
        (0..2).for_each(|_| note_failure(&mut logs, &failure()));
        logs[0].timestamp = 5;
        assert_eq!(
            shown(&failed(status, &failure(), &logs, Audience::System)),
            r#"901 {"errorCode":"com.liveperson.faas.handler.custom-failure","errorMsg":"Function Invocation failed due to an issue caused by customer coding"}"#
        );
        assert_eq!(
            shown(&failed(status, &failure(), &logs, Audience::Person)),
            r#"901 {"errorCode":"com.liveperson.faas.handler.custom-failure","errorMsg":"no luck","errorLogs":[{"level":"Error","message":"Received Error - no luck","extras":[],"timestamp":5}]}"#
        );
    }
}
