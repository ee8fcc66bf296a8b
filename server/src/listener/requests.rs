//! How does a request get its answer, and until when is it under way?

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::{Service, service_fn};

use super::crowd::{Busy, Line};
use super::patience::Patience;
use crate::app::App;
use crate::peer::Peer;

/// The largest part of an answer that is handed over at once in HTTP/2: the largest frame that every
/// client takes (RFC 9113, section 4.2).
const PART: usize = 16 * 1024;

/// Answers the requests of one connection. While one is under way, the line is busy.
pub(super) fn answers(
    app: Arc<App>,
    peer: Peer,
    line: Arc<Line>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl Body<Data = Bytes, Error = Infallible> + Send + 'static>,
    Error = Infallible,
    Future: Send + 'static,
> + Send {
    // One count for the connection, not one that all of them contend for.
    let app = Arc::new(app);
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let (app, busy) = (Arc::clone(&app), Busy::new(&line));
        let line = Arc::clone(&line);
        async move {
            let reply = app.respond(request).await;
            // What is whole only waits to be taken; what is still being made keeps the line busy.
            let is_whole = reply.body().size_hint().exact().is_some();
            let busy = (!is_whole).then_some(busy);
            let waits = Patience::current().map(|patience| Waits::new(patience, line));
            Ok(reply.map(|body| Sending {
                body,
                rest: Bytes::new(),
                busy,
                waits,
            }))
        }
    })
}

/// The body of an answer. While it is being made, its request is under way.
struct Sending<B> {
    body: B,
    /// What there is of its last part, in HTTP/2.
    rest: Bytes,
    #[expect(dead_code, reason = "its drop tells that the request is over")]
    busy: Option<Busy>,
    /// In HTTP/2.
    waits: Option<Waits>,
}

/// An answer whose client may let it wait for so long and no longer.
struct Waits {
    patience: Arc<Patience>,
    line: Arc<Line>,
}

impl Waits {
    fn new(patience: Arc<Patience>, line: Arc<Line>) -> Self {
        patience.clients_turn();
        Self { patience, line }
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        match self.patience.is_lost() {
            // Nobody can tell the client so while it takes nothing, but that its connection ends.
            true => self.line.ask_to_leave(),
            false => self.patience.our_turn(),
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Sending<B> {
    /// The next part, of those that are left of the last one first.
    fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let mut part = match self.rest.is_empty() {
            false => std::mem::take(&mut self.rest),
            true => match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            },
        };
        // What is handed over is out of reach, so never much more than the client takes.
        if part.len() > PART {
            self.rest = part.split_off(PART);
        }
        Poll::Ready(Some(Ok(part)))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Sending<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(waits) = &self.waits else {
            return Pin::new(&mut self.body).poll_frame(context);
        };
        let patience = Arc::clone(&waits.patience);
        patience.our_turn();
        let part = ready!(self.poll_part(context));
        patience.clients_turn();
        Poll::Ready(part.map(|part| part.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.rest.is_empty() {
            true => self.body.size_hint(),
            false => SizeHint::default(),
        }
    }
}
