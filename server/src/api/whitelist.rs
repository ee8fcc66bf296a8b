//! How is the whitelist managed over HTTP?

use http::StatusCode;
use sandglass_runtime::ByteSize;
use sandglass_runtime::allowed_hosts::HostRule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ask::bad_input;
use super::{Ask, Endpoint};
use crate::admin::{WhitelistEntry, WhitelistVerdict};
use crate::auth::Action;
use crate::reply::{self, Reply, no_content, ok};
use crate::status::Problem;

const BODY_MAX: ByteSize = ByteSize::kib(64);
/// The id of a domain that is not on the whitelist yet.
const NEW: i64 = -1;

/// What the platform's clients send to allow a host.
#[derive(Deserialize, JsonSchema)]
struct NewDomain {
    /// A host name, with at most one `*.` before it; here also with a scheme and a port.
    domain: String,
    /// `-1`.
    #[serde(default = "new")]
    id: i64,
}

/// A rule of the whitelist, as the platform's clients know it.
#[derive(Serialize, JsonSchema)]
struct Domain {
    domain: String,
    id: i64,
    /// The domain once more.
    name: String,
}

/// A URL that a lambda would like to reach.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WhitelistTest {
    url: String,
}

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
    Endpoint::post(
        "/api/account/{account}/whitelist/test",
        Action::ReadWhitelist,
        "Say whether lambdas may reach a URL, by which rule, and what its host resolves to",
        |ask| Box::pin(test(ask)),
    )
    .takes::<WhitelistTest>()
    .answers::<WhitelistVerdict>(200),
    Endpoint::get(
        "/api/account/{account}/proxy-settings",
        Action::ReadWhitelist,
        "List the hosts that lambdas may reach, with the ids to delete them by",
        |ask| Box::pin(domains(ask)),
    )
    .answers::<Vec<Domain>>(200)
    .compatible(),
    Endpoint::post(
        "/api/account/{account}/proxy-settings",
        Action::ChangeWhitelist,
        "Allow a host that is not allowed yet; invocations from now on may reach it",
        |ask| Box::pin(add_domain(ask)),
    )
    .takes::<NewDomain>()
    .answers::<Domain>(201)
    .compatible()
    .fails(&[409]),
    Endpoint::delete(
        "/api/account/{account}/proxy-settings/{id}",
        Action::ChangeWhitelist,
        "Allow a host no longer, by its id",
        |ask| Box::pin(remove_domain(ask)),
    )
    .answers_nothing(204)
    .compatible(),
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

async fn test(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let WhitelistTest { url } = ask.json(BODY_MAX).await?;
    let verdict = ask.admin().test_whitelist(ask.account(), &url);
    Ok(ok(&verdict.await?))
}

async fn domains(ask: Ask<'_>) -> Result<Reply, Problem> {
    let rules = ask.admin().whitelist(ask.account())?;
    let domains: Vec<_> = rules.into_iter().map(Domain::from).collect();
    Ok(ok(&domains))
}

async fn add_domain(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let NewDomain { domain, id } = ask.json(BODY_MAX).await?;
    if id != NEW {
        return Err(bad_input(format!(
            "id is {id}: that of a new domain is {NEW}"
        )));
    }
    let rule = domain.parse::<HostRule>();
    let rule = rule.map_err(|why| bad_input(format!("malformatting in url: {why}")))?;
    let added = ask.admin().allow_new(ask.account(), &rule).await?;
    Ok(reply::json(StatusCode::CREATED, &Domain::from(added)))
}

async fn remove_domain(ask: Ask<'_>) -> Result<Reply, Problem> {
    let id = ask.path("id").parse::<i64>();
    let id =
        id.map_err(|_| bad_input("the id of a domain is a whole number, as the list has it"))?;
    ask.admin().disallow_by_id(ask.account(), id).await?;
    Ok(no_content())
}

impl From<WhitelistEntry> for Domain {
    fn from(entry: WhitelistEntry) -> Self {
        Self {
            domain: entry.rule.clone(),
            id: entry.id,
            name: entry.rule,
        }
    }
}

fn new() -> i64 {
    NEW
}
