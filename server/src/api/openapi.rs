//! What does the API look like to a machine, and to a person?
//!
//! One document after OpenAPI 3.1, made of the tables; the page shows the same document.

mod page;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{Ask, Endpoint, Form, Parameter, endpoints};
use crate::reply::{self, Reply};
use crate::status::Problem;

/// Where schemas are in the document.
const SCHEMAS: &str = "/components/schemas";

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

/// The platform's form of an error.
#[derive(JsonSchema)]
#[schemars(rename = "Error", rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct ErrorShape {
    /// For programs: `com.liveperson.faas.…`.
    error_code: String,
    /// For people.
    error_msg: String,
}

/// The form of an error in the platform's second generation.
#[derive(JsonSchema)]
#[schemars(rename = "SecondError")]
#[expect(dead_code, reason = "only its schema is used")]
struct SecondShape {
    /// For programs: `com.liveperson.faas.…`.
    code: String,
    /// For people.
    message: String,
}

/// A problem (RFC 9457), with the platform's members.
#[derive(JsonSchema)]
#[schemars(rename = "Problem", rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct ProblemShape {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    error_code: String,
    error_msg: String,
}

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
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in endpoints() {
        let method = endpoint.method.as_str().to_ascii_lowercase();
        let operation = operation(endpoint, &mut generator);
        paths
            .entry(endpoint.path)
            .or_default()
            .insert(method, operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sandglass",
            "summary": "Runs JavaScript functions of others, each call in a sandbox of its own.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "tags": [tag(endpoint.path)],
        "responses": responses(endpoint, generator),
    });
    let path = path_parameters(endpoint.path);
    let query = endpoint.query.iter().map(query_parameter);
    let parameters: Vec<_> = path.chain(query).collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(takes) = endpoint.takes {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": takes(generator) } },
        });
    }
    if let Some(action) = endpoint.needs {
        operation["security"] = json!([{ "bearer": [] }]);
        operation["x-needs"] = format!("{action:?}").into();
    }
    operation
}

fn responses(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let well = match (endpoint.answers, endpoint.kind) {
        (None, "") => json!({ "description": "done" }),
        (None, kind) => json!({
            "description": "done",
            "content": { kind: { "schema": { "type": "string" } } },
        }),
        (Some(shape), _) => json!({
            "description": "done",
            "content": { "application/json": { "schema": shape(generator) } },
        }),
    };
    json!({
        endpoint.status.to_string(): well,
        "default": {
            "description": "what was wrong, and what to do",
            "content": errors(endpoint, generator),
        },
    })
}

fn errors(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let problem = generator.subschema_for::<ProblemShape>();
    let platform = generator.subschema_for::<ErrorShape>();
    let second = generator.subschema_for::<SecondShape>();
    let json = |schema: Value| json!({ "application/json": { "schema": schema } });
    match endpoint.errors() {
        Form::Problem => json!({ "application/problem+json": { "schema": problem } }),
        Form::Platform => json(platform.to_value()),
        Form::Second => json(second.to_value()),
        Form::Shared | Form::Gateway => json(json!({ "anyOf": [platform, second] })),
    }
}

fn path_parameters(path: &str) -> impl Iterator<Item = Value> {
    path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({
            "name": name, "in": "path", "required": true, "schema": { "type": "string" },
        }))
    })
}

fn query_parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "required": parameter.required,
        "schema": { "type": parameter.kind },
    })
}

/// A name that no other operation has: the method and the path's words.
fn operation_id(endpoint: &Endpoint) -> String {
    let words = endpoint.path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !matches!(*word, "" | "api" | "account"));
    let method = endpoint.method.as_str().to_ascii_lowercase();
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
    fn every_endpoint_is_in_the_document_under_a_name_of_its_own() {
        let document = document();
        let mut names = HashSet::new();
        for endpoint in endpoints() {
            let method = endpoint.method.as_str().to_ascii_lowercase();
            let operation = &document["paths"][endpoint.path][method.as_str()];
            let name = operation["operationId"].as_str().unwrap().to_owned();
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
