//! The API describes itself.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::documented;
use crate::harness::server::{TestServer, start};

fn document(server: &TestServer) -> Value {
    let document = server.plain(Method::GET, "/openapi.json").send();
    assert_eq!(document.status, 200);
    assert_eq!(document.header("content-type"), "application/json");
    document.json()
}

/// What a reference in the document leads to; what is none is itself.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).expect("it is there"),
        None => value,
    }
}

/// The statuses of an operation, in their order.
fn statuses(operation: &Value) -> Vec<&str> {
    let responses = operation["responses"].as_object().expect("there are some");
    responses.keys().map(String::as_str).collect()
}

#[test]
fn the_document_and_its_page_are_served() {
    let server = start();
    let document = document(&server);
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 80, "{}", paths.len());
    let secret = &paths["/api/account/{account}/secrets/{key}"]["put"];
    assert_eq!(secret["security"], json!([{ "bearer": [] }]));
    let body = &secret["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(followed(&document, body)["required"], json!(["value"]));

    let page = server.plain(Method::GET, "/openapi").send();
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert!(!page.text.contains("<script"), "the page has no scripts");
    for path in paths.keys() {
        assert!(
            page.text.contains(&format!("<code>{path}</code>")),
            "{path}"
        );
    }
}

#[test]
fn an_invocation_is_described_with_its_body_its_answers_and_what_can_go_wrong() {
    let document = document(&start());
    let invoke = &document["paths"]["/api/account/{account}/lambdas/{lambda}/invoke"]["post"];
    assert_eq!(invoke["security"], json!([{ "bearer": [] }]));
    let body = &invoke["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(followed(&document, body)["required"], json!(["payload"]));
    assert_eq!(
        statuses(invoke),
        [
            "200", "202", "400", "401", "403", "404", "408", "409", "413", "429", "500", "503",
            "default"
        ]
    );
    let limited = followed(&document, &invoke["responses"]["429"]);
    assert!(limited["headers"]["Retry-After"].is_object(), "{limited}");
}

#[test]
fn the_forms_and_answers_of_the_authorization_server_are_described() {
    let document = document(&start());
    let sentinel = "/sentinel/api/account/{account}";
    for (path, form, answer) in [
        ("/authorize", "AuthorizeForm", ""),
        ("/token", "TokenForm", "OauthTokens"),
        ("/token/revoke", "TokenOfAppForm", ""),
        ("/token/introspect", "TokenOfAppForm", "IntrospectedToken"),
        ("/app/token", "AppTokenForm", "AppToken"),
    ] {
        let operation = &document["paths"][format!("{sentinel}{path}")]["post"];
        let content = &operation["requestBody"]["content"];
        let schema = &content["application/x-www-form-urlencoded"]["schema"]["$ref"];
        assert_eq!(schema, &json!(format!("#/components/schemas/{form}")));
        if !answer.is_empty() {
            let content = &operation["responses"]["200"]["content"];
            let schema = &content["application/json"]["schema"]["$ref"];
            assert_eq!(schema, &json!(format!("#/components/schemas/{answer}")));
        }
    }
    let token = &document["paths"][format!("{sentinel}/token")]["post"];
    assert_eq!(token["security"], json!([{ "app": [] }, {}]));
    let refused = followed(&document, &token["responses"]["401"]);
    let shapes = &refused["content"]["application/json"]["schema"]["anyOf"];
    assert_eq!(shapes[0]["$ref"], "#/components/schemas/OauthError");
}

#[test]
fn every_operation_names_what_opens_it_and_each_status_that_it_can_have() {
    let document = document(&start());
    let schemes = &document["components"]["securitySchemes"];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let opened_by = operation["security"].as_array();
            let opened_by = opened_by.unwrap_or_else(|| panic!("{method} {path}"));
            for scheme in opened_by
                .iter()
                .flat_map(|one| one.as_object().unwrap().keys())
            {
                assert!(schemes[scheme].is_object(), "{method} {path}: {scheme}");
            }
            let has = |status: &str| statuses(operation).contains(&status);
            if operation["x-needs"].is_string() {
                assert!(has("401") && has("403"), "{method} {path}");
            }
            if operation["requestBody"].is_object() {
                assert!(has("400") && has("408") && has("413"), "{method} {path}");
            }
            for response in operation["responses"].as_object().unwrap().values() {
                let described = followed(&document, response)["description"].is_string();
                assert!(described, "{method} {path}: {response}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "answered 418, which the OpenAPI document does not say")]
fn an_answer_with_a_status_that_the_document_does_not_know_fails_a_test() {
    let server = start();
    let mut reply = server.call(Method::GET, "/lambdas").send();
    reply.status = 418;
    let url = format!("{}/api/account/10000001/lambdas?v=1", server.url);
    documented::check("GET", &url, &reply);
}
