//! What does the API look like to a machine, and to a person?
//!
//! One document after OpenAPI 3.1, made of the tables; the page shows the same document.

mod failures;
mod page;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::endpoint::{Operation, Scheme};
use super::{Ask, Endpoint, Parameter, operations};
use crate::reply::{self, Reply};
use crate::status::Problem;
use failures::Failures;

/// Where schemas are in the document.
const SCHEMAS: &str = "/components/schemas";
/// What holds for every operation.
const ABOUT: &str = "Each request may have the header x-request-id; each answer has it, with the \
    caller's id or a new one. A method that an address does not take is answered with 405 and the \
    header Allow, an address that there is not with 404. hyper answers itself what is not HTTP: 400, \
    or 431 when the headers are too large.";

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
static TEXT: LazyLock<Bytes> = LazyLock::new(|| DOCUMENT.to_string().into());
static PAGE: LazyLock<Bytes> = LazyLock::new(|| page::render(&DOCUMENT).into());

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::public_get("/openapi.json", "This document (OpenAPI 3.1)", |ask| {
        Box::pin(async move { json_document(&ask) })
    })
    .answers::<Map<String, Value>>(200),
    Endpoint::public_get("/openapi", "This document as a page for people", |ask| {
        Box::pin(async move { html_page(&ask) })
    })
    .answers_text("text/html"),
];

fn json_document(_: &Ask<'_>) -> Result<Reply, Problem> {
    Ok(reply::json_text(StatusCode::OK, TEXT.clone()))
}

fn html_page(_: &Ask<'_>) -> Result<Reply, Problem> {
    Ok(reply::page(PAGE.clone()))
}

/// The document, laid out for people and for version control.
pub fn openapi_document() -> String {
    serde_json::to_string_pretty(&*DOCUMENT).expect("a value has string keys")
}

fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = SCHEMAS.into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let mut failures = Failures::default();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations() {
        let method = operation.method.as_str().to_ascii_lowercase();
        let shown = shown(operation, &mut generator, &mut failures);
        paths
            .entry(operation.path)
            .or_default()
            .insert(method, shown);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sandglass",
            "summary": "Runs JavaScript functions of others, each call in a sandbox of its own.",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": failures.into_responses(),
            "securitySchemes": security_schemes(),
        },
    })
}

fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http", "scheme": "bearer",
            "description": "A token of the API, the access token of a user, or an App JWT.",
        },
        "app": {
            "type": "http", "scheme": "basic",
            "description": "The id and the secret of an app, which may stand in the form instead.",
        },
        "key": {
            "type": "apiKey", "in": "header", "name": "maven-api-key",
            "description": "A developer key of the Context Session Store.",
        },
        "cookie": {
            "type": "apiKey", "in": "cookie", "name": "Session_id",
            "description": "The cookie of a login, together with its csrf.",
        },
    })
}

fn shown(operation: &Operation, generator: &mut SchemaGenerator, failures: &mut Failures) -> Value {
    let mut shown = json!({
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "tags": [tag(operation.path)],
        "security": security(operation),
        "responses": responses(operation, generator, failures),
    });
    let path = operation.path_parameters().map(path_parameter);
    let query = operation.query.iter();
    let query = query.map(|parameter| other_parameter(parameter, "query"));
    let headers = operation.headers.iter();
    let headers = headers.map(|parameter| other_parameter(parameter, "header"));
    let parameters: Vec<_> = path.chain(query).chain(headers).collect();
    if !parameters.is_empty() {
        shown["parameters"] = parameters.into();
    }
    if let Some(body) = &operation.takes {
        let schema = (body.shape)(generator);
        shown["requestBody"] = json!({
            "required": true,
            "content": { body.kind: { "schema": schema } },
        });
    }
    if let Some(action) = operation.needs {
        shown["x-needs"] = format!("{action:?}").into();
    }
    shown
}

/// The alternatives, of which an empty one is nothing.
fn security(operation: &Operation) -> Vec<Value> {
    let scheme = |scheme: &Scheme| match scheme {
        Scheme::Bearer => json!({ "bearer": [] }),
        Scheme::App => json!({ "app": [] }),
        Scheme::Key => json!({ "key": [] }),
        Scheme::Cookie => json!({ "cookie": [] }),
        Scheme::Nothing => json!({}),
    };
    operation.schemes.iter().map(scheme).collect()
}

fn responses(
    operation: &Operation,
    generator: &mut SchemaGenerator,
    failures: &mut Failures,
) -> Value {
    let json = |schema: Schema| json!({ "application/json": { "schema": schema } });
    let mut well = json!({ "description": "done" });
    match (operation.answers, operation.kind) {
        (None, "") => {}
        // What an event holds is said in words only.
        (None, "text/event-stream") => well["content"] = json!({ "text/event-stream": {} }),
        (None, kind) => well["content"] = json!({ kind: { "schema": { "type": "string" } } }),
        (Some(shape), _) => well["content"] = json(shape(generator)),
    }
    let mut responses = Map::from_iter([(operation.status.to_string(), well)]);
    for also in operation.also {
        let mut response = json!({ "description": also.about });
        if let Some(shape) = also.shape {
            response["content"] = json(shape(generator));
        }
        responses.insert(also.status.to_string(), response);
    }
    responses.extend(failures.of(operation, generator));
    responses.into()
}

fn path_parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

fn other_parameter(parameter: &Parameter, place: &str) -> Value {
    let mut shown = json!({
        "name": parameter.name,
        "in": place,
        "description": parameter.about,
        "required": parameter.required,
        "schema": { "type": parameter.kind },
    });
    // An empty one counts as left out.
    if place == "query" && !parameter.required {
        shown["allowEmptyValue"] = true.into();
    }
    shown
}

/// A name that no other operation has: the method and the path's words.
fn operation_id(operation: &Operation) -> String {
    let words = operation.path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !matches!(*word, "" | "api" | "account"));
    let method = operation.method.as_str().to_ascii_lowercase();
    words.fold(method, |id, word| format!("{id}_{word}"))
}

/// The chapter that a path belongs to.
fn tag(path: &str) -> &str {
    let below = path.strip_prefix("/api/account/{account}/").unwrap_or(path);
    let mut words = below.split(['/', '.']).filter(|word| !word.is_empty());
    words.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_operation_is_in_the_document_under_a_name_of_its_own() {
        let document = document();
        let mut names = HashSet::new();
        for operation in operations() {
            let method = operation.method.as_str().to_ascii_lowercase();
            let shown = &document["paths"][operation.path][method.as_str()];
            let name = shown["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{name}");
        }
    }

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        let document = document();
        let text = document.to_string();
        let references = text.split("\"$ref\":\"#").skip(1);
        let mut found = 0;
        for reference in references {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            found += 1;
        }
        assert!(found > 10);
    }
}
