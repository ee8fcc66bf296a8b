//! How are events, templates and snippets read over HTTP?

use super::Endpoint;
use crate::admin::EventInfo;
use crate::auth::Action;
use crate::catalog::{Snippet, Template};
use crate::reply::ok;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/events",
        Action::ReadLambdas,
        "List the events that lambdas can be for",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().events(ask.account())?)) }),
    )
    .answers::<Vec<EventInfo>>(200)
    .shared(),
    Endpoint::get(
        "/api/account/{account}/events/{event}",
        Action::ReadLambdas,
        "Read an event",
        |ask| {
            Box::pin(async move {
                let (account, event) = (ask.account(), ask.path("event"));
                Ok(ok(&ask.admin().event(account, event)?))
            })
        },
    )
    .answers::<EventInfo>(200),
    Endpoint::get(
        "/api/account/{account}/templates",
        Action::ReadLambdas,
        "List the templates that lambdas can be begun with",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().templates())) }),
    )
    .answers::<Vec<Template>>(200),
    Endpoint::get(
        "/api/account/{account}/templates/{template}",
        Action::ReadLambdas,
        "Read a template",
        |ask| Box::pin(async move { Ok(ok(ask.admin().template(ask.path("template"))?)) }),
    )
    .answers::<Template>(200),
    Endpoint::get(
        "/api/account/{account}/snippets",
        Action::ReadLambdas,
        "List the snippets that editors offer",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().snippets())) }),
    )
    .answers::<Vec<Snippet>>(200),
];
