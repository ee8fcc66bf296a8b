//! What is kept of the requests that an invocation sends?
//!
//! Nothing, unless its trace is recorded or somebody watches it. Who watches sees every request, also one
//! that was refused or that nobody waited for.

use std::time::{Duration, Instant, SystemTime};

use sandglass_host_abi::bindings::sandglass::toolbelt::http;
use sandglass_host_abi::{HttpError, HttpRequest, HttpResponse};

use crate::masking::Masks;
use crate::sandbox::Sandbox;
use crate::trace::{self, RequestDetails, TraceContext, TracedRequest};

/// Requests of one invocation that a watcher is told of.
const REQUESTS_MAX: usize = 1_000;

/// A request that was sent.
pub(super) struct Begun {
    request: TracedRequest,
    at: Instant,
    place: Place,
}

/// Where a request is kept.
enum Place {
    /// Nowhere yet: it is told of when it has ended.
    Later,
    /// There since it began.
    At(usize),
    /// Nowhere: there are too many.
    Nowhere,
}

/// A request that may turn out not to be permitted.
pub(super) struct Refused {
    method: String,
    url: String,
}

impl Begun {
    pub(super) fn new(
        sandbox: &mut Sandbox,
        trace: Option<TraceContext>,
        request: &HttpRequest,
    ) -> Option<Self> {
        let context = trace.filter(TraceContext::is_sampled);
        if context.is_none() && !sandbox.recorded {
            return None;
        }
        let details = sandbox.recorded.then(|| RequestDetails {
            url: request.url.clone(),
            bytes_sent: request.body.len() as u64,
            ..RequestDetails::default()
        });
        let request = TracedRequest {
            context,
            method: request.method.clone(),
            origin: trace::origin(&request.url),
            started: SystemTime::now(),
            took: Duration::ZERO,
            status: Err(trace::UNANSWERED),
            details,
        };
        let place = match sandbox.recorded {
            false => Place::Later,
            true => keep(sandbox, request.clone()),
        };
        let at = Instant::now();
        Some(Self { request, at, place })
    }

    pub(super) fn ended(mut self, sandbox: &mut Sandbox, answer: &Result<HttpResponse, HttpError>) {
        let request = &mut self.request;
        request.took = self.at.elapsed();
        request.status = match answer {
            Ok(response) => Ok(response.status),
            Err(error) => Err(trace::failure(error)),
        };
        if let Some(details) = &mut request.details {
            match answer {
                Ok(response) => details.bytes_received = response.body.len() as u64,
                Err(error) => details.error = Some(error.to_string()),
            }
        }
        match self.place {
            Place::Later => sandbox.traced.push(self.request),
            Place::At(place) => sandbox.traced[place] = self.request,
            Place::Nowhere => {}
        }
    }
}

impl Refused {
    pub(super) fn new(request: &http::Request) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.clone(),
        }
    }

    pub(super) fn keep(self, sandbox: &mut Sandbox, error: &HttpError) {
        let Self { method, url } = self;
        let request = TracedRequest {
            context: None,
            method,
            origin: trace::origin(&url),
            started: SystemTime::now(),
            took: Duration::ZERO,
            status: Err(trace::failure(error)),
            details: Some(RequestDetails {
                url,
                error: Some(error.to_string()),
                ..RequestDetails::default()
            }),
        };
        keep(sandbox, request);
    }
}

fn keep(sandbox: &mut Sandbox, request: TracedRequest) -> Place {
    let place = sandbox.traced.len();
    if place >= REQUESTS_MAX {
        return Place::Nowhere;
    }
    sandbox.traced.push(request);
    Place::At(place)
}

/// Makes what was kept of a request fit to be shown, once the invocation has ended.
pub(crate) fn settle(request: &mut TracedRequest, masks: &mut Masks) {
    let Some(details) = &mut request.details else {
        return;
    };
    if request.status == Err(trace::UNANSWERED) {
        request.took = request.started.elapsed().unwrap_or_default();
        details.error = Some("the invocation ended before there was an answer".to_owned());
    }
    // Masked first, so that no secret is cut where it would not be known any more.
    masks.text(&mut details.url);
    details.url = trace::shown_url(&details.url);
    if let Some(error) = &mut details.error {
        masks.text(error);
    }
}
