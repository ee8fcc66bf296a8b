//! How does a request get its answer, and until when is it under way?

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::{Service, service_fn};

use super::crowd::{Busy, Line};
use crate::app::App;
use crate::peer::Peer;

/// Answers the requests of one connection. While one is under way, the line is busy.
pub(super) fn answers(
    app: Arc<App>,
    peer: Peer,
    line: Arc<Line>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl Body<Data = bytes::Bytes, Error = Infallible> + Send + 'static>,
    Error = Infallible,
    Future: Send + 'static,
> + Send {
    // One count for the connection, not one that all of them contend for.
    let app = Arc::new(app);
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let (app, busy) = (Arc::clone(&app), Busy::new(&line));
        async move {
            let reply = app.respond(request).await;
            // What is whole only waits to be taken; what is still being made keeps the line busy.
            let is_whole = reply.body().size_hint().exact().is_some();
            let busy = (!is_whole).then_some(busy);
            Ok(reply.map(|body| Sending { body, busy }))
        }
    })
}

/// The body of an answer. While it is being made, its request is under way.
struct Sending<B> {
    body: B,
    #[expect(dead_code, reason = "its drop tells that the request is over")]
    busy: Option<Busy>,
}

impl<B: Body + Unpin> Body for Sending<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
