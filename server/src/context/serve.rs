//! How are contexts used over HTTP?
//!
//! Each action parses its names, asks the [`ContextStore`] and answers as the platform's service does.
//! Deleting is idempotent, since the toolbelt's client sends a request again when it got no answer.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use hyper::body::Incoming;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ContextError, ContextStore, Namespace, Properties, Property, Session};
use crate::app::App;
use crate::auth::ContextGrant;
use crate::reply::{self, Reply};
use crate::route::{ContextAction, Place, parameter};
use crate::status::Problem;

/// A namespace that is to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNamespace {
    name: String,
}

/// A namespace, with how long its sessions live.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedNamespace {
    name: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_second: Option<u64>,
}

/// Does what a request asks for.
pub(crate) async fn serve(
    app: &App,
    grant: &ContextGrant,
    action: ContextAction<'_>,
    (parts, body): (&Parts, Incoming),
) -> Result<Reply, Problem> {
    let contexts = &app.contexts;
    match action {
        ContextAction::ListNamespaces => list(contexts, grant).await,
        ContextAction::CreateNamespace => {
            let ttl_seconds = ttl(parts)?;
            let body = app.read(body, contexts.limits.body_bytes_max).await?;
            let NewNamespace { name } = parse(&body)?;
            contexts
                .create_namespace(grant, Namespace::new(&name)?, ttl_seconds)
                .await?;
            Ok(no_content())
        }
        ContextAction::DeleteNamespace(name) => {
            contexts
                .delete_namespace(grant, Namespace::new(&name)?)
                .await?;
            Ok(no_content())
        }
        ContextAction::ListSessions(name) => {
            let sessions = contexts.sessions(grant, Namespace::new(&name)?).await?;
            Ok(reply::json(StatusCode::OK, &sessions))
        }
        ContextAction::Read(place) => {
            let included = parameter(parts.uri.query(), "include")?;
            let mut found = contexts.properties(grant, names(&place)?).await?;
            if let Some(included) = included {
                found.retain(|(name, _)| included.split(',').any(|wanted| wanted == name));
            }
            Ok(reply::json_text(StatusCode::OK, object(&found)))
        }
        ContextAction::Save(place) => {
            let place = names(&place)?;
            let body = app.read(body, contexts.limits.body_bytes_max).await?;
            contexts.save(grant, place, properties(&body)?).await?;
            Ok(no_content())
        }
        ContextAction::DeleteSession(place) => {
            contexts.delete(grant, names(&place)?, None).await?;
            Ok(no_content())
        }
        ContextAction::ReadProperty(place, name) => {
            let name = Property::new(&name)?;
            let value = contexts.property(grant, names(&place)?, name).await?;
            Ok(reply::json_text(StatusCode::OK, value))
        }
        ContextAction::DeleteProperty(place, name) => {
            let name = Some(Property::new(&name)?);
            contexts.delete(grant, names(&place)?, name).await?;
            Ok(no_content())
        }
    }
}

async fn list(contexts: &ContextStore, grant: &ContextGrant) -> Result<Reply, Problem> {
    let namespaces = contexts.namespaces(grant).await?;
    let listed: Vec<_> = namespaces
        .into_iter()
        .map(|namespace| ListedNamespace {
            name: namespace.name,
            created_at: namespace.created_at,
            ttl_second: namespace.ttl_seconds,
        })
        .collect();
    Ok(reply::json(StatusCode::OK, &listed))
}

/// The time to live that a request gives to a namespace.
fn ttl(parts: &Parts) -> Result<Option<u64>, Problem> {
    match parameter(parts.uri.query(), "ttlSecond")?.as_deref() {
        None => Ok(None),
        Some(text) => {
            let seconds = text.parse().map_err(|_| ContextError::Ttl)?;
            Ok(Some(seconds))
        }
    }
}

fn names(place: &Place<'_>) -> Result<(Namespace, Session), Problem> {
    let session = match &place.session {
        Some(name) => Session::new(name)?,
        None => Session::default(),
    };
    Ok((Namespace::new(&place.namespace)?, session))
}

/// The properties of a body; of those with the same name the last one.
fn properties(body: &Bytes) -> Result<Properties, Problem> {
    let parsed: BTreeMap<String, Box<RawValue>> = parse(body)?;
    let named = parsed
        .into_iter()
        .map(|(name, value)| Ok((Property::new(&name)?, value)));
    named.collect()
}

fn parse<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    // serde would take an array for the fields in order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::BadInput(
            "the body is not a JSON object".to_owned(),
        ));
    }
    serde_json::from_slice(body).map_err(|error| Problem::BadInput(error.to_string()))
}

/// A JSON object of names and values that are JSON already.
fn object(properties: &[(String, String)]) -> String {
    let mut text = String::from("{");
    for (index, (name, value)) in properties.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&serde_json::to_string(name).expect("a string is JSON"));
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}

fn no_content() -> Reply {
    reply::empty(StatusCode::NO_CONTENT)
}
