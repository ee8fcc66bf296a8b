//! What does an answer look like?

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::ext::ReasonPhrase;
use serde::Serialize;

/// An answer: small enough to be whole in memory.
pub(crate) type Reply = Response<Full<Bytes>>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Prometheus' text exposition format.
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// A status without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Reply::new(Full::default());
    *reply.status_mut() = status;
    reply
}

/// JSON that is already text.
pub(crate) fn json_text(status: StatusCode, json: impl Into<Bytes>) -> Reply {
    let mut reply = Reply::new(Full::new(json.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    if status.canonical_reason().is_none() {
        // What Node's servers, and so the platform, say for a status that nobody registered.
        reply
            .extensions_mut()
            .insert(ReasonPhrase::from_static(b"unknown"));
    }
    reply
}

/// A value as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    let text = serde_json::to_vec(value).expect("our answers have string keys and finite numbers");
    json_text(status, text)
}

/// A page of metrics.
pub(crate) fn metrics(page: String) -> Reply {
    let mut reply = Reply::new(Full::new(page.into()));
    reply.headers_mut().insert(CONTENT_TYPE, METRICS);
    reply
}
