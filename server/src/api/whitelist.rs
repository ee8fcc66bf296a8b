//! How is the whitelist managed over HTTP?

use sandglass_runtime::allowed_hosts::HostRule;

use super::ask::bad_input;
use super::{Ask, Endpoint};
use crate::admin::WhitelistEntry;
use crate::auth::Action;
use crate::reply::{Reply, no_content, ok};
use crate::status::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/api/account/{account}/whitelist",
        Action::ReadWhitelist,
        "List the hosts that lambdas may reach",
        |ask| Box::pin(async move { Ok(ok(&ask.admin().whitelist(ask.account())?)) }),
    )
    .answers::<Vec<WhitelistEntry>>(200),
    Endpoint::put(
        "/api/account/{account}/whitelist/{rule}",
        Action::ChangeWhitelist,
        "Allow a host; invocations from now on may reach it",
        |ask| Box::pin(add(ask)),
    )
    .answers_nothing(204),
    Endpoint::delete(
        "/api/account/{account}/whitelist/{rule}",
        Action::ChangeWhitelist,
        "Allow a host no longer",
        |ask| Box::pin(remove(ask)),
    )
    .answers_nothing(204),
];

async fn add(ask: Ask<'_>) -> Result<Reply, Problem> {
    let rule = ask.path("rule").parse::<HostRule>().map_err(bad_input)?;
    ask.admin().allow(ask.account(), &rule).await?;
    Ok(no_content())
}

async fn remove(ask: Ask<'_>) -> Result<Reply, Problem> {
    let rule = ask.path("rule").parse::<HostRule>().map_err(bad_input)?;
    ask.admin().disallow(ask.account(), &rule).await?;
    Ok(no_content())
}
