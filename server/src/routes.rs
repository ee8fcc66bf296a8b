//! How is a server managed over HTTP?
//!
//! Each route reads its input, calls [`Admin`](crate::Admin) and answers. Only somebody with a
//! [`Grant`] gets this far.

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use hyper::body::Incoming;
use sandglass_runtime::allowed_hosts::HostRule;
use sandglass_runtime::{ByteSize, Secret, SecretName, engine_packages};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::admin::{Admin, LogQuery};
use crate::app::App;
use crate::auth::{Action, ContextKeyId, Grant, Permissions, TokenId};
use crate::reply::{self, Reply};
use crate::route::{Manage, parameter};
use crate::status::Problem;

/// The body of one request: room for the longest source with its environment, however escaped.
const BODY_MAX: ByteSize = ByteSize::mib(4);
/// A bundle and its source map, escaped as JSON.
const DEPLOY_MAX: ByteSize = ByteSize::mib(48);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewVariable {
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSecret {
    value: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    name: String,
    /// Called a role as long as there was only one.
    #[serde(alias = "role")]
    permissions: Permissions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewContextKey {
    name: String,
}

/// What a route needs leave for.
pub(crate) fn action(route: &Manage<'_>) -> Action {
    match route {
        Manage::ListLambdas | Manage::ListPackages => Action::ReadLambdas,
        Manage::Deploy => Action::DeployLambdas,
        Manage::DeleteLambda(_) | Manage::SetVariable { .. } | Manage::RemoveVariable { .. } => {
            Action::ChangeLambdas
        }
        Manage::ReadLogs(_) => Action::ReadLogs,
        Manage::ListSecrets => Action::ReadSecrets,
        Manage::PutSecret(_) | Manage::DeleteSecret(_) => Action::ChangeSecrets,
        Manage::ListRules => Action::ReadWhitelist,
        Manage::AddRule(_) | Manage::DeleteRule(_) => Action::ChangeWhitelist,
        Manage::ListTokens | Manage::CreateToken | Manage::DeleteToken(_) => Action::Tokens,
        Manage::ListContextKeys | Manage::CreateContextKey | Manage::DeleteContextKey(_) => {
            Action::ContextKeys
        }
    }
}

/// Does what a route asks for.
pub(crate) async fn manage(
    app: &App,
    grant: &Grant,
    route: Manage<'_>,
    parts: &Parts,
    body: Incoming,
) -> Result<Reply, Problem> {
    let (admin, account) = (&app.admin, grant.account());
    match route {
        Manage::Deploy => {
            let request = parse(&app.read(body, DEPLOY_MAX).await?)?;
            Ok(ok(&admin.deploy(account, request).await?))
        }
        Manage::ListLambdas => Ok(ok(&admin.lambdas(account)?)),
        Manage::ListPackages => Ok(ok(&engine_packages())),
        Manage::DeleteLambda(lambda) => {
            admin.delete_lambda(account, &lambda).await?;
            Ok(no_content())
        }
        Manage::ReadLogs(lambda) => logs(admin, grant, &lambda, parts).await,
        Manage::SetVariable { lambda, name } => {
            let NewVariable { value } = parse(&app.read(body, BODY_MAX).await?)?;
            Ok(ok(&admin
                .set_variable(account, &lambda, &name, Some(&value))
                .await?))
        }
        Manage::RemoveVariable { lambda, name } => Ok(ok(&admin
            .set_variable(account, &lambda, &name, None)
            .await?)),
        Manage::ListSecrets => Ok(ok(&admin.secrets(account)?)),
        Manage::PutSecret(key) => {
            let key = key.parse::<SecretName>().map_err(bad_input)?;
            let NewSecret { value } = parse(&app.read(body, BODY_MAX).await?)?;
            let value = Secret::from_json(value.get()).map_err(bad_input)?;
            admin.put_secret(account, &key, value).await?;
            Ok(no_content())
        }
        Manage::DeleteSecret(key) => {
            let key = key.parse::<SecretName>().map_err(bad_input)?;
            admin.delete_secret(account, &key).await?;
            Ok(no_content())
        }
        Manage::ListRules => Ok(ok(&admin.whitelist(account)?)),
        Manage::AddRule(rule) => {
            admin
                .allow(account, &rule.parse::<HostRule>().map_err(bad_input)?)
                .await?;
            Ok(no_content())
        }
        Manage::DeleteRule(rule) => {
            admin
                .disallow(account, &rule.parse::<HostRule>().map_err(bad_input)?)
                .await?;
            Ok(no_content())
        }
        Manage::ListTokens => Ok(ok(&admin.tokens(account)?)),
        Manage::CreateToken => {
            let NewToken { name, permissions } = parse(&app.read(body, BODY_MAX).await?)?;
            let created = admin.create_token(account, &name, permissions).await?;
            Ok(reply::json(StatusCode::CREATED, &created))
        }
        Manage::DeleteToken(id) => {
            let id = id.parse::<TokenId>().map_err(bad_input)?;
            admin.delete_token(account, &id).await?;
            Ok(no_content())
        }
        Manage::ListContextKeys => Ok(ok(&admin.context_keys(account)?)),
        Manage::CreateContextKey => {
            let NewContextKey { name } = parse(&app.read(body, BODY_MAX).await?)?;
            let created = admin.create_context_key(account, &name).await?;
            Ok(reply::json(StatusCode::CREATED, &created))
        }
        Manage::DeleteContextKey(id) => {
            let id = id.parse::<ContextKeyId>().map_err(bad_input)?;
            admin.delete_context_key(account, &id).await?;
            Ok(no_content())
        }
    }
}

async fn logs(admin: &Admin, grant: &Grant, lambda: &str, parts: &Parts) -> Result<Reply, Problem> {
    let query = parts.uri.query();
    let number = |name| match parameter(query, name)?.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse::<u32>()
            .map(Some)
            .map_err(|_| Problem::BadInput(format!("{name} is not a number: {text:?}"))),
    };
    let request_id = match parameter(query, "requestId")?.as_deref() {
        None | Some("") => None,
        Some(text) => Some(text.parse().map_err(bad_input)?),
    };
    let after = match parameter(query, "after")?.as_deref() {
        None | Some("") => None,
        Some(text) => Some(text.parse::<i64>().map_err(bad_input)?),
    };
    let query = LogQuery {
        after,
        limit: number("limit")?,
        request_id,
    };
    Ok(ok(&admin.logs(grant.account(), lambda, &query).await?))
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    // serde would take an array for the fields in order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(bad_input("the body is not a JSON object"));
    }
    serde_json::from_slice(body).map_err(bad_input)
}

fn bad_input(error: impl std::fmt::Display) -> Problem {
    Problem::BadInput(error.to_string())
}

fn ok(value: &impl serde::Serialize) -> Reply {
    reply::json(StatusCode::OK, value)
}

fn no_content() -> Reply {
    reply::empty(StatusCode::NO_CONTENT)
}
