//! How does an operator see where the time of a request goes?
//!
//! Each request becomes a span, and so do the invocation that it leads to and the requests that the
//! lambda sends: one trace, which begins at the caller's when it sent one (W3C Trace Context). Spans
//! go to a collector by OTLP over HTTP, in batches, on a thread of their own; what the collector does
//! not take in time is dropped. Without a collector, nothing of this is there.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method, StatusCode};
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _,
};
use sandglass_runtime::{TraceContext, TracedRequest};

use crate::config::TelemetryConfig;
use crate::status::OutcomeName;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
/// Spans that wait for the collector; further ones are dropped.
const WAITING_MAX: usize = 8_192;
/// How long the collector may take for a batch.
const EXPORT_TIME: Duration = Duration::from_secs(10);
/// How long the end of the server waits for the last batch.
const LAST_TIME: Duration = Duration::from_secs(5);

/// Sends spans to a collector.
pub(crate) struct Telemetry {
    spans: BatchSpanProcessor,
    scope: InstrumentationScope,
    sample_ratio: f64,
}

/// A request on its way.
pub(crate) struct Traced {
    /// The request's own place.
    pub(crate) context: TraceContext,
    /// The caller's span; 0 when the trace begins here.
    parent: u64,
    started: SystemTime,
}

/// An invocation's place in a trace.
#[derive(Debug, Clone)]
pub(crate) struct TracePlace {
    pub(crate) context: TraceContext,
    /// The span of what led to it; 0 when the trace begins with it.
    parent: u64,
}

/// An invocation that ended.
pub(crate) struct TracedInvocation<'a> {
    pub(crate) place: &'a TracePlace,
    pub(crate) started: SystemTime,
    pub(crate) lambda: &'a str,
    pub(crate) invocation: &'a str,
    pub(crate) outcome: OutcomeName,
    pub(crate) fuel: u64,
}

/// Where a span is and how it looks from outside.
struct Shape {
    parent: u64,
    /// Whether the parent is another system's.
    is_remote: bool,
    kind: SpanKind,
    name: Cow<'static, str>,
    times: (SystemTime, SystemTime),
    status: Status,
}

impl TracePlace {
    /// A place below what led to it.
    fn below(parent: &TraceContext) -> Self {
        Self {
            context: parent.child(),
            parent: parent.span_id(),
        }
    }

    /// A place below a request.
    pub(crate) fn of_request(request: &Traced) -> Self {
        Self::below(&request.context)
    }

    /// A place below what headers say, if they say one.
    pub(crate) fn read(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        TraceContext::parse(traceparent, tracestate).map(|parent| Self::below(&parent))
    }

    /// A place below the caller of a lambda.
    pub(crate) fn of_call(headers: &[(String, String)]) -> Option<Self> {
        let find = |name: &str| headers.iter().find(|(known, _)| known == name);
        let text = |name: &str| find(name).map(|(_, value)| value.as_str());
        Self::read(text(TRACEPARENT)?, text(TRACESTATE))
    }
}

impl Telemetry {
    /// Starts the thread that sends spans.
    pub(crate) fn open(config: &TelemetryConfig) -> Result<Self, ExporterBuildError> {
        let endpoint = config.otlp_endpoint.trim_end_matches('/');
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(EXPORT_TIME)
            .build()?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING_MAX)
            .with_scheduled_delay(Duration::from_millis(config.export_interval_ms))
            .build();
        let mut spans = BatchSpanProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        let resource = Resource::builder_empty()
            .with_service_name(config.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        spans.set_resource(&resource);
        Ok(Self {
            spans,
            scope: InstrumentationScope::builder("sandglass").build(),
            sample_ratio: config.sample_ratio,
        })
    }

    /// Begins a request. The caller says whether its trace is recorded; of those that begin here, a
    /// part is.
    pub(crate) fn begin(&self, headers: &HeaderMap) -> Traced {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let caller =
            text(TRACEPARENT).and_then(|parent| TraceContext::parse(parent, text(TRACESTATE)));
        let (context, parent) = match caller {
            Some(caller) => (caller.child(), caller.span_id()),
            None => (self.new_trace(), 0),
        };
        Traced {
            context,
            parent,
            started: SystemTime::now(),
        }
    }

    /// A place in a trace that begins here: nobody's request led to it.
    pub(crate) fn begin_here(&self) -> TracePlace {
        TracePlace {
            context: self.new_trace(),
            parent: 0,
        }
    }

    fn new_trace(&self) -> TraceContext {
        let new = TraceContext::new(true);
        // The low half of an id is random, whoever made it.
        let part = new.trace_id() as u64 as f64 / u64::MAX as f64;
        match part < self.sample_ratio {
            true => new,
            false => TraceContext::new(false),
        }
    }

    /// Ends a request. Its path is left out, since it can name what is nobody else's.
    pub(crate) fn request(
        &self,
        traced: &Traced,
        method: &Method,
        route: Option<&'static str>,
        status: StatusCode,
    ) {
        if !traced.context.is_sampled() {
            return;
        }
        let name = match route {
            Some(route) => format!("{method} {route}"),
            None => method.to_string(),
        };
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.to_string()),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
        ];
        if let Some(route) = route {
            attributes.push(KeyValue::new("http.route", route));
        }
        let shape = Shape {
            parent: traced.parent,
            is_remote: traced.parent != 0,
            kind: SpanKind::Server,
            name: name.into(),
            times: (traced.started, SystemTime::now()),
            status: match status.is_server_error() {
                true => Status::error(""),
                false => Status::Unset,
            },
        };
        self.send(&traced.context, shape, attributes);
    }

    /// Ends an invocation and the requests that it sent.
    pub(crate) fn invocation(&self, ended: &TracedInvocation<'_>, requests: &[TracedRequest]) {
        let TracePlace { context, parent } = ended.place;
        if !context.is_sampled() {
            return;
        }
        for request in requests {
            self.outgoing(context.span_id(), request);
        }
        let attributes = vec![
            KeyValue::new("lambda.name", ended.lambda.to_owned()),
            KeyValue::new("invocation.id", ended.invocation.to_owned()),
            KeyValue::new("outcome", ended.outcome.as_str()),
            KeyValue::new("fuel_used", i64::try_from(ended.fuel).unwrap_or(i64::MAX)),
        ];
        let shape = Shape {
            parent: *parent,
            is_remote: false,
            kind: SpanKind::Internal,
            name: Cow::Borrowed("invoke"),
            times: (ended.started, SystemTime::now()),
            status: match ended.outcome {
                OutcomeName::Returned => Status::Unset,
                outcome => Status::error(outcome.as_str()),
            },
        };
        self.send(context, shape, attributes);
    }

    fn outgoing(&self, parent: u64, request: &TracedRequest) {
        let Some(context) = &request.context else {
            return;
        };
        let method = request.method.clone();
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.clone()),
            KeyValue::new("server.address", request.origin.clone()),
        ];
        let status = match request.status {
            Ok(status) => {
                let code = KeyValue::new("http.response.status_code", i64::from(status));
                attributes.push(code);
                match status >= 400 {
                    true => Status::error(""),
                    false => Status::Unset,
                }
            }
            Err(why) => {
                attributes.push(KeyValue::new("error.type", why));
                Status::error(why)
            }
        };
        let shape = Shape {
            parent,
            is_remote: false,
            kind: SpanKind::Client,
            name: method.into(),
            times: (request.started, request.started + request.took),
            status,
        };
        self.send(context, shape, attributes);
    }

    fn send(&self, context: &TraceContext, shape: Shape, attributes: Vec<KeyValue>) {
        let state = context.state().unwrap_or_default();
        let span_context = SpanContext::new(
            TraceId::from(context.trace_id()),
            SpanId::from(context.span_id()),
            TraceFlags::SAMPLED,
            false,
            state.parse::<TraceState>().unwrap_or_default(),
        );
        self.spans.on_end(SpanData {
            span_context,
            parent_span_id: SpanId::from(shape.parent),
            parent_span_is_remote: shape.is_remote,
            span_kind: shape.kind,
            name: shape.name,
            start_time: shape.times.0,
            end_time: shape.times.1,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: shape.status,
            instrumentation_scope: self.scope.clone(),
        });
    }

    /// Sends what waits. Blocks for a while.
    pub(crate) fn close(&self) {
        if let Err(error) = self.spans.shutdown_with_timeout(LAST_TIME) {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}
