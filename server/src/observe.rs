//! How is the server itself?

use http::StatusCode;
use http::request::Parts;

use crate::app::App;
use crate::auth::{Action, authenticate};
use crate::metrics::Gauges;
use crate::reply::{self, Reply};
use crate::status::Problem;

/// The process answers.
pub(crate) fn health() -> Reply {
    reply::json_text(StatusCode::OK, "{\"status\":\"ok\"}")
}

/// The server takes requests; not any more once it drains.
pub(crate) fn ready(app: &App) -> Reply {
    if app.is_draining() {
        reply::json_text(StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"draining\"}")
    } else {
        reply::json_text(StatusCode::OK, "{\"status\":\"ready\"}")
    }
}

/// The metrics. They name lambdas, so beyond loopback they need an admin's token.
pub(crate) fn metrics(app: &App, parts: &Parts) -> Result<Reply, Problem> {
    let registry = app.registry.load();
    if !app.settings.metrics_open {
        let principal = authenticate(parts, &registry)?;
        principal.may(Action::ReadServerMetrics, principal.account().as_str())?;
    }
    let gauges = Gauges {
        runtime: app.admin.parts().runtime.usage(),
        running: app.admission.running() + app.calls.running() + app.queue.room.running(),
        queued: app.admission.queued() + app.calls.queued(),
        journal_pending: app.journal.pending(),
        journal_dropped: app.journal.dropped(),
    };
    Ok(reply::metrics(app.metrics.render(&registry, &gauges)))
}
