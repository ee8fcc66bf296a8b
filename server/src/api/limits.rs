//! How are the limits read over HTTP?

use super::Endpoint;
use crate::admin::LimitInfo;
use crate::auth::Action;
use crate::reply::ok;

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get(
    "/api/account/{account}/limits",
    Action::ReadLambdas,
    "Read the limits that are in force, and how much is used where that is known",
    |ask| Box::pin(async move { Ok(ok(&ask.admin().limits(ask.account()).await?)) }),
)
.answers::<Vec<LimitInfo>>(200)];
