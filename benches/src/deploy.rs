//! How do many lambdas get onto a server?

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::sandglass::ACCOUNT;
use crate::{Connection, Request, lambdas};

/// Deploys that many different lambdas over HTTP, numbered from `first`, on four connections at
/// once. Returns their UUIDs in order.
///
/// # Errors
/// When the server refuses one.
pub async fn deploy_variants(
    address: SocketAddr,
    token: &str,
    numbers: std::ops::Range<usize>,
) -> Result<Vec<String>> {
    const CONNECTIONS: usize = 4;
    let part = numbers.len().div_ceil(CONNECTIONS).max(1);
    let parts = numbers.clone().step_by(part).map(|first| {
        let numbers = first..numbers.end.min(first + part);
        async move {
            let mut connection = Connection::open(address).await?;
            let mut uuids = Vec::with_capacity(numbers.len());
            for number in numbers {
                let (name, code) = (format!("hello-{number}"), lambdas::hello_variant(number));
                uuids.push(deploy(&mut connection, token, &name, &code).await?);
            }
            anyhow::Ok(uuids)
        }
    });
    Ok(futures::future::try_join_all(parts).await?.concat())
}

/// Deploys one lambda and returns its UUID.
///
/// # Errors
/// When the server refuses it.
pub async fn deploy(
    connection: &mut Connection,
    token: &str,
    name: &str,
    code: &str,
) -> Result<String> {
    let body = json!({ "name": name, "fileName": "hello.js", "code": code });
    let path = format!("/api/account/{ACCOUNT}/deploy");
    text(
        &api(connection, ("POST", &path), token, &body).await?,
        "uuid",
    )
}

/// Makes a token that may only invoke.
///
/// # Errors
/// When the server refuses.
pub async fn invoker_token(connection: &mut Connection, token: &str) -> Result<String> {
    let body = json!({ "name": "bench", "role": "invoker" });
    let path = format!("/api/account/{ACCOUNT}/tokens");
    text(
        &api(connection, ("POST", &path), token, &body).await?,
        "token",
    )
}

/// An authenticated invocation of hello, as an external system sends it.
pub fn greeting(uuid: &str, token: &str) -> Request {
    Request::new("POST", &invoke_path(uuid), token, lambdas::GREETING)
}

/// The path that invokes a lambda as an external system.
pub fn invoke_path(uuid: &str) -> String {
    format!("/api/account/{ACCOUNT}/lambdas/{uuid}/invoke?v=1&externalSystem=bench")
}

/// Asks the management API for something; an answer without a body is `null`, and so is a question.
///
/// # Errors
/// When the server refuses it.
pub async fn api(
    connection: &mut Connection,
    (method, path): (&str, &str),
    token: &str,
    body: &Value,
) -> Result<Value> {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let request = Request::new(method, path, token, &body);
    let answer = connection.accepted(&request).await;
    let answer = answer.with_context(|| format!("{method} {path}"))?;
    match answer {
        [] => Ok(Value::Null),
        answer => serde_json::from_slice(answer).context("reading the server's answer"),
    }
}

/// A text of an answer.
///
/// # Errors
/// When it has no such field.
pub fn text(answer: &Value, field: &str) -> Result<String> {
    let value = answer.get(field).and_then(Value::as_str);
    value
        .map(str::to_owned)
        .with_context(|| format!("the answer has no {field}: {answer}"))
}
