//! How are logs read over HTTP?

use std::sync::Arc;

use http::HeaderName;
use sandglass_runtime::LogLevel;

use super::ask::bad_input;
use super::{Ask, Endpoint, Parameter};
use crate::admin::{LogPage, LogQuery, LogScope, LogSearch, LogTimes, LogsFound};
use crate::auth::{Action, authenticate};
use crate::reply::{self, Reply, ok};
use crate::status::Problem;
use crate::tail::{self, Watched};

/// Where a tail that was cut off goes on (WHATWG HTML, section 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const CSV: &str = "text/csv; charset=utf-8";
const EVENTS: &str = "text/event-stream";

const LAMBDA: Parameter = Parameter::text("lambda", "only those of this lambda: its UUID or name");
const LEVEL: Parameter = Parameter::text("level", "Info, Warn or Error; may repeat");
const REQUEST: Parameter = Parameter::text("requestId", "only those of this request");
const TEXT: Parameter = Parameter::text(
    "text",
    "only those with all of these words in them; phrases in double quotes",
);
const START: Parameter = Parameter::number("start", "from this time on, in ms since 1970");
const END: Parameter = Parameter::number("end", "before this time, in ms since 1970");
const EXPORT_START: Parameter =
    Parameter::number("startTimestamp", "from this time on, in ms since 1970");
const EXPORT_END: Parameter =
    Parameter::number("endTimestamp", "before this time, in ms since 1970");
const FILTER_LEVELS: Parameter = Parameter::text("filterLevels", "Info, Warn or Error; may repeat");

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/lambdas/{lambda}/logs",
        Action::ReadLogs,
        "Read what a lambda logged, the latest entries or those after one",
        |ask| Box::pin(logs(ask)),
    )
    .query(&[
        Parameter::number("after", "the id of the entry to go on after"),
        Parameter::number("limit", "how many entries at most, up to 500"),
        REQUEST,
    ])
    .answers::<LogPage>(200),
    Endpoint::get(
        "/api/account/{account}/logs",
        Action::ReadLogs,
        "Search what lambdas logged, the latest first",
        |ask| Box::pin(search(ask)),
    )
    .query(&[
        LAMBDA,
        LEVEL,
        TEXT,
        REQUEST,
        START,
        END,
        Parameter::number("cursor", "where to go on: the last answer's cursor"),
        Parameter::number("limit", "how many entries at most, up to 500"),
    ])
    .answers::<LogsFound>(200),
    Endpoint::get(
        "/api/account/{account}/logs/tail",
        Action::ReadLogs,
        "Watch logs as they are written, as server-sent events",
        |ask| Box::pin(async move { watch(&ask) }),
    )
    .query(&[
        LAMBDA,
        LEVEL,
        TEXT,
        REQUEST,
        Parameter::number("after", "the id of the entry to go on after"),
    ])
    .headers(&[Parameter::number(
        "Last-Event-ID",
        "the id of the entry to go on after, when a tail was cut off",
    )])
    .answers_text(EVENTS)
    .fails(&[429]),
    Endpoint::get(
        "/api/account/{account}/logs/export",
        Action::ReadLogs,
        "Export logs as CSV, the oldest first",
        |ask| {
            Box::pin(async move {
                let lambda = ask.query("lambdaUUID")?.map(Into::into);
                export(ask, lambda).await
            })
        },
    )
    .query(&[
        Parameter::text("lambdaUUID", "only those of this lambda"),
        EXPORT_START,
        EXPORT_END,
        FILTER_LEVELS,
        TEXT,
        REQUEST,
    ])
    .answers_text(CSV)
    .compatible(),
    Endpoint::get(
        "/api/account/{account}/functions/{uuid}/logs/export",
        Action::ReadLogs,
        "Export the logs of a lambda as CSV, the oldest first",
        |ask| {
            Box::pin(async move {
                let lambda = Some(ask.path("uuid").to_owned());
                export(ask, lambda).await
            })
        },
    )
    .query(&[EXPORT_START, EXPORT_END, FILTER_LEVELS, TEXT, REQUEST])
    .answers_text(CSV)
    .second_generation(),
];

async fn logs(ask: Ask<'_>) -> Result<Reply, Problem> {
    let query = LogQuery {
        after: ask.query_as("after")?,
        limit: ask.query_as("limit")?,
        request_id: ask.query_as("requestId")?,
    };
    let page = ask.admin().logs(ask.account(), ask.path("lambda"), &query);
    Ok(ok(&page.await?))
}

async fn search(ask: Ask<'_>) -> Result<Reply, Problem> {
    let LogScope {
        lambda,
        levels,
        request_id,
        text,
    } = scope(&ask)?;
    let search = LogSearch {
        lambda,
        levels,
        request_id,
        text,
        start: ask.query_as("start")?,
        end: ask.query_as("end")?,
        cursor: ask.query_as("cursor")?,
        limit: ask.query_as("limit")?,
    };
    let found = ask.admin().search_logs(ask.account(), &search);
    Ok(ok(&found.await?))
}

/// The platform's clients narrow by levels and times; words and a request are ours, and none of its names.
async fn export(ask: Ask<'_>, lambda: Option<String>) -> Result<Reply, Problem> {
    let scope = LogScope {
        lambda,
        levels: levels(&ask, "filterLevels")?,
        request_id: ask.query_as("requestId")?,
        text: ask.query("text")?.map(Into::into),
    };
    let times = LogTimes {
        start: ask.query_as("startTimestamp")?,
        end: ask.query_as("endTimestamp")?,
    };
    let chunks = ask.admin().export_logs(ask.account(), &scope, times);
    Ok(reply::stream(CSV, chunks.await?))
}

fn watch(ask: &Ask<'_>) -> Result<Reply, Problem> {
    let filter = ask.admin().filter(ask.account(), &scope(ask)?)?;
    let last = match ask.parts.headers.get(LAST_EVENT_ID) {
        None => None,
        Some(header) => {
            let id = header.to_str().ok().and_then(|text| text.parse().ok());
            Some(id.ok_or_else(|| bad_input("last-event-id is not the id of a log entry"))?)
        }
    };
    let after = match last {
        Some(id) => Some(id),
        None => ask.query_as("after")?,
    };
    let (parts, account) = (ask.parts.clone(), ask.account().clone());
    let registry = Arc::clone(&ask.app.registry);
    let allowed = move || {
        authenticate(&parts, &registry.load())
            .and_then(|principal| principal.may(Action::ReadLogs, account.as_str()))
            .is_ok()
    };
    let watched = Watched {
        admin: ask.admin().clone(),
        filter,
        after,
        allowed: Box::new(allowed),
    };
    let place = ask.admin().open_tail()?;
    Ok(reply::stream(EVENTS, tail::events(watched, place)))
}

fn scope(ask: &Ask<'_>) -> Result<LogScope, Problem> {
    Ok(LogScope {
        lambda: ask.query("lambda")?.map(Into::into),
        levels: levels(ask, "level")?,
        request_id: ask.query_as("requestId")?,
        text: ask.query("text")?.map(Into::into),
    })
}

/// Each level once, whatever its capitals.
fn levels(ask: &Ask<'_>, name: &str) -> Result<Vec<LogLevel>, Problem> {
    let all = [
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Warn,
        LogLevel::Error,
    ];
    let asked = ask.query_all(name)?;
    let unknown = asked.iter().find(|text| {
        !all.iter()
            .any(|level| level.as_str().eq_ignore_ascii_case(text))
    });
    if let Some(text) = unknown {
        let why = format!("{name} is {text:?}: there are Info, Warn and Error");
        return Err(Problem::BadInput(why));
    }
    let is_asked = |level: &LogLevel| {
        asked
            .iter()
            .any(|text| level.as_str().eq_ignore_ascii_case(text))
    };
    Ok(all.into_iter().filter(is_asked).collect())
}
