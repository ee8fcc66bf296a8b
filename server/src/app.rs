//! What does every request need, and where does it go first?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Incoming};
use sandglass_runtime::{ByteSize, InvocationId, LambdaCall, Limits};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::admin::Admin;
use crate::admission::Admission;
use crate::api::PathParameters;
use crate::audit::Origin;
use crate::auth::{Action, AuthError, Operator, OperatorKey, authenticate, authenticate_key};
use crate::config::ProxiesConfig;
use crate::context::{self, ContextStore};
use crate::directory::DataDir;
use crate::domains::Domains;
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::oauth::Sentinel;
use crate::once::Once;
use crate::peer;
use crate::queue::Queue;
use crate::rates::Rates;
use crate::registry::Current;
use crate::reply::Reply;
use crate::route::{self, Route, parameter};
use crate::schedules::Schedules;
use crate::status::Problem;
use crate::telemetry::{Telemetry, TracePlace, Traced};
use crate::{api, console, invoke, observe, refusal};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How much of a body that is too large is read, so that the client gets to read the answer.
const DISCARD_MAX: usize = 16 * 1024 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// What every request needs; lives as long as the process.
pub(crate) struct App {
    pub(crate) admin: Admin,
    pub(crate) registry: Arc<Current>,
    pub(crate) admission: Admission,
    /// For lambdas that others call: those that wait for them hold no place that they need.
    pub(crate) calls: Admission,
    /// Drafts that may be built or run at once.
    pub(crate) drafts: Semaphore,
    pub(crate) rates: Rates,
    pub(crate) once: Once,
    pub(crate) queue: Arc<Queue>,
    pub(crate) schedules: Arc<Schedules>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) contexts: ContextStore,
    pub(crate) domains: Domains,
    pub(crate) sentinel: Sentinel,
    /// Whose accounts are.
    pub(crate) operator: OperatorKey,
    pub(crate) metrics: Arc<Metrics>,
    /// Where traces go, if anywhere.
    pub(crate) telemetry: Option<Telemetry>,
    pub(crate) limits: Limits,
    pub(crate) settings: Settings,
    pub(crate) draining: AtomicBool,
    /// Locked until nothing of the server is left.
    pub(crate) data: DataDir,
}

/// What the configuration says about requests.
pub(crate) struct Settings {
    pub(crate) failure_status: StatusCode,
    pub(crate) body_max: ByteSize,
    pub(crate) body_timeout: Duration,
    /// On loopback whoever can connect may read the metrics; elsewhere an admin's token is needed.
    pub(crate) metrics_open: bool,
    /// Whether there is a web console.
    pub(crate) console: bool,
    pub(crate) proxies: ProxiesConfig,
}

/// The id of a request: the caller's, when it can be one, or a new one.
pub(crate) struct RequestId {
    header: HeaderValue,
    id: InvocationId,
    given: bool,
}

impl App {
    /// Answers a request. There is always an answer.
    pub(crate) async fn respond(self: &Arc<Self>, request: Request<Incoming>) -> Reply {
        let (parts, body) = request.into_parts();
        let id = RequestId::of(&parts.headers);
        let telemetry = self.telemetry.as_ref();
        let traced = telemetry.map(|telemetry| telemetry.begin(&parts.headers));
        let mut reply = match self.answer(&parts, body, &id, traced.as_ref()).await {
            Ok(reply) => reply,
            Err(problem) => {
                let reply = refusal::tell(&problem, &parts);
                self.metrics.rejected(reply.status());
                reply
            }
        };
        reply.headers_mut().insert(X_REQUEST_ID, id.header);
        if let Some((telemetry, traced)) = telemetry.zip(traced) {
            let route = route::template(&parts.method, parts.uri.path());
            telemetry.request(&traced, &parts.method, route, reply.status());
        }
        reply
    }

    /// Runs a lambda for another one of the account. There is always an answer.
    pub(crate) async fn call(&self, account: &str, call: LambdaCall) -> Reply {
        let LambdaCall {
            lambda,
            input,
            headers,
            chain,
        } = call;
        let RequestId { header, id, .. } = RequestId::new();
        let called = async {
            let call = invoke::Call::by_lambda(self, account, &lambda)?;
            let call = call.at(TracePlace::of_call(&headers));
            call.run_for(self, input, chain, id).await
        };
        let mut reply = called.await.unwrap_or_else(|problem| problem.reply());
        reply.headers_mut().insert(X_REQUEST_ID, header);
        reply
    }

    async fn answer(
        self: &Arc<Self>,
        parts: &Parts,
        body: Incoming,
        id: &RequestId,
        traced: Option<&Traced>,
    ) -> Result<Reply, Problem> {
        let route = route::route(&parts.method, parts.uri.path())?;
        let observed = matches!(route, Some(Route::Health | Route::Ready | Route::Metrics));
        if self.is_draining() && !observed {
            return Err(Problem::Draining);
        }
        let Some(route) = route else {
            let origin = Origin {
                address: Some(peer::client(parts, &self.settings.proxies)),
                request: Some(id.id.clone()),
            };
            return self.endpoint((parts, body), origin, traced).await;
        };
        match route {
            Route::Invoke { account, lambda } => {
                let lambda = (&*account, &*lambda);
                invoke::serve(self, lambda, traced, (parts, body), id).await
            }
            Route::Event(event) => {
                invoke::event::serve(self, &event, traced, (parts, body), id).await
            }
            Route::Context { account, action } => {
                let grant = authenticate_key(parts, &account, &self.registry.load())?;
                context::serve(self, &grant, action, (parts, body)).await
            }
            Route::Domains { account, service } => {
                self.domains.answer(parts, &account, service.as_deref())
            }
            Route::Console => console::serve(self.settings.console, parts).await,
            Route::Health => Ok(observe::health()),
            Route::Ready => Ok(observe::ready(self)),
            Route::Metrics => observe::metrics(self, parts),
        }
    }

    /// Answers a request that one of the tables is about, when the caller may ask it.
    async fn endpoint(
        &self,
        (parts, body): (&Parts, Incoming),
        origin: Origin,
        traced: Option<&Traced>,
    ) -> Result<Reply, Problem> {
        let found = api::find(&parts.method, parts.uri.path())?;
        let grant = match found.endpoint.action() {
            None => {
                self.is_open(&found.path)?;
                None
            }
            Some(Action::Accounts) => {
                let _: Operator = self.operator.authenticate(parts, &self.registry.load())?;
                None
            }
            Some(action) => {
                let account = found.path.account().ok_or(Problem::NoSuchAddress)?;
                let principal = authenticate(parts, &self.registry.load())?;
                let grant = principal.may(action, account)?;
                principal.must_be(parameter(parts.uri.query(), "userId")?.as_deref())?;
                Some(grant)
            }
        };
        let ask = api::Ask::new(self, parts, found.path, (grant, origin), body);
        found.endpoint.answer(ask.traced(traced)).await
    }

    /// Whoever asks may log in and the like, but not where the account is disabled.
    fn is_open(&self, path: &PathParameters<'_>) -> Result<(), AuthError> {
        let registry = self.registry.load();
        let account = path.account().and_then(|account| registry.account(account));
        match account.is_none_or(|account| account.enabled) {
            true => Ok(()),
            false => Err(AuthError::Disabled),
        }
    }

    /// From now on, the server is on its way out. Nobody watches logs any longer, since that would
    /// not end by itself.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.journal.tails.end();
    }

    /// Whether the server is on its way out.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Reads a whole body within its bounds of size and time.
    pub(crate) async fn read(&self, body: Incoming, max: ByteSize) -> Result<Bytes, Problem> {
        let read = collect(body, max);
        match tokio::time::timeout(self.settings.body_timeout, read).await {
            Ok(body) => body,
            Err(_) => Err(Problem::BodyTimeout),
        }
    }
}

impl RequestId {
    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(X_REQUEST_ID).and_then(|header| {
            let id = header.to_str().ok()?.parse().ok()?;
            Some(Self {
                header: header.clone(),
                id,
                given: true,
            })
        });
        given.unwrap_or_else(Self::new)
    }

    fn new() -> Self {
        let mut text = Uuid::encode_buffer();
        let text = &*Uuid::new_v4().hyphenated().encode_lower(&mut text);
        Self {
            header: HeaderValue::from_str(text).expect("a UUID is visible ASCII"),
            id: text.parse().expect("a UUID is visible ASCII"),
            given: false,
        }
    }

    pub(crate) fn id(&self) -> &InvocationId {
        &self.id
    }

    /// Whether the caller chose it.
    pub(crate) fn is_given(&self) -> bool {
        self.given
    }
}

async fn collect(mut body: Incoming, max: ByteSize) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > max.get() {
        return Err(too_large(body, max).await);
    }
    let Some(first) = next(&mut body).await? else {
        return Ok(Bytes::new());
    };
    if body.is_end_stream() && first.len() <= max.as_usize() {
        return Ok(first);
    }
    let mut whole = BytesMut::from(first);
    while let Some(data) = next(&mut body).await? {
        if whole.len() + data.len() > max.as_usize() {
            return Err(too_large(body, max).await);
        }
        whole.extend_from_slice(&data);
    }
    if whole.len() > max.as_usize() {
        return Err(Problem::BodyTooLarge(max));
    }
    Ok(whole.freeze())
}

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::BadInput("the body is not whole".to_owned()))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Reads on for a while, since a client that still writes does not read.
async fn too_large(mut body: Incoming, max: ByteSize) -> Problem {
    let discard = async {
        let mut left = DISCARD_MAX;
        while let Ok(Some(data)) = next(&mut body).await {
            match left.checked_sub(data.len()) {
                Some(less) => left = less,
                None => break,
            }
        }
    };
    // Whether the client finished or not, the answer is the same.
    _ = tokio::time::timeout(DISCARD_TIME, discard).await;
    Problem::BodyTooLarge(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(header: Option<&'static str>) -> RequestId {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(X_REQUEST_ID, HeaderValue::from_static(header));
        }
        RequestId::of(&headers)
    }

    #[test]
    fn a_callers_id_is_kept_and_need_not_be_a_uuid() {
        let given = "0e1b9c6e-aaaa-bbbb-cccc-dddddddddddd";
        assert_eq!(id(Some(given)).id.as_str(), given);
        assert_eq!(id(Some(given)).header, given);
    }

    #[test]
    fn without_a_usable_id_there_is_a_new_one() {
        assert_ne!(id(None).id, id(None).id);
        let made = id(Some("not one"));
        assert_eq!(made.header, made.id.as_str());
        assert_ne!(made.id.as_str(), "not one");
    }
}
