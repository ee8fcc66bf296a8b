//! The API describes itself.

use reqwest::Method;

use crate::harness::server::start;

#[test]
fn the_document_and_its_page_are_served() {
    let server = start();
    let document = server.plain(Method::GET, "/openapi.json").send();
    assert_eq!(document.status, 200);
    assert_eq!(document.header("content-type"), "application/json");
    let document = document.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 50, "{}", paths.len());
    let secret = &paths["/api/account/{account}/secrets/{key}"]["put"];
    assert_eq!(secret["security"][0]["bearer"], serde_json::json!([]));
    let body = &secret["requestBody"]["content"]["application/json"]["schema"];
    let shape = document
        .pointer(&body["$ref"].as_str().unwrap()[1..])
        .unwrap();
    assert_eq!(shape["required"], serde_json::json!(["value"]));

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
