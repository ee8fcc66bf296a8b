//! How does an invocation get into the queue?
//!
//! `Prefer: respond-async` (RFC 7240, section 4.1): a request for one lambda becomes one invocation of
//! the queue, and an event one for each of its lambdas, all of them or none.

use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rusqlite::Connection;
use sandglass_runtime::{AccountId, Invocation, InvocationId, TraceContext};
use uuid::Uuid;

use super::{failed, texts};
use crate::app::App;
use crate::clock::now_ms;
use crate::once::Key;
use crate::reply::{self, Reply};
use crate::status::Problem;
use crate::store::{self, Enqueued, KnownQueued, LambdaRow, NewQueued};

/// RFC 7240, section 3.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What a caller prefers about an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RespondAsync {
    /// Further attempts after one that failed.
    pub(crate) retries: Option<u32>,
}

impl RespondAsync {
    /// Finds the preference `respond-async` with its parameter `retries` (RFC 7240, section 2:
    /// names have no case, the first of a name counts, and what is not understood is ignored).
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all("prefer").into_iter();
        let mut preferences = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| split(line, ','));
        preferences.find_map(|preference| {
            let mut parts = split(preference, ';').map(str::trim);
            let name = parts.next()?;
            if !name.eq_ignore_ascii_case("respond-async") {
                return None;
            }
            let retries = parts.find_map(|part| {
                let (name, value) = part.split_once('=')?;
                let value = value.trim().trim_matches('"');
                let wanted = name.trim().eq_ignore_ascii_case("retries");
                wanted.then(|| value.parse().ok()).flatten()
            });
            Some(Self { retries })
        })
    }
}

/// The parts of a header's value, whose separator may stand between quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |letter| {
        quoted ^= letter == '"';
        letter == separator && !quoted
    })
}

/// An invocation that somebody wants to hear of later.
pub(crate) struct Wanted<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) invocation: &'a Invocation,
    /// What makes the request this one, when its caller gave it an id.
    pub(crate) key: Option<Key>,
    pub(crate) retries: Option<u32>,
    /// The span of the request.
    pub(crate) trace: Option<&'a TraceContext>,
}

/// Invocations that are in the queue.
struct Accepted {
    invocations: Vec<KnownQueued>,
    /// Whether they were there before.
    replayed: bool,
}

/// Puts an invocation into the queue; when it is durable, answers where its outcome will be.
pub(crate) async fn accept(
    app: &App,
    wanted: Wanted<'_>,
    lambda: &LambdaRow,
) -> Result<Reply, Problem> {
    let new = wanted.new_row(app, lambda, wanted.key)?;
    let Accepted {
        invocations,
        replayed,
    } = enqueue(app, vec![new]).await?;
    let id = invocations.first().map_or("", |known| &known.uuid);
    let body = serde_json::json!({ "id": id, "state": "waiting" });
    let mut reply = applied(&body, replayed);
    let location = format!("/api/account/{}/invocations/{id}", wanted.account.as_str());
    let location = HeaderValue::try_from(location).expect("ids are visible ASCII");
    reply.headers_mut().insert(LOCATION, location);
    Ok(reply)
}

/// Puts an invocation of each lambda into the queue; when they are durable, answers which they are.
pub(crate) async fn accept_event(
    app: &App,
    wanted: Wanted<'_>,
    lambdas: Vec<&LambdaRow>,
) -> Result<Reply, Problem> {
    let new = lambdas.into_iter().map(|lambda| {
        let key = wanted.key.map(|key| key.of_part(lambda.uuid.as_bytes()));
        wanted.new_row(app, lambda, key)
    });
    let Accepted {
        invocations,
        replayed,
    } = enqueue(app, new.collect::<Result<_, _>>()?).await?;
    let one =
        |known: &KnownQueued| serde_json::json!({ "id": known.uuid, "lambdaUUID": known.lambda });
    let list: Vec<_> = invocations.iter().map(one).collect();
    let body = serde_json::json!({ "state": "waiting", "invocations": list });
    Ok(applied(&body, replayed))
}

async fn enqueue(app: &App, new: Vec<NewQueued>) -> Result<Accepted, Problem> {
    let config = &app.queue.config;
    let (pending_max, bytes_max) = (config.account_max, config.account_bytes_max.get());
    let known = |new: &NewQueued| KnownQueued {
        uuid: new.uuid.clone(),
        lambda: new.lambda.clone(),
    };
    let invocations = new.iter().map(known).collect();
    let rows = move |tx: &Connection| {
        store::enqueue(tx, &new, pending_max, bytes_max).map_err(failed("queue an invocation"))
    };
    let store = &app.admin.parts().store;
    let enqueued = store
        .transact("queue an invocation", rows, |enqueued| enqueued)
        .await
        .map_err(|error| Problem::host(&error))?;
    match enqueued {
        Enqueued::Full => Err(Problem::QueueFull),
        Enqueued::Known(invocations) => Ok(Accepted {
            invocations,
            replayed: true,
        }),
        Enqueued::Added => {
            app.queue.added.notify_one();
            Ok(Accepted {
                invocations,
                replayed: false,
            })
        }
    }
}

impl Wanted<'_> {
    fn new_row(
        &self,
        app: &App,
        lambda: &LambdaRow,
        key: Option<Key>,
    ) -> Result<NewQueued, Problem> {
        let config = &app.queue.config;
        let uuid = Uuid::new_v4().to_string();
        let request_id = self.invocation.id().map(InvocationId::as_str);
        let sealer = app.admin.parts().vault.queue();
        let body = texts::seal_body(sealer, (lambda.account, &uuid), self.invocation.input());
        Ok(NewQueued {
            account: lambda.account,
            lambda: lambda.uuid.clone(),
            request_id: request_id.unwrap_or(&uuid).to_owned(),
            key: key.map(|key| *key.as_bytes()),
            body: body.ok_or(Problem::Host)?,
            retries: self
                .retries
                .map_or(config.retries, |retries| retries.min(config.retries_max)),
            at: now_ms(),
            traceparent: self.trace.map(TraceContext::traceparent),
            tracestate: self
                .trace
                .and_then(|trace| trace.state().map(str::to_owned)),
            uuid,
        })
    }
}

/// RFC 7240, sections 3 and 4.1.
fn applied(body: &serde_json::Value, replayed: bool) -> Reply {
    let mut reply = reply::json(StatusCode::ACCEPTED, body);
    let headers = reply.headers_mut();
    headers.insert(
        PREFERENCE_APPLIED,
        HeaderValue::from_static("respond-async"),
    );
    match replayed {
        true => reply::replayed(reply),
        false => reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefer(lines: &[&str]) -> Option<RespondAsync> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", HeaderValue::from_str(line).unwrap());
        }
        RespondAsync::of(&headers)
    }

    #[test]
    fn a_preference_is_found_in_each_form_that_it_can_have() {
        let plain = Some(RespondAsync { retries: None });
        assert_eq!(prefer(&["respond-async"]), plain);
        assert_eq!(prefer(&["Respond-Async"]), plain);
        assert_eq!(prefer(&["return=minimal, respond-async, wait=10"]), plain);
        assert_eq!(prefer(&["return=minimal", "respond-async"]), plain);
        assert_eq!(prefer(&["respond-async; retries=x"]), plain);
        let five = Some(RespondAsync { retries: Some(5) });
        assert_eq!(prefer(&["respond-async;retries=5"]), five);
        assert_eq!(prefer(&["respond-async; Retries = \"5\", wait=1"]), five);
        assert_eq!(prefer(&[]), None);
        assert_eq!(prefer(&["respond-async-not, wait=5"]), None);
        assert_eq!(prefer(&["x=\"respond-async\""]), None);
        assert_eq!(prefer(&["x=\"a, respond-async, b\""]), None);
    }
}
