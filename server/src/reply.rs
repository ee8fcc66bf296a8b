//! What does an answer look like?

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body, Frame, SizeHint};
use hyper::ext::ReasonPhrase;
use serde::Serialize;

/// An answer.
pub(crate) type Reply = Response<ReplyBody>;

/// What an answer says.
pub(crate) enum ReplyBody {
    /// Small enough to be whole in memory, as nearly all are.
    Whole(Full<Bytes>),
    /// Made while it is sent.
    Stream(UnsyncBoxBody<Bytes, Infallible>),
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context),
            Self::Stream(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(body) => body.size_hint(),
        }
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// RFC 9457, section 3.
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// CSP Level 3: nothing but the page's own style, in no frame.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'none'",
);
/// Prometheus' text exposition format.
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Tells a client that it sees an earlier outcome.
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A status without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = whole(Bytes::new());
    *reply.status_mut() = status;
    reply
}

/// JSON that is already text.
pub(crate) fn json_text(status: StatusCode, json: impl Into<Bytes>) -> Reply {
    let mut reply = whole(json.into());
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

/// An answer that was given before, and says so.
pub(crate) fn replayed(mut reply: Reply) -> Reply {
    let said = HeaderValue::from_static("true");
    reply.headers_mut().insert(IDEMPOTENT_REPLAYED, said);
    reply
}

/// A value as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    let text = serde_json::to_vec(value).expect("our answers have string keys and finite numbers");
    json_text(status, text)
}

/// All is well, and here is the answer.
pub(crate) fn ok(value: &impl Serialize) -> Reply {
    json(StatusCode::OK, value)
}

/// The same answer, of which nobody on its way is to keep a copy (RFC 9111, section 5.2.2.5).
pub(crate) fn not_stored(mut reply: Reply) -> Reply {
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// All is well, and there is nothing to say.
pub(crate) fn no_content() -> Reply {
    empty(StatusCode::NO_CONTENT)
}

/// A problem in the form of RFC 9457.
pub(crate) fn problem(status: StatusCode, value: &impl Serialize) -> Reply {
    let mut reply = json(status, value);
    reply.headers_mut().insert(CONTENT_TYPE, PROBLEM);
    reply
}

/// A page for people, without scripts or anything from elsewhere.
pub(crate) fn page(html: impl Into<Bytes>) -> Reply {
    let mut reply = whole(html.into());
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HTML);
    headers.insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}

/// An answer that is made while it is sent.
pub(crate) fn stream(
    kind: &'static str,
    chunks: impl Stream<Item = Bytes> + Send + 'static,
) -> Reply {
    let frames = chunks.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
    let mut reply = Reply::new(ReplyBody::Stream(StreamBody::new(frames).boxed_unsync()));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// Bytes of whichever kind.
pub(crate) fn bytes(body: Bytes) -> Reply {
    whole(body)
}

fn whole(body: Bytes) -> Reply {
    Reply::new(ReplyBody::Whole(Full::new(body)))
}

/// A page of metrics.
pub(crate) fn metrics(page: String) -> Reply {
    let mut reply = whole(page.into());
    reply.headers_mut().insert(CONTENT_TYPE, METRICS);
    reply
}
